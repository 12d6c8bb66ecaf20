"""Who may import: whoever may add layers or publish versions, and only into layers they see."""

import logging

from django.contrib.auth.models import User
from django.db.models import QuerySet

from layers.editing.permissions import PUBLISH, require
from layers.models import Layer
from layers.uploads.choices import chosen_layer
from layers.uploads.errors import LostRightError
from layers.uploads.models import Upload
from layers.visibility import Reader, seen_by
from layers.vocab import GeometryKind

ADD = "layers.add_layer"

logger = logging.getLogger(__name__)


def importer(user: Reader) -> User:
    """Return the signed-in account if it may import at all.

    Raises
    ------
    NotSignedInError, NotAllowedError
    """
    return require(user, PUBLISH, ADD)


def may_make_layers(user: User) -> bool:
    """Tell whether this account may make a new layer."""
    return user.has_perm(ADD)


def target_layers(user: User, *, is_grid: bool) -> QuerySet[Layer]:
    """Return the layers this account may give a new version, of the kind of the file."""
    if not user.has_perm(PUBLISH):
        return Layer.objects.none()
    seen = Layer.objects.filter(visibility__in=seen_by(user))
    kind = GeometryKind.RASTER
    return seen.filter(geometry_kind=kind) if is_grid else seen.exclude(geometry_kind=kind)


def check_right(upload: Upload) -> None:
    """Refuse an import that waited while its orderer's right was taken away; say so in the log.

    Raises
    ------
    NotAllowedError
    """
    user = User.objects.get(pk=upload.uploaded_by_id)  # rights are kept with the object: read anew
    slug = chosen_layer(upload.choices)
    is_grid = bool(upload.survey.get("grid"))
    into_known = target_layers(user, is_grid=is_grid).filter(slug=slug).exists()
    into_new = may_make_layers(user) and not Layer.objects.filter(slug=slug).exists()
    if user.is_active and (into_known or into_new):
        return
    logger.warning("Import of upload %s by account %s was refused: no right", upload.pk, user.pk)
    raise LostRightError

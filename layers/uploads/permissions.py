"""Who may import: whoever may add layers or publish versions, and only into layers they see."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from layers.editing.permissions import PUBLISH, require
from layers.models import Layer
from layers.visibility import Reader, seen_by
from layers.vocab import GeometryKind

ADD = "layers.add_layer"


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

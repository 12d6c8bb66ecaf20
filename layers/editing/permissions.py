"""Who may change what: Django's permissions, over who may see the layer at all."""

from django.contrib.auth.models import User

from layers.editing.errors import NotAllowedError, NotSignedInError
from layers.errors import NotFoundError, UserFacingError
from layers.models import Layer
from layers.retold import gettext as _
from layers.visibility import Reader, seen_by
from layers.vocab import GeometryKind

EDIT = "layers.edit_features"
PUBLISH = "layers.publish_version"
SURVEY = "layers.edit_survey"


def require(user: Reader, *permissions: str) -> User:
    """Return the signed-in account if it holds one of the permissions.

    Raises
    ------
    NotSignedInError, NotAllowedError
    """
    if not isinstance(user, User) or not user.is_active:
        raise NotSignedInError
    if not any(user.has_perm(permission) for permission in permissions):
        raise NotAllowedError(permissions[0])
    return user


def may_discard(user: User, author: User) -> bool:
    """Tell whether an account may give a draft up: its author, or who may publish it."""
    return user.pk == author.pk or user.has_perm(PUBLISH)


def require_discard(user: Reader, author: User) -> User:
    """Return the signed-in account if it may give up a draft this author opened.

    Everyone who may edit may change a draft, step by step and on record; the whole of a
    colleague's work is given up only by who could as well publish it.

    Raises
    ------
    NotSignedInError, NotAllowedError
    """
    account = require(user, EDIT, PUBLISH)
    if not may_discard(account, author):
        raise NotAllowedError(PUBLISH)
    return account


def layer_to_edit(user: Reader, slug: str) -> Layer:
    """Return a layer of features the reader may see, published or still empty."""
    layer = Layer.objects.filter(slug=slug, visibility__in=seen_by(user)).first()
    if layer is None:
        raise NotFoundError(
            _("There is no layer '%(slug)s' that you may see.") % {"slug": slug},
            remedy=_("Choose one from the list of layers, or sign in if it is for staff."),
        )
    if layer.geometry_kind == GeometryKind.RASTER:
        raise UserFacingError(
            _("Layer '%(slug)s' is a grid; grids are not edited feature by feature.")
            % {"slug": slug},
            remedy=_("Import a new grid instead."),
        )
    return layer

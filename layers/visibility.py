"""Who may see which layer: one question, asked by map, tiles, identify, search and catalogue."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from layers.errors import NotFoundError
from layers.models import Layer, LayerVersion
from layers.vocab import Visibility

Reader = AbstractBaseUser | AnonymousUser
# Kinds of visibility that are open to someone; who holds the database sees everything.
Seen = Collection[str]
PUBLIC_ONLY: Seen = (Visibility.PUBLIC.value,)
EVERYTHING: Seen = tuple(Visibility.values)


def visible_layers(user: Reader) -> QuerySet[Layer]:
    """Return the layers with something published that this reader may see.

    Public layers are for all, internal ones for staff, restricted ones for accounts that hold
    the permission "can view layer".
    """
    published = Layer.objects.exclude(published_number=None)
    return published.filter(visibility__in=seen_by(user))


def visible_versions(user: Reader) -> list[LayerVersion]:
    """Return the published version of every layer this reader may see, by theme and name."""
    found = LayerVersion.objects.filter(
        layer__in=visible_layers(user), number=F("layer__published_number")
    )
    return list(found.select_related("layer", "raster").order_by("layer__theme", "layer__slug"))


def visible_layer(user: Reader, slug: str) -> Layer:
    """Return one layer by name; a hidden layer and a missing one get the same answer."""
    layer = visible_layers(user).filter(slug=slug).first()
    if layer is None:
        raise NotFoundError(
            _("There is no layer '%(slug)s' that you may see.") % {"slug": slug},
            remedy=_("Choose one from the list of layers, or sign in if it is for staff."),
        )
    return layer


def hidden_layers(user: Reader) -> QuerySet[Layer]:
    """Return the layers this reader may not see, published or not."""
    return Layer.objects.exclude(visibility__in=seen_by(user))


def seen_by(user: Reader) -> list[str]:
    """Return the kinds of visibility that are open to this reader."""
    seen: list[str] = [Visibility.PUBLIC]
    if getattr(user, "is_staff", False):
        seen.append(Visibility.INTERNAL)
    if isinstance(user, AnonymousUser):
        return seen
    if user.is_active and user.has_perm("layers.view_layer"):  # type: ignore[attr-defined]
        seen.append(Visibility.RESTRICTED)
    return seen

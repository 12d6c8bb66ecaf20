"""From proposal to plan: something that stands elsewhere is drawn onto a site, in a draft."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import shapely
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from conflicts.siting.models import SitingStudy
from conflicts.siting.publication import site_name
from conflicts.siting.vocab import SITING_THEME
from layers.editing.drafts import open_draft, replace_feature
from layers.editing.models import Draft
from layers.editing.permissions import EDIT, layer_to_edit, require
from layers.editing.reading import feature_state
from layers.errors import NotFoundError, UserFacingError
from layers.models import Feature
from layers.queries import class_branches
from layers.visibility import Reader, seen_by
from layers.vocab import Lifecycle

MOST_OFFERED = 200


class CannotMoveError(UserFacingError):
    """What was named cannot be moved onto this site."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Movable:
    """A feature of the use that was asked about, and what people call it."""

    address: str  # layer/identifier
    name: str


def movable(kept: SitingStudy, reader: Reader) -> Iterator[Movable]:
    """Yield what stands of the use asked about and the reader may change."""
    if not (isinstance(reader, User) and reader.has_perm(EDIT)):
        return
    for feature in _standing(kept, reader).select_related("layer")[:MOST_OFFERED]:
        yield Movable(
            address=f"{feature.layer.slug}/{feature.stable_id}",
            name=f"{feature.name} ({feature.stable_id})",
        )


def _standing(kept: SitingStudy, reader: Reader) -> QuerySet[Feature]:
    branch = class_branches([kept.use.code])[kept.use.code]
    return (
        Feature.objects.filter(
            retired_in=None,
            lifecycle=Lifecycle.EXISTING,
            land_use__code__in=branch,
            layer__visibility__in=seen_by(reader),
        )
        .exclude(layer__theme=SITING_THEME)
        .order_by("layer__slug", "stable_id")
    )


@transaction.atomic
def move_to_site(*, kept: SitingStudy, rank: int, address: str, reader: Reader) -> Draft:
    """Draw a feature onto a site in a draft of its own; nothing is published.

    Raises
    ------
    NotFoundError
        The study has no site of this rank, or there is no such feature.
    CannotMoveError
        The feature is not of the use that was asked about.
    NotSignedInError, NotAllowedError
        The reader may not change features.
    """
    author = require(reader, EDIT)
    place = site_square(kept, rank)
    slug, _slash, stable_id = address.partition("/")
    layer = layer_to_edit(author, slug)
    if not _standing(kept, author).filter(layer=layer, stable_id=stable_id).exists():
        raise CannotMoveError(
            _("'%(feature)s' is no %(use)s that stands today.")
            % {"feature": address, "use": kept.use.name},
            remedy=_("Choose one from the list beside the sites."),
        )
    draft = open_draft(
        layer=layer,
        title=_("%(feature)s to site %(rank)d of siting study %(study)d")
        % {"feature": stable_id, "rank": rank, "study": kept.pk},
        author=author,
    )
    state = feature_state(draft, stable_id)
    if state.content is None:
        raise CannotMoveError(
            _("'%(feature)s' is gone.") % {"feature": address}, remedy=_("Open the study again.")
        )
    replace_feature(
        draft=draft,
        stable_id=stable_id,
        content=replace(state.content, geometry=place),
        if_match=state.etag,
        author=author,
    )
    return draft


def site_square(kept: SitingStudy, rank: int) -> shapely.Polygon:
    """Return the site of this rank as the study found it (PROJECT_SRID).

    Raises
    ------
    NotFoundError
        There is no such site.
    """
    sites = {site["rank"]: site for site in (kept.result or {}).get("sites", [])}
    if rank not in sites:
        raise NotFoundError(
            _("Study %(study)d has no site %(name)s.")
            % {"study": kept.pk, "name": site_name(rank)},
            remedy=_("Choose one of the sites on its page."),
        )
    square: shapely.Polygon = shapely.box(*sites[rank]["bounds"])
    return square

"""Questions about a draft: what it shows, what it changes, what changed underneath it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import shapely
from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, Extent
from layers.editing.content import Content, FeatureState
from layers.editing.etags import GONE, edit_etag, row_etag
from layers.editing.models import Draft, DraftEdit
from layers.editing.vocab import EditAction
from layers.errors import NotFoundError
from layers.models import Feature, Layer, LayerVersion
from layers.sql_files import load_sql

PAGE = 1_000
_NOWHERE: tuple[None, None, None, None] = (None, None, None, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class StaleEdit:
    """An edit whose feature was published anew since; ``row`` is None when it was removed."""

    stable_id: str
    action: str
    revision: int
    row: int | None
    version: int | None
    changed_by: str
    changed_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Return the conflict for a program."""
        return {
            "id": self.stable_id,
            "mine": self.action,
            "theirs": "changed" if self.row else "removed",
            "theirs_etag": row_etag(self.row),
            "version": self.version,
            "changed_by": self.changed_by,
            "changed_at": self.changed_at.isoformat() if self.changed_at else None,
        }


def draft_named(layer: Layer, number: int) -> Draft:
    """Return a draft of a layer, or raise NotFoundError."""
    draft = layer.drafts.select_related("layer", "author", "closed_by").filter(pk=number).first()
    if draft is None:
        raise NotFoundError(
            _("Layer '%(slug)s' has no draft %(number)d.") % {"slug": layer.slug, "number": number},
            remedy=_("Choose one from the list of drafts, or open a new one."),
        )
    return draft


def features_of(
    draft: Draft, bbox: Extent | None = None, limit: int = PAGE, after: str = ""
) -> list[FeatureState]:
    """Return a page of the features a draft shows, by identifier; bbox in PROJECT_SRID [m]."""
    return _states(draft, bbox=bbox, limit=limit, after=after)


def features_named(draft: Draft, names: Iterable[str]) -> dict[str, FeatureState]:
    """Return how the named features stand in a draft; deleted ones without content."""
    wanted = list(names)
    found = _states(draft, only=wanted, limit=len(wanted), with_deleted=True)
    return {state.stable_id: state for state in found}


def state_of(draft: Draft, stable_id: str) -> FeatureState:
    """Return how a feature stands in a draft: with no content where there is none."""
    none = FeatureState(stable_id=stable_id, etag=GONE, content=None)
    return features_named(draft, [stable_id]).get(stable_id, none)


def feature_state(draft: Draft, stable_id: str) -> FeatureState:
    """Return a feature as a draft shows it, or raise NotFoundError."""
    state = state_of(draft, stable_id)
    if state.content is None:
        raise NotFoundError(
            _("The draft holds no '%(id)s'.") % {"id": stable_id},
            remedy=_("It may have been deleted: the list of edits tells by whom."),
        )
    return state


def published_state(layer: Layer, stable_id: str) -> FeatureState:
    """Return a feature as published now, with who published it so."""
    feature = layer.features.filter(stable_id=stable_id, retired_in=None).first()
    if feature is None:
        return FeatureState(stable_id=stable_id, etag=GONE, content=None)
    version = LayerVersion.objects.select_related("published_by").filter(
        layer=layer, number=feature.introduced_in
    )
    published = version.first()
    who = published.published_by if published else None
    return replace(
        row_state(feature),
        changed_by=who.get_username() if who else "",
        changed_at=published.published_at if published else None,
    )


def row_state(feature: Feature) -> FeatureState:
    """Return a stored row as the state of its feature."""
    return FeatureState(
        stable_id=feature.stable_id,
        etag=row_etag(feature.pk),
        content=Content(
            geometry=shapely.from_wkb(bytes(feature.geometry.wkb)),
            land_use=feature.land_use.code if feature.land_use else None,
            lifecycle=feature.lifecycle,
            properties=feature.properties,
        ),
        row=feature.pk,
    )


def draft_counts(draft: Draft) -> dict[str, int]:
    """Return how many features a draft adds, changes and deletes."""
    latest = draft.edits.filter(is_latest=True).values_list("action").annotate(Count("id"))
    found = dict(latest.order_by())
    shown = (EditAction.CREATE, EditAction.REPLACE, EditAction.DELETE)
    return {str(action): found.get(action, 0) for action in shown}


def deleted_in(draft: Draft) -> list[str]:
    """Return the identifiers a draft deletes."""
    gone = draft.edits.filter(is_latest=True, action=EditAction.DELETE)
    return list(gone.order_by("stable_id").values_list("stable_id", flat=True))


def latest_edits(draft: Draft) -> list[DraftEdit]:
    """Return the edit that counts of each feature the draft touches."""
    latest = draft.edits.filter(is_latest=True).exclude(action=EditAction.WITHDRAW)
    return list(latest.select_related("land_use"))


def edited_content(edit: DraftEdit) -> Content | None:
    """Return what an edit makes of its feature; None when it deletes it."""
    if edit.geometry is None:
        return None
    return Content(
        geometry=shapely.from_wkb(bytes(edit.geometry.wkb)),
        land_use=edit.land_use.code if edit.land_use else None,
        lifecycle=edit.lifecycle,
        properties=edit.properties,
    )


def stale_edits(draft: Draft) -> list[StaleEdit]:
    """Return the edits whose feature someone else published anew since, by identifier."""
    parameters = {"draft_id": draft.pk, "layer_id": draft.layer_id}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "stale_edits.sql"), parameters)
        rows = cursor.fetchall()
    return [
        StaleEdit(
            stable_id=name,
            action=action,
            revision=revision,
            row=row,
            version=number,
            changed_by=username or "",
            changed_at=published_at,
        )
        for name, action, revision, row, number, username, published_at in rows
    ]


def _states(
    draft: Draft,
    *,
    bbox: Extent | None = None,
    limit: int = PAGE,
    after: str = "",
    only: Sequence[str] | None = None,
    with_deleted: bool = False,
) -> list[FeatureState]:
    west, south, east, north = bbox or _NOWHERE
    parameters: dict[str, Any] = {
        "draft_id": draft.pk, "layer_id": draft.layer_id, "srid": PROJECT_SRID, "after": after,
        "limit": limit, "only": None if only is None else list(only), "with_deleted": with_deleted,
        "west": west, "south": south, "east": east, "north": north,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "draft_features.sql"), parameters)
        rows = cursor.fetchall()
    return [_state(draft, row) for row in rows]


def _state(draft: Draft, row: Sequence[Any]) -> FeatureState:
    name, base, revision, action, shape, land_use, lifecycle, properties, note, who, when = row
    content = None
    if shape is not None:
        content = Content(
            geometry=shapely.from_wkb(bytes(shape)),
            land_use=land_use,
            lifecycle=lifecycle,
            properties=json.loads(properties),
        )
    return FeatureState(
        stable_id=name,
        etag=row_etag(base) if revision is None else edit_etag(draft.pk, revision),
        content=content,
        row=base,
        revision=revision,
        action=action,
        note=note,
        changed_by=who or "",
        changed_at=when,
    )


def step_state(edit: DraftEdit, content: Content | None) -> FeatureState:
    """Return the feature as one step of the draft made it."""
    return FeatureState(
        stable_id=edit.stable_id,
        etag=edit_etag(edit.draft_id, edit.revision),
        content=content,
        row=edit.base_row,
        revision=edit.revision,
        action=edit.action,
        note=edit.note,
        changed_by=edit.edited_by.get_username(),
        changed_at=edit.edited_at,
    )

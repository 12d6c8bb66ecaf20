"""A layer through time: its versions, how two of them differ, and how it stood on a day."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.editing.content import FeatureState, to_geojson
from layers.editing.publishing import published_then
from layers.editing.reading import row_state
from layers.editing.vocab import ChangeKind
from layers.errors import NotFoundError
from layers.models import Feature, Layer, LayerVersion
from layers.queries import features_in_version
from layers.sql_files import load_sql
from layers.vocab import VersionState

PAGE = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """How one feature differs between two versions; None on the side where it does not stand."""

    stable_id: str
    kind: ChangeKind
    before: FeatureState | None
    after: FeatureState | None

    def as_json(self) -> dict[str, Any]:
        """Return both sides as GeoJSON for the map."""
        return {
            "id": self.stable_id,
            "kind": str(self.kind),
            "before": to_geojson(self.before) if self.before else None,
            "after": to_geojson(self.after) if self.after else None,
        }


def versions_of(layer: Layer) -> QuerySet[LayerVersion]:
    """Return the versions that are or were published, newest first, with who published them."""
    published = layer.versions.exclude(state=VersionState.DRAFT)
    return published.select_related("published_by").order_by("-number")


def version_on(layer: Layer, day: date) -> LayerVersion:
    """Return the version that was published at the end of a day, as clocks in Cambodia show it.

    Raises
    ------
    NotFoundError
        Nothing was published by then.
    """
    end = datetime.combine(day, time.max, timezone.get_default_timezone())
    version = versions_of(layer).filter(published_at__lte=end).first()
    if version is None:
        raise NotFoundError(
            _("On %(day)s layer '%(slug)s' had no published version.")
            % {"day": day.isoformat(), "slug": layer.slug},
            remedy=_("Choose a later day; the history lists all versions."),
        )
    return version


def features_as_of(layer: Layer, number: int) -> QuerySet[Feature]:
    """Return the features of a version, by identifier.

    Raises
    ------
    NotFoundError
        The layer has no such version.
    """
    published_then(layer, number)
    return features_in_version(layer, number).select_related("land_use").order_by("stable_id")


def feature_as_of(layer: Layer, number: int, stable_id: str) -> FeatureState:
    """Return one feature as it stood in a version, or raise NotFoundError."""
    feature = features_as_of(layer, number).filter(stable_id=stable_id).first()
    if feature is None:
        raise NotFoundError(
            _("Version %(number)d of layer '%(slug)s' holds no '%(id)s'.")
            % {"number": number, "slug": layer.slug, "id": stable_id},
            remedy=_("Choose another version from the history."),
        )
    return row_state(feature)


def difference_counts(layer: Layer, before: int, after: int) -> dict[str, int]:
    """Return how many features were added, removed, moved, reworded or both between two versions.

    The cost is that of the differences, however large the layer is.
    """
    parameters = _span(layer, before, after)
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "difference_counts.sql"), parameters)
        later, earlier, moved, reworded, both = cursor.fetchone()
    added, removed = (later, earlier) if before <= after else (earlier, later)
    return {
        str(ChangeKind.ADDED): added,
        str(ChangeKind.REMOVED): removed,
        str(ChangeKind.MOVED): moved,
        str(ChangeKind.ATTRIBUTES): reworded,
        str(ChangeKind.BOTH): both,
    }


def differences(
    layer: Layer, before: int, after: int, limit: int = PAGE, following: str = ""
) -> list[Difference]:
    """Return a page of the features that differ between two versions, by identifier.

    ``following`` is the last identifier of the page before.
    """
    parameters = _span(layer, before, after) | {"limit": limit, "after": following}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "differences.sql"), parameters)
        found = cursor.fetchall()
    rows = _rows(layer, {number for row in found for number in row[1:3] if number})
    is_forward = before <= after
    return [_difference(row, rows, is_forward=is_forward) for row in found]


def _span(layer: Layer, before: int, after: int) -> dict[str, Any]:
    published_then(layer, before)
    published_then(layer, after)
    return {"layer_id": layer.pk, "low": min(before, after), "high": max(before, after)}


def _rows(layer: Layer, numbers: set[int]) -> dict[int, FeatureState]:
    found = Feature.objects.filter(layer=layer, pk__in=numbers).select_related("land_use")
    return {row.pk: row_state(row) for row in found}


def _difference(
    row: tuple[Any, ...], rows: dict[int, FeatureState], *, is_forward: bool
) -> Difference:
    stable_id, low, high, is_moved, is_reworded = row
    before, after = (rows.get(low), rows.get(high))
    if not is_forward:
        before, after = after, before
    if before is None or after is None:
        kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED
    elif is_moved and is_reworded:
        kind = ChangeKind.BOTH
    else:
        kind = ChangeKind.MOVED if is_moved else ChangeKind.ATTRIBUTES
    return Difference(stable_id=stable_id, kind=kind, before=before, after=after)

"""An import into a layer whose areas must not overlap keeps to what a draft keeps to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from django.db import connection
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID
from layers.editing.models import LayerTopology
from layers.editing.topology import topology_of
from layers.errors import UserFacingError
from layers.ingest.report import Issue
from layers.ingest.vocab import ImportText
from layers.models import Layer
from layers.numbers import number as spoken
from layers.retold import gettext as _
from layers.sql_files import load_sql
from layers.topology.areas import areas_of_version, read_areas
from layers.topology.contested import contested
from layers.topology.gaps import Bare
from layers.topology.overlaps import Overlap
from layers.vocab import IssueAction, IssueKind

# A file may stack all its areas on one place: a list longer than this helps nobody.
MOST_FOUND = 5_000
_NAMED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Contested:
    """Ground that two areas share, or that none covers where all must be covered."""

    stable_id: str  # empty: nobody's
    other: str
    area_m2: float
    east_m: float
    north_m: float
    is_new: bool  # made by the import; else it stood before

    @property
    def issue(self) -> Issue:
        """What the import says about it."""
        place = {"east": round(self.east_m), "north": round(self.north_m)}
        told: dict[str, Any] = {"area": self.area_m2, **place}
        kind, text = IssueKind.GAP, ImportText.GAP
        if self.other:
            kind, text = IssueKind.OVERLAP, ImportText.OVERLAP
            told |= {"id": self.stable_id, "other": self.other}
        action = IssueAction.REFUSED if self.is_new else IssueAction.KEPT
        return Issue(0, kind, action, text, told, self.stable_id)


def contested_ground(
    layer: Layer, number: int, wait: Callable[[], None] = lambda: None
) -> list[Contested]:
    """Return overlaps and gaps that a version just stored leaves, overlaps first, largest first.

    Empty where the areas of the layer are free to overlap. At most ``MOST_FOUND`` of each.
    ``wait`` is called every few thousand areas; what it raises ends the search.
    """
    stated = topology_of(layer)
    if stated is None or not stated.must_not_overlap:
        return []
    asked = {"layer_id": layer.pk, "number": number}
    return [*_overlaps(stated, asked, wait), *_gaps(stated, asked, wait)]


def _overlaps(
    stated: LayerTopology, asked: dict[str, Any], wait: Callable[[], None]
) -> list[Contested]:
    """Compare what arrived with its neighbours, not the layer with itself."""
    bare = Bare(tolerance_m=stated.tolerance_m)
    rows = read_areas(load_sql(__file__, "arrived_areas.sql"), asked)
    found = contested(rows, bare=bare, most=MOST_FOUND, tell=lambda _done: wait()).overlaps
    before = _before(found, asked)
    return [
        Contested(
            stable_id=overlap.stable_id,
            other=overlap.other,
            area_m2=overlap.area_m2,
            east_m=overlap.core.point_on_surface().x,
            north_m=overlap.core.point_on_surface().y,
            is_new=_is_new(overlap, before, stated.tolerance_m),
        )
        for overlap in found
    ]


def _before(found: Sequence[Overlap], asked: dict[str, Any]) -> dict[str, BaseGeometry]:
    """Return how the areas that arrived lay before."""
    names = {name for overlap in found for name in (overlap.stable_id, overlap.other)}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "areas_before.sql"), asked | {"names": list(names)})
        return {name: shapely.from_wkb(bytes(shape)) for name, shape in cursor}


def _is_new(overlap: Overlap, before: dict[str, BaseGeometry], tolerance_m: float) -> bool:
    """Tell whether two areas share ground that they did not share before."""
    names = [overlap.stable_id, *([overlap.other] if overlap.is_other_marked else [])]
    if not all(name in before for name in names):
        return True
    more: BaseGeometry = overlap.ground
    shared_before = shapely.intersection_all([before[name] for name in names])
    return not more.difference(shared_before).buffer(-tolerance_m / 2).is_empty


def _gaps(
    stated: LayerTopology, asked: dict[str, Any], wait: Callable[[], None]
) -> list[Contested]:
    if stated.must_cover is None:
        return []
    bare = Bare(
        tolerance_m=stated.tolerance_m,
        must_cover=shapely.from_wkb(bytes(stated.must_cover.wkb)),
    )
    found = contested(
        areas_of_version(asked["layer_id"], asked["number"]),
        bare=bare,
        most=MOST_FOUND,
        looks_for_overlaps=False,
        tell=lambda _done: wait(),
    ).gaps
    cores = [shapely.to_wkb(gap.core) for gap in found]
    with connection.cursor() as cursor:
        asked = asked | {"cores": cores, "srid": PROJECT_SRID}
        cursor.execute(load_sql(__file__, "covered_before.sql"), asked)
        was_covered = [row[0] for row in cursor]
    return [
        Contested(
            stable_id="",
            other="",
            area_m2=gap.area_m2,
            east_m=gap.core.point_on_surface().x,
            north_m=gap.core.point_on_surface().y,
            is_new=asked["number"] == 1 or is_new,
        )
        for gap, is_new in zip(found, was_covered, strict=True)
    ]


def refusal_of(name: str, slug: str, found: Sequence[Contested]) -> UserFacingError | None:
    """Return why an import is refused, None when all that is contested stood before."""
    new = [one for one in found if one.is_new]
    if not new:
        return None
    first = " ".join(one.issue.message for one in new[:_NAMED])
    count = spoken(len(new)) + ("+" if len(found) >= MOST_FOUND else "")
    return UserFacingError(
        _(
            "%(file)s: %(count)s overlap(s) or gap(s) in layer '%(layer)s', whose areas must share "
            "the ground without. %(first)s Nothing was stored."
        )
        % {"file": name, "count": count, "layer": slug, "first": first},
        remedy=_("Correct them in the file; a trial on the import page lists all of them."),
    )

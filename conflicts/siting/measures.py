"""What sites are ranked by: roads, slope, state land and hazards, as the city's layers tell them.

Without a layer a criterion is not measured, and that is said; nothing is guessed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio
import shapely
from django.db import connection
from django.db.models import Q
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from conflicts.siting.cells import (
    Cells,
    Mask,
    Shapes,
    boxes_marked,
    centred,
    distance_m,
    touched,
)
from conflicts.siting.question import SitingQuestion
from conflicts.siting.sites import Measure
from conflicts.siting.vocab import SITING_THEME, Criterion
from layers.crs import PROJECT_SRID
from layers.models import Layer
from layers.queries import current_raster
from layers.sql_files import load_sql
from layers.vocab import Completeness, GeometryKind

STATE_LAND = frozenset({"state_public", "state_private"})
NO_WATER = "H0"
# A road farther from the city than this brings no site nearer [m].
ROADS_AROUND_M = 2_000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A criterion on the cells, and the layers that told it; ``values`` None: none could."""

    values: NDArray[np.float64] | None
    layers: tuple[str, ...]


def measures(city: Cells) -> Iterator[tuple[Criterion, Measured]]:
    """Yield every criterion as measured on the cells of the city."""
    for criterion, measure in _MEASURES.items():
        yield criterion, measure(city)


def weighted(question: SitingQuestion, measured: Mapping[Criterion, Measured]) -> list[Measure]:
    """Return the criteria that could be measured, with the weights and limits of a question."""
    return [
        Measure(
            criterion=criterion,
            values=told.values,
            weight=question.weights.get(criterion, 0.0),
            more_is_better=criterion == Criterion.PUBLIC_LAND,
            limit=question.limits.get(criterion),
        )
        for criterion, told in measured.items()
        if told.values is not None
    ]


def _layers_of(*words: str) -> tuple[str, ...]:
    """Return the published vector layers with one of these words in their theme."""
    named = Q()
    for word in words:
        named |= Q(theme__icontains=word)
    published = Layer.objects.exclude(published_number=None).filter(named)
    vectors = published.exclude(geometry_kind=GeometryKind.RASTER).order_by("slug")
    return tuple(vectors.values_list("slug", flat=True))


def _shapes(
    layers: Sequence[str],
    cells: Cells,
    attribute: str = "",
    *,
    is_stated: bool = False,
    wider_m: float = -1.0,
) -> tuple[Shapes, list[str | None], list[str]]:
    """Return the shapes in these cells, one attribute of each and the layer it is of."""
    asked = _box(cells) | {
        "layers": list(layers),
        "attribute": attribute,
        "is_stated": is_stated,
        "wider_m": wider_m,
    }
    rows = _fetch("shapes_of_layers.sql", asked)
    shapes: Shapes = np.array(shapely.from_wkb([bytes(row[0]) for row in rows]), np.object_)
    return shapes.reshape(-1), [row[1] for row in rows], [row[2] for row in rows]


def _box(cells: Cells) -> dict[str, Any]:
    west, south, east, north = cells.bounds
    return {"west": west, "south": south, "east": east, "north": north, "srid": PROJECT_SRID}


def _fetch(name: str, asked: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, name), dict(asked))
        return list(cursor.fetchall())


def _distance_to_roads(city: Cells) -> Measured:
    layers = _layers_of("road", "transport")
    rim = city.rim(ROADS_AROUND_M)
    around = city.widened(rim)
    roads, _attributes, _slugs = _shapes(layers, around)
    lines = roads[shapely.get_dimensions(roads) > 0]
    if not len(lines):
        return Measured(values=None, layers=layers)
    distances = distance_m(touched(lines, around), around)
    return Measured(values=distances[rim:-rim, rim:-rim], layers=layers)


def _slope(city: Cells) -> Measured:
    """Return the slope in percent, from the elevation averaged over each cell.

    Of several terrains the first by name that knows a cell tells it, each from its own heights:
    where two meet their levels may differ.
    """
    terrains = Layer.objects.exclude(published_number=None).filter(
        geometry_kind=GeometryKind.RASTER, theme__icontains="terrain"
    )
    slugs = tuple(terrains.order_by("slug").values_list("slug", flat=True))
    if not slugs:
        return Measured(values=None, layers=())
    around = city.widened(1)
    percent = np.full(city.shape, np.nan)
    for slug in slugs:
        heights = _heights(current_raster(slug).file.path, around)
        down, across = np.gradient(heights, city.size_m)
        told = 100.0 * np.hypot(down, across)[1:-1, 1:-1]
        percent = np.where(np.isfinite(percent), percent, told)
    return Measured(values=percent, layers=slugs)


def _heights(path: str, cells: Cells) -> NDArray[np.float64]:
    with (
        rasterio.open(path) as source,
        WarpedVRT(
            source,
            crs=f"EPSG:{PROJECT_SRID}",
            transform=cells.transform,
            width=cells.cols,
            height=cells.rows,
            resampling=Resampling.average,
        ) as warped,
    ):
        read = warped.read(1, masked=True, out_dtype="float64")
    heights: NDArray[np.float64] = np.ma.filled(read, np.nan)
    return heights


def _state_land(city: Cells) -> Measured:
    layers = _layers_of("cadast", "parcel")
    parcels, tenures, slugs = _shapes(layers, city, "tenure", is_stated=True)
    of_state = np.array([tenure in STATE_LAND for tenure in tenures], np.bool_)
    if not len(parcels):
        return Measured(values=None, layers=layers)
    values = np.where(centred(parcels, city), 0.0, np.nan)
    values[centred(parcels[of_state], city)] = 1.0
    return Measured(values=values, layers=tuple(sorted(set(slugs))))


def _hazards(city: Cells) -> Measured:
    """Return 1 in a hazard area of any map, 0 where maps show none, unknown outside of all."""
    layers = _layers_of("hazard")
    areas, classes, _slugs = _shapes(layers, city, "hazard_class")
    mapped = _surveyed(layers, city)
    if not mapped.any():
        return Measured(values=None, layers=layers)
    wet = np.array([hazard_class != NO_WATER for hazard_class in classes], np.bool_)
    values = np.where(mapped, 0.0, np.nan)
    values[touched(areas[wet], city)] = 1.0
    return Measured(values=values, layers=layers)


def _built(city: Cells) -> Measured:
    """Return 1 where something recorded stands or is to stand, as areas or points; else 0.

    Of what is at most two cells wide all cells of its box count.
    """
    layers = _layers_of("building", "facilit")
    layers = tuple(sorted({*layers, *_named("building", "facilit")}))
    wide, _attributes, _slugs = _shapes(layers, city, wider_m=2 * city.size_m)
    small = np.array(_fetch("boxes_of_layers.sql", _box(city) | {
        "layers": list(layers), "size_m": city.size_m}), np.int64).reshape(-1, 4)  # fmt: skip
    if not len(wide) and not len(small):
        return Measured(values=None, layers=layers)
    values = (touched(wide, city) | boxes_marked(small, city)).astype(np.float64)
    return Measured(values=values, layers=layers)


def _named(*words: str) -> tuple[str, ...]:
    """Return the published vector layers with one of these words in their own name."""
    published = Layer.objects.exclude(published_number=None).exclude(
        geometry_kind=GeometryKind.RASTER
    )
    slugs = published.exclude(theme=SITING_THEME).values_list("slug", flat=True)
    return tuple(slug for slug in slugs if any(word in slug for word in words))


def _surveyed(layers: Sequence[str], city: Cells) -> Mask:
    surveyed = Layer.objects.filter(
        slug__in=layers, surveyed_areas__completeness=Completeness.COMPLETE
    ).values_list("surveyed_areas__geometry", flat=True)
    shapes = [shapely.from_wkb(bytes(area.wkb)) for area in surveyed]
    return centred(np.array(shapes, np.object_).reshape(-1), city)


_MEASURES: Mapping[Criterion, Callable[[Cells], Measured]] = {
    Criterion.ROAD: _distance_to_roads,
    Criterion.SLOPE: _slope,
    Criterion.PUBLIC_LAND: _state_land,
    Criterion.HAZARD: _hazards,
    Criterion.BUILT: _built,
}

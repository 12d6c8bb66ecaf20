"""Questions about scenarios, and the layers of the catalogue as sources of one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID
from layers.errors import NotFoundError
from layers.models import Feature, LandUseClass, Layer, Run
from layers.queries import current_features, current_raster, layer_named
from layers.services import published_version
from layers.sql_files import load_sql
from layers.vocab import RunState
from scenarios.models import Scenario, ScenarioRun
from scenarios.simulation import Outcome
from scenarios.sources import Area, FileSources, TerrainFile, on_grid
from scenarios.spec import Place
from scenarios.terrain import Grid

RUN_KIND = "flood"
FACILITIES, BUILDINGS = "facilities", "buildings"


class CatalogueSources(FileSources):
    """Sources of a scenario: layers of the catalogue in their published version, or files."""

    def terrain(self, place: Place) -> TerrainFile:
        """Return the published grid of a raster layer; its source says how it was made."""
        if place.file is not None:
            return super().terrain(place)
        raster = current_raster(place.layer)
        return TerrainFile(
            path=Path(raster.file.path),
            made=layer_named(place.layer).source,
            vertical_datum=raster.vertical_datum,
        )

    def areas(self, place: Place, attribute: str, grid: Grid) -> Sequence[Area]:
        """Return the published features of a layer; the attribute 'land_use' is their class."""
        if place.file is not None:
            return super().areas(place, attribute, grid)
        layer_named(place.layer)
        features = current_features(place.layer).order_by("stable_id")
        shapes = on_grid(
            shapely.from_wkb([bytes(feature.geometry.wkb) for feature in features]),
            PROJECT_SRID,
            grid,
        )
        return [
            Area(shape, _attribute(feature, attribute))
            for shape, feature in zip(shapes, features, strict=True)
        ]

    def digest(self, place: Place) -> str:
        """Return a file's SHA-256, or which version of a layer is published."""
        if place.file is not None:
            return super().digest(place)
        layer = layer_named(place.layer)
        if layer.published_number is None:
            raise NotFoundError(
                _("Layer '%(layer)s' has nothing published.") % {"layer": place.layer},
                remedy=_("Import it first: ./krong import FILE --layer %(layer)s")
                % {"layer": place.layer},
            )
        version = published_version(layer)
        return f"v{version.number} {version.published_at:%Y-%m-%dT%H:%M:%S.%fZ}"


def _attribute(feature: Feature, attribute: str) -> Any:  # noqa: ANN401 - whatever the layer holds
    if attribute == "land_use":
        return "" if feature.land_use is None else feature.land_use.code
    return feature.properties.get(attribute)


def scenario_runs() -> QuerySet[Run]:
    """Return the runs of scenarios, newest first."""
    return Run.objects.filter(kind=RUN_KIND).select_related("scenario_run")


def runs_of(scenario: Scenario) -> QuerySet[Run]:
    """Return the runs of one scenario, newest first."""
    return runs_of_code(scenario.code)


def scenario_named(code: str) -> Scenario:
    """Return a stored scenario, or raise NotFoundError with the codes there are."""
    scenario = Scenario.objects.filter(code=code).first()
    if scenario is None:
        known = ", ".join(Scenario.objects.values_list("code", flat=True)[:12]) or "none yet"
        raise NotFoundError(
            _("There is no scenario '%(code)s'.") % {"code": code},
            remedy=_("Stored scenarios: %(known)s. Store one with './krong scenario run FILE'.")
            % {"known": known},
        )
    return scenario


def run_numbered(number: int) -> Run:
    """Return a run of a scenario, or raise NotFoundError."""
    run = scenario_runs().filter(pk=number).first()
    if run is None:
        raise NotFoundError(
            _("There is no scenario run number %(number)s.") % {"number": number},
            remedy=_("Open 'Scenarios' for the list, or './krong scenario list'."),
        )
    return run


def finished_run(code: str, digest: str) -> Run | None:
    """Return a finished run of the same inputs whose layers are still the published ones."""
    same = runs_of_code(code).filter(input_digest=digest, state=RunState.SUCCEEDED)
    for result in ScenarioRun.objects.filter(run__in=same).select_related("run"):
        if is_current(result):
            return result.run
    return None


def runs_of_code(code: str) -> QuerySet[Run]:
    """Return the runs of the scenario with a code, newest first."""
    return scenario_runs().filter(parameters__scenario=code)


def is_current(result: ScenarioRun) -> bool:
    """Tell whether every layer a run made is still published in the version it made."""
    made = result.outputs.get("layers", {})
    published = dict(Layer.objects.filter(slug__in=made).values_list("slug", "published_number"))
    return all(published.get(slug) == number for slug, number in made.items())


def exposed_versions() -> dict[str, int]:
    """Return which versions of the layers of facilities and buildings are published."""
    exposed = Layer.objects.filter(slug__in=(FACILITIES, BUILDINGS), published_number__isnull=False)
    return {slug: number or 0 for slug, number in exposed.values_list("slug", "published_number")}


def buildings_by_hazard(hazard: Layer) -> list[dict[str, Any]]:
    """Return per land-use class how many buildings stand in each hazard class of a layer."""
    exposed = Layer.objects.filter(slug=BUILDINGS).first()
    if exposed is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "buildings_by_hazard.sql"),
            {"exposed_layer_id": exposed.pk, "hazard_layer_id": hazard.pk},
        )
        rows = cursor.fetchall()
    by_class: dict[str, dict[str, int]] = defaultdict(dict)
    for code, hazard_class, count in rows:
        by_class[code][hazard_class] = count
    return [{"land_use": code, **counts} for code, counts in by_class.items()]


def facilities_in_water(outcome: Outcome) -> list[dict[str, Any]]:
    """Return the facilities with the greatest depth at their footprint, deepest first.

    Counted are the cells within one cell width of the footprint, as the building itself stands
    above the water. A facility outside the model has depth None: cannot tell; so has one that
    reaches beyond it and is dry within, for the rest of its site may lie in the water.
    """
    grid = outcome.setup.grid
    if grid.srid != PROJECT_SRID:
        return []
    rows = [_facility_row(feature, outcome) for feature in current_features(FACILITIES)]
    rows.sort(key=lambda row: (row["depth_m"] is not None, -(row["depth_m"] or 0), row["id"]))
    return rows


def _facility_row(feature: Feature, outcome: Outcome) -> dict[str, Any]:
    depth, hazard = _water_at(shapely.from_wkb(bytes(feature.geometry.wkb)), outcome)
    return {
        "id": feature.stable_id,
        "name_km": feature.properties.get("name_km", ""),
        "name_en": feature.properties.get("name_en", ""),
        "land_use": "" if feature.land_use is None else feature.land_use.code,
        "depth_m": depth,
        "hazard_class": hazard,
    }


def _water_at(site: BaseGeometry, outcome: Outcome) -> tuple[float | None, str | None]:
    """Return greatest depth [m] and hazard class at a site; None: the model cannot tell."""
    cells = _cells_within(site.buffer(outcome.setup.grid.dx_m), outcome.setup.grid)
    if cells is None:
        return None, None
    window, around = cells
    around = around & outcome.setup.domain[window]
    if not around.any():
        return None, None
    number = max(int(outcome.classes[window][around].max()), 0)
    if number == 0 and _reaches_beyond(site, outcome):
        return None, None
    return round(float(np.nanmax(outcome.depth_at_walls[window][around])), 2), f"H{number}"


def _reaches_beyond(site: BaseGeometry, outcome: Outcome) -> bool:
    """Tell whether part of a site lies outside the terrain or on ground without data."""
    if not box(*outcome.setup.grid.bounds).covers(site):
        return True
    cells = _cells_within(site, outcome.setup.grid)
    unknown = ~outcome.setup.domain & ~outcome.setup.sea
    return cells is not None and bool(unknown[cells[0]][cells[1]].any())


def _cells_within(
    area: BaseGeometry, grid: Grid
) -> tuple[tuple[slice, slice], NDArray[np.bool_]] | None:
    """Return the part of the grid around an area and which of its cells have their centre in it."""
    west, south, east, north = area.bounds
    first_col = max(int((west - grid.west) / grid.dx_m), 0)
    first_row = max(int((grid.north - north) / grid.dx_m), 0)
    end_col = min(int((east - grid.west) / grid.dx_m) + 1, grid.cols)
    end_row = min(int((grid.north - south) / grid.dx_m) + 1, grid.rows)
    if first_col >= end_col or first_row >= end_row:
        return None
    corner = grid.transform @ (first_col, first_row)
    part = Grid(
        rows=end_row - first_row, cols=end_col - first_col, west=corner[0], north=corner[1],
        dx_m=grid.dx_m, crs=grid.crs,
    )  # fmt: skip
    inside = geometry_mask(
        [area], out_shape=(part.rows, part.cols), transform=part.transform, invert=True
    )
    return (slice(first_row, end_row), slice(first_col, end_col)), inside


def class_names(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of land-use classes in the reader's language, by code."""
    return {row.code: row.name for row in LandUseClass.objects.filter(code__in=list(codes))}

"""Results become layers: grids, hazard areas, and the record of how they were made."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.core.files.storage import default_storage
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from shapely.geometry import box

from layers.classes import read_table
from layers.crs import PROJECT_SRID
from layers.models import Layer, Run
from layers.raster_files import leaving_no_files
from layers.services import (
    NewFeature,
    Provenance,
    open_layer,
    publish_features,
    publish_raster,
    set_surveyed_area,
)
from layers.vocab import Basis, Completeness, GeometryKind
from scenarios.errors import TerrainError
from scenarios.flood.hazard import FLOOD_CLASS_DEPTHS_M, FLOOD_CLASS_WET_M
from scenarios.hazard_zones import HazardZone, domain_area, hazard_zones
from scenarios.model_setup import ModelSetup
from scenarios.models import Scenario, ScenarioRun
from scenarios.queries import (
    BUILDINGS,
    FACILITIES,
    buildings_by_hazard,
    exposed_versions,
    facilities_in_water,
)
from scenarios.rasters import NODATA, write_cog
from scenarios.simulation import ENGINE, Outcome, solver_digest
from scenarios.spec import ScenarioSpec
from scenarios.vocab import QUANTITY_NAMES, QUANTITY_UNITS, Quantity

THEME = "hazard-flood"
_ZONES_TITLE = _("flood hazard areas")
# Light yellow to dark red: the usual order of hazard maps, distinguishable in grey.
CLASS_COLOURS = {"H1": "#FFEDA0", "H2": "#FEB24C", "H3": "#F03B20", "H4": "#800026"}

# What rests on least comes first: a chain is as strong as its weakest link.
WEAKEST_FIRST = (
    Basis.DEMO_VALUE,
    Basis.GENERAL_KNOWLEDGE,
    Basis.BENCHMARK,
    Basis.FOREIGN_REFERENCE,
    Basis.PRESS_REPORT,
    Basis.PLAN_PROVISION,
    Basis.BINDING_LAW,
)


def check_publishable(setup: ModelSetup) -> None:
    """Refuse to publish what is not in the deployment's own coordinate system.

    Raises
    ------
    TerrainError
        Names both systems.
    """
    srid = setup.grid.srid
    if srid != PROJECT_SRID:
        raise TerrainError(
            _(
                "The terrain is in EPSG:%(srid)s, but this deployment measures in "
                "EPSG:%(project_srid)s: nothing was published."
            )
            % {"srid": srid, "project_srid": PROJECT_SRID},
            remedy=str(_("Reproject the terrain first, or run with --no-publish.")),
        )


def write_grids(outcome: Outcome, folder: Path) -> dict[Quantity, Path]:
    """Write every grid of a result as a Cloud-Optimised GeoTIFF."""
    files = {}
    for quantity, values in outcome.grids().items():
        files[quantity] = folder / f"{outcome.setup.spec.layer_slug}-{quantity.value}.tif"
        worst = np.fmin if quantity == Quantity.ARRIVAL else np.fmax  # the earliest water
        write_cog(files[quantity], values, outcome.setup.grid, worst=worst)
    return files


@leaving_no_files()
def store_outcome(
    *, run: Run, outcome: Outcome, files: Mapping[Quantity, Path], publish: bool
) -> ScenarioRun:
    """Keep a result and, if asked, publish its grids and hazard areas: all of it or nothing."""
    zones = hazard_zones(outcome.classes, outcome.depth_at_walls, outcome.setup.grid)
    scenario = Scenario.objects.get(code=outcome.setup.spec.code)
    exposure: dict[str, Any] = {}
    if publish:
        outputs = _publish_grids(run, outcome, files)
        hazard = _publish_zones(run, outcome, zones)
        outputs["layers"][hazard.slug] = hazard.published_number
        exposure = _exposure(outcome, hazard)
    else:
        outputs = _keep_files(run, files)
    return ScenarioRun.objects.create(
        run=run,
        scenario=scenario,
        engine=ENGINE,
        solver_version=solver_digest(),
        parameters=_parameters(outcome),
        input_digests=run.parameters["digests"],
        assumptions=[assumption.as_json() for assumption in outcome.setup.assumptions],
        hyetograph=_hyetograph(outcome),
        mass_balance=outcome.water_accounts(),
        validity=outcome.validity(),
        hazard_areas=_class_areas(outcome, zones),
        exposure=exposure,
        outputs=outputs,
    )


def _parameters(outcome: Outcome) -> dict[str, Any]:
    setup, spec = outcome.setup, outcome.setup.spec
    return {
        "duration_h": spec.duration_h,
        "cells": setup.grid.rows * setup.grid.cols,
        "domain_cells": int(setup.domain.sum()),
        "cell_m": setup.grid.dx_m,
        "bounds": setup.grid.bounds,
        "srid": setup.grid.srid,
        "steps": outcome.result.steps,
        "theta": setup.settings.theta,
        "alpha": setup.settings.alpha,
        "dt_max_s": setup.settings.dt_max_s,
        "dtype": setup.settings.dtype,
        "debris": setup.settings.debris.value,
        "deepest_m": float(np.nanmax(outcome.grids()[Quantity.DEPTH], initial=0.0)),
    }


def _hyetograph(outcome: Outcome) -> dict[str, Any]:
    rain = outcome.setup.rain
    if rain is None:
        return {}
    return {"ends_s": list(rain.ends_s), "depths_mm": list(rain.depths_mm)}


def _class_areas(outcome: Outcome, zones: list[HazardZone]) -> list[dict[str, Any]]:
    """Return cells and area by class from the cells, and how many areas there are."""
    cell_area = outcome.setup.grid.cell_area_m2
    count: dict[str, int] = defaultdict(int)
    for zone in zones:
        count[zone.hazard_class] += 1
    rows = []
    for number, name in enumerate(("H0", *CLASS_COLOURS)):
        cells = int((outcome.classes == number).sum())
        rows.append(
            {
                "hazard_class": name,
                "cells": cells,
                "area_m2": cells * cell_area,
                "zones": count[name],
            }
        )
    return rows


def _keep_files(run: Run, files: Mapping[Quantity, Path]) -> dict[str, Any]:
    """Keep the grids of a run that publishes nothing."""
    kept = {}
    for quantity, path in files.items():
        with path.open("rb") as content:
            kept[quantity.value] = default_storage.save(
                f"scenarios/run-{run.pk}/{path.name}", content
            )
    return {"layers": {}, "files": kept}


def _publish_grids(run: Run, outcome: Outcome, files: Mapping[Quantity, Path]) -> dict[str, Any]:
    versions, kept = {}, {}
    for quantity, path in files.items():
        layer = _grid_layer(outcome.setup.spec, quantity)
        raster = publish_raster(
            layer=layer,
            path=path,
            provenance=_provenance(run),
            described=_described(outcome, quantity),
        )
        versions[layer.slug] = raster.version.number
        kept[quantity.value] = raster.file.name
    return {"layers": versions, "files": kept}


def _provenance(run: Run) -> Provenance:
    return Provenance(
        source_name=f"scenario run {run.pk}",
        source_digest=run.input_digest,
        captured_on=_today(),
    )


def _today() -> date:
    return timezone.localdate()


def _described(outcome: Outcome, quantity: Quantity) -> dict[str, Any]:
    values = outcome.grids()[quantity]
    grid = outcome.setup.grid
    known = values[np.isfinite(values)]
    return {
        "quantity": QUANTITY_NAMES[quantity],
        "units": QUANTITY_UNITS[quantity],
        "nodata": NODATA,
        "vertical_datum": "above ground" if quantity == Quantity.DEPTH else "none",
        "resolution_m": grid.dx_m,
        "footprint": f"SRID={PROJECT_SRID};{box(*grid.bounds).wkt}",
        "minimum": float(known.min()) if known.size else 0.0,
        "maximum": float(known.max()) if known.size else 0.0,
    }


def _in(language: str, text: Any) -> str:  # noqa: ANN401 - a lazy translation
    with translation.override(language):
        return str(text)


def _layer_text(spec: ScenarioSpec, what: Any, slug: str, kind: str) -> Layer:  # noqa: ANN401
    """Open a layer of this scenario, with its titles as the scenario now states them."""
    described = {
        "title_en": f"{spec.title_en}: {_in('en', what)}",
        "title_km": f"{spec.title_km or spec.title_en}៖ {_in('km', what)}",
        "source": f"Modelled: scenario {spec.code}. {_caution(spec)}",
    }
    layer = open_layer(slug=slug, geometry_kind=kind, theme=THEME, **described)
    Layer.objects.filter(pk=layer.pk).update(**described)
    layer.refresh_from_db()
    return layer


def _caution(spec: ScenarioSpec) -> str:
    checked = spec.validation or "Never validated against an observed flood."
    least = f" Areas below {spec.min_area_m2:g} m2 are left out." if spec.min_area_m2 else ""
    return checked + least


def _grid_layer(spec: ScenarioSpec, quantity: Quantity) -> Layer:
    slug = f"{spec.layer_slug}-{quantity.value}"
    return _layer_text(spec, quantity.label, slug, GeometryKind.RASTER)


def _publish_zones(run: Run, outcome: Outcome, zones: list[HazardZone]) -> Layer:
    """Publish the hazard areas; where their absence means no flood is the model's domain.

    An area left out for its size is no dry ground: there the layer cannot tell.
    """
    spec = outcome.setup.spec
    kept = [zone for zone in zones if zone.geometry.area >= spec.min_area_m2]
    left_out = [zone.geometry for zone in zones if zone.geometry.area < spec.min_area_m2]
    layer = _layer_text(spec, _ZONES_TITLE, spec.layer_slug, GeometryKind.POLYGON)
    Layer.objects.filter(pk=layer.pk).update(attribute_schema=_attribute_schema(spec))
    publish_features(
        layer=layer, features=_zone_features(run, outcome, kept), provenance=_provenance(run)
    )
    domain = domain_area(outcome.setup.domain, outcome.setup.grid)
    told = shapely.difference(domain, shapely.union_all(left_out))
    set_surveyed_area(
        layer=layer,
        geometry=domain if told.is_empty else told,
        completeness=Completeness.PARTIAL if told.is_empty else Completeness.COMPLETE,
        source=f"model domain of scenario {spec.code}"[:255],
        captured_on=_today(),
    )
    layer.refresh_from_db()
    return layer


def _zone_features(run: Run, outcome: Outcome, zones: list[HazardZone]) -> Iterator[NewFeature]:
    spec = outcome.setup.spec
    bounds = class_depths_m()
    common = {
        "return_period_years": spec.return_period_years,
        "duration_h": getattr(spec.rain, "duration_h", None),
        "run": run.pk,
        "scenario": spec.code,
        "basis": weakest_basis(outcome),
    }
    for number, zone in enumerate(zones, start=1):
        lowest, highest = bounds[zone.hazard_class]
        yield NewFeature(
            stable_id=f"{zone.hazard_class}-{number:06d}",
            geometry=zone.geometry,
            properties={
                "hazard_class": zone.hazard_class,
                "depth_min_m": lowest,
                "depth_max_m": highest,
                "deepest_m": zone.deepest_m,
                "cells": zone.cells,
                **common,
            },
        )


def class_depths_m() -> dict[str, tuple[float, float | None]]:
    """Return the depths [m] between which a class is named by depth alone; None: no limit.

    A class may also be reached by depth x velocity, in shallower water: ``deepest_m`` is measured.
    """
    limits: tuple[float | None, ...] = (FLOOD_CLASS_WET_M, *FLOOD_CLASS_DEPTHS_M, None)
    return {
        name: (float(limits[number] or 0), limits[number + 1])
        for number, name in enumerate(CLASS_COLOURS)
    }


def weakest_basis(outcome: Outcome) -> str:
    """Return the basis of the least certain assumption of a run."""
    used = {assumption.basis for assumption in outcome.setup.assumptions}
    return next((basis.value for basis in WEAKEST_FIRST if basis.value in used), WEAKEST_FIRST[0])


def _attribute_schema(spec: ScenarioSpec) -> dict[str, Any]:
    meanings = {
        row["class"]: {"en": row["meaning_en"], "km": row["meaning_km_draft"]}
        for row in read_table("flood_classes")
    }
    return {
        "fields": {
            "hazard_class": _field("text", "ថ្នាក់គ្រោះថ្នាក់ទឹកជំនន់", "flood hazard class"),
            "depth_min_m": _field("number", "ជម្រៅថ្នាក់ ចាប់ពី", "class from depth", "m"),
            "depth_max_m": _field("number", "ជម្រៅថ្នាក់ ដល់", "class to depth", "m"),
            "deepest_m": _field("number", "ជម្រៅជ្រៅបំផុត", "deepest water", "m"),
            "return_period_years": _field("number", "រយៈពេលវិលជុំ", "return period", "years"),
            "duration_h": _field("number", "រយៈពេលភ្លៀង", "duration of the rain", "h"),
            "run": _field("number", "លេខការគណនា", "run"),
            "scenario": _field("text", "សេណារីយ៉ូ", "scenario"),
            "basis": _field("text", "មូលដ្ឋាន", "basis"),
        },
        "colours": {"property": "hazard_class", "values": CLASS_COLOURS},
        "meanings": meanings,
        "min_area_m2": spec.min_area_m2,
    }


def _field(kind: str, title_km: str, title_en: str, unit: str = "") -> dict[str, str]:
    return {"type": kind, "title_km": title_km, "title_en": title_en, "unit": unit}


def _exposure(outcome: Outcome, hazard: Layer) -> dict[str, Any]:
    """Return what stands in the water, with the versions of the layers that were asked."""
    versions = exposed_versions()
    return {
        "versions": versions,
        "facilities": facilities_in_water(outcome) if FACILITIES in versions else [],
        "buildings": buildings_by_hazard(hazard) if BUILDINGS in versions else [],
    }

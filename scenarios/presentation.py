"""What the pages show: stored records with the words and units a reader needs."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from layers.classes import read_table
from layers.models import LandUseClass, Run, in_reader_language
from layers.numbers import in_marks, number
from layers.vocab import Basis, RunState
from scenarios.charts import rain_chart
from scenarios.models import Scenario, ScenarioRun
from scenarios.publication import CLASS_COLOURS
from scenarios.queries import exposed_versions, is_current
from scenarios.rasters import DEPTH_COLOURS
from scenarios.vocab import (
    QUANTITY_UNITS,
    AssumptionKind,
    Quantity,
    ValidityNote,
    WaterAccount,
)

HAZARD_CLASSES = tuple(CLASS_COLOURS)


def run_summaries(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Return how far runs are, titled as their scenarios are in the reader's language."""
    titles = {scenario.code: scenario.title for scenario in Scenario.objects.all()}
    return [run_summary(run, titles) for run in runs]


def run_summary(run: Run, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return how far a run is, for a page and for a program; ``titles`` by scenario code."""
    code = run.parameters.get("scenario", "")
    return {
        "number": run.pk,
        "scenario": code,
        "title": titles.get(code) or run.title,
        "state": run.state,
        "state_label": str(RunState(run.state).label),
        "progress_share": run.progress_share,
        "progress_percent": round(run.progress_share * 100),
        "message": run.message,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "is_cancel_asked": run.cancel_requested_at is not None,
    }


def result_tables(result: ScenarioRun) -> dict[str, Any]:
    """Return everything the page of a finished run shows."""
    rain = result.hyetograph
    names = _class_names(result)
    return {
        "result": result,
        "is_current": is_current(result),
        "is_exposure_current": result.exposure.get("versions", {}) == exposed_versions(),
        "chart": rain_chart(rain.get("ends_s", []), rain.get("depths_mm", [])),
        "assumptions": [_assumption(each) for each in result.assumptions],
        "accounts": _accounts(result.mass_balance),
        "volume_error": f"{result.mass_balance['relative_error']:.1e}",
        "notes": [ValidityNote(note).label for note in result.validity["notes"]],
        "beyond_percent": number(result.validity["wet_share_beyond_froude"] * 100, 1),
        "areas": [_area(row) for row in result.hazard_areas],
        "grids": _grids(result),
        "depth_legend": _depth_legend(),
        "flooded": _flooded(result, names),
        "untold": _untold(result),
        "facility_count": len(result.exposure.get("facilities", [])),
        "building_rows": _building_rows(result, names),
        "hazard_classes": HAZARD_CLASSES,
        "hazard_layer": _hazard_layer(result),
    }


def _assumption(stated: dict[str, str]) -> dict[str, Any]:
    return {
        **stated,
        "what": AssumptionKind(stated["kind"]).label,
        "basis_label": Basis(stated["basis"]).label,
    }


def _accounts(balance: dict[str, float]) -> list[dict[str, Any]]:
    """Return the lines of the mass balance that hold water, and always its ends."""
    always = {WaterAccount.STORED_START, WaterAccount.STORED_END, WaterAccount.CREATED}
    return [
        {"what": account.label, "volume_m3": number(balance[account.value], 1)}
        for account in WaterAccount
        if account in always or balance[account.value]
    ]


def _area(row: dict[str, Any]) -> dict[str, Any]:
    meanings = {each["class"]: each for each in read_table("flood_classes")}
    meaning = meanings[row["hazard_class"]]
    return {
        **row,
        "colour": CLASS_COLOURS.get(row["hazard_class"], "#FFFFFF"),
        "hectares": number(row["area_m2"] / 1e4, 2),
        "meaning": in_reader_language(meaning["meaning_km_draft"], meaning["meaning_en"]),
        "depth": in_marks(meaning["depth_m"].replace("-", "–")),
        "velocity_x_depth": in_marks(meaning["velocity_x_depth"]),
    }


def _grids(result: ScenarioRun) -> list[dict[str, Any]]:
    return [
        {
            "quantity": quantity.value,
            "title": quantity.label,
            "unit": QUANTITY_UNITS[quantity],
            "layer": _grid_layer(result, quantity),
        }
        for quantity in Quantity
        if quantity.value in result.outputs["files"]
    ]


def _depth_legend() -> list[dict[str, str]]:
    """Return the colours of the depth picture with the depth from which each holds."""
    return [
        {"label": number(limit, 2), "colour": "#{:02X}{:02X}{:02X}".format(*colour)}
        for limit, colour in DEPTH_COLOURS
    ]


def _grid_layer(result: ScenarioRun, quantity: Quantity) -> str:
    slug = f"flood-{result.scenario.code}-{quantity.value}"
    return slug if slug in result.outputs["layers"] else ""


def _hazard_layer(result: ScenarioRun) -> str:
    slug = f"flood-{result.scenario.code}"
    return slug if slug in result.outputs["layers"] else ""


def _class_names(result: ScenarioRun) -> dict[str, str]:
    rows = [*result.exposure.get("facilities", []), *result.exposure.get("buildings", [])]
    codes = {row["land_use"] for row in rows}
    found = LandUseClass.objects.filter(code__in=codes)
    return {each.code: each.name for each in found}


def _flooded(result: ScenarioRun, names: dict[str, str]) -> list[dict[str, Any]]:
    """Return the facilities that stand in water, deepest first."""
    wet = [
        row
        for row in result.exposure.get("facilities", [])
        if row["hazard_class"] in HAZARD_CLASSES
    ]
    return [
        {
            **row,
            "name": in_reader_language(row["name_km"], row["name_en"]) or row["id"],
            "use": names.get(row["land_use"], row["land_use"]),
            "depth": number(row["depth_m"], 2),
            "colour": CLASS_COLOURS[row["hazard_class"]],
        }
        for row in sorted(wet, key=lambda row: -row["depth_m"])
    ]


def _untold(result: ScenarioRun) -> int:
    """Count the facilities outside the model, of which nothing can be said."""
    return sum(row["depth_m"] is None for row in result.exposure.get("facilities", []))


def _building_rows(result: ScenarioRun, names: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "use": names.get(row["land_use"]) or row["land_use"] or _("no class"),
            "counts": [row.get(name, 0) for name in HAZARD_CLASSES],
        }
        for row in result.exposure.get("buildings", [])
    ]

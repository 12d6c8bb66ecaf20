"""What was chosen on the pages, as options of the import."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from layers.ingest import ImportOptions
from layers.uploads.vocab import ClassSource, Mode
from layers.vocab import GeometryKind

NAME_FIELDS = {"name_km_field": "name_km", "name_en_field": "name_en"}
_READING = ("encoding", "x_field", "y_field", "wkt_field")
_TEXTS = ("source_layer", *_READING, "id_field", "lifecycle_field")
_DESCRIBED = ("title_en", "title_km", "theme", "source", "licence", "steward", "visibility")
_GRID = ("quantity", "units", "vertical_datum")


def chosen_layer(choices: Mapping[str, Any]) -> str:
    """Return the name of the layer it goes into."""
    return str(choices.get("target") or choices.get("slug") or "")


def reading_options(choices: Mapping[str, Any]) -> ImportOptions:
    """Return how the file is to be read, as far as a look needs it."""
    options: dict[str, Any] = {name: str(choices.get(name) or "") for name in _READING}
    return ImportOptions(**options)


def import_options(choices: Mapping[str, Any], survey: Mapping[str, Any]) -> ImportOptions:
    """Return the options that the choices mean for this file."""
    options: dict[str, Any] = {name: str(choices.get(name) or "") for name in _described(choices)}
    options |= {"captured_on": _day(choices.get("captured_on"))}
    surveyed = str(choices.get("surveyed") or "")
    options |= {
        "surveyed": surveyed,
        "surveyed_classes": tuple(choices.get("surveyed_classes") or ()) if surveyed else (),
        "srid": int(choices["srid"]) if choices.get("srid") else None,
    }
    is_grid = bool(survey.get("grid"))
    return ImportOptions(**options, **(_grid(choices) if is_grid else _rows(choices)))


def _described(choices: Mapping[str, Any]) -> tuple[str, ...]:
    """Return which words describe the layer; one that exists keeps its own."""
    return () if choices.get("target") else _DESCRIBED


def _grid(choices: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {name: str(choices.get(name) or "") for name in _GRID}
    return options | {"band": choices.get("band"), "nodata": choices.get("nodata")}


def _rows(choices: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {name: str(choices.get(name) or "") for name in _TEXTS}
    options["fields"] = field_names(choices)
    options["keeps_others"] = choices.get("mode") == Mode.ADD
    if not choices.get("target") and choices.get("geometry_kind") in GeometryKind.values:
        options["geometry_kind"] = choices["geometry_kind"]
    source = choices.get("class_from")
    if source == ClassSource.ONE:
        options["land_use"] = str(choices.get("land_use") or "")
    elif source == ClassSource.FIELD:
        options["class_field"] = str(choices.get("class_field") or "")
        options["classes"] = dict(choices.get("classes") or {})
    elif source == ClassSource.OSM:
        options["classify"] = "osm"
        options["keep_unclassified"] = bool(choices.get("keep_unclassified"))
    return options


def field_names(choices: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the new name of each column that gets one, None for one that is left out."""
    names: dict[str, str | None] = dict(choices.get("fields") or {})
    for choice, name in NAME_FIELDS.items():
        if column := choices.get(choice):
            names[column] = name
    return names


def _day(text: object) -> date | None:
    return date.fromisoformat(str(text)) if text else None

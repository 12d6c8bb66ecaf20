"""What is proposed for a file: what was chosen for one like it, else what its names suggest."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from layers.models import LandUseClass, Layer
from layers.uploads.choices import chosen_layer
from layers.uploads.models import SavedMapping, Upload
from layers.uploads.vocab import ClassSource, Mode
from layers.vocab import Visibility

# Said anew each time: it is true of one file, not of all with its structure.
NOT_REMEMBERED = ("captured_on", "surveyed", "surveyed_classes", "title_km", "title_en", "slug")
_IDENTIFIERS = ("stable_id", "id", "code", "parcel_no", "plot_no", "objectid", "fid")
_NAMES = {
    "name_km_field": ("name_km", "name:km", "khmer_name", "namekm", "name_kh"),
    "name_en_field": ("name_en", "name:en", "english_name", "nameen"),
}
_CLASS_COLUMNS = ("class", "class_code", "landuse", "land_use", "use", "type", "zone")


def structure_of(survey: Mapping[str, Any], source_layer: str) -> str:
    """Return what files of the same structure share: format, kind of shape, names of columns.

    Grids share their system, cell size, bands, unit and no-data value.
    """
    if grid := survey.get("grid"):
        kept = [grid.get(name) for name in ("crs", "bands", "dtype", "cell", "units", "nodata")]
        return _digest([survey.get("format"), kept])
    layer = layer_of(survey, source_layer)
    names = sorted(field["name"] for field in layer.get("fields", []))
    return _digest([survey.get("format"), layer.get("geometry_kind"), names])


def _digest(told: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def layer_of(survey: Mapping[str, Any], source_layer: str) -> dict[str, Any]:
    """Return the chosen layer of the file, the first when none is chosen; empty: it has none."""
    layers: Sequence[dict[str, Any]] = survey.get("layers") or ()
    named = [layer for layer in layers if layer["name"] == source_layer]
    return dict((named or layers or [{}])[0])


def remember(upload: Upload) -> None:
    """Keep what was chosen, to be proposed for the next file of this structure in this layer."""
    layer = Layer.objects.filter(slug=chosen_layer(upload.choices)).first()
    if layer is None:
        return
    kept = {n: v for n, v in upload.choices.items() if n not in NOT_REMEMBERED}
    SavedMapping.objects.update_or_create(
        layer=layer,
        structure=structure_of(upload.survey, str(upload.choices.get("source_layer") or "")),
        defaults={
            "choices": kept | {"target": layer.slug},
            "saved_by": upload.uploaded_by,
        },
    )


def remembered(
    survey: Mapping[str, Any], source_layer: str, slugs: Sequence[str]
) -> SavedMapping | None:
    """Return what was last chosen for a file of this structure, in a layer among these."""
    known = SavedMapping.objects.filter(structure=structure_of(survey, source_layer))
    return known.filter(layer__slug__in=slugs).select_related("layer").first()


def guessed(upload: Upload, layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the names in a file suggest."""
    fields = {field["name"]: field for field in layer.get("fields", [])}
    by_lower = {name.lower(): name for name in reversed(fields)}
    stem = Path(upload.name).stem
    found: dict[str, Any] = {
        "source_layer": layer.get("name", ""),
        "slug": re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:50],
        "title_en": stem if stem.isascii() else "",
        "title_km": "" if stem.isascii() else stem,
        "visibility": Visibility.INTERNAL.value,
        "theme": "other",
        "mode": Mode.REPLACE.value,
        "geometry_kind": layer.get("geometry_kind", ""),
        "id_field": next((by_lower[n] for n in _IDENTIFIERS if n in by_lower), ""),
        "srid": _likely_srid(layer),
    }
    if grid := upload.survey.get("grid"):
        return found | _guessed_grid(grid)
    for choice, names in _NAMES.items():
        found[choice] = next((by_lower[n] for n in names if n in by_lower), "")
    return found | _guessed_class(upload, fields, by_lower)


def _guessed_grid(grid: Mapping[str, Any]) -> dict[str, Any]:
    unit = str(grid.get("units") or "")
    metres = unit.casefold() in {"", "m", "metre", "meter", "metres", "meters"}
    fitting = [srid for srid in grid.get("pictures") or {} if srid]
    return {
        "quantity": "elevation",
        "units": "m" if metres else unit,
        "srid": int(fitting[0]) if len(fitting) == 1 else None,
    }


def _likely_srid(layer: Mapping[str, Any]) -> int | None:
    """Propose a system only where exactly one places the file in the area."""
    fitting = [] if layer.get("crs") else list(layer.get("candidates") or [])
    return int(fitting[0]["srid"]) if len(fitting) == 1 else None


def _guessed_class(
    upload: Upload, fields: Mapping[str, Any], by_lower: Mapping[str, str]
) -> dict[str, Any]:
    if upload.survey.get("format") == "OSM_PBF":
        return {"class_from": ClassSource.OSM.value}
    coded = max(fields.values(), key=lambda field: field.get("codes", 0), default=None)
    column = coded["name"] if coded and coded.get("codes") else ""
    column = column or next((by_lower[n] for n in _CLASS_COLUMNS if n in by_lower), "")
    if not column:
        return {"class_from": ClassSource.NONE.value}
    values = [value for value, _count in fields[column].get("values") or []]
    return {
        "class_from": ClassSource.FIELD.value,
        "class_field": column,
        "classes": guessed_classes(values),
    }


def guessed_classes(values: Sequence[str]) -> dict[str, str | None]:
    """Return the class of each value that is a code or a name of one, in either language."""
    known: dict[str, str] = {}
    for row in LandUseClass.objects.order_by("-scheme", "code"):
        for word in (row.code, row.name_en, row.name_km):
            known.setdefault(word.strip().casefold(), row.code)
    known.pop("", None)
    return {v: known[v.strip().casefold()] for v in values if v.strip().casefold() in known}

"""What travels with every file: what it is, who made it, under which licence, as of when."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from layers.crs import crs_of
from layers.exports.formats import ExportFormat, decimals_of
from layers.exports.selection import Selection

Provenance = Mapping[str, Any]
UNKNOWN = "not stated"


def provenance_of(selection: Selection, wanted: ExportFormat, srid: int) -> dict[str, Any]:
    """Return a file's description for people and programs; English names, both languages' texts."""
    version, layer = selection.version, selection.version.layer
    crs = crs_of(srid)
    decimals = decimals_of(wanted, is_geographic=crs.is_geographic)
    unit = "degree" if crs.is_geographic else "m"
    told = {
        "layer": layer.slug,
        "title_km": layer.title_km,
        "title_en": layer.title_en,
        "description_km": layer.description_km,
        "description_en": layer.description_en,
        "theme": layer.theme,
        "source": layer.source or UNKNOWN,
        "source_file": version.source_name,
        "source_sha256": version.source_digest,
        "steward": layer.steward or UNKNOWN,
        "licence": layer.licence or UNKNOWN,
        "version": version.number,
        "captured_on": version.captured_on.isoformat() if version.captured_on else UNKNOWN,
        "published_at": version.published_at.isoformat() if version.published_at else UNKNOWN,
        "scale": f"1:{layer.scale_denominator}" if layer.scale_denominator else UNKNOWN,
        "crs": f"EPSG:{srid} {crs.name}",
        "coordinate_precision": f"{10**-decimals:.{decimals}f} {unit}" if decimals else "as stored",
        "selection": selection.described(),
        "exported_at": timezone.now().isoformat(timespec="seconds"),
        "exported_by": "Krong",
    }
    return {name: value for name, value in told.items() if value not in ("", {})}


def written(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Return a value as a text that programs read again: texts as they are, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_lines(provenance: Provenance) -> list[str]:
    """Return a description as lines of text: ``licence: ODbL``."""
    return [f"{name}: {' '.join(written(value).split())}" for name, value in provenance.items()]


def as_text(provenance: Provenance, *more: str) -> bytes:
    """Return a description as a text file that any editor on Windows shows right."""
    return ("\ufeff" + "\r\n".join([*as_lines(provenance), *more]) + "\r\n").encode()


def as_strings(provenance: Provenance) -> dict[str, str]:
    """Return a description as formats keep it whose values are texts."""
    return {name: written(value) for name, value in provenance.items()}

"""What the user says about a file: which part of it, which CRS, which class."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Self

OSM_TAGS = "osm"
ROW_CHOICES = (
    *("id_field", "class_field", "lifecycle_field", "land_use", "classify", "source_layer"),
    *("x_field", "y_field", "wkt_field", "fields", "classes"),
    "drop_other_fields",
)
GRID_CHOICES = ("nodata", "quantity", "units", "vertical_datum")

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOptions:
    """The choices of one import. Empty means: as the file says.

    ``land_use`` gives every feature one class, ``class_field`` names the column that holds the
    class codes, ``classify="osm"`` derives the class from OpenStreetMap tags; one of the three.
    ``surveyed`` is a Completeness: the file's extent is stated as surveyed, for
    ``surveyed_classes`` (none: for the classes that the layer holds). ``x_field`` and ``y_field``,
    or ``wkt_field``, name the columns of a table that hold the shapes. ``fields`` renames columns,
    to None: leaves them out (with ``drop_other_fields`` all others too); ``classes`` turns the
    values of ``class_field`` into class codes, to None: without a class.
    With ``keeps_others`` features that the file does not name stay as they are; without it the
    layer holds exactly the file.
    """

    source_layer: str = ""
    srid: int | None = None
    encoding: str = ""
    x_field: str = ""
    y_field: str = ""
    wkt_field: str = ""
    land_use: str = ""
    classify: str = ""
    class_field: str = ""
    id_field: str = ""
    lifecycle_field: str = ""
    keep_unclassified: bool = False
    geometry_kind: str = ""
    title_en: str = ""
    title_km: str = ""
    theme: str = ""
    source: str = ""
    licence: str = ""
    steward: str = ""
    visibility: str = ""
    captured_on: date | None = None
    surveyed: str = ""
    surveyed_classes: tuple[str, ...] = ()
    band: int | None = None
    nodata: float | None = None
    quantity: str = ""
    units: str = ""
    vertical_datum: str = ""
    fields: Mapping[str, str | None] = field(default_factory=dict)
    classes: Mapping[str, str | None] = field(default_factory=dict)
    drop_other_fields: bool = False
    keeps_others: bool = False

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """Return options that came as JSON."""
        known = {name: given[name] for name in _NAMES if name in given}
        captured = known.pop("captured_on", None)
        known["surveyed_classes"] = tuple(known.get("surveyed_classes", ()))
        return cls(captured_on=date.fromisoformat(captured) if captured else None, **known)

    def as_fields(self) -> dict[str, Any]:
        """Return the options as JSON can hold them."""
        captured = self.captured_on.isoformat() if self.captured_on else None
        return asdict(self) | {"captured_on": captured}

    def described(self) -> dict[str, str]:
        """Return the layer's description, as far as it was given."""
        given = {name: getattr(self, name) for name in ("title_en", "title_km", "theme")}
        given |= {
            name: getattr(self, name) for name in ("source", "licence", "steward", "visibility")
        }
        return {name: text for name, text in given.items() if text}


def is_given(value: object) -> bool:
    """Tell whether a choice was made; zero is one (``--nodata 0``)."""
    return value is not None and value is not False and value not in ("", (), {})


_NAMES = tuple(option.name for option in fields(ImportOptions))


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def import_digest(*, source: str, layer: str, options: ImportOptions, classes: str) -> str:
    """Return what identifies an import: the file, the layer, the choices and the class list."""
    parts = json.dumps([source, layer, asdict(options), classes], sort_keys=True, default=str)
    return hashlib.sha256(parts.encode()).hexdigest()

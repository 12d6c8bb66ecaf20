"""The columns of a table: three labels every feature has, then the attributes of its layer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from layers.exports.batches import Batch
from layers.exports.contents import AttributeContent, contents_of
from layers.models import LayerVersion
from layers.property_names import TITLES

LABELS = ("stable_id", "class", "lifecycle")
# A GeoPackage holds 2,000 columns, a Shapefile 255; what is beyond stands together in one.
MOST_ATTRIBUTES = 200
REST = "more_attributes"
# Names that belong to the file itself.
_TAKEN = (*LABELS, "geometry", "geom", "fid", "ogc_fid", "lon", "lat", "x", "y", "wkt", REST)
_SHAPEFILE_NAME_BYTES = 10


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the file, the attribute it holds, and how that is called."""

    name: str
    attribute: str
    kind: str  # text, integer, real, boolean or json
    title_km: str = ""
    title_en: str = ""
    unit: str = ""
    digits: int = 0  # of the longest whole number

    def value(self, properties: dict[str, Any]) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return what a feature holds, in the column's type; None for nothing."""
        found = properties.get(self.attribute)
        if found is None or self.kind not in {"json", "real"}:
            return found
        return float(found) if self.kind == "real" else json.dumps(found, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Table:
    """The attribute columns of a layer's version."""

    columns: tuple[Column, ...]
    rest: tuple[str, ...]  # attributes beyond, told together in one column

    def values(self, column: Column, batch: Batch) -> list[Any]:
        """Return one column of a batch."""
        if column.name == REST and self.rest:
            return [self._rest(properties) for properties in batch.properties]
        return [column.value(properties) for properties in batch.properties]

    def rows(self, batch: Batch) -> Iterator[tuple[Any, ...]]:
        """Return the rows of a batch: the labels, then the attributes."""
        attributes = [self.values(column, batch) for column in self.columns]
        return zip(batch.ids, batch.classes, batch.lifecycles, *attributes, strict=True)

    def _rest(self, properties: dict[str, Any]) -> str | None:
        left = {name: properties[name] for name in self.rest if properties.get(name) is not None}
        return json.dumps(left, ensure_ascii=False) if left else None


def table_of(version: LayerVersion) -> Table:
    """Return the columns of a version: those its schema states first, then by name."""
    known = {found.name: found for found in contents_of(version).attributes}
    fields: dict[str, dict[str, str]] = version.layer.attribute_schema.get("fields", {})
    ordered = [name for name in fields if name in known]
    ordered += [name for name in sorted(known) if name not in fields]
    kept = _most_filled(ordered, known)
    names = unique_names(kept, taken=_TAKEN)
    columns = [
        _column(name, known[attribute], fields.get(attribute, {}))
        for name, attribute in zip(names, kept, strict=True)
    ]
    rest = tuple(name for name in ordered if name not in kept)
    if rest:
        columns.append(Column(REST, REST, "json", title_en="further attributes"))
    return Table(tuple(columns), rest)


def _most_filled(ordered: list[str], known: dict[str, AttributeContent]) -> list[str]:
    if len(ordered) <= MOST_ATTRIBUTES:
        return ordered
    most = sorted(ordered, key=lambda name: -known[name].filled)[:MOST_ATTRIBUTES]
    return [name for name in ordered if name in set(most)]


def _column(name: str, found: AttributeContent, field: dict[str, str]) -> Column:
    return Column(
        name=name,
        attribute=found.name,
        kind=found.kind,
        title_km=field.get("title_km", ""),
        title_en=field.get("title_en", "") or str(TITLES.get(found.name, "")),
        unit=field.get("unit", ""),
        digits=found.digits,
    )


def unique_names(names: list[str], taken: tuple[str, ...] = ()) -> list[str]:
    """Return names that differ whatever their case, and from those taken: ``class_2``."""
    used = {name.lower() for name in taken}
    found = []
    for name in names:
        number, free = 1, name
        while free.lower() in used:
            number += 1
            free = f"{name}_{number}"
        used.add(free.lower())
        found.append(free)
    return found


def shapefile_names(names: list[str]) -> list[str]:
    """Return names of at most 10 ASCII signs (dBASE III), no two alike; Khmer ones are numbered."""
    used: set[str] = set()
    found = []
    for place, name in enumerate(names, start=1):
        plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in name)
        wanted = plain if name.isascii() and plain else f"field_{place}"
        number, free = 1, wanted[:_SHAPEFILE_NAME_BYTES]
        while free.lower() in used:
            number += 1
            ending = f"_{number}"
            free = wanted[: _SHAPEFILE_NAME_BYTES - len(ending)] + ending
        used.add(free.lower())
        found.append(free)
    return found

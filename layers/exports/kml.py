"""KML 2.2 (OGC 07-147r2): names, attributes and a style per class, longitude and latitude.

Attributes stand in a schema (9.7), which tells their types and lets their names be in Khmer.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
from django.utils.translation import override
from shapely.geometry.base import BaseGeometry

from layers.exports.batches import Batch
from layers.exports.columns import LABELS, Column, Table
from layers.exports.formats import DECIMALS_DEGREES
from layers.exports.looks import Shades
from layers.exports.provenance import Provenance, as_lines, written
from layers.names import NameProperties

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
# XML 1.0, section 2.2: signs no document may hold.
_NO_XML = {code: None for code in range(32) if code not in {9, 10, 13}} | {
    0xFFFE: None,
    0xFFFF: None,
}
_OTHER_STYLE = "other"
_SCHEMA = "attributes"
# KML's int has 32 bits; whole numbers of 15 digits are exact as double (IEEE 754: 53 bits).
_INT_DIGITS, _DOUBLE_DIGITS = 9, 15
_KML_TYPES = {"real": "double", "boolean": "bool"}


def document(
    found: Iterable[Batch],
    table: Table,
    provenance: Provenance,
    shades: Shades,
    names: NameProperties,
    language: str | None,
) -> Generator[bytes]:
    """Yield a KML document; its description says where it comes from.

    ``language`` is the reader's: a document is read when the request has already been answered.
    """
    title = _text(str(provenance.get("title_km") or provenance["title_en"]))
    told = _text("\n".join(as_lines(provenance)))
    yield f"{_HEAD}<Document><name>{title}</name><description>{told}</description>\n".encode()
    yield _metadata(provenance).encode()
    yield (_schema(table) + "".join(_styles(shades))).encode()
    style_of = {entry.value: f"style-{n}" for n, entry in enumerate(shades.entries)}
    for batch in found:
        with override(language):
            marks = "".join(_placemarks(batch, table, shades, style_of, names))
        yield marks.encode()
    yield b"</Document></kml>\n"


def _styles(shades: Shades) -> Iterator[str]:
    outline = _colour(shades.outline, 1.0)
    for number, entry in enumerate((*shades.entries, shades.other)):
        is_other = number == len(shades.entries)
        style = _OTHER_STYLE if is_other else f"style-{number}"
        fill = _colour(entry.colour, shades.fill_share)
        yield (
            f'<Style id="{style}"><IconStyle><color>{_colour(entry.colour, 1.0)}</color>'
            f"</IconStyle><LineStyle><color>{outline}</color><width>{shades.width_px}</width>"
            f"</LineStyle><PolyStyle><color>{fill}</color></PolyStyle></Style>\n"
        )


def _schema(table: Table) -> str:
    labels = "".join(f'<SimpleField type="string" name={_quoted(name)}/>' for name in LABELS)
    fields = "".join(
        f'<SimpleField type="{_type(column)}" name={_quoted(column.name)}>'
        f"<displayName>{_text(column.title_km or column.attribute)}</displayName></SimpleField>"
        for column in table.columns
    )
    return f'<Schema name="{_SCHEMA}" id="{_SCHEMA}">{labels}{fields}</Schema>\n'


def _type(column: Column) -> str:
    if column.kind == "integer" and column.digits <= _DOUBLE_DIGITS:
        return "int" if column.digits <= _INT_DIGITS else "double"
    return _KML_TYPES.get(column.kind, "string")


def _placemarks(
    batch: Batch,
    table: Table,
    shades: Shades,
    style_of: dict[str, str],
    names: NameProperties,
) -> Iterator[str]:
    columns = [*LABELS, *(column.name for column in table.columns)]
    features = zip(table.rows(batch), batch.properties, batch.shapes, strict=True)
    for row, properties, shape in features:
        stable_id, code, *_others = row
        style = style_of.get(shades.value_of(code, properties), _OTHER_STYLE)
        yield (
            f"<Placemark><name>{_text(names.of(properties) or stable_id)}</name>"
            f'<styleUrl>#{style}</styleUrl><ExtendedData><SchemaData schemaUrl="#{_SCHEMA}">'
            f"{_attributes(columns, row)}</SchemaData></ExtendedData>{_geometry(shape)}"
            "</Placemark>\n"
        )


def _attributes(columns: Sequence[str], row: tuple[Any, ...]) -> str:
    return "".join(
        f"<SimpleData name={_quoted(name)}>{_text(written(value))}</SimpleData>"
        for name, value in zip(columns, row, strict=True)
        if value is not None
    )


def _metadata(values: Mapping[str, Any]) -> str:
    told = "".join(
        f"<Data name={_quoted(f'metadata.{name}')}><value>{_text(written(value))}</value></Data>"
        for name, value in values.items()
        if value is not None
    )
    return f"<ExtendedData>{told}</ExtendedData>"


def _geometry(shape: BaseGeometry) -> str:
    parts = list(shapely.get_parts(shape))
    told = "".join(_part(part) for part in parts)
    is_multiple = shape.geom_type.startswith("Multi") or len(parts) != 1
    return f"<MultiGeometry>{told}</MultiGeometry>" if is_multiple else told


def _part(part: BaseGeometry) -> str:
    if part.geom_type == "Polygon":
        outer, *holes = (_ring(ring) for ring in shapely.get_rings(shapely.orient_polygons(part)))
        inner = "".join(f"<innerBoundaryIs>{hole}</innerBoundaryIs>" for hole in holes)
        return f"<Polygon><outerBoundaryIs>{outer}</outerBoundaryIs>{inner}</Polygon>"
    kind = "Point" if part.geom_type == "Point" else "LineString"
    return f"<{kind}><coordinates>{_coordinates(part)}</coordinates></{kind}>"


def _ring(ring: BaseGeometry) -> str:
    return f"<LinearRing><coordinates>{_coordinates(ring)}</coordinates></LinearRing>"


def _coordinates(line: BaseGeometry) -> str:
    points = np.round(shapely.get_coordinates(line), DECIMALS_DEGREES).tolist()
    return " ".join(f"{x:.{DECIMALS_DEGREES}f},{y:.{DECIMALS_DEGREES}f}" for x, y in points)


def _colour(rgb: str, opacity: float) -> str:
    """Return #RRGGBB as KML writes it: aabbggrr."""
    red, green, blue = rgb[1:3], rgb[3:5], rgb[5:7]
    return f"{round(opacity * 255):02x}{blue}{green}{red}".lower()


def _text(text: str) -> str:
    return escape(text.translate(_NO_XML))


def _quoted(text: str) -> str:
    return quoteattr(text.translate(_NO_XML))

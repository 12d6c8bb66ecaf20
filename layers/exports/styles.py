"""The colours of a layer as QGIS reads them from a GeoPackage (table layer_styles, QML)."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

from layers.exports.looks import Shade, Shades

_CREATE = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
    f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)
"""
_LIST = """
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change)
VALUES ('layer_styles', 'attributes', 'layer_styles', '', strftime('%Y-%m-%dT%H:%M:%fZ','now'))
"""
_STYLES_STAND = "SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'"
_ADD = """
INSERT INTO layer_styles (
    f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML,
    styleSLD, useAsDefault, description, owner
) VALUES ('', '', ?, ?, 'Krong', ?, '', 1, ?, '')
"""
_SYMBOLS = {"point": "marker", "line": "line", "polygon": "fill"}
_LAYERS = {"marker": "SimpleMarker", "line": "SimpleLine", "fill": "SimpleFill"}
_PX = "Pixel"


def store_style(path: Path, table: str, shades: Shades, kind: str) -> None:
    """Add the default style of a table (its shapes: point, line or polygon) to a GeoPackage."""
    with closing(sqlite3.connect(path)) as file, file:
        column = file.execute(
            "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (table,)
        ).fetchone()[0]
        if not file.execute(_STYLES_STAND).fetchone():
            file.execute(_CREATE)
            file.execute(_LIST)
        file.execute(_ADD, (table, column, qml(shades, kind), shades.other.label))


def qml(shades: Shades, kind: str) -> str:
    """Return a QGIS style: one symbol per value of the legend and one for all others."""
    root = ET.Element("qgis", version="3.22.0", styleCategories="Symbology")
    entries = (*shades.entries, shades.other)
    renderer = ET.SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=shades.attribute, enableorderby="0"
    )
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for number, entry in enumerate(entries):
        ET.SubElement(
            categories, "category", symbol=str(number), value=entry.value,
            label=entry.label, render="true",
        )  # fmt: skip
        symbols.append(_symbol(number, entry, shades, _SYMBOLS[kind]))
    text: str = ET.tostring(root, encoding="unicode")
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{text}"


def _symbol(number: int, entry: Shade, shades: Shades, kind: str) -> ET.Element:
    symbol = ET.Element("symbol", name=str(number), type=kind, alpha="1", clip_to_extent="1")
    layer = ET.SubElement(
        symbol, "layer", {"class": _LAYERS[kind], "enabled": "1", "pass": "0", "locked": "0"}
    )
    for key, value in _properties(entry, shades, kind):
        ET.SubElement(layer, "prop", k=key, v=value)
    return symbol


def _properties(entry: Shade, shades: Shades, kind: str) -> Iterator[tuple[str, str]]:
    outline, width = _rgba(shades.outline, 1.0), str(shades.width_px)
    if kind == "line":
        yield from (("line_color", _rgba(entry.colour, 1.0)), ("line_width", width))
        yield from (("line_width_unit", _PX), ("line_style", "solid"))
        return
    fill = shades.fill_share if kind == "fill" else 1.0
    yield from (("color", _rgba(entry.colour, fill)), ("outline_color", outline))
    yield from (("outline_width", width), ("outline_width_unit", _PX), ("outline_style", "solid"))
    if kind == "fill":
        yield "style", "solid"
    else:
        yield from (("name", "circle"), ("size", "7"), ("size_unit", _PX))


def _rgba(rgb: str, opacity: float) -> str:
    parts = (str(int(rgb[i : i + 2], 16)) for i in (1, 3, 5))
    return ",".join((*parts, str(round(opacity * 255))))

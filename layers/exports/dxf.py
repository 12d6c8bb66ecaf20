"""DXF R12, which every CAD program reads: a layer per class with its colour, outlines closed.

R12 knows neither coordinate systems nor attributes nor Khmer: the CRS and where the data come from
stand beside the drawing (.prj, .txt), the attributes in a table, and each shape carries its
identifier, class, part and ring as extended data of the application KRONG.
"""

import colorsys
import re
from collections.abc import Iterable, Iterator
from functools import cache

import shapely
from shapely.geometry.base import BaseGeometry

from layers.exports.batches import Batch
from layers.exports.columns import unique_names
from layers.exports.formats import DECIMALS_DEGREES, DECIMALS_METRES
from layers.exports.looks import Shades
from layers.exports.provenance import Provenance, as_lines

APPLICATION = "KRONG"
# AutoCAD R12: names of at most 31 letters, digits and $ _ -; extended texts of at most 255 bytes.
_LONGEST_NAME = 31
_LONGEST_TEXT = 255
_NO_NAME = re.compile(r"[^A-Z0-9$_-]")
_OPEN, _CLOSED = 0, 1


def layer_names(shades: Shades) -> dict[str, str]:
    """Return the drawing's layer of each value of the legend; the empty value is all others."""
    values = [*(entry.value for entry in shades.entries), ""]
    plain = [_NO_NAME.sub("_", (value or "OTHER").upper())[: _LONGEST_NAME - 3] for value in values]
    return dict(zip(values, unique_names(plain, taken=("0",)), strict=True))


def drawing(
    found: Iterable[Batch], provenance: Provenance, shades: Shades, *, is_geographic: bool
) -> Iterator[bytes]:
    """Yield a drawing with one closed polyline per ring; points are points, lines polylines."""
    names = layer_names(shades)
    decimals = DECIMALS_DEGREES if is_geographic else DECIMALS_METRES
    yield "".join(_head(provenance, shades, names)).encode("ascii")
    for batch in found:
        rows = zip(batch.ids, batch.classes, batch.lifecycles, batch.properties, strict=True)
        for (stable_id, code, lifecycle, properties), shape in zip(rows, batch.shapes, strict=True):
            layer = names[shades.value_of(code, properties)]
            label = (stable_id, code or "", lifecycle)
            yield "".join(_shape(shape, layer, label, decimals)).encode("ascii")
    yield _pairs((0, "ENDSEC"), (0, "EOF")).encode("ascii")


def _head(provenance: Provenance, shades: Shades, names: dict[str, str]) -> Iterator[str]:
    yield from (_pairs((999, _ascii(line))) for line in as_lines(provenance))
    yield _pairs((0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, "AC1009"), (0, "ENDSEC"))
    yield _pairs((0, "SECTION"), (2, "TABLES"))
    yield _pairs((0, "TABLE"), (2, "LTYPE"), (70, 1), (0, "LTYPE"), (2, "CONTINUOUS"), (70, 0))
    yield _pairs((3, "Solid line"), (72, 65), (73, 0), (40, "0.0"), (0, "ENDTAB"))
    entries = (*shades.entries, shades.other)
    yield _pairs((0, "TABLE"), (2, "LAYER"), (70, len(entries)))
    for entry in entries:
        colour = nearest_colour(entry.colour)
        yield _pairs((0, "LAYER"), (2, names[entry.value]), (70, 0), (62, colour))
        yield _pairs((6, "CONTINUOUS"))
    yield _pairs((0, "ENDTAB"), (0, "TABLE"), (2, "APPID"), (70, 1), (0, "APPID"))
    yield _pairs((2, APPLICATION), (70, 0), (0, "ENDTAB"), (0, "ENDSEC"))
    yield _pairs((0, "SECTION"), (2, "ENTITIES"))


def _shape(
    shape: BaseGeometry, layer: str, label: tuple[str, str, str], decimals: int
) -> Iterator[str]:
    for number, part in enumerate(shapely.get_parts(shape)):
        if part.geom_type == "Point":
            x, y = _point(shapely.get_coordinates(part)[0], decimals)
            yield _pairs((0, "POINT"), (8, layer), (10, x), (20, y), (30, "0.0"))
            yield _label(label, number, 0)
            continue
        is_area = part.geom_type == "Polygon"
        lines = shapely.get_rings(part) if is_area else [part]
        for ring, line in enumerate(lines):
            yield _polyline(layer, is_closed=is_area) + _label(label, number, ring)
            yield _vertices(line, layer, decimals, is_closed=is_area)


def _polyline(layer: str, *, is_closed: bool) -> str:
    flag = _CLOSED if is_closed else _OPEN
    start = ((10, "0.0"), (20, "0.0"), (30, "0.0"))
    return _pairs((0, "POLYLINE"), (8, layer), (66, 1), *start, (70, flag))


def _vertices(line: BaseGeometry, layer: str, decimals: int, *, is_closed: bool) -> str:
    points = shapely.get_coordinates(line)
    told = []
    for point in points[:-1] if is_closed else points:
        x, y = _point(point, decimals)
        told.append(_pairs((0, "VERTEX"), (8, layer), (10, x), (20, y), (30, "0.0")))
    return "".join(told) + _pairs((0, "SEQEND"), (8, layer))


def _point(point: Iterable[float], decimals: int) -> tuple[str, str]:
    x, y = (f"{value:.{decimals}f}" for value in point)
    return x, y


def _label(label: tuple[str, str, str], part: int, ring: int) -> str:
    """Return who this is, as extended data: class, lifecycle, part, ring, identifier.

    The identifier comes last, in as many texts as it needs.
    """
    stable_id, code, lifecycle = label
    name = _ascii(stable_id)
    pieces = [name[i : i + _LONGEST_TEXT] for i in range(0, len(name), _LONGEST_TEXT)]
    texts = (_ascii(code), lifecycle, f"part {part}", f"ring {ring}", *pieces)
    return _pairs((1001, APPLICATION), *((1000, text) for text in texts))


def _ascii(text: str) -> str:
    r"""Return a text as CAD programs write what ASCII lacks: ``\U+1780``."""
    flat = " ".join(text.split())
    return "".join(c if " " <= c <= "~" else _escaped(c) for c in flat)


def _escaped(sign: str) -> str:
    units = sign.encode("utf-16-be")
    return "".join(f"\\U+{units[i : i + 2].hex().upper()}" for i in range(0, len(units), 2))


def _pairs(*pairs: tuple[int, object]) -> str:
    return "".join(f"{code}\r\n{value}\r\n" for code, value in pairs)


@cache
def _colour_table() -> dict[int, tuple[float, float, float]]:
    """Return the AutoCAD Color Index: 1 to 7 by name, 10 to 249 by hue, shade and tint, greys."""
    named = {1: (1, 0, 0), 2: (1, 1, 0), 3: (0, 1, 0), 4: (0, 1, 1), 5: (0, 0, 1), 6: (1, 0, 1)}
    found: dict[int, tuple[float, float, float]] = {n: named[n] for n in named}
    shades = (1.0, 0.8, 0.6, 0.5, 0.3)
    for index in range(10, 250):
        hue, shade = (index - 10) // 10 / 24, shades[index % 10 // 2]
        found[index] = colorsys.hsv_to_rgb(hue, 0.5 if index % 2 else 1.0, shade)
    for index, grey in zip(range(250, 256), (0.2, 0.36, 0.52, 0.68, 0.84, 1.0), strict=True):
        found[index] = (grey, grey, grey)
    return found


def nearest_colour(rgb: str) -> int:
    """Return the number in the AutoCAD Color Index that is nearest to #RRGGBB."""
    wanted = [int(rgb[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    table = _colour_table()
    return min(
        table, key=lambda n: sum((a - b) ** 2 for a, b in zip(table[n], wanted, strict=True))
    )

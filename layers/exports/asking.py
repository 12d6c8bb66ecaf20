"""What a request asks for, read strictly: a word nobody knows is refused, not passed over."""

import math
from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import shapely
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, WGS84_SRID, Extent, crs_of, to_project
from layers.editing.history import version_on
from layers.editing.publishing import published_then
from layers.exports.selection import OPERATORS, Selection, SelectionError, conditions_in
from layers.models import Layer, LayerVersion

SELECTION_WORDS = ("version", "date", "bbox", "ids", "class", "lifecycle", "q")
_LARGEST_NUMBER = 2_000_000_000
_EDGE_POINTS = 65  # of each side of a box: a parallel of 4 degrees is met within 0.2 m
_NARROWEST_DEG = 1e-9  # a tenth of a millimetre: a box without width still is an area
# How far beyond the official area of the project's CRS a box is followed, as a share of that area.
_REACH_SHARE = 0.5


def selection_asked(layer: Layer, asked: Mapping[str, str]) -> Selection:
    """Return the features that a request's words choose of a layer.

    Raises
    ------
    SelectionError
        A word is written wrongly.
    NotFoundError
        There is no such version.
    """
    _refuse_unwritable(asked)
    return Selection(
        version=version_asked(layer, asked),
        bbox=box_asked(asked.get("bbox", "")),
        ids=tuple(name for name in asked.get("ids", "").split(",") if name),
        class_code=asked.get("class", ""),
        lifecycle=asked.get("lifecycle", ""),
        words=asked.get("q", "").strip(),
        conditions=conditions_in(asked),
    )


def refuse_unknown_words(asked: Iterable[str], *known: str) -> None:
    """Refuse a request with words beyond those known and the attributes' conditions."""
    for word in asked:
        operator, dot, name = word.partition(".")
        if word in known or (dot and name and operator in OPERATORS):
            continue
        raise SelectionError(
            _("'%(word)s' means nothing here.") % {"word": word[:40]},
            remedy=_("Use these: %(names)s.")
            % {"names": ", ".join([*known, *(f"{word}.ATTRIBUTE" for word in OPERATORS)])},
        )


def _refuse_unwritable(asked: Mapping[str, str]) -> None:
    for word, value in asked.items():
        if "\x00" in word + value:
            raise SelectionError(
                _("'%(word)s' means nothing here.")
                % {"word": f"{word}={value}"[:80].replace("\x00", "\ufffd")},
                remedy=_("Write it without the sign U+0000."),
            )


def version_asked(layer: Layer, asked: Mapping[str, str]) -> LayerVersion:
    """Return the version a request names by number or by day, else the published one."""
    number, day = asked.get("version", ""), asked.get("date", "")
    if day:
        return version_on(layer, day_asked(day))
    if not number:
        return published_then(layer, layer.published_number or 0)
    if number.isascii() and number.isdigit() and int(number[:10]) < _LARGEST_NUMBER:
        return published_then(layer, int(number))
    raise SelectionError(
        _("version='%(value)s' is no number.") % {"value": number[:40]},
        remedy=_("The history of the layer lists its versions."),
    )


def day_asked(text: str) -> date:
    """Return a day written as 2026-11-23."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SelectionError(
            _("'%(value)s' is no day.") % {"value": text[:40]},
            remedy=_("Write it as year-month-day: 2026-11-23."),
        ) from error


def box_asked(text: str) -> shapely.Polygon | None:
    """Return ``west,south,east,north`` in degrees as an area in PROJECT_SRID [m], None for none.

    Its sides follow the meridians and parallels, so that what is taken lies in the box asked for.
    """
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise _bad_box(text) from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):  # noqa: PLR2004 - degrees
        raise _bad_box(text)
    west, south, east, north = _within_reach((west, south, east, north))
    x = np.linspace(west, max(east, west + _NARROWEST_DEG), _EDGE_POINTS)
    y = np.linspace(south, max(north, south + _NARROWEST_DEG), _EDGE_POINTS)
    sides = ((x, y[0]), (x[-1], y), (x[::-1], y[-1]), (x[0], y[::-1]))
    ring = [np.column_stack(np.broadcast_arrays(*side)) for side in sides]
    area: shapely.Polygon = to_project(shapely.Polygon(np.concatenate(ring)), WGS84_SRID)
    if not all(math.isfinite(bound) for bound in area.bounds):
        raise _bad_box(text)
    return area


def _within_reach(box: Extent) -> Extent:
    """Return the part of a box [degrees] near the area of the project's CRS.

    No feature lies farther away, and a projection takes places there for others: the far side
    of the earth for a city. A box wholly beyond becomes a line at the edge, which meets nothing.
    """
    area = crs_of(PROJECT_SRID).area_of_use
    if area is None:
        return box
    wide, high = (area.east - area.west) * _REACH_SHARE, (area.north - area.south) * _REACH_SHARE
    west, east = (float(x) for x in np.clip(box[::2], area.west - wide, area.east + wide))
    lowest, highest = max(area.south - high, -89.0), min(area.north + high, 89.0)
    south, north = (float(y) for y in np.clip(box[1::2], lowest, highest))
    return west, south, east, north


def srid_asked(text: str) -> int | None:
    """Return the EPSG code a request names (``32648``, ``EPSG:32648``), None for none."""
    if not text:
        return None
    code = text.upper().removeprefix("EPSG:")
    if code.isascii() and code.isdigit() and len(code) <= 6:  # noqa: PLR2004 - EPSG's range
        crs_of(int(code))
        return int(code)
    raise SelectionError(
        _("crs='%(value)s' is no EPSG code.") % {"value": text[:40]},
        remedy=_("Write for example crs=32648 or crs=4326."),
    )


def _bad_box(text: str) -> SelectionError:
    return SelectionError(
        _("bbox='%(value)s' is no box in degrees.") % {"value": text[:80]},
        remedy=_("Write bbox=west,south,east,north in longitude and latitude."),
    )

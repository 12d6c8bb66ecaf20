"""What an import says about a row or a file, as a code and values: told in the reader's language.

The reading process sends codes, the database keeps codes; words are put together when they are
shown. So a stored import is told in Khmer to one reader and in English to the other.
"""

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple, Self

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from layers.numbers import number
from layers.vocab import GeometryKind

LONGEST_VALUE = 300
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
# A number of a file may be 1e308: beyond this it is written with its power of ten.
_LONG_NUMBER = 1e12


class ImportText(TextChoices):
    """The sentences of an import."""

    AS_TOLD = "as_told", "%(words)s"
    # about a row's shape
    NO_SHAPE = "no_shape", _("The row has no shape.")
    NO_POSITION = (
        "no_position",
        _("The point has no position, or its coordinates are not numbers."),
    )
    NO_POINTS = "no_points", _("The shape has no points.")
    COLLECTION = (
        "collection",
        _(
            "The shape is a collection of shapes of several kinds; Krong stores points, lines and "
            "areas. Split it before importing."
        ),
    )
    CURVED = (
        "curved",
        _(
            "The shape is a curve or surface; Krong stores points, lines and areas. Turn it into "
            "lines or areas before importing."
        ),
    )
    UNREADABLE = "unreadable", _("The shape cannot be read.")
    DAMAGED = (
        "damaged",
        _("The shape's coordinates are damaged (an open ring or broken bytes)."),
    )
    NOT_A_NUMBER = (
        "not_a_number",
        _("A coordinate is not a number or infinite: at corner %(corner)s: %(axis)s is %(value)s."),
    )
    TOO_MANY_CORNERS = (
        "too_many_corners",
        _("%(corners)s corner points; %(most)s at most. Split or simplify it."),
    )
    OUTSIDE = (
        "outside",
        _(
            "Outside the area of the project's coordinate system: west %(west)s, south %(south)s, "
            "east %(east)s, north %(north)s m."
        ),
    )
    OTHER_KIND = (
        "other_kind",
        _("The shape is a %(shape)s; the layer holds %(kind)s."),
    )
    CURVES = (
        "curves",
        _("The shape has curves; stored as straight pieces, one every %(degrees)s degrees of arc."),
    )
    HEIGHTS = (
        "heights",
        _("%(count)s shapes carried heights or measures; they are stored without them."),
    )
    # about an outline that crosses itself
    TANGLED = (
        "tangled",
        _(
            "%(reason)s. It crosses itself more than %(most)s times; too tangled to repair here. "
            "Redraw it."
        ),
    )
    TOO_LONG = (
        "too_long",
        _("%(reason)s. Repairing it takes more than %(seconds)s seconds or %(gb)s GB; redraw it."),
    )
    NOTHING_LEFT = (
        "nothing_left",
        _("%(reason)s. Nothing with an area or length is left after repair."),
    )
    REPAIRED = (
        "repaired",
        _("%(reason)s. Area before %(before)s m², after %(after)s m²."),
    )
    # about a row's labels
    DUPLICATE_ID = (
        "duplicate_id",
        _("The identifier '%(id)s' stands in an earlier row; only the first is stored."),
    )
    EMPTY_ID = "empty_id", _("Column '%(column)s' is empty; stored as '%(id)s'.")
    LONG_ID = (
        "long_id",
        _("Column '%(column)s' is longer than %(most)s signs; stored as '%(id)s'."),
    )
    UNKNOWN_CLASS = (
        "unknown_class",
        _("'%(value)s' is no land-use class; stored without a class."),
    )
    UNKNOWN_LIFECYCLE = (
        "unknown_lifecycle",
        _("'%(value)s' is no lifecycle; known are %(known)s."),
    )
    # about two rows
    OVERLAP = (
        "overlap",
        _("'%(id)s' lies over '%(other)s': %(area)s m² at %(east)s m E, %(north)s m N."),
    )
    GAP = (
        "gap",
        _("Bare ground of %(area)s m², at %(east)s m E, %(north)s m N."),
    )
    # about the file
    BY_PLACE = (
        "by_place",
        _("Identifiers are the rows' places in the file; --id-field names a column."),
    )
    ENCODING = (
        "encoding",
        _("The texts do not state their encoding; they were read as %(encoding)s."),
    )
    READ_FROM = "read_from", _("Shapes were read from %(columns)s.")
    DECIMAL_COMMA = "decimal_comma", _("The coordinates are written with a decimal comma.")
    WRITTEN_NUMBERS = (
        "written_numbers",
        _(
            "Some coordinates are no plain numbers (Khmer digits, groups of thousands, degrees and "
            "minutes); they were read as numbers. Check them on the map."
        ),
    )
    GIVEN_NODATA = "given_nodata", _("No-data value given by hand: %(value)s.")
    HIGHEST_CELL = (
        "highest_cell",
        _(
            "On small maps a cell shows the highest of those it stands for, never their mean: no "
            "narrow channel fades."
        ),
    )
    LOWEST_CELL = (
        "lowest_cell",
        _("On small maps a cell shows the lowest of those it stands for: the earliest arrival."),
    )
    CELLS = "cells", _("%(width)s x %(height)s cells, %(minimum)s to %(maximum)s.")


# Why GEOS calls a shape invalid (geos/operation/valid/TopologyValidationError.cpp).
REASONS = {
    "Self-intersection": _("The outline crosses itself"),
    "Ring Self-intersection": _("The outline touches itself"),
    "Hole lies outside shell": _("A hole lies outside its area"),
    "Holes are nested": _("A hole lies within another hole"),
    "Interior is disconnected": _("The outline cuts the area in two"),
    "Nested shells": _("A part lies within another part"),
    "Duplicate Rings": _("An outline is drawn twice"),
    "Too few points in geometry component": _("The outline has too few corners"),
    "Invalid Coordinate": _("A corner is no place"),
}
_REASON = re.compile(r"(?P<why>[^\[]+)\[(?P<place>[^\]]*)\]")


class Sentence(NamedTuple):
    """A sentence of an import with what fills its gaps."""

    text: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, told: object) -> Self:
        """Return a sentence that came as JSON; plain words are one too (of earlier imports).

        Raises
        ------
        ValueError
            It is none: an unknown code, or values that are not the sentence's own.
        """
        if isinstance(told, str):
            return cls(ImportText.AS_TOLD.value, {"words": told[: 2 * LONGEST_VALUE]})
        if not isinstance(told, list | tuple) or len(told) != 2 or not isinstance(told[1], Mapping):  # noqa: PLR2004
            raise ValueError(told)
        text, values = ImportText(told[0]), told[1]
        if values.keys() != gaps(text):
            raise ValueError(told)
        return cls(text.value, {name: _bounded(value) for name, value in values.items()})

    def __str__(self) -> str:
        """Return the sentence in the language of the moment."""
        told = {name: _told(name, value) for name, value in self.values.items()}
        return str(ImportText(self.text).label) % told


@cache
def gaps(text: ImportText) -> frozenset[str]:
    """Return the names of what fills a sentence."""
    return frozenset(_PLACEHOLDER.findall(str(text.label)))


def _bounded(value: object) -> str | int | float:
    """Return a value short enough to be kept; not-a-number and infinity are no JSON."""
    if isinstance(value, int | float) and abs(value) < _LONG_NUMBER:
        return value
    return str(value)[:LONGEST_VALUE].replace("\0", "")


def rounded(value: float) -> int | str:
    """Return a coordinate in whole metres, with its power of ten where it is beyond the Earth."""
    return round(value) if math.isfinite(value) and abs(value) < _LONG_NUMBER else f"{value:.6g}"


def _told(name: str, value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    if name == "reason":
        return _reason(str(value))
    if name == "kind" and value in GeometryKind.values:
        return str(GeometryKind(value).label)
    return str(value)


def _reason(told: str) -> str:
    """Return why a shape is invalid, and where: ``Self-intersection[338000 1170000]``."""
    found = _REASON.fullmatch(told)
    if not found or found["why"] not in REASONS:
        return told
    return f"{REASONS[found['why']]} [{found['place']}]"

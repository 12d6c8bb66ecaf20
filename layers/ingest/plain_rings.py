"""Outlines that need no parsing: areas of one ring whose bytes alone show that they are right.

Most files of buildings and parcels hold little else. What such bytes say is read as arrays, for
whole batches; everything else goes to GEOS.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.crs import inside_project_extent
from layers.ingest.star_shaped import turns_once
from layers.ingest.wkb import bytes_of

# Little-endian, a flat polygon (type 3), one ring (OGC 06-103r4, 8.2): then its number of corners.
_PLAIN = np.frombuffer(bytes([1, 3, 0, 0, 0, 1, 0, 0, 0]), dtype=np.uint8)
_HEADER_BYTES, _CORNER_BYTES = 13, 16
_DEGREES = np.array([180, 90, 180, 90])
_FEWEST_CORNERS = 4  # a triangle, closed


@dataclass(frozen=True, slots=True)
class PlainRings:
    """Which rows of a batch are right as they stand."""

    is_right: np.ndarray  # one of each row
    is_degrees_like: bool  # all of those would be places on Earth if they counted in degrees


def plain_rings(outlines: pa.Array, most_corners: int) -> PlainRings:
    """Tell which WKB is an area of one ring in PROJECT_SRID that is valid beyond doubt.

    Such a ring is closed, lies inside the project's area and is seen whole from its middle
    (layers/ingest/star_shaped.py). What any other row holds remains open.
    """
    is_right = _is_plain(outlines, most_corners)
    plain = outlines.filter(pa.array(is_right))
    if not len(plain):
        return PlainRings(is_right, is_degrees_like=True)
    sizes = (np.diff(bytes_of(plain)[0]) - _HEADER_BYTES) // _CORNER_BYTES
    firsts = np.cumsum(sizes) - sizes
    x, y = _corners(plain)
    lasts = firsts + sizes - 1
    is_closed = (x[firsts] == x[lasts]) & (y[firsts] == y[lasts])
    bounds = _bounds(x, y, firsts)
    right = is_closed & inside_project_extent(bounds) & turns_once(x, y, firsts, sizes)
    is_right[is_right] = right
    is_degrees_like = bool((np.abs(bounds[right]) <= _DEGREES).all())
    return PlainRings(is_right, is_degrees_like)


def _is_plain(outlines: pa.Array, most_corners: int) -> np.ndarray:
    """Tell which WKB says of itself that it is one ring, and is as long as it says."""
    offsets, content = bytes_of(outlines)
    sizes = np.diff(offsets)
    is_plain: np.ndarray = sizes >= _HEADER_BYTES + _FEWEST_CORNERS * _CORNER_BYTES
    starts = offsets[:-1][is_plain]
    headers = content[starts[:, None] + np.arange(_HEADER_BYTES)]
    stated = headers[:, len(_PLAIN) :].copy().view("<u4")[:, 0].astype(np.int64)
    is_plain[is_plain] = (
        (headers[:, : len(_PLAIN)] == _PLAIN).all(axis=1)
        & (sizes[is_plain] == _HEADER_BYTES + stated * _CORNER_BYTES)
        & (stated <= most_corners)
    )
    return is_plain


def _corners(plain: pa.Array) -> np.ndarray:
    """Return a row of x and a row of y: the corners of all rings, one ring after the other."""
    bare = pc.binary_replace_slice(plain.cast(pa.binary()), 0, _HEADER_BYTES, b"")
    _offsets, content = bytes_of(bare)
    corners: np.ndarray = content.view("<f8").reshape(-1, 2).T.copy()
    return corners


def _bounds(x: np.ndarray, y: np.ndarray, firsts: np.ndarray) -> np.ndarray:
    """Return bounds of each ring; those of all of them where these tell as much.

    A batch of which no corner counts in degrees and all lie inside is the usual one.
    """
    whole = np.array([[x.min(), y.min(), x.max(), y.max()]])
    if whole[0, 0] > _DEGREES[0] and inside_project_extent(whole)[0]:
        return np.broadcast_to(whole, (len(firsts), 4))
    extremes = [
        extreme.reduceat(axis, firsts) for extreme in (np.minimum, np.maximum) for axis in (x, y)
    ]
    return np.stack(extremes, axis=1)

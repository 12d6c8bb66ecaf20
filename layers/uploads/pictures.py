"""The picture of a grid that the reading process sent, checked and made a PNG for the map."""

import base64
import binascii
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from layers.ingest.quicklook import MOST_PIXELS

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY_AND_OPACITY = 4  # colour type, W3C PNG third edition, table 9
_BITS = 8


def shown_picture(told: object) -> dict[str, Any] | None:
    """Return ``url`` and ``extent`` (west, south, east, north [degrees]) for the map.

    None when there is no picture, or when what was sent is none: it is not trusted.
    """
    if not isinstance(told, Mapping):
        return None
    try:
        width, height = int(told["width"]), int(told["height"])
        extent = [float(bound) for bound in told["extent_wgs84"]]
        cells = _cells(str(told["cells"]), width, height)
    except (KeyError, TypeError, ValueError, OverflowError, binascii.Error, zlib.error):
        return None
    west, south, east, north = extent if len(extent) == 4 else (0.0,) * 4  # noqa: PLR2004
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004 - degrees
        return None
    written = base64.b64encode(_png(cells)).decode()
    return {"url": f"data:image/png;base64,{written}", "extent": extent}


def _cells(packed: str, width: int, height: int) -> np.ndarray:
    """Return rows x columns x (grey, opacity)."""
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        raise ValueError(width, height)
    wanted = 2 * width * height
    # a byte more than wanted is enough to know that it is another picture than it says
    bytes_ = zlib.decompressobj().decompress(base64.b64decode(packed), wanted + 1)
    planes = np.frombuffer(bytes_, "uint8")
    return planes.reshape(2, height, width).transpose(1, 2, 0)


def _png(cells: np.ndarray) -> bytes:
    height, width, _planes = cells.shape
    unfiltered = np.zeros((height, 1), "uint8")  # each line begins with the number of its filter
    lines = np.hstack([unfiltered, cells.reshape(height, 2 * width)])
    head = struct.pack(">IIBBBBB", width, height, _BITS, _GREY_AND_OPACITY, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

"""What well-known binary says of itself, read for whole batches without parsing a shape."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.crs import PROJECT_SRID

# One byte for the byte order, four for the type.
_HEADER_BYTES = 5
_LITTLE_ENDIAN = 1
_HAS_SRID = 0x20  # in the type's highest byte


def type_codes(outlines: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the basic OGC type of each WKB (-1: null, 0: no WKB) and its size in bytes."""
    offsets, content = bytes_of(outlines)
    sizes = np.diff(offsets)
    codes = np.zeros(len(outlines), dtype=np.int64)
    is_long = sizes >= _HEADER_BYTES
    starts = offsets[:-1][is_long]
    order = content[starts]
    numbers = content[starts[:, None] + np.arange(1, _HEADER_BYTES)]
    little, big = numbers.view("<u4")[:, 0], numbers.view(">u4")[:, 0]
    known = np.select([order == _LITTLE_ENDIAN, order == 0], [little, big], default=0)
    codes[is_long] = (known & 0x0FFFFFFF) % 1000
    codes[outlines.is_null().to_numpy(zero_copy_only=False)] = -1
    return codes, sizes


def is_little_endian(outlines: pa.Array) -> np.ndarray:
    """Tell of each WKB whether its numbers begin with the lowest byte."""
    offsets, content = bytes_of(outlines)
    is_little: np.ndarray = np.diff(offsets) > 0
    is_little[is_little] = content[offsets[:-1][is_little]] == _LITTLE_ENDIAN
    return is_little


def with_srid(outlines: pa.Array) -> pa.Array:
    """Return little-endian two-dimensional WKB (no nulls) as EWKB in PROJECT_SRID.

    EWKB is WKB with a flag in the type and the SRID behind it (PostGIS, ``ST_AsEWKB``).
    """
    offsets, content = bytes_of(outlines)
    header = offsets[:-1, None] + np.arange(_HEADER_BYTES)
    if len(outlines) and (content[header] == content[:_HEADER_BYTES]).all():
        return _of_one_type(outlines, content[:_HEADER_BYTES].copy())
    prefix = np.empty((len(outlines), _HEADER_BYTES + 4), dtype=np.uint8)
    prefix[:, :_HEADER_BYTES] = content[header]
    prefix[:, _HEADER_BYTES - 1] |= _HAS_SRID
    prefix[:, _HEADER_BYTES:] = np.frombuffer(PROJECT_SRID.to_bytes(4, "little"), dtype=np.uint8)
    is_rest = np.ones(len(content), dtype=bool)
    is_rest[header.ravel()] = False
    return pc.binary_join_element_wise(
        _binary(prefix.ravel(), np.arange(len(offsets)) * prefix.shape[1]),
        _binary(content[is_rest], offsets - _HEADER_BYTES * np.arange(len(offsets))),
        pa.scalar(b"", pa.binary()),
    )


def _of_one_type(outlines: pa.Array, header: np.ndarray) -> pa.Array:
    header[-1] |= _HAS_SRID
    prefix = header.tobytes() + PROJECT_SRID.to_bytes(4, "little")
    return pc.binary_replace_slice(outlines.cast(pa.binary()), 0, _HEADER_BYTES, prefix)


def bytes_of(blobs: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return where each value begins and ends, and the bytes of all of them."""
    blobs = blobs.cast(pa.large_binary())
    _validity, offset_buffer, bytes_buffer = blobs.buffers()
    first, last = blobs.offset, blobs.offset + len(blobs)
    offsets = np.frombuffer(offset_buffer, dtype=np.int64)[first : last + 1]
    content = np.frombuffer(bytes_buffer or b"", dtype=np.uint8)[offsets[0] : offsets[-1]]
    return offsets - offsets[0], content


def _binary(content: np.ndarray, offsets: np.ndarray) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)

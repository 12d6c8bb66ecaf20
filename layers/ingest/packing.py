"""Columns of a batch as rows of a binary COPY (layers/copying.py says what a row is).

All rows of a batch are packed at once: Arrow joins the lengths and contents of the columns.
"""

import struct

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from layers.copying import FIELD_COUNT, JSONB_VERSION, NULL, EncodedBatch

_BIGINT_BYTES = 8
_NOTHING = pa.scalar(b"", pa.binary())


def packed(
    *,
    ids: pa.Array,
    class_ids: pa.Array,
    lifecycles: pa.Array,
    outlines: pa.Array,
    attributes: pa.Array,
) -> EncodedBatch:
    """Return a batch; ``class_ids`` are int64 or null, ``outlines`` EWKB, ``attributes`` JSON."""
    if not len(ids):
        return EncodedBatch(0, b"")
    rows = pc.binary_join_element_wise(
        pa.scalar(FIELD_COUNT, pa.binary()),
        *_with_length(ids),
        _bigints(class_ids),
        *_with_length(lifecycles),
        *_with_length(outlines),
        *_with_length(attributes, prefix=JSONB_VERSION),
        _NOTHING,
    )
    return EncodedBatch(len(rows), _contents(rows))


def _with_length(column: pa.Array, prefix: bytes = b"") -> tuple[pa.Array, pa.Scalar, pa.Array]:
    contents = column.cast(pa.binary())
    sizes = pc.binary_length(contents).to_numpy(zero_copy_only=False) + len(prefix)
    return _fixed(sizes.astype(">i4"), 4), pa.scalar(prefix, pa.binary()), contents


def _bigints(numbers: pa.Array) -> pa.Array:
    known = pc.fill_null(numbers.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    fields = np.empty((len(known), 4 + _BIGINT_BYTES), dtype=np.uint8)
    fields[:, :4] = np.frombuffer(struct.pack("!i", _BIGINT_BYTES), dtype=np.uint8)
    fields[:, 4:] = known.astype(">i8").view(np.uint8).reshape(-1, _BIGINT_BYTES)
    written = _fixed(fields, 4 + _BIGINT_BYTES)
    return pc.if_else(numbers.is_null(), pa.scalar(NULL, pa.binary()), written)


def _fixed(contents: np.ndarray, width: int) -> pa.Array:
    """Return bytes that lie side by side as one binary value per row."""
    count = contents.nbytes // width
    fixed = pa.Array.from_buffers(pa.binary(width), count, [None, pa.py_buffer(contents.tobytes())])
    return fixed.cast(pa.binary())


def _contents(rows: pa.Array) -> bytes:
    """Return the bytes of all rows, one after the other."""
    offsets = np.frombuffer(rows.buffers()[1], dtype=np.int32)[rows.offset :][: len(rows) + 1]
    return bytes(rows.buffers()[2][int(offsets[0]) : int(offsets[-1])])

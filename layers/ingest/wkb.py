"""What well-known binary says of itself, read for whole batches without parsing a shape."""

import numpy as np
import pyarrow as pa

# One byte for the byte order, four for the type.
_HEADER_BYTES = 5


def type_codes(outlines: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the basic OGC type of each WKB (-1: null, 0: no WKB) and its size in bytes."""
    outlines = outlines.cast(pa.large_binary())
    _validity, offset_buffer, bytes_buffer = outlines.buffers()
    first, last = outlines.offset, outlines.offset + len(outlines)
    offsets = np.frombuffer(offset_buffer, dtype=np.int64)[first : last + 1]
    sizes = np.diff(offsets)
    codes = np.zeros(len(outlines), dtype=np.int64)
    is_long = sizes >= _HEADER_BYTES
    starts = offsets[:-1][is_long]
    content = np.frombuffer(bytes_buffer or b"", dtype=np.uint8)
    header = content[starts[:, None] + np.arange(_HEADER_BYTES)].astype(np.int64)
    little = header[:, 1:] @ (256 ** np.arange(4))
    big = header[:, 1:] @ (256 ** np.arange(3, -1, -1))
    known = np.select([header[:, 0] == 1, header[:, 0] == 0], [little, big], default=0)
    codes[is_long] = (known & 0x0FFFFFFF) % 1000
    codes[outlines.is_null().to_numpy(zero_copy_only=False)] = -1
    return codes, sizes

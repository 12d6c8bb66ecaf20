"""GeoJSON text sequences (RFC 8142) and GeoJSON line by line, made one collection.

GDAL's own reader of sequences turns texts that look like days into days, and whole numbers beyond
64 bits into the largest it knows; its reader of collections can be told to leave texts alone.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_SEPARATOR = b"\x1e"
_SEPARATORS = re.compile(b"\x1e+")
# Texts such as 2026/11/23 stay as they are written.
AS_WRITTEN = {"DATE_AS_STRING": "YES"}


def collected(path: Path, folder: Path) -> Path:
    """Write the features of a sequence into a folder as one FeatureCollection; return its path."""
    target = folder / f"{path.stem}.geojson"
    with path.open("rb") as source, target.open("wb") as file:
        is_sequence = source.read(1) == _SEPARATOR
        source.seek(0)
        texts = _separated(source) if is_sequence else _lines(source)
        file.write(b'{"type":"FeatureCollection","features":[')
        file.writelines(texts)
        file.write(b"]}")
    return target


def _separated(source: Iterable[bytes]) -> Iterator[bytes]:
    """Yield texts with commas between them; no text holds the separator itself (RFC 8259, 7)."""
    begun = False
    for line in source:
        yield _SEPARATORS.sub(b",", line if begun else line.lstrip(_SEPARATOR))
        begun = True


def _lines(source: Iterable[bytes]) -> Iterator[bytes]:
    begun = False
    for line in source:
        if text := line.strip():
            yield b"," + text if begun else text
            begun = True

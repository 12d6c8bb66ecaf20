"""What a DXF drawing says of its texts."""

import re
from pathlib import Path

# AutoCAD DXF Reference, header variables: AC1021 is AutoCAD 2007, from which on files are UTF-8.
_VERSION = re.compile(rb"\$ACADVER\s+1\s+AC(\d{4})")
_UTF8_FROM = 1021
_HEADER_BYTES = 64 * 1024


def drawing_encoding(path: Path) -> str:
    """Return the encoding of a drawing that GDAL would not know, else ``""``.

    GDAL goes by the code page alone, which newer drawings state without using it.
    """
    with path.open("rb") as file:
        found = _VERSION.search(file.read(_HEADER_BYTES))
    return "UTF-8" if found and int(found[1]) >= _UTF8_FROM else ""

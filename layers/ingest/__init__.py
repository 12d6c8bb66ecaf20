"""Files become layers: read, checked row by row, repaired or refused, published as one version.

The modules that read files run in a confined process without database and models; so nothing is
imported here before it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layers.ingest.look import dry_run, look_into
    from layers.ingest.options import ImportOptions
    from layers.ingest.report import ImportReport
    from layers.ingest.service import import_file

__all__ = ["ImportOptions", "ImportReport", "dry_run", "import_file", "look_into"]

_HOMES = {
    "ImportOptions": "layers.ingest.options",
    "ImportReport": "layers.ingest.report",
    "dry_run": "layers.ingest.look",
    "look_into": "layers.ingest.look",
    "import_file": "layers.ingest.service",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - PEP 562
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(name)

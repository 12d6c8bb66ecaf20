"""Files become layers: read, checked row by row, repaired or refused, published as one version."""

from layers.ingest.options import ImportOptions
from layers.ingest.report import ImportReport
from layers.ingest.service import import_file

__all__ = ["ImportOptions", "ImportReport", "import_file"]

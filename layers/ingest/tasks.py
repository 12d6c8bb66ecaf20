"""What the confined process can be asked: each task reads one file and says what it holds."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from django.utils import translation

from layers.crs import PROJECT_SRID, WGS84_SRID, crs_of, project_extent, transformer
from layers.ingest.confined.answer import Answer
from layers.ingest.grid_task import read_grid
from layers.ingest.looking import look
from layers.ingest.rehearsal import rehearse
from layers.ingest.row_tasks import read_areas, read_rows
from layers.ingest.sources import Asked


def warm_up() -> None:
    """Load once what every reading needs: most files are in degrees or in PROJECT_SRID."""
    import_module("numpy.ma")  # Arrow asks for it with its first mask: too late under the limits
    project_extent()
    transformer(crs_of(WGS84_SRID), crs_of(PROJECT_SRID))


def perform(request: Mapping[str, Any], answer: Answer) -> None:
    """Carry out what was asked, in the language of whoever asked."""
    translation.activate(request["language"])
    _TASKS[request["task"]](Asked.of(request), answer)


_TASKS: dict[str, Callable[[Asked, Answer], None]] = {
    "rows": read_rows,
    "areas": read_areas,
    "grid": read_grid,
    "look": look,
    "rehearse": rehearse,
}

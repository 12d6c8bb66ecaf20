"""Reading a GeoTIFF in the confined process."""

from dataclasses import replace

import shapely

from layers.ingest.cog import WrittenGrid, write_cog
from layers.ingest.confined.answer import Answer
from layers.ingest.far_cells import far_cells
from layers.ingest.grid_checks import Grid, checked_grid
from layers.ingest.sources import Asked

GRID_FILE = "grid.tif"


def grid_written(asked: Asked) -> tuple[Grid, WrittenGrid]:
    """Write a GeoTIFF into the folder as a Cloud-Optimised one in PROJECT_SRID."""
    grid = checked_grid(asked.path, asked.name, asked.options)
    quantity = asked.options.quantity
    written = write_cog(grid, asked.folder / GRID_FILE, quantity=quantity)
    far = far_cells(quantity, is_continuous=grid.is_continuous)
    return replace(grid, notes=(*grid.notes, *far.notes)), written


def read_grid(asked: Asked, answer: Answer) -> None:
    """Write the grid and say what it holds."""
    grid, written = grid_written(asked)
    answer.say("progress", share=0.8, message=f"{grid.width} x {grid.height} cells")
    answer.say(
        "done",
        notes=list(grid.notes),
        nodata=written.nodata,
        resolution_m=written.resolution_m,
        minimum=written.minimum,
        maximum=written.maximum,
        outline=shapely.to_wkb(written.outline, hex=True),
    )

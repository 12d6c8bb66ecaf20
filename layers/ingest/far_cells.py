"""What one cell shows that stands for several: the mean of heights, but the worst of a flood.

A channel one cell wide would fade in a mean of wet and dry cells, and a map of a whole city would
show less water than its parts do.
"""

import math
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

from layers.ingest.vocab import ImportText, Sentence

# Names of quantities of which more is worse, and of those of which less is (a wave's arrival): the
# words by which the legend knows them, and what hazard maps call such grids.
_WORSE_WHEN_HIGH = (
    *("depth", "velocity", "speed", "hazard", "rating", "risk", "susceptib", "froude"),
    *("inundation", "flood", "surge", "danger"),
)
_WORSE_WHEN_LOW = ("arrival",)
_PIECE_CELLS = 1024


class FarCells(Enum):
    """Which of several cells counts, or their mean."""

    HIGHEST = "highest"
    LOWEST = "lowest"
    MEAN = "mean"
    NEAREST = "nearest"

    @property
    def worst(self) -> Callable[[Any, Any], Any] | None:
        """Return the worse of two values, cell by cell; None where none is worse."""
        return {FarCells.HIGHEST: np.maximum, FarCells.LOWEST: np.minimum}.get(self)

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """Say which cell counts where it is not the mean or the nearest."""
        told = {FarCells.HIGHEST: ImportText.HIGHEST_CELL, FarCells.LOWEST: ImportText.LOWEST_CELL}
        return (Sentence(told[self], {}),) if self in told else ()


def far_cells(quantity: str, *, is_continuous: bool) -> FarCells:
    """Return what counts of several cells of a quantity; whole numbers may be codes: no mean."""
    name = quantity.lower()
    if any(word in name for word in _WORSE_WHEN_LOW):
        return FarCells.LOWEST
    if any(word in name for word in _WORSE_WHEN_HIGH):
        return FarCells.HIGHEST
    return FarCells.MEAN if is_continuous else FarCells.NEAREST


def worst_of(
    parts: list[np.ndarray], nodata: float, worst: Callable[[Any, Any], Any]
) -> np.ndarray:
    """Return cell by cell the worst of what is known; no data only where nothing is known."""
    found = parts[0]
    for part in parts[1:]:
        both = np.where(_is_missing(part, nodata), found, worst(found, part))
        found = np.where(_is_missing(found, nodata), part, both)
    return found


def _is_missing(cells: np.ndarray, nodata: float) -> Any:  # noqa: ANN401 - one boolean per cell
    return np.isnan(cells) if math.isnan(nodata) else cells == nodata


def write_worst_copies(plain: Path, worst: Callable[[Any, Any], Any], *, smallest: int) -> None:
    """Write beside a GeoTIFF its smaller copies, each cell the worst of four, down to a size.

    They are called as GDAL calls them (``.ovr``, ``.ovr.ovr``), so that it takes them over.
    """
    level = plain
    while True:
        with rasterio.open(level, driver="GTiff") as source:
            if max(source.width, source.height) <= smallest:
                return
            level = level.with_name(f"{level.name}.ovr")
            _write_copy(source, level, worst)


def _write_copy(source: Any, path: Path, worst: Callable[[Any, Any], Any]) -> None:  # noqa: ANN401
    width, height = -(-source.width // 2), -(-source.height // 2)
    size = {"width": width, "height": height, "transform": source.transform @ Affine.scale(2)}
    with rasterio.open(path, "w", **(source.profile | size)) as target:
        for top in range(0, height, _PIECE_CELLS):
            for left in range(0, width, _PIECE_CELLS):
                rows, columns = min(_PIECE_CELLS, height - top), min(_PIECE_CELLS, width - left)
                finer = _finer(source, top, left, rows, columns)
                target.write(
                    _halved(finer, source.nodata, worst), 1, window=Window(left, top, columns, rows)
                )


def _finer(source: Any, top: int, left: int, rows: int, columns: int) -> np.ndarray:  # noqa: ANN401
    """Return the cells under a piece of the copy; what an odd edge lacks is no data."""
    found = np.full((2 * rows, 2 * columns), source.nodata, dtype=source.dtypes[0])
    window = Window(
        2 * left,
        2 * top,
        min(2 * columns, source.width - 2 * left),
        min(2 * rows, source.height - 2 * top),
    )
    found[: window.height, : window.width] = source.read(1, window=window)
    return found


def _halved(cells: np.ndarray, nodata: float, worst: Callable[[Any, Any], Any]) -> np.ndarray:
    four = [cells[row::2, column::2] for row in (0, 1) for column in (0, 1)]
    return worst_of(four, nodata, worst)

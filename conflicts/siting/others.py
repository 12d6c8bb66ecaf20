"""What stands around: the features of a selection and the surveyed ground, on cells."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from django.db import connection
from numpy.typing import NDArray

from conflicts.siting.cells import Cells, Mask, Shapes, boxes_marked, filled, mark, touched
from conflicts.unseen import hold_surveyed_ground
from layers.sql_files import load_sql

# So many features and more: the database must know it before it looks them up.
MANY = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Large:
    """A feature that is larger than two cells, with what its kind of rule asks of it."""

    geometry: shapely.Geometry
    land_use: str
    properties: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Others:
    """The features of one selection: small ones as cells counted from a corner, large as shapes.

    ``small`` has a row per feature: first column and row of its box, last column and row, column
    and row of one of its points.
    """

    small: NDArray[np.int64]
    large: Shapes

    def near(self, cells: Cells, origin: Cells) -> Mask:
        """Return every cell such a feature touches, and perhaps a few beside small ones."""
        boxes = self._placed(cells, origin)[:, :4]
        return touched(self.large, cells) | boxes_marked(boxes, cells)

    def certain(self, cells: Cells, origin: Cells) -> Mask:
        """Return cells in each of which some point of such a feature lies."""
        mask = touched(self.large, cells)
        column, row = self._placed(cells, origin)[:, 4:].T
        mark(mask, column, row)
        return mask

    def filled(self, cells: Cells) -> Mask:
        """Return cells that lie wholly inside one of the areas."""
        return filled(self.large, cells)

    def _placed(self, cells: Cells, origin: Cells) -> NDArray[np.int64]:
        across = round((origin.west - cells.west) / cells.size_m)
        down = round((cells.north - origin.north) / cells.size_m)
        placed: NDArray[np.int64] = self.small + np.array([across, down] * 3)
        return placed


@dataclass(slots=True)
class Surroundings:
    """Reads what a detection selected; each selection is read once."""

    origin: Cells
    read: dict[tuple[int, bool, tuple[str, ...]], Others] = field(default_factory=dict)

    def others(self, selection: int, *, unsure: bool = False, left: tuple[str, ...] = ()) -> Others:
        """Return the features of a selection, the sure ones or those of which it is not sure.

        Features of the classes ``left`` to another rule are not among them.
        """
        key = (selection, unsure, left)
        if key not in self.read:
            asked = self._asked(selection, unsure=unsure, everything=False, left=left)
            rows = _fetch("small_shapes.sql", asked)
            small = np.array(rows, np.int64).reshape(-1, 6)
            large = _shapes([row[0] for row in _fetch("large_shapes.sql", asked)])
            self.read[key] = Others(small=small, large=large)
        return self.read[key]

    def features(self, selection: int, *, left: tuple[str, ...] = ()) -> list[Large]:
        """Return every sure feature of a selection with its class and attributes."""
        asked = self._asked(selection, unsure=False, everything=True, left=left)
        rows = _fetch("large_shapes.sql", asked)
        shapes = _shapes([row[0] for row in rows])
        return [
            Large(geometry=shape, land_use=row[1] or "", properties=json.loads(row[2]))
            for shape, row in zip(shapes, rows, strict=True)
        ]

    def _asked(
        self, selection: int, *, unsure: bool, everything: bool, left: tuple[str, ...]
    ) -> dict[str, Any]:
        return {
            "selection": selection,
            "is_unsure": unsure,
            "all": everything,
            "left": list(left),
            "west": self.origin.west,
            "north": self.origin.north,
            "size_m": self.origin.size_m,
        }


def know_selections() -> None:
    """Let the database count what was selected: else it looks each feature up by itself."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE conflict_selection")


def roomy_memory() -> None:
    """Let this transaction sort and join a whole city in memory."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")


def surveyed_cells(layers: Sequence[str], asked: Sequence[str], cells: Cells) -> list[Mask]:
    """Return for each layer the cells that its complete survey holds wholly."""
    hold_surveyed_ground(layers, asked)
    asked_for = {"layers": list(layers), "asked": list(asked)}
    found = dict(_fetch("surveyed_shapes.sql", asked_for))
    nowhere = np.zeros(cells.shape, np.bool_)
    return [
        filled(_shapes([found[layer]]), cells) if layer in found else nowhere
        for layer in sorted(set(layers))
    ]


def _shapes(written: Sequence[bytes]) -> Shapes:
    read: Shapes = np.array(shapely.from_wkb([bytes(each) for each in written]), np.object_)
    return read.reshape(-1)


def _fetch(name: str, parameters: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, name), dict(parameters))
        return list(cursor.fetchall())


def as_others(features: Sequence[Large]) -> Others:
    """Return features as what stands around, all by their shapes."""
    shapes = np.empty(len(features), np.object_)
    shapes[:] = [feature.geometry for feature in features]
    return Others(small=np.empty((0, 6), np.int64), large=shapes)

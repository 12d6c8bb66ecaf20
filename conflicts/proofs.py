"""Whether changed rows lie where a rule can tell, as far as a box around them shows it.

A box well inside what was surveyed holds nothing untold, and a box outside holds nothing told. What
lies across a border is left to the database. Where a layer was surveyed is read once: what decides
it is part of the key, so another survey is another ground.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import shapely
from django.db import connection
from shapely.geometry.base import BaseGeometry

from conflicts.changes import Box, proves
from conflicts.coverage import Unseen
from conflicts.memory import Land, LayerThen
from conflicts.moved import Moved
from layers.sql_files import load_sql

# Grounds are held ready in each process, one per layer and set of classes.
GROUNDS_HELD = 1_024
# Beyond the rounding of any distance or cut [m]: a box that is so much too large proves the same.
SPARE_M = 1.0


@dataclass(frozen=True, slots=True)
class Proofs:
    """Where the layers were surveyed, as the land stands now."""

    layers: Mapping[str, tuple[int, LayerThen]]  # by name
    class_tree: str

    @classmethod
    def of(cls, land: Land) -> "Proofs":
        """Return the proofs of the land as it stands."""
        layers = {layer.slug: (number, layer) for number, layer in land.layers.items()}
        return cls(layers, land.class_tree)

    def untold(self, moved: Moved | None, question: Unseen) -> tuple[str, ...] | None:
        """Return by name which changed rows a rule cannot tell about; None: the rows must be asked.

        In order of the names; rows whose condition is unknown are not among them.
        """
        if moved is None:
            return ()
        own = question.own_layer
        groups = [g for g in moved.groups if own is None or g.like.layer == own]
        names: list[str] = []
        for group in groups:
            told = self._are_told(question, group.box)
            if told is None or (not told and (group.names is None or not moved.is_plain)):
                return None
            names += () if told else group.names or ()
        return tuple(sorted(names))

    def _are_told(self, question: Unseen, box: Box) -> bool | None:
        """Tell whether all in a box can be told about (True), or nothing (False)."""
        if not question.layers:
            return None
        there = shapely.box(*box)
        around = shapely.box(*_wider(box, question.reach_m + SPARE_M))
        grounds = [self._ground(layer, question.asked) for layer in question.layers]
        if sum(ground is not None and ground.covers(around) for ground in grounds) >= (
            question.layers_needed
        ):
            return True
        may_show = sum(ground is not None and ground.intersects(there) for ground in grounds)
        return False if may_show < question.layers_needed else None

    def _ground(self, slug: str, asked: tuple[str, ...]) -> BaseGeometry | None:
        if slug not in self.layers:
            return None
        number, layer = self.layers[slug]
        if not layer.surveys:
            return None
        settings = connection.settings_dict
        database = (str(settings["HOST"]), str(settings["PORT"]), str(settings["NAME"]))
        return _surveyed(database, number, asked, (self.class_tree, *proves(layer)))


@lru_cache(maxsize=GROUNDS_HELD)
def _surveyed(
    _database: object, layer: int, asked: tuple[str, ...], _as_it_stands: object
) -> BaseGeometry | None:
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"layer": layer, "asked": list(asked)}
        cursor.execute(load_sql(__file__, "surveyed_ground_of.sql"), parameters)
        (wkb,) = cursor.fetchone()
    if wkb is None:
        return None
    ground: BaseGeometry = shapely.from_wkb(bytes(wkb))
    shapely.prepare(ground)
    return ground


def _wider(box: Box, metres: float) -> Box:
    west, south, east, north = box
    return (west - metres, south - metres, east + metres, north + metres)

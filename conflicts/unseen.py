"""Which subjects lie where not enough was surveyed all around them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from conflicts.alike import Extent
from conflicts.counted import Counted, Listed
from layers.crs import PROJECT_SRID
from layers.sql_files import load_sql

# So many places are named in an outcome; the count is always of all.
EXAMPLES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Unseen:
    """Which subjects lie where not enough of these layers were surveyed all around them."""

    layers: tuple[str, ...]
    asked: tuple[str, ...]  # classes that must have been looked for; empty: the layer as a whole
    reach_m: float
    layers_needed: int
    own_layer: str | None = None  # only the subjects of this layer


def unseen_among(selection: int, question: Unseen, names: int = EXAMPLES) -> Listed:
    """Return how many of a selection cannot be told about, and the first of them by name."""
    parameters = asdict(question) | {
        "subject": selection,
        "layers": list(question.layers),
        "asked": list(question.asked),
        "examples": names,
    }
    hold_surveyed_ground(question.layers, question.asked)
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "unsurveyed_subjects.sql"), parameters)
        count, first = cursor.fetchone()
    return Listed(count, tuple(first))


def unseen_among_alike(
    selection: int, counted: Counted, extent: Extent, question: Unseen, names: int
) -> Listed:
    """Return how many of a selection by likeness cannot be told about, and the first by name."""
    west, south, east, north = extent
    parameters = asdict(question) | {
        "subject": selection,
        "layers": list(question.layers),
        "asked": list(question.asked),
        "examples": names,
        "srid": PROJECT_SRID,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
    }
    hold_surveyed_ground(question.layers, question.asked)
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "layers_surveyed.sql"), parameters)
        (surveyed,) = cursor.fetchone()
        if surveyed < question.layers_needed:  # of none of them can it be told
            own = question.own_layer
            count = counted.sure if own is None else counted.layers.get(own, (0, 0))[1]
            cursor.execute(load_sql(__file__, "first_alike.sql"), parameters)
            return Listed(count, tuple(name for (name,) in cursor.fetchall()))
        cursor.execute(load_sql(__file__, "unsurveyed_alike.sql"), parameters)
        count, first = cursor.fetchone()
    return Listed(count, tuple(first))


def hold_surveyed_ground(layers: Sequence[str], asked: Sequence[str]) -> None:
    """Put into conflict_surveyed where these layers are completely surveyed for the classes."""
    parameters: dict[str, Any] = {"layers": list(layers), "asked": list(asked)}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "survey_ground.sql"), parameters)

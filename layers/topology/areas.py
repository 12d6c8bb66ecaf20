"""Areas taken from west to east, so that a layer of any size is compared within little memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.db import connection
from numpy.typing import NDArray

from layers.crs import Extent
from layers.sql_files import load_sql

READ_AT_ONCE = 2_000
_POLYGON = 3  # shapely's number of the type


@dataclass(frozen=True, slots=True)
class Areas:
    """Some areas: identifiers, shapes in PROJECT_SRID, and which of them are asked about."""

    names: NDArray[Any]
    shapes: NDArray[Any]
    marked: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.names)

    def only(self, chosen: NDArray[Any]) -> "Areas":
        """Return some of them."""
        return Areas(self.names[chosen], self.shapes[chosen], self.marked[chosen])

    def followed_by(self, more: "Areas") -> "Areas":
        """Return these and more."""
        return Areas(
            np.concatenate([self.names, more.names]),
            np.concatenate([self.shapes, more.shapes]),
            np.concatenate([self.marked, more.marked]),
        )


NO_AREAS = Areas(np.empty(0, object), np.empty(0, object), np.empty(0, bool))


@dataclass(frozen=True, slots=True)
class Strip:
    """The next areas from the west with those before that may reach them.

    ``west`` to ``east`` [m] is ground that no strip before held and that no later area comes near;
    there is none where the two are equal.
    """

    areas: Areas
    first_new: int  # areas before this place were in the strip before
    west: float
    east: float
    done: int  # areas read so far


def areas_of(rows: Iterable[tuple[str, Any, bool]]) -> Areas:
    """Return rows of (identifier, WKB, asked about) as areas."""
    listed = list(rows)
    names, shapes, marked = zip(*listed, strict=True) if listed else ((), (), ())
    return Areas(
        np.array(names, object),
        shapely.from_wkb(np.array([bytes(shape) for shape in shapes], object)),
        np.array(marked, bool),
    )


def read_areas(sql: str, parameters: Mapping[str, Any]) -> Iterator[Areas]:
    """Yield the areas that a query tells, a few at a time; within a transaction."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, dict(parameters))
        while rows := cursor.fetchmany(READ_AT_ONCE):
            yield areas_of(rows)


def areas_of_version(layer_id: int, number: int) -> Iterator[Areas]:
    """Yield the areas of a layer in one version; all are asked about."""
    asked = {"layer_id": layer_id, "number": number}
    yield from read_areas(load_sql(__file__, "areas_of_version.sql"), asked)


def strips(batches: Iterable[Areas], extent: Extent, margin_m: float) -> Iterator[Strip]:
    """Yield strips that together hold every area once as a new one, and all ground of an extent.

    Areas come ordered by their western end. ``margin_m`` is how far an area has a say.
    """
    known, west, done = NO_AREAS, extent[0], 0
    for batch in batches:
        if not len(batch):
            continue
        first_new, done = len(known), done + len(batch)
        known = known.followed_by(batch)
        newest = float(shapely.bounds(batch.shapes[-1])[0])
        east = newest - margin_m
        # narrower ground waits for the next strip: no gap is cut more than once across its width
        east = east if east - west >= margin_m else west
        yield Strip(known, first_new, west, east, done)
        west = east
        known = known.only(shapely.bounds(known.shapes)[:, 2] >= west - margin_m)
    yield Strip(known, len(known), west, extent[2], done)


def polygons_in(shape: Any) -> NDArray[Any]:  # noqa: ANN401 - one shape or an array of them
    """Return the polygons that shapes consist of, without the lines and points among them."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    found: NDArray[Any] = parts[shapely.get_type_id(parts) == _POLYGON]
    return found

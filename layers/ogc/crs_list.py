"""In which coordinate systems shapes are given and taken (OGC API Features Part 2).

Only these: longitude and latitude in both orders, the web map, and the CRS everything is stored
and measured in. Systems that need a datum shift nobody has confirmed, such as EPSG:3148, are not
offered: what was hundreds of metres off would look right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, WEB_MERCATOR_SRID, WGS84_SRID, crs_of
from layers.ogc.errors import BadParameterError

CRS84_URI = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG_URI = "http://www.opengis.net/def/crs/EPSG/0/{srid}"
# 1e-9 degrees and 0.1 mm: finer than any survey, coarser than what rounding may do.
DIGITS_DEG, DIGITS_M = 9, 4
# The edge of the web map [m].
MERCATOR_EDGE_M = 20_037_508.342789244
# How deep positions lie in the arrays of a multi-polygon.
DEEPEST = 4


@dataclass(frozen=True, slots=True)
class OfferedCrs:
    """A coordinate system of this service; ``is_flipped`` when the northing comes first."""

    uri: str
    srid: int
    is_flipped: bool = False

    @property
    def digits(self) -> int:
        """Decimals of a coordinate."""
        return DIGITS_DEG if self.srid == WGS84_SRID else DIGITS_M


def _of_epsg(srid: int) -> OfferedCrs:
    first = crs_of(srid).axis_info[0].direction.lower()
    return OfferedCrs(EPSG_URI.format(srid=srid), srid, is_flipped=first in ("north", "south"))


@cache
def offered() -> dict[str, OfferedCrs]:
    """Return the coordinate systems of this service by their identifiers, CRS84 first."""
    srids = dict.fromkeys((WGS84_SRID, WEB_MERCATOR_SRID, PROJECT_SRID))
    listed = [OfferedCrs(CRS84_URI, WGS84_SRID), *map(_of_epsg, srids)]
    return {crs.uri: crs for crs in listed}


def storage_crs() -> OfferedCrs:
    """Return the coordinate system of what is stored."""
    return offered()[EPSG_URI.format(srid=PROJECT_SRID)]


def crs_named(name: str, uri: str) -> OfferedCrs:
    """Return a coordinate system by its URI (or ``[EPSG:code]``), as parameter ``name`` gave it.

    Raises
    ------
    BadParameterError
    """
    asked = uri.strip("<>")
    if asked.startswith("[EPSG:") and asked.endswith("]"):
        asked = EPSG_URI.format(srid=asked[6:-1])
    found = offered().get(asked)
    if found is None:
        raise BadParameterError(
            _("%(name)s: '%(value)s' is no coordinate system of this service.")
            % {"name": name, "value": uri[:120]},
            remedy=_("Known here: %(names)s.") % {"names": ", ".join(offered())},
        )
    return found


def in_axis_order(shape: Any, crs: OfferedCrs) -> Any:  # noqa: ANN401
    """Return a GeoJSON geometry with its axes exchanged where the CRS has the northing first.

    The same both ways. What is no geometry is returned as it is, for the checks to refuse.
    """
    if not (crs.is_flipped and isinstance(shape, Mapping)):
        return shape
    return {**shape, "coordinates": _exchanged(shape.get("coordinates"), DEEPEST)}


def _exchanged(coordinates: Any, depth: int) -> Any:  # noqa: ANN401
    if not isinstance(coordinates, list | tuple) or depth < 0:
        return coordinates
    if len(coordinates) > 1 and not any(isinstance(part, list | tuple) for part in coordinates):
        return [coordinates[1], coordinates[0], *coordinates[2:]]
    return [_exchanged(part, depth - 1) for part in coordinates]

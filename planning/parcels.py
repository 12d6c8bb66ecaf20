"""Parcels: what the cadastre says of one, and how far the map agrees."""

import math
from dataclasses import dataclass
from typing import Any

import shapely
from django.contrib.gis.geos import Point
from django.db.models import Q
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers import numbers
from layers.crs import PROJECT_SRID, WGS84_SRID, to_project
from layers.errors import UserFacingError
from layers.models import Feature, Layer
from layers.queries import current_features, layer_named
from layers.visibility import EVERYTHING, Seen
from planning.errors import NoParcelHereError
from planning.vocab import Tenure

# Beyond it legal and mapped area contradict each other, and an answer is tried with both.
AREA_DEVIATION_LIMIT = 0.05
# Under these names an imported cadastre carries what people call the parcel's number.
NUMBER_PROPERTIES = ("parcel_no", "number", "parcel_number", "title_number")
SUGGESTIONS = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """One parcel as published; the legal area is the title's, the mapped one is measured."""

    stable_id: str
    layer: str
    version: int
    geometry: BaseGeometry
    legal_area_m2: float | None
    tenure: Tenure
    class_code: str
    properties: dict[str, Any]

    @property
    def mapped_area_m2(self) -> float:
        """Area of the outline in the project's CRS [m2]."""
        return float(self.geometry.area)

    @property
    def area_ratio(self) -> float | None:
        """Mapped over legal area; None where the title's area is not known."""
        return self.mapped_area_m2 / self.legal_area_m2 if self.legal_area_m2 else None

    @property
    def areas_deviate(self) -> bool:
        """Tell whether map and title differ by more than 5 %."""
        return self.area_ratio is not None and abs(self.area_ratio - 1) > AREA_DEVIATION_LIMIT


def parcel_named(identifier: str, layer: str = "parcels", *, seen: Seen = EVERYTHING) -> Parcel:
    """Return a published parcel by its identifier or, where it names just one, by its number.

    Raises
    ------
    NoParcelHereError
        No parcel bears it, several do, or the layer is not the reader's to see.
    """
    if "\x00" in identifier or not _may_read(layer, seen=seen):
        raise NoParcelHereError(repr(identifier), layer)
    version = layer_named(layer).published_number or 0
    found = current_features(layer).filter(stable_id=identifier).first()
    if found is None:
        bearing = list(_by_number(layer, identifier)[:2])
        if len(bearing) != 1:
            raise NoParcelHereError(f"'{identifier}'", layer)
        found = bearing[0]
    return _parcel(found, version)


def _may_read(layer: str, *, seen: Seen) -> bool:
    """Tell whether the layer is open to who asks; a hidden one is as if it were not there."""
    return Layer.objects.filter(slug=layer, visibility__in=seen).exists()


def parcels_like(text: str, layer: str = "parcels", *, seen: Seen = EVERYTHING) -> list[str]:
    """Return identifiers that begin with or contain a text, the nearest first."""
    if "\x00" in text or not _may_read(layer, seen=seen):
        return []
    found = current_features(layer).filter(stable_id__icontains=text).order_by("stable_id")
    by_id = list(found.values_list("stable_id", flat=True)[:SUGGESTIONS])
    numbered = [str(row.stable_id) for row in _by_number(layer, text)[:SUGGESTIONS]]
    return list(dict.fromkeys([*numbered, *by_id]))[:SUGGESTIONS]


def parcel_at(
    longitude: float, latitude: float, layer: str = "parcels", *, seen: Seen = EVERYTHING
) -> Parcel:
    """Return the parcel at a point of the map [degrees WGS 84].

    Raises
    ------
    NoParcelHereError
        The point lies on no parcel.
    UserFacingError
        The numbers are no place on earth.
    """
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):  # noqa: PLR2004 - degrees
        raise UserFacingError(
            _("x=%(longitude)s, y=%(latitude)s is no place on earth.")
            % {"longitude": longitude, "latitude": latitude},
            remedy=_("Give x as longitude and y as latitude in degrees."),
        )
    place = to_project(shapely.Point(longitude, latitude), WGS84_SRID)
    if not _may_read(layer, seen=seen):
        raise NoParcelHereError(
            _("at %(longitude)s, %(latitude)s")
            % {"longitude": numbers.number(longitude, 6), "latitude": numbers.number(latitude, 6)},
            layer,
        )
    version = layer_named(layer).published_number or 0
    found = current_features(layer).filter(geometry__intersects=_geos(place)).first()
    if found is None:
        raise NoParcelHereError(
            _("at %(longitude)s, %(latitude)s")
            % {"longitude": numbers.number(longitude, 6), "latitude": numbers.number(latitude, 6)},
            layer,
        )
    return _parcel(found, version)


def _geos(place: shapely.Point) -> Point:
    if not (math.isfinite(place.x) and math.isfinite(place.y)):
        raise UserFacingError(
            _("This place lies outside the area of the coordinate system."),
            remedy=_("Pick a place on the map of the city."),
        )
    return Point(place.x, place.y, srid=PROJECT_SRID)


def _by_number(layer: str, number: str) -> Any:  # noqa: ANN401 - a query set of features
    asked = Q()
    for name in NUMBER_PROPERTIES:
        asked |= Q(properties__contains={name: number})
    return current_features(layer).filter(asked).order_by("stable_id")


def _parcel(row: Feature, version: int) -> Parcel:
    properties = dict(row.properties)
    tenure = str(properties.get("tenure") or "")
    return Parcel(
        stable_id=row.stable_id,
        layer=row.layer.slug,
        version=version,
        geometry=shapely.from_wkb(bytes(row.geometry.wkb)),
        legal_area_m2=_area(properties.get("legal_area_m2")),
        tenure=Tenure(tenure) if tenure in Tenure.values else Tenure.UNKNOWN,
        class_code=row.land_use.code if row.land_use else "",
        properties=properties,
    )


def _area(value: object) -> float | None:
    """Return a usable legal area [m2]: a number above 0, else None, never 0."""
    try:
        area = float(str(value))
    except ValueError:
        return None
    return area if math.isfinite(area) and area > 0 else None

"""Where a file would lie under each coordinate system it may be in, in words and on the map."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from layers.crs import (
    INDIAN_1960_UTM48_SRID,
    PROJECT_SRID,
    WEB_MERCATOR_SRID,
    WGS84_SRID,
    CrsError,
    Extent,
    crs_of,
    inside_project_extent,
    reproject,
)
from layers.uploads.directions import distance, towards

UTM_47_SRID, UTM_48_SRID = 32647, 32648
OFFERED = (UTM_48_SRID, WGS84_SRID, INDIAN_1960_UTM48_SRID, UTM_47_SRID, WEB_MERCATOR_SRID)
# Two systems whose places are this near to each other are easily mistaken for one another.
_NEAR_M = 5_000.0
_DECIMALS = 7  # a centimetre (RFC 7946, section 11.2)


def offered() -> tuple[int, ...]:
    """Return the systems a person may choose from: the project's own first."""
    return tuple(dict.fromkeys((PROJECT_SRID, *OFFERED)))


def plain_words(srid: int) -> str:
    """Return what a system is, for someone who never heard of it."""
    words = {
        WGS84_SRID: _("Longitude and latitude in degrees: GPS, phones, Google Earth"),
        UTM_48_SRID: _("Metres, eastern and central Cambodia: newer maps and surveys"),
        UTM_47_SRID: _("Metres, west of 102° E: rarely used in Cambodia"),
        WEB_MERCATOR_SRID: _("Metres of web maps: exports of web pages"),
        INDIAN_1960_UTM48_SRID: _("Metres, old: cadastre and topographic maps before about 2000"),
    }
    return words.get(srid, _("The coordinate system of this city's own data"))


def placements(layer: Mapping[str, Any], city: Extent | None) -> list[dict[str, Any]]:
    """Return for each offered system whether the file can be in it and where it would lie.

    ``city`` is west, south, east, north of the city's maps [degrees]. Each has ``srid``, ``title``,
    ``words``, ``problem`` (a sentence where it cannot be used), ``where`` (a sentence), ``fits``,
    ``near`` (sentences on systems it may be mistaken for) and ``shapes`` (in PROJECT_SRID).
    """
    shapes = sample_of(layer)
    found = [_placement(srid, shapes, city) for srid in offered()]
    for one in found:
        one["near"] = [_mistaken(one, other) for other in found if _are_near(one, other)]
    return sorted(found, key=lambda one: (bool(one["problem"]), not one["fits"]))


def sample_of(layer: Mapping[str, Any]) -> np.ndarray:
    """Return some shapes of a file in its own coordinates."""
    return np.atleast_1d(shapely.from_wkb(list(layer.get("shapes") or [])))


def stated_placement(layer: Mapping[str, Any], city: Extent | None) -> dict[str, Any]:
    """Return where a file lies that states its system itself."""
    srid = (layer.get("crs") or {}).get("srid")
    if srid:
        return _placement(int(srid), sample_of(layer), city)
    extent = layer.get("extent_wgs84")
    box = np.array([shapely.box(*extent)]) if extent else np.array([])
    return _placement(WGS84_SRID, box, city) | {"srid": None, "title": layer["crs"]["title"]}


def _placement(srid: int, shapes: np.ndarray, city: Extent | None) -> dict[str, Any]:
    told: dict[str, Any] = {
        "srid": srid,
        "title": crs_of(srid).name,
        "words": plain_words(srid),
        "problem": "",
        "where": "",
        "fits": False,
        "near": [],
        "shapes": np.array([]),
    }
    try:
        moved = reproject(shapes, srid, PROJECT_SRID)
    except CrsError as error:
        return told | {"problem": _why_not(srid, error)}
    moved = moved[np.isfinite(shapely.bounds(moved)).all(axis=1)] if len(moved) else moved
    if not len(moved):
        return told | {"problem": _("Its numbers are no coordinates of this system.")}
    bounds = shapely.total_bounds(moved)
    if not inside_project_extent(bounds[np.newaxis])[0]:
        return told | {"problem": _("In this system the file would not lie in this country.")}
    return told | {"shapes": moved, **_against_city(bounds, city)}


def _why_not(srid: int, error: CrsError) -> str:
    if srid != INDIAN_1960_UTM48_SRID:
        return f"{error.what} {error.remedy}"
    return _(
        "Cannot be converted here: the official shift between the old and the new system for "
        "Cambodia is not set (KRONG_DATUM_SHIFT_3148). Programs that convert all the same guess, "
        "and land 459 m off at Sihanoukville. Ask the General Department of Cadastre and Geography "
        "for the three numbers, or for the data in EPSG:32648."
    )


def _against_city(bounds: np.ndarray, city: Extent | None) -> dict[str, Any]:
    """Say how a file's extent lies to the city's maps."""
    if city is None:
        return {"fits": True, "where": _("No layer is published yet to compare it with.")}
    frame = reproject(shapely.box(*city), WGS84_SRID, PROJECT_SRID)
    west, south, east, north = frame.bounds
    box = shapely.box(*bounds)
    away_m = shapely.distance(box, frame)
    if away_m > 0:
        middle, centre = box.centroid, frame.centroid
        direction = towards(middle.x - centre.x, middle.y - centre.y)
        words = _("It would lie %(distance)s to the %(direction)s of the city's maps.")
        told = words % {"distance": distance(float(away_m)), "direction": direction}
        return {"fits": False, "where": told}
    if bounds[0] >= west and bounds[1] >= south and bounds[2] <= east and bounds[3] <= north:
        return {"fits": True, "where": _("It would lie within the city's maps.")}
    return {"fits": True, "where": _("It would lie partly within the city's maps.")}


def _are_near(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    is_pair = one["srid"] != other["srid"] and len(one["shapes"]) and len(other["shapes"])
    return bool(is_pair) and 0.5 < np.hypot(*_apart(one, other)) < _NEAR_M  # noqa: PLR2004 - half a metre: the same place


def _apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> tuple[float, float]:
    """Return how far east and north the other system places the same file [m]."""
    here, there = (shapely.total_bounds(each["shapes"]) for each in (one, other))
    east = (there[0] + there[2] - here[0] - here[2]) / 2
    north = (there[1] + there[3] - here[1] - here[3]) / 2
    return float(east), float(north)


def _mistaken(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    east, north = _apart(one, other)
    return _(
        "Mistaken for EPSG:%(srid)s, everything would lie %(distance)s too far to the "
        "%(direction)s: compare with the map."
    ) % {
        "srid": other["srid"],
        "distance": distance(float(np.hypot(east, north))),
        "direction": towards(east, north),
    }


def as_geojson(shapes: np.ndarray) -> dict[str, Any]:
    """Return shapes in PROJECT_SRID as GeoJSON in longitude and latitude."""
    there = reproject(shapes, PROJECT_SRID, WGS84_SRID) if len(shapes) else shapes
    rounded = shapely.transform(there, lambda xy: np.round(xy, _DECIMALS)) if len(there) else there
    features = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(text)}
        for text in shapely.to_geojson(rounded)
    ]
    return {"type": "FeatureCollection", "features": features}

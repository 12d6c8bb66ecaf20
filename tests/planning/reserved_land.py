"""A block of four plots of 100 m x 50 m, and land to reserve across them, checked in the head.

B (0..100, 50..100)   D (100..200, 50..100)
A (0..100, 0..50)     C (100..200, 0..50)
"""

import shapely

from planning.reservation_spec import spec_from
from planning.reservations import reserve_land
from tests.factories import feature, filled_layer, land_use, line, rectangle, square

PURPOSE = {"km": "សាលាបឋមសិក្សា ស្រុក", "en": "Primary school"}


def plot(name, shape, tenure="state_public", **properties):
    return feature(name, shape, tenure=tenure, parcel_no=f"No {name}", **properties)


def block(*further, **shared):
    land_use("school", name_km="សាលារៀន", name_en="School")
    return filled_layer(
        "parcels",
        plot("A", rectangle(0, 0, 100, 50), legal_area_m2=4990, title_type="hard_title", **shared),
        plot("B", rectangle(0, 50, 100, 50), "private", **shared),
        plot("C", rectangle(100, 0, 100, 50), "unheard-of", **shared),
        plot("D", rectangle(100, 50, 100, 50), **shared),
        *further,
        title_km="ក្បាលដី",
        title_en="Parcels",
    )


def surroundings(**shared):
    """What a sheet shows around the block."""
    filled_layer(
        "zones",
        feature("Z-1", square(-500, -500, 1000), "R1", **shared),
        title_km="តំបន់",
        title_en="Zones",
    )
    filled_layer(
        "buildings", feature("H-1", rectangle(10, 10, 10, 20)), title_km="សំណង់", title_en="Buildings"
    )
    filled_layer(
        "roads",
        feature("S-1", line((-500, -20), (500, -20)), name_km="ផ្លូវឆ្នេរ", name_en="Beach Road"),
        title_km="ផ្លូវ",
        title_en="Roads",
    )
    filled_layer(
        "sangkat",
        feature("K-1", square(-1000, -1000, 2000), name_km="សង្កាត់លេខ៤"),
        title_km="សង្កាត់",
        title_en="Sangkats",
    )


def request(shape=None, **changed):
    """What a request file holds: the middle 100 m x 100 m of the block unless changed."""
    shape = shape if shape is not None else rectangle(50, 0, 100, 100)
    content = {
        "reference": "RES-1",
        "purpose": PURPOSE,
        "purpose_class": "school",
        "srid": 32648,
        "geometry": shapely.to_wkt(shape, rounding_precision=-1),
        **changed,
    }
    return {key: value for key, value in content.items() if value is not None}


def reserve(shape=None, **changed):
    return reserve_land(spec=spec_from(request(shape, **changed), file="test.yaml"))

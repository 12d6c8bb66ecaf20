"""Coordinate systems (Part 2): which are offered, and in which order their axes come."""

import pytest
import shapely

from layers.crs import WEB_MERCATOR_SRID, reproject, to_wgs84
from tests.factories import EAST, NORTH, square
from tests.standards.ground import PARCELS, Reader, parcels

pytestmark = pytest.mark.django_db
ITEMS = f"collections/{PARCELS}/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def first_corner(crs=None, path=ITEMS):
    told = Reader().told(path, **({"crs": crs} if crs else {}))
    feature = told["features"][0] if "features" in told else told
    west, south, _east, _north = shapely.geometry.shape(feature["geometry"]).bounds
    return west, south


def test_a_collection_offers_four_systems_and_says_which_it_stores():
    parcels()

    told = Reader().told(f"collections/{PARCELS}")

    assert told["crs"] == [CRS84, EPSG + "4326", EPSG + "3857", EPSG + "32648"]


def test_coordinates_come_in_metres_degrees_and_web_map_metres():
    parcels()
    longitude, latitude, *_rest = to_wgs84(square(0, 0, 10)).bounds
    x, y, *_rest = reproject(square(0, 0, 10), 32648, WEB_MERCATOR_SRID).bounds

    assert first_corner() == pytest.approx((longitude, latitude), abs=1e-8)
    assert first_corner(CRS84) == pytest.approx((longitude, latitude), abs=1e-8)
    assert first_corner(EPSG + "4326") == pytest.approx((latitude, longitude), abs=1e-8)
    assert first_corner(EPSG + "3857") == pytest.approx((x, y), abs=1e-3)
    assert first_corner(EPSG + "32648") == (EAST, NORTH)


def test_one_feature_comes_in_any_of_them_too():
    parcels()

    assert first_corner(EPSG + "32648", f"{ITEMS}/P-00") == (EAST, NORTH)


def test_the_answer_names_its_system():
    parcels()
    reader = Reader()

    assert reader.ask(ITEMS)["Content-Crs"] == f"<{CRS84}>"
    assert reader.ask(ITEMS, crs=EPSG + "4326")["Content-Crs"] == f"<{EPSG}4326>"
    assert reader.ask(f"{ITEMS}/P-00", crs=EPSG + "3857")["Content-Crs"] == f"<{EPSG}3857>"


def test_a_box_in_latitude_and_longitude_has_the_latitude_first():
    parcels()
    west, south, east, north = to_wgs84(square(20, 0, 10).buffer(-1)).bounds
    reader = Reader()

    assert reader.ids(bbox=f"{south},{west},{north},{east}", bbox_crs=EPSG + "4326") == ["P-01"]
    assert reader.ids(bbox=f"{west},{south},{east},{north}", bbox_crs=CRS84) == ["P-01"]


def test_a_box_on_the_web_map_selects_the_same():
    parcels()
    box = reproject(square(20, 0, 10).buffer(-1), 32648, WEB_MERCATOR_SRID).bounds

    assert Reader().ids(bbox=",".join(map(repr, box)), bbox_crs=EPSG + "3857") == ["P-01"]


def test_a_safe_curie_names_a_system_too():
    parcels()

    assert first_corner("[EPSG:32648]") == (EAST, NORTH)


@pytest.mark.parametrize("code", ["3148", "3149", "4240", "2100", "32649", "4326x", ""])
def test_a_system_with_an_unconfirmed_datum_shift_or_of_elsewhere_is_refused(code):
    parcels()

    for name in ("crs", "bbox_crs", "filter_crs"):
        problem = Reader().refused(ITEMS, **{name: EPSG + code})
        assert EPSG + "32648" in problem["remedy"]

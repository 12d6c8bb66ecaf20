"""Boxes of a request on the ground, and the version a time means."""

import math

import pytest
import shapely

from layers.crs import project_extent, reproject, to_wgs84
from layers.ogc.boxes import box_on_ground, reach_deg
from layers.ogc.crs_list import CRS84_URI, crs_named, in_axis_order, offered, storage_crs
from layers.ogc.errors import BadParameterError
from tests.factories import EAST, NORTH, rectangle, square

LON_LAT = offered()[CRS84_URI]
METRES = storage_crs()


def box(text, crs=LON_LAT):
    return box_on_ground("bbox", text, crs)


def words(bounds):
    return ",".join(map(repr, bounds))


def test_a_box_in_metres_is_itself():
    ground = box(f"{EAST},{NORTH},{EAST + 100},{NORTH + 50}", METRES)

    assert ground.equals(rectangle(0, 0, 100, 50))


def test_a_box_in_degrees_bends_with_the_meridians():
    # 1 degree by 1 degree: its southern edge bulges on the ground, corners alone would miss it
    ground = box("104,10,105,11")
    corners = reproject(shapely.box(104, 10, 105, 11), 4326, 32648)
    on_edge = reproject(shapely.Point(104.5, 10.00001), 4326, 32648)

    assert ground.covers(on_edge)
    assert ground.symmetric_difference(corners).area > 1_000_000
    assert ground.symmetric_difference(corners).area < 0.02 * corners.area


def test_the_whole_world_needs_no_condition():
    assert box("-180,-90,180,90") is None
    west, south, east, north = reach_deg()
    assert box(f"{west},{south},{east},{north}") is None


def test_the_other_side_of_the_world_is_empty_ground():
    assert box("-80,-10,-70,10").is_empty
    assert box("170,-90,-170,90").is_empty


def test_a_box_over_the_180th_meridian_may_hold_the_city():
    longitude, latitude = to_wgs84(square(0, 0, 10)).centroid.coords[0]

    over = box(f"{longitude - 0.01},{latitude - 0.01},-170,{latitude + 0.01}")

    assert over.covers(square(0, 0, 10))
    assert not over.covers(square(-5_000, 0, 10))


def test_a_point_and_a_line_are_boxes_without_area():
    point = to_wgs84(square(0, 0, 10)).centroid
    at_point = box(words((point.x, point.y, point.x, point.y)))
    along = box(words((point.x, point.y, point.x + 0.001, point.y)))

    assert at_point.distance(square(0, 0, 10).centroid) < 1e-3
    assert along.length == pytest.approx(
        0.001 * 111_320 * math.cos(math.radians(point.y)), rel=0.01
    )


def test_latitude_comes_first_where_the_system_says_so():
    lat_lon = crs_named("crs", "http://www.opengis.net/def/crs/EPSG/0/4326")

    assert box("10,104,11,105", lat_lon).equals(box("104,10,105,11"))


def test_a_box_on_the_web_map_may_reach_beyond_it():
    mercator = crs_named("crs", "http://www.opengis.net/def/crs/EPSG/0/3857")

    assert box("-3e7,-1e6,3e7,3e7", mercator).covers(square(0, 0, 10))
    assert box("11500000,1100000,11600000,1200000", mercator).area > 1e9


@pytest.mark.parametrize(
    "text",
    ["", "1", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,1,2,3", "1,2,inf,3", "1,9,2,3", "-181,0,0,1",
     "0,0,181,1", "0,-91,1,0", "0,0,1,1,1,1,1", "1;2;3;4"],
)  # fmt: skip
def test_what_is_no_box_is_refused(text):
    with pytest.raises(BadParameterError) as told:
        box(text)

    assert "no box" in told.value.what


def test_in_metres_west_lies_west_of_east():
    with pytest.raises(BadParameterError):
        box(f"{EAST + 1},{NORTH},{EAST},{NORTH + 1}", METRES)


def test_everything_that_can_be_stored_is_within_reach():
    west, south, east, north = reach_deg()
    reach = reproject(shapely.segmentize(shapely.box(west, south, east, north), 1), 4326, 32648)
    stored_west, _south, stored_east, _north = project_extent()

    assert reach.bounds[0] < stored_west
    assert reach.bounds[2] > stored_east


def test_axes_are_exchanged_at_any_depth_and_back():
    lat_lon = crs_named("crs", "http://www.opengis.net/def/crs/EPSG/0/4326")
    shape = {"type": "MultiPolygon", "coordinates": [[[[1, 2, 9], [3, 4]]]]}

    exchanged = in_axis_order(shape, lat_lon)

    assert exchanged["coordinates"] == [[[[2, 1, 9], [4, 3]]]]
    assert in_axis_order(exchanged, lat_lon) == shape
    assert in_axis_order(shape, LON_LAT) is shape
    assert in_axis_order("nonsense", lat_lon) == "nonsense"
    assert in_axis_order({"coordinates": {}}, lat_lon) == {"coordinates": {}}


def test_each_offered_system_has_one_address_and_the_project_is_among_them():
    uris = list(offered())

    assert uris[0] == CRS84_URI
    assert len(uris) == 4
    assert METRES.srid == 32648
    assert METRES.digits == 4
    assert LON_LAT.digits == 9

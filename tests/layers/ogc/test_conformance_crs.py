"""OGC API Features Part 2 (18-058r1), annex A: coordinate systems by reference."""

import json
import re

import pytest
import shapely

from layers.crs import PROJECT_SRID, reproject, to_wgs84
from tests.factories import rectangle, square
from tests.standards.ground import PARCELS, Reader, parcels, text_of, wells

pytestmark = pytest.mark.django_db
CLASSES = {"ogcapi-features-2/1.0/conf/crs"}
ITEMS = f"collections/{PARCELS}/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
OGC_URI = re.compile(r"https?://www\.opengis\.net/def/crs/(OGC/1\.3/CRS84|EPSG/[\d.]+/\d+)")
SRIDS = {CRS84: 4326, **{f"http://www.opengis.net/def/crs/EPSG/0/{srid}": srid
                         for srid in (4326, 3857, PROJECT_SRID)}}  # fmt: skip
FLIPPED = "http://www.opengis.net/def/crs/EPSG/0/4326"


@pytest.fixture
def reader():
    parcels()
    wells()
    return Reader()


def in_system(shape, uri):
    """Coordinates of a shape as a system has them; EPSG:4326 has the latitude first."""
    drawn = reproject(shape, PROJECT_SRID, SRIDS[uri])
    return shapely.transform(drawn, lambda xy: xy[:, ::-1]) if uri == FLIPPED else drawn


def test_every_collection_lists_its_systems_by_uri_the_default_among_them(reader):
    for found in reader.told("collections")["collections"]:
        assert found["crs"][0] == CRS84
        assert len(found["crs"]) == len(set(found["crs"])) == len(SRIDS)
        assert all(OGC_URI.fullmatch(uri) for uri in found["crs"])


def test_the_system_of_storage_is_one_of_the_listed_ones(reader):
    for found in reader.told("collections")["collections"]:
        assert found["storageCrs"] in found["crs"]
        assert SRIDS[found["storageCrs"]] == PROJECT_SRID


def test_the_parameters_are_defined_as_uris_that_are_not_needed(reader):
    defined = reader.told("api")["components"]["parameters"]

    for name in ("crs", "bbox-crs"):
        assert defined[name]["in"] == "query"
        assert defined[name]["required"] is False
        assert defined[name]["schema"]["type"] == "string"
        assert defined[name]["schema"]["format"] == "uri"
        assert (defined[name]["style"], defined[name]["explode"]) == ("form", False)


@pytest.mark.parametrize("path", [ITEMS, f"{ITEMS}/P-01"])
def test_a_system_that_is_not_listed_is_answered_with_400(reader, path):
    reader.refused(path, crs="http://www.opengis.net/def/crs/EPSG/0/4258")
    reader.refused(path, crs="CRS84")


def test_a_box_in_a_system_that_is_not_listed_is_answered_with_400(reader):
    reader.refused(ITEMS, bbox="1,2,3,4", bbox_crs="http://www.opengis.net/def/crs/EPSG/0/4258")


def test_without_a_system_coordinates_are_longitude_and_latitude(reader):
    for path in (ITEMS, f"{ITEMS}/P-01"):
        assert reader.ask(path)["Content-Crs"] == f"<{CRS84}>"
    default = reader.told(f"{ITEMS}/P-01")["geometry"]
    assert default == reader.told(f"{ITEMS}/P-01", crs=CRS84)["geometry"]


@pytest.mark.parametrize("uri", SRIDS)
def test_features_are_answered_in_the_system_that_was_asked(reader, uri):
    answer = reader.ask(ITEMS, crs=uri)
    alone = reader.told(f"{ITEMS}/P-02", crs=uri)

    assert answer["Content-Crs"] == f"<{uri}>"
    listed = {one["id"]: one for one in json.loads(text_of(answer))["features"]}
    expected = in_system(square(40, 0, 10), uri)
    near = 1e-8 if SRIDS[uri] == 4326 else 2e-4
    for found in (listed["P-02"], alone):
        shape = shapely.geometry.shape(found["geometry"])
        assert shape.bounds == pytest.approx(expected.bounds, abs=near)


@pytest.mark.parametrize("uri", SRIDS)
def test_the_same_box_in_any_system_selects_the_same_features(reader, uri):
    west, south, east, north = in_system(rectangle(25, 2, 20, 4), uri).bounds

    found = reader.ids(bbox=f"{west},{south},{east},{north}", bbox_crs=uri)

    assert found == ["P-01", "P-02"]


def test_a_box_without_a_system_is_longitude_and_latitude(reader):
    west, south, east, north = to_wgs84(rectangle(25, 2, 20, 4)).bounds
    box = f"{west},{south},{east},{north}"

    assert reader.ids(bbox=box) == reader.ids(bbox=box, bbox_crs=CRS84) == ["P-01", "P-02"]


@pytest.mark.parametrize("uri", SRIDS)
def test_pages_stay_in_the_system_that_was_asked(reader, uri):
    first = reader.ask(ITEMS, crs=uri, limit=2)
    document = json.loads(text_of(first))
    following = next(one["href"] for one in document["links"] if one["rel"] == "next")

    second = reader.client.get(following)

    assert second["Content-Crs"] == f"<{uri}>"

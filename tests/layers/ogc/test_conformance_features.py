"""OGC API Features Part 1 (17-069r4), annex A: one test for each abstract test, and Common 1 and 2.

Each name is the requirement in words; what a resource must hold is checked on what was answered,
never on how it is made.
"""

import json
from datetime import datetime

import pytest
import shapely

from layers.crs import to_wgs84
from tests.factories import rectangle, square
from tests.standards.ground import PARCELS, Reader, link, parcels, text_of, wells

pytestmark = pytest.mark.django_db
CLASSES = {
    "ogcapi-common-1/1.0/conf/core", "ogcapi-common-1/1.0/conf/json",
    "ogcapi-common-1/1.0/conf/html", "ogcapi-common-2/1.0/conf/collections",
    "ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/geojson",
    "ogcapi-features-1/1.0/conf/html",
}  # fmt: skip
ITEMS = f"collections/{PARCELS}/items"
SERVICE_DESC = ("service-desc", "service-doc")


@pytest.fixture
def reader():
    """Two layers of features: five squares of 10 m every 20 m, and a well."""
    parcels()
    wells()
    return Reader()


def box_of(*shape):
    return ",".join(map(repr, to_wgs84(rectangle(*shape)).bounds))


def links(document, *rels):
    return [found for found in document["links"] if found["rel"] in rels]


def test_every_resource_answers_to_get_and_head_over_http(reader):
    for path in ("", "api", "conformance", "collections", f"collections/{PARCELS}", ITEMS):
        answer = reader.ask(path)
        head = reader.client.head(f"/ogc/{path}")
        assert head.status_code == 200
        assert head["Content-Type"] == reader.client.get(f"/ogc/{path}")["Content-Type"]
        assert answer.getvalue()
        assert not head.getvalue()


def test_the_landing_page_links_to_the_api_the_conformance_and_the_data(reader):
    landing = reader.told("")

    assert landing["title"]
    for rels in (SERVICE_DESC, ("conformance",), ("data",)):
        found = links(landing, *rels)
        assert found, rels
        for one in found:
            answer = reader.client.get(one["href"])
            assert answer.status_code == 200
            assert answer["Content-Type"].split(";")[0] == one["type"].split(";")[0]


def test_the_api_definition_has_the_media_type_its_link_tells(reader):
    for one in links(reader.told(""), "service-desc"):
        answer = reader.client.get(one["href"])
        assert answer["Content-Type"] == one["type"]
        assert json.loads(text_of(answer))["openapi"].startswith("3.0.")


def test_the_conformance_declaration_is_a_list_of_identifiers(reader):
    told = reader.told("conformance")

    assert len(told["conformsTo"]) == len(set(told["conformsTo"]))
    assert all(uri.startswith("http://www.opengis.net/spec/") for uri in told["conformsTo"])


def test_the_collections_link_to_themselves_and_to_each_other_format(reader):
    told = reader.told("collections")

    assert [one["type"] for one in links(told, "self")] == ["application/json"]
    assert [one["type"] for one in links(told, "alternate")] == ["text/html"]
    assert all({"rel", "type", "href"} <= set(one) for one in told["links"])


def test_every_layer_is_listed_with_links_to_its_features_in_each_format(reader):
    listed = reader.told("collections")["collections"]

    assert sorted(one["id"] for one in listed) == [PARCELS, "wells"]
    for one in listed:
        assert {found["type"] for found in links(one, "items")} == {
            "application/geo+json", "text/html",
        }  # fmt: skip
        for found in links(one, "items"):
            assert reader.client.get(found["href"]).status_code == 200


def test_a_collection_by_itself_is_what_the_list_of_collections_holds(reader):
    for one in reader.told("collections")["collections"]:
        alone = reader.told(f"collections/{one['id']}")
        assert without_links(alone) == without_links(one)
        assert {found["rel"] for found in alone["links"]} == {
            found["rel"] for found in one["links"]
        }


def without_links(document):
    return {name: value for name, value in document.items() if name != "links"}


def test_the_extent_of_a_collection_holds_its_features_and_their_times(reader):
    told = reader.told(f"collections/{PARCELS}")["extent"]

    (west, south, east, north), *_others = told["spatial"]["bbox"]
    for feature in reader.told(ITEMS)["features"]:
        left, below, right, above = shapely.geometry.shape(feature["geometry"]).bounds
        assert west - 1e-9 <= left <= right <= east + 1e-9
        assert south - 1e-9 <= below <= above <= north + 1e-9
    ((since, until),) = told["temporal"]["interval"]
    assert datetime.fromisoformat(since) <= datetime.now().astimezone()
    assert until is None


def test_the_features_of_every_collection_are_answered_as_geojson(reader):
    for one in reader.told("collections")["collections"]:
        answer = reader.ask(f"collections/{one['id']}/items")
        assert answer["Content-Type"] == "application/geo+json"
        assert json.loads(text_of(answer))["type"] == "FeatureCollection"


def test_only_features_that_meet_the_box_are_answered(reader):
    # squares lie at 0-10, 20-30, 40-50, 60-70, 80-90 m
    assert reader.ids(bbox=box_of(-5, -5, 200, 30)) == [f"P-0{n}" for n in range(5)]
    assert reader.ids(bbox=box_of(12, 0, 6, 10)) == []
    assert reader.ids(bbox=box_of(28, 0, 14, 10)) == ["P-01", "P-02"]
    touching = to_wgs84(rectangle(30, 2, 5, 5)).bounds[0] - 1e-7
    assert "P-01" in reader.ids(bbox=f"{touching},{box_of(30, 2, 5, 5).split(',', 1)[1]}")


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6, 9_999, 10_000])
def test_no_answer_holds_more_features_than_the_limit(reader, limit):
    told = reader.told(ITEMS, limit=limit)

    assert len(told["features"]) == min(limit, 5)


def test_only_features_of_the_asked_time_are_answered(reader):
    first = reader.told(f"collections/{PARCELS}")["extent"]["temporal"]["interval"][0][0]

    assert reader.ids(datetime="1990-01-01T00:00:00Z") == []
    assert reader.ids(datetime="1990-01-01/2001-01-01") == []
    assert len(reader.ids(datetime=first)) == 5
    assert len(reader.ids(datetime="2001-01-01T00:00:00Z/..")) == 5
    assert len(reader.ids(datetime=f"../{first}")) == 5


@pytest.mark.parametrize("query", [
    {"limit": "0"}, {"bbox": "1,2,3,4,5"}, {"bbox": "a,b,c,d"}, {"datetime": "today"},
    {"datetime": "2026-05-31T25:00:00Z"}, {"f": "gml"}, {"lang": "xx"}, {"lang": ""}, {"f": ""},
])  # fmt: skip
def test_a_parameter_with_an_invalid_value_is_answered_with_400(reader, query):
    reader.refused(ITEMS, **query)


@pytest.mark.parametrize("path", [
    "", "api", "conformance", "collections", f"collections/{PARCELS}", ITEMS, f"{ITEMS}/P-00",
])  # fmt: skip
def test_a_parameter_nobody_defined_is_answered_with_400(reader, path):
    reader.refused(path, undefined="1")


def test_a_page_tells_its_time_its_numbers_and_its_links(reader):
    page = reader.told(ITEMS, limit=2)

    assert page["type"] == "FeatureCollection"
    assert page["numberReturned"] == len(page["features"]) == 2
    assert page["numberMatched"] == 5
    assert datetime.fromisoformat(page["timeStamp"]).tzinfo is not None
    assert {"self", "alternate", "next"} <= {one["rel"] for one in page["links"]}
    assert all({"rel", "type"} <= set(one) for one in page["links"])


def test_following_next_visits_every_feature_once_and_then_ends(reader):
    page, seen, pages = reader.told(ITEMS, limit=2), [], 0
    while page is not None:
        pages += 1
        seen += [one["id"] for one in page["features"]]
        following = link(page, "next")
        page = reader.follow(following) if following else None

    assert seen == [f"P-0{n}" for n in range(5)]
    assert pages == 3


def test_a_feature_is_the_same_alone_as_in_its_collection(reader):
    listed = reader.told(ITEMS)["features"]

    for one in listed:
        alone = reader.told(f"{ITEMS}/{one['id']}")
        assert alone["type"] == "Feature"
        assert alone["id"] == one["id"]
        assert alone["properties"] == one["properties"]
        alone_shape, listed_shape = (
            shapely.geometry.shape(found["geometry"]) for found in (alone, one)
        )
        assert alone_shape.normalize().equals_exact(listed_shape.normalize(), 1e-8)


def test_a_feature_links_to_itself_its_other_formats_and_its_collection(reader):
    found = reader.told(f"{ITEMS}/P-03")

    assert {"self", "alternate", "collection"} <= {one["rel"] for one in found["links"]}
    assert reader.follow(link(found, "self"))["id"] == "P-03"
    assert reader.follow(link(found, "collection"))["id"] == PARCELS


def test_coordinates_are_longitude_and_latitude_unless_another_system_is_asked(reader):
    first = shapely.geometry.shape(reader.told(ITEMS)["features"][0]["geometry"])

    expected = to_wgs84(square(0, 0, 10))
    assert first.bounds == pytest.approx(expected.bounds, abs=1e-8)
    assert first.bounds[0] > 100  # the longitude of Cambodia, which no latitude can be


def test_geojson_is_answered_to_who_accepts_geojson(reader):
    for path in (ITEMS, f"{ITEMS}/P-00"):
        asked = reader.ask(path, headers={"Accept": "application/geo+json"})
        assert asked["Content-Type"] == "application/geo+json"


def test_every_feature_is_geojson_as_rfc_7946_has_it(reader):
    for slug in (PARCELS, "wells"):
        told = reader.told(f"collections/{slug}/items")
        assert told["features"]
        for one in told["features"]:
            assert one["type"] == "Feature"
            assert isinstance(one["properties"], dict)
            assert "crs" not in one
            shape = shapely.geometry.shape(one["geometry"])
            assert shape.is_valid
            if shape.geom_type == "Polygon":
                assert shape.exterior.is_ccw
                ring = one["geometry"]["coordinates"][0]
                assert ring[0] == ring[-1]


def test_links_in_geojson_are_typed_links_of_the_feature_or_the_collection(reader):
    for document in (reader.told(ITEMS), reader.told(f"{ITEMS}/P-00")):
        for one in document["links"]:
            assert isinstance(one["href"], str)
            assert one["href"].startswith("http")


@pytest.mark.parametrize("path", [
    "", "api", "conformance", "collections", f"collections/{PARCELS}", ITEMS, f"{ITEMS}/P-00",
    f"collections/{PARCELS}/queryables", f"collections/{PARCELS}/schema",
])  # fmt: skip
def test_every_resource_is_answered_as_html_with_its_content_and_its_links(reader, path):
    as_json = reader.ask(path)
    page = text_of(reader.ask(path, headers={"Accept": "text/html"}))

    assert page.startswith(("<!doctype html>", "<!DOCTYPE html>"))
    document = json.loads(text_of(as_json))
    for one in document.get("links", []):
        if one["rel"] in ("items", "data", "conformance", "next"):
            assert one["href"].split("?")[0] in page
    for feature in document.get("features", []):
        assert feature["id"] in page


def test_the_same_resource_is_json_by_name_by_accept_and_by_default(reader):
    for path in ("", "conformance", "collections", f"collections/{PARCELS}"):
        documents = [
            reader.ask(path, f="json"),
            reader.ask(path, headers={"Accept": "application/json"}),
            reader.ask(path),
        ]
        assert {found["Content-Type"] for found in documents} == {"application/json"}


def test_what_is_not_there_is_404_and_what_may_not_be_done_405(reader):
    reader.refused("collections/nowhere", status=404)
    reader.refused(f"{ITEMS}/nobody", status=404)
    assert reader.client.delete("/ogc/collections").status_code == 405
    assert reader.client.post(f"/ogc/collections/{PARCELS}").status_code == 405

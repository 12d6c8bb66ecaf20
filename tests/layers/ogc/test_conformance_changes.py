"""OGC API Features Part 4 (20-002r1): create, replace, update, delete, with optimistic locking.

What the standard calls the resource is the feature in a draft, ``…?draft=N``: what is published
changes by publishing the draft, never by one of these requests.
"""

import json

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from shapely.geometry import mapping

from layers.crs import to_wgs84
from layers.editing.drafts import open_draft
from layers.ogc.conformance import CONFORMS_TO
from tests.factories import at, square
from tests.layers.editing.web import allowed
from tests.standards.ground import PARCELS, Reader, parcels
from tests.standards.test_changes import ITEMS, PASSWORD, Writer, basic, drawn

pytestmark = pytest.mark.django_db
CLASSES = {f"ogcapi-features-4/1.0/conf/{name}" for name in (
    "create-replace-delete", "update", "features", "optimistic-locking-etags")}  # fmt: skip
METRES = "http://www.opengis.net/def/crs/EPSG/0/32648"


@pytest.fixture
def draft(db):
    cache.clear()
    layer = parcels()
    author = allowed(User.objects.create_user("dara", password=PASSWORD), "edit_features")
    return open_draft(layer=layer, title="survey", author=author)


@pytest.fixture
def writer(draft):
    return Writer(basic())


@pytest.fixture
def one(writer, draft):
    """Send a request about one feature of the draft."""

    def send(method, name, body=None, **headers):
        return writer.send(method, f"/{name}?draft={draft.pk}", body, **headers)

    return send


def test_options_tell_what_may_be_done_with_a_collection_and_a_feature():
    client = Reader().client
    parcels()

    assert set(client.options(ITEMS)["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert set(client.options(f"{ITEMS}/P-01")["Allow"].split(", ")) == {
        "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE",
    }  # fmt: skip


def test_a_feature_that_was_added_is_found_where_location_tells(writer, draft):
    answer = writer.send("POST", f"?draft={draft.pk}", drawn(height_m=9))

    assert answer.status_code == 201
    there = writer.send("GET", answer["Location"].split("/items")[1])
    assert there.status_code == 200
    assert there.json()["properties"]["height_m"] == 9
    assert there.json()["id"] == answer.json()["id"]


def test_two_features_that_are_added_have_two_names(writer, draft):
    bodies = drawn(height_m=9), drawn(square(600, 0, 10), height_m=9)
    named = [writer.send("POST", f"?draft={draft.pk}", body).json()["id"] for body in bodies]

    assert len(set(named)) == 2


def test_a_feature_that_was_replaced_is_what_was_sent(one):
    etag = one("GET", "P-01")["ETag"]

    answer = one("PUT", "P-01", drawn(height_m=30), If_Match=etag)

    assert answer.status_code == 200
    now = one("GET", "P-01").json()
    assert {name: value for name, value in now["properties"].items() if value is not None} == {
        "height_m": 30, "lifecycle": "existing",
    }  # fmt: skip


def test_replacing_twice_by_the_same_leaves_the_same(one):
    one("PUT", "P-01", drawn(height_m=30), If_Match=one("GET", "P-01")["ETag"])
    first = one("GET", "P-01").json()
    one("PUT", "P-01", drawn(height_m=30), If_Match=one("GET", "P-01")["ETag"])
    second = one("GET", "P-01").json()

    assert first["properties"] == second["properties"]
    assert first["geometry"] == second["geometry"]


def test_a_feature_that_was_deleted_is_gone(one):
    answer = one("DELETE", "P-01", If_Match=one("GET", "P-01")["ETag"])

    assert answer.status_code == 204
    assert not answer.content
    assert one("GET", "P-01").status_code == 404
    assert one("DELETE", "P-01", If_Match="*").status_code == 404


def test_what_is_published_is_the_same_before_and_after_all_of_it(writer, one, draft):
    before = Reader().told(f"collections/{PARCELS}/items")["features"]
    writer.send("POST", f"?draft={draft.pk}", drawn(height_m=9))
    one("PUT", "P-01", drawn(height_m=30), If_Match=one("GET", "P-01")["ETag"])
    one("DELETE", "P-02", If_Match=one("GET", "P-02")["ETag"])

    assert Reader().told(f"collections/{PARCELS}/items")["features"] == before


def test_an_update_changes_the_named_members_and_no_others(one):
    before = one("GET", "P-01").json()

    answer = one(
        "PATCH", "P-01", {"properties": {"height_m": 31, "label": None}},
        content_type="application/merge-patch+json", If_Match=one("GET", "P-01")["ETag"],
    )  # fmt: skip

    assert answer.status_code == 200
    now = one("GET", "P-01").json()
    assert now["geometry"] == before["geometry"]
    assert now["properties"]["height_m"] == 31
    assert "label" not in now["properties"]
    kept = {"opened", "is_public", "land_use", "lifecycle"}
    assert {name: now["properties"][name] for name in kept} == {
        name: before["properties"][name] for name in kept
    }


def test_a_feature_that_is_not_there_can_be_neither_replaced_nor_updated(one):
    assert one("PUT", "P-77", drawn(), If_Match="*").status_code == 404
    assert one("PATCH", "P-77", {"properties": {}}, If_Match="*").status_code == 404


def test_geometry_is_taken_in_the_system_that_content_crs_names(writer, draft):
    there = {"type": "Feature", "geometry": mapping(at(340_000 - 330_000, 5)), "properties": {}}
    metres = {**there, "geometry": mapping(square(700, 0, 10))}

    answer = writer.send("POST", f"?draft={draft.pk}", metres, Content_Crs=f"<{METRES}>")
    degrees = (
        Reader()
        .client.get(answer["Location"], headers={"Authorization": basic()})
        .json()["geometry"]["coordinates"][0]
    )

    assert answer.status_code == 201
    expected = to_wgs84(square(700, 0, 10)).exterior.coords
    assert sorted(map(tuple, degrees))[0] == pytest.approx(sorted(expected)[0], abs=1e-8)
    refused = writer.send("POST", f"?draft={draft.pk}", metres, Content_Crs="<urn:x>")
    assert refused.status_code == 400


def test_every_answer_with_a_feature_carries_its_validator(writer, one, draft):
    added = writer.send("POST", f"?draft={draft.pk}", drawn(height_m=9))
    replaced = one("PUT", "P-01", drawn(height_m=30), If_Match=one("GET", "P-01")["ETag"])

    for answer in (added, replaced, one("GET", "P-03")):
        assert answer["ETag"].startswith('"')
    assert one("GET", "P-01")["ETag"] == replaced["ETag"]
    assert one("GET", "P-02")["ETag"] != replaced["ETag"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_without_a_validator_is_428_and_with_an_old_one_412(one, method):
    body = None if method == "DELETE" else drawn(height_m=5)
    old = one("GET", "P-01")["ETag"]
    one("PUT", "P-01", drawn(height_m=30), If_Match=old)
    kept = one("GET", "P-01").json()["properties"]

    assert one(method, "P-01", body).status_code == 428
    assert one(method, "P-01", body, If_Match=old).status_code == 412
    assert one(method, "P-01", body, If_Match='"nonsense"').status_code == 412
    assert one("GET", "P-01").json()["properties"] == kept


def test_a_body_that_is_no_feature_is_400_and_one_of_another_kind_415(writer, draft):
    assert writer.send("POST", f"?draft={draft.pk}", [1]).status_code == 400
    text = writer.send("POST", f"?draft={draft.pk}", {}, content_type="text/plain")
    assert text.status_code == 415
    broken = writer.client.post(
        f"{ITEMS}?draft={draft.pk}", "{", content_type="application/geo+json",
        headers={"Authorization": basic()},
    )  # fmt: skip
    assert broken.status_code == 400
    assert json.loads(broken.content)["status"] == 400


def test_each_declared_class_has_a_module_of_tests_and_no_other_is_declared():
    from tests.layers.ogc import (
        test_conformance_crs,
        test_conformance_features,
        test_conformance_filters,
        test_conformance_openapi,
        test_conformance_tiles,
    )

    modules = (test_conformance_crs, test_conformance_features, test_conformance_filters,
               test_conformance_openapi, test_conformance_tiles)  # fmt: skip
    tested = CLASSES.union(*(module.CLASSES for module in modules))

    assert tested == {uri.removeprefix("http://www.opengis.net/spec/") for uri in CONFORMS_TO}

"""The editor's conversation with the server: states, refusals, two people, permissions."""

import pytest
from django.contrib.auth.models import User
from shapely.geometry import shape

from layers.crs import to_project
from layers.editing.topology import set_topology
from layers.models import LayerVersion
from layers.queries import current_features
from layers.services import Provenance, publish_changes
from tests.factories import at, feature, filled_layer, line, rectangle, square
from tests.layers.editing.web import Editor, allowed, drawn, geojson

pytestmark = pytest.mark.django_db
DRAFTS = "/layers/zones/drafts/"


@pytest.fixture
def layer():
    layer = filled_layer(
        "zones",
        feature("Z-1", square(0, 0, 100), storeys=2),
        feature("Z-2", square(100, 0, 100), storeys=3),
        geometry_kind="polygon",
        attribute_schema={"fields": {"storeys": {"type": "integer", "min": 0, "max": 60}}},
    )
    set_topology(layer=layer, must_not_overlap=True, tolerance_m=0.1)
    return layer


@pytest.fixture
def editor(layer, dara):
    """Dara, who may do everything, in a new draft."""
    everything = allowed(dara, "edit_features", "publish_version", "edit_survey")
    opened = Editor(everything).told("POST", DRAFTS, {"title": "Plan 2030"}, 201)
    return Editor(everything, f"{DRAFTS}{opened['number']}/")


@pytest.fixture
def other(editor, sophea):
    """Sophea in the same draft."""
    return Editor(allowed(sophea, "edit_features"), editor.base)


def etag(editor, name):
    return editor.ask("GET", f"features/{name}")["ETag"]


def put(editor, name, given, status=200, **headers):
    headers.setdefault("If_Match", etag(editor, name))
    return editor.told("PUT", f"features/{name}", given, status, **headers)


def test_import_correct_publish_over_http(editor, dara):
    put(editor, "Z-1", drawn(rectangle(0, 0, 100, 90)))
    made = editor.told("POST", "features", drawn(rectangle(0, 90, 100, 10)), 201)
    assert made["id"].startswith("zones-")
    assert editor.told("GET", "check") == {"problems": [], "ok": True}
    assert editor.told("GET", "")["counts"] == {"create": 1, "replace": 1, "delete": 0}
    published = editor.told("POST", "publish", {"message": "New park"})
    assert published == {"version": 2, "added": 1, "changed": 1, "removed": 0}
    version = LayerVersion.objects.get(number=2)
    assert (version.published_by, version.message) == (dara, "New park")
    areas = sorted(round(f.geometry.area) for f in current_features("zones"))
    assert areas == [1000, 9000, 10000]


def test_a_draft_tells_its_schema_topology_and_state(editor):
    told = editor.told("GET", "")
    assert (told["state"], told["base_number"], told["author"]) == ("open", 1, "dara")
    assert told["schema"]["fields"]["storeys"]["max"] == 60
    assert (told["topology"]["tolerance_m"], told["topology"]["must_not_overlap"]) == (0.1, True)
    [listed] = editor.client.get(DRAFTS).json()["drafts"]
    assert (listed["title"], listed["stale"]) == ("Plan 2030", 0)


def test_features_come_in_a_box_and_page_by_page(editor):
    first = editor.told("GET", "features?limit=1")
    assert [f["id"] for f in first["features"]] == ["Z-1"]
    second = editor.told("GET", f"features?limit=1&after={first['next']}")
    assert [f["id"] for f in second["features"]] == ["Z-2"]
    assert second["next"] is None
    boxed = editor.told("GET", "features?crs=project&bbox=330150,1170000,330160,1170010")
    assert [f["id"] for f in boxed["features"]] == ["Z-2"]
    west, south, east, north = shape(geojson(square(10, 10, 5))).bounds
    degrees = editor.told("GET", f"features?bbox={west},{south},{east},{north}")
    assert [f["id"] for f in degrees["features"]] == ["Z-1"]


@pytest.mark.parametrize(
    "query",
    ["bbox=1,2,3", "bbox=a,b,c,d", "bbox=5,5,1,1", "bbox=nan,0,1,1", "bbox=-inf,0,inf,1",
     "limit=0", "limit=-1", "limit=x", "limit=999999", "crs=3857"],
)  # fmt: skip
def test_a_question_nobody_understands_gets_400(editor, query):
    assert "remedy" in editor.told("GET", f"features?{query}", status=400)["error"]


def test_a_feature_comes_with_a_strong_validator(editor):
    answer = editor.ask("GET", "features/Z-1")
    assert answer["ETag"].startswith('"r')
    assert answer.json()["etag"] == answer["ETag"]
    assert answer["Cache-Control"] == "no-store"
    ring = shape(answer.json()["geometry"])
    assert to_project(ring, 4326).symmetric_difference(square(0, 0, 100)).area < 1e-3


def test_who_comes_second_gets_412_with_who_what_when_and_the_state(editor, other):
    seen = etag(other, "Z-1")
    put(editor, "Z-1", drawn(rectangle(0, 0, 90, 100)))
    refused = put(other, "Z-1", drawn(rectangle(0, 0, 50, 100)), 412, If_Match=seen)["error"]
    assert (refused["changed_by"], refused["action"]) == ("dara", "replace")
    assert refused["changed_at"].startswith("20")
    assert refused["current"]["id"] == "Z-1"
    put(other, "Z-1", drawn(rectangle(0, 0, 50, 100)), If_Match=refused["etag"])
    edits = editor.told("GET", "edits")["edits"]
    assert [(e["edited_by"], e["counts"]) for e in edits] == [("dara", False), ("sophea", True)]
    assert all(e["feature"]["geometry"] for e in edits)


def test_a_compressed_answer_keeps_its_validator_usable(editor):
    answer = editor.ask("GET", "features/Z-1", Accept_Encoding="gzip")
    assert answer["Content-Encoding"] == "gzip"
    put(editor, "Z-1", drawn(rectangle(0, 0, 90, 100)), If_Match=answer["ETag"])


def test_without_if_match_nothing_is_changed(editor):
    for method, body in (("PUT", drawn(square(0, 0, 50))), ("DELETE", None)):
        refused = editor.told(method, "features/Z-1", body, 428)
        assert "If-Match" in refused["error"]["remedy"]
    assert editor.told("GET", "edits")["edits"] == []


def test_a_feature_may_be_made_under_a_name_of_ones_own_once(editor):
    given = drawn(square(500, 0, 10))
    made = editor.told("PUT", "features/Z-9", given, 201, If_None_Match="*")
    assert (made["id"], made["edited"], made["edited_by"]) == ("Z-9", "create", "dara")
    editor.told("PUT", "features/Z-9", given, 412, If_None_Match="*")
    editor.told("POST", "features", given | {"id": "Z-9"}, 412)
    editor.told("PUT", "features/Z-8", given, 404, If_Match='"r1"')


def test_deleting_and_taking_it_back(editor):
    gone = editor.told("DELETE", "features/Z-1", If_Match=etag(editor, "Z-1"))
    editor.told("GET", "features/Z-1", status=404)
    assert editor.told("GET", "features")["deleted"] == ["Z-1"]
    back = editor.told("POST", "withdraw", {"id": "Z-1"}, If_Match=gone["etag"])
    assert (back["edited"], back["properties"]) == (None, {"storeys": 2})


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"storeys": "two"}, "'two' is not of type integer"),
        ({"storeys": -1}, "-1 is less than 0"),
        ({"storeys": 61}, "61 is more than 60"),
    ],
)
def test_attributes_are_held_to_the_layers_schema(editor, properties, message):
    given = drawn(square(0, 0, 100), properties=properties)
    [problem] = put(editor, "Z-1", given, 422)["error"]["problems"]
    assert (problem["kind"], message in problem["message"]) == ("attribute", True)


@pytest.mark.parametrize(
    ("geometry", "kind"),
    [
        (None, "wrong_kind"),
        ({"type": "GeometryCollection", "geometries": []}, "wrong_kind"),
        ({"type": ["Point"], "coordinates": []}, "wrong_kind"),
        ({"type": "Point", "coordinates": ["a", 1]}, "not_finite"),
        ({"type": "Point", "coordinates": [1e300, 1]}, "not_finite"),
        ({"type": "Point", "coordinates": [10**400, 1]}, "not_finite"),
        ({"type": "Polygon", "coordinates": [[[103, 10], [103, 11]]]}, "invalid_geometry"),
        ({"type": "Polygon", "coordinates": {"a": 1}}, "invalid_geometry"),
        ({"type": "Polygon", "coordinates": []}, "empty_geometry"),
        (geojson(at(5, 5)), "wrong_kind"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "outside_extent"),
    ],
)
def test_a_shape_that_cannot_be_is_refused_with_its_reason(editor, geometry, kind):
    given = {"type": "Feature", "geometry": geometry, "properties": {}}
    [problem] = editor.told("POST", "features", given, 422)["error"]["problems"]
    assert problem["kind"] == kind


def test_a_hundred_thousand_nested_lists_are_refused(editor):
    nested = '{"geometry": {"type": "Polygon", "coordinates": ' + "[" * 100_000 + "]" * 100_000
    answer = editor.client.post(
        f"{editor.base}features", nested + "}}", content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"title": NaN'])
def test_what_is_no_json_object_is_refused(editor, body):
    answer = editor.client.post(f"{editor.base}publish", body, content_type="application/json")
    assert answer.status_code == 400


def test_an_overlap_is_told_with_its_place_and_not_published(editor):
    put(editor, "Z-1", drawn(rectangle(0, 0, 120, 100)))
    check = editor.told("GET", "check")
    assert check["ok"] is False
    [problem] = check["problems"]
    assert (problem["kind"], problem["id"], problem["other"]) == ("overlap", "Z-1", "Z-2")
    assert to_project(shape(problem["geometry"]), 4326).area == pytest.approx(2000, abs=0.01)
    refused = editor.told("POST", "publish", {"message": "x", "accepts_warnings": True}, 422)
    assert refused["error"]["problems"][0]["tolerance_m"] == 0.1


def test_what_changed_underneath_is_decided_before_publishing(editor, layer, sophea):
    put(editor, "Z-1", drawn(rectangle(0, 0, 100, 95), properties={"storeys": 5}))
    theirs = feature("Z-1", square(0, 0, 100), storeys=4)
    publish_changes(layer, [theirs], [], Provenance(published_by=sophea))
    refused = editor.told("POST", "publish", {"message": "x", "accepts_warnings": True}, 412)
    assert [row["id"] for row in refused["error"]["stale"]] == ["Z-1"]
    [row] = editor.told("GET", "stale")["stale"]
    assert row["their_feature"]["properties"] == {"storeys": 4}
    assert row["my_feature"]["properties"] == {"storeys": 5}
    editor.told("POST", "stale/Z-1", {"keep": "both"}, 400, If_Match=row["theirs_etag"])
    editor.told("POST", "stale/Z-1", {"keep": "mine"}, 428)
    editor.told("POST", "stale/Z-1", {"keep": "mine"}, If_Match=row["theirs_etag"])
    assert editor.told("GET", "")["stale"] == 0
    done = editor.told("POST", "publish", {"message": "x", "accepts_warnings": True})
    assert done["version"] == 3


def test_a_discarded_draft_answers_409(editor):
    told = editor.told("POST", "discard", {"reason": "wrong"})
    assert (told["state"], told["closed_by"], told["message"]) == ("discarded", "dara", "wrong")
    put(editor, "Z-1", drawn(square(0, 0, 50)), 409)


def test_a_split_is_shown_before_it_is_done(editor):
    given = {
        "operation": "split",
        "features": {"Z-1": etag(editor, "Z-1")},
        "line": geojson(line((40, -5), (40, 105))),
    }
    shown = editor.told("POST", "operations", given | {"preview": True})
    assert (shown["preview"], len(shown["features"])) == (True, 2)
    assert editor.told("GET", "edits")["edits"] == []
    done = editor.told("POST", "operations", given)
    assert done["balance"]["before_m2"] == pytest.approx(10_000)
    assert abs(done["balance"]["difference_m2"]) < 1e-6
    assert [f["note"] for f in done["features"]] == ["split", "split from Z-1"]
    assert editor.told("GET", "check")["ok"]
    editor.told("POST", "operations", given, 412)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"operation": "melt", "features": {}}, 400),
        ({"operation": "merge"}, 400),
        ({"operation": "merge", "features": {}}, 422),
        ({"operation": "merge", "features": {"Z-1": "seen"}}, 422),
        ({"operation": "split", "features": {"Z-1": "seen"}, "line": None}, 422),
        ({"operation": "snap", "features": {"Z-1": "seen"}, "tolerance_m": "wide"}, 400),
        ({"operation": "snap", "features": {"Z-1": "seen"}, "tolerance_m": 99}, 422),
        ({"operation": "explode", "features": {"Z-1": '"r0"'}}, 412),
        ({"operation": "explode", "features": {"Z-1": "seen"}}, 422),
        ({"operation": "cut-hole", "features": {"Z-1": ""}, "hole": geojson(square(5, 5, 5))}, 428),
        ({"operation": "fill-hole", "features": {"Z-1": "seen"}, "at": geojson(at(5, 5))}, 422),
        ({"operation": "aggregate", "features": {"Z-1": ""}}, 428),
    ],
)
def test_an_operation_that_cannot_be_says_why(editor, given, status):
    features = given.get("features", {})
    if features.get("Z-1") == "seen":
        given = given | {"features": {"Z-1": etag(editor, "Z-1")}}
    assert editor.told("POST", "operations", given, status)["error"]["remedy"]
    assert editor.told("GET", "edits")["edits"] == []


def test_nobody_signed_in_sees_or_changes_drafts(editor):
    stranger = Editor(base=editor.base)
    for method, path in (("GET", ""), ("GET", "features"), ("POST", "publish"), ("GET", "check")):
        assert stranger.told(method, path, status=401)["error"]["remedy"].startswith("Sign in")


def test_who_may_not_edit_or_publish_is_told_which_permission_is_missing(editor, other):
    reader = Editor(User.objects.create_user("reader"), editor.base)
    assert reader.told("GET", "", status=403)["error"]["permission"] == "layers.edit_features"
    refused = other.told("POST", "publish", {"message": "x"}, 403)
    assert refused["error"]["permission"] == "layers.publish_version"
    publisher = Editor(allowed(User.objects.create_user("p"), "publish_version"), editor.base)
    publisher.told("GET", "features")
    put(publisher, "Z-1", drawn(square(0, 0, 50)), 403)


def test_a_layer_one_may_not_see_cannot_be_edited(editor, layer):
    type(layer).objects.filter(pk=layer.pk).update(visibility="internal")
    assert "no layer 'zones'" in editor.told("GET", "", status=404)["error"]["what"]


def test_a_forged_request_is_refused(editor, dara):
    forger = Editor(dara, editor.base, enforce_csrf_checks=True)
    assert forger.ask("POST", "publish", {"message": "x"}).status_code == 403
    assert forger.ask("DELETE", "features/Z-1").status_code == 403


def test_another_method_is_not_allowed(editor):
    answer = editor.ask("PATCH", "features/Z-1")
    assert answer.status_code == 405
    assert "PUT" in answer["Allow"]

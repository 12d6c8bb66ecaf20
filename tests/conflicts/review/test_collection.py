"""Findings over OGC API Features: the same findings, for the same readers, as on their pages."""

import json

import pytest
from django.contrib.auth.models import Permission, User
from hypothesis import given
from hypothesis import strategies as st

from conflicts.filters import FindingFilter
from conflicts.queries import narrowed
from conflicts.review import collection
from layers.crs import PROJECT_SRID
from layers.models import Layer
from tests.conflicts.ground import find, put
from tests.conflicts.people import decide
from tests.conflicts.review.ground import (
    EAST_SIDE,
    NEAR_LANDFILL,
    ON_LANDFILL,
    detected,
    facilities,
    sangkats,
)
from tests.conflicts.test_against_shapely import few, taken_back
from tests.factories import EAST, NORTH, feature, filled_layer, square
from tests.standards.ground import Reader, link, text_of

pytestmark = pytest.mark.django_db

ITEMS = "collections/findings/items"
OWN_CRS = f"http://www.opengis.net/def/crs/EPSG/0/{PROJECT_SRID}"


@pytest.fixture
def city():
    """Two gaps (high) and one overlap (critical) in two sangkats, placed."""
    sangkats()
    found = detected()
    Reader().client.get("/findings/dashboard/")
    return found


def objects(**query):
    told = Reader().told(ITEMS, **query)
    return sorted(one["properties"]["object"] for one in told["features"])


def test_there_is_no_collection_of_findings_before_the_first_detection():
    filled_layer("wells", feature("W-1", square(0, 0, 5)))

    listed = [one["id"] for one in Reader().told("collections")["collections"]]
    assert listed == ["wells"]
    Reader().refused("collections/findings", status=404)


def test_the_collection_is_listed_and_described_like_a_layer(city):
    listed = {one["id"]: one for one in Reader().told("collections")["collections"]}
    found = Reader().told("collections/findings")

    assert listed["findings"]["title"] == found["title"] == "Land-use conflicts"
    assert "no all-clear" in found["description"]
    assert found["itemType"] == "feature"
    assert link(found, "items").endswith("/ogc/collections/findings/items")
    west, south, east, north = found["extent"]["spatial"]["bbox"][0]
    assert 103 < west < east < 104
    assert 10 < south < north < 11


def test_each_finding_is_a_feature_at_its_evidence_with_measure_and_explanation(city):
    told = Reader().told(ITEMS, crs=OWN_CRS)

    by_object = {one["properties"]["object"]: one for one in told["features"]}
    gap = by_object["S-NORTH"]
    assert told["numberReturned"] == told["numberMatched"] == 3
    assert (gap["id"], gap["geometry"]["type"]) == (city["S-NORTH"].pk, "LineString")
    # from the landfill's northern edge (y = 100 m) to the school's southern one (y = 150 m)
    assert sorted(y - NORTH for _x, y in gap["geometry"]["coordinates"]) == pytest.approx(
        [100, 150]
    )
    assert (gap["properties"]["measured"], gap["properties"]["unit"]) == (50.0, "m")
    assert "lies 50.0 m from School North" in gap["properties"]["explanation_en"]
    assert gap["properties"]["page"] == f"/findings/{city['S-NORTH'].pk}/"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("severity = 'critical'", ["M"]),
        ("kind = 'separation' AND measured < 100", ["S-NORTH"]),
        ("margin BETWEEN -160 AND -100", ["S-NORTH"]),
        (f"sangkats LIKE '%{EAST_SIDE}%'", ["S-EAST"]),
        ("object IN ('M', 'S-EAST') AND NOT state = 'resolved'", ["M", "S-EAST"]),
        ("present = true AND unit = 'm2'", ["M"]),
        ("first_seen_on > DATE('2020-01-01')", ["M", "S-EAST", "S-NORTH"]),
        ("first_seen_on < DATE('2020-01-01')", []),
        ("CASEI(subject) = CASEI('l') AND number > 0 AND rule = 'OV-01'", ["M"]),
        ("measured = -1 OR basis = 'demo_value'", ["M", "S-EAST", "S-NORTH"]),
        ("note IS NULL", []),
    ],
)  # fmt: skip
def test_findings_are_filtered_by_cql2(city, condition, expected):
    assert objects(filter=condition) == expected


def test_filters_are_written_as_json_too_and_attributes_are_parameters(city):
    tree = {"op": "=", "args": [{"property": "severity"}, "high"]}

    assert objects(filter=json.dumps(tree), filter_lang="cql2-json") == ["S-EAST", "S-NORTH"]
    assert objects(severity="high", object="S-EAST") == ["S-EAST"]


def test_shapes_and_boxes_choose_by_the_evidence(city):
    box = f"{EAST + 150},{NORTH - 10},{EAST + 300},{NORTH + 60}"

    assert objects(bbox=box, bbox_crs=OWN_CRS) == ["S-EAST"]
    around = (f"POLYGON(({EAST} {NORTH + 90},{EAST + 100} {NORTH + 90},{EAST + 100} {NORTH + 200},"
              f"{EAST} {NORTH + 200},{EAST} {NORTH + 90}))")  # fmt: skip
    assert objects(filter=f"S_INTERSECTS(geometry, {around})", filter_crs=OWN_CRS) == [
        "M", "S-NORTH",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [{"filter": "secret = 1"}, {"severty": "high"}, {"limit": "0"}, {"next": "zzz"},
     {"bbox": "1,2"}, {"datetime": "yesterday"}, {"filter": "severity > 5"}, {"crs": "EPSG:1"},
     {"measured": "far"}],
)  # fmt: skip
def test_what_means_nothing_is_refused(city, query):
    Reader().refused(ITEMS, **query)


def test_pages_follow_each_other_to_the_last_finding(city):
    reader, seen = Reader(), []
    told = reader.told(ITEMS, limit=2)
    while told is not None:
        seen += [one["id"] for one in told["features"]]
        following = link(told, "next")
        told = reader.follow(following) if following else None

    assert seen == sorted(finding.pk for finding in city.values())


def test_a_time_before_the_first_detection_has_no_findings_and_now_has_all(city):
    assert objects(datetime="2001-01-01") == []
    assert objects(datetime="2001-01-01/..") == ["M", "S-EAST", "S-NORTH"]


def test_a_finding_that_is_gone_stood_until_it_was_seen_no_more(city):
    layer = facilities()
    put(layer, feature("L", square(0, 0, 100), "landfill"),
        feature("S-EAST", square(280, 0, 50), "school"))  # fmt: skip
    find(NEAR_LANDFILL, ON_LANDFILL)

    assert objects(datetime="2001-01-01/..") == ["M", "S-EAST", "S-NORTH"]
    assert objects(datetime="2099-01-01") == ["S-EAST"]
    assert objects(state="resolved") == ["M", "S-NORTH"]


def test_one_finding_is_read_by_its_number(city):
    number = city["M"].pk
    told = Reader().told(f"{ITEMS}/{number}")

    assert (told["id"], told["properties"]["rule"]) == (number, "OV-01")
    for wrong in ("0", "999999999", "none", "-1", "1e3", "٣"):
        Reader().refused(f"{ITEMS}/{wrong}", status=404)


def test_the_page_for_people_shows_the_same(city):
    page = text_of(Reader().ask(ITEMS, f="html"))

    assert "Land-use conflicts" in page
    assert "S-NORTH" in page


def test_what_filters_may_name_is_what_the_schema_holds(city):
    queryables = Reader().told("collections/findings/queryables")
    schema = Reader().told("collections/findings/schema")

    assert queryables["additionalProperties"] is False
    assert set(queryables["properties"]) <= set(schema["properties"])
    assert queryables["properties"]["severity"]["enum"][-1] == "critical"
    assert queryables["properties"]["measured"]["type"] == "number"
    [one] = Reader().told(ITEMS, limit=1)["features"]
    assert set(schema["properties"]) - {"geometry"} <= set(one["properties"])


def test_findings_are_only_read(city):
    reader = Reader(User.objects.create_superuser("sokha"), enforce_csrf_checks=False)
    for method in ("put", "patch", "delete"):
        answer = getattr(reader.client, method)(f"/ogc/{ITEMS}/{city['M'].pk}")
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert reader.client.post(f"/ogc/{ITEMS}", {}).status_code == 405


def test_the_openapi_document_describes_the_collection_as_read_only(city):
    paths = Reader().told("api")["paths"]

    assert set(paths["/collections/findings/items"]) == {"get"}
    assert [p["name"] for p in paths["/collections/findings/items/{featureId}"]["parameters"]] == [
        "featureId"
    ]


@pytest.mark.parametrize("visibility", ["internal", "restricted"])
def test_a_finding_of_a_hidden_layer_is_for_whom_may_see_it(city, visibility):
    Layer.objects.filter(slug="facilities").update(visibility=visibility)
    trusted = User.objects.create_user("dara", is_staff=True)
    trusted.user_permissions.add(Permission.objects.get(codename="view_layer"))
    number = city["M"].pk

    assert objects() == []
    Reader().refused(f"{ITEMS}/{number}", status=404)
    assert len(Reader(trusted).ids("findings")) == 3
    assert Reader(trusted).told(f"{ITEMS}/{number}")["id"] == number


@few
@given(
    st.sampled_from(["critical", "high", "low"]),
    st.sampled_from(["open", "accepted", "dismissed"]),
    st.lists(st.sampled_from(["open", "accepted", "dismissed"]), min_size=3, max_size=3),
)
@taken_back
def test_a_condition_on_severity_and_state_equals_the_filter_of_the_list(severity, state, states):
    found = detected()
    for finding, its in zip(found.values(), states, strict=True):
        decide(finding, its)
    listed = narrowed(FindingFilter(exact_severity=severity, state=state), reader=None)

    told = Reader().ids("findings", filter=f"severity = '{severity}' AND state = '{state}'")

    assert told == sorted(listed.values_list("pk", flat=True))


def test_a_question_that_takes_too_long_is_ended_and_told_as_such(city, monkeypatch):
    """The limit of layers' features holds for findings too; here it is 1 ms, and the wait 1 s."""
    monkeypatch.setattr(collection, "LONGEST_PORTION_MS", 1)
    slow = collection.load_sql(collection.__file__, "findings_of_collection.sql")
    slow = slow.replace("WHERE finding.id >", "WHERE pg_sleep(1) IS NOT NULL AND finding.id >")
    monkeypatch.setattr(collection, "load_sql", lambda *_named: slow)

    problem = Reader().refused(ITEMS, status=503)

    assert "took too long" in json.dumps(problem)
    monkeypatch.undo()
    assert len(objects()) == 3

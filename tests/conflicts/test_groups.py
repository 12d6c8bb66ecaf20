"""Findings are listed in groups: one line for a landfill, not one for each dwelling around it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from conflicts.groups import described, groups_of
from conflicts.models import Finding
from tests.conflicts.ground import find, rule_data, surveyed_layer
from tests.conflicts.people import decide
from tests.factories import at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

RULE = rule_data("LF-01", min_distance_m=500)


@pytest.fixture
def dump():
    """One landfill with three schools 100 m, 200 m and 300 m away."""
    land_use("landfill", name_en="Landfill", name_km="ទីលានចាក់សំរាម")
    land_use("school", name_en="School", name_km="សាលារៀន")
    surveyed_layer(
        "facilities",
        feature("L", at(0, 0), "landfill", name_en="Dump", name_km="ទីលាន"),
        *(feature(f"S{n}", at(100 * n, 0), "school") for n in (1, 2, 3)),
    )
    find(RULE)


def groups():
    with override("en"):
        return described(groups_of(Finding.objects.all()))


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_three_schools_around_one_dump_are_one_line(dump):
    [group] = groups()

    assert group.count == 3
    assert (group.worst.subject_id, group.worst.object_id) == ("L", "S1")


def test_the_line_says_how_many_and_how_near_the_nearest_is(dump, client):
    page = text(client.get("/findings/?lang=en"))

    assert "Dump (Landfill): 3 nearer than 500.0 m (School), nearest 100.0 m." in page
    assert "3 conflicts" in page
    assert page.count("badge severity") == 1


def test_the_line_is_khmer_first(dump, client):
    page = text(client.get("/findings/"))

    assert "ទីលាន (ទីលានចាក់សំរាម)៖ 3 ស្ថិតជិតជាង" in page


def test_the_number_leads_to_the_findings_one_by_one(dump, client):
    [group] = groups()

    page = text(client.get(f"/findings/?lang=en&{group.query}"))

    assert "lies 100.0 m from S1" in page
    assert "lies 300.0 m from S3" in page
    assert f"/findings/?{group.query}" == (
        "/findings/?view=each&rulebook=test-book&rule=LF-01&subject_layer=facilities&subject=L"
    )


def test_many_dumps_around_one_school_are_grouped_by_the_school():
    surveyed_layer(
        "facilities",
        feature("S", at(0, 0), "school"),
        *(feature(f"L{n}", at(100 * n, 0), "landfill") for n in (1, 2)),
    )
    find(RULE)

    [group] = groups()

    assert group.count == 2
    assert "S (school): 2 nearer than" in group.sentence
    assert "object=S" in group.query


def test_the_schools_in_one_flood_are_one_line():
    flood = {"hazard_class": "H2", "depth_min_m": 0.5, "depth_max_m": 1.0}
    surveyed_layer(
        "flood", feature("F", square(0, 0, 500), **flood), theme="hazard-flood", title_en="Q100"
    )
    surveyed_layer("facilities", *(feature(f"S{n}", at(9 * n, 9), "school") for n in (1, 2)))
    find(rule_data(kind="hazard_exposure", subject={"classes": ["school"]}))

    [group] = groups()

    assert group.sentence == "Q100: 2 lie in it (school)."


def test_schools_that_share_ground_with_one_dump_are_one_line_with_the_largest_area():
    surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S1", square(10, 10, 10), "school"),
        feature("S2", square(50, 50, 20), "school"),
    )
    find(rule_data(kind="overlap"))

    [group] = groups()

    assert group.sentence == ("L (landfill): 2 share ground with it (school), at most 400.0 m².")


def test_a_lonely_finding_is_told_in_full_without_a_sum():
    surveyed_layer(
        "facilities", feature("L", at(0, 0), "landfill"), feature("S", at(10, 0), "school")
    )
    find(RULE)

    [group] = groups()

    assert group.sentence == ""
    assert "lies 10.0 m from S" in group.explanation


def test_what_is_settled_is_counted_beside(dump):
    decide(Finding.objects.first(), "dismissed")

    assert [(group.count, group.settled) for group in groups()] == [(3, 1)]


def test_the_gravest_groups_come_first_then_the_largest():
    surveyed_layer(
        "facilities",
        feature("L", at(0, 0), "landfill"),
        *(feature(f"S{n}", at(10 * n, 0), "school") for n in (1, 2)),
        feature("M", at(5, 0), "market"),
    )
    market = {"object": {"classes": ["market"]}, "min_distance_m": 500}
    find(RULE, rule_data("A-1", severity="low", **market),
         rule_data("Z-9", severity="critical", **market))  # fmt: skip

    assert [group.worst.rule_code for group in groups()] == ["Z-9", "LF-01", "A-1"]


def test_a_short_list_on_the_map_shows_every_rule_before_a_second_of_one(dump, client):
    surveyed_layer("markets", feature("M", at(400, 0), "market"))
    market = {"object": {"classes": ["market"]}, "min_distance_m": 500}
    find(RULE, rule_data("ZZ-1", **market))

    body = client.get("/findings.geojson?limit=3").json()

    shown = [(f["properties"]["rule"], f["properties"]["measured"]) for f in body["features"]]
    assert shown == [("LF-01", 100), ("ZZ-1", 400), ("LF-01", 200)]
    assert body["total"] == 4


def test_a_filter_narrows_the_groups(dump, client):
    page = text(client.get("/findings/?lang=en&severity=critical"))

    assert "0 conflicts" in page
    assert "No conflict was found for this filter." in page


def test_four_hundred_findings_cost_no_more_queries_than_three(client, dump):
    with CaptureQueriesContext(connection) as few:
        client.get("/findings/?lang=en")
    filled_layer("more", *(feature(f"X{n}", at(0, n), "school") for n in range(1, 400)))
    find(RULE)

    with CaptureQueriesContext(connection) as many:
        page = text(client.get("/findings/?lang=en"))

    assert len(many) <= len(few) + 1  # the names of all classes are looked up once
    assert ">402</a>" in page

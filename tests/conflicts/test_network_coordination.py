"""What is planned without a road, water, drainage or power that serves it in time."""

import pytest

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain_gap, explain_in
from conflicts.models import Finding
from conflicts.rule_schema import rule_from_data
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from layers.services import set_surveyed_area
from layers.vocab import Answer
from tests.conflicts.ground import find, only_outcome, put, rule_data, rulebook, surveyed_layer
from tests.factories import at, feature, filled_layer, land_use, line, square

pytestmark = pytest.mark.django_db

ROAD = rule_data(
    kind="network_coordination",
    subject={"classes": ["R1"], "layers": ["zones"], "lifecycles": ["planned"]},
    object={"classes": ["road"], "surveyed_in": ["roads"]},
)
IN_TIME = ROAD | {"year_attribute": "planned_year"}


def zone(x=0, stable_id="Z", lifecycle="planned", **properties):
    """A zone of 100 m from (x, 0)."""
    return feature(stable_id, square(x, 0, 100), "R1", lifecycle, **properties)


def zones(*features):
    return surveyed_layer("zones", *(features or (zone(),)), looked_for=("R1",))


def roads(*features):
    return surveyed_layer("roads", *features, looked_for=("road",))


def road(y, stable_id="RD", lifecycle="existing", **properties):
    return feature(stable_id, line((-50, y), (150, y)), "road", lifecycle, **properties)


def asked(rule=ROAD):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def gaps(outcome):
    return {gap["gap"]: gap for gap in outcome.missing}


def test_a_planned_zone_whose_nearest_road_lies_340_m_away_has_no_road():
    zones()
    roads(road(440), road(900, "FAR"))

    [finding] = find(ROAD)

    seen = finding.current
    assert (finding.subject_id, finding.object_layer, finding.object_id) == ("Z", "", "")
    assert (seen.measured_value, seen.required_value, seen.unit) == (pytest.approx(340), 0, "m")
    assert seen.margin == pytest.approx(-340)
    assert seen.witness.length == pytest.approx(340)  # from the zone to the road


@pytest.mark.parametrize(("y", "found"), [(50, 0), (100, 0), (100.01, 1)])
def test_a_road_across_it_or_along_its_border_serves_it(y, found):
    zones()
    roads(road(y))

    assert len(find(ROAD)) == found
    assert asked().answer == (Answer.FAILS if found else Answer.COMPLIES)


def test_another_network_another_class_of_zone_and_what_stands_already_do_not_count():
    zones(
        zone(), zone(200, "BUILT", "existing"), feature("I", square(400, 0, 100), "I1", "planned")
    )
    roads(feature("RIVER", line((-50, 50), (900, 50)), "river"), road(2000))

    assert [f.subject_id for f in find(ROAD)] == ["Z"]


@pytest.mark.parametrize(("y", "found"), [(150, 0), (150.01, 1)])
def test_a_distance_counts_where_a_source_states_one(y, found):
    zones()
    roads(road(y))

    findings = find(ROAD | {"max_distance_m": 50})

    assert len(findings) == found
    for finding in findings:
        assert finding.current.required_value == 50
        assert finding.current.margin == pytest.approx(-0.01)


def test_a_planned_road_serves_as_one_that_stands_and_a_closed_one_does_not():
    zones(zone(), zone(500, "W"))
    roads(road(50, lifecycle="planned"),
          feature("OLD", line((500, 50), (600, 50)), "road", "closed"))  # fmt: skip

    assert [f.subject_id for f in find(ROAD)] == ["W"]


@pytest.mark.parametrize(
    ("of_zone", "of_road", "found"),
    [(2030, 2032, 1), (2030, 2030, 0), (2030, 2029, 0), (None, 2032, 0), (2030, None, 0)],
)
def test_a_road_of_a_later_year_comes_too_late_where_both_years_are_stated(of_zone, of_road, found):
    zones(zone(**({"planned_year": of_zone} if of_zone else {})))
    roads(road(50, lifecycle="planned", **({"planned_year": of_road} if of_road else {})))

    findings = find(IN_TIME)

    assert len(findings) == found
    for finding in findings:
        seen = finding.current
        assert (seen.measured_value, seen.required_value, seen.unit) == (2, 0, "years")
        assert seen.facts == {"year": 2030, "late_year": 2032}
        assert "2032" in explain_in(finding, "en")
    assert find(ROAD, code="untimed") == []


def test_one_road_in_time_is_enough_and_one_that_stands_is_never_late():
    zones(zone(planned_year=2030), zone(500, "W", planned_year=2030))
    roads(
        road(50, lifecycle="planned", planned_year=2035),
        road(60, "SOON", "planned", planned_year=2028),
        feature("STANDS", line((500, 50), (600, 50)), "road", planned_year=2040),
    )

    assert find(IN_TIME) == []


def test_where_nobody_surveyed_the_roads_nobody_can_tell_that_there_is_none():
    zones()
    land_use("road")
    layer = filled_layer("roads", road(400))
    set_surveyed_area(layer=layer, geometry=square(0, 0, 60), classes=["road"])

    outcome = asked()

    assert outcome.answer == Answer.CANNOT_TELL
    gap = gaps(outcome)["network_not_sure"]
    assert (gap["count"], gap["examples"], gap["layers"]) == (1, ["Z"], ["roads"])
    assert "Z" in explain_gap(gap)


def test_without_any_layer_of_the_network_the_answer_is_never_all_clear():
    zones()
    land_use("road")

    outcome = asked(ROAD | {"object": {"classes": ["road"]}})

    assert (outcome.answer, set(gaps(outcome))) == (Answer.CANNOT_TELL, {"no_layer"})


@pytest.mark.parametrize("there", [[], [road(2101)]])
def test_what_lies_farther_than_two_kilometres_is_not_told_how_far(there):
    zones()
    roads(*there)

    [finding] = find(ROAD)

    assert (finding.current.unit, finding.current.margin) == ("place", -1)
    assert "None is known within 2,000.0 m" in explain_in(finding, "en")


def test_a_road_whose_condition_is_unknown_may_serve_it():
    zones()
    roads(road(50))
    paved = {"attr": "paved", "op": "eq", "value": True}

    outcome = asked(ROAD | {"object": ROAD["object"] | {"where": paved}})

    assert outcome.pairs_found == 0
    assert gaps(outcome)["network_not_sure"]["count"] == 1


def test_the_road_that_is_built_cures_it_and_a_withdrawn_survey_does_not():
    zones()
    layer = roads(road(300))
    find(ROAD)

    layer.surveyed_areas.all().delete()
    put(layer)
    [finding] = find(ROAD)
    assert (finding.state, finding.note) == ("open", "cannot_recheck")

    put(layer, road(20))
    [finding] = find(ROAD)
    assert finding.state == "resolved"


def test_a_proposed_zone_is_told_before_it_is_saved():
    zones(zone(500, "W"))
    roads(road(50))
    rule = ROAD | {"subject": {"classes": ["R1"], "lifecycles": ["proposed"]}}
    book = rulebook(rule)

    beside = findings_for([feature("P", square(0, 300, 50), "R1", "proposed")], [book])
    across = findings_for([feature("P", square(0, 30, 50), "R1", "proposed")], [book])

    assert [(j.answer, j.measured) for j in beside] == [(Answer.FAILS, pytest.approx(250))]
    assert [j.answer for j in across] == [Answer.COMPLIES]


def test_the_explanation_says_what_is_missing_how_far_and_what_would_cure_it():
    zones(zone(name="East of the river"))
    roads(road(440))

    [finding] = find(ROAD)

    english, khmer = explain_in(finding, "en"), explain_in(finding, "km")
    assert "No road, standing or planned, touches or crosses East of the river" in english
    assert "340.0 m away" in english
    assert "What would cure it" in english
    assert "nearest" not in khmer
    assert "zones v1, roads v1" in english


@pytest.mark.parametrize("distance", [-1, 200_000])
def test_a_distance_that_is_none_is_refused(distance):
    with pytest.raises(RuleFieldError, match="max_distance_m"):
        rule_from_data(ROAD | {"max_distance_m": distance})


def test_points_and_lines_are_served_as_areas_are():
    surveyed_layer(
        "zones", feature("PUMP", at(0, 50), "R1", "planned"),
        feature("PIPE", line((0, 200), (100, 200)), "R1", "planned"), looked_for=("R1",),
    )  # fmt: skip
    roads(road(50))

    assert [f.subject_id for f in find(ROAD)] == ["PIPE"]
    assert Finding.objects.get().current.measured_value == pytest.approx(150)


@pytest.mark.parametrize(
    ("of_zone", "of_road", "lifecycle", "answer"),
    [
        (2030, None, "planned", Answer.CANNOT_TELL),
        (2030, 2029, "planned", Answer.COMPLIES),
        (2030, None, "existing", Answer.COMPLIES),
        (None, None, "planned", Answer.COMPLIES),  # time is not asked
    ],
)
def test_a_road_still_to_be_built_nobody_knows_when_may_come_too_late(
    of_zone, of_road, lifecycle, answer
):
    zones(zone(**({"planned_year": of_zone} if of_zone else {})))
    roads(road(50, lifecycle=lifecycle, **({"planned_year": of_road} if of_road else {})))

    outcome = asked(IN_TIME)

    assert (outcome.answer, outcome.pairs_found) == (answer, 0)
    if answer == Answer.CANNOT_TELL:
        assert gaps(outcome)["network_not_sure"]["examples"] == ["Z"]


@pytest.mark.parametrize(("other_year", "answer"), [(2035, "cannot_tell"), (2029, "complies")])
def test_a_late_road_and_one_without_a_year_leave_it_open_and_one_in_time_settles_it(
    other_year, answer
):
    zones(zone(planned_year=2030))
    roads(road(40, lifecycle="planned"),
          road(60, "OTHER", "planned", planned_year=other_year))  # fmt: skip

    assert asked(IN_TIME).answer == answer
    assert find(IN_TIME) == []

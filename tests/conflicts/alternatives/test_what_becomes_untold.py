"""What could be told of others before the changes and cannot once they are made."""

import pytest

from conflicts.alternatives.changes import Alternative, Change
from conflicts.alternatives.services import ask_alternatives
from conflicts.alternatives.vocab import Effect
from conflicts.services import detect_conflicts
from layers.services import publish_changes, set_surveyed_area
from layers.vocab import Answer
from tests.conflicts.ground import only_outcome, rule_data, rulebook, surveyed_layer
from tests.conflicts.standards import FAR, building, buildings, gaps, plots, zones
from tests.factories import feature, filled_layer, land_use, line, square

pytestmark = pytest.mark.django_db

ROAD = rule_data(
    kind="network_coordination",
    subject={"classes": ["R1"], "layers": ["zones"], "lifecycles": ["planned"]},
    object={"classes": ["road"], "surveyed_in": ["roads"]},
)


def ask(layer, name, after, book, **asked):
    change = Change(layer=layer, stable_id=name, after=after)
    [answer] = ask_alternatives(
        [Alternative(name="A", changes=(change,))], books=[book], **asked
    )  # fmt: skip
    return answer


def detected(book):
    return only_outcome(detect_conflicts(rulebook=book))


@pytest.fixture
def far():
    """A plot of 400 m2 in a zone where floors may be 1.5 times the ground."""
    zones()
    plots(feature("P", square(0, 0, 20)))
    return rulebook(FAR)


def test_a_building_without_storeys_on_a_plot_that_complied_leaves_its_floors_untold(far):
    layer = buildings(building(square(0, 0, 10), "A", storeys=2))  # 200 of 400 m2
    assert detected(far).answer == Answer.COMPLIES
    drawn = building(square(10, 10, 10), "NEW")

    answer = ask(layer, "NEW", drawn, far)

    [untold] = answer.untold
    assert (untold.asked.code, answer.differences, answer.complies) == ("T-01", [], [])
    publish_changes(layer, [drawn], [])
    assert gaps(detected(far))["counted_not_sure"]["examples"] == ["P"]


def test_a_building_of_three_storeys_leaves_nothing_untold(far):
    layer = buildings(building(square(0, 0, 10), "A", storeys=2))

    answer = ask(layer, "NEW", building(square(10, 10, 10), "NEW", storeys=3), far)

    assert (answer.untold, answer.differences) == ([], [])  # 500 of 600 m2


def test_storeys_struck_from_a_record_make_a_finding_go_and_that_is_no_all_clear(far):
    layer = buildings(building(square(0, 0, 20), "A", storeys=2))  # 800 m2 on 400

    answer = ask(layer, "A", building(square(0, 0, 20), "A"), far)

    assert [(d.effect, d.identity[2]) for d in answer.differences] == [(Effect.GOES, "P")]
    assert [each.asked.code for each in answer.untold] == ["T-01"]


@pytest.fixture
def zone():
    """A planned zone of 100 m."""
    surveyed_layer("zones", feature("Z", square(0, 0, 100), "R1", "planned"), looked_for=["R1"])
    return rulebook(ROAD)


THROUGH = feature("RD", line((-50, 50), (150, 50)), "road")


def test_where_roads_are_unsurveyed_no_one_tells_of_a_zone_whose_only_road_goes(zone):
    layer = filled_layer("roads", THROUGH)
    set_surveyed_area(layer=layer, geometry=square(-50, -50, 120), classes=["road"])
    assert detected(zone).answer == Answer.COMPLIES

    answer = ask(layer, "RD", None, zone)

    [untold] = answer.untold
    assert (untold.asked.code, answer.differences, answer.complies) == ("T-01", [], [])
    publish_changes(layer, [], ["RD"])
    assert set(gaps(detected(zone))) == {"network_not_sure"}


def test_where_roads_are_surveyed_the_zone_is_without_one(zone):
    layer = surveyed_layer("roads", THROUGH, looked_for=["road"])

    answer = ask(layer, "RD", None, zone)

    assert [(d.effect, d.identity[2]) for d in answer.differences] == [(Effect.APPEARS, "Z")]
    assert answer.untold == []


def test_where_a_hidden_layer_holds_roads_the_reader_is_told_that_it_may_serve(zone):
    land_use("road")
    surveyed_layer("secret", feature("X", line((0, 20), (90, 20)), "road"), looked_for=["road"],
                   visibility="restricted")  # fmt: skip
    layer = surveyed_layer("roads", THROUGH, looked_for=["road"])

    answer = ask(layer, "RD", None, zone, seen=("public",))

    [untold] = answer.untold
    assert "not public" in untold.missing[0]["en"]
    assert answer.differences == []

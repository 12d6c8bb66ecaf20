"""Random surveys of random cities: who is told and how much ground is blind, as shapely has it."""

import pytest
import shapely
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from conflicts.city_ground import LEAST_WIDTH_M
from conflicts.models import RuleOutcome
from conflicts.services import detect_conflicts
from layers.models import SurveyedArea
from layers.services import publish_features, set_surveyed_area
from tests.conflicts.ground import rule_data, rulebook
from tests.factories import EAST, NORTH, feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db

few = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Ten-metre steps: no strip between two borders is narrower than what counts as noise.
steps = st.integers(0, 60).map(lambda n: 10.0 * n)
widths = st.integers(1, 40).map(lambda n: 10.0 * n)
boxes = st.builds(rectangle, steps, steps, widths, widths)
surveys = st.lists(boxes, min_size=1, max_size=4)


@st.composite
def landfills(draw):
    x, y = EAST + draw(steps), NORTH + draw(steps)
    match draw(st.sampled_from(["point", "box", "line"])):
        case "point":
            return Point(x, y)
        case "box":
            return box(x, y, x + draw(widths), y + draw(widths))
    return LineString([(x, y), (x + draw(widths), y + draw(widths))])


@pytest.fixture
def layers():
    """Landfills and schools in layers of their own; the one school stands far away."""
    land_use("landfill")
    land_use("school")
    dumps = filled_layer("dumps", feature("FAR", square(-9000, -9000, 1), "landfill"))
    schools = filled_layer("schools", feature("S", square(9000, 9000, 1), "school"))
    return dumps, schools


def stated(layer, areas, code):
    """Each area is what one team says it surveyed, with all it looked for."""
    SurveyedArea.objects.filter(layer=layer).delete()
    for number, area in enumerate(areas):
        set_surveyed_area(layer=layer, geometry=area, classes=[code], source=f"team {number}")


def answered(**fields):
    """The answer of one rule; what it stored and locked is given back."""
    with transaction.atomic():
        detect_conflicts(rulebook=rulebook(rule_data(**fields)))
        outcome = RuleOutcome.objects.get()
        transaction.set_rollback(True)
    return outcome


def is_told(shape, known, reach_m):
    """All ground within reach lies inside the survey: its border is nowhere nearer."""
    inside = shapely.covers(known, shape)
    return inside and shape.distance(known.boundary) >= reach_m


@few
@given(st.lists(landfills(), min_size=1, max_size=6), surveys, st.sampled_from([0.01, 50, 120.0]))
@example([Point(EAST + 100, NORTH + 100)], [square(0, 0, 200)], 100.0)  # the border just in reach
@example([box(EAST, NORTH, EAST + 200, NORTH + 200)], [square(0, 0, 200)], 0.01)
def test_exactly_those_landfills_are_untold_whose_reach_leaves_the_survey(
    layers, places, areas, reach_m
):
    dumps, schools = layers
    named = {f"L{number}": shape for number, shape in enumerate(places)}
    publish_features(
        layer=dumps, features=[feature(name, shape, "landfill") for name, shape in named.items()]
    )
    stated(dumps, [square(-20_000, -20_000, 40_000)], "landfill")
    stated(schools, areas, "school")
    known = shapely.union_all(areas)
    untold = sorted(name for name, s in named.items() if not is_told(s, known, reach_m))

    outcome = answered(min_distance_m=reach_m)

    assert outcome.subjects_checked == len(named)
    assert outcome.answer == ("cannot_tell" if untold else "complies")
    found = [gap["examples"] for gap in outcome.missing if gap["gap"] == "not_surveyed"]
    assert found == ([untold] if untold else [])


@few
@given(boxes, surveys)
def test_blind_ground_is_the_city_without_what_was_surveyed(layers, city, areas):
    """And the parts of the city sum up to it, each named once, the largest first."""
    west, south, east, north = city.bounds
    halves = [
        box(west, south, (west + east) / 2, north),
        box((west + east) / 2, south, east, north),
    ]
    filled_layer(
        "sangkat",
        *(feature(f"0{n}", half, name_en=f"Part {n}") for n, half in enumerate(halves)),
        theme="boundaries",
    )
    dumps, schools = layers
    stated(dumps, areas, "landfill")
    stated(schools, [square(-20_000, -20_000, 40_000)], "school")
    blind = city.difference(shapely.union_all(areas))

    outcome = answered(min_distance_m=10)

    assert outcome.city_m2 == pytest.approx(city.area)
    assert outcome.surveyed_m2 == pytest.approx(city.area - blind.area, abs=1e-6)
    gaps = [gap for gap in outcome.missing if gap["gap"] == "ground_not_surveyed"]
    if blind.area == 0:
        assert gaps == []
        return
    [gap] = gaps
    assert gap["unsurveyed_m2"] == pytest.approx(blind.area)
    expected = {f"Part {n}": half.intersection(blind).area for n, half in enumerate(halves)}
    told = {place["en"]: place["area_m2"] for place in gap["places"]}
    assert told == pytest.approx({name: area for name, area in expected.items() if area})
    assert [p["area_m2"] for p in gap["places"]] == sorted(told.values(), reverse=True)


@pytest.mark.parametrize(("strip_m", "is_noise"), [(0.99, True), (1.01, False), (1.5, False)])
def test_ground_as_wide_as_a_metre_is_ground(layers, strip_m, is_noise):
    """A strip of 1.5 m along the border of the city is room for a kiosk, 0.99 m is drawing."""
    assert LEAST_WIDTH_M == 1.0
    filled_layer("sangkat", feature("01", square(0, 0, 1000), name_en="One"), theme="boundaries")
    dumps, schools = layers
    stated(dumps, [rectangle(0, 0, 1000 - strip_m, 1000)], "landfill")
    stated(schools, [square(-20_000, -20_000, 40_000)], "school")

    outcome = answered(min_distance_m=10)

    assert ("ground_not_surveyed" in {gap["gap"] for gap in outcome.missing}) is not is_noise


def test_in_the_bend_of_a_survey_the_corner_is_as_near_as_pythagoras_says(layers):
    """The survey leaves out its north-east; a point 120 m west and 160 m south of that corner
    is 200 m from it, though a square of 200 m around the point reaches into the gap."""
    dumps, schools = layers
    bend = square(0, 0, 2000).difference(rectangle(1000, 1000, 1000, 1000))
    stated(dumps, [square(-20_000, -20_000, 40_000)], "landfill")
    stated(schools, [bend], "school")
    for east_m, untold in [(880, 0), (880.01, 1)]:
        place = Point(EAST + east_m, NORTH + 840)
        publish_features(layer=dumps, features=[feature("L", place, "landfill")])
        assert answered(min_distance_m=200).subjects_untold == untold


def test_surveys_that_meet_in_a_corner_do_not_tell_of_the_ground_between(layers):
    dumps, schools = layers
    publish_features(layer=dumps, features=[feature("L", square(900, 900, 99), "landfill")])
    stated(dumps, [square(-20_000, -20_000, 40_000)], "landfill")
    stated(schools, [square(0, 0, 1000), square(1000, 1000, 1000)], "school")

    assert answered(min_distance_m=10).answer == "cannot_tell"


def test_a_landfill_on_the_edge_of_the_survey_is_told_only_without_any_reach(layers):
    dumps, schools = layers
    publish_features(layer=dumps, features=[feature("L", square(900, 0, 100), "landfill")])
    stated(dumps, [square(-20_000, -20_000, 40_000)], "landfill")
    stated(schools, [square(0, 0, 1000)], "school")

    assert answered(kind="overlap").answer == "complies"
    assert answered(min_distance_m=0.5).answer == "cannot_tell"

"""Buildings against the obstacle limitation surfaces of an airport, with the figures of ICAO."""

import pytest

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain_gap, explain_in
from conflicts.models import Finding
from conflicts.rule_schema import rule_from_data
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from layers.vocab import Answer
from tests.conflicts.ground import find, only_outcome, put, rule_data, rulebook, surveyed_layer
from tests.factories import at, feature, line, rectangle, square

pytestmark = pytest.mark.django_db

RINGS = [
    {"surface": "inner_horizontal", "to_m": 4000, "height_m": 45},
    {"surface": "conical", "from_m": 4000, "to_m": 6000, "height_m": 45, "slope": 0.05},
    {"surface": "outer_horizontal", "from_m": 6000, "to_m": 15_000, "height_m": 150,
     "counts_above_m": 30},
]  # fmt: skip
APPROACH = {
    "inner_edge_m": 280, "from_threshold_m": 60, "divergence": 0.15,
    "sections": [{"length_m": 3000, "slope": 0.02}, {"length_m": 3600, "slope": 0.025},
                 {"length_m": 8400, "slope": 0}],
}  # fmt: skip
OLS = rule_data(
    kind="obstacle_limitation", subject={"layers": ["buildings"]}, object={"classes": ["airport"]},
    surfaces=RINGS, approach=APPROACH, height_attribute="height_m", ground_attribute="ground_m",
    elevation_attribute="elevation_m",
)  # fmt: skip
RINGS_ONLY = {name: value for name, value in OLS.items() if name != "approach"}


def airport(shape=None, **properties):
    """A runway of 2,500 m eastward from the origin, 10 m above the sea."""
    stated = {"elevation_m": 10} | properties
    runway = feature("RWY", shape or line((0, 0), (2500, 0)), "airport", **stated)
    return surveyed_layer("facilities", runway, looked_for=("airport",))


def building(x, y, height_m=None, ground_m=10, stable_id="B"):
    stated = {"height_m": height_m, "ground_m": ground_m}
    known = {name: value for name, value in stated.items() if value is not None}
    return feature(stable_id, at(x, y), None, **known)


def buildings(*features):
    return surveyed_layer("buildings", *features, looked_for=())


def asked(rule=OLS):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def gaps(outcome):
    return {gap["gap"]: gap for gap in outcome.missing}


@pytest.mark.parametrize(
    ("y", "limit", "surface"),
    [
        (2000, 55, "inner_horizontal"),
        (3999, 55, "inner_horizontal"),
        (5000, 105, "conical"),  # 45 + (5000 - 4000) * 0.05 = 95 above the aerodrome
        (6000, 155, "conical"),
        (6001, 160, "outer_horizontal"),
        (15_000, 160, "outer_horizontal"),
    ],
)
def test_beside_the_runway_the_ring_at_the_distance_gives_the_limit(y, limit, surface):
    airport()
    buildings(building(1250, y, limit - 10, stable_id="TOUCHES"),
              building(1250, y, limit - 9, stable_id="PIERCES"))  # fmt: skip

    [finding] = find(OLS)

    seen = finding.current
    assert (finding.subject_id, finding.object_id) == ("PIERCES", "RWY")
    assert (seen.measured_value, seen.unit) == (limit + 1, "m")
    assert seen.required_value == pytest.approx(limit)
    assert seen.margin == pytest.approx(-1)
    assert seen.facts["surface"] == surface
    assert seen.facts["distance_m"] == pytest.approx(y)


def test_beyond_every_surface_and_another_use_are_not_asked():
    airport()
    buildings(building(1250, 15_001, 900))
    surveyed_layer("masts", feature("MAST", at(0, 900), None, height_m=900, ground_m=0))

    assert find(OLS) == []


@pytest.mark.parametrize(("height", "found"), [(30, 0), (31, 1)])
def test_under_the_outer_surface_only_what_is_higher_than_30_m_counts(height, found):
    airport()
    buildings(building(1250, 9000, height, ground_m=140))  # on a hill, top at 170 and 171 m

    assert len(find(OLS)) == found


@pytest.mark.parametrize(
    ("beyond", "across", "limit"),
    [
        (60, 0, 10),  # the inner edge lies as high as the threshold
        (1060, 0, 30),  # 1000 m at 2 %
        (3060, 0, 55),  # 60 m above, but the inner horizontal surface is lower there
        (1060, 289, 30),  # 140 + 0.15 * 1000 = 290 m half as wide
        (1060, 291, 55),
        (59, 0, 55),
        (14_000, 0, 160),  # level from 6600 m on: 60 + 90 above; the outer surface is as high
    ],
)
@pytest.mark.parametrize("end", ["east", "west"])
def test_before_both_ends_the_approach_surface_counts_where_it_is_lower(end, beyond, across, limit):
    airport()
    x = 2500 + beyond if end == "east" else -beyond
    height = limit - 10
    buildings(building(x, across, height + 0.5, stable_id="PIERCES"),
              building(x, across, max(height - 0.5, 0), stable_id="KEEPS"))  # fmt: skip

    [finding] = find(OLS)

    assert finding.subject_id == "PIERCES"
    assert finding.current.required_value == pytest.approx(limit, abs=1e-6)


def test_a_runway_drawn_as_an_area_has_its_axis_along_its_length():
    airport(rectangle(0, -22.5, 2500, 45))
    buildings(building(2500 + 1060, 0, 21), building(-1060, 0, 21, stable_id="W"),
              building(1250, 1000, 21, stable_id="N"))  # fmt: skip

    found = {f.subject_id: f.current.required_value for f in find(OLS)}

    assert found == {"B": pytest.approx(30), "W": pytest.approx(30)}


def test_the_place_of_a_building_nearest_to_the_runway_decides():
    airport()
    tower = feature("T", rectangle(1000, 4500, 50, 1500), None, height_m=75, ground_m=10)
    buildings(tower)

    [finding] = find(RINGS_ONLY)

    assert finding.current.required_value == pytest.approx(10 + 45 + 500 * 0.05)
    assert finding.current.measured_value == 85


@pytest.mark.parametrize(
    ("height", "ground", "missing"),
    [(None, 10, "ground_m, height_m"), (20, None, "ground_m, height_m"), (None, None, "ground_m")],
)
def test_without_height_or_ground_nobody_can_tell(height, ground, missing):
    airport()
    buildings(building(1250, 1000, height, ground))

    outcome = asked()

    assert (outcome.answer, outcome.pairs_found) == (Answer.CANNOT_TELL, 0)
    gap = gaps(outcome)["unknown_attribute"]
    assert (gap["side"], gap["count"], gap["examples"]) == ("subject", 1, ["B"])
    assert missing in ", ".join(gap["attributes"])


def test_a_hill_above_the_surface_is_too_high_for_any_building():
    airport()
    buildings(building(1250, 1000, None, ground_m=60))

    [finding] = find(OLS)

    assert finding.current.margin == pytest.approx(-5)


def test_without_the_elevation_of_the_aerodrome_nobody_can_tell_and_it_says_so():
    airport(elevation_m="?")
    buildings(building(1250, 1000, 300))

    outcome = asked()

    gap = gaps(outcome)["unknown_attribute"]
    assert (outcome.answer, gap["side"]) == (Answer.CANNOT_TELL, "object")
    assert gap["attributes"] == ["elevation_m"]
    assert "elevation" in explain_gap(gap)


def test_a_runway_drawn_as_a_point_has_no_ends():
    airport(at(0, 0))
    buildings(building(0, 1000, 300), building(0, 20_000, 300, stable_id="FAR"))

    outcome = asked()

    assert (outcome.answer, outcome.pairs_found) == (Answer.CANNOT_TELL, 0)
    assert gaps(outcome)["runway_not_known"]["count"] == 1


def test_a_finding_stays_when_the_height_is_forgotten_and_goes_with_the_upper_floors():
    airport()
    layer = buildings(building(1250, 1000, 60))
    find(OLS)

    put(layer, building(1250, 1000))
    [finding] = find(OLS)
    assert (finding.state, finding.note) == ("open", "cannot_recheck")

    put(layer, building(1250, 1000, 45))
    [finding] = find(OLS)
    assert finding.state == "resolved"


def test_a_proposal_and_a_proposed_runway_are_told_before_they_are_saved():
    airport()
    buildings(building(1250, 1000, 46), building(1250, 30_000, 46, stable_id="FAR"))
    rule = OLS | {"subject": {"layers": ["buildings", "proposals"]}}
    book = rulebook(rule)

    tower = feature("NEW", at(1250, 2000), None, "proposed", height_m=60, ground_m=10)
    runway = feature("RWY2", line((0, 31_000), (2500, 31_000)), "airport", "proposed",
                     elevation_m=10)  # fmt: skip
    judged = findings_for([tower], [book])
    at_runway = findings_for([runway], [book])

    assert [(j.answer, j.margin) for j in judged] == [(Answer.FAILS, pytest.approx(-15))]
    fails = [j for j in at_runway if j.answer == Answer.FAILS]
    assert [j.finding.subject_id for j in fails] == ["FAR"]


def test_the_explanation_names_the_surface_and_how_much_is_too_much():
    airport(name="Demo airfield")
    buildings(building(1250, 5000, 120))

    [finding] = find(OLS)

    english, khmer = explain_in(finding, "en"), explain_in(finding, "km")
    assert "reaches 130.0 m above sea level" in english
    assert "25.0 m above the conical surface" in english
    assert "5,000.0 m from Demo airfield" in english
    assert "conical" not in khmer


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"surfaces": []}, "surfaces"),
        ({"surfaces": [RINGS[0] | {"to_m": 5000}, RINGS[1]]}, "surfaces"),
        ({"surfaces": [RINGS[0], RINGS[1] | {"height_m": 40}]}, "surfaces"),
        ({"surfaces": [RINGS[0] | {"from_m": 4000}]}, "from_m"),
        ({"surfaces": [RINGS[0] | {"slope": -1}]}, "slope"),
        ({"surfaces": [RINGS[0] | {"surface": "glide path"}]}, "surface"),
        ({"approach": APPROACH | {"sections": []}}, "sections"),
        ({"approach": APPROACH | {"inner_edge_m": 0}}, "inner_edge_m"),
    ],
)
def test_surfaces_that_cannot_be_are_refused_by_name(fields, named):
    with pytest.raises(RuleFieldError) as refusal:
        rule_from_data(OLS | fields)

    assert named in str(refusal.value)


def test_the_rule_reaches_as_far_as_its_farthest_surface():
    rule = rule_from_data(OLS)

    assert rule.approach.length_m == 15_000
    assert rule.reach_m == pytest.approx((15_060**2 + (140 + 0.15 * 15_000) ** 2) ** 0.5)
    assert Finding.objects.count() == 0
    assert square(0, 0, 1).area == 1


@pytest.mark.parametrize(
    ("height", "ground", "gap"),
    [
        (400, -9999, {"unknown_attribute"}),  # would end 9,599 m below the sea
        (400, -501, {"unknown_attribute"}),
        (-9999, 10, {"unknown_attribute"}),
        (20, -5, set()),  # a polder: its roof 15 m above the sea
    ],
)
def test_numbers_that_cannot_be_on_earth_are_not_stated(height, ground, gap):
    airport()
    buildings(building(1250, 1000, height, ground))

    outcome = asked()

    assert outcome.pairs_found == 0
    assert set(gaps(outcome)) == gap
    assert outcome.answer == (Answer.CANNOT_TELL if gap else Answer.COMPLIES)


def test_an_aerodrome_9999_m_below_the_sea_states_no_elevation():
    airport(elevation_m=-9999)
    buildings(building(1250, 1000, 20))

    outcome = asked()

    assert (outcome.answer, outcome.pairs_found) == (Answer.CANNOT_TELL, 0)
    assert gaps(outcome)["unknown_attribute"]["attributes"] == ["elevation_m"]


@pytest.mark.parametrize(
    ("x", "height"),
    [(3000, 40), (3000, 400), (11_000, 20)],  # the last on a hill, under the approach alone
)
def test_an_aerodrome_of_2_by_2_km_is_not_the_runway_that_lies_somewhere_in_it(x, height):
    airport(square(0, -1000, 2000))
    buildings(building(x, 0, height, ground_m=10 if x == 3000 else 145))

    outcome = asked()

    assert (outcome.answer, outcome.pairs_found) == (Answer.CANNOT_TELL, 0)
    gap = gaps(outcome)["runway_not_known"]
    assert (gap["side"], gap["count"], gap["examples"]) == ("object", 1, ["B"])
    assert "whole aerodrome" in explain_gap(gap)


@pytest.mark.parametrize(("width", "found"), [(45, 1), (280, 1), (281, 0)])
def test_a_runway_may_be_as_wide_as_the_approach_begins(width, found):
    airport(rectangle(0, -width / 2, 2500, width))
    buildings(building(2500 + 1060, 0, 21))

    assert len(find(OLS)) == found


@pytest.mark.parametrize(
    ("x", "y", "height", "found", "unasked"),
    [
        (1250, 300, 22, 0, set()),  # 14.3 % of 300 - 140 m: 22.88 m
        (1250, 300, 23, 0, {"transitional_not_asked"}),
        (1250, 300, 46, 1, set()),  # above the inner horizontal surface anyway
        (1250, 100, 1, 0, {"transitional_not_asked"}),
        (1250, 456, 45, 0, set()),  # 14.3 % of 316 m: above 45 m already
        # 1000 m out: 20 m, and about 99 m from the side of the approach: 14.1 m
        (3560, 390, 34, 0, set()),
        (3560, 390, 35, 0, {"transitional_not_asked"}),
        # 5940 m out: 118.8 m by 2 %, 133.5 m by the approach, 145 m by the cone
        (8500, 0, 118, 0, set()),
        (8500, 0, 119, 0, {"take_off_not_asked"}),
        (8500, 0, 134, 1, set()),
    ],
)
def test_above_a_surface_that_no_table_gives_a_width_nobody_can_tell(x, y, height, found, unasked):
    airport()
    buildings(building(x, y, height))

    outcome = asked()

    told = {name: gap for name, gap in gaps(outcome).items() if name.endswith("not_asked")}
    assert (outcome.pairs_found, set(told)) == (found, unasked)
    for gap in told.values():
        assert outcome.answer == Answer.CANNOT_TELL
        assert gap["examples"] == ["B"]
        assert "no table states" in explain_gap(gap)

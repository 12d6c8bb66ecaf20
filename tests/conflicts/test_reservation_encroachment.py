"""Reserved land: what stands on it, is permitted, planned or proposed there."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from conflicts.explanations import explain, explain_in
from conflicts.models import Finding
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from tests.conflicts.ground import (
    find,
    only_outcome,
    pairs,
    put,
    rule_data,
    rulebook,
    surveyed_layer,
)
from tests.conflicts.test_against_shapely import few, shapes, taken_back
from tests.factories import at, feature, filled_layer, land_use, line, rectangle, square

pytestmark = pytest.mark.django_db

STAGES = ["existing", "under_construction", "permitted", "planned", "proposed"]
RESERVED_LAND_STAYS_FREE = rule_data(
    kind="reservation_encroachment",
    severity="medium",
    coming_severity="critical",
    subject={"layers": ["buildings", "proposals"], "lifecycles": STAGES,
             "surveyed_in": ["buildings"]},
    object={"layers": ["reservations"], "lifecycles": ["reserved"]},
)  # fmt: skip


def reserved(shape=None, stable_id="L", use="school", lifecycle="reserved", **properties):
    return feature(stable_id, shape or square(0, 0, 100), use, lifecycle, **properties)


def register(*reservations):
    return surveyed_layer("reservations", *(reservations or (reserved(),)), looked_for=("school",))


def buildings(*features):
    return surveyed_layer("buildings", *features, looked_for=("residential",))


def house(shape, stable_id="H", lifecycle="existing", use="residential"):
    return feature(stable_id, shape, use, lifecycle)


def test_a_house_reaching_5_m_onto_reserved_land_takes_50_m2_of_it():
    register()
    buildings(house(square(95, 0, 10)))

    [finding] = find(RESERVED_LAND_STAYS_FREE)

    seen = finding.current
    assert (finding.subject_id, finding.object_id) == ("H", "L")
    assert (seen.measured_value, seen.unit) == (pytest.approx(50.0), "m2")
    assert seen.margin == pytest.approx(-50.0)
    assert seen.facts["subject_share"] == pytest.approx(0.5)
    assert seen.witness.area == pytest.approx(50.0)


def test_a_house_that_only_touches_the_reserved_land_takes_none_of_it():
    register()
    buildings(house(square(100, 0, 10)))

    assert find(RESERVED_LAND_STAYS_FREE) == []


@pytest.mark.parametrize(("x", "expected"), [(99.9, {("H", "L")}), (99.91, set())])
def test_from_exactly_a_square_metre_on_it_counts_and_below_it_is_a_sliver(x, expected):
    register()
    buildings(house(square(x, 0, 10)))

    rule = RESERVED_LAND_STAYS_FREE | {"min_overlap_m2": 0.999}

    assert pairs(find(rule)) == expected


@pytest.mark.parametrize("lifecycle", ["proposed", "existing", "closed"])
def test_land_only_proposed_for_reserving_already_used_or_released_is_free(lifecycle):
    register(reserved(lifecycle=lifecycle))
    buildings(house(square(10, 10, 10)))

    assert find(RESERVED_LAND_STAYS_FREE) == []


@pytest.mark.parametrize(
    ("lifecycle", "severity"),
    [
        ("existing", "medium"),
        ("under_construction", "medium"),
        ("permitted", "critical"),
        ("planned", "critical"),
        ("proposed", "critical"),
    ],
)
def test_what_can_still_be_turned_away_has_its_own_severity(lifecycle, severity):
    register()
    buildings(house(square(10, 10, 10), lifecycle=lifecycle))

    [finding] = find(RESERVED_LAND_STAYS_FREE)

    assert finding.severity == severity
    assert finding.current.facts["lifecycle"] == lifecycle


def test_without_a_severity_of_its_own_what_is_coming_has_that_of_the_rule():
    rule = {k: v for k, v in RESERVED_LAND_STAYS_FREE.items() if k != "coming_severity"}
    register()
    buildings(house(square(10, 10, 10), lifecycle="permitted"))

    [finding] = find(rule)

    assert finding.severity == "medium"


@pytest.mark.parametrize(
    ("lifecycle", "expected"),
    [("planned", set()), ("permitted", {("S", "L")}), ("existing", {("S", "L")})],
)
def test_only_a_planned_school_is_what_land_for_a_school_is_reserved_for(lifecycle, expected):
    land_use("school_primary", parent=land_use("school"))
    register()
    buildings(house(square(10, 10, 30), "S", lifecycle, use="school_primary"))

    detection = detect_conflicts(rulebook=rulebook(RESERVED_LAND_STAYS_FREE))

    assert pairs(Finding.objects.all()) == expected
    outcome = only_outcome(detection)
    assert (outcome.pairs_found, outcome.pairs_exempted) == (len(expected), 1 - len(expected))


def test_a_planned_school_is_no_purpose_of_land_reserved_for_a_primary_school():
    land_use("school_primary", parent=land_use("school"))
    register(reserved(use="school_primary"))
    buildings(house(square(10, 10, 30), "S", "planned", use="school"))

    assert pairs(find(RESERVED_LAND_STAYS_FREE)) == {("S", "L")}


def test_a_hut_known_as_a_point_and_a_pipe_are_seen_on_reserved_land():
    register()
    buildings(
        house(at(50, 50), "HUT"),
        house(line((50, 50), (150, 50)), "PIPE"),
        house(at(100, 50), "EDGE"),
    )

    found = {f.subject_id: f.current for f in find(RESERVED_LAND_STAYS_FREE)}

    assert {name: (seen.measured_value, seen.unit) for name, seen in found.items()} == {
        "HUT": (1.0, "place"),
        "PIPE": (pytest.approx(50.0), "m"),
    }


def test_the_finding_names_stage_ground_instrument_basis_and_cure_in_both_languages():
    register(reserved(instrument="Prakas 12 of 2025"))
    buildings(house(square(95, 0, 10)))

    [finding] = find(RESERVED_LAND_STAYS_FREE)

    said = explain(finding)
    assert "H (residential) (existing) takes 50.0 m² (50 %) of the land reserved as L (sch" in said
    assert "(instrument: Prakas 12 of 2025)" in said
    assert "What would cure it: what stands leaves before the land is used" in said
    assert "Demo value without legal force." in said
    assert "ដីបម្រុងទុក" in explain_in(finding, "km")


def test_a_reservation_without_an_instrument_says_so_and_a_permit_has_another_cure():
    register()
    buildings(house(square(95, 0, 10), lifecycle="permitted"))

    [finding] = find(RESERVED_LAND_STAYS_FREE)

    assert "(instrument: not stated)" in explain(finding)
    assert "another place for it, or the release of the land" in explain(finding)


def test_a_reservation_drawn_as_a_point_keeps_the_rule_from_an_all_clear():
    register(reserved(at(50, 50)))
    buildings(house(square(45, 45, 10)))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(RESERVED_LAND_STAYS_FREE)))

    assert outcome.answer == "cannot_tell"
    assert ("no_area", "object") in {(gap["gap"], gap["side"]) for gap in outcome.missing}


def test_without_a_complete_register_nobody_can_say_that_land_is_free():
    filled_layer("reservations", reserved(square(500, 0, 50)))
    buildings(house(square(10, 10, 10)))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(RESERVED_LAND_STAYS_FREE)))

    assert outcome.answer == "cannot_tell"


def test_houses_beside_the_reserved_land_of_a_complete_register_comply():
    register()
    filled_layer("proposals")
    buildings(house(square(200, 10, 10)))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(RESERVED_LAND_STAYS_FREE)))

    assert (outcome.answer, outcome.missing) == ("complies", [])


@pytest.mark.parametrize(
    ("x", "change"), [(90, "worse"), (97, "better"), (95.001, "unchanged"), (120, "gone")]
)
def test_more_ground_taken_is_worse_less_is_better_and_none_resolves(x, change):
    register()
    layer = buildings(house(square(95, 0, 10)))
    book = rulebook(RESERVED_LAND_STAYS_FREE)
    detect_conflicts(rulebook=book)

    put(layer, house(square(x, 0, 10)))
    latest = detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert finding.observations.get(detection=latest).change == change
    assert finding.state == ("resolved" if change == "gone" else "open")


def test_released_land_resolves_the_finding():
    layer = register()
    buildings(house(square(95, 0, 10)))
    book = rulebook(RESERVED_LAND_STAYS_FREE)
    detect_conflicts(rulebook=book)

    put(layer, reserved(lifecycle="closed"))
    detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert finding.absent_since is not None


def test_a_proposal_on_reserved_land_is_told_before_it_is_permitted():
    register()
    filled_layer("proposals")

    [judgement] = findings_for(
        [feature("P", rectangle(90, 0, 20, 10), "residential", "proposed")],
        [rulebook(RESERVED_LAND_STAYS_FREE)],
    )

    assert (judgement.answer, judgement.measured) == ("fails", pytest.approx(100.0))
    assert judgement.finding.severity == "critical"


def test_a_reservation_drawn_over_houses_is_told_before_the_land_is_reserved():
    buildings(house(square(95, 0, 10)))
    rule = RESERVED_LAND_STAYS_FREE | {
        "object": {"layers": ["proposals"], "lifecycles": ["reserved"]}
    }
    filled_layer("proposals")

    judged = findings_for([reserved(stable_id="P")], [rulebook(rule)])

    fails = [judgement for judgement in judged if judgement.answer == "fails"]
    assert [(j.measured, j.finding.severity) for j in fails] == [(pytest.approx(50.0), "medium")]


stages = st.sampled_from(["existing", "permitted", "planned"])
classes = st.sampled_from(["school", "residential"])
things = st.lists(st.tuples(classes, shapes(), stages), max_size=8)
lands = st.lists(st.tuples(classes, shapes(("box", "diamond"))), min_size=1, max_size=5)


@few
@given(things, lands)
@taken_back
def test_it_finds_exactly_the_ground_that_shapely_finds_taken(drawn, held):
    on_it = [house(shape, f"H{n}", stage, use) for n, (use, shape, stage) in enumerate(drawn)]
    land = [reserved(shape, f"L{n}", use) for n, (use, shape) in enumerate(held)]
    filled_layer("buildings", *on_it)
    filled_layer("reservations", *land)
    expected = {}
    for thing in on_it:
        for plot in land:
            serves = thing.lifecycle == "planned" and thing.land_use == plot.land_use
            inside = shapely.relate_pattern(thing.geometry, plot.geometry, "T********")
            part = thing.geometry.intersection(plot.geometry)
            if inside and not serves and (taken := measure(thing.geometry, plot.geometry, part)):
                severity = "medium" if thing.lifecycle == "existing" else "critical"
                expected[thing.stable_id, plot.stable_id] = (severity, pytest.approx(taken))

    found = find(RESERVED_LAND_STAYS_FREE)

    assert {
        (f.subject_id, f.object_id): (f.severity, f.current.measured_value) for f in found
    } == expected


def measure(thing, plot, part):
    """Square metres, metres or one place; nothing where the areas share only a sliver."""
    if not thing.area:
        return part.length or 1.0
    return part.area if part.area >= min(1.0, thing.area / 2, plot.area / 2) else 0.0

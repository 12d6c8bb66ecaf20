"""What must lie within something: found where nothing of the kind is around it, and surely so."""

import pytest

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain, explain_in
from conflicts.exports import finding_record
from conflicts.models import Finding
from conflicts.rule_schema import rule_from_data
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from layers.services import set_surveyed_area
from layers.visibility import PUBLIC_ONLY
from tests.conflicts.ground import (
    find,
    only_outcome,
    put,
    rule_data,
    rulebook,
    surveyed_layer,
)
from tests.factories import EAST, at, feature, filled_layer, land_use, line, rectangle, square

pytestmark = pytest.mark.django_db

OF_OBJECT = {"attr": "closed", "op": "eq", "value": True}
FACTORY_IN_INDUSTRY = rule_data(kind="containment")


def zones(*features, **described):
    whole = features or (feature("I", square(0, 0, 100), "I1"),)
    return surveyed_layer("zones", *whole, looked_for=("I1",), **described)


def half_surveyed(*features):
    """Zones that were drawn and looked for only west of 100 m."""
    layer = filled_layer("zones", *(features or (feature("I", square(0, 0, 50), "I1"),)))
    set_surveyed_area(layer=layer, geometry=square(-900, -500, 1000), classes=["I1"])
    return layer


def uses(*features):
    return surveyed_layer("buildings", *features, looked_for=("factory",))


def factory(shape, stable_id="F", **properties):
    return feature(stable_id, shape, "factory", **properties)


def asked(rule=FACTORY_IN_INDUSTRY):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def test_a_factory_half_outside_the_industrial_zone_lies_outside_with_200_of_its_400_m2():
    zones()
    uses(factory(square(90, 0, 20)))

    [finding] = find(FACTORY_IN_INDUSTRY)

    seen = finding.current
    assert (finding.subject_id, finding.object_layer, finding.object_id) == ("F", "", "")
    assert seen.object_row is None
    assert (seen.measured_value, seen.unit) == (pytest.approx(200.0), "m2")
    assert (seen.required_value, seen.margin) == (pytest.approx(0), pytest.approx(-200.0))
    assert seen.facts == {"subject_share": pytest.approx(0.5)}
    assert seen.witness.area == pytest.approx(200.0)
    assert seen.witness.centroid.x - EAST == pytest.approx(105)  # the eastern half


def test_a_factory_that_touches_the_zone_border_from_inside_lies_within():
    zones()
    uses(factory(square(80, 0, 20)))

    assert find(FACTORY_IN_INDUSTRY) == []


def test_another_use_need_not_lie_there_and_another_zone_does_not_count():
    zones(feature("I", square(0, 0, 100), "I1"), feature("R", square(100, 0, 100), "R1"))
    uses(feature("SCHOOL", square(110, 10, 20), "school"), factory(square(150, 10, 20)))

    assert {f.subject_id for f in find(FACTORY_IN_INDUSTRY)} == {"F"}


@pytest.mark.parametrize(("x", "found"), [(80.049, 0), (80.051, 1)])
def test_less_than_a_square_metre_outside_is_a_border_drawn_off(x, found):
    zones()
    uses(factory(square(x, 0, 20)))  # 0.98 m2 and 1.02 m2 lie outside

    assert len(find(FACTORY_IN_INDUSTRY)) == found


@pytest.mark.parametrize(("x", "found"), [(85, 0), (85.01, 1)])
def test_exactly_the_share_asked_for_is_enough(x, found):
    zones()
    uses(factory(square(x, 0, 20)))  # a quarter outside

    results = find(FACTORY_IN_INDUSTRY | {"min_share": 0.75})

    assert len(results) == found
    if found:
        assert results[0].current.required_value == pytest.approx(100.0)


def test_two_zones_side_by_side_hold_a_factory_together():
    zones(feature("W", square(0, 0, 100), "I1"), feature("E", square(100, 0, 100), "I1"))
    uses(factory(square(90, 0, 20)))

    assert find(FACTORY_IN_INDUSTRY) == []


def test_zones_that_overlap_hold_their_common_ground_once():
    zones(feature("W", square(0, 0, 100), "I1"), feature("E", rectangle(80, 0, 30, 100), "I1"))
    uses(factory(rectangle(85, 0, 50, 10)))

    [finding] = find(FACTORY_IN_INDUSTRY)
    assert finding.current.measured_value == pytest.approx(250.0)  # east of both


def test_points_and_lines_are_counted_and_measured_outside():
    zones()
    uses(
        factory(at(50, 50), "IN"),
        factory(at(100, 50), "EDGE"),
        factory(at(101, 50), "OUT"),
        factory(line((50, 50), (150, 50)), "BELT"),
    )

    found = {f.subject_id: f.current for f in find(FACTORY_IN_INDUSTRY)}

    assert {name: (seen.measured_value, seen.unit) for name, seen in found.items()} == {
        "OUT": (1.0, "place"),
        "BELT": (pytest.approx(50.0), "m"),
    }


def test_without_any_such_zone_in_a_whole_plan_every_factory_lies_outside():
    zones(feature("R", square(0, 0, 100), "R1"))
    uses(factory(square(10, 10, 20)), factory(at(500, 500), "G"))

    assert {f.subject_id for f in find(FACTORY_IN_INDUSTRY)} == {"F", "G"}


def test_outside_the_zones_where_none_was_looked_for_nobody_can_tell():
    half_surveyed()
    uses(factory(square(300, 0, 20)))

    outcome = asked()

    assert (outcome.answer, outcome.pairs_found) == ("cannot_tell", 0)
    [gap] = outcome.missing
    assert (gap["gap"], gap["count"], gap["examples"]) == ("absence_not_sure", 1, ["F"])


def test_inside_a_known_zone_it_is_sure_whatever_was_surveyed_around():
    filled_layer("zones", feature("I", square(0, 0, 100), "I1"))
    uses(factory(square(10, 10, 20)))

    outcome = asked()

    assert (outcome.answer, outcome.missing) == ("complies", [])


def test_a_factory_across_the_border_of_the_survey_is_outside_with_what_is_known():
    half_surveyed()
    uses(factory(rectangle(90, 0, 30, 10)))  # 100 m2 west of the border, 200 m2 beyond

    [finding] = find(FACTORY_IN_INDUSTRY)

    assert finding.current.measured_value == pytest.approx(100.0)


def test_what_is_known_to_lie_outside_must_itself_be_more_than_allowed():
    half_surveyed()
    uses(factory(rectangle(90, 0, 30, 10)))

    outcome = asked(FACTORY_IN_INDUSTRY | {"min_share": 0.5})  # 150 m2 may lie outside

    assert (outcome.answer, outcome.pairs_found) == ("cannot_tell", 0)


@pytest.mark.parametrize("code", ["I1", "I2"])
def test_a_survey_that_looked_for_other_zones_proves_nothing(code):
    for name in ("I1", "I2"):
        land_use(name)
    layer = filled_layer("zones", feature("R", square(900, 0, 10), "R1"))
    set_surveyed_area(layer=layer, geometry=square(-900, -900, 1800), classes=[code])
    uses(factory(square(10, 10, 20)))

    assert asked().answer == ("fails" if code == "I1" else "cannot_tell")


def test_each_of_two_layers_that_may_hold_the_zone_must_have_been_surveyed():
    rule = FACTORY_IN_INDUSTRY | {"object": {"classes": ["I1"], "layers": ["zones", "special"]}}
    zones()
    uses(factory(square(300, 0, 20)))
    special = filled_layer("special", feature("S", square(600, 0, 10), "I1"))

    unsure = asked(rule)
    set_surveyed_area(layer=special, geometry=square(-900, -900, 1800), classes=["I1"])
    sure = asked(rule)

    assert (unsure.answer, sure.answer) == ("cannot_tell", "fails")


def test_a_layer_that_does_not_exist_may_hold_the_zone():
    uses(factory(square(10, 10, 20)))

    outcome = asked()

    assert outcome.answer == "cannot_tell"
    assert [gap["gap"] for gap in outcome.missing] == ["missing_layer"]


def test_a_zone_of_unknown_condition_may_be_the_one_around_it():
    rule = FACTORY_IN_INDUSTRY | {
        "object": {"classes": ["I1"], "layers": ["zones"],
                   "where": {"attr": "in_force", "op": "eq", "value": True}}
    }  # fmt: skip
    layer = zones(feature("I", square(0, 0, 100), "I1"))
    uses(factory(square(10, 10, 20)), factory(square(300, 0, 20), "FAR"))

    unsure = detect_conflicts(rulebook=rulebook(rule))
    told = {f.subject_id for f in Finding.objects.all()}
    put(layer, feature("I", square(0, 0, 100), "I1", in_force=False))
    detect_conflicts(rulebook=rulebook(rule))

    gaps = {(gap["gap"], gap.get("count")) for gap in only_outcome(unsure).missing}
    assert told == {"FAR"}
    assert ("absence_not_sure", 1) in gaps
    assert {f.subject_id for f in Finding.objects.filter(state="open")} == {"F", "FAR"}


def test_a_zone_drawn_as_a_point_keeps_the_rule_from_an_all_clear():
    zones(feature("I", square(0, 0, 100), "I1"), feature("P", at(300, 0), "I1"))
    uses(factory(square(10, 10, 20)))

    outcome = asked()

    assert outcome.answer == "cannot_tell"
    assert {(gap["gap"], gap["side"]) for gap in outcome.missing} == {("no_area", "object")}


def test_it_is_said_how_much_lies_outside_of_what_and_what_would_cure_it_in_both_languages():
    zones()
    uses(factory(square(90, 0, 20)), factory(at(500, 0), "P"))

    by_subject = {f.subject_id: f for f in find(FACTORY_IN_INDUSTRY | {"min_share": 0.9})}

    said = explain(by_subject["F"])
    assert "F (factory) lies with 200.0 m² (50 % of it) outside I1." in said
    assert "At least 90 % of it must lie within." in said
    assert "What would cure it: another place for it, or such an area around it." in said
    assert "Value chosen for the test. Demo value without legal force." in said
    assert "Data: buildings v1, zones v1." in said
    assert "P (factory) lies outside every area of I1." in explain(by_subject["P"])
    assert "ស្ថិតនៅក្រៅ" in explain_in(by_subject["F"], "km")


def test_of_many_classes_it_must_lie_within_the_first_are_named():
    codes = [f"Z{n}" for n in range(1, 9)]
    for code in codes:
        land_use(code)
    layer = zones(feature("R", square(900, 0, 10), "Z1"))
    set_surveyed_area(layer=layer, geometry=square(-900, -900, 1800), classes=codes)
    uses(factory(square(300, 0, 20)))

    rule = FACTORY_IN_INDUSTRY | {"object": {"classes": codes, "layers": ["zones"]}}
    [finding] = find(rule)

    assert "outside Z1, Z2, Z3, Z4, Z5, 3 more." in explain(finding)


def test_exports_leave_the_object_empty():
    zones()
    uses(factory(square(300, 0, 20)))

    [record] = [finding_record(finding) for finding in find(FACTORY_IN_INDUSTRY)]

    assert (record["object_layer"], record["object"], record["object_name"]) == ("", "", "")


def test_a_factory_allowed_in_writing_may_be_exempt():
    allowed = {"reason": {"en": "w"}, "subject": {"attr": "decision", "op": "eq", "value": "12"}}
    zones()
    uses(factory(square(300, 0, 20)), factory(square(400, 0, 20), "W", decision="12"))

    found = find(FACTORY_IN_INDUSTRY | {"exemptions": [allowed]})

    assert [f.subject_id for f in found] == ["F"]


@pytest.mark.parametrize(
    ("x", "change", "state"),
    [(95, "worse", "open"), (85, "better", "open"), (50, "gone", "resolved")],
)
def test_farther_out_is_worse_nearer_is_better_and_inside_resolves(x, change, state):
    zones()
    layer = uses(factory(square(90, 0, 20)))
    book = rulebook(FACTORY_IN_INDUSTRY)
    detect_conflicts(rulebook=book)

    put(layer, factory(square(x, 0, 20)))
    latest = detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert finding.observations.get(detection=latest).change == change
    assert finding.state == state


def test_a_zone_drawn_around_it_resolves_the_finding():
    layer = zones()
    uses(factory(square(300, 0, 20)))
    book = rulebook(FACTORY_IN_INDUSTRY)
    detect_conflicts(rulebook=book)

    put(layer, feature("I", square(250, -50, 100), "I1"))
    detect_conflicts(rulebook=book)

    assert [f.state for f in Finding.objects.all()] == ["resolved"]


def test_a_survey_that_was_withdrawn_resolves_nothing():
    layer = half_surveyed()
    uses(factory(square(60, 0, 20)))
    book = rulebook(FACTORY_IN_INDUSTRY)
    detect_conflicts(rulebook=book)
    assert [f.state for f in Finding.objects.all()] == ["open"]

    layer.surveyed_areas.all().delete()
    detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert (finding.state, finding.note) == ("open", "cannot_recheck")


def test_a_factory_that_was_demolished_resolves_its_finding():
    zones()
    layer = uses(factory(square(300, 0, 20)))
    book = rulebook(FACTORY_IN_INDUSTRY)
    detect_conflicts(rulebook=book)

    put(layer, factory(square(10, 10, 20), "OTHER"))
    detect_conflicts(rulebook=book)

    assert [f.state for f in Finding.objects.all()] == ["resolved"]


def judged(shape, rule=FACTORY_IN_INDUSTRY, **asked):
    proposal = feature("P", shape, "factory", "proposed")
    return findings_for([proposal], [rulebook(rule)], **asked)


def test_a_proposal_outside_is_told_before_it_is_permitted_and_has_no_neighbour():
    zones()
    filled_layer("proposals")

    [judgement] = judged(square(90, 0, 20))

    assert (judgement.answer, judgement.measured) == ("fails", pytest.approx(200.0))
    assert judgement.other is None
    assert judgement.other_name == {"km": "", "en": ""}
    assert "outside I1" in judgement.sentence["en"]


def test_a_proposal_inside_complies_and_on_ground_nobody_looked_at_it_is_open():
    half_surveyed()
    filled_layer("proposals")

    [inside], [unknown] = judged(square(10, 10, 20)), judged(square(300, 0, 20))

    assert (inside.answer, unknown.answer) == ("complies", "cannot_tell")
    assert "outside every known area of I1" in unknown.missing[0]["en"]


def test_a_zone_that_is_not_public_may_be_around_a_proposal():
    zones(visibility="internal")
    filled_layer("proposals")

    outside = judged(square(300, 0, 20), seen=PUBLIC_ONLY)

    assert [judgement.answer for judgement in outside] == ["cannot_tell"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"min_share": 0}, "min_share: is 0, but must be above 0."),
        ({"min_share": 1.01}, "min_share: is more than 1."),
        (
            {"exemptions": [{"reason": {"en": "x"}, "object": OF_OBJECT}]},
            "exemptions[1].object: asks of an object, but such a finding has none.",
        ),
        ({"object": None}, "object: is empty."),
    ],
)  # fmt: skip
def test_a_bad_field_is_named(fields, sentence):
    with pytest.raises(RuleFieldError) as refused:
        rule_from_data(FACTORY_IN_INDUSTRY | fields)

    assert str(refused.value).startswith(sentence)

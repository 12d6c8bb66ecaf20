"""A proposal is judged before it is published exactly as detection would judge it afterwards."""

import pytest
import shapely

from conflicts.models import Finding, Observation
from conflicts.whatif import findings_for
from layers.models import Feature, Layer, LayerVersion
from layers.services import NewFeature, set_surveyed_area
from layers.visibility import EVERYTHING, PUBLIC_ONLY
from layers.vocab import Answer
from tests.conflicts.ground import find, pairs, rule_data, rulebook, surveyed_layer
from tests.factories import at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

DUMP_RULE = rule_data(
    subject={"classes": ["landfill"], "surveyed_in": ["facilities"]},
    object={"classes": ["school"], "surveyed_in": ["facilities"]},
)


def proposed(shape, use="school", stable_id="P", **properties):
    land_use(use)
    return NewFeature(
        stable_id=stable_id,
        geometry=shape,
        land_use=use,
        lifecycle="proposed",
        properties=properties,
    )


def ask(shape, *rules, use="school", seen=EVERYTHING, **properties):
    book = rulebook(*rules)
    return findings_for([proposed(shape, use, **properties)], [book], seen=seen)


def answers(judgements):
    return [judgement.answer for judgement in judgements]


# What it answers


def test_a_school_180_m_from_a_dump_falls_20_m_short_of_200_m():
    surveyed_layer("facilities", feature("L", square(0, 0, 100), "landfill", name_en="Dump"))

    [found] = ask(square(280, 0, 50), DUMP_RULE)

    assert found.answer == Answer.FAILS
    assert (found.measured, found.required, found.margin, found.unit) == (180, 200, -20, "m")
    assert found.other_name["en"] == "Dump (landfill)"
    assert found.witness.length == pytest.approx(180)
    assert not found.may_block


def test_it_says_in_both_languages_what_conflicts_and_how_far():
    surveyed_layer("facilities", feature("L", square(0, 0, 100), "landfill", name_en="Dump"))

    [found] = ask(square(280, 0, 50), DUMP_RULE)

    assert "Dump (landfill) lies 180.0 m from P (school)" in found.explanation["en"]
    assert "P (school)" in found.explanation["km"]
    assert found.explanation["km"] != found.explanation["en"]


def test_a_dump_is_judged_by_every_school_around_it_as_the_subject():
    surveyed_layer(
        "facilities",
        feature("near", at(150, 0), "school"),
        feature("nearer", at(120, 0), "school"),
        feature("far", at(300, 0), "school"),
    )

    found = ask(at(0, 0), DUMP_RULE, use="landfill")

    assert [(f.finding.subject_id, f.finding.object_id) for f in found] == [
        ("P", "nearer"),
        ("P", "near"),
    ]


def test_at_exactly_the_distance_asked_for_it_complies():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))

    assert answers(ask(at(200, 0), DUMP_RULE)) == [Answer.COMPLIES]


def test_a_rule_about_other_uses_says_nothing_of_a_hotel():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))

    assert ask(at(10, 0), DUMP_RULE, use="hotel") == []


def test_a_rule_that_may_block_says_so():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))
    law = {"basis": "binding_law", "provision": {"law": "Law", "article": "art. 1"}}

    [found] = ask(at(10, 0), DUMP_RULE | law)

    assert found.may_block


def test_an_exempted_pair_complies_and_is_counted():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill", sealed=True))
    sealed = {
        "reason": {"en": "Sealed"},
        "subject": {"attr": "sealed", "op": "eq", "value": True},
    }

    [found] = ask(at(10, 0), DUMP_RULE | {"exemptions": [sealed]})

    assert (found.answer, found.exempted) == (Answer.COMPLIES, 1)


def test_a_closed_dump_is_no_neighbour():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill", lifecycle="closed"))

    assert answers(ask(at(10, 0), DUMP_RULE)) == [Answer.COMPLIES]


def test_a_proposal_in_the_flood_is_told_the_depth():
    flood = {"hazard_class": "H2", "depth_min_m": 0.5, "depth_max_m": 1.0}
    surveyed_layer("flood", feature("F", square(0, 0, 500), **flood), theme="hazard-flood")
    rule = rule_data(kind="hazard_exposure", subject={"classes": ["school"]})

    [found] = ask(square(10, 10, 20), rule)

    assert found.answer == Answer.FAILS
    assert (found.measured, found.unit) == (0.5, "m")
    assert found.witness.area == pytest.approx(400)


# What it cannot tell


def test_where_nobody_surveyed_the_answer_is_cannot_tell_never_complies():
    filled_layer("facilities", feature("far", at(9000, 0), "landfill"))

    [found] = ask(at(0, 0), DUMP_RULE)

    assert found.answer == Answer.CANNOT_TELL
    assert found.missing[0]["en"] == (
        "The ground within 200.0 m is not completely surveyed for landfill (facilities)."
    )


def test_a_survey_that_ends_150_m_away_is_not_enough_for_200_m():
    layer = filled_layer("facilities", feature("far", at(9000, 0), "landfill"))
    set_surveyed_area(layer=layer, geometry=square(-150, -500, 1000))

    assert answers(ask(at(0, 0), DUMP_RULE)) == [Answer.CANNOT_TELL]


def test_a_survey_that_ends_200_m_away_is_enough_for_200_m():
    layer = filled_layer("facilities", feature("far", at(9000, 0), "landfill"))
    set_surveyed_area(layer=layer, geometry=square(-200, -500, 1000))

    assert answers(ask(at(0, 0), DUMP_RULE)) == [Answer.COMPLIES]


def test_without_any_layer_of_facilities_nothing_can_be_told():
    [found] = ask(at(0, 0), DUMP_RULE)

    assert found.answer == Answer.CANNOT_TELL
    assert "does not exist" in found.missing[0]["en"]


def test_without_a_flood_map_flooding_cannot_be_told():
    [found] = ask(at(0, 0), rule_data(kind="hazard_exposure", subject={"classes": ["school"]}))

    assert found.answer == Answer.CANNOT_TELL
    assert found.missing[0]["en"] == "There is no such hazard map."


def test_outside_the_flood_map_flooding_cannot_be_told():
    flood = {"hazard_class": "H2", "depth_min_m": 0.5, "depth_max_m": 1.0}
    layer = filled_layer("flood", feature("F", square(0, 0, 50), **flood), theme="hazard-flood")
    set_surveyed_area(layer=layer, geometry=square(0, 0, 500))
    rule = rule_data(kind="hazard_exposure", subject={"classes": ["school"]})

    assert answers(ask(square(490, 0, 20), rule)) == [Answer.CANNOT_TELL]
    assert answers(ask(square(470, 0, 20), rule)) == [Answer.COMPLIES]


def test_a_condition_on_a_height_nobody_stated_cannot_be_told():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))
    tall = {"classes": ["school"], "where": {"attr": "height_m", "op": "gt", "value": 14}}
    rule = DUMP_RULE | {"object": tall}

    [found] = ask(at(10, 0), rule)

    assert found.answer == Answer.CANNOT_TELL
    assert found.missing[0]["en"] == "The proposal does not state height_m."
    assert ask(at(10, 0), rule, height_m=8.0) == []
    assert answers(ask(at(10, 0), rule, height_m=20.0)) == [Answer.FAILS]


def test_a_neighbour_whose_condition_is_unknown_makes_it_cannot_tell():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))
    open_dump = {"classes": ["landfill"], "where": {"attr": "open", "op": "eq", "value": True}}

    [found] = ask(at(10, 0), DUMP_RULE | {"subject": open_dump | {"surveyed_in": ["facilities"]}})

    assert found.answer == Answer.CANNOT_TELL
    assert "do not state open" in found.missing[0]["en"]


def test_a_failure_does_not_hide_what_cannot_be_told_beside_it():
    filled_layer("facilities", feature("L", at(0, 0), "landfill"))

    assert answers(ask(at(10, 0), DUMP_RULE)) == [Answer.FAILS, Answer.CANNOT_TELL]


def test_the_public_hears_nothing_of_an_internal_depot_and_no_all_clear_either():
    surveyed_layer("facilities", feature("S", at(900, 0), "school"))
    surveyed_layer("depots", feature("D", at(10, 0), "landfill"), visibility="internal")

    assert answers(ask(at(0, 0), DUMP_RULE)) == [Answer.FAILS]
    [told] = ask(at(0, 0), DUMP_RULE, seen=PUBLIC_ONLY)
    assert told.answer == Answer.CANNOT_TELL
    assert "not public" in told.missing[0]["en"]


def test_an_internal_layer_without_such_things_leaves_the_public_its_answer():
    surveyed_layer("facilities", feature("S", at(900, 0), "school"))
    surveyed_layer("depots", feature("D", at(10, 0), "hotel"), visibility="internal")

    assert answers(ask(at(0, 0), DUMP_RULE, seen=PUBLIC_ONLY)) == [Answer.COMPLIES]


# What it leaves behind, and what is part of the proposal


def test_asking_stores_nothing():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))
    book = rulebook(DUMP_RULE)
    counted = [Feature, Layer, LayerVersion, Finding, Observation]
    before = [model.objects.count() for model in counted]

    assert findings_for([proposed(at(10, 0))], [book])

    assert [model.objects.count() for model in counted] == before
    assert not Layer.objects.filter(slug="proposals").exists()


def test_asking_about_a_published_proposal_replaces_its_earlier_place():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))
    filled_layer("proposals", proposed(at(10, 0)), proposed(at(20, 0), stable_id="other"))
    schools_apart = rule_data(
        "T-02", subject={"classes": ["school"]}, object={"classes": ["school"]}, min_distance_m=50
    )

    found = ask(at(30, 0), schools_apart)

    assert {f.other.stable_id for f in found if f.other} == {"other"}
    assert Feature.objects.get(stable_id="P", retired_in=None).geometry.x == at(10, 0).x


def test_the_uses_of_one_building_are_no_neighbours_of_each_other():
    surveyed_layer("facilities", feature("L", at(5000, 0), "landfill"))
    both = [proposed(at(0, 0)), proposed(at(0, 0), "landfill", "P:landfill")]

    assert answers(findings_for(both, [rulebook(DUMP_RULE)])) == [Answer.COMPLIES] * 2


def test_several_rule_books_answer_one_after_the_other():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))
    books = [rulebook(DUMP_RULE, code="one"), rulebook(DUMP_RULE, code="two")]

    found = findings_for([proposed(at(10, 0))], books)

    assert [f.finding.rulebook_code for f in found] == ["one", "two"]


def test_the_shape_of_a_proposal_may_come_as_bytes():
    surveyed_layer("facilities", feature("L", at(0, 0), "landfill"))
    land_use("school")
    raw = NewFeature(
        stable_id="P",
        geometry=shapely.to_wkb(at(10, 0)),
        land_use="school",
        lifecycle="proposed",
    )

    assert answers(findings_for([raw], [rulebook(DUMP_RULE)])) == [Answer.FAILS]
    assert pairs(find(DUMP_RULE, code="now")) == set()

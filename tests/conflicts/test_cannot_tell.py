"""'Nothing found' is an all-clear only where everything around was surveyed."""

import pytest
from django.db import IntegrityError
from django.utils import translation

from conflicts.explanations import explain_gap
from conflicts.models import DetectionRun, RuleOutcome
from conflicts.services import detect_conflicts
from layers.services import open_layer, set_surveyed_area
from tests.conflicts.ground import only_outcome, rule_data, rulebook, surveyed_layer
from tests.factories import at, feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db

RULE = rule_data(min_distance_m=200)


def outcome_of(rule=RULE):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def gaps(outcome):
    return [gap["gap"] for gap in outcome.missing]


def looked_for_schools(layer, area, source=""):
    for code in ("landfill", "school"):
        land_use(code)
    classes = ["landfill", "school"]
    set_surveyed_area(layer=layer, geometry=area, source=source, classes=classes)


def test_a_landfill_with_all_schools_surveyed_around_it_complies():
    surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", at(1000, 0), "school"),
    )

    outcome = outcome_of()

    assert (outcome.answer, outcome.missing, outcome.subjects_checked) == ("complies", [], 1)


def test_without_any_survey_nothing_found_means_cannot_tell():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", at(1000, 0), "school"),
    )

    outcome = outcome_of()

    assert outcome.answer == "cannot_tell"
    ground, gap = outcome.missing
    assert (ground["gap"], ground["classes"]) == ("ground_not_surveyed", ["landfill"])
    assert (gap["gap"], gap["layers"], gap["count"], gap["examples"]) == (
        "not_surveyed", ["facilities"], 1, ["L"],
    )  # fmt: skip


def test_only_the_landfill_near_the_edge_of_the_survey_is_untold():
    layer = filled_layer(
        "facilities",
        feature("INSIDE", square(300, 300, 100), "landfill"),
        feature("EDGE", square(850, 300, 100), "landfill"),
    )
    looked_for_schools(layer, square(0, 0, 1000))

    outcome = outcome_of(rule_data(object={"classes": ["school"], "surveyed_in": ["facilities"]}))

    assert outcome.answer == "cannot_tell"
    assert (outcome.subjects_checked, outcome.subjects_untold) == (2, 1)
    assert outcome.missing[0]["examples"] == ["EDGE"]


@pytest.mark.parametrize(("gap_m", "answer"), [(200, "complies"), (199.9, "cannot_tell")])
def test_the_survey_must_reach_as_far_as_the_rule(gap_m, answer):
    layer = filled_layer("facilities", feature("L", square(500, 500, 100), "landfill"))
    looked_for_schools(layer, rectangle(0, 0, 600 + gap_m, 1100))

    outcome = outcome_of(rule_data(object={"classes": ["school"], "surveyed_in": ["facilities"]}))

    assert outcome.answer == answer


def test_two_surveys_side_by_side_count_as_one():
    layer = filled_layer("facilities", feature("L", square(950, 450, 100), "landfill"))
    looked_for_schools(layer, rectangle(0, 0, 1000, 1000), source="west")
    looked_for_schools(layer, rectangle(1000, 0, 1000, 1000), source="east")

    outcome = outcome_of(rule_data(object={"classes": ["school"], "surveyed_in": ["facilities"]}))

    assert outcome.answer == "complies"


def test_a_hole_in_the_survey_beside_the_landfill_is_noticed():
    layer = filled_layer("facilities", feature("L", square(450, 450, 100), "landfill"))
    hole = square(600, 450, 50)
    looked_for_schools(layer, square(0, 0, 1000).difference(hole))

    outcome = outcome_of(rule_data(object={"classes": ["school"], "surveyed_in": ["facilities"]}))

    assert gaps(outcome) == ["not_surveyed"]


def test_schools_in_two_layers_need_both_surveyed():
    surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", at(1000, 0), "school"),
    )
    filled_layer("buildings", feature("B", at(2000, 0), "school"))

    outcome = outcome_of()

    assert outcome.missing[0]["layers"] == ["buildings", "facilities"]
    assert outcome.answer == "cannot_tell"


def test_no_school_anywhere_and_no_layer_named_means_cannot_tell():
    surveyed_layer("facilities", feature("L", square(0, 0, 100), "landfill"))

    assert gaps(outcome_of()) == ["no_layer"]


def test_a_layer_that_must_be_surveyed_but_does_not_exist_is_named():
    surveyed_layer("facilities", feature("L", square(0, 0, 100), "landfill"))

    outcome = outcome_of(rule_data(object={"classes": ["school"], "surveyed_in": ["schools"]}))

    assert outcome.missing[0]["layers"] == ["schools"]
    assert gaps(outcome) == ["missing_layer"]


def test_no_landfill_in_a_surveyed_city_means_the_rule_does_not_apply():
    surveyed_layer("facilities", feature("S", at(0, 0), "school"))
    side = {"classes": ["landfill"], "surveyed_in": ["facilities"]}

    outcome = outcome_of(rule_data(subject=side))

    assert (outcome.answer, outcome.missing) == ("not_applicable", [])


def test_no_landfill_in_an_unsurveyed_city_means_cannot_tell():
    filled_layer("facilities", feature("S", at(0, 0), "school"))
    side = {"classes": ["landfill"], "surveyed_in": ["facilities"]}

    assert gaps(outcome_of(rule_data(subject=side))) == ["no_subjects"]


def test_an_empty_database_is_no_all_clear():
    outcome = outcome_of()

    assert (outcome.answer, gaps(outcome)) == ("cannot_tell", ["no_layer"])


def test_a_conflict_found_does_not_hide_what_cannot_be_told():
    layer = filled_layer(
        "facilities",
        feature("L1", square(0, 0, 100), "landfill"),
        feature("S", at(150, 0), "school"),
        feature("L2", square(5000, 0, 100), "landfill"),
    )
    set_surveyed_area(layer=layer, geometry=square(-1000, -1000, 3000))

    outcome = outcome_of()

    assert (outcome.answer, outcome.pairs_found) == ("fails", 1)
    assert outcome.missing[0]["examples"] == ["L2"]


def test_the_examples_are_cut_but_the_count_is_not():
    filled_layer(
        "facilities",
        *(feature(f"L{n:03}", at(n * 1000, 0), "landfill") for n in range(30)),
        feature("S", at(0, 5000), "school"),
    )

    _ground, gap = outcome_of().missing

    assert gap["count"] == 30
    assert len(gap["examples"]) == 20


HOSPITALS = rule_data(
    kind="hazard_exposure", subject={"classes": ["hospital"]}, return_period_years=100
)


def test_without_a_flood_map_no_hospital_is_safe():
    surveyed_layer("facilities", feature("H", at(0, 0), "hospital"))

    outcome = outcome_of(HOSPITALS)

    assert (outcome.answer, gaps(outcome)) == ("cannot_tell", ["no_hazard_map"])


def test_a_hospital_outside_the_domain_of_the_flood_run_is_untold():
    surveyed_layer(
        "facilities",
        feature("IN", at(500, 500), "hospital"),
        feature("OUT", at(2000, 0), "hospital"),
    )
    flood = filled_layer(
        "flood-r100",
        feature("W", square(0, 0, 10), hazard_class="H2", return_period_years=100),
        theme="hazard-flood",
    )
    set_surveyed_area(layer=flood, geometry=square(0, 0, 1000))

    outcome = outcome_of(HOSPITALS)

    assert outcome.answer == "cannot_tell"
    assert outcome.missing[0]["examples"] == ["OUT"]


def test_one_of_two_flood_maps_is_enough():
    surveyed_layer("facilities", feature("H", at(500, 500), "hospital"))
    for slug, x in (("flood-west", 0), ("flood-east", 5000)):
        water = feature("W", square(x, 0, 10), hazard_class="H2", return_period_years=100)
        flood = filled_layer(slug, water, theme="hazard-flood")
        set_surveyed_area(layer=flood, geometry=square(x, 0, 1000))

    assert outcome_of(HOSPITALS).answer == "complies"


def test_the_database_itself_refuses_an_all_clear_with_gaps():
    detection = detect_conflicts(rulebook=rulebook(RULE))
    outcome = only_outcome(detection)

    outcome.answer = "complies"
    with pytest.raises(IntegrityError):
        outcome.save()


def test_every_gap_has_a_sentence_with_count_and_place():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", at(1000, 0), "school"),
    )
    _ground, gap = outcome_of().missing

    with translation.override("en"):
        sentence = explain_gap(gap)

    assert sentence == (
        "1 places have ground within 200.0 m that is not completely surveyed for school"
        " (facilities), for example: L."
    )


def test_a_detection_remembers_the_versions_of_its_data():
    layer = surveyed_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    open_layer(slug="never-filled", geometry_kind="point")

    detect_conflicts(rulebook=rulebook(RULE))

    assert DetectionRun.objects.get().data_versions == {"facilities": layer.published_number}
    assert RuleOutcome.objects.count() == 1

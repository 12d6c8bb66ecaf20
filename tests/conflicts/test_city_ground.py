"""An all-clear reaches as far as someone looked: the rest of the city is 'cannot tell'."""

import pytest
from django.utils import translation

from conflicts.city_ground import boundary_layers
from conflicts.explanations import explain_gap
from conflicts.models import DetectionRun, RuleOutcome
from conflicts.queries import latest_detection
from conflicts.rule_answers import ground_summary, rule_answer, rule_records
from conflicts.services import detect_conflicts
from layers.services import set_surveyed_area
from tests.conflicts.ground import only_outcome, rule_data, rulebook
from tests.factories import at, feature, filled_layer, land_use, line, rectangle, square

pytestmark = pytest.mark.django_db

# Two sangkats of 1 km² each, side by side.
WEST, EAST_PART = square(0, 0, 1000), square(1000, 0, 1000)
BOTH = rectangle(0, 0, 2000, 1000)
SCHOOL = feature("S", at(500, 500), "school")


@pytest.fixture
def sangkats():
    return filled_layer(
        "sangkat",
        feature("01", WEST, name_km="សង្កាត់១", name_en="Sangkat West"),
        feature("02", EAST_PART, name_km="សង្កាត់២", name_en="Sangkat East"),
        theme="boundaries",
    )


@pytest.fixture
def flood():
    """A flood model of the whole city in which only one corner is wet."""
    water = feature("W", square(0, 0, 10), hazard_class="H2", return_period_years=100)
    layer = filled_layer("flood-r100", water, theme="hazard-flood")
    set_surveyed_area(layer=layer, geometry=BOTH)
    return layer


def facilities(*features, area=WEST, looked_for=("school",)):
    land_use("school")
    layer = filled_layer("facilities", *features)
    set_surveyed_area(layer=layer, geometry=area, classes=looked_for)
    return layer


def schools_in_flood(**fields):
    subject = {"classes": ["school"], "surveyed_in": ["facilities"]}
    rule = rule_data(kind="hazard_exposure", subject=subject, return_period_years=100, **fields)
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def in_english(outcome):
    with translation.override("en"):
        return [explain_gap(gap) for gap in outcome.missing]


def test_schools_looked_for_in_half_of_the_city_are_no_all_clear_for_the_other_half(
    sangkats, flood
):
    facilities(SCHOOL)

    outcome = schools_in_flood()

    assert outcome.answer == "cannot_tell"
    assert (outcome.subjects_checked, outcome.subjects_untold, outcome.tells_of_some) == (
        1,
        0,
        True,
    )
    assert in_english(outcome) == [
        "50 % of the city (1.00 km² of 2.00 km²) is not completely surveyed for school"
        " (facilities). Not surveyed: Sangkat East (1.00 km²)."
    ]


def test_schools_looked_for_everywhere_comply(sangkats, flood):
    facilities(SCHOOL, area=BOTH)

    outcome = schools_in_flood()

    assert (outcome.answer, outcome.missing) == ("complies", [])
    assert (outcome.surveyed_m2, outcome.city_m2) == (pytest.approx(2e6), pytest.approx(2e6))


def test_no_school_found_in_half_of_the_city_does_not_mean_the_city_has_none(sangkats, flood):
    facilities()

    outcome = schools_in_flood()

    assert outcome.answer == "cannot_tell"
    assert not outcome.tells_of_some


def test_no_school_found_anywhere_in_a_whole_survey_means_the_rule_does_not_apply(sangkats, flood):
    facilities(area=BOTH)

    assert schools_in_flood().answer == "not_applicable"


def test_a_flooded_school_stays_a_finding_and_the_rest_is_told_apart(sangkats, flood):
    facilities(feature("WET", square(0, 0, 50), "school"))

    outcome = schools_in_flood()

    assert (outcome.answer, outcome.pairs_found) == ("fails", 1)
    assert [gap["gap"] for gap in outcome.missing] == ["ground_not_surveyed"]


@pytest.mark.parametrize(("strip_m", "answer"), [(0.9, "complies"), (1.1, "cannot_tell")])
def test_a_strip_too_narrow_for_anything_to_stand_in_is_noise(sangkats, flood, strip_m, answer):
    facilities(SCHOOL, area=rectangle(0, 0, 2000 - strip_m, 1000))

    assert schools_in_flood().answer == answer


def test_two_halves_surveyed_by_two_teams_are_the_whole(sangkats, flood):
    layer = facilities(SCHOOL)
    set_surveyed_area(layer=layer, geometry=EAST_PART, classes=["school"], source="east")

    assert schools_in_flood().answer == "complies"


def test_a_half_surveyed_for_hospitals_only_is_a_gap_for_schools(sangkats, flood):
    land_use("hospital")
    layer = facilities(SCHOOL)
    set_surveyed_area(layer=layer, geometry=EAST_PART, classes=["hospital"], source="east")

    assert schools_in_flood().answer == "cannot_tell"


def test_a_partial_survey_is_no_survey(sangkats, flood):
    layer = facilities(SCHOOL)
    set_surveyed_area(layer=layer, geometry=EAST_PART, completeness="partial", source="east")

    assert schools_in_flood().missing[0]["unsurveyed_m2"] == pytest.approx(1e6)


def test_where_two_layers_may_hold_schools_both_must_have_looked(sangkats, flood):
    facilities(SCHOOL, area=BOTH)
    other = filled_layer("old-map")
    set_surveyed_area(layer=other, geometry=WEST, classes=["school"])
    both = {"classes": ["school"], "surveyed_in": ["facilities", "old-map"]}

    rule = rule_data(kind="hazard_exposure", subject=both, return_period_years=100)
    outcome = only_outcome(detect_conflicts(rulebook=rulebook(rule)))

    assert (outcome.answer, outcome.surveyed_m2) == ("cannot_tell", pytest.approx(1e6))


def test_the_largest_part_is_named_first_and_each_with_what_is_missing_there(sangkats, flood):
    facilities(SCHOOL, area=square(0, 0, 500))

    [gap] = schools_in_flood().missing

    assert [(place["en"], place["area_m2"]) for place in gap["places"]] == [
        ("Sangkat East", pytest.approx(1_000_000)),
        ("Sangkat West", pytest.approx(750_000)),
    ]


def test_a_reader_in_khmer_reads_the_place_in_khmer(sangkats, flood):
    facilities(SCHOOL)
    [gap] = schools_in_flood().missing

    with translation.override("km"):
        sentence = explain_gap(gap)

    assert "សង្កាត់២" in sentence
    assert "Sangkat" not in sentence


def test_who_may_not_see_all_layers_reads_how_much_but_not_where(sangkats, flood):
    facilities(SCHOOL)
    [gap] = schools_in_flood().missing

    with translation.override("en"):
        sentence = explain_gap(gap, with_examples=False)

    assert sentence.startswith("50 % of the city")
    assert "Sangkat" not in sentence


def test_where_no_layer_says_where_the_city_ends_an_answer_holds_for_the_surveyed_ground_only(
    flood,
):
    facilities(SCHOOL)

    outcome = schools_in_flood()

    assert (outcome.answer, outcome.city_m2) == ("complies", None)
    with translation.override("en"):
        told = rule_answer(outcome)
        assert told.ground == (
            "Within the surveyed 1.00 km² only: no layer says where the city ends."
        )
        assert ground_summary(outcome.detection) == told.ground


def test_landfills_in_a_layer_nobody_surveyed_are_not_all_there_may_be():
    filled_layer("places", feature("L", square(0, 0, 100), "landfill"))
    layer = facilities(feature("FAR", at(5000, 0), "school"), area=square(-9000, -9000, 18_000))
    near = {"classes": ["school"], "surveyed_in": [layer.slug]}

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(rule_data(object=near))))

    assert outcome.answer == "cannot_tell"
    assert in_english(outcome) == [
        "No ground is stated as completely surveyed for landfill (places): there may be more."
    ]


def test_an_outline_of_the_city_alone_goes_before_districts_that_reach_beyond_it(sangkats, flood):
    filled_layer("districts", feature("D", square(-50_000, 0, 100_000)), theme="base-boundaries")
    filled_layer("outline", feature("C", WEST), theme="city-boundary")
    facilities(SCHOOL)

    outcome = schools_in_flood()

    assert (outcome.answer, outcome.city_m2) == ("complies", pytest.approx(1e6))
    assert boundary_layers() == (["outline"], ["districts", "outline", "sangkat"])


def test_villages_and_border_lines_are_no_ground(sangkats, flood):
    filled_layer(
        "villages", feature("V", at(9000, 0)), feature("B", line((0, 0), (9000, 0))),
        theme="boundaries",
    )  # fmt: skip
    facilities(SCHOOL, area=BOTH)

    assert schools_in_flood().city_m2 == pytest.approx(2e6)


def test_a_school_outside_the_flood_model_is_untold_though_the_whole_city_was_surveyed(
    sangkats, flood
):
    set_surveyed_area(layer=flood, geometry=WEST)
    facilities(SCHOOL, feature("OUT", at(1500, 500), "school"), area=BOTH)

    outcome = schools_in_flood()

    assert outcome.answer == "cannot_tell"
    assert (outcome.missing[0]["gap"], outcome.missing[0]["examples"]) == ("not_surveyed", ["OUT"])


def test_ground_without_schools_outside_the_flood_model_leaves_nothing_open(sangkats, flood):
    set_surveyed_area(layer=flood, geometry=WEST)
    facilities(SCHOOL, area=BOTH)

    assert schools_in_flood().answer == "complies"


def test_page_and_files_say_of_how_much_ground_an_answer_speaks(client, sangkats, flood):
    facilities(SCHOOL)
    schools_in_flood()

    text = client.get("/findings/?lang=en&rule=T-01").content.decode()
    [record] = rule_records(latest_detection())

    assert "in part cannot tell" in text
    assert "This speaks of the 1.00 km² surveyed, out of 2.00 km²." in text
    assert "50 % of the city (1.00 km² of 2.00 km²)" in text
    assert (record["cannot_tell"], record["surveyed_m2"]) == ("in part", pytest.approx(1e6))
    assert "Sangkat East (1.00 km²)" in record["missing_en"]
    assert record["ground_en"] == "This speaks of the 1.00 km² surveyed, out of 2.00 km²."


def test_the_printed_summary_of_a_detection_names_the_widest_gap(sangkats, flood):
    facilities(SCHOOL)
    schools_in_flood()

    with translation.override("en"):
        said = ground_summary(DetectionRun.objects.get())

    assert said.startswith("Rules that cannot tell of all ground: 1. The widest gap: 50 % of the")
    assert RuleOutcome.objects.get().answer == "cannot_tell"

"""A survey proves absence only of what it looked for: quarries nobody mapped are no all-clear."""

import pytest
from django.utils import translation

from conflicts.explanations import explain_gap
from conflicts.models import Finding
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from layers.services import NewFeature, set_surveyed_area
from tests.conflicts.ground import CITY, only_outcome, put, rule_data, rulebook
from tests.factories import at, feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db

DUMP = feature("L", square(0, 0, 100), "landfill")
FAR_SCHOOL = feature("S", at(5000, 0), "school")


def side(*classes):
    return {"classes": list(classes), "surveyed_in": ["facilities"]}


def facilities(*features):
    for code in ("landfill", "school", "hospital", "quarry"):
        land_use(code)
    land_use("school_primary", parent=land_use("school"))
    return filled_layer("facilities", *features)


def looked_for(layer, *classes, area=CITY, source=""):
    set_surveyed_area(layer=layer, geometry=area, classes=classes, source=source)


def outcome_of(subject=("landfill",), objects=("school",), distance_m=200):
    rule = rule_data(subject=side(*subject), object=side(*objects), min_distance_m=distance_m)
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def test_quarries_nobody_looked_for_are_cannot_tell_and_not_does_not_apply():
    looked_for(facilities(DUMP, FAR_SCHOOL), "landfill", "school")

    outcome = outcome_of(subject=["quarry"])

    assert (outcome.answer, outcome.subjects_checked) == ("cannot_tell", 0)
    [gap] = outcome.missing
    assert (gap["gap"], gap["classes"], gap["layers"]) == (
        "class_not_surveyed", ["quarry"], ["facilities"],
    )  # fmt: skip


def test_quarries_looked_for_and_not_found_mean_the_rule_does_not_apply():
    looked_for(facilities(DUMP, FAR_SCHOOL), "landfill", "school", "quarry")

    assert outcome_of(subject=["quarry"]).answer == "not_applicable"


def test_a_landfill_is_not_clear_of_hospitals_nobody_looked_for():
    looked_for(facilities(DUMP, FAR_SCHOOL), "landfill", "school")

    assert outcome_of(objects=["school"]).answer == "complies"
    outcome = outcome_of(objects=["hospital"])
    assert (outcome.answer, outcome.missing[0]["classes"]) == ("cannot_tell", ["hospital"])


def test_of_two_classes_only_the_one_nobody_looked_for_is_named():
    looked_for(facilities(DUMP, FAR_SCHOOL), "landfill", "school")

    [gap] = outcome_of(objects=["school", "hospital"]).missing

    assert (gap["classes"], gap["count"]) == (["hospital"], 1)


def test_who_looked_for_schools_looked_for_primary_schools():
    looked_for(facilities(DUMP), "landfill", "school")

    assert outcome_of(objects=["school_primary"]).answer == "complies"


def test_who_looked_for_primary_schools_has_not_looked_for_all_schools():
    looked_for(facilities(DUMP), "landfill", "school_primary")

    outcome = outcome_of(objects=["school"])

    assert (outcome.answer, outcome.missing[0]["classes"]) == ("cannot_tell", ["school"])


def test_a_survey_that_names_nothing_looked_for_what_its_layer_shows_and_no_more():
    looked_for(facilities(DUMP, FAR_SCHOOL))

    assert outcome_of().answer == "complies"
    assert outcome_of(subject=["quarry"]).answer == "cannot_tell"
    assert outcome_of(objects=["hospital"]).answer == "cannot_tell"


def test_when_the_last_landfill_is_gone_the_survey_still_knows_that_there_is_none():
    layer = facilities(DUMP, FAR_SCHOOL)
    looked_for(layer)
    put(layer, FAR_SCHOOL)

    assert outcome_of().answer == "not_applicable"


def test_known_landfills_are_not_all_landfills_where_nobody_looked_for_landfills():
    looked_for(facilities(DUMP, FAR_SCHOOL), "school")

    outcome = outcome_of()

    assert (outcome.answer, outcome.subjects_checked) == ("cannot_tell", 1)
    assert outcome.missing[0]["classes"] == ["landfill"]


@pytest.mark.parametrize(("x", "answer"), [(400, "cannot_tell"), (1000, "complies")])
def test_schools_surveyed_in_the_west_and_hospitals_in_the_east_are_known_where_both_are(x, answer):
    # schools: 0 to 1,600 m; hospitals: 700 m to 3,000 m; both known from 700 to 1,600 m
    layer = facilities(feature("L", square(x, 900, 100), "landfill"))
    looked_for(layer, "landfill", source="dumps")
    looked_for(layer, "school", area=rectangle(0, 0, 1600, 2000), source="schools")
    looked_for(layer, "hospital", area=rectangle(700, 0, 2300, 2000), source="hospitals")

    outcome = outcome_of(objects=["school", "hospital"])

    assert outcome.answer == answer
    assert [gap["gap"] for gap in outcome.missing] == ["not_surveyed"] * (answer != "complies")


def test_two_offices_that_each_looked_for_one_class_answer_for_both_together():
    layer = facilities(DUMP)
    looked_for(layer, "landfill", "school", source="education office")
    looked_for(layer, "hospital", source="health office")

    assert outcome_of(objects=["school", "hospital"]).answer == "complies"


def test_a_partial_survey_that_names_quarries_proves_nothing_of_them():
    layer = facilities(DUMP, FAR_SCHOOL)
    looked_for(layer, "landfill", "school")
    set_surveyed_area(
        layer=layer, geometry=CITY, classes=["quarry"], completeness="partial", source="walk"
    )

    assert outcome_of(subject=["quarry"]).answer == "cannot_tell"


@pytest.mark.parametrize(
    ("classes", "state", "note"),
    [(["landfill", "school"], "resolved", ""), (["landfill"], "open", "cannot_recheck")],
)
def test_a_school_that_left_the_map_resolves_only_where_schools_are_looked_for(
    classes, state, note
):
    layer = facilities(DUMP, feature("S", at(150, 50), "school"))
    looked_for(layer, *classes)
    book = rulebook(rule_data(subject=side("landfill"), object=side("school")))
    detect_conflicts(rulebook=book)
    put(layer, DUMP)
    detect_conflicts(rulebook=book)

    finding = Finding.objects.get()

    assert (finding.state, finding.note) == (state, note)


def test_a_school_asked_for_where_nobody_looked_for_landfills_is_told_so():
    looked_for(facilities(DUMP, FAR_SCHOOL), "school", "hospital")
    rule = rule_data(subject=side("landfill"), object=side("school"))
    proposal = NewFeature(
        stable_id="P", geometry=square(2000, 0, 20), land_use="school", lifecycle="proposed"
    )

    [judgement] = findings_for([proposal], [rulebook(rule)])

    assert judgement.answer == "cannot_tell"
    assert judgement.missing[0]["en"] == (
        "Nobody has surveyed landfill: no complete survey of facilities has looked for it."
    )


def test_the_reader_is_told_in_khmer_which_class_to_survey():
    land_use("quarry", name_km="ការដ្ឋានយកថ្ម")
    gap = {"gap": "class_not_surveyed", "classes": ["quarry"], "layers": ["facilities"]}

    with translation.override("km"):
        assert "ការដ្ឋានយកថ្ម" in explain_gap(gap)
        assert "Nobody" not in explain_gap(gap)

"""Areas left out of a hazard map for their size are water all the same: no one there is cleared.

48 cells of 10 m: a plain 0.317 m deep (H2) around a pit of 400 m2 that is 1.317 m deep (H4).
"""

import pytest
import shapely

from conflicts.models import RuleOutcome
from layers.models import SurveyedArea
from layers.queries import current_features, layer_named
from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY, find, rule_data
from tests.factories import feature, filled_layer, rectangle, square
from tests.scenarios.basins import HEAVY_RAIN, plain_with_a_pit, run_scenario, write_scenario

pytestmark = pytest.mark.django_db

IN_THE_PIT, ON_THE_PLAIN = square(32, 22, 6), square(2, 2, 6)
PIT = rectangle(30, 20, 20, 20)
NO_SCHOOL_IN_A_METRE_OF_WATER = rule_data(
    kind="hazard_exposure",
    subject={"classes": ["school"]},
    thresholds=[{"depth_ge_m": 1.0, "severity": "critical"}],
)


def flooded(folder, *, min_area_m2, event=HEAVY_RAIN):
    path = write_scenario(folder, plain_with_a_pit(), event=event, min_area_m2=min_area_m2)
    run_scenario(path)
    return layer_named("flood-basin")


def asked_of_a_school(shape):
    """The findings and the answer of the rule about one school, looked for everywhere."""
    layer = filled_layer("facilities", feature("SCHOOL", shape, "school"))
    set_surveyed_area(layer=layer, geometry=CITY, classes=["school"])
    found = find(NO_SCHOOL_IN_A_METRE_OF_WATER)
    return found, RuleOutcome.objects.get()


def told_ground(layer):
    [area] = SurveyedArea.objects.filter(layer=layer, completeness="complete")
    return shapely.from_wkb(bytes(area.geometry.wkb))


def test_a_school_in_a_pit_too_small_for_the_map_is_not_cleared(tmp_path):
    flooded(tmp_path, min_area_m2=500)

    found, outcome = asked_of_a_school(IN_THE_PIT)

    assert found == []
    assert outcome.answer == "cannot_tell"
    [gap] = outcome.missing
    assert (gap["gap"], gap["count"], gap["examples"]) == ("not_surveyed", 1, ["SCHOOL"])


def test_a_school_in_a_pit_of_exactly_the_least_area_is_found(tmp_path):
    flooded(tmp_path, min_area_m2=400)

    [finding], outcome = asked_of_a_school(IN_THE_PIT)

    assert (finding.severity, outcome.answer) == ("critical", "fails")
    assert finding.current.facts["hazard_class"] == "H4"


def test_a_school_on_the_plain_beside_the_pit_is_still_told(tmp_path):
    flooded(tmp_path, min_area_m2=500)

    found, outcome = asked_of_a_school(ON_THE_PLAIN)

    assert (found, outcome.answer) == ([], "complies")  # a third of a metre, not one


def test_a_school_that_reaches_one_metre_into_the_pit_is_not_cleared(tmp_path):
    flooded(tmp_path, min_area_m2=500)

    _found, outcome = asked_of_a_school(rectangle(25, 22, 6, 6))

    assert outcome.answer == "cannot_tell"


def test_the_ground_that_is_told_is_the_model_without_the_areas_left_out(tmp_path):
    layer = flooded(tmp_path, min_area_m2=500)

    assert told_ground(layer).equals(shapely.difference(rectangle(0, 0, 80, 60), PIT))
    assert told_ground(layer).area == pytest.approx(4_800 - 400)


def test_with_every_cell_kept_the_whole_model_is_told(tmp_path):
    layer = flooded(tmp_path, min_area_m2=None)

    assert told_ground(layer).equals(rectangle(0, 0, 80, 60))


def test_published_areas_and_told_ground_leave_no_flooded_cell_unaccounted_for(tmp_path):
    layer = flooded(tmp_path, min_area_m2=500)
    shown = shapely.union_all(
        [shapely.from_wkb(bytes(zone.geometry.wkb)) for zone in current_features(layer.slug)]
    )

    # the whole basin is under water: what is told and dry would be a wrong all-clear
    assert shapely.difference(told_ground(layer), shown).area == pytest.approx(0, abs=1e-6)


def test_a_map_from_which_all_was_left_out_clears_no_one(tmp_path):
    layer = flooded(tmp_path, min_area_m2=1e6)

    _found, outcome = asked_of_a_school(ON_THE_PLAIN)

    assert not current_features("flood-basin").exists()
    assert not SurveyedArea.objects.filter(layer=layer, completeness="complete").exists()
    assert outcome.answer == "cannot_tell"


def test_an_earlier_whole_statement_ends_when_the_next_map_leaves_areas_out(tmp_path):
    flooded(tmp_path, min_area_m2=None)
    layer = flooded(tmp_path, min_area_m2=500)

    assert SurveyedArea.objects.filter(layer=layer).count() == 1
    assert not told_ground(layer).intersects(square(35, 25, 5))

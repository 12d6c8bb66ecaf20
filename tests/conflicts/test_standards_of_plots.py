"""What stands on a plot against the standards of its zone: coverage, floors, setbacks, green."""

import pytest

from conflicts.explanations import explain_in
from conflicts.models import Finding
from conflicts.whatif import findings_for
from layers.services import set_surveyed_area
from layers.vocab import Answer
from tests.conflicts.ground import (
    find,
    rulebook,
)
from tests.conflicts.standards import (
    COVERAGE,
    FAR,
    SETBACK,
    asked,
    building,
    buildings,
    gaps,
    plots,
    standard,
    zones,
)
from tests.factories import (
    at,
    feature,
    filled_layer,
    rectangle,
    square,
)

pytestmark = pytest.mark.django_db


def test_a_plot_of_300_m2_with_160_m2_built_over_is_covered_to_53_3_per_cent():
    zones()
    plots(feature("P", rectangle(0, 0, 15, 20)))
    buildings(building(rectangle(1, 1, 10, 16)))

    [finding] = find(COVERAGE)

    seen = finding.current
    assert (finding.subject_id, finding.object_id) == ("P", "Z")
    assert (seen.measured_value, seen.required_value) == (pytest.approx(53.3333, abs=1e-3), 50)
    assert seen.unit == "%"
    assert seen.witness.area == pytest.approx(160)


def test_roofs_that_overlap_and_roofs_of_neighbours_count_by_the_ground_they_cover():
    zones()
    plots(feature("P", square(0, 0, 20)))
    buildings(
        building(rectangle(0, 0, 10, 10), "A"),
        building(rectangle(0, 0, 10, 10), "SAME"),
        building(rectangle(15, 0, 10, 20), "ACROSS"),  # 100 m2 of it on the plot
        building(rectangle(20, 0, 10, 20), "NEXT"),  # only touches
    )

    assert find(COVERAGE) == []  # 200 of 400 m2
    buildings(building(rectangle(0, 0, 10, 10.1), "A"), building(rectangle(15, 0, 10, 20), "C"))
    [finding] = find(COVERAGE)
    assert finding.current.measured_value == pytest.approx(50.25)


def test_a_plot_where_nobody_looked_for_buildings_is_no_free_plot():
    zones()
    plots(feature("P", square(0, 0, 20)))
    layer = filled_layer("buildings", building(square(0, 0, 5)))
    set_surveyed_area(layer=layer, geometry=square(0, 0, 10))

    outcome = asked(COVERAGE)

    assert outcome.answer == Answer.CANNOT_TELL
    gap = gaps(outcome)["counted_not_sure"]
    assert (gap["count"], gap["examples"], gap["layers"]) == (1, ["P"], ["buildings"])


def test_what_is_known_to_stand_there_is_too_much_whatever_else_does():
    zones()
    plots(feature("P", square(0, 0, 20)))
    filled_layer("buildings", building(square(0, 0, 16)))  # nobody stated a survey

    [finding] = find(COVERAGE)

    assert finding.current.measured_value == pytest.approx(64)
    assert finding.current.facts["is_whole"] is False
    assert "at least so much" in explain_in(finding, "en")


@pytest.mark.parametrize(
    ("legal_m2", "found", "missing"),
    [(400, 1, set()), (430, 0, {"areas_contradict"}), (440, 0, {"areas_contradict"})],
)
def test_where_title_and_map_lead_to_different_answers_nobody_can_tell(legal_m2, found, missing):
    zones()
    plots(feature("P", square(0, 0, 20), legal_area_m2=legal_m2))
    buildings(building(rectangle(0, 0, 20, 10.5)))  # 210 m2: 52.5 % of the map's 400 m2

    outcome = asked(COVERAGE)

    assert (outcome.pairs_found, set(gaps(outcome))) == (found, missing)


def test_floors_count_times_their_ground_and_unknown_floors_as_one_that_is_not_all():
    zones()
    plots(feature("P", square(0, 0, 20)), feature("Q", square(40, 0, 20)))
    buildings(
        building(square(0, 0, 15), "A", storeys=3),  # 675 m2 on 400: 1.6875
        building(square(40, 0, 15), "B"),
    )

    outcome = asked(FAR)

    [finding] = Finding.objects.select_related("current")
    assert (finding.subject_id, finding.current.unit) == ("P", "m2/m2")
    assert finding.current.measured_value == pytest.approx(1.6875)
    assert gaps(outcome)["counted_not_sure"]["examples"] == ["Q"]


@pytest.mark.parametrize(
    ("x", "found", "missing"),
    [(1.9, 1, set()), (2, 0, {"edge_not_known"}), (4.9, 0, {"edge_not_known"}), (5, 0, set())],
)
def test_nearer_to_any_edge_than_the_least_setback_fails_and_the_greatest_is_enough(
    x, found, missing
):
    zones()
    plots(feature("P", square(0, 0, 50)))
    buildings(building(rectangle(x, 20, 10, 10)))

    outcome = asked(SETBACK)

    assert (outcome.pairs_found, set(gaps(outcome))) == (found, missing)
    for finding in Finding.objects.select_related("current"):
        assert finding.current.measured_value == pytest.approx(x)
        assert finding.current.margin == pytest.approx(x - 2)


def test_a_house_of_the_neighbour_across_the_border_is_a_matter_of_his_plot():
    zones()
    plots(feature("P", square(0, 0, 30)), feature("Q", square(30, 0, 30)))
    buildings(building(rectangle(29, 10, 15, 10)))  # its middle lies on Q, 1 m of it on P

    [finding] = find(SETBACK)

    assert (finding.subject_id, finding.current.measured_value) == ("Q", 0)


@pytest.mark.parametrize(("green_m2", "found"), [(79, 1), (80, 0)])
def test_green_is_the_stated_area_by_the_area_of_the_plot_in_per_cent(green_m2, found):
    rule = standard(subject={"layers": ["parcels"]}, zone={"classes": ["I1"], "layers": ["zones"]},
        measure="attribute", attribute="green_area_m2", per="area", bound="min", unit="%",
        limits=[{"value": 20}],
    )  # fmt: skip
    zones(feature("I", square(0, 0, 100), "I1"))
    plots(feature("P", square(0, 0, 20), green_area_m2=green_m2))

    assert len(find(rule)) == found


def test_a_proposal_is_told_before_it_is_saved_and_counts_what_stands_on_its_plot():
    zones()
    buildings(building(rectangle(0, 0, 16, 20)))
    book = rulebook(COVERAGE | {"subject": {"layers": ["parcels", "proposals"]}})
    plots(feature("P", square(500, 0, 20)))

    [judged] = findings_for([feature("NEW", square(0, 0, 20), None, "proposed")], [book])
    others = findings_for([feature("FREE", square(60, 60, 20), None, "proposed")], [book])

    assert (judged.answer, judged.measured) == (Answer.FAILS, pytest.approx(80))
    assert [other.answer for other in others] == [Answer.COMPLIES]


def test_where_both_areas_break_the_standard_the_milder_number_is_told_and_why():
    zones()
    plots(feature("P", square(0, 0, 20), legal_area_m2=420))
    buildings(building(square(0, 0, 16)))  # 256 m2: 64 % of the map's 400 m2, 61 % of the title's

    [finding] = find(COVERAGE)

    assert finding.current.measured_value == pytest.approx(60.952, abs=1e-3)
    assert finding.current.facts["areas_differ"] is True
    english = explain_in(finding, "en")
    assert "Title and map state different areas" in english
    assert "11.0 percentage points more" in english
    assert "at least so much" not in english
    assert "Data: parcels v1, zones v1, buildings v1." in english


def test_a_negative_number_of_storeys_is_no_number_of_storeys():
    zones()
    plots(feature("P", square(0, 0, 20)))
    buildings(building(square(0, 0, 15), storeys=-1))  # 225 m2 on 400: 0.56 with one storey

    outcome = asked(FAR)

    assert (outcome.answer, outcome.pairs_found) == (Answer.CANNOT_TELL, 0)
    assert gaps(outcome)["counted_not_sure"]["examples"] == ["P"]


@pytest.mark.parametrize(
    ("x", "found", "missing"), [(1.9, 1, set()), (10, 0, {"counted_not_sure"})]
)
def test_the_wall_of_a_house_recorded_as_a_point_may_be_nearer_than_the_point(x, found, missing):
    zones()
    plots(feature("P", square(0, 0, 50)))
    buildings(building(at(x, 25)))

    outcome = asked(SETBACK)

    assert (outcome.pairs_found, set(gaps(outcome))) == (found, missing)

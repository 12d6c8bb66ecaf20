"""Where a landfill may go in a city of 1,200 m, on squares of 20 m."""

import pytest
from shapely.geometry import box

from conflicts.siting import tellings
from conflicts.siting.question import SitingQuestionError
from conflicts.siting.vocab import Siting
from tests.conflicts.ground import rule_data
from tests.conflicts.siting.ground import ask, broken_by, city, said_at
from tests.factories import EAST, NORTH, at, feature, filled_layer, land_use, line, square

pytestmark = pytest.mark.django_db

SCHOOL = feature("SCHOOL", square(600, 600, 40), "school")


def test_a_landfill_is_forbidden_within_200_m_of_a_school_and_allowed_beyond():
    city(SCHOOL)

    answer, _book = ask(rule_data())

    assert said_at(answer, 620, 620) == (Siting.FORBIDDEN, "T-01")
    assert said_at(answer, 650 + 160, 620) == (Siting.FORBIDDEN, "T-01")  # 170 m away
    assert said_at(answer, 640 + 240, 620) == (Siting.ALLOWED, "")


def test_where_the_limit_runs_through_a_square_it_is_conditional():
    city(SCHOOL)

    answer, _book = ask(rule_data())

    assert said_at(answer, 640 + 200, 620) == (Siting.CONDITIONAL, "T-01")


def test_the_use_may_be_either_side_of_the_rule():
    city(feature("DUMP", square(600, 600, 40), "landfill"))

    answer, _book = ask(rule_data(), use="school")

    assert said_at(answer, 760, 620) == (Siting.FORBIDDEN, "T-01")


def test_a_rule_that_only_informs_makes_the_place_conditional():
    city(SCHOOL)

    answer, _book = ask(rule_data(severity="medium"))

    assert said_at(answer, 620, 620) == (Siting.CONDITIONAL, "T-01")
    assert not answer.verdicts.cells_of(Siting.FORBIDDEN).any()


def test_a_rule_with_the_force_of_law_forbids_however_grave():
    city(SCHOOL)
    law = rule_data(severity="low", basis="binding_law",
                    provision={"law": "Law of the test", "article": "1"})  # fmt: skip

    answer, _book = ask(law)

    assert said_at(answer, 620, 620) == (Siting.FORBIDDEN, "T-01")


def test_of_two_rules_that_forbid_the_law_is_named_before_the_graver():
    city(SCHOOL)
    grave = rule_data("A-01", severity="critical")
    law = rule_data("B-01", severity="high", basis="binding_law",
                    provision={"law": "Law of the test", "article": "1"})  # fmt: skip

    answer, _book = ask(grave, law)

    assert said_at(answer, 620, 620) == (Siting.FORBIDDEN, "B-01")


def test_within_reach_of_ground_nobody_surveyed_it_cannot_tell():
    city(SCHOOL, surveyed=square(0, 0, 1_200))

    answer, _book = ask(rule_data())

    assert said_at(answer, 100, 100) == (Siting.CANNOT_TELL, "T-01")
    assert said_at(answer, 300, 300) == (Siting.ALLOWED, "")


def test_what_is_forbidden_stays_forbidden_where_more_is_unknown():
    city(feature("NEAR", square(50, 50, 20), "school"), surveyed=square(0, 0, 1_200))

    answer, _book = ask(rule_data())

    assert said_at(answer, 60, 60) == (Siting.FORBIDDEN, "T-01")


def test_a_rule_whose_objects_nobody_looked_for_cannot_tell_of_any_place():
    city(SCHOOL)
    land_use("well")
    wells = rule_data("W-01", object={"classes": ["well"]})

    answer, _book = ask(rule_data(), wells)

    assert said_at(answer, 100, 100) == (Siting.CANNOT_TELL, "W-01")
    assert said_at(answer, 620, 620) == (Siting.FORBIDDEN, "T-01")


def test_such_a_rule_may_be_set_aside_and_is_named():
    city(SCHOOL)
    land_use("well")
    wells = rule_data("W-01", object={"classes": ["well"]})

    answer, _book = ask(rule_data(), wells, sets_aside=True)

    assert said_at(answer, 100, 100) == (Siting.ALLOWED, "")
    assert [each.concern.rule.code for each in answer.set_aside] == ["W-01"]


def test_a_rule_that_can_tell_of_some_places_is_never_set_aside():
    city(SCHOOL, surveyed=square(0, 0, 1_200))

    answer, _book = ask(rule_data(), sets_aside=True)

    assert answer.set_aside == ()
    assert said_at(answer, 100, 100) == (Siting.CANNOT_TELL, "T-01")


def test_an_exemption_that_may_let_it_pass_makes_the_place_conditional():
    lined = {"reason": {"en": "lined"}, "subject": {"attr": "lined", "op": "eq", "value": True}}
    city(SCHOOL)

    answer, _book = ask(rule_data(exemptions=[lined]))

    assert said_at(answer, 620, 620) == (Siting.CONDITIONAL, "T-01")


def test_near_a_place_that_may_be_meant_it_cannot_tell():
    big = {"classes": ["school"], "where": {"attr": "pupils", "op": "gt", "value": 100}}
    city(SCHOOL)  # nobody wrote down how many pupils

    answer, _book = ask(rule_data(object=big))

    assert said_at(answer, 620, 620) == (Siting.CANNOT_TELL, "T-01")
    assert said_at(answer, 100, 100) == (Siting.ALLOWED, "")


def test_touching_another_of_its_own_class_it_may_be_the_same_place_recorded_twice():
    own = {"classes": ["landfill"]}
    city(feature("DUMP", square(600, 600, 100), "landfill"))

    answer, _book = ask(rule_data(subject=own, object=own))

    assert said_at(answer, 650, 650) == (Siting.CONDITIONAL, "T-01")
    assert said_at(answer, 800, 650) == (Siting.FORBIDDEN, "T-01")


def test_in_a_hazard_area_below_every_threshold_nothing_is_said():
    shallow = feature("H1", square(0, 0, 400), hazard_class="H1", depth_min_m=0.0, depth_max_m=0.3)
    deep = feature("H3", square(600, 0, 400), hazard_class="H3", depth_min_m=0.6, depth_max_m=1.2)
    city(hazards=[shallow, deep])
    rule = rule_data(kind="hazard_exposure", severity="low",
                     thresholds=[{"depth_ge_m": 0.5, "severity": "critical"}])  # fmt: skip

    answer, _book = ask(rule)

    assert said_at(answer, 200, 200) == (Siting.ALLOWED, "")
    assert said_at(answer, 800, 200) == (Siting.FORBIDDEN, "T-01")


def test_on_land_reserved_for_the_use_itself_it_is_not_forbidden():
    city(
        reservations=[
            feature("FOR-IT", square(0, 0, 300), "landfill", "reserved"),
            feature("FOR-A-SCHOOL", square(600, 0, 300), "school", "reserved"),
        ]
    )
    rule = rule_data(
        kind="reservation_encroachment",
        subject={"classes": ["landfill"], "lifecycles": ["existing", "proposed"]},
    )

    answer, _book = ask(rule)

    assert said_at(answer, 150, 150) == (Siting.CONDITIONAL, "T-01")
    assert said_at(answer, 750, 150) == (Siting.FORBIDDEN, "T-01")


def test_it_must_lie_within_a_zone_for_it_and_outside_it_is_forbidden():
    city(zones=[feature("Z", square(200, 200, 400), "I1")])
    rule = rule_data(kind="containment", subject={"classes": ["landfill"]})

    answer, _book = ask(rule)

    assert said_at(answer, 400, 400) == (Siting.ALLOWED, "")
    assert said_at(answer, 900, 900) == (Siting.FORBIDDEN, "T-01")


def test_where_no_zone_was_surveyed_nobody_can_tell_that_it_lies_outside_all():
    city(zones=[feature("Z", square(200, 200, 400), "I1")], surveyed=square(0, 0, 800))
    rule = rule_data(kind="containment", subject={"classes": ["landfill"]})

    answer, _book = ask(rule)

    assert said_at(answer, 700, 400) == (Siting.FORBIDDEN, "T-01")
    assert said_at(answer, 1_000, 1_000) == (Siting.CANNOT_TELL, "T-01")


def test_a_zone_that_does_not_permit_it_forbids_it():
    city(zones=[feature("Z", square(200, 200, 400), "R1")])

    answer, _book = ask(rule_data(kind="plan_vs_existing", object={"classes": ["R1"]}))

    assert said_at(answer, 400, 400) == (Siting.FORBIDDEN, "T-01")
    assert said_at(answer, 900, 900) == (Siting.ALLOWED, "")


def test_beside_a_plot_only_the_exact_outline_tells():
    city(feature("M", square(600, 600, 100), "market"))

    answer, _book = ask(rule_data(kind="adjacency", object={"classes": ["market"]}))

    assert said_at(answer, 590, 650) == (Siting.CONDITIONAL, "T-01")
    assert said_at(answer, 400, 650) == (Siting.ALLOWED, "")


def test_a_road_drawn_as_a_line_and_a_place_drawn_as_a_point_keep_their_distance_too():
    city(feature("WELL", at(300, 300), "school"), feature("ROAD", line((900, 0), (900, 1_200)),
                                                          "market"))  # fmt: skip
    near_road = rule_data("R-01", object={"classes": ["market"]}, min_distance_m=100)

    answer, _book = ask(rule_data(), near_road)

    assert said_at(answer, 300, 400) == (Siting.FORBIDDEN, "T-01")
    assert said_at(answer, 950, 1_000) == (Siting.FORBIDDEN, "R-01")
    assert said_at(answer, 700, 1_000) == (Siting.ALLOWED, "")


def test_a_rule_of_a_kind_that_cannot_be_asked_backwards_cannot_tell_of_any_place(monkeypatch):
    monkeypatch.setattr(tellings, "TREATMENTS", {})
    city(SCHOOL)

    answer, _book = ask(rule_data())

    assert said_at(answer, 100, 100) == (Siting.CANNOT_TELL, "T-01")


def test_a_kind_that_asks_what_is_missing_but_cannot_be_asked_backwards_cannot_tell(monkeypatch):
    monkeypatch.setattr(tellings, "TREATMENTS", {})
    city(zones=[feature("Z", square(0, 0, 1_200), "I1")])
    within = rule_data("C-01", kind="containment", subject={"classes": ["landfill"]},
                       object={"classes": ["I1"], "layers": ["zones"]})  # fmt: skip

    answer, _book = ask(within)

    assert said_at(answer, 600, 600) == (Siting.CANNOT_TELL, "C-01")


HIGH_ONES = rule_data(
    "N-01", subject={"classes": ["landfill"], "where": {"attr": "height_m", "op": "gt", "value": 9}}
)


def test_a_rule_that_may_not_mean_the_use_leaves_untold_only_the_ground_where_it_could_bite():
    city(SCHOOL)

    answer, book = ask(HIGH_ONES)

    # how high the landfill will be nobody said: within 200 m of the school that would decide
    assert said_at(answer, 620, 620) == (Siting.CANNOT_TELL, "N-01")
    assert said_at(answer, 100, 100) == (Siting.ALLOWED, "")
    assert broken_by(square(100, 100, 50), book) == set()
    [gap] = answer.tellings[0].gaps
    assert (gap["attributes"], gap["of_proposal"]) == (["height_m"], True)


@pytest.mark.parametrize(("height_m", "verdict"), [(10, Siting.FORBIDDEN), (8, None)])
def test_once_the_height_is_stated_the_rule_bites_or_has_no_say(height_m, verdict):
    city(SCHOOL)
    other = rule_data("O-01", object={"classes": ["market"]}, min_distance_m=50)

    answer, _book = ask(HIGH_ONES, other, properties={"height_m": height_m})

    said = {telling.concern.rule.code for telling in answer.tellings}
    assert ("N-01" in said) == (verdict is not None)
    if verdict:
        assert said_at(answer, 620, 620) == (verdict, "N-01")


def test_a_use_of_which_no_rule_speaks_gets_no_answer():
    city(SCHOOL)

    with pytest.raises(SitingQuestionError, match="No rule of"):
        ask(rule_data(), use="market")


def test_without_a_boundary_there_is_no_ground_to_search():
    for code in ("landfill", "school"):
        land_use(code)
    filled_layer("facilities", SCHOOL)

    with pytest.raises(SitingQuestionError, match="where the city ends"):
        ask(rule_data())


@pytest.mark.parametrize("area_m2", [0.0, -1.0, float("nan"), float("inf"), 2e8])
def test_an_impossible_size_is_refused(area_m2):
    with pytest.raises(SitingQuestionError, match="no size for a site"):
        ask(rule_data(), area_m2=area_m2)


def test_a_site_found_is_asked_of_the_detector_itself():
    city(SCHOOL)

    answer, book = ask(rule_data(), area_m2=10_000.0)

    assert len(answer.sites) == 10
    for found in answer.sites:
        assert found.geometry.area == pytest.approx(10_000)
        assert found.geometry.distance(SCHOOL.geometry) >= 200
        assert (found.broken, found.untold) == ((), ())
        assert broken_by(found.geometry, book) == set()


def test_a_site_on_untold_ground_names_the_rules_that_cannot_tell():
    city(SCHOOL, surveyed=box(EAST, NORTH, EAST + 700, NORTH + 1_200))

    answer, _book = ask(rule_data(), area_m2=90_000.0)

    untold = [found for found in answer.sites if found.site.verdict == Siting.CANNOT_TELL]
    assert untold
    for found in untold:
        assert (found.site.known, found.broken, found.untold) == (Siting.ALLOWED, (), ("T-01",))


def test_a_pair_left_to_a_more_specific_rule_is_held_to_that_rule_alone():
    city(feature("KIOSK", square(600, 600, 20), "market"), feature("S", square(100, 100, 20),
                                                                   "school"))  # fmt: skip
    both = {"classes": ["school", "market"]}
    general = rule_data(
        "G-01", object=both, min_distance_m=300, left_to=[{"rule": "M-01", "object": ["market"]}]
    )
    special = rule_data("M-01", object={"classes": ["market"]}, min_distance_m=100)

    answer, book = ask(general, special)

    assert said_at(answer, 610, 650) == (Siting.FORBIDDEN, "M-01")
    assert said_at(answer, 610, 850) == (Siting.ALLOWED, "")
    assert said_at(answer, 110, 330) == (Siting.FORBIDDEN, "G-01")
    assert broken_by(square(600, 850, 20), book) == set()

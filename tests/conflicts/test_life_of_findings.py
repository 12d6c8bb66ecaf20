"""Findings across detections: what changes, what a decision survives, what is resolved."""

import pytest

from conflicts.models import Finding, Observation
from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY, find, put, rule_data, surveyed_layer
from tests.conflicts.people import decide
from tests.factories import at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

RULE = rule_data(min_distance_m=200)
LANDFILL = feature("L", square(0, 0, 100), "landfill")


def school(gap_m):
    """A school so many metres east of the landfill."""
    return feature("S", square(100 + gap_m, 0, 50), "school")


def city(gap_m, *, is_surveyed=True):
    if is_surveyed:
        return surveyed_layer("facilities", LANDFILL, school(gap_m))
    return filled_layer("facilities", LANDFILL, school(gap_m))


def detect(*rules):
    find(*(rules or (RULE,)))
    return Finding.objects.select_related("current").get()


def last_change():
    return Observation.objects.order_by("-detection_id").first().change


def move(layer, gap_m):
    put(layer, LANDFILL, school(gap_m))
    return detect()


def test_a_conflict_seen_first_is_new_and_open():
    city(100)

    finding = detect()

    assert (finding.state, finding.current.change) == ("open", "new")


def test_seen_again_unchanged_it_is_the_same_finding_with_a_second_observation():
    city(100)
    first = detect()

    again = detect()

    assert again.pk == first.pk
    assert again.current.change == "unchanged"
    assert again.observations.count() == 2
    assert (again.first_seen_id, again.last_seen_id) == (
        first.first_seen_id, again.current.detection_id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("to_m", "change"),
    [(80, "worse"), (99.995, "unchanged"), (100.005, "unchanged"), (120, "better")],
)
def test_moving_the_school_from_100_m_is_worse_better_or_less_than_a_centimetre(to_m, change):
    layer = city(100)
    detect()

    assert move(layer, to_m).current.change == change


def test_moving_the_school_out_of_reach_resolves_the_finding():
    layer = city(100)
    detect()

    finding = move(layer, 200)

    assert (finding.state, finding.note, last_change()) == ("resolved", "", "gone")
    assert finding.current.measured_value == pytest.approx(100.0)  # as last measured
    assert not finding.is_present


def test_a_school_that_moved_is_measured_again_even_where_nothing_was_surveyed():
    layer = city(100, is_surveyed=False)
    detect()

    assert move(layer, 200).state == "resolved"


def test_what_comes_back_after_it_was_resolved_is_open_again():
    layer = city(100)
    detect()
    move(layer, 300)

    finding = move(layer, 100)

    assert (finding.state, finding.current.change) == ("open", "reopened")


def test_gone_is_observed_once_not_at_every_detection_after():
    layer = city(100)
    detect()
    move(layer, 300)
    detect()
    detect()

    assert list(Observation.objects.order_by("pk").values_list("change", flat=True)) == [
        "new", "gone",
    ]  # fmt: skip


def test_a_school_that_vanished_from_surveyed_ground_resolves_its_finding():
    layer = city(100)
    detect()
    put(layer, LANDFILL)

    assert detect().state == "resolved"


def test_a_school_that_vanished_where_nobody_surveyed_stays_and_cannot_be_rechecked():
    layer = city(100, is_surveyed=False)
    detect()
    put(layer, LANDFILL)

    finding = detect()

    assert (finding.state, finding.note, last_change()) == ("open", "cannot_recheck", "gone")


def test_it_is_resolved_once_the_ground_is_surveyed_later():
    layer = city(100, is_surveyed=False)
    detect()
    put(layer, LANDFILL)
    detect()
    set_surveyed_area(layer=layer, geometry=CITY)

    finding = detect()

    assert (finding.state, finding.note) == ("resolved", "")


def test_a_survey_that_covers_only_half_of_the_lost_school_proves_nothing():
    layer = city(100, is_surveyed=False)
    set_surveyed_area(layer=layer, geometry=square(0, 0, 225))
    detect()
    put(layer, LANDFILL)

    assert detect().note == "cannot_recheck"


def test_a_partial_survey_proves_nothing():
    layer = city(100, is_surveyed=False)
    set_surveyed_area(layer=layer, geometry=CITY, completeness="partial")
    detect()
    put(layer, LANDFILL)

    assert detect().note == "cannot_recheck"


def test_a_height_that_was_deleted_does_not_resolve_a_finding_about_height():
    surveyed_layer("facilities", feature("H", at(0, 0), "heritage"))
    layer = surveyed_layer("buildings", feature("B", at(50, 0), height_m=20))
    rule = rule_data(
        subject={"layers": ["buildings"], "where": {"attr": "height_m", "op": "gt", "value": 14}},
        object={"classes": ["heritage"]},
    )
    detect(rule)
    put(layer, feature("B", at(50, 0)))

    assert detect(rule).note == "cannot_recheck"


def test_a_finding_of_a_withdrawn_rule_is_resolved_and_says_why():
    city(100)
    detect()

    finding = detect(rule_data(code="OTHER-01", object={"classes": ["market"]}))

    assert (finding.state, finding.note) == ("resolved", "rule_withdrawn")


def test_a_rule_book_says_nothing_about_the_findings_of_another():
    city(100)
    detect()

    find(rule_data(object={"classes": ["market"]}), code="another-book")

    assert Finding.objects.get().state == "open"


@pytest.mark.parametrize("state", ["accepted", "mitigating", "triaged"])
def test_a_decision_survives_edits_that_do_not_make_it_worse(state):
    layer = city(100)
    decide(detect(), state)

    assert move(layer, 110).state == state
    assert move(layer, 100).state == state
    land_use("market")
    put(layer, LANDFILL, school(100), feature("M", at(5000, 0), "market"))
    assert detect().state == state


@pytest.mark.parametrize("state", ["accepted", "dismissed", "mitigating"])
def test_a_worse_measure_opens_what_was_decided(state):
    layer = city(100)
    decide(detect(), state)

    finding = move(layer, 90)

    assert (finding.state, finding.current.change) == ("open", "worse")


def test_many_small_steps_cannot_creep_past_a_decision():
    layer = city(100)
    decide(detect(), "dismissed")
    assert move(layer, 99.992).state == "dismissed"

    assert move(layer, 99.984).state == "open"  # 16 mm nearer than decided, in steps of 8 mm


def test_a_stricter_rule_makes_an_accepted_finding_worse():
    city(100)
    decide(detect(), "accepted")

    finding = detect(RULE | {"min_distance_m": 300})

    assert finding.state == "open"
    assert finding.current.margin == pytest.approx(-200.0)


def test_a_graver_severity_opens_what_was_dismissed():
    city(100)
    decide(detect(), "dismissed")

    finding = detect(RULE | {"severity": "critical"})

    assert (finding.state, finding.severity) == ("open", "critical")


def test_a_dismissal_outlives_an_absence():
    layer = city(100)
    decide(detect(), "dismissed")
    assert move(layer, 300).state == "dismissed"

    assert move(layer, 100).state == "dismissed"


def test_a_flood_finding_survives_a_new_run_of_the_same_flood():
    surveyed_layer("facilities", feature("H", square(50, 50, 20), "hospital"))
    rule = rule_data(kind="hazard_exposure", subject={"classes": ["hospital"]})
    water = {"hazard_class": "H2", "depth_min_m": 0.3, "depth_max_m": 0.6}
    flood = surveyed_layer(
        "flood-r100", feature("1", square(0, 0, 100), **water), theme="hazard-flood"
    )
    decide(detect(rule), "accepted")

    put(flood, feature("another-name", square(0, 0, 110), **water))

    assert detect(rule).state == "accepted"


def test_a_flood_map_that_was_withdrawn_resolves_nothing():
    surveyed_layer("facilities", feature("H", square(50, 50, 20), "hospital"))
    rule = rule_data(kind="hazard_exposure", subject={"classes": ["hospital"]})
    flood = surveyed_layer(
        "flood-r100", feature("1", square(0, 0, 100), hazard_class="H2"), theme="hazard-flood"
    )
    detect(rule)

    put(flood)

    assert detect(rule).note == "cannot_recheck"


def test_a_hospital_that_the_new_flood_run_leaves_dry_is_resolved():
    surveyed_layer("facilities", feature("H", square(50, 50, 20), "hospital"))
    rule = rule_data(kind="hazard_exposure", subject={"classes": ["hospital"]})
    flood = surveyed_layer(
        "flood-r100", feature("1", square(0, 0, 100), hazard_class="H2"), theme="hazard-flood"
    )
    detect(rule)

    put(flood, feature("1", square(500, 0, 100), hazard_class="H2"))

    assert detect(rule).state == "resolved"

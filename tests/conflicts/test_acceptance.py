"""A conflict is lived with when one person proposes it and another signs, and only for a time."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from conflicts.errors import DecidingNotAllowedError
from conflicts.life.acceptance import (
    approve_acceptance,
    propose_acceptance,
    refuse_acceptance,
    withdraw_acceptance,
)
from conflicts.life.errors import (
    ApprovingNotAllowedError,
    FieldMissingError,
    NothingWaitsError,
    SamePersonError,
    WorseSinceError,
)
from conflicts.life.expiry import end_acceptances
from conflicts.life.sentences import standing_sentence
from conflicts.models import Acceptance, Finding, FindingEvent
from tests.conflicts.ground import find, put, rule_data, surveyed_layer
from tests.conflicts.people import REASON, accept, account, officer, planner, terms
from tests.factories import feature, filled_layer, square

pytestmark = pytest.mark.django_db

RULE = rule_data(min_distance_m=200)
LANDFILL = feature("L", square(0, 0, 100), "landfill")
TODAY = date(2026, 6, 1)


def school(gap_m):
    return feature("S", square(100 + gap_m, 0, 50), "school")


@pytest.fixture
def layer():
    return surveyed_layer("facilities", LANDFILL, school(100))


@pytest.fixture
def finding(layer):
    """A school 100 m from a landfill, where 200 m are asked for."""
    [found] = find(RULE)
    return found


def propose(finding, by=None, **more):
    return propose_acceptance(
        finding=finding, by=by or planner(), reason=REASON, terms=terms(**more)
    )


def approve(finding, by=None):
    return approve_acceptance(finding=finding, by=by or officer(), reason="Signed")


def state_of(finding):
    finding.refresh_from_db()
    return finding.state


def acceptance_states():
    return list(Acceptance.objects.order_by("pk").values_list("state", flat=True))


def test_a_proposal_alone_accepts_nothing(finding):
    propose(finding)

    assert state_of(finding) == "open"
    assert acceptance_states() == ["proposed"]
    assert "It is proposed to accept it until" in standing_sentence(finding)


def test_two_persons_accept_and_the_history_names_both(finding):
    accept(finding)

    assert state_of(finding) == "accepted"
    events = FindingEvent.objects.order_by("pk").values_list(
        "step", "by__username", "from_state", "to_state", "margin"
    )
    assert list(events) == [
        ("propose", "sokha", "open", "open", -100.0),
        ("approve", "dara", "open", "accepted", -100.0),
    ]


def test_who_proposed_it_does_not_sign_it_even_with_both_rights(finding):
    both = account("vanna", "decide_finding", "approve_acceptance")
    propose(finding, by=both)

    for decide in (approve_acceptance, refuse_acceptance):
        with pytest.raises(SamePersonError, match="another person must decide"):
            decide(finding=finding, by=both, reason="Signed")
    assert state_of(finding) == "open"


def test_the_database_refuses_one_person_on_both_sides(finding):
    propose(finding)
    signed = {"state": "approved", "decided_by": planner(), "decided_at": timezone.now()}

    with pytest.raises(IntegrityError, match="acceptance_decided_by_another"), transaction.atomic():
        Acceptance.objects.update(**signed)


def test_a_planner_without_the_right_to_sign_is_told_so(finding):
    propose(finding)

    with pytest.raises(ApprovingNotAllowedError):
        approve(finding, by=account("bopha", "decide_finding"))
    with pytest.raises(DecidingNotAllowedError):
        propose(finding, by=officer())


def test_nothing_is_signed_that_nobody_proposed(finding):
    with pytest.raises(NothingWaitsError, match="waits for approval"):
        approve(finding)


def test_a_second_proposal_waits_for_the_first(finding):
    propose(finding)

    with pytest.raises(NothingWaitsError, match="waits already"):
        propose(finding, by=account("bopha", "decide_finding"))


def test_a_refusal_leaves_the_finding_open_and_it_can_be_proposed_again(finding):
    propose(finding)
    refuse_acceptance(finding=finding, by=officer(), reason="No school stays beside waste")
    propose(finding)

    assert acceptance_states() == ["refused", "proposed"]
    assert state_of(finding) == "open"


def test_only_who_proposed_it_withdraws_it(finding):
    propose(finding)
    with pytest.raises(DecidingNotAllowedError):
        withdraw_acceptance(
            finding=finding, by=account("bopha", "decide_finding"), reason="Not mine"
        )

    withdraw_acceptance(finding=finding, by=planner(), reason="It moves already")

    assert acceptance_states() == ["withdrawn"]


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"valid_to": None}, "valid_to"),
        ({"valid_to": date(2020, 1, 1)}, "valid_to"),
        ({"document": " - "}, "document"),
        ({"plan_layer": "facilities"}, "plan_layer"),
        ({"plan_layer": "nowhere"}, "plan_layer"),
        ({"plan_layer": "zones", "valid_to": date(2099, 1, 1)}, "valid_to"),
    ],
)
def test_an_acceptance_has_a_document_and_one_end(finding, stated, field):
    with pytest.raises(FieldMissingError) as refused:
        propose(finding, **stated)

    assert refused.value.field == field
    assert not Acceptance.objects.exists()


@pytest.mark.parametrize("basis", ["binding_law", "plan_provision", "press_report"])
def test_what_rests_on_law_needs_the_exemption_by_that_law(layer, basis):
    said = {"law": "Law on waste", "article": "art. 4", "citation": "Gazette", "source": "S17"}
    [finding] = find(RULE | {"basis": basis, "provision": said})
    assert finding.may_block

    with pytest.raises(FieldMissingError, match="exemption by that law") as refused:
        propose(finding, exemption=" . ")
    assert refused.value.field == "exemption"
    propose(finding, exemption="art. 4 (2)")
    approve(finding)

    assert Acceptance.objects.get().exemption == "art. 4 (2)"


@pytest.mark.parametrize("basis", ["benchmark", "demo_value", "foreign_reference"])
def test_what_only_warns_is_accepted_without_an_exemption(layer, basis):
    [finding] = find(RULE | {"basis": basis})

    propose(finding, exemption="")

    assert acceptance_states() == ["proposed"]


LAW = {"law": "Law on waste", "article": "art. 4", "citation": "Gazette", "source": "S17"}


@pytest.mark.parametrize(
    ("basis", "exemption", "state"),
    [
        ("binding_law", "", "open"),
        ("plan_provision", "", "open"),
        ("press_report", "", "open"),
        ("binding_law", ".", "open"),  # a dot names no provision
        ("binding_law", "art. 4 (2)", "accepted"),
        ("benchmark", "", "accepted"),  # it still only warns
    ],
)
def test_what_was_accepted_while_it_only_warned_opens_when_the_rule_may_block(
    layer, basis, exemption, state
):
    [finding] = find(RULE | {"basis": "demo_value"})
    propose(finding, exemption=exemption)
    approve(finding)

    find(RULE | {"basis": basis, "provision": LAW})

    assert state_of(finding) == state
    assert acceptance_states() == [{"open": "ended", "accepted": "approved"}[state]]
    newest = FindingEvent.objects.order_by("pk").last()
    assert newest.step == {"open": "got_worse", "accepted": "approve"}[state]
    assert Finding.objects.get().current.change == "unchanged"


def test_what_was_proposed_under_a_plan_that_was_revised_since_is_not_signed(finding):
    zones = filled_layer("zones", feature("Z", square(0, 0, 500), "R1"), theme="plan")
    propose(finding, plan_layer="zones")
    put(zones, feature("Z", square(0, 0, 400), "R1"))

    with pytest.raises(NothingWaitsError, match="another version since"):
        approve(finding)

    assert (state_of(finding), acceptance_states()) == ("open", ["proposed"])


def test_what_got_worse_after_the_proposal_is_not_signed(layer, finding):
    propose(finding)
    put(layer, LANDFILL, school(80))
    find(RULE)

    with pytest.raises(WorseSinceError, match=r"100.0 m then, 80.0 m now"):
        approve(finding)
    assert state_of(finding) == "open"


def test_what_moved_by_half_a_centimetre_since_is_signed(layer, finding):
    propose(finding)
    put(layer, LANDFILL, school(99.995))
    find(RULE)
    approve(Finding.objects.get())

    assert state_of(finding) == "accepted"


class TestItsEnd:
    def test_it_holds_through_its_last_day_and_not_one_day_longer(self, finding):
        last = timezone.localdate() + timedelta(days=10)
        accept(finding, valid_to=last)

        assert end_acceptances(today=last) == []
        assert state_of(finding) == "accepted"
        [event] = end_acceptances(today=last + timedelta(days=1))

        assert (event.step, event.by, event.detection) == ("expired", None, None)
        assert state_of(finding) == "open"
        assert acceptance_states() == ["ended"]

    def test_the_same_day_twice_ends_it_once(self, finding):
        accept(finding)
        later = timezone.localdate() + timedelta(days=400)

        assert len(end_acceptances(today=later)) == 1
        assert end_acceptances(today=later) == []

    def test_it_ends_at_its_day_although_nothing_is_detected(self, finding):
        accept(finding)
        seen = finding.observations.count()

        end_acceptances(today=timezone.localdate() + timedelta(days=366))

        assert finding.observations.count() == seen
        assert state_of(finding) == "open"

    def test_it_ends_also_where_the_place_cannot_be_checked_again(self):
        layer = filled_layer("facilities", LANDFILL, school(100))
        [finding] = find(RULE)
        accept(finding)
        put(layer, LANDFILL)  # the school is gone from ground that nobody surveyed
        find(RULE)
        assert (state_of(finding), finding.note) == ("accepted", "cannot_recheck")

        end_acceptances(today=timezone.localdate() + timedelta(days=366))

        assert state_of(finding) == "open"

    def test_until_the_plans_next_revision_it_ends_with_that_version(self, finding):
        zones = filled_layer("zones", feature("Z", square(0, 0, 500), "R1"), theme="plan")
        accept(finding, plan_layer="zones")
        assert end_acceptances(today=date(2099, 1, 1)) == []

        put(zones, feature("Z", square(0, 0, 400), "R1"))
        [event] = end_acceptances()

        assert event.step == "plan_revised"
        assert state_of(finding) == "open"

    def test_a_plan_that_was_withdrawn_ends_it_too(self, finding):
        zones = filled_layer("zones", feature("Z", square(0, 0, 500), "R1"), theme="plan")
        accept(finding, plan_layer="zones")
        zones.refresh_from_db()
        zones.slug = "zones-of-old"
        zones.save(update_fields=["slug"])

        assert [event.step for event in end_acceptances()] == ["plan_revised"]

    def test_a_full_detection_ends_what_has_run_out(self, finding):
        accept(finding)
        Acceptance.objects.update(valid_to=timezone.localdate() - timedelta(days=1))

        find(RULE)

        assert state_of(finding) == "open"
        assert acceptance_states() == ["ended"]

    def test_worse_by_20_m_it_is_open_again_and_says_what_was_accepted(self, layer, finding):
        accept(finding)
        assert "measured then: 100.0 m, now: 100.0 m" in standing_sentence(state_now(finding))
        put(layer, LANDFILL, school(80))
        find(RULE)

        assert state_of(finding) == "open"
        event = FindingEvent.objects.first()
        assert (event.step, event.margin) == ("got_worse", -120.0)
        assert event.detection_id == finding.last_seen_id
        assert acceptance_states() == ["ended"]

    def test_renewed_before_its_end_the_new_one_counts(self, finding):
        accept(finding)
        accept(finding, valid_to=timezone.localdate() + timedelta(days=800))

        assert acceptance_states() == ["ended", "approved"]
        assert end_acceptances(today=timezone.localdate() + timedelta(days=500)) == []

    def test_better_and_then_worse_than_now_but_not_than_accepted_it_stays(self, layer, finding):
        accept(finding)
        for gap_m in (150, 120):
            put(layer, LANDFILL, school(gap_m))
            find(RULE)

        assert state_of(finding) == "accepted"
        assert "measured then: 100.0 m, now: 120.0 m" in standing_sentence(state_now(finding))


def state_now(finding):
    return Finding.objects.select_related("current").get(pk=finding.pk)

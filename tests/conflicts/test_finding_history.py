"""What happened to a finding: every step by the table, told once, kept for good."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from threading import Event
from time import sleep

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from conflicts.life.acceptance import propose_acceptance
from conflicts.life.errors import NothingWaitsError, StaleFindingError, StepNotPossibleError
from conflicts.life.etags import etag
from conflicts.life.services import Task, assign, dismiss, reopen, triage
from conflicts.life.transitions import BY_STEP, TRANSITIONS
from conflicts.life.vocab import Step
from conflicts.models import Finding, FindingEvent, Handling
from conflicts.recheck import recheck_conflicts
from conflicts.services import detect_conflicts
from conflicts.vocab import FindingState
from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY, find, put, rule_data, surveyed_layer
from tests.conflicts.people import REASON, accept, decide, officer, planner, terms
from tests.factories import feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

RULE = rule_data(min_distance_m=200)
LANDFILL = feature("L", square(0, 0, 100), "landfill")
SCHOOL = feature("S", square(200, 0, 50), "school")


@pytest.fixture
def layer():
    return surveyed_layer("facilities", LANDFILL, SCHOOL)


@pytest.fixture
def finding(layer):
    [found] = find(RULE)
    return found


def steps():
    return list(FindingEvent.objects.order_by("pk").values_list("step", flat=True))


def now(finding):
    return Finding.objects.select_related("current").get(pk=finding.pk)


class TestTheTable:
    def test_every_state_is_reached_and_left(self):
        pairs = {pair for transition in TRANSITIONS for pair in transition.pairs()}

        assert {after for _before, after in pairs} == set(FindingState.values)
        assert {before for before, _after in pairs} == set(FindingState.values)

    def test_only_a_detection_resolves_and_nothing_but_a_detection_takes_up_what_is_resolved(self):
        to = {t.by.value for t in TRANSITIONS if t.after == FindingState.RESOLVED}
        from_ = {t.step.value for t in TRANSITIONS if FindingState.RESOLVED in t.before}

        assert to == {"detection"}
        assert from_ == {"came_back"}

    def test_only_the_approver_accepts(self):
        assert [t.step for t in TRANSITIONS if t.after == FindingState.ACCEPTED] == [Step.APPROVE]
        assert BY_STEP[Step.APPROVE].right == "conflicts.approve_acceptance"

    def test_the_database_knows_the_table_and_no_other_way(self, finding):
        """Every step from every state to every other, tried on the database itself."""
        allowed = {(t.step.value, *pair) for t in TRANSITIONS for pair in t.pairs()}
        known = set()
        for step, before, after in product(Step, FindingState.values, FindingState.values):
            named = planner() if BY_STEP[step].is_of_person else None
            event = FindingEvent(finding=finding, step=step.value, from_state=before,
                                 to_state=after, reason="x", severity="low", by=named)  # fmt: skip
            try:
                with transaction.atomic():
                    event.save()
            except IntegrityError:
                continue
            known.add((step.value, before, after))

        assert known == allowed


class TestTheDatabaseRefuses:
    def refused(self, match):
        return pytest.raises(IntegrityError, match=match)

    @pytest.mark.parametrize("state", ["triaged", "accepted", "mitigating", "dismissed"])
    def test_a_state_that_no_event_tells_of(self, finding, state):
        with self.refused("finding_event"), transaction.atomic():
            Finding.objects.update(state=state)

    def test_a_resolution_by_a_word(self, finding):
        with self.refused("does not go from open to resolved"), transaction.atomic():
            Finding.objects.update(state="resolved")

    def test_a_person_as_the_author_of_what_happens_by_itself(self, finding):
        decide(finding, "dismissed")

        with self.refused("finding_event_"), transaction.atomic():
            Finding.objects.update(state="open", step="reopen")

    def test_taking_up_a_resolved_finding(self, layer, finding):
        put(layer, LANDFILL)
        find(RULE)
        assert now(finding).state == "resolved"

        with self.refused("does not go from resolved to triaged"), transaction.atomic():
            Finding.objects.update(state="triaged", step="triage")

    @pytest.mark.parametrize("wrong", [{"reason": "Other"}, {"by": None}, {"to_state": "open"}])
    def test_another_history(self, finding, wrong):
        decide(finding, "triaged")

        with self.refused("never changed or deleted"), transaction.atomic():
            FindingEvent.objects.update(**wrong)

    def test_forgetting(self, finding):
        decide(finding, "triaged")

        with self.refused("never changed or deleted"), transaction.atomic():
            FindingEvent.objects.all().delete()


class TestWhatIsTold:
    def test_a_planners_grade_counts_and_the_rules_stays_shown(self, finding):
        event = triage(finding=finding, by=planner(), reason="Wind from the sea", severity="low")

        assert Handling.objects.get().severity == "low"
        assert now(finding).severity == "high"
        assert (event.before, event.after) == ({"severity": ""}, {"severity": "low"})

    def test_confirming_the_rules_grade_leaves_no_grade_of_the_planners(self, finding):
        triage(finding=finding, by=planner(), reason="So it is", severity="low")
        triage(finding=finding, by=planner(), reason="After all", severity="high")

        assert Handling.objects.get().severity == ""
        assert steps() == ["triage", "triage"]

    def test_giving_it_to_someone_tells_before_and_after(self, finding):
        assign(finding=finding, by=planner(), task=Task(office="Public works"))
        event = assign(finding=finding, by=planner(), task=Task(assignee=officer()))

        assert event.before == {"assignee": None, "office": "Public works"}
        assert event.after == {"assignee": "dara", "office": ""}
        assert now(finding).state == "open"

    def test_what_a_detection_does_to_an_untouched_finding_is_told_by_its_observations(
        self, layer, finding
    ):
        put(layer, LANDFILL)
        find(RULE)
        put(layer, LANDFILL, SCHOOL)
        find(RULE)

        assert now(finding).state == "open"
        assert steps() == []
        changes = finding.observations.order_by("pk").values_list("change", flat=True)
        assert list(changes) == ["new", "gone", "reopened"]

    def test_of_a_touched_one_the_history_tells_resolved_and_found_again(self, layer, finding):
        decide(finding, "triaged")
        put(layer, LANDFILL)
        [_gone] = find(RULE)
        put(layer, LANDFILL, SCHOOL)
        [back] = find(RULE)

        events = FindingEvent.objects.order_by("pk")
        told = events.values_list("step", "from_state", "to_state", "by")
        assert list(told)[1:] == [
            ("resolved", "triaged", "resolved", None),
            ("came_back", "resolved", "open", None),
        ]
        assert events.last().detection_id == back.last_seen_id

    def test_a_withdrawn_rule_is_told_as_such(self, finding):
        decide(finding, "triaged")
        find(rule_data(code="OTHER-01", object={"classes": ["market"]}))

        assert steps() == ["triage", "rule_withdrawn"]

    def test_a_finding_that_cannot_be_checked_again_keeps_its_state_and_its_history(self):
        layer = filled_layer("facilities", LANDFILL, SCHOOL)
        [finding] = find(RULE)
        decide(finding, "triaged")
        put(layer, LANDFILL)
        find(RULE)
        assert (now(finding).state, steps()) == ("triaged", ["triage"])

        set_surveyed_area(layer=layer, geometry=CITY, classes=["school"])
        set_surveyed_area(layer=layer, geometry=CITY)
        find(RULE)

        assert steps() == ["triage", "resolved"]


class TestTwoAtOnce:
    def test_who_read_it_before_another_decided_is_told_and_stores_nothing(self, finding):
        read = etag(finding)
        dismiss(finding=finding, by=planner(), reason=REASON, if_match=read)

        with pytest.raises(StaleFindingError) as stale:
            triage(finding=finding, by=planner(), reason="Grave", if_match=read)

        assert stale.value.status == 412
        assert "sokha" in stale.value.what
        assert stale.value.detail["state"] == "dismissed"
        assert stale.value.detail["etag"] == etag(now(finding))
        assert steps() == ["dismiss"]

    def test_who_read_100_m_does_not_decide_on_80_m(self, layer, finding):
        read = etag(now(finding))
        put(layer, LANDFILL, feature("S", square(180, 0, 50), "school"))
        find(RULE)

        with pytest.raises(StaleFindingError, match="a detection"):
            dismiss(finding=finding, by=planner(), reason=REASON, if_match=read)

    def test_a_detection_that_measures_the_same_leaves_the_validator(self, layer, finding):
        read = etag(now(finding))
        detect_conflicts(rulebook=finding.last_seen.rulebook)

        assert etag(now(finding)) == read

    def test_who_read_one_version_of_the_rule_does_not_decide_under_the_next(self, layer, finding):
        read = etag(now(finding))
        find(RULE)  # measures the same, by a version of the rule that nobody read

        with pytest.raises(StaleFindingError, match="a detection"):
            dismiss(finding=finding, by=planner(), reason=REASON, if_match=read)

    @pytest.mark.parametrize(
        "anew",
        [
            feature("S", square(200, 0, 50), "college"),  # as near, and not for children
            feature("S", square(200, 0, 90), "school"),  # as near, and larger
        ],
    )
    def test_who_read_of_a_small_school_decides_on_no_other_side(self, layer, anew):
        rule = RULE | {"object": {"classes": ["school", "college"]}}
        [finding] = find(rule)
        read = etag(now(finding))
        put(layer, LANDFILL, anew)
        detect_conflicts(rulebook=finding.last_seen.rulebook)

        assert now(finding).current.measured_value == pytest.approx(100)
        with pytest.raises(StaleFindingError, match="a detection"):
            dismiss(finding=finding, by=planner(), reason="Adults only", if_match=read)
        assert now(finding).state == "open"

    def test_a_weakened_validator_is_the_same_validator(self, finding):
        read = etag(now(finding))

        triage(finding=finding, by=planner(), reason=REASON, if_match=f"W/{read}")

        assert steps() == ["triage"]


class TestNotFromHere:
    def test_what_is_open_is_not_opened(self, finding):
        with pytest.raises(StepNotPossibleError, match="the finding is 'open'"):
            reopen(finding=finding, by=planner(), reason=REASON)

    def test_what_is_resolved_is_not_decided(self, layer, finding):
        put(layer, LANDFILL)
        find(RULE)

        for service in (dismiss, reopen, triage):
            with pytest.raises(StepNotPossibleError, match="resolved already"):
                service(finding=finding, by=planner(), reason=REASON)

    def test_what_is_dismissed_is_not_proposed_to_be_accepted(self, finding):
        decide(finding, "dismissed")

        with pytest.raises(StepNotPossibleError):
            propose_acceptance(finding=finding, by=planner(), reason=REASON, terms=terms())

    def test_opened_again_by_a_planner_an_acceptance_ends(self, finding):
        accept(finding)
        reopen(finding=finding, by=planner(), reason="The mayor asks")

        assert now(finding).state == "open"
        assert finding.acceptances.get().state == "ended"
        assert Handling.objects.get().decided_on is None


def test_a_re_check_tells_the_history_that_a_full_detection_tells(layer, finding):
    decide(finding, "triaged")
    for stands in ([LANDFILL], [LANDFILL, SCHOOL]):
        put(layer, *stands)
        recheck_conflicts(rulebook=finding.last_seen.rulebook)

    assert now(finding).state == "open"
    assert steps() == ["triage", "resolved", "came_back"]


def test_a_re_check_ends_what_has_run_out_elsewhere(layer, finding):
    accept(finding)
    finding.acceptances.update(valid_to=timezone.localdate() - timedelta(days=1))
    land_use("market")
    put(layer, LANDFILL, SCHOOL, feature("M", square(9_000, 0, 50), "market"))

    recheck_conflicts(rulebook=finding.last_seen.rulebook)

    assert now(finding).state == "open"
    assert steps()[-1] == "expired"


@pytest.mark.django_db(transaction=True)
def test_who_waits_for_a_detection_decides_on_what_it_measured_not_on_nothing(layer, finding):
    """A detection takes up anew what is measured while the planner's own step waits for its row."""
    older = finding.current
    newer = find(RULE)[0].current
    Finding.objects.filter(pk=finding.pk).update(current=older)
    by, has_row = planner(), Event()

    def detection():
        try:
            with transaction.atomic():
                Finding.objects.filter(pk=finding.pk).update(current=newer)
                has_row.set()
                until_someone_waits()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        detecting = pool.submit(detection)
        assert has_row.wait(10)
        dismiss(finding=finding, by=by, reason=REASON)
        detecting.result()

    assert now(finding).state == "dismissed"
    assert Handling.objects.get().decided_on == newer


def until_someone_waits():
    """Return when another connection waits for a row that this one holds."""
    with connection.cursor() as cursor:
        for _turn in range(500):
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
            sleep(0.02)
    pytest.fail("nobody waited for the row")


def test_what_was_never_measured_is_not_dismissed(finding):
    """A dismissal holds for what was measured: of nothing it would hold for ever."""
    Finding.objects.filter(pk=finding.pk).update(current=None)

    with pytest.raises(NothingWaitsError, match="Nothing was measured"):
        dismiss(finding=finding, by=planner(), reason=REASON)
    assert (now(finding).state, steps()) == ("open", [])

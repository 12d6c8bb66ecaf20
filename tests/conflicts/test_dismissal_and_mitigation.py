"""What was dismissed opens when its facts change; what was put right is shown by a detection."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from shapely import Polygon

from conflicts.life.errors import FieldMissingError, NothingWaitsError
from conflicts.life.mitigation import Measure, plan_mitigation, report_mitigation
from conflicts.life.queries import given_to, overdue
from conflicts.life.sentences import standing_sentence
from conflicts.life.services import Task, assign
from conflicts.models import Finding, FindingEvent, Handling, Mitigation
from conflicts.recheck import recheck_conflicts
from tests.conflicts.ground import find, put, rule_data, rulebook, surveyed_layer
from tests.conflicts.people import REASON, decide, mitigate, officer, planner
from tests.factories import EAST, NORTH, feature, filled_layer, square

pytestmark = pytest.mark.django_db

RULE = rule_data(min_distance_m=200)
LANDFILL = feature("L", square(0, 0, 100), "landfill")


def school(gap_m, use="school", side_m=50, lifecycle="existing"):
    return feature("S", square(100 + gap_m, 0, side_m), use, lifecycle=lifecycle)


def drawn_at(*corners):
    """A plot with these corners [m], counted from the same point as squares are."""
    return Polygon([(EAST + x, NORTH + y) for x, y in corners])


CORNERED = drawn_at((200, 0), (250, 0), (250, 50), (200, 50))
# The same five corners; the fifth, in the middle, is joined to the northern or the southern pair.
NOTCHED_FROM_NORTH = drawn_at((200, 0), (250, 0), (250, 50), (225, 25), (200, 50))
NOTCHED_FROM_SOUTH = drawn_at((200, 0), (225, 25), (250, 0), (250, 50), (200, 50))


@pytest.fixture
def layer():
    return surveyed_layer("facilities", LANDFILL, school(100))


@pytest.fixture
def finding(layer):
    [found] = find(RULE)
    return found


def now(finding):
    return Finding.objects.select_related("current").get(pk=finding.pk)


def detected(finding):
    find(RULE)
    return now(finding)


class TestDismissed:
    def test_while_nothing_changes_it_stays_dismissed(self, finding):
        decide(finding, "dismissed")

        assert detected(finding).state == "dismissed"
        assert detected(finding).state == "dismissed"

    @pytest.mark.parametrize(
        ("changed", "state"),
        [
            (school(110), "open"),  # farther away, and yet not what was dismissed
            (school(100, side_m=60), "open"),  # no nearer, but larger
            (school(100.005), "dismissed"),  # half a centimetre is drawing
            (school(100), "dismissed"),  # drawn anew as it was
        ],
    )
    def test_another_shape_opens_it_again(self, layer, finding, changed, state):
        decide(finding, "dismissed")
        put(layer, LANDFILL)
        put(layer, LANDFILL, changed)

        assert detected(finding).state == state

    def test_the_other_side_counts_too(self, layer, finding):
        decide(finding, "dismissed")
        put(layer, feature("L", square(0, 0, 100).union(square(-50, 0, 60)), "landfill"),
            school(100))  # fmt: skip

        after = detected(finding)

        assert (after.state, after.current.change) == ("open", "unchanged")
        assert FindingEvent.objects.first().step == "facts_changed"

    def test_another_class_within_the_rules_branch_opens_it(self):
        rule = RULE | {"object": {"classes": ["school", "college"]}}
        layer = surveyed_layer("facilities", LANDFILL, school(100))
        [finding] = find(rule)
        decide(finding, "dismissed")
        put(layer, LANDFILL, school(100, use="college"))

        find(rule)

        assert now(finding).state == "open"

    def test_planned_when_dismissed_it_opens_when_it_is_built(self):
        layer = surveyed_layer("facilities", LANDFILL, school(100, lifecycle="planned"))
        [finding] = find(RULE)
        decide(finding, "dismissed")
        put(layer, LANDFILL, school(100, lifecycle="existing"))

        assert detected(finding).state == "open"
        assert FindingEvent.objects.first().step == "facts_changed"

    @pytest.mark.parametrize(
        ("drawn", "anew", "state"),
        [
            (NOTCHED_FROM_NORTH, NOTCHED_FROM_SOUTH, "open"),  # 625 m2 here, 625 m2 there
            (NOTCHED_FROM_NORTH, NOTCHED_FROM_NORTH.reverse(), "dismissed"),  # the other way round
            (CORNERED, CORNERED.boundary, "open"),  # a plot, then only the wall around it
            (CORNERED, CORNERED.segmentize(10), "dismissed"),  # more corners on the same edges
            (CORNERED, drawn_at((200, 0), (250, 0.004), (250, 50), (200, 50)), "dismissed"),
        ],
    )
    def test_the_same_corners_joined_to_another_shape_open_it(self, drawn, anew, state):
        layer = surveyed_layer("facilities", LANDFILL, feature("S", drawn, "school"))
        [finding] = find(RULE)
        decide(finding, "dismissed")
        put(layer, LANDFILL)
        put(layer, LANDFILL, feature("S", anew, "school"))

        assert detected(finding).state == state

    def test_a_name_alone_opens_nothing(self, layer, finding):
        decide(finding, "dismissed")
        put(layer, LANDFILL, feature("S", square(200, 0, 50), "school", name_en="Wat Leu School"))

        assert detected(finding).state == "dismissed"

    def test_a_re_check_opens_it_as_a_full_detection_does(self, layer, finding):
        decide(finding, "dismissed")
        put(layer, LANDFILL, school(120))

        recheck_conflicts(rulebook=finding.last_seen.rulebook)

        assert now(finding).state == "open"

    def test_dismissed_twice_the_second_dismissal_counts(self, layer, finding):
        decide(finding, "dismissed")
        put(layer, LANDFILL, school(120))
        assert detected(finding).state == "open"
        decide(finding, "dismissed")

        assert detected(finding).state == "dismissed"


class TestMeasures:
    def test_a_planned_measure_is_due_by_its_office(self, finding):
        mitigate(finding, days=30)

        handling = Handling.objects.get()
        assert now(finding).state == "mitigating"
        assert (handling.office, handling.due_on) == (
            "Public works", timezone.localdate() + timedelta(days=30),
        )  # fmt: skip
        assert standing_sentence(now(finding)).startswith("Public works does by ")

    def test_done_is_not_resolved(self, finding):
        mitigate(finding)
        report_mitigation(finding=finding, by=planner(), evidence="Photo 12, handed over 3 May")

        assert now(finding).state == "mitigating"
        assert "no detection has looked since" in standing_sentence(now(finding))

    def test_done_and_still_found_says_so(self, finding):
        mitigate(finding)
        report_mitigation(finding=finding, by=planner(), evidence="Photo 12")

        after = detected(finding)

        assert after.state == "mitigating"
        assert Mitigation.objects.get().is_still_found
        assert "a detection after that still finds it: Move the gate" in standing_sentence(after)

    def test_done_and_not_found_any_more_it_is_resolved_and_the_measure_ends(self, layer, finding):
        mitigate(finding)
        report_mitigation(finding=finding, by=planner(), evidence="Photo 12")
        put(layer, LANDFILL, school(200))

        assert detected(finding).state == "resolved"
        assert Mitigation.objects.get().ended_at is not None
        assert not Mitigation.objects.get().is_still_found

    def test_done_on_ground_that_nobody_surveyed_is_not_resolved(self):
        layer = filled_layer("facilities", LANDFILL, school(100))
        [finding] = find(RULE)
        mitigate(finding)
        report_mitigation(finding=finding, by=planner(), evidence="Photo 12")
        put(layer, LANDFILL)

        after = detected(finding)

        assert (after.state, after.note) == ("mitigating", "cannot_recheck")

    def test_a_worse_measure_ends_what_is_planned(self, layer, finding):
        mitigate(finding)
        put(layer, LANDFILL, school(60))

        assert detected(finding).state == "open"
        assert Mitigation.objects.get().ended_at is not None

    def test_planned_anew_the_former_measure_ends(self, finding):
        mitigate(finding)
        mitigate(finding, measure="A wall of trees")

        assert [m.ended_at is None for m in Mitigation.objects.order_by("pk")] == [False, True]

    def test_nothing_is_reported_that_nobody_planned_or_twice(self, finding):
        mitigate(finding)
        report_mitigation(finding=finding, by=planner(), evidence="Photo 12")

        with pytest.raises(NothingWaitsError):
            report_mitigation(finding=finding, by=planner(), evidence="Photo 13")

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"measure": " . "}, "measure"),
            ({"office": ""}, "office"),
            ({"due_on": timezone.localdate() - timedelta(days=1)}, "due_on"),
        ],
    )
    def test_a_measure_says_what_who_and_when(self, finding, wrong, field):
        stated = {"measure": "A wall", "office": "Works", "due_on": timezone.localdate()}

        with pytest.raises(FieldMissingError) as refused:
            plan_mitigation(finding=finding, by=planner(), planned=Measure(**stated | wrong))

        assert refused.value.field == field
        assert now(finding).state == "open"

    def test_the_database_asks_for_evidence_of_what_is_done(self, finding):
        mitigate(finding)
        done = {"done_at": timezone.now(), "done_by": planner()}

        with pytest.raises(IntegrityError, match="has_evidence"), transaction.atomic():
            Mitigation.objects.update(**done)


class TestWhoseAndWhen:
    def give(self, finding, *, due_in_days=None, assignee=None, office=""):
        due_on = None
        if due_in_days is not None:
            due_on = timezone.localdate() + timedelta(days=due_in_days)
        task = Task(assignee=assignee, office=office, due_on=due_on)
        assign(finding=finding, by=planner(), task=task, reason=REASON)

    def test_mine_are_those_given_to_me(self, finding):
        self.give(finding, assignee=officer())

        assert Finding.objects.filter(given_to(officer())).get() == finding
        assert not Finding.objects.filter(given_to(planner())).exists()

    @pytest.mark.parametrize(("days", "is_overdue"), [(-1, True), (0, False), (1, False)])
    def test_overdue_from_the_day_after(self, finding, days, is_overdue):
        self.give(finding, assignee=officer(), due_in_days=days)

        assert Finding.objects.filter(overdue()).exists() is is_overdue

    def test_what_is_settled_is_nobodys_and_never_overdue(self, finding):
        self.give(finding, assignee=officer(), due_in_days=-5)
        decide(finding, "dismissed")

        assert not Finding.objects.filter(overdue() | given_to(officer())).exists()

    def test_a_day_for_nobody_is_refused(self, finding):
        with pytest.raises(FieldMissingError, match="nobody"):
            self.give(finding, due_in_days=3)


def test_a_book_never_detected_has_nothing_to_open():
    rulebook(RULE)

    assert not Finding.objects.exists()

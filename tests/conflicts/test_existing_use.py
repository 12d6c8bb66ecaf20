"""A use that stood before the plan or rule is marked as such, and never hidden."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from conflicts.exports import finding_record
from conflicts.life.errors import FieldMissingError
from conflicts.life.sentences import existing_use_sentence
from conflicts.life.services import record_existing_use
from conflicts.models import Finding, Handling
from conflicts.rulebooks.versions import ratify_rulebook
from conflicts.services import detect_conflicts
from layers.services import Provenance, publish_features
from tests.conflicts.ground import put, rule_data, rulebook, surveyed_layer
from tests.conflicts.people import decide, planner
from tests.factories import feature, land_use, square

pytestmark = pytest.mark.django_db

IN_FORCE = datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("Asia/Phnom_Penh"))
BEFORE, AFTER = IN_FORCE - timedelta(days=30), IN_FORCE + timedelta(days=30)
RULE = rule_data(min_distance_m=200)


def landfill(lifecycle="existing"):
    return feature("L", square(0, 0, 100), "landfill", lifecycle=lifecycle)


def school(gap_m=100, lifecycle="existing"):
    return feature("S", square(100 + gap_m, 0, 50), "school", lifecycle=lifecycle)


@pytest.fixture
def at(monkeypatch):
    """Set the clock."""
    return lambda moment: monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


@pytest.fixture
def in_force(at):
    """A rule book that came into force at a moment; the clock stands there afterwards."""

    def ratified(*rules, moment=IN_FORCE):
        at(moment)
        return ratify_rulebook(rulebook(*(rules or (RULE,))), because="Council")

    return ratified


def detected(book):
    detect_conflicts(rulebook=book)
    return Finding.objects.select_related("current").get()


@pytest.mark.parametrize(
    ("recorded", "captured", "is_marked"),
    [
        (BEFORE, None, True),
        (AFTER, None, False),
        (AFTER, date(2020, 1, 1), True),  # surveyed in 2020, brought in later
        (IN_FORCE, None, False),  # the day it came into force is not before it
    ],
)
def test_what_was_recorded_before_the_rule_is_an_existing_use(
    at, in_force, recorded, captured, is_marked
):
    at(recorded)
    layer = surveyed_layer("facilities")
    why = Provenance(captured_on=captured)
    for use in ("landfill", "school"):
        land_use(use)
    publish_features(layer=layer, features=[landfill(), school()], provenance=why)

    finding = detected(in_force())

    assert finding.is_existing_use is is_marked
    assert bool(existing_use_sentence(finding)) is is_marked
    assert finding_record(finding)["existing_nonconforming"] is is_marked


@pytest.mark.parametrize(
    ("recorded", "ratified", "is_marked"),
    [
        # 06:30 and 10:00 of one day in Phnom Penh: in Greenwich still the day before, and that day
        ((2, 6, 30), (2, 10, 0), False),
        # 23:30, and 00:30 of the next day: in Greenwich 16:30 and 17:30 of one day
        ((1, 23, 30), (2, 0, 30), True),
    ],
)
def test_days_are_those_of_the_citys_own_clock(at, in_force, recorded, ratified, is_marked):
    at(in_march(*recorded))
    surveyed_layer("facilities", landfill(), school())

    assert detected(in_force(moment=in_march(*ratified))).is_existing_use is is_marked


def in_march(day, hour, minute):
    return datetime(2026, 3, day, hour, minute, tzinfo=ZoneInfo("Asia/Phnom_Penh"))


def test_a_school_that_came_later_to_an_old_landfill_is_none(at, in_force):
    at(BEFORE)
    layer = surveyed_layer("facilities", landfill())
    book = in_force()
    at(AFTER)
    put(layer, landfill(), school())

    assert not detected(book).is_existing_use


@pytest.mark.parametrize("lifecycle", ["planned", "permitted", "under_construction"])
def test_what_does_not_stand_yet_is_no_existing_use(at, in_force, lifecycle):
    at(BEFORE)
    surveyed_layer("facilities", landfill(), school(lifecycle=lifecycle))

    assert not detected(in_force()).is_existing_use


def test_before_any_version_is_in_force_nothing_is_marked_by_dates():
    surveyed_layer("facilities", landfill(), school())

    assert not detected(rulebook(RULE)).is_existing_use


def test_ratified_after_the_first_detection_the_next_one_marks_it(at, in_force):
    at(BEFORE)
    surveyed_layer("facilities", landfill(), school())
    assert not detected(rulebook(RULE)).is_existing_use

    assert detected(in_force()).is_existing_use


def test_a_second_version_of_the_rule_book_does_not_move_the_day(at, in_force):
    in_force()
    at(AFTER)
    surveyed_layer("facilities", landfill(), school())

    assert not detected(in_force(moment=AFTER + timedelta(days=99))).is_existing_use


def test_redrawn_after_the_rule_the_use_stays_an_existing_one(at, in_force):
    at(BEFORE)
    layer = surveyed_layer("facilities", landfill(), school())
    book = in_force()
    assert detected(book).is_existing_use
    at(AFTER)
    put(layer, landfill(), school(90))

    assert detected(book).is_existing_use


def test_put_to_another_use_after_the_rule_it_is_none_any_more(at, in_force):
    rule = RULE | {"object": {"classes": ["school", "college"]}}
    at(BEFORE)
    layer = surveyed_layer("facilities", landfill(), school())
    book = in_force(rule)
    assert detected(book).is_existing_use
    at(AFTER)
    put(layer, landfill(), feature("S", square(200, 0, 50), "college"))

    assert not detected(book).is_existing_use


class TestRecordedByAPlanner:
    EVIDENCE = "Title 1234 of 1998"

    @pytest.fixture
    def finding(self):
        surveyed_layer("facilities", landfill(), school())
        return detected(rulebook(RULE))

    def record(self, finding, *, existed, evidence=EVIDENCE):
        record_existing_use(finding=finding, by=planner(), existed=existed, evidence=evidence)

    def test_with_evidence_it_is_marked_and_says_by_what(self, finding):
        self.record(finding, existed=True)

        stands = Finding.objects.get()
        assert stands.is_existing_use
        assert stands.state == "open"
        assert existing_use_sentence(stands) == (
            "Existing nonconforming use, as a planner recorded: Title 1234 of 1998"
        )

    def test_the_next_detection_keeps_what_the_planner_said(self, finding):
        self.record(finding, existed=True)

        assert detected(rulebook(RULE)).is_existing_use

    def test_the_planner_is_believed_against_the_dates(self, at, in_force):
        at(BEFORE)
        surveyed_layer("facilities", landfill(), school())
        book = in_force()
        finding = detected(book)
        assert finding.is_existing_use
        self.record(finding, existed=False, evidence="Opened in May 2026")

        assert not detected(book).is_existing_use

    def test_without_evidence_nothing_is_recorded(self, finding):
        with pytest.raises(FieldMissingError):
            self.record(finding, existed=True, evidence=" ")
        assert not Finding.objects.get().is_existing_use

    def test_the_database_asks_for_the_evidence_too(self, finding):
        with pytest.raises(IntegrityError, match="has_evidence"), transaction.atomic():
            Handling.objects.create(finding=finding, existing_use=True)

    def test_it_is_never_hidden(self, client, finding):
        self.record(finding, existed=True)
        page = client.get("/findings/?lang=en").content.decode()
        one = client.get(f"/findings/{finding.pk}/?lang=en").content.decode()

        assert "lies 100.0 m from" in page
        assert '<span class="badge existing-use">existing nonconforming use</span>' in page
        assert "Title 1234 of 1998" in one
        assert "existing nonconforming use" in one
        assert client.get("/findings.geojson").json()["total"] == 1

    def test_what_is_dismissed_can_still_be_stated(self, finding):
        decide(finding, "dismissed")
        self.record(finding, existed=True)

        assert Finding.objects.get().is_existing_use

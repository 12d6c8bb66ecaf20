"""What happens while a detection is at work is seen by it, or by the next one."""

import pytest

from conflicts import recheck_requests, services
from conflicts.models import DetectionRun, Finding
from conflicts.queries import latest_detection
from conflicts.recheck import recheck_conflicts
from conflicts.rulebooks.versions import ratify_rulebook
from conflicts.services import detect_conflicts
from layers.models import Run
from layers.services import set_surveyed_area
from layers.vocab import Answer, RunState
from tests.conflicts.ground import put, rule_data, rulebook, surveyed_layer
from tests.factories import feature, filled_layer, square

pytestmark = pytest.mark.django_db

LANDFILL = feature("L", square(0, 0, 100), "landfill")


def school(gap_m, name="S"):
    """Return a school so many metres east of the landfill."""
    return feature(name, square(100 + gap_m, 0, 50), "school")


def answers():
    outcomes = latest_detection().standing_outcomes.select_related("rule")
    return {outcome.rule.code: outcome.answer for outcome in outcomes}


def happening(monkeypatch, step, event):
    """Let something happen just after the first call of one step of the detection."""
    original, waiting = getattr(services, step), [event]

    def interrupted(*given, **named):
        made = original(*given, **named)
        if waiting:
            waiting.pop()()
        return made

    monkeypatch.setattr(services, step, interrupted)


def test_a_layer_published_while_a_full_detection_asks_is_looked_at_by_the_next_re_check(
    monkeypatch,
):
    surveyed_layer("facilities", LANDFILL, school(300))
    book = rulebook(rule_data())
    happening(monkeypatch, "_merge", lambda: filled_layer("others", school(20, "NEW")))

    detect_conflicts(rulebook=book)

    assert not Finding.objects.filter(object_id="NEW").exists()
    assert recheck_conflicts(rulebook=book).why_full is not None
    assert Finding.objects.filter(object_id="NEW").exists()
    assert answers() == {"T-01": Answer.FAILS}


def test_a_re_check_is_asked_for_when_the_land_became_another_during_a_full_detection(
    monkeypatch, django_capture_on_commit_callbacks
):
    surveyed_layer("facilities", LANDFILL, school(300))
    book = rulebook(rule_data())
    happening(monkeypatch, "_merge", lambda: filled_layer("others", school(20, "NEW")))

    with django_capture_on_commit_callbacks(execute=True):
        detect_conflicts(rulebook=book)

    assert Run.objects.filter(kind=recheck_requests.RUN_KIND).exists()


def test_nothing_is_asked_for_when_the_land_stayed_as_it_was(django_capture_on_commit_callbacks):
    surveyed_layer("facilities", LANDFILL, school(300))
    book = rulebook(rule_data())

    with django_capture_on_commit_callbacks(execute=True):
        detect_conflicts(rulebook=book)

    assert not Run.objects.filter(kind=recheck_requests.RUN_KIND).exists()
    assert recheck_conflicts(rulebook=book).detection is None


def test_a_survey_that_shrinks_while_rules_are_asked_ends_the_all_clear_at_the_next_re_check(
    monkeypatch,
):
    layer = surveyed_layer("facilities", LANDFILL, school(300), looked_for=())
    book = rulebook(rule_data())
    happening(
        monkeypatch, "_merge", lambda: set_surveyed_area(layer=layer, geometry=square(0, 0, 10))
    )

    detect_conflicts(rulebook=book)
    recheck_conflicts(rulebook=book)

    assert answers() == {"T-01": Answer.CANNOT_TELL}


def overtaken(monkeypatch):
    """Detect while a re-check with a later number sees a far school, then one near is published."""
    layer = surveyed_layer("facilities", LANDFILL, school(300))
    quarry = feature("Q", square(5000, 0, 9), "quarry")
    other = surveyed_layer("pits", quarry, looked_for=("quarry",))
    book = rulebook(rule_data(), rule_data("T-02", subject={"classes": ["quarry"]}))
    detect_conflicts(rulebook=book)

    def meanwhile():
        put(layer, LANDFILL, school(310))
        recheck_conflicts(rulebook=book)
        put(layer, LANDFILL, school(20))

    happening(monkeypatch, "queue_run", meanwhile)
    return book, other, detect_conflicts(rulebook=book)


def test_of_two_detections_the_one_that_knows_more_has_the_later_number(monkeypatch):
    _book, _other, detection = overtaken(monkeypatch)

    assert latest_detection() == detection
    assert detection.pk == max(DetectionRun.objects.values_list("pk", flat=True))
    assert answers()["T-01"] == Answer.FAILS
    cancelled = Run.objects.get(kind="detection", state=RunState.CANCELLED)
    assert "begun again" in cancelled.message


def test_a_re_check_after_it_repeats_its_answers_and_no_older_ones(monkeypatch):
    book, other, detection = overtaken(monkeypatch)

    put(other, feature("Q", square(6000, 0, 9), "quarry"))
    after = recheck_conflicts(rulebook=book).detection

    assert after.goes_on_from == detection
    assert answers()["T-01"] == Answer.FAILS


def test_answers_of_another_full_detection_are_not_taken_for_those_gone_on_from():
    surveyed_layer("facilities", LANDFILL, school(300))
    book = rulebook(rule_data())
    first = detect_conflicts(rulebook=book)
    second = detect_conflicts(rulebook=book)
    third = DetectionRun.objects.create(
        run=Run.objects.create(kind="recheck", title="by hand"), rulebook=book, goes_on_from=first
    )

    assert [outcome.detection_id for outcome in third.standing_outcomes] == [first.pk]
    assert [outcome.detection_id for outcome in second.standing_outcomes] == [second.pk]


def test_a_worker_that_was_to_ask_a_version_superseded_meanwhile_asks_the_one_in_force():
    surveyed_layer("facilities", LANDFILL, school(150))
    old = ratify_rulebook(rulebook(rule_data(min_distance_m=100)))
    detect_conflicts(rulebook=old)
    [listed] = recheck_requests.kept_rulebooks()
    new = rulebook(rule_data(min_distance_m=200), rule_data("T-09", min_distance_m=200))
    detect_conflicts(rulebook=ratify_rulebook(new))

    recheck_conflicts(rulebook=listed)

    assert listed.pk == old.pk
    assert latest_detection().rulebook_id == new.pk
    assert set(Finding.objects.values_list("rule_code", "state")) == {
        ("T-01", "open"),
        ("T-09", "open"),
    }

"""Long jobs: progress seen from outside, a cancel that is heard, an honest end."""

from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from layers.errors import RunCancelledError, UserFacingError
from layers.models import Layer, Run
from layers.runs import STALE_AFTER, executing, fail_stale_runs, queue_run, request_cancel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run():
    return queue_run(kind="import", title="Import a.gpkg", parameters={"layer": "houses"})


def seen_from_outside(run, column):
    """What another session reads of a run while the job is at work."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT to_jsonb(r) -> %s FROM layers_run r WHERE id = %s", [column, run.pk]
            )
            return cursor.fetchone()[0]
    finally:
        other.close()


def test_a_queued_run_waits(run):
    assert (run.state, run.progress_share, run.started_at) == ("queued", 0.0, None)


def test_progress_is_visible_while_the_transaction_is_open(run):
    with executing(run) as report, transaction.atomic():
        Layer.objects.create(slug="half-way", title_en="x", geometry_kind="point")
        report(0.4, "200 rows read")
        assert str(seen_from_outside(run, "progress_share")) == "0.4"
        assert "200 rows read" in str(seen_from_outside(run, "message"))


def test_a_finished_run_says_so_and_keeps_its_log(run):
    with executing(run) as report:
        report(0.4, "reading")
        report(0.8, "writing")
    run.refresh_from_db()
    assert (run.state, run.progress_share) == ("succeeded", 1.0)
    assert run.finished_at >= run.started_at
    assert [line[20:] for line in run.log.splitlines()] == ["reading", "writing"]


def test_progress_stays_between_nothing_and_all(run):
    with executing(run) as report:
        report(7.0, "too much")
        run.refresh_from_db()
        assert run.progress_share == 1.0
        report(-1.0, "too little")
        run.refresh_from_db()
        assert run.progress_share == 0.0


def test_a_refusal_is_recorded_with_its_sentence_and_nothing_else(run):
    with pytest.raises(UserFacingError), executing(run), transaction.atomic():  # noqa: PT012
        Layer.objects.create(slug="half", title_en="x", geometry_kind="point")
        raise UserFacingError("The file is empty.", remedy="Fetch it again.")
    run.refresh_from_db()
    assert (run.state, run.message) == ("failed", "The file is empty. Fetch it again.")
    assert not Layer.objects.exists()


def test_a_fault_is_recorded_and_not_swallowed(run):
    with pytest.raises(ZeroDivisionError), executing(run):
        _ = 1 / 0
    run.refresh_from_db()
    assert run.state == "failed"
    assert "ZeroDivisionError" in run.message


def test_a_cancel_is_heard_at_the_next_report(run):
    with pytest.raises(RunCancelledError), executing(run) as report:  # noqa: PT012
        report(0.1, "reading")
        request_cancel(run)
        assert report.is_cancelled()
        report(0.2, "never shown")
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_a_finished_run_cannot_be_cancelled(run):
    with executing(run):
        pass
    request_cancel(run)
    run.refresh_from_db()
    assert run.cancel_requested_at is None


def test_the_listener_hears_every_step(run):
    heard = []
    with executing(run, echo=lambda share, message: heard.append((share, message))) as report:
        report(0.5, "half")
    assert heard == [(0.5, "half")]


def test_a_killed_run_is_found_by_its_silence_and_a_living_one_left_alone(run):
    dead = queue_run(kind="import", title="dead", parameters={})
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(state="running", heartbeat_at=now)
    silent_since = now - STALE_AFTER - timedelta(seconds=1)
    Run.objects.filter(pk=dead.pk).update(state="running", heartbeat_at=silent_since)

    assert fail_stale_runs() == 1

    run.refresh_from_db()
    dead.refresh_from_db()
    assert (run.state, dead.state) == ("running", "failed")
    assert "start it again" in dead.message


def test_long_titles_and_messages_are_cut_not_refused():
    run = queue_run(kind="import", title="x" * 500, parameters={})
    with executing(run) as report:
        report(0.5, "y" * 1000)
    run.refresh_from_db()
    assert (len(run.title), run.state) == (200, "succeeded")

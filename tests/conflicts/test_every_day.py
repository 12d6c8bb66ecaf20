"""The worker begins each day of the city by ending what has run out; nobody has to ask for it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conflicts.life.expiry import next_day
from conflicts.life.tasks import begin_the_day, keep_the_days
from conflicts.models import Acceptance, Finding
from tests.conflicts.ground import find, rule_data, surveyed_layer
from tests.conflicts.people import accept
from tests.factories import feature, square

pytestmark = pytest.mark.django_db

NEW_YEARS_EVE = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # half past eleven in Phnom Penh
JUST_AFTER = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)


@pytest.fixture
def accepted():
    """A school too near a landfill, accepted until yesterday."""
    surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(150, 0, 50), "school"),
    )
    [finding] = find(rule_data())
    accept(finding)
    Acceptance.objects.update(valid_to=timezone.localdate() - timedelta(days=1))
    return finding


def waiting():
    return DBTaskResult.objects.filter(task_path=begin_the_day.module_path)


def state():
    return Finding.objects.get().state


@pytest.mark.parametrize(
    ("moment", "begins"),
    [
        (NEW_YEARS_EVE, datetime(2026, 12, 31, 17, 1, tzinfo=UTC)),
        (JUST_AFTER, datetime(2027, 1, 1, 17, 1, tzinfo=UTC)),
    ],
)
def test_the_next_day_is_that_of_the_city(moment, begins):
    assert next_day(moment) == begins


def test_the_day_ends_what_has_run_out_and_sees_to_the_next_day(accepted):
    ended = begin_the_day.func()

    assert (ended, state()) == (1, "open")
    [tomorrow] = waiting()
    assert tomorrow.run_after == next_day()


def test_however_often_a_worker_starts_one_next_day_waits():
    for _start in range(3):
        keep_the_days()

    assert waiting().count() == 1


def test_the_day_that_waits_is_a_task_that_a_worker_takes_tomorrow(accepted):
    keep_the_days()

    task = DBTaskResult.objects.ready().filter(task_path=begin_the_day.module_path)
    assert not task.exists()  # not today
    waiting().update(run_after=timezone.now() - timedelta(seconds=1))
    assert task.get().task.func is begin_the_day.func


def test_the_shell_tells_what_has_run_out(accepted, capsys):
    call_command("expire")
    call_command("expire")

    said = capsys.readouterr().out
    assert f"#{accepted.pk} T-01 L / S: the acceptance has run out" in said
    assert "No acceptance has run out." in said
    assert state() == "open"

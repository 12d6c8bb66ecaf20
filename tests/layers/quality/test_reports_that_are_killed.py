"""A worker killed while it makes a report leaves nothing half; one that is told to stop does."""

import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from layers.models import LayerVersion, Run
from layers.quality.models import QualityIssue, QualityReport
from layers.quality.requests import MOST_ATTEMPTS, ask_for_report, make_now
from layers.runs import STALE_AFTER, request_cancel
from layers.vocab import RunState
from tests.factories import feature, filled_layer, square
from tests.other_process import on_test_database

pytestmark = pytest.mark.django_db(transaction=True)

# Waits after every area, so that there is time to be killed in the middle.
SLOW_REPORT = """
import sys, time, django
django.setup()
from layers.quality import making, tasks
from layers.topology import areas
areas.READ_AT_ONCE = 1
compare = making._compared
making._compared = lambda version, bare, features, tell: compare(
    version, bare, features, lambda share: (tell(share), time.sleep(0.3)))
print(tasks.make_quality_report.func(int(sys.argv[1]), "km"))
"""


@pytest.fixture
def version():
    """Forty plots, each overlapping the next."""
    rows = [feature(f"P{n:02}", square(9 * n, 0, 10)) for n in range(40)]
    layer = filled_layer("plots", *rows, geometry_kind="polygon")
    return LayerVersion.objects.select_related("layer").get(layer=layer)


@pytest.fixture
def working(version):
    run = make_now(version)
    environment = on_test_database(
        DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=str(settings.BASE_DIR)
    )
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_REPORT, str(run.pk)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until_under_way(run, process)
    yield run, process
    process.kill()
    process.communicate()


def wait_until_under_way(run, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run.refresh_from_db()
        if run.progress_share > 0.2:
            return
        assert process.poll() is None, "it ended before it was half done"
        time.sleep(0.05)
    raise AssertionError("the report was not begun")


def assert_nothing_kept():
    assert not QualityReport.objects.exists()
    assert not QualityIssue.objects.exists()


def test_one_that_is_killed_leaves_nothing_and_is_begun_again(working, version, client):
    run, process = working
    assert run.message == "កំពុងរាប់ និងប្រៀបធៀប"

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert_nothing_kept()
    Run.objects.filter(pk=run.pk).update(heartbeat_at=run.heartbeat_at - 2 * STALE_AFTER)
    client.get("/layers/plots/quality/")
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    again = Run.objects.exclude(pk=run.pk).get()
    assert (again.kind, again.state) == ("quality", RunState.QUEUED)


def test_one_that_is_told_to_stop_does_and_keeps_nothing(working, version):
    run, process = working

    assert request_cancel(run)
    told, _errors = process.communicate(timeout=60)

    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert run.message[:20] in told
    assert_nothing_kept()


def test_what_is_stopped_again_and_again_is_left_alone(version):
    for _attempt in range(MOST_ATTEMPTS):
        make_now(version)
        Run.objects.filter(state=RunState.QUEUED).update(state=RunState.CANCELLED)

    ask_for_report(version)

    assert not Run.objects.filter(state=RunState.QUEUED).exists()

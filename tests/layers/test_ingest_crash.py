"""An import that is killed or cancelled leaves the layer exactly as it was."""

import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from layers.models import Feature, ImportIssue, Layer, LayerVersion, Run
from layers.runs import request_cancel
from tests.factories import feature, filled_layer, square
from tests.layers.sources import vector_file
from tests.other_process import on_test_database

pytestmark = pytest.mark.django_db(transaction=True)

# Reports after every row and waits there, so that there is time to be killed in the middle.
SLOW_IMPORT = """
import sys, time, django
django.setup()
from django.utils import translation
translation.activate("en")
from pathlib import Path
from dataclasses import replace
from layers.ingest import import_file
from layers.ingest.confined import limits
limits.IMPORTING = replace(limits.IMPORTING, rows_at_once=1)
import_file(path=Path(sys.argv[1]), layer="houses", echo=lambda share, message: time.sleep(0.3))
"""


@pytest.fixture
def ground(tmp_path):
    """Two houses published, and a file that would replace them by fifty."""
    old = [feature("old", square(0, 0, 10)), feature("older", square(20, 0, 10))]
    filled_layer("houses", *old, geometry_kind="polygon")
    shapes = [square(20 * n, 0, 10) for n in range(49)]
    return vector_file(tmp_path / "fifty.gpkg", [None, *shapes])


@pytest.fixture
def importing(ground):
    environment = on_test_database(
        DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=str(settings.BASE_DIR)
    )
    process = subprocess.Popen([sys.executable, "-c", SLOW_IMPORT, str(ground)], env=environment)
    yield process
    process.kill()
    process.wait()


def wait_until_under_way():
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run = Run.objects.filter(kind="import", progress_share__gt=0).first()
        if run is not None:
            return run
        time.sleep(0.1)
    raise AssertionError("the import did not start")


def assert_as_before():
    assert set(Feature.objects.values_list("stable_id", "retired_in")) == {
        ("old", None),
        ("older", None),
    }
    assert Layer.objects.get().published_number == 1
    assert LayerVersion.objects.count() == 1
    assert not ImportIssue.objects.exists()


def test_kill_9_in_the_middle_leaves_the_old_state(importing):
    run = wait_until_under_way()
    importing.send_signal(signal.SIGKILL)
    importing.wait()

    assert_as_before()
    run.refresh_from_db()
    assert 0 < run.progress_share < 1  # how far it was stays visible


def test_cancelling_from_elsewhere_is_heard_and_leaves_the_old_state(importing):
    run = wait_until_under_way()
    request_cancel(run)
    assert importing.wait(timeout=60) != 0

    assert_as_before()
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "Everything is as it was" in run.message

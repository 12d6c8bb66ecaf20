"""A run in one shell, stopped or killed from another: the old state or the new, never half."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone

from layers.models import Feature, Layer, RasterLayer, Run
from layers.runs import STALE_AFTER, fail_stale_runs
from layers.vocab import RunState
from scenarios.models import ScenarioRun
from tests.other_process import on_test_database
from tests.scenarios.basins import HEAVY_RAIN, write_scenario

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shell(tmp_path):
    """How to run a command of Krong in another process, on this test's own database."""
    environment = on_test_database(PYTHONPATH=str(ROOT), KRONG_VAR=str(tmp_path / "var"))
    command = [sys.executable, "-m", "config.command_line"]
    started = []

    def run(*words):
        process = subprocess.Popen(
            [*command, *words], env=environment, cwd=tmp_path,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def long_scenario(tmp_path):
    bed = np.random.default_rng(1).random((300, 300)) * 3
    return write_scenario(tmp_path, bed, event=HEAVY_RAIN, duration_h=1000)


def computing_run(process):
    """Wait until the process has a run that computes."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        run = Run.objects.filter(state=RunState.RUNNING, message__contains="simulated").first()
        if run is not None:
            return run
        assert process.poll() is None, process.communicate()[1][-2000:]
        time.sleep(0.1)
    pytest.fail("the run did not begin to compute")


def nothing_is_stored():
    return not any(model.objects.exists() for model in (Layer, Feature, RasterLayer, ScenarioRun))


def test_a_killed_run_stores_nothing_and_is_found_dead(shell, long_scenario):
    process = shell("scenario", "run", str(long_scenario))
    run = computing_run(process)
    process.kill()
    process.wait()
    assert nothing_is_stored()

    Run.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - 2 * STALE_AFTER)
    assert fail_stale_runs() == 1
    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "Nothing of it was stored" in run.message


def test_a_cancel_from_another_shell_is_heard_within_two_seconds(shell, long_scenario):
    process = shell("scenario", "run", str(long_scenario))
    run = computing_run(process)
    asking = shell("run", "cancel", str(run.pk))
    asking.communicate()
    asked_at = time.monotonic()
    _out, told = process.communicate(timeout=PATIENCE_S)
    # two seconds to hear it, and what a loaded machine needs to end a process
    assert time.monotonic() - asked_at < 4.0
    run.refresh_from_db()
    assert (run.finished_at - run.cancel_requested_at).total_seconds() < 2.0
    assert process.returncode == 2
    assert "was cancelled" in told
    assert run.state == RunState.CANCELLED
    assert nothing_is_stored()


def interrupted(process):
    """Press Ctrl-C as a person does: once more where nothing happens. Return what was told.

    Python drops an interrupt that arrives while it clears up an object.
    """
    for _press in range(4):
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=PATIENCE_S / 3)[1]
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError("Ctrl-C was not heard")


def test_ctrl_c_ends_the_run_with_a_sentence(shell, long_scenario):
    process = shell("scenario", "run", str(long_scenario))
    run = computing_run(process)
    told = interrupted(process)
    assert process.returncode == 2
    assert "was cancelled. Everything is as it was" in told
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED
    assert nothing_is_stored()

"""The files of a run go with the run, also when it was killed; those of a living run stay."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from scenarios.scratch import GATE, scratch_folder, sweep_scratch

ROOT = Path(__file__).resolve().parents[2]
OWNER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from django.conf import settings
    settings.configure(VAR_DIR=Path(sys.argv[1]))
    from scenarios.scratch import scratch_folder
    with scratch_folder() as folder:
        (folder / "depth.tif").write_bytes(b"half a grid")
        print(folder.name, flush=True)
        time.sleep(600)
    """
)


@pytest.fixture(autouse=True)
def own_var(tmp_path, settings):
    settings.VAR_DIR = tmp_path
    return tmp_path / "tmp"


@pytest.fixture
def owner(tmp_path):
    """Another process that holds a folder; given as the process and the folder's name."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    yield process, process.stdout.readline().decode().strip()
    process.kill()
    process.wait()
    process.stdout.close()


def folders(parent):
    return sorted(path.name for path in parent.iterdir() if path.name != GATE)


def test_a_folder_goes_when_its_run_ends(own_var):
    with scratch_folder() as folder:
        (folder / "depth.tif").write_bytes(b"a grid")
        assert folders(own_var) == [folder.name]
    assert folders(own_var) == []


def test_a_folder_goes_when_its_run_fails(own_var):
    with pytest.raises(ZeroDivisionError), scratch_folder():
        1 / 0  # noqa: B018 - fails on purpose
    assert folders(own_var) == []


def test_the_folder_of_a_living_run_is_left_alone(own_var, owner):
    assert sweep_scratch() == []
    with scratch_folder() as mine:
        assert folders(own_var) == sorted([owner[1], mine.name])
    assert folders(own_var) == [owner[1]]


def test_the_folder_of_a_killed_run_goes_at_the_next_start(own_var, owner):
    process, name = owner
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert folders(own_var) == [name]

    with scratch_folder() as mine:
        assert folders(own_var) == [mine.name]


def test_a_sweep_names_what_it_took_and_touches_nothing_else(own_var, tmp_path):
    kept = own_var / "uploads"
    kept.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (own_var / "scenario-link").symlink_to(elsewhere)
    (own_var / "scenario-dead").mkdir()

    assert sweep_scratch() == ["scenario-dead"]

    assert folders(own_var) == ["scenario-link", "uploads"]
    assert elsewhere.is_dir()

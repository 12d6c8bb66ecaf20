"""What imports unpack goes with them, also when whoever asked was killed in the middle."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from layers.errors import UserFacingError
from layers.ingest import ImportOptions, dry_run, import_file, look_into
from layers.scratch import GATE, IMPORTS, sweep_scratch
from tests.factories import square
from tests.layers.sources import vector_file, zipped_shapefile
from tests.other_process import on_test_database

pytestmark = pytest.mark.django_db(transaction=True)

# Imports a file row by row, with its own folder for passing files.
IMPORT = """
import sys, django
django.setup()
from pathlib import Path
from django.conf import settings
settings.VAR_DIR = sys.argv[2]
from layers.ingest import ImportOptions, import_file
from layers.ingest.confined import limits
from dataclasses import replace
import time
limits.IMPORTING = replace(limits.IMPORTING, rows_at_once=1)
import_file(path=Path(sys.argv[1]), layer="houses", echo=lambda share, message: time.sleep(0.5))
"""


@pytest.fixture
def passing(settings, tmp_path):
    """Passing files of this test alone: what lies there, by name."""
    settings.VAR_DIR = tmp_path / "var"

    def left():
        folder = Path(settings.VAR_DIR) / "tmp"
        return sorted(p.name for p in folder.glob("*") if p.name != GATE) if folder.exists() else []

    return left


@pytest.fixture
def packed(tmp_path):
    shapes = [square(20 * n, 0, 10) for n in range(60)]
    return zipped_shapefile(tmp_path / "houses.zip", shapes, n=list(range(60)))


def wait_until(found):
    deadline = time.monotonic() + 60
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_an_import_killed_in_the_middle_unpacked_goes(packed, passing, tmp_path):
    environment = on_test_database(
        DJANGO_SETTINGS_MODULE="config.settings", PYTHONPATH=str(settings.BASE_DIR)
    )
    folder = tmp_path / "var"
    process = subprocess.Popen(
        [sys.executable, "-c", IMPORT, str(packed), str(folder)], env=environment
    )
    wait_until(lambda: list(folder.glob("tmp/import-*/*.dbf")))
    process.send_signal(signal.SIGKILL)
    process.wait()

    wait_until(lambda: sweep_scratch(IMPORTS) or passing() == [])

    assert passing() == []


def test_what_was_left_when_the_whole_machine_stopped_goes_with_the_next_look(tmp_path, passing):
    left = tmp_path / "var" / "tmp" / "import-left"
    left.mkdir(parents=True)
    (left / "houses.dbf").write_bytes(b"half")

    look_into(vector_file(tmp_path / "other.gpkg", [square(0, 0, 10)]))

    assert passing() == []


def test_the_folder_of_a_living_import_is_not_swept(packed, passing):
    seen = []

    def watched(_share, _message):
        seen.append((passing(), sweep_scratch(IMPORTS)))

    import_file(path=packed, layer="houses", echo=watched)

    during = [names for names, swept in seen if names]
    assert during
    assert all(len(names) == 1 and names[0].startswith("import-") for names in during)
    assert all(swept == [] for _names, swept in seen)
    assert passing() == []


def test_a_refusal_a_trial_and_a_look_leave_nothing(tmp_path, packed, passing):
    look_into(packed)
    dry_run(packed, ImportOptions())
    with pytest.raises(UserFacingError, match="has no column 'no such column'"):
        import_file(path=packed, layer="houses", options=ImportOptions(id_field="no such column"))

    assert passing() == []

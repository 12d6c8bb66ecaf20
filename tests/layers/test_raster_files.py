"""A grid whose publication is undone, or whose process is killed, leaves no file behind."""

import json
import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings as deployed
from django.db import connection, transaction

from layers.models import RasterLayer
from layers.raster_files import MARKERS, leaving_no_files, sweep_files
from layers.services import Provenance, open_layer, publish_raster
from tests.factories import square

pytestmark = pytest.mark.django_db(transaction=True)

# Publishes a grid, says so before it commits, and waits to be killed.
PUBLISH = """
import sys, time, django
django.setup()
from pathlib import Path
from django.conf import settings
settings.MEDIA_ROOT = sys.argv[1]
from django.db import transaction
from tests.layers.test_raster_files import publish
with transaction.atomic():
    publish(Path(sys.argv[2]))
    print("here", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def grid(tmp_path):
    path = tmp_path / "grid.tif"
    path.write_bytes(b"a grid")
    return path


def publish(path, slug="terrain"):
    from django.contrib.gis.geos import GEOSGeometry

    described = {
        "quantity": "elevation", "units": "m", "nodata": -9999.0, "vertical_datum": "local",
        "resolution_m": 1.0, "minimum": 0.0, "maximum": 1.0,
        "footprint": GEOSGeometry(square(0, 0, 10).wkt, srid=32648),
    }  # fmt: skip
    layer = open_layer(slug=slug, geometry_kind="raster")
    return publish_raster(layer=layer, path=path, provenance=Provenance(), described=described)


def files(media):
    return sorted(path.name for path in (media / "rasters").glob("*.tif"))


def markers(media):
    return list((media / MARKERS).glob("*.json"))


def publish_and_fail(grid, media):
    publish(grid, "depth")
    publish(grid, "velocity")
    raise RuntimeError(f"after {len(files(media))} files")


def test_a_file_the_storage_renames_is_swept_by_its_own_name(grid, media, monkeypatch):
    names = (f"rasters/other-{number}.tif" for number in count(1))
    monkeypatch.setattr(
        "django.core.files.storage.FileSystemStorage.get_available_name",
        lambda _self, _name, max_length=None: next(names),
    )
    made = publish(grid)
    sweep_files()
    assert (made.file.name, files(media)) == ("rasters/other-1.tif", ["other-1.tif"])
    with pytest.raises(RuntimeError, match="after 3 files"):
        leaving_no_files()(publish_and_fail)(grid, media)
    assert files(media) == ["other-1.tif"]


def test_a_published_grid_has_a_name_of_its_own_and_no_marker(grid, media):
    first, second = publish(grid), publish(grid)
    assert first.file.name != second.file.name
    assert [Path(row.file.name).name for row in (first, second)] == files(media)
    assert markers(media) == []


def test_a_publication_undone_as_a_whole_leaves_no_file(grid, media):
    kept = publish(grid)
    with pytest.raises(RuntimeError, match="after 3 files"):
        leaving_no_files()(publish_and_fail)(grid, media)
    assert files(media) == [Path(kept.file.name).name]
    assert markers(media) == []


def test_a_row_that_cannot_be_stored_leaves_no_file(grid, media, monkeypatch):
    def refuse(*_arguments, **_options):
        raise RuntimeError("no room")

    monkeypatch.setattr(RasterLayer, "save", refuse)
    with pytest.raises(RuntimeError, match="no room"):
        publish(grid)
    assert files(media) == []


def test_a_file_left_by_a_transaction_undone_elsewhere_goes_with_the_next_grid(grid, media):
    with pytest.raises(RuntimeError, match="after 2 files"):
        transaction.atomic(publish_and_fail)(grid, media)
    assert len(files(media)) == 2
    made = publish(grid)
    assert files(media) == [Path(made.file.name).name]


def test_what_another_database_marked_and_what_nobody_marked_stays(grid, media):
    publish(grid)
    (media / MARKERS).mkdir(parents=True, exist_ok=True)
    for name in ("theirs.tif", "unmarked.tif"):
        (media / "rasters" / name).write_bytes(b"x")
    stated = {"database": "another/1", "file": "rasters/theirs.tif"}
    (media / MARKERS / "00.json").write_text(json.dumps(stated))
    sweep_files()
    assert {"theirs.tif", "unmarked.tif"} < set(files(media))
    assert len(markers(media)) == 1


def test_a_process_at_work_keeps_its_file_and_a_killed_one_leaves_none(grid, media):
    environment = os.environ | {
        "KRONG_DB_NAME": connection.settings_dict["NAME"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(deployed.BASE_DIR),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(media), str(grid)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "here\n"
        sweep_files()
        assert len(files(media)) == 1
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    made = publish(grid)
    assert files(media) == [Path(made.file.name).name]
    assert markers(media) == []

"""A reader who takes an hour keeps nobody waiting, and gets exactly the version that is named."""

import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client

from layers import spooling
from layers.scratch import GATE, scratch_folder, sweep_scratch
from layers.services import publish_features
from layers.spooling import TooLargeError, spooled
from tests.city import ROOT
from tests.factories import feature, filled_layer, square

COUNT = 300
DOWNLOAD, ITEMS = "/layers/plots/download", "/ogc/collections/plots/items"
# what publishing a large layer for the first time needs for a moment
ATTACH = "LOCK TABLE layers_feature IN ACCESS EXCLUSIVE MODE"


def plots(owner):
    return [
        feature(f"P-{number:03}", square(20 * number, 0, 10), owner=owner)
        for number in range(COUNT)
    ]


@pytest.fixture
def layer(transactional_db):
    return filled_layer("plots", *plots("before"), geometry_kind="polygon")


def publish_anew(layer):
    """In another session take the table for oneself, as a large layer does; publish new content."""

    def work():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                cursor.execute(ATTACH)
            publish_features(layer=layer, features=plots("after"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.fixture(params=["geojson", "geojsonseq", "kml", "csv", "dxf", "shp", "gpkg", "fgb", "ogc"])
def begun(request, layer):
    """A download somebody has begun to read: its first piece, and the rest to come."""
    is_page = request.param == "ogc"
    address, asked = (ITEMS, {"limit": 1000}) if is_page else (DOWNLOAD, {"format": request.param})
    response = Client().get(address, asked)
    pieces = iter(response.streaming_content)
    return next(pieces), pieces, request.param


def test_a_reader_who_has_begun_holds_no_transaction_and_no_lock(begun, layer):
    assert not connection.in_atomic_block
    publish_anew(layer)
    layer.refresh_from_db()
    assert layer.published_number == 2


def test_what_is_read_after_a_publication_is_the_version_that_was_asked_for(begun, layer):
    first, rest, code = begun
    publish_anew(layer)
    content = first + b"".join(rest)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            content = b"".join(parts.read(name) for name in parts.namelist())
    assert content.count(b"before") >= COUNT
    assert b"after" not in content
    if code in ("geojson", "ogc"):
        found = json.loads(content)["features"]
        assert [row["id"] for row in found] == [f"P-{number:03}" for number in range(COUNT)]


def test_the_size_is_known_before_the_first_piece(layer):
    response = Client().get(DOWNLOAD, {"format": "geojson"})
    assert int(response["Content-Length"]) == len(b"".join(response.streaming_content))


def test_a_file_larger_than_is_kept_is_refused_in_words(layer, settings):
    settings.KRONG_EXPORT_MAX_MB = 0
    for code in ("geojson", "gpkg", "shp"):
        response = Client().get(DOWNLOAD, {"format": code, "lang": "en"})
        assert (code, response.status_code) == (code, 413)
        assert "larger than 0 MB" in response.content.decode()


def counted(pieces, closed):
    try:
        yield from pieces
    finally:
        closed.append(True)


@pytest.mark.parametrize("size", [0, 1, spooling.IN_MEMORY_BYTES - 1, spooling.IN_MEMORY_BYTES + 1])
def test_what_is_kept_comes_back_byte_for_byte(settings, tmp_path, size):
    settings.VAR_DIR = tmp_path
    content, closed = os.urandom(size), []
    kept = spooled(counted([content[:7], content[7:]], closed))
    assert (kept.size_bytes, closed) == (size, [True])
    assert [path.name for path in (tmp_path / "tmp").iterdir()] == []  # it has no name
    assert b"".join(kept) == content
    kept.close()
    assert kept.file.closed


def test_a_source_that_breaks_off_is_closed_and_its_error_told(settings, tmp_path):
    settings.VAR_DIR, settings.KRONG_EXPORT_MAX_MB = tmp_path, 1
    closed = []
    with pytest.raises(TooLargeError):
        spooled(counted([b"x" * 1024**2, b"y"], closed))
    assert closed == [True]


OWNER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from django.conf import settings
    settings.configure(VAR_DIR=Path(sys.argv[1]))
    from layers.scratch import scratch_folder
    with scratch_folder("export") as folder:
        (folder / "zones.gpkg").write_bytes(b"half a file")
        print(folder.name, flush=True)
        time.sleep(600)
    """
)


def test_the_folder_of_a_killed_export_goes_and_that_of_a_living_one_stays(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    killed = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    name = killed.stdout.readline().decode().strip()
    assert name.startswith("export-")
    assert sweep_scratch("export") == []
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    with scratch_folder("scenario") as other:  # sweeps its own kind only
        left = sorted(path.name for path in (tmp_path / "tmp").iterdir() if path.name != GATE)
        assert left == sorted([name, other.name])
        assert sweep_scratch("export") == [name]
        assert other.is_dir()

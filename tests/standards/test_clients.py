"""Real programs read the standards from a live server: GDAL, OWSLib, QGIS.

The product itself skips GDAL's network drivers, so GDAL reads in a process of its own, with a
clean environment, as it would on a planner's machine.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from owslib.ogcapi.features import Features
from owslib.wmts import WebMapTileService

from layers.crs import to_wgs84
from tests.factories import square
from tests.layers.web_map import read_picture
from tests.standards.ground import COUNT, KHMER, PARCELS, parcels
from tests.standards.test_tiles import middle, tile_at

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = Path(__file__).parent / "clients"
QGIS_PYTHON = "/usr/bin/python3"
NEAR_DEG = 1e-6


def client(python, program, *arguments, **environment):
    """Run a client program and return the JSON it prints as its last line."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    done = subprocess.run(
        [python, CLIENTS / program, *map(str, arguments)],
        env=kept | {"NO_PROXY": "*", "no_proxy": "*"} | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def check_parcels(found):
    """Hold what a client read against what is stored: number, Khmer, places."""
    assert len(found) == COUNT
    assert {one["id"]: one["label"] for one in found} == {
        f"P-{number:02}": f"{KHMER} {number}" for number in range(COUNT)
    }
    for number, one in enumerate(sorted(found, key=lambda one: one["id"])):
        expected = to_wgs84(square(number * 20, 0, 10)).bounds
        assert one["bounds"] == pytest.approx(expected, abs=NEAR_DEG)


def test_gdal_reads_the_features(live_server):
    parcels()

    told = client(sys.executable, "gdal_features.py", f"{live_server.url}/ogc/", PARCELS)

    assert told["layers"] == [PARCELS]
    check_parcels(told["features"])
    assert told["in_box"] == ["P-01"]
    assert sorted(told["filtered"]) == ["P-02", "P-03", "P-04"]
    assert told["both"] == ["P-01"]
    assert sorted(told["among"]) == ["P-00", "P-04"]


def test_gdal_reads_many_pages(live_server):
    parcels(25)

    told = client(
        sys.executable, "gdal_features.py", f"{live_server.url}/ogc/", PARCELS, "PAGE_SIZE=4"
    )

    assert len({one["id"] for one in told["features"]}) == 25


def test_gdal_reads_a_vector_tile(live_server):
    parcels()
    column, row = tile_at(16, *middle())
    tile = f"{live_server.url}/tiles/{PARCELS}/1/16/{column}/{row}.mvt"

    told = client(sys.executable, "gdal_tile.py", tile, 16, column, row)

    assert PARCELS in told["layers"]
    assert sorted(told["ids"]) == [f"P-{number:02}" for number in range(COUNT)]
    # a vector tile has 4096 cells to its side: 15 cm here
    assert told["west"] == pytest.approx(to_wgs84(square(0, 0, 10)).bounds[0], abs=3e-6)


def test_owslib_reads_features_schema_and_queryables(live_server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    parcels()

    service = Features(f"{live_server.url}/ogc/")
    page = service.collection_items(PARCELS, limit=2)
    filtered = service.collection_items(PARCELS, filter="height_m > 2")

    assert service.feature_collections() == [PARCELS]
    assert [found["id"] for found in page["features"]] == ["P-00", "P-01"]
    assert [found["id"] for found in filtered["features"]] == ["P-03", "P-04"]
    tree = json.dumps({"op": "=", "args": [{"property": "land_use"}, "COM"]})
    by_json = service.collection_items(PARCELS, filter=tree, **{"filter-lang": "cql2-json"})
    assert [found["id"] for found in by_json["features"]] == ["P-01", "P-03"]
    near = "S_INTERSECTS(geometry, BBOX({}, {}, {}, {}))".format(
        *to_wgs84(square(20, 0, 30)).bounds
    )
    both = service.collection_items(PARCELS, filter=f"{near} AND land_use = 'R1'")
    assert [found["id"] for found in both["features"]] == ["P-02"]
    assert page["features"][0]["properties"]["label"] == f"{KHMER} 0"
    assert service.collection_item(PARCELS, "P-03")["properties"]["height_m"] == 3
    assert "height_m" in service.collection_queryables(PARCELS)["properties"]
    assert any("features-1/1.0/conf/core" in name for name in service.conformance()["conformsTo"])


def test_owslib_reads_the_map_squares_of_a_grid(live_server, terrain, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    column, row = tile_at(16, *middle())

    service = WebMapTileService(f"{live_server.url}/ogc/wmts")
    tile = service.gettile(layer="terrain", tilematrixset="WebMercatorQuad", tilematrix="16",
                           row=row, column=column, format="image/png", style="default")  # fmt: skip

    assert list(service.contents) == ["terrain"]
    assert list(service.tilematrixsets) == ["WebMercatorQuad"]
    assert tile.read().startswith(b"\x89PNG")


def qgis_is_missing():
    try:
        asked = subprocess.run(
            [QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True, check=False, timeout=120
        )
    except OSError:
        return True
    return asked.returncode != 0


@pytest.fixture(scope="module")
def qgis():
    if qgis_is_missing():
        pytest.skip("QGIS is not here: ./setup.sh --dev installs python3-qgis as root")

    def run(program, *arguments):
        return client(QGIS_PYTHON, program, *arguments, QT_QPA_PLATFORM="offscreen")

    return run


def test_qgis_reads_features_vector_tiles_and_map_squares(live_server, terrain, qgis, tmp_path):
    parcels()
    column, row = tile_at(16, *middle())

    told = qgis("qgis_layers.py", live_server.url, PARCELS, "terrain", 16, column, row)

    check_parcels(told["features"])
    assert told["in_box"] == ["P-01"]
    assert sorted(told["filtered"]) == ["P-02", "P-04"]
    assert sorted(told["subset"]) == ["P-03", "P-04"]
    # five squares of 10 m on a square of 600 m of 256 pixels
    assert 50 < told["vector_tiles_drawn"] < 5_000
    picture = Client().get(f"/raster/terrain/1/16/{column}/{row}.png").content
    painted = int((read_picture(picture)[3] > 0).sum())
    assert painted > 1_000
    assert told["wmts_drawn"] == pytest.approx(painted, rel=0.1)
    assert told["xyz_drawn"] == pytest.approx(painted, rel=0.1)

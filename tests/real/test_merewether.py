"""The Merewether flood of 2007 (Newcastle, Australia): terrain, houses and street of a real suburb.

Set-up of the Australian Rainfall and Runoff / Water Research Laboratory test, as published with
ANUGA: 19.7 m3/s into a disc of 10 m radius, n = 0.02 on the street and 0.04 elsewhere, houses as
blocks of 3 m, open to the north and east, closed to the south and west, 1000 s. The grid is that of
the terrain, 1 m. The data come with five gauge points but no measured levels, so the depths are
printed and bounded, not compared.
"""

import sys
import time
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import yaml
from rasterio.transform import rowcol

from scenarios.simulation import run_spec
from scenarios.sources import FileSources
from scenarios.spec_reader import read_spec

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "dem"
TERRAIN, SURVEY = DATA / "merewether_nsw_1m.tif", DATA / "merewether_nsw.gpkg"
DISCHARGE_M3S, DURATION_S = 19.7, 1000.0
INFLOW_AT, RADIUS_M = (382265.0, 6354280.0), 10.0
LONGEST_RUN_S = 180.0

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not TERRAIN.exists(), reason=f"the Merewether terrain is not on this machine ({TERRAIN})"
    ),
]


def merewether_spec(folder):
    stated = {
        "code": "merewether-2007",
        "title_en": "Merewether, June 2007",
        "terrain": {"file": str(TERRAIN), "made": "airborne laser scan, ANUGA validation data"},
        "window": [382255, 6354270, 382565, 6354675],
        "roughness": {
            "default": 0.04,
            "source": "ARR/WRL Merewether test",
            "areas": [{"file": str(SURVEY), "file_layer": "roadpolygon", "value": 0.02}],
        },
        "buildings": {"file": str(SURVEY), "file_layer": "houses", "raise_m": 3},
        "inflows": [
            {
                "name": "culvert",
                "point": list(INFLOW_AT),
                "radius_m": RADIUS_M,
                "discharge_m3s": DISCHARGE_M3S,
                "source": "ARR/WRL Merewether test",
            }
        ],
        "edges": {"north": "open", "east": "open", "south": "closed", "west": "closed"},
        "duration_h": DURATION_S / 3600,
    }
    path = folder / "merewether.yaml"
    path.write_text(yaml.safe_dump(stated), encoding="utf-8")
    return read_spec(path)


@pytest.fixture(scope="module")
def flooded(tmp_path_factory):
    spec = merewether_spec(tmp_path_factory.mktemp("merewether"))
    began = time.monotonic()
    outcome = run_spec(spec, FileSources())
    return outcome, time.monotonic() - began


@pytest.fixture(scope="module")
def gauge_depths(flooded):
    outcome, _seconds = flooded
    grid = outcome.setup.grid
    points = pyogrio.read_dataframe(SURVEY, layer="gauge_points_no_values")
    found = {}
    for name, point in zip(points["ID"], points.geometry, strict=True):
        row, col = rowcol(grid.transform, point.x, point.y)
        found[int(name)] = float(outcome.result.max_depth[row, col])
    return found


def test_the_model_has_the_one_metre_cells_of_the_survey_and_58_houses(flooded):
    outcome, _seconds = flooded
    assert outcome.setup.grid.dx_m == pytest.approx(1.0, abs=1e-4)
    assert (outcome.setup.grid.rows, outcome.setup.grid.cols) == (405, 310)
    assert len(np.unique(outcome.setup.buildings)) == 58 + 1
    assert outcome.setup.hole_cells == 0


def test_every_litre_of_19_700_m3_is_accounted_for(flooded):
    outcome, _seconds = flooded
    balance = outcome.result.mass_balance
    assert balance.inflow_m3 == pytest.approx(DISCHARGE_M3S * DURATION_S, rel=1e-6)
    assert abs(balance.relative_error) < 1e-4
    assert balance.edge_out_by_side_m3["south"] == balance.edge_out_by_side_m3["west"] == 0


def test_the_street_carries_the_water_out_to_the_north_and_east(flooded):
    balance = flooded[0].result.mass_balance
    left = balance.edge_out_by_side_m3
    assert left["north"] + left["east"] == pytest.approx(balance.edge_out_m3)
    assert balance.edge_out_m3 > 0.5 * balance.inflow_m3


def test_all_five_gauges_stand_in_water_less_than_a_storey_deep(gauge_depths, capsys):
    with capsys.disabled():
        told = ", ".join(
            f"gauge {name}: {gauge_depths[name]:.2f} m" for name in sorted(gauge_depths)
        )
        sys.stdout.write(f"\nMerewether, greatest depth at 1 m cells: {told}\n")
    assert len(gauge_depths) == 5
    assert all(0.05 < depth < 3.0 for depth in gauge_depths.values())


def test_houses_take_the_class_of_the_water_at_their_walls(flooded):
    outcome, _seconds = flooded
    built = outcome.setup.buildings > 0
    classes = outcome.classes[built]
    assert (classes >= 3).any()  # some house stands beside water over 0.6 m or fast
    for house in range(1, 59):
        assert len(set(outcome.classes[outcome.setup.buildings == house])) == 1


def test_it_is_said_where_the_scheme_is_not_valid(flooded):
    validity = flooded[0].validity()
    assert 0 < validity["wet_share_beyond_froude"] < 1
    assert "not_validated" in validity["notes"]
    assert "coarse_blocks" not in validity["notes"]  # 1 m cells leave the alleys open


def test_it_takes_less_than_three_minutes_on_one_core(flooded):
    _outcome, seconds = flooded
    assert seconds < LONGEST_RUN_S

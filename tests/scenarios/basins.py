"""Tiny terrains and scenario files for tests; numbers that can be checked in the head.

All lie on the test ground (see ``tests.factories``), cells 10 m x 10 m unless said otherwise.
"""

import numpy as np
import rasterio
import yaml
from rasterio.transform import from_origin

from scenarios.services import carry_out, start_run, store_scenario
from scenarios.spec_reader import read_spec
from tests.factories import EAST, NORTH

CELL_M = 10.0
PROJECT_CRS = "EPSG:32648"


def write_terrain(path, bed, crs=PROJECT_CRS, nodata=-9999.0, cell_m=CELL_M, units=None, **profile):
    """A GeoTIFF whose south-west corner is the origin of the test ground."""
    bed = np.asarray(bed, "float32")
    bands = bed if bed.ndim == 3 else bed[np.newaxis]
    profile.setdefault(
        "transform", from_origin(EAST, NORTH + bands.shape[1] * cell_m, cell_m, cell_m)
    )
    with rasterio.open(
        path, "w", driver="GTiff", width=bands.shape[2], height=bands.shape[1],
        count=bands.shape[0], dtype="float32", crs=crs, nodata=nodata, **profile,
    ) as file:  # fmt: skip
        file.write(bands)
        if units:
            file.set_band_unit(1, units)
    return path


def basin(rows=6, cols=8, floor=0.0, rim=5.0, pit=None):
    """A flat floor inside a rim one cell wide; ``pit`` = ((row, col), elevation) digs one cell."""
    bed = np.full((rows, cols), rim)
    bed[1:-1, 1:-1] = floor
    if pit:
        bed[pit[0]] = pit[1]
    return bed


def scenario(**changes):
    """A scenario on ``terrain.tif``: 60 mm in an hour, then another hour to come to rest."""
    stated = {
        "code": "basin",
        "title_en": "Basin test",
        "title_km": "តេស្តអាង",
        "terrain": {"file": "terrain.tif", "made": "drawn for this test"},
        "roughness": {"default": 0.03, "source": "test"},
        "event": {"steady_rain": {"depth_mm": 60, "duration_h": 1, "source": "test"}},
        "duration_h": 2,
    }
    stated.update(changes)
    return {key: value for key, value in stated.items() if value is not None}


def write_scenario(folder, bed=None, name="basin.yaml", **changes):
    """The scenario file of ``scenario(**changes)`` with its terrain beside it."""
    if bed is not None or not (folder / "terrain.tif").exists():
        write_terrain(folder / "terrain.tif", basin() if bed is None else bed)
    path = folder / name
    path.write_text(
        yaml.safe_dump(scenario(**changes), allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return path


LAYERS = {
    "flood-basin", "flood-basin-depth", "flood-basin-velocity", "flood-basin-hazard-rating",
    "flood-basin-arrival", "flood-basin-froude",
}  # fmt: skip


def plain_with_a_pit():
    """6 x 8 cells of flat ground at 0 m, closed; four cells in the middle lie 1 m lower."""
    bed = np.zeros((6, 8))
    bed[2:4, 3:5] = -1.0
    return bed


# 400 mm on 48 cells stand at L where 44 L + 4 (L + 1) = 19.2: L = 0.317 m on the plain (H2),
# 1.317 m in the pit (H4).
HEAVY_RAIN = {"steady_rain": {"depth_mm": 400, "duration_h": 1, "source": "test"}}


def started(path, publish=True):
    spec = read_spec(path)
    scenario = store_scenario(spec, path.parent)
    run, reused = start_run(scenario=scenario, spec=spec, publish=publish)
    return run, spec, reused


def run_scenario(path, publish=True, echo=None):
    run, spec, reused = started(path, publish)
    return run if reused else carry_out(run, spec, echo=echo)

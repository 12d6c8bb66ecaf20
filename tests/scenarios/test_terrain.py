"""Terrains: read on their own cells, refused in a sentence where water could not be trusted."""

import numpy as np
import pytest
from rasterio.transform import Affine, from_origin

from scenarios import terrain as terrain_module
from scenarios.errors import TerrainError
from scenarios.terrain import read_ground, touching_border
from tests.factories import EAST, NORTH
from tests.scenarios.basins import basin, write_terrain


def ground(path, window=None, nodata=None, has_no_nodata=False):
    return read_ground(path, window=window, nodata=nodata, has_no_nodata=has_no_nodata)


def refusal(path, **options):
    with pytest.raises(TerrainError) as refused:
        ground(path, **options)
    return str(refused.value)


def test_a_terrain_keeps_its_cells_and_elevations(tmp_path):
    found = ground(write_terrain(tmp_path / "t.tif", basin(rows=6, cols=8)))
    assert (found.grid.rows, found.grid.cols, found.grid.dx_m) == (6, 8, 10.0)
    assert found.grid.bounds == (EAST, NORTH, EAST + 80, NORTH + 60)
    assert found.grid.srid == 32648
    assert found.bed[0, 0] == 5.0
    assert found.bed[3, 3] == 0.0
    assert not found.mask.any()


def test_a_window_takes_the_cells_whose_centres_lie_in_it(tmp_path):
    bed = np.arange(48.0).reshape(6, 8)
    path = write_terrain(tmp_path / "t.tif", bed)
    found = ground(path, window=(EAST + 18, NORTH + 12, EAST + 41, NORTH + 33))
    assert found.grid.bounds == (EAST + 20, NORTH + 10, EAST + 40, NORTH + 30)
    assert found.bed.tolist() == [[26, 27], [34, 35]]


def test_a_window_beyond_the_terrain_is_refused_with_what_it_covers(tmp_path):
    path = write_terrain(tmp_path / "t.tif", basin())
    text = refusal(path, window=(EAST - 50, NORTH, EAST + 40, NORTH + 40))
    assert "not inside t.tif" in text
    assert "330000" in text


def test_a_terrain_in_degrees_is_refused(tmp_path):
    shape = from_origin(103.5, 10.7, 0.0001, 0.0001)
    path = write_terrain(tmp_path / "t.tif", basin(), crs="EPSG:4326", transform=shape)
    assert "in degrees" in refusal(path)


def test_a_terrain_without_coordinate_system_is_refused(tmp_path):
    text = refusal(write_terrain(tmp_path / "t.tif", basin(), crs=None))
    assert "coordinate system" in text


def test_a_terrain_measured_in_feet_across_is_refused(tmp_path):
    path = write_terrain(tmp_path / "t.tif", basin(), crs="EPSG:2249")  # Massachusetts, US feet
    assert "not in metres" in refusal(path)


def test_elevations_in_feet_are_refused(tmp_path):
    path = write_terrain(tmp_path / "t.tif", basin(), units="feet")
    assert "elevations in feet" in refusal(path)


def test_a_terrain_that_does_not_name_its_no_data_value_is_refused_until_someone_does(tmp_path):
    path = write_terrain(tmp_path / "t.tif", basin(), nodata=None)
    assert "'no data'" in refusal(path)
    assert not ground(path, has_no_nodata=True).mask.any()
    assert ground(path, nodata=5.0).mask.sum() == 24  # the rim of 6 x 8 cells


def test_an_undeclared_no_data_value_is_noticed_by_its_elevation(tmp_path):
    bed = basin()
    bed[2, 2] = -9999
    path = write_terrain(tmp_path / "t.tif", bed, nodata=None)
    text = refusal(path, has_no_nodata=True)
    assert "-9999" in text
    assert "no data" in text


def test_holes_inside_are_counted_and_a_ragged_border_is_not(tmp_path):
    bed = basin(rows=8, cols=8)
    bed[0, 0:3] = -9999  # at the border
    bed[3, 3] = bed[4, 4] = -9999  # two holes that touch at a corner
    found = ground(write_terrain(tmp_path / "t.tif", bed))
    assert found.mask.sum() == 5
    assert found.hole_cells == 2


def test_missing_cells_joined_to_the_border_by_a_corner_are_no_hole():
    cells = np.zeros((4, 4), bool)
    cells[0, 0] = cells[1, 1] = True
    cells[2, 3] = True
    assert touching_border(cells).sum() == 3
    assert not touching_border(np.zeros((3, 3), bool)).any()


def test_not_a_number_is_missing_too(tmp_path):
    bed = basin()
    bed[2, 3] = np.nan
    assert ground(write_terrain(tmp_path / "t.tif", bed)).mask[2, 3]


def test_a_window_without_any_elevation_is_refused(tmp_path):
    path = write_terrain(tmp_path / "t.tif", np.full((4, 4), -9999.0))
    assert "no elevation" in refusal(path)


def test_oblong_cells_and_turned_grids_are_refused(tmp_path):
    oblong = Affine(10, 0, EAST, 0, -5, NORTH)
    turned = Affine(10, 1, EAST, 1, -10, NORTH)
    for name, shape in (("a.tif", oblong), ("b.tif", turned)):
        assert "square cells" in refusal(write_terrain(tmp_path / name, basin(), transform=shape))


def test_a_picture_with_three_bands_is_no_terrain(tmp_path):
    path = write_terrain(tmp_path / "t.tif", np.zeros((3, 4, 4)))
    assert "3 bands" in refusal(path)


def test_something_else_named_tif_is_refused(tmp_path):
    path = tmp_path / "t.tif"
    path.write_bytes(b"<VRTDataset><SourceFilename>/etc/passwd</SourceFilename></VRTDataset>")
    assert "cannot be read as a GeoTIFF" in refusal(path)


def test_a_grid_that_cannot_be_held_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = write_terrain(tmp_path / "t.tif", basin())
    # 48 cells x 32 numbers x 8 bytes = 12,288 bytes
    monkeypatch.setattr(terrain_module, "available_memory_bytes", lambda: 12_287)
    assert "GB of memory" in refusal(path)
    monkeypatch.setattr(terrain_module, "available_memory_bytes", lambda: 12_288)
    assert ground(path).grid.rows == 6


def test_the_memory_of_this_machine_is_known():
    assert terrain_module.available_memory_bytes() > 50_000_000

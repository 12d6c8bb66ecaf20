"""A flood on a small map is no shallower than on a large one; rasterio reads what was written.

The oracle of a smaller copy is the greatest number in each square of cells, taken one by one.
"""

import math

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS

from scenarios.publication import write_grids
from scenarios.rasters import (
    DEPTH_COLOURS,
    NODATA,
    PICTURE_CELLS,
    TILE_CELLS,
    depth_picture,
    write_cog,
)
from scenarios.simulation import run_spec
from scenarios.sources import FileSources
from scenarios.spec_reader import read_spec
from scenarios.terrain import Grid
from scenarios.vocab import Quantity
from tests.factories import EAST, NORTH
from tests.scenarios.basins import HEAVY_RAIN, plain_with_a_pit, write_scenario

CHANNEL_M = 1.5
DEEPEST_COLOUR = DEPTH_COLOURS[-1][1]


def grid(rows, cols, dx_m=10.0):
    return Grid(rows=rows, cols=cols, west=EAST, north=NORTH, dx_m=dx_m, crs=CRS.from_epsg(32648))


def dry(rows, cols):
    return np.zeros((rows, cols))


def written(folder, values, **options):
    path = folder / "grid.tif"
    write_cog(path, values, grid(*values.shape), **options)
    return path


def copies(path):
    """The smaller copies of a grid, with how many cells make one."""
    with rasterio.open(path) as file:
        factors = file.overviews(1)
    found = {}
    for level, factor in enumerate(factors):
        with rasterio.open(path, overview_level=level) as copy:
            found[factor] = copy.read(1)
    return found


def picture(path):
    with rasterio.MemoryFile(depth_picture(path)) as memory, memory.open() as image:
        return image.read()


def colours_of(image):
    return {tuple(pixel[:3]) for pixel in image.reshape(4, -1).T.tolist() if pixel[3]}


def test_a_channel_one_cell_wide_keeps_its_depth_in_every_copy(tmp_path):
    values = dry(1300, 1300)
    values[:, 401] = CHANNEL_M

    found = copies(written(tmp_path, values))

    assert set(found) == {2, 4}
    for factor, cells in found.items():
        wet = cells[:, 401 // factor]
        assert (wet == CHANNEL_M).all()
        assert np.count_nonzero(cells) == len(wet)


def test_no_copy_holds_a_depth_the_grid_does_not_hold(tmp_path):
    """A mean of dry and deep cells is a shallow flood that nobody computed, or one below zero."""
    values = dry(600, 700)
    values[300:302, 350:352] = CHANNEL_M
    values[0, 0] = 0.2

    for cells in copies(written(tmp_path, values)).values():
        assert set(np.unique(cells).tolist()) <= {0.0, np.float32(0.2), CHANNEL_M}


def test_unknown_ground_hides_no_water_beside_it_and_stays_unknown_where_all_is(tmp_path):
    values = np.full((600, 600), np.nan)
    values[101, 101] = CHANNEL_M

    [half] = copies(written(tmp_path, values)).values()

    assert half[50, 50] == CHANNEL_M
    half[50, 50] = NODATA
    assert (half == NODATA).all()


def test_of_two_arrivals_the_earlier_is_seen_from_afar(tmp_path):
    values = np.full((600, 600), np.nan)
    values[100:102, 100:102] = [[3600.0, 1800.0], [7200.0, np.nan]]

    [half] = copies(written(tmp_path, values, worst=np.fmin)).values()

    assert half[50, 50] == 1800.0


@pytest.mark.parametrize(
    ("rows", "cols", "shape"), [(513, 513, (257, 257)), (1, 700, (1, 350)), (601, 5, (301, 3))]
)
def test_the_last_odd_row_and_column_are_in_the_copy_too(tmp_path, rows, cols, shape):
    values = dry(rows, cols)
    values[-1, -1] = CHANNEL_M

    [half] = copies(written(tmp_path, values)).values()

    assert half.shape == shape
    assert half[-1, -1] == CHANNEL_M


def test_a_grid_of_one_tile_has_no_copies_and_reads_as_it_was(tmp_path):
    values = np.arange(TILE_CELLS * 4.0).reshape(TILE_CELLS, 4) / 7
    path = written(tmp_path, values)
    with rasterio.open(path) as file:
        assert file.overviews(1) == []
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (file.read(1) == values.astype("float32")).all()


def test_nothing_but_the_grid_is_left_in_the_folder(tmp_path):
    written(tmp_path, dry(1300, 20))
    assert [path.name for path in tmp_path.iterdir()] == ["grid.tif"]


def test_the_copies_lie_where_the_grid_lies(tmp_path):
    path = written(tmp_path, dry(1024, 1024))
    with rasterio.open(path) as whole, rasterio.open(path, overview_level=0) as half:
        assert half.bounds == whole.bounds
        assert half.res == (20.0, 20.0)
        assert half.crs == whole.crs


few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def floods(draw):
    """A grid a little over one tile, with some ponds and some unknown ground."""
    rows, cols = draw(st.integers(1, 1100)), draw(st.integers(TILE_CELLS + 1, 1100))
    values = dry(rows, cols)
    places = st.tuples(st.integers(0, rows - 1), st.integers(0, cols - 1))
    ponds = st.lists(st.tuples(places, st.sampled_from([0.05, 0.5, 1.5, math.nan])), max_size=12)
    for (row, col), depth in draw(ponds):
        values[row : row + 3, col : col + 2] = depth
    return values


@few
@given(floods())
def test_each_cell_of_a_copy_is_the_deepest_of_the_cells_it_covers(tmp_path, values):
    for factor, cells in copies(written(tmp_path, values)).items():
        rows, cols = cells.shape
        expected = np.full((rows * factor, cols * factor), -math.inf)
        expected[: values.shape[0], : values.shape[1]] = np.nan_to_num(values, nan=-math.inf)
        squares = expected.reshape(rows, factor, cols, factor).max(axis=(1, 3))
        squares[np.isinf(squares)] = NODATA
        assert (cells == squares.astype("float32")).all()


@settings(few, max_examples=5)
@example(0, 0)
@example(1299, 1599)
@example(7, 11)
@given(st.integers(0, 1299), st.integers(0, 1599))
def test_one_deep_cell_anywhere_is_seen_in_the_picture(tmp_path, row, col):
    values = dry(1300, 1600)
    values[row, col] = CHANNEL_M

    image = picture(written(tmp_path, values))

    assert image.shape == (4, 520, PICTURE_CELLS)
    assert colours_of(image) == {DEEPEST_COLOUR}
    # two and a half cells are one pixel: the water is where it belongs, to one pixel
    rows, cols = np.nonzero(image[3])
    assert abs(rows - row / 2.5).max() <= 2
    assert abs(cols - col / 2.5).max() <= 2


def test_a_picture_of_dry_ground_is_clear_however_large(tmp_path):
    assert picture(written(tmp_path, dry(1300, 1600)))[3].max() == 0


def test_a_picture_of_unknown_ground_is_clear_however_large(tmp_path):
    assert picture(written(tmp_path, np.full((1300, 1600), np.nan)))[3].max() == 0


@pytest.mark.parametrize(
    ("depth_m", "place"),
    [(0.01, 0), (0.099, 0), (0.1, 1), (0.3, 2), (0.599, 2), (0.6, 3), (1.2, 4), (9.0, 4)],
)
def test_a_shrunken_picture_uses_the_colour_of_the_depth(tmp_path, depth_m, place):
    values = np.full((650, 700), depth_m)
    assert colours_of(picture(written(tmp_path, values))) == {DEPTH_COLOURS[place][1]}


def test_a_run_writes_the_worst_of_each_quantity_and_the_first_arrival(tmp_path, monkeypatch):
    spec = read_spec(write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN))
    outcome = run_spec(spec, FileSources())
    seen = {}
    monkeypatch.setattr(
        "scenarios.publication.write_cog",
        lambda path, values, _grid, *, worst: seen.update({path.stem: worst}),
    )

    write_grids(outcome, tmp_path)

    earliest = {name for name, worst in seen.items() if worst is np.fmin}
    assert earliest == {f"flood-basin-{Quantity.ARRIVAL.value}"}
    assert len(seen) == len(Quantity)
    assert all(worst is np.fmax for name, worst in seen.items() if name not in earliest)

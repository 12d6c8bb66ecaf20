"""An imported flood is no shallower on a small map than on a large one; heights keep their mean.

The oracle of a smaller copy is the greatest number in each square of cells, taken one by one.
"""

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pyproj import Transformer

from layers.ingest import ImportOptions, dry_run, import_file
from layers.ingest.far_cells import FarCells, far_cells, worst_of, write_worst_copies
from layers.queries import current_raster
from tests.factories import EAST, NORTH
from tests.layers.sources import grid_file

pytestmark = pytest.mark.django_db

NODATA = -9999.0
CHANNEL_M = 1.5


@pytest.fixture(autouse=True)
def stored(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def imported(path, **options):
    report = import_file(path=path, layer="grid", options=ImportOptions(**options))
    return report, current_raster("grid").file.path


def copies(path):
    """The grid and its smaller copies, by how many cells make one."""
    with rasterio.open(path) as file:
        factors, found = file.overviews(1), {1: file.read(1)}
    for level, factor in enumerate(factors):
        with rasterio.open(path, overview_level=level) as copy:
            found[factor] = copy.read(1)
    return found


def valley(dtype="float32", wet=CHANNEL_M):
    """Dry ground with a channel one cell wide and one cell without data."""
    cells = np.zeros((700, 900), dtype=dtype)
    cells[:, 401] = wet
    cells[5, 5] = NODATA if dtype == "float32" else 255
    return cells


def test_a_channel_one_cell_wide_keeps_its_depth_in_every_copy(tmp_path):
    report, path = imported(grid_file(tmp_path / "a.tif", valley()), quantity="depth")

    found = copies(path)

    assert set(found) == {1, 2, 4}
    for factor, cells in found.items():
        assert (cells[:, 401 // factor] == CHANNEL_M).all()
        assert set(np.unique(cells).tolist()) <= {0.0, CHANNEL_M, NODATA}
    assert any("the highest of those it stands for" in str(note) for note in report.notes)


def test_heights_keep_their_mean(tmp_path):
    report, path = imported(grid_file(tmp_path / "a.tif", valley()), quantity="elevation")

    half = copies(path)[2]

    assert half[100, 200] == pytest.approx(CHANNEL_M / 2, abs=0.3)
    assert half[100, 200] < CHANNEL_M
    assert not any("stands for" in str(note) for note in report.notes)


def test_of_arrivals_the_earliest_is_seen_from_afar(tmp_path):
    cells = np.full((600, 600), 7200.0, dtype="float32")
    cells[300, 300] = 900.0
    report, path = imported(grid_file(tmp_path / "a.tif", cells), quantity="arrival", units="s")

    assert {factor: float(cells.min()) for factor, cells in copies(path).items()} == {
        1: 900, 2: 900, 4: 900,
    }  # fmt: skip
    assert any("the earliest arrival" in str(note) for note in report.notes)


def test_the_gravest_class_is_seen_from_afar_and_no_class_nobody_gave(tmp_path):
    path = grid_file(tmp_path / "a.tif", valley("uint8", 4), nodata=255)
    _report, stored = imported(path, quantity="hazard class", units="-")

    for factor, cells in copies(stored).items():
        assert (cells[:, 401 // factor] == 4).all()
        assert set(np.unique(cells).tolist()) <= {0, 4, 255}


def test_land_cover_shows_codes_that_stand_there(tmp_path):
    cells = (np.indices((600, 600)).sum(axis=0) % 7 + 10).astype("uint8")
    path = grid_file(tmp_path / "a.tif", cells, nodata=0)
    _report, stored = imported(path, quantity="land cover", units="-")

    half = copies(stored)[2]
    four = {cells[a::2, b::2].tobytes() for a in (0, 1) for b in (0, 1)}
    assert half.tobytes() in four  # one of the four, always the same


def turned(path, cells):
    """A grid in the neighbouring zone: its cells stand askew in the project's."""
    there = Transformer.from_crs(32648, 32647, always_xy=True).transform(EAST, NORTH)
    return grid_file(path, cells, crs=32647, west=round(there[0]), north=round(there[1]))


def test_a_flood_in_another_system_keeps_every_peak(tmp_path):
    """Interpolated between dry neighbours a channel of 1.5 m could come in as half a metre."""
    cells = np.zeros((60, 60), dtype="float32")
    for number, peak in enumerate([(10, 10), (30, 31), (47, 12), (20, 50)], start=1):
        cells[peak] = number

    _report, deep = imported(turned(tmp_path / "a.tif", cells), quantity="max_depth")

    found = set(np.unique(copies(deep)[1]).tolist())
    assert found == {0.0, 1.0, 2.0, 3.0, 4.0, NODATA}
    assert current_raster("grid").maximum == 4.0


def test_interpolated_as_heights_the_same_grid_loses_its_peak(tmp_path):
    """The test above could fail: this is what it guards against."""
    cells = np.zeros((60, 60), dtype="float32")
    cells[30, 31] = 4

    imported(turned(tmp_path / "a.tif", cells), quantity="elevation")

    assert current_raster("grid").maximum < 4.0


def test_a_trial_says_what_is_seen_from_afar(tmp_path):
    outcome = dry_run(grid_file(tmp_path / "a.tif", valley()), ImportOptions(quantity="depth"))

    assert any("the highest of those" in str(note) for note in outcome.notes)


@pytest.mark.parametrize(
    ("quantity", "is_continuous", "expected"),
    [
        ("max_depth", True, FarCells.HIGHEST), ("Flood depth", True, FarCells.HIGHEST),
        ("max_velocity", True, FarCells.HIGHEST), ("hazard", False, FarCells.HIGHEST),
        ("landslide susceptibility", False, FarCells.HIGHEST),
        ("arrival", True, FarCells.LOWEST), ("flood arrival", True, FarCells.LOWEST),
        ("elevation", True, FarCells.MEAN), ("elevation", False, FarCells.NEAREST),
        ("land cover", False, FarCells.NEAREST), ("", True, FarCells.MEAN),
    ],
)  # fmt: skip
def test_the_quantity_decides_what_counts(quantity, is_continuous, expected):
    assert far_cells(quantity, is_continuous=is_continuous) is expected


known = st.one_of(st.just(NODATA), st.integers(-3, 9).map(float))
grids = arrays("float32", array_shapes(min_dims=2, max_dims=2, max_side=9), elements=known)


def plainly(cells, pick):
    """The worst known of each two by two, one by one."""
    rows, columns = -(-cells.shape[0] // 2), -(-cells.shape[1] // 2)
    found = np.full((rows, columns), NODATA)
    for row in range(rows):
        for column in range(columns):
            four = cells[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].ravel()
            stated = [value for value in four.tolist() if value != NODATA]
            if stated:
                found[row, column] = pick(stated)
    return found


@pytest.mark.parametrize(("far", "pick"), [(FarCells.HIGHEST, max), (FarCells.LOWEST, min)])
def test_any_copy_holds_what_a_reader_of_the_cells_finds(tmp_path, far, pick):
    @given(grids)
    def check(cells):
        path = grid_file(tmp_path / "plain.tif", cells[:, :, np.newaxis])
        for old in tmp_path.glob("plain.tif.*"):
            old.unlink()
        write_worst_copies(path, far.worst, smallest=1)
        level, expected = path, cells
        while max(expected.shape) > 1:
            level = level.with_name(f"{level.name}.ovr")
            expected = plainly(expected, pick)
            with rasterio.open(level) as copy:
                assert copy.read(1).tolist() == expected.tolist()
        assert not level.with_name(f"{level.name}.ovr").exists()

    check()


@given(arrays("float64", (4, 3), elements=st.one_of(st.just(np.nan), st.integers(0, 9).map(float))))
def test_what_is_unknown_hides_nothing_where_unknown_is_not_a_number(cells):
    found = worst_of(list(cells), np.nan, np.maximum)

    with np.testing.suppress_warnings() as quiet:
        quiet.filter(RuntimeWarning)
        assert np.array_equal(found, np.nanmax(cells, axis=0), equal_nan=True)

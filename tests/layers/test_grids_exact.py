"""Grids to the cell: resampling keeps values, no data stays no data, probes at borders."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from layers.errors import UserFacingError
from layers.identify import Place, place, what_is_at
from layers.ingest import ImportOptions, import_file
from layers.ingest.far_cells import FarCells
from layers.ingest.grid_checks import checked_grid
from layers.ingest.resampling import resampled
from layers.legend import Step
from layers.models import Layer, RasterLayer
from layers.queries import current_raster
from layers.raster_tiles import _values, in_steps
from layers.tiles import Tile
from tests.factories import EAST, NORTH
from tests.layers.sources import UTM48, grid_file
from tests.layers.web_map import lonlat, pixel_in_tile, published_grid, tile_holding

NODATA = -9999.0


@pytest.fixture(autouse=True)
def _files_beside_the_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def imported(path, layer="terrain", **options):
    return import_file(path=path, layer=layer, options=ImportOptions(**options))


def stored():
    with rasterio.open(current_raster("terrain").file.path) as grid:
        return grid.read(1), grid.transform, grid.nodata


def turned_file(path, cells, transform, nodata=NODATA, crs=UTM48):
    """A GeoTIFF whose cells lie by any affine transform."""
    cells = np.asarray(cells)
    with rasterio.open(
        path, "w", driver="GTiff", width=cells.shape[1], height=cells.shape[0], count=1,
        dtype=cells.dtype, crs=f"EPSG:{crs}", nodata=nodata, transform=transform,
    ) as target:  # fmt: skip
        target.write(cells, 1)
    return path


NUMBERED = np.arange(12, dtype="float32").reshape(3, 4)
# Rows stored from south to north, as some programs write them.
SOUTH_UP = Affine(10, 0, EAST, 0, 10, NORTH - 30)


@pytest.mark.django_db
class TestResampling:
    def test_a_grid_stored_south_up_is_turned_over_and_no_value_changes(self, tmp_path):
        imported(turned_file(tmp_path / "dem.tif", NUMBERED[::-1], SOUTH_UP))
        cells, transform, _nodata = stored()
        np.testing.assert_allclose(cells, NUMBERED, atol=1e-4)
        assert (transform.c, transform.f) == pytest.approx((EAST, NORTH), abs=1e-3)
        assert (transform.a, transform.e) == pytest.approx((10, -10), abs=1e-6)

    def test_whole_numbers_turned_over_are_the_same_whole_numbers(self, tmp_path):
        codes = np.array([[1, 2, 3], [10, 20, 255]], dtype="uint8")
        transform = Affine(10, 0, EAST, 0, 10, NORTH - 20)
        imported(
            turned_file(tmp_path / "dem.tif", codes[::-1], transform, nodata=0), quantity="class"
        )
        assert stored()[0].tolist() == codes.tolist()

    def test_a_hole_turned_over_stays_one_hole_and_eats_no_neighbour(self, tmp_path):
        cells = NUMBERED.copy()
        cells[1, 2] = NODATA
        imported(turned_file(tmp_path / "dem.tif", cells[::-1], SOUTH_UP))
        written, _transform, nodata = stored()
        assert (written == nodata).sum() == 1
        assert written[1, 2] == nodata

    def test_a_plane_is_interpolated_to_itself(self, tmp_path):
        """Between four cells a bilinear mean of a plane is the plane: z = 2 column + 3 row."""
        rows, columns = np.mgrid[0:6, 0:6].astype("float32")
        path = grid_file(tmp_path / "dem.tif", 2 * columns + 3 * rows)
        grid = checked_grid(path, "dem.tif", ImportOptions())
        with rasterio.open(path) as opened:
            cells = resampled(grid, opened, FarCells.MEAN)
            middle = cells.read(Window(1, 1, 4, 4))
        np.testing.assert_allclose(middle, (2 * columns + 3 * rows)[1:5, 1:5], atol=1e-3)

    def test_nothing_is_invented_beyond_the_rim(self, tmp_path):
        path = grid_file(tmp_path / "dem.tif", np.full((4, 4), 7.0, dtype="float32"))
        grid = checked_grid(path, "dem.tif", ImportOptions())
        with rasterio.open(path) as opened:
            beyond = resampled(grid, opened, FarCells.MEAN).read(Window(-2, -2, 8, 8))
        assert (beyond == NODATA).sum() == 64 - 16
        assert (beyond[2:6, 2:6] == 7).all()

    def test_a_turned_grid_keeps_its_range_and_its_area(self, tmp_path):
        """A square of 40 cells turned by 30 degrees: 1600 cells, its corners outside are empty."""
        turned = Affine.translation(EAST, NORTH) * Affine.rotation(30) * Affine.scale(10, -10)
        imported(turned_file(tmp_path / "dem.tif", np.full((40, 40), 5.0, "float32"), turned))
        cells, _transform, nodata = stored()
        assert set(np.unique(cells)) == {np.float32(5), np.float32(nodata)}
        assert (cells == 5).sum() == pytest.approx(1600, rel=0.02)

    def test_cells_that_are_already_in_place_are_copied_bit_by_bit(self, tmp_path):
        cells = np.random.default_rng(3).normal(50, 20, (65, 33)).astype("float32")
        imported(grid_file(tmp_path / "dem.tif", cells))
        written, transform, _nodata = stored()
        assert written.tobytes() == cells.tobytes()
        assert (transform.c, transform.f, transform.a) == (EAST, NORTH, 10)

    def test_oblong_cells_are_kept_and_the_longer_side_is_the_resolution(self, tmp_path):
        transform = Affine(10, 0, EAST, 0, -25, NORTH)
        imported(turned_file(tmp_path / "dem.tif", NUMBERED, transform))
        assert current_raster("terrain").resolution_m == 25
        assert stored()[0].tolist() == NUMBERED.tolist()


@pytest.mark.django_db
class TestNoData:
    def test_a_value_given_by_hand_is_kept_as_the_cells_hold_it(self, tmp_path):
        """-9999.9 in single precision is -9999.900390625; only that equals what is in a cell."""
        cells = np.array([[-9999.9, 3.0]], dtype="float32")
        imported(grid_file(tmp_path / "dem.tif", cells, nodata=None), nodata=-9999.9)
        raster = current_raster("terrain")
        assert raster.nodata == float(np.float32(-9999.9))
        assert (raster.minimum, raster.maximum) == (3, 3)
        column, row = tile_holding(15, -5, 20)
        seen = _values(raster, Tile(20, column, row))
        assert set(np.unique(seen[np.isfinite(seen)])) == {3.0}

    def test_a_value_given_by_hand_may_repeat_what_the_file_states(self, tmp_path):
        cells = np.array([[-9999.9, 3.0]], dtype="float32")
        path = grid_file(tmp_path / "dem.tif", cells, nodata=-9999.9)
        assert imported(path, nodata=-9999.9).is_new

    @pytest.mark.parametrize("value", [-9999, 256, 0.5, float("nan"), float("inf")])
    def test_a_value_no_cell_can_hold_is_refused_with_what_they_can(self, tmp_path, value):
        path = grid_file(tmp_path / "dem.tif", np.ones((2, 2), dtype="uint8"), nodata=None)
        with pytest.raises(UserFacingError, match="whole numbers from 0 to 255"):
            imported(path, nodata=value)
        assert not Layer.objects.exists()

    @pytest.mark.parametrize(("dtype", "value"), [("uint8", 255), ("int16", -32768), ("int32", -1)])
    def test_the_ends_of_whole_numbers_can_stand_for_no_data(self, tmp_path, dtype, value):
        cells = np.array([[1, value]], dtype=dtype)
        imported(grid_file(tmp_path / "dem.tif", cells, nodata=None), nodata=value)
        raster = current_raster("terrain")
        assert (raster.nodata, raster.minimum, raster.maximum) == (value, 1, 1)

    def test_a_single_known_cell_is_a_grid(self, tmp_path):
        cells = np.full((3, 3), NODATA, dtype="float32")
        cells[2, 2] = 4.5
        imported(grid_file(tmp_path / "dem.tif", cells))
        raster = RasterLayer.objects.get()
        assert (raster.minimum, raster.maximum) == (4.5, 4.5)

    def test_overviews_of_codes_hold_only_codes_and_of_heights_no_hole(self, tmp_path):
        codes = np.tile(np.array([[1, 200], [200, 1]], dtype="uint8"), (300, 300))
        imported(grid_file(tmp_path / "c.tif", codes, nodata=0), "codes", quantity="class")
        heights = np.tile(np.array([[10, NODATA], [10, 10]], dtype="float32"), (300, 300))
        imported(grid_file(tmp_path / "h.tif", heights), "heights")
        with rasterio.open(current_raster("codes").file.path, overview_level=0) as small:
            assert set(np.unique(small.read(1))) <= {1, 200}
        with rasterio.open(current_raster("heights").file.path, overview_level=0) as small:
            assert set(np.unique(small.read(1))) <= {10, NODATA}  # never a mean with -9999


@pytest.mark.django_db
class TestProbe:
    """Cells of 10 m, numbered 1 to 4 from the north-west: borders belong to the cell after them."""

    values = [[1.0, 2.0], [3.0, 4.0]]

    def at(self, layer, x, y):
        where = Place(0.0, 0.0, EAST + x, NORTH + y, 1.0)
        [answer] = what_is_at(where, [layer])
        return answer.grid.value

    @pytest.mark.parametrize(
        ("x", "y", "value"),
        [
            (0.001, -0.001, 1),
            (9.999, -9.999, 1),
            (10.001, -9.999, 2),
            (9.999, -10.001, 3),
            (10.001, -10.001, 4),
            (19.999, -19.999, 4),
            (10.0, -5.0, 2),  # on a border between columns: the eastern cell
            (5.0, -10.0, 3),  # on a border between rows: the southern cell
            (0.0, 0.0, 1),  # the north-west corner is in the grid
        ],
    )
    def test_a_place_has_the_value_of_its_cell(self, tmp_path, x, y, value):
        layer = published_grid(tmp_path, "depth", self.values)
        assert self.at(layer, x, y) == value

    @pytest.mark.parametrize(
        ("x", "y"), [(-0.001, -5), (5, 0.001), (20.001, -5), (5, -20.001), (20, -5), (5, -20)]
    )
    def test_beyond_the_rim_nobody_knows(self, tmp_path, x, y):
        layer = published_grid(tmp_path, "depth", self.values)
        assert self.at(layer, x, y) is None

    def test_a_tile_and_a_probe_tell_the_same_value_at_the_same_place(self, tmp_path):
        numbers = np.arange(1, 101, dtype="float32").reshape(10, 10)
        layer = published_grid(tmp_path, "depth", numbers)
        raster = current_raster("depth")
        for x, y in [(3, -3), (47, -52), (55, -45), (97, -97)]:
            longitude, latitude = lonlat(x, y)
            where = place(longitude=longitude, latitude=latitude, zoom=18)
            [answer] = what_is_at(where, [layer])
            seen = _values(raster, Tile(18, *tile_holding(x, y, 18)))[1:-1, 1:-1]
            assert seen[pixel_in_tile(x, y, 18)] == answer.grid.value

    def test_from_afar_a_tile_shows_only_values_the_grid_holds(self, tmp_path):
        numbers = np.where(np.arange(300 * 300).reshape(300, 300) % 2, 1.0, 9.0)
        layer = published_grid(tmp_path, "depth", numbers)
        column, row = tile_holding(1500, -1500, 12)
        seen = _values(current_raster(layer.slug), Tile(12, column, row))
        assert set(np.unique(seen[np.isfinite(seen)])) <= {1.0, 9.0}


def test_a_class_takes_its_lower_limit_and_leaves_its_upper_to_the_next():
    steps = (Step(0, 1, "#010203", "a", 1.0), Step(1, 2, "#040506", "b", 0.5))
    picture = in_steps(np.array([[0.0, 1.0, 1.999, 2.0, -0.1]]), steps)
    assert picture[0].tolist() == [
        [1, 2, 3, 255],
        [4, 5, 6, 128],
        [4, 5, 6, 128],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]

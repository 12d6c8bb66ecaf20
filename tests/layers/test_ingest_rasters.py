"""Importing grids: which are fit to compute on, and what is written of them."""

import numpy as np
import pytest
import rasterio

from layers.crs import coordinate_function
from layers.errors import UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.models import Layer, RasterLayer
from layers.queries import current_raster
from tests.factories import EAST, NORTH, square
from tests.layers.sources import UTM48, grid_file, vector_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_beside_the_test(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def slope(rows=40, columns=30):
    """Ground rising 1 m a row to the south; the north-west cell is unknown."""
    cells = np.repeat(np.arange(rows, dtype="float32")[:, None], columns, axis=1)
    cells[0, 0] = -9999
    return cells


def imported(path, layer="terrain", **options):
    return import_file(path=path, layer=layer, options=ImportOptions(**options))


def test_a_terrain_keeps_every_cell_and_states_its_range(tmp_path):
    report = imported(
        grid_file(tmp_path / "dem.tif", slope()), vertical_datum="Ha Tien", title_km="ដី"
    )

    raster = current_raster("terrain")
    assert (raster.minimum, raster.maximum, raster.nodata) == (0, 39, -9999)
    assert (raster.quantity, raster.units, raster.resolution_m) == ("elevation", "m", 10)
    assert raster.vertical_datum == "Ha Tien"
    assert raster.footprint.extent == (EAST, NORTH - 400, EAST + 300, NORTH)
    assert report.is_new
    with rasterio.open(raster.file.path) as written:
        np.testing.assert_array_equal(written.read(1), slope())
        assert written.crs.to_epsg() == UTM48


def test_what_is_written_is_a_cloud_optimised_geotiff_with_overviews(tmp_path):
    cells = np.random.default_rng(7).random((700, 600), dtype="float32")
    imported(grid_file(tmp_path / "dem.tif", cells))

    with rasterio.open(current_raster("terrain").file.path) as written:
        assert written.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert written.block_shapes == [(256, 256)]
        assert written.overviews(1) == [2, 4]
        assert written.compression.name == "deflate"
        np.testing.assert_array_equal(written.read(1), cells)


def test_cells_that_are_not_numbers_become_no_data(tmp_path):
    cells = slope()
    cells[cells == -9999] = np.nan
    cells[1, 1] = np.inf
    imported(grid_file(tmp_path / "dem.tif", cells, nodata=float("nan")))

    raster = current_raster("terrain")
    assert raster.nodata == -9999
    assert raster.maximum == 39
    with rasterio.open(raster.file.path) as written:
        assert written.read(1)[0, 0] == written.read(1)[1, 1] == -9999


def test_a_grid_in_the_neighbouring_zone_lands_where_it_lay(tmp_path):
    # 32647 counts from 99° E; the same ground lies about 660 km further east there
    x, y = coordinate_function(UTM48, 32647)(EAST, NORTH)
    path = grid_file(tmp_path / "dem.tif", slope(), crs=32647, west=x, north=y)

    imported(path)

    raster = current_raster("terrain")
    west, _south, _east, north = raster.footprint.extent
    assert abs(west - EAST) < 60  # the grids are turned against each other by about 1.5 degrees
    assert abs(north - NORTH) < 60
    assert raster.maximum == pytest.approx(39, abs=1)


def test_the_same_grid_again_changes_nothing(tmp_path):
    path = grid_file(tmp_path / "dem.tif", slope())
    imported(path)
    again = imported(path)

    assert not again.is_new
    assert RasterLayer.objects.count() == 1


def test_the_same_grid_under_another_unit_is_a_new_version(tmp_path):
    path = grid_file(tmp_path / "dem.tif", slope())
    imported(path, quantity="depth", units="m")
    again = imported(path, quantity="depth", units="cm")

    assert (again.is_new, again.version) == (True, 2)
    assert current_raster("terrain").units == "cm"


def test_one_band_of_several_can_be_chosen(tmp_path):
    both = np.stack([slope(), slope() + 100], axis=2)
    path = grid_file(tmp_path / "dem.tif", both)

    imported(path, band=2)

    assert current_raster("terrain").maximum == 139


def test_whole_numbers_stay_whole(tmp_path):
    imported(grid_file(tmp_path / "cover.tif", slope().astype("int16")), quantity="land cover")
    with rasterio.open(current_raster("terrain").file.path) as written:
        assert written.dtypes == ("int16",)


REFUSED = {
    "no nodata": ({"nodata": None}, {}, "does not say which value means 'no data'"),
    "degrees": (
        {"crs": 4326, "cell_m": 0.001, "west": 103.5, "north": 10.6},
        {},
        "is in degrees .* gdalwarp",
    ),
    "no crs": ({"crs": None}, {}, "--srid CODE"),
    "other crs said": ({}, {"srid": 32647}, "but --srid says EPSG:32647"),
    "other nodata said": ({}, {"nodata": 0.0}, "states -9999"),
    "no such band": ({}, {"band": 3}, "no band 3"),
    "far outside": ({"west": 5e6}, {}, "lies outside the area"),
    "class for a raster": ({}, {"land_use": "school"}, "--class is for vector files"),
    "guessed datum": ({"crs": 3148}, {}, "No accurate transformation"),
}


@pytest.mark.parametrize(("made", "options", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_grid_one_cannot_compute_on_is_refused(tmp_path, made, options, sentence):
    path = grid_file(tmp_path / "dem.tif", slope(), **made)
    with pytest.raises(UserFacingError, match=sentence):
        imported(path, **options)
    assert not Layer.objects.exists()


def test_several_bands_and_none_chosen_are_refused(tmp_path):
    path = grid_file(tmp_path / "photo.tif", np.zeros((4, 4, 3), dtype="uint8"), nodata=255)
    with pytest.raises(UserFacingError, match="has 3 bands"):
        imported(path)


def test_a_grid_of_nothing_but_no_data_is_refused(tmp_path):
    with pytest.raises(UserFacingError, match="every cell is 'no data'"):
        imported(grid_file(tmp_path / "dem.tif", np.full((4, 4), -9999.0)))


def test_an_undeclared_no_data_value_is_caught_by_what_ground_can_be(tmp_path):
    cells = slope()
    cells[3, 3] = -32768
    with pytest.raises(UserFacingError, match="no ground on Earth"):
        imported(grid_file(tmp_path / "dem.tif", cells))


def test_a_small_file_that_declares_billions_of_cells_is_refused_unread(tmp_path):
    path = tmp_path / "bomb.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=400_000, height=400_000, count=1, dtype="uint8",
        crs="EPSG:32648", nodata=0, tiled=True, SPARSE_OK="TRUE", BIGTIFF="YES",
        transform=rasterio.transform.from_origin(EAST, NORTH, 1, 1),
    ):  # fmt: skip
        pass
    with pytest.raises(UserFacingError, match="declares 400000 x 400000 cells"):
        imported(path)


def test_a_truncated_geotiff_is_refused(tmp_path):
    path = grid_file(tmp_path / "dem.tif", slope(400, 300))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(UserFacingError, match="damaged or incomplete"):
        imported(path)
    assert not Layer.objects.exists()


def test_a_layer_of_houses_takes_no_grid_and_a_grid_layer_no_houses(tmp_path):
    houses = vector_file(tmp_path / "houses.gpkg", [square(0, 0, 10)])
    dem = grid_file(tmp_path / "dem.tif", slope())
    imported(houses, "houses")
    imported(dem, "terrain")

    with pytest.raises(UserFacingError, match="Layer 'houses' holds"):
        imported(dem, "houses")
    with pytest.raises(UserFacingError, match="Layer 'terrain' holds"):
        imported(houses, "terrain")

"""What lies on the ground, cell by cell."""

import geopandas
import numpy as np
import pytest
from rasterio.crs import CRS

from scenarios.errors import TerrainError
from scenarios.sources import FileSources
from scenarios.spec import Areas, CellValue, Ground, Place
from scenarios.surfaces import building_cells, cell_values, covered_cells
from scenarios.terrain import Grid
from tests.factories import EAST, NORTH, rectangle, square

GRID = Grid(rows=4, cols=6, west=EAST, north=NORTH + 40, dx_m=10.0, crs=CRS.from_epsg(32648))


def write_areas(folder, *rows, crs="EPSG:32648", name="cover.gpkg"):
    frame = geopandas.GeoDataFrame(
        {"n": [value for _shape, value in rows]}, geometry=[shape for shape, _v in rows], crs=crs
    )
    frame.to_file(folder / name, layer="cover")
    return Place(file=folder / name, file_layer="cover")


def values(place, default=0.05, **areas):
    areas.setdefault("attribute", "n")
    cell_value = CellValue(
        default=default, ground=Ground(), limits=(0.005, 1.0), areas=(Areas(place=place, **areas),)
    )
    return cell_values(cell_value, FileSources(), GRID)


def test_a_cell_takes_the_value_of_the_area_that_holds_its_centre(tmp_path):
    # 0 to 24 m east holds the centres at 5 and 15 m, not the one at 25 m
    found = values(write_areas(tmp_path, (rectangle(0, 0, 24, 40), 0.02)))
    assert found[:, :2] == pytest.approx(0.02)
    assert found[:, 2:] == pytest.approx(0.05)


def test_one_value_for_all_areas_needs_no_attribute(tmp_path):
    place = write_areas(tmp_path, (square(0, 0, 10), None), (square(20, 0, 10), None))
    found = values(place, attribute="", value=0.02)
    assert (found == 0.02).sum() == 2


def test_a_value_by_class(tmp_path):
    place = write_areas(tmp_path, (square(0, 0, 10), "R1"), (square(20, 0, 10), "C1"))
    found = values(place, values={"R1": 0.5, "C1": 0.85})
    assert (found[3, 0], found[3, 2], found[0, 0]) == (0.5, 0.85, 0.05)


@pytest.mark.parametrize("value", [None, "rough", -0.1, float("nan")])
def test_an_area_without_a_usable_number_is_refused(tmp_path, value):
    place = write_areas(tmp_path, (square(0, 0, 10), value), (square(20, 0, 10), 0.1))
    with pytest.raises(TerrainError, match=r"cover\.gpkg:cover: the attribute 'n'"):
        values(place)


def test_a_class_without_a_number_is_refused(tmp_path):
    place = write_areas(tmp_path, (square(0, 0, 10), "X9"))
    with pytest.raises(TerrainError, match="'X9'"):
        values(place, values={"R1": 0.5})


def test_areas_in_another_coordinate_system_land_on_the_same_cells(tmp_path):
    frame = geopandas.GeoSeries([rectangle(0, 0, 24, 40)], crs="EPSG:32648").to_crs(4326)
    found = values(write_areas(tmp_path, (frame.iloc[0], 0.02), crs="EPSG:4326"))
    assert (found == 0.02).sum() == 8


def test_a_wrong_attribute_a_wrong_layer_and_no_coordinate_system_are_named(tmp_path):
    place = write_areas(tmp_path, (square(0, 0, 10), 0.02))
    with pytest.raises(TerrainError, match="It has: n"):
        values(place, attribute="manning")
    with pytest.raises(TerrainError, match="cannot be read"):
        values(Place(file=place.file, file_layer="roads"))
    with pytest.raises(TerrainError, match="coordinate system"):
        values(write_areas(tmp_path, (square(0, 0, 10), 1), crs=None, name="b.gpkg"))


def test_a_layer_of_the_catalogue_cannot_be_read_without_it():
    with pytest.raises(TerrainError, match="without the catalogue"):
        values(Place(layer="zones"))


def test_buildings_are_numbered_and_one_without_a_cell_centre_is_not_raised(tmp_path):
    place = write_areas(
        tmp_path, (rectangle(0, 0, 20, 10), 1), (square(51, 31, 3), 2), (square(30, 30, 10), 3)
    )
    cells, count = building_cells(place, FileSources(), GRID)
    assert count == 2
    assert (cells > 0).sum() == 3
    assert cells[3, 0] == cells[3, 1] == 1
    assert cells[0, 3] == 3


def test_covered_cells_of_nothing_are_none():
    assert not covered_cells([], GRID).any()
    assert covered_cells([rectangle(0, 0, 60, 40)], GRID).all()
    assert np.count_nonzero(covered_cells([square(0, 0, 20)], GRID)) == 4

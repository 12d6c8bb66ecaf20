"""Hazard areas follow the borders of the cells exactly: no metre more, none less."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rasterio.crs import CRS

from scenarios import hazard_zones as zones_module
from scenarios.hazard_zones import domain_area, hazard_zones, worst_at_walls
from scenarios.terrain import Grid
from tests.factories import EAST, NORTH


def grid_of(cells):
    rows, cols = np.shape(cells)
    return Grid(
        rows=rows, cols=cols, west=EAST, north=NORTH + rows * 10, dx_m=10.0,
        crs=CRS.from_epsg(32648),
    )  # fmt: skip


def zones_of(*rows, depth=None):
    classes = np.array(rows, np.int8)
    depth = np.where(classes > 0, classes * 0.4, 0.0) if depth is None else depth
    return hazard_zones(classes, depth, grid_of(classes))


def test_three_cells_of_one_class_in_a_row_are_one_area_of_300_m2():
    [zone] = zones_of([0, 0, 0, 0, 0], [0, 2, 2, 2, 0], [0, 0, 0, 0, 0])
    assert zone.hazard_class == "H2"
    assert zone.cells == 3
    assert zone.geometry.area == pytest.approx(300)
    assert zone.geometry.bounds == (EAST + 10, NORTH + 10, EAST + 40, NORTH + 20)


def test_cells_that_only_share_a_corner_are_two_areas():
    assert [zone.cells for zone in zones_of([1, 0], [0, 1])] == [1, 1]


def test_the_deepest_water_of_each_area_is_its_own():
    depth = np.array([[0.1, 0.7, 0.0, 1.9]])
    shallow, deep = zones_of([3, 3, 0, 3], depth=depth)
    assert (shallow.deepest_m, deep.deepest_m) == (0.7, 1.9)


def test_worst_comes_first_and_dry_ground_is_no_area():
    found = zones_of([1, 0, 4], [2, 0, 3])
    assert [zone.hazard_class for zone in found] == ["H4", "H3", "H2", "H1"]
    assert zones_of([0, 0], [0, 0]) == []
    assert zones_of([-1, -1]) == []


def test_an_outline_that_touches_itself_at_a_corner_is_still_valid_and_keeps_its_area():
    found = zones_of([1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 1])
    assert all(zone.geometry.is_valid for zone in found)
    assert sum(zone.geometry.area for zone in found) == pytest.approx(10 * 100)
    assert sum(zone.cells for zone in found) == 10


@settings(max_examples=60, deadline=None)
@given(arrays(np.int8, (9, 11), elements=st.integers(-1, 4)))
def test_for_any_flood_the_areas_are_valid_disjoint_and_as_large_as_their_cells(classes):
    found = hazard_zones(classes, np.ones(classes.shape), grid_of(classes))
    for number in range(1, 5):
        own = [zone for zone in found if zone.hazard_class == f"H{number}"]
        assert sum(zone.geometry.area for zone in own) == pytest.approx(
            100 * np.count_nonzero(classes == number)
        )
    assert all(zone.geometry.is_valid and not zone.geometry.is_empty for zone in found)
    assert all(zone.geometry.area == pytest.approx(100 * zone.cells) for zone in found)
    union = shapely.union_all([zone.geometry for zone in found])
    assert union.area == pytest.approx(100 * np.count_nonzero(classes > 0))


def test_an_area_with_too_many_corners_is_cut_along_cell_borders(monkeypatch):
    comb = np.ones((9, 21), np.int8)
    comb[1::2, 1:] = 0  # teeth: many corners
    whole = hazard_zones(comb, np.ones(comb.shape), grid_of(comb))
    monkeypatch.setattr(zones_module, "MAX_VERTICES", 12)
    cut = hazard_zones(comb, np.ones(comb.shape), grid_of(comb))
    assert len(whole) == 1
    assert len(cut) > 1
    assert all(shapely.get_num_coordinates(zone.geometry) <= 12 for zone in cut)
    assert sum(zone.cells for zone in cut) == np.count_nonzero(comb)
    assert sum(z.geometry.area for z in cut) == pytest.approx(whole[0].geometry.area)


def test_a_building_takes_the_class_of_the_water_at_its_walls():
    classes = np.array([[0, 0, 0, 0], [0, 0, 0, 3], [0, 0, 0, 0]], np.int8)
    building = np.array([[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]], np.int32)
    found = worst_at_walls(classes, building)
    assert found[1].tolist() == [0, 3, 3, 3]


def test_a_dry_roof_does_not_clear_a_building_and_a_wet_roof_does_not_condemn_it():
    building = np.array([[0, 1, 0]], np.int32)
    assert worst_at_walls(np.array([[2, 0, 0]], np.int8), building).tolist() == [[2, 2, 0]]
    assert worst_at_walls(np.array([[0, 1, 0]], np.int8), building).tolist() == [[0, 0, 0]]


def test_a_building_enclosed_by_others_takes_the_worst_of_them():
    building = np.array([[1, 1, 1, 0], [1, 2, 1, 0], [1, 1, 1, 0]], np.int32)
    classes = np.array([[0, 0, 0, 1], [0, 0, 0, 4], [0, 0, 0, 0]], np.int8)
    found = worst_at_walls(classes, building)
    assert found[1, 1] == 4
    assert set(found[:, :3].ravel().tolist()) == {4}


def test_two_houses_side_by_side_do_not_hand_the_water_on_when_each_has_a_wall_of_its_own():
    building = np.array([[0, 1, 2, 0], [0, 1, 2, 0]], np.int32)
    classes = np.array([[4, 0, 0, 0], [4, 0, 0, 0]], np.int8)
    assert worst_at_walls(classes, building).tolist() == [[4, 4, 0, 0], [4, 4, 0, 0]]


def test_depths_spread_like_classes_and_unknown_ground_adds_nothing():
    depth = np.array([[np.nan, 0.0, 1.4]])
    building = np.array([[0, 1, 0]], np.int32)
    assert worst_at_walls(depth, building)[0, 1] == 1.4


def test_the_domain_is_the_ground_without_sea_and_walls():
    domain = np.array([[True, True], [True, False]])
    assert domain_area(domain, grid_of(domain)).area == pytest.approx(300)

"""Hazard areas drawn by hand: each polygon is its cells, and each class begins where it says."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rasterio.crs import CRS
from rasterio.features import rasterize
from shapely.geometry import box

from layers.classes import read_table
from scenarios import hazard_zones as zones_module
from scenarios.flood import flood_class
from scenarios.hazard_zones import domain_area, hazard_zones, worst_at_walls
from scenarios.publication import class_depths_m
from scenarios.simulation import run_spec
from scenarios.sources import FileSources
from scenarios.spec_reader import read_spec
from scenarios.terrain import Grid, grown
from tests.factories import EAST, NORTH
from tests.scenarios.basins import write_scenario


def grid_of(shape, dx_m=10.0):
    rows, cols = shape
    return Grid(
        rows=rows, cols=cols, west=EAST, north=NORTH + rows * dx_m, dx_m=dx_m,
        crs=CRS.from_epsg(32648),
    )  # fmt: skip


def cell(row, col, rows, dx_m=10.0):
    """The square of one cell, row 0 in the north."""
    south = NORTH + (rows - 1 - row) * dx_m
    return box(EAST + col * dx_m, south, EAST + (col + 1) * dx_m, south + dx_m)


def zones_of(classes, dx_m=10.0):
    classes = np.array(classes, np.int8)
    return hazard_zones(classes, classes * 0.3, grid_of(classes.shape, dx_m))


def cells_of(classes, number, dx_m=10.0):
    rows = len(classes)
    return shapely.union_all(
        [
            cell(i, j, rows, dx_m)
            for i, line in enumerate(classes)
            for j, value in enumerate(line)
            if value == number
        ]
    )


L_SHAPE = [[2, 0, 0], [2, 0, 0], [2, 2, 2]]
RING = [[3, 3, 3], [3, 0, 3], [3, 3, 3]]
ISLAND = [[3, 3, 3], [3, 1, 3], [3, 3, 3]]
CHESS = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
STRIPES = [[1, 2, 3, 4], [1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("classes", "counted"),
    [(L_SHAPE, {2: 1}), (RING, {3: 1}), (ISLAND, {3: 1, 1: 1}), (CHESS, {1: 5}),
     (STRIPES, {1: 1, 2: 1, 3: 1, 4: 1})],
)  # fmt: skip
def test_the_polygons_of_a_class_are_exactly_its_cells(classes, counted):
    found = zones_of(classes)
    for number, count in counted.items():
        own = [zone.geometry for zone in found if zone.hazard_class == f"H{number}"]
        assert len(own) == count
        assert shapely.union_all(own).equals(cells_of(classes, number))
    assert len(found) == sum(counted.values())


def test_a_ring_of_water_has_a_hole_and_an_island_of_less_water_fills_it():
    [ring] = zones_of(RING)
    assert len(ring.geometry.interiors) == 1
    assert ring.geometry.area == 800

    shallow = next(zone for zone in zones_of(ISLAND) if zone.hazard_class == "H1")
    assert shallow.geometry.equals(shapely.Polygon(ring.geometry.interiors[0]))


@pytest.mark.parametrize("dx_m", [0.5, 2.0, 30.0])
def test_the_polygons_follow_cells_of_any_width(dx_m):
    [zone] = zones_of(L_SHAPE, dx_m)

    assert zone.geometry.equals(cells_of(L_SHAPE, 2, dx_m))
    assert zone.geometry.area == 5 * dx_m**2


@settings(max_examples=40, deadline=None, derandomize=True)
@given(arrays(np.int8, (7, 6), elements=st.integers(-1, 4)))
def test_burnt_back_onto_the_grid_the_areas_are_the_classes_again(classes):
    grid = grid_of(classes.shape)
    burnt = np.zeros(classes.shape, np.int8)
    for zone in hazard_zones(classes, np.ones(classes.shape), grid):
        rasterize([(zone.geometry, int(zone.hazard_class[1]))], out=burnt, transform=grid.transform)
    assert np.array_equal(burnt, np.maximum(classes, 0))


def test_areas_cut_for_their_corners_still_cover_the_same_cells(monkeypatch):
    chess = np.indices((8, 8)).sum(axis=0) % 2 + 1  # H1 and H2 in turn: corners everywhere
    monkeypatch.setattr(zones_module, "MAX_VERTICES", 8)

    found = hazard_zones(chess.astype(np.int8), np.ones((8, 8)), grid_of((8, 8)))

    assert sum(zone.cells for zone in found) == 64
    assert shapely.union_all([zone.geometry for zone in found]).area == 6400


EDGES_OF_DEPTH = [
    (0.0, 0), (0.0099, 0), (0.01, 1), (0.0101, 1),
    (0.2999, 1), (0.30, 1), (0.3001, 2),
    (0.5999, 2), (0.60, 2), (0.6001, 3),
    (1.1999, 3), (1.20, 3), (1.2001, 4), (25.0, 4),
]  # fmt: skip


@pytest.mark.parametrize(("depth_m", "number"), EDGES_OF_DEPTH)
def test_still_water_is_classed_by_its_depth_on_both_sides_of_each_limit(depth_m, number):
    assert flood_class(depth_m, 0.0) == number


EDGES_OF_FLOW = [
    (0.0, 1), (0.2999, 1), (0.30, 2), (0.3001, 2),
    (0.4999, 2), (0.50, 3), (0.5001, 3),
    (0.9999, 3), (1.0, 4), (1.0001, 4),
]  # fmt: skip


@pytest.mark.parametrize(("unit_discharge", "number"), EDGES_OF_FLOW)
def test_shallow_water_is_classed_by_depth_times_speed_on_both_sides_of_each_limit(
    unit_discharge, number
):
    assert flood_class(0.1, unit_discharge) == number


def test_the_worse_of_depth_and_flow_counts_in_all_sixteen_combinations():
    depths = (0.1, 0.4, 0.9, 1.5)
    flows = (0.1, 0.4, 0.7, 1.5)
    for by_depth, depth_m in enumerate(depths, start=1):
        for by_flow, flow in enumerate(flows, start=1):
            assert flood_class(depth_m, flow) == max(by_depth, by_flow), (depth_m, flow)


def test_a_film_below_a_centimetre_is_no_flood_however_fast_it_runs():
    assert flood_class(0.009, 5.0) == 0


def test_the_limits_are_those_of_the_reference_table():
    stated = {row["class"]: row for row in read_table("flood_classes")}
    for name, (least, most) in class_depths_m().items():
        printed = stated[name]["depth_m"]
        assert printed == (f">{least:.2f}" if most is None else f"{least:.2f}-{most:.2f}")
    flows = [stated[f"H{number}"]["velocity_x_depth"] for number in (1, 2, 3, 4)]
    assert flows == ["<0.3", "<0.5", "<1.0", ">=1.0"]


@pytest.mark.parametrize(
    ("depth_mm", "number"), [(9, 0), (11, 1), (299, 1), (301, 2), (599, 2), (601, 3), (1250, 4)]
)
def test_rain_on_a_closed_plain_gives_the_class_of_its_depth(tmp_path, depth_mm, number):
    rain = {"steady_rain": {"depth_mm": depth_mm, "duration_h": 1, "source": "test"}}
    path = write_scenario(tmp_path, np.zeros((3, 3)), event=rain)

    outcome = run_spec(read_spec(path), FileSources())

    assert set(outcome.classes.ravel().tolist()) == {number}


class TestBuildings:
    """Numbers are houses; the water around them decides."""

    def test_a_quarter_three_houses_deep_takes_the_water_at_its_rim(self):
        houses = np.array([[0, 1, 2, 3, 4, 5, 0]] * 3, np.int32)
        classes = np.array([[0, 0, 0, 0, 0, 0, 4]] * 3, np.int8)
        houses_alone = np.where(houses > 0, houses, 0)

        found = worst_at_walls(classes, houses_alone)

        # 1 has a wall in the dry west, 5 in the water; 2 hears of 1, 4 of 5, and 3 of both
        assert found[1].tolist() == [0, 0, 0, 4, 4, 4, 4]

    def test_no_house_is_cleared_by_the_dry_roofs_around_it(self):
        houses = np.zeros((9, 9), np.int32)
        houses[1:8, 1:8] = np.arange(1, 50).reshape(7, 7)
        classes = np.full((9, 9), 3, np.int8)
        classes[houses > 0] = 0

        assert (worst_at_walls(classes, houses) == 3).all()

    def test_a_house_enclosed_by_walls_keeps_what_it_has(self):
        houses = np.array([[0, 0, 0], [0, 7, 0], [0, 0, 0]], np.int32)
        depth = np.full((3, 3), np.nan)
        depth[1, 1] = 0.2

        assert worst_at_walls(depth, houses)[1, 1] == 0.2

    def test_water_that_touches_only_a_corner_of_a_house_counts(self):
        houses = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.int32)
        classes = np.array([[2, 0, 0], [0, 0, 0], [0, 0, 0]], np.int8)

        assert worst_at_walls(classes, houses)[1, 1] == 2

    def test_without_houses_nothing_changes(self):
        classes = np.array([[0, 4], [2, -1]], np.int8)

        assert worst_at_walls(classes, np.zeros((2, 2), np.int32)) is classes


def test_the_domain_leaves_out_a_lake_and_a_cell_cut_off_by_corners():
    domain = np.ones((4, 4), bool)
    domain[1, 1] = domain[0, 2] = False
    area = domain_area(domain, grid_of(domain.shape))

    assert area.is_valid
    assert area.area == 14 * 100
    assert not area.contains(cell(1, 1, 4).centroid)


def test_an_empty_domain_is_an_empty_area():
    assert domain_area(np.zeros((2, 2), bool), grid_of((2, 2))).is_empty


@pytest.mark.parametrize(("by", "count"), [(0, 1), (1, 9), (2, 25)])
def test_cells_grow_by_squares_and_not_beyond_the_border(by, count):
    cells = np.zeros((7, 7), bool)
    cells[3, 3] = True
    assert grown(cells, by).sum() == count
    corner = np.zeros((7, 7), bool)
    corner[0, 6] = True
    assert grown(corner, by).sum() == (by + 1) ** 2

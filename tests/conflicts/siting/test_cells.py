"""Cells never promise more than the shapes hold: touching misses none, filling takes no part."""

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from conflicts.siting.cells import (
    Cells,
    boxes_marked,
    centred,
    cropped,
    filled,
    perhaps_within,
    surely_within,
    touched,
)

GROUND = Cells(west=0.0, north=200.0, size_m=10.0, rows=20, cols=20)
numbers = st.floats(1, 199, allow_nan=False, width=32)
points = st.tuples(numbers, numbers)


def as_array(*shapes):
    return np.array(shapes, np.object_)


def squares(cells):
    """Every cell as a polygon, row by row from the north."""
    return [[cells.square(row, col, 1) for col in range(cells.cols)] for row in range(cells.rows)]


@st.composite
def areas(draw):
    corners = draw(st.lists(points, min_size=3, max_size=6, unique=True))
    hull = shapely.MultiPoint(corners).convex_hull
    return hull if hull.geom_type == "Polygon" and hull.area > 1 else shapely.box(20, 20, 47, 63)


def test_a_city_of_2_km_is_cut_into_cells_of_5_m_and_one_of_30_km_into_cells_of_50_m():
    assert Cells.over((0, 0, 2_000, 2_000)).size_m == 5
    assert Cells.over((0, 0, 30_000, 30_000)).size_m == 50


def test_borders_of_cells_lie_on_multiples_of_their_size():
    cells = Cells.over((13.0, 27.0, 88.0, 61.0), 10.0)

    assert (cells.west, cells.north, cells.rows, cells.cols) == (10.0, 70.0, 5, 8)
    assert cells.bounds == (10.0, 20.0, 90.0, 70.0)


def test_a_square_of_30_m_half_a_cell_off_fills_four_cells_of_10_m_and_touches_sixteen():
    square = as_array(shapely.box(5, 165, 35, 195))

    assert int(touched(square, GROUND).sum()) == 16
    assert int(filled(square, GROUND).sum()) == 4


def test_what_lies_outside_marks_nothing():
    far = as_array(shapely.box(900, 900, 950, 950))

    assert not touched(far, GROUND).any()
    assert not filled(far, GROUND).any()


def test_the_rim_is_wide_enough_to_know_everything_within_reach():
    rim = GROUND.rim(100.0)
    wide = GROUND.widened(rim)

    assert rim == 13  # 100 m and the slack of 14.1 m are 12 cells, and one to spare
    assert wide.bounds == (-130.0, -130.0, 330.0, 330.0)
    assert cropped(np.ones(wide.shape, np.bool_), rim).shape == GROUND.shape


@settings(max_examples=60, deadline=None)
@given(st.lists(areas(), min_size=1, max_size=3))
def test_touched_misses_no_cell_that_shares_ground_and_filled_takes_none_that_is_not_inside(shapes):
    touching, filling = (mark(as_array(*shapes), GROUND) for mark in (touched, filled))

    for row, cells in enumerate(squares(GROUND)):
        for col, cell in enumerate(cells):
            shared_m2 = max(cell.intersection(shape).area for shape in shapes)
            if shared_m2 > 1e-6:
                assert touching[row, col]
            if filling[row, col]:
                assert shared_m2 == pytest.approx(cell.area)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(points.map(shapely.Point), areas()), min_size=1, max_size=3),
       st.sampled_from([15.0, 40.0, 95.0]))  # fmt: skip
def test_every_point_of_a_cell_surely_within_is_nearer_and_none_of_one_not_perhaps_within(
    shapes, reach_m
):
    marked = touched(as_array(*shapes), GROUND)
    sure = surely_within(marked, reach_m, GROUND)
    perhaps = perhaps_within(marked, reach_m, GROUND)

    together = shapely.union_all(shapes)
    for row, cells in enumerate(squares(GROUND)):
        for col, cell in enumerate(cells):
            corners = [shapely.Point(corner) for corner in cell.exterior.coords]
            if sure[row, col]:
                assert all(corner.distance(together) < reach_m for corner in corners)
            if not perhaps[row, col]:
                assert cell.distance(together) >= reach_m - 1e-9
    assert not (sure & ~perhaps).any()


def test_where_nothing_is_marked_nothing_is_near():
    nothing = np.zeros(GROUND.shape, np.bool_)

    assert not perhaps_within(nothing, 1_000.0, GROUND).any()
    assert not surely_within(nothing, 1_000.0, GROUND).any()


@settings(max_examples=60, deadline=None)
@given(st.lists(areas(), min_size=1, max_size=4), st.sampled_from([0.05, 0.2, 1.0]))
def test_a_cell_is_in_an_area_when_its_centre_is_however_small_the_area(shapes, scale):
    shrunk = [shapely.affinity.scale(shape, scale, scale) for shape in shapes]
    marked = centred(as_array(*shrunk), GROUND)

    for row, cells in enumerate(squares(GROUND)):
        for col, cell in enumerate(cells):
            to_border = min(shape.exterior.distance(cell.centroid) for shape in shrunk)
            if to_border > 1e-6:  # on the border itself either answer will do
                assert marked[row, col] == any(shape.contains(cell.centroid) for shape in shrunk)


def test_a_point_has_no_ground_so_no_centre_lies_in_it():
    assert not centred(as_array(shapely.Point(15, 15)), GROUND).any()
    assert not centred(as_array(), GROUND).any()


def test_a_box_from_column_2_to_4_and_row_1_to_2_is_six_cells_and_what_sticks_out_is_passed_over():
    inside = np.array([[2, 1, 4, 2]])
    sticking_out = np.array([[-1, -1, 0, 0], [19, 19, 21, 21]])

    marked = boxes_marked(inside, GROUND)
    assert [tuple(cell) for cell in np.argwhere(marked)] == [
        (1, 2), (1, 3), (1, 4), (2, 2), (2, 3), (2, 4),
    ]  # fmt: skip
    assert [tuple(cell) for cell in np.argwhere(boxes_marked(sticking_out, GROUND))] == [
        (0, 0), (19, 19),
    ]  # fmt: skip
    assert not boxes_marked(np.empty((0, 4), np.int64), GROUND).any()

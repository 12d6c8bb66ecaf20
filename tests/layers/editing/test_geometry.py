"""Split, merge, holes, snap, explode: no ground is lost, none is counted twice."""

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry import LineString, MultiPolygon

from layers.editing.geometry import (
    AREA_NOISE_M2,
    OperationError,
    aggregate,
    cut_hole,
    explode,
    fill_hole,
    merge,
    snap,
    split,
)
from tests.factories import EAST, NORTH, at, line, outline, rectangle, square


def areas(shapes):
    return [round(shape.area, 6) for shape in shapes]


def test_a_square_cut_at_a_third_gives_two_pieces_largest_first():
    assert areas(split(square(0, 0, 30), line((10, -5), (10, 35)))) == [600, 300]


def test_a_line_that_ends_inside_cuts_nothing():
    with pytest.raises(OperationError, match="cuts nothing"):
        split(square(0, 0, 30), line((10, -5), (10, 20)))


def test_a_line_outside_cuts_nothing():
    with pytest.raises(OperationError, match="cuts nothing"):
        split(square(0, 0, 30), line((-10, -5), (-10, 35)))


def test_a_line_with_a_loose_end_inside_a_piece_still_cuts():
    assert areas(split(square(0, 0, 30), line((10, -5), (10, 35), (20, 35), (20, 10)))) == [
        600,
        300,
    ]


def test_a_bent_line_may_cut_three_pieces():
    pieces = split(square(0, 0, 30), line((10, -5), (10, 35), (20, 35), (20, -5)))
    assert areas(pieces) == [300, 300, 300]


def test_a_hole_stays_a_hole_of_its_piece_or_is_cut_through():
    holed = square(0, 0, 30).difference(square(20, 10, 5))
    left, right = split(holed, line((10, -5), (10, 35)))
    assert (len(left.interiors), len(right.interiors)) == (1, 0)
    through = split(holed, line((22, -5), (22, 35)))
    assert sum(len(piece.interiors) for piece in through) == 0
    assert sum(areas(through)) == 900 - 25


def test_parts_the_line_does_not_cross_stay_with_the_largest_piece():
    both = MultiPolygon([square(0, 0, 30), square(100, 0, 5)])
    largest, other = split(both, line((10, -5), (10, 35)))
    assert areas([largest, other]) == [625, 300]
    assert len(largest.geoms) == 2


def test_neighbours_merge_and_strangers_do_not():
    assert merge([square(0, 0, 10), square(10, 0, 10)]).equals(rectangle(0, 0, 20, 10))
    with pytest.raises(OperationError, match="share no border"):
        merge([square(0, 0, 10), square(50, 0, 10)])


def test_areas_that_touch_in_one_corner_are_no_neighbours():
    with pytest.raises(OperationError, match="share no border"):
        merge([square(0, 0, 10), square(10, 10, 10)])


def test_a_chain_of_neighbours_merges_in_any_order():
    chain = [square(0, 0, 10), square(20, 0, 10), square(10, 0, 10)]
    assert merge(chain).area == 300


def test_a_hole_is_cut_only_inside():
    holed = cut_hole(square(0, 0, 30), square(10, 10, 5))
    assert (holed.area, len(holed.interiors)) == (875, 1)
    for outside in (square(25, 10, 10), square(0, 10, 5), at(5, 5)):
        with pytest.raises(OperationError, match="does not lie inside"):
            cut_hole(square(0, 0, 30), outside)
    with pytest.raises(OperationError):
        cut_hole(holed, square(12, 12, 10))


def test_a_hole_is_filled_where_one_points_and_no_other():
    holed = cut_hole(cut_hole(square(0, 0, 30), square(5, 5, 5)), square(20, 20, 5))
    filled = fill_hole(holed, at(7, 7))
    assert (filled.area, len(filled.interiors)) == (875, 1)
    with pytest.raises(OperationError, match="no hole"):
        fill_hole(filled, at(7, 7))


def test_filling_a_hole_with_an_island_swallows_the_island():
    ring = square(0, 0, 30).difference(square(10, 10, 10))
    assert fill_hole(MultiPolygon([ring, square(13, 13, 2)]), at(11, 11)).equals(square(0, 0, 30))


@pytest.mark.parametrize(("gap_m", "touches"), [(0.09, True), (0.11, False)])
def test_corners_within_the_tolerance_move_onto_the_neighbour(gap_m, touches):
    snapped = snap(rectangle(0, 0, 100 - gap_m, 100), [square(100, 0, 100)], 0.10)
    assert (snapped.area == pytest.approx(10_000, abs=1e-6)) is touches


def test_a_corner_beside_a_long_edge_moves_onto_the_edge():
    snapped = snap(rectangle(0, 20, 99.95, 30), [square(100, 0, 100)], 0.10)
    assert snapped.area == pytest.approx(100 * 30, abs=1e-6)


def test_a_corner_of_the_neighbour_becomes_a_corner_of_the_edge_beside_it():
    neighbour = outline((100.05, 50), (150, 0), (150, 100))
    snapped = snap(square(0, 0, 100), [neighbour], 0.10)
    assert snapped.touches(neighbour)
    assert (EAST + 100.05, NORTH + 50) in snapped.exterior.coords


def test_what_is_far_from_its_neighbours_does_not_move():
    shape = square(0, 0, 100)
    assert snap(shape, [square(150, 0, 100)], 0.10).equals_exact(shape, 0)
    assert snap(shape, [], 0.10) is shape


def test_points_and_lines_snap_too():
    assert snap(at(99.95, 50), [square(100, 0, 100)], 0.1).distance(at(100, 50)) < 1e-9
    ends = snap(line((0, 0), (99.95, 0)), [line((100, 0), (200, 0))], 0.1)
    assert ends.length == pytest.approx(100, abs=1e-9)


def test_a_snap_that_would_flatten_an_area_is_refused():
    with pytest.raises(OperationError, match="cross itself"):
        snap(rectangle(100.01, 10, 0.05, 0.05), [rectangle(0, 0, 100, 100)], 0.2)


def test_parts_become_features_largest_first_and_one_again():
    parts = [square(50, 0, 5), square(0, 0, 10)]
    pieces = explode(MultiPolygon(parts))
    assert areas(pieces) == [100, 25]
    assert aggregate(pieces).equals(MultiPolygon(parts))
    with pytest.raises(OperationError, match="one part only"):
        explode(square(0, 0, 10))


def test_points_and_areas_are_not_aggregated():
    with pytest.raises(OperationError, match="do not become one"):
        aggregate([at(0, 0), square(0, 0, 10)])


ANGLES = st.floats(0, 180, allow_nan=False)
SIZES = st.floats(1, 2_000, allow_nan=False)


@st.composite
def blocks(draw):
    """A turned block, perhaps with a hole, as zones of a city are."""
    width, height, angle = draw(SIZES), draw(SIZES), draw(ANGLES)
    block = rectangle(draw(st.floats(-5_000, 5_000)), 0, width, height)
    if draw(st.booleans()):
        hole = affinity.scale(block, 0.4, 0.4)
        block = block.difference(hole)
    return affinity.rotate(block, angle, origin="centroid")


@st.composite
def cuts(draw, block):
    """A straight or bent line across the block, with both ends outside."""
    centre, reach = block.envelope.centroid, block.envelope.length
    turn = draw(ANGLES)
    offset = draw(st.floats(-0.3, 0.3))
    middle = (centre.x + offset * 10, centre.y + draw(st.floats(-0.2, 0.2)) * 10)
    across = LineString([(middle[0] - reach, middle[1]), middle, (middle[0] + reach, middle[1])])
    return affinity.rotate(across, turn, origin=centre)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_pieces_share_no_ground_and_together_are_what_was_cut(data):
    block = data.draw(blocks())
    try:
        pieces = split(block, data.draw(cuts(block)))
    except OperationError:
        assume(False)
    assert len(pieces) >= 2
    assert all(piece.is_valid and not piece.is_empty for piece in pieces)
    assert sum(piece.area for piece in pieces) == pytest.approx(block.area, abs=AREA_NOISE_M2)
    for index, piece in enumerate(pieces):
        for other in pieces[index + 1 :]:
            assert piece.intersection(other).area <= AREA_NOISE_M2
    assert pieces[0].area == max(piece.area for piece in pieces)
    merged = merge(pieces)
    assert merged.symmetric_difference(block).area <= AREA_NOISE_M2


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_hole_cut_and_filled_leaves_the_block_as_it_was(data):
    block = affinity.rotate(rectangle(0, 0, data.draw(SIZES), data.draw(SIZES)), data.draw(ANGLES))
    hole = affinity.scale(block, 0.3, 0.3)
    holed = cut_hole(block, hole)
    assert holed.area == pytest.approx(block.area - hole.area, abs=AREA_NOISE_M2)
    filled = fill_hole(holed, hole.centroid)
    assert shapely.symmetric_difference(filled, block).area <= AREA_NOISE_M2


ROAD = line((0, 0), (30, 0), (30, 40))  # 70 m


def lengths(shapes):
    return [round(float(shape.length), 6) for shape in shapes]


def test_a_road_is_cut_where_the_line_crosses_it_and_keeps_its_bend():
    longest, other = split(ROAD, line((10, -5), (10, 5)))
    assert lengths([longest, other]) == [60, 10]
    assert longest.coords[1] == ROAD.coords[1]
    assert longest.coords[0] == other.coords[-1]


def test_a_road_cut_by_a_bent_line_gives_three_pieces_that_follow_each_other():
    pieces = split(ROAD, line((10, -5), (10, 10), (40, 10)))
    assert lengths(pieces) == [30, 30, 10]
    assert merge(pieces).equals(ROAD)


@pytest.mark.parametrize(
    "cut",
    [
        line((10, 5), (10, 1)),
        line((-5, 5), (-5, -5)),
        line((0, -5), (0, 5)),
        line((30, 40), (40, 50)),
    ],
)  # fmt: skip
def test_a_line_beside_a_road_or_at_its_end_cuts_nothing(cut):
    with pytest.raises(OperationError, match="cuts nothing"):
        split(ROAD, cut)


def test_where_both_run_together_the_road_is_cut_at_the_ends_of_that():
    assert lengths(split(ROAD, line((5, -5), (5, 0), (20, 0), (20, 5)))) == [50, 15, 5]


def test_the_part_of_a_road_that_is_not_cut_stays_with_the_longest_piece():
    both = shapely.MultiLineString([ROAD, line((0, 100), (7, 100))])
    kept, other = split(both, line((10, -5), (10, 5)))
    assert kept.geom_type == "MultiLineString"
    assert lengths([kept, other]) == [67, 10]


def test_roads_that_follow_each_other_become_one_in_any_order_and_direction():
    first, second, third = line((0, 0), (10, 0)), line((20, 0), (10, 0)), line((20, 0), (20, 9))
    assert merge([third, first, second]).length == pytest.approx(29)
    assert merge([third, first, second]).geom_type == "LineString"


def test_ends_a_nanometre_apart_are_one_place_and_a_millimetre_apart_are_two():
    first = line((0, 0), (10, 0))
    assert merge([first, line((10 + 1e-9, 0), (20, 0))]).length == pytest.approx(20)
    with pytest.raises(OperationError, match="end to end"):
        merge([first, line((10.001, 0), (20, 0))])


def test_roads_that_cross_or_fork_do_not_become_one():
    for others in ([line((5, -5), (5, 5))], [line((10, 0), (20, 0)), line((10, 0), (10, 9))]):
        with pytest.raises(OperationError, match="end to end"):
            merge([line((0, 0), (10, 0)), *others])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=6),
    st.tuples(st.integers(0, 100), st.integers(-60, 60), st.integers(0, 100), st.integers(-60, 60)),
)
def test_no_metre_of_a_road_is_lost_or_counted_twice_by_any_cut(heights, cut):
    road = line(*((20 * step, height) for step, height in enumerate(heights)))
    across = line(cut[:2], cut[2:]) if cut[:2] != cut[2:] else line((0, 99), (1, 99))
    try:
        pieces = split(road, across)
    except OperationError:
        assume(False)
    assert sum(piece.length for piece in pieces) == pytest.approx(road.length, abs=1e-6)
    assert merge(pieces).length == pytest.approx(road.length, abs=1e-6)
    assert shapely.hausdorff_distance(merge(pieces), road) < 1e-6

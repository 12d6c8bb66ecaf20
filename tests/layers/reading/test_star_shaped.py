"""Areas that are valid beyond doubt are told at once; whoever is not told is asked of GEOS."""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from layers.ingest.shapes import check_shapes
from layers.ingest.star_shaped import is_star_shaped
from tests.factories import EAST, NORTH, at, line, square

many = settings(max_examples=300, deadline=None, derandomize=True)
BOW_TIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
# The five corners of a pentagon, every second one next: round the middle twice, always leftwards.
CORNERS = [(np.cos(turn), np.sin(turn)) for turn in np.arange(5) * 2 * np.pi / 5]
PENTAGRAM = Polygon([CORNERS[n * 2 % 5] for n in range(5)])
L_SHAPE = Polygon([(0, 0), (10, 0), (10, 6), (6, 6), (6, 10), (0, 10)])
U_SHAPE = Polygon([(0, 0), (30, 0), (30, 30), (20, 30), (20, 10), (10, 10), (10, 30), (0, 30)])


def told(*shapes):
    return is_star_shaped(np.array(shapes, dtype=object)).tolist()


class TestSeenWhole:
    @pytest.mark.parametrize(
        "shape",
        [
            box(0, 0, 10, 5),
            Polygon([(0, 0), (4, 0), (0, 3)]),
            L_SHAPE,
            shapely.reverse(L_SHAPE),
            MultiPolygon([box(0, 0, 10, 5)]),
            shapely.affinity.translate(box(0, 0, 0.01, 0.01), 900_000, 10_000_000),
        ],
        ids=["rectangle", "triangle", "L", "L clockwise", "one part", "a centimetre, far north"],
    )
    def test_what_is_seen_whole_from_its_middle(self, shape):
        assert told(shape) == [True]

    @pytest.mark.parametrize("corners", [3, 4, 5, 12, 100, 999])
    def test_a_round_tower_of_so_many_corners(self, corners):
        angle = np.arange(corners) * 2 * np.pi / corners
        ring = np.stack([EAST + 5 * np.cos(angle), NORTH + 5 * np.sin(angle)], axis=1)
        assert told(Polygon(ring), Polygon(ring[::-1])) == [True, True]


class TestNotSeenWhole:
    @pytest.mark.parametrize(
        "shape",
        [
            None,
            Point(1, 2),
            line((0, 0), (10, 0)),
            Polygon(),
            MultiPolygon(),
            U_SHAPE,
            box(0, 0, 10, 10).difference(box(4, 4, 6, 6)),
            MultiPolygon([box(0, 0, 1, 1), box(5, 5, 6, 6)]),
            MultiPolygon([box(0, 0, 10, 10).difference(box(4, 4, 6, 6))]),
        ],
        ids=["none", "point", "line", "empty", "no part", "U", "a hole", "two parts", "part, hole"],
    )
    def test_what_is_left_to_geos(self, shape):
        assert told(shape) == [False]

    @pytest.mark.parametrize(
        "wrong",
        [
            BOW_TIE,
            PENTAGRAM,
            Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0), (10, 0), (10, 10), (0, 10)]),
            Polygon([(0, 0), (10, 0), (5, 0)]),
            Polygon([(0, 0), (10, 0), (10, 10), (10, 12), (10, 10), (0, 10)]),
            Polygon([(7, 7), (7, 7), (7, 7)]),
        ],
        ids=["bow tie", "pentagram", "twice round", "no area", "a spike", "one place"],
    )
    def test_what_is_wrong_is_never_told_to_be_right(self, wrong):
        assert not shapely.is_valid(wrong)
        assert told(wrong) == [False]

    @pytest.mark.filterwarnings("ignore:invalid value")
    @pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
    def test_a_coordinate_that_is_no_place_leaves_the_next_shape_as_it_is(self, odd):
        broken = shapely.polygons(np.array([(0, 0), (4, 0), (odd, 3), (0, 0)], dtype=float))
        assert told(broken, box(0, 0, 1, 1)) == [False, True]

    def test_numbers_whose_products_have_no_end_are_left_to_geos(self):
        assert told(box(0, 0, 1e200, 1e200)) == [False]


def test_each_answer_stands_at_the_place_of_its_shape():
    shapes = [None, box(0, 0, 1, 1), BOW_TIE, Point(0, 0), L_SHAPE, Polygon(), PENTAGRAM]
    assert told(*shapes) == [False, True, False, False, True, False, False]
    assert told(*reversed(shapes)) == [False, False, True, False, False, True, False]
    assert told() == []


coordinate = st.one_of(
    st.integers(-4, 4).map(float),
    st.floats(-10, 10, allow_nan=False, allow_subnormal=False),
    st.sampled_from([0.1, 0.2, 0.3, 1 / 3, 1e-9, -1e-9, 1 + 2**-52]),
)
ring = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=7)
place = st.sampled_from([(0.0, 0.0), (EAST, NORTH), (900_000.25, 10_000_000.125)])


def exact_sign(a, b, c):
    """On which side of a-b c lies, in whole numbers and fractions."""
    (ax, ay), (bx, by), (cx, cy) = (tuple(map(Fraction, corner)) for corner in (a, b, c))
    turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return (turn > 0) - (turn < 0)


def meets_itself(corners):
    """Tell exactly whether two edges of a closed ring that are not neighbours share a place."""
    edges = list(pairwise(corners))
    for (i, (a, b)), (j, (c, d)) in combinations(enumerate(edges), 2):
        if j - i in {1, len(edges) - 1}:
            continue
        sides = exact_sign(a, b, c), exact_sign(a, b, d), exact_sign(c, d, a), exact_sign(c, d, b)
        apart = any(
            max(p[k] for p in (a, b)) < min(p[k] for p in (c, d))
            or max(p[k] for p in (c, d)) < min(p[k] for p in (a, b))
            for k in (0, 1)
        )
        if not apart and sides[0] * sides[1] <= 0 and sides[2] * sides[3] <= 0:
            return True
    return False


class TestAgainstExactGeometry:
    @many
    @given(ring, place)
    def test_no_ring_that_is_told_right_meets_itself(self, corners, offset):
        moved = [(x + offset[0], y + offset[1]) for x, y in corners]
        shape = Polygon(moved)
        if told(shape) == [True]:
            assert shapely.is_valid(shape)
            assert not meets_itself(list(shape.exterior.coords))

    @many
    @given(st.lists(st.floats(0.5, 9), min_size=3, max_size=30), place)
    def test_every_outline_without_a_bay_is_told_right(self, radii, offset):
        angle = np.arange(len(radii)) * 2 * np.pi / len(radii)
        x, y = np.array(radii) * np.cos(angle), np.array(radii) * np.sin(angle)
        corners = np.stack([offset[0] + x, offset[1] + y], axis=1)
        assert told(shapely.convex_hull(shapely.multipoints(corners))) == [True]

    @many
    @given(st.lists(st.tuples(ring, place), max_size=6))
    def test_what_the_import_lets_through_is_what_geos_finds_valid(self, rings):
        shapes = [Polygon([(x + e, y + n) for x, y in corners]) for corners, (e, n) in rings]
        blobs = pa.array(shapely.to_wkb(shapes).tolist() if shapes else [], pa.binary())
        found = check_shapes(blobs, rows=np.arange(len(shapes)), project=None, kind="polygon")
        wrong_rows = {i.row for i in found.issues if i.kind == "invalid_geometry"}
        for row, (before, after) in enumerate(zip(shapes, found.shapes, strict=True)):
            if before.bounds[0] < EAST:  # outside the area of the project: refused as such
                continue
            assert (row in wrong_rows) is not shapely.is_valid(before)
            assert after is None or shapely.is_valid(after)
            assert after is None or row in wrong_rows or after.equals_exact(before)


def test_geos_is_asked_only_where_there_is_doubt(monkeypatch):
    asked = []
    answer = shapely.is_valid
    monkeypatch.setattr(
        "layers.ingest.shapes.shapely.is_valid", lambda s: asked.extend(s) or answer(s)
    )
    u_shape = shapely.affinity.translate(U_SHAPE, EAST, NORTH)
    blobs = pa.array([square(0, 0, 10).wkb, u_shape.wkb, at(0, 0).wkb], pa.binary())
    found = check_shapes(blobs, rows=np.arange(3), project=None, kind="mixed")
    assert [shape.geom_type for shape in asked] == ["Polygon", "Point"]
    assert asked[0].equals(u_shape)
    assert found.is_left.all()

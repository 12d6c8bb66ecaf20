"""Shapes from outside: what is wrong with them, and where; what is right stays as it is."""

import contextlib

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, mapping

from layers.crs import to_wgs84
from layers.editing.problems import Problem, refusing
from layers.editing.shapes import (
    MAX_VERTICES,
    UNMOVED_M,
    ShapeError,
    shape_from_geojson,
    shape_problems,
    with_unmoved_corners,
)
from layers.editing.vocab import ProblemKind, Severity
from tests.factories import EAST, NORTH, at, line, outline, square


def holed(*holes):
    shell = [(EAST, NORTH), (EAST + 100, NORTH), (EAST + 100, NORTH + 100), (EAST, NORTH + 100)]
    return Polygon(shell, [list(hole.exterior.coords) for hole in holes])


INVALID = {
    "a bow-tie": (outline((0, 0), (10, 10), (10, 0), (0, 10)), "crosses itself", at(5, 5)),
    "a hole outside": (holed(square(200, 0, 10)), "lies outside", None),
    "a hole in a hole": (holed(square(10, 10, 50), square(20, 20, 10)), "inside another", None),
    "the same part twice": (MultiPolygon([square(0, 0, 10)] * 2), "crosses itself", None),
    "a part in a part": (MultiPolygon([square(0, 0, 10), square(2, 2, 3)]), "inside", None),
    "a spike": (outline((0, 0), (10, 0), (10, 10), (10, 0), (5, -5)), "itself", at(10, 0)),
}


@pytest.mark.parametrize(("shape", "message", "place"), INVALID.values(), ids=INVALID.keys())
def test_an_invalid_outline_is_told_in_words_with_the_place(shape, message, place):
    [problem] = shape_problems(shape, "polygon")
    assert problem.kind == ProblemKind.INVALID_GEOMETRY
    if shape.geom_type == "Polygon":
        assert message in problem.message
    assert problem.point is not None
    assert problem.point.distance(shape) < 1e-6
    if place is not None:
        assert problem.point.distance(place) < 10.01
        assert problem.as_json()["point"] is not None


@pytest.mark.parametrize(
    ("shape", "kind", "expected"),
    [
        (square(0, 0, 10), "polygon", []),
        (square(0, 0, 10), "mixed", []),
        (at(0, 0), "mixed", []),
        (at(0, 0), "polygon", ["wrong_kind"]),
        (line((0, 0), (1, 1)), "point", ["wrong_kind"]),
        (square(0, 0, 10), "line", ["wrong_kind"]),
        (Polygon(), "polygon", ["empty_geometry"]),
        (Point(103.5, 10.6), "point", ["outside_extent"]),
        (Point(float("nan"), 1), "point", ["not_finite"]),
        (LineString([(EAST, NORTH), (EAST, float("inf"))]), "line", ["not_finite"]),
    ],
)
def test_each_reason_has_its_own_kind(shape, kind, expected):
    assert [str(problem.kind) for problem in shape_problems(shape, kind)] == expected


def test_the_last_corner_that_is_stored_and_the_first_that_is_not():
    places = [(EAST + n * 0.01, NORTH) for n in range(MAX_VERTICES)]
    assert list(shape_problems(LineString(places), "line")) == []
    [problem] = shape_problems(LineString([*places, (EAST - 1, NORTH)]), "line")
    assert problem.kind == ProblemKind.TOO_MANY_VERTICES
    with pytest.raises(ShapeError, match="corner points"):
        shape_from_geojson(mapping(LineString([*places, (EAST - 1, NORTH)])), 32648)


def test_heights_are_dropped():
    given_shape = {"type": "LineString", "coordinates": [[EAST, NORTH, 5], [EAST + 1, NORTH, 6]]}
    assert not shape_from_geojson(given_shape, 32648).has_z


@pytest.mark.parametrize(
    "coordinates",
    [None, "x", 5, [], [1], [[1, 2]], [True, False], [None, None], {"0": 1}, [1, float("nan")]],
)
def test_a_point_that_is_no_pair_of_numbers_is_refused(coordinates):
    with pytest.raises(ShapeError):
        shape_from_geojson({"type": "Point", "coordinates": coordinates}, 4326)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["type", "coordinates", "x"]),
                inner | st.sampled_from(["Polygon", "Point", "MultiPolygon"]),
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_is_sent_is_a_shape_or_a_refusal(sent):
    with contextlib.suppress(ShapeError):
        shape = shape_from_geojson(sent, 4326)
        assert shape.geom_type == sent["type"]


MOVES = st.lists(st.tuples(st.integers(0, 3), st.floats(0.001, 5), st.floats(0.001, 5)), max_size=3)


@given(MOVES, st.floats(-2_000, 2_000), st.floats(-2_000, 2_000))
def test_through_degrees_and_back_only_moved_corners_move(moves, x, y):
    before = square(x, y, 123.456)
    corners = shapely.get_coordinates(before)
    for number, dx, dy in moves:
        corners[number] += (dx, dy)
    corners[4] = corners[0]
    sent = mapping(to_wgs84(Polygon(corners)))
    after = with_unmoved_corners(shape_from_geojson(sent, 4326), before)
    came = shapely.get_coordinates(after)
    moved = {number for number, _dx, _dy in moves}
    for number in range(4):
        if number in moved:
            assert came[number] == pytest.approx(corners[number], abs=UNMOVED_M)
        else:
            assert tuple(came[number]) == tuple(corners[number])


def test_without_a_shape_before_nothing_is_put_back():
    assert with_unmoved_corners(at(0, 0), Point()).equals_exact(at(0, 0), 0)


def test_a_place_no_map_reaches_is_not_told_as_a_place():
    far = Problem(kind=ProblemKind.OUTSIDE_EXTENT, message="far", point=Point(1e11, 1e11))
    assert far.as_json()["point"] is None


def test_only_what_refuses_refuses():
    warning = Problem(kind=ProblemKind.GAP, message="gap", severity=Severity.WARNS)
    refusal = Problem(kind=ProblemKind.OVERLAP, message="overlap")
    assert refusing([warning, refusal]) == [refusal]

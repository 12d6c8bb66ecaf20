"""Outlines that are taken as their bytes stand: the same rows, bytes and issues as by parsing."""

import struct

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from layers.crs import project_extent
from layers.ingest.plain_rings import plain_rings
from layers.ingest.shapes import MAX_VERTICES, check_shapes
from layers.ingest.wkb import bytes_of
from tests.factories import EAST, NORTH, at, line, square

many = settings(max_examples=200, deadline=None, derandomize=True)
HOUSE = square(0, 0, 10)
BOW_TIE = Polygon([(EAST + x, NORTH + y) for x, y in [(0, 0), (10, 10), (10, 0), (0, 10)]])
COURT = square(0, 0, 30).difference(square(10, 10, 10))


def column(*shapes):
    blobs = [s if s is None or isinstance(s, bytes) else shapely.to_wkb(s) for s in shapes]
    return pa.array(blobs, pa.binary())


def right(*shapes, most_corners=MAX_VERTICES):
    return plain_rings(column(*shapes), most_corners).is_right.tolist()


class TestTakenAsTheyStand:
    def test_each_answer_stands_at_the_place_of_its_row(self):
        rows = [None, HOUSE, BOW_TIE, at(0, 0), square(50, 0, 5), b"", COURT, HOUSE]
        assert right(*rows) == [False, True, False, False, True, False, False, True]
        assert right() == []

    def test_one_house_outside_the_projects_area_leaves_its_neighbours_right(self):
        outside = box(10, 20, 30, 40)
        assert right(HOUSE, outside, HOUSE) == [True, False, True]
        assert right(HOUSE, box(1e7, 1e6, 1e7 + 9, 1e6 + 9)) == [True, False]

    def test_a_coordinate_that_is_no_number_leaves_its_neighbours_right(self):
        broken = bytearray(shapely.to_wkb(square(0, 0, 3)))
        broken[29:37] = struct.pack("<d", float("nan"))  # the second corner, east
        assert right(HOUSE, bytes(broken), HOUSE) == [True, False, True]

    @many
    @given(st.lists(st.integers(-3, 3), min_size=1, max_size=6))
    def test_each_is_right_or_not_whatever_its_neighbours_are(self, places):
        west, south, _east, _north = project_extent()
        houses = [box(west + p, south + p, west + p + 5, south + p + 5) for p in places]

        assert right(*houses) == [place >= 0 for place in places]

    def test_a_piece_of_a_longer_column_is_read_as_that_piece(self):
        rows = column(BOW_TIE, HOUSE, BOW_TIE, square(50, 0, 5)).slice(1, 2)
        assert plain_rings(rows, MAX_VERTICES).is_right.tolist() == [True, False]

    def test_degrees_are_told_from_metres_by_the_bounds(self, monkeypatch):
        assert not plain_rings(column(HOUSE), MAX_VERTICES).is_degrees_like
        monkeypatch.setattr("layers.crs.project_extent", lambda: (-1e9, -1e9, 1e9, 1e9))
        for shape, is_like in ((box(103, 10, 104, 11), True), (box(103, 10, 104, 90.5), False)):
            assert plain_rings(column(shape), MAX_VERTICES).is_degrees_like is is_like
            both = plain_rings(column(shape, HOUSE), MAX_VERTICES)
            assert both.is_right.all()
            assert not both.is_degrees_like


class TestLeftToGeos:
    @pytest.mark.parametrize(
        "odd",
        [
            shapely.to_wkb(HOUSE, byte_order=0),
            shapely.to_wkb(shapely.set_srid(HOUSE, 32648), include_srid=True),
            shapely.to_wkb(shapely.force_3d(HOUSE)),
            shapely.to_wkb(shapely.force_3d(HOUSE), flavor="iso"),
            HOUSE.wkb[:-1],
            HOUSE.wkb + b"\0",
            HOUSE.wkb[:9],
            struct.pack("<BIII", 1, 3, 1, 2**31) + HOUSE.wkb[13:],
            struct.pack("<BIII", 1, 3, 2, 5) + HOUSE.wkb[13:],
            struct.pack("<BIII", 1, 3, 1, 4) + HOUSE.wkb[13:-16],  # its ring is left open
            struct.pack("<BII", 1, 3, 0),
            MultiPolygon([HOUSE]),
            COURT,
            BOW_TIE,
            line((0, 0), (10, 0), (10, 10), (0, 0)),
        ],
        ids=["big-endian", "srid", "height", "height, iso", "cut off", "a byte too much", "header",
             "two milliards of corners", "two rings stated", "open", "empty", "multiple", "hole",
             "bow tie", "line"],
    )  # fmt: skip
    def test_anything_else(self, odd):
        assert right(odd, HOUSE) == [False, True]

    @pytest.mark.filterwarnings("ignore:invalid value")
    @pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
    def test_a_coordinate_that_is_no_number(self, odd):
        broken = HOUSE.wkb[:29] + struct.pack("<d", odd) + HOUSE.wkb[37:]
        assert right(broken, HOUSE) == [False, True]

    def test_a_house_beyond_the_edge_of_the_project(self):
        west, south, east, north = project_extent()
        inside = box(east - 10, south, east, south + 10)
        beyond = box(east - 10, south, np.nextafter(east, np.inf), south + 10)
        assert right(inside, beyond, box(west - 1, north - 9, west + 5, north)) == [
            True,
            False,
            False,
        ]

    def test_more_corners_than_are_stored(self):
        circle = Point(EAST, NORTH).buffer(10, quad_segs=8)
        assert shapely.get_num_coordinates(circle) == 33
        assert right(circle, most_corners=33) == [True]
        assert right(circle, most_corners=32) == [False]


coordinate = st.one_of(st.integers(-3, 3).map(float), st.floats(-50, 50, allow_subnormal=False))
corner = st.tuples(coordinate, coordinate)
ring = st.lists(corner, min_size=3, max_size=8).map(
    lambda corners: Polygon([(EAST + x, NORTH + y) for x, y in corners])
)
shape = st.one_of(
    ring,
    ring,
    st.tuples(corner, st.floats(0.5, 20)).map(lambda c: at(*c[0]).buffer(c[1], quad_segs=3)),
    st.tuples(ring, st.floats(0.1, 5)).map(lambda r: shapely.transform(r[0], lambda c: c * r[1])),
    st.lists(ring, min_size=1, max_size=2).map(MultiPolygon),
    st.lists(corner, min_size=2, max_size=4).map(
        lambda corners: LineString([(EAST + x, NORTH + y) for x, y in corners])
    ),
    st.sampled_from([None, COURT, BOW_TIE, Polygon(), at(0, 0), HOUSE, b"\1\3"]),
    st.tuples(ring, st.integers(0, 120), st.integers(0, 255)).map(
        lambda r: (
            r[0].wkb[: min(r[1], len(r[0].wkb) - 1)]
            + bytes([r[2]])
            + r[0].wkb[min(r[1], len(r[0].wkb) - 1) + 1 :]
        )
    ),
)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("kind", ["polygon", "mixed", "line", "point"])
@many
@given(st.lists(shape, max_size=8))
def test_nothing_but_the_parsing_is_saved(kind, shapes):
    """Rows, bytes, issues and whether it looks like degrees: the same whichever way."""
    outlines = column(*shapes)
    told = {"rows": np.arange(1, len(shapes) + 1), "project": None, "kind": kind}
    slow = check_shapes(outlines, **told)
    quick = check_shapes(outlines, **told, needs_shapes=False)
    assert quick.is_left.tolist() == slow.is_left.tolist()
    kept = slow.is_left
    assert quick.outlines(kept).to_pylist() == slow.outlines(kept).to_pylist()
    assert quick.issues == slow.issues
    assert quick.heights_dropped == slow.heights_dropped
    assert quick.degrees_like == slow.degrees_like


def test_whoever_projects_or_wants_to_see_the_shapes_gets_them():
    outlines = column(HOUSE, BOW_TIE)
    told = {"rows": np.arange(2), "kind": "polygon"}
    for found in (
        check_shapes(outlines, **told, project=None),
        check_shapes(outlines, **told, project=lambda x, y: (x, y), needs_shapes=False),
    ):
        assert found.is_unparsed is None
        assert [shape.geom_type for shape in found.shapes] == ["Polygon", "MultiPolygon"]


def test_only_rows_that_are_not_plain_are_parsed(monkeypatch):
    parsed, from_wkb = [], shapely.from_wkb
    monkeypatch.setattr(
        "layers.ingest.shapes.shapely.from_wkb",
        lambda blobs, **kind: parsed.extend(blobs) or from_wkb(blobs, **kind),
    )
    found = check_shapes(
        column(HOUSE, BOW_TIE, square(50, 0, 5), at(0, 0)),
        rows=np.arange(4),
        project=None,
        kind="mixed",
        needs_shapes=False,
    )
    assert parsed == [BOW_TIE.wkb, at(0, 0).wkb]
    assert found.is_left.all()
    assert found.is_unparsed.tolist() == [True, False, True, False]
    assert [issue.row for issue in found.issues] == [1]


def test_the_bytes_of_a_column_begin_where_its_piece_begins():
    offsets, content = bytes_of(pa.array([b"ab", b"cde", None, b"f"], pa.binary()).slice(1))
    assert offsets.tolist() == [0, 3, 3, 4]
    assert bytes(content) == b"cdef"

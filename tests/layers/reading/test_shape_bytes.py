"""Shapes as bytes: what they are, what becomes of them, and which are refused with which words."""

import math
import struct

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from layers.crs import coordinate_function, project_extent
from layers.ingest.batches import SourceBatch
from layers.ingest.curves import STEP_DEG, linearised
from layers.ingest.repair import has_too_many_crossings, repaired
from layers.ingest.shapes import check_shapes
from layers.ingest.wkb import type_codes
from tests.factories import EAST, NORTH, at, line, outline, square

few = settings(max_examples=30, deadline=None, derandomize=True)
OGC_TYPES = {
    "POINT (1 2)": 1,
    "LINESTRING (0 0, 1 1)": 2,
    "POLYGON ((0 0, 1 0, 1 1, 0 0))": 3,
    "MULTIPOINT ((1 2))": 4,
    "MULTILINESTRING ((0 0, 1 1))": 5,
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)))": 6,
    "GEOMETRYCOLLECTION (POINT (1 2))": 7,
}
# A quarter circle of radius 10 m round the origin of the test ground, then back along two sides.
ARC_WKB = struct.pack("<BII", 1, 10, 1) + struct.pack("<BII", 1, 9, 2)
ARC_WKB += struct.pack("<BII6d", 1, 8, 3, EAST + 10, NORTH,
                       EAST + 10 * math.sqrt(0.5), NORTH + 10 * math.sqrt(0.5),
                       EAST, NORTH + 10)  # fmt: skip
ARC_WKB += struct.pack("<BII6d", 1, 2, 3, EAST, NORTH + 10, EAST, NORTH, EAST + 10, NORTH)


def checked(*shapes, kind="mixed", project=None, rows=None):
    blobs = [None if s is None else s if isinstance(s, bytes) else s.wkb for s in shapes]
    places = np.arange(1, len(blobs) + 1) if rows is None else np.asarray(rows)
    return check_shapes(pa.array(blobs, pa.binary()), rows=places, project=project, kind=kind)


def only_issue(found):
    [issue] = found.issues
    return issue.kind, issue.action, issue.message


class TestTypes:
    @pytest.mark.parametrize(("text", "code"), OGC_TYPES.items())
    @pytest.mark.parametrize("byte_order", [0, 1])
    @pytest.mark.parametrize("flavor", ["extended", "iso"])
    def test_the_type_is_read_in_both_byte_orders_with_and_without_height(
        self, text, code, byte_order, flavor
    ):
        flat = shapely.from_wkt(text)
        high = shapely.force_3d(flat, 5.0)
        blobs = shapely.to_wkb([flat, high], byte_order=byte_order, flavor=flavor)

        codes, sizes = type_codes(pa.array(blobs.tolist(), pa.binary()))

        assert codes.tolist() == [code, code]
        assert sizes.tolist() == [len(blob) for blob in blobs]

    def test_a_stated_srid_does_not_change_the_type(self):
        marked = shapely.to_wkb(shapely.set_srid(Point(1, 2), 32648), include_srid=True)

        assert type_codes(pa.array([marked]))[0].tolist() == [1]

    def test_no_shape_is_told_from_bytes_that_are_none(self):
        column = pa.array([None, b"", b"\x01", b"\x02\x01\x00\x00\x00", Point(0, 0).wkb])

        assert type_codes(column)[0].tolist() == [-1, 0, 0, 0, 1]

    def test_a_slice_of_a_column_is_read_from_its_own_first_row(self):
        column = pa.array([Point(0, 0).wkb, line((0, 0), (1, 1)).wkb, square(0, 0, 1).wkb])

        assert type_codes(column.slice(1))[0].tolist() == [2, 3]

    def test_an_empty_column_has_no_types(self):
        codes, sizes = type_codes(pa.array([], pa.binary()))

        assert len(codes) == len(sizes) == 0


class TestCurves:
    def straightened(self, *blobs):
        rows = np.arange(5, 5 + len(blobs))
        column = pa.array(blobs, pa.binary())
        return linearised(SourceBatch(rows=rows, outlines=column, fids=pa.array(rows), columns={}))

    def test_a_quarter_circle_of_10_m_has_78_5_m2_within_a_seventh_of_a_percent(self):
        batch = self.straightened(ARC_WKB)

        area = shapely.from_wkb(batch.outlines[0].as_py()).area
        # n chords instead of an arc: n/2 r^2 sin(step)
        steps = 90 / STEP_DEG
        by_hand = steps / 2 * 100 * math.sin(math.radians(STEP_DEG))

        assert area == pytest.approx(25 * math.pi, rel=0.0015)
        assert area == pytest.approx(by_hand, rel=0.0008)
        assert area < 25 * math.pi

    def test_the_corners_of_the_arc_lie_on_the_circle(self):
        shape = shapely.from_wkb(self.straightened(ARC_WKB).outlines[0].as_py())
        away = np.hypot(*(shapely.get_coordinates(shape) - (EAST, NORTH)).T)

        assert np.all((away < 1e-6) | (np.abs(away - 10) < 1e-6))

    def test_the_row_is_noted_and_the_rows_beside_it_are_not(self):
        batch = self.straightened(at(0, 0).wkb, ARC_WKB, None)

        [issue] = batch.issues
        assert (issue.row, issue.kind, issue.action) == (6, "curve_linearised", "repaired")
        assert batch.outlines[0].as_py() == at(0, 0).wkb
        assert batch.outlines[2].as_py() is None

    def test_a_batch_without_curves_is_handed_on_untouched(self):
        plain = self.straightened(at(0, 0).wkb)

        assert linearised(plain) is plain

    def test_a_broken_curve_stays_for_the_check_of_shapes_to_refuse(self):
        batch = self.straightened(ARC_WKB[:40])

        assert batch.issues == ()
        assert only_issue(checked(batch.outlines[0].as_py()))[:2] == ("wrong_kind", "refused")


class TestChecks:
    def test_rows_without_shape_are_refused_by_their_row_in_the_file(self):
        found = checked(at(0, 0), None, rows=[7, 8])

        assert [(i.row, i.kind) for i in found.issues] == [(8, "empty_geometry")]
        assert found.is_left.tolist() == [True, False]

    @pytest.mark.parametrize(
        ("blob", "words"),
        [
            (shapely.from_wkt("POLYGON EMPTY").wkb, "The shape has no points."),
            (shapely.from_wkt("POINT EMPTY").wkb, "The point has no position"),
        ],
    )
    def test_an_empty_shape_says_so(self, blob, words):
        kind, action, message = only_issue(checked(blob))

        assert (kind, action) == ("empty_geometry", "refused")
        assert message.startswith(words)

    def test_a_tin_is_named_a_surface_and_a_mixed_collection_a_collection(self):
        tin = struct.pack("<BII", 1, 16, 0)
        mixed = shapely.GeometryCollection([at(0, 0), line((0, 0), (5, 0))])

        found = checked(tin, mixed)

        assert "a curve or surface" in found.issues[0].message
        assert "a collection of shapes of several kinds" in found.issues[1].message

    def test_a_collection_of_points_only_is_one_shape_of_points(self):
        [shape] = checked(shapely.GeometryCollection([at(0, 0), at(5, 5)])).shapes

        assert shape.geom_type == "MultiPoint"

    def test_a_closed_line_in_a_collection_may_be_ground_so_nobody_guesses(self):
        ring = line((0, 0), (10, 0), (10, 10), (0, 0))
        street = line((0, 0), (10, 0))

        found = checked(shapely.GeometryCollection([ring, street]))

        assert only_issue(found)[0] == "wrong_kind"

    def test_heights_are_dropped_and_counted(self):
        found = checked(shapely.force_3d(square(0, 0, 10), 7.5), square(20, 0, 10))

        assert found.heights_dropped == 1
        assert not shapely.has_z(found.shapes).any()
        assert found.shapes[0].area == pytest.approx(100)

    def test_the_last_corner_inside_the_extent_is_taken_and_a_metre_beyond_is_not(self):
        west, south, _east, _north = project_extent()

        found = checked(Point(west, south), Point(west - 1, south), Point(west, south - 1))

        assert found.is_left.tolist() == [True, False, False]
        assert {issue.kind for issue in found.issues} == {"outside_extent"}
        assert f"west {west - 1:,.0f}, south {south:,.0f}" in found.issues[0].message

    def test_degrees_in_a_metric_file_are_recognised_as_such(self):
        assert checked(Point(103.5, 10.6)).degrees_like
        assert not checked(Point(103.5, 90.6)).degrees_like
        assert not checked(at(0, 0), Point(103.5, 10.6)).degrees_like

    def test_coordinates_are_projected_before_they_are_judged(self):
        project = coordinate_function(4326, 32648)

        [shape] = checked(Point(105.0, 0.0), project=project).shapes

        # the central meridian of zone 48 at the equator: false easting 500,000 m, northing 0 m
        assert (shape.x, shape.y) == (pytest.approx(500_000, abs=1e-6), pytest.approx(0, abs=1e-6))

    @pytest.mark.parametrize(
        ("kind", "kept"),
        [
            ("point", [True, False, False]),
            ("line", [False, True, False]),
            ("polygon", [False, False, True]),
            ("mixed", [True, True, True]),
        ],
    )
    def test_a_layer_of_one_kind_takes_that_kind(self, kind, kept):
        found = checked(at(0, 0), line((0, 0), (5, 0)), square(0, 0, 5), kind=kind)

        assert found.is_left.tolist() == kept
        assert {issue.kind for issue in found.issues} <= {"wrong_kind"}

    def test_the_row_with_a_coordinate_that_is_no_number_names_corner_and_axis(self):
        broken = LineString([(EAST, NORTH), (EAST + 1, math.inf)])

        kind, action, message = only_issue(checked(broken))

        assert (kind, action) == ("not_finite", "refused")
        assert message.endswith("at corner 2: y is inf.")


class TestRepair:
    def test_a_bow_tie_of_two_right_triangles_keeps_both(self):
        bow_tie = outline((0, 0), (10, 10), (10, 0), (0, 10))

        mended = repaired(bow_tie)

        assert mended.shape.geom_type == "MultiPolygon"
        assert mended.shape.area == pytest.approx(50)  # two triangles of 10 m by 5 m
        assert "Area before 0 m², after 50 m²." in str(mended.told)

    def test_two_parts_that_overlap_become_one_ground_counted_once(self):
        twice = MultiPolygon([square(0, 0, 10), square(5, 0, 10)])

        mended = repaired(twice)

        assert mended.shape.area == pytest.approx(150)
        assert "Area before 200 m², after 150 m²." in str(mended.told)

    def test_a_spike_without_width_falls_away(self):
        spiked = outline((0, 0), (10, 0), (10, 10), (10, 30), (10, 10), (0, 10))

        assert repaired(spiked).shape.equals(square(0, 0, 10))

    def test_what_folds_onto_itself_leaves_nothing_and_is_refused(self):
        folded = outline((0, 0), (10, 0), (0, 0), (0, 0))

        mended = repaired(folded)

        assert mended.shape is None
        assert "Nothing with an area or length is left" in str(mended.told)

    def test_a_hole_outside_its_outline_does_not_take_ground_away(self):
        astray = Polygon(square(0, 0, 10).exterior, [square(50, 50, 5).exterior])

        assert repaired(astray).shape.intersection(square(0, 0, 10)).area == pytest.approx(100)

    @few
    @given(
        st.lists(
            st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=4, max_size=9, unique=True
        )
    )
    def test_a_repaired_outline_is_valid_lies_within_the_drawn_one_and_has_area(self, corners):
        drawn = outline(*corners)
        if drawn.is_valid:
            return

        mended = repaired(drawn).shape

        if mended is None:
            return
        hull = drawn.convex_hull.buffer(1e-6)
        assert shapely.is_valid(mended)
        assert mended.area > 0
        assert shapely.get_dimensions(mended) == 2
        assert hull.covers(mended)

    def test_a_comb_of_a_thousand_teeth_crosses_nothing(self):
        teeth = [(x, y) for x in range(1000) for y in ((0, 5) if x % 2 else (5, 0))]
        comb = Polygon([*teeth, (999, -5), (0, -5)])

        assert not has_too_many_crossings(comb)

    def test_300_bars_laid_across_300_bars_are_too_tangled(self):
        bars = [(-1.0 if n % 2 else 301.0, float(n // 2)) for n in range(600)]
        posts = [(float(n // 2), -1.0 if n % 2 else 301.0) for n in range(600)]

        assert has_too_many_crossings(LineString([*bars, *posts]))
        assert not has_too_many_crossings(LineString(bars))

    def test_the_area_of_a_valid_square_is_not_touched(self):
        found = checked(box(EAST, NORTH, EAST + 10, NORTH + 10))

        assert found.issues == []
        assert found.shapes[0].area == pytest.approx(100)

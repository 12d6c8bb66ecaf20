"""Overlaps and gaps of areas, found strip by strip: as a hand and as whole geometry find them."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.topology import contested as searching
from layers.topology.areas import areas_of, polygons_in, strips
from layers.topology.contested import contested
from layers.topology.gaps import Bare, joined_ground
from tests.factories import EAST, at, outline, rectangle, square

EXTENT = (EAST - 5_000, 1_100_000.0, EAST + 5_000, 1_300_000.0)


def batches(shapes, size, marked=None):
    """Shapes named A0, A1, … in portions of so many, from west to east."""
    rows = [
        (f"A{n}", shapely.to_wkb(shape), marked is None or n in marked)
        for n, shape in enumerate(shapes)
    ]
    rows.sort(key=lambda row: (shapely.from_wkb(row[1]).bounds[0], row[0]))
    return [areas_of(rows[start : start + size]) for start in range(0, len(rows), size)]


def overlaps(*shapes, size=2, tolerance_m=0.05, marked=None, most=100):
    found = contested(batches(shapes, size, marked), bare=Bare(tolerance_m=tolerance_m), most=most)
    return {(o.stable_id, o.other): round(o.area_m2, 6) for o in found.overlaps}


def gaps(*shapes, size=2, tolerance_m=0.05, most=100, **bare):
    told = contested(
        batches(shapes, size), bare=Bare(tolerance_m=tolerance_m, **bare), most=most,
        looks_for_overlaps=False,
    )  # fmt: skip
    return [(g.stable_id, g.is_required, round(g.area_m2, 6)) for g in told.gaps]


class TestOverlaps:
    def test_two_squares_of_10_m_that_share_4_by_10_m_overlap_by_40_m2(self):
        assert overlaps(square(0, 0, 10), square(6, 0, 10)) == {("A0", "A1"): 40}

    def test_areas_that_touch_along_a_border_or_at_a_corner_do_not_overlap(self):
        assert overlaps(square(0, 0, 10), square(10, 0, 10), square(10, 10, 10)) == {}

    @pytest.mark.parametrize(("width", "is_told"), [(0.049, False), (0.051, True)])
    def test_a_strip_narrower_than_the_tolerance_is_the_same_border_drawn_twice(
        self, width, is_told
    ):
        assert bool(overlaps(square(0, 0, 10), square(10 - width, 0, 10))) is is_told

    def test_an_area_inside_another_and_one_exactly_on_another_overlap(self):
        inner, twin = square(2, 2, 3), square(0, 0, 10)

        assert overlaps(square(0, 0, 10), inner, twin) == {
            ("A0", "A1"): 9, ("A0", "A2"): 100, ("A1", "A2"): 9,
        }  # fmt: skip

    def test_an_area_in_the_hole_of_another_does_not_overlap_it(self):
        ring = square(0, 0, 10).difference(square(2, 2, 3))

        assert overlaps(ring, square(2, 2, 3)) == {}

    def test_pairs_are_named_by_the_one_that_is_asked_about_and_others_are_left_out(self):
        shapes = [square(0, 0, 10), square(5, 0, 10), square(12, 0, 10)]

        assert overlaps(*shapes, marked={1}) == {("A1", "A0"): 50, ("A1", "A2"): 30}
        assert overlaps(*shapes, marked={0}) == {("A0", "A1"): 50}
        assert overlaps(*shapes, marked=set()) == {}

    def test_of_a_file_that_stacks_all_on_one_place_only_so_many_pairs_are_told(self):
        found = contested(batches([square(0, 0, 10)] * 60, 7), bare=Bare(tolerance_m=0.05), most=25)

        assert len(found.overlaps) == 25
        assert found.is_cut

    def test_as_many_overlaps_as_can_be_listed_are_all_of_them(self):
        found = contested(batches([square(0, 0, 10)] * 5, 7), bare=Bare(tolerance_m=0.05), most=10)

        assert (len(found.overlaps), found.is_cut) == (10, False)

    @settings(max_examples=150, deadline=None)
    @given(
        corners=st.lists(
            st.tuples(st.integers(0, 30), st.integers(0, 12), st.integers(1, 9)), max_size=12
        ),
        size=st.integers(1, 5),
        marks=st.sets(st.integers(0, 11)),
    )
    def test_every_pair_that_geometry_tells_is_found_once_whatever_the_portions(
        self, corners, size, marks
    ):
        shapes = [square(x, y, side) for x, y, side in corners]
        expected = {
            frozenset((f"A{i}", f"A{j}")): shapes[i].intersection(shapes[j]).area
            for i in range(len(shapes))
            for j in range(i)
            if shapes[i].intersection(shapes[j]).area > 0 and {i, j} & marks
        }

        found = contested(batches(shapes, size, marks), bare=Bare(tolerance_m=0.05), most=1000)

        told = [frozenset((o.stable_id, o.other)) for o in found.overlaps]
        assert len(told) == len(set(told))
        areas = {pair: o.area_m2 for pair, o in zip(told, found.overlaps, strict=True)}
        assert areas == pytest.approx(expected)


class TestGaps:
    def test_a_strip_of_30_cm_between_two_plots_is_a_gap_of_3_m2(self):
        found = gaps(square(0, 0, 10), rectangle(10.3, 0, 10, 10), reach_m=1.0)

        assert found == [("A0", False, 3.0)]

    def test_a_street_wider_than_the_reach_is_no_gap(self):
        assert gaps(square(0, 0, 10), rectangle(11.1, 0, 10, 10), reach_m=1.0) == []

    @pytest.mark.parametrize(("width", "count"), [(0.04, 0), (0.06, 1)])
    def test_a_gap_holds_a_disc_as_wide_as_the_tolerance(self, width, count):
        found = gaps(square(0, 0, 10), rectangle(10 + width, 0, 10, 10), reach_m=1.0)

        assert len(found) == count

    def test_neighbours_with_the_same_border_leave_nothing(self):
        shapes = [square(10 * n, 10 * m, 10) for n in range(5) for m in range(5)]

        assert gaps(*shapes, reach_m=1.0) == []

    def test_a_corner_drawn_half_a_metre_off_leaves_a_wedge(self):
        # the south border of A1 runs from (0, 10) up to (10, 10.5): a triangle of 10 m by 0.5 m / 2
        wedge = outline((0, 10), (10, 10.5), (10, 20), (0, 20))

        [(name, is_required, area)] = gaps(square(0, 0, 10), wedge, reach_m=1.0)

        assert (name, is_required) == ("A0", False)
        assert area == pytest.approx(2.5, rel=0.05)

    def test_ground_that_must_be_covered_and_is_not_is_a_gap_however_wide(self):
        found = gaps(square(0, 0, 10), square(40, 0, 10), must_cover=rectangle(0, 0, 50, 10))

        assert found == [("A0", True, 300.0)]

    def test_without_any_area_all_ground_that_must_be_covered_is_bare(self):
        assert gaps(must_cover=square(0, 0, 10)) == [("", True, 100.0)]

    def test_a_strip_within_the_ground_that_must_be_covered_is_told_once(self):
        found = gaps(
            square(0, 0, 10), rectangle(10.3, 0, 10, 10),
            reach_m=1.0, must_cover=rectangle(0, 0, 20.3, 10),
        )  # fmt: skip

        assert found == [("A0", True, 3.0)]

    def test_a_slit_along_a_hundred_plots_is_one_gap_though_strips_cut_it(self):
        north = [square(10 * n, 10.3, 10) for n in range(100)]
        south = [square(10 * n, 0, 10) for n in range(100)]

        found = gaps(*north, *south, size=7, reach_m=1.0)

        assert found == [("A0", False, 300.0)]

    def test_a_search_that_stopped_says_that_there_is_more(self):
        shapes = [square(10.3 * n, 0, 10) for n in range(30)]

        found = contested(
            batches(shapes, 2), bare=Bare(tolerance_m=0.05, reach_m=1.0), most=5,
            looks_for_overlaps=False,
        )  # fmt: skip

        assert len(found.gaps) == 5
        assert found.is_cut

    @settings(max_examples=100, deadline=None)
    @given(
        corners=st.lists(
            st.tuples(st.integers(0, 400), st.integers(0, 60), st.integers(5, 90)), max_size=10
        ),
        size=st.integers(1, 4),
    )
    def test_what_stays_bare_is_what_whole_geometry_leaves_whatever_the_portions(
        self, corners, size
    ):
        """Decimetres, so that no strip is near the tolerance of 5 cm."""
        shapes = [square(x / 10, y / 10, side / 10) for x, y, side in corners]
        must_cover = rectangle(0, 0, 45, 12)
        left = must_cover.difference(shapely.union_all(shapes))

        found = contested(
            batches(shapes, size), bare=Bare(tolerance_m=0.05, must_cover=must_cover), most=1000,
            looks_for_overlaps=False,
        ).gaps  # fmt: skip

        assert len(found) == len(polygons_in(left))
        assert sum(gap.area_m2 for gap in found) == pytest.approx(left.area, abs=1e-6)

    @settings(max_examples=100, deadline=None)
    @given(
        places=st.lists(
            st.tuples(st.integers(0, 40), st.integers(0, 3), st.integers(0, 4)), max_size=16
        )
    )
    def test_narrow_strips_are_the_same_in_portions_as_in_one_piece(self, places):
        """Plots of 10 m in a lattice of 10.3 m: gaps of 0.3 m beside some, else streets."""
        shapes = [square(10.3 * x + shift / 10, 10.3 * y, 10) for x, y, shift in places]

        whole, parts = (gaps(*shapes, size=size, reach_m=1.0) for size in (1_000, 1))

        assert [gap[0] for gap in parts] == [gap[0] for gap in whole]
        assert [gap[2] for gap in parts] == pytest.approx([gap[2] for gap in whole], abs=1e-4)


class TestStrips:
    def test_each_area_is_new_once_and_all_ground_lies_in_one_strip(self):
        shapes = [square(25 * n, 0, 60) for n in range(40)]

        told = list(strips(batches(shapes, 3), EXTENT, margin_m=5.0))

        new = [name for strip in told for name in strip.areas.names[strip.first_new :]]
        assert sorted(new) == sorted(f"A{n}" for n in range(40))
        edges = [(strip.west, strip.east) for strip in told]
        assert edges[0][0] == EXTENT[0]
        assert edges[-1][1] == EXTENT[2]
        assert all(before[1] == after[0] for before, after in itertools.pairwise(edges))

    def test_only_areas_that_still_reach_east_are_carried_along(self):
        shapes = [square(25 * n, 0, 20) for n in range(200)] + [rectangle(0, 30, 5_000, 10)]

        told = list(strips(batches(shapes, 10), EXTENT, margin_m=5.0))

        assert max(len(strip.areas) for strip in told) < 25
        assert all("A200" in strip.areas.names for strip in told)

    def test_the_search_tells_how_far_it_is_and_stops_when_told_to(self):
        heard = []

        def tell(done):
            heard.append(done)
            if done >= 6:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            contested(
                batches([square(25 * n, 0, 20) for n in range(20)], 3),
                bare=Bare(tolerance_m=0.05), most=10, tell=tell,
            )  # fmt: skip
        assert heard == [3, 6]

    def test_no_area_at_all_is_no_overlap_and_no_gap(self):
        found = contested([], bare=Bare(tolerance_m=0.05, reach_m=1.0), most=10)

        assert (found.overlaps, found.gaps, found.is_cut) == ([], [], False)

    def test_the_lists_of_what_was_found_are_of_each_search(self):
        assert searching.Contested().overlaps is not searching.Contested().overlaps


class TestJoinedGround:
    @settings(max_examples=150, deadline=None)
    @given(
        corners=st.lists(
            st.tuples(st.integers(0, 8), st.integers(0, 8), st.sampled_from([1, 2, 2.5])),
            max_size=14,
        )
    )
    def test_it_is_the_union_whether_areas_meet_exactly_or_lie_over_each_other(self, corners):
        shapes = np.array([square(*corner) for corner in corners], object)

        whole = joined_ground(shapes)

        expected = shapely.union_all(shapes)
        assert whole.symmetric_difference(expected).area == pytest.approx(0, abs=1e-6)

    def test_areas_exactly_on_each_other_are_joined_to_one(self):
        assert joined_ground(np.array([square(0, 0, 10)] * 3, object)).area == pytest.approx(100)

    def test_points_and_lines_of_a_collection_cover_nothing(self):
        mixed = shapely.GeometryCollection([at(0, 0), square(0, 0, 2), at(1, 1).buffer(1)])

        assert [shape.geom_type for shape in polygons_in(mixed)] == ["Polygon", "Polygon"]

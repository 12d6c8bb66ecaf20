import re

import pytest
import shapely
from django.utils import translation

from layers.errors import UserFacingError
from layers.paper.drawing import Style, drawn, hatch, path_of
from planning.sheet.boundary import boundary_points, degrees_minutes_seconds
from planning.sheet.grid import (
    corner_coordinates,
    grid_facts,
    grid_labels,
    grid_lines,
    grid_marks,
    scale_bar,
)
from planning.sheet.paper import PAPERS, SCALES, Frame, frame_around, paper_named
from tests.factories import EAST, NORTH, outline, rectangle, square


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def frame_at(scale, west=EAST, north=NORTH + 500, width=200, height=150):
    return Frame(west_m=west, north_m=north, width_mm=width, height_mm=height, scale=scale)


@pytest.mark.parametrize(
    ("name", "size"),
    [("A4", (297, 210)), ("a3", (420, 297)), ("A1", (841, 594)), (" A0 ", (1189, 841))],
)
def test_papers_are_those_of_iso_216_lying_landscape(name, size):
    paper = paper_named(name)
    assert (paper.width_mm, paper.height_mm) == size


def test_map_and_column_fill_the_paper_between_its_margins():
    for paper in PAPERS.values():
        used = paper.map_mm[0] + paper.gap_mm + paper.column_mm + 2 * paper.margin_mm
        assert used == pytest.approx(paper.width_mm)
        assert paper.map_mm[1] + paper.margin_mm + paper.bottom_mm == pytest.approx(paper.height_mm)


def test_an_unknown_paper_is_refused_with_those_there_are():
    with pytest.raises(UserFacingError, match="A4, A3, A1, A0"):
        paper_named("Letter")


@pytest.mark.parametrize(("scale", "step_m", "step_mm"), [
    (500, 20, 40), (1_000, 50, 50), (2_000, 100, 50), (2_500, 100, 40), (5_000, 200, 40),
    (10_000, 500, 50), (50_000, 2_000, 40),
])  # fmt: skip
def test_a_grid_step_is_round_on_the_ground_and_40_to_100_mm_on_paper(scale, step_m, step_mm):
    frame = frame_at(scale)
    assert frame.grid_step_m == step_m
    here, there = frame.place(EAST, NORTH), frame.place(EAST + step_m, NORTH)
    assert there[0] - here[0] == pytest.approx(step_mm, abs=1e-9)


def test_100_m_at_1_to_2000_are_50_mm_east_and_50_mm_down():
    frame = frame_at(2_000)
    assert frame.place(EAST + 100, NORTH + 400) == pytest.approx((50.0, 50.0))
    assert frame.ground == pytest.approx((EAST, NORTH + 200, EAST + 400, NORTH + 500))


@pytest.mark.parametrize(("side_m", "scale"), [(60, 500), (150, 1_000), (250, 2_000), (370, 2_500)])
def test_the_largest_scale_is_taken_at_which_neighbours_still_fit(side_m, scale):
    """The frame of A3 is about 275 mm x 262 mm: 60 % of 262 mm at 1:500 are 78 m of ground."""
    frame = frame_around(square(0, 0, side_m), paper_named("A3"))
    assert frame.scale == scale
    assert side_m * 1_000 / frame.scale <= 0.6 * frame.height_mm


def test_the_land_lies_in_the_middle_of_the_frame():
    frame = frame_around(rectangle(10, 20, 100, 50), paper_named("A4"))
    assert frame.place(EAST + 60, NORTH + 45) == pytest.approx(
        (frame.width_mm / 2, frame.height_mm / 2)
    )


def test_a_scale_that_is_asked_for_is_kept_while_the_land_fits():
    land = square(0, 0, 400)
    assert frame_around(land, paper_named("A3"), 5_000).scale == 5_000
    assert frame_around(land, paper_named("A3"), 2_000).scale == 2_000
    with pytest.raises(UserFacingError, match=r"At 1:1,000 .* does not fit on A3.* 1:5,000"):
        frame_around(land, paper_named("A3"), 1_000)


@pytest.mark.parametrize("scale", [0, -1000, 1_234, 2**40])
def test_a_scale_no_ruler_has_is_refused(scale):
    with pytest.raises(UserFacingError, match="is no scale for map sheets"):
        frame_around(square(0, 0, 10), paper_named("A3"), scale)


def test_land_larger_than_every_scale_is_refused():
    with pytest.raises(UserFacingError, match="too large for A4"):
        frame_around(square(0, 0, 100_000), paper_named("A4"))
    assert max(SCALES) == 200_000


def test_shapes_are_cut_at_the_neatline():
    placed = frame_at(1_000).on_paper(rectangle(-100, 450, 150, 100))
    assert placed.bounds == pytest.approx((0, 0, 50, 50))


def test_corners_run_clockwise_from_the_north_with_length_and_bearing():
    points = boundary_points(outline((0, 0), (30, 0), (30, 40), (0, 40)))
    assert [p.name for p in points] == ["P1", "P2", "P3", "P4"]
    assert [(p.east_m - EAST, p.north_m - NORTH) for p in points] == [
        (0, 40), (30, 40), (30, 0), (0, 0)
    ]  # fmt: skip
    assert [p.side_m for p in points] == [30, 40, 30, 40]
    assert [p.bearing_deg for p in points] == [90, 180, 270, 0]
    assert points[-1].side_name == "P4-P1"


def test_a_3_4_5_triangle_has_a_hypotenuse_of_50_m():
    points = boundary_points(outline((0, 0), (40, 0), (0, 30)))
    assert [p.side_m for p in points] == [50, 40, 30]
    assert points[0].bearing == "126°52'12\""


def test_parts_and_holes_are_numbered_on_and_close_upon_themselves():
    with_hole = shapely.Polygon(square(0, 0, 100).exterior, [square(40, 40, 20).exterior])
    both = shapely.MultiPolygon([with_hole, square(200, 0, 10)])
    points = boundary_points(both)
    assert [p.part for p in points] == [1] * 4 + [2] * 4 + [3] * 4
    assert [p.next_number for p in points] == [2, 3, 4, 1, 6, 7, 8, 5, 10, 11, 12, 9]


def test_a_corner_drawn_twice_counts_once():
    assert len(boundary_points(outline((0, 0), (10, 0), (10, 0), (10, 10)))) == 3


@pytest.mark.parametrize(
    ("angle", "text"),
    [(0, "000°00'00\""), (58.89618, "058°53'46\""), (359.99999, "000°00'00\""),
     (-0.2719, "-000°16'19\""), (-1e-9, "000°00'00\"")],
)  # fmt: skip
def test_angles_are_written_in_degrees_minutes_and_seconds(angle, text):
    assert degrees_minutes_seconds(angle) == text


def test_grid_lines_stand_at_multiples_of_the_step():
    assert grid_lines(100, 329_950, 330_250) == [330_000, 330_100, 330_200]
    assert grid_lines(100, 330_001, 330_099) == []


def test_grid_labels_stand_where_their_lines_meet_the_frame():
    labels = grid_labels(frame_at(2_000, west=EAST - 100))
    north = {label.text: label.x_mm for label in labels if label.side == "north"}
    assert north == {"329,900": 0, "330,000": 50, "330,100": 100, "330,200": 150, "330,300": 200}
    west = {label.text: label.y_mm for label in labels if label.side == "west"}
    assert west == {"1,170,500": 0, "1,170,400": 50, "1,170,300": 100, "1,170,200": 150}


def test_grid_crosses_are_50_mm_apart_at_1_to_2000():
    crosses = [part for part in grid_marks(frame_at(2_000)).geoms if part.length == 3]
    middles = {(round(c.centroid.x, 6), round(c.centroid.y, 6)) for c in crosses}
    assert middles == {(50 * i, 50 * j) for i in range(5) for j in range(4)}


def test_corners_state_the_ground_they_stand_on():
    corners = corner_coordinates(frame_at(2_000))
    assert corners["nw"] == pytest.approx((EAST, NORTH + 500))
    assert corners["se"] == pytest.approx((EAST + 400, NORTH + 200))


def test_grid_north_lies_west_of_true_north_where_a_step_north_goes_east_on_the_grid():
    """At 103.45 E, 1.55 degrees west of the zone's meridian, meridians lean to the east."""
    from layers.crs import coordinate_function, to_wgs84

    frame = frame_at(2_000)
    middle = to_wgs84(frame.outline.centroid)
    to_grid = coordinate_function(4326, 32648)
    south, north = to_grid(middle.x, middle.y - 0.001), to_grid(middle.x, middle.y + 0.001)
    true_north = shapely.LineString([south, north])
    lean = (true_north.coords[1][0] - true_north.coords[0][0]) / true_north.length

    facts = grid_facts(frame)

    assert facts.convergence_deg == pytest.approx(-lean * 180 / 3.14159265, abs=1e-4)
    assert facts.convergence_deg < 0
    assert 0.9996 < facts.scale_factor < 1.0004


@pytest.mark.parametrize(
    ("scale", "room_mm", "bar"),
    [(1_000, 50, (10, 5)), (2_000, 50, (20, 5)), (500, 40, (5, 4)), (5_000, 41, (50, 4)),
     (10_000, 30, (50, 5))],
)  # fmt: skip
def test_the_scale_bar_has_round_divisions_and_fits(scale, room_mm, bar):
    assert scale_bar(scale, room_mm) == bar
    assert bar[0] * bar[1] * 1_000 / scale <= room_mm


def test_a_square_of_10_mm_is_a_closed_path_of_its_corners():
    assert path_of(shapely.box(0, 0, 10, 10)) == "M10.0 0.0L10.0 10.0L0.0 10.0L0.0 0.0L10.0 0.0Z"


def test_paper_coordinates_keep_a_thousandth_of_a_millimetre():
    assert path_of(shapely.LineString([(0.12345, 1000.98765), (1, 1)])) == "M0.123 1000.988L1.0 1.0"


def test_hatch_lines_lie_inside_the_shape_at_the_spacing_asked_for():
    """45 degree lines 2 mm apart cross the 14.14 mm diagonal of a 10 mm square about 7 times."""
    lines = hatch(shapely.box(0, 0, 10, 10), 2.0)
    assert shapely.box(0, 0, 10, 10).buffer(1e-6).covers(lines)
    assert 6 <= len(lines.geoms) <= 8
    assert hatch(shapely.Polygon(), 2.0).is_empty


def test_a_hole_runs_against_its_outline_so_that_it_stays_empty():
    ring = shapely.Polygon(shapely.box(0, 0, 9, 9).exterior, [shapely.box(3, 3, 6, 6).exterior])
    outer, inner = re.findall(r"M([^Z]+)Z", drawn(ring, Style(fill="#000000")))
    turns = [
        shapely.is_ccw(shapely.LinearRing([tuple(map(float, c.split())) for c in line.split("L")]))
        for line in (outer, inner)
    ]
    assert turns[0] != turns[1]


def test_what_is_drawn_cannot_break_out_of_its_attributes():
    path = drawn(shapely.box(0, 0, 1, 1), Style(fill='#fff"/><script>'))
    assert "<script>" not in path
    assert drawn(shapely.Polygon(), Style()) == ""

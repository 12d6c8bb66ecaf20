"""Rain, discharge and level over time, integrated by hand; cells found by place."""

import numpy as np
import pytest

from scenarios.flood import (
    Hydrograph,
    InvalidFloodInput,
    Rain,
    StageSeries,
    Terrain,
    cell_at,
    cells_in_disc,
    cells_on_line,
)
from scenarios.flood.series import level_at

PLAIN = Terrain(np.zeros((6, 8)), 0.03, 10.0)  # 80 m x 60 m

STEADY = Hydrograph.steady(2.0, 100.0)
RAMP = Hydrograph(times_s=[0, 100], discharge_m3s=[0.0, 10.0])
TRAPEZE = Hydrograph(times_s=[0, 10, 30, 40], discharge_m3s=[0.0, 6.0, 6.0, 0.0])
LATE = Hydrograph(times_s=[50, 60], discharge_m3s=[4.0, 4.0])

VOLUMES = [
    (STEADY, 0, 0), (STEADY, 25, 50), (STEADY, 100, 200), (STEADY, 101, 200),
    (RAMP, 50, 125), (RAMP, 100, 500), (RAMP, 1e6, 500),
    (TRAPEZE, 10, 30), (TRAPEZE, 20, 90), (TRAPEZE, 30, 150), (TRAPEZE, 35, 172.5),
    (TRAPEZE, 40, 180), (TRAPEZE, -1, 0),
    (LATE, 50, 0), (LATE, 55, 20), (LATE, 60, 40), (LATE, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("graph", "until_s", "volume_m3"), VOLUMES)
def test_the_volume_of_a_hydrograph_is_the_area_under_it(graph, until_s, volume_m3):
    assert graph.volume_until_m3(until_s) == pytest.approx(volume_m3)


@pytest.mark.parametrize("graph", [STEADY, RAMP, TRAPEZE, LATE])
def test_steps_of_any_length_deliver_the_whole_volume(graph):
    rng = np.random.default_rng(1)
    moments = np.concatenate([[0.0], np.sort(rng.uniform(0, 120, 50)), [120.0]])
    parts = np.diff([graph.volume_until_m3(moment) for moment in moments])

    assert (parts >= 0).all()
    assert parts.sum() == pytest.approx(graph.volume_until_m3(120))


GREATEST = [
    (STEADY, 0, 10, 2.0), (STEADY, 100, 110, 2.0), (STEADY, 101, 110, 0.0),
    (RAMP, 0, 40, 4.0), (RAMP, 90, 200, 10.0),
    (TRAPEZE, 0, 5, 3.0), (TRAPEZE, 0, 40, 6.0), (TRAPEZE, 35, 40, 3.0),
    (LATE, 0, 40, 0.0), (LATE, 40, 55, 4.0),
]  # fmt: skip


@pytest.mark.parametrize(("graph", "start_s", "end_s", "discharge_m3s"), GREATEST)
def test_the_greatest_discharge_of_a_step_is_never_underestimated(
    graph, start_s, end_s, discharge_m3s
):
    """The time step is chosen by it: a peak inside the step must be seen."""
    assert graph.greatest_discharge(start_s, end_s) == pytest.approx(discharge_m3s)


SHOWER = Rain(edges_s=(0, 600, 1200, 3600), intensity_mm_h=(6.0, 60.0, 1.5))

FALLEN = [(0, 0), (300, 0.5), (600, 1.0), (900, 6.0), (1200, 11.0), (2400, 11.5), (3600, 12.0),
          (9999, 12.0), (-5, 0)]  # fmt: skip


@pytest.mark.parametrize(("until_s", "depth_mm"), FALLEN)
def test_rain_falls_block_by_block(until_s, depth_mm):
    assert SHOWER.depth_until_m(until_s) * 1000 == pytest.approx(depth_mm)


@pytest.mark.parametrize(
    ("start_s", "end_s", "rate_mm_h"),
    [(0, 600, 6), (0, 601, 60), (1199, 1300, 60), (1200, 1300, 1.5), (3600, 4000, 0)],
)
def test_the_greatest_rate_of_a_step_is_that_of_the_worst_block_it_touches(
    start_s, end_s, rate_mm_h
):
    assert SHOWER.greatest_rate(start_s, end_s) * 3.6e6 == pytest.approx(rate_mm_h)


def test_rain_by_depths_and_by_intensities_is_the_same():
    by_depth = Rain.from_depths([1.0, 10.0], 600.0)

    assert by_depth.edges_s == (0.0, 600.0, 1200.0)
    assert by_depth.intensity_mm_h == pytest.approx([6.0, 60.0])
    assert by_depth.depth_until_m(900) == pytest.approx(SHOWER.depth_until_m(900))


@pytest.mark.parametrize(
    ("time_s", "level_m"), [(-10, 0.5), (0, 0.5), (1800, 1.0), (3600, 1.5), (9000, 1.5)]
)
def test_a_level_is_straight_between_its_times_and_held_outside_them(time_s, level_m):
    tide = StageSeries(times_s=[0, 3600], level_m=[0.5, 1.5])

    assert tide.at(time_s) == pytest.approx(level_m)
    assert level_at(tide, time_s) == pytest.approx(level_m)
    assert level_at(0.7, time_s) == 0.7


CORNERS = [
    ((0, 0), (5, 0)), ((9.9, 9.9), (5, 0)), ((10, 10), (4, 1)), ((80, 60), (0, 7)),
    ((79.9, 0), (5, 7)), ((0, 59.9), (0, 0)), ((35, 25), (3, 3)),
]  # fmt: skip


@pytest.mark.parametrize(("point", "cell"), CORNERS)
def test_a_point_lies_in_the_cell_north_east_of_its_corner(point, cell):
    rows, cols = cell_at(PLAIN, *point)

    assert (int(rows[0]), int(cols[0])) == cell


@pytest.mark.parametrize(("radius_m", "count"), [(0, 1), (9.9, 1), (10, 5), (14.2, 9), (20, 13)])
def test_a_disc_about_a_centre_takes_its_rings(radius_m, count):
    assert cells_in_disc(PLAIN, 45, 25, radius_m)[0].size == count


def test_a_disc_at_the_corner_takes_a_quarter_and_leaves_out_walls():
    assert cells_in_disc(PLAIN, 5, 5, 10)[0].size == 3
    walls = np.zeros((6, 8), bool)
    walls[5, 1] = True
    assert cells_in_disc(Terrain(np.zeros((6, 8)), 0.03, 10.0, walls), 5, 5, 10)[0].size == 2


def test_a_line_runs_through_the_same_cells_there_and_back():
    for end in [(75, 55), (75, 5), (5, 55), (75, 27)]:
        there = set(
            zip(*(part.tolist() for part in cells_on_line(PLAIN, (5, 5), end)), strict=True)
        )
        back = set(zip(*(part.tolist() for part in cells_on_line(PLAIN, end, (5, 5))), strict=True))
        assert there == back
        assert len(there) >= max(abs(end[0] - 5), abs(end[1] - 5)) / 10 + 1


def test_a_line_of_no_length_is_one_cell():
    rows, cols = cells_on_line(PLAIN, (35, 25), (35, 25))
    assert (rows.tolist(), cols.tolist()) == ([3], [3])


@pytest.mark.parametrize("end", [(81, 5), (5, 61), (-1, 5), (5, -1)])
def test_a_line_that_leaves_the_terrain_is_refused(end):
    with pytest.raises(InvalidFloodInput, match="outside the grid"):
        cells_on_line(PLAIN, (5, 5), end)
    with pytest.raises(InvalidFloodInput, match="outside the grid"):
        cells_on_line(PLAIN, end, (5, 5))

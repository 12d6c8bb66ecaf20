"""Every cubic metre is accounted for, whatever the terrain and the forcing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scenarios.flood import (
    Closed,
    Edges,
    FixedStage,
    Forcing,
    FreeOutflow,
    Hydrograph,
    Inflow,
    MassBalance,
    NormalDepth,
    Progress,
    Rain,
    Settings,
    StageCells,
    StageSeries,
    Terrain,
    simulate,
)
from tests.scenarios.flood.cases import random_valley, run_with_snapshots


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rain_on_a_closed_box_is_all_there_afterwards(dtype):
    """50 mm in an hour on 200 x 200 cells of 100 m2: 200,000 m3."""
    terrain = Terrain(random_valley(200, 200), 0.05, 10.0)

    result = simulate(
        terrain, Forcing(rain=Rain.steady(50.0, 3600.0)), Settings(duration_s=3600.0, dtype=dtype)
    )

    balance = result.mass_balance
    assert balance.rain_m3 == pytest.approx(200_000.0)
    assert float(result.depth.sum(dtype=float)) * 100 == pytest.approx(200_000.0, rel=1e-7)
    assert abs(balance.relative_error) < 1e-7
    assert balance.edge_out_m3 == balance.lost_m3 == 0.0


def test_ten_metres_of_water_take_up_a_drizzle():
    """0.1 mm/h in steps of half a second are 14 nanometres: single precision alone drops them."""
    terrain = Terrain(np.full((20, 20), -10.0), 0.03, 10.0)
    forcing = Forcing(rain=Rain.steady(0.1, 3600.0), initial_depth=10.0)

    result = simulate(terrain, forcing, Settings(duration_s=3600.0))

    balance = result.mass_balance
    gained = balance.stored_end_m3 - balance.stored_start_m3
    assert gained == pytest.approx(0.1e-3 * 400 * 100, rel=1e-3)
    assert abs(balance.error_per_throughput) < 1e-3


def test_a_runoff_coefficient_of_one_half_loses_half_the_rain_in_the_books_too():
    terrain = Terrain(random_valley(20, 20), 0.05, 10.0)
    coefficient = np.full((20, 20), 0.5)
    coefficient[:10] = 0.9
    forcing = Forcing(rain=Rain.steady(36.0, 1000.0), runoff_coefficient=coefficient)

    balance = simulate(terrain, forcing, Settings(duration_s=1000.0)).mass_balance

    assert balance.rain_m3 == pytest.approx(400.0)  # 10 mm on 40,000 m2
    assert balance.lost_m3 == pytest.approx(120.0)  # half of 200 and a tenth of 200
    assert balance.stored_end_m3 == pytest.approx(280.0)


def test_a_rain_factor_moves_the_rain_and_walls_get_none():
    walls = np.zeros((10, 10), bool)
    walls[:, 9] = True
    factor = np.zeros((10, 10))
    factor[0] = 2.0
    forcing = Forcing(rain=Rain.steady(36.0, 100.0), rain_factor=factor)

    result = simulate(
        Terrain(np.zeros((10, 10)), 0.05, 10.0, walls), forcing, Settings(duration_s=100.0)
    )

    assert result.mass_balance.rain_m3 == pytest.approx(2 * 0.001 * 900.0)  # 9 cells, 1 mm, twice
    assert np.nansum(result.depth) * 100 == pytest.approx(1.8, rel=1e-5)


def test_a_hyetograph_delivers_its_depths_however_the_steps_fall():
    rain = Rain.from_depths([1.0, 5.0, 2.0], 300.0)
    assert [rain.depth_until_m(t) for t in (-1, 0, 150, 300, 600, 900, 5000)] == pytest.approx(
        [0, 0, 0.0005, 0.001, 0.006, 0.008, 0.008]
    )
    assert rain.greatest_rate(0, 300) == pytest.approx(1e-3 / 300)
    assert rain.greatest_rate(299, 301) == pytest.approx(5e-3 / 300)
    assert rain.greatest_rate(900, 1000) == 0.0
    terrain = Terrain(random_valley(10, 10), 0.05, 10.0)

    balance = simulate(
        terrain, Forcing(rain=rain), Settings(duration_s=1200.0, dt_max_s=7.3)
    ).mass_balance

    assert balance.rain_m3 == pytest.approx(0.008 * 10_000)


def test_a_hydrograph_delivers_its_volume_however_the_steps_fall():
    """A triangle of 10 m3/s over 200 s: 1000 m3, a quarter of it before 50 x sqrt(2) s."""
    triangle = Hydrograph(times_s=[0, 100, 200], discharge_m3s=[0.0, 10.0, 0.0])
    assert [triangle.volume_until_m3(t) for t in (-5, 0, 50, 100, 150, 200, 999)] == pytest.approx(
        [0, 0, 125, 500, 875, 1000, 1000]
    )
    assert triangle.greatest_discharge(0, 50) == pytest.approx(5.0)
    assert triangle.greatest_discharge(50, 150) == pytest.approx(10.0)
    assert triangle.greatest_discharge(200, 300) == 0.0
    inflow = Inflow(cells=(np.array([5, 5]), np.array([4, 5])), hydrograph=triangle)

    balance = simulate(
        Terrain(np.zeros((10, 10)), 0.05, 10.0),
        Forcing(inflows=(inflow,)),
        Settings(duration_s=300.0),
    ).mass_balance

    assert balance.inflow_m3 == pytest.approx(1000.0)
    assert balance.stored_end_m3 == pytest.approx(1000.0, rel=1e-6)


def test_two_inflows_may_share_a_cell():
    here = (np.array([2]), np.array([2]))
    inflow = Inflow(cells=here, hydrograph=Hydrograph.steady(1.0, 100.0))

    result = simulate(
        Terrain(np.zeros((5, 5)), 0.05, 10.0),
        Forcing(inflows=(inflow, inflow)),
        Settings(duration_s=100.0),
    )

    assert result.mass_balance.stored_end_m3 == pytest.approx(200.0, rel=1e-6)


def test_a_sea_held_at_its_level_floods_the_land_and_the_exchange_is_booked():
    bed = np.tile(np.linspace(-2.0, 2.0, 40), (10, 1))
    sea = bed < -1.0
    surge = StageSeries(times_s=[0, 1800, 3600], level_m=[0.0, 1.0, 0.0])
    forcing = Forcing(
        stage_cells=StageCells(cells=sea, level=surge), initial_depth=np.maximum(-bed, 0.0)
    )
    settings = Settings(duration_s=3600.0, output_times_s=(1800.0,))

    result, [crest] = run_with_snapshots(Terrain(bed, 0.03, 10.0), forcing, settings)

    levels = (bed + crest.depth)[sea]
    assert levels == pytest.approx(1.0, abs=1e-5)
    assert result.max_depth[5, 24] > 0.4  # 0.46 m above datum, flooded by a surge of 1 m
    balance = result.mass_balance
    assert balance.stage_in_m3 > 1000
    assert balance.stage_out_m3 > 1000
    assert abs(balance.relative_error) < 1e-7


def test_the_balance_says_what_its_denominators_are():
    """Stored 100, rain 50 less 10 lost, inflow 20, edges 5 in and 30 out: 135 are left."""
    balance = MassBalance(
        stored_start_m3=100.0,
        stored_end_m3=136.65,
        rain_m3=50.0,
        lost_m3=10.0,
        inflow_m3=20.0,
        edge_in_m3=5.0,
        edge_out_m3=30.0,
        stage_in_m3=0.0,
        stage_out_m3=0.0,
        edge_out_by_side_m3={"north": 30.0},
    )

    assert balance.handled_m3 == pytest.approx(165.0)  # 100 + 40 + 20 + 5
    assert balance.created_m3 == pytest.approx(1.65)
    assert balance.relative_error == pytest.approx(0.01)  # 1.65 of 165
    assert balance.error_per_throughput == pytest.approx(1.65 / 65)


def test_a_dry_run_has_no_error_rather_than_a_division_by_zero():
    result = simulate(Terrain(np.zeros((3, 3)), 0.03, 10.0), Forcing(), Settings(duration_s=10.0))

    assert result.mass_balance.relative_error == 0.0
    assert result.mass_balance.error_per_throughput == 0.0
    assert result.seconds_simulated == 10.0


def edge_conditions():
    levels = millimetres(4000)
    return st.one_of(
        st.just(Closed()),
        st.just(FreeOutflow()),
        st.floats(1e-4, 0.2).map(NormalDepth),
        levels.map(FixedStage),
    )


def millimetres(greatest):
    return st.integers(0, greatest).map(lambda count: count / 1000)


@st.composite
def floods(draw):
    shape = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    heights = millimetres(5000)
    bed = draw(arrays(np.float64, shape, elements=heights))
    walls = draw(arrays(np.bool_, shape, elements=st.booleans()))
    walls[draw(st.integers(0, shape[0] - 1)), draw(st.integers(0, shape[1] - 1))] = False
    dx, n = draw(st.sampled_from([1.0, 10.0, 90.0])), draw(st.floats(0.01, 0.3))
    cells = np.argwhere(~walls)
    row, col = cells[draw(st.integers(0, len(cells) - 1))]
    inflow = Inflow(
        cells=(np.array([row]), np.array([col])),
        hydrograph=Hydrograph.steady(draw(millimetres(500)) * dx * dx, 100.0),
    )
    sides = {side: draw(edge_conditions()) for side in ("north", "south", "west", "east")}
    forcing = Forcing(
        rain=Rain.steady(float(draw(st.integers(0, 500))), draw(st.floats(1.0, 300.0))),
        runoff_coefficient=draw(st.integers(0, 20)) / 20,
        inflows=(inflow,),
        edges=Edges(**sides),
        initial_depth=draw(arrays(np.float64, shape, elements=millimetres(3000))),
    )
    settings = Settings(
        duration_s=draw(st.floats(1.0, 300.0)),
        theta=draw(st.sampled_from([0.7, 0.9, 1.0])),
        dtype=draw(st.sampled_from(["float32", "float64"])),
    )
    return Terrain(bed, n, dx, walls), forcing, settings


@budget(max_examples=100, deadline=None, derandomize=True)
@given(floods())
def test_no_flood_creates_water_or_leaves_a_negative_depth(flood):
    terrain, forcing, settings = flood

    result = simulate(terrain, forcing, settings)

    inside = ~terrain.walls
    assert result.seconds_simulated == settings.duration_s
    assert abs(result.mass_balance.relative_error) < 1e-6
    assert np.isfinite(result.depth[inside]).all()
    assert (result.depth[inside] >= 0).all()
    assert (result.max_depth[inside] >= result.depth[inside]).all()
    assert np.isnan(result.depth[~inside]).all()
    reached = inside & (result.max_depth > settings.arrival_depth_m)
    assert np.array_equal(np.isfinite(result.arrival_s), reached)


def test_progress_runs_from_nothing_to_all():
    seen: list[Progress] = []
    settings = Settings(duration_s=60.0, report_interval_s=0.0)

    result = simulate(
        Terrain(random_valley(10, 10), 0.05, 10.0),
        Forcing(rain=Rain.steady(50.0, 60.0)),
        settings,
        on_progress=seen.append,
    )

    assert [p.share for p in seen] == sorted(p.share for p in seen)
    assert (seen[0].share, seen[-1].share) == (0.0, 1.0)
    assert len(seen) == result.steps + 1
    assert seen[-1].max_depth_m == pytest.approx(result.depth.max())


def test_a_cancelled_run_keeps_its_books_to_the_moment_it_stopped():
    answers = iter([False] * 5 + [True])
    settings = Settings(duration_s=3600.0, report_interval_s=0.0)

    result = simulate(
        Terrain(random_valley(10, 10), 0.05, 10.0),
        Forcing(rain=Rain.steady(36.0, 3600.0)),
        settings,
        should_stop=lambda: next(answers),
    )

    assert result.cancelled
    assert result.steps == 5
    assert result.seconds_simulated == 25.0  # five steps of five seconds
    assert result.mass_balance.rain_m3 == pytest.approx(1e-5 * 25 * 10_000)
    assert abs(result.mass_balance.relative_error) < 1e-7


def test_a_run_that_is_not_cancelled_says_so():
    result = simulate(
        Terrain(np.zeros((3, 3)), 0.03, 10.0),
        Forcing(),
        Settings(duration_s=10.0),
        should_stop=lambda: False,
    )

    assert not result.cancelled

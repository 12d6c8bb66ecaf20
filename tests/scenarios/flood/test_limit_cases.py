"""Cases whose end can be worked out by hand: what flows, what stays, what adds up."""

import numpy as np
import pytest

from scenarios.flood import (
    Closed,
    Edges,
    FixedStage,
    Forcing,
    FreeOutflow,
    Hydrograph,
    Inflow,
    NormalDepth,
    Rain,
    Settings,
    StageCells,
    StageSeries,
    Terrain,
    simulate,
)
from scenarios.flood.setup import prepare
from scenarios.flood.stepping import admissible_step, stable_courant
from tests.scenarios.flood.cases import GRAVITY, random_valley, run_with_snapshots

HERE = (np.array([0]), np.array([0]))


def manning_depth(unit_discharge, n, slope):
    """Normal depth of a wide plane: q = h^(5/3) sqrt(s) / n."""
    return (unit_discharge * n / slope**0.5) ** 0.6


def plane(cols, slope, dx=10.0, rows=1):
    """Ground that falls to the east."""
    return np.tile(slope * dx * np.arange(cols)[::-1], (rows, 1))


@pytest.mark.parametrize(("n", "slope"), [(0.03, 0.002), (0.05, 0.001), (0.1, 0.005)])
def test_steady_flow_down_a_plane_settles_at_mannings_normal_depth(n, slope):
    """0.5 m3/s per metre of width; h = (q n / sqrt(s))^0.6."""
    source = Inflow(cells=HERE, hydrograph=Hydrograph.steady(0.5 * 10.0, 1e6))
    forcing = Forcing(inflows=(source,), edges=Edges(east=NormalDepth(slope)))

    settings = Settings(duration_s=5400.0, dtype="float64", output_times_s=(5400.0,))
    result, [end] = run_with_snapshots(Terrain(plane(100, slope), n, 10.0), forcing, settings)

    middle = result.depth[0, 30:90]
    assert middle == pytest.approx(manning_depth(0.5, n, slope), rel=0.01)
    assert end.velocity_x[0, 60] == pytest.approx(0.5 / middle[30], rel=0.01)
    assert result.max_velocity[0, 60] < 1.2 * end.velocity_x[0, 60]  # the front ran ahead a little


def test_flow_along_a_diagonal_slope_has_the_depth_of_the_same_slope_along_an_axis():
    """Friction acts against the whole vector: 0.002 east and 0.002 south are 0.00283 oblique."""
    rows = cols = 60
    bed = plane(cols, 0.002, rows=rows) + plane(rows, 0.002, rows=cols).T
    rain = Rain.steady(36.0, 1e6)  # 1e-5 m/s
    open_sides = Edges(east=NormalDepth(0.002), south=NormalDepth(0.002))

    result = simulate(
        Terrain(bed, 0.05, 10.0), Forcing(rain=rain, edges=open_sides), Settings(duration_s=7200.0)
    )

    # 31 cells from the western side rain has gathered along sqrt(2) x 310 m
    expected = manning_depth(1e-5 * 310 * 2**0.5, 0.05, 0.002 * 2**0.5)
    assert result.depth[55, 30] == pytest.approx(expected, rel=0.03)
    assert result.depth[30, 55] == pytest.approx(expected, rel=0.03)


def test_rain_on_a_plane_leaves_it_as_fast_as_it_falls_and_is_deepest_at_the_foot():
    """Kinematic wave at equilibrium: q(x) = i x, so h(x) = (i x n / sqrt(s))^0.6."""
    n, slope, rate = 0.03, 0.01, 2e-5  # 72 mm/h
    forcing = Forcing(rain=Rain.steady(72.0, 1e6), edges=Edges(east=NormalDepth(slope)))

    result = simulate(
        Terrain(plane(50, slope), n, 10.0), forcing, Settings(duration_s=3600.0, dtype="float64")
    )

    lower_side = (np.arange(50) + 1) * 10.0  # the depth of a cell is that of the flow leaving it
    assert result.depth[0] == pytest.approx(manning_depth(rate * lower_side, n, slope), rel=0.01)
    assert (np.diff(result.depth[0]) > 0).all()


def test_a_box_with_one_open_side_empties_down_to_a_film():
    terrain = Terrain(np.zeros((3, 20)), 0.02, 5.0)
    forcing = Forcing(initial_depth=1.0, edges=Edges(east=FreeOutflow()))

    result = simulate(terrain, forcing, Settings(duration_s=7200.0))

    assert result.depth.max() < 0.05
    assert result.depth.min() >= 0.0
    balance = result.mass_balance
    assert balance.edge_out_m3 == pytest.approx(1500.0 - balance.stored_end_m3, rel=1e-6)
    assert balance.edge_out_by_side_m3["east"] == pytest.approx(balance.edge_out_m3)


def test_a_box_with_four_closed_sides_keeps_what_it_has_for_six_hours():
    terrain = Terrain(random_valley(8, 8), 0.05, 10.0)

    result = simulate(terrain, Forcing(initial_depth=0.5), Settings(duration_s=21_600.0))

    assert float(result.depth.sum(dtype=float)) == pytest.approx(64 * 0.5, rel=1e-6)
    # what still moves is less than a millimetre of level
    wet = result.depth > 0.05
    assert np.ptp((terrain.bed + result.depth)[wet]) < 0.01


def test_two_inflows_bring_together_what_each_brings_alone():
    terrain = Terrain(random_valley(12, 12), 0.05, 10.0)
    ramp = Hydrograph(times_s=[0, 300, 600], discharge_m3s=[0.0, 3.0, 1.0])
    steady = Hydrograph.steady(1.5, 400.0)
    sources = [
        Inflow(cells=(np.array([2]), np.array([3])), hydrograph=ramp),
        Inflow(cells=(np.array([9, 9]), np.array([8, 9])), hydrograph=steady),
    ]
    settings = Settings(duration_s=900.0)

    stored = [
        simulate(terrain, Forcing(inflows=tuple(part)), settings).mass_balance.stored_end_m3
        for part in (sources[:1], sources[1:], sources)
    ]

    assert stored[0] == pytest.approx(450 + 600, rel=1e-6)  # trapezia of the ramp
    assert stored[1] == pytest.approx(600, rel=1e-6)
    assert stored[2] == pytest.approx(stored[0] + stored[1], rel=1e-6)


def test_rain_and_inflow_add_up_to_the_depth_of_a_closed_box():
    """20 mm on 10 cells of 100 m2 and 30 m3 of inflow: 50 m3, 50 mm deep."""
    source = Inflow(cells=HERE, hydrograph=Hydrograph.steady(0.1, 300.0))
    forcing = Forcing(rain=Rain.steady(240.0, 300.0), inflows=(source,))

    result = simulate(Terrain(np.zeros((2, 5)), 0.03, 10.0), forcing, Settings(duration_s=7200.0))

    assert result.depth == pytest.approx(0.05, abs=0.002)


def test_a_wall_across_the_valley_holds_the_water_above_it():
    walls = np.zeros((20, 7), bool)
    walls[10] = True
    bed = np.tile(0.1 * np.arange(20)[::-1, np.newaxis], (1, 7))
    factor = np.zeros((20, 7))
    factor[:10] = 1.0

    result = simulate(
        Terrain(bed, 0.05, 10.0, walls),
        Forcing(rain=Rain.steady(36.0, 1000.0), rain_factor=factor),
        Settings(duration_s=3600.0),
    )

    assert np.nansum(result.depth[:10]) == pytest.approx(70 * 0.01, rel=1e-5)
    assert np.nansum(result.max_depth[11:]) == 0.0
    assert result.max_depth[9].min() > result.max_depth[0].max()


def test_a_gap_of_one_cell_in_the_wall_lets_the_water_through():
    walls = np.zeros((20, 7), bool)
    walls[10] = True
    walls[10, 3] = False
    bed = np.tile(0.1 * np.arange(20)[::-1, np.newaxis], (1, 7))
    factor = np.zeros((20, 7))
    factor[:10] = 1.0

    result = simulate(
        Terrain(bed, 0.05, 10.0, walls),
        Forcing(rain=Rain.steady(36.0, 1000.0), rain_factor=factor),
        Settings(duration_s=7200.0),
    )

    below = np.nansum(result.depth[11:])
    assert below > 0.5 * 0.7
    assert np.nansum(result.depth) == pytest.approx(0.7, rel=1e-5)
    assert result.arrival_s[19].size == 7


def test_a_building_is_overtopped_only_when_the_water_stands_above_it():
    bed = np.zeros((1, 9))
    bed[0, 4] = 1.0
    dry, wet = (
        simulate(
            Terrain(bed, 0.03, 10.0),
            Forcing(initial_depth=np.array([[level] * 4 + [0.0] * 5])),
            Settings(duration_s=1800.0),
        )
        for level in (0.9, 3.0)
    )

    assert dry.max_depth[0, 5:].max() == 0.0
    assert wet.max_depth[0, 5:].min() > 0.3


def test_two_basins_joined_by_a_channel_come_to_one_level():
    bed = np.full((5, 21), 3.0)
    bed[:, :8] = bed[:, 13:] = 0.0
    bed[2] = 0.0
    standing = np.zeros(bed.shape)
    standing[:, :8] = 1.0

    result = simulate(
        Terrain(bed, 0.03, 5.0), Forcing(initial_depth=standing), Settings(duration_s=14_400.0)
    )

    # 40 cells x 1 m spread over 40 + 40 + 5 cells
    low = bed == 0.0
    assert result.depth[low] == pytest.approx(40 / 85, abs=0.01)


def test_held_cells_give_what_the_land_lacks_and_the_level_is_that_of_the_sea():
    bed = np.zeros((4, 10))
    sea = np.zeros(bed.shape, bool)
    sea[:, 0] = True
    bed[:, 0] = -2.0

    result = simulate(
        Terrain(bed, 0.03, 10.0),
        Forcing(stage_cells=StageCells(cells=sea, level=0.6)),
        Settings(duration_s=14_400.0),
    )

    assert result.depth[:, 1:] == pytest.approx(0.6, abs=0.01)
    assert result.depth[:, 0] == pytest.approx(2.6, abs=1e-5)
    balance = result.mass_balance
    assert balance.stage_in_m3 - balance.stage_out_m3 == pytest.approx(0.6 * 36 * 100, rel=0.02)


def test_held_cells_above_their_level_are_kept_dry_and_swallow_rain():
    bed = np.ones((2, 4))
    forcing = Forcing(
        rain=Rain.steady(36.0, 600.0),
        stage_cells=StageCells(cells=np.ones(bed.shape, bool), level=0.5),
    )

    result = simulate(Terrain(bed, 0.03, 10.0), forcing, Settings(duration_s=600.0))

    assert result.depth.max() == 0.0
    assert result.mass_balance.stage_out_m3 == pytest.approx(0.006 * 8 * 100, rel=1e-5)


@pytest.mark.parametrize("side", ["north", "south", "west", "east"])
def test_each_side_lets_out_through_itself_and_no_other(side):
    forcing = Forcing(initial_depth=0.5, edges=Edges(**{side: FreeOutflow()}))

    result = simulate(Terrain(np.zeros((6, 6)), 0.03, 10.0), forcing, Settings(duration_s=60.0))

    left = result.mass_balance.edge_out_by_side_m3
    assert left[side] > 100
    assert sum(volume for other, volume in left.items() if other != side) == 0.0


@pytest.mark.parametrize("side", ["north", "south", "west", "east"])
def test_a_level_beyond_each_side_fills_the_ground_from_there(side):
    forcing = Forcing(edges=Edges(**{side: FixedStage(0.5)}))

    result = simulate(Terrain(np.zeros((9, 9)), 0.03, 10.0), forcing, Settings(duration_s=7200.0))

    assert result.depth == pytest.approx(0.5, abs=0.01)
    first = {"north": (0, 4), "south": (8, 4), "west": (4, 0), "east": (4, 8)}[side]
    assert result.arrival_s[first] == np.nanmin(result.arrival_s)


def test_land_above_the_level_beyond_its_edge_drains_and_takes_nothing_in():
    """As at the landward sides of a coastal model: 'stage' at sea level is an open side there."""
    bed = plane(20, 0.01) + 2.0
    forcing = Forcing(rain=Rain.steady(50.0, 3600.0), edges=Edges(east=FixedStage(0.5)))

    result = simulate(Terrain(bed, 0.03, 10.0), forcing, Settings(duration_s=14_400.0))

    balance = result.mass_balance
    assert balance.edge_in_m3 == 0.0
    assert balance.edge_out_m3 == pytest.approx(0.05 * 2000, rel=0.02)
    assert result.depth.max() < 0.01


def test_a_tide_goes_in_and_out_again():
    tide = StageSeries(times_s=[0, 3600, 7200], level_m=[0.0, 0.8, 0.0])
    forcing = Forcing(edges=Edges(south=FixedStage(tide)))

    result = simulate(Terrain(np.zeros((5, 5)), 0.03, 10.0), forcing, Settings(duration_s=10_800.0))

    assert result.max_depth == pytest.approx(0.8, abs=0.02)
    assert result.depth.max() < 0.1
    balance = result.mass_balance
    assert balance.edge_in_m3 == pytest.approx(
        balance.edge_out_m3 + balance.stored_end_m3, rel=1e-5
    )


@pytest.mark.parametrize("theta", [0.7, 0.8, 0.9, 1.0])
def test_theta_does_not_change_where_steady_flow_settles(theta):
    source = Inflow(cells=HERE, hydrograph=Hydrograph.steady(4.0, 1e6))
    forcing = Forcing(inflows=(source,), edges=Edges(east=NormalDepth(0.003)))

    result = simulate(
        Terrain(plane(60, 0.003), 0.04, 10.0),
        forcing,
        Settings(duration_s=3600.0, theta=theta, dtype="float64"),
    )

    assert result.depth[0, 30] == pytest.approx(manning_depth(0.4, 0.04, 0.003), rel=0.01)


def test_theta_of_one_spreads_nothing_and_less_spreads_more():
    """A lone discharge in deep water: with theta 1 its neighbours hear only of the surface."""
    standing = np.full((1, 40), 1.0)
    standing[0, :20] = 1.05
    heights = []
    for theta in (1.0, 0.9, 0.7):
        result = simulate(
            Terrain(np.zeros((1, 40)), 0.01, 10.0),
            Forcing(initial_depth=standing),
            Settings(duration_s=60.0, theta=theta, dtype="float64"),
        )
        heights.append(float(np.abs(np.diff(result.depth[0])).max()))

    assert heights == sorted(heights, reverse=True)


def test_the_stable_step_falls_with_theta_and_never_exceeds_half_the_diagonal():
    steps = [stable_courant(theta) for theta in np.linspace(0.7, 1.0, 7)]

    assert steps == sorted(steps)
    assert max(steps) == pytest.approx(0.5**0.5)


@pytest.mark.parametrize(("depth_m", "alpha"), [(1.0, 0.3), (4.0, 0.3), (1.0, 0.6)])
def test_a_step_is_alpha_cells_of_the_fastest_wave(depth_m, alpha):
    settings = Settings(duration_s=1000.0, alpha=alpha, dt_max_s=100.0)
    run = prepare(Terrain(np.zeros((3, 3)), 0.03, 10.0), Forcing(initial_depth=depth_m), settings)

    assert admissible_step(run, 1000.0) == pytest.approx(alpha * 10 / (GRAVITY * depth_m) ** 0.5)


def test_a_large_alpha_is_cut_to_what_is_stable():
    settings = Settings(duration_s=1000.0, alpha=1.0, dt_max_s=100.0)
    run = prepare(Terrain(np.zeros((3, 3)), 0.03, 10.0), Forcing(initial_depth=1.0), settings)

    assert admissible_step(run, 1000.0) == pytest.approx(stable_courant(0.9) * 10 / GRAVITY**0.5)


def test_shallow_water_is_stepped_no_further_than_the_longest_step():
    run = prepare(
        Terrain(np.zeros((3, 3)), 0.03, 10.0),
        Forcing(initial_depth=1e-4),
        Settings(duration_s=1000.0, dt_max_s=3.0),
    )

    assert admissible_step(run, 1000.0) == 3.0
    assert admissible_step(run, 2.0) == 2.0  # never past the asked time
    assert admissible_step(run, 4.0) == 2.0  # two halves instead of a step and a crumb


def test_closed_is_what_a_side_is_unless_stated():
    assert Edges() == Edges(north=Closed(), south=Closed(), west=Closed(), east=Closed())
    assert list(Edges().sides()) == ["north", "south", "west", "east"]


def test_high_ground_floods_like_low_ground():
    """Single precision at 3,000 m above datum must not cost centimetres of water."""
    low, high = (
        simulate(
            Terrain(random_valley(15, 15) + lift, 0.05, 10.0),
            Forcing(rain=Rain.steady(100.0, 600.0)),
            Settings(duration_s=1200.0),
        )
        for lift in (0.0, 3000.0)
    )

    assert high.depth == pytest.approx(low.depth, abs=1e-5)


def test_finer_cells_find_the_same_depth_in_a_basin():
    """A bowl that takes 30 mm: the level depends on its shape, not on the cells."""
    levels = []
    for dx in (20.0, 10.0, 5.0):
        centre = (np.arange(int(200 / dx)) + 0.5) * dx - 100
        bowl = np.tile(0.01 * np.abs(centre), (3, 1))
        result = simulate(
            Terrain(bowl, 0.03, dx),
            Forcing(rain=Rain.steady(108.0, 1000.0)),
            Settings(duration_s=7200.0),
        )
        levels.append(float((bowl + result.depth)[1, result.depth[1].argmax()]))

    # level L floods 2 L/0.01 of width: L^2/0.01 = 0.03 x 200 -> L = 0.245 m
    assert levels == pytest.approx([0.245] * 3, abs=0.01)

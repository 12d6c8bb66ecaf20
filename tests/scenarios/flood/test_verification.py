"""Published cases with known answers. The figures behind each gate stand in the docstrings."""

import numpy as np
import pytest

from scenarios.flood import Forcing, Hydrograph, Inflow, Settings, Terrain, simulate
from tests.scenarios.flood.cases import (
    frictional_wave,
    frictional_wave_depth,
    macdonald_channel,
    macdonald_depth,
    momentum_over_a_bump,
    propagation_over_a_plain,
    run_with_snapshots,
    storage_behind_a_sill,
    v_tilted_catchment,
    value_at,
)


def test_ea1_water_crosses_the_sill_peaks_at_10_35_m_and_stays_behind_at_10_25_m():
    terrain, forcing = storage_behind_a_sill()

    result = simulate(terrain, forcing, Settings(duration_s=72_000.0))

    for x_m in (425.0, 505.0):  # two points in the hollow
        bed = value_at(terrain.bed, terrain, x_m, 50.0)
        assert bed + value_at(result.max_depth, terrain, x_m, 50.0) == pytest.approx(
            10.35, abs=0.01
        )
        assert bed + value_at(result.depth, terrain, x_m, 50.0) == pytest.approx(10.25, abs=0.01)
    assert abs(result.mass_balance.relative_error) < 1e-7


EA4_GAUGES_M = [(50, 1000), (100, 1000), (200, 1000), (300, 1000), (400, 1000), (300, 1300)]
EA4_ARRIVAL_MIN = [9.9, 16.0, 29.8, 44.7, 60.5, 64.4]
EA4_DEPTH_2H_M = [0.321, 0.269, 0.217, 0.183, 0.154, 0.148]
EA4_SPEED_2H_M_S = [0.390, 0.233, 0.144, 0.112, 0.095, 0.093]


@pytest.fixture(scope="module")
def plain_at_two_hours():
    terrain, forcing = propagation_over_a_plain(5.0)
    settings = Settings(
        duration_s=7200.0,
        output_times_s=(7200.0,),
        arrival_depth_m=0.01,
        velocity_min_depth_m=0.01,
    )
    result, [snapshot] = run_with_snapshots(terrain, forcing, settings)
    return terrain, result, snapshot


def at_gauges(field, terrain):
    return [value_at(field, terrain, x, y) for x, y in EA4_GAUGES_M]


def test_ea4_the_flood_front_arrives_within_3_per_cent_of_the_reference(plain_at_two_hours):
    terrain, result, _ = plain_at_two_hours

    arrival_min = [s / 60 for s in at_gauges(result.arrival_s, terrain)]

    assert arrival_min == pytest.approx(EA4_ARRIVAL_MIN, rel=0.03)


def test_ea4_depths_after_two_hours_are_within_3_mm_but_for_the_missing_velocity_head(
    plain_at_two_hours,
):
    """The scheme leaves advection out, so next to the source its depth keeps v²/2g: 0.39 m/s, 8 mm.

    Where that head is below 3 mm, the depth itself must fit.
    """
    terrain, _, snapshot = plain_at_two_hours

    depths = at_gauges(snapshot.depth, terrain)

    assert depths[1:] == pytest.approx(EA4_DEPTH_2H_M[1:], abs=0.003)
    heads = [v**2 / 19.62 for v in EA4_SPEED_2H_M_S]
    with_head = [h + head for h, head in zip(EA4_DEPTH_2H_M, heads, strict=True)]
    assert depths == pytest.approx(with_head, abs=0.003)


def test_ea4_speeds_after_two_hours_are_within_5_per_cent(plain_at_two_hours):
    terrain, _, snapshot = plain_at_two_hours

    speeds = at_gauges(np.hypot(snapshot.velocity_x, snapshot.velocity_y), terrain)

    assert speeds == pytest.approx(EA4_SPEED_2H_M_S, rel=0.05)


def test_ea4_the_flood_spreads_as_far_obliquely_as_straight(plain_at_two_hours):
    """On a circle of 424 m round the inflow the depth must not depend on the direction."""
    terrain, _, snapshot = plain_at_two_hours

    straight = value_at(snapshot.depth, terrain, 424.3, 1000)
    oblique = value_at(snapshot.depth, terrain, 300, 1300)

    assert oblique == pytest.approx(straight, abs=0.005)


def test_ea4_conserves_285_000_cubic_metres_over_the_whole_event():
    terrain, forcing = propagation_over_a_plain(20.0)

    result = simulate(terrain, forcing, Settings(duration_s=18_000.0))

    assert result.mass_balance.inflow_m3 == pytest.approx(285_000.0)
    assert float(result.depth.sum(dtype=float)) * 400 == pytest.approx(285_000.0, rel=1e-6)


def test_ea3_a_supercritical_surge_is_reported_as_outside_validity():
    """Negative test: without advection the surge over a crest is wrong, and the run must say so.

    Momentum takes only a little of 1310 m3 over the crest: the first pit keeps about 0.24 m.
    """
    terrain, forcing = momentum_over_a_bump()

    result = simulate(terrain, forcing, Settings(duration_s=900.0))

    assert value_at(result.depth, terrain, 150, 50) < 0.20  # wrong, as this scheme must be
    assert result.outside_validity[10, 10:30].all()
    assert result.max_froude.max() > 1.5
    assert abs(result.mass_balance.relative_error) < 2e-7


@pytest.mark.parametrize(
    ("n", "speed", "length_m", "duration_s", "rmse_m"),
    [(0.01, 0.4, 6000.0, 9000.0, 0.02), (0.03, 1.0, 5000.0, 3600.0, 0.09)],
)
def test_a_frictional_wave_advances_as_hunter_et_al_solved_it(
    n, speed, length_m, duration_s, rmse_m
):
    terrain, forcing, x = frictional_wave(n, speed, length_m, duration_s)

    result = simulate(terrain, forcing, Settings(duration_s=duration_s))

    depth = result.depth[0]
    error = depth - frictional_wave_depth(x, duration_s, n, speed)
    assert np.sqrt(np.mean(error**2)) <= rmse_m
    assert x[depth > 0.01].max() == pytest.approx(speed * duration_s, rel=0.03)


def test_the_v_tilted_catchment_gives_back_all_rain_at_equilibrium():
    """10.8 mm/h on 162 ha is 4.86 m3/s; 90 minutes of it are 26,244 m3."""
    terrain, forcing = v_tilted_catchment()
    times = tuple(range(0, 10_801, 300))
    settings = Settings(duration_s=10_800.0, output_times_s=times)

    result, snapshots = run_with_snapshots(terrain, forcing, settings)

    left_m3 = [s.mass_balance.edge_out_by_side_m3["south"] for s in snapshots]
    outflow = np.diff(left_m3) / 300.0
    before_the_end_of_rain = times.index(5400) - 1
    assert outflow[before_the_end_of_rain] == pytest.approx(4.86, rel=0.01)
    assert np.diff(outflow[4 : before_the_end_of_rain + 1]).min() > -0.01  # rises to the plateau
    assert np.diff(outflow[before_the_end_of_rain:]).max() < 0.0  # then recedes
    assert result.mass_balance.rain_m3 == pytest.approx(26_244.0)
    assert abs(result.mass_balance.relative_error) < 1e-6


@pytest.mark.parametrize(
    ("rain_m_s", "duration_s", "limit_m"), [(0.0, 1200.0, 0.03), (0.001, 2400.0, 0.035)]
)
def test_flow_in_a_macdonald_channel_settles_at_the_depth_it_was_built_for(
    rain_m_s, duration_s, limit_m
):
    terrain, forcing, x = macdonald_channel(rain_m_s)

    result = simulate(terrain, forcing, Settings(duration_s=duration_s))

    assert np.abs(result.depth[0] - macdonald_depth(x)).mean() < limit_m


def strong_source(times_s, discharge_m3s):
    terrain = Terrain(np.zeros((61, 61)), 0.03, 10.0)
    hydrograph = Hydrograph(times_s=times_s, discharge_m3s=discharge_m3s)
    return terrain, Inflow(cells=(np.array([30]), np.array([30])), hydrograph=hydrograph)


def test_a_strong_source_on_dry_ground_neither_explodes_nor_empties_its_cell():
    """20 m3/s into one cell of 10 m, rising over a minute: the heap grows to its steady depth."""
    terrain, source = strong_source([0, 60, 600], [0.0, 20.0, 20.0])

    result = simulate(terrain, Forcing(inflows=(source,)), Settings(duration_s=600.0))

    end, peak = result.depth[30, 30], result.max_depth[30, 30]
    assert 0.3 < end < 0.45
    assert peak <= 1.02 * end
    assert result.max_depth.max() == peak  # nothing beside the source is deeper
    assert result.depth[30, 31] < end
    assert result.depth.min() >= 0
    assert abs(result.mass_balance.relative_error) <= 1e-6


@pytest.mark.parametrize("alpha", [0.2, 0.7, 1.0])
@pytest.mark.parametrize("dt_max_s", [1.0, 30.0])
def test_a_sudden_source_on_dry_ground_creates_no_water_whatever_the_step(alpha, dt_max_s):
    terrain, source = strong_source([0, 300], [20.0, 20.0])
    settings = Settings(duration_s=300.0, alpha=alpha, dt_max_s=dt_max_s)

    result = simulate(terrain, Forcing(inflows=(source,)), settings)

    assert result.mass_balance.inflow_m3 == pytest.approx(6000.0)
    assert abs(result.mass_balance.relative_error) <= 1e-6
    assert result.max_depth.max() < 0.6


def test_the_depth_at_a_source_does_not_depend_on_the_time_step():
    terrain, source = strong_source([0, 60, 300], [0.0, 20.0, 20.0])

    depths = [
        simulate(
            terrain, Forcing(inflows=(source,)), Settings(duration_s=300.0, dt_max_s=dt)
        ).depth[30, 30]
        for dt in (0.2, 1.0, 5.0)
    ]

    assert depths == pytest.approx([depths[0]] * 3, rel=0.01)

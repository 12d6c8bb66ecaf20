"""The compiled kernels against the equations written out, and what must not change."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scenarios.flood import (
    Edges,
    FixedStage,
    Forcing,
    FreeOutflow,
    Hydrograph,
    Inflow,
    NormalDepth,
    Rain,
    Settings,
    StageSeries,
    Terrain,
    simulate,
)
from scenarios.flood.kernels import inverse_cube_roots
from scenarios.flood.setup import prepare
from scenarios.flood.stepping import stable_courant
from tests.scenarios.flood.cases import random_valley, run_with_snapshots
from tests.scenarios.flood.plain_scheme import PlainScheme

ROOT = Path(__file__).resolve().parents[3]
PRECISIONS = ("float32", "float64")


def uneven_ground():
    bed = random_valley(9, 7, seed=3)
    walls = np.zeros(bed.shape, bool)
    walls[4, 2:4] = True
    roughness = 0.02 + 0.05 * np.random.default_rng(4).random(bed.shape)
    return Terrain(bed, roughness, 10.0, walls)


@pytest.mark.parametrize("theta", [0.7, 0.9, 1.0])
def test_forty_steps_equal_the_equations_written_out_in_plain_python(theta):
    terrain = uneven_ground()
    standing = np.where(terrain.walls, 0.0, 0.6 * np.random.default_rng(5).random(terrain.shape))
    settings = Settings(duration_s=20.0, dt_max_s=0.5, dtype="float64", theta=theta)

    result = simulate(
        terrain, Forcing(rain=Rain.steady(72.0, 20.0), initial_depth=standing), settings
    )

    bed = np.where(terrain.walls, np.inf, terrain.bed)
    plain = PlainScheme(bed, terrain.roughness, 10.0, standing.copy(), theta=theta)
    for _ in range(40):
        plain.step(0.5, rain_m=1e-5)  # 72 mm/h for half a second
    assert result.steps == 40
    inside = ~terrain.walls
    assert result.depth[inside] == pytest.approx(plain.depth[inside], rel=1e-9, abs=1e-12)


def test_the_limiter_equals_the_plain_one_where_cells_run_dry():
    terrain = Terrain(np.array([[5.0, 2.0, 0.0, 0.0]]), 0.01, 2.0)
    standing = np.array([[0.3, 0.0, 0.0, 0.0]])
    settings = Settings(duration_s=8.0, dt_max_s=0.5, dtype="float64")

    result = simulate(terrain, Forcing(initial_depth=standing), settings)

    plain = PlainScheme(terrain.bed, np.full((1, 4), 0.01), 2.0, standing.copy())
    for _ in range(16):
        plain.step(0.5)
    assert result.steps == 16
    assert result.depth == pytest.approx(plain.depth, rel=1e-9, abs=1e-12)
    assert result.depth.min() >= 0


def test_one_step_down_a_slope_can_be_checked_by_hand():
    """A step of 0.1 m in level, 1 m of water above the sill, dx 10 m, dt 0.1 s, from rest.

    q = g h dt s = 9.81 x 1.0 x 0.1 x 0.01 = 0.00981 m2/s; depth falls by q dt/dx = 0.0000981 m.
    """
    terrain = Terrain(np.zeros((1, 2)), 0.03, 10.0)
    settings = Settings(duration_s=0.1, dt_max_s=0.1, dtype="float64", theta=1.0)

    result = simulate(terrain, Forcing(initial_depth=np.array([[1.0, 0.9]])), settings)

    assert result.depth[0, 0] == pytest.approx(1.0 - 0.0000981, abs=1e-12)
    assert result.depth[0, 1] == pytest.approx(0.9 + 0.0000981, abs=1e-12)


@pytest.mark.parametrize(("dtype", "accuracy"), [("float32", 4e-7), ("float64", 4e-15)])
def test_the_inverse_cube_root_is_exact_to_rounding_over_all_depths(dtype, accuracy):
    depths = np.logspace(-5, 4, 20_000).astype(dtype)
    terrain = Terrain(np.zeros((1, depths.size)), 0.03, 10.0)
    run = prepare(terrain, Forcing(), Settings(duration_s=1.0, dtype=dtype))
    run.scratch.face_depth[:-1] = depths

    inverse_cube_roots(run.scratch, (0, depths.size), run.root, run.coefficients)

    expected = depths.astype(np.float64) ** (-1 / 3)
    assert run.scratch.inverse_root[:-1] == pytest.approx(expected, rel=accuracy)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("level", [3.0, 2.375])
def test_a_lake_at_rest_stays_at_rest_to_the_last_bit(dtype, level):
    rng = np.random.default_rng(1)
    bed = rng.uniform(0.0, 5.0, (60, 50)).astype(dtype)
    standing = np.maximum(dtype_of(dtype)(level) - bed, 0.0)
    terrain = Terrain(bed, 0.03, 10.0)

    result = simulate(
        terrain, Forcing(initial_depth=standing), Settings(duration_s=2000.0, dtype=dtype)
    )

    assert result.steps > 500
    assert np.array_equal(result.depth, standing)
    assert result.max_unit_discharge.max() == 0.0


def dtype_of(name):
    return np.dtype(name).type


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_a_lake_held_at_the_level_of_the_sea_beyond_an_edge_stays_at_rest(dtype):
    bed = np.round(np.random.default_rng(2).uniform(7.0, 12.0, (20, 30)) * 256) / 256
    standing = np.maximum(10.0 - bed, 0.0)
    forcing = Forcing(
        initial_depth=standing, edges=Edges(west=FixedStage(10.0), south=FixedStage(10.0))
    )

    result = simulate(Terrain(bed, 0.03, 5.0), forcing, Settings(duration_s=600.0, dtype=dtype))

    assert np.array_equal(result.depth, standing.astype(dtype))
    assert result.mass_balance.edge_in_m3 == 0.0
    assert result.mass_balance.edge_out_m3 == 0.0


SYMMETRIES = {
    "mirrored east-west": lambda a: a[:, ::-1],
    "mirrored north-south": lambda a: a[::-1],
    "turned by a quarter": np.rot90,
    "turned by a half": lambda a: np.rot90(a, 2),
    "rows and columns exchanged": lambda a: a.T,
}


@pytest.mark.parametrize("name", SYMMETRIES)
@pytest.mark.parametrize("dtype", PRECISIONS)
def test_the_flood_on_a_turned_terrain_is_the_turned_flood_to_the_last_bit(name, dtype):
    turn = SYMMETRIES[name]
    bed = random_valley(37, 51)
    source = np.zeros(bed.shape, bool)
    source[10:12, 20] = True

    def flood(ground, cells):
        inflow = Inflow(cells=np.nonzero(cells), hydrograph=Hydrograph.steady(5.0, 300.0))
        edge = FreeOutflow()
        forcing = Forcing(
            rain=Rain.steady(60.0, 300.0),
            inflows=(inflow,),
            edges=Edges(north=edge, south=edge, west=edge, east=edge),
        )
        terrain = Terrain(np.ascontiguousarray(ground), 0.04, 10.0)
        return simulate(terrain, forcing, Settings(duration_s=900.0, dtype=dtype))

    straight, turned = flood(bed, source), flood(turn(bed), turn(source))

    for field in ("depth", "max_depth", "max_velocity", "max_hazard_rating", "arrival_s"):
        expected = turn(getattr(straight, field))
        assert np.array_equal(getattr(turned, field), expected, equal_nan=True), field


def test_single_and_double_precision_differ_by_less_than_a_tenth_of_a_millimetre():
    terrain = Terrain(random_valley(60, 60) + 100.0, 0.05, 10.0)
    storm = Forcing(rain=Rain.steady(50.0, 3600.0))

    single, double = (
        simulate(terrain, storm, Settings(duration_s=3600.0, dtype=dtype)) for dtype in PRECISIONS
    )

    assert np.abs(single.depth - double.depth).max() < 1e-4


def test_smoothing_does_not_grow_with_the_number_of_steps():
    """A flood in the streets must not be held back because a deep sea shortens the step."""
    terrain = Terrain(np.zeros((41, 41)), 0.03, 10.0)
    centre = (np.array([20]), np.array([20]))
    ramp = Hydrograph(times_s=[0, 60, 300], discharge_m3s=[0.0, 10.0, 10.0])
    forcing = Forcing(inflows=(Inflow(cells=centre, hydrograph=ramp),))

    long, short = (
        simulate(terrain, forcing, Settings(duration_s=300.0, dt_max_s=dt)) for dt in (5.0, 0.25)
    )

    assert short.steps > 5 * long.steps
    assert np.abs(long.depth - short.depth).max() < 0.003


@pytest.mark.parametrize("theta", [0.7, 0.9, 0.95])
def test_waves_in_a_smooth_basin_die_down_instead_of_growing(theta):
    """Nearly no friction, waves of decimetres on 2 m of water, and the longest step allowed."""
    ripples = 0.1 * np.random.default_rng(7).standard_normal((40, 40))
    forcing = Forcing(initial_depth=2.0 + ripples)
    settings = Settings(
        duration_s=3600.0, theta=theta, alpha=1.0, output_times_s=(300.0, 3600.0), dtype="float64"
    )

    _, [early, late] = run_with_snapshots(
        Terrain(np.zeros((40, 40)), 0.01, 10.0), forcing, settings
    )

    assert early.depth.std() < 0.3 * ripples.std()
    assert late.depth.std() < 0.1 * ripples.std()


def test_the_stable_step_is_that_of_the_linear_scheme():
    assert [stable_courant(theta) for theta in (1.0, 0.9, 0.7)] == pytest.approx(
        [0.7071, 0.6722, 0.6080], abs=1e-4
    )


def test_water_leaves_over_a_free_edge_at_critical_flow():
    """1 m deep at the edge: q = (2/3)^1.5 sqrt(9.81) = 1.705 m2/s through each metre."""
    terrain = Terrain(np.zeros((4, 400)), 0.03, 10.0)
    forcing = Forcing(initial_depth=1.0, edges=Edges(east=FreeOutflow()))

    result = simulate(terrain, forcing, Settings(duration_s=0.5, dt_max_s=0.5, dtype="float64"))

    assert result.mass_balance.edge_out_by_side_m3["east"] == pytest.approx(
        1.705 * 40 * 0.5, rel=1e-3
    )


def test_water_leaves_at_normal_depth_as_mannings_formula_says():
    """0.5 m deep, n 0.04, slope 0.001: q = 0.5^(5/3) x 0.03162 / 0.04 = 0.249 m2/s."""
    terrain = Terrain(np.zeros((4, 400)), 0.04, 10.0)
    forcing = Forcing(initial_depth=0.5, edges=Edges(south=NormalDepth(0.001)))

    result = simulate(terrain, forcing, Settings(duration_s=0.5, dt_max_s=0.5, dtype="float64"))

    assert result.mass_balance.edge_out_by_side_m3["south"] == pytest.approx(
        0.249 * 4000 * 0.5, rel=1e-3
    )


def test_a_basin_fills_to_the_level_beyond_its_edge():
    terrain = Terrain(np.full((5, 20), 1.0), 0.03, 10.0)
    tide = StageSeries(times_s=[0.0, 600.0], level_m=[1.0, 1.8])
    forcing = Forcing(edges=Edges(west=FixedStage(tide)))

    result = simulate(terrain, forcing, Settings(duration_s=7200.0))

    assert result.depth == pytest.approx(0.8, abs=0.01)
    assert result.mass_balance.edge_in_m3 > 0.79 * 5 * 20 * 100


def test_water_in_a_walled_yard_stays_inside():
    walls = np.zeros((11, 11), bool)
    walls[3, 3:8] = walls[7, 3:8] = walls[3:8, 3] = walls[3:8, 7] = True
    yard = np.zeros((11, 11))
    yard[4:7, 4:7] = 2.0
    bed = np.where(walls, np.nan, np.linspace(1.0, 0.0, 11))

    result = simulate(
        Terrain(bed, 0.03, 5.0, walls), Forcing(initial_depth=yard), Settings(duration_s=600.0)
    )

    assert np.nansum(result.depth[4:7, 4:7]) == pytest.approx(18.0, rel=1e-6)
    assert np.nanmax(np.where(yard > 0, 0.0, result.max_depth)) == 0.0
    assert np.isnan(result.max_depth[walls]).all()


def test_water_that_starts_in_one_corner_reaches_every_cell_of_a_flat_yard():
    """The span of visited columns must grow with the water, in all directions."""
    standing = np.zeros((30, 40))
    standing[29, 39] = 60.0

    result = simulate(
        Terrain(np.zeros((30, 40)), 0.05, 5.0),
        Forcing(initial_depth=standing),
        Settings(duration_s=3600.0, arrival_depth_m=0.02),
    )

    assert result.depth == pytest.approx(60.0 / 1200, abs=0.01)
    assert result.arrival_s[0, 0] > result.arrival_s[15, 20] > result.arrival_s[28, 38] > 0


def test_the_solver_runs_uncompiled_with_the_same_result():
    program = (
        "import numpy as np\n"
        "from scenarios.flood import *\n"
        "bed = np.array([[1.0, 0.5, 0.2], [0.9, 0.4, 0.1], [1.1, 0.6, 0.3]])\n"
        "storm = Forcing(rain=Rain.steady(100.0, 60.0), edges=Edges(east=FreeOutflow()))\n"
        "result = simulate(Terrain(bed, 0.03, 10.0), storm, Settings(duration_s=30.0))\n"
        "print(' '.join(f'{d:.9e}' for d in result.depth.ravel()))\n"
    )

    def depths(switch):
        environment = {**os.environ, "NUMBA_DISABLE_JIT": switch}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [float(word) for word in done.stdout.split()]

    assert depths("1") == pytest.approx(depths("0"), rel=1e-5)


def test_snapshots_come_at_the_asked_times_and_show_a_growing_flood():
    terrain = Terrain(random_valley(20, 20), 0.05, 10.0)
    settings = Settings(duration_s=100.0, output_times_s=(0.0, 33.3, 100.0))

    _, snapshots = run_with_snapshots(terrain, Forcing(rain=Rain.steady(90.0, 100.0)), settings)

    assert [snapshot.time_s for snapshot in snapshots] == [0.0, 33.3, 100.0]
    volumes = [float(snapshot.depth.sum()) * 100 for snapshot in snapshots]
    assert volumes == pytest.approx([0.0, 33.3, 100.0], rel=1e-5)  # 2.5e-5 m/s on 40,000 m2


def test_the_velocity_of_a_snapshot_points_downhill_east_and_north():
    bed = np.add.outer(np.arange(20) * 0.2, np.arange(20)[::-1] * 0.1)
    settings = Settings(duration_s=200.0, output_times_s=(200.0,), velocity_min_depth_m=0.001)
    terrain = Terrain(bed, 0.05, 10.0)

    _, [snapshot] = run_with_snapshots(terrain, Forcing(rain=Rain.steady(200.0, 200.0)), settings)

    assert snapshot.velocity_x[10, 10] > 0  # the bed falls to the east by 1 in 100
    assert snapshot.velocity_y[10, 10] > snapshot.velocity_x[10, 10]  # and to the north by 2

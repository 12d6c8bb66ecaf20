"""Set-ups of published verification cases, generated: nothing here is read from a file."""

import numpy as np

from scenarios.flood import (
    Edges,
    FixedStage,
    Forcing,
    Hydrograph,
    Inflow,
    NormalDepth,
    Rain,
    StageSeries,
    Terrain,
    simulate,
)

GRAVITY = 9.81


def value_at(field, terrain, x_m, y_m):
    """Bilinear value of a cell-centred field; metres from the south-west corner."""
    rows, _cols = terrain.shape
    row, col = rows - 0.5 - y_m / terrain.dx, x_m / terrain.dx - 0.5
    i, j = int(row), int(col)
    south, east = row - i, col - j
    upper = field[i, j] * (1 - east) + field[i, j + 1] * east
    lower = field[i + 1, j] * (1 - east) + field[i + 1, j + 1] * east
    return float(upper * (1 - south) + lower * south)


def run_with_snapshots(terrain, forcing, settings):
    snapshots = []
    result = simulate(terrain, forcing, settings, on_snapshot=snapshots.append)
    return result, snapshots


def random_valley(rows, cols, seed=1):
    """A noisy valley falling south, in quarters of a centimetre so that mirror images are exact."""
    rng = np.random.default_rng(seed)
    across = np.abs(np.arange(cols) - 0.5 * (cols - 1))[np.newaxis, :]
    along = np.arange(rows)[::-1, np.newaxis]
    bed = 0.1 * across + 0.03 * along + 0.4 * rng.random((rows, cols))
    return np.round(bed * 400) / 400


def storage_behind_a_sill():
    """UK Environment Agency test 1, terrain rebuilt: a slope, a sill at 10.25 m, a hollow.

    The published terrain is not available; its levels, extent, roughness and boundary series are
    kept: 700 x 100 m, 10 m cells, n = 0.03, 20 hours.
    """
    x = (np.arange(70) + 0.5) * 10.0
    profile = np.interp(x, [0, 345, 355, 500, 700], [9.61, 10.25, 10.25, 9.75, 10.47])
    terrain = Terrain(np.tile(profile, (10, 1)), 0.03, 10.0)
    minutes = np.array([0, 5, 60, 660, 720, 1200])
    sea = StageSeries(times_s=minutes * 60.0, level_m=[9.7, 9.7, 10.35, 10.35, 9.7, 9.7])
    standing = np.where(x < 300, np.maximum(9.7 - profile, 0.0), 0.0)
    forcing = Forcing(edges=Edges(west=FixedStage(sea)), initial_depth=np.tile(standing, (10, 1)))
    return terrain, forcing


def propagation_over_a_plain(dx_m):
    """UK Environment Agency test 4: 20 m wide inflow amid a side of a dry flat plain."""
    rows, cols = int(2000 / dx_m), int(1000 / dx_m)
    terrain = Terrain(np.zeros((rows, cols)), 0.05, dx_m)
    north = 2000 - (np.arange(rows) + 0.5) * dx_m
    source = np.flatnonzero(np.abs(north - 1000) <= 10)
    hydrograph = Hydrograph(
        times_s=[0, 300, 3600, 14400, 18000], discharge_m3s=[0.0, 0.0, 20.0, 20.0, 0.0]
    )
    inflow = Inflow(cells=(source, np.zeros_like(source)), hydrograph=hydrograph)
    return terrain, Forcing(inflows=(inflow,))


def momentum_over_a_bump():
    """UK Environment Agency test 3, profile idealised: a slope into a pit, a crest, a second pit.

    300 x 100 m, 5 m cells, n = 0.01, all closed. The first pit holds 1310 m3, as much as comes in:
    only momentum takes water over the crest at 10.0 m.
    """
    x = (np.arange(60) + 0.5) * 5.0
    profile = np.interp(
        x, [0, 100, 125, 175, 200, 225, 275, 300], [10.5, 9.75, 9.75, 9.75, 10.0, 9.75, 9.75, 10.5]
    )
    terrain = Terrain(np.tile(profile, (20, 1)), 0.01, 5.0)
    hydrograph = Hydrograph(times_s=[0, 5, 15, 25, 35], discharge_m3s=[0.0, 0.0, 65.5, 65.5, 0.0])
    west = (np.arange(20), np.zeros(20, int))
    return terrain, Forcing(inflows=(Inflow(cells=west, hydrograph=hydrograph),))


def frictional_wave_depth(x_m, time_s, n, speed):
    """Hunter et al. (2005), Adv. Water Resour. 28, 975: wave on a flat bed with friction [m]."""
    reach = np.maximum(speed * time_s - np.asarray(x_m, float), 0.0)
    return (7.0 / 3.0 * n**2 * speed**2 * reach) ** (3.0 / 7.0)


def frictional_wave(n, speed, length_m, duration_s):
    """Return terrain, forcing and cell positions; the given level acts at x = 0."""
    dx = 25.0
    cols = int(length_m / dx)
    x = (np.arange(cols) + 1) * dx  # the level is applied one cell west of the first centre
    times = np.linspace(0.0, duration_s, int(duration_s) + 1)
    stage = StageSeries(times_s=times, level_m=frictional_wave_depth(0.0, times, n, speed))
    terrain = Terrain(np.zeros((1, cols)), n, dx)
    return terrain, Forcing(edges=Edges(west=FixedStage(stage))), x


def v_tilted_catchment():
    """Di Giammarco et al. (1996): two planes of 800 x 1000 m and a channel 20 m wide.

    Planes fall 5 % to the channel, all falls 2 % to the south; n 0.015 and 0.15; 10.8 mm/h for
    90 minutes. A row of walls at the south leaves only the channel open.
    """
    columns = np.arange(162)
    away = np.maximum(np.maximum(80 - columns, columns - 81), 0) * 10.0
    bed = 0.05 * away[np.newaxis, :] + 0.02 * 10.0 * np.arange(100, -1, -1)[:, np.newaxis]
    channel = away == 0
    mask = np.zeros(bed.shape, bool)
    mask[-1] = ~channel
    roughness = np.tile(np.where(channel, 0.15, 0.015), (101, 1))
    factor = np.ones(bed.shape)
    factor[-1] = 0.0  # the outlet cells lie beyond the catchment
    forcing = Forcing(
        rain=Rain.steady(10.8, 5400.0),
        rain_factor=factor,
        edges=Edges(south=NormalDepth(0.02)),
    )
    return Terrain(bed, roughness, 10.0, mask), forcing


def macdonald_depth(x_m):
    """MacDonald et al. (1997): depth along a 1000 m channel, subcritical [m] (SWASHES 3.2.1)."""
    return (4 / GRAVITY) ** (1 / 3) * (1 + 0.5 * np.exp(-16 * (np.asarray(x_m) / 1000 - 0.5) ** 2))


def macdonald_channel(rain_m_s):
    """Channel whose steady flow has the depth above: the bed follows from the full equations.

    ``z' = (q²/(g h³) - 1) h' - 2 q r/(g h²) - n² q² / h^(10/3)``, q = q0 + r x.
    SWASHES cases 1 2 1 2 (q0 = 2 m2/s, no rain) and 1 2 4 2 (q0 = 1 m2/s, 0.001 m/s of rain).
    """
    n, fine = 0.033, np.linspace(0.0, 1000.0, 100_001)
    h = macdonald_depth(fine)
    q = (1.0 if rain_m_s else 2.0) + rain_m_s * fine
    fall = (q**2 / (GRAVITY * h**3) - 1) * np.gradient(h, fine)
    fall -= 2 * q * rain_m_s / (GRAVITY * h**2) + n**2 * q**2 / h ** (10 / 3)
    z = np.concatenate([[0.0], np.cumsum(0.5 * (fall[1:] + fall[:-1]) * np.diff(fine))])
    z -= z[-1]
    x = (np.arange(200) + 0.5) * 5.0
    bed = np.interp(x, fine, z)
    inflow = Inflow(
        cells=(np.array([0]), np.array([0])), hydrograph=Hydrograph.steady(q[0] * 5.0, 1e6)
    )
    forcing = Forcing(
        rain=Rain.steady(rain_m_s * 3.6e6, 1e6) if rain_m_s else None,
        inflows=(inflow,),
        edges=Edges(east=FixedStage(float(z[-1] + macdonald_depth(1000.0)))),
        initial_depth=np.maximum(z[-1] + 0.7 - bed, 0.0)[np.newaxis, :],
    )
    return Terrain(bed[np.newaxis, :], n, 5.0), forcing, x

"""Hazard ratings and classes, by numbers that can be checked in the head."""

import numpy as np
import pytest

from scenarios.flood import (
    DEBRIS_FACTORS,
    DebrisMode,
    DefraClass,
    FloodClass,
    Forcing,
    InvalidFloodInput,
    Settings,
    Terrain,
    aidr_class,
    defra_class,
    flood_class,
    hazard_rating,
    simulate,
)
from tests.scenarios.flood.cases import random_valley


def test_half_a_metre_at_one_metre_a_second_in_a_town_rates_1_75():
    """0.5 x (1 + 0.5) + 1 = 1.75."""
    assert hazard_rating(0.5, 1.0, DebrisMode.URBAN) == pytest.approx(1.75)


@pytest.mark.parametrize(
    ("mode", "depth_m", "factor"),
    [
        (DebrisMode.NONE, 3.0, 0.0),
        (DebrisMode.PASTURE, 0.25, 0.0),
        (DebrisMode.PASTURE, 0.75, 0.0),
        (DebrisMode.PASTURE, 0.76, 0.5),
        (DebrisMode.WOODLAND, 0.25, 0.0),
        (DebrisMode.WOODLAND, 0.26, 0.5),
        (DebrisMode.WOODLAND, 0.76, 1.0),
        (DebrisMode.URBAN, 0.25, 0.0),
        (DebrisMode.URBAN, 0.26, 1.0),
        (DebrisMode.URBAN, 0.76, 1.0),
        (DebrisMode.PRECAUTIONARY, 0.25, 0.5),
        (DebrisMode.PRECAUTIONARY, 0.26, 1.0),
    ],
)
def test_still_water_rates_half_its_depth_plus_the_debris_factor(mode, depth_m, factor):
    assert hazard_rating(depth_m, 0.0, mode) == pytest.approx(0.5 * depth_m + factor)


def test_water_faster_than_two_metres_a_second_carries_the_debris_of_deep_water():
    """0.2 x (2.5 + 0.5) + 0.5 = 1.1 on pasture, where slow water of that depth carries none."""
    assert hazard_rating(0.2, 2.5, DebrisMode.PASTURE) == pytest.approx(1.1)
    assert hazard_rating(0.2, 2.0, DebrisMode.PASTURE) == pytest.approx(0.5)


def test_dry_ground_has_no_hazard_even_with_precautionary_debris():
    assert hazard_rating(0.0, 0.0, DebrisMode.PRECAUTIONARY) == 0.0


def test_every_debris_mode_names_its_source():
    assert set(DEBRIS_FACTORS) == set(DebrisMode)
    assert all(factor.source for factor in DEBRIS_FACTORS.values())


@pytest.mark.parametrize(
    ("rating", "expected"),
    [
        (0.0, DefraClass.LOW),
        (0.74, DefraClass.LOW),
        (0.75, DefraClass.MODERATE),
        (1.25, DefraClass.SIGNIFICANT),
        (1.99, DefraClass.SIGNIFICANT),
        (2.0, DefraClass.EXTREME),
    ],
)
def test_defra_classes_begin_at_0_75_1_25_and_2_0(rating, expected):
    assert defra_class(rating) == expected


def test_the_older_defra_table_calls_extreme_only_what_rates_2_5():
    assert defra_class(2.2, extreme_from=2.5) == DefraClass.SIGNIFICANT
    assert defra_class(2.5, extreme_from=2.5) == DefraClass.EXTREME
    with pytest.raises(InvalidFloodInput, match=r"Use 2\.0 \(2008\) or 2\.5"):
        defra_class(2.2, extreme_from=3.0)


@pytest.mark.parametrize(
    ("depth_m", "unit_discharge", "expected"),
    [
        (0.0, 0.0, FloodClass.H0),
        (0.009, 0.0, FloodClass.H0),
        (0.01, 0.0, FloodClass.H1),
        (0.30, 0.0, FloodClass.H1),
        (0.31, 0.0, FloodClass.H2),
        (0.61, 0.0, FloodClass.H3),
        (1.20, 0.0, FloodClass.H3),
        (1.21, 0.0, FloodClass.H4),
        (0.10, 0.29, FloodClass.H1),
        (0.10, 0.30, FloodClass.H2),
        (0.10, 0.50, FloodClass.H3),
        (0.10, 1.00, FloodClass.H4),
        (0.80, 0.31, FloodClass.H3),
    ],
)
def test_the_flood_class_is_the_worse_of_depth_and_depth_times_speed(
    depth_m, unit_discharge, expected
):
    assert flood_class(depth_m, unit_discharge) == expected


@pytest.mark.parametrize(
    ("depth_m", "speed_m_s", "unit_discharge", "expected"),
    [
        (0.0, 0.0, 0.0, 0),
        (0.3, 1.0, 0.3, 1),
        (0.3, 1.1, 0.33, 2),
        (0.4, 0.5, 0.2, 2),
        (1.2, 0.5, 0.6, 3),
        (1.3, 0.1, 0.13, 4),
        (0.9, 1.1, 0.99, 4),
        (0.1, 2.1, 0.21, 5),
        (2.1, 0.1, 0.21, 5),
        (1.0, 1.1, 1.1, 5),
        (0.1, 4.1, 0.41, 6),
        (4.1, 0.0, 0.0, 6),
        (2.0, 2.1, 4.2, 6),
    ],
)
def test_aidr_classes_pass_when_any_one_limit_is_passed(
    depth_m, speed_m_s, unit_discharge, expected
):
    assert aidr_class(depth_m, speed_m_s, unit_discharge) == expected


def test_cells_outside_the_domain_have_no_class_rather_than_a_harmless_one():
    nothing = np.array([np.nan])
    assert flood_class(nothing, nothing) == -1
    assert flood_class(np.array([0.1]), nothing) == -1
    assert aidr_class(nothing, nothing, nothing) == -1
    assert aidr_class(np.array([0.1]), nothing, np.array([0.1])) == -1
    assert defra_class(nothing) == -1


@pytest.fixture(scope="module")
def flowing():
    """A dam of water let go on a slope: deep and slow first, shallow and fast later."""
    terrain = Terrain(random_valley(30, 20), 0.03, 10.0)
    standing = np.zeros(terrain.shape)
    standing[:5] = 2.0
    forcing = Forcing(initial_depth=standing)
    settings = Settings(
        duration_s=300.0, output_times_s=tuple(np.arange(0.0, 300.5, 0.5)), dtype="float64"
    )
    snapshots = []
    return simulate(terrain, forcing, settings, on_snapshot=snapshots.append), snapshots


def test_tracked_maxima_are_at_least_those_of_half_second_snapshots(flowing):
    result, snapshots = flowing
    speeds = [np.hypot(s.velocity_x, s.velocity_y) for s in snapshots]
    depths = [s.depth for s in snapshots]
    ratings = [hazard_rating(h, v, DebrisMode.URBAN) for h, v in zip(depths, speeds, strict=True)]

    assert (result.max_depth >= np.max(depths, axis=0)).all()
    assert (result.max_velocity >= np.max(speeds, axis=0) - 1e-12).all()
    assert (result.max_hazard_rating >= np.max(ratings, axis=0) - 1e-12).all()
    assert result.max_depth == pytest.approx(np.max(depths, axis=0), abs=0.05)


def test_depth_times_speed_is_taken_at_one_moment_not_from_two_maxima(flowing):
    result, _ = flowing
    upper_bound = result.max_depth * np.maximum(result.max_velocity, 1e-9)
    deep = result.max_depth > 0.3

    assert (result.max_unit_discharge[deep] <= upper_bound[deep] + 1e-12).all()
    assert (result.max_unit_discharge[deep] < 0.9 * upper_bound[deep]).any()


def test_arrival_and_time_of_the_maximum_are_when_they_were_seen(flowing):
    result, snapshots = flowing
    times = np.array([s.time_s for s in snapshots])
    depths = np.array([s.depth for s in snapshots])
    row, col = 12, 9
    first_seen = times[(depths[:, row, col] > 0.05).argmax()]
    deepest_seen = times[depths[:, row, col].argmax()]

    assert 0 < result.arrival_s[row, col] <= first_seen <= result.arrival_s[row, col] + 0.5
    assert result.time_of_max_s[row, col] == pytest.approx(deepest_seen, abs=0.5)
    assert result.arrival_s[2, 9] == 0.0  # stood there from the beginning


def test_no_arrival_is_recorded_where_the_water_never_came():
    standing = np.zeros((3, 30))
    standing[:, 0] = 0.2
    hill = np.tile(np.linspace(0.0, 10.0, 30), (3, 1))

    result = simulate(
        Terrain(hill, 0.03, 10.0), Forcing(initial_depth=standing), Settings(duration_s=60.0)
    )

    assert np.isnan(result.arrival_s[:, 10:]).all()
    assert (result.max_depth[:, 10:] == 0).all()
    assert (result.max_hazard_rating[:, 10:] == 0).all()


def test_no_speed_is_recorded_in_films_and_none_beyond_the_cap():
    cliff = np.tile(np.where(np.arange(20) < 5, 60.0, 0.0), (3, 1))
    standing = np.where(cliff > 0, 4.0, 0.0)
    settings = Settings(duration_s=60.0, velocity_cap_m_s=6.0)

    result = simulate(Terrain(cliff, 0.01, 5.0), Forcing(initial_depth=standing), settings)

    assert result.max_velocity.max() <= 6.0 * (1 + 1e-6)
    film = result.max_depth < 0.05
    assert (result.max_velocity[film] == 0).all()
    assert result.outside_validity.any()


def test_the_product_has_no_table_of_its_own_that_differs_from_the_documented_classes():
    """The limits are stated once; this is the documented scale, written out."""
    scale = [
        ("H1", 0.01, 0.0), ("H2", 0.45, 0.0), ("H3", 0.90, 0.0), ("H4", 1.50, 0.0),
        ("H2", 0.20, 0.4), ("H3", 0.20, 0.7), ("H4", 0.20, 1.5),
    ]  # fmt: skip
    for name, depth_m, unit_discharge in scale:
        assert FloodClass(int(flood_class(depth_m, unit_discharge))).name == name

"""The published tables row by row: AIDR 2017 table 2, Defra FD2321 and its note of 2008."""

import numpy as np
import pytest

from scenarios.flood import (
    AIDR_MEANING,
    DEBRIS_FACTORS,
    DebrisMode,
    DefraClass,
    FloodClass,
    aidr_class,
    defra_class,
    flood_class,
    hazard_rating,
)
from scenarios.flood.hazard import DEFRA_EXTREME_LIMITS, debris_factor

# AIDR (2017), Guideline 7-3, table 2: class, limiting D x V, limiting depth, limiting speed.
AIDR = [
    (1, 0.3, 0.3, 2.0),
    (2, 0.6, 0.5, 2.0),
    (3, 0.6, 1.2, 2.0),
    (4, 1.0, 2.0, 2.0),
    (5, 4.0, 4.0, 4.0),
]
A_LITTLE = 1e-6


@pytest.mark.parametrize(("number", "flow", "depth_m", "_speed"), AIDR)
def test_an_aidr_class_reaches_up_to_its_depth_and_no_further(number, flow, depth_m, _speed):
    assert aidr_class(depth_m, 0.0, 0.0) == number
    assert aidr_class(depth_m + A_LITTLE, 0.0, 0.0) == number + 1


@pytest.mark.parametrize(
    ("flow", "below", "above"), [(0.3, 1, 2), (0.6, 2, 4), (1.0, 4, 5), (4.0, 5, 6)]
)
def test_depth_times_speed_passes_the_aidr_classes_whose_limit_it_passes(flow, below, above):
    """H2 and H3 share the limit 0.6: beyond it the water is H4 at once."""
    assert aidr_class(0.1, 0.1, flow) == below
    assert aidr_class(0.1, 0.1, flow + A_LITTLE) == above


@pytest.mark.parametrize(("speed_m_s", "below", "above"), [(2.0, 1, 5), (4.0, 5, 6)])
def test_speed_alone_makes_shallow_water_h5_beyond_two_and_h6_beyond_four(speed_m_s, below, above):
    assert aidr_class(0.05, speed_m_s, 0.05 * speed_m_s) == below
    assert aidr_class(0.05, speed_m_s + A_LITTLE, 0.05 * speed_m_s) == above


def test_the_aidr_class_never_falls_when_depth_speed_or_their_product_grows():
    depths, speeds = np.meshgrid(np.linspace(0.01, 5, 60), np.linspace(0, 5, 60))
    classes = aidr_class(depths, speeds, depths * speeds)

    assert (np.diff(classes, axis=0) >= 0).all()
    assert (np.diff(classes, axis=1) >= 0).all()
    assert set(classes.ravel()) == {1, 2, 3, 4, 5, 6}


def test_every_aidr_class_has_a_meaning_and_each_is_worse_than_the_one_before():
    assert list(AIDR_MEANING) == [1, 2, 3, 4, 5, 6]
    assert "generally safe" in AIDR_MEANING[1]
    assert "small vehicles" in AIDR_MEANING[2]
    assert all(AIDR_MEANING[number].startswith("unsafe") for number in range(2, 7))


# FD2321/TR1 table 3.1 and the note of 2008: debris factor in shallow, middling and deep water.
DEBRIS = {
    DebrisMode.NONE: (0.0, 0.0, 0.0),
    DebrisMode.PASTURE: (0.0, 0.0, 0.5),
    DebrisMode.WOODLAND: (0.0, 0.5, 1.0),
    DebrisMode.URBAN: (0.0, 1.0, 1.0),
    DebrisMode.PRECAUTIONARY: (0.5, 1.0, 1.0),
}


@pytest.mark.parametrize(("mode", "factors"), DEBRIS.items())
def test_the_debris_factor_of_each_ground_in_shallow_middling_and_deep_water(mode, factors):
    found = [float(debris_factor(depth_m, 0.0, mode)) for depth_m in (0.25, 0.75, 0.76)]

    assert found == list(factors)
    assert found == [getattr(DEBRIS_FACTORS[mode], part) for part in ("shallow", "mid", "deep")]


@pytest.mark.parametrize("mode", DebrisMode)
def test_water_above_two_metres_a_second_counts_as_deep_at_any_depth(mode):
    deep = DEBRIS[mode][2]

    assert debris_factor(0.1, 2.0, mode) == DEBRIS[mode][0]
    assert debris_factor(0.1, 2.0 + A_LITTLE, mode) == deep


RATINGS = [
    # depth, speed, mode, rating worked out by hand: d (v + 0.5) + DF
    (0.2, 0.0, DebrisMode.URBAN, 0.1),
    (0.3, 0.5, DebrisMode.URBAN, 1.3),
    (0.3, 0.5, DebrisMode.NONE, 0.3),
    (0.3, 0.5, DebrisMode.PASTURE, 0.3),
    (0.3, 0.5, DebrisMode.WOODLAND, 0.8),
    (1.0, 1.0, DebrisMode.PASTURE, 2.0),
    (1.0, 2.0, DebrisMode.URBAN, 3.5),
    (0.2, 3.0, DebrisMode.URBAN, 1.7),
    (0.1, 1.0, DebrisMode.PRECAUTIONARY, 0.65),
    (2.0, 0.0, DebrisMode.NONE, 1.0),
]


@pytest.mark.parametrize(("depth_m", "speed_m_s", "mode", "rating"), RATINGS)
def test_a_hazard_rating_worked_out_by_hand(depth_m, speed_m_s, mode, rating):
    assert hazard_rating(depth_m, speed_m_s, mode) == pytest.approx(rating)


DEFRA = [
    (0.0, DefraClass.LOW), (0.7499, DefraClass.LOW),
    (0.75, DefraClass.MODERATE), (1.2499, DefraClass.MODERATE),
    (1.25, DefraClass.SIGNIFICANT), (1.9999, DefraClass.SIGNIFICANT),
    (2.0, DefraClass.EXTREME), (9.0, DefraClass.EXTREME),
]  # fmt: skip


@pytest.mark.parametrize(("rating", "expected"), DEFRA)
def test_a_defra_class_on_both_sides_of_each_limit(rating, expected):
    assert defra_class(rating) == expected


def test_the_two_tables_of_defra_differ_only_between_2_and_2_5():
    ratings = np.linspace(0, 5, 501)
    newer, older = (defra_class(ratings, extreme_from=limit) for limit in DEFRA_EXTREME_LIMITS)
    differ = ratings[newer != older]

    assert differ.min() == pytest.approx(2.0)
    assert differ.max() < 2.5


def test_classes_keep_the_shape_of_their_grids():
    grid = np.full((3, 4), 0.5)

    for classes in (flood_class(grid, grid), aidr_class(grid, grid, grid), defra_class(grid)):
        assert classes.shape == (3, 4)
        assert classes.dtype == np.int8


def test_a_hole_in_one_cell_leaves_the_others_classed():
    depth = np.array([[0.5, np.nan, 0.0]])

    assert flood_class(depth, depth).tolist() == [[3, -1, 0]]
    assert aidr_class(depth, depth, depth).tolist() == [[2, -1, 0]]


def test_single_precision_at_a_limit_is_classed_as_the_number_it_holds():
    """0.3 in single precision is a hair above 0.3: a depth of 'exactly 0.30 m' may be H1 or H2,
    but one of 0.2999 is H1 and one of 0.3001 is H2."""
    below, above = np.float32(0.2999), np.float32(0.3001)

    assert (flood_class(below, 0.0), flood_class(above, 0.0)) == (1, 2)


def test_the_flood_class_never_falls_when_water_deepens_or_quickens():
    depths, flows = np.meshgrid(np.linspace(0.01, 2, 80), np.linspace(0, 2, 80))
    classes = flood_class(depths, flows)

    assert (np.diff(classes, axis=0) >= 0).all()
    assert (np.diff(classes, axis=1) >= 0).all()
    assert set(classes.ravel()) == {1, 2, 3, 4}


def test_classes_are_named_in_the_order_of_danger():
    assert [each.name for each in FloodClass] == ["H0", "H1", "H2", "H3", "H4"]
    assert [each.name for each in DefraClass] == ["LOW", "MODERATE", "SIGNIFICANT", "EXTREME"]

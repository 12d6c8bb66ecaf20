"""Sites: squares that fit, on the best ground first, ranked by what is measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflicts.siting.cells import Cells
from conflicts.siting.sites import Measure, cells_a_side, find_sites
from conflicts.siting.verdicts import Verdicts
from conflicts.siting.vocab import Criterion, Siting

A, C, U, F = (siting.code for siting in Siting)  # allowed, conditional, untold, forbidden


def ground(rows, known=None):
    verdict = np.array(rows, np.uint8)
    known = verdict if known is None else np.array(known, np.uint8)
    return Verdicts(verdict=verdict, known=known, binding=np.full(verdict.shape, -1, np.int16))


def cells(verdicts, size_m=10.0):
    rows, cols = verdicts.verdict.shape
    return Cells(west=0.0, north=rows * size_m, size_m=size_m, rows=rows, cols=cols)


def measure(values, criterion=Criterion.ROAD, **fields):
    return Measure(criterion=criterion, values=np.array(values, float), weight=1.0, **fields)


def places(verdicts, area_m2, *measures):
    return [
        (site.row, site.col, site.verdict)
        for site in find_sites(verdicts, cells(verdicts), area_m2, measures)
    ]


@pytest.mark.parametrize(
    ("area_m2", "side"), [(1.0, 1), (100.0, 1), (101.0, 2), (400.0, 2), (150_000.0, 39)]
)
def test_a_site_is_a_square_of_whole_cells_of_at_least_the_area(area_m2, side):
    assert cells_a_side(area_m2, 10.0) == side
    assert (side * 10) ** 2 >= area_m2


def test_two_cells_a_side_fit_once_into_an_l_of_five():
    verdicts = ground([[A, A, F], [A, A, F], [F, A, F]])

    assert places(verdicts, 400.0) == [(0, 0, Siting.ALLOWED)]


def test_no_site_is_larger_than_the_city():
    assert places(ground([[A, A], [A, A]]), 900.0) == []


def test_nothing_is_proposed_on_forbidden_ground():
    assert places(ground([[F, F], [F, F]]), 100.0) == []


def test_what_lies_outside_the_city_is_no_site():
    assert places(ground([[0, 0], [0, A]]), 100.0) == [(1, 1, Siting.ALLOWED)]


def test_allowed_ground_comes_before_untold_and_untold_before_conditional():
    verdicts = ground([[C, F, U, F, A]], known=[[C, F, A, F, A]])

    assert [verdict for _row, _col, verdict in places(verdicts, 100.0)] == [
        Siting.ALLOWED,
        Siting.CANNOT_TELL,
        Siting.CONDITIONAL,
    ]


def test_a_site_has_the_worst_verdict_of_its_cells():
    [(_row, _col, verdict)] = places(ground([[A, C], [A, A]]), 400.0)

    assert verdict == Siting.CONDITIONAL


def test_the_nearest_to_the_road_is_first_and_scores_one():
    verdicts = ground([[A, A, A]])

    found = find_sites(verdicts, cells(verdicts), 100.0, [measure([[30.0, 10.0, 20.0]])])

    assert [(site.col, site.score) for site in found] == [(1, 1.0), (2, 0.5), (0, 0.0)]
    assert found[0].values == {Criterion.ROAD: 10.0}


def test_of_state_land_more_is_better():
    verdicts = ground([[A, A]])
    state = measure([[0.2, 0.9]], Criterion.PUBLIC_LAND, more_is_better=True)

    assert places(verdicts, 100.0, state)[0][:2] == (0, 1)


def test_a_mean_slope_of_exactly_the_limit_passes_and_one_above_does_not():
    verdicts = ground([[A, A]])

    found = places(verdicts, 100.0, measure([[15.0, 15.1]], Criterion.SLOPE, limit=15.0))

    assert found == [(0, 0, Siting.ALLOWED)]


def test_at_least_half_on_state_land_leaves_out_what_has_less():
    verdicts = ground([[A, A]])
    state = measure([[0.5, 0.49]], Criterion.PUBLIC_LAND, more_is_better=True, limit=0.5)

    assert places(verdicts, 100.0, state) == [(0, 0, Siting.ALLOWED)]


def test_where_a_limited_criterion_is_unknown_there_is_no_site():
    verdicts = ground([[A, A]])

    found = places(verdicts, 100.0, measure([[np.nan, 3.0]], Criterion.SLOPE, limit=15.0))

    assert found == [(0, 1, Siting.ALLOWED)]


def test_where_a_criterion_without_limit_is_unknown_a_site_scores_nothing_by_it():
    verdicts = ground([[A, A]])

    found = find_sites(verdicts, cells(verdicts), 100.0, [measure([[np.nan, 3.0]])])

    assert [(site.col, site.score, dict(site.values)) for site in found] == [
        (1, 1.0, {Criterion.ROAD: 3.0}),
        (0, 0.0, {}),
    ]


def test_the_room_around_a_site_is_the_ground_it_is_connected_to():
    verdicts = ground([[A, A, F, A], [A, F, F, F]])

    found = find_sites(verdicts, cells(verdicts), 100.0, [measure([[9, 9, 9, 1], [9, 9, 9, 9]])])

    assert found[0].room_m2 == 100.0
    assert {site.room_m2 for site in found[1:]} == {300.0}


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([0, A, C, U, F]), min_size=9, max_size=9), min_size=9,
             max_size=9),
    st.integers(1, 4),
)  # fmt: skip
def test_sites_lie_wholly_on_ground_that_is_not_forbidden_and_never_overlap(rows, side):
    known = [[A if code == U else code for code in row] for row in rows]
    verdicts = ground(rows, known)
    taken = np.zeros(verdicts.verdict.shape, int)

    for site in find_sites(verdicts, cells(verdicts), (side * 10.0) ** 2, []):
        window = (slice(site.row, site.row + side), slice(site.col, site.col + side))
        codes = verdicts.verdict[window]
        assert codes.shape == (side, side)
        assert set(codes.ravel().tolist()) <= {A, C, U}
        assert site.verdict.code == codes.max()
        taken[window] += 1
    assert taken.max(initial=0) <= 1

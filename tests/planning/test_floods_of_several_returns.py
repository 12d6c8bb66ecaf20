"""One flood layer with areas of several return periods: the rare one never hides the frequent."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning.permits.run import check_application
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import application, check_of, drawn, r1_plot, surveyed

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)
PLOT = rectangle(40, 40, 20, 15)
LEFT, RIGHT = rectangle(40, 40, 10, 15), rectangle(50, 40, 10, 15)
WHOLE_HOUSE = drawn(41, 42, 18, 10)


def water(*areas):
    """Areas given as (class, shape, years); years None: the map does not say."""
    features = [
        feature(f"F-{number}", shape, hazard_class=code, depth_max_m=0.1,
                **({} if years is None else {"return_period_years": years}))
        for number, (code, shape, years) in enumerate(areas)
    ]  # fmt: skip
    filled_layer("flood-all", *features, theme="hazard-flood")
    surveyed("flood-all", CITY)


def rules_that_keep_out(use="school", footprint=WHOLE_HOUSE):
    proposal = {
        "uses": [{"class": use, "floor_area_m2": 200}],
        "floor_level_above_ground_m": 9,
        "footprint": footprint,
        "footprint_area_m2": None,
    }
    rows = check_application(application(proposal=proposal)).results["checks"]
    return {row["code"].split(":")[0]: row["answer"] for row in rows if ":flood:" in row["code"]}


@pytest.fixture(autouse=True)
def plot():
    r1_plot()


@pytest.mark.parametrize("rare", ["H1", "H2", "H3", "H4"])
def test_a_school_in_the_100_year_flood_is_kept_out_although_a_rarer_flood_is_worse(rare):
    water(("H1", LEFT, 100), (rare, RIGHT, 500))

    assert rules_that_keep_out() == {"FZ-02": "fails"}


def test_a_school_only_in_the_500_year_flood_is_not_kept_out_by_that_rule():
    water(("H4", RIGHT, 500), ("H1", square(0, 0, 10), 100))

    assert rules_that_keep_out() == {}


def test_an_area_that_states_no_return_period_may_be_of_any():
    water(("H3", RIGHT, 500), ("H1", LEFT, None))

    assert rules_that_keep_out() == {"FZ-02": "fails"}


def test_the_evidence_is_water_of_the_100_year_flood():
    water(("H2", LEFT, 100), ("H4", RIGHT, 500))
    proposal = {"uses": [{"class": "school", "floor_area_m2": 200}], "footprint": WHOLE_HOUSE,
                "footprint_area_m2": None}  # fmt: skip

    results = check_application(application(proposal=proposal)).results

    found = check_of(results, "FZ-02:flood:flood-all")
    assert found["answer"] == "fails"
    # the western half of the plot is the H2 area: its middle lies west of the plot's middle
    west = min(x for ring in found["evidence"]["coordinates"] for x, _y in ring)
    east = max(x for ring in found["evidence"]["coordinates"] for x, _y in ring)
    plot = results["parcels"][0]["geometry"]["coordinates"][0]
    middle = (min(x for x, _y in plot) + max(x for x, _y in plot)) / 2
    assert west < middle
    assert east == pytest.approx(middle, abs=1e-6)


waters = st.lists(
    st.tuples(
        st.sampled_from(["H0", "H1", "H2", "H3", "H4"]),
        st.integers(0, 19),  # west edge of a strip 1 m wide, metres from the plot's
        st.sampled_from([2, 50, 100, 101, 500, None]),
    ),
    min_size=1,
    max_size=6,
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(waters, st.integers(0, 9))
def test_a_hospital_is_kept_out_exactly_where_water_of_at_most_100_years_reaches_it(strips, west):
    """Strips of 1 m across the plot, a house 10 m wide; touching counts as reaching."""
    water(*((code, rectangle(40 + x, 40, 1, 15), years) for code, x, years in strips))

    kept_out = rules_that_keep_out("hospital", drawn(40 + west, 42, 10, 10))

    reached = any(
        code != "H0" and (years is None or years <= 100) and x + 1 >= west and x <= west + 10
        for code, x, years in strips
    )
    assert kept_out == ({"FZ-01": "fails"} if reached else {})

"""Restrictions drawn as lines or points: a cable over a corner of the plot is on the plot.

The plot is 20 m x 15 m, its corners at (40, 40) and (60, 55).
"""

import pytest

from planning.extract import extract_parcel
from planning.parcels import parcel_named
from planning.permits.run import check_application
from tests.factories import at, feature, filled_layer, line, square
from tests.planning.city import DAY, application, check_of, drawn, r1_plot, surveyed

pytestmark = pytest.mark.django_db

SLUG = "ov-coast50"


@pytest.fixture(autouse=True)
def plot():
    r1_plot()


def restricted(*shapes):
    filled_layer(SLUG, *(feature(f"O-{n}", s) for n, s in enumerate(shapes)), theme="overlay")
    surveyed(SLUG, square(0, 0, 100))


def stands_in(slug=SLUG):
    told = extract_parcel(parcel_named("P-1"), on=DAY)
    [name] = [
        name
        for name in ("concerned", "not_concerned", "no_data")
        if any(entry["layer"] == slug for entry in told[name])
    ]
    return name, told


@pytest.mark.parametrize(
    ("reaches_m", "name"), [(0.009, "not_concerned"), (0.011, "concerned"), (0.5, "concerned")]
)
def test_a_line_that_ends_on_the_plot_counts_from_a_centimetre(reaches_m, name):
    restricted(line((0, 47), (40 + reaches_m, 47)))
    assert stands_in()[0] == name


def test_a_line_across_the_plot_is_measured_in_metres_of_it_on_the_plot():
    restricted(line((0, 47), (100, 47)))
    name, told = stands_in()
    [hit] = next(e for e in told[name] if e["layer"] == SLUG)["hits"]
    assert (hit["length_m"], hit["area_m2"]) == (20.0, 0.0)


def test_a_line_along_the_border_lies_on_the_plot_too():
    """It may stand on either side: it is told rather than passed over."""
    restricted(line((40, 40), (60, 40)))
    name, told = stands_in()
    [hit] = next(e for e in told[name] if e["layer"] == SLUG)["hits"]
    assert (name, hit["length_m"]) == ("concerned", 20.0)


@pytest.mark.parametrize(
    ("place", "name"),
    [(at(50, 45), "concerned"), (at(39.99, 45), "not_concerned"), (at(40, 45), "concerned")],
)
def test_a_well_or_mast_known_as_a_point_is_on_the_plot_or_beside_it(place, name):
    restricted(place)
    assert stands_in()[0] == name


@pytest.mark.parametrize(("south_m", "answer"), [(41, "complies"), (46.5, "fails")])
def test_a_house_is_refused_where_it_stands_on_the_line_and_not_beside_it(south_m, answer):
    """The line runs at 47 m; a house 5 m deep stands south of it or across it."""
    restricted(line((0, 47), (100, 47)))
    proposal = {"footprint": drawn(42, south_m, 10, 5), "footprint_area_m2": None}
    results = check_application(application(proposal=proposal)).results
    assert check_of(results, f"overlay:{SLUG}")["answer"] == answer


def test_a_house_not_drawn_on_a_plot_with_a_line_is_an_open_question():
    restricted(line((0, 47), (100, 47)))
    results = check_application(application()).results
    assert check_of(results, f"overlay:{SLUG}")["answer"] == "cannot_tell"

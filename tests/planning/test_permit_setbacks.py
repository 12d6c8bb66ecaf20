import pytest

from planning.permits.run import check_application
from tests.factories import rectangle, square
from tests.planning.city import application, check_of, drawn, parcel, r1_plot, zoned

pytestmark = pytest.mark.django_db


def setbacks(*footprint):
    proposal = {"footprint_area_m2": None}
    if footprint:
        proposal["footprint"] = drawn(*footprint)
    return check_of(check_application(application(proposal=proposal)).results, "setbacks")


def test_five_metres_from_every_edge_comply_whatever_edge_is_the_front():
    r1_plot()  # the plot spans 40..60 and 40..55; R1 asks 5 m, 2 m and 3 m
    found = setbacks(45, 45, 10, 5)
    assert (found["answer"], found["measured"], found["required"]) == ("complies", 5, 5)


def test_one_metre_from_an_edge_fails_whatever_edge_it_is():
    r1_plot()
    found = setbacks(41, 45, 10, 5)
    assert (found["answer"], found["measured"]) == ("fails", 1)


def test_three_metres_depend_on_which_edge_is_the_front():
    r1_plot()
    found = setbacks(43, 45, 10, 5)
    assert found["answer"] == "cannot_tell"
    assert "front" in found["missing"][0]["en"]
    assert (found["measured"], found["margin"]) == (3, None)


def test_the_evidence_is_the_line_to_the_nearest_edge():
    r1_plot()
    found = setbacks(41, 45, 10, 5)
    assert found["evidence"]["type"] == "LineString"


def test_without_a_drawn_footprint_setbacks_cannot_be_told():
    r1_plot()
    assert setbacks()["answer"] == "cannot_tell"


def test_a_stated_setback_of_zero_does_not_make_a_house_on_the_border_fail():
    plot = parcel("P-1", rectangle(40, 40, 20, 15), 300.0)
    zoned(("Z-1", "R2", square(0, 0, 100)), parcels=[plot])  # R2: front 3, side 0, rear 2
    assert setbacks(40, 45, 10, 5)["answer"] == "cannot_tell"


def test_a_plot_whose_every_edge_is_long_enough_has_the_frontage():
    r1_plot()  # edges of 20 m and 15 m; R1 asks 12 m
    found = check_of(check_application(application()).results, "frontage_min_m")
    assert (found["answer"], found["measured"]) == ("complies", 15)


def test_a_plot_with_one_short_edge_leaves_the_frontage_open():
    plot = parcel("P-1", rectangle(40, 40, 30, 10), 300.0)
    zoned(("Z-1", "R1", square(0, 0, 100)), parcels=[plot])
    found = check_of(check_application(application()).results, "frontage_min_m")
    assert found["answer"] == "cannot_tell"
    assert "road" in found["missing"][0]["en"]

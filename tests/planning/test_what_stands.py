"""What stands on the plot already counts in coverage and floor area, unless it is taken down.

Plot P-1 has 300 m2 in zone R1: at most half of it may be covered and 1.5 m2 of floor be built for
each m2 of plot. The new house covers 100 m2 and has 200 m2 of floor.
"""

import pytest

from layers.models import Layer
from layers.visibility import EVERYTHING, PUBLIC_ONLY
from planning.errors import ApplicationError
from planning.permits.run import check_application
from tests.factories import rectangle, square
from tests.planning.city import application, building, buildings_on, check_of, drawn, r1_plot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
CITY = square(0, 0, 100)
SHED = rectangle(40, 40, 5, 10)  # 50 m2 in the corner of the plot


def asked(demolished=None, seen=PUBLIC_ONLY, **proposal):
    stated = {
        "uses": [{"class": "dwelling_single", "floor_area_m2": 200, "dwellings": 1}],
        "footprint_area_m2": 100,
        "demolished": demolished,
        **proposal,
    }
    return check_application(application(proposal=stated), seen=seen)


def coverage(**stated):
    return check_of(asked(**stated).results, "coverage_share")


def floor_ratio(**stated):
    return check_of(asked(**stated).results, "far")


@pytest.mark.parametrize(
    ("width", "measured", "answer"),
    [(5, 50, "complies"), (5.01, 50.03, "fails"), (10, 66.67, "fails")],
)
def test_a_house_of_100_m2_beside_one_that_stays_shares_the_coverage_of_50_percent(
    width, measured, answer
):
    r1_plot()
    buildings_on(CITY, building("B-1", rectangle(40, 40, width, 10), 1))
    found = coverage()
    assert (found["answer"], found["measured"]) == (answer, measured)
    assert "what stays: B-1" in found["explanation"]["en"]


def test_a_building_nobody_says_is_demolished_stays():
    r1_plot()
    buildings_on(CITY, building("B-1", rectangle(40, 40, 10, 10), 1))
    assert coverage()["answer"] == "fails"
    assert coverage(demolished=[])["answer"] == "fails"
    assert coverage(demolished=["B-1"])["answer"] == "complies"
    assert coverage(demolished="all")["measured"] == 33.33


def test_of_two_buildings_only_the_one_named_goes():
    r1_plot()
    shapes = {"B-1": rectangle(40, 40, 5, 10), "B-2": rectangle(40, 50, 6, 5)}
    buildings_on(CITY, *(building(name, shape, 1) for name, shape in shapes.items()))
    assert coverage(demolished=["B-1"])["measured"] == 43.33  # 100 + 30 m2
    assert coverage(demolished=["B-2"])["measured"] == 50  # 100 + 50 m2
    assert coverage()["answer"] == "fails"


def test_only_the_part_on_the_plot_counts():
    r1_plot()
    buildings_on(CITY, building("B-1", rectangle(30, 40, 13, 10), 1))  # 3 m of 13 m reach in
    assert coverage()["measured"] == 43.33  # 100 + 30 m2


def test_a_house_drawn_over_what_stays_covers_that_ground_once():
    r1_plot()
    buildings_on(CITY, building("B-1", SHED, 1))
    half_over = {"footprint": drawn(42.5, 40, 10, 10), "footprint_area_m2": None}
    assert coverage(**half_over)["measured"] == 41.67  # 100 + 25 m2


@pytest.mark.parametrize(
    ("storeys", "measured", "answer"),
    [(1, 0.83, "complies"), (5, 1.5, "complies"), (6, 1.67, "fails")],
)
def test_the_floors_of_what_stays_count_in_the_floor_area_ratio(storeys, measured, answer):
    r1_plot()
    buildings_on(CITY, building("B-1", SHED, storeys))  # 200 m2 + storeys x 50 m2
    found = floor_ratio()
    assert (found["measured"], found["answer"]) == (measured, answer)


@pytest.mark.parametrize("storeys", [None, 0, -2, "two", True])
def test_floors_nobody_counted_leave_the_ratio_open_and_name_the_building(storeys):
    r1_plot()
    buildings_on(CITY, building("B-7", SHED, storeys))
    found = floor_ratio()
    assert found["answer"] == "cannot_tell"
    assert "B-7" in found["missing"][0]["en"]
    assert coverage()["answer"] == "complies"  # floors cover nothing
    assert floor_ratio(demolished=["B-7"])["answer"] == "complies"


def test_what_one_floor_alone_breaks_fails_whatever_its_floors():
    r1_plot()
    buildings_on(CITY, building("B-7", rectangle(40, 40, 15, 15)))  # 225 m2
    uses = [{"class": "dwelling_single", "floor_area_m2": 226, "dwellings": 1}]
    assert floor_ratio(uses=uses)["answer"] == "fails"  # 226 + 225 m2 of 450


@pytest.mark.parametrize("surveyed", [rectangle(0, 0, 50, 100), square(500, 500, 10)])
def test_a_plot_nobody_surveyed_is_not_taken_for_empty(surveyed):
    r1_plot()
    buildings_on(surveyed)
    for found in (coverage(), floor_ratio()):
        assert found["answer"] == "cannot_tell"
        assert "nobody surveyed it" in found["missing"][0]["en"]
    assert coverage(footprint_area_m2=160)["answer"] == "fails"  # the new house alone
    assert coverage(demolished="all")["answer"] == "complies"


def test_without_a_layer_of_buildings_nothing_is_known():
    r1_plot()
    assert coverage()["answer"] == "cannot_tell"
    assert coverage(demolished="all")["answer"] == "complies"


def test_an_empty_surveyed_plot_is_said_to_be_empty():
    r1_plot()
    buildings_on(CITY)
    assert "No other building is mapped" in coverage()["explanation"]["en"]


@pytest.mark.parametrize(
    ("lifecycle", "measured"),
    [("existing", 50), ("under_construction", 50), ("permitted", 50), ("planned", 33.33),
     ("proposed", 33.33), ("closed", 33.33)],
)  # fmt: skip
def test_what_stands_or_may_be_built_counts_and_what_is_only_wished_does_not(lifecycle, measured):
    r1_plot()
    buildings_on(CITY, building("B-1", SHED, 1, lifecycle))
    assert coverage()["measured"] == measured


def test_a_wall_on_the_border_of_the_plot_is_no_building_on_it():
    r1_plot()
    buildings_on(CITY, building("B-1", rectangle(35, 40, 5.05, 10)))  # 0.5 m2 reach in
    assert coverage()["measured"] == 33.33
    assert floor_ratio()["answer"] == "complies"


def test_a_building_that_does_not_stand_on_the_plot_cannot_be_demolished():
    r1_plot()
    buildings_on(CITY, building("B-1", SHED, 1))
    with pytest.raises(ApplicationError, match=r"No building B-2 .* On the plot stand: B-1"):
        asked(demolished=["B-1", "B-2"])


@pytest.mark.parametrize("given", ["B-1", 7, {"B-1": True}, [1], True])
def test_what_is_demolished_is_a_list_or_all(given):
    r1_plot()
    with pytest.raises(ApplicationError, match="neither a list of buildings"):
        asked(demolished=given)


def test_buildings_kept_from_the_public_are_unknown_to_it_and_not_named():
    r1_plot()
    buildings_on(CITY, building("B-1", SHED, 1))
    Layer.objects.filter(slug="buildings").update(visibility="internal")
    assert coverage()["answer"] == "cannot_tell"
    assert "B-1" not in str(asked().results)
    assert coverage(seen=EVERYTHING)["measured"] == 50


def test_the_green_has_no_room_where_what_stays_stands():
    r1_plot()
    buildings_on(CITY, building("B-1", SHED, 1))
    green = {"green_area_m2": 151}  # 100 + 50 m2 are built on, 150 m2 are left
    assert check_of(asked(**green).results, "green_share")["answer"] == "cannot_tell"
    assert check_of(asked(green_area_m2=150).results, "green_share")["answer"] == "complies"


def test_the_answer_names_the_state_of_the_buildings_it_used():
    r1_plot()
    buildings_on(CITY, building("B-1", SHED, 1))
    before = asked()
    used = {row["layer"]: row["version"] for row in before.results["data_versions"]}
    assert used["buildings"] == 1
    buildings_on(CITY, building("B-1", SHED, 2))
    assert asked().digest != before.digest

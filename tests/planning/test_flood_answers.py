"""Building where water goes: each class from both sides, several areas at once, the place drawn."""

import pytest

from layers.models import Layer
from layers.services import NewFeature, set_surveyed_area
from planning.permits.run import check_application
from tests.factories import filled_layer, rectangle, square
from tests.planning.city import application, check_of, drawn, r1_plot

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)
LEFT, RIGHT = rectangle(40, 40, 10, 15), rectangle(50, 40, 10, 15)  # the halves of plot P-1
HOUSE_LEFT, HOUSE_RIGHT = drawn(41, 42, 6, 10), drawn(52, 42, 6, 10)


def water(*areas, surveyed=CITY, slug="flood-q100", years=100):
    """A flood layer of areas given as (class, shape, greatest depth)."""
    r1_plot()
    features = [
        NewFeature(
            stable_id=f"F-{number}",
            geometry=shape,
            land_use=None,
            lifecycle="existing",
            properties={
                "hazard_class": code, "depth_max_m": depth, "return_period_years": years,
            },
        )
        for number, (code, shape, depth) in enumerate(areas)
    ]  # fmt: skip
    filled_layer(slug, *features, theme="hazard-flood")
    if surveyed is not None:
        layer = Layer.objects.get(slug=slug)
        set_surveyed_area(layer=layer, geometry=surveyed, source="test")


def flood(level=None, footprint=None, use="dwelling_single", basement=0, slug="flood-q100"):
    proposal = {
        "uses": [{"class": use, "floor_area_m2": 100}],
        "basement_depth_m": basement,
        "floor_level_above_ground_m": level,
    }
    if footprint:
        proposal |= {"footprint": footprint, "footprint_area_m2": None}
    return check_of(check_application(application(proposal=proposal)).results, f"flood:{slug}")


@pytest.mark.parametrize(
    ("code", "depth", "required"),
    [("H1", 0.3, 0.6), ("H1", 0.05, 0.35), ("H2", 0.6, 1.1), ("H2", 0.45, 0.95)],
)
def test_the_floor_stands_above_the_deepest_water_by_the_freeboard(code, depth, required):
    water((code, CITY, depth))
    for step, answer in ((0, "complies"), (0.01, "complies"), (-0.01, "fails")):
        found = flood(level=required + step)
        assert (found["answer"], found["required"]) == (answer, required)
    assert flood(level=required - 0.01)["margin"] == -0.01


def test_the_deeper_of_two_areas_of_one_class_decides_even_where_it_is_smaller():
    water(("H1", LEFT, 0.1), ("H1", rectangle(50, 40, 2, 15), 0.3))
    found = flood(level=0.5)  # 0.4 m suffice on the left, 0.6 m are asked for on the right
    assert found["answer"] == "cannot_tell"
    assert "where on the plot" in found["missing"][0]["en"]
    assert flood(level=0.5, footprint=drawn(45, 42, 6, 10))["answer"] == "fails"
    assert flood(level=0.6)["answer"] == "complies"


def test_a_shallow_area_clears_no_area_of_unknown_class_beside_it():
    water(("H1", LEFT, 0.3), ("", RIGHT, None))
    found = flood(level=2)
    assert found["answer"] == "cannot_tell"
    assert "flood class" in found["missing"][0]["en"]


@pytest.mark.parametrize("code", ["", "H5", "h4", "deep"])
def test_a_class_the_rules_do_not_know_is_no_all_clear(code):
    water((code, CITY, 0.1))
    assert flood(level=40)["answer"] == "cannot_tell"


@pytest.mark.parametrize(
    ("use", "answer"),
    [
        ("school", "fails"), ("kindergarten", "fails"), ("school_secondary", "fails"),
        ("hospital", "fails"), ("fuel_station", "fails"), ("fuel_depot", "fails"),
        ("clinic", "cannot_tell"), ("office", "cannot_tell"), ("dwelling_single", "cannot_tell"),
    ],
)  # fmt: skip
def test_h3_refuses_schools_hospitals_and_fuel_and_asks_a_study_of_all_else(use, answer):
    water(("H3", CITY, 1.2))
    assert flood(level=3, use=use)["answer"] == answer


@pytest.mark.parametrize("use", ["office", "dwelling_single", "park", "hospital"])
def test_nothing_new_in_h4_however_high_the_floor(use):
    water(("H4", CITY, None))
    assert flood(level=10, use=use)["answer"] == "fails"


@pytest.mark.parametrize(
    ("footprint", "answer"),
    [(None, "cannot_tell"), (HOUSE_LEFT, "complies"), (HOUSE_RIGHT, "fails")],
)
def test_h4_on_half_the_plot_depends_on_where_the_house_stands(footprint, answer):
    water(("H4", RIGHT, None))
    assert flood(footprint=footprint)["answer"] == answer


def test_a_house_that_touches_the_deep_water_stands_in_it():
    water(("H4", RIGHT, None))
    assert flood(footprint=drawn(44, 42, 6, 10))["answer"] == "fails"  # its east wall at x = 50
    assert flood(footprint=drawn(43.9, 42, 6, 10))["answer"] == "complies"


@pytest.mark.parametrize(
    ("basement", "use", "answer"),
    [
        (0, "dwelling_single", "complies"),
        (2.5, "dwelling_single", "cannot_tell"),
        (None, "dwelling_single", "cannot_tell"),
        (2.5, "office", "complies"),
    ],
)
def test_in_h2_no_one_lives_in_a_basement(basement, use, answer):
    water(("H2", CITY, 0.6))
    assert flood(level=1.1, basement=basement, use=use)["answer"] == answer


@pytest.mark.parametrize("depth", [None, "deep"])
def test_a_depth_nobody_mapped_leaves_the_floor_level_open(depth):
    water(("H1", CITY, depth))
    assert flood(level=5)["answer"] == "cannot_tell"


@pytest.mark.parametrize(
    ("surveyed", "answer"),
    [(CITY, "complies"), (LEFT, "cannot_tell"), (None, "cannot_tell"),
     (square(5000, 5000, 5), "cannot_tell")],
)  # fmt: skip
def test_dry_means_modelled_and_dry_over_the_whole_plot(surveyed, answer):
    water(("H4", square(90, 90, 5), None), surveyed=surveyed)
    assert flood()["answer"] == answer


def test_a_high_floor_in_shallow_water_is_open_where_half_the_plot_was_never_modelled():
    water(("H1", LEFT, 0.3), surveyed=LEFT)
    found = flood(level=5)
    assert found["answer"] == "cannot_tell"
    assert "50 %" in found["missing"][0]["en"]


def test_a_house_drawn_beside_the_water_is_open_where_its_ground_was_never_modelled():
    water(("H4", LEFT, None), surveyed=LEFT)
    assert flood(footprint=HOUSE_RIGHT)["answer"] == "cannot_tell"


@pytest.mark.parametrize(("cells", "answer"), [(0, "complies"), (1, "complies"), (9, "fails")])
def test_many_small_wet_cells_are_no_noise(cells, answer):
    wet = [("H4", square(41 + 2 * number, 42, 0.5), None) for number in range(cells)]
    water(*wet, ("H4", square(90, 90, 5), None))  # each cell is 0.25 m2; nine are 2.25 m2
    assert flood(footprint=drawn(41, 41, 18, 4))["answer"] == answer


def test_the_evidence_is_the_water_that_decides():
    water(("H1", LEFT, 0.3), ("H4", RIGHT, None))
    found = flood(level=3, footprint=HOUSE_RIGHT)
    assert found["evidence"]["type"] in {"Polygon", "MultiPolygon"}
    assert "H4" in found["explanation"]["en"]
    assert "150 m²" in found["explanation"]["en"]


def test_every_flood_answer_is_a_demo_value_and_says_so():
    water(("H4", CITY, None))
    found = flood()
    assert (found["basis"], found["may_block"]) == ("demo_value", False)
    assert found["source"] == "flood_classes.csv"


def test_a_rule_known_in_english_only_is_marked_in_khmer():
    water(("H4", CITY, None))
    explanation = flood()["explanation"]
    assert "“no new building; reserve for retention or park”" in explanation["km"]
    assert "អង់គ្លេស" in explanation["km"]
    assert "អង់គ្លេស" not in explanation["en"]
    assert "ខ្លាំងណាស់" in explanation["km"]


def critical(use, years, footprint=None):
    proposal = {"uses": [{"class": use, "floor_area_m2": 9}], "floor_level_above_ground_m": 9}
    if footprint:
        proposal |= {"footprint": footprint, "footprint_area_m2": None}
    rows = check_application(application(proposal=proposal)).results["checks"]
    return [(r["code"].split(":")[0], r["answer"]) for r in rows if ":flood:" in r["code"]]


@pytest.mark.parametrize(
    ("use", "rule"),
    [("hospital", "FZ-01"), ("school", "FZ-02"), ("kindergarten", "FZ-02"), ("landfill", "LF-17")],
)
@pytest.mark.parametrize(("years", "kept_out"), [(10, 1), (100, 1), (200, 0)])
def test_critical_facilities_stay_out_of_the_100_year_flood_only(use, rule, years, kept_out):
    water(("H1", CITY, 0.1), years=years)
    assert critical(use, years) == [(rule, "fails")] * kept_out


def test_a_hospital_drawn_on_the_dry_half_stays_out_of_the_flood():
    water(("H1", LEFT, 0.1))
    assert critical("hospital", 100, HOUSE_RIGHT) == []
    assert critical("hospital", 100, HOUSE_LEFT) == [("FZ-01", "fails")]
    assert critical("hospital", 100) == [("FZ-01", "cannot_tell")]

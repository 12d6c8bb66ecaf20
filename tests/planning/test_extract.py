import json
import random
from datetime import date
from itertools import pairwise

import pytest
import shapely
from django.core.management import call_command
from shapely.geometry import box

from layers.errors import NotFoundError, UserFacingError
from layers.models import Layer
from layers.visibility import EVERYTHING
from planning.extract import extract_parcel
from planning.parcels import parcel_at, parcel_named, parcels_like
from planning.plans import Adoption, adopt_plan
from tests.factories import EAST, NORTH, at, feature, filled_layer, line, rectangle, square
from tests.planning.city import DAY, IN_FORCE, flooded, parcel, r1_plot, surveyed, zoned

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)


def extract(name="P-1", on=DAY, **options):
    return extract_parcel(parcel_named(name), on=on, **options)


def entry(found, name, topic):
    [one] = [row for row in found[name] if row["topic"] == topic]
    return one


def topics(found, name):
    return {row["topic"] for row in found[name]}


def test_a_plot_in_one_zone_lies_in_it_wholly():
    r1_plot()
    found = extract()
    [zone] = found["zones"]
    assert (zone["zone"], zone["area_m2"], zone["share"]) == ("R1", 300, 1)
    assert found["unzoned_area_m2"] == 0


def test_a_plot_in_two_zones_states_both_shares():
    zoned(
        ("Z-1", "R1", rectangle(0, 0, 45, 100)),
        ("Z-2", "C1", rectangle(45, 0, 55, 100)),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15))],
    )
    found = extract()
    assert [(z["zone"], z["area_m2"], z["share"]) for z in found["zones"]] == [
        ("C1", 225, 0.75),
        ("R1", 75, 0.25),
    ]
    assert {group["zone"] for group in found["rules"]} == {"R1", "C1"}


def test_a_sliver_is_recorded_and_rules_nothing():
    zoned(
        ("Z-1", "R1", rectangle(0, 0, 59.95, 100)),
        ("Z-2", "C1", rectangle(59.95, 0, 40, 100)),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15))],
    )
    found = extract()
    assert [(z["zone"], z["is_sliver"]) for z in found["zones"]] == [("R1", False), ("C1", True)]
    assert found["zones"][1]["area_m2"] == 0.75
    assert [group["zone"] for group in found["rules"]] == ["R1"]


def test_half_a_percent_of_a_large_plot_is_no_sliver():
    zoned(
        ("Z-1", "R1", rectangle(0, 0, 99.5, 100)),
        ("Z-2", "C1", rectangle(99.5, 0, 10, 100)),
        parcels=[parcel("P-1", CITY)],
    )
    assert [z["is_sliver"] for z in extract()["zones"]] == [False, False]  # 50 of 10,000 m2


def test_less_than_a_square_metre_of_a_small_plot_is_a_sliver():
    zoned(
        ("Z-1", "R1", rectangle(0, 0, 9.91, 100)),
        ("Z-2", "C1", rectangle(9.91, 0, 10, 100)),
        parcels=[parcel("P-1", square(0, 0, 10))],
    )
    assert [z["is_sliver"] for z in extract()["zones"]] == [False, True]  # 0.9 of 100 m2


def test_what_no_zone_covers_is_unzoned():
    zoned(("Z-1", "R1", rectangle(0, 0, 45, 100)), parcels=[parcel("P-1", square(40, 40, 10))])
    found = extract()
    assert (found["zoned_share"], found["unzoned_share"], found["unzoned_area_m2"]) == (
        0.5, 0.5, 50,
    )  # fmt: skip


def test_overlapping_zones_count_their_ground_once_and_are_reported():
    zoned(
        ("Z-1", "R1", rectangle(0, 0, 60, 100)),
        ("Z-2", "C1", rectangle(40, 0, 60, 100)),
        parcels=[parcel("P-1", CITY)],
    )
    found = extract()
    assert (found["zoned_share"], found["zoned_more_than_once_m2"]) == (1, 2000)


@pytest.mark.parametrize("seed", range(12))
def test_zones_that_tile_the_ground_have_shares_that_sum_to_one(seed):
    chance = random.Random(seed)
    cuts = sorted({0, 100, *(chance.uniform(5, 95) for _ in range(chance.randint(1, 6)))})
    levels = sorted({0, 100, *(chance.uniform(5, 95) for _ in range(chance.randint(0, 4)))})
    tiles = [
        (x, y, right - x, top - y) for x, right in pairwise(cuts) for y, top in pairwise(levels)
    ]
    west, south = chance.uniform(0, 60), chance.uniform(0, 60)
    corners = [(chance.uniform(0, 40), chance.uniform(0, 40)) for _ in range(8)]
    plot = shapely.MultiPoint([(EAST + west + x, NORTH + south + y) for x, y in corners])
    zoned(
        *(
            (f"Z-{i}", chance.choice(["R1", "C1", "RM"]), rectangle(*t))
            for i, t in enumerate(tiles)
        ),
        parcels=[parcel("P-1", plot.convex_hull)],
    )
    found = extract()
    assert sum(zone["share"] for zone in found["zones"]) == pytest.approx(1, abs=1e-6)
    assert found["zoned_share"] + found["unzoned_share"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_zones_anywhere_and_the_unzoned_rest_make_up_the_plot(seed):
    chance = random.Random(100 + seed)
    zones = []
    for number in range(5):
        x, y = chance.uniform(0, 90), chance.uniform(0, 90)
        shape = rectangle(x, y, chance.uniform(5, 50), chance.uniform(5, 50))
        zones.append((f"Z-{number}", chance.choice(["R1", "C1"]), shape))
    zoned(*zones, parcels=[parcel("P-1", square(20, 20, 60))])
    found = extract()
    covered = shapely.union_all([shape for _id, _code, shape in zones])
    expected = covered.intersection(square(20, 20, 60)).area / 3600
    assert found["zoned_share"] == pytest.approx(expected, abs=1e-6)
    assert 0 <= found["zoned_share"] <= 1
    assert found["zoned_share"] + found["unzoned_share"] == pytest.approx(1, abs=1e-6)


def test_zones_are_those_of_the_version_in_force_and_not_of_a_newer_draft():
    r1_plot()
    filled_layer("zones", feature("Z-1", CITY, "C1"))  # published, not adopted
    assert [zone["zone"] for zone in extract()["zones"]] == ["R1"]


def test_the_law_of_the_day_asked_for_applies():
    r1_plot()
    filled_layer("zones", feature("Z-1", CITY, "C1"))
    adopt_plan(Adoption(code="demo-lup", in_force_from=date(2026, 6, 1)))
    assert extract(on=date(2026, 5, 31))["zones"][0]["zone"] == "R1"
    assert extract(on=date(2026, 6, 1))["zones"][0]["zone"] == "C1"


def test_two_plans_in_force_over_one_zoning_list_each_zone_once_per_plan():
    r1_plot()
    adopt_plan(Adoption(code="detail", in_force_from=IN_FORCE, level="DUP"))
    zones = extract()["zones"]
    assert [(zone["plan"], zone["share"]) for zone in zones] == [("demo-lup", 1), ("detail", 1)]


def test_without_a_plan_in_force_zoning_has_no_data():
    r1_plot()
    found = extract(on=date(2025, 12, 31))
    assert "31 Dec 2025" in entry(found, "no_data", "ZONING")["missing"]["en"]
    assert found["zones"] == []


def test_a_plot_outside_every_zone_has_no_data_on_zoning():
    zoned(("Z-1", "R1", square(500, 500, 50)), parcels=[parcel("P-1", CITY)])
    assert "outside every zone" in entry(extract(), "no_data", "ZONING")["missing"]["en"]


def test_every_topic_stands_in_exactly_one_list():
    r1_plot()
    flooded(CITY, "H2", rectangle(40, 40, 5, 15), 0.6)
    found = extract()
    names = [topics(found, name) for name in ("concerned", "not_concerned", "no_data")]
    assert sum(len(found[n]) for n in ("concerned", "not_concerned", "no_data")) == len(
        set.union(*names)
    )
    assert "OV-COAST50" in names[2]


def test_water_on_a_quarter_of_the_plot_is_stated_with_class_depth_and_share():
    r1_plot()
    flooded(CITY, "H2", rectangle(40, 40, 5, 15), 0.6)
    [hit] = entry(extract(), "concerned", "OV-FLOOD")["hits"]
    assert (hit["area_m2"], hit["share"]) == (75, 0.25)
    assert hit["properties"]["hazard_class"] == "H2"
    assert hit["properties"]["depth_max_m"] == 0.6
    assert hit["properties"]["return_period_years"] == 100


def test_a_dry_plot_in_the_modelled_area_is_not_concerned():
    r1_plot()
    flooded(CITY, "H2", square(90, 90, 5), 0.6)
    assert entry(extract(), "not_concerned", "OV-FLOOD")["layer"] == "flood-q100"


def test_a_dry_plot_modelled_in_part_has_no_data_and_says_how_much_was_modelled():
    r1_plot()
    flooded(rectangle(0, 0, 50, 100), "H2", square(0, 0, 5), 0.6)
    missing = entry(extract(), "no_data", "OV-FLOOD")["missing"]["en"]
    assert "50 %" in missing


def test_a_layer_that_does_not_say_where_it_is_complete_gives_no_all_clear():
    r1_plot()
    filled_layer("reservations", feature("far", square(5000, 5000, 10)))
    assert "does not cover" in entry(extract(), "no_data", "OV-RESERVE")["missing"]["en"]


def test_a_partial_survey_is_no_survey():
    r1_plot()
    filled_layer("reservations", feature("far", square(5000, 5000, 10)))
    layer = Layer.objects.get(slug="reservations")
    from layers.services import set_surveyed_area

    set_surveyed_area(layer=layer, geometry=CITY, completeness="partial")
    assert "OV-RESERVE" in topics(extract(), "no_data")


def test_two_survey_areas_that_meet_on_the_plot_cover_it():
    r1_plot()
    filled_layer("reservations", feature("far", square(5000, 5000, 10)))
    layer = Layer.objects.get(slug="reservations")
    from layers.services import set_surveyed_area

    set_surveyed_area(layer=layer, geometry=rectangle(0, 0, 50, 100), source="west")
    assert "OV-RESERVE" in topics(extract(), "no_data")
    set_surveyed_area(layer=layer, geometry=rectangle(50, 0, 50, 100), source="east")
    assert "OV-RESERVE" in topics(extract(), "not_concerned")


def test_protected_areas_and_overlays_are_named_by_their_layer():
    r1_plot()
    filled_layer("ream", feature("park", CITY, name_en="Ream"), theme="protected")
    filled_layer("ov-hv", feature("line", line((0, 45), (100, 45))), theme="overlay")
    found = extract()
    [park] = entry(found, "concerned", "PROTECTED")["hits"]
    [power] = entry(found, "concerned", "OV-HV")["hits"]
    assert park["name"]["en"] == "Ream"
    assert (power["length_m"], power["area_m2"]) == (20, 0)


def test_a_point_on_the_plot_concerns_it():
    r1_plot()
    filled_layer("heritage-trees", feature("tree", at(50, 45)), theme="overlay")
    assert "heritage-trees" in topics(extract(), "concerned")


def test_a_neighbour_that_shares_the_border_does_not_concern_the_plot():
    r1_plot()
    filled_layer("park", feature("park", rectangle(60, 40, 20, 15)), theme="protected")
    surveyed("park", CITY)
    assert "PROTECTED" in topics(extract(), "not_concerned")


def test_a_layer_that_is_not_public_is_withheld_and_said_to_be():
    r1_plot()
    filled_layer("depot", feature("d", CITY), theme="overlay", visibility="restricted")
    public = extract()
    hidden = entry(public, "no_data", "NOT-PUBLIC")
    assert hidden["layer"] is None
    assert "not public" in hidden["missing"]["en"]
    assert "depot" not in str(public["no_data"]).lower()
    assert "depot" in topics(extract(seen=EVERYTHING), "concerned")


def test_title_and_map_are_both_stated_and_their_contradiction_is_flagged():
    r1_plot(legal_area_m2=330)
    facts = extract()["parcel"]
    assert (facts["legal_area_m2"], facts["mapped_area_m2"]) == (330, 300)
    assert facts["mapped_to_legal_ratio"] == 0.9091
    assert facts["areas_deviate"]


@pytest.mark.parametrize("legal", [None, 0, -5, "unknown", "NaN"])
def test_a_title_area_that_is_none_is_not_known_and_never_zero(legal):
    r1_plot(legal_area_m2=legal)
    facts = extract()["parcel"]
    assert facts["legal_area_m2"] is None
    assert not facts["areas_deviate"]


@pytest.mark.parametrize(
    ("legal", "deviates"), [(315, False), (316, True), (286, False), (285, True)]
)
def test_five_percent_is_the_limit_on_both_sides(legal, deviates):
    r1_plot(legal_area_m2=legal)  # 300 / 315 = 0.952, 300 / 316 = 0.949; 1.049 and 1.053
    assert extract()["parcel"]["areas_deviate"] is deviates


def test_every_limit_carries_its_unit_basis_and_source():
    r1_plot()
    [group] = extract()["rules"]
    for row in group["regulations"]:
        assert row["unit"]
        assert row["basis"]
        assert row["source"]
    coverage = next(r for r in group["regulations"] if r["parameter"] == "coverage_share")
    assert (coverage["value"], coverage["unit"], coverage["may_block"]) == (50, "%", True)


def test_the_uses_of_the_zone_are_listed_by_permission():
    r1_plot()
    [group] = extract()["rules"]
    assert "dwelling_single" in {use["use"] for use in group["uses"]["permitted"]}
    assert "karaoke_club" in {use["use"] for use in group["uses"]["prohibited"]}


def test_every_version_used_is_named():
    r1_plot()
    flooded(CITY, "H2", square(90, 90, 5), 0.6)
    used = {(row["layer"], row["version"]) for row in extract()["data_versions"]}
    assert used == {("zones", 1), ("parcels", 1), ("flood-q100", 1)}


def test_a_parcel_is_found_by_its_number_where_it_names_one():
    plots = [
        parcel("a", square(0, 0, 10), parcel_no="12/3"),
        parcel("b", square(20, 0, 10), parcel_no="12/4"),
        parcel("c", square(40, 0, 10), parcel_no="12/4"),
    ]
    zoned(("Z-1", "R1", CITY), parcels=plots)
    assert parcel_named("12/3").stable_id == "a"
    with pytest.raises(NotFoundError):
        parcel_named("12/4")
    assert parcels_like("12/4") == ["b", "c"]


def test_a_parcel_is_found_at_a_place_of_the_map():
    r1_plot()
    from layers.crs import to_wgs84

    inside, outside = to_wgs84(at(50, 45)), to_wgs84(at(5, 5))
    assert parcel_at(inside.x, inside.y).stable_id == "P-1"
    with pytest.raises(NotFoundError):
        parcel_at(outside.x, outside.y)


@pytest.mark.parametrize("place", [(200, 10), (103, 95), (float("nan"), 10)])
def test_a_place_that_is_none_is_refused(place):
    r1_plot()
    with pytest.raises(UserFacingError):
        parcel_at(*place)


def test_the_command_prints_the_three_lists_and_json(capsys):
    r1_plot()
    flooded(CITY, "H2", rectangle(40, 40, 5, 15), 0.6)
    call_command("extract", "P-1", "--date", "2026-11-01")
    text = capsys.readouterr().out
    call_command("extract", "P-1", "--json")
    found = json.loads(capsys.readouterr().out)
    assert "zone R1 Residential detached low-rise: 300.0 m2, 100.0%" in text
    assert "Not concerned:" in text
    assert "Public beach strip: Nobody has mapped this here yet." in text
    assert "75.0 m2, 25.0%" in text
    assert found["parcel"]["stable_id"] == "P-1"


@pytest.mark.parametrize("arguments", [["P-9"], ["P-1", "--date", "soon"], ["P-1", "--layer", "x"]])
def test_what_does_not_exist_ends_with_code_2(arguments, capsys):
    r1_plot()
    with pytest.raises(SystemExit) as ended:
        call_command("extract", *arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.strip()


def test_a_polygon_is_asked_in_a_fixed_number_of_questions(django_assert_max_num_queries):
    zoned(
        *((f"Z-{i}", "R1", rectangle(10 * i, 0, 10, 100)) for i in range(10)),
        parcels=[parcel("P-1", box(EAST, NORTH, EAST + 100, NORTH + 100))],
    )
    plot = parcel_named("P-1")
    with django_assert_max_num_queries(12):
        assert len(extract_parcel(plot, on=DAY)["zones"]) == 10

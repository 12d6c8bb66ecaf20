"""Each limit of each zone class from below, at it and from above, on a plot of 10,000 m2."""

import pytest

from tests.planning.street import ZONE_CODES, asked, checks
from tests.planning.test_zoning_code_rows import CODE

PLOT_M2 = 10_000
BUILDABLE = [zone for zone in ZONE_CODES if CODE[zone][0] > 0]
UNBUILDABLE = [zone for zone in ZONE_CODES if CODE[zone][0] == 0]


def building(zone, step):
    """A building on every limit of a zone (step 0), beyond all of them (1) or within (-1)."""
    coverage, far, height, storeys, *_setbacks, _plot, _front, green, _density = CODE[zone]
    return asked(
        zone,
        "admin",
        {"floor_area_m2": max(0, far * PLOT_M2 + step)},
        footprint_area_m2=max(0, coverage * PLOT_M2 / 100 + step),
        height_m=max(1, height + step * 0.1),
        floors=max(0, storeys + step),
        green_area_m2=None if green is None else max(0, green * PLOT_M2 / 100 - step),
    )


def limit_answers(zone, step, code):
    rows = checks(building(zone, step))[code]
    return [row["answer"] for row in rows if row["bound"] == "max"]


LIMITS = ("coverage_share", "far", "height_m", "storeys")


@pytest.mark.parametrize("zone", BUILDABLE)
def test_a_building_exactly_on_every_limit_of_its_zone_complies(street, zone):
    found = checks(building(zone, 0))
    for code in LIMITS:
        upper = [row for row in found[code] if row["bound"] == "max"]
        assert [(row["answer"], row["margin"]) for row in upper] == [("complies", 0)], code


@pytest.mark.parametrize("zone", BUILDABLE)
def test_one_square_metre_a_decimetre_or_a_floor_too_much_fails_every_limit(street, zone):
    found = checks(building(zone, 1))
    for code in LIMITS:
        upper = [row for row in found[code] if row["bound"] == "max"]
        assert [row["answer"] for row in upper] == ["fails"], code
        assert upper[0]["margin"] <= 0


@pytest.mark.parametrize("zone", UNBUILDABLE)
def test_where_nothing_may_be_built_a_hut_of_one_metre_is_too_much(street, zone):
    found = checks(building(zone, 1))
    assert {row["answer"] for code in LIMITS for row in found[code]} == {"fails"}
    assert {row["required"] for code in LIMITS for row in found[code]} == {0}


@pytest.mark.parametrize("zone", [zone for zone in ZONE_CODES if CODE[zone][9]])
def test_green_at_the_minimum_complies_and_a_square_metre_less_fails(street, zone):
    green_m2 = CODE[zone][9] * PLOT_M2 / 100
    for area_m2, answer in ((green_m2, "complies"), (green_m2 - 1, "fails")):
        [row] = checks(asked(zone, "park", green_area_m2=area_m2))["green_share"]
        assert row["answer"] == answer


@pytest.mark.parametrize("zone", ["WA", "AG", "TR", "UR"])
def test_where_no_green_is_asked_none_is_missed(street, zone):
    [row] = checks(asked(zone, "park"))["green_share"]
    assert row["answer"] == "not_applicable"


@pytest.mark.parametrize("zone", ZONE_CODES)
def test_an_application_that_states_nothing_is_cleared_of_nothing_measured(street, zone):
    found = checks(asked(zone, "admin"))
    for code in (*LIMITS, "setbacks"):
        for row in found.get(code, []):
            assert row["answer"] == "cannot_tell", code
            assert row["missing"]
            assert row["margin"] is None


@pytest.mark.parametrize("zone", [zone for zone in ZONE_CODES if CODE[zone][7]])
def test_a_hectare_is_large_enough_for_every_class(street, zone):
    [row] = checks(asked(zone, "admin"))["plot_min_m2"]
    assert (row["answer"], row["measured"]) == ("complies", PLOT_M2)
    assert row["required"] == CODE[zone][7]


@pytest.mark.parametrize("zone", [zone for zone in ZONE_CODES if CODE[zone][8]])
def test_a_hundred_metres_of_edge_are_frontage_enough_for_every_class(street, zone):
    [row] = checks(asked(zone, "admin"))["frontage_min_m"]
    assert (row["answer"], row["measured"], row["required"]) == ("complies", 100, CODE[zone][8])


@pytest.mark.parametrize("zone", [zone for zone in ZONE_CODES if CODE[zone][10]])
def test_density_counts_dwellings_on_the_hectare_of_a_land_development(street, zone):
    limit = CODE[zone][10]
    for dwellings, answer in ((limit, "complies"), (limit + 1, "fails"), (None, "cannot_tell")):
        given = asked(zone, "dwelling_single", {"dwellings": dwellings})
        [row] = checks({**given, "permit_type": "LDL"})["dwellings_per_ha"]
        assert row["answer"] == answer
    [row] = checks(asked(zone, "dwelling_single", {"dwellings": limit + 1}))["dwellings_per_ha"]
    assert row["answer"] == "not_applicable"


@pytest.mark.parametrize(("floors", "answer"), [(12, "complies"), (11, "fails")])
def test_a_low_building_in_the_high_rise_zone_is_warned_of_and_not_blocked(street, floors, answer):
    found = checks(asked("R4", "admin", floors=floors))["storeys"]
    [low] = [row for row in found if row["bound"] == "min"]
    assert (low["answer"], low["may_block"]) == (answer, False)


@pytest.mark.parametrize("zone", ["R1", "R2", "R3", "C2", "T1", "I1", "AP"])
def test_only_law_as_reported_may_block(street, zone):
    expected = {"R1": {"coverage_share", "storeys"}, "R2": {"height_m"}, "R3": {"storeys"}}
    found = checks(building(zone, 1))
    blocking = {code for code in LIMITS for row in found[code] if row["may_block"]}
    assert blocking == expected.get(zone, set())

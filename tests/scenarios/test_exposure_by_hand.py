"""Who stands in the water, on a grid of 5 x 5 cells where every number can be checked in the head.

Flat ground with one pit of 1 m in the middle, closed. 540 mm of rain are 13.5 m of water over 25
cells: 24 x 0.5 m on the plain and 1.5 m in the pit. So the plain is H2 and the pit H4. Cells are
10 m wide; the pit lies between 20 and 30 m east and north.
"""

import numpy as np
import pytest

from scenarios.queries import exposed_versions
from tests.factories import feature, filled_layer, line, rectangle, square
from tests.scenarios.basins import run_scenario, write_scenario

pytestmark = pytest.mark.django_db

DRIZZLE = {"steady_rain": {"depth_mm": 1, "duration_h": 1, "source": "test"}}


def five_by_five():
    bed = np.zeros((5, 5))
    bed[2, 2] = -1.0
    return bed


def flood(folder, bed=None, depth_mm=540, **changes):
    event = {"steady_rain": {"depth_mm": depth_mm, "duration_h": 1, "source": "test"}}
    changes = {"event": event, "duration_h": 1.5, **changes}
    return run_scenario(write_scenario(folder, five_by_five() if bed is None else bed, **changes))


def facilities(*shapes):
    filled_layer(
        "facilities", *(feature(f"F-{n}", shape, "school") for n, shape in enumerate(shapes))
    )


def told(run):
    rows = run.scenario_run.exposure["facilities"]
    return {row["id"]: (row["depth_m"], row["hazard_class"]) for row in rows}


def test_a_school_in_the_pit_stands_in_one_metre_fifty_and_one_on_the_plain_in_fifty_centimetres(
    tmp_path,
):
    facilities(square(22, 22, 6), square(2, 2, 5))

    found = told(flood(tmp_path))

    assert found["F-0"] == (pytest.approx(1.5, abs=0.01), "H4")
    assert found["F-1"] == (pytest.approx(0.5, abs=0.01), "H2")


def test_water_within_one_cell_width_of_the_walls_counts_and_beyond_it_does_not(tmp_path):
    """The pit's centre lies at (25, 25): 9.9 m from the corner (18, 18), 11.3 m from (17, 17)."""
    facilities(square(12, 12, 6), square(11, 11, 6))

    found = told(flood(tmp_path))

    assert found["F-0"][1] == "H4"
    assert found["F-1"] == (pytest.approx(0.5, abs=0.01), "H2")


def test_a_school_smaller_than_a_cell_is_found_wherever_it_stands_in_it(tmp_path):
    facilities(*(square(20 + dx, 20 + dy, 0.5) for dx in (0.1, 9.4) for dy in (0.1, 9.4)))

    assert {hazard for _depth, hazard in told(flood(tmp_path)).values()} == {"H4"}


def test_the_deepest_come_first_and_those_that_cannot_be_told_before_them(tmp_path):
    facilities(square(2, 2, 5), square(500, 500, 5), square(22, 22, 6))

    rows = flood(tmp_path).scenario_run.exposure["facilities"]

    assert [row["id"] for row in rows] == ["F-1", "F-2", "F-0"]


@pytest.mark.parametrize(
    "place",
    [(-40, 20), (60, 20), (20, -40), (20, 61), (-3000, 4000)],
)
def test_beyond_every_side_of_the_model_nothing_can_be_told(tmp_path, place):
    facilities(square(*place, 8))

    assert told(flood(tmp_path)) == {"F-0": (None, None)}


def test_a_dry_school_inside_is_dry_and_one_that_reaches_beyond_the_model_cannot_be_told(tmp_path):
    """Half of it is known to be dry; the other half may lie in the river next door."""
    facilities(square(10, 30, 8), rectangle(42, 30, 20, 8), rectangle(42, 30, 8, 8))

    found = told(flood(tmp_path, np.zeros((5, 5)), event=DRIZZLE))

    assert found["F-0"] == (0.0, "H0")
    assert found["F-1"] == (None, None)
    assert found["F-2"] == (0.0, "H0")  # it ends exactly at the side of the model


def test_one_that_reaches_beyond_the_model_and_is_wet_inside_stands_in_that_water(tmp_path):
    facilities(rectangle(42, 30, 20, 8))

    assert told(flood(tmp_path))["F-0"] == (pytest.approx(0.5, abs=0.01), "H2")


def test_a_dry_school_on_a_hole_of_the_terrain_cannot_be_told(tmp_path):
    bed = np.zeros((5, 5))
    bed[1, 1] = -9999  # 10 to 20 m east, 30 to 40 m north
    facilities(square(8, 28, 14), square(35, 35, 8))

    found = told(flood(tmp_path, bed, event=DRIZZLE))

    assert found["F-0"] == (None, None)
    assert found["F-1"] == (0.0, "H0")


class TestBesideTheSea:
    """Eleven columns: the six in the west are sea, the others 3 m high."""

    bed = np.tile([-2.0] * 6 + [3.0] * 5, (5, 1))
    sea = {"below_m": 0.0, "level_m": 0.5, "source": "tide table"}

    def test_a_school_on_the_quay_is_dry_and_one_on_an_island_far_out_cannot_be_told(
        self, tmp_path
    ):
        facilities(rectangle(55, 20, 20, 8), square(12, 20, 5))

        found = told(flood(tmp_path, self.bed, event=DRIZZLE, sea=self.sea))

        assert found["F-0"] == (0.0, "H0")
        assert found["F-1"] == (None, None)

    def test_the_far_sea_is_not_computed_and_the_land_gets_the_same_water(self, tmp_path):
        """Six cells of sea, of which the three nearest the land are computed."""
        run = flood(tmp_path, self.bed, depth_mm=60, sea=self.sea)
        balance = run.scenario_run.mass_balance

        # 60 mm on 8 columns x 5 rows x 100 m2; what falls on the sea beyond is nobody's
        assert balance["rain_m3"] == pytest.approx(0.06 * 40 * 100)
        assert balance["stored_start_m3"] == pytest.approx(2.5 * 15 * 100)
        assert run.scenario_run.parameters["domain_cells"] == 25


def buildings(*rows):
    filled_layer("buildings", *(feature(f"B-{n}", *row) for n, row in enumerate(rows)))


def counted(run):
    return run.scenario_run.exposure["buildings"]


def test_buildings_are_counted_by_use_each_in_its_worst_class(tmp_path):
    buildings(
        (square(22, 22, 5), "residential"),  # in the pit
        (square(15, 22, 10), "residential"),  # half in the pit
        (square(2, 2, 5), "residential"),  # on the plain
        (square(42, 42, 5), "shophouse"),
        (square(70, 70, 5), "shophouse"),  # outside the model: no class is claimed
    )

    assert counted(flood(tmp_path)) == [
        {"land_use": "residential", "H2": 1, "H4": 2},
        {"land_use": "shophouse", "H2": 1},
    ]


def test_a_wall_along_the_rim_of_the_pit_counts_as_touched_by_its_water(tmp_path):
    buildings((rectangle(10, 20, 10, 10), "residential"))

    assert counted(flood(tmp_path)) == [{"land_use": "residential", "H4": 1}]


def test_a_building_without_class_is_counted_too(tmp_path):
    buildings((square(22, 22, 5), None))

    assert counted(flood(tmp_path)) == [{"land_use": "", "H4": 1}]


def test_a_building_taken_away_is_no_longer_counted(tmp_path):
    buildings((square(22, 22, 5), "residential"), (square(2, 2, 5), "residential"))
    flood(tmp_path)
    filled_layer("buildings", feature("B-1", square(2, 2, 5), "residential"))

    assert counted(flood(tmp_path)) == [{"land_use": "residential", "H2": 1}]


def test_dry_buildings_are_no_rows_of_zeros(tmp_path):
    buildings((square(2, 2, 5), "residential"))

    assert counted(flood(tmp_path, event=DRIZZLE)) == []


def test_lines_and_other_layers_are_nobodys_exposure(tmp_path):
    filled_layer("roads", feature("R-1", line((0, 25), (50, 25)), "road"))

    exposure = flood(tmp_path).scenario_run.exposure

    assert exposure == {"versions": {}, "facilities": [], "buildings": []}
    assert exposed_versions() == {}


def test_the_versions_that_were_counted_are_kept(tmp_path):
    facilities(square(22, 22, 6))
    facilities(square(22, 22, 5))
    buildings((square(2, 2, 5), "residential"))

    assert flood(tmp_path).scenario_run.exposure["versions"] == {"facilities": 2, "buildings": 1}


def test_a_house_raised_as_a_block_counts_by_the_water_at_its_walls(tmp_path):
    """The pit is a house now: 540 mm on 25 cells stand on 24, 0.5625 m, at its walls too."""
    facilities(square(20.5, 20.5, 9))
    filled_layer("houses", feature("B-1", square(20, 20, 10)))
    bed = np.zeros((5, 5))

    run = flood(tmp_path, bed, buildings={"layer": "houses", "raise_m": 3, "source": "t"})

    depth, hazard = told(run)["F-0"]
    assert depth == pytest.approx(0.5625, abs=0.03)
    assert hazard == "H2"

"""A scenario computed from files alone: water goes where it must and every litre is told."""

import numpy as np
import pytest
from shapely.geometry import box

from scenarios import flood
from scenarios.errors import SolverError, TerrainError
from scenarios.simulation import combined_digest, input_digests, run_spec, volume_error
from scenarios.sources import FileSources
from scenarios.spec_reader import read_spec
from scenarios.vocab import Quantity
from tests.factories import EAST, NORTH, rectangle
from tests.scenarios.basins import basin, write_scenario, write_terrain
from tests.scenarios.test_surfaces import write_areas


def run(folder, bed=None, **changes):
    return run_spec(read_spec(write_scenario(folder, bed, **changes)), FileSources())


def test_60_mm_on_a_closed_flat_plain_stand_60_mm_deep(tmp_path):
    outcome = run(tmp_path, np.zeros((6, 8)))
    assert outcome.result.max_depth == pytest.approx(0.06, abs=1e-6)
    assert outcome.result.mass_balance.rain_m3 == pytest.approx(0.06 * 48 * 100)
    assert (outcome.classes == 1).all()


def test_rain_on_the_rim_gathers_on_the_floor_of_the_basin(tmp_path):
    # 48 cells x 60 mm = 2.88 m of water on 24 floor cells: 0.12 m each
    outcome = run(tmp_path, basin(), duration_h=4)
    floor = outcome.result.depth[1:-1, 1:-1]
    assert floor.mean() == pytest.approx(0.12, abs=0.002)
    assert np.ptp(floor) < 0.005


def test_half_the_rain_runs_off_where_the_coefficient_is_one_half(tmp_path):
    outcome = run(tmp_path, np.zeros((6, 8)), runoff={"default": 0.5, "source": "test"})
    assert outcome.result.max_depth == pytest.approx(0.03, abs=1e-6)
    assert outcome.water_accounts()["lost_m3"] == pytest.approx(0.03 * 48 * 100)


def test_a_changed_climate_brings_22_percent_more(tmp_path):
    outcome = run(tmp_path, np.zeros((6, 8)), climate="S585_2100")
    assert outcome.result.max_depth == pytest.approx(0.06 * 1.22, abs=1e-6)


def test_an_open_side_lets_water_out_and_a_closed_one_does_not(tmp_path):
    outcome = run(tmp_path, np.zeros((6, 8)), edges={"south": "open"})
    by_side = outcome.result.mass_balance.edge_out_by_side_m3
    assert by_side["south"] > 100
    assert by_side["north"] == by_side["east"] == by_side["west"] == 0


def test_a_disc_of_inflow_delivers_its_volume(tmp_path):
    point = {"point": [EAST + 35, NORTH + 25], "radius_m": 11, "discharge_m3s": 0.2}
    outcome = run(tmp_path, event=None, inflows=[{**point, "source": "test"}])
    assert outcome.result.mass_balance.inflow_m3 == pytest.approx(0.2 * 7200)
    [inflow] = outcome.setup.forcing.inflows
    assert inflow.cells[0].size == 5  # the centre and its four neighbours, 10 m away


def test_an_inflow_along_a_line_enters_each_cell_once(tmp_path):
    line = [[EAST + 15, NORTH + 15], [EAST + 15, NORTH + 45], [EAST + 45, NORTH + 45]]
    inflow = {"line": line, "hydrograph": [[0, 0], [60, 0.2]], "source": "test"}
    outcome = run(tmp_path, event=None, inflows=[inflow])
    rows, cols = outcome.setup.forcing.inflows[0].cells
    assert sorted(zip(rows.tolist(), cols.tolist(), strict=True)) == [
        (1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (3, 1), (4, 1),
    ]  # fmt: skip
    assert outcome.result.mass_balance.inflow_m3 == pytest.approx(0.5 * 0.2 * 3600)


def test_an_inflow_outside_the_terrain_is_refused_by_name(tmp_path):
    inflow = {"name": "spring", "point": [EAST - 100, NORTH], "discharge_m3s": 1, "source": "t"}
    with pytest.raises(SolverError, match="'spring' lies outside the terrain"):
        run(tmp_path, event=None, inflows=[inflow])


def test_a_side_held_at_one_metre_fills_a_flat_plain_to_one_metre(tmp_path):
    outcome = run(
        tmp_path, np.zeros((6, 8)), event=None, edges={"east": {"stage": 1.0}}, duration_h=6
    )
    assert outcome.result.depth == pytest.approx(1.0, abs=0.02)
    assert (outcome.classes >= 3).all()  # 0.6 to 1.2 m deep, worse where it rushed in


class TestSea:
    """A beach: sea on the left, ground rising to the right, a pit behind the ridge."""

    bed = np.tile([-2.0, -1.0, 3.0, -0.5, 3.0, 3.0], (5, 1))

    def test_the_sea_is_held_and_takes_no_part_in_the_hazard(self, tmp_path):
        sea = {"below_m": 0.0, "level_m": 0.5, "source": "test"}
        bed = self.bed.copy()
        bed[0, 3] = bed[-1, 3] = 3.0  # the pit does not reach the border
        outcome = run(tmp_path, bed, sea=sea)
        assert outcome.setup.sea[:, :2].all()
        assert not outcome.setup.sea[:, 2:].any()
        assert (outcome.classes[:, :2] == -1).all()
        assert (outcome.classes[1:-1, 3] > 0).all()
        assert np.isnan(outcome.grids()[Quantity.DEPTH][:, :2]).all()

    def test_sea_level_rise_of_the_climate_is_added_to_the_level(self, tmp_path):
        sea = {"below_m": -0.7, "level_m": 0.5, "source": "test"}
        outcome = run(tmp_path, self.bed, sea=sea, climate="S585_2100")
        assert outcome.setup.forcing.stage_cells.level == pytest.approx(0.5 + 0.77)

    def test_a_sea_by_its_outline(self, tmp_path):
        write_areas(tmp_path, (rectangle(0, 0, 20, 50), None), name="sea.gpkg")
        outcome = run(
            tmp_path, self.bed, sea={"file": "sea.gpkg", "level_m": 0.5, "source": "test"}
        )
        assert outcome.setup.sea.sum() == 10

    def test_a_sea_that_touches_no_cell_is_refused(self, tmp_path):
        with pytest.raises(TerrainError, match="covers no cell"):
            run(tmp_path, self.bed, sea={"below_m": -50, "level_m": 0, "source": "test"})


class TestBuildings:
    """One house of 2 x 2 cells in the middle of a flooded plain."""

    @pytest.fixture
    def outcome(self, tmp_path):
        write_areas(tmp_path, (rectangle(30, 20, 20, 20), None), name="houses.gpkg")
        return run(
            tmp_path,
            np.zeros((6, 8)),
            buildings={"file": "houses.gpkg", "raise_m": 3, "source": "test"},
            event={"steady_rain": {"depth_mm": 400, "duration_h": 1, "source": "test"}},
        )

    def test_the_house_stands_three_metres_above_the_ground(self, outcome):
        assert (outcome.setup.terrain.bed == 3).sum() == 4

    def test_it_takes_the_class_of_the_water_around_it_and_shows_no_depth(self, outcome):
        house = outcome.setup.buildings > 0
        # 48 cells x 0.4 m on the 44 that are ground: 0.44 m, class H2
        assert outcome.result.depth[~house].mean() == pytest.approx(0.436, abs=0.005)
        assert set(outcome.classes[house].tolist()) == {2}
        assert np.isnan(outcome.grids()[Quantity.DEPTH][house]).all()
        assert outcome.depth_at_walls[house] == pytest.approx(0.44, abs=0.02)

    def test_the_reader_is_told(self, outcome):
        assert {"buildings_hide", "coarse_blocks"} <= set(outcome.validity()["notes"])
        told = {each.kind.value: each for each in outcome.setup.assumptions}
        assert told["buildings"].value == "1 x +3"


def test_holes_are_walls_and_the_reader_is_told(tmp_path):
    bed = np.zeros((6, 8))
    bed[2, 3] = -9999
    outcome = run(tmp_path, bed)
    assert outcome.setup.hole_cells == 1
    assert outcome.classes[2, 3] == -1
    assert "holes" in outcome.validity()["notes"]
    assert outcome.result.mass_balance.rain_m3 == pytest.approx(0.06 * 47 * 100)


def test_a_sea_that_comes_and_goes_does_not_hide_the_volume_error():
    """100 m3 of rain, 1 m3 made of nothing, beside a million m3 of sea: 1 %, not a millionth."""
    nothing = dict.fromkeys(("lost_m3", "inflow_m3", "edge_in_m3", "stored_start_m3"), 0.0)
    sea = {"stage_in_m3": 1e6, "stage_out_m3": 0.0, "edge_out_m3": 1e6, "edge_out_by_side_m3": {}}
    rainy = flood.MassBalance(rain_m3=100.0, stored_end_m3=101.0, **nothing, **sea)
    assert rainy.relative_error == pytest.approx(1e-6, rel=1e-3)
    assert volume_error(rainy) == pytest.approx(0.01)

    dry = flood.MassBalance(rain_m3=0.0, stored_end_m3=1.0, **nothing, **sea)
    assert volume_error(dry) == pytest.approx(1e-6)


def test_a_validated_model_says_so_and_any_other_says_it_never_was(tmp_path):
    assert "not_validated" in run(tmp_path).validity()["notes"]
    compared = run(tmp_path, validation="Compared with 12 flood marks of 2021")
    assert "not_validated" not in compared.validity()["notes"]
    assert compared.validity()["validation"].startswith("Compared")


def test_every_assumption_carries_a_basis_and_a_source(tmp_path):
    storm = {"table": "sihanoukville-doh-1999-2019", "return_period_years": 100, "duration_h": 1}
    outcome = run(
        tmp_path, event={"design_storm": storm}, sea={"below_m": 1, "level_m": 0.5, "source": "s"},
        bed=np.tile([0.0, 2.0, 4.0], (3, 1)),
    )  # fmt: skip
    kinds = [each.kind.value for each in outcome.setup.assumptions]
    assert kinds == [
        "terrain", "rain", "return_period", "climate", "roughness", "runoff", "sea_level",
        "edges", "classes",
    ]  # fmt: skip
    assert all(each.basis and each.source for each in outcome.setup.assumptions)
    rain = outcome.setup.assumptions[1]
    assert rain.basis == "general_knowledge"
    assert "Department of Hydrology" in rain.source


def test_it_stops_when_asked(tmp_path):
    spec = read_spec(write_scenario(tmp_path))
    outcome = run_spec(spec, FileSources(), should_stop=lambda: True)
    assert outcome.result.cancelled


def test_progress_runs_to_the_end(tmp_path):
    seen = []
    run_spec(read_spec(write_scenario(tmp_path)), FileSources(), on_progress=seen.append)
    assert seen[-1].share == pytest.approx(1.0)


class TestDigest:
    """The same inputs have the same digest; anything that could change a result changes it."""

    def digest(self, path):
        return combined_digest(input_digests(read_spec(path), FileSources()))

    def test_twice_the_same_is_the_same(self, tmp_path):
        path = write_scenario(tmp_path)
        assert self.digest(path) == self.digest(path)

    @pytest.mark.parametrize(
        "changes",
        [
            {"duration_h": 3},
            {"climate": "S245_2050"},
            {"min_area_m2": 100},
            {"roughness": {"default": 0.031, "source": "test"}},
        ],
    )
    def test_another_parameter_is_another_run(self, tmp_path, changes):
        before = self.digest(write_scenario(tmp_path))
        assert self.digest(write_scenario(tmp_path, **changes)) != before

    def test_another_terrain_under_the_same_name_is_another_run(self, tmp_path):
        path = write_scenario(tmp_path)
        before = self.digest(path)
        write_terrain(tmp_path / "terrain.tif", basin(floor=-0.1))
        assert self.digest(path) != before

    def test_another_rain_series_under_the_same_name_is_another_run(self, tmp_path):
        series = tmp_path / "rain.csv"
        series.write_text("end_min,rain_mm\n60,10\n", encoding="utf-8")
        event = {"rain_series": {"file": "rain.csv", "source": "test"}}
        path = write_scenario(tmp_path, event=event)
        before = self.digest(path)
        series.write_text("end_min,rain_mm\n60,11\n", encoding="utf-8")
        assert self.digest(path) != before


def test_a_rain_series_is_what_falls(tmp_path):
    (tmp_path / "rain.csv").write_text("end_min,rain_mm\n30,10\n60,20\n", encoding="utf-8")
    outcome = run(
        tmp_path, np.zeros((4, 4)), event={"rain_series": {"file": "rain.csv", "source": "gauge"}}
    )
    assert outcome.result.depth == pytest.approx(0.03, abs=1e-6)


def test_roughness_areas_reach_the_solver(tmp_path):
    write_areas(tmp_path, (box(EAST, NORTH, EAST + 40, NORTH + 60), 0.02))
    cover = {"file": "cover.gpkg", "file_layer": "cover", "attribute": "n"}
    outcome = run(
        tmp_path, np.zeros((6, 8)), roughness={"default": 0.1, "source": "t", "areas": [cover]}
    )
    roughness = outcome.setup.terrain.roughness
    assert (roughness[:, :4] == 0.02).all()
    assert (roughness[:, 4:] == 0.1).all()


def test_the_froude_warning_counts_wet_cells_beyond_the_limit(tmp_path):
    steep = np.tile(np.linspace(0, 60, 12)[::-1], (4, 1))  # a slope of one in two
    outcome = run(
        tmp_path, steep, edges={"east": "open"},
        event={"steady_rain": {"depth_mm": 800, "duration_h": 1, "source": "test"}},
    )  # fmt: skip
    validity = outcome.validity()
    wet = outcome.result.max_depth >= 0.05
    beyond = wet & (outcome.result.max_froude > 0.8)
    assert validity["wet_cells"] == wet.sum()
    assert validity["wet_share_beyond_froude"] == pytest.approx(beyond.sum() / max(wet.sum(), 1))
    assert validity["froude_limit"] == 0.8

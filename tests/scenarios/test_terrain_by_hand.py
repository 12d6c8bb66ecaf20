"""Terrain, sea, roughness and edges cell by cell: which cell belongs to what, what is refused."""

import numpy as np
import pytest
from rasterio.transform import from_origin
from shapely.geometry import box

from scenarios import flood
from scenarios.errors import SolverError, TerrainError
from scenarios.model_setup import SEA_CELLS_OFF_LAND, prepare_model
from scenarios.simulation import run_spec
from scenarios.sources import FileSources
from scenarios.spec_reader import read_spec
from scenarios.terrain import read_ground
from tests.factories import EAST, NORTH, line, outline, rectangle, square
from tests.scenarios.basins import basin, write_scenario, write_terrain
from tests.scenarios.test_surfaces import write_areas


def model(folder, bed=None, **changes):
    return prepare_model(read_spec(write_scenario(folder, bed, **changes)), FileSources())


def ground(path, window=None, nodata=None, has_no_nodata=False):
    return read_ground(path, window=window, nodata=nodata, has_no_nodata=has_no_nodata)


NUMBERED = np.arange(48.0).reshape(6, 8)  # row 0 in the north: 0 to 7

WINDOWS = {
    "the whole terrain": ((0, 0, 80, 60), NUMBERED),
    "one cell in the south-west": ((0, 0, 10, 10), [[40]]),
    "one cell in the north-east": ((70, 50, 80, 60), [[7]]),
    "a row": ((0, 20, 80, 30), [[24, 25, 26, 27, 28, 29, 30, 31]]),
    "a column": ((30, 0, 40, 60), [[3], [11], [19], [27], [35], [43]]),
    "sides a little within their cells": ((1, 1, 9, 9), [[40]]),
    "sides a little beyond their cells": ((-4, -4, 14, 14), [[40]]),
    "sides short of two centres": ((6, 6, 24, 24), [[33]]),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_holds_the_cells_whose_centres_it_holds(tmp_path, name):
    (west, south, east, north), expected = WINDOWS[name]
    path = write_terrain(tmp_path / "t.tif", NUMBERED)

    found = ground(path, window=(EAST + west, NORTH + south, EAST + east, NORTH + north))

    assert found.bed.tolist() == np.asarray(expected, float).tolist()


@pytest.mark.parametrize(
    "window",
    [(-20, 0, 30, 30), (0, -20, 30, 30), (50, 0, 100, 30), (0, 30, 30, 80), (900, 900, 950, 950),
     (2, 2, 4, 4)],
)  # fmt: skip
def test_a_window_that_leaves_the_terrain_or_holds_no_centre_is_refused(tmp_path, window):
    west, south, east, north = window
    path = write_terrain(tmp_path / "t.tif", NUMBERED)

    with pytest.raises(TerrainError, match=r"is not inside t\.tif") as refused:
        ground(path, window=(EAST + west, NORTH + south, EAST + east, NORTH + north))

    assert "inside it" in refused.value.remedy


@pytest.mark.parametrize("cell_m", [0.5, 1.0, 30.0, 90.0])
def test_cells_of_any_width_keep_their_place(tmp_path, cell_m):
    found = ground(write_terrain(tmp_path / "t.tif", NUMBERED, cell_m=cell_m))

    assert found.grid.dx_m == cell_m
    assert found.grid.bounds == (EAST, NORTH, EAST + 8 * cell_m, NORTH + 6 * cell_m)
    assert found.grid.cell_area_m2 == cell_m**2
    assert found.grid.transform @ (0, 0) == (EAST, NORTH + 6 * cell_m)


@pytest.mark.parametrize(
    ("crs", "words"),
    [("EPSG:4326", "degrees"), ("EPSG:4979", "degrees"), ("EPSG:2263", "not in metres"),
     (None, "coordinate system")],
)  # fmt: skip
def test_a_terrain_in_another_measure_is_refused_with_a_remedy(tmp_path, crs, words):
    path = write_terrain(
        tmp_path / "t.tif", basin(), crs=crs, transform=from_origin(103.5, 10.7, 0.001, 0.001)
    )

    with pytest.raises(TerrainError, match=words) as refused:
        ground(path)

    assert refused.value.remedy.endswith(".")


@pytest.mark.parametrize("unit", ["ft", "feet", "foot", "US survey feet", "Feet"])
def test_elevations_in_any_kind_of_feet_are_refused(tmp_path, unit):
    with pytest.raises(TerrainError, match="feet"):
        ground(write_terrain(tmp_path / "t.tif", basin(), units=unit))


@pytest.mark.parametrize("unit", ["m", "metre", "", None])
def test_elevations_in_metres_or_without_unit_are_taken(tmp_path, unit):
    assert ground(write_terrain(tmp_path / "t.tif", basin(), units=unit)).bed.max() == 5.0


@pytest.mark.parametrize("elevation", [-501.0, 8901.0, 32767.0, -32768.0])
def test_an_impossible_elevation_is_taken_for_a_mark_of_no_data_and_refused(tmp_path, elevation):
    bed = basin()
    bed[3, 3] = elevation
    path = write_terrain(tmp_path / "t.tif", bed)

    with pytest.raises(TerrainError, match=f"{elevation:g}"):
        ground(path)
    assert ground(path, nodata=elevation).hole_cells == 1


def test_the_dead_sea_and_everest_are_possible(tmp_path):
    bed = np.array([[-430.0, 8849.0]])

    assert ground(write_terrain(tmp_path / "t.tif", bed)).bed.tolist() == [[-430.0, 8849.0]]


class TestRoughness:
    """A flat plain of 6 x 8 cells of 10 m."""

    def cells(self, folder, *shapes):
        write_areas(folder, *((shape, 0.02 + 0.01 * n) for n, shape in enumerate(shapes)))
        cover = {"file": "cover.gpkg", "file_layer": "cover", "attribute": "n"}
        rough = {"default": 0.1, "source": "t", "areas": [cover]}
        return model(folder, np.zeros((6, 8)), roughness=rough).terrain.roughness

    def test_an_area_along_the_sides_of_its_cells_takes_exactly_these(self, tmp_path):
        found = self.cells(tmp_path, rectangle(20, 10, 30, 20))
        assert (found == 0.02).sum() == 6
        assert (found[3:5, 2:5] == 0.02).all()

    @pytest.mark.parametrize(("shift", "columns"), [(4.9, 2), (5.1, 1)])
    def test_an_area_takes_a_cell_when_it_passes_its_centre(self, tmp_path, shift, columns):
        found = self.cells(tmp_path, rectangle(shift, 0, 20 - shift, 60))
        assert (found == 0.02).any(axis=0).sum() == columns

    def test_a_triangle_takes_the_cells_whose_centres_it_holds(self, tmp_path):
        found = self.cells(tmp_path, outline((0, 0), (60, 0), (0, 60)))
        assert [(row == 0.02).sum() for row in found[::-1]] in (
            [5, 4, 3, 2, 1, 0], [6, 5, 4, 3, 2, 1],
        )  # fmt: skip  # centres on the long side itself belong to either

    def test_of_two_areas_the_later_counts(self, tmp_path):
        found = self.cells(tmp_path, rectangle(0, 0, 40, 60), rectangle(20, 0, 40, 60))
        assert [round(float(n), 2) for n in found[0]] == [0.02, 0.02] + [0.03] * 4 + [0.1] * 2

    def test_an_area_reaching_beyond_the_terrain_is_cut_and_one_beside_it_ignored(self, tmp_path):
        found = self.cells(tmp_path, rectangle(-500, -500, 510, 1500), square(900, 900, 10))
        assert (found == 0.02).sum() == 6
        assert (found == 0.03).sum() == 0

    @pytest.mark.parametrize("k", [30.0, 0.0, 0.004, 1.5, True])
    def test_stricklers_k_or_nothing_as_mannings_n_is_refused(self, tmp_path, k):
        write_areas(tmp_path, (square(0, 0, 20), k))
        cover = {"file": "cover.gpkg", "file_layer": "cover", "attribute": "n"}
        rough = {"default": 0.1, "source": "t", "areas": [cover]}
        with pytest.raises(TerrainError, match=r"no number from 0\.005 to 1") as refused:
            model(tmp_path, np.zeros((6, 8)), roughness=rough)
        assert "unit" in refused.value.remedy

    def test_runoff_in_per_cent_is_refused(self, tmp_path):
        write_areas(tmp_path, (square(0, 0, 20), 60.0))
        cover = {"file": "cover.gpkg", "file_layer": "cover", "attribute": "n"}
        with pytest.raises(TerrainError, match="from 0 to 1"):
            model(tmp_path, runoff={"default": 1, "source": "t", "areas": [cover]})


class TestSea:
    """Columns from the west: eight of sea 3 m deep, two of land 2 m high, one hollow, one rim."""

    bed = np.tile([-3.0] * 8 + [2.0, 2.0, -1.0, 2.0], (5, 1))
    by_level = {"below_m": 0.0, "level_m": 0.5, "source": "tide table"}

    def bay(self):
        bed = self.bed.copy()
        bed[[0, -1], 10] = 2.0  # the hollow does not reach the border
        return bed

    def test_only_three_cells_off_the_land_are_computed(self, tmp_path):
        found = model(tmp_path, self.bay(), sea=self.by_level)
        held = found.forcing.stage_cells.cells
        assert SEA_CELLS_OFF_LAND == 3
        assert held.any(axis=0).tolist() == [False] * 5 + [True] * 3 + [False] * 4
        assert found.sea[:, :8].all()
        assert found.terrain.walls[:, :5].all()
        assert not found.terrain.walls[:, 5:].any()

    def test_sea_left_out_is_no_hole_of_the_terrain_and_no_part_of_the_model(self, tmp_path):
        found = model(tmp_path, self.bay(), sea=self.by_level)
        assert found.hole_cells == 0
        assert found.domain.any(axis=0).tolist() == [False] * 8 + [True] * 4

    def test_a_hollow_behind_the_dune_is_land_although_it_lies_below_the_sea(self, tmp_path):
        found = model(tmp_path, self.bay(), sea=self.by_level)
        assert found.domain[1:4, 10].all()

    def test_the_land_floods_as_if_the_whole_sea_were_computed(self, tmp_path, monkeypatch):
        storm = {"event": None, "duration_h": 3, "sea": {**self.by_level, "level_m": 2.4}}
        near = run_spec(read_spec(write_scenario(tmp_path, self.bay(), **storm)), FileSources())
        monkeypatch.setattr("scenarios.model_setup.SEA_CELLS_OFF_LAND", 99)
        whole = run_spec(read_spec(write_scenario(tmp_path, self.bay(), **storm)), FileSources())

        land = near.setup.domain
        assert not whole.setup.terrain.walls.any()
        assert near.result.max_depth[land] == pytest.approx(whole.result.max_depth[land], abs=0.02)
        assert (near.classes == whole.classes).mean() > 0.98
        assert near.result.steps <= whole.result.steps

    def test_a_coastline_is_no_area_of_the_sea(self, tmp_path):
        write_areas(tmp_path, (line((75, 0), (75, 50)), None), name="sea.gpkg")
        by_line = {"file": "sea.gpkg", "level_m": 0.5, "source": "chart"}
        with pytest.raises(TerrainError, match="covers no cell"):
            model(tmp_path, self.bay(), sea=by_line)

    def test_an_inflow_far_out_at_sea_is_refused(self, tmp_path):
        spring = {"point": [EAST + 5, NORTH + 25], "discharge_m3s": 1, "source": "t"}
        path = write_scenario(tmp_path, self.bay(), sea=self.by_level, inflows=[spring])
        with pytest.raises(SolverError, match="without ground"):
            run_spec(read_spec(path), FileSources())


class TestEdges:
    def test_every_word_becomes_its_condition(self, tmp_path):
        stated = {"north": "open", "east": {"stage": 1.5}, "south": "closed"}
        edges = model(tmp_path, edges=stated).forcing.edges
        assert isinstance(edges.north, flood.FreeOutflow)
        assert edges.east == flood.FixedStage(1.5)
        assert isinstance(edges.south, flood.Closed)
        assert isinstance(edges.west, flood.Closed)

    def test_the_record_names_all_four(self, tmp_path):
        found = model(tmp_path, edges={"east": {"stage": 1.5}, "north": "open"})
        [told] = [each.value for each in found.assumptions if each.kind.value == "edges"]
        assert told == "north: open, south: closed, west: closed, east: 1.5 m"


def test_an_inflow_line_counts_the_cells_it_shares_with_itself_once(tmp_path):
    there = [[EAST + 15, NORTH + 15], [EAST + 45, NORTH + 15], [EAST + 15, NORTH + 15]]
    inflow = {"line": there, "discharge_m3s": 1, "source": "t"}

    [found] = model(tmp_path, event=None, inflows=[inflow]).forcing.inflows

    assert sorted(found.cells[1].tolist()) == [1, 2, 3, 4]


def test_a_catalogue_layer_cannot_be_had_from_files_alone(tmp_path):
    with pytest.raises(TerrainError, match="without the catalogue"):
        model(tmp_path, sea={"layer": "sea", "level_m": 0, "source": "t"})


def test_a_window_gives_the_same_model_as_a_terrain_cut_to_it(tmp_path):
    bed = np.random.default_rng(3).random((6, 8)).round(2)
    window = [EAST + 20, NORTH + 10, EAST + 60, NORTH + 50]
    cut = tmp_path / "cut"
    cut.mkdir()

    whole = model(tmp_path, bed, window=window)
    part = from_origin(EAST + 20, NORTH + 50, 10, 10)
    write_terrain(cut / "terrain.tif", bed[1:5, 2:6], transform=part)
    small = model(cut)

    assert whole.grid == small.grid
    assert np.array_equal(whole.terrain.bed, small.terrain.bed)
    assert box(*whole.grid.bounds).area == 1600

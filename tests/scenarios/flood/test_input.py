"""Input that cannot be right is refused with what is wrong and what to do about it."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.flood import (
    Edges,
    FixedStage,
    Forcing,
    Hydrograph,
    Inflow,
    InvalidFloodInput,
    NormalDepth,
    Rain,
    Settings,
    StageCells,
    StageSeries,
    Terrain,
    UnstableRunError,
    cell_at,
    cells_in_disc,
    cells_on_line,
    raise_blocks,
    simulate,
)
from scenarios.flood.ledger import Ledger
from scenarios.flood.setup import prepare
from scenarios.flood.simulate import require_closed_books
from scenarios.flood.stepping import take_step

PLAIN = Terrain(np.zeros((4, 5)), 0.03, 10.0)
MINUTE = Settings(duration_s=60.0)


def source(rows=(1,), cols=(1,), times_s=(0.0, 60.0), discharge_m3s=(1.0, 1.0)):
    return Inflow(
        cells=(np.array(rows), np.array(cols)),
        hydrograph=Hydrograph(times_s=times_s, discharge_m3s=discharge_m3s),
        name="culvert",
    )


def with_hole():
    bed = np.zeros((4, 5))
    bed[2, 2] = np.nan
    return bed


BAD_TERRAIN = {
    "a bed that is a line": (Terrain(np.zeros(5), 0.03, 10.0), "shape"),
    "an empty bed": (Terrain(np.zeros((0, 5)), 0.03, 10.0), "at least one cell"),
    "a cell width of 0": (Terrain(np.zeros((4, 5)), 0.03, 0.0), "not above 0"),
    "a negative cell width": (Terrain(np.zeros((4, 5)), 0.03, -10.0), "not above 0"),
    "no cell width": (Terrain(np.zeros((4, 5)), 0.03, np.nan), "not above 0"),
    "a mask of another shape": (
        Terrain(np.zeros((4, 5)), 0.03, 10.0, np.zeros((5, 4), bool)),
        "same grid",
    ),
    "a hole in the bed": (Terrain(with_hole(), 0.03, 10.0), "1 cells inside the domain"),
    "nothing finite": (Terrain(np.full((4, 5), np.nan), 0.03, 10.0), "no cell with a finite"),
    "all masked": (
        Terrain(np.zeros((4, 5)), 0.03, 10.0, np.ones((4, 5), bool)),
        "no cell with a finite",
    ),
    "a nodata value taken for ground": (Terrain(np.full((4, 5), -9999.0), 0.03, 10.0), "nodata"),
    "a masked array for a bed": (
        Terrain(np.ma.masked_less(np.array([[1.0, -9999.0]]), 0.0), 0.03, 10.0),
        "mask=np.ma.getmaskarray",
    ),
    "no roughness": (Terrain(np.zeros((4, 5)), 0.0, 10.0), "not above 0 in 20 cells"),
    "negative roughness": (Terrain(np.zeros((4, 5)), -0.03, 10.0), "Manning"),
    "roughness with a gap": (Terrain(np.zeros((4, 5)), with_hole() + 0.03, 10.0), "in 1 cells"),
    "roughness of another shape": (
        Terrain(np.zeros((4, 5)), np.full((5, 4), 0.03), 10.0),
        r"roughness is \(5, 4\)",
    ),
}


@pytest.mark.parametrize("name", BAD_TERRAIN)
def test_a_terrain_is_refused_that_has(name):
    terrain, message = BAD_TERRAIN[name]

    with pytest.raises(InvalidFloodInput, match=message) as caught:
        simulate(terrain, Forcing(), MINUTE)

    assert caught.value.what
    assert caught.value.remedy


BAD_FORCING = {
    "negative rain": (
        Forcing(rain=Rain(edges_s=(0, 60), intensity_mm_h=(-99.9,))),
        "negative intensity",
    ),
    "rain with a gap": (Forcing(rain=Rain(edges_s=(0, 60), intensity_mm_h=(np.nan,))), "missing"),
    "rain without its last time": (
        Forcing(rain=Rain(edges_s=(0, 60), intensity_mm_h=(1.0, 2.0))),
        "2 times and 2 values",
    ),
    "rain that goes back in time": (
        Forcing(rain=Rain(edges_s=(0, 60, 30), intensity_mm_h=(1.0, 2.0))),
        "do not increase",
    ),
    "a negative rain factor": (Forcing(rain_factor=-1.0), "rain factor"),
    "a rain factor of another shape": (Forcing(rain_factor=np.ones((2, 2))), "rain factor is"),
    "more runoff than rain": (Forcing(runoff_coefficient=1.2), "above 1"),
    "a negative runoff coefficient": (Forcing(runoff_coefficient=-0.2), "runoff coefficient"),
    "a negative initial depth": (Forcing(initial_depth=-0.1), "initial depth"),
    "an initial depth with a gap": (Forcing(initial_depth=with_hole()), "in 1 cells"),
    "an inflow outside the grid": (Forcing(inflows=(source(rows=(4,)),)), "culvert lies outside"),
    "an inflow west of the grid": (Forcing(inflows=(source(cols=(-1,)),)), "outside the grid"),
    "an inflow without cells": (Forcing(inflows=(source(rows=(), cols=()),)), "no cells"),
    "a negative inflow": (Forcing(inflows=(source(discharge_m3s=(1.0, -1.0)),)), "negative"),
    "an inflow with a gap": (Forcing(inflows=(source(discharge_m3s=(1.0, np.nan)),)), "missing"),
    "an inflow with unsorted times": (Forcing(inflows=(source(times_s=(60, 0)),)), "increase"),
    "a flat slope at an open edge": (
        Forcing(edges=Edges(north=NormalDepth(0.0))),
        "slope at the north edge",
    ),
    "no level at an edge": (Forcing(edges=Edges(east=FixedStage(np.nan))), "level at the east"),
    "a tide with a gap": (
        Forcing(edges=Edges(west=FixedStage(StageSeries(times_s=(0, 1), level_m=(0, np.nan))))),
        "missing",
    ),
    "held cells of another shape": (
        Forcing(stage_cells=StageCells(cells=np.ones((2, 2), bool), level=1.0)),
        "held at a level",
    ),
    "held cells that are not a mask": (
        Forcing(stage_cells=StageCells(cells=np.ones((4, 5)), level=1.0)),
        "True and False",
    ),
    "held cells without a level": (
        Forcing(stage_cells=StageCells(cells=np.ones((4, 5), bool), level=np.inf)),
        "level of the held cells",
    ),
}


@pytest.mark.parametrize("name", BAD_FORCING)
def test_a_forcing_is_refused_that_has(name):
    forcing, message = BAD_FORCING[name]

    with pytest.raises(InvalidFloodInput, match=message) as caught:
        simulate(PLAIN, forcing, MINUTE)

    assert caught.value.remedy


def test_an_inflow_on_a_wall_is_refused():
    walls = np.zeros((4, 5), bool)
    walls[1, 1] = True

    with pytest.raises(InvalidFloodInput, match="without ground"):
        simulate(Terrain(np.zeros((4, 5)), 0.03, 10.0, walls), Forcing(inflows=(source(),)), MINUTE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"duration_s": 0.0}, "duration_s"),
        ({"duration_s": np.inf}, "duration_s"),
        ({"dt_max_s": -1.0}, "dt_max_s"),
        ({"alpha": 1.5}, "unstable"),
        ({"alpha": 0.0}, "alpha"),
        ({"theta": 1.1}, "theta"),
        ({"dtype": "float16"}, "precision"),
        ({"velocity_cap_m_s": 0.0}, "velocity_cap_m_s"),
        ({"arrival_depth_m": -0.1}, "arrival depth"),
        ({"output_times_s": (30.0, 90.0)}, r"\[90\.0\] s lie outside"),
    ],
)
def test_settings_are_refused_that_cannot_be_computed(change, message):
    with pytest.raises(InvalidFloodInput, match=message):
        simulate(PLAIN, Forcing(), replace(MINUTE, **change))


def test_an_absurd_depth_stops_the_run_with_the_time_it_happened():
    with pytest.raises(UnstableRunError, match=r"At 0\.0 s the water is 1e\+20 m deep") as caught:
        simulate(PLAIN, Forcing(initial_depth=1e20), MINUTE)

    assert "units" in caught.value.remedy


@pytest.mark.parametrize("poison", [np.nan, -np.nan, np.inf])
def test_a_state_that_is_no_longer_a_number_stops_the_run(poison):
    """The guard is in the step itself: a NaN that got into the state cannot reach a map."""
    run = prepare(PLAIN, Forcing(initial_depth=0.5), MINUTE)
    run.water.depth[2, 3] = poison

    with pytest.raises(UnstableRunError, match="broke down"):
        take_step(run, Ledger(stored_start_m3=0.0), 60.0)


def test_a_run_whose_books_do_not_close_gives_no_result():
    run = prepare(PLAIN, Forcing(initial_depth=0.5), MINUTE)  # 20 cells of 100 m2: 1000 m3
    require_closed_books(Ledger(stored_start_m3=1000.0).balance(run), run)

    with pytest.raises(UnstableRunError, match="1 m3 appeared out of 999 m3"):
        require_closed_books(Ledger(stored_start_m3=999.0).balance(run), run)


def test_the_arguments_are_left_as_they_were():
    bed = np.linspace(1.0, 0.0, 20).reshape(4, 5).astype(np.float32)
    standing = np.full((4, 5), 0.3, np.float32)
    before = bed.copy(), standing.copy()

    simulate(Terrain(bed, 0.03, 10.0), Forcing(initial_depth=standing), MINUTE)

    assert np.array_equal(bed, before[0])
    assert np.array_equal(standing, before[1])


def test_buildings_are_raised_and_the_given_bed_is_not_touched():
    bed = np.ones((2, 3))

    raised = raise_blocks(bed, [[True, False, False], [False, False, True]], 3.0)

    assert raised.tolist() == [[4.0, 1.0, 1.0], [1.0, 1.0, 4.0]]
    assert (bed == 1.0).all()
    assert raise_blocks(np.ones((1, 1), int), [[True]], 2.5).tolist() == [[3.5]]


@pytest.mark.parametrize("height_m", [0.0, -3.0, np.nan])
def test_a_block_must_stand_above_the_ground(height_m):
    with pytest.raises(InvalidFloodInput, match="not above 0"):
        raise_blocks(np.ones((2, 2)), np.ones((2, 2), bool), height_m)


def test_a_building_mask_on_another_grid_is_refused():
    with pytest.raises(InvalidFloodInput, match="Rasterise"):
        raise_blocks(np.ones((2, 2)), np.ones((3, 2), bool), 3.0)


def test_places_are_measured_from_the_south_west_corner():
    assert [int(i[0]) for i in cell_at(PLAIN, 0.0, 0.0)] == [3, 0]
    assert [int(i[0]) for i in cell_at(PLAIN, 50.0, 40.0)] == [0, 4]
    assert [int(i[0]) for i in cell_at(PLAIN, 15.0, 5.0)] == [3, 1]


def test_a_disc_takes_the_cells_whose_centres_it_holds():
    rows, cols = cells_in_disc(PLAIN, 25.0, 15.0, 10.0)  # centre of cell (2, 2), and its neighbours
    assert sorted(zip(rows.tolist(), cols.tolist(), strict=True)) == [
        (1, 2), (2, 1), (2, 2), (2, 3), (3, 2),
    ]  # fmt: skip


def test_a_disc_smaller_than_a_cell_takes_the_cell_it_lies_in():
    rows, cols = cells_in_disc(PLAIN, 21.0, 11.0, 0.5)
    assert (rows.tolist(), cols.tolist()) == ([2], [2])


def test_a_line_takes_each_cell_it_crosses_once_and_no_wall():
    rows, cols = cells_on_line(PLAIN, (5.0, 5.0), (45.0, 5.0))
    assert (rows.tolist(), cols.tolist()) == ([3] * 5, [0, 1, 2, 3, 4])
    walls = np.zeros((4, 5), bool)
    walls[3, 2] = True
    rows, cols = cells_on_line(
        Terrain(np.zeros((4, 5)), 0.03, 10.0, walls), (5.0, 5.0), (45.0, 5.0)
    )
    assert cols.tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize("point", [(-1.0, 5.0), (51.0, 5.0), (5.0, 40.1)])
def test_a_place_outside_the_grid_is_refused(point):
    with pytest.raises(InvalidFloodInput, match="0 to 50 m east, 0 to 40 m north"):
        cell_at(PLAIN, *point)

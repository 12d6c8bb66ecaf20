"""What stands in a record: classes by depth, the weakest basis, and the words shown to readers."""

import numpy as np
import pytest
import rasterio
from django.utils import translation
from rasterio.crs import CRS

from layers.vocab import Basis
from scenarios.model_setup import Assumption
from scenarios.presentation import _accounts, _area, _assumption, run_summary
from scenarios.publication import class_depths_m, weakest_basis
from scenarios.rasters import NODATA, PICTURE_CELLS, depth_picture, write_cog
from scenarios.simulation import run_spec
from scenarios.sources import FileSources
from scenarios.spec_reader import read_spec
from scenarios.terrain import Grid
from scenarios.vocab import (
    QUANTITY_NAMES,
    QUANTITY_UNITS,
    AssumptionKind,
    Quantity,
    ValidityNote,
    WaterAccount,
)
from tests.factories import EAST, NORTH
from tests.scenarios.basins import write_scenario


def grid(rows, cols):
    return Grid(rows=rows, cols=cols, west=EAST, north=NORTH, dx_m=10.0, crs=CRS.from_epsg(32648))


def test_classes_follow_each_other_without_gap_and_the_last_is_open():
    assert class_depths_m() == {
        "H1": (0.01, 0.3), "H2": (0.3, 0.6), "H3": (0.6, 1.2), "H4": (1.2, None),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rain_basis", "weakest"),
    [("binding_law", "demo_value"), ("demo_value", "demo_value")],
)
def test_a_chain_is_as_strong_as_its_weakest_link(tmp_path, rain_basis, weakest):
    rain = {"depth_mm": 10, "duration_h": 1, "source": "test", "basis": rain_basis}
    spec = read_spec(write_scenario(tmp_path, event={"steady_rain": rain}))
    assert weakest_basis(run_spec(spec, FileSources())) == weakest


def test_a_grid_written_and_read_again_is_the_same_with_no_data_where_nothing_is_known(tmp_path):
    values = np.array([[0.0, 1.25], [np.nan, 3.5]])
    write_cog(tmp_path / "a.tif", values, grid(2, 2))
    with rasterio.open(tmp_path / "a.tif") as file:
        assert file.nodata == NODATA
        assert file.read(1).tolist() == [[0.0, 1.25], [NODATA, 3.5]]
        assert file.bounds.left == EAST
        assert file.bounds.top == NORTH


def test_a_picture_of_a_wide_grid_is_shrunk_and_keeps_its_shape(tmp_path):
    write_cog(tmp_path / "a.tif", np.ones((1000, 2000)), grid(1000, 2000))
    with rasterio.MemoryFile(depth_picture(tmp_path / "a.tif")) as memory, memory.open() as picture:
        assert (picture.width, picture.height) == (PICTURE_CELLS, PICTURE_CELLS // 2)


def test_ground_without_data_and_dry_ground_are_clear_in_the_picture(tmp_path):
    write_cog(tmp_path / "a.tif", np.array([[np.nan, 0.0, 0.009, 0.01]]), grid(1, 4))
    with rasterio.MemoryFile(depth_picture(tmp_path / "a.tif")) as memory, memory.open() as picture:
        assert picture.read(4).tolist() == [[0, 0, 0, 255]]


def test_every_quantity_has_a_unit_and_a_name():
    assert set(QUANTITY_UNITS) == set(QUANTITY_NAMES) == set(Quantity)
    assert QUANTITY_NAMES[Quantity.DEPTH] == "max_depth"
    assert QUANTITY_UNITS[Quantity.DEPTH] == "m"


@pytest.mark.parametrize("words", [Quantity, AssumptionKind, WaterAccount, ValidityNote])
def test_every_fixed_word_has_a_khmer_text(words):
    for word in words:
        with translation.override("en"):
            english = str(word.label)
        with translation.override("km"):
            assert str(word.label) != english, word


def test_an_assumption_is_shown_with_the_words_for_its_kind_and_basis():
    stored = Assumption(
        kind=AssumptionKind.ROUGHNESS, value="0.04", unit="s m-1/3",
        basis=Basis.BENCHMARK.value, source="Chow 1959",
    ).as_json()  # fmt: skip
    with translation.override("en"):
        shown = _assumption(stored)
        assert str(shown["what"]).startswith("roughness")
        assert str(shown["basis_label"]) == "international benchmark"
    assert shown["source"] == "Chow 1959"


def test_the_balance_leaves_out_waters_that_never_flowed_but_never_its_ends():
    balance = dict.fromkeys((account.value for account in WaterAccount), 0.0)
    balance["rain_m3"] = 1920.0
    with translation.override("en"):
        told = {str(row["what"]): row["volume_m3"] for row in _accounts(balance)}
    assert told == {
        "standing at the start": "0.0",
        "rain": "1,920.0",
        "standing at the end": "0.0",
        "made or lost by the computation": "0.0",
    }


def test_a_class_is_shown_with_its_limits_and_meaning_in_the_readers_language():
    row = {"hazard_class": "H4", "cells": 4, "area_m2": 400.0, "zones": 1}
    with translation.override("en"):
        shown = _area(row)
    assert (shown["meaning"], shown["depth"], shown["hectares"]) == ("extreme", ">1.20", "0.04")
    with translation.override("km"):
        assert _area(row)["meaning"] == "ខ្លាំងណាស់"


@pytest.mark.django_db
def test_a_summary_tells_programs_and_readers_how_far_a_run_is(tmp_path):
    from layers.runs import queue_run

    run = queue_run(kind="flood", title="Storm", parameters={"scenario": "storm"})
    run.progress_share = 0.456
    with translation.override("en"):
        told = run_summary(run, {"storm": "A storm"})
    assert (told["scenario"], told["state"], told["state_label"]) == ("storm", "queued", "waiting")
    assert told["progress_percent"] == 46
    assert told["title"] == "A storm"
    assert run_summary(run, {})["title"] == "Storm"  # the scenario is gone: the run's own words
    assert told["is_cancel_asked"] is False

"""A run stores everything or nothing, is never done twice, stops when asked, and says why not."""

import json
import time

import numpy as np
import pytest
import rasterio
import shapely
from django.core.management import call_command

from layers.errors import RunCancelledError, UserFacingError
from layers.models import Feature, Layer, LayerVersion, RasterLayer, Run
from layers.queries import current_features, current_raster, layer_named, surveyed_share
from layers.runs import request_cancel
from layers.vocab import RunState
from scenarios import publication, services
from scenarios.errors import SpecError, TerrainError
from scenarios.models import Scenario, ScenarioRun
from scenarios.services import carry_out, spec_of, start_run, store_scenario
from scenarios.spec_reader import read_spec
from scenarios.tasks import carry_out_run
from tests.factories import feature, filled_layer, rectangle, square
from tests.scenarios.basins import basin, write_scenario, write_terrain

LAYERS = {
    "flood-basin", "flood-basin-depth", "flood-basin-velocity", "flood-basin-hazard-rating",
    "flood-basin-arrival", "flood-basin-froude",
}  # fmt: skip


def plain_with_a_pit():
    """6 x 8 cells of flat ground at 0 m, closed; four cells in the middle lie 1 m lower."""
    bed = np.zeros((6, 8))
    bed[2:4, 3:5] = -1.0
    return bed


# 400 mm on 48 cells stand at L where 44 L + 4 (L + 1) = 19.2: L = 0.317 m on the plain (H2),
# 1.317 m in the pit (H4).
HEAVY_RAIN = {"steady_rain": {"depth_mm": 400, "duration_h": 1, "source": "test"}}


def started(path, publish=True):
    spec = read_spec(path)
    scenario = store_scenario(spec, path.parent)
    run, reused = start_run(scenario=scenario, spec=spec, publish=publish)
    return run, spec, reused


def run_scenario(path, publish=True, echo=None):
    run, spec, reused = started(path, publish)
    return run if reused else carry_out(run, spec, echo=echo)


@pytest.fixture
def pit(tmp_path):
    return write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN)


@pytest.mark.django_db
class TestPublication:
    def test_the_pit_is_h4_and_the_plain_h2_to_the_square_metre(self, pit):
        run_scenario(pit)
        areas = {}
        for zone in current_features("flood-basin"):
            name = zone.properties["hazard_class"]
            areas[name] = areas.get(name, 0.0) + zone.geometry.area
        assert areas == pytest.approx({"H2": 44 * 100, "H4": 4 * 100})

    def test_the_record_states_the_same_areas(self, pit):
        result = run_scenario(pit).scenario_run
        by_class = {row["hazard_class"]: row for row in result.hazard_areas}
        assert by_class["H4"] == {"hazard_class": "H4", "cells": 4, "area_m2": 400, "zones": 1}
        assert by_class["H2"]["area_m2"] == 4400
        assert by_class["H0"]["cells"] == by_class["H1"]["cells"] == by_class["H3"]["cells"] == 0

    def test_a_hazard_area_says_what_it_rests_on(self, pit):
        run = run_scenario(pit)
        [deep] = current_features("flood-basin").filter(properties__hazard_class="H4")
        assert deep.properties == {
            "hazard_class": "H4",
            "depth_min_m": 1.2,
            "depth_max_m": None,
            "deepest_m": pytest.approx(1.317, abs=0.01),
            "cells": 4,
            "return_period_years": None,
            "duration_h": 1,
            "run": run.pk,
            "scenario": "basin",
            "basis": "demo_value",
        }
        assert deep.stable_id == "H4-000001"

    def test_outside_the_model_the_layer_cannot_tell(self, pit):
        run_scenario(pit)
        inside, beyond = (
            _geos(square(10, 10, 20)),
            _geos(rectangle(60, 10, 40, 20)),  # 20 m of 40 m inside
        )
        assert surveyed_share("flood-basin", inside) == pytest.approx(1.0)
        assert surveyed_share("flood-basin", beyond) == pytest.approx(0.5)

    def test_every_grid_is_a_layer_and_a_cloud_optimised_geotiff(self, pit):
        run = run_scenario(pit)
        assert set(Layer.objects.values_list("slug", flat=True)) == LAYERS
        depth = current_raster("flood-basin-depth")
        assert (depth.quantity, depth.units, depth.resolution_m) == ("max_depth", "m", 10.0)
        assert depth.maximum == pytest.approx(1.317, abs=0.01)
        assert depth.footprint.area == pytest.approx(4800)
        with rasterio.open(depth.file.path) as file:
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert file.crs.to_epsg() == 32648
            assert file.read(1)[2, 3] == pytest.approx(1.317, abs=0.01)
        assert run.scenario_run.outputs["layers"].keys() == LAYERS
        assert {layer.theme for layer in Layer.objects.all()} == {"hazard-flood"}

    def test_titles_are_in_both_languages_and_the_source_says_never_validated(self, pit):
        run_scenario(pit)
        layer = layer_named("flood-basin")
        assert layer.title_en == "Basin test: flood hazard areas"
        assert layer.title_km.startswith("តេស្តអាង៖")
        assert "Never validated" in layer.source
        assert layer.attribute_schema["colours"]["values"]["H4"] == "#800026"

    def test_the_mass_balance_is_kept_and_closes(self, pit):
        balance = run_scenario(pit).scenario_run.mass_balance
        assert balance["rain_m3"] == pytest.approx(0.4 * 4800)
        assert balance["stored_end_m3"] == pytest.approx(0.4 * 4800)
        assert abs(balance["relative_error"]) < 1e-6

    def test_the_record_keeps_digests_engine_and_parameters(self, pit):
        result = run_scenario(pit).scenario_run
        assert len(result.solver_version) == 64
        assert {"scenario", "solver", "terrain.tif", "climate"} <= set(result.input_digests)
        assert result.parameters["cell_m"] == 10
        assert result.parameters["cells"] == 48
        assert result.hyetograph == {"ends_s": [3600], "depths_mm": [400]}

    def test_small_areas_are_left_out_only_when_asked_and_that_is_recorded(self, tmp_path):
        path = write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN, min_area_m2=500)
        result = run_scenario(path).scenario_run
        classes = {zone.properties["hazard_class"] for zone in current_features("flood-basin")}
        assert classes == {"H2"}
        assert "Areas below 500 m2 are left out." in layer_named("flood-basin").source
        assert "small_areas" in [each["kind"] for each in result.assumptions]
        assert result.hazard_areas[4]["cells"] == 4

    def test_a_newer_event_replaces_the_areas_of_the_older(self, pit, tmp_path):
        run_scenario(pit)
        dry = {"steady_rain": {"depth_mm": 1, "duration_h": 1, "source": "test"}}
        run_scenario(write_scenario(tmp_path, event=dry))
        left = {zone.properties["hazard_class"] for zone in current_features("flood-basin")}
        assert left <= {"H1"}
        assert layer_named("flood-basin").published_number == 2

    def test_no_publish_keeps_the_result_and_touches_no_layer(self, pit, media_folder):
        result = run_scenario(pit, publish=False).scenario_run
        assert not Layer.objects.exists()
        assert result.outputs["layers"] == {}
        assert set(result.outputs["files"]) == {
            "depth", "velocity", "hazard-rating", "arrival", "froude",
        }  # fmt: skip
        assert all((media_folder / name).exists() for name in result.outputs["files"].values())


@pytest.mark.django_db
class TestExposure:
    def test_a_school_in_the_pit_is_listed_with_its_depth_and_one_outside_cannot_be_told(self, pit):
        filled_layer(
            "facilities",
            feature("SCH-1", square(32, 22, 6), "school", name_en="Pit school"),
            feature("SCH-2", square(2, 2, 3), "school", name_en="Plain school"),
            feature("SCH-3", square(500, 500, 5), "school", name_en="Far school"),
        )
        rows = run_scenario(pit).scenario_run.exposure["facilities"]
        by_id = {row["id"]: row for row in rows}
        assert by_id["SCH-1"]["depth_m"] == pytest.approx(1.32, abs=0.01)
        assert by_id["SCH-1"]["hazard_class"] == "H4"
        assert by_id["SCH-2"]["depth_m"] == pytest.approx(0.32, abs=0.01)
        assert by_id["SCH-2"]["hazard_class"] == "H2"
        assert by_id["SCH-3"]["depth_m"] is None

    def test_each_building_counts_once_in_its_worst_class(self, pit):
        filled_layer(
            "buildings",
            feature("B-1", rectangle(25, 22, 10, 6), "residential"),  # half in the pit
            feature("B-2", square(2, 2, 5), "residential"),
            feature("B-3", square(62, 2, 5), "school"),
            feature("B-4", square(900, 2, 5), "school"),
        )
        rows = run_scenario(pit).scenario_run.exposure["buildings"]
        assert rows == [
            {"land_use": "residential", "H2": 1, "H4": 1},
            {"land_use": "school", "H2": 1},
        ]

    def test_without_those_layers_nothing_is_claimed(self, pit):
        exposure = run_scenario(pit).scenario_run.exposure
        assert exposure == {"versions": {}, "facilities": [], "buildings": []}


@pytest.mark.django_db
class TestCatalogue:
    """Terrain, sea and buildings from published layers instead of files."""

    def test_areas_come_from_published_layers_by_attribute_and_by_class(self, tmp_path):
        filled_layer("land-cover", feature("C-1", rectangle(0, 0, 40, 60), n=0.02))
        filled_layer("zones", feature("Z-1", rectangle(0, 0, 80, 60), "R1"))
        path = write_scenario(
            tmp_path,
            np.zeros((6, 8)),
            roughness={
                "default": 0.1, "source": "t", "areas": [{"layer": "land-cover", "attribute": "n"}],
            },
            runoff={
                "default": 1, "source": "t",
                "areas": [{"layer": "zones", "attribute": "land_use",
                           "values": "runoff_coefficients"}],
            },
        )  # fmt: skip
        result = run_scenario(path).scenario_run
        # R1 lets half the 60 mm run off
        assert result.mass_balance["lost_m3"] == pytest.approx(0.5 * 0.06 * 4800)
        assert set(result.input_digests) >= {"land-cover", "zones"}

    def test_an_edited_layer_is_another_run(self, tmp_path):
        filled_layer("houses", feature("B-1", square(20, 20, 10)))
        path = write_scenario(
            tmp_path, buildings={"layer": "houses", "raise_m": 3, "source": "test"}
        )
        first = run_scenario(path)
        assert run_scenario(path).pk == first.pk
        filled_layer("houses", feature("B-1", square(30, 20, 10)))
        assert run_scenario(path).pk != first.pk

    def test_the_published_terrain_says_how_it_was_made(self, tmp_path):
        first = write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN)
        run_scenario(first)
        Layer.objects.filter(slug="flood-basin-depth").update(source="a test's own depths")
        path = write_scenario(
            tmp_path, name="b.yaml", code="again", terrain={"layer": "flood-basin-depth"}
        )
        [terrain, *_others] = run_scenario(path).scenario_run.assumptions
        assert terrain["source"] == "a test's own depths"
        assert terrain["value"] == "flood-basin-depth"

    def test_an_unknown_layer_is_refused_and_those_there_are_named(self, tmp_path):
        filled_layer("zones", feature("Z-1", square(0, 0, 10)))
        path = write_scenario(tmp_path, buildings={"layer": "houses", "raise_m": 3})
        with pytest.raises(UserFacingError, match="There is no layer 'houses'"):
            run_scenario(path)


@pytest.mark.django_db
class TestReuse:
    def test_the_same_inputs_are_not_computed_twice(self, pit):
        first = run_scenario(pit)
        again, _spec, reused = started(pit)
        assert reused
        assert again.pk == first.pk
        assert Run.objects.count() == 1

    def test_after_another_event_the_first_is_computed_and_published_again(self, tmp_path):
        heavy = write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN)
        first = run_scenario(heavy)
        run_scenario(write_scenario(tmp_path))
        again = run_scenario(write_scenario(tmp_path, event=HEAVY_RAIN))
        assert again.pk != first.pk
        assert current_features("flood-basin").filter(properties__run=again.pk).exists()

    def test_an_unpublished_result_does_not_stand_for_a_published_one(self, pit):
        run_scenario(pit, publish=False)
        run_scenario(pit)
        assert set(Layer.objects.values_list("slug", flat=True)) == LAYERS

    def test_a_failed_run_is_tried_again(self, tmp_path):
        path = write_scenario(tmp_path, np.full((4, 4), -9999.0))
        for _attempt in range(2):
            with pytest.raises(TerrainError):
                run_scenario(path)
        assert Run.objects.filter(state=RunState.FAILED).count() == 2


@pytest.mark.django_db
class TestRefusal:
    @pytest.mark.parametrize(
        ("changes", "options", "sentence"),
        [
            ({}, {"nodata": None}, "does not say which value means 'no data'"),
            ({}, {"crs": None}, "does not state its coordinate system"),
            ({}, {"units": "ft"}, "elevations in feet"),
            ({"window": [0, 0, 50, 50]}, {}, "is not inside terrain.tif"),
            ({}, {"crs": "EPSG:32756"}, "EPSG:32756, but this deployment measures in EPSG:32648"),
        ],
    )
    def test_a_bad_terrain_fails_the_run_with_a_sentence_and_publishes_nothing(
        self, tmp_path, changes, options, sentence
    ):
        write_terrain(tmp_path / "terrain.tif", basin(), **options)
        path = write_scenario(tmp_path, **changes)
        with pytest.raises(TerrainError) as refused:
            run_scenario(path)
        assert sentence in refused.value.what
        run = Run.objects.get()
        assert run.state == RunState.FAILED
        assert sentence[:60] in run.message
        assert not Layer.objects.exists()
        assert not ScenarioRun.objects.exists()

    def test_a_foreign_coordinate_system_may_be_computed_without_publishing(self, tmp_path):
        write_terrain(tmp_path / "terrain.tif", basin(), crs="EPSG:32756")
        run = run_scenario(write_scenario(tmp_path), publish=False)
        assert run.state == RunState.SUCCEEDED

    def test_when_publishing_breaks_half_way_nothing_of_it_stands(self, pit, monkeypatch):
        def break_down(**_options):
            raise TerrainError("The disk is full.", remedy="Free some space.")

        monkeypatch.setattr(publication, "set_surveyed_area", break_down)
        with pytest.raises(TerrainError):
            run_scenario(pit)
        assert not Layer.objects.exists()
        assert not LayerVersion.objects.exists()
        assert not Feature.objects.exists()
        assert not RasterLayer.objects.exists()
        assert not ScenarioRun.objects.exists()
        assert Run.objects.get().state == RunState.FAILED

    def test_no_scratch_files_are_left(self, pit, settings):
        run_scenario(pit)
        assert list((settings.VAR_DIR / "tmp").iterdir()) == []


@pytest.mark.django_db(transaction=True)
class TestCancel:
    """A long run on 200 x 200 cells, asked to stop from outside while it computes."""

    @pytest.fixture
    def long_run(self, tmp_path):
        bed = np.random.default_rng(1).random((200, 200)) * 3
        return write_scenario(tmp_path, bed, event=HEAVY_RAIN, duration_h=500)

    def test_a_cancel_is_heard_within_two_seconds_and_leaves_nothing(self, long_run):
        run, spec, _reused = started(long_run)
        asked_at = []

        def ask(_share, message):
            if "simulated" in message and not asked_at:
                asked_at.append(time.monotonic())
                request_cancel(run)

        with pytest.raises(RunCancelledError):
            carry_out(run, spec, echo=ask)
        assert time.monotonic() - asked_at[0] < 2.0
        run.refresh_from_db()
        assert run.state == RunState.CANCELLED
        assert "simulated" in run.log
        assert not Layer.objects.exists()
        assert not ScenarioRun.objects.exists()

    def test_ctrl_c_is_a_cancel_too(self, long_run):
        run, spec, _reused = started(long_run)

        def interrupt(_share, message):
            if "simulated" in message:
                raise KeyboardInterrupt

        with pytest.raises(RunCancelledError):
            carry_out(run, spec, echo=interrupt)
        run.refresh_from_db()
        assert run.state == RunState.CANCELLED
        assert not Layer.objects.exists()

    def test_a_waiting_run_that_was_cancelled_never_starts(self, long_run):
        run, spec, _reused = started(long_run)
        request_cancel(run)
        with pytest.raises(RunCancelledError):
            carry_out(run, spec)
        assert not ScenarioRun.objects.exists()


@pytest.mark.django_db
class TestStored:
    def test_a_stored_scenario_reads_back_as_it_was(self, pit):
        spec = read_spec(pit)
        scenario = store_scenario(spec, pit.parent)
        assert spec_of(scenario) == spec
        assert scenario.title == "តេស្តអាង"

    def test_storing_again_under_the_same_code_replaces_it(self, tmp_path):
        store_scenario(read_spec(write_scenario(tmp_path)), tmp_path)
        store_scenario(read_spec(write_scenario(tmp_path, title_en="Renamed")), tmp_path)
        assert Scenario.objects.get().title_en == "Renamed"

    def test_the_worker_carries_out_a_waiting_run(self, pit):
        run, _spec, _reused = started(pit)
        assert carry_out_run.func(run.pk) == RunState.SUCCEEDED
        assert ScenarioRun.objects.get().run_id == run.pk

    def test_the_worker_does_not_die_of_a_bad_terrain(self, tmp_path):
        run, _spec, _reused = started(write_scenario(tmp_path, np.full((4, 4), -9999.0)))
        assert "no elevation" in carry_out_run.func(run.pk)
        run.refresh_from_db()
        assert run.state == RunState.FAILED

    def test_a_terrain_removed_since_is_named(self, pit):
        scenario = store_scenario(read_spec(pit), pit.parent)
        (pit.parent / "terrain.tif").unlink()
        with pytest.raises(SpecError, match=r"'terrain\.file' names 'terrain\.tif'"):
            spec_of(scenario)


@pytest.mark.django_db
class TestCommand:
    def test_it_prints_the_areas_and_then_says_that_nothing_changed(self, pit, capsys):
        call_command("scenario", "run", str(pit))
        told = capsys.readouterr().out
        assert "H4         0.04 ha" in told
        assert "layer flood-basin v1" in told
        assert "Volume error" in told
        call_command("scenario", "run", str(pit))
        assert "Nothing has changed since run" in capsys.readouterr().out

    def test_json_holds_the_record_and_nothing_else(self, pit, capsys):
        call_command("scenario", "run", str(pit), "--json")
        body = json.loads(capsys.readouterr().out)
        assert body["state"] == "succeeded"
        assert body["reused"] is False
        assert body["hazard_areas"][4]["area_m2"] == 400
        assert body["mass_balance"]["rain_m3"] == pytest.approx(1920)

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["run", "gone.yaml"], "no such file"),
            (["run"], "needs one word more"),
            (["show", "77"], "no scenario run number 77"),
            (["show", "x"], "no scenario run number 0"),
        ],
    )
    def test_a_mistake_ends_with_code_2_and_a_sentence(self, words, sentence, capsys):
        with pytest.raises(SystemExit) as ended:
            call_command("scenario", *words)
        assert ended.value.code == 2
        assert sentence in capsys.readouterr().err

    def test_a_bad_terrain_ends_with_code_2_and_its_sentence(self, tmp_path, capsys):
        write_terrain(tmp_path / "terrain.tif", basin(), nodata=None)
        with pytest.raises(SystemExit) as ended:
            call_command("scenario", "run", str(write_scenario(tmp_path)))
        assert ended.value.code == 2
        assert "terrain.tif does not say which value means 'no data'" in capsys.readouterr().err

    def test_the_list_names_scenarios_and_their_newest_run(self, pit, capsys):
        call_command("scenario", "list")
        assert "No scenarios yet" in capsys.readouterr().out
        call_command("scenario", "run", str(pit), "--no-publish")
        capsys.readouterr()
        call_command("scenario", "list")
        assert "succeeded" in capsys.readouterr().out
        call_command("scenario", "show", str(Run.objects.get().pk))
        assert "Volume error" in capsys.readouterr().out


def test_times_are_told_by_the_clock():
    assert services._clock(3725) == "1:02:05"


def _geos(shape):
    from django.contrib.gis.geos import GEOSGeometry

    return GEOSGeometry(shapely.to_wkt(shape), srid=32648)

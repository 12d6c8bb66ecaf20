"""A run stores everything or nothing, is never done twice, stops when asked, and says why not."""

import json
import time

import numpy as np
import pytest
from django.core.management import call_command

from layers.errors import RunCancelledError
from layers.models import Feature, Layer, LayerVersion, RasterLayer, Run
from layers.queries import current_features
from layers.runs import request_cancel
from layers.vocab import RunState
from scenarios import flood, publication, services
from scenarios.errors import SpecError, TerrainError
from scenarios.models import Scenario, ScenarioRun
from scenarios.scratch import GATE
from scenarios.services import Pace, carry_out, spec_of, store_scenario
from scenarios.spec_reader import read_spec
from scenarios.tasks import carry_out_run
from tests.scenarios.basins import (
    HEAVY_RAIN,
    LAYERS,
    basin,
    plain_with_a_pit,
    run_scenario,
    started,
    write_scenario,
    write_terrain,
)


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
        assert [path.name for path in (settings.VAR_DIR / "tmp").iterdir()] == [GATE]


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
        assert (scenario.title_km, scenario.title_en) == ("តេស្តអាង", "Basin test")

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

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"terrain": {"layer": "no-such-terrain"}}, "no layer 'no-such-terrain'"),
            ({"window": [0, 0, 50, 50]}, "is not inside terrain.tif"),
            ({"buildings": {"layer": "no-such-houses", "raise_m": 3}}, "no layer 'no-such-houses'"),
        ],
    )
    def test_of_a_refused_scenario_nothing_remains(self, tmp_path, capsys, changes, sentence):
        with pytest.raises(SystemExit) as ended:
            call_command("scenario", "run", str(write_scenario(tmp_path, **changes)))
        assert ended.value.code == 2
        assert sentence in capsys.readouterr().err
        assert not Scenario.objects.exists()
        assert not Run.objects.exists()

    def test_a_foreign_coordinate_system_is_refused_before_it_is_computed(self, tmp_path, capsys):
        write_terrain(tmp_path / "terrain.tif", basin(), crs="EPSG:32756")
        with pytest.raises(SystemExit):
            call_command("scenario", "run", str(write_scenario(tmp_path)))
        said = capsys.readouterr()
        assert "measures in EPSG:32648" in said.err
        assert "simulated" not in said.out
        assert not Scenario.objects.exists()

    def test_a_scenario_that_was_accepted_survives_the_refusal_of_its_next_version(
        self, pit, tmp_path, capsys
    ):
        call_command("scenario", "run", str(pit))
        accepted = Scenario.objects.values().get()
        worse = write_scenario(tmp_path, title_en="Worse", window=[0, 0, 50, 50])
        with pytest.raises(SystemExit):
            call_command("scenario", "run", str(worse))
        assert Scenario.objects.values().get() == accepted
        assert Run.objects.get().state == RunState.SUCCEEDED
        capsys.readouterr()

    def test_the_list_names_scenarios_and_their_newest_run(self, pit, capsys):
        call_command("scenario", "list")
        assert "No scenarios yet" in capsys.readouterr().out
        call_command("scenario", "run", str(pit), "--no-publish")
        capsys.readouterr()
        call_command("scenario", "list")
        assert "succeeded" in capsys.readouterr().out
        call_command("scenario", "show", str(Run.objects.get().pk))
        assert "Volume error" in capsys.readouterr().out


class TestTimeLeft:
    """A day of rain; the solver's first step waits 60 s to be compiled, then 1 % takes 1 s."""

    def seconds_left(self, pace, share, steps, now):
        progress = flood.Progress(
            time_s=share * 86_400, duration_s=86_400, steps=steps, dt_s=1.0, max_depth_m=0.1
        )
        return pace.seconds_left(progress, now)

    def test_the_time_of_compiling_is_no_part_of_it(self):
        pace = Pace()
        assert self.seconds_left(pace, 0.0, 0, 0.0) is None
        assert self.seconds_left(pace, 0.00001, 1, 60.0) is None
        assert self.seconds_left(pace, 0.10001, 900, 70.0) == pytest.approx(90, abs=0.1)
        assert self.seconds_left(pace, 0.50001, 4500, 110.0) == pytest.approx(50, abs=0.1)

    def test_nothing_is_told_before_four_seconds_of_computing(self):
        pace = Pace()
        assert self.seconds_left(pace, 0.00, 1, 60.0) is None
        assert self.seconds_left(pace, 0.02, 99, 63.9) is None
        assert self.seconds_left(pace, 0.04, 199, 64.0) == pytest.approx(96)

    def test_nothing_is_told_of_a_computation_that_does_not_advance(self):
        pace = Pace()
        self.seconds_left(pace, 0.25, 1, 60.0)
        assert self.seconds_left(pace, 0.25, 1, 600.0) is None

    def test_a_line_without_it_says_how_far_the_water_is(self):
        progress = flood.Progress(time_s=60, duration_s=3600, steps=1, dt_s=0.5, max_depth_m=0.25)
        line = "0:01:00 of 1:00:00 simulated; step 0.50 s, deepest 0.25 m"
        assert services._line(progress, None) == line
        assert "simulated, 0:01:30 left; step" in services._line(progress, 90.4)


def test_times_are_told_by_the_clock():
    assert services._clock(3725) == "1:02:05"

"""Long jobs that are silent but alive, and every command of the layers for people and machines."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone, translation

from layers.errors import RunCancelledError, UnknownCrsError, UnknownLandUseError, UserFacingError
from layers.models import Layer, Run
from layers.queries import current_raster, feature_named, layer_named
from layers.runs import STALE_AFTER, executing, fail_stale_runs, queue_run, request_cancel
from tests.factories import feature, filled_layer, land_use, square
from tests.layers.sources import grid_file, vector_file


def fall_silent(run):
    long_ago = timezone.now() - STALE_AFTER - timedelta(minutes=10)
    Run.objects.filter(pk=run.pk).update(state="running", heartbeat_at=long_ago)


def state_of(run):
    run.refresh_from_db()
    return run.state


def asked_elsewhere(sql, *parameters):
    """Ask through another session, as another shell would."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()
    finally:
        other.close()


@pytest.mark.django_db(transaction=True)
class TestAlive:
    @pytest.fixture
    def run(self):
        return queue_run(kind="import", title="Import city.gpkg", parameters={})

    def test_a_job_in_one_long_statement_is_alive_however_long_it_is_silent(self, run):
        """Publishing a million features takes minutes in one statement; that is no death."""
        with executing(run):
            fall_silent(run)
            assert fail_stale_runs() == 0
            assert state_of(run) == "running"

    def test_a_job_whose_session_is_gone_is_dead_after_ninety_seconds(self, run):
        with executing(run) as report:
            report.close()  # as when the process is killed
            fall_silent(run)
            assert fail_stale_runs() == 1
            assert state_of(run) == "failed"

    def test_a_job_that_ended_gives_its_lock_back(self, run):
        with executing(run):
            assert asked_elsewhere(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", run.pk
            ) == (1,)
        assert asked_elsewhere(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s", run.pk
        ) == (0,)

    def test_a_silent_job_does_not_shield_another(self, run):
        dead = queue_run(kind="import", title="dead", parameters={})
        with executing(run):
            fall_silent(run)
            fall_silent(dead)
            assert fail_stale_runs() == 1
        assert (state_of(run), state_of(dead)) == ("succeeded", "failed")

    def test_jobs_that_wait_or_ended_are_never_called_dead(self, run):
        fall_silent(run)
        for state in ("queued", "succeeded", "failed", "cancelled"):
            Run.objects.filter(pk=run.pk).update(state=state)
            assert fail_stale_runs() == 0

    def test_another_session_sees_progress_but_nothing_of_what_is_stored(self, run):
        with executing(run) as report, transaction.atomic():
            Layer.objects.create(slug="half-way", title_en="x", geometry_kind="point")
            report(0.25, "a quarter")
            assert asked_elsewhere(
                "SELECT progress_share, message FROM layers_run WHERE id = %s", run.pk
            ) == (0.25, "a quarter")
            assert asked_elsewhere("SELECT count(*) FROM layers_layer") == (0,)

    def test_a_cancelled_job_takes_back_what_it_stored_and_keeps_its_log(self, run):
        stop = "UPDATE layers_run SET cancel_requested_at = now() WHERE id = %s RETURNING 1"

        def work():
            with executing(run) as report, transaction.atomic():
                Layer.objects.create(slug="half-way", title_en="x", geometry_kind="point")
                report(0.25, "a quarter")
                asked_elsewhere(stop, run.pk)
                report(0.5, "half")

        with pytest.raises(RunCancelledError):
            work()
        assert not Layer.objects.exists()
        assert state_of(run) == "cancelled"
        assert "a quarter" in run.log
        assert "half" in run.log

    def test_a_look_whether_to_stop_is_a_sign_of_life(self, run):
        with executing(run) as report:
            fall_silent(run)
            assert not report.is_cancelled()
            run.refresh_from_db()
            assert timezone.now() - run.heartbeat_at < timedelta(seconds=30)
            request_cancel(run)
            assert report.is_cancelled()


def said(capsys, *arguments):
    call_command(*map(str, arguments))
    return capsys.readouterr().out


def for_machines(capsys, *arguments):
    """What a command prints with --json: one object and nothing else."""
    return json.loads(said(capsys, *arguments, "--json"))


@pytest.mark.django_db
class TestCommands:
    @pytest.fixture(autouse=True)
    def _files_beside_the_test(self, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path / "media"

    @pytest.fixture
    def houses(self, tmp_path):
        shapes = [square(0, 0, 10), None]
        return vector_file(tmp_path / "houses.gpkg", shapes, name=["ផ្ទះ", "x"])

    def test_import_tells_the_balance_for_people_and_for_machines(self, capsys, houses):
        told = for_machines(capsys, "import", houses, "--layer", "houses")
        rows = told["rows"]
        assert rows["read"] == rows["stored"] + rows["refused"] == 2
        assert (told["added"], told["version"], told["is_new"]) == (1, 1, True)
        assert told["issues"] == {"empty_geometry refused": 1}
        assert "already held exactly this (v1)" in said(
            capsys, "import", houses, "--layer", "houses"
        )

    def test_import_of_a_grid_with_nan_for_no_data_is_told_and_repeated(self, capsys, tmp_path):
        path = grid_file(tmp_path / "dem.tif", [[1.5, float("nan")]], nodata=None)
        arguments = ("import", path, "--layer", "terrain", "--nodata", "nan")
        assert for_machines(capsys, *arguments)["is_new"]
        assert not for_machines(capsys, *arguments)["is_new"]
        assert current_raster("terrain").maximum == 1.5

    def test_layers_lists_each_layer_once(self, capsys):
        filled_layer("b", feature("1", square(0, 0, 9)), theme="plan")
        filled_layer("a", theme="plan")
        rows = for_machines(capsys, "layers")["layers"]
        assert [(row["slug"], row["features"]) for row in rows] == [("a", 0), ("b", 1)]
        assert len(said(capsys, "layers").splitlines()) == 2

    def test_classes_and_load_classes_agree_on_how_many(self, capsys):
        added = for_machines(capsys, "load_classes")["added"]
        assert len(for_machines(capsys, "classes")["classes"]) == added
        assert for_machines(capsys, "load_classes")["added"] == 0

    def test_survey_tells_the_area_in_square_kilometres(self, capsys, tmp_path):
        filled_layer("houses")
        path = vector_file(tmp_path / "area.gpkg", [square(0, 0, 2000)], n=[1])
        told = for_machines(capsys, "survey", "houses", path, "--completeness", "partial")
        assert (told["area_km2"], told["completeness"]) == (pytest.approx(4), "partial")
        assert "4.000 km² stated as complete" in said(capsys, "survey", "houses", path)

    def test_run_lists_the_newest_first_and_cancels_one(self, capsys):
        runs = [queue_run(kind="import", title=f"job {n}", parameters={}) for n in range(3)]
        listed = for_machines(capsys, "run", "list")["runs"]
        assert [row["number"] for row in listed] == [run.pk for run in reversed(runs)]
        for_machines(capsys, "run", "cancel", runs[0].pk)
        runs[0].refresh_from_db()
        assert runs[0].cancel_requested_at is not None

    @pytest.mark.parametrize(
        "arguments",
        [
            ("import", "/nowhere/a.gpkg", "--layer", "x"),
            ("survey", "nowhere", "/nowhere/a.gpkg"),
            ("run", "show", "99999"),
            ("run", "cancel"),
        ],
    )
    def test_a_refusal_for_machines_is_one_object_with_what_and_remedy(self, capsys, arguments):
        with pytest.raises(SystemExit) as ended:
            call_command(*arguments, "--json")
        assert ended.value.code == 2
        error = json.loads(capsys.readouterr().out)["error"]
        assert error["what"].endswith(".")
        assert error["remedy"]
        assert error["what"].isascii()  # the shell speaks English

    def test_the_shell_speaks_english_even_where_the_web_speaks_khmer(self, capsys):
        with translation.override("km"), pytest.raises(SystemExit):
            call_command("survey", "nowhere", "a.gpkg")
        assert "There is no layer 'nowhere'." in capsys.readouterr().err


@pytest.mark.django_db
class TestRefusalsInBothLanguages:
    def refusals(self):
        filled_layer("houses")
        yield lambda: layer_named("hoses")
        yield lambda: feature_named("houses", "Z-9")
        yield lambda: current_raster("houses")
        yield lambda: raise_(UnknownLandUseError(["schol"]))
        yield lambda: raise_(UnknownCrsError(Path("plan.gpkg"), "zones"))

    def test_what_a_reader_may_meet_is_khmer_in_khmer_and_english_in_english(self):
        for refuse in self.refusals():
            texts = {}
            for code in ("km", "en"):
                with translation.override(code), pytest.raises(UserFacingError) as refused:
                    refuse()
                texts[code] = (refused.value.what, refused.value.remedy)
            assert all(text.isascii() for text in texts["en"])
            assert not any(text.isascii() for text in texts["km"])

    @pytest.mark.parametrize(
        "address",
        [
            "/identify?lon=x&lat=1",
            "/identify?lon=0&lat=0",
            "/identify?lon=nan&lat=1e999",
            "/search?q=" + 101 * "x",
            "/tiles/none/1/0/0/0.mvt",
            "/tiles/zones/7/0/0/0.mvt",
            "/tiles/zones/1/30/0/0.mvt",
            "/tiles/zones/99999999999999999999/0/0/0.mvt",
            "/raster/zones/1/0/0/0.png",
        ],
    )
    def test_every_refusal_of_the_map_is_khmer_first(self, client, address):
        land_use("R1")
        filled_layer("zones", feature("Z", square(0, 0, 10)))
        more = "&" if "?" in address else "?"
        for query, is_english in (("", False), (f"{more}lang=en", True)):
            response = client.get(address + query, headers={"Accept": "application/json"})
            assert response.status_code in {400, 404}
            told = response.json()["error"]
            assert told["what"].isascii() is is_english
            assert told["remedy"].isascii() is is_english


def raise_(error):
    raise error

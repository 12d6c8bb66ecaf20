"""Pages of scenarios: what a reader sees, and who may start and stop."""

import io
import re

import pytest
import rasterio
from django.contrib.auth import get_user_model
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from layers.models import Run
from layers.runs import queue_run
from layers.vocab import RunState
from scenarios.models import ScenarioRun
from scenarios.services import store_scenario
from scenarios.spec_reader import read_spec
from tests.factories import feature, filled_layer, square
from tests.scenarios.basins import run_scenario, write_scenario

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(pit):
    filled_layer(
        "facilities",
        feature("SCH-1", square(32, 22, 6), "school", name_en="Pit school", name_km="សាលារណ្តៅ"),
        feature("SCH-3", square(500, 500, 5), "school", name_en="Far school"),
    )
    filled_layer("buildings", feature("B-1", square(32, 22, 6), "residential"))
    return run_scenario(pit)


@pytest.fixture
def planner(client):
    user = get_user_model().objects.create_user("planner", password="a-long-password")
    client.force_login(user)
    return client


def page(client, name, language="en", **where):
    answer = client.get(reverse(name, kwargs=where), {"lang": language})
    assert answer.status_code == 200
    return answer.content.decode()


def waiting_run(pit):
    spec = read_spec(pit)
    store_scenario(spec, pit.parent)
    return queue_run(kind="flood", title=spec.title_en, parameters={"scenario": spec.code})


class TestList:
    def test_before_any_scenario_it_says_how_to_begin(self, client):
        assert "./krong scenario run FILE.yaml" in page(client, "scenarios")

    def test_it_names_scenarios_and_runs_in_khmer_first(self, client, finished):
        text = page(client, "scenarios", language="km")
        assert "តេស្តអាង" in text
        assert "សេណារីយ៉ូ" in text
        assert f"/scenarios/{finished.pk}/" in text

    def test_only_those_who_logged_in_see_a_start_button(self, client, finished):
        assert "<button" not in page(client, "scenarios").partition("<main")[2]

    def test_a_planner_sees_a_start_button(self, planner, finished):
        assert "Run again" in page(planner, "scenarios")

    def test_it_watches_only_while_something_runs(self, client, pit):
        assert "watch-run.js" not in page(client, "scenarios")
        waiting_run(pit)
        assert "watch-run.js" in page(client, "scenarios")

    def test_programs_get_the_same_list(self, client, finished):
        body = client.get(reverse("scenarios-json")).json()
        assert body["scenarios"] == [
            {"code": "basin", "title_km": "តេស្តអាង", "title_en": "Basin test"}
        ]
        [run] = body["runs"]
        assert (run["number"], run["state"], run["progress_percent"]) == (
            finished.pk, "succeeded", 100,
        )  # fmt: skip


class TestResult:
    def test_it_shows_areas_rain_balance_and_assumptions_with_basis(self, client, finished):
        text = page(client, "scenario", number=finished.pk)
        assert re.search(r"H4</span>.*?<td>0\.04</td>", text, re.DOTALL)
        assert "400.0 mm in all, at most 400 mm/h" in text
        assert text.count("<rect") == 1
        assert "1,920.0" in text  # m3 of rain
        assert "demo value without legal force" in text
        assert "drawn for this test" in text

    def test_it_says_what_limits_its_use(self, client, finished):
        text = page(client, "scenario", number=finished.pk)
        assert "never validated against an observed flood" in text
        assert "Froude number above 0.8" in text

    def test_the_school_in_the_pit_is_named_and_the_far_one_is_not_cleared(self, client, finished):
        text = page(client, "scenario", number=finished.pk)
        assert "Pit school" in text
        assert "1.32" in text
        assert "Far school" not in text
        assert "1 facility lies outside the model: nothing can be said of it." in text

    def test_buildings_are_counted_by_class(self, client, finished):
        text = page(client, "scenario", number=finished.pk)
        assert "residential" in text
        assert "<td>0</td><td>0</td><td>0</td><td>1</td>" in text

    def test_in_khmer_it_is_khmer(self, client, finished):
        text = page(client, "scenario", language="km", number=finished.pk)
        assert "សាលារណ្តៅ" in text
        assert "តុល្យភាពទឹក" in text
        for english in ("Mass balance", "Assumptions", "Greatest depth", "never validated"):
            assert english not in text

    def test_the_picture_has_a_legend_in_its_own_colours(self, client, finished):
        text = page(client, "scenario", number=finished.pk)
        assert re.search(r"background:#08306B\"></span> 1\.20", text)

    def test_it_links_to_the_layers_on_the_map(self, client, finished):
        text = page(client, "scenario", number=finished.pk)
        assert "/map/?layer=flood-basin-depth" in text
        assert '/map/?layer=flood-basin"' in text

    def test_an_older_result_says_that_the_map_shows_a_newer_one(self, client, finished, tmp_path):
        run_scenario(write_scenario(tmp_path))
        text = page(client, "scenario", number=finished.pk)
        assert "A newer result of this scenario is published" in text

    def test_facilities_edited_since_make_the_count_old(self, client, finished):
        assert "have changed since this run" not in page(client, "scenario", number=finished.pk)
        filled_layer("facilities", feature("SCH-9", square(2, 2, 6), "school"))
        assert "have changed since this run" in page(client, "scenario", number=finished.pk)

    def test_an_unpublished_result_says_so(self, client, pit):
        run = run_scenario(pit, publish=False)
        text = page(client, "scenario", number=run.pk)
        assert "no layer holds it" in text
        assert "/map/?layer=" not in text

    def test_nothing_is_loaded_from_elsewhere_and_no_script_is_inline(self, client, finished):
        text = page(client, "scenario", number=finished.pk)
        assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text)
        assert not re.findall(r"(?:src|href)=\"https?://", text)

    def test_programs_get_the_whole_record(self, client, finished):
        body = client.get(reverse("scenario-json", args=[finished.pk])).json()
        assert body["result"]["mass_balance"]["rain_m3"] == pytest.approx(1920)
        assert body["result"]["hazard_areas"][4]["area_m2"] == 400
        assert len(body["result"]["solver_version"]) == 64


class TestFiles:
    @pytest.mark.parametrize(
        "quantity", ["depth", "velocity", "hazard-rating", "arrival", "froude"]
    )
    def test_each_grid_can_be_downloaded_and_opened(self, client, finished, quantity):
        answer = client.get(reverse("scenario-grid", args=[finished.pk, quantity]))
        assert answer["Content-Disposition"].endswith(f'-{quantity}.tif"')
        with rasterio.open(io.BytesIO(b"".join(answer.streaming_content))) as file:
            assert file.shape == (6, 8)
            assert file.crs.to_epsg() == 32648

    def test_the_picture_shows_water_and_leaves_dry_ground_clear(self, client, finished):
        answer = client.get(reverse("scenario-depth-picture", args=[finished.pk]))
        assert answer["Content-Type"] == "image/png"
        with rasterio.open(io.BytesIO(answer.content)) as picture:
            red, _green, blue, clear = picture.read()
            assert (red[2, 3], blue[2, 3]) == (8, 107)  # over 1.2 m
            assert (red[0, 0], blue[0, 0]) == (66, 198)  # 0.3 to 0.6 m
            assert (clear == 255).all()

    @pytest.mark.parametrize("quantity", ["colour", "depth2"])
    def test_an_unknown_grid_is_not_found(self, client, finished, quantity):
        assert client.get(f"/scenarios/{finished.pk}/{quantity}.tif").status_code == 404

    def test_a_run_without_result_has_no_grid_and_no_picture(self, client, pit):
        run = waiting_run(pit)
        assert client.get(f"/scenarios/{run.pk}/depth.tif").status_code == 404
        assert client.get(f"/scenarios/{run.pk}/depth.png").status_code == 404

    def test_an_unknown_run_is_not_found(self, client):
        assert client.get("/scenarios/4711/").status_code == 404


class TestStartAndCancel:
    def test_a_waiting_run_shows_its_state_and_how_to_start_the_worker(self, planner, pit):
        text = page(planner, "scenario", number=waiting_run(pit).pk)
        assert "./krong db_worker" in text
        assert "Cancel" in text
        assert "watch-run.js" in text

    def test_a_planner_starts_a_stored_scenario_for_the_worker(self, planner, pit):
        spec = read_spec(pit)
        store_scenario(spec, pit.parent)
        answer = planner.post(reverse("scenario-start", args=["basin"]))
        run = Run.objects.get()
        assert answer["Location"] == f"/scenarios/{run.pk}/"
        assert run.state == RunState.QUEUED
        assert DBTaskResult.objects.get().args_kwargs["args"] == [run.pk]

    def test_nothing_is_started_when_nothing_has_changed(self, planner, finished):
        answer = planner.post(reverse("scenario-start", args=["basin"]))
        assert answer["Location"] == f"/scenarios/{finished.pk}/"
        assert Run.objects.count() == 1
        assert not DBTaskResult.objects.exists()

    def test_a_planner_cancels_a_run(self, planner, pit):
        run = waiting_run(pit)
        planner.post(reverse("scenario-cancel", args=[run.pk]))
        run.refresh_from_db()
        assert run.cancel_requested_at is not None
        assert "Stopping" in page(planner, "scenario", number=run.pk)

    @pytest.mark.parametrize("address", ["/scenarios/basin/start/", "/scenarios/1/cancel/"])
    def test_strangers_are_sent_to_log_in_and_nothing_happens(self, client, pit, address):
        waiting_run(pit)
        answer = client.post(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/")
        assert Run.objects.get().cancel_requested_at is None
        assert not DBTaskResult.objects.exists()

    def test_looking_never_starts_anything(self, planner, pit):
        assert planner.get("/scenarios/basin/start/").status_code == 405
        assert planner.get("/scenarios/1/cancel/").status_code == 405

    def test_an_unknown_scenario_is_not_found(self, planner):
        assert planner.post("/scenarios/nowhere/start/").status_code == 404

    def test_a_failed_run_shows_its_sentence_and_log(self, planner, tmp_path):
        import numpy as np

        from scenarios.errors import TerrainError

        with pytest.raises(TerrainError):
            run_scenario(write_scenario(tmp_path, np.full((4, 4), -9999.0)))
        text = page(planner, "scenario", number=Run.objects.get().pk)
        assert "terrain.tif holds no elevation in this window." in text
        assert "Run again" in text
        assert not ScenarioRun.objects.exists()

"""Wherever a publication breaks, the city sees what it saw before; the pages show the record."""

import json
import re

import numpy as np
import pytest
import rasterio
from django.core.management import call_command
from django.urls import reverse

from layers.models import Feature, Layer, LayerVersion, RasterLayer, Run, SurveyedArea
from layers.queries import current_features, current_raster
from layers.vocab import RunState
from scenarios import publication, services
from scenarios.errors import TerrainError
from scenarios.models import ScenarioRun
from tests.factories import feature, filled_layer, square
from tests.scenarios.basins import (
    HEAVY_RAIN,
    LAYERS,
    plain_with_a_pit,
    run_scenario,
    write_scenario,
)

pytestmark = pytest.mark.django_db


def snapshot():
    """Everything a publication may change."""
    return {
        "layers": sorted(
            Layer.objects.values_list("slug", "published_number", "title_en", "source")
        ),
        "versions": sorted(LayerVersion.objects.values_list("layer__slug", "number", "state")),
        "features": sorted(Feature.objects.values_list("layer__slug", "stable_id", "retired_in")),
        "rasters": sorted(RasterLayer.objects.values_list("version__layer__slug", "file")),
        "surveys": sorted(SurveyedArea.objects.values_list("layer__slug", "source")),
        "results": list(ScenarioRun.objects.values_list("run_id", flat=True)),
    }


def broken(*_arguments, **_options):
    raise TerrainError("The disk is full.", remedy="Free some space.")


class BreaksAt:
    """Stands for a function that works some times and then breaks."""

    def __init__(self, function, number):
        self.function, self.left = function, number

    def __call__(self, *arguments, **options):
        self.left -= 1
        return broken() if self.left == 0 else self.function(*arguments, **options)


STEPS = {
    "the first grid": ("publish_raster", 1),
    "the last grid": ("publish_raster", 5),
    "the hazard areas": ("publish_features", 1),
    "the surveyed area": ("set_surveyed_area", 1),
    "the count of facilities": ("facilities_in_water", 1),
    "the count of buildings": ("buildings_by_hazard", 1),
    "the class areas of the record": ("_class_areas", 1),
}


@pytest.mark.parametrize("step", STEPS)
def test_when_it_breaks_nothing_new_stands_and_the_old_flood_is_still_published(
    pit, tmp_path, monkeypatch, step
):
    filled_layer("facilities", feature("SCH-1", square(32, 22, 6), "school"))
    filled_layer("buildings", feature("B-1", square(32, 22, 6), "residential"))
    first = run_scenario(pit)
    before = snapshot()
    name, number = STEPS[step]
    monkeypatch.setattr(publication, name, BreaksAt(getattr(publication, name), number))

    with pytest.raises(TerrainError):
        run_scenario(write_scenario(tmp_path, title_en="Another storm"))

    assert snapshot() == before
    assert {f.properties["run"] for f in current_features("flood-basin")} == {first.pk}
    assert Run.objects.latest("pk").state == RunState.FAILED
    assert "The disk is full." in Run.objects.latest("pk").message


def test_after_it_broke_the_same_scenario_can_be_run_and_is_then_whole(pit, monkeypatch):
    with monkeypatch.context() as breaking:
        breaking.setattr(publication, "publish_features", broken)
        with pytest.raises(TerrainError):
            run_scenario(pit)

    run = run_scenario(pit)

    assert run.state == RunState.SUCCEEDED
    assert set(Layer.objects.values_list("slug", flat=True)) == LAYERS
    assert {layer.published_number for layer in Layer.objects.all()} == {1}


def test_when_the_last_report_fails_nothing_is_kept(pit, monkeypatch):
    """The result is stored and 'Done' is told in one transaction: both or neither."""
    monkeypatch.setattr(services, "store_outcome", broken)
    with pytest.raises(TerrainError):
        run_scenario(pit)

    assert not Layer.objects.exists()
    assert not ScenarioRun.objects.exists()


def test_the_grids_and_the_areas_of_a_publication_are_of_one_run(pit, tmp_path):
    run_scenario(pit)
    second = run_scenario(
        write_scenario(tmp_path, plain_with_a_pit(), title_en="Sixty millimetres")
    )

    record = second.scenario_run.outputs["layers"]
    assert dict.fromkeys(LAYERS, 2) == record
    [deep] = [f for f in current_features("flood-basin") if f.properties["cells"] == 4]
    with rasterio.open(current_raster("flood-basin-depth").file.path) as file:
        depth = file.read(1)
    assert deep.properties["deepest_m"] == pytest.approx(depth.max(), abs=0.001)
    assert deep.properties["run"] == second.pk


def test_the_areas_of_the_layer_are_the_cells_of_the_depth_grid(pit):
    run_scenario(pit)
    with rasterio.open(current_raster("flood-basin-depth").file.path) as file:
        depth = file.read(1)
    limits = [0.01, 0.3, 0.6, 1.2, np.inf]
    for number in range(1, 5):
        cells = np.count_nonzero((depth > limits[number - 1]) & (depth <= limits[number]))
        areas = current_features("flood-basin").filter(properties__hazard_class=f"H{number}")
        assert sum(area.geometry.area for area in areas) == pytest.approx(100 * cells)


class TestPagesAndRecord:
    """Every number on the page is that of the JSON, and that of the command."""

    @pytest.fixture
    def finished(self, pit):
        filled_layer(
            "facilities",
            feature("SCH-1", square(32, 22, 6), "school", name_en="Pit school", name_km="សាលា"),
            feature("SCH-2", square(2, 2, 6), "school", name_en="Plain school", name_km="សាលា២"),
            feature("SCH-3", square(700, 2, 6), "school", name_en="Far school", name_km="សាលា៣"),
        )
        filled_layer("buildings", feature("B-1", square(32, 22, 6), "residential"))
        return run_scenario(pit)

    @pytest.fixture
    def text(self, client, finished):
        answer = client.get(reverse("scenario", args=[finished.pk]), {"lang": "en"})
        return answer.content.decode()

    @pytest.fixture
    def record(self, client, finished):
        return client.get(reverse("scenario-json", args=[finished.pk])).json()["result"]

    def test_areas(self, text, record):
        for row in record["hazard_areas"]:
            shown = re.search(
                rf"{row['hazard_class']}</span>.*?<td>([\d.,]+)</td><td>(\d*)</td></tr>",
                text, re.DOTALL,
            )  # fmt: skip
            assert shown is not None
            assert float(shown[1]) * 1e4 == pytest.approx(row["area_m2"], abs=50)
            if row["hazard_class"] != "H0":
                assert int(shown[2]) == row["zones"]

    def test_areas_of_all_classes_are_the_whole_model(self, record):
        cells = sum(row["cells"] for row in record["hazard_areas"])
        assert cells == record["parameters"]["domain_cells"] == 48
        assert [row["hazard_class"] for row in record["hazard_areas"]] == [
            "H0", "H1", "H2", "H3", "H4",
        ]  # fmt: skip

    def test_water(self, text, record):
        balance = record["mass_balance"]
        for name in ("rain_m3", "stored_start_m3", "stored_end_m3", "created_m3"):
            assert f"<td>{balance[name]:,.1f}</td>" in text
        assert f"Volume error: {balance['relative_error']:.1e}" in text

    def test_facilities(self, text, record):
        rows = {row["id"]: row for row in record["exposure"]["facilities"]}
        for stable_id in ("SCH-1", "SCH-2"):
            row = rows[stable_id]
            shown = re.search(
                rf"{row['name_en']}<br><small>{stable_id}</small></td><td>school</td>"
                r"<td>([\d.]+)</td>.*?>(H\d)</span>",
                text, re.IGNORECASE,
            )  # fmt: skip
            assert shown is not None
            assert (float(shown[1]), shown[2]) == (row["depth_m"], row["hazard_class"])
        assert rows["SCH-3"]["depth_m"] is None
        assert text.index("Pit school") < text.index("Plain school")  # deepest first

    def test_rain(self, text, record):
        total = sum(record["hyetograph"]["depths_mm"])
        assert f"{total:.1f} mm in all" in text
        assert text.count("<rect") == len(record["hyetograph"]["depths_mm"])

    def test_every_assumption_with_value_basis_and_source(self, text, record):
        for each in record["assumptions"]:
            assert each["value"] in text
            assert f'class="badge basis {each["basis"]}"' in text
            assert each["source"].partition(";")[0] in text.replace("&#x27;", "'")

    def test_the_command_tells_the_same(self, finished, record, capsys):
        call_command("scenario", "show", str(finished.pk), "--json")
        body = json.loads(capsys.readouterr().out)

        assert body["run"] == finished.pk
        for name in ("mass_balance", "validity", "hazard_areas", "outputs"):
            assert body[name] == record[name], name

    def test_lists_name_a_run_in_the_language_of_the_reader(self, client, finished):
        pages = {
            language: client.get(reverse("scenarios-json"), {"lang": language}).json()["runs"][0]
            for language in ("km", "en")
        }
        assert pages["km"]["title"] == "តេស្តអាង"
        assert pages["en"]["title"] == "Basin test"

    def test_layers_are_titled_in_khmer_for_khmer_readers(self, finished):
        for layer in Layer.objects.filter(slug__in=LAYERS):
            plain = layer.title_km.replace("(Defra)", "").replace("Froude", "")
            assert not re.search(r"[A-Za-z]", plain), layer.title_km


def test_a_scenario_without_rain_shows_no_chart_and_no_return_period(client, tmp_path):
    path = write_scenario(
        tmp_path, np.zeros((4, 4)), event=None, edges={"east": {"stage": 0.4}}, code="tide"
    )
    run = run_scenario(path)
    text = client.get(reverse("scenario", args=[run.pk]), {"lang": "en"}).content.decode()

    assert "<svg" not in text
    assert "in through the sides" in text
    assert run.scenario_run.hyetograph == {}
    [zone, *_more] = current_features("flood-tide")
    assert zone.properties["return_period_years"] is None


def test_a_flood_of_nothing_publishes_an_empty_layer_that_was_surveyed(tmp_path):
    """No area is an answer, because the domain says where it was looked for."""
    drop = {"steady_rain": {"depth_mm": 1, "duration_h": 1, "source": "test"}}
    run = run_scenario(write_scenario(tmp_path, np.zeros((4, 4)), event=drop))

    assert not current_features("flood-basin").exists()
    assert Layer.objects.get(slug="flood-basin").published_number == 1
    assert SurveyedArea.objects.get(layer__slug="flood-basin").geometry.area == 1600
    assert [row["zones"] for row in run.scenario_run.hazard_areas] == [0] * 5


def test_a_design_storm_hands_its_return_period_and_duration_to_every_area(tmp_path):
    storm = {"table": "sihanoukville-doh-1999-2019", "return_period_years": 25, "duration_h": 1}
    path = write_scenario(tmp_path, plain_with_a_pit(), event={"design_storm": storm})
    run_scenario(path)

    stated = {
        (f.properties["return_period_years"], f.properties["duration_h"], f.properties["basis"])
        for f in current_features("flood-basin")
    }
    assert stated == {(25.0, 1.0, "demo_value")}


def test_heavy_and_light_rain_are_two_scenarios_side_by_side(tmp_path):
    run_scenario(write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN))
    run_scenario(write_scenario(tmp_path, code="light"))

    assert current_features("flood-basin").filter(properties__hazard_class="H4").exists()
    assert not current_features("flood-light").filter(properties__hazard_class="H4").exists()

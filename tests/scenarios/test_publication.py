"""A result becomes layers: areas to the square metre, grids, and who stands in the water."""

import numpy as np
import pytest
import rasterio
import shapely
from django.contrib.gis.geos import GEOSGeometry

from layers.errors import UserFacingError
from layers.models import Layer
from layers.queries import current_features, current_raster, layer_named, surveyed_share
from tests.factories import feature, filled_layer, rectangle, square
from tests.scenarios.basins import (
    HEAVY_RAIN,
    LAYERS,
    plain_with_a_pit,
    run_scenario,
    write_scenario,
)


def _geos(shape):
    return GEOSGeometry(shapely.to_wkt(shape), srid=32648)


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
        with pytest.raises(UserFacingError, match=r"'houses'.*zones"):
            run_scenario(path)

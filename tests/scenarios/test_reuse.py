"""A finished run stands only while everything it rests on is what it was."""

import pytest
import yaml

from scenarios.simulation import combined_digest, input_digests, solver_digest
from scenarios.sources import FileSources, file_digest
from scenarios.spec_reader import read_spec
from tests.factories import EAST, NORTH, feature, filled_layer, rectangle, square
from tests.scenarios.basins import (
    basin,
    run_scenario,
    scenario,
    started,
    write_scenario,
    write_terrain,
)
from tests.scenarios.test_surfaces import write_areas

STORM = {
    "table": "sihanoukville-doh-1999-2019", "return_period_years": 100, "duration_h": 1,
    "pattern": "block", "step_min": 15,
}  # fmt: skip
INFLOW = {"name": "spring", "point": [EAST + 35, NORTH + 25], "discharge_m3s": 0.2, "source": "t"}


def digest(path):
    return combined_digest(input_digests(read_spec(path), FileSources()))


def both(folder, before, after):
    first = digest(write_scenario(folder, **before))
    return first, digest(write_scenario(folder, **after))


CHANGES = {
    "the return period": (
        {"event": {"design_storm": STORM}},
        {"event": {"design_storm": {**STORM, "return_period_years": 50}}},
    ),
    "the duration of the storm": (
        {"event": {"design_storm": STORM}},
        {"event": {"design_storm": {**STORM, "duration_h": 2}}},
    ),
    "the pattern of the storm": (
        {"event": {"design_storm": STORM}},
        {"event": {"design_storm": {**STORM, "pattern": "triangle"}}},
    ),
    "the table of the storm": (
        {"event": {"design_storm": STORM}},
        {"event": {"design_storm": {**STORM, "table": "phnom-penh-demo"}}},
    ),
    "the depth of the rain": (
        {},
        {"event": {"steady_rain": {"depth_mm": 61, "duration_h": 1, "source": "test"}}},
    ),
    "the window": ({}, {"window": [EAST, NORTH, EAST + 40, NORTH + 40]}),
    "the roughness": ({}, {"roughness": {"default": 0.04, "source": "test"}}),
    "the source of the roughness": ({}, {"roughness": {"default": 0.03, "source": "Chow"}}),
    "the runoff": ({}, {"runoff": {"default": 0.5, "source": "test"}}),
    "a side": ({}, {"edges": {"south": "open"}}),
    "the level of a side": ({"edges": {"south": {"stage": 1}}}, {"edges": {"south": {"stage": 2}}}),
    "an inflow": ({}, {"inflows": [INFLOW]}),
    "the discharge": ({"inflows": [INFLOW]}, {"inflows": [{**INFLOW, "discharge_m3s": 0.3}]}),
    "the sea level": (
        {"sea": {"below_m": 6, "level_m": 0.5, "source": "t"}},
        {"sea": {"below_m": 6, "level_m": 0.6, "source": "t"}},
    ),
    "theta": ({}, {"numerics": {"theta": 0.8}}),
    "the precision": ({}, {"numerics": {"dtype": "float64"}}),
    "the debris": ({}, {"debris": "none"}),
    "the validation": ({}, {"validation": "Compared with flood marks of 2021"}),
    "the title, which the layers carry": ({}, {"title_km": "ទឹកជំនន់"}),
    "the 'no data' value": ({}, {"terrain": {"file": "terrain.tif", "nodata": 5.0}}),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_run_is_needed_after_a_change_of(tmp_path, what):
    before, after = both(tmp_path, *CHANGES[what])

    assert before != after


def test_comments_order_and_layout_of_the_file_do_not_count(tmp_path):
    path = write_scenario(tmp_path)
    before = digest(path)
    turned = dict(reversed(scenario().items()))
    text = "# seen by the engineer\n" + yaml.safe_dump(turned, default_flow_style=True)
    path.write_text(text, encoding="utf-8")

    assert digest(path) == before


def test_another_name_or_folder_of_the_scenario_file_does_not_count(tmp_path):
    before = digest(write_scenario(tmp_path))
    (tmp_path / "copy").mkdir()

    assert digest(write_scenario(tmp_path / "copy", name="again.yaml")) == before


def test_a_terrain_that_differs_in_one_cell_by_a_millimetre_counts(tmp_path):
    path = write_scenario(tmp_path, basin())
    before = digest(path)
    write_terrain(tmp_path / "terrain.tif", basin(pit=((2, 2), 0.001)))

    assert digest(path) != before


def test_a_moved_area_and_a_changed_attribute_count(tmp_path):
    cover = {"file": "cover.gpkg", "file_layer": "cover", "attribute": "n"}
    rough = {"default": 0.03, "source": "t", "areas": [cover]}
    digests = set()
    for shape, number in ((square(0, 0, 10), 0.02), (square(10, 0, 10), 0.02),
                          (square(10, 0, 10), 0.05)):  # fmt: skip
        write_areas(tmp_path, (shape, number))
        digests.add(digest(write_scenario(tmp_path, roughness=rough)))

    assert len(digests) == 3


def test_two_files_of_one_name_in_two_folders_are_both_watched(tmp_path):
    """Under one key the second would hide the first, and its change go unnoticed."""
    areas = []
    for folder, value in (("a", 0.02), ("b", 0.05)):
        (tmp_path / folder).mkdir()
        write_areas(tmp_path / folder, (square(0, 0, 10), value))
        areas.append({"file": f"{folder}/cover.gpkg", "file_layer": "cover", "attribute": "n"})
    path = write_scenario(tmp_path, roughness={"default": 0.03, "source": "t", "areas": areas})
    found = input_digests(read_spec(path), FileSources())
    assert {"cover.gpkg:cover", "cover.gpkg:cover (2)"} <= set(found)

    for folder in ("a", "b"):
        before = digest(path)
        write_areas(tmp_path / folder, (square(0, 0, 20), 0.04))
        assert digest(path) != before, folder


def test_a_file_named_like_a_part_of_the_record_hides_nothing(tmp_path):
    (tmp_path / "climate").write_text("end_min,rain_mm\n60,10\n", encoding="utf-8")
    event = {"rain_series": {"file": "climate", "source": "gauge"}}

    found = input_digests(read_spec(write_scenario(tmp_path, event=event)), FileSources())

    assert {"climate", "climate (2)"} <= set(found)


def test_the_attributes_of_a_shapefile_are_part_of_it(tmp_path):
    for suffix in (".shp", ".dbf", ".prj"):
        (tmp_path / f"cover{suffix}").write_bytes(b"first")
    seen = {file_digest(tmp_path / "cover.shp")}
    for suffix in (".shp", ".dbf", ".prj"):
        (tmp_path / f"cover{suffix}").write_bytes(b"second")
        seen.add(file_digest(tmp_path / "cover.shp"))

    assert len(seen) == 4


def test_what_happens_to_lie_beside_a_terrain_is_no_part_of_it(tmp_path):
    write_terrain(tmp_path / "basin.tif", basin())
    before = file_digest(tmp_path / "basin.tif")
    (tmp_path / "basin.yaml").write_text("code: basin", encoding="utf-8")
    (tmp_path / "basin.png").write_bytes(b"picture")
    assert file_digest(tmp_path / "basin.tif") == before

    (tmp_path / "basin.tif.aux.xml").write_text("<PAMDataset/>", encoding="utf-8")
    assert file_digest(tmp_path / "basin.tif") != before


def test_the_solver_is_part_of_every_digest_and_stays_the_same_while_nobody_edits_it(tmp_path):
    found = input_digests(read_spec(write_scenario(tmp_path)), FileSources())

    assert found["solver"] == solver_digest()
    assert len(solver_digest()) == 64


@pytest.mark.django_db
class TestInTheCatalogue:
    def test_a_second_publication_of_a_layer_is_another_run(self, tmp_path):
        filled_layer("walls", feature("B-1", square(20, 20, 10)))
        path = write_scenario(tmp_path, buildings={"layer": "walls", "raise_m": 3})
        first, _spec, _reused = started(path)
        filled_layer("walls", feature("B-1", square(20, 20, 11)))
        second, _spec, _reused = started(path)

        assert first.input_digest != second.input_digest

    def test_new_schools_call_for_a_new_count_of_who_stands_in_the_water(self, pit):
        first = run_scenario(pit)
        filled_layer("facilities", feature("SCH-1", square(32, 22, 6), "school"))
        second = run_scenario(pit)
        assert second.pk != first.pk
        assert [row["id"] for row in second.scenario_run.exposure["facilities"]] == ["SCH-1"]
        assert run_scenario(pit).pk == second.pk

    def test_an_unrelated_layer_changes_nothing(self, pit):
        first = run_scenario(pit)
        filled_layer("trees", feature("T-1", square(0, 0, 5)))

        assert run_scenario(pit).pk == first.pk

    def test_a_layer_called_published_does_not_hide_whether_a_run_publishes(self, tmp_path):
        filled_layer("published", feature("B-1", rectangle(20, 20, 10, 10)))
        path = write_scenario(tmp_path, buildings={"layer": "published", "raise_m": 3})

        kept, shown = (started(path, publish=publish)[0] for publish in (False, True))

        assert kept.input_digest != shown.input_digest

    def test_two_scenarios_of_the_same_content_do_not_stand_for_each_other(self, tmp_path):
        first = run_scenario(write_scenario(tmp_path))
        second = run_scenario(write_scenario(tmp_path, code="other"))

        assert second.pk != first.pk
        assert second.scenario_run.outputs["layers"].keys() == {
            name.replace("basin", "other") for name in first.scenario_run.outputs["layers"]
        }


def test_digests_do_not_depend_on_the_order_in_which_inputs_are_named():
    assert combined_digest({"a": "1", "b": "2"}) == combined_digest({"b": "2", "a": "1"})
    assert combined_digest({"a": "1", "b": "2"}) != combined_digest({"a": "2", "b": "1"})

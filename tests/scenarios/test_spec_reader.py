"""Scenario files: what is read, and the sentence for everything that cannot be run."""

import pytest
import yaml

from scenarios.errors import SpecError, StormError
from scenarios.spec import DesignStorm, SteadyRain
from scenarios.spec_reader import read_spec
from scenarios.vocab import EdgeKind
from tests.scenarios.basins import scenario, write_scenario

STORM = {"table": "sihanoukville-doh-1999-2019", "return_period_years": 100, "duration_h": 6}


def read(folder, **changes):
    return read_spec(write_scenario(folder, **changes))


def refusal(folder, **changes):
    with pytest.raises(SpecError) as refused:
        read(folder, **changes)
    return refused.value


def test_a_design_storm_is_read_with_its_defaults(tmp_path):
    spec = read(tmp_path, event={"design_storm": STORM}, climate="S245_2050")
    assert spec.rain == DesignStorm(
        table="sihanoukville-doh-1999-2019", return_period_years=100, duration_h=6,
        pattern="alternating_block", step_min=5,
    )  # fmt: skip
    assert spec.climate == "S245_2050"
    assert spec.return_period_years == 100
    assert spec.layer_slug == "flood-basin"
    assert spec.publish is True


def test_steady_rain_has_no_return_period(tmp_path):
    spec = read(tmp_path)
    assert isinstance(spec.rain, SteadyRain)
    assert spec.return_period_years is None
    assert spec.duration_s == 7200


def test_all_rain_runs_off_where_nothing_is_said_about_it(tmp_path):
    runoff = read(tmp_path).runoff
    assert runoff.default == 1.0
    assert "safe side" in runoff.ground.source


def test_roughness_by_areas_and_runoff_by_class_table(tmp_path):
    (tmp_path / "cover.gpkg").touch()
    cover = {"file": "cover.gpkg", "file_layer": "cover", "attribute": "manning_n"}
    zones = {"layer": "zones", "attribute": "land_use", "values": "runoff_coefficients"}
    spec = read(
        tmp_path,
        roughness={"default": 0.04, "source": "Chow 1959", "areas": [cover]},
        runoff={"default": 0.5, "source": "test", "areas": [zones]},
    )
    assert spec.roughness.areas[0].attribute == "manning_n"
    assert str(spec.roughness.areas[0].place) == "cover.gpkg:cover"
    assert spec.runoff.areas[0].values["R1"] == 0.5
    assert spec.runoff.areas[0].values["C1"] == 0.85


def test_a_disc_a_line_and_a_hydrograph(tmp_path):
    spec = read(
        tmp_path,
        event=None,
        inflows=[
            {"name": "culvert", "point": [5, 6], "radius_m": 10, "discharge_m3s": 19.7,
             "source": "test"},
            {"line": [[0, 0], [0, 30]], "hydrograph": [[0, 0], [10, 3]], "source": "test"},
        ],
    )  # fmt: skip
    disc, line = spec.inflows
    assert (disc.line, disc.radius_m, disc.discharge_m3s) == (((5, 6),), 10, (19.7, 19.7))
    assert disc.times_s[1] >= spec.duration_s
    assert (line.times_s, line.discharge_m3s) == ((0, 600), (0, 3))


def test_each_side_is_closed_unless_stated(tmp_path):
    edges = read(tmp_path, edges={"south": "open", "east": {"stage": 1.2}}).edges
    assert edges["north"].kind == edges["west"].kind == EdgeKind.CLOSED
    assert edges["south"].kind == EdgeKind.OPEN
    assert (edges["east"].kind, edges["east"].level_m) == (EdgeKind.STAGE, 1.2)


def test_a_sea_by_layer_or_by_ground_level_but_not_both(tmp_path):
    spec = read(tmp_path, sea={"layer": "sea", "level_m": 0.5, "source": "test"})
    assert spec.sea.place.layer == "sea"
    both = {"layer": "sea", "below_m": 0, "level_m": 0.5, "source": "test"}
    assert "'sea.below_m'" in refusal(tmp_path, sea=both).what


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({"roughness": {"default": 40, "source": "x"}}, "roughness.default", "0.005 and 1"),
        ({"roughness": {"default": "rough", "source": "x"}}, "roughness.default", "number"),
        ({"roughness": {"default": 0.03}}, "roughness.source", "missing"),
        ({"runoff": {"default": 1.4, "source": "x"}}, "runoff.default", "0 and 1"),
        ({"terrain": {}}, "terrain.layer", "one is needed"),
        ({"terrain": {"layer": "a", "file": "b"}}, "terrain.layer", "exclude"),
        ({"terrain": {"file": "no.tif"}}, "terrain.file", "not there"),
        ({"terrain": {"file": "terrain.tif", "nodata": "nil"}}, "terrain.nodata", "number"),
        ({"duration_h": True}, "duration_h", "not a number"),
        ({"duration_h": float("nan")}, "duration_h", "not a number"),
        ({"duration_h": -1}, "duration_h", "any real case"),
        ({"window": [5, 0, 1, 9]}, "window", "west, south, east, north"),
        ({"window": [5, 0, 1]}, "window", "4 numbers"),
        ({"code": "2030-flood"}, "code", "Begin with a letter"),
        ({"code": "Flood"}, "code", "small letters"),
        ({"code": "../etc"}, "code", "Begin with a letter"),
        ({"publish": "yes please"}, "publish", "true or false"),
        ({"edges": {"north": "ajar"}}, "edges.north", "closed, open"),
        ({"edges": {"top": "open"}}, "edges.top", "not a key"),
        ({"numerics": {"alpha": 2}}, "numerics.alpha", "0.1 and 0.9"),
        ({"debris": "cars"}, "debris", "urban"),
        ({"event": {}}, "event", "exactly one kind"),
        ({"event": {"snow": {}}}, "event", "exactly one kind"),
        ({"event": {"rain_series": {"file": "no.csv"}}}, "event.rain_series.file", "not there"),
        ({"inflows": "river"}, "inflows", "dash"),
        ({"inflows": [{"discharge_m3s": 1}]}, "inflows[0].point", "needed"),
        ({"buildings": {"layer": "b", "raise_m": 0}}, "buildings.raise_m", "0.01"),
        ({"roughnes": 1}, "roughnes", "not a key"),
    ],
)  # fmt: skip
def test_an_error_names_the_file_and_the_key_and_says_what_is_right(tmp_path, changes, key, words):
    error = refusal(tmp_path, **changes)
    assert error.what.startswith(f"basin.yaml: '{key}'")
    assert words in str(error)


def test_rain_by_return_period_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(StormError, match="20 years"):
        read(tmp_path, event={"design_storm": {**STORM, "return_period_years": 20}})
    with pytest.raises(StormError, match="steps of 7 min"):
        read(tmp_path, event={"design_storm": {**STORM, "step_min": 7}})


def test_an_unread_key_below_an_event_is_refused_too(tmp_path):
    storm = {**STORM, "climate": "BASE"}
    assert "'event.design_storm.climate'" in refusal(tmp_path, event={"design_storm": storm}).what


def test_a_scenario_without_water_is_refused(tmp_path):
    assert "nothing else brings water" in refusal(tmp_path, event=None).what


def test_a_missing_key_is_named(tmp_path):
    stated = scenario()
    del stated["title_en"]
    (tmp_path / "terrain.tif").touch()
    path = tmp_path / "basin.yaml"
    path.write_text(yaml.safe_dump(stated), encoding="utf-8")
    with pytest.raises(SpecError, match="'title_en' is missing"):
        read_spec(path)


@pytest.mark.parametrize("text", ["", "just words", "[1, 2]", "a: [1,", "a: 'b\n  c: d"])
def test_a_file_that_is_no_scenario_is_refused_in_a_sentence(tmp_path, text):
    path = tmp_path / "basin.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=r"basin\.yaml"):
        read_spec(path)


def test_yaml_that_would_make_objects_is_not_obeyed(tmp_path):
    path = tmp_path / "basin.yaml"
    path.write_text("a: !!python/object/apply:os.getcwd []", encoding="utf-8")
    with pytest.raises(SpecError, match="not readable as YAML"):
        read_spec(path)


def test_a_file_that_is_not_there_is_named_with_the_folder_looked_in(tmp_path):
    with pytest.raises(SpecError, match="no such file"):
        read_spec(tmp_path / "gone.yaml")

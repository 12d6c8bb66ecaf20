"""One slip of the pen each, and the sentence it gets: the key, what is wrong, what is right."""

import pytest
import yaml

from scenarios.errors import SpecError, StormError
from scenarios.spec_reader import read_spec
from scenarios.vocab import Quantity
from tests.scenarios.basins import scenario, write_scenario

TABLE = "sihanoukville-doh-1999-2019"


def refusal(folder, **changes):
    with pytest.raises(SpecError) as refused:
        read_spec(write_scenario(folder, **changes))
    return refused.value


def inflow(**changes):
    stated = {"point": [5, 5], "discharge_m3s": 1, "source": "gauge", **changes}
    return {"inflows": [{key: value for key, value in stated.items() if value is not None}]}


def storm(**changes):
    stated = {"table": TABLE, "return_period_years": 100, "duration_h": 1, **changes}
    kept = {key: value for key, value in stated.items() if value is not None}
    return {"event": {"design_storm": kept}}


def steady(**changes):
    stated = {"depth_mm": 60, "duration_h": 1, "source": "gauge", **changes}
    kept = {key: value for key, value in stated.items() if value is not None}
    return {"event": {"steady_rain": kept}}


def sea(**changes):
    stated = {"below_m": 0, "level_m": 0.5, "source": "tide table", **changes}
    return {"sea": {key: value for key, value in stated.items() if value is not None}}


def roughness_areas(**changes):
    stated = {"layer": "cover", "attribute": "n", **changes}
    area = {key: value for key, value in stated.items() if value is not None}
    return {"roughness": {"default": 0.03, "source": "Chow", "areas": [area]}}


MISTAKES = {
    "a code in Khmer script": ({"code": "ទឹកជំនន់"}, "code", "letters, digits and hyphens"),
    "a code that is a number": ({"code": 2030}, "code", "Write words"),
    "a code of 41 letters": ({"code": "a" * 41}, "code", "at most 40"),
    "a code with a blank": ({"code": "my flood"}, "code", "letters, digits and hyphens"),
    "a code with an underscore": ({"code": "my_flood"}, "code", "letters, digits and hyphens"),
    "a title that is a date": ({"title_en": 2030}, "title_en", "quotes"),
    "a title that is a list": ({"title_km": ["a"]}, "title_km", "Write words"),
    "no title at all": ({"title_en": None}, "title_en", "is missing"),
    "no terrain": ({"terrain": None}, "terrain", "is missing"),
    "a terrain that is a word": ({"terrain": "terrain.tif"}, "terrain", "indented"),
    "a terrain with an unknown key": (
        {"terrain": {"file": "terrain.tif", "srid": 32648}}, "terrain.srid", "made, nodata"),
    "a 'no data' value that is a list": (
        {"terrain": {"file": "terrain.tif", "nodata": [-9999]}}, "terrain.nodata", "number"),
    "a 'no data' value that is a word": (
        {"terrain": {"file": "terrain.tif", "nodata": "None"}}, "terrain.nodata", "number"),
    "a folder for a terrain": ({"terrain": {"file": "."}}, "terrain.file", "not there"),
    "a terrain named by a number": ({"terrain": {"file": 7}}, "terrain.file", "Write words"),
    "a window that is a word": ({"window": "all"}, "window", "4 numbers"),
    "a window of words": ({"window": ["a", "b", "c", "d"]}, "window", "not a number"),
    "a window without height": ({"window": [0, 5, 9, 5]}, "window", "west, south, east, north"),
    "a window with an endless side": (
        {"window": [0, 0, float("inf"), 5]}, "window", "not a number"),
    "no roughness": ({"roughness": None}, "roughness", "is missing"),
    "a roughness that is a bare number": ({"roughness": 0.03}, "roughness", "indented"),
    "Strickler's k for Manning's n": (
        {"roughness": {"default": 30, "source": "x"}}, "roughness.default", "0.005 and 1"),
    "a roughness of nothing": (
        {"roughness": {"default": 0, "source": "x"}}, "roughness.default", "0.005 and 1"),
    "a basis nobody knows": (
        {"roughness": {"default": 0.03, "source": "x", "basis": "guess"}}, "roughness.basis",
        "demo_value"),
    "areas that are no list": (
        {"roughness": {"default": 0.03, "source": "x", "areas": "cover"}}, "roughness.areas",
        "dash"),
    "an area without place": (roughness_areas(layer=None), "roughness.areas[0].layer", "needed"),
    "an area without value": (
        roughness_areas(attribute=None), "roughness.areas[0].attribute", "one 'value' for all"),
    "an area far too rough": (
        roughness_areas(value=3), "roughness.areas[0].value", "0.005 and 1"),
    "a class far too rough": (
        roughness_areas(values={"R1": 3}), "roughness.areas[0].values.R1", "0.005 and 1"),
    "values that are a number": (
        roughness_areas(values=3), "roughness.areas[0].values", "CLASS: number"),
    "a table of values nobody knows": (
        roughness_areas(values="manning"), "roughness.areas[0].values", "runoff_coefficients"),
    "an area with a key too many": (
        roughness_areas(srid=4326), "roughness.areas[0].srid", "not a key"),
    "runoff in per cent": (
        {"runoff": {"default": 60, "source": "x"}}, "runoff.default", "0 and 1"),
    "runoff without source": ({"runoff": {"default": 0.6}}, "runoff.source", "missing"),
    "buildings that do not rise": (
        {"buildings": {"layer": "b", "raise_m": -3}}, "buildings.raise_m", "0.01 and 100"),
    "buildings from nowhere": ({"buildings": {"raise_m": 3}}, "buildings.layer", "needed"),
    "two events at once": (
        {"event": {**storm()["event"], **steady()["event"]}}, "event", "exactly one kind"),
    "an event that is a word": ({"event": "storm"}, "event", "indented"),
    "a storm without table": (storm(table=None), "event.design_storm.table", "missing"),
    "a storm without return period": (
        storm(return_period_years=None), "event.design_storm.return_period_years", "missing"),
    "a storm of two days": (storm(duration_h=48), "event.design_storm.duration_h", "0 and 24"),
    "a pattern nobody knows": (
        storm(pattern="chicago"), "event.design_storm.pattern", "alternating_block"),
    "steps of no length": (storm(step_min=0), "event.design_storm.step_min", "0.1"),
    "rain of three metres": (steady(depth_mm=3000), "event.steady_rain.depth_mm", "0 and 2000"),
    "rain that falls upwards": (steady(depth_mm=-1), "event.steady_rain.depth_mm", "0 and 2000"),
    "100 mm in a minute": (
        steady(depth_mm=100, duration_h=1 / 60), "event.steady_rain.depth_mm", "1872 mm/h"),
    "rain without source": (steady(source=None), "event.steady_rain.source", "missing"),
    "a climate that is a number": ({"climate": 2050}, "climate", "Write words"),
    "an inflow at a point and on a line": (
        inflow(line=[[0, 0], [1, 1]]), "inflows[0].point", "not both"),
    "a point of three numbers": (inflow(point=[1, 2, 3]), "inflows[0].point", "2 numbers"),
    "a line of one point": (
        inflow(point=None, line=[[0, 0]]), "inflows[0].line", "[[east, north], [east, north]]"),
    "a line of bare numbers": (
        inflow(point=None, line=[0, 1]), "inflows[0].line", "2 numbers"),
    "an inflow without discharge": (
        inflow(discharge_m3s=None), "inflows[0].discharge_m3s", "needed"),
    "a discharge beside a hydrograph": (
        inflow(hydrograph=[[0, 1], [9, 1]]), "inflows[0].discharge_m3s", "not both"),
    "a discharge that flows back": (inflow(discharge_m3s=-1), "inflows[0].discharge_m3s", "0 and"),
    "a discharge beyond the Amazon": (
        inflow(discharge_m3s=1e6), "inflows[0].discharge_m3s", "500000"),
    "a hydrograph that is a number": (
        inflow(discharge_m3s=None, hydrograph=5), "inflows[0].hydrograph", "[[minute, m3/s]"),
    "a hydrograph of one moment": (
        inflow(discharge_m3s=None, hydrograph=[[0, 1]]), "inflows[0].hydrograph", "forward"),
    "a hydrograph that runs backwards": (
        inflow(discharge_m3s=None, hydrograph=[[9, 1], [0, 1]]), "inflows[0].hydrograph",
        "Sort it by minute"),
    "a hydrograph below nothing": (
        inflow(discharge_m3s=None, hydrograph=[[0, 1], [9, -1]]), "inflows[0].hydrograph",
        "0 and 500000"),
    "a radius below nothing": (inflow(radius_m=-5), "inflows[0].radius_m", "0 and 100000"),
    "an inflow without source": (inflow(source=None), "inflows[0].source", "missing"),
    "an inflow with a key too many": (inflow(depth=1), "inflows[0].depth", "not a key"),
    "edges that are a word": ({"edges": "open"}, "edges", "indented"),
    "an edge held at nothing": ({"edges": {"north": {}}}, "edges.north.stage", "missing"),
    "an edge held above Everest": (
        {"edges": {"north": {"stage": 9999}}}, "edges.north.stage", "-100 and 9000"),
    "an edge with a key too many": (
        {"edges": {"north": {"stage": 1, "slope": 2}}}, "edges.north.slope", "not a key"),
    "an edge that is true": ({"edges": {"west": True}}, "edges.west", "closed, open"),
    "a sea without level": (sea(level_m=None), "sea.level_m", "missing"),
    "a sea without place": (sea(below_m=None), "sea.below_m", "needed"),
    "a sea without source": (sea(source=None), "sea.source", "missing"),
    "a sea at a level of words": (sea(level_m="high"), "sea.level_m", "not a number"),
    "no duration": ({"duration_h": None}, "duration_h", "missing"),
    "a duration in words": ({"duration_h": "2 h"}, "duration_h", "not a number"),
    "a run of a year": ({"duration_h": 8760}, "duration_h", "1440"),
    "a duration of 400 digits": ({"duration_h": 10**400}, "duration_h", "not a number"),
    "half precision": ({"numerics": {"dtype": "float16"}}, "numerics.dtype", "float64"),
    "a theta below its range": ({"numerics": {"theta": 0.5}}, "numerics.theta", "0.7 and 1"),
    "a step of no length": ({"numerics": {"dt_max_s": 0}}, "numerics.dt_max_s", "600"),
    "a number of the computation nobody knows": (
        {"numerics": {"courant": 0.5}}, "numerics.courant", "not a key"),
    "an area limit below nothing": ({"min_area_m2": -1}, "min_area_m2", "0 and"),
    "a validation that is a list": ({"validation": ["yes"]}, "validation", "Write words"),
    "publish as a number": ({"publish": 1}, "publish", "true or false"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_sentence_names_the_key_and_what_is_right_for(tmp_path, mistake):
    changes, key, right = MISTAKES[mistake]

    error = refusal(tmp_path, **changes)

    assert error.what.startswith(f"basin.yaml: '{key}'"), error.what
    assert right in str(error)
    assert error.remedy.endswith((".", "!"))


@pytest.mark.parametrize("quantity", Quantity)
def test_a_code_that_ends_like_a_grid_would_take_the_layer_of_another_scenario(tmp_path, quantity):
    """Scenario 'bay' publishes flood-bay-depth; scenario 'bay-depth' would publish it too."""
    error = refusal(tmp_path, code=f"bay-{quantity.value}")

    assert f"'-{quantity.value}' closes the name of a grid's layer" in error.what


def test_a_code_may_hold_the_word_elsewhere(tmp_path):
    assert read_spec(write_scenario(tmp_path, code="depth-first")).layer_slug == "flood-depth-first"


def written(folder, text):
    write_scenario(folder)
    (folder / "basin.yaml").write_text(text, encoding="utf-8")
    return folder / "basin.yaml"


def test_a_key_written_twice_is_refused_with_its_line_for_yaml_would_keep_the_last(tmp_path):
    text = yaml.safe_dump(scenario(), sort_keys=False) + "duration_h: 9\n"
    line = text.count("\n")

    with pytest.raises(SpecError) as refused:
        read_spec(written(tmp_path, text))

    assert f"(line {line}): 'duration_h' is written twice" in refused.value.what


def test_a_key_written_twice_inside_a_section_is_refused_too(tmp_path):
    text = yaml.safe_dump(scenario(), sort_keys=False)
    text = text.replace("  default: 0.03\n", "  default: 0.03\n  default: 0.05\n")

    with pytest.raises(SpecError, match="'default' is written twice"):
        read_spec(written(tmp_path, text))


def test_a_file_that_is_not_utf_8_is_refused_in_a_sentence(tmp_path):
    write_scenario(tmp_path)
    (tmp_path / "basin.yaml").write_bytes(b"code: caf\xe9\n")

    with pytest.raises(SpecError, match="not readable as YAML"):
        read_spec(tmp_path / "basin.yaml")


def test_a_file_nested_a_thousand_deep_is_refused_and_does_not_break_the_reader(tmp_path):
    with pytest.raises(SpecError, match=r"basin\.yaml"):
        read_spec(written(tmp_path, "code: " + "[" * 2000 + "]" * 2000))


def test_a_date_that_does_not_exist_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(SpecError, match="not readable as YAML"):
        read_spec(written(tmp_path, "code: 2030-02-31\n"))


def test_classes_named_by_numbers_and_by_words_may_stand_side_by_side(tmp_path):
    changes = roughness_areas(values={1: 0.05, "R1": 0.06})

    spec = read_spec(write_scenario(tmp_path, **changes))

    assert dict(spec.roughness.areas[0].values) == {"1": 0.05, "R1": 0.06}
    assert spec.stated["roughness"]["areas"][0]["values"] == {"1": 0.05, "R1": 0.06}


@pytest.mark.parametrize(
    ("changes", "known"),
    [({"climate": "RCP85"}, "S245_2050"), (storm(table="kampot"), TABLE),
     (storm(return_period_years=99), "2.33, 5, 10, 25, 50, 100")],
)  # fmt: skip
def test_an_unknown_table_climate_or_return_period_is_answered_with_those_there_are(
    tmp_path, changes, known
):
    with pytest.raises(StormError) as refused:
        read_spec(write_scenario(tmp_path, **changes))

    assert known in refused.value.remedy


def test_everything_a_key_may_say_at_its_limits_is_accepted(tmp_path):
    spec = read_spec(
        write_scenario(
            tmp_path,
            code="a" * 40,
            roughness={"default": 0.005, "source": "glass"},
            runoff={"default": 0, "source": "sand"},
            event={"steady_rain": {"depth_mm": 31.2, "duration_h": 1 / 60, "source": "record"}},
            duration_h=1440,
            numerics={"theta": 0.7, "alpha": 0.9, "dt_max_s": 600, "dtype": "float64"},
            min_area_m2=1e6,
            debris="precautionary",
        )
    )

    assert (spec.numerics.theta, spec.numerics.alpha, spec.numerics.dt_max_s) == (0.7, 0.9, 600)
    assert spec.roughness.default == 0.005
    assert spec.runoff.default == 0.0
    assert len(spec.layer_slug + "-hazard-rating") == 60  # what a layer's name may hold

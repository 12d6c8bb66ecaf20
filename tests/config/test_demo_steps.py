"""The demo city as commands: each one exists, takes its arguments, and stands in its order."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import get_commands, load_command_class

from config.demo import (
    CITY_LAYERS,
    PLAN_CODE,
    PROFILE,
    RULE_BOOK,
    RULE_BOOK_CODE,
    answering_steps,
    application_parcel,
    checking_steps,
    loading_steps,
    reservation_reference,
)


@pytest.fixture
def city(tmp_path):
    """A city's files as far as the steps look into them."""
    reservation, permit = tmp_path / "reservation.yaml", tmp_path / "permit.json"
    reservation.write_text("reference: RSV-2026-01\npurpose: school\n", encoding="utf-8")
    permit.write_text(json.dumps({"parcels": ["P-7", "P-8"]}), encoding="utf-8")
    return SimpleNamespace(
        gpkg=tmp_path / "city.gpkg", terrain=tmp_path / "terrain.tif",
        terrain_upland=tmp_path / "terrain-upland.tif",
        scenario=tmp_path / "storm.yaml", reservation=reservation, permits=(permit,),
        generator_version="1", seed=20260101,
    )  # fmt: skip


@pytest.fixture
def steps(city):
    return [*loading_steps(city), *answering_steps(city), *checking_steps(city)]


def test_every_step_is_a_command_that_takes_these_arguments(steps):
    known = get_commands()
    for name, *arguments in steps:
        parser = load_command_class(known[name], name).create_parser("krong", name)
        assert parser.parse_args(arguments)


def test_classes_come_before_the_layers_that_name_them(steps):
    assert steps[0] == ("load_classes",)
    assert {step[0] for step in steps[1 : len(CITY_LAYERS) + 2]} == {"import"}


def test_every_layer_is_imported_once_from_its_own_table(steps):
    imports = [step for step in steps if step[0] == "import"]
    targets = [step[step.index("--layer") + 1] for step in imports]
    terrains = {"terrain", "terrain-upland"}
    assert sorted(targets) == sorted({layer.slug for layer in CITY_LAYERS} | terrains)
    for step in imports:
        if "--source-layer" in step:
            source = step[step.index("--source-layer") + 1]
            assert step[step.index("--layer") + 1] == source.replace("_", "-")


def test_every_import_says_that_the_city_is_no_place_on_earth(steps):
    for step in [step for step in steps if step[0] == "import"]:
        source = step[step.index("--source") + 1]
        assert "no place on earth" in source
        assert "seed 20260101" in source


def test_every_layer_has_a_title_in_both_languages():
    for layer in CITY_LAYERS:
        assert layer.title_en.isascii()
        assert not layer.title_km.isascii()


def test_conflicts_are_looked_for_before_and_after_the_flood(steps):
    names = [step[0] for step in steps]
    first, second = (at for at, name in enumerate(names) if name == "detect")
    assert first < names.index("scenario") < second
    assert names.index("rulebook") < first
    assert names.index("plan") < first


def test_the_city_chooses_its_layers_when_all_of_them_are_there(steps):
    names = [step[0] for step in steps]
    chosen = names.index("profile")
    assert steps[chosen][1:4] == ("import", str(PROFILE), "--in-use")
    assert PROFILE.is_file()
    assert max(names.index("scenario"), names.index("reserve")) < chosen


def test_land_is_reserved_before_its_sheet_is_printed(steps):
    names = [step[0] for step in steps]
    assert names.index("reserve") < names.index("sheet")
    sheet = steps[names.index("sheet")]
    assert sheet[1] == "RSV-2026-01"
    assert sheet[sheet.index("--paper") + 1] == "A3"


def test_the_extract_is_of_the_first_parcel_of_the_first_permit(city, steps):
    assert application_parcel(city.permits[0]) == "P-7"
    assert ("extract", "P-7") in steps
    assert reservation_reference(city.reservation) == "RSV-2026-01"


def test_every_permit_is_checked(city, steps):
    checked = [step[1] for step in steps if step[0] == "check-permit"]
    assert checked == [str(permit) for permit in city.permits]


def test_the_rule_book_it_loads_is_there_and_is_the_one_it_detects_with(steps):
    assert Path(RULE_BOOK).is_file()
    assert f"code: {RULE_BOOK_CODE}" in RULE_BOOK.read_text(encoding="utf-8")
    assert all(step[-1] == RULE_BOOK_CODE for step in steps if step[0] == "detect")
    assert any(PLAN_CODE in step for step in steps)

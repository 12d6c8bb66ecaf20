"""A profile as a file: it comes back as it went, and a hostile one is refused in a sentence."""

import json

import pytest
from hypothesis import given

from layers.profiles.decisions import ClassDecision, Decisions, LayerDecision
from layers.profiles.errors import ProfileFileError
from layers.profiles.file import LARGEST_FILE_BYTES, ProfileFile, read_profile, written_profile
from tests.conflicts.test_against_shapely import few, taken_back
from tests.factories import land_use
from tests.layers.profiles.test_decisions import profiles

HEAD = "krong_profile: 1\ncode: city\nname: {km: ក្រុង}\n"
LAYER = "layers:\n- {layer: zones}\n"


def read(text):
    return read_profile(text.encode()).decisions


@few
@given(profiles())
@pytest.mark.django_db
@taken_back
def test_what_is_exported_is_what_is_imported(said):
    land_use("R1", scheme="zone"), land_use("school"), land_use("landfill")
    file = read_profile(written_profile(ProfileFile("my-city", said)).encode())
    assert file.code == "my-city"
    expected = said.as_json() | {"in_use": False}  # a file does not put itself in use
    assert file.decisions.as_json() == expected


@pytest.mark.django_db
def test_a_file_is_written_for_people_to_review():
    land_use("R1", scheme="zone"), land_use("landfill")
    said = Decisions(
        name_km="ក្រុង",
        name_en="City",
        layers={"zones": LayerDecision(on=True), "wells": LayerDecision(use=False)},
        classes={"R1": ClassDecision(name_km="ផ្ទះ"), "landfill": ClassDecision(use=False)},
    )
    assert written_profile(ProfileFile("city", said)).splitlines() == [
        "krong_profile: 1",
        "code: city",
        "name:",
        "  km: ក្រុង",
        "  en: City",
        "layers:",
        "- layer: zones",
        "  use: true",
        "  'on': true",
        "- layer: wells",
        "  use: false",
        "classes:",
        "  zone:",
        "  - class: R1",
        "    use: true",
        "    name:",
        "      km: ផ្ទះ",
        "      en: ''",
        "  use:",
        "  - class: landfill",
        "    use: false",
    ]


def test_a_person_may_write_it_short():
    said = read(HEAD + "layers:\n- layer: zones\n  on: no\n- {layer: sea, use: no, group: {en: W}}")
    assert said.layers == {
        "zones": LayerDecision(on=False),
        "sea": LayerDecision(use=False, group_en="W"),
    }
    assert list(said.layers) == ["zones", "sea"]
    assert (said.name_km, said.name_en, said.in_use) == ("ក្រុង", "", False)


def test_the_same_in_json_says_the_same():
    content = {
        "krong_profile": 1,
        "code": "city",
        "name": {"km": "ក្រុង", "en": ""},
        "layers": [{"layer": "zones", "use": True}],
        "classes": {"zone": [], "use": [{"class": "landfill", "use": False}]},
    }
    yaml = HEAD + LAYER + "classes: {use: [{class: landfill, use: false}]}"
    assert read(json.dumps(content)).is_same(read(yaml))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("# only a comment", "empty"),
        ("krong_profile: 1", "'code' is missing"),
        ("code: city", "'krong_profile' is missing"),
        ("- a list", "Line 1: is no group"),
        ("krong_profile: 2\ncode: c\nname: {en: C}", "no profile of format 1"),
        ("krong_profile: '1'\ncode: c\nname: {en: C}", "no profile of format 1"),
        (HEAD + "colour: red", "Line 4: has a field that is not known: 'colour'"),
        (HEAD + "in_use: true", "not known: 'in_use'"),
        (HEAD + "code: again", "Line 4: is written twice: 'code'"),
        (HEAD + "layers: zones", "Line 4: is no list"),
        (HEAD + LAYER + "- {layer: zones}", "Line 6: is written twice: 'zones'"),
        (HEAD + LAYER + "- {use: true}", "'layer' is missing"),
        (HEAD + LAYER + "- {layer: 7}", "Line 6: is no text"),
        (HEAD + LAYER + "- {layer: no}", "Line 6: is no text"),
        (HEAD + LAYER + "- {layer: a/b}", "'a/b' is no code"),
        (HEAD + LAYER + "- {layer: roads, use: maybe}", "neither true nor false"),
        (HEAD + LAYER + "- {layer: roads, use: 1}", "neither true nor false"),
        (HEAD + LAYER + "- {layer: roads, on: []}", "neither true nor false"),
        (HEAD + LAYER + "- {layer: roads, group: Water}", "Line 6: is no group"),
        (HEAD + "classes: [{class: landfill}]", "Line 4: is no group"),
        (HEAD + "classes: {other: []}", "not known: 'other'"),
        (HEAD + "classes: {use: [{class: a}, {class: a}]}", "written twice: 'a'"),
        (HEAD + "classes: {use: [{class: a}], zone: [{class: a}]}", "written twice: 'a'"),
        (HEAD.replace("ក្រុង", "''"), "gives the profile no name"),
        (HEAD.replace("ក្រុង", f'"{"x" * 121}"'), "Line 3: is longer than 120"),
        (HEAD.replace("ក្រុង", '"Mar\\u202eket"'), "U+202E"),
        (HEAD.replace("ក្រុង", '"a\\0b"'), "U+0000"),
        (HEAD.replace("city", "'../../etc'"), "is no code"),
        (HEAD.replace("city", "ក្រុង"), "is no code"),
        (HEAD.replace("city", '""'), "is no code"),
    ],
)
def test_a_mistake_is_told_with_its_line(text, told):
    with pytest.raises(ProfileFileError) as refused:
        read(text)
    assert told in refused.value.what
    assert refused.value.remedy


ALIASES = "&a [x, x]\n" + "\n".join(f"- &l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, 40))


@pytest.mark.parametrize(
    "content",
    [
        b"krong_profile: 1\ncode: &c city\nname: {en: *c}",
        f"layers: {ALIASES}".encode(),
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"- " * 50_000,
        (HEAD + "layers: !!python/object/apply:os.system ['true']").encode(),
        (HEAD + "layers:\n- !!python/name:os.system {layer: zones}\n- 3").encode(),
        (HEAD + "code: !!binary aGFsbG8=").encode(),
        (HEAD + "<<: {code: x}").encode(),
        (HEAD + "? [a, b]\n: c").encode(),
        (HEAD + "---\n" + HEAD).encode(),
        HEAD.encode() + b"\x00",
        HEAD.encode() + b"\xff\xfe\xff",
        b"\x80\x81\x82",
        b"%YAML 9.9\n---\na: b",
        b"a: 'never closed",
        b"\tkrong_profile: 1",
        b"x" * (LARGEST_FILE_BYTES + 1),
        b"PK\x03\x04" + bytes(range(256)),
    ],
)
def test_a_hostile_file_is_refused_in_a_sentence(content):
    with pytest.raises(ProfileFileError) as refused:
        read_profile(content)
    assert len(refused.value.what) < 600
    assert "object at 0x" not in refused.value.what

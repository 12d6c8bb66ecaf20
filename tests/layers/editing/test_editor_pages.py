"""The pages of the editors: who gets in, what their scripts are told, drafts listed and closed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import shapely
from django.test import Client

from layers.crs import to_wgs84
from layers.editing.editor_texts import editor_texts, survey_texts
from layers.editing.models import Draft
from layers.editing.topology import set_topology
from layers.models import Layer
from tests.factories import at, feature, filled_layer, land_use, outline, square
from tests.layers.editing.web import allowed

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "layers" / "static" / "layers" / "editor"
EDIT, SURVEY = "/layers/zones/edit/", "/layers/zones/surveyed/edit/"
DRAFTS = f"{EDIT}drafts/"


@pytest.fixture
def zones(db):
    land_use("R", name_km="លំនៅឋាន", name_en="Residential")
    land_use("R1", parent=land_use("R"), name_en="Low density")
    return filled_layer("zones", feature("Z-1", square(0, 0, 100), "R1"), geometry_kind="polygon")


def visitor(person, *rights):
    client = Client()
    if person is not None:
        client.force_login(allowed(person, *rights))
    return client


def content_of(client, path, language="en"):
    page = client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert page.status_code == 200
    found = re.search(r'<script id="editor-content"[^>]*>(.*?)</script>', page.content.decode())
    return json.loads(found[1])


@pytest.mark.parametrize("path", [EDIT, DRAFTS, SURVEY])
def test_who_is_not_signed_in_is_asked_to(zones, path):
    answer = visitor(None).get(path)
    assert answer.status_code == 302
    assert answer.url.startswith("/login/")


@pytest.mark.parametrize("path", [EDIT, DRAFTS, SURVEY])
def test_who_has_no_right_is_refused_in_words(zones, dara, path):
    answer = visitor(dara).get(path, {"lang": "en"})
    assert answer.status_code == 403
    assert "Your account may not do this" in answer.content.decode()


@pytest.mark.parametrize("path", [EDIT, SURVEY])
def test_the_editors_run_no_inline_script_and_ask_nothing_outside(zones, dara, path):
    answer = visitor(dara, "edit_features", "edit_survey").get(path)
    body = answer.content.decode()
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", body) == []
    assert re.findall(r"\son[a-z]+=[\"']", body) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", body) == []


def test_one_comes_back_to_ones_own_draft(zones, dara, sophea):
    first = content_of(visitor(dara, "edit_features"), EDIT)["draft"]["number"]
    assert content_of(visitor(dara, "edit_features"), EDIT)["draft"]["number"] == first
    assert content_of(visitor(sophea, "edit_features"), EDIT)["draft"]["number"] != first


def test_a_named_draft_is_opened_and_no_number_is_told_in_words(zones, dara, sophea):
    draft = Draft.objects.create(layer=zones, title="Hers", author=sophea, base_number=1)
    client = visitor(dara, "edit_features")
    assert content_of(client, f"{EDIT}?draft={draft.pk}")["draft"]["title"] == "Hers"
    for wrong, status in (("x", 400), ("²", 400), ("999999", 404)):
        assert client.get(EDIT, {"draft": wrong, "lang": "en"}).status_code == status


def test_who_may_only_publish_looks_at_drafts_of_others_and_gets_none_of_their_own(
    zones, dara, sophea
):
    draft = Draft.objects.create(layer=zones, title="Hers", author=sophea, base_number=1)
    client = visitor(dara, "publish_version")
    assert client.get(EDIT).status_code == 403
    may = content_of(client, f"{EDIT}?draft={draft.pk}")["may"]
    assert (may["edit"], may["publish"], may["survey"]) == (False, True, False)
    assert client.post(DRAFTS, {"title": "Mine"}).status_code == 403
    assert Draft.objects.count() == 1


def test_a_draft_is_opened_and_discarded_with_a_reason(zones, dara):
    client = visitor(dara, "edit_features")
    answer = client.post(DRAFTS, {"title": "ផ្លូវថ្មី"})
    draft = Draft.objects.get()
    assert answer.url == f"{EDIT}?draft={draft.pk}"
    listed = client.get(DRAFTS, {"lang": "en"}).content.decode()
    assert "ផ្លូវថ្មី" in listed
    assert "0 new, 0 changed, 0 deleted" in listed

    client.post(DRAFTS, {"discard": draft.pk, "reason": "no longer needed"})
    draft.refresh_from_db()
    assert (draft.state, draft.message, draft.closed_by) == ("discarded", "no longer needed", dara)
    assert "no longer needed" in client.get(DRAFTS).content.decode()
    assert content_of(client, f"{EDIT}?draft={draft.pk}")["isOpen"] is False


def test_a_draft_of_a_layer_that_one_may_not_see_is_not_shown(zones, dara):
    Layer.objects.filter(pk=zones.pk).update(visibility="restricted")
    assert visitor(dara, "edit_features").get(EDIT).status_code == 404


def test_the_form_is_told_the_schema_with_units_choices_and_limits(zones, dara):
    zones.attribute_schema = {
        "fields": {
            "height_m": {"type": "number", "required": True, "min": 0, "max": 60.5},
            "tenure": {"choices": {"s": {"km": "ដីរដ្ឋ", "en": "State land"}}},
            "level": {"type": "integer", "choices": [1, 2]},
        }
    }
    zones.save()
    client = visitor(dara, "edit_features")
    fields = {field["name"]: field for field in content_of(client, EDIT)["fields"]}
    height, tenure, level = fields["height_m"], fields["tenure"], fields["level"]
    assert (height["title"], height["unit"], height["required"]) == ("height", "m", True)
    assert (height["min"], height["max"]) == (0, 60.5)
    assert tenure["choices"] == [["s", "State land"]]
    assert level["choices"] == [[1, "1"], [2, "2"]]
    in_khmer = {field["name"]: field for field in content_of(client, EDIT, "km")["fields"]}
    assert in_khmer["tenure"]["choices"] == [["s", "ដីរដ្ឋ"]]


def test_where_the_schema_is_silent_a_feature_can_at_least_be_named(zones, dara):
    client = visitor(dara, "edit_features")
    assert [f["name"] for f in content_of(client, EDIT)["fields"]] == ["name_km", "name_en"]
    Layer.objects.filter(pk=zones.pk).update(attribute_schema={"closed": True})
    assert content_of(client, EDIT)["fields"] == []


def test_each_class_follows_the_one_it_belongs_to(zones, dara):
    classes = content_of(visitor(dara, "edit_features"), EDIT)["classes"]
    listed = [(row["code"], row["depth"]) for row in classes]
    at_r = listed.index(("R", 0))
    assert listed[at_r + 1] == ("R1", 1)
    assert classes[at_r]["name_km"] == "លំនៅឋាន"


def test_the_tolerance_is_told_with_its_basis_in_the_readers_marks(zones, dara):
    set_topology(layer=zones, must_not_overlap=True, tolerance_m=0.25, tolerance_source="GNSS")
    client = visitor(dara, "edit_features")
    assert content_of(client, EDIT)["topology"] == {
        "must_not_overlap": True,
        "tolerance_m": "0.25",
        "basis": "GNSS",
    }
    told = content_of(client, EDIT, "km")
    assert (told["topology"]["tolerance_m"], told["tolerance_m"]) == ("0,25", 0.25)


def test_an_empty_layer_opens_where_the_city_is(zones, dara):
    Layer.objects.create(slug="trees", title_en="Trees", geometry_kind="point")
    told = content_of(visitor(dara, "edit_features"), "/layers/trees/edit/")
    assert told["draft"]["published_number"] is None
    assert told["start"] == told["extent"]


def test_the_page_of_surveyed_areas_explains_what_lies_outside(zones, dara):
    client = visitor(dara, "edit_survey")
    page = client.get(SURVEY, {"lang": "km"}).content.decode()
    assert "មិនអាចដឹងបាន" in page
    told = content_of(client, SURVEY)
    assert [code for code, _label in told["completeness"]] == ["complete", "partial", "unknown"]


def test_a_grid_is_not_edited_feature_by_feature(dara, db):
    Layer.objects.create(slug="terrain", title_en="Terrain", geometry_kind="raster")
    answer = visitor(dara, "edit_features").get("/layers/terrain/edit/", {"lang": "en"})
    assert answer.status_code == 400
    assert "not edited feature by feature" in answer.content.decode()


def test_every_text_that_a_script_uses_is_given_to_it():
    shared = {"questions", "server", "content", "undo", "measure", "typed-number"}
    survey = {"survey-editor", "statement-form", "editor-map", "tools"}
    for path in SCRIPTS.glob("*.js"):
        used = set(re.findall(r"\btexts\.(\w+)", path.read_text(encoding="utf-8")))
        known = {"survey": survey_texts(), "editor": editor_texts()}
        if path.stem in survey:
            assert used <= known["survey"].keys(), path.name
        if path.stem not in survey - {"tools", "editor-map"} or path.stem in shared:
            assert used <= known["editor"].keys(), path.name


NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no Node.js on this machine")


def run_script(text):
    """Run a module beside the editor's scripts; return the JSON it prints."""
    source = re.sub(r'from "\./', f'from "{SCRIPTS.as_uri()}/', text)
    done = subprocess.run(
        [NODE, "--input-type=module", "--no-warnings", "-e", source],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


@needs_node
@pytest.mark.parametrize(
    ("text", "marks", "value"),
    [
        ("១២", ("km", ",", "\u00a0"), 12),
        ("1 234,5", ("km", ",", "\u00a0"), 1234.5),
        ("1.234", ("km", ",", "\u00a0"), None),
        ("1.234,5", ("km", ",", "\u00a0"), 1234.5),
        ("12.5", ("km", ",", "\u00a0"), 12.5),
        ("1,234", ("en", ".", ","), 1234),
        ("1.234", ("en", ".", ","), 1.234),
        ("1,23,4", ("en", ".", ","), None),
        ("-0,5", ("km", ",", "\u00a0"), -0.5),
        ("twelve", ("en", ".", ","), None),
    ],
)
def test_typed_numbers_mean_in_the_browser_what_they_mean_on_the_server(text, marks, value):
    _language, decimal, group = marks
    given = json.dumps([text, {"decimal": decimal, "group": group}], ensure_ascii=False)
    found = run_script(
        'import { typedNumber } from "./typed-number.js";'
        f"console.log(JSON.stringify(typedNumber(...{given})));"
    )
    assert found == value


@needs_node
@pytest.mark.parametrize(
    ("shape", "area_m2", "length_m"),
    [
        (square(0, 0, 100), 10_000, 400),
        (square(0, 0, 100).difference(square(40, 40, 20)), 9_600, 480),
        (shapely.MultiPolygon([square(0, 0, 10), square(50, 0, 20)]), 500, 120),
        (outline((0, 0), (300, 0), (0, 400)), 60_000, 1_200),
        (shapely.LineString([at(0, 0), at(30, 40)]), 0, 50),
    ],
)
def test_what_the_browser_measures_is_what_the_server_measures_to_a_centimetre(
    shape, area_m2, length_m
):
    given = json.dumps(shapely.geometry.mapping(to_wgs84(shape)))
    found = run_script(
        'import { measures } from "./measure.js";'
        f"console.log(JSON.stringify(measures({given}, {{ utmZone: 48 }})));"
    )
    assert found["length_m"] == pytest.approx(length_m, abs=0.01)
    assert found["area_m2"] == pytest.approx(area_m2, abs=0.5)


@needs_node
def test_mine_on_theirs_keeps_what_only_they_changed():
    base = {"geometry": 1, "land_use": "R", "lifecycle": "existing", "properties": {"a": 1, "b": 1}}
    mine = base | {"properties": {"a": 2}}
    theirs = base | {"geometry": 5, "properties": {"a": 1, "b": 1, "c": 3}}
    given = ", ".join(json.dumps(state) for state in (base, mine, theirs))
    found = run_script(
        'import { onTheirs } from "./conflict-panel.js";'
        f"console.log(JSON.stringify(onTheirs({given})));"
    )
    assert found == base | {"geometry": 5, "properties": {"a": 2, "c": 3}}


@needs_node
def test_the_record_of_a_draft_gives_back_its_steps_an_operation_being_one():
    def edit(name, action, note="", who="dara", **feature):
        told = feature and {"properties": feature, "geometry": {}, "edited": action}
        return {"id": name, "action": action, "note": note, "edited_by": who, "feature": told}

    record = [
        edit("A", "replace", a=1),
        edit("A", "replace", "split", a=1),
        edit("B", "create", "split from A", a=1),
        edit("C", "delete", who="sophea"),
        edit("B", "withdraw", "merged into A"),
        edit("A", "replace", "merged with B", a=1),
    ]
    steps = run_script(
        'import { stepsOf } from "./undo.js";'
        f"console.log(JSON.stringify(stepsOf({json.dumps(record)}, 'dara')));"
    )
    assert [[item["id"] for item in step["items"]] for step in steps] == [
        ["A"],
        ["A", "B"],
        ["B", "A"],
    ]
    assert steps[0]["items"][0]["before"] == {"isPublished": True}
    assert steps[1]["items"][1]["before"] is None
    assert steps[2]["items"][0]["after"] is None

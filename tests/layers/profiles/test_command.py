"""``./krong profile`` in the shell: shown, decided, exchanged; refusals in a sentence."""

import io
import json
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

from config.demo import CITY_LAYERS
from layers.classes import class_records
from layers.profiles.decisions import ClassDecision, LayerDecision
from layers.profiles.file import read_profile
from layers.profiles.models import CityProfile, ProfileChange
from layers.profiles.reading import decisions_of, profile_in_use
from tests.factories import feature, filled_layer, land_use, square
from tests.layers.profiles.choices import chosen, in_use, keep

pytestmark = pytest.mark.django_db
WHY = ("--reason", "The council asked for it.")
DEMO = Path(__file__).resolve().parents[3] / "fixtures" / "demo_city" / "profile.yaml"


@pytest.fixture(autouse=True)
def city():
    for slug in ("zones", "roads", "wells"):
        filled_layer(slug, feature(slug, square(0, 0, 10)))
    land_use("landfill", name_en="Landfill"), land_use("school", name_en="School")


def krong(*words):
    """What ``./krong profile`` prints."""
    out = io.StringIO()
    call_command("profile", *map(str, words), stdout=out)
    return out.getvalue()


def refused(capsys, *words):
    """The sentences with which it refuses."""
    with pytest.raises(SystemExit) as ended:
        krong(*words)
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_without_a_profile_it_says_that_everything_is_shown():
    assert "every layer and class is shown" in krong("show")
    assert json.loads(krong("show", "--json")) == {"code": "", "revision": 0}


def test_single_decisions_are_added_to_those_that_stand():
    krong("set", "--hide-layer", "wells", "--hide-class", "landfill", "--in-use", *WHY)
    krong("set", "--hide-layer", "roads", "--show-layer", "wells", *WHY)
    said = decisions_of(profile_in_use())
    assert {slug: row.use for slug, row in said.layers.items()} == {"wells": True, "roads": False}
    assert said.classes == {"landfill": ClassDecision(use=False)}
    assert ProfileChange.objects.count() == 2


def test_showing_what_was_never_hidden_orders_nothing():
    krong("set", "--show-layer", "wells", "--hide-layer", "roads", "--in-use", *WHY)
    assert list(decisions_of(profile_in_use()).layers) == ["roads"]


def test_a_profile_is_taken_out_of_use_and_keeps_its_decisions():
    in_use(["wells"])
    assert "not in use" in krong("set", "--not-in-use", *WHY)
    assert profile_in_use() is None
    assert decisions_of(CityProfile.objects.get()).layers == {"wells": LayerDecision(use=False)}


def test_it_shows_each_decision():
    in_use(["wells"], classes={"school": ClassDecision(name_en="Pagoda school")})
    told = krong("show")
    assert "trial (Trial), in use" in told
    assert "layer wells: not used" in told
    assert "class school: used, here called Pagoda school" in told


def test_what_is_exported_can_be_imported_elsewhere(tmp_path):
    said = chosen(["wells"], ["landfill"], in_use=False)
    keep(said)
    krong("export", "--output", tmp_path / "profile.yaml")
    text = (tmp_path / "profile.yaml").read_text(encoding="utf-8")
    (tmp_path / "other.yaml").write_text(text.replace("code: trial", "code: other"))
    assert "saved" in krong("import", tmp_path / "other.yaml", *WHY)
    assert decisions_of(CityProfile.objects.get(code="other")).is_same(said)
    assert yaml.safe_load(krong("export", "other")) == yaml.safe_load(text) | {"code": "other"}


def test_the_same_file_again_changes_nothing(tmp_path):
    in_use(["wells"])
    krong("export", "--output", tmp_path / "profile.yaml")
    assert "nothing changed" in krong("import", tmp_path / "profile.yaml", *WHY)
    assert ProfileChange.objects.count() == 1
    assert profile_in_use().code == "trial"  # what is in use stays in use


def test_an_import_puts_in_use_only_when_told_to(tmp_path):
    in_use(["wells"], code="old")
    path = tmp_path / "new.yaml"
    path.write_text("krong_profile: 1\ncode: new\nname: {en: New}\n")
    krong("import", path, *WHY)
    assert profile_in_use().code == "old"
    krong("import", path, "--in-use", *WHY)
    assert profile_in_use().code == "new"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "atlantis"), "There is no city profile 'atlantis'."),
        (("export",), "There is no city profile"),
        (("export", "atlantis"), "There is no city profile 'atlantis'."),
        (("set", "--hide-layer", "walls", *WHY), "There is no layer 'walls'."),
        (("set", "--hide-class", "castle", *WHY), "'castle'"),
        (("set", "--hide-layer", "wells", "--reason", " "), "needs its reason"),
        (("import", "/nowhere/profile.yaml", *WHY), "cannot be used (No such file"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_stored(capsys, words, told):
    assert told in refused(capsys, *words)
    assert not CityProfile.objects.exists()


def test_a_file_with_a_mistake_is_named_with_its_line(capsys, tmp_path):
    path = tmp_path / "profile.yaml"
    path.write_text("krong_profile: 1\ncode: c\nname: {en: C}\nlayers:\n- {layr: zones}\n")
    told = refused(capsys, "import", path, *WHY)
    assert "profile.yaml: Line 5: has a field that is not known: 'layr'" in told


def test_a_file_that_names_a_layer_of_another_city_is_refused(capsys, tmp_path):
    path = tmp_path / "profile.yaml"
    path.write_text("krong_profile: 1\ncode: c\nname: {en: C}\nlayers: [{layer: canals}]\n")
    assert "'canals'" in refused(capsys, "import", path, *WHY)
    assert not CityProfile.objects.exists()


def test_the_profile_of_the_demo_city_names_its_own_layers_and_known_classes():
    said = read_profile(DEMO.read_bytes()).decisions
    published = {layer.slug for layer in CITY_LAYERS} | {"reservations"}
    flood = {slug for slug in said.layers if slug.startswith("flood-storm-100y-6h")}
    assert set(said.layers) - flood <= published
    assert set(said.classes) <= {record.code for record in class_records()}
    assert said.layers["zones"].use
    assert (said.name_km, said.name_en) != ("", "")

"""Layers an editor may not see keep their decisions, and no word of them comes out."""

import pytest
from django.contrib.auth.models import User

from layers.profiles.decisions import LayerDecision
from layers.profiles.models import CityProfile, ProfileChange, ProfileLayer
from layers.profiles.reading import decisions_of, profile_in_use, record_of
from tests.factories import feature, filled_layer, land_use, square
from tests.layers.profiles.choices import chosen, keep
from tests.layers.profiles.pages import ADDRESS, fields_of, form, planner, preview, save, without

pytestmark = pytest.mark.django_db
WORD = "xyzzy"
SECRET = LayerDecision(use=False, group_km=f"{WORD} km", group_en=f"{WORD} en")


@pytest.fixture
def city():
    """A restricted layer of wells that is second in the order of four."""
    land_use("home", name_en="Home")
    for slug in ("zones", "roads", "sea"):
        filled_layer(slug, feature(slug, square(0, 0, 10), "home"), title_en=slug.title())
    hidden = {"visibility": "restricted", "title_en": f"Wells {WORD}"}
    wells = [feature(f"W{n}", square(30 * n, 0, 9), "home") for n in range(4)]
    filled_layer(f"wells-{WORD}", *wells, **hidden)
    layers = {"zones": LayerDecision(), f"wells-{WORD}": SECRET, "roads": LayerDecision()}
    layers["sea"] = LayerDecision()
    keep(chosen(layers=layers), reason=f"Nobody is to look at {WORD}.")


def pages(client):
    """Everything about the profile that an account can open."""
    opened = [client.get(ADDRESS, {"lang": "en", **asked}) for asked in
              ({}, {"change": "1"}, {"format": "yaml"})]  # fmt: skip
    opened += [preview(client, form(client))] if "layer-zones-use" in opened[1].text else []
    opened += [client.get("/map/"), client.get("/map/style.json"), client.get("/layers/?all=1")]
    return [page.content.decode() for page in opened]


def test_an_editor_who_may_not_see_a_layer_reads_no_word_of_it(client, city):
    planner(client)
    assert [page for page in pages(client) if WORD in page] == []


def test_a_citizen_reads_no_word_of_it(client, city):
    assert [page for page in pages(client) if WORD in page] == []


def test_who_may_see_it_reads_its_decisions(client, city):
    """The oracle of this file: with the right, the same pages do say the word."""
    planner(client, "view_layer")
    told = [page for page in pages(client) if WORD in page]
    assert len(told) >= 5


def test_a_save_by_who_may_not_see_it_keeps_its_decision_and_its_place(client, city):
    planner(client)
    fields = without(form(client), "layer-sea-use")
    fields |= {"layer-zones-place": "3", "layer-roads-place": "1", "layer-sea-place": "2"}
    assert save(client, fields).status_code == 302
    said = decisions_of(profile_in_use())
    assert list(said.layers) == ["roads", f"wells-{WORD}", "sea", "zones"]
    assert said.layers[f"wells-{WORD}"] == SECRET


def test_a_field_for_a_layer_one_may_not_see_is_not_taken(client, city):
    planner(client)
    forged = {f"layer-wells-{WORD}-use": "on", f"layer-wells-{WORD}-place": "1"}
    save(client, without(form(client), "layer-sea-use") | forged)
    assert decisions_of(profile_in_use()).layers[f"wells-{WORD}"] == SECRET


def test_the_counts_of_a_look_are_of_layers_the_editor_may_see(client, city):
    planner(client)
    page = preview(client, without(form(client), "class-home-use"))
    [(change, _said)] = page.context["changes"]
    assert change.features == 3  # one in each of three layers, none of the four wells


def test_the_digest_of_a_look_tells_nothing_of_what_is_not_seen(client, city):
    planner(client)
    first = fields_of(preview(client, without(form(client), "layer-sea-use")))
    of_wells = ProfileLayer.objects.filter(layer__slug=f"wells-{WORD}")
    of_wells.update(group_en="quite another", is_chosen=True)
    assert fields_of(preview(client, without(form(client), "layer-sea-use"))) == first
    ProfileLayer.objects.filter(layer__slug="roads").update(group_en="quite another")
    second = fields_of(preview(client, without(form(client), "layer-sea-use")))
    assert second["digest"] != first["digest"]


def test_a_change_of_a_hidden_layer_alone_is_no_entry_for_who_may_not_see_it(city):
    standing = decisions_of(profile_in_use())
    shown = dict(standing.layers) | {f"wells-{WORD}": LayerDecision()}
    keep(chosen(layers=shown), reason=f"Show {WORD}")
    citizen = User.objects.create_user("citizen")
    profile = CityProfile.objects.get()
    assert ProfileChange.objects.count() == 2
    [first] = record_of(profile, citizen)
    assert first.reason == ""  # it speaks of the layer: the reason may name it


def test_the_reason_of_a_change_about_what_all_may_see_is_for_all(city):
    standing = decisions_of(profile_in_use())
    without_sea = dict(standing.layers) | {"sea": LayerDecision(use=False)}
    keep(chosen(layers=without_sea), reason="Too blue.")
    newest, _first = record_of(CityProfile.objects.get(), User.objects.create_user("citizen"))
    assert newest.reason == "Too blue."
    assert [change.code for change in newest.changes] == ["sea"]

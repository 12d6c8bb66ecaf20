"""Every address of Krong, asked by each kind of reader: no word of a hidden layer comes out.

The city has restricted layers whose names and attributes hold a word that no request names.
"""

import json
from functools import partial
from itertools import product

import pytest
from django.contrib.auth.models import Permission, User

from layers.classes import load_classes
from layers.models import Layer
from layers.services import Provenance, publish_features, set_surveyed_area
from scenarios.models import ScenarioRun
from tests.config.every_address import ACCEPTED, ASKED, LAYER, WORD, address, patterns, said
from tests.conflicts.ground import CITY, find, rule_data
from tests.factories import feature, filled_layer, land_use, rectangle, square
from tests.layers.editing.ground import draft_of, put
from tests.planning.city import nothing_reserved, parcel, zoned
from tests.planning.reserved_land import reserve
from tests.scenarios.basins import HEAVY_RAIN, plain_with_a_pit, run_scenario, write_scenario

pytestmark = pytest.mark.django_db

SECRET, HIDDEN, MISSING = WORD, LAYER, "walls"
READERS = ("anyone", "account", "staff", "editor")
# Rights to work on layers, without the one to see restricted ones.
EDITS = ("edit_features", "publish_version", "edit_survey", "add_layer", "change_layer")
EDITING = {"accept": "application/json", "if-match": '"r1"'}


@pytest.fixture
def city(settings, tmp_path, client):
    """Wells, facilities and buildings are restricted; all else is public."""
    settings.MEDIA_ROOT, settings.VAR_DIR = tmp_path / "media", tmp_path / "var"
    load_classes()
    author = User.objects.create_user("author")
    zoned(
        ("Z-1", "R1", square(0, 0, 100)),
        parcels=[parcel("P-1", rectangle(30, 20, 20, 20), 400.0)],
    )
    land_use("landfill")
    hidden = {"visibility": "restricted", "source": SECRET, "steward": SECRET}
    wells = filled_layer(
        HIDDEN,
        feature("W-1", square(32, 22, 4), "landfill", name_en=SECRET, secret=SECRET),
        title_en=f"Wells {SECRET}",
        **hidden,
    )
    again = feature("W-1", square(32, 22, 5), "landfill", name_en=SECRET, secret=SECRET)
    publish_features(
        layer=wells, features=[again], provenance=Provenance(message=SECRET, published_by=author)
    )
    set_surveyed_area(layer=wells, geometry=CITY, source=SECRET)
    put(draft_of(wells, author, title=SECRET), "W-1", square(32, 22, 6), properties={"a": SECRET})
    facts = {"name_en": SECRET, "name_km": SECRET}
    filled_layer("facilities", feature("S-1", square(33, 23, 3), "school", **facts), **hidden)
    filled_layer(
        "buildings", feature("B-1", square(32, 22, 6), "dwelling_single", **facts), **hidden
    )
    nothing_reserved(square(0, 0, 100))
    reserve(rectangle(30, 20, 20, 20), purpose_class="school")
    find(rule_data())
    run_scenario(write_scenario(tmp_path, plain_with_a_pit(), event=HEAVY_RAIN))
    return client


@pytest.fixture
def read_as(city):
    def sign_in(reader):
        if reader == "anyone":
            return city
        user = User.objects.create_user(reader, is_staff=reader == "staff")
        if reader == "editor":
            user.user_permissions.add(*Permission.objects.filter(codename__in=EDITS))
        city.force_login(user)
        return city

    return sign_in


def test_no_address_says_a_word_of_a_hidden_layer(read_as):
    leaks = []
    for reader in READERS:
        client = read_as(reader)
        for name, takes in patterns():
            for asked, wanted in product(ASKED.get(name, [{}]), ACCEPTED):
                place = address(name, takes, HIDDEN)
                answer = client.get(place, {"lang": "en", **asked}, headers={"accept": wanted})
                assert answer.status_code < 500, (place, asked)
                if SECRET in said(answer):
                    leaks.append((reader, place, asked, wanted))
    assert leaks == []


def test_whoever_may_see_restricted_layers_does_read_the_word(city):
    """The oracle of this file: with the right, the same city says the word in many places."""
    user = User.objects.create_user("trusted")
    rights = Permission.objects.filter(codename__in=["view_layer", *EDITS])
    user.user_permissions.add(*rights)
    city.force_login(user)
    telling = {
        name
        for name, takes in patterns()
        for asked in ASKED.get(name, [{}])
        if SECRET in said(city.get(address(name, takes, HIDDEN), {"lang": "en", **asked}))
    }
    assert {
        "layers", "layer", "layer-table", "layer-drafts", "layer-history-json", "layer-download",
        "layer-version-features", "layer-draft-features", "ogc-items", "ogc-item", "search",
        "identify", "scenario", "scenario-json", "layer-surveyed",
    } <= telling  # fmt: skip


def test_a_hidden_layer_and_one_that_never_was_are_answered_alike(read_as):
    told_apart = []
    of_a_layer = [(name, takes) for name, takes in patterns() if "slug" in takes]
    for reader in READERS:
        client = read_as(reader)
        for method, (name, takes) in product(("get", "post", "put", "delete"), of_a_layer):
            ask = partial(getattr(client, method), headers=EDITING)
            hidden, missing = (
                (answer.status_code, said(answer).replace(slug, "-"))
                for slug in (HIDDEN, MISSING)
                for answer in [ask(address(name, takes, slug) + "?lang=en")]
            )
            if hidden != missing:
                told_apart.append((reader, method, name, hidden[0], missing[0]))
    assert told_apart == []


def test_hiding_the_hazard_map_hides_its_grids_and_who_stands_in_them(city):
    run = ScenarioRun.objects.get().run_id
    Layer.objects.filter(slug__in=["facilities", "buildings"]).update(visibility="public")
    assert SECRET in said(city.get(f"/scenarios/{run}/"))
    assert city.get(f"/scenarios/{run}/depth.tif").status_code == 200

    Layer.objects.filter(slug__startswith="flood-basin").update(visibility="internal")

    for place in ("depth.tif", "velocity.tif", "depth.png"):
        assert city.get(f"/scenarios/{run}/{place}").status_code == 404
    body = json.loads(city.get(f"/scenarios/{run}.json").content)["result"]
    assert (body["exposure"]["facilities"], body["exposure"]["buildings"]) == ([], [])
    assert body["exposure"]["not_shown"] == ["buildings", "facilities"]
    assert body["outputs"]["files"] == {}
    assert SECRET not in said(city.get(f"/scenarios/{run}/"))


def test_a_page_that_leaves_facilities_out_says_so_and_does_not_say_that_none_is_wet(city):
    page = city.get(f"/scenarios/{ScenarioRun.objects.get().run_id}/?lang=en").content.decode()

    assert "The facilities are not listed: their layer is not public." in page
    assert "The buildings are not counted here: their layer is not public." in page
    assert "None of the facilities" not in page
    assert "No layer of facilities" not in page

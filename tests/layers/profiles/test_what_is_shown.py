"""A profile orders and shortens map, lists and searches; all that is published stays reachable."""

import json
import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from layers.classes import load_classes
from layers.editing.editor_page import listed_classes
from layers.map_content import map_content
from layers.profiles.choice import Choice, current_choice, map_tree
from layers.profiles.decisions import ClassDecision, Decisions, LayerDecision
from layers.profiles.searching import LEAST_OTHERS
from layers.search import MOST_RESULTS
from layers.uploads.forms import class_choices
from planning.forms import PermitForm, use_choices
from tests.conflicts.test_against_shapely import few
from tests.factories import at, feature, filled_layer, land_use, line, square
from tests.layers.profiles.choices import UNUSED, in_use
from tests.layers.profiles.test_decisions import SLUGS, profiles

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    """Zones, roads, a sea and a flood layer under four headings."""
    land_use("R1", scheme="zone", name_km="លំនៅឋាន", name_en="Homes", colour="#FFF2B2")
    land_use("I2", scheme="zone", name_en="Industry", colour="#9B6BB3")
    zones = [feature("Z-1", square(0, 0, 10), "R1"), feature("Z-2", square(20, 0, 10), "I2")]
    filled_layer("zones", *zones, theme="zoning", title_en="Zones", title_km="តំបន់")
    filled_layer("roads", feature("R", line((0, 0), (9, 9))), theme="base-road", title_en="Roads")
    filled_layer("sea", feature("S", square(-90, -90, 10)), theme="base-sea", title_en="Sea")
    colours = {"property": "hazard_class", "values": {"H1": "#FFEDA0"}}
    filled_layer(
        "flood",
        feature("H", square(0, 0, 10), hazard_class="H1"),
        theme="hazard-flood",
        title_en="Flood",
        attribute_schema={"colours": colours},
    )


def tree(client, lang="en"):
    page = client.get(reverse("map"), {"lang": lang}).content.decode()
    found = re.search(
        r'<script id="map-content" type="application/json">(.*?)</script>', page, re.S
    )
    return json.loads(found[1])["themes"]


def headings(client):
    return [
        (group["title"], [layer["slug"] for layer in group["layers"]]) for group in tree(client)
    ]


def layer_of(client, slug, lang="en"):
    [found] = [
        row for group in tree(client, lang) for row in group["layers"] if row["slug"] == slug
    ]
    return found


USUAL = [
    ("Land-use plan", ["zones"]),
    ("Flood and hazards", ["flood"]),
    ("Base map", ["roads", "sea"]),
]


class TestTheTree:
    def test_without_a_profile_everything_stands_as_it_comes(self, client, city):
        assert headings(client) == USUAL

    def test_a_profile_that_decides_nothing_changes_nothing(self, client, city):
        in_use()
        assert headings(client) == USUAL

    def test_a_layer_not_used_stands_in_a_closed_last_group_and_is_off(self, client, city):
        in_use(["zones"])
        last = tree(client)[-1]
        assert last["title"] == "Layers the city does not use"
        assert last["closed"] is True
        assert [(layer["slug"], layer["shown"]) for layer in last["layers"]] == [("zones", False)]
        assert headings(client)[0] == ("Flood and hazards", ["flood"])

    def test_a_layer_published_after_the_decision_is_shown(self, client, city):
        in_use(["zones"])
        filled_layer("flood-new", feature("N", square(0, 0, 9)), theme="hazard-flood")
        assert ("Flood and hazards", ["flood", "flood-new"]) in headings(client)

    def test_headings_stand_in_the_order_of_their_first_layer(self, client, city):
        in_use(layers={"sea": LayerDecision(), "zones": LayerDecision(), "flood": LayerDecision()})
        assert headings(client) == [
            ("Base map", ["sea", "roads"]),
            ("Land-use plan", ["zones"]),
            ("Flood and hazards", ["flood"]),
        ]

    def test_layers_of_two_themes_can_stand_under_one_heading_of_the_citys_own(self, client, city):
        water = LayerDecision(group_km="ទឹក", group_en="Water")
        in_use(layers={"flood": water, "sea": water, "zones": LayerDecision()})
        assert headings(client)[0] == ("Water", ["flood", "sea"])
        assert tree(client, "km")[0]["title"] == "ទឹក"

    def test_a_heading_of_the_citys_own_that_is_a_themes_title_is_that_heading(self, client, city):
        in_use(layers={"zones": LayerDecision(group_en="Base map")})
        assert headings(client)[0] == ("Base map", ["zones", "roads", "sea"])

    def test_a_layer_is_drawn_at_first_when_the_city_says_so(self, client, city):
        in_use(layers={"flood": LayerDecision(on=True), "zones": LayerDecision(on=False)})
        shown = {slug: layer_of(client, slug)["shown"] for slug in ("flood", "zones", "roads")}
        assert shown == {"flood": True, "zones": False, "roads": True}

    def test_a_profile_out_of_use_is_not_asked(self, client, city):
        in_use(["zones"], in_use=False)
        assert headings(client) == USUAL

    def test_the_map_opens_on_the_layers_the_city_uses(self, city):
        filled_layer("far", feature("F", square(40_000, 0, 10)), theme="zoning")
        before = map_content(AnonymousUser())["extent"]
        in_use(["far"])
        after = map_content(AnonymousUser())["extent"]
        assert before[2] - after[2] == pytest.approx(0.365, abs=0.01)  # 40 km at 10.6° north

    @few
    @given(profiles(), st.sets(st.sampled_from(SLUGS), min_size=1))
    def test_under_any_profile_each_layer_stands_exactly_once(self, said, published):
        rows = [{"slug": slug, "theme": "base"} for slug in sorted(published)]
        made = map_tree(rows, [("plan", "Plan"), ("base", "Base")], Choice(said))
        listed = [layer["slug"] for group in made for layer in group["layers"]]
        assert sorted(listed) == sorted(published)
        closed = {row["slug"] for group in made if group.get("closed") for row in group["layers"]}
        assert closed == {slug for slug in published if not Choice(said).uses_layer(slug)}
        assert all(not group.get("closed") for group in made[:-1])


class TestLegend:
    def test_classes_not_used_share_one_line_in_the_colour_of_the_layer(self, client, city):
        in_use(unused=["I2"])
        layer = layer_of(client, "zones")
        assert layer["legend"] == [
            {"code": "R1", "label": "Homes", "colour": "#FFF2B2"},
            {"code": "", "label": "Other classes: 1", "colour": layer["look"]["colour"]},
        ]

    def test_a_local_name_stands_before_the_official_one(self, client, city):
        in_use(classes={"R1": ClassDecision(name_km="ផ្ទះល្វែង", name_en="Row houses")})
        assert layer_of(client, "zones")["legend"][1]["label"] == "Row houses (Homes)"
        assert layer_of(client, "zones", "km")["legend"][1]["label"] == "ផ្ទះល្វែង (លំនៅឋាន)"

    def test_a_local_name_in_one_language_serves_both(self, client, city):
        in_use(classes={"R1": ClassDecision(name_km="ផ្ទះល្វែង")})
        assert layer_of(client, "zones")["legend"][1]["label"] == "ផ្ទះល្វែង (Homes)"

    def test_colours_of_an_attribute_are_no_classes_and_stay(self, client, city):
        land_use("H1")
        in_use(unused=["H1"])
        assert [row["code"] for row in layer_of(client, "flood")["legend"]] == ["H1"]

    def test_a_hidden_parent_does_not_hide_its_children(self, city):
        branch = land_use("RES", scheme="zone")
        land_use("R9", scheme="zone", parent=branch)
        in_use(unused=["RES"])
        assert not current_choice().uses_class("RES")
        assert current_choice().uses_class("R9")


class TestPickLists:
    def test_a_class_not_used_stands_last_in_the_import_and_is_never_missing(self, city):
        land_use("landfill", name_en="Landfill"), land_use("school", name_en="School")
        before = [code for _title, rows in class_choices() for code, _name in rows]
        in_use(unused=["landfill", "R1"])
        *_used, (title, rows) = class_choices()
        assert title == "Classes the city does not use"
        assert rows == [("R1", "Homes (R1)"), ("landfill", "Landfill (landfill)")]
        after = [code for _title, rows in class_choices() for code, _name in rows]
        assert sorted(after) == sorted(before)

    def test_the_permit_form_offers_every_use_and_takes_one_the_city_does_not_use(self):
        load_classes()
        flat = use_choices()
        assert all(isinstance(name, str) for _code, name in flat)
        in_use(classes={"office": UNUSED, "mall": ClassDecision(name_en="Big shop")})
        *used, (title, others) = use_choices()
        assert (title, [code for code, _name in others]) == (
            "Classes the city does not use",
            ["office"],
        )
        assert dict(used)["mall"].startswith("Big shop (")
        assert sorted([*dict(used), "office"]) == sorted(dict(flat))
        form = PermitForm({"parcels": "P-1", "use_1": "office"})
        assert form.is_valid(), form.errors

    def test_the_editor_keeps_all_classes_and_says_which_are_used(self, city):
        in_use(classes={"I2": UNUSED, "R1": ClassDecision(name_en="Row houses")})
        listed = {row["code"]: row for row in listed_classes()}
        assert (listed["I2"]["used"], listed["R1"]["used"]) == (False, True)
        assert listed["R1"]["called"] == "Row houses (Homes)"
        assert listed["R1"]["name_en"] == "Homes"


def results(client, words):
    return [row["layer"] for row in client.get("/search", {"q": words}).json()["results"]]


class TestSearch:
    def test_layers_not_used_come_after_the_others(self, client):
        for slug in ("alpha", "beta"):
            filled_layer(slug, feature(f"{slug}-1", at(0, 0), name_en="Old market"))
        first, last = results(client, "old market")
        in_use([first])
        assert results(client, "old market") == [last, first]

    @pytest.mark.parametrize(("used", "unused"), [(40, 2), (40, 40), (3, 40), (0, 4), (4, 0)])
    def test_a_full_list_keeps_five_places_for_layers_not_used(self, client, used, unused):
        for slug, count in (("alpha", used), ("beta", unused)):
            places = [feature(f"{slug}-{n:02}", at(n, 0), name_en="Pump") for n in range(count)]
            filled_layer(slug, *places)
        in_use(["beta"])
        found = results(client, "pump")
        kept = min(used, MOST_RESULTS - min(LEAST_OTHERS, unused))
        assert found == ["alpha"] * kept + ["beta"] * min(unused, MOST_RESULTS - kept)

    def test_what_only_a_layer_not_used_holds_is_found(self, client, city):
        in_use(["zones", "roads", "sea", "flood"])
        assert results(client, "Z-2") == ["zones"]


class TestCatalogue:
    def listed(self, client, **asked):
        page = client.get(reverse("layers"), {"lang": "en", **asked})
        return [entry.layer.slug for entry in page.context["page"]], page.content.decode()

    def test_only_layers_used_are_listed_with_a_way_to_the_others(self, client, city):
        in_use(["sea", "flood"])
        slugs, page = self.listed(client)
        assert slugs == ["zones", "roads"]
        assert "2 layers more answer this" in page
        assert 'href="?all=1"' in page.replace("lang=en&amp;", "")

    def test_all_layers_are_listed_when_asked_and_marked(self, client, city):
        in_use(["sea"])
        slugs, page = self.listed(client, all="1")
        assert slugs == ["zones", "flood", "roads", "sea"]
        assert page.count("not used by the city") == 1
        assert "more answer" not in page

    def test_a_search_that_only_others_answer_says_so(self, client, city):
        in_use(["sea"])
        slugs, page = self.listed(client, q="sea")
        assert slugs == []
        assert "1 layer more answers this" in page
        assert "None of the layers the city uses answers" in page
        assert "No layer answers" not in page
        assert "q=sea" in re.search(r'href="\?([^"]*all=1[^"]*)"', page)[1]
        assert self.listed(client, q="sea", all="1")[0] == ["sea"]

    def test_a_city_that_uses_none_is_not_told_that_none_is_published(self, client, city):
        in_use(["zones", "roads", "sea", "flood"])
        slugs, page = self.listed(client)
        assert slugs == []
        assert "uses none of the layers that are published" in page
        assert "No layer is published yet" not in page

    def test_the_page_of_a_layer_not_used_opens_as_ever(self, client, city):
        in_use(["sea"])
        assert client.get(reverse("layer", args=["sea"])).status_code == 200
        assert Choice(Decisions()).uses_layer("sea")

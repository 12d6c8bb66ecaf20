"""A reader of the demo city follows a link to a finding, asks a landfill, and uses no mouse."""

import json
import urllib.request

import pytest

from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.map_walk import CHOSEN, MapWalk, has_colour

pytestmark = pytest.mark.journey

READERS = [
    pytest.param((DESKTOP, "en"), id="desk-english"),
    pytest.param((PHONE, "km"), id="phone-khmer"),
]
UNKNOWN = {
    "en": "There is no finding {} that you may see.",
    "km": "គ្មានជម្លោះលេខ {} ដែលអ្នកអាចមើលបានទេ។",
}
SEVERITIES = ["critical", "high", "medium", "low"]
LINE_PX = 16


@pytest.fixture(scope="module")
def address(demo_city, served):
    return served(demo_city)


@pytest.fixture(params=READERS)
def walk(request, address, new_page, pictures):
    size, language = request.param
    name = f"demo_city-{'phone' if size is PHONE else 'desk'}"
    walk = MapWalk(new_page(size), address, pictures, name)
    walk.language = language
    yield walk
    assert walk.page.problems == []


def answer(address, path):
    with urllib.request.urlopen(f"{address}/{path}", timeout=60) as response:
        return json.load(response)


def top_and_bottom(walk, selector):
    box = walk.page.locator(selector).bounding_box()
    return box["y"], box["y"] + box["height"]


def test_a_link_to_one_of_many_findings_shows_its_card_and_its_place(walk):
    number = answer(walk.address, "findings.geojson?limit=10000")["features"][-1]["id"]

    walk.open(f"?lang={walk.language}&finding={number}")
    walk.keep("linked-finding")

    card = walk.page.locator(f"#finding-{number}")
    assert "chosen" in card.get_attribute("class")
    top, _bottom = top_and_bottom(walk, f"#finding-{number} button strong")
    list_top, list_bottom = top_and_bottom(walk, "#panel-findings")
    # a title of many lines is longer than the list of a phone: it begins in sight
    assert list_top <= top
    assert top + LINE_PX <= min(list_bottom, walk.page.viewport_size["height"])
    assert has_colour(walk.map_picture(), CHOSEN)


@pytest.mark.parametrize("number", ["999999999", "first"])
def test_a_link_to_no_finding_says_so_instead_of_showing_another(walk, number):
    walk.open(f"?lang={walk.language}&finding={number}")

    told = walk.page.locator("#panel-findings .problem")
    assert told.inner_text() == UNKNOWN[walk.language].format(number)
    assert told.is_visible()
    assert "finding=" not in walk.page.url.split("#")[1]
    assert walk.page.locator(".findings li.chosen").count() == 0


def test_the_landfill_that_is_clicked_tells_its_conflicts_the_gravest_first(walk):
    [landfill] = answer(walk.address, "search?q=Demo+Landfill&lang=en")["results"][:1]
    feature = f"{landfill['layer']}/{landfill['stable_id']}"
    [expected] = answer(walk.address, f"findings/of.json?feature={feature}&lang=en")["features"]
    west, south, east, north = landfill["extent"]

    walk.go((west + east) / 2, (south + north) / 2, 16, walk.language)
    walk.ask_here()
    walk.keep("landfill")

    told = walk.page.locator("#panel-place .feature-findings")
    told = told.filter(has=walk.page.locator(f"a[href='{expected['worst'][0]['url']}']")).first
    links = [link.get_attribute("href") for link in told.locator("a").all()]
    assert expected["total"] > len(links) == 5
    assert links == [finding["url"] for finding in expected["worst"]]
    ranks = [SEVERITIES.index(finding["severity"]) for finding in expected["worst"]]
    assert ranks == sorted(ranks)
    assert str(expected["total"])[-3:] in told.inner_text()


def test_the_search_is_used_by_keyboard_alone(walk):
    walk.open(f"?lang={walk.language}")
    before = walk.page.url

    walk.press_until("#search")
    walk.page.keyboard.insert_text("Demo Landfill")
    walk.page.wait_for_selector("#search-results li")
    walk.page.keyboard.press("ArrowDown")
    walk.page.keyboard.press("Enter")

    walk.page.wait_for_function("before => location.href !== before", arg=before)
    walk.settled()
    assert has_colour(walk.map_picture(), CHOSEN)


def test_layers_findings_and_the_map_are_used_by_keyboard_alone(walk):
    walk.open(f"?lang={walk.language}")
    keyboard, focused = walk.page.keyboard, walk.page.locator(":focus")

    walk.press_until("#tab-layers")
    keyboard.press("Enter")
    walk.press_until("#panel-layers input[type=checkbox]")
    was_shown = focused.is_checked()
    keyboard.press("Space")
    assert focused.is_checked() != was_shown

    walk.press_until("#tab-layers", "Shift+Tab")
    keyboard.press("ArrowRight")
    walk.press_until("#panel-findings button.finding")
    number = focused.locator("xpath=..").get_attribute("id").removeprefix("finding-")
    keyboard.press("Enter")
    walk.settled()
    assert f"finding={number}" in walk.page.url
    # the map has moved and the list was written anew: the keyboard stays where it was
    assert walk.page.locator(f"#finding-{number}.chosen button.finding:focus").count() == 1

    walk.press_until("#map", most=600)
    keyboard.press("Enter")
    walk.page.wait_for_selector("#panel-place .place")

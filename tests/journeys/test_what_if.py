"""A planner draws a landfill beside a school, sees the finding, moves it away; an alternative."""

import json
import re

import pytest
from playwright.sync_api import expect
from pyproj import Transformer

from tests.city import new_city
from tests.factories import EAST, NORTH
from tests.journeys.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.journeys.editor_walk import IS_QUIET, THREE_FRAMES, _mercator
from tests.journeys.what_if_city import PASSWORD

expect.set_options(timeout=PATIENCE_MS)

FILL = "from tests.journeys.what_if_city import fill; fill()"
TO_DEGREES = Transformer.from_crs(32648, 4326, always_xy=True)
TILE_PIXELS = 256
LANDFILL_AND_SCHOOL = "LF-02"


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    with new_city(32648, "journey_what_if", tmp_path_factory.mktemp("what_if")) as made:
        made.krong("shell", "-c", FILL)
        yield made


def degrees(x, y):
    return TO_DEGREES.transform(EAST + x, NORTH + y)


class Walk:
    """One person on one screen; places are metres from the origin of the test ground."""

    def __init__(self, page, address, language="en"):
        self.page, self.address, self.language = page, address, language

    def open(self, more=""):
        self.page.goto(f"{self.address}/what-if/?lang={self.language}{more}")
        self.page.wait_for_selector("html[data-map=ready]")
        return self

    def sign_in(self):
        following = f"/what-if/?lang={self.language}"
        self.page.goto(f"{self.address}/login/?lang={self.language}&next={following}")
        self.page.fill("#id_username", "dara")
        self.page.fill("#id_password", PASSWORD)
        self.page.click("main form button")
        self.page.wait_for_selector("html[data-map=ready]")
        return self

    def settled(self):
        self.page.wait_for_function(IS_QUIET)
        self.page.evaluate(THREE_FRAMES)

    def pixel(self, x, y):
        latitude, longitude, zoom = map(
            float, self.page.locator("#map").get_attribute("data-view").split()
        )
        scale = TILE_PIXELS * 2**zoom
        centre = _mercator(longitude, latitude, scale)
        place = _mercator(*degrees(x, y), scale)
        box = self.page.locator("#map").bounding_box()
        return (
            box["x"] + box["width"] / 2 + place[0] - centre[0],
            box["y"] + box["height"] / 2 + place[1] - centre[1],
        )

    def draw(self, *places):
        self.page.click("[data-draw=polygon]")
        for x, y in places:
            self.page.mouse.move(*self.pixel(x, y))
            self.page.evaluate(THREE_FRAMES)
            self.page.mouse.click(*self.pixel(x, y))
            self.page.evaluate(THREE_FRAMES)
        self.page.keyboard.press("Enter")

    def change(self, number=0):
        return self.page.locator("[data-change]").nth(number)

    def is_a(self, use, number=0):
        self.change(number).locator("select").first.select_option(use)

    def found(self, place=0):
        """The codes of the rules that find something new, and all that is written there."""
        return self.page.locator(f"[data-answer='{place}'] li.effect-appears")

    def place_square(self, x, y, width):
        """By keyboard alone: coordinates and a width."""
        longitude, latitude = degrees(x, y)
        if not self.page.locator("#latitude").is_visible():
            self.page.locator("details:has(#by-coordinates) summary").press("Enter")
        for name, value in (("latitude", latitude), ("longitude", longitude), ("width", width)):
            self.page.fill(f"#{name}", f"{value}")
        self.page.press("#width", "Enter")

    def require_tools_above_the_map(self):
        tools, ground = (self.page.locator(part).bounding_box() for part in (".toolbar", "#map"))
        assert tools["y"] + tools["height"] <= ground["y"], "the map lies over the tools"

    def move(self, east, north, number=0):
        inputs = self.change(number).locator(".moves input")
        inputs.nth(0).fill(f"{east}")
        inputs.nth(1).fill(f"{north}")
        self.change(number).locator(".moves button").press("Enter")


def test_a_landfill_drawn_beside_a_school_is_moved_away_and_an_alternative_beside_it(
    new_page, served, city, pictures
):
    walk = Walk(new_page(DESKTOP), served(city)).open()
    page = walk.page
    walk.settled()

    walk.draw((200, 0), (300, 0), (300, 100), (200, 100))
    walk.is_a("landfill")

    first = walk.found().filter(has_text=LANDFILL_AND_SCHOOL)
    expect(first).to_contain_text(re.compile(r"lies 1[34]\d\.\d m from River school"))
    expect(page.locator(".evidence-appears")).not_to_have_count(0)
    page.screenshot(path=pictures / "what-if-drawn.png", full_page=True)

    first.locator(".on-map").click()  # the line of evidence is pointed at
    walk.settled()
    walk.move(3000, 4000)
    expect(walk.found().filter(has_text=LANDFILL_AND_SCHOOL)).to_have_count(0)
    expect(page.locator("[data-answer='0']")).to_contain_text("is no all-clear")

    page.click("#add-alternative")
    walk.move(-3000, -4000)
    expect(page.locator("table.compared")).to_contain_text(LANDFILL_AND_SCHOOL)
    expect(walk.found(1).filter(has_text=LANDFILL_AND_SCHOOL)).to_have_count(1)
    page.screenshot(path=pictures / "what-if-side-by-side.png", full_page=True)

    address = page.url  # holds what was drawn: nothing is stored
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("table.compared")).to_contain_text(LANDFILL_AND_SCHOOL)
    assert page.problems == []


def test_what_stands_is_chosen_on_the_map_and_its_removal_asked_about(new_page, served, city):
    walk = Walk(new_page(DESKTOP), served(city)).open()
    page = walk.page
    walk.settled()

    page.click("#choose")
    page.mouse.click(*walk.pixel(1550, 50))
    expect(walk.change()).to_contain_text("Old dump")
    walk.move(-1300, 0)
    expect(walk.found().filter(has_text=LANDFILL_AND_SCHOOL)).to_contain_text("Old dump")
    walk.change().locator("[data-act=remove]").click()
    expect(walk.found()).to_have_count(0)
    expect(walk.change()).to_contain_text("removed")
    assert page.problems == []


def test_on_a_phone_in_khmer_by_keyboard_and_from_a_file_into_a_draft(
    new_page, served, city, pictures, tmp_path
):
    walk = Walk(new_page(PHONE), served(city), "km").sign_in()
    page = walk.page
    walk.require_tools_above_the_map()
    walk.place_square(300, 30, 80)
    walk.is_a("landfill")
    expect(walk.found().filter(has_text=LANDFILL_AND_SCHOOL)).to_contain_text("River school")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"{width} pixels wide"
    page.screenshot(path=pictures / "what-if-phone-km.png", full_page=True)
    walk.change().locator("[data-act=forget]").click()

    plan = tmp_path / "plan.geojson"
    west, south = degrees(400, 0)
    east, north = degrees(450, 50)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    said = {"type": "Feature", "geometry": shape, "properties": {"land_use": "landfill"}}
    plan.write_text(json.dumps({"type": "FeatureCollection", "features": [said]}))
    page.set_input_files("#hand-in [name=file]", plan)
    page.select_option("#hand-in [name=layer]", "facilities")
    page.click("#hand-in button[type=submit]")
    expect(walk.found().filter(has_text=LANDFILL_AND_SCHOOL)).to_have_count(1)

    page.click("#take-into-draft")
    page.locator("#state a").click()
    page.wait_for_url("**/layers/facilities/edit/?draft=*")
    page.wait_for_selector("html[data-map=ready]")
    draft = re.search(r"draft=(\d+)", page.url)[1]
    held = page.evaluate(
        "async (path) => (await fetch(path)).json()",
        f"/layers/facilities/drafts/{draft}/features?limit=100",
    )
    [new] = [one for one in held["features"] if one["edited"] == "create"]
    assert (new["land_use"], new["lifecycle"]) == ("landfill", "planned")
    assert page.problems == []


def test_without_a_script_a_file_is_handed_in_and_answered(browser, served, city, tmp_path):
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{served(city)}/what-if/?lang=en")
        plan = tmp_path / "plan.geojson"
        shape = {"type": "Point", "coordinates": list(degrees(160, 30))}
        plan.write_text(json.dumps({"type": "Feature", "geometry": shape, "properties": {}}))
        page.set_input_files("#hand-in [name=file]", plan)
        page.select_option("#hand-in [name=land_use]", "landfill")
        page.click("#hand-in button[type=submit]")
        expect(page.locator("#answers")).to_contain_text("lies 100.0 m from River school")
    finally:
        context.close()

"""A planner finds the landfill beside the school, reads why, moves it to a site; the finding goes.

The whole of it in a real browser, on a copy of the demo city; every step leaves a picture.
"""

import re
import urllib.parse

import pytest
from playwright.sync_api import expect

from tests.city import copied_city
from tests.journeys.conftest import PATIENCE_MS, PHONE
from tests.journeys.landfill_city import PASSWORD, PLANNER

pytestmark = pytest.mark.journey
expect.set_options(timeout=PATIENCE_MS)

FILL = "from tests.journeys.landfill_city import fill; fill()"
NEAR_SCHOOL = (
    "SELECT id, state FROM conflicts_finding WHERE rule_code = 'LF-02'"
    " AND subject_id = 'FAC-LANDFILL-01' AND object_id = 'FAC-SCHOOL-01'"
)
MOVED_BY_M = (
    "SELECT ST_Distance(pit.geometry, school.geometry), ST_Area(pit.geometry)"
    " FROM layers_feature pit JOIN layers_feature school ON school.stable_id = 'FAC-SCHOOL-01'"
    " WHERE pit.stable_id = 'FAC-LANDFILL-01' AND pit.retired_in IS NULL"
    " AND school.retired_in IS NULL"
)
STILL_FOUND = (
    "SELECT DISTINCT rule_code FROM conflicts_finding"
    " WHERE 'FAC-LANDFILL-01' IN (subject_id, object_id)"
    " AND state NOT IN ('resolved', 'dismissed')"
)
# The town's flood map does not reach the new place: what it showed is not re-checked.
NOT_RECHECKED = {"LF-17"}
RECHECKED_WITHIN_S = 120


@pytest.fixture(scope="module")
def city(demo_city):
    with copied_city(demo_city, "journey_landfill") as copy:
        copy.krong("shell", "-c", FILL)
        yield copy


class Planner:
    """The planner at one screen; each step waits for what it asked for."""

    def __init__(self, page, address, pictures):
        self.page, self.address, self._pictures = page, address, pictures
        self._step = 0

    def keep(self, what):
        self._step += 1
        path = self._pictures / f"landfill-{self._step}-{what}.png"
        self.page.screenshot(path=path, full_page=True)

    def sign_in(self, path):
        self.page.goto(f"{self.address}/login/?lang=en&next={urllib.parse.quote(path)}")
        self.page.fill("#id_username", PLANNER)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("main form button")
        self.page.wait_for_load_state()

    def open(self, path):
        self.page.goto(f"{self.address}{path}")

    def text(self):
        return self.page.locator("main").inner_text()


def test_the_landfill_beside_the_school_is_moved_to_a_site_found_and_the_finding_goes(
    city, served, new_page, pictures
):
    planner = Planner(new_page(), served(city), pictures)
    finds_the_landfill_on_the_map(planner)
    number = reads_why(planner, city)
    asks_for_another_place(planner)
    draws_it_there(planner)
    publishes(planner)
    sees_the_finding_go(planner, city, number)
    looks_again_on_a_phone_in_khmer(planner, number, new_page)
    assert planner.page.problems == []


def finds_the_landfill_on_the_map(planner):
    planner.sign_in("/map/")
    planner.page.wait_for_selector("html[data-map=ready]")
    planner.page.fill("#search", "Demo Landfill")
    planner.page.wait_for_selector("#search-results li")
    planner.page.locator("#search-results li").first.click()
    planner.page.wait_for_selector("#panel-place .feature-findings a")
    planner.keep("on-the-map")
    assert "Demo Landfill" in planner.page.locator("#panel-place").inner_text()


def reads_why(planner, city):
    [(number, state)] = city.rows(NEAR_SCHOOL)
    assert state == "open"
    planner.open("/findings/?lang=en&view=each&rule=LF-02&subject=FAC-LANDFILL-01")
    planner.page.locator(f"a[href*='/findings/{number}/']").first.click()
    planner.keep("why")
    told = planner.text()
    assert "LF-02" in told
    assert "420" in told
    assert "1,000 m" in told
    assert "QCVN 01:2021" in told
    return number


def asks_for_another_place(planner):
    planner.open("/siting/?lang=en&use=landfill")
    page = planner.page
    assert page.locator("#id_use").input_value() == "landfill"
    page.fill("#id_area_ha", "15")
    page.fill("#id_max_slope", "15")
    page.fill("#id_max_hazard", "0")
    planner.keep("question")
    page.click("form.siting button[type=submit]")
    page.wait_for_selector("tr[data-site='1']", timeout=PATIENCE_MS * 2)
    planner.keep("sites")
    first = page.locator("tr[data-site='1']").inner_text()
    assert "allowed" in first
    assert "no finding" in first
    assert re.search(r"15\.\d+ ha", first)
    assert "ha" in page.locator("tr[data-siting=allowed]").inner_text()


def draws_it_there(planner):
    page = planner.page
    page.select_option("#move-feature", label="Demo Landfill (FAC-LANDFILL-01)")
    page.select_option("#move-rank", "1")
    page.click("form.siting-move button")
    page.wait_for_selector("html[data-map=ready]")
    assert re.search(r"/layers/facilities/edit/\?draft=\d+", page.url)
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    planner.keep("in-the-draft")


def publishes(planner):
    page = planner.page
    page.click("#tab-check")
    page.click("#publish")
    page.fill("#publish-message", "The landfill moves away from the school")
    page.click("dialog button[type=submit]")
    page.wait_for_selector("html[data-draft=published]")
    planner.keep("published")


def sees_the_finding_go(planner, city, number):
    for _second in range(RECHECKED_WITHIN_S):
        planner.open(f"/findings/{number}/?lang=en")
        if planner.page.locator(".badge.state.resolved").count():
            break
        planner.page.wait_for_timeout(1_000)
    planner.keep("gone")
    assert "resolved" in planner.page.locator(".badge.state").first.inner_text()
    [(from_school_m, area_m2)] = city.rows(MOVED_BY_M)
    assert from_school_m > 1_000
    assert area_m2 >= 150_000
    left = {code for (code,) in city.rows(STILL_FOUND)}
    assert left <= NOT_RECHECKED  # not this finding alone is gone: the new place breaks no rule


def looks_again_on_a_phone_in_khmer(planner, number, new_page):
    phone = Planner(new_page(PHONE), planner.address, planner._pictures)
    phone._step = planner._step
    phone.open(f"/findings/{number}/?lang=km")
    phone.keep("gone-in-khmer")
    assert "resolved" not in phone.text()
    assert phone.page.locator(".badge.state.resolved").count() == 1
    assert phone.page.problems == []

"""A planner grades, assigns and proposes; an officer signs; it ends by itself on its day."""

import re

import pytest
from playwright.sync_api import expect

from tests.city import new_city
from tests.journeys.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.journeys.life_city import LAST_DAY, PASSWORD

expect.set_options(timeout=PATIENCE_MS)

FROM = "from tests.journeys.life_city import"
RULE = "LF-02"
WORDS = {
    "km": {
        "go_on": "បន្តទៅមុខ",
        "two_decided": "បានសម្រេចដូច្នេះលើជម្លោះ 2។",
        "waits": "បុគ្គលផ្សេងត្រូវសម្រេច",
    },
}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    with new_city(32648, "journey_life", tmp_path_factory.mktemp("life")) as made:
        made.krong("shell", "-c", f"{FROM} fill; fill()")
        yield made


class Desk:
    """One signed-in person at one screen, in one language."""

    def __init__(self, page, address, name, language):
        self.page, self.address, self.language = page, address, language
        page.goto(f"{address}/login/?next=/findings/?lang={language}")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.locator("main [type=submit]").click()
        page.wait_for_url("**/findings/**")

    def open(self, path):
        self.page.goto(f"{self.address}{path}")

    def form(self, step):
        """The form of a step, unfolded."""
        form = self.page.locator(f"details.step:has(input[value='{step}'])")
        form.locator("summary").click()
        return form

    def send(self, step, **filled):
        form = self.form(step)
        for name, value in filled.items():
            field = form.locator(f"[name={name}]")
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        form.locator("button").click()

    def fits(self, width):
        shown = self.page.evaluate("document.documentElement.scrollWidth")
        assert shown <= width, "the page is wider than the screen"


def look_at_two(planner, take):
    """Two of the three are looked at with one decision."""
    planner.open(f"/findings/?view=each&rule={RULE}&lang=km")
    boxes = planner.page.locator("input[name=finding]")
    expect(boxes).to_have_count(3)
    boxes.nth(1).check()
    boxes.nth(2).check()
    take(planner, "1-list")
    planner.page.select_option("#bulk-step", "triage")
    planner.page.get_by_role("button", name=WORDS["km"]["go_on"], exact=True).click()
    planner.page.fill("[name=reason]", "ទិន្នន័យត្រូវបានពិនិត្យ")
    planner.page.locator("main form button").click()
    expect(planner.page.locator("[role=status]")).to_contain_text(WORDS["km"]["two_decided"])
    take(planner, "2-many")


def propose_one(planner, take):
    """One is given to the officer, and its acceptance proposed; return its address."""
    planner.open(f"/findings/?view=each&rule={RULE}&lang=km")
    planner.page.locator("main td a[href^='/findings/']").first.click()
    expect(planner.page.locator("#finding-map")).to_have_attribute("data-drawn", "3")
    take(planner, "3-finding")
    planner.send("assign", assignee="dara", office="ខេត្ត", due_on="2031-01-31")
    planner.send("propose", reason="សាលានឹងផ្លាស់ទី", document="កំណត់ហេតុ ១២",
                 exemption="មាត្រា ៩", valid_to=LAST_DAY.isoformat())  # fmt: skip
    expect(planner.page.locator(".standing")).to_contain_text(WORDS["km"]["waits"])
    expect(planner.page.locator("input[value=approve]")).to_have_count(0)
    return re.search(r"/findings/\d+/", planner.page.url)[0]


def sign(officer, path, take):
    """Another person finds it among what waits, and signs."""
    officer.open("/findings/?waiting=1&view=each&lang=en")
    link = officer.page.locator(f"main td a[href='{path}']")
    expect(link).to_be_visible()
    officer.open(f"{path}?lang=en")
    expect(officer.page.locator("#finding-map")).to_have_attribute("data-drawn", "3")
    take(officer, "4-officer")
    officer.send("approve", reason="Signed by the province")
    expect(officer.page.locator(".badge.state")).to_have_text("accepted")
    expect(officer.page.locator(".standing")).to_contain_text("measured then:")


@pytest.mark.journey
def test_an_acceptance_is_proposed_signed_kept_and_ends_on_its_day(
    city, served, new_page, pictures
):
    address = served(city)

    def take(desk, step):
        desk.page.screenshot(path=pictures / f"life-{step}.png", full_page=True)
        desk.fits(desk.page.viewport_size["width"])

    planner = Desk(new_page(DESKTOP), address, "sokha", "km")
    look_at_two(planner, take)
    path = propose_one(planner, take)
    officer = Desk(new_page(PHONE), address, "dara", "en")
    sign(officer, path, take)
    state = officer.page.locator(".badge.state")

    city.krong("shell", "-c", f"{FROM} detect; detect()")
    officer.page.reload()
    expect(state).to_have_text("accepted")
    expect(officer.page.locator("#observations tbody tr")).to_have_count(2)
    city.krong("shell", "-c", f"{FROM} begin_the_day_after; begin_the_day_after()")
    officer.page.reload()
    expect(state).to_have_text("open")
    expect(officer.page.locator("#history")).to_contain_text("the acceptance has run out")
    take(officer, "5-open-again")

    assert planner.page.problems == []
    assert officer.page.problems == []

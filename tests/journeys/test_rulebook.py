"""A planner drafts a rule book: widens a distance, sees what that does, puts it in force."""

import pytest
from playwright.sync_api import expect

from tests.city import new_city
from tests.journeys.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.journeys.rulebook_city import PASSWORD

expect.set_options(timeout=PATIENCE_MS)

SCREENS = [("desk-km", DESKTOP, "km"), ("phone-en", PHONE, "en")]
FILL = "from tests.journeys.rulebook_city import fill; fill()"
WORDS = {
    "km": {
        "draft": "ព្រាងកំណែថ្មីចេញពីកំណែនេះ",
        "asked": "បន្ថែមជម្លោះ 2 ដក 0 និងប្តូរកម្រិត 0។",
        "save": "រក្សាទុកក្នុងសេចក្តីព្រាង",
        "compare": "តើនឹងប្តូរអ្វីខ្លះ ធៀបនឹងកំណែជាធរមាន?",
        "ratify": "ដាក់ឱ្យចូលជាធរមាន",
        "stale": "dara បានកែវិធាន LF-02",
    },
    "en": {
        "draft": "Draft a new version from this one",
        "asked": "Adds 2 findings, removes 0, grades 0 otherwise.",
        "save": "Save in the draft",
        "compare": "What would change against the version in force?",
        "ratify": "Put in force",
        "stale": "dara changed rule LF-02",
    },
}


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    with new_city(32648, "journey_rulebook", tmp_path_factory.mktemp("rulebook")) as made:
        made.krong("shell", "-c", FILL)
        yield made


class Walk:
    """One signed-in planner on one screen, in one language."""

    def __init__(self, page, address, name, language="en"):
        self.page, self.said = page, WORDS[language]
        page.goto(f"{address}/login/?next=/rulebooks/?lang={language}")
        page.fill("[name=username]", name)
        page.fill("[name=password]", PASSWORD)
        page.locator("main [type=submit]").click()
        page.wait_for_url(f"**/rulebooks/?lang={language}")

    def press(self, word):
        self.page.get_by_role("button", name=self.said[word], exact=True).click()

    def open_version_in_force(self):
        row = self.page.locator("tr", has=self.page.locator(".badge.good"))
        row.get_by_role("link").click()
        expect(self.page.locator("#matrix table")).to_be_visible()
        return int(self.page.url.rstrip("/").split("/")[-1])

    def draft_from(self, version):
        self.press("draft")
        self.page.wait_for_url(lambda url: not url.endswith(f"/krong-demo/{version}/"))
        return self.page.url

    def widen(self, draft, asked):
        """Type a distance 800 m wider; wait for what that would add, before anything is saved."""
        self.page.goto(f"{draft}rules/LF-02/")
        distance = self.page.locator("[name=min_distance_m]")
        expect(distance).to_have_value(str(asked))
        distance.fill(str(asked + 800))
        expect(self.page.locator("#effect")).to_have_text(self.said["asked"])

    def save(self, reason):
        self.page.fill("[name=reason]", reason)
        self.press("save")
        expect(self.page.locator(".changes")).to_contain_text(reason)

    def compare(self, draft):
        self.page.goto(draft)
        self.page.get_by_role("link", name=self.said["compare"]).click()
        expect(self.page.locator(".summary")).to_contain_text(self.said["asked"])

    def put_in_force(self, draft, because):
        self.page.goto(draft)
        self.page.fill("#because", because)
        self.press("ratify")
        expect(self.page.locator(".badge.good")).to_be_visible()


@pytest.mark.journey
@pytest.mark.parametrize("screen", SCREENS, ids=[screen[0] for screen in SCREENS])
def test_a_planner_widens_a_distance_sees_the_schools_it_adds_and_puts_it_in_force(
    city, served, new_page, pictures, screen
):
    name, size, language = screen
    page = new_page(size)

    def take(step):
        page.screenshot(path=pictures / f"rulebook-{name}-{step}.png", full_page=True)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{step}: the page is wider than the screen"

    walk = Walk(page, served(city), "dara", language)
    take("1-list")
    before = walk.open_version_in_force()
    take("2-in-force")
    draft = walk.draft_from(before)
    walk.widen(draft, asked=1_000 if before == 1 else 1_800)
    take("3-effect-before-saving")
    walk.save("កិច្ចប្រជុំថ្ងៃទី ៣ ឧសភា")
    walk.compare(draft)
    expect(page.locator("main")).to_contain_text(f"SCH-{3 if before == 1 else 5}")
    take("4-compared")
    walk.put_in_force(draft, "ក្រុមប្រឹក្សាសម្រេច")
    take("5-put-in-force")

    assert page.problems == []


@pytest.mark.journey
def test_two_planners_change_one_rule_and_the_second_is_told(city, served, new_page, pictures):
    address = served(city)
    first = Walk(new_page(DESKTOP), address, "dara")
    second = Walk(new_page(DESKTOP), address, "sophea")
    rule = f"{first.draft_from(first.open_version_in_force())}rules/LF-02/"

    for walk in (first, second):
        walk.page.goto(rule)
    for walk, severity in ((first, "high"), (second, "low")):
        walk.page.select_option("[name=severity]", severity)
        walk.page.fill("[name=reason]", "Trial")
    first.press("save")
    expect(first.page.locator(".changes")).to_be_visible()
    second.press("save")

    expect(second.page.locator("main")).to_contain_text(WORDS["en"]["stale"])
    second.page.screenshot(path=pictures / "rulebook-second-editor.png", full_page=True)
    first.page.reload()
    expect(first.page.locator("[name=severity]")).to_have_value("high")

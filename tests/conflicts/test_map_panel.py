"""The panel of findings on the map, in a real browser: it never reads as an all-clear."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from layers.models import Layer
from layers.services import set_surveyed_area
from tests.conflicts.ground import find, rule_data
from tests.factories import at, feature, filled_layer, square

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SANDBOX = ["--no-sandbox"] if os.geteuid() == 0 else []
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def panel(live_server, monkeypatch):
    """The text of the panel on a fresh map, in a language, and where its first link leads."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

    def opened(language="en"):
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=[*SANDBOX, "--disable-gpu", "--disable-background-networking"],
            )
            page = browser.new_page(viewport={"width": 1100, "height": 800})
            page.goto(f"{live_server.url}/map/?lang={language}")
            page.wait_for_selector("html[data-map=ready]")
            page.click("#tab-findings")
            page.wait_for_selector("#panel-findings ul.findings", state="attached")
            shown = page.inner_text("#panel-findings")
            link = page.get_attribute("#panel-findings a", "href")
            browser.close()
        return shown, link

    return opened


def dump_and_schools(count):
    schools = [feature(f"S{n}", at(n, 100), "school") for n in range(count)]
    filled_layer("facilities", feature("L", square(0, 0, 50), "landfill"), *schools)


def test_before_any_detection_the_panel_says_that_nothing_can_be_said(panel):
    dump_and_schools(1)

    assert "No detection has run: nothing can be said." in panel()[0]
    assert "មិនទាន់បានស្វែងរកជម្លោះទេ" in panel("km")[0]


def test_an_empty_panel_says_how_many_rules_cannot_tell_and_leads_to_what_is_missing(panel):
    filled_layer("facilities", feature("L", square(0, 0, 50), "landfill"))
    find(rule_data())

    shown, link = panel()

    assert "That is no all-clear." in shown
    assert "1 rules cannot tell: something is missing." in shown
    assert link.endswith("/findings/#untold")


def test_a_surveyed_city_without_conflicts_still_reads_as_no_all_clear(panel):
    far = feature("S", at(3000, 0), "school")
    filled_layer("facilities", feature("L", square(0, 0, 50), "landfill"), far)
    set_surveyed_area(
        layer=Layer.objects.get(slug="facilities"), geometry=square(-5000, -5000, 10_000)
    )
    find(rule_data())

    shown, _link = panel()

    assert "That is no all-clear." in shown
    assert "cannot tell" not in shown


def test_of_many_findings_the_panel_says_how_many_it_shows(panel):
    dump_and_schools(203)
    find(rule_data())

    shown, _link = panel()

    assert "200 of 203 in view are listed, the gravest first." in shown

"""A real browser for the journeys; every page must load nothing from outside."""

import os
import shutil
from contextlib import ExitStack
from urllib.parse import urlparse

import pytest
from playwright.sync_api import sync_playwright

from tests.city import ROOT, new_city

DESKTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 60_000  # a busy machine; every wait ends as soon as what it waits for is there
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-quic"]  # fmt: skip


# One per module: while Playwright runs, Django refuses to touch the database in this thread.
@pytest.fixture(scope="module")
def browser():
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("No Chromium on this machine. Run 'make setup-dev' to install it.")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=[*QUIET, *sandbox])
        yield started
        started.close()


@pytest.fixture
def new_page(browser):
    """``new_page(size)``: an empty page that records what went wrong and what it asked outside."""
    contexts = []

    def new(size=DESKTOP):
        context = browser.new_context(viewport=size, locale="en-US")
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: m.type == "error" and page.problems.append(m.text))
        page.on("pageerror", lambda e: page.problems.append(str(e)))
        page.tiles = []
        page.on("request", lambda r: _note_outside(page, r.url))
        page.on("response", lambda r: _note_tile(page, r))
        return page

    yield new
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def served():
    """``served(city)``: the address of a city's pages.

    One server at a time: each holds up to 17 sessions of a database that others test on too.
    """
    addresses = {}
    with ExitStack() as servers:

        def address_of(city):
            if city.database not in addresses:
                servers.close()
                addresses.clear()
                addresses[city.database] = servers.enter_context(city.served())
            return addresses[city.database]

        yield address_of


def _note_outside(page, url):
    if urlparse(url).scheme in {"http", "https"} and urlparse(url).hostname != "127.0.0.1":
        page.problems.append(f"asked the outside: {url}")


def _note_tile(page, response):
    if "/tiles/" in response.url or "/raster/" in response.url:
        page.tiles.append(response.status)


@pytest.fixture(scope="session")
def demo_city(tmp_path_factory):
    """The demo city after its whole story: loaded, judged, flooded, judged again."""
    with new_city(32648, "journey_demo", tmp_path_factory.mktemp("demo")) as city:
        city.krong("demo", "--no-serve")
        yield city


@pytest.fixture(scope="session")
def pictures():
    """Where the journeys leave their screenshots for people to look at."""
    folder = ROOT / "var" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder

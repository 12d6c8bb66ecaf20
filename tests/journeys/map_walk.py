"""What a reader does on the map, in a real browser: each step waits, looks and leaves a picture."""

import io
import re

import numpy as np
from PIL import Image, ImageChops

KHMER = re.compile("[\u1780-\u17ff]")
CHOSEN = (224, 33, 138)  # colour of a finding that is selected, in findings-panel.js
# A colour counts when it covers at least this share of the map.
LEAST_SHARE = 0.0005
LEAST_PIXELS = 20
# What a click begins, it begins within these frames; what a script drew last is then seen.
THREE_FRAMES = """() => new Promise((done) => {
    const wait = (frames) => (frames ? requestAnimationFrame(() => wait(frames - 1)) : done());
    wait(3);
})"""
# The pages say "aria-busy" of what is being asked for or painted, Leaflet by class what moves.
IS_SETTLED = """() => {
    const map = document.getElementById("map");
    if (document.querySelector("[aria-busy=true]")) return false;
    if (map.querySelector(".leaflet-zoom-anim, .leaflet-pan-anim")) return false;
    const tiles = [...map.querySelectorAll(".leaflet-tile")];
    const zooms = [...map.querySelectorAll(".leaflet-layer")].map(
        (layer) => [...layer.children].filter((level) => level.children.length).length,
    );
    const isDrawn = (tile) =>
        tile.classList.contains("leaflet-tile-loaded") && getComputedStyle(tile).opacity === "1";
    return tiles.every(isDrawn) && Math.max(0, ...zooms) <= 1;
}"""


def picture_of(png):
    return Image.open(io.BytesIO(png)).convert("RGB")


def colours_of(picture):
    """Return how many colours cover a visible part of a picture."""
    least = LEAST_SHARE * picture.width * picture.height
    return sum(count >= least for count, _colour in picture.quantize(64).getcolors())


def differing_share(one, other):
    """Return the share of pixels that differ between two pictures of the same size."""
    difference = ImageChops.difference(one, other).convert("L")
    return 1 - difference.histogram()[0] / (one.width * one.height)


def has_colour(picture, colour, tolerance=12):
    """Tell whether some pixels have a colour, give or take what smoothing changes."""
    apart = np.abs(np.asarray(picture, dtype=int) - colour).max(axis=2)
    return np.count_nonzero(apart <= tolerance) >= LEAST_PIXELS


IS_OUTLINED = """() => {
    const style = getComputedStyle(document.activeElement);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


class MapWalk:
    """One reader on one screen."""

    def __init__(self, page, address, pictures, name):
        self.page, self.address = page, address
        self._pictures, self._name = pictures, name

    def open(self, query=""):
        """Open the map; in Khmer unless the query says otherwise."""
        self.page.goto(f"{self.address}/map/{query}")
        self.opened()

    def opened(self, language=""):
        """Wait until the map is there (in a language) and its tiles are drawn."""
        self.page.wait_for_selector(
            f"html[data-map=ready]{f'[lang={language}]' if language else ''}"
        )
        self.settled()

    def settled(self):
        """Wait until nothing is under way: answers, moving, zooming, painting, fading."""
        self.page.evaluate(THREE_FRAMES)
        self.page.wait_for_function(IS_SETTLED)
        self.page.evaluate(THREE_FRAMES)

    def go(self, longitude, latitude, zoom, language="en"):
        """Open the map at a place."""
        self.open(f"?lang={language}#lat={latitude}&lon={longitude}&z={zoom}")

    def keep(self, what):
        """Leave a picture of the whole screen."""
        self.page.screenshot(path=self._pictures / f"{self._name}-{what}.png")

    def map_picture(self):
        return picture_of(self.page.locator("#map").screenshot())

    def raise_panel(self, tab):
        self.page.locator(f"#tab-{tab}").click()
        self.page.wait_for_selector(f"#panel-{tab}:not([hidden])")

    def lower_panel(self):
        """On a phone the panel covers the map; on a desk it stands beside it."""
        if self.page.locator(".panel.raised").count() and self.is_phone:
            self.page.locator(".sheet-handle").click()
            self.settled()

    @property
    def is_phone(self):
        return self.page.viewport_size["width"] < 760

    def switch_to_english(self):
        menu = self.page.locator(".top .menu")
        if menu.is_visible():
            menu.click()
        self.page.locator(".languages a[lang=en]").click()
        self.opened("en")

    def toggle(self, layer):
        """Switch a layer on or off; return the share of the map that changed."""
        self.lower_panel()
        before = self.map_picture()
        self.raise_panel("layers")
        self.page.locator(f"#layer-{layer}").click()
        self.settled()
        self.lower_panel()
        return differing_share(before, self.map_picture())

    def choose_first_finding(self):
        """Click the gravest finding in view; return its number."""
        self.raise_panel("findings")
        button = self.page.locator(".findings button.finding").first
        button.wait_for()
        number = button.locator("xpath=..").get_attribute("id").removeprefix("finding-")
        button.click()
        self.settled()
        return number

    def ask_here(self):
        """Click the middle of the map; return what is said to be here."""
        self.lower_panel()
        box = self.page.locator("#map").bounding_box()
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.page.wait_for_selector("#panel-place .place")
        self.settled()
        return self.page.locator("#panel-place").inner_text()

    def centre_latitude(self):
        """Return where the map stands, as its address says [degrees]."""
        return float(re.search(r"[#&]lat=(-?[0-9.]+)", self.page.url)[1])

    def search(self, text):
        """Type into the search box; return the answers."""
        self.page.locator("#search").fill(text)
        self.page.wait_for_selector("#search-results li")
        return self.page.locator("#search-results li").all_inner_texts()

    def take_first_answer(self):
        """Go to the first answer of the search; return the address it leads to."""
        before = self.page.url
        self.page.locator("#search-results li").first.click()
        self.page.wait_for_function("before => location.href !== before", arg=before)
        self.settled()
        return self.page.url

    def press_until(self, selector, key="Tab", most=60):
        """Press a key until something has the keyboard; the reader must see that it has."""
        for _press in range(most):
            self.page.keyboard.press(key)
            if self.page.locator(f"{selector}:focus").count():
                assert self.page.evaluate(IS_OUTLINED), f"nothing shows that {selector} has focus"
                return
        raise AssertionError(f"{key} never reaches {selector}")

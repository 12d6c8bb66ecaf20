"""What a person does in the map editor, in a real browser; each step waits for what it asked."""

import math
import urllib.parse

from pyproj import Transformer

from tests.factories import EAST, NORTH
from tests.journeys.editor_city import PASSWORD

TILE_PIXELS = 256
TO_DEGREES = Transformer.from_crs(32648, 4326, always_xy=True)
IS_QUIET = """() => {
    if (document.querySelector("[aria-busy=true]")) return false;
    return !document.querySelector("#map .leaflet-zoom-anim, #map .leaflet-pan-anim");
}"""
THREE_FRAMES = """() => new Promise((done) => {
    const wait = (frames) => (frames ? requestAnimationFrame(() => wait(frames - 1)) : done());
    wait(3);
})"""
ASK_AGAIN = """async ([path, method, body, etag]) => {
    const headers = { "Content-Type": "application/json" };
    headers["X-CSRFToken"] = document.querySelector("[name=csrfmiddlewaretoken]").value;
    if (etag) headers["If-Match"] = etag;
    const sent = body === null ? undefined : JSON.stringify(body);
    const answer = await fetch(path, { method, headers, body: sent });
    const told = await answer.text();
    return { status: answer.status, body: told ? JSON.parse(told) : null };
}"""


class EditorWalk:
    """One signed-in person on one screen; places are metres from the origin of the test ground."""

    def __init__(self, page, address, pictures, name):
        self.page, self.address = page, address
        self._pictures, self._name = pictures, name

    def sign_in(self, person, path, language="en"):
        following = urllib.parse.quote(f"{path}")
        self.page.goto(f"{self.address}/login/?lang={language}&next={following}")
        self.page.fill("#id_username", person)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("main form button")
        self.opened()

    def opened(self):
        self.page.wait_for_selector("html[data-map=ready]")
        self.settled()

    def open(self, path):
        self.page.goto(f"{self.address}{path}")
        self.opened()

    def settled(self):
        self.page.evaluate(THREE_FRAMES)
        self.page.wait_for_function(IS_QUIET)
        self.page.evaluate(THREE_FRAMES)

    def keep(self, what):
        self.page.screenshot(path=self._pictures / f"{self._name}-{what}.png")

    def look_at(self, x, y, zoom):
        """Open the same page at another place of the map."""
        longitude, latitude = TO_DEGREES.transform(EAST + x, NORTH + y)
        place = f"#lat={latitude}&lon={longitude}&z={zoom}"
        self.page.evaluate("([place]) => { location.hash = place; }", [place])
        self.page.reload()
        self.opened()

    def pixel(self, x, y):
        """Return where a place is on the screen, by the view in the address."""
        view = dict(urllib.parse.parse_qsl(self.page.url.split("#")[1]))
        scale = TILE_PIXELS * 2 ** float(view["z"])
        centre = _mercator(float(view["lon"]), float(view["lat"]), scale)
        place = _mercator(*TO_DEGREES.transform(EAST + x, NORTH + y), scale)
        box = self.page.locator("#map").bounding_box()
        return (
            box["x"] + box["width"] / 2 + place[0] - centre[0],
            box["y"] + box["height"] / 2 + place[1] - centre[1],
        )

    def click(self, x, y):
        self.page.mouse.click(*self.pixel(x, y))
        self.page.evaluate(THREE_FRAMES)

    def choose(self, stable_id, x, y):
        self.click(x, y)
        self.page.wait_for_selector(f"#feature-measure, h2:has-text('{stable_id}')")
        assert stable_id in self.page.locator(".feature-head h2").inner_text()

    def take(self, tool):
        self.page.click(f"#tool-{tool}")
        self.page.evaluate(THREE_FRAMES)

    def draw(self, tool, *places, snaps=True):
        """Draw a shape; Enter finishes it."""
        self.page.set_checked("#snaps", snaps)
        self.take(tool)
        for x, y in places:
            self.page.mouse.move(*self.pixel(x, y))
            self.page.evaluate(THREE_FRAMES)
            self.click(x, y)
        self.page.keyboard.press("Enter")
        self.page.evaluate(THREE_FRAMES)

    def saved(self):
        """Wait until the server has everything."""
        self.page.wait_for_selector("#save-state[data-unsent='0'][aria-busy=false]")
        self.settled()

    def answer(self, selector):
        self.page.wait_for_selector(selector)
        return self.page.locator(selector).first.inner_text()

    def check(self):
        """Ask what stands against publishing; return all that is told."""
        self.page.click("#tab-check")
        self.page.click("#check")
        self.page.wait_for_selector("#check-result > *")
        self.settled()
        return self.page.locator("#check-result").inner_text()

    def publish(self, why):
        self.page.click("#tab-check")
        self.page.click("#publish")
        self.page.fill("#publish-message", why)
        self.page.click("dialog button[type=submit]")
        self.page.wait_for_selector("html[data-draft=published]")
        return self.page.locator("#check-result").inner_text()

    def ask(self, path, method="GET", body=None, etag=None):
        """Ask the server with this person's session, as another program of theirs would."""
        return self.page.evaluate(ASK_AGAIN, [path, method, body, etag])

    def features(self, base):
        told = self.ask(f"{base}features?limit=100")["body"]
        return {feature["id"]: feature for feature in told["features"]}


def _mercator(longitude, latitude, scale):
    y = 1 - math.asinh(math.tan(math.radians(latitude))) / math.pi
    return (longitude + 180) / 360 * scale, y / 2 * scale

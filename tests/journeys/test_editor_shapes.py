"""Whole shapes, parts and lines on the map; two people at one surveyed area."""

import re

import pytest
from shapely.geometry import shape

from tests.city import new_city
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.editor_walk import EditorWalk

pytestmark = pytest.mark.journey

FILL = "from tests.journeys.editor_city import fill; fill()"


@pytest.fixture(scope="module")
def address(tmp_path_factory, served):
    with new_city(32648, "journey_shapes", tmp_path_factory.mktemp("shapes")) as city:
        city.krong("shell", "-c", FILL)
        yield served(city)


@pytest.fixture
def person(address, new_page, pictures, request):
    """``person(name, path)``: somebody who may edit, signed in, on a page of an editor."""
    walks = []

    def signed_in(path, name="dara", size=DESKTOP, language="en"):
        walk = EditorWalk(new_page(size), address, pictures, f"shapes-{request.node.name[5:25]}")
        walk.sign_in(name, path, language)
        walks.append(walk)
        return walk

    yield signed_in
    for walk in walks:
        assert [p for p in walk.page.problems if "412" not in p] == []


def draft_of(walk, layer):
    """Return the address of the draft that is open on the page."""
    number = re.search(r"/drafts/(\d+)/", walk.page.content())[1]
    return f"/layers/{layer}/drafts/{number}/"


def discard(walk, base):
    assert walk.ask(f"{base}discard", "POST", {"reason": "only tried"})["status"] == 200


def in_metres(walk, base, stable_id):
    """Return a feature's shape in the project's metres."""
    return shape(walk.ask(f"{base}features/{stable_id}?crs=project")["body"]["geometry"])


def dragged(walk, start, end):
    walk.page.mouse.move(*walk.pixel(*start))
    walk.page.mouse.down()
    walk.page.mouse.move(
        *walk.pixel(*((a + b) / 2 for a, b in zip(start, end, strict=True))), steps=4
    )
    walk.page.mouse.move(*walk.pixel(*end), steps=4)
    walk.page.mouse.up()


def test_two_zones_become_one_of_two_parts_and_two_again(person):
    walk = person("/layers/zones/edit/")
    base = draft_of(walk, "zones")
    walk.choose("Z-1", 50, 50)
    walk.take("merge")
    walk.click(250, 50)
    walk.page.click("#do-aggregate")
    walk.saved()
    whole = in_metres(walk, base, "Z-1")
    assert (whole.geom_type, len(whole.geoms)) == ("MultiPolygon", 2)
    assert whole.area == pytest.approx(20_000)
    assert set(walk.features(base)) == {"Z-1", "Z-2", "Z-4"}
    walk.keep("aggregated")

    walk.page.click("#explode")
    walk.saved()
    parts = [in_metres(walk, base, name) for name in walk.features(base)]
    assert sorted(round(part.area) for part in parts) == [10_000] * 4
    walk.keep("exploded")
    walk.page.keyboard.press("Control+z")
    walk.saved()
    assert in_metres(walk, base, "Z-1").area == pytest.approx(20_000)
    walk.page.keyboard.press("Control+z")
    walk.saved()
    assert {name: f["edited"] for name, f in walk.features(base).items()} == dict.fromkeys(
        ("Z-1", "Z-2", "Z-3", "Z-4")
    )
    discard(walk, base)


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "km")])
def test_a_whole_zone_and_a_well_are_moved_and_put_back(person, size, language):
    walk = person("/layers/zones/edit/", size=size, language=language)
    base = draft_of(walk, "zones")
    before = in_metres(walk, base, "Z-2")
    walk.look_at(150, 50, 18)
    walk.click(150, 50)
    walk.take("move")
    dragged(walk, (150, 50), (150, 90))
    walk.saved()
    after = in_metres(walk, base, "Z-2")
    moved = (after.centroid.x - before.centroid.x, after.centroid.y - before.centroid.y)
    assert moved == pytest.approx((0, 40), abs=1)
    assert after.area == pytest.approx(before.area, rel=1e-3)
    walk.keep("moved")
    walk.page.keyboard.press("Escape")
    walk.page.keyboard.press("Control+z")
    walk.saved()
    assert in_metres(walk, base, "Z-2").equals(before)
    discard(walk, base)

    walk.open("/layers/wells/edit/")
    base = draft_of(walk, "wells")
    walk.look_at(40, 40, 18)
    walk.click(20, 20)
    walk.take("move")
    dragged(walk, (20, 20), (50, 35))
    walk.saved()
    well = in_metres(walk, base, "W-1")
    assert (well.x - 330_000, well.y - 1_170_000) == pytest.approx((50, 35), abs=1)
    discard(walk, base)


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "km")])
def test_a_road_is_drawn_bent_cut_and_removed(person, size, language):
    walk = person("/layers/roads/edit/", size=size, language=language)
    base = draft_of(walk, "roads")
    walk.look_at(150, 40, 17)
    walk.draw("line", (50, 20), (150, 20), (250, 60), snaps=False)
    walk.page.click("#save-feature")
    walk.saved()
    [new] = [name for name, f in walk.features(base).items() if f["edited"] == "create"]
    road = in_metres(walk, base, new)
    assert road.geom_type == "LineString"
    assert road.length == pytest.approx(100 + (100**2 + 40**2) ** 0.5, abs=3)

    walk.take("corners")
    dragged(walk, (150, 20), (150, 80))
    walk.saved()
    bent = in_metres(walk, base, new)
    assert bent.length == pytest.approx((100**2 + 60**2) ** 0.5 + (100**2 + 20**2) ** 0.5, abs=4)
    walk.keep("road")
    walk.page.keyboard.press("Escape")
    walk.draw("split", (100, 0), (100, 120), snaps=False)
    walk.saved()
    pieces = [in_metres(walk, base, n) for n, f in walk.features(base).items() if f["edited"]]
    assert len(pieces) == 2
    assert sum(piece.length for piece in pieces) == pytest.approx(bent.length, abs=1e-3)
    for _step in range(3):
        walk.page.keyboard.press("Control+z")
        walk.saved()
    assert set(walk.features(base)) == {"road"}
    discard(walk, base)


WELLS_SURVEYED = "/layers/wells/surveyed/"
MINE = "ការស្ទង់របស់សុភា"


def stated(walk):
    """Return the statements of the layer of wells by their source."""
    told = walk.ask(WELLS_SURVEYED)["body"]["features"]
    return {feature["properties"]["source"]: feature for feature in told}


def restate(walk, source):
    walk.page.fill("#survey-source", source)
    walk.page.click("#save-survey")


def is_in_sight(walk, selector):
    """Tell whether a reader sees the middle of an element without scrolling."""
    box = walk.page.locator(selector).bounding_box()
    place = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    found = "([x, y, s]) => Boolean(document.elementFromPoint(x, y)?.closest(s))"
    return walk.page.evaluate(found, [*place, selector])


@pytest.fixture
def two_at_one_area(person, request):
    """Two people who have opened the same statement."""
    size, language = request.param
    walks = [person(f"{WELLS_SURVEYED}edit/", who, size, language) for who in ("dara", "sophea")]
    outline = walks[0].ask("/layers/zones/versions/1/features/Z-1")["body"]["geometry"]
    facts = {"completeness": "partial", "source": "first survey"}
    body = {"type": "Feature", "geometry": outline, "properties": facts}
    made = walks[0].ask(WELLS_SURVEYED, "POST", body)["body"]
    for walk in walks:
        walk.page.reload()
        walk.opened()
        walk.page.click(f"[data-statement='{made['id']}'] button")
    yield walks
    for feature in stated(walks[0]).values():
        path = f"{WELLS_SURVEYED}{feature['id']}/"
        assert walks[0].ask(path, "DELETE", None, feature["etag"])["status"] == 204


@pytest.mark.parametrize("two_at_one_area", [(DESKTOP, "en"), (PHONE, "km")], indirect=True)
def test_the_second_who_restates_a_surveyed_area_is_told_and_loses_nothing(two_at_one_area):
    first, second = two_at_one_area
    restate(first, "checked by dara")
    first.page.wait_for_selector("#save-state.saved")
    restate(second, MINE)
    assert "dara" in second.answer("#survey-form .problem")
    assert is_in_sight(second, "#survey-form .problem")
    second.keep("second-is-told")
    assert set(stated(first)) == {"checked by dara"}

    second.page.reload()
    second.opened()
    assert second.page.input_value("#survey-source") == MINE
    second.page.click("#save-survey")
    second.page.click("#send-on-theirs")
    second.page.wait_for_selector("#save-state.saved")
    changes = first.ask(f"{WELLS_SURVEYED}changes/")["body"]["changes"]
    assert [row["after"]["properties"]["source"] for row in changes[:2]] == [
        MINE,
        "checked by dara",
    ]


@pytest.mark.parametrize("two_at_one_area", [(DESKTOP, "en"), (PHONE, "km")], indirect=True)
def test_who_removes_a_surveyed_area_another_restated_is_asked_again(two_at_one_area):
    first, second = two_at_one_area
    restate(second, MINE)
    second.page.wait_for_selector("#save-state.saved")
    first.page.click("#remove-survey")
    first.page.click("dialog button.grave")
    assert "sophea" in first.answer("#survey-form .problem")
    first.keep("removal-is-asked-again")
    first.page.click("#take-their-survey")
    first.settled()
    assert MINE in first.page.locator("#survey-list").inner_text()
    assert set(stated(first)) == {MINE}

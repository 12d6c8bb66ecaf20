"""People change a layer on the map: in a real browser, against a real server, with a bad line."""

import re

import pytest

from tests.city import new_city
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.editor_walk import EditorWalk

pytestmark = pytest.mark.journey

FILL = "from tests.journeys.editor_city import fill; fill()"
ZONES = "/layers/zones/edit/"
AREA = re.compile(r"[\d,]+\.\d")


@pytest.fixture(scope="module")
def address(tmp_path_factory, served):
    with new_city(32648, "journey_editor", tmp_path_factory.mktemp("editor")) as city:
        city.krong("shell", "-c", FILL)
        yield served(city)


@pytest.fixture
def person(address, new_page, pictures):
    """``person(name)``: somebody who may edit, signed in, at a draft of their own."""
    walks = []

    def signed_in(name="dara", path=ZONES, size=DESKTOP, language="en"):
        walk = EditorWalk(new_page(size), address, pictures, f"editor-{len(walks)}")
        walk.sign_in(name, path, language)
        walks.append(walk)
        return walk

    yield signed_in
    expected = ("412", "422", "ERR_FAILED")
    for walk in walks:
        assert [p for p in walk.page.problems if not any(e in p for e in expected)] == []


def own_draft(walk, title, layer="zones"):
    """Open a draft of one's own on the page of drafts; return the address of its service."""
    walk.page.goto(f"{walk.address}/layers/{layer}/edit/drafts/?lang=en")
    walk.page.fill("#title", title)
    walk.page.click("main form.card button")
    walk.opened()
    number = re.search(r"draft=(\d+)", walk.page.url)[1]
    return f"/layers/{layer}/drafts/{number}/"


def discard(walk, base):
    assert walk.ask(f"{base}discard", "POST", {"reason": "only tried"})["status"] == 200


def save_new(walk, floors="2"):
    walk.page.get_by_label("Most floors").fill(floors)
    walk.page.click("#save-feature")
    walk.saved()


def area_of(walk):
    """Return the area the panel tells once the server has measured it [m2]."""
    walk.page.wait_for_function(
        "() => /^[0-9]/.test(document.getElementById('feature-measure').textContent)"
    )
    told = walk.page.locator("#feature-measure").inner_text()
    return float(AREA.search(told)[0].replace(",", ""))


def test_a_zone_drawn_1_m_over_its_neighbour_is_refused_there_and_snapped_it_is_published(person):
    walk = person()
    base = own_draft(walk, "A zone in the east")
    walk.look_at(400, 50, 19)

    east = ((399, 20), (440, 20), (440, 80), (399, 80))
    walk.draw("polygon", *east, snaps=False)
    save_new(walk)
    told = walk.check()

    assert "Must be put right before publishing (1)" in told
    assert "overlaps 'Z-4'" in told
    measured = float(re.search(r"by ([\d.]+) m²", told)[1])
    assert measured == pytest.approx(60, rel=0.3)  # 1 m along 60 m, drawn by hand: a pixel is 0.3 m
    walk.keep("overlap-refused")
    walk.page.locator(".problem-place").first.click()
    walk.settled()
    assert walk.page.locator("path.problem-shape").count() >= 1

    walk.page.click("#tool-snap")
    walk.page.fill("#snap-tolerance", "2")
    walk.page.click("dialog button[type=submit]")
    walk.saved()
    assert "Must be put right" not in walk.check()
    told = walk.publish("A zone east of the market")
    assert "1 added" in told
    walk.page.click("#see-difference")
    walk.page.wait_for_selector("#diff-map[data-drawn]")
    assert walk.ask(base)["body"]["state"] == "published"


def test_a_split_zone_merges_back_to_what_it_was_and_each_step_can_be_undone(person):
    walk = person()
    base = own_draft(walk, "Split and back")
    walk.choose("Z-1", 50, 50)
    whole_m2 = area_of(walk)

    walk.draw("split", (40, -20), (40, 120), snaps=False)
    walk.saved()
    pieces = walk.features(base)
    new = next(name for name in pieces if pieces[name]["edited"] == "create")
    assert pieces["Z-1"]["edited"] == "replace"

    walk.page.click("#tool-merge")
    walk.click(20, 50)
    walk.page.click("#do-merge")
    walk.saved()
    assert set(walk.features(base)) == {"Z-1", "Z-2", "Z-3", "Z-4"} | (
        set(pieces) - {"Z-1", "Z-2", "Z-3", "Z-4", new}
    )
    assert area_of(walk) == pytest.approx(whole_m2, abs=0.1)

    walk.page.keyboard.press("Control+z")
    walk.saved()
    assert new in walk.features(base)
    walk.page.keyboard.press("Control+z")
    walk.saved()
    assert walk.features(base)["Z-1"]["edited"] is None
    walk.page.keyboard.press("Control+y")
    walk.saved()
    assert new in walk.features(base)
    discard(walk, base)


def test_after_a_reload_the_steps_of_the_draft_can_still_be_undone(person):
    walk = person()
    base = own_draft(walk, "Undo tomorrow")
    walk.choose("Z-2", 150, 50)
    walk.page.get_by_label("Most floors").fill("៩")
    walk.page.click("#save-feature")
    walk.saved()
    assert walk.features(base)["Z-2"]["properties"]["floors"] == 9
    walk.page.keyboard.press("Delete")
    walk.page.click("dialog button.grave")
    walk.saved()
    assert "Z-2" not in walk.features(base)

    walk.page.reload()
    walk.opened()
    walk.page.wait_for_selector("path[data-feature='Z-2'][data-mark=delete]")
    walk.page.click("#tool-undo")
    walk.saved()
    assert walk.features(base)["Z-2"]["properties"]["floors"] == 9
    walk.page.click("#tool-undo")
    walk.saved()
    assert walk.features(base)["Z-2"]["edited"] is None
    assert walk.page.locator("#tool-undo").is_disabled()
    discard(walk, base)


def test_the_second_of_two_people_is_told_and_both_changes_are_kept(person):
    first, second = person("dara"), person("sophea")
    base = own_draft(first, "Two at once")
    second.open(first.page.url.removeprefix(first.address))
    for walk in (first, second):
        walk.choose("Z-3", 250, 50)

    first.page.get_by_label("Most floors").fill("12")
    first.page.click("#save-feature")
    first.saved()
    second.page.get_by_label("Name in Khmer").fill("ផ្សារថ្មី")
    second.page.click("#save-feature")

    told = second.answer(".conflict")
    assert "dara changed 'Z-3'" in told
    assert "12" in told
    assert second.features(base)["Z-3"]["properties"]["floors"] == 12
    second.keep("conflict")
    second.page.reload()
    second.opened()
    second.page.click("#see-held")
    second.page.click("#mine-on-theirs")
    second.saved()
    properties = second.features(base)["Z-3"]["properties"]
    assert (properties["floors"], properties["name_km"]) == (12, "ផ្សារថ្មី")
    discard(first, base)


def test_what_could_not_be_sent_survives_a_reload_and_is_sent_with_its_etag(person):
    walk = person()
    base = own_draft(walk, "A bad line")
    walk.choose("Z-1", 50, 50)
    sent = []
    walk.page.route("**/drafts/*/features/*", lambda route: refuse_writes(route, sent))
    walk.page.get_by_label("Most floors").fill("7")
    walk.page.click("#save-feature")
    assert "Changes not yet sent: 1" in walk.answer("#save-state.troubled")
    walk.keep("unsent")

    walk.page.reload()
    walk.page.wait_for_selector("html[data-map=ready]")
    assert "Changes not yet sent: 1" in walk.answer("#save-state.troubled")
    assert walk.features(base)["Z-1"]["properties"]["floors"] == 3
    walk.page.unroute("**/drafts/*/features/*")
    walk.page.click("#resend")
    walk.saved()

    assert walk.features(base)["Z-1"]["properties"]["floors"] == 7
    assert len(sent) >= 2
    assert len(set(sent)) == 1
    assert sent[0].startswith('"r')
    discard(walk, base)


def refuse_writes(route, sent):
    if route.request.method == "GET":
        return route.continue_()
    sent.append(route.request.headers["if-match"])
    return route.abort()


def test_an_answer_that_was_lost_is_no_conflict_with_oneself(person):
    walk = person()
    base = own_draft(walk, "A lost answer")
    walk.choose("Z-2", 150, 50)

    def lose(route):
        if route.request.method == "GET":
            return route.continue_()
        route.fetch()
        return route.abort()

    walk.page.route("**/drafts/*/features/*", lose)
    walk.page.get_by_label("Most floors").fill("5")
    walk.page.click("#save-feature")
    walk.page.wait_for_selector("#save-state.troubled")
    walk.page.unroute("**/drafts/*/features/*")
    walk.page.click("#resend")
    walk.saved()
    assert walk.page.locator(".conflict").count() == 0
    assert walk.features(base)["Z-2"]["properties"]["floors"] == 5
    discard(walk, base)


def test_typed_khmer_reaches_the_layer_and_mistakes_are_told_at_their_field(person):
    walk = person(language="km")
    number = re.search(r"/drafts/(\d+)/", walk.page.content())[1]
    base = f"/layers/zones/drafts/{number}/"
    walk.click(350, 50)
    floors = walk.page.get_by_label("ចំនួនជាន់អតិបរមា")
    floors.fill("៦១")
    walk.page.click("#save-feature")
    problem = walk.page.locator("p:has([name=floors]) .field-problem")
    assert "60" in problem.inner_text()
    assert floors.get_attribute("aria-invalid") == "true"

    floors.fill("១២")
    walk.page.get_by_label("ឈ្មោះជាភាសាខ្មែរ").fill("តំបន់ឧស្សាហកម្មស្ទឹងហាវ")
    walk.page.get_by_label("ភោគៈ").select_option("state")
    walk.page.click("#save-feature")
    walk.saved()
    walk.keep("khmer")
    properties = walk.features(base)["Z-4"]["properties"]
    assert properties == {"floors": 12, "name_km": "តំបន់ឧស្សាហកម្មស្ទឹងហាវ", "tenure": "state"}
    discard(walk, base)


def test_dragging_a_corner_is_measured_live_stored_and_undone(person):
    walk = person()
    base = own_draft(walk, "Corners")
    walk.look_at(100, 50, 18)
    walk.choose("Z-1", 50, 50)
    walk.take("corners")
    walk.page.mouse.move(*walk.pixel(0, 0))
    walk.page.mouse.down()
    walk.page.mouse.move(*walk.pixel(-25, -10), steps=4)
    assert walk.page.locator("#measure").inner_text().startswith("≈ 11,")
    walk.page.mouse.move(*walk.pixel(-50, 0), steps=4)
    walk.page.mouse.up()
    walk.saved()
    assert area_of(walk) == pytest.approx(12_500, rel=0.02)
    walk.page.keyboard.press("Escape")
    walk.page.keyboard.press("Control+z")
    walk.saved()
    assert walk.features(base)["Z-1"]["edited"] is None
    discard(walk, base)


def test_a_surveyed_area_is_drawn_and_stated_and_outside_it_nobody_can_tell(person):
    walk = person(path="/layers/wells/surveyed/edit/")
    assert "cannot tell" in walk.page.locator(".explained").inner_text()
    walk.page.click("#draw-survey")
    for place in ((0, 0), (100, 0), (100, 100), (0, 100)):
        walk.page.mouse.move(*walk.pixel(*place))
        walk.click(*place)
    walk.page.keyboard.press("Enter")
    walk.page.fill("#survey-day", "2026-11-01")
    walk.page.fill("#survey-source", "ការស្ទង់មតិ ២០២៦")
    walk.page.click("#save-survey")
    walk.page.wait_for_selector("li.statement")
    walk.settled()
    walk.keep("surveyed")

    [stated] = walk.ask("/layers/wells/surveyed/")["body"]["features"]
    assert stated["properties"]["completeness"] == "complete"
    assert stated["properties"]["source"] == "ការស្ទង់មតិ ២០២៦"
    walk.page.click("#remove-survey")
    walk.page.click("dialog button.grave")
    walk.page.wait_for_selector("#no-survey")
    assert walk.ask("/layers/wells/surveyed/")["body"]["features"] == []


def test_on_a_phone_a_point_is_set_and_described(person):
    walk = person(path="/layers/wells/edit/", size=PHONE)
    base = own_draft(walk, "A well", layer="wells")
    walk.take("point")
    walk.click(80, 30)
    walk.page.get_by_label("name in Khmer").fill("អណ្តូងទី៣")
    walk.keep("phone-point")
    walk.page.click("#save-feature")
    walk.saved()
    made = [f for f in walk.features(base).values() if f["edited"] == "create"]
    assert [feature["properties"]["name_km"] for feature in made] == ["អណ្តូងទី៣"]
    discard(walk, base)


def test_a_hole_is_cut_and_filled_again(person):
    walk = person()
    base = own_draft(walk, "A pond")
    walk.choose("Z-2", 150, 50)
    walk.draw("hole", (130, 30), (170, 30), (170, 70), (130, 70), snaps=False)
    walk.saved()
    assert area_of(walk) == pytest.approx(10_000 - 1_600, rel=0.02)

    walk.take("fill")
    walk.click(150, 50)
    walk.saved()
    assert area_of(walk) == pytest.approx(10_000, abs=1)
    discard(walk, base)


def test_what_others_published_meanwhile_is_settled_before_publishing(person):
    first, second = person("dara"), person("sophea")
    early, late = own_draft(first, "Early"), own_draft(second, "Late")
    for walk, floors in ((first, "20"), (second, "30")):
        walk.choose("Z-2", 150, 50)
        walk.page.get_by_label("Most floors").fill(floors)
        walk.page.click("#save-feature")
        walk.saved()
    assert "1 changed" in first.publish("Higher houses")

    told = second.check()
    assert "1 features were published by others" in told
    assert "dara changed 'Z-2'" in told
    second.keep("published-meanwhile")
    second.page.click("#take-theirs")
    second.settled()
    assert second.features(late)["Z-2"]["properties"]["floors"] == 20
    assert second.features(late)["Z-2"]["edited"] is None
    assert first.ask(early)["body"]["state"] == "published"
    discard(second, late)

"""A reader looks at five cities: at the demo city at a desk and on a phone, at four real ones."""

from dataclasses import dataclass, replace

import pytest

from tests.city import City
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.map_walk import CHOSEN, KHMER, MapWalk, colours_of, has_colour

SCREENS = {"desk": DESKTOP, "phone": PHONE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """What a reader looks at in one city, and what they must be told."""

    city: str  # the fixture
    screen: str = "desk"
    place: tuple[float, float, float]  # longitude, latitude [degrees], zoom
    here: tuple[str, ...]  # told when that place is clicked
    switched: str  # the layer that is switched on or off
    typed: str
    answer: str
    has_findings: bool = True


DEMO = Visit(
    city="demo_city",
    place=(103.53, 10.61, 15),
    here=("Land-use zones", "Airport"),
    switched="flood-storm-100y-6h-depth",
    typed="សង្កាត់លេខ៤",
    answer="លេខ៤",
)
VISITS = [
    Visit(
        city="maldives",
        screen="phone",
        place=(72.8612212, 4.2178301, 16),
        here=("Landfill", "osm:w924568545"),
        switched="osm",
        typed="Ukulhas Hospital",
        answer="Ukulhas Hospital",
    ),
    Visit(
        city="cambridge",
        place=(-71.1056, 42.3662, 17),
        here=("Parcels", "Zones"),
        switched="zones",
        typed="Memorial Dr",
        answer="Memorial",
    ),
    Visit(
        city="merewether",
        place=(151.74169, -32.94247, 18),
        here=("greatest depth", "0.38"),
        switched="flood-merewether-2007-depth",
        typed="house",
        answer="house",
    ),
    Visit(
        city="sihanoukville",
        screen="phone",
        place=(103.5512640, 10.5874749, 14),
        here=("Phum Buon", "Lekh Buon"),
        switched="sangkat",
        typed="សង្កាត់លេខ៤",
        answer="លេខ៤",
        has_findings=False,
    ),
    DEMO,
    replace(DEMO, screen="phone"),
]
REAL = {"maldives", "cambridge", "merewether", "sihanoukville"}


def _marks(visit):
    return [pytest.mark.journey, *([pytest.mark.real] if visit.city in REAL else [])]


PARAMETERS = [
    pytest.param(visit, id=f"{visit.city}-{visit.screen}", marks=_marks(visit)) for visit in VISITS
]


@pytest.fixture(scope="module", params=PARAMETERS)
def visited(request, served):
    """The visit and the address where its city is served."""
    made = request.getfixturevalue(request.param.city)
    return request.param, served(made if isinstance(made, City) else made.city)


@pytest.fixture
def walk(visited, new_page, pictures):
    visit, address = visited
    page = new_page(SCREENS[visit.screen])
    yield MapWalk(page, address, pictures, f"{visit.city}-{visit.screen}")
    assert page.problems == []
    assert set(page.tiles) <= {200, 204, 304}


def test_the_map_opens_in_khmer_speaks_english_when_asked_and_draws(walk):
    walk.open()

    assert walk.page.locator("html").get_attribute("lang") == "km"
    assert KHMER.search(walk.page.title())
    assert walk.page.tiles
    assert colours_of(walk.map_picture()) >= 4
    walk.keep("khmer")

    walk.switch_to_english()

    assert walk.page.locator("html").get_attribute("lang") == "en"
    assert walk.page.title() == "Map – Krong"
    assert colours_of(walk.map_picture()) >= 4
    walk.keep("english")


def test_a_layer_is_switched_and_a_click_tells_what_is_here(walk, visited):
    visit, _address = visited
    walk.go(*visit.place)

    assert walk.toggle(visit.switched) > 0.001
    walk.keep("switched")
    asked = walk.centre_latitude()
    told = walk.ask_here()
    walk.keep("here")

    for words in visit.here:
        assert words in told
    # on a phone the answer lies over the map, so the map moves until the place is above it
    assert (walk.centre_latitude() < asked) == walk.is_phone


def test_a_search_leads_to_the_place(walk, visited):
    visit, _address = visited
    walk.open()

    answers = walk.search(visit.typed)
    walk.keep("search")
    before = walk.page.url
    after = walk.take_first_answer()
    walk.keep("found")

    assert visit.answer in answers[0]
    assert after != before
    assert colours_of(walk.map_picture()) >= 3


def test_a_finding_chosen_in_the_list_is_marked_on_the_map(walk, visited):
    visit, _address = visited
    walk.open()
    if not visit.has_findings:
        walk.raise_panel("findings")
        assert walk.page.locator(".findings button.finding").count() == 0
        # nothing was checked here, which is not the same as nothing found
        assert walk.page.locator("#findings-count").inner_text() == "?"
        return

    number = walk.choose_first_finding()

    assert f"finding={number}" in walk.page.url
    assert "chosen" in walk.page.locator(f"#finding-{number}").get_attribute("class")
    assert has_colour(walk.map_picture(), CHOSEN)
    walk.keep("finding")

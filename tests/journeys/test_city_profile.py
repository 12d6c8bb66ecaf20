"""A planner leaves a layer and a class out of the city's profile; a citizen sees the result."""

import tempfile
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from playwright.sync_api import expect

from layers.services import set_surveyed_area
from tests.city import new_city
from tests.conflicts.ground import CITY, find, rule_data
from tests.factories import feature, filled_layer, land_use, line, square
from tests.journeys.conftest import DESKTOP, PATIENCE_MS, PHONE
from tests.journeys.editor_walk import EditorWalk
from tests.layers.web_map import published_grid

expect.set_options(timeout=PATIENCE_MS)
PASSWORD = "layers of our own 7"
RIGHTS = ("change_profile", "edit_features", "add_layer", "publish_version")


def fill():
    """A landfill 50 m from a school, roads, wells, and what was found about them."""
    land_use("landfill", name_en="Landfill", name_km="ទីលានចាក់សំរាម", colour="#6D4C41")
    land_use("school", name_en="School", name_km="សាលារៀន", colour="#2F6DB5")
    facilities = filled_layer(
        "facilities",
        feature("L-1", square(0, 0, 100), "landfill", name_en="Dump", name_km="ទីលាន"),
        feature("S-1", square(150, 0, 50), "school", name_en="School 1", name_km="សាលា ១"),
        geometry_kind="polygon", theme="facilities", title_en="Facilities", title_km="សេវា",
    )  # fmt: skip
    set_surveyed_area(layer=facilities, geometry=CITY)
    road = feature("R-1", line((-50, -20), (300, -20)), name_en="Sea Road")
    filled_layer("roads", road, theme="roads", title_en="Roads", title_km="ផ្លូវ")
    well = feature("W-1", square(40, 200, 9), name_en="Old well")
    filled_layer("wells", well, theme="water", title_en="Wells", title_km="អណ្តូង")
    with tempfile.TemporaryDirectory() as folder:
        published_grid(Path(folder), "depth", [[0.5, 1.5], [0.2, 0.9]], cell_m=100)
    find(rule_data())
    planner = User.objects.create_user("sokha", password=PASSWORD)
    planner.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    with new_city(32648, "journey_profile", tmp_path_factory.mktemp("profile") / "var") as made:
        made.krong("shell", "-c", "from tests.journeys.test_city_profile import fill; fill()")
        yield made


@pytest.fixture
def people(city, served, new_page, pictures):
    """A planner at a desk and a citizen with a phone, and where their pictures are kept."""
    address, made = served(city), {"planner": new_page(DESKTOP), "citizen": new_page(PHONE)}

    def keep(who, step):
        made[who].screenshot(path=pictures / f"profile-{who}-{step}.png", full_page=True)

    yield made["planner"], made["citizen"], address, keep
    told = [problem for page in made.values() for problem in page.problems]
    assert [problem for problem in told if "400" not in problem] == []  # the save without a reason


def open_map(page, address, asked="lang=en"):
    """Open the map and wait until it is drawn."""
    page.goto(f"{address}/map/?{asked}")
    expect(page.locator("html")).to_have_attribute("data-map", "ready")
    expect(page.locator("#map")).to_have_attribute("aria-busy", "false")


def headings(page):
    return page.locator("details.theme summary").all_text_contents()


def under(page, heading):
    """The layers below a heading of the tree, whether it is open or not."""
    group = page.locator("details.theme").filter(has=page.locator("summary", has_text=heading))
    return group, [item.get_attribute("data-slug") for item in group.locator("li.layer").all()]


def sign_in(page, address):
    page.goto(f"{address}/login/?lang=en&next=/layers/profile/")
    page.fill("[name=username]", "sokha")
    page.fill("[name=password]", PASSWORD)
    page.locator("main [type=submit]").click()
    page.wait_for_url("**/layers/profile/")


def choose(page, keep):
    """Leave out the wells and the class landfill, put the roads first, name the school."""
    page.get_by_role("link", name="Change the profile").click()
    page.fill("[name=name_km]", "ក្រុងរបស់យើង")
    page.fill("[name=name_en]", "Our city")
    page.uncheck("[name=layer-wells-use]")
    page.select_option("[name=layer-depth-on]", "on")
    for _step in range(3):
        page.get_by_role("button", name="Move up: Roads").click()
    expect(page.locator("[name=layer-roads-place]")).to_have_value("1")
    page.get_by_label("Find a class").fill("landf")
    expect(page.locator("[name=class-school-use]")).to_be_hidden()
    page.uncheck("[name=class-landfill-use]")
    page.get_by_label("Find a class").fill("")
    page.fill("[name=class-school-name_en]", "Pagoda school")
    keep("planner", "1-form")
    page.get_by_role("button", name="See what would change").click()


def save(page, keep):
    """Read what would change, then save it with a reason."""
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    changes = page.locator(".profile-changes")
    expect(changes).to_contain_text("Layer not used any more: Wells 1 feature")
    expect(changes).to_contain_text("Class not used any more: Landfill 1 feature")
    expect(changes).to_contain_text("Order of the layers: Roads, ")
    keep("planner", "2-look")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("needs its reason")
    page.get_by_label("Reason").fill("Wells are the ministry's.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The city profile is saved.")).to_be_visible()
    expect(page.get_by_text("Wells are the ministry's.")).to_be_visible()


def look_as_citizen(page, address, keep):
    """The tree, the legend and a search on a phone, without an account."""
    open_map(page, address)
    page.locator(".sheet-handle").click()
    assert headings(page)[0] == "Base map"
    group, slugs = under(page, "Layers the city does not use")
    assert slugs == ["wells"]
    assert group.get_attribute("open") is None
    legend = page.locator("[data-slug=facilities] .legend li")
    assert legend.all_text_contents() == ["Pagoda school (School)", "Other classes: 1"]
    expect(page.locator("#layer-wells")).not_to_be_checked()
    expect(page.locator("#layer-depth")).to_be_checked()  # a grid, drawn as the city decided
    expect(page.locator("img.grid-tile, .grid-tile img").first).to_be_attached()
    keep("citizen", "1-map")
    page.fill("#search", "old well")
    page.locator("#search-results [role=option]").first.click()
    expect(page.locator("#layer-wells")).to_be_checked()
    assert group.get_attribute("open") is not None


def follow_an_address(page, address):
    """An address that names a layer the city does not use shows it all the same."""
    open_map(page, address, "lang=en&layer=wells")
    group, _slugs = under(page, "Layers the city does not use")
    assert group.get_attribute("open") is not None
    expect(page.locator("#layer-wells")).to_be_checked()
    expect(page.locator("#layer-roads")).to_be_checked()


def read_as_citizen(page, address, keep):
    """The profile in words, in Khmer, and the catalogue with its way to the rest."""
    page.goto(f"{address}/layers/profile/?lang=km")
    expect(page.get_by_text("ក្រុងរបស់យើង").first).to_be_visible()
    assert page.get_by_text("sokha").count() == 0
    keep("citizen", "2-profile")
    page.goto(f"{address}/layers/?lang=en")
    expect(page.get_by_role("heading", name="Wells")).to_have_count(0)
    page.get_by_role("link", name="Show them as well").click()
    expect(page.get_by_role("heading", name="Wells")).to_be_visible()


def offered(select):
    """The classes a list offers: those used, and those below its last heading."""
    below = select.locator("optgroup")
    assert below.get_attribute("label") == "Classes the city does not use"
    others = below.locator("option").all_text_contents()
    return [text.strip() for text in select.locator("> option").all_text_contents()], others


def look_at_lists(page, address, pictures):
    """The lists of the permit form and of the map editor: all classes, those not used last."""
    page.goto(f"{address}/permits/?lang=en")
    used, others = offered(page.locator("#id_use_1"))
    assert others == ["Landfill"]
    assert "Market" in used
    walk = EditorWalk(page, address, pictures, "profile-editor")
    page.goto(f"{address}/layers/facilities/edit/drafts/?lang=en")
    page.fill("#title", "Survey")
    page.click("main form.card button")
    walk.opened()
    walk.look_at(100, 50, 18)
    walk.choose("L-1", 50, 50)
    used, others = offered(page.locator("#field-class"))
    assert others == ["Landfill (landfill)"]
    assert "Pagoda school (School) (school)" in used
    expect(page.locator("#field-class")).to_have_value("landfill")  # it keeps the class it has
    walk.keep("classes")


@pytest.mark.journey
def test_a_planner_chooses_layers_and_classes_and_a_citizen_sees_the_result(people, pictures):
    planner, citizen, address, keep = people
    open_map(citizen, address)
    assert "Layers the city does not use" not in headings(citizen)
    found = citizen.request.get(f"{address}/findings.geojson").text()

    sign_in(planner, address)
    choose(planner, keep)
    save(planner, keep)

    look_at_lists(planner, address, pictures)
    look_as_citizen(citizen, address, keep)
    follow_an_address(citizen, address)
    read_as_citizen(citizen, address, keep)
    assert citizen.request.get(f"{address}/findings.geojson").text() == found
    assert "L-1" in found

"""A clerk brings a Khmer Shapefile without encoding and without coordinate system onto the map."""

import io
import zipfile

import geopandas
import pytest
from playwright.sync_api import expect

from tests.city import new_city
from tests.factories import square
from tests.journeys.conftest import DESKTOP, PATIENCE_MS, PHONE

expect.set_options(timeout=PATIENCE_MS)

SCHOOL, MARKET = "សាលាបឋមសិក្សា", "ផ្សារ"
PASSWORD = "a-long-password-9"
MAKE_CLERK = (
    "from django.contrib.auth.models import Permission, User;"
    f"u = User.objects.create_user('sokha', password='{PASSWORD}', is_staff=True);"
    "u.user_permissions.set(Permission.objects.filter(content_type__app_label='layers',"
    "codename__in=['add_layer', 'publish_version', 'view_layer']))"
)


def shapefile(folder):
    """Two lots with Khmer uses; neither ``.cpg`` nor ``.prj``, as they often come."""
    rows = geopandas.GeoDataFrame(
        {"NO": ["P1", "P2", "P3"], "USE": [SCHOOL, MARKET, SCHOOL]},
        geometry=[square(300 * n, 0, 250) for n in range(3)],
    )
    rows.to_file(folder / "lots.shp", encoding="UTF-8")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for part in folder.glob("lots.*"):
            if part.suffix not in {".cpg", ".prj"}:
                archive.write(part, part.name)
    return held.getvalue()


def city_map(folder):
    """What the city already has: one zone around the lots."""
    path = folder / "zones.geojson"
    zone = geopandas.GeoDataFrame({"id": ["Z1"]}, geometry=[square(-500, -500, 2_000)], crs=32648)
    zone.to_crs(4326).to_file(path)
    return path


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("import")
    with new_city(32648, "journey_import", folder / "var") as made:
        made.krong("import", city_map(folder), "--layer", "zones", "--theme", "plan")
        made.krong("shell", "-c", MAKE_CLERK)
        yield made


@pytest.fixture(params=[("desk", DESKTOP), ("phone", PHONE)], ids=["desk", "phone"])
def walk(request, city, served, new_page, pictures):
    """A signed-in clerk at a desk or with a phone; each imports into a layer of their own."""
    name, size = request.param
    page, address = new_page(size), served(city)
    page.goto(f"{address}/login/?lang=en&next=/layers/import/")
    page.fill("[name=username]", "sokha")
    page.fill("[name=password]", PASSWORD)
    page.locator("main [type=submit]").click()
    page.wait_for_url("**/layers/import/")

    def keep(step):
        page.screenshot(path=pictures / f"import-{name}-{step}.png", full_page=True)

    yield name, page, keep
    assert page.problems == []


def bring_in(page, content):
    """Choose the file and send it; wait until it was looked into."""
    file = {"name": "lots.zip", "mimeType": "application/zip", "buffer": content}
    page.set_input_files("#id_file", file)
    page.locator("#upload-form button[type=submit]").click()
    expect(page.get_by_role("heading", name="What is in it")).to_be_visible()


def read_as(page, code):
    """Have the texts read in another encoding; wait until the page shows it as chosen."""
    page.locator(f"input[name=encoding][value={code}]").check()
    page.get_by_role("button", name="Read the texts like this").click()
    page.wait_for_url("**/layers/import/*/")
    expect(page.get_by_role("heading", name="What is in it")).to_be_visible()
    expect(page.locator(f"input[name=encoding][value={code}]")).to_be_checked()


def choose_encoding(page):
    """The words read right in the line that is chosen already; another one shows them broken."""
    right = page.locator("label", has_text=SCHOOL).locator("input[name=encoding]")
    expect(right).to_be_checked()
    read_as(page, "CP1252")
    read_as(page, "UTF-8")


def choose_classes(page, classes):
    """Give each Khmer value its class; what was typed before must still be there."""
    page.locator("[name=class_from][value=field]").check()
    page.select_option("[name=class_field]", "")
    page.select_option("[name=class_field]", "USE")
    rows = page.locator(".import-values tbody tr")
    for value, code in classes.items():
        rows.filter(has_text=value).locator("select").select_option(code)


def describe(page, name):
    """Say what the new layer is called and by which number its things are known."""
    if page.locator("[name=target]").input_value():
        page.select_option("[name=target]", "")
    page.fill("[name=title_km]", f"ក្បាលដី {name}")
    page.fill("[name=slug]", f"lots-{name}")
    page.select_option("[name=id_field]", "NO")


@pytest.mark.journey
def test_a_khmer_shapefile_without_encoding_and_system_comes_onto_the_map(walk, tmp_path):
    name, page, keep = walk
    keep("1-start")
    bring_in(page, shapefile(tmp_path))
    choose_encoding(page)

    page.locator("[name=srid][value='32648']").check()
    expect(page.locator("#preview-map")).to_have_attribute("data-drawn", "3")
    expect(page.locator("#place")).to_contain_text("within the city's maps")
    describe(page, name)
    choose_classes(page, {SCHOOL: "school_primary", MARKET: "market"})
    expect(page.locator("[name=title_km]")).to_have_value(f"ក្បាលដី {name}")
    keep("2-choices")
    page.get_by_role("button", name="Try the import").click()

    expect(page.get_by_role("heading", name="What the import would do")).to_be_visible()
    expect(page.locator("#preview-map")).to_have_attribute("data-drawn", "3")
    keep("3-trial")
    page.get_by_role("button", name="Import and publish").click()
    expect(page.get_by_text(f"Layer lots-{name} is published as version 1.")).to_be_visible()
    keep("4-result")

    page.get_by_role("link", name="Show on the map").click()
    expect(page.locator("#map")).to_have_attribute("aria-busy", "false")
    address = page.url.split("/map/")[0]
    assert f"lots-{name}" in page.request.get(f"{address}/search?q=P2").text()
    page.goto(f"{address}/layers/import/?lang=km")
    keep("5-khmer")
    page.locator(".import-files a").first.click()
    keep("6-khmer-result")
    page.locator(".import-steps a").nth(1).click()
    expect(page.locator("#preview-map")).to_have_attribute("data-drawn", "3")
    keep("7-khmer-choices")

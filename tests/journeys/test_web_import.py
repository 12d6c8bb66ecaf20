"""A clerk brings a Khmer Shapefile without encoding and without coordinate system onto the map."""

import io
import zipfile

import geopandas
import pytest
from playwright.sync_api import expect

from tests.city import new_city
from tests.factories import square
from tests.journeys.conftest import DESKTOP, PHONE
from tests.journeys.map_walk import colours_of

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


@pytest.mark.journey
def test_a_khmer_shapefile_without_encoding_and_system_comes_onto_the_map(walk, tmp_path):
    name, page, keep = walk
    keep("1-start")
    page.set_input_files(
        "#id_file",
        {"name": "lots.zip", "mimeType": "application/zip", "buffer": shapefile(tmp_path)},
    )
    page.locator("#upload-form button[type=submit]").click()
    expect(page.get_by_text("What is in it")).to_be_visible()

    # the words read right in the line that is chosen already; another line shows them broken
    right = page.locator("label", has_text=SCHOOL).locator("input[name=encoding]")
    expect(right).to_be_checked()
    page.locator("input[name=encoding][value=CP1252]").check()
    page.get_by_role("button", name="Read the texts like this").click()
    expect(page.locator("input[name=encoding][value=CP1252]")).to_be_checked()
    page.locator("label", has_text=SCHOOL).locator("input[name=encoding]").check()
    page.get_by_role("button", name="Read the texts like this").click()
    expect(page.locator("input[name=encoding][value=UTF-8]")).to_be_checked()

    page.locator("[name=srid][value='32648']").check()
    expect(page.locator("#preview-map")).to_have_attribute("data-drawn", "3")
    expect(page.locator("#place")).to_contain_text("within the city's maps")

    page.fill("[name=title_km]", f"ក្បាលដី {name}")
    page.fill("[name=slug]", f"lots-{name}")
    if page.locator("[name=target]").input_value():
        page.select_option("[name=target]", "")
    page.select_option("[name=id_field]", "NO")
    page.locator("[name=class_from][value=field]").check()
    page.select_option("[name=class_field]", "")
    page.select_option("[name=class_field]", "USE")
    expect(page.locator(".import-values")).to_contain_text(MARKET)
    expect(page.locator("[name=title_km]")).to_have_value(f"ក្បាលដី {name}")
    rows = page.locator(".import-values tbody tr")
    rows.filter(has_text=SCHOOL).locator("select").select_option("school_primary")
    rows.filter(has_text=MARKET).locator("select").select_option("market")
    keep("2-choices")
    page.get_by_role("button", name="Try the import").click()

    expect(page.get_by_text("What the import would do")).to_be_visible()
    expect(page.locator("#preview-map")).to_have_attribute("data-drawn", "3")
    expect(page.locator(".import-counts")).to_contain_text("new in the layer")
    keep("3-trial")
    page.get_by_role("button", name="Import and publish").click()
    expect(page.get_by_text(f"Layer lots-{name} is published as version 1.")).to_be_visible()
    keep("4-result")

    page.get_by_role("link", name="Show on the map").click()
    page.wait_for_url(f"**/map/?layer=lots-{name}*")
    expect(page.locator("#map")).to_have_attribute("aria-busy", "false")
    answer = page.request.get(f"{page.url.split('/map/')[0]}/search?q=P2").json()
    assert f"lots-{name}" in str(answer)
    assert colours_of(page.locator("#map").screenshot()) >= 3
    for number, path in enumerate(("layers/import/",), start=1):
        page.goto(f"{page.url.split('/map/')[0]}/{path}?lang=km")
        keep(f"5-khmer-{number}")

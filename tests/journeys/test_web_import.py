"""A clerk brings a Khmer Shapefile without encoding and without coordinate system onto the map."""

import io
import zipfile

import geopandas
import pytest
from playwright.sync_api import expect

from tests.city import new_city
from tests.factories import square
from tests.journeys.import_walk import SCREENS, ImportWalk, fill_city, make_clerk

SCHOOL, MARKET = "សាលាបឋមសិក្សា", "ផ្សារ"


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


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("import")
    with new_city(32648, "journey_import", folder / "var") as made:
        fill_city(made, folder)
        make_clerk(made)
        yield made


@pytest.fixture(params=SCREENS, ids=["desk", "phone"])
def walk(request, city, served, new_page, pictures):
    """A signed-in clerk at a desk or with a phone."""
    name, size = request.param
    page = new_page(size)
    walk = ImportWalk(page, served(city), pictures, f"import-{name}")
    walk.sign_in()
    yield walk
    assert page.problems == []


def zipped(content):
    return {"name": "lots.zip", "mimeType": "application/zip", "buffer": content}


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


@pytest.mark.journey
def test_a_khmer_shapefile_without_encoding_and_system_comes_onto_the_map(walk, tmp_path):
    name, page, keep = walk.name, walk.page, walk.keep
    keep("1-start")
    walk.bring_in(zipped(shapefile(tmp_path)))
    choose_encoding(page)

    page.locator("[name=srid][value='32648']").check()
    expect(page.locator("#preview-map")).to_have_attribute("data-drawn", "3")
    expect(page.locator("#place")).to_contain_text("within the city's maps")
    walk.name_new_layer(f"ក្បាលដី {name}", f"lots-{name}")
    page.select_option("[name=id_field]", "NO")
    walk.give_classes("USE", {SCHOOL: "school_primary", MARKET: "market"})
    expect(page.locator("[name=title_km]")).to_have_value(f"ក្បាលដី {name}")
    keep("2-choices")
    walk.try_it()
    expect(page.locator("#preview-map")).to_have_attribute("data-drawn", "3")
    keep("3-trial")
    walk.publish(f"lots-{name}")
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

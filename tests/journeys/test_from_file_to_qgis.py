"""A new planner, by the interface alone: import, correct, publish, open in QGIS from the catalogue.

Every address that another program is given is one that the layer's page shows.
"""

import json
import os
import subprocess
import sys

import geopandas
import pytest
from playwright.sync_api import expect

from tests.city import ROOT, new_city
from tests.factories import square
from tests.journeys.editor_walk import EditorWalk
from tests.journeys.import_walk import PASSWORD, SCREENS, ImportWalk, fill_city, make_clerk

QGIS_PYTHON = "/usr/bin/python3"
OWNER = "សុខ សុភា"


def lots(folder):
    """Three lots in the city's own system; the owner of the second is misspelt."""
    path = folder / "lots.gpkg"
    rows = {"NO": ["P1", "P2", "P3"], "owner": [OWNER, "Sok Sopha??", OWNER]}
    shapes = [square(300 * n, 0, 250) for n in range(3)]
    geopandas.GeoDataFrame(rows, geometry=shapes, crs=32648).to_file(path)
    return path


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain")
    with new_city(32648, "journey_chain", folder / "var") as made:
        fill_city(made, folder)
        make_clerk(made, "edit_features", "edit_survey", "change_layer")
        yield made


@pytest.fixture(params=SCREENS, ids=["desk", "phone"])
def walk(request, city, served, new_page, pictures):
    name, size = request.param
    page = new_page(size)
    walk = ImportWalk(page, served(city), pictures, f"chain-{name}")
    walk.sign_in("/layers/")
    yield walk
    assert page.problems == []


def import_lots(walk, path, slug):
    walk.page.get_by_role("link", name="Bring in a file").click()
    walk.bring_in(str(path))
    walk.name_new_layer("ក្បាលដី", slug)
    walk.page.select_option("[name=id_field]", "NO")
    walk.try_it()
    walk.publish(slug)


def correct_owner(walk, pictures):
    """Open the second lot in the editor, write its owner right and publish."""
    walk.page.get_by_role("link", name="Correct on the map").click()
    editor = EditorWalk(walk.page, walk.address, pictures, f"chain-{walk.name}-editor")
    editor.opened()
    walk.page.click("#tab-list")
    walk.page.locator("#panel-list").get_by_text("P2", exact=True).first.click()
    walk.page.get_by_label("owner").fill(OWNER)
    walk.page.click("#save-feature")
    editor.saved()
    walk.keep("3-corrected")
    told = editor.publish("The owner of P2 as the register has it")
    assert "1 changed" in told
    walk.page.get_by_role("link", name="The layer's page").click()


def addresses(page):
    """Return what the page tells to paste into another program, and its links to downloads."""
    shown = [told.strip() for told in page.locator("code.address").all_inner_texts()]
    links = page.locator("a[download]")
    return shown, {link.inner_text(): link.get_attribute("href") for link in links.all()}


READ_BY_GDAL = """
import json, sys, geopandas
rows = geopandas.read_file(f"OAPIF:{sys.argv[1]}", layer=sys.argv[2], engine="pyogrio")
print(json.dumps([dict(zip(rows["id"], rows["owner"])), sorted(set(rows.geom_type))]))
"""


def read_by_gdal(address, slug):
    """Return owners by identifier and shapes as GDAL's driver for OGC API Features reads them.

    In a process of its own: Krong forbids its own one the drivers that ask the network. With the
    clerk's name and password, as the page says of a layer that is not public.
    """
    own = {k: v for k, v in os.environ.items() if not k.startswith(("OGR_", "GDAL_"))}
    asked = subprocess.run(
        [sys.executable, "-c", READ_BY_GDAL, address, slug],
        env=own | {"GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": f"sokha:{PASSWORD}"},
        capture_output=True, text=True, check=True, timeout=240,
    )  # fmt: skip
    return json.loads(asked.stdout.splitlines()[-1])


def read_by_qgis(address, slug):
    program = ROOT / "tests" / "standards" / "clients" / "qgis_table.py"
    asked = subprocess.run(
        [QGIS_PYTHON, str(program), address, slug, "owner", "sokha", PASSWORD],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True, text=True, check=True, timeout=240,
    )  # fmt: skip
    return json.loads(asked.stdout.splitlines()[-1])


def has_qgis():
    asked = [QGIS_PYTHON, "-c", "import qgis.core"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.journey
def test_a_file_is_imported_corrected_published_and_read_from_the_catalogue_page_alone(
    walk, tmp_path, pictures
):
    slug, page = f"lots-{walk.name}", walk.page
    import_lots(walk, lots(tmp_path), slug)
    walk.keep("1-imported")
    page.get_by_role("link", name="The layer's page").click()
    walk.keep("2-page")
    correct_owner(walk, pictures)

    expect(page.get_by_role("heading", name="Connect from QGIS")).to_be_visible()
    expect(page.get_by_text("under Authentication choose Basic")).to_be_visible()
    shown, downloads = addresses(page)
    right = {"P1": OWNER, "P2": OWNER, "P3": OWNER}

    assert read_by_gdal(shown[0], slug) == [right, ["Polygon"]]
    with page.expect_download() as begun:
        page.locator(f"a[href='{downloads['GeoPackage']}']").click()
    package = geopandas.read_file(begun.value.path(), engine="pyogrio")
    assert sorted(package["owner"]) == [OWNER] * 3
    walk.keep("4-read")
    if has_qgis():
        told = read_by_qgis(shown[0], slug)
        assert told == {"valid": True, "rows": right, "areas": 3}
    page.goto(f"{page.url.split('?')[0]}?lang=km")
    walk.keep("5-khmer")
    page.goto(f"{page.url.split('?')[0]}?lang=en")


@pytest.mark.journey
def test_the_quality_report_is_made_behind_the_page_and_leads_to_the_map(walk, tmp_path):
    """Two lots drawn 2 m over each other: 2 m x 250 m of contested ground."""
    slug, page = f"contested-{walk.name}", walk.page
    path = tmp_path / "contested.gpkg"
    shapes = [square(0, 0, 250), square(248, 0, 250)]
    rows = {"NO": ["C1", "C2"], "owner": [OWNER, OWNER]}
    geopandas.GeoDataFrame(rows, geometry=shapes, crs=32648).to_file(path)
    import_lots(walk, path, slug)
    page.get_by_role("link", name="The layer's page").click()
    page.get_by_role("link", name="Quality report").click()

    expect(page.get_by_role("heading", name="areas lie over each other: 1")).to_be_visible()
    expect(page.locator("#places")).to_contain_text("500.00")
    walk.keep("6-quality")
    page.locator("#places").get_by_role("link", name="C1").click()
    page.wait_for_selector("html[data-map=ready]")
    card = page.locator("#panel-place .answer-layer.asked")
    expect(card).to_contain_text("C1")
    page.screenshot(path=ROOT / "var" / "pictures" / f"chain-{walk.name}-7-marked.png")
    page.goto(f"{walk.address}/layers/{slug}/quality/?lang=km")
    walk.keep("8-quality-khmer")
    page.goto(f"{walk.address}/map/?lang=en&feature={slug}/NOBODY")
    expect(page.locator("#panel-place [role=alert]")).to_contain_text("holds no 'NOBODY'")


@pytest.mark.journey
def test_a_rectangle_drawn_on_the_small_map_finds_the_layers_there(walk):
    page = walk.page
    page.goto(f"{walk.address}/layers/?lang=en")
    page.locator("#place-map summary").click()
    page.wait_for_selector("#catalogue-map .leaflet-tile-loaded")
    page.get_by_role("button", name="Draw a rectangle").click()
    page.locator("#catalogue-map").scroll_into_view_if_needed()
    box = page.locator("#catalogue-map").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(middle[0] - 60, middle[1] - 40)
    page.mouse.move(middle[0], middle[1])
    page.mouse.click(middle[0] + 60, middle[1] + 40)

    page.wait_for_selector("#place-map[data-drawn=yes]")
    assert len(page.locator("#id_bbox").input_value().split(",")) == 4
    walk.keep("9-drawn")
    page.locator("main form [type=submit]").first.click()

    page.wait_for_selector("text=Layers that reach the rectangle")
    expect(page.locator(".layer-cards")).to_contain_text("Zones")
    walk.keep("10-found")
    page.fill("#id_bbox", "104,10,103,11")
    page.locator("main form [type=submit]").first.click()
    expect(page.locator(".errorlist")).to_contain_text("no rectangle in degrees")
    page.problems[:] = [told for told in page.problems if "400" not in told]
    page.goto(f"{walk.address}/layers/?lang=km&bbox=0,0,1,1")
    walk.keep("11-khmer")

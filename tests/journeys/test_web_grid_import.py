"""A clerk brings a terrain model onto the map: does it fit, what would be stored, published."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.city import new_city
from tests.journeys.import_walk import SCREENS, ImportWalk, fill_city, make_clerk
from tests.layers.sources import grid_file


def terrain():
    """A hill of 60 m on a plain of 2 m, 1 km x 1 km; the north-west corner is unknown."""
    row, column = np.mgrid[0:100, 0:100]
    hill = 2 + 58 * np.exp(-((row - 50) ** 2 + (column - 50) ** 2) / 400)
    hill[:10, :10] = -9999
    return hill.astype("float32")


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    folder = tmp_path_factory.mktemp("grid")
    with new_city(32648, "journey_grid", folder / "var") as made:
        fill_city(made, folder)
        make_clerk(made)
        yield made


@pytest.fixture(params=SCREENS, ids=["desk", "phone"])
def walk(request, city, served, new_page, pictures):
    name, size = request.param
    page = new_page(size)
    walk = ImportWalk(page, served(city), pictures, f"grid-{name}")
    walk.sign_in()
    yield walk
    assert page.problems == []


@pytest.mark.journey
def test_a_terrain_without_a_no_data_value_is_seen_on_the_map_tried_and_published(walk, tmp_path):
    name, page, keep = walk.name, walk.page, walk.keep
    walk.bring_in(grid_file(tmp_path / "terrain.tif", terrain(), nodata=None, north=1_170_800))

    expect(page.locator("#preview-map")).to_have_attribute("data-pictured", "yes")
    expect(page.locator("#preview-map img.grid-picture")).to_be_visible()
    expect(page.locator("#place")).to_contain_text("the city's maps")
    walk.name_new_layer(f"កម្ពស់ដី {name}", f"terrain-{name}")
    page.fill("[name=nodata]", "-9999")
    keep("1-choices")
    page.get_by_role("button", name="Try the import").click()

    expect(page.locator("#grid-facts")).to_contain_text("60 m")
    expect(page.locator("#preview-map")).to_have_attribute("data-pictured", "yes")
    keep("2-trial")
    page.goto(f"{page.url}?lang=km")
    expect(page.locator("#grid-facts")).to_contain_text("តម្លៃខ្ពស់បំផុត")
    keep("3-trial-khmer")
    page.locator(".import-steps a").nth(1).click()
    expect(page.locator("#preview-map")).to_have_attribute("data-pictured", "yes")
    keep("4-choices-khmer")
    page.go_back()
    page.goto(f"{page.url.split('?')[0]}?lang=en")
    walk.publish(f"terrain-{name}")
    keep("5-result")

    page.get_by_role("link", name="Show on the map").click()
    expect(page.locator("#map")).to_have_attribute("aria-busy", "false")
    keep("6-map")

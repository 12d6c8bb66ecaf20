"""A point beside the edge of a map tile is drawn whole, on both sides of the edge."""

import json

import numpy as np
import pytest

from tests.city import new_city
from tests.journeys.map_walk import MapWalk

# An edge of tiles from zoom 10 on; the point lies a centimetre west of it.
EDGE = 806 / 2**10 * 360 - 180
NEAR_EDGE = EDGE - 1e-7
LATITUDES = {"wells": 10.6123, "stones": 10.7123}
REACH = 24  # pixels around the middle of the map


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """One well as a layer of its own, one milestone in the base map's file."""
    folder = tmp_path_factory.mktemp("edges")
    with new_city(32648, "journey_edges", folder / "var") as made:
        for slug, theme in (("wells", "facility"), ("stones", "base")):
            path = folder / f"{slug}.geojson"
            path.write_text(json.dumps({"type": "FeatureCollection", "features": [{
                "type": "Feature", "properties": {"NO": slug.upper()},
                "geometry": {"type": "Point", "coordinates": [NEAR_EDGE, LATITUDES[slug]]},
            }]}))  # fmt: skip
            made.krong("import", path, "--layer", slug, "--theme", theme, "--id-field", "NO")
        made.krong("basemap", "build")
        yield made


def drawn(walk):
    """Return which pixels around the middle of the map are not its ground, row by row."""
    picture = np.asarray(walk.map_picture(), dtype=int)
    rows, columns = (side // 2 for side in picture.shape[:2])
    part = picture[rows - REACH : rows + REACH, columns - REACH : columns + REACH]
    return np.abs(part - part[0, 0]).max(axis=2) > 12


def extent(mask):
    """Return width and height of what is drawn."""
    return tuple(int(np.ptp(np.flatnonzero(mask.any(axis=axis))) + 1) for axis in (0, 1))


@pytest.mark.journey
@pytest.mark.parametrize("zoom", [13, 15, 16, 18])
@pytest.mark.parametrize("slug", ["wells", "stones"])
def test_a_point_beside_a_tiles_edge_is_a_whole_circle(
    city, served, new_page, pictures, slug, zoom
):
    walk = MapWalk(new_page(), served(city), pictures, f"edge-{slug}-{zoom}")
    walk.open(f"?lang=en&layer={slug}#lat={LATITUDES[slug]}&lon={EDGE}&z={zoom}")

    mask = drawn(walk)
    walk.keep("point")

    width, height = extent(mask)
    assert abs(width - height) <= 1, f"{width} pixels wide, {height} high"
    assert width >= 6
    assert walk.page.problems == []


@pytest.mark.journey
def test_a_marked_point_beside_a_tiles_edge_has_a_whole_ring(city, served, new_page, pictures):
    walk = MapWalk(new_page(), served(city), pictures, "edge-marked")
    walk.open(f"?lang=en&feature=wells/WELLS#lat={LATITUDES['wells']}&lon={EDGE}&z=18")

    mask = drawn(walk)
    walk.keep("ring")

    width, height = extent(mask)
    assert abs(width - height) <= 1, f"{width} pixels wide, {height} high"
    assert width >= 15
    assert "WELLS" in walk.page.locator("#panel-place .asked").inner_text()

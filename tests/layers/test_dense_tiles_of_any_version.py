"""Any sequence of versions, in every square: shapely and pyproj say what stands there."""

from datetime import timedelta

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from layers import tiles
from layers.crs import PROJECT_SRID, WEB_MERCATOR_SRID, coordinate_function
from layers.generalised import filling
from layers.generalised.dense import DENSE_ZOOMS
from layers.generalised.filling import fill_dense_tiles
from layers.services import publish_changes
from layers.tiles import MARGIN_CELLS, WEB_EQUATOR_M, drawn_tile, published_state
from tests.factories import at, feature, filled_layer, line, rectangle, square
from tests.layers.test_dense_tiles import shown, there

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _dense(monkeypatch):
    """Treat every layer as one of many features, and every square as dense from two on."""
    monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0)
    monkeypatch.setattr(filling, "DENSE_FROM", 2)


def drawn_live(layer, tile, number):
    """The same tile out of the features themselves, whatever is kept."""
    version = published_state(layer, number)
    kept, tiles.DENSE_ZOOMS = tiles.DENSE_ZOOMS, ()
    try:
        return drawn_tile(version, tile)
    finally:
        tiles.DENSE_ZOOMS = kept


to_web = coordinate_function(PROJECT_SRID, WEB_MERCATOR_SRID)


def on_web_map(geometry):
    return shapely.transform(geometry, lambda points: [to_web(*point) for point in points])


def tile_box(tile, more_cells):
    """The square of a tile on the web map [m], wider by so many cells of its grid on every side."""
    side = WEB_EQUATOR_M / 2**tile.z
    west, north = tile.x * side - WEB_EQUATOR_M / 2, WEB_EQUATOR_M / 2 - tile.y * side
    more = more_cells * side / tiles.GRID_CELLS
    return shapely.box(west - more, north - side - more, west + side + more, north + more)


def expected(standing, tile):
    """Names that must be in a tile, and those that may be: what ends at the edge of its margin."""
    must, may = set(), set()
    for name, geometry in standing.items():
        placed = on_web_map(geometry)
        if placed.intersects(tile_box(tile, MARGIN_CELLS - 1)):
            must.add(name)
        if placed.intersects(tile_box(tile, MARGIN_CELLS + 2)):
            may.add(name)
    return must, may


def assert_true(layer, tile, number, standing):
    must, may = expected(standing, tile)
    found = shown(layer, tile, number)
    names = set() if found is None else set(found.stable_id)
    assert must <= names <= may
    if found is None:
        return
    assert len(found) == len(names)
    cell = WEB_EQUATOR_M / 2**tile.z / tiles.GRID_CELLS
    for name, shape in found.set_index("stable_id").geometry.items():
        placed = on_web_map(standing[name])
        inside = placed.intersection(tile_box(tile, MARGIN_CELLS - 16))
        # simplified by 0.35 pixels of 8 cells, then laid on the grid: nothing added, nothing lost
        assert placed.buffer(5 * cell).covers(shape)
        assert inside.is_empty or shape.buffer(5 * cell).covers(inside)


COORDINATE = st.integers(-1_300, 1_300)
SIZE = st.integers(8, 700)
SHAPES = st.one_of(
    st.builds(square, COORDINATE, COORDINATE, SIZE),
    st.builds(rectangle, COORDINATE, COORDINATE, SIZE, SIZE),
    st.builds(at, COORDINATE, COORDINATE),
    st.builds(lambda x, y, dx, dy: line((x, y), (x + dx, y + dy)),
              COORDINATE, COORDINATE, SIZE, SIZE),
)  # fmt: skip
CONTENT = st.dictionaries(st.sampled_from("ABCDEFGH"), SHAPES, min_size=1)
CHANGES = st.lists(
    st.tuples(CONTENT, st.sets(st.sampled_from("ABCDEFGH")), st.booleans()), max_size=4
)


class TestAnySequenceOfVersions(TestCase):
    @settings(
        max_examples=25, deadline=timedelta(seconds=60),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(first=CONTENT, changes=CHANGES)
    def test_every_version_shows_in_every_square_what_stood_in_it(self, first, changes):
        standing = dict(first)
        layer = filled_layer("plots", *(feature(name, shape) for name, shape in first.items()))
        states = {1: dict(standing)}
        fill_dense_tiles(layer)
        for changed, chosen, is_followed in changes:
            removed = (chosen & set(standing)) - set(changed)
            publish_changes(
                layer, [feature(name, shape) for name, shape in changed.items()], sorted(removed)
            )
            standing = {n: g for n, g in (standing | changed).items() if n not in removed}
            layer.refresh_from_db()
            states[layer.published_number] = dict(standing)
            if is_followed:
                fill_dense_tiles(layer)
        for z in DENSE_ZOOMS:
            for x, y in ((0, 0), (-1_200, -1_200), (1_200, 900)):
                for number, state in states.items():
                    tile = there(x, y, z)
                    assert_true(layer, tile, number, state)
                    live = drawn_live(layer, tile, number)
                    assert drawn_tile(published_state(layer, number), tile) == live

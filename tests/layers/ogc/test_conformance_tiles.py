"""OGC API Tiles Part 1 (20-057), annex A, and the Tile Matrix Set standard (17-083r4)."""

import pytest
from morecantile import TileMatrixSet
from morecantile import tms as known_sets

from layers.crs import to_wgs84
from tests.factories import rectangle
from tests.standards.ground import PARCELS, Reader, link, parcels, wells
from tests.standards.test_tiles import middle, tile_at

pytestmark = pytest.mark.django_db
CLASSES = {f"ogcapi-tiles-1/1.0/conf/{name}" for name in (
    "core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "png")}  # fmt: skip
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
KINDS = {
    PARCELS: ("tiles", "tilesets-vector", "vector", "application/vnd.mapbox-vector-tile"),
    "terrain": ("map/tiles", "tilesets-map", "map", "image/png"),
}
ZOOM = 16


@pytest.fixture
def reader(terrain):
    parcels()
    wells()
    return Reader()


def tileset(reader, slug):
    """Walk from the collection to the description of its tiles as a program would."""
    _path, rel, *_others = KINDS[slug]
    described = reader.told(f"collections/{slug}")
    (listed,) = reader.follow(link(described, REL + rel))["tilesets"]
    return reader.follow(link(listed, "self"))


def tile(reader, slug, z, row, column):
    template = link(tileset(reader, slug), "item")
    for name, value in (("tileMatrix", z), ("tileRow", row), ("tileCol", column)):
        template = template.replace(f"{{{name}}}", str(value))
    return reader.client.get(template)


@pytest.mark.parametrize("slug", KINDS)
def test_a_tile_inside_the_limits_is_200_with_its_media_type(reader, slug):
    column, row = tile_at(ZOOM, *middle())

    answer = tile(reader, slug, ZOOM, row, column)

    assert answer.status_code == 200
    assert answer["Content-Type"] == KINDS[slug][3]
    assert answer.getvalue()


@pytest.mark.parametrize("slug", KINDS)
def test_a_tile_without_content_is_204_or_200_never_an_error(reader, slug):
    answer = tile(reader, slug, ZOOM, 0, 0)

    assert answer.status_code in (200, 204)
    if answer.status_code == 204:
        assert not answer.getvalue()


@pytest.mark.parametrize("slug", KINDS)
@pytest.mark.parametrize(("z", "row", "column"), [(2, 4, 0), (2, 0, 4), (23, 0, 0), (0, 1, 0)])
def test_a_tile_outside_its_matrix_is_400_or_404(reader, slug, z, row, column):
    assert tile(reader, slug, z, row, column).status_code in (400, 404)


@pytest.mark.parametrize("slug", KINDS)
def test_a_tileset_tells_its_kind_its_system_and_its_matrix_set(reader, slug):
    told = tileset(reader, slug)

    assert told["dataType"] == KINDS[slug][2]
    assert told["crs"] == "http://www.opengis.net/def/crs/EPSG/0/3857"
    assert told["tileMatrixSetURI"].endswith("/tilematrixset/OGC/1.0/WebMercatorQuad")
    assert reader.follow(link(told, REL + "tiling-scheme"))["id"] == "WebMercatorQuad"


@pytest.mark.parametrize("slug", KINDS)
def test_the_link_to_the_tiles_is_a_template_of_matrix_row_and_column(reader, slug):
    (item,) = [one for one in tileset(reader, slug)["links"] if one["rel"] == "item"]

    assert item["templated"] is True
    assert item["type"] == KINDS[slug][3]
    for name in ("tileMatrix", "tileRow", "tileCol"):
        assert f"{{{name}}}" in item["href"]


def test_the_box_of_a_tileset_holds_what_its_tiles_show(reader):
    box = tileset(reader, PARCELS)["boundingBox"]

    west, south, east, north = to_wgs84(rectangle(0, 0, 90, 10)).bounds
    assert box["crs"] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    assert box["lowerLeft"] == pytest.approx([west, south], abs=1e-6)
    assert box["upperRight"] == pytest.approx([east, north], abs=1e-6)


@pytest.mark.parametrize("slug", KINDS)
def test_the_list_of_tilesets_tells_enough_to_choose_one(reader, slug):
    path, *_others = KINDS[slug]
    (listed,) = reader.told(f"collections/{slug}/{path}")["tilesets"]

    assert {"dataType", "crs", "tileMatrixSetURI", "links"} <= set(listed)
    assert link(listed, "self")


def test_every_collection_links_to_its_tiles_and_to_no_others(reader):
    for found in reader.told("collections")["collections"]:
        rels = {one["rel"] for one in found["links"] if one["rel"].startswith(REL + "tilesets")}
        kind = "tilesets-map" if found["id"] == "terrain" else "tilesets-vector"
        assert rels == {REL + kind}


def test_the_landing_page_leads_to_the_matrix_sets(reader):
    listed = reader.follow(link(reader.told(""), REL + "tiling-schemes"))["tileMatrixSets"]

    assert [one["id"] for one in listed] == ["WebMercatorQuad"]
    assert reader.follow(link(listed[0], "self"))["id"] == "WebMercatorQuad"


def test_the_matrix_set_is_read_by_another_implementation_as_the_registered_one(reader):
    told = reader.told("tileMatrixSets/WebMercatorQuad")

    ours = TileMatrixSet.model_validate(told)
    registered = known_sets.get("WebMercatorQuad")

    longitude, latitude = middle()
    for zoom in (0, 1, 12, 16, 22):
        assert ours.tile(longitude, latitude, zoom) == registered.tile(longitude, latitude, zoom)
        assert ours.matrix(zoom).scaleDenominator == pytest.approx(
            registered.matrix(zoom).scaleDenominator, rel=1e-9
        )


@pytest.mark.parametrize("slug", KINDS)
def test_the_tile_another_implementation_points_to_holds_the_ground(reader, slug):
    square = known_sets.get("WebMercatorQuad").tile(*middle(), ZOOM)

    assert tile(reader, slug, ZOOM, square.y, square.x).status_code == 200
    assert (square.x, square.y) == tile_at(ZOOM, *middle())


def test_a_vector_tile_has_its_layers_name_and_a_picture_is_png(reader):
    column, row = tile_at(ZOOM, *middle())

    assert PARCELS.encode() in tile(reader, PARCELS, ZOOM, row, column).getvalue()
    assert tile(reader, "terrain", ZOOM, row, column).getvalue().startswith(b"\x89PNG\r\n\x1a\n")


def test_a_description_of_tiles_is_json_and_html(reader):
    for slug, (path, *_others) in KINDS.items():
        for place in (path, f"{path}/WebMercatorQuad"):
            for accept in ("application/json", "text/html"):
                answer = reader.ask(f"collections/{slug}/{place}", headers={"Accept": accept})
                assert answer["Content-Type"].startswith(accept)

"""OGC API Tiles, TileJSON and WMTS: what is described is what is answered."""

import json
import xml.etree.ElementTree as ET
from urllib.parse import urlencode

import numpy as np
import pytest
from django.contrib.auth.models import User

from layers.crs import to_wgs84
from tests.factories import square
from tests.standards.ground import PARCELS, Reader, link, parcels, wells

pytestmark = pytest.mark.django_db
SET = f"collections/{PARCELS}/tiles/WebMercatorQuad"


def tile_at(zoom, longitude, latitude):
    """Column and row of the square of the web map that holds a point."""
    side = 2**zoom
    y = np.arcsinh(np.tan(np.radians(latitude))) / np.pi
    return int((longitude + 180) / 360 * side), int((1 - y) / 2 * side)


def middle():
    point = to_wgs84(square(0, 0, 10)).centroid
    return point.x, point.y


def test_a_vector_tile_is_found_from_the_collection():
    parcels()
    reader = Reader()
    column, row = tile_at(16, *middle())

    tilesets = reader.follow(link(reader.told(f"collections/{PARCELS}"), LINKED_TILES))
    described = reader.follow(link(tilesets["tilesets"][0], "self"))
    template = link(described, "item").replace("%7B", "{").replace("%7D", "}")
    address = template.format(tileMatrix=16, tileRow=row, tileCol=column)
    tile = reader.client.get(address)

    assert tile.status_code == 200
    assert tile["Content-Type"] == "application/vnd.mapbox-vector-tile"
    assert tile["Cache-Control"] == "no-cache"
    assert tile["ETag"]
    assert len(tile.getvalue()) > 100
    elsewhere = template.format(tileMatrix=16, tileRow=0, tileCol=0)
    assert reader.client.get(elsewhere).status_code == 204


LINKED_TILES = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"


def test_tilejson_names_the_version_and_what_the_tiles_hold():
    parcels()
    reader = Reader()
    column, row = tile_at(15, *middle())

    told = reader.told(SET, f="tilejson")
    (template,) = told["tiles"]
    tile = reader.client.get(template.format(z=15, x=column, y=row))

    assert told["tilejson"] == "3.0.0"
    assert [found["id"] for found in told["vector_layers"]] == [PARCELS]
    assert {"stable_id", "class", "name_km"} <= set(told["vector_layers"][0]["fields"])
    west, south, east, north = told["bounds"]
    assert west < middle()[0] < east
    assert south < middle()[1] < north
    assert "immutable" in tile["Cache-Control"]
    assert tile.status_code == 200


def test_the_squares_double_with_each_zoom():
    reader = Reader()

    told = reader.told("tileMatrixSets/WebMercatorQuad")

    first, second = told["tileMatrices"][:2]
    assert first["cellSize"] == pytest.approx(156543.0339, abs=1e-4)
    assert first["scaleDenominator"] == pytest.approx(559082264.028, abs=1e-2)
    assert (first["matrixWidth"], second["matrixWidth"]) == (1, 2)
    assert reader.told("tileMatrixSets")["tileMatrixSets"][0]["id"] == "WebMercatorQuad"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{SET}/16/0/70000", 400),
        (f"{SET}/30/0/0", 400),
        (f"collections/{PARCELS}/tiles/WorldCRS84Quad", 404),
        (f"collections/{PARCELS}/tiles/WorldCRS84Quad/1/0/0", 404),
        ("tileMatrixSets/WorldCRS84Quad", 404),
        (f"collections/{PARCELS}/map/tiles", 404),
        ("collections/nowhere/tiles", 404),
    ],
)
def test_tiles_that_are_not_there_are_told(path, status):
    parcels()

    Reader().refused(path, status=status)


def test_tiles_of_a_hidden_layer_are_not_there():
    parcels(visibility="internal")
    clerk = User.objects.create_user("clerk", is_staff=True)

    Reader().refused(SET, status=404)
    Reader().refused(f"{SET}/0/0/0", status=404)
    assert Reader(clerk).ask(f"{SET}/16/0/0", status=204)
    column, row = tile_at(16, *middle())
    kept = Reader(clerk).ask(f"{SET}/16/{row}/{column}")["Cache-Control"]
    assert "private" in kept


def test_a_tile_refuses_a_parameter_it_does_not_know():
    parcels()

    Reader().refused(f"{SET}/0/0/0", colour="red")


OWS = "{http://www.opengis.net/ows/1.1}"
WMTS = "{http://www.opengis.net/wmts/1.0}"


def wmts(reader, status=200, **asked):
    answer = reader.client.get(f"/ogc/wmts?{urlencode({'service': 'WMTS', **asked})}")
    assert answer.status_code == status, answer.getvalue()[:500]
    assert answer["Content-Type"].startswith(("application/xml", "image/png"))
    return answer


def test_wmts_lists_the_grids_a_reader_may_see_and_nothing_else(terrain):
    parcels()

    root = ET.fromstring(wmts(Reader(), request="GetCapabilities").getvalue())

    named = [found.text for found in root.iterfind(f".//{WMTS}Layer/{OWS}Identifier")]
    assert named == ["terrain"]
    matrices = root.findall(f".//{WMTS}TileMatrix")
    assert len(matrices) == 23
    assert float(matrices[0].find(f"{WMTS}ScaleDenominator").text) == pytest.approx(559082264.03)
    assert "," not in root.find(f".//{OWS}LowerCorner").text


def test_wmts_draws_the_square_that_was_asked(terrain):
    column, row = tile_at(16, *middle())
    place = {"TileMatrix": 16, "TILEROW": row, "TileCol": column}
    reader = Reader()

    answer = wmts(reader, request="GetTile", layer="terrain", tilematrixset="WebMercatorQuad",
                  style="default", format="image/png", unknown="x", **place)  # fmt: skip

    assert answer.getvalue().startswith(b"\x89PNG")
    template = (
        ET.fromstring(reader.client.get("/ogc/wmts/1.0.0/WMTSCapabilities.xml").getvalue())
        .find(f".//{WMTS}ResourceURL")
        .get("template")
    )
    same = template.format(TileMatrix=16, TileRow=row, TileCol=column)
    assert reader.client.get(same).getvalue() == answer.getvalue()


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"request": "GetMap"}, 400, "OperationNotSupported"),
        ({"request": "GetTile", "layer": "terrain"}, 400, "MissingParameterValue"),
        ({"service": "WMS"}, 400, "InvalidParameterValue"),
        (
            {
                "request": "GetTile",
                "layer": "terrain",
                "tilematrixset": "WebMercatorQuad",
                "tilematrix": "-1",
                "tilerow": "0",
                "tilecol": "0",
            },
            400,
            "InvalidParameterValue",
        ),
    ],
)
def test_wmts_tells_errors_as_its_standard_has_it(asked, status, code):
    report = ET.fromstring(wmts(Reader(), status, **asked).getvalue())

    assert report.find(f"{OWS}Exception").get("exceptionCode") == code


def test_the_tiles_of_a_grid_are_described_and_answered(terrain):
    reader = Reader()
    column, row = tile_at(14, *middle())

    assert reader.told("collections/terrain")["dataType"] == "map"
    described = reader.told("collections/terrain/map/tiles/WebMercatorQuad")
    picture = reader.ask(f"collections/terrain/map/tiles/WebMercatorQuad/14/{row}/{column}")
    tilejson = reader.told("collections/terrain/map/tiles/WebMercatorQuad", f="tilejson")

    assert described["dataType"] == "map"
    assert picture["Content-Type"] == "image/png"
    assert tilejson["tiles"][0].endswith("/raster/terrain/1/{z}/{x}/{y}.png")
    reader.refused("collections/terrain/items", status=404)
    reader.refused("collections/terrain/tiles", status=404)


def resolved(document, reference):
    for word in reference.removeprefix("#/").split("/"):
        document = document[word]
    return document


def test_every_path_of_the_openapi_document_is_answered(terrain):
    parcels()
    wells()
    reader = Reader()
    document = reader.told("api")
    column, row = tile_at(16, *middle())
    filled = {"featureId": "P-00", "tileMatrix": 16, "tileRow": row, "tileCol": column}

    for path, answers in document["paths"].items():
        choices = answers.get("parameters", [])
        slugs = next((f["schema"]["enum"] for f in choices if f["name"] == "collectionId"), ["-"])
        slug = PARCELS if PARCELS in slugs else slugs[0]
        address = path.removeprefix("/").format(collectionId=slug, **filled)
        answer = reader.ask(address)
        media = answer["Content-Type"].split(";")[0]
        named = [name.split(";")[0] for name in answers["get"]["responses"]["200"]["content"]]
        assert media in named, path
        for parameter in answers["get"]["parameters"]:
            assert resolved(document, parameter["$ref"])["in"] == "query"
    assert document["openapi"].startswith("3.0")


def test_operations_have_names_of_their_own_and_parameters_are_the_ones_read(terrain):
    parcels()
    reader = Reader()
    document = reader.told("api")
    operations = [
        answer
        for answers in document["paths"].values()
        for method, answer in answers.items()
        if method != "parameters"
    ]
    named = [operation["operationId"] for operation in operations]

    assert len(named) == len(set(named))
    known = json.dumps(document["components"]["parameters"])
    items = document["paths"]["/collections/{collectionId}/items"]["get"]["parameters"]
    assert "EPSG/0/32648" in known
    for parameter in items:
        name = parameter["$ref"].rpartition("/")[2]
        answer = reader.client.get(f"/ogc/collections/{PARCELS}/items", {name: "?", "lang": "en"})
        assert "There is no parameter" not in answer.getvalue().decode(), name


def test_without_grids_no_path_of_grids_is_described():
    parcels()

    assert "/collections/{collectionId}/map/tiles" not in Reader().told("api")["paths"]

"""Sihanoukville from Open Development Cambodia and OpenStreetMap: on the map, found by any name."""

import json
import urllib.parse
import urllib.request
from io import BytesIO

import morecantile
import pyogrio
import pytest

from tests.city import SHARED_DATA
from tests.real_cities import SIHANOUKVILLE_LAYERS

pytestmark = pytest.mark.real

FILE = SHARED_DATA / "sihanoukville.gpkg"
GRID = morecantile.tms.get("WebMercatorQuad")
SANGKAT_4 = "180104"
LAYERS = [(layer, source) for source, layer, *_options in SIHANOUKVILLE_LAYERS]


@pytest.fixture(scope="module")
def address(sihanoukville):
    with sihanoukville.city.served() as served:
        yield served


def fetched(url):
    with urllib.request.urlopen(url, timeout=30) as response:
        assert response.status == 200
        return response.read()


@pytest.fixture(scope="module")
def shown(address):
    """What the map page is told about every layer, by name."""
    style = json.loads(fetched(f"{address}/map/style.json"))
    return {layer["slug"]: layer for theme in style["themes"] for layer in theme["layers"]}


def tile_features(address, layer, zoom, longitude, latitude):
    """Return what the tile at a place holds of a layer, as GDAL reads it."""
    tile = GRID.tile(longitude, latitude, zoom)
    url = layer["tiles"]
    for sign, number in {"{z}": tile.z, "{x}": tile.x, "{y}": tile.y}.items():
        url = url.replace(sign, str(number))
    place = {"X": tile.x, "Y": tile.y, "Z": tile.z, "CLIP": "NO"}
    content = BytesIO(fetched(address + url))
    return pyogrio.read_dataframe(content, layer=layer["slug"], **place)


def inside(source):
    """Return a point on the first feature of a layer of the file [degrees]."""
    frame = pyogrio.read_dataframe(FILE, layer=source).to_crs(4326)
    point = frame.geometry.iloc[0].representative_point()
    return point.x, point.y


@pytest.mark.parametrize(("layer", "source"), LAYERS)
def test_every_layer_is_stored_whole_and_drawn(sihanoukville, address, shown, layer, source):
    rows = sihanoukville.imports[layer]["rows"]
    assert rows["stored"] == rows["read"] == pyogrio.read_info(FILE, layer=source)["features"]

    for zoom in (9, 13):
        drawn = tile_features(address, shown[layer], zoom, *inside(source))
        assert len(drawn) >= 1
        assert not drawn.geometry.is_empty.any()


def test_the_villages_carry_their_khmer_names_onto_the_map(address, shown):
    frame = pyogrio.read_dataframe(FILE, layer="villages").to_crs(4326)
    village = frame[frame["vil_code"] == "18010404"].iloc[0]
    assert village["village_kh"] == "ភូមិ៤"

    features = tile_features(address, shown["villages"], 14, village.geometry.x, village.geometry.y)

    texts = set(features.drop(columns="geometry").astype(str).to_numpy().ravel())
    assert "ភូមិ៤" in texts


@pytest.mark.parametrize(
    "typed",
    [
        "សង្កាត់លេខ៤",
        "សង្កាត់ លេខ៤",
        "លេខ៤",
        "Sangkat 4",
        "Lekh Buon",
        "Sangkat Lekh Buon",
        SANGKAT_4,
        "១៨០១០៤",
    ],
)
def test_sangkat_4_is_the_first_answer_in_khmer_in_english_and_by_code(address, typed):
    frame = pyogrio.read_dataframe(FILE, layer="adm3")
    sangkat = frame[frame["ncdd_com_code"] == SANGKAT_4].iloc[0]

    answer = json.loads(fetched(f"{address}/search?{urllib.parse.urlencode({'q': typed})}"))

    first = answer["results"][0]
    assert (first["layer"], first["stable_id"]) == ("sangkat", sangkat["shapeID"])
    assert first["name"] == "លេខ៤"


def test_what_is_here_names_the_sangkat_and_district_of_a_village(address):
    frame = pyogrio.read_dataframe(FILE, layer="villages").to_crs(4326)
    village = frame[frame["vil_code"] == "18010404"].iloc[0]
    asked = urllib.parse.urlencode({"lon": village.geometry.x, "lat": village.geometry.y, "z": 17})

    answer = json.loads(fetched(f"{address}/identify?{asked}"))

    found = {layer["slug"]: layer["features"] for layer in answer["layers"] if layer["features"]}
    assert found["villages"][0]["stable_id"] == "18010404"
    values = {attribute["value"] for attribute in found["sangkat"][0]["attributes"]}
    assert SANGKAT_4 in values
    assert "districts" in found

"""The base map as one file: the same ground as the single tiles, asked for by ranges."""

import gzip
import json

import pytest
from django.core.management import call_command
from pmtiles.reader import MmapSource, Reader, all_tiles
from shapely.geometry import Point

from layers import basemap
from layers.basemap import build_basemap, current_basemap
from layers.crs import coordinate_function
from layers.errors import UserFacingError
from layers.services import publish_features
from layers.tiles import Tile, drawn_tile, published_state
from tests.factories import feature, filled_layer, line, square
from tests.layers.web_map import layers_of_tile, lonlat, read_tile, tile_holding

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.KRONG_TILE_FOLDER = tmp_path / "tiles"


@pytest.fixture
def base():
    """A coast, a road and a staff-only layer of the base theme, and a zone that is no base."""
    filled_layer("coastline", feature("C", square(0, 0, 900)), theme="base")
    filled_layer(
        "roads",
        feature("R", line((0, 0), (800, 800)), name_km="ផ្លូវ"),
        theme="base-roads",
        geometry_kind="line",
    )
    filled_layer("cables", feature("X", square(0, 0, 99)), theme="base", visibility="internal")
    filled_layer("zones", feature("Z", square(0, 0, 99)), theme="zoning")


def silent(_share, _message):
    pass


def tile_of(made, z, x, y):
    with made.path.open("rb") as file:
        packed = Reader(MmapSource(file)).get(z, x, y)
    return gzip.decompress(packed) if packed else b""


class TestWhatIsInIt:
    def test_it_holds_the_public_base_layers_and_no_others(self, base):
        made = build_basemap(silent)
        assert made.layers == ("coastline", "roads")
        content = tile_of(made, 14, *tile_holding(50, 50, 14))
        assert layers_of_tile(content) == ["coastline", "roads"]

    def test_each_tile_holds_what_the_single_tiles_hold(self, base):
        made = build_basemap(silent)
        z, (x, y) = 15, tile_holding(50, 50, 15)
        roads = published_state(basemap.base_versions()[1].layer, 1)
        single = read_tile(drawn_tile(roads, Tile(z, x, y)), "roads", z, x, y)
        packed = read_tile(tile_of(made, z, x, y), "roads", z, x, y)
        assert packed.geometry.iloc[0].equals(single.geometry.iloc[0])
        assert packed.name_km.iloc[0] == "ផ្លូវ"

    def test_its_header_says_where_the_city_lies(self, base):
        made = build_basemap(silent)
        west, south = lonlat(0, 0)
        with made.path.open("rb") as file:
            reader = Reader(MmapSource(file))
            header, metadata = reader.header(), reader.metadata()
        assert header["min_lon_e7"] / 1e7 == pytest.approx(west, abs=1e-4)
        assert header["min_lat_e7"] / 1e7 == pytest.approx(south, abs=1e-4)
        assert (header["min_zoom"], header["max_zoom"]) == (0, 15)
        assert [layer["id"] for layer in metadata["vector_layers"]] == ["coastline", "roads"]

    def test_a_large_city_gets_fewer_zooms_not_an_endless_file(self, base, monkeypatch):
        monkeypatch.setattr(basemap, "MOST_TILES", 3)
        made = build_basemap(silent)
        assert 10 <= made.highest_zoom < 15
        with made.path.open("rb") as file:
            count = sum(1 for _tile in all_tiles(MmapSource(file)))
        assert count <= 3 + made.highest_zoom * 4

    @pytest.mark.parametrize("z", [11, 13, 15])
    def test_a_point_beside_a_tiles_edge_lies_in_the_tile_beyond_as_well(self, z):
        edge = 806 / 2**10 * 360 - 180  # between two columns of every zoom from 10 on
        east, north = coordinate_function(4326, 32648)(edge - 1e-7, 10.6123)
        filled_layer("stones", feature("S", Point(east, north)), theme="base")

        made = build_basemap(silent)

        column, row = 806 * 2 ** (z - 10), Tile.holding(z, edge - 1e-7, 10.6123).y
        [west_point] = read_tile(tile_of(made, z, column - 1, row), "stones", z, column - 1, row)[
            "geometry"
        ]
        [east_point] = read_tile(tile_of(made, z, column, row), "stones", z, column, row)[
            "geometry"
        ]
        assert west_point.distance(east_point) < 1  # [m on the web map]
        assert tile_of(made, z, column + 1, row) == b""

    def test_without_base_layers_there_is_nothing_to_build(self):
        filled_layer("zones", feature("Z", square(0, 0, 99)), theme="zoning")
        with pytest.raises(UserFacingError, match="nothing to make a base map of"):
            build_basemap(silent)


class TestUpToDate:
    def test_a_new_version_of_a_base_layer_makes_the_file_void(self, base):
        build_basemap(silent)
        assert current_basemap() is not None
        [coast, _roads] = basemap.base_versions()
        publish_features(layer=coast.layer, features=[feature("C", square(0, 0, 500))])
        assert current_basemap() is None

    def test_a_layer_that_is_no_longer_public_makes_the_file_void(self, base):
        build_basemap(silent)
        [_coast, roads] = basemap.base_versions()
        roads.layer.visibility = "internal"
        roads.layer.save()
        assert current_basemap() is None

    def test_building_again_removes_the_earlier_file(self, base):
        first = build_basemap(silent)
        [coast, _roads] = basemap.base_versions()
        publish_features(layer=coast.layer, features=[feature("C", square(0, 0, 500))])
        second = build_basemap(silent)
        assert [path.name for path in second.path.parent.iterdir()] == [second.path.name]
        assert first.path != second.path

    def test_a_build_that_breaks_off_leaves_nothing_behind(self, base, monkeypatch):
        def broken(*_given, **_named):
            raise RuntimeError("power cut")

        monkeypatch.setattr(basemap, "drawn_tile", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            build_basemap(silent)
        assert current_basemap() is None
        assert not list((basemap._folder()).iterdir())

    def test_the_command_says_what_it_built(self, base, capsys):
        call_command("basemap", "build", "--json")
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert told["layers"] == ["coastline", "roads"]
        assert told["bytes"] > 127


class TestOverHttp:
    @pytest.fixture
    def made(self, base):
        return build_basemap(silent)

    def ask(self, client, made, **headers):
        response = client.get(f"/basemap/{made.name}.pmtiles", headers=headers)
        return response, b"".join(response.streaming_content) if response.streaming else b""

    def test_whole_it_is_the_file_and_says_that_ranges_are_served(self, client, made):
        response, body = self.ask(client, made)
        assert (response.status_code, response["Accept-Ranges"]) == (200, "bytes")
        assert body == made.path.read_bytes()
        assert "immutable" in response["Cache-Control"]

    @pytest.mark.parametrize(
        ("asked", "first", "last"),
        [("bytes=0-126", 0, 126), ("bytes=127-", 127, -1), ("bytes=-10", -10, -1)],
    )
    def test_a_range_gives_just_these_bytes(self, client, made, asked, first, last):
        content = made.path.read_bytes()
        response, body = self.ask(client, made, Range=asked, accept_encoding="gzip")
        first, last = (n % len(content) for n in (first, last))
        assert response.status_code == 206
        assert body == content[first : last + 1]
        assert response["Content-Range"] == f"bytes {first}-{last}/{len(content)}"
        assert response["Content-Length"] == str(len(body))

    def test_a_range_past_the_end_is_cut_and_one_beyond_it_refused_with_416(self, client, made):
        size = made.path.stat().st_size
        response, body = self.ask(client, made, Range=f"bytes={size - 5}-{size + 100}")
        assert (response.status_code, len(body)) == (206, 5)
        response, body = self.ask(client, made, Range=f"bytes={size}-")
        assert (response.status_code, body) == (416, b"")
        assert response["Content-Range"] == f"bytes */{size}"

    @pytest.mark.parametrize(
        "asked", ["bytes=5-1", "bytes=a-b", "bytes=-", "lines=1-2", "bytes=0-1,4-5"]
    )
    def test_a_range_that_cannot_be_served_as_one_piece_gets_the_whole_file(
        self, client, made, asked
    ):
        response, body = self.ask(client, made, Range=asked)
        assert response.status_code == 200
        assert len(body) == made.path.stat().st_size

    def test_a_browser_that_began_with_another_file_gets_the_whole_one(self, client, made):
        response, _body = self.ask(client, made, Range="bytes=0-9", If_Range='"another"')
        assert response.status_code == 200
        response, body = self.ask(client, made, Range="bytes=0-9", If_Range=response["ETag"])
        assert (response.status_code, len(body)) == (206, 10)

    def test_a_browser_that_holds_it_is_told_304(self, client, made):
        tag = self.ask(client, made)[0]["ETag"]
        assert self.ask(client, made, If_None_Match=tag)[0].status_code == 304

    def test_an_earlier_file_is_not_found(self, client, made):
        assert client.get("/basemap/0123456789abcdef.pmtiles").status_code == 404


class TestOnTheMapPage:
    def content(self, client):
        return client.get("/map/style.json").json()

    def test_without_a_file_the_map_asks_for_single_tiles(self, client, base):
        assert self.content(client)["basemap"] is None

    def test_the_map_is_told_the_file_its_layers_and_how_far_they_go(self, client, base):
        made = build_basemap(silent)
        assert self.content(client)["basemap"] == {
            "url": f"/basemap/{made.name}.pmtiles",
            "maxZoom": made.highest_zoom,
            "layers": ["coastline", "roads"],
        }

    def test_a_large_layer_says_up_to_which_zoom_it_is_drawn_together(
        self, client, base, monkeypatch
    ):
        def told():
            themes = self.content(client)["themes"]
            return {
                lay["slug"]: lay["simplifiedUpTo"] for theme in themes for lay in theme["layers"]
            }

        assert set(told().values()) == {0}
        monkeypatch.setattr("layers.tiles.MOST_FEATURES_DRAWN_WHOLE", 0)
        assert set(told().values()) == {14}

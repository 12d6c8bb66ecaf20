"""Map tiles: what stands in them, who may have them, how long a browser may keep them."""

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers import tiles
from layers.crs import PROJECT_SRID, WEB_MERCATOR_SRID, coordinate_function
from layers.errors import UserFacingError
from layers.legend import HAZARD_COLOURS, depth_steps
from layers.raster_tiles import in_steps, shaded_relief
from layers.services import publish_features
from layers.tiles import Tile, ground_extent, vector_tile
from tests.factories import EAST, NORTH, at, feature, filled_layer, line, square
from tests.layers.web_map import (
    NODATA,
    layers_of_tile,
    pixel_in_tile,
    published_grid,
    read_picture,
    read_tile,
    tile_holding,
)

Z = 16  # a tile of about 600 m

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def address(layer, x=0, y=0, z=Z, version=None):
    column, row = tile_holding(x, y, z)
    number = version or layer.published_number
    kind, ending = ("raster", "png") if layer.geometry_kind == "raster" else ("tiles", "mvt")
    return f"/{kind}/{layer.slug}/{number}/{z}/{column}/{row}.{ending}"


def features_at(client, layer, x=0, y=0, z=Z, version=None):
    response = client.get(address(layer, x, y, z, version))
    assert response.status_code == 200
    return read_tile(response.content, layer.slug, z, *tile_holding(x, y, z))


class TestContent:
    def test_a_feature_carries_its_identifier_class_and_both_names(self, client):
        layer = filled_layer(
            "schools",
            feature(
                "S-1", square(0, 0, 50), "school", name_km="សាលា", name_en="School", pupils=300
            ),
        )
        [row] = features_at(client, layer).to_dict("records")
        assert row["stable_id"] == "S-1"
        assert row["class"] == "school"
        assert row["name_km"] == "សាលា"
        assert row["name_en"] == "School"
        assert "pupils" not in row

    def test_a_feature_carries_the_property_that_colours_its_layer(self, client):
        layer = filled_layer(
            "flood",
            feature("H-1", square(0, 0, 50), hazard_class="H3", depth_min_m=0.6),
            attribute_schema={"colours": {"property": "hazard_class", "values": {"H3": "#2B66B1"}}},
        )
        [row] = features_at(client, layer).to_dict("records")
        assert row["hazard_class"] == "H3"
        assert "depth_min_m" not in row

    def test_names_of_an_imported_file_are_found_under_its_own_columns(self, client):
        layer = filled_layer(
            "communes",
            feature("C-1", square(0, 0, 50), commune_kh="លេខ៤", commune_en_2025="Lekh Buon"),
        )
        [row] = features_at(client, layer).to_dict("records")
        assert (row["name_km"], row["name_en"]) == ("លេខ៤", "Lekh Buon")

    def test_a_square_of_100_m_is_drawn_where_it_lies_to_half_a_metre(self, client):
        layer = filled_layer("plots", feature("P-1", square(0, 0, 100)))
        [shape] = features_at(client, layer).geometry
        to_web = coordinate_function(PROJECT_SRID, WEB_MERCATOR_SRID)
        x, y = to_web(EAST + 50, NORTH + 50)
        assert shape.centroid.x == pytest.approx(x, abs=0.5)
        assert shape.centroid.y == pytest.approx(y, abs=0.5)

    def test_a_feature_five_kilometres_away_is_not_in_the_tile(self, client):
        layer = filled_layer(
            "plots", feature("here", square(0, 0, 50)), feature("away", square(5000, 0, 50))
        )
        assert list(features_at(client, layer).stable_id) == ["here"]
        assert list(features_at(client, layer, x=5010, y=10).stable_id) == ["away"]

    def test_where_nothing_stands_the_tile_is_empty(self, client):
        layer = filled_layer("plots", feature("here", square(0, 0, 50)))
        response = client.get(address(layer, x=5000))
        assert response.status_code == 204
        assert response.content == b""

    def test_a_tile_of_antarctica_is_empty_not_an_error(self, client):
        layer = filled_layer("plots", feature("here", square(0, 0, 50)))
        assert client.get("/tiles/plots/1/8/3/250.mvt").status_code == 204
        assert client.get(f"/tiles/plots/{layer.published_number}/0/0/0.mvt").status_code in {
            200,
            204,
        }

    def test_the_tile_of_the_whole_world_holds_a_point(self, client):
        layer = filled_layer("wells", feature("W-1", at(0, 0)))
        assert list(features_at(client, layer, z=0).stable_id) == ["W-1"]

    def test_from_afar_a_house_of_10_m_is_drawn_as_wide_as_one_pixel(self, client):
        layer = filled_layer(
            "plan", feature("house", square(0, 0, 10)), feature("zone", square(0, 0, 4000))
        )
        shapes = features_at(client, layer, z=10).set_index("stable_id").geometry
        west, _south, east, _north = shapes["house"].bounds
        pixel = tiles.WEB_EQUATOR_M / 2**10 / 512
        assert east - west == pytest.approx(pixel, rel=0.15)  # corners snap to eighths of a pixel
        shapes = features_at(client, layer, z=17).set_index("stable_id").geometry
        west, _south, east, _north = shapes["house"].bounds
        assert east - west == pytest.approx(10.17, abs=0.5)  # 10 m / cos(10.58 deg)

    def test_points_lines_and_areas_share_one_tile(self, client):
        layer = filled_layer(
            "mixed",
            feature("a", square(0, 0, 50)),
            feature("b", line((0, 0), (40, 40))),
            feature("c", at(5, 5)),
        )
        kinds = set(features_at(client, layer).geom_type)
        assert {kind.removeprefix("Multi") for kind in kinds} == {"Polygon", "LineString", "Point"}

    def test_the_name_of_a_sangkat_over_many_tiles_is_written_in_one(self, client):
        layer = filled_layer(
            "sangkat", feature("SKT", square(0, 0, 3000), name_km="លេខ៤"), theme="base-boundary"
        )
        named = 0
        columns, rows = zip(
            *(tile_holding(x, y, 14) for x in (0, 3000) for y in (0, 3000)), strict=True
        )
        for column in range(min(columns), max(columns) + 1):
            for row in range(min(rows), max(rows) + 1):
                content = client.get(
                    f"/tiles/sangkat/{layer.published_number}/14/{column}/{row}.mvt"
                ).content
                if content and "sangkat-label" in layers_of_tile(content):
                    named += len(read_tile(content, "sangkat-label", 14, column, row))
        assert len(set(columns)) > 1
        assert named == 1


class TestVersions:
    def test_an_older_version_shows_what_stood_then(self, client):
        layer = filled_layer(
            "plan", feature("kept", square(0, 0, 50)), feature("gone", square(60, 0, 50))
        )
        publish_features(
            layer=layer,
            features=[feature("kept", square(0, 0, 50)), feature("new", square(120, 0, 50))],
        )
        layer.refresh_from_db()
        assert layer.published_number == 2
        assert list(features_at(client, layer, version=1).stable_id) == ["gone", "kept"]
        assert list(features_at(client, layer, version=2).stable_id) == ["kept", "new"]

    def test_a_moved_feature_stands_in_each_version_where_it_stood(self, client):
        layer = filled_layer("plan", feature("kiosk", square(0, 0, 20)))
        publish_features(layer=layer, features=[feature("kiosk", square(0, 100, 20))])
        layer.refresh_from_db()
        [before] = features_at(client, layer, version=1).geometry
        [after] = features_at(client, layer, version=2).geometry
        assert after.centroid.y - before.centroid.y == pytest.approx(
            100 / np.cos(np.radians(10.58)), rel=0.01
        )

    def test_a_version_that_was_never_published_is_not_found(self, client):
        layer = filled_layer("plan", feature("a", square(0, 0, 50)))
        response = client.get(address(layer, version=7) + "?lang=en")
        assert response.status_code == 404
        assert "no published version 7" in response.content.decode().replace("&#x27;", "'")


class TestCaching:
    def test_a_published_tile_may_be_kept_for_good(self, client):
        layer = filled_layer("plan", feature("a", square(0, 0, 50)))
        response = client.get(address(layer))
        assert "immutable" in response["Cache-Control"]
        assert response["Content-Type"] == "application/vnd.mapbox-vector-tile"

    def test_a_browser_that_holds_the_tile_is_told_304_without_a_body(self, client):
        layer = filled_layer("plan", feature("a", square(0, 0, 50)))
        tag = client.get(address(layer))["ETag"]
        again = client.get(address(layer), headers={"If-None-Match": tag})
        assert again.status_code == 304
        assert again.content == b""

    def test_the_next_version_has_another_tag(self, client):
        layer = filled_layer("plan", feature("a", square(0, 0, 50)))
        before = client.get(address(layer))["ETag"]
        publish_features(layer=layer, features=[feature("a", square(0, 0, 60))])
        layer.refresh_from_db()
        after = client.get(address(layer), headers={"If-None-Match": before})
        assert after.status_code == 200
        assert after["ETag"] != before

    def test_a_tile_is_cut_once_and_then_read_from_the_file_cache(self, client):
        layer = filled_layer("plan", feature("a", square(0, 0, 50)))
        version, tile = tiles.published_state(layer, 1), Tile(Z, *tile_holding(0, 0, Z))
        first = vector_tile(version, tile)
        with CaptureQueriesContext(connection) as asked:
            assert vector_tile(version, tile) == first
        assert not asked.captured_queries

    def test_two_layers_never_share_a_cached_tile(self):
        one = filled_layer("one", feature("a", square(0, 0, 50)))
        two = filled_layer("two", feature("b", square(0, 0, 50)))
        tile = Tile(Z, *tile_holding(0, 0, Z))
        contents = [vector_tile(tiles.published_state(layer, 1), tile) for layer in (one, two)]
        assert layers_of_tile(contents[0]) == ["one"]
        assert layers_of_tile(contents[1]) == ["two"]


class TestVisibility:
    @pytest.fixture
    def secret(self):
        return filled_layer("cables", feature("a", square(0, 0, 50)), visibility="internal")

    def test_a_staff_layer_is_hidden_from_the_public(self, client, secret):
        assert client.get(address(secret)).status_code == 404

    def test_a_staff_layer_is_shown_to_staff_but_kept_in_no_shared_cache(self, client, secret):
        client.force_login(User.objects.create_user("planner", is_staff=True))
        response = client.get(address(secret))
        assert response.status_code == 200
        assert "private" in response["Cache-Control"]
        assert "immutable" not in response["Cache-Control"]

    def test_an_account_without_rights_sees_what_the_public_sees(self, client, secret):
        client.force_login(User.objects.create_user("citizen"))
        assert client.get(address(secret)).status_code == 404

    def test_a_restricted_layer_needs_the_permission_even_from_staff(self, client):
        layer = filled_layer("bunkers", feature("a", square(0, 0, 50)), visibility="restricted")
        planner = User.objects.create_user("planner", is_staff=True)
        client.force_login(planner)
        assert client.get(address(layer)).status_code == 404
        planner.user_permissions.add(Permission.objects.get(codename="view_layer"))
        assert client.get(address(layer)).status_code == 200

    def test_hidden_and_missing_layers_get_the_same_answer(self, client, secret):
        hidden = client.get(
            "/tiles/cables/1/16/0/0.mvt", headers={"Accept": "application/json"}
        ).json()
        missing = client.get(
            "/tiles/nowhere/1/16/0/0.mvt", headers={"Accept": "application/json"}
        ).json()
        assert hidden["error"]["what"] == missing["error"]["what"].replace("nowhere", "cables")


class TestAddresses:
    @pytest.mark.parametrize("place", ["23/0/0", "3/8/0", "3/0/8", "99/1/1"])
    def test_a_tile_that_cannot_exist_is_refused_with_a_sentence(self, client, place):
        filled_layer("plan", feature("a", square(0, 0, 50)))
        response = client.get(
            f"/tiles/plan/1/{place}.mvt?lang=en", headers={"Accept": "application/json"}
        )
        assert response.status_code == 400
        assert response.json()["error"]["what"] == f"There is no map tile {place}."

    def test_zoom_zero_has_one_tile(self):
        assert Tile(0, 0, 0).wgs84_extent == pytest.approx(
            (-180, -85.0511287798, 180, 85.0511287798)
        )
        with pytest.raises(UserFacingError):
            Tile(0, 1, 0)

    def test_tiles_cannot_be_posted_to(self, client):
        assert client.post("/tiles/plan/1/0/0/0.mvt").status_code == 405

    def test_the_ground_of_a_tile_reaches_a_little_beyond_it(self):
        column, row = tile_holding(0, 0, Z)
        west, south, east, north = ground_extent(Tile(Z, column, row))
        assert west < EAST < east
        assert south < NORTH < north
        assert 600 < east - west < 660  # 611 m wide at the equator, margin and turn of the grid

    def test_beyond_the_area_of_the_crs_there_is_no_ground(self):
        assert ground_extent(Tile(8, 3, 250)) is None


class TestRasters:
    """A grid of 10 m cells: two of 0.2 m, 0.5 m, 0.9 m and 2 m of water, one dry, one unknown."""

    depths = np.repeat(np.repeat([[0.2, 0.5, 0.9], [2.0, 0.0, NODATA]], 10, axis=0), 10, axis=1)

    def colour_at(self, client, layer, x, y, z=18):
        response = client.get(address(layer, x, y, z))
        assert response.status_code == 200
        assert response["Content-Type"] == "image/png"
        row, column = pixel_in_tile(x, y, z)
        red, green, blue, opacity = read_picture(response.content)[:, row, column]
        return f"#{red:02X}{green:02X}{blue:02X}", int(opacity)

    @pytest.mark.parametrize(
        ("x", "y", "hazard_class"),
        [(50, -50, "H1"), (150, -50, "H2"), (250, -50, "H3"), (50, -150, "H4")],
    )
    def test_water_is_drawn_in_the_colour_of_its_depth_class(
        self, client, tmp_path, x, y, hazard_class
    ):
        layer = published_grid(tmp_path, "depth", self.depths)
        colour, opacity = self.colour_at(client, layer, x, y)
        assert colour == HAZARD_COLOURS[hazard_class]
        assert opacity > (60 if hazard_class == "H1" else 150)  # a film of rain hides nothing

    def test_dry_ground_and_unknown_ground_are_transparent(self, client, tmp_path):
        layer = published_grid(tmp_path, "depth", self.depths)
        assert self.colour_at(client, layer, 150, -150)[1] == 0
        assert self.colour_at(client, layer, 250, -150)[1] == 0

    def test_beside_the_grid_the_tile_is_transparent(self, client, tmp_path):
        layer = published_grid(tmp_path, "depth", self.depths)
        assert self.colour_at(client, layer, 5000, 5000) == ("#000000", 0)

    def test_the_border_between_two_depths_is_drawn_to_a_metre(self, client, tmp_path):
        layer = published_grid(tmp_path, "depth", self.depths)
        assert self.colour_at(client, layer, 98.5, -50, z=20)[0] == HAZARD_COLOURS["H1"]
        assert self.colour_at(client, layer, 101.5, -50, z=20)[0] == HAZARD_COLOURS["H2"]

    def test_a_raster_tile_is_kept_for_good_and_answers_304(self, client, tmp_path):
        layer = published_grid(tmp_path, "depth", self.depths)
        first = client.get(address(layer, 50, -50))
        assert "immutable" in first["Cache-Control"]
        again = client.get(address(layer, 50, -50), headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 304

    def test_a_vector_layer_has_no_pictures(self, client):
        filled_layer("plan", feature("a", square(0, 0, 50)))
        response = client.get("/raster/plan/1/0/0/0.png")
        assert response.status_code == 404

    def test_each_class_begins_at_its_lower_limit(self):
        values = np.array([[0.0099, 0.01, 0.2999, 0.3, 0.6, 1.1999, 1.2, 9.0, np.nan]])
        picture = in_steps(values, depth_steps())
        names = {colour: name for name, colour in HAZARD_COLOURS.items()}
        drawn = [names.get("#{:02X}{:02X}{:02X}".format(*pixel)) for pixel in picture[0]]
        assert drawn == [None, "H1", "H1", "H2", "H3", "H3", "H4", "H4", None]

    def test_flat_ground_is_not_shaded_and_a_slope_to_the_north_west_is_brightest(self):
        flat = np.full((12, 12), 5.0)
        rows, columns = np.mgrid[0:12, 0:12].astype(float)
        toward_light = 5.0 + (rows + columns) * 0.5  # rises to the south-east: faces north-west
        away = 5.0 - (rows + columns) * 0.5
        level, lit, dark = (
            shaded_relief(grid, 0.0, 1e9, 10.0)[5, 5, 0] for grid in (flat, toward_light, away)
        )
        assert dark < level < lit

"""At the borders: of tiles, of versions, of a click's reach, and of what a reader may see."""

import math

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import NotFoundError, UserFacingError
from layers.identify import REACH_PIXELS, place, what_is_at
from layers.models import LayerVersion
from layers.services import (
    open_layer,
    publish_features,
    retire_features,
    set_surveyed_area,
)
from layers.tiles import (
    GRID_CELLS,
    MARGIN_CELLS,
    MAX_ZOOM,
    Tile,
    ground_extent,
    published_state,
    tile_tag,
    vector_tile,
)
from layers.visibility import visible_layer, visible_layers, visible_versions
from tests.factories import EAST, NORTH, at, feature, filled_layer, line, square
from tests.layers.web_map import layers_of_tile, lonlat, read_tile, tile_holding

Z = 17
PUBLIC = AnonymousUser()


def ids_in(layer, version, tile):
    body = vector_tile(published_state(layer, version), tile)
    if not body or layer.slug not in layers_of_tile(body):
        return set()
    return set(read_tile(body, layer.slug, tile.z, tile.x, tile.y)["stable_id"])


def ground_of(tile):
    """West, south, east, north of a tile in metres from the origin, by its own corners."""
    from layers.crs import coordinate_function

    west, south, east, north = tile.wgs84_extent
    project = coordinate_function(4326, 32648)
    (x1, y1), (x2, y2) = project(west, south), project(east, north)
    return x1 - EAST, y1 - NORTH, x2 - EAST, y2 - NORTH


class TestTileSquares:
    def test_the_world_is_one_tile_and_four_of_the_next_zoom_cover_it(self):
        west, south, east, north = Tile(0, 0, 0).wgs84_extent
        assert (west, east) == (-180, 180)
        assert north == -south == pytest.approx(85.051129, abs=1e-6)
        assert Tile(1, 0, 0).wgs84_extent[2] == Tile(1, 1, 0).wgs84_extent[0] == 0
        assert Tile(1, 0, 0).wgs84_extent[1] == pytest.approx(0, abs=1e-9)

    @given(st.integers(1, 20), st.data())
    def test_neighbours_share_an_edge_without_gap_or_overlap(self, z, data):
        x, y = (data.draw(st.integers(0, 2**z - 2)) for _ in range(2))
        west, south, east, north = Tile(z, x, y).wgs84_extent
        assert Tile(z, x + 1, y).wgs84_extent[0] == east
        assert Tile(z, x, y + 1).wgs84_extent[3] == south
        assert west < east
        assert south < north

    @given(st.integers(0, 20), st.data())
    def test_a_tile_of_the_next_zoom_is_half_as_wide(self, z, data):
        x, y = (data.draw(st.integers(0, 2**z - 1)) for _ in range(2))
        whole, part = Tile(z, x, y).wgs84_extent, Tile(z + 1, 2 * x, 2 * y).wgs84_extent
        assert (part[0], part[3]) == pytest.approx((whole[0], whole[3]))
        assert part[2] - part[0] == pytest.approx((whole[2] - whole[0]) / 2)

    @given(st.floats(-300, 300), st.floats(-300, 300), st.integers(6, 20))
    def test_a_point_lies_in_the_ground_of_the_tile_that_holds_it(self, x, y, z):
        west, south, east, north = ground_extent(Tile(z, *tile_holding(x, y, z)))
        assert west <= EAST + x <= east
        assert south <= NORTH + y <= north

    def test_the_ground_reaches_a_64th_beyond_the_tile_on_each_side(self):
        tile = Tile(Z, *tile_holding(0, 0, Z))
        west, _south, east, _north = ground_extent(tile)
        own_west, _s, own_east, _n = ground_of(tile)
        share = ((east - west) - (own_east - own_west)) / (own_east - own_west)
        # 2/64 by the margin and a little for the turn of the grid (meridian convergence)
        assert -1e-6 < share - 2 * MARGIN_CELLS / GRID_CELLS < 0.02

    @pytest.mark.parametrize(
        ("z", "x", "y"), [(-1, 0, 0), (23, 0, 0), (1, 2, 0), (1, 0, 2), (1, -1, 0), (0, 0, 1)]
    )
    def test_squares_that_are_none_are_refused(self, z, x, y):
        with pytest.raises(UserFacingError):
            Tile(z, x, y)

    def test_a_pixel_shrinks_with_the_latitude(self):
        assert Tile(0, 0, 0).pixel_m == pytest.approx(78_271.5, abs=0.1)
        high = Tile(10, 512, 255 - 90)
        low = Tile(10, 512, 511)
        assert high.pixel_m < low.pixel_m


@pytest.mark.django_db
class TestTileBorders:
    @pytest.fixture
    def tile(self):
        return Tile(Z, *tile_holding(0, 0, Z))

    def beside(self, tile, columns=1):
        return Tile(tile.z, tile.x + columns, tile.y)

    def test_a_house_across_the_border_stands_in_both_tiles(self, tile):
        _west, south, east, north = ground_of(tile)
        layer = filled_layer("zones", feature("A", square(east - 10, (south + north) / 2, 20)))
        assert ids_in(layer, 1, tile) == ids_in(layer, 1, self.beside(tile)) == {"A"}

    def test_a_house_inside_stands_in_one_tile(self, tile):
        west, south, east, north = ground_of(tile)
        middle = square((west + east) / 2, (south + north) / 2, 20)
        layer = filled_layer("zones", feature("A", middle))
        assert ids_in(layer, 1, tile) == {"A"}
        assert (
            ids_in(layer, 1, self.beside(tile)) == ids_in(layer, 1, self.beside(tile, -1)) == set()
        )

    def test_a_point_in_the_margin_is_drawn_by_both_so_that_no_circle_is_cut(self, tile):
        """The margin is 64 of 4096 cells: 4.7 m of a tile of 300 m."""
        _west, south, east, north = ground_of(tile)
        near, far = at(east - 2, (south + north) / 2), at(east - 20, (south + north) / 2)
        layer = filled_layer("wells", feature("near", near), feature("far", far))
        assert ids_in(layer, 1, tile) == {"near", "far"}
        assert ids_in(layer, 1, self.beside(tile)) == {"near"}

    def test_a_road_over_three_tiles_is_in_each_of_them(self, tile):
        west, south, east, north = ground_of(tile)
        width, y = east - west, (south + north) / 2
        layer = filled_layer(
            "roads", feature("R", line((west - width / 2, y), (east + width / 2, y)))
        )
        for columns in (-1, 0, 1):
            assert ids_in(layer, 1, self.beside(tile, columns)) == {"R"}

    def test_each_version_shows_what_stood_then(self, tile):
        west, south, east, north = ground_of(tile)
        x, y = (west + east) / 2, (south + north) / 2
        layer = open_layer(slug="zones", geometry_kind="polygon")
        first = [feature("A", square(x, y, 20)), feature("B", square(x + 40, y, 20))]
        publish_features(layer=layer, features=first)
        publish_features(layer=layer, features=[feature("A", square(x, y, 30))], replaces_all=False)
        retire_features(layer=layer, stable_ids=["B"])
        publish_features(layer=layer, features=[feature("C", square(x, y, 20))])
        layer.refresh_from_db()
        seen = [ids_in(layer, version, tile) for version in (1, 2, 3, 4)]
        assert seen == [{"A", "B"}, {"A", "B"}, {"A"}, {"C"}]

    def test_no_version_before_the_first_and_none_after_the_last_can_be_asked(self):
        layer = filled_layer("zones", feature("A", square(0, 0, 20)))
        for number in (0, 2, 10**18):
            with pytest.raises(NotFoundError):
                published_state(layer, number)

    def test_a_draft_is_not_shown_to_anyone(self):
        layer = filled_layer("zones", feature("A", square(0, 0, 20)))
        LayerVersion.objects.create(layer=layer, number=2, state="draft")
        with pytest.raises(NotFoundError):
            published_state(layer, 2)

    def test_every_tile_of_a_version_has_its_own_tag(self, tile):
        layer = filled_layer("zones", feature("A", square(0, 0, 20)))
        state = published_state(layer, 1)
        assert tile_tag(state, tile) != tile_tag(state, self.beside(tile))
        assert tile_tag(state, Tile(1, 0, 1)) != tile_tag(state, Tile(1, 1, 0))


@pytest.mark.django_db
class TestReach:
    """Eight screen pixels: 40,075,017 m / 256 / 2^z times the cosine of 10.6 degrees, each."""

    def answer(self, layer, x, y, zoom=Z):
        longitude, latitude = lonlat(x, y)
        [told] = what_is_at(place(longitude=longitude, latitude=latitude, zoom=zoom), [layer])
        return told

    @pytest.mark.parametrize(
        ("zoom", "reach_m"), [(0, 1_231_000), (10, 1202), (17, 9.39), (22, 0.29)]
    )
    def test_the_reach_halves_with_each_zoom(self, zoom, reach_m):
        longitude, latitude = lonlat(0, 0)
        told = place(longitude=longitude, latitude=latitude, zoom=zoom)
        assert told.reach_m == pytest.approx(reach_m, rel=0.03)
        expected = REACH_PIXELS * 40_075_016.686 / 256 / 2**zoom
        assert told.reach_m == pytest.approx(expected * math.cos(math.radians(latitude)))

    @pytest.mark.parametrize(("asked", "counts_as"), [(-5, 0), (99, MAX_ZOOM), (17.5, 17.5)])
    def test_a_zoom_beyond_the_map_counts_as_its_end(self, asked, counts_as):
        longitude, latitude = lonlat(0, 0)
        one, other = (
            place(longitude=longitude, latitude=latitude, zoom=zoom) for zoom in (asked, counts_as)
        )
        assert one.reach_m == other.reach_m

    @pytest.mark.parametrize(("beside", "is_hit"), [(0, True), (9.2, True), (9.6, False)])
    def test_points_and_lines_are_hit_within_9_4_m_at_zoom_17(self, beside, is_hit):
        for slug, shape in (("wells", at(0, 0)), ("roads", line((0, -50), (0, 50)))):
            layer = filled_layer(slug, feature("F", shape))
            told = self.answer(layer, beside, 0)
            assert bool(told.features) is is_hit
            if is_hit:
                assert told.features[0].distance_m == pytest.approx(beside, abs=0.01)

    def test_an_area_is_hit_on_its_border_and_not_beside_it(self):
        layer = filled_layer("zones", feature("Z", square(0, 0, 100)))
        assert self.answer(layer, 99.99, 50).features
        assert not self.answer(layer, 100.05, 50).features

    def test_a_click_into_a_hole_is_not_in_the_area(self):
        ring = square(0, 0, 100).difference(square(40, 40, 20))
        layer = filled_layer("zones", feature("Z", ring))
        assert not self.answer(layer, 50, 50).features
        assert self.answer(layer, 20, 20).features

    def test_on_a_shared_border_both_neighbours_answer(self):
        layer = filled_layer(
            "zones", feature("W", square(0, 0, 100)), feature("E", square(100, 0, 100))
        )
        from layers.identify import Place

        [told] = what_is_at(Place(0, 0, EAST + 100, NORTH + 50, 5.0), [layer])
        assert [found.stable_id for found in told.features] == ["E", "W"]

    def test_the_border_of_the_surveyed_ground_still_counts_as_surveyed(self):
        layer = filled_layer("zones")
        set_surveyed_area(layer=layer, geometry=square(0, 0, 100), completeness="complete")
        assert self.answer(layer, 99, 50).was_surveyed
        assert not self.answer(layer, 101, 50).was_surveyed


@pytest.mark.django_db
class TestReaders:
    @pytest.fixture(autouse=True)
    def _three_layers(self):
        for visibility in ("public", "internal", "restricted"):
            filled_layer(visibility, feature("F", square(0, 0, 10)), visibility=visibility)

    def account(self, *, is_staff=False, is_active=True, may_view=False, is_superuser=False):
        user = User.objects.create_user(
            "reader", is_staff=is_staff, is_active=is_active, is_superuser=is_superuser
        )
        if may_view:
            user.user_permissions.add(Permission.objects.get(codename="view_layer"))
        return user

    @pytest.mark.parametrize(
        ("rights", "seen"),
        [
            ({}, {"public"}),
            ({"is_staff": True}, {"public", "internal"}),
            ({"may_view": True}, {"public", "restricted"}),
            ({"is_staff": True, "may_view": True}, {"public", "internal", "restricted"}),
            ({"is_superuser": True}, {"public", "restricted"}),
            ({"may_view": True, "is_active": False}, {"public"}),
        ],
    )
    def test_each_right_opens_its_own_layers_and_no_other(self, rights, seen):
        user = self.account(**rights)
        assert set(visible_layers(user).values_list("slug", flat=True)) == seen
        assert {version.layer.slug for version in visible_versions(user)} == seen

    def test_the_public_sees_what_is_public_and_published(self):
        open_layer(slug="planned", geometry_kind="point")
        assert [layer.slug for layer in visible_layers(PUBLIC)] == ["public"]

    def test_what_is_hidden_and_what_is_missing_cannot_be_told_apart(self):
        texts = []
        for slug in ("internal", "missing1"):
            with pytest.raises(NotFoundError) as refused:
                visible_layer(PUBLIC, slug)
            texts.append(str(refused.value).replace(slug, "SLUG"))
        assert texts[0] == texts[1]

    @pytest.mark.parametrize("page", ["/layers/", "/map/", "/map/style.json", "/search?q=F"])
    def test_no_page_names_a_hidden_layer_to_the_public(self, client, page):
        told = client.get(page).content.decode()
        assert "internal" not in told
        assert "restricted" not in told

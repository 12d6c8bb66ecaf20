"""Squares with many features: what was cut in advance is what stands there, in every version."""

import random

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers import tiles
from layers.crs import PROJECT_SRID, WEB_MERCATOR_SRID, coordinate_function
from layers.generalised import filling
from layers.generalised.building import generalise
from layers.generalised.dense import DENSE_ZOOMS
from layers.generalised.filling import fill_dense_tiles
from layers.generalised.models import (
    DenseLayer,
    DenseShape,
    DenseTile,
    GeneralisedCell,
    GeneralisedLayer,
)
from layers.generalised.requests import RUN_KIND, ask_for_low_zooms
from layers.generalised.tasks import make_low_zooms
from layers.models import LandUseClass, Run
from layers.services import publish_changes
from layers.tile_filters import TileFilter
from layers.tiles import WEB_EQUATOR_M, Tile, drawn_tile, published_state
from layers.vocab import RunState
from tests.factories import feature, filled_layer, rectangle, square
from tests.layers.web_map import read_tile, tile_holding

pytestmark = pytest.mark.django_db
HOUSES = 30


@pytest.fixture(autouse=True)
def _dense(monkeypatch, settings, tmp_path):
    """Treat every layer as one of many features, and every square as dense from two on."""
    settings.KRONG_TILE_FOLDER = tmp_path / "tiles"
    monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0)
    monkeypatch.setattr(filling, "DENSE_FROM", 2)


def houses(count=HOUSES, **properties):
    """Houses of 10 m, 30 m from one to the next, from 450 m west of the origin eastwards."""
    return [feature(f"B-{n:03}", square(n * 30 - 450, 5, 10), **properties) for n in range(count)]


def there(x=0, y=0, z=14):
    return Tile(z, *tile_holding(x, y, z))


def shown(layer, tile, number=None):
    layer.refresh_from_db()
    content = drawn_tile(published_state(layer, number or layer.published_number), tile)
    return read_tile(content, layer.slug, tile.z, tile.x, tile.y) if content else None


def names_in(layer, tile, number=None):
    found = shown(layer, tile, number)
    return set() if found is None else set(found.stable_id)


def is_kept(tile):
    return DenseTile.objects.filter(zoom=tile.z, column=tile.x, row=tile.y).exists()


def from_kept(layer, tile, number=1):
    """Whether drawing the tile asks what was cut and not the features."""
    with CaptureQueriesContext(connection) as asked:
        assert drawn_tile(published_state(layer, number), tile)
    from_features = any("EXECUTE krong_vector_tile" in query["sql"] for query in asked)
    return not from_features and any("EXECUTE krong_dense_tile" in q["sql"] for q in asked)


class TestTheSameTile:
    @pytest.mark.parametrize("z", DENSE_ZOOMS)
    def test_thirty_houses_are_the_same_bytes_out_of_what_was_cut(self, z):
        layer = filled_layer("buildings", *houses(name_km="ផ្ទះ", floors=2))
        live = drawn_tile(published_state(layer, 1), there(z=z))
        fill_dense_tiles(layer)
        assert from_kept(layer, there(z=z))
        assert drawn_tile(published_state(layer, 1), there(z=z)) == live

    def test_a_house_on_the_border_of_two_squares_is_in_both(self):
        tile = there()
        side = WEB_EQUATOR_M / 2**14
        to_ground = coordinate_function(WEB_MERCATOR_SRID, PROJECT_SRID)
        east, north = to_ground(
            (tile.x + 1) * side - WEB_EQUATOR_M / 2, WEB_EQUATOR_M / 2 - (tile.y + 0.5) * side
        )
        house = shapely.box(east - 10, north - 10, east + 10, north + 10)
        nearby = [
            feature(name, shapely.box(east + x, north + 50, east + x + 9, north + 59))
            for name, x in (("W", -500), ("V", -600), ("E", 500), ("F", 600))
        ]
        layer = filled_layer("buildings", feature("border", house), *nearby)
        fill_dense_tiles(layer)
        neighbour = Tile(14, tile.x + 1, tile.y)
        assert is_kept(tile)
        assert is_kept(neighbour)
        assert names_in(layer, tile) == {"W", "V", "border"}
        assert names_in(layer, neighbour) == {"E", "F", "border"}

    def test_a_zone_over_nine_squares_is_in_the_middle_one_though_its_outline_is_not(self):
        tile = there()
        zone = rectangle(-6_000, -6_000, 12_000, 12_000)
        layer = filled_layer("plan", feature("zone", zone), *houses(3), theme="plan")
        fill_dense_tiles(layer)
        assert is_kept(tile)
        assert "zone" in names_in(layer, tile)

    def test_a_flooded_spot_narrower_than_the_grid_is_still_drawn(self):
        spots = [feature(f"H-{n}", square(n * 20, 0, 0.2), hazard_class="H4") for n in range(5)]
        layer = filled_layer("flood", *spots, theme="hazard-flood")
        fill_dense_tiles(layer)
        assert from_kept(layer, there())
        assert len(names_in(layer, there())) == 5

    def test_worse_water_is_drawn_over_lesser_water(self):
        layer = filled_layer(
            "flood",
            feature("a", square(0, 0, 30), hazard_class="H4"),
            feature("b", square(0, 0, 60), hazard_class="H1"),
            theme="hazard-flood",
            attribute_schema={"colours": {"property": "hazard_class", "values": {}}},
        )
        fill_dense_tiles(layer)
        assert from_kept(layer, there())
        assert list(shown(layer, there()).hazard_class) == ["H1", "H4"]

    def test_a_class_that_is_renamed_is_shown_by_its_new_name(self):
        layer = filled_layer(
            "buildings", *(feature(f"S-{n}", square(n * 30, 0, 10), "school") for n in range(3))
        )
        fill_dense_tiles(layer)
        LandUseClass.objects.filter(code="school").update(code="lyceum")
        assert from_kept(layer, there())
        assert set(shown(layer, there())["class"]) == {"lyceum"}

    def test_a_filtered_tile_holds_only_what_was_asked_for(self):
        layer = filled_layer(
            "buildings", *houses(4), feature("S", square(40, 60, 10), "school", "planned")
        )
        fill_dense_tiles(layer)
        version = published_state(layer, 1)
        for asked in (TileFilter(classes=("school",)), TileFilter(lifecycles=("planned",))):
            content = drawn_tile(version, there(), asked=asked)
            found = read_tile(content, "buildings", 14, there().x, there().y)
            assert list(found.stable_id) == ["S"]


class TestVersions:
    def test_what_is_removed_goes_and_stays_in_the_version_before(self):
        layer = filled_layer("buildings", *houses())
        fill_dense_tiles(layer)
        publish_changes(layer, [], ["B-000"])
        fill_dense_tiles(layer)
        assert from_kept(layer, there(), 2)
        assert "B-000" not in names_in(layer, there(-450), 2)
        assert "B-000" in names_in(layer, there(-450), 1)

    def test_a_version_not_followed_yet_is_drawn_from_the_features(self):
        layer = filled_layer("buildings", *houses())
        fill_dense_tiles(layer)
        publish_changes(layer, [feature("new", square(0, 30, 10))], [])
        assert not from_kept(layer, there(), 2)
        assert "new" in names_in(layer, there(), 2)
        assert from_kept(layer, there(), 1)
        assert "new" not in names_in(layer, there(), 1)

    def test_a_version_from_before_anything_was_kept_is_drawn_from_the_features(self):
        layer = filled_layer("buildings", *houses())
        publish_changes(layer, [], ["B-015"])
        fill_dense_tiles(layer)
        assert not from_kept(layer, there(), 1)
        assert "B-015" in names_in(layer, there(), 1)
        assert "B-015" not in names_in(layer, there(), 2)

    def test_a_square_that_becomes_dense_is_kept_from_that_version_on(self):
        layer = filled_layer("buildings", *houses(), feature("farm", square(9_000, 0, 20)))
        fill_dense_tiles(layer)
        far = there(9_000)
        assert not is_kept(far)
        publish_changes(layer, [feature("barn", square(9_040, 0, 20))], [])
        fill_dense_tiles(layer)
        assert is_kept(far)
        assert from_kept(layer, far, 2)
        assert not from_kept(layer, far, 1)
        assert names_in(layer, far, 2) == {"farm", "barn"}
        assert names_in(layer, far, 1) == {"farm"}

    def test_a_house_that_moves_away_and_back_is_once_in_each_version(self):
        layer = filled_layer("buildings", *houses(3))
        fill_dense_tiles(layer)
        publish_changes(layer, [feature("B-001", square(9_000, 0, 10))], [])
        publish_changes(layer, [feature("B-001", square(0, 60, 10))], [])
        fill_dense_tiles(layer)
        here = [sorted(shown(layer, there(), number).stable_id) for number in (1, 2, 3)]
        assert here == [["B-000", "B-001", "B-002"], ["B-000", "B-002"],
                        ["B-000", "B-001", "B-002"]]  # fmt: skip

    def test_followed_step_by_step_is_kept_as_if_made_anew(self):
        chance = random.Random(3)
        layer = filled_layer("buildings", *houses())
        fill_dense_tiles(layer)
        for _turn in range(5):
            moved = [
                feature(f"B-{n:03}", square(chance.randrange(-900, 900), 5, 10))
                for n in chance.sample(range(40), 6)
            ]
            publish_changes(layer, moved, [])
            fill_dense_tiles(layer)
        layer.refresh_from_db()
        number = layer.published_number
        rows = DenseShape.objects.filter(retired_in=None).values_list(
            "tile__zoom", "tile__column", "tile__row", "stable_id", "shape"
        )
        places = set(DenseTile.objects.values_list("zoom", "column", "row"))
        followed = {row for row in rows if row[:3] in places}
        DenseLayer.objects.all().delete()
        fill_dense_tiles(layer)
        anew = set(DenseTile.objects.values_list("zoom", "column", "row"))
        assert anew <= places
        assert {row for row in rows.all() if row[:3] in anew} == {
            row for row in followed if row[:3] in anew
        }
        assert DenseLayer.objects.get().last_number == number

    def test_one_changed_house_adds_a_row_a_zoom_not_the_square(self):
        layer = filled_layer("buildings", *houses())
        fill_dense_tiles(layer)
        before = DenseShape.objects.count()
        publish_changes(layer, [feature("B-015", square(0, 60, 10))], [])
        fill_dense_tiles(layer)
        assert 2 <= DenseShape.objects.count() - before <= 4

    def test_followed_again_there_is_nothing_to_do(self):
        layer = filled_layer("buildings", *houses(3))
        assert fill_dense_tiles(layer) == 1
        rows = DenseShape.objects.count()
        assert fill_dense_tiles(layer) == 0
        assert DenseShape.objects.count() == rows


class TestWhatElseTheTileDependsOn:
    def test_another_colouring_property_is_drawn_at_once_and_kept_anew(self):
        layer = filled_layer("buildings", *houses(3, floors="two"))
        fill_dense_tiles(layer)
        layer.attribute_schema = {"colours": {"property": "floors", "values": {}}}
        layer.save()
        assert not from_kept(layer, there())
        assert set(shown(layer, there()).floors) == {"two"}
        fill_dense_tiles(layer)
        assert from_kept(layer, there())
        assert set(shown(layer, there()).floors) == {"two"}

    def test_names_told_to_lie_in_another_property_are_drawn_at_once(self):
        layer = filled_layer("buildings", *houses(3, name="old", label="new"))
        fill_dense_tiles(layer)
        assert set(shown(layer, there()).name) == {"old"}
        layer.attribute_schema = {"names": {"other": "label"}}
        layer.save()
        assert not from_kept(layer, there())
        assert set(shown(layer, there()).name) == {"new"}

    def test_a_square_that_was_just_thrown_away_is_drawn_from_the_features(self):
        """Question and tile are one statement: nothing can vanish between the two."""
        layer = filled_layer("buildings", *houses())
        fill_dense_tiles(layer)
        full = names_in(layer, there())
        DenseTile.objects.filter(zoom=14).delete()
        assert names_in(layer, there()) == full

    def test_low_zooms_about_to_be_made_anew_are_drawn_from_the_features(self):
        """Cells that no longer count, though they are still there, are not shown."""
        layer = filled_layer("buildings", *houses())
        generalise(layer)
        GeneralisedLayer.objects.all().delete()
        assert GeneralisedCell.objects.exists()
        assert len(names_in(layer, there(z=11))) == HOUSES

    def test_a_layer_that_is_deleted_takes_what_was_cut_with_it(self):
        layer = filled_layer("buildings", *houses(3))
        fill_dense_tiles(layer)
        assert DenseShape.objects.exists()
        DenseLayer.objects.filter(layer=layer).delete()
        assert not DenseTile.objects.exists()
        assert not DenseShape.objects.exists()


class TestWhenTheyAreMade:
    def test_the_first_look_at_zoom_14_asks_the_worker_once(self):
        layer = filled_layer("buildings", *houses())
        state = published_state(layer, 1)
        assert not ask_for_low_zooms(state, 14)
        assert not ask_for_low_zooms(state, 15)
        [run] = Run.objects.filter(kind=RUN_KIND)
        assert make_low_zooms.func(run.pk) == RunState.SUCCEEDED
        assert from_kept(layer, there())
        ask_for_low_zooms(state, 14)
        assert Run.objects.filter(kind=RUN_KIND).count() == 1

    def test_a_browser_may_keep_the_tile_for_good_the_bytes_will_be_the_same(self, client):
        layer = filled_layer("buildings", *houses())
        tile = there()
        address = f"/tiles/buildings/1/14/{tile.x}/{tile.y}.mvt"
        before = client.get(address)
        fill_dense_tiles(layer)
        after = client.get(address)
        assert "immutable" in before["Cache-Control"]
        assert (before["ETag"], before.content) == (after["ETag"], after.content)

    @pytest.mark.parametrize("z", DENSE_ZOOMS)
    def test_a_tile_asked_for_by_the_map_asks_the_worker_and_is_one_query_when_kept(
        self, client, z
    ):
        filled_layer("buildings", *houses())
        tile = there(z=z)
        address = f"/tiles/buildings/1/{z}/{tile.x}/{tile.y}.mvt"
        drawn = client.get(address).content
        assert Run.objects.filter(kind=RUN_KIND).count() == 1
        with CaptureQueriesContext(connection) as asked:
            kept = client.get(address)
        assert kept.content == drawn
        assert len(asked) == 1

    def test_a_few_changes_are_brought_in_at_once_without_the_worker(self):
        layer = filled_layer("buildings", *houses())
        make_low_zooms.func(_queued(layer))
        publish_changes(layer, [feature("new", square(0, 30, 10))], [])
        layer.refresh_from_db()
        ask_for_low_zooms(published_state(layer, 2), 15)
        assert Run.objects.filter(kind=RUN_KIND).count() == 1
        assert from_kept(layer, there(), 2)
        assert "new" in names_in(layer, there(), 2)

    def test_closer_up_nobody_is_asked(self):
        layer = filled_layer("buildings", *houses(3))
        ask_for_low_zooms(published_state(layer, 1), 17)
        assert not Run.objects.filter(kind=RUN_KIND).exists()

    def test_a_sparse_square_is_not_kept(self, monkeypatch):
        monkeypatch.setattr(filling, "DENSE_FROM", HOUSES + 1)
        layer = filled_layer("buildings", *houses())
        fill_dense_tiles(layer)
        assert not DenseTile.objects.exists()
        found = [names_in(layer, there(x)) for x in (-440, 0, 440)]
        assert len(set().union(*found)) == HOUSES

    def test_each_shape_is_worked_out_once(self):
        """EXPLAIN must not show the shape in a filter as well as in the result."""
        layer = filled_layer("buildings", *houses())
        version, tile = published_state(layer, 1), there()
        sql = tiles.sql_with_shapes(tiles.load_sql(tiles.__file__, "vector_tile.sql"))
        with connection.cursor() as cursor:
            ground = tiles.ground_extent(tile)
            cursor.execute("EXPLAIN (VERBOSE) " + sql, tiles.tile_parameters(version, tile, ground))
            plan = [line for (text,) in cursor.fetchall() for line in text.splitlines()]
        conditions = [line for line in plan if "Filter" in line or "Cond" in line]
        assert conditions
        assert not any("asmvtgeom" in condition.lower() for condition in conditions)


def _queued(layer):
    ask_for_low_zooms(published_state(layer, 1), 13)
    return Run.objects.get(kind=RUN_KIND).pk

"""From afar: nothing dangerous vanishes, large layers stay small, and changes are followed."""

import gzip
import random

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers import tiles
from layers.generalised import building
from layers.generalised.building import generalise
from layers.generalised.models import GeneralisedCell, GeneralisedPart
from layers.generalised.requests import RUN_KIND, ask_for_low_zooms
from layers.generalised.tasks import make_low_zooms
from layers.models import Run
from layers.services import publish_changes, publish_features
from layers.tiles import Tile, published_state, vector_tile
from layers.vocab import RunState
from tests.factories import at, feature, filled_layer, line, rectangle, square
from tests.layers.web_map import read_tile, tile_holding

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.KRONG_TILE_FOLDER = tmp_path / "tiles"


@pytest.fixture
def heavy(monkeypatch):
    """Treat every layer as one of many features."""
    monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0)


def houses(count, side=10.0, land=None):
    return [
        feature(f"B-{n:03}", square(n % 20 * 15 - 600, n // 20 * 15, side), land)
        for n in range(count)
    ]


def drawn(layer, z, x=-100, y=0, number=None):
    layer.refresh_from_db()
    tile = Tile(z, *tile_holding(x, y, z))
    content = vector_tile(published_state(layer, number or layer.published_number), tile)
    return read_tile(content, layer.slug, z, tile.x, tile.y)


def pixel(z):
    return tiles.WEB_EQUATOR_M / 2**z / 512


def kept_rows():
    """What stands now, without the numbers of rows and versions."""
    cells = GeneralisedCell.objects.filter(retired_in=None).order_by(
        "zoom", "column", "row", "land_use_row", "colour_value"
    )
    parts = GeneralisedPart.objects.filter(retired_in=None).order_by("zoom", "feature_row")
    names = ("zoom", "column", "row", "land_use_row", "colour_value", "part_count", "area_dm2")
    shapes = sorted((p.zoom, p.feature_row, p.geometry.wkt) for p in parts)
    return list(cells.values_list(*names)), shapes


class TestNothingDangerousVanishes:
    """A hazard area of 2 m, one of 600 m by 1 m, and small parts beside a large one."""

    @pytest.mark.parametrize("is_heavy", [False, True])
    @pytest.mark.parametrize("z", [6, 8, 10, 12, 13])
    def test_a_flooded_spot_of_two_metres_is_seen_at_every_zoom(self, monkeypatch, is_heavy, z):
        monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0 if is_heavy else 5_000)
        layer = filled_layer("flood", feature("spot", square(0, 0, 2)), theme="hazard-flood")
        generalise(layer)
        [shape] = drawn(layer, z).geometry
        west, south, east, north = shape.bounds
        assert min(east - west, north - south) >= pixel(z) * 0.85

    @pytest.mark.parametrize("is_heavy", [False, True])
    def test_a_flooded_ditch_a_metre_wide_is_drawn_along_its_600_metres(
        self, monkeypatch, is_heavy
    ):
        monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0 if is_heavy else 5_000)
        layer = filled_layer(
            "flood", feature("ditch", rectangle(-900, 0, 600, 1)), theme="hazard-flood"
        )
        generalise(layer)
        shapes = drawn(layer, 12).geometry
        west, _south, east, _north = shapes.total_bounds
        assert east - west >= 600
        assert shapes.area.sum() >= 600 * pixel(12) * 0.8

    @pytest.mark.parametrize("is_heavy", [False, True])
    def test_the_small_parts_of_one_hazard_stay_beside_its_large_part(self, monkeypatch, is_heavy):
        monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0 if is_heavy else 5_000)
        both = shapely.MultiPolygon([square(0, 0, 900), square(1600, 400, 3)])
        layer = filled_layer("flood", feature("H", both), theme="hazard-flood")
        generalise(layer)
        _west, _south, east, _north = drawn(layer, 11).geometry.total_bounds
        west = drawn(layer, 11).geometry.total_bounds[0]
        assert east - west >= 1600

    def test_deep_and_shallow_water_in_one_cell_are_both_drawn_the_deep_one_on_top(self, heavy):
        layer = filled_layer(
            "flood",
            feature("deep", square(0, 0, 1), hazard_class="H4"),
            feature("shallow", square(2, 0, 3), hazard_class="H1"),
            theme="hazard-flood",
            attribute_schema={"colours": {"property": "hazard_class", "values": {}}},
        )
        generalise(layer)
        assert list(drawn(layer, 10).hazard_class) == ["H1", "H4"]


class TestManySmallThings:
    def test_400_houses_are_a_few_stripes_that_say_how_many_they_stand_for(self, heavy):
        layer = filled_layer("buildings", *houses(400))
        generalise(layer)
        [stripes] = drawn(layer, 13).to_dict("records")
        assert stripes["generalised"] == 400
        assert stripes["geometry"].area > 0
        assert "stable_id" not in stripes

    def test_of_a_shed_and_a_hall_in_one_cell_the_hall_gives_the_colour(self, heavy):
        layer = filled_layer(
            "buildings",
            feature("shed", square(0, 0, 3), "school"),
            feature("hall", square(4, 0, 12), "hospital"),
        )
        generalise(layer)
        [cell] = drawn(layer, 10).to_dict("records")
        assert (cell["class"], cell["generalised"]) == ("hospital", 2)

    def test_a_hall_of_200_m_keeps_its_shape_and_identifier_among_houses(self, heavy):
        layer = filled_layer("buildings", *houses(60), feature("hall", square(-250, 0, 200)))
        generalise(layer)
        rows = drawn(layer, 13).set_index("stable_id")
        assert rows.loc["hall"].geometry.area == pytest.approx(200**2 / 0.966, rel=0.05)

    def test_roads_stay_lines_and_wells_stay_points(self, heavy):
        roads = filled_layer("roads", feature("R", line((0, 0), (5, 5))), geometry_kind="line")
        wells = filled_layer("wells", feature("W", at(0, 0)), geometry_kind="point")
        generalise(roads)
        generalise(wells)
        for z in (6, 10, 13):
            assert {kind.removeprefix("Multi") for kind in drawn(roads, z).geom_type} == {
                "LineString"
            }
            assert {kind.removeprefix("Multi") for kind in drawn(wells, z).geom_type} == {"Point"}

    def test_a_cell_lies_over_the_houses_it_stands_for(self, heavy):
        layer = filled_layer("buildings", feature("B", square(0, 0, 10)))
        generalise(layer)
        [house] = drawn(layer, 17).geometry
        for z in (0, 3, 6, 9, 13):
            [cell] = drawn(layer, z).geometry
            assert cell.buffer(1).contains(house.centroid)

    def test_the_dense_tile_is_smaller_than_150_kib(self, heavy, monkeypatch):
        layer = filled_layer("buildings", *houses(400))
        generalise(layer)
        tile = Tile(13, *tile_holding(-100, 0, 13))
        packed = tiles.packed_vector_tile(published_state(layer, 1), tile)
        assert len(packed) < 1_000
        assert len(gzip.decompress(packed)) < 150 * 1024


class TestInStep:
    def test_after_any_changes_what_is_kept_equals_what_would_be_made_anew(self, heavy):
        chance = random.Random(7)
        layer = filled_layer("buildings", *houses(40), feature("hall", square(500, 0, 300)))
        generalise(layer)
        for _turn in range(6):
            moved = [
                feature(f"B-{n:03}", square(chance.randrange(900), 0, chance.choice([5, 90, 400])))
                for n in chance.sample(range(60), 7)
            ]
            gone = [f"B-{n:03}" for n in chance.sample(range(40), 3)]
            publish_changes(
                layer,
                moved,
                [name for name in gone if name not in {new.stable_id for new in moved}],
            )
            generalise(layer)
        followed = kept_rows()
        building._start_anew(layer)
        generalise(layer)
        assert kept_rows() == followed

    def test_an_earlier_version_is_drawn_as_it_was(self, heavy):
        layer = filled_layer("buildings", *houses(30))
        generalise(layer)
        publish_changes(layer, [], ["B-000", "B-001"])
        generalise(layer)
        assert drawn(layer, 11, number=1).generalised.sum() == 30
        assert drawn(layer, 11, number=2).generalised.sum() == 28

    def test_one_changed_house_rewrites_one_cell_a_zoom_not_the_layer(self, heavy):
        layer = filled_layer("buildings", *houses(400))
        generalise(layer)
        publish_changes(layer, [], ["B-399"])
        generalise(layer)
        assert GeneralisedCell.objects.filter(introduced_in=2).count() <= 8

    def test_made_again_there_is_nothing_to_do(self, heavy):
        layer = filled_layer("buildings", *houses(5))
        assert generalise(layer) == 1
        assert generalise(layer) == 0

    def test_another_colouring_property_makes_everything_anew(self, heavy):
        layer = filled_layer("buildings", feature("B", square(0, 0, 9), floors="two"))
        generalise(layer)
        layer.refresh_from_db()
        layer.attribute_schema = {"colours": {"property": "floors", "values": {}}}
        layer.save()
        assert generalise(layer) == 1
        assert list(drawn(layer, 10).floors) == ["two"]


class TestWhenTheyAreMade:
    def test_the_first_look_from_afar_asks_the_worker_once(self, heavy):
        layer = filled_layer("buildings", *houses(30))
        state = published_state(layer, 1)
        assert ask_for_low_zooms(state, 10)
        assert ask_for_low_zooms(state, 11)
        [run] = Run.objects.filter(kind=RUN_KIND)
        assert make_low_zooms.func(run.pk) == RunState.SUCCEEDED
        assert not ask_for_low_zooms(state, 10)

    def test_meanwhile_every_house_is_drawn_from_the_features_themselves(self, heavy):
        layer = filled_layer("buildings", *houses(30))
        assert len(drawn(layer, 11)) == 30
        generalise(layer)
        assert drawn(layer, 11).generalised.sum() == 30

    def test_meanwhile_a_browser_keeps_the_tile_for_a_minute_only(self, heavy, client):
        layer = filled_layer("buildings", *houses(3))
        column, row = tile_holding(0, 0, 10)
        address = f"/tiles/buildings/1/10/{column}/{row}.mvt"
        before = client.get(address)
        assert before["Cache-Control"] == "public, max-age=60"
        generalise(layer)
        after = client.get(address, headers={"If-None-Match": before["ETag"]})
        assert after.status_code == 200
        assert "immutable" in after["Cache-Control"]

    def test_a_few_changes_are_brought_in_at_once_without_the_worker(self, heavy):
        layer = filled_layer("buildings", *houses(30))
        generalise(layer)
        publish_features(layer=layer, features=houses(29))
        layer.refresh_from_db()
        assert not ask_for_low_zooms(published_state(layer, 2), 10)
        assert drawn(layer, 10).generalised.sum() == 29

    def test_close_up_nobody_is_asked(self, heavy):
        layer = filled_layer("buildings", *houses(3))
        assert not ask_for_low_zooms(published_state(layer, 1), 17)
        assert not Run.objects.filter(kind=RUN_KIND).exists()

    def test_a_tile_from_afar_reads_no_features_but_what_was_made(self, heavy):
        layer = filled_layer("buildings", *houses(30))
        generalise(layer)
        with CaptureQueriesContext(connection) as asked:
            drawn(layer, 9)
        assert any("layers_generalisedcell" in query["sql"] for query in asked)
        assert not any("krong_vector_tile" in query["sql"] for query in asked)

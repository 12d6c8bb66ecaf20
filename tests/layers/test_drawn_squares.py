"""Squares kept as they are sent: the bytes that drawing gives, in every version, or none."""

import gzip
import random

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers import tiles
from layers.generalised import drawing, filling
from layers.generalised.building import generalise
from layers.generalised.drawing import draw_squares
from layers.generalised.drawn import DRAWN_ZOOMS, kept_drawing
from layers.generalised.filling import fill_dense_tiles
from layers.generalised.models import DrawnTile
from layers.generalised.tasks import make_low_zooms
from layers.models import LandUseClass
from layers.runs import queue_run
from layers.services import publish_changes, publish_features
from layers.tile_filters import TileFilter
from layers.tiles import as_sent, drawn_tile, packed_vector_tile, published_state
from layers.vocab import RunState
from tests.factories import feature, filled_layer, square
from tests.layers.test_dense_tiles import there
from tests.layers.web_map import read_tile

pytestmark = pytest.mark.django_db
HERE, FAR_M = (0, 0), 9_000  # a square of zoom 14 is 2.4 km wide


@pytest.fixture(autouse=True)
def _dense(monkeypatch, settings, tmp_path):
    """Treat every layer as one of many features, every square as worth being drawn."""
    settings.KRONG_TILE_FOLDER = tmp_path / "tiles"
    monkeypatch.setattr(tiles, "MOST_FEATURES_DRAWN_WHOLE", 0)
    monkeypatch.setattr(filling, "DENSE_FROM", 2)
    monkeypatch.setattr(drawing, "CELLS_FROM", 1)


def followed(layer):
    generalise(layer)
    fill_dense_tiles(layer)
    return draw_squares(layer)


def two_hamlets(*more, **fields):
    """Ten houses here and ten 9 km further east, drawn."""
    houses = [
        feature(f"{name}-{n}", square(x + n * 30 - 150, 5, 10))
        for name, x in (("W", 0), ("E", FAR_M))
        for n in range(10)
    ]
    layer = filled_layer("buildings", *houses, *more, **fields)
    followed(layer)
    return layer


def kept(layer, tile, number=None):
    """What is kept of a square; it must be what drawing it now gives."""
    layer.refresh_from_db()
    version = published_state(layer, number or layer.published_number)
    found = kept_drawing(version, tile)
    if found is not None:
        assert found == as_sent(drawn_tile(version, tile))
    return found


def names(layer, tile, number=None):
    layer.refresh_from_db()
    version = published_state(layer, number or layer.published_number)
    content = gzip.decompress(packed_vector_tile(version, tile))
    return set(read_tile(content, layer.slug, tile.z, tile.x, tile.y).stable_id)


class TestTheSameTile:
    @pytest.mark.parametrize("z", DRAWN_ZOOMS)
    def test_what_is_kept_of_a_square_is_what_drawing_it_gives(self, z):
        assert kept(two_hamlets(), there(*HERE, z))

    def test_it_is_sent_without_looking_at_features_cells_or_shapes(self):
        layer = two_hamlets()
        version = published_state(layer, 1)
        for z in DRAWN_ZOOMS:
            with CaptureQueriesContext(connection) as asked:
                packed = packed_vector_tile(version, there(*HERE, z))
            assert packed == kept(layer, there(*HERE, z))
            told = " ".join(query["sql"] for query in asked)
            assert "layers_drawntile" in told
            assert not any(t in told for t in ("krong_vector", "krong_dense", "generalisedcell"))

    def test_closer_up_and_farther_off_nothing_is_kept(self):
        layer = two_hamlets()
        assert kept(layer, there(*HERE, 9)) is None
        assert kept(layer, there(*HERE, 15)) is None
        assert set(DrawnTile.objects.values_list("zoom", flat=True)) == set(DRAWN_ZOOMS)

    def test_a_square_in_which_nothing_stands_is_not_kept(self):
        assert kept(two_hamlets(), there(-FAR_M, 0)) is None

    def test_squares_with_few_cells_are_not_worth_keeping(self, monkeypatch):
        monkeypatch.setattr(drawing, "CELLS_FROM", 1_000)
        layer = two_hamlets()
        assert kept(layer, there(*HERE, 12)) is None
        assert kept(layer, there(*HERE, 14))

    def test_a_filtered_tile_holds_only_what_was_asked_for(self):
        layer = two_hamlets(feature("school", square(0, 60, 10), "school"))
        asked = TileFilter(classes=("school",))
        packed = packed_vector_tile(published_state(layer, 1), there(), asked=asked)
        found = read_tile(gzip.decompress(packed), "buildings", 14, there().x, there().y)
        assert list(found.stable_id) == ["school"]

    def test_a_tile_with_labels_has_them_though_the_square_is_kept_without(self):
        layer = two_hamlets(feature("market", square(0, 60, 10), name_km="ផ្សារ"))
        packed = packed_vector_tile(published_state(layer, 1), there(), has_label=True)
        content = gzip.decompress(packed)
        assert content != gzip.decompress(kept(layer, there()))
        found = read_tile(content, "buildings-label", 14, there().x, there().y)
        assert list(found.name_km) == ["ផ្សារ"]

    def test_of_a_layer_whose_tiles_carry_labels_nothing_is_drawn(self):
        layer = filled_layer(
            "settlements", *(feature(f"S-{n}", square(n * 30, 0, 9)) for n in range(9)),
            theme="settlement",
        )  # fmt: skip
        assert followed(layer) == 0

    def test_before_the_dense_squares_are_filled_nothing_is_drawn(self):
        layer = filled_layer("buildings", *(feature(f"S-{n}", square(n, 0, 9)) for n in range(9)))
        generalise(layer)
        assert draw_squares(layer) == 0
        assert draw_squares(filled_layer("empty")) == 0


class TestVersions:
    def test_a_change_is_seen_at_once_and_the_version_before_stays(self):
        layer = two_hamlets()
        before = {z: kept(layer, there(*HERE, z)) for z in DRAWN_ZOOMS}
        publish_changes(layer, [feature("new", square(0, 60, 10))], ["W-3"])
        assert kept(layer, there(), 2) is None  # not followed yet
        assert names(layer, there(), 2) >= {"new", "W-4"}
        fill_dense_tiles(layer)
        for z in DRAWN_ZOOMS:
            assert kept(layer, there(*HERE, z), 2) is None
            assert kept(layer, there(*HERE, z), 1) == before[z]
        assert "new" in names(layer, there(), 2)
        assert "W-3" not in names(layer, there(), 2)

    def test_a_square_that_no_change_touches_is_kept_for_both_versions(self):
        layer = two_hamlets()
        publish_changes(layer, [feature("new", square(0, 60, 10))], [])
        generalise(layer)
        fill_dense_tiles(layer)
        far = there(FAR_M, 0, 14)
        assert kept(layer, far, 2) == kept(layer, far, 1) is not None
        assert DrawnTile.objects.filter(zoom=14, column=far.x, row=far.y).count() == 1

    def test_drawn_again_only_what_changed_is_drawn(self):
        layer = two_hamlets()
        publish_changes(layer, [], ["W-3"])
        assert followed(layer) == DrawnTile.objects.exclude(retired_in=None).count() > 0
        assert kept(layer, there(), 2) != kept(layer, there(), 1)
        assert followed(layer) == 0

    def test_a_house_that_moves_between_hamlets_changes_both(self):
        layer = two_hamlets()
        publish_changes(layer, [feature("W-3", square(FAR_M, 60, 10))], [])
        followed(layer)
        assert "W-3" not in names(layer, there(), 2)
        assert "W-3" in names(layer, there(FAR_M, 0), 2)
        assert "W-3" in names(layer, there(), 1)

    def test_drawing_ends_when_a_newer_version_is_followed_meanwhile(self, monkeypatch):
        layer = two_hamlets()
        publish_changes(layer, [], ["W-3"])
        generalise(layer)
        fill_dense_tiles(layer)
        listed = drawing._squares_to_draw

        def overtaken(version, recipe):
            squares = listed(version, recipe)
            publish_changes(layer, [], ["W-4"])
            generalise(layer)
            fill_dense_tiles(layer)
            return squares

        monkeypatch.setattr(drawing, "_squares_to_draw", overtaken)
        assert draw_squares(layer) == 0
        assert kept(layer, there(), 2) is None
        assert "W-4" not in names(layer, there(), 3)

    def test_after_other_content_everything_is_drawn_anew(self):
        layer = two_hamlets()
        publish_features(
            layer=layer, features=[feature(f"X-{n}", square(n * 30, 0, 9)) for n in range(5)],
            replaces_all=True,
        )  # fmt: skip
        followed(layer)
        assert names(layer, there(), 2) == {f"X-{n}" for n in range(5)}
        assert kept(layer, there(FAR_M, 0), 2) == b""
        assert kept(layer, there(FAR_M, 0), 1)

    def test_whatever_is_changed_what_is_kept_is_what_drawing_gives(self):
        chance = random.Random(5)
        layer = two_hamlets()
        found = 0
        for _turn in range(6):
            moved = [
                feature(f"W-{n}", square(chance.choice([0, FAR_M]) + chance.randrange(900), 5, 10))
                for n in chance.sample(range(14), 2)
            ]
            publish_changes(layer, moved, [])
            chance.choice([followed, fill_dense_tiles, lambda _layer: None])(layer)
        layer.refresh_from_db()
        for number in range(1, layer.published_number + 1):
            for z in DRAWN_ZOOMS:
                for x in (0, FAR_M):
                    found += kept(layer, there(x, 0, z), number) is not None
        assert found >= 2 * len(DRAWN_ZOOMS)


class TestWhatElseTheTileDependsOn:
    def test_a_class_that_is_renamed_is_shown_by_its_new_name(self):
        layer = two_hamlets(feature("school", square(0, 60, 10), "school"))
        assert kept(layer, there())
        LandUseClass.objects.filter(code="school").update(code="lyceum")
        assert kept(layer, there()) is None
        assert followed(layer) > 0
        packed = gzip.decompress(kept(layer, there()))
        found = read_tile(packed, "buildings", 14, there().x, there().y)
        assert "lyceum" in set(found["class"])

    def test_another_colouring_property_is_drawn_at_once_and_kept_anew(self):
        layer = two_hamlets(feature("tower", square(0, 60, 10), floors="nine"))
        layer.attribute_schema = {"colours": {"property": "floors", "values": {}}}
        layer.save()
        assert kept(layer, there()) is None
        followed(layer)
        found = read_tile(
            gzip.decompress(kept(layer, there())), "buildings", 14, there().x, there().y
        )
        assert "nine" in set(found.floors)


class TestByWhom:
    def test_the_worker_draws_the_squares_after_filling_them(self):
        layer = filled_layer(
            "buildings", *(feature(f"S-{n}", square(n * 30, 0, 9)) for n in range(9))
        )
        run = queue_run(
            kind="generalise", title="low zooms", parameters={"layer": "buildings", "version": 1}
        )
        assert make_low_zooms.func(run.pk) == RunState.SUCCEEDED
        assert kept(layer, there())

    def test_so_does_the_command_and_it_says_when_there_is_nothing_to_do(self, capsys):
        layer = two_hamlets()
        DrawnTile.objects.filter(zoom=14).delete()
        call_command("generalise", "buildings")
        assert "0 versions in" in capsys.readouterr().out
        assert kept(layer, there())
        call_command("generalise", "buildings")
        assert "nothing was to be done" in capsys.readouterr().out

"""Operations in a draft: identifiers, attributes and the area balance follow the outlines."""

import pytest
from shapely.geometry import MultiPolygon

from layers.editing.drafts import withdraw_edit
from layers.editing.errors import StaleStateError
from layers.editing.geometry import OperationError
from layers.editing.operations import (
    Selected,
    aggregate_features,
    cut_hole_in_feature,
    explode_feature,
    fill_hole_in_feature,
    merge_features,
    snap_feature,
    split_feature,
)
from layers.editing.reading import draft_counts, feature_state, features_of
from layers.editing.topology import set_topology
from layers.errors import NotFoundError
from layers.models import Feature
from tests.factories import at, feature, filled_layer, line, rectangle, square
from tests.layers.editing.ground import draft_of, publish, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(dara):
    layer = filled_layer(
        "parcels",
        feature("P-1", square(0, 0, 30), "school", owner="ward"),
        feature("P-2", rectangle(30, 0, 40, 30), owner="king"),
        feature("P-9", square(500, 0, 10)),
        geometry_kind="polygon",
    )
    set_topology(layer=layer, must_not_overlap=True, tolerance_m=0.1)
    return draft_of(layer, dara)


def chosen(draft, *names):
    etags = {name: feature_state(draft, name).etag for name in names}
    return Selected(draft=draft, author=draft.author, etags=etags)


def shown(draft):
    return {s.stable_id: round(s.content.geometry.area) for s in features_of(draft)}


CUT = line((10, -5), (10, 35))


def test_the_larger_piece_keeps_its_identifier_and_all_keep_the_attributes(draft):
    outcome = split_feature(chosen(draft, "P-1"), CUT)
    kept, new = outcome.features
    assert (kept.stable_id, round(kept.content.geometry.area)) == ("P-1", 600)
    assert new.stable_id.startswith("parcels-")
    assert new.note == "split from P-1"
    for piece in (kept, new):
        assert (piece.content.land_use, piece.content.properties) == ("school", {"owner": "ward"})
    assert outcome.before_m2 == 900
    assert outcome.after_m2 == pytest.approx(900, abs=1e-6)


def test_a_split_is_published_as_one_change_and_one_addition(draft):
    split_feature(chosen(draft, "P-1"), CUT)
    publication = publish(draft, "Subdivision of P-1")
    assert (publication.added, publication.changed, publication.removed) == (1, 1, 0)
    total = sum(f.geometry.area for f in Feature.objects.filter(retired_in=None))
    assert total == pytest.approx(900 + 1200 + 100, abs=1e-6)


def test_the_pieces_of_a_split_merge_to_what_stood_before(draft):
    outcome = split_feature(chosen(draft, "P-1"), CUT)
    names = [state.stable_id for state in outcome.features]
    merged = merge_features(chosen(draft, *names), keep="P-1")
    assert [gone.stable_id for gone in merged.deleted] == [names[1]]
    assert merged.features[0].content.geometry.equals(square(0, 0, 30))
    assert draft_counts(draft) == {"create": 0, "replace": 1, "delete": 0}


def test_the_largest_of_merged_neighbours_gives_its_name_and_attributes(draft):
    outcome = merge_features(chosen(draft, "P-1", "P-2"))
    [merged] = outcome.features
    assert (merged.stable_id, merged.content.properties) == ("P-2", {"owner": "king"})
    assert [gone.stable_id for gone in outcome.deleted] == ["P-1"]
    assert (outcome.before_m2, outcome.after_m2) == (2100, 2100)
    assert shown(draft) == {"P-2": 2100, "P-9": 100}


def test_one_may_choose_whose_name_stays(draft):
    [merged] = merge_features(chosen(draft, "P-1", "P-2"), keep="P-1").features
    assert (merged.stable_id, merged.content.land_use) == ("P-1", "school")
    with pytest.raises(OperationError, match="not among"):
        aggregate_features(chosen(draft, "P-1", "P-9"), keep="P-2")


def test_strangers_are_not_merged_but_may_be_aggregated_and_exploded(draft):
    with pytest.raises(OperationError, match="share no border"):
        merge_features(chosen(draft, "P-1", "P-9"))
    [whole] = aggregate_features(chosen(draft, "P-1", "P-9")).features
    assert whole.stable_id == "P-1"
    assert len(whole.content.geometry.geoms) == 2
    pieces = explode_feature(chosen(draft, "P-1")).features
    assert [round(p.content.geometry.area) for p in pieces] == [900, 100]
    assert pieces[1].note == "split from P-1"


def test_a_hole_changes_the_balance_by_its_ground(draft):
    outcome = cut_hole_in_feature(chosen(draft, "P-1"), square(10, 10, 5))
    assert outcome.as_json()["balance"] == {
        "before_m2": 900.0, "after_m2": 875.0, "difference_m2": -25.0,
    }  # fmt: skip
    filled = fill_hole_in_feature(chosen(draft, "P-1"), at(12, 12))
    assert filled.after_m2 - filled.before_m2 == 25


def test_a_feature_snaps_to_its_neighbours_within_the_layers_tolerance(draft):
    put(draft, "P-1", rectangle(0, 0, 29.91, 30))
    [snapped] = snap_feature(chosen(draft, "P-1")).features
    assert snapped.content.geometry.area == pytest.approx(900, abs=1e-6)
    put(draft, "P-1", rectangle(0, 0, 29.89, 30))
    [left] = snap_feature(chosen(draft, "P-1")).features
    assert left.content.geometry.area == pytest.approx(29.89 * 30, abs=1e-6)
    [wider] = snap_feature(chosen(draft, "P-1"), tolerance_m=0.2).features
    assert wider.content.geometry.area == pytest.approx(900, abs=1e-6)


@pytest.mark.parametrize("tolerance_m", [0, -1, 10.1, float("nan")])
def test_corners_are_not_moved_across_the_street(draft, tolerance_m):
    with pytest.raises(OperationError, match="are not moved"):
        snap_feature(chosen(draft, "P-1"), tolerance_m=tolerance_m)


def test_an_operation_on_a_feature_another_changed_changes_nothing(draft, sophea):
    seen = chosen(draft, "P-1", "P-2")
    put(draft, "P-2", rectangle(30, 0, 41, 30), sophea)
    with pytest.raises(StaleStateError, match="sophea changed 'P-2'"):
        merge_features(seen)
    assert shown(draft) == {"P-1": 900, "P-2": 1230, "P-9": 100}
    assert draft.edits.count() == 1


def test_an_operation_needs_the_features_it_works_on(draft):
    nothing = Selected(draft=draft, author=draft.author, etags={})
    with pytest.raises(OperationError, match="No feature"):
        split_feature(nothing, CUT)
    with pytest.raises(OperationError, match="one feature at a time"):
        split_feature(chosen(draft, "P-1", "P-2"), CUT)
    with pytest.raises(OperationError, match="One feature is one"):
        merge_features(chosen(draft, "P-1"))
    with pytest.raises(NotFoundError):
        split_feature(Selected(draft=draft, author=draft.author, etags={"X": '"r1"'}), CUT)


def test_a_feature_of_two_parts_is_split_in_the_part_the_line_crosses(draft):
    put(draft, "P-9", MultiPolygon([square(500, 0, 10), square(600, 0, 10)]))
    outcome = split_feature(chosen(draft, "P-9"), line((504, -5), (504, 15)))
    assert [round(s.content.geometry.area) for s in outcome.features] == [160, 40]


def test_features_deleted_by_becoming_one_are_taken_back_with_the_etags_they_were_told_with(draft):
    outcome = aggregate_features(chosen(draft, "P-1", "P-9"))
    [kept] = outcome.features
    told = outcome.as_json()
    assert told["deleted"] == ["P-9"]
    withdraw_edit(
        draft=draft, stable_id="P-9", if_match=told["deleted_etags"]["P-9"], author=draft.author
    )
    withdraw_edit(draft=draft, stable_id="P-1", if_match=kept.etag, author=draft.author)
    assert shown(draft) == {"P-1": 900, "P-2": 1200, "P-9": 100}
    assert draft_counts(draft) == {"create": 0, "replace": 0, "delete": 0}


def test_a_cut_road_keeps_the_name_on_its_longest_piece_and_merges_back(dara):
    road = line((0, 0), (100, 0))
    roads = filled_layer("roads", feature("R-1", road, name="Ekareach"), geometry_kind="line")
    draft = draft_of(roads, dara)
    outcome = split_feature(chosen(draft, "R-1"), line((30, -5), (30, 5)))
    kept, new = outcome.features
    assert (kept.stable_id, kept.content.geometry.length) == ("R-1", pytest.approx(70))
    assert new.content.geometry.length == pytest.approx(30)
    assert new.content.properties == {"name": "Ekareach"}

    [whole] = merge_features(chosen(draft, new.stable_id, "R-1")).features
    assert (whole.stable_id, whole.content.geometry.length) == ("R-1", pytest.approx(100))

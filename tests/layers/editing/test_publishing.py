"""From draft to version, conflicts with what was published meanwhile, and the way back."""

from datetime import date

import pytest

from layers.editing.drafts import resolve_stale
from layers.editing.errors import (
    ClosedDraftError,
    EditingError,
    PreconditionMissingError,
    StaleEditError,
    StaleStateError,
)
from layers.editing.etags import GONE
from layers.editing.publishing import revert_layer
from layers.editing.reading import feature_state, published_state, stale_edits, state_of
from layers.errors import NotFoundError
from layers.models import Feature, LayerVersion
from layers.queries import current_features, features_in_version
from layers.services import Provenance, open_layer, publish_changes, publish_features
from tests.factories import at, feature, filled_layer, land_use
from tests.layers.editing.ground import add, draft_of, publish, put, remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer():
    return filled_layer("trees", *(feature(k, at(i, 0)) for i, k in enumerate("ABC")))


@pytest.fixture
def draft(layer, dara):
    return draft_of(layer, dara, "Tree survey")


def places(rows):
    return {f.stable_id: round(f.geometry.x - 330_000) for f in rows}


def published(layer):
    return places(current_features(layer.slug))


def test_publishing_makes_one_version_of_all_edits(layer, draft, dara):
    put(draft, "A", at(50, 0))
    remove(draft, "B")
    add(draft, "D", at(9, 0))
    publication = publish(draft, "After the storm")
    assert (publication.added, publication.changed, publication.removed) == (1, 1, 1)
    assert published(layer) == {"A": 50, "C": 2, "D": 9}
    version = LayerVersion.objects.get(number=2)
    assert (version.published_by, version.message) == (dara, "After the storm")
    assert version.source_name == f"draft {draft.pk}: Tree survey"
    assert version.feature_count == 3


def test_a_published_draft_is_closed_and_names_its_version(draft, dara):
    put(draft, "A", at(50, 0))
    publish(draft, "Moved")
    draft.refresh_from_db()
    assert (draft.state, draft.published_number, draft.closed_by) == ("published", 2, dara)
    with pytest.raises(ClosedDraftError):
        publish(draft)
    with pytest.raises(ClosedDraftError):
        put(draft, "A", at(51, 0))


def test_a_version_says_why_or_is_not_published(layer, draft):
    put(draft, "A", at(50, 0))
    with pytest.raises(EditingError, match="says why"):
        publish(draft, "  ")
    assert published(layer)["A"] == 0


def test_a_draft_without_edits_is_not_published(draft):
    with pytest.raises(EditingError, match="changes nothing"):
        publish(draft)


def test_class_and_attributes_are_published_as_drawn(layer, draft):
    land_use("park")
    put(draft, "A", at(0, 0), land_use="park", lifecycle="planned", properties={"name": "ក"})
    publish(draft)
    found = Feature.objects.get(stable_id="A", retired_in=None)
    assert (found.land_use.code, found.lifecycle, found.properties) == (
        "park",
        "planned",
        {"name": "ក"},
    )


def test_correcting_a_feature_is_no_new_survey(dara):
    layer = open_layer(slug="wells", geometry_kind="point")
    surveyed = Provenance(captured_on=date(2025, 3, 1))
    publish_features(layer=layer, features=[feature("A", at(0, 0))], provenance=surveyed)
    draft = draft_of(layer, dara)
    put(draft, "A", at(1, 0))
    assert publish(draft).version.captured_on == date(2025, 3, 1)


def test_the_first_features_of_a_layer_may_come_from_a_draft(dara):
    layer = open_layer(slug="wells", geometry_kind="point")
    draft = draft_of(layer, dara)
    add(draft, "A", at(3, 0))
    assert publish(draft).version.number == 1
    assert published(layer) == {"A": 3}


def test_what_another_published_meanwhile_is_not_overwritten(layer, draft, sophea):
    put(draft, "A", at(50, 0))
    put(draft, "B", at(60, 0))
    other = Provenance(published_by=sophea, message="Mine")
    publish_changes(layer, [feature("A", at(7, 0))], ["C"], other)
    with pytest.raises(StaleEditError, match="'A'") as told:
        publish(draft)
    assert told.value.status == 412
    [conflict] = told.value.detail["stale"]
    assert conflict["id"] == "A"
    assert (conflict["changed_by"], conflict["version"]) == ("sophea", 2)
    assert conflict["theirs_etag"] == published_state(layer, "A").etag
    assert published(layer) == {"A": 7, "B": 1}
    draft.refresh_from_db()
    assert draft.state == "open"
    assert round(feature_state(draft, "A").content.geometry.x - 330_000) == 50


def test_features_the_draft_does_not_touch_follow_what_is_published(layer, draft):
    put(draft, "A", at(50, 0))
    publish_changes(layer, [feature("B", at(7, 0))], ["C"], Provenance())
    publish(draft)
    assert published(layer) == {"A": 50, "B": 7}


def resolve(draft, stable_id, keep, **given):
    given.setdefault("if_match", published_state(draft.layer, stable_id).etag)
    return resolve_stale(draft=draft, stable_id=stable_id, keep=keep, author=draft.author, **given)


@pytest.mark.parametrize(("keep", "expected"), [("mine", 50), ("theirs", 7)])
def test_a_feature_changed_on_both_sides_is_decided_one_by_one(layer, draft, keep, expected):
    put(draft, "A", at(50, 0))
    put(draft, "B", at(60, 0))
    publish_changes(layer, [feature("A", at(7, 0))], [], Provenance())
    resolve(draft, "A", keep)
    assert stale_edits(draft) == []
    publish(draft)
    assert published(layer) == {"A": expected, "B": 60, "C": 2}


@pytest.mark.parametrize(("keep", "expected"), [("mine", {"A": 50}), ("theirs", {})])
def test_what_they_removed_may_be_kept_or_let_go(layer, draft, keep, expected):
    put(draft, "A", at(50, 0))
    publish_changes(layer, [], ["A"], Provenance())
    [conflict] = stale_edits(draft)
    assert conflict.as_json()["theirs"] == "removed"
    resolve(draft, "A", keep, if_match=GONE)
    assert stale_edits(draft) == []
    kept = state_of(draft, "A")
    assert (kept.action if kept.content else None) == ("create" if expected else None)
    if expected:
        publish(draft)
    assert {k: v for k, v in published(layer).items() if k == "A"} == expected


@pytest.mark.parametrize(("keep", "stands"), [("mine", False), ("theirs", True)])
def test_what_i_removed_and_they_changed_is_decided(layer, draft, keep, stands):
    remove(draft, "A")
    add(draft, "D", at(9, 0))
    publish_changes(layer, [feature("A", at(7, 0))], [], Provenance())
    assert [conflict.stable_id for conflict in stale_edits(draft)] == ["A"]
    resolve(draft, "A", keep)
    publish(draft)
    assert ("A" in published(layer)) is stands


def test_what_both_removed_is_no_conflict(layer, draft):
    remove(draft, "A")
    publish_changes(layer, [], ["A"], Provenance())
    assert stale_edits(draft) == []
    add(draft, "D", at(9, 0))
    assert publish(draft).removed == 0


def test_two_new_features_of_one_name_are_a_conflict(layer, draft):
    add(draft, "D", at(9, 0))
    publish_changes(layer, [feature("D", at(8, 0))], [], Provenance())
    with pytest.raises(StaleEditError, match="'D'"):
        publish(draft)
    resolve(draft, "D", "mine")
    assert publish(draft).changed == 1
    assert published(layer)["D"] == 9


def test_nobody_decides_about_a_state_they_have_not_seen(layer, draft):
    put(draft, "A", at(50, 0))
    publish_changes(layer, [feature("A", at(7, 0))], [], Provenance())
    seen = published_state(layer, "A").etag
    publish_changes(layer, [feature("A", at(8, 0))], [], Provenance())
    with pytest.raises(StaleStateError):
        resolve(draft, "A", "mine", if_match=seen)
    with pytest.raises(PreconditionMissingError):
        resolve(draft, "A", "mine", if_match=None)
    with pytest.raises(NotFoundError):
        resolve(draft, "C", "mine")


def revert(layer, number, author):
    return revert_layer(layer=layer, number=number, author=author, message="Back")


def test_going_back_is_a_new_version_that_equals_the_old(layer, draft, dara):
    put(draft, "A", at(50, 0))
    remove(draft, "B")
    add(draft, "D", at(9, 0))
    publish(draft)
    publication = revert(layer, 1, dara)
    assert (publication.added, publication.changed, publication.removed) == (1, 1, 1)
    assert publication.unchanged == 1
    assert (publication.version.number, publication.version.message) == (3, "Back")
    assert publication.version.source_name.startswith("version 1 of ")
    assert places(features_in_version(layer, 3)) == {"A": 0, "B": 1, "C": 2}
    assert places(features_in_version(layer, 2)) == {"A": 50, "C": 2, "D": 9}
    assert publication.version.feature_count == 3


def test_going_back_to_what_stands_is_refused(layer, dara):
    with pytest.raises(EditingError, match="stands as in version 1"):
        revert(layer, 1, dara)


def test_going_back_to_a_version_that_never_was_is_refused(layer, dara):
    with pytest.raises(NotFoundError, match="no version 9"):
        revert(layer, 9, dara)


def test_a_feature_that_already_came_back_keeps_its_row(layer, dara):
    publish_changes(layer, [feature("A", at(50, 0))], ["B"], Provenance())
    publish_changes(layer, [feature("A", at(0, 0))], [], Provenance())
    row = Feature.objects.get(stable_id="A", retired_in=None).pk
    revert(layer, 1, dara)
    assert Feature.objects.get(stable_id="A", retired_in=None).pk == row
    assert published(layer) == {"A": 0, "B": 1, "C": 2}

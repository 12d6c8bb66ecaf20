"""Drafts: what they show, who may overwrite whom, and that nothing is lost."""

import pytest
import shapely
from django.db import IntegrityError, transaction

from layers.crs import to_project
from layers.editing.content import Content, from_geojson, to_geojson
from layers.editing.drafts import (
    IdentifierTakenError,
    create_feature,
    delete_feature,
    discard_draft,
    open_draft,
    replace_feature,
    withdraw_edit,
    working_draft,
)
from layers.editing.errors import (
    ClosedDraftError,
    EditingError,
    PreconditionMissingError,
    ProblemsError,
    StaleStateError,
)
from layers.editing.models import DraftEdit
from layers.editing.reading import (
    deleted_in,
    draft_counts,
    draft_named,
    feature_state,
    features_of,
    state_of,
)
from layers.errors import NotFoundError
from layers.models import Feature
from layers.queries import current_features
from layers.services import Provenance, open_layer, publish_changes
from tests.factories import at, feature, filled_layer, outline, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer():
    return filled_layer(
        "houses",
        *(feature(k, square(i * 20, 0, 10), storeys=i) for i, k in enumerate("ABC")),
        geometry_kind="polygon",
    )


@pytest.fixture
def draft(layer, dara):
    return open_draft(layer=layer, title="Spring survey", author=dara)


def area(state):
    return round(state.content.geometry.area)


def replace(draft, stable_id, shape, author, seen=None):
    etag = seen or feature_state(draft, stable_id).etag
    content = Content(geometry=shape)
    return replace_feature(
        draft=draft, stable_id=stable_id, content=content, if_match=etag, author=author
    )


def test_a_new_draft_shows_what_is_published(draft):
    assert [(s.stable_id, area(s)) for s in features_of(draft)] == [
        ("A", 100),
        ("B", 100),
        ("C", 100),
    ]
    assert draft.base_number == 1
    assert draft_counts(draft) == {"create": 0, "replace": 0, "delete": 0}


def test_a_draft_shows_its_changes_and_the_published_layer_does_not(draft, dara):
    replace(draft, "A", square(0, 0, 12), dara)
    delete_feature(draft=draft, stable_id="B", if_match=feature_state(draft, "B").etag, author=dara)
    create_feature(draft=draft, content=Content(geometry=at(5, 5).buffer(1)), author=dara,
                   stable_id="D")  # fmt: skip
    assert {s.stable_id for s in features_of(draft)} == set("ACD")
    assert area(feature_state(draft, "A")) == 144
    assert draft_counts(draft) == {"create": 1, "replace": 1, "delete": 1}
    assert deleted_in(draft) == ["B"]
    assert {f.stable_id: round(f.geometry.area) for f in current_features("houses")} == {
        "A": 100, "B": 100, "C": 100,
    }  # fmt: skip


def test_a_draft_costs_its_edits_not_a_copy_of_the_layer(draft, dara):
    replace(draft, "A", square(0, 0, 12), dara)
    assert DraftEdit.objects.count() == 1
    assert Feature.objects.count() == 3


def test_a_draft_is_read_page_by_page_and_by_box(draft, dara):
    replace(draft, "B", square(500, 0, 10), dara)
    assert [s.stable_id for s in features_of(draft, limit=2)] == ["A", "B"]
    assert [s.stable_id for s in features_of(draft, limit=2, after="B")] == ["C"]
    west, south = 330_000, 1_170_000
    assert [s.stable_id for s in features_of(draft, bbox=(west, south, west + 60, south + 9))] == [
        "A",
        "C",
    ]
    far = features_of(draft, bbox=(west + 490, south, west + 520, south + 9))
    assert [s.stable_id for s in far] == ["B"]


def test_the_second_of_two_people_is_told_who_was_faster_and_sees_the_state(draft, dara, sophea):
    seen = feature_state(draft, "A").etag
    replace(draft, "A", square(0, 0, 12), dara, seen)
    with pytest.raises(StaleStateError, match="dara changed 'A'") as told:
        replace(draft, "A", square(0, 0, 30), sophea, seen)
    assert told.value.status == 412
    assert told.value.detail["current"]["id"] == "A"
    assert told.value.detail["etag"] == feature_state(draft, "A").etag
    assert told.value.detail["changed_by"] == "dara"
    assert area(feature_state(draft, "A")) == 144


def test_the_second_may_go_on_from_the_state_that_was_shown(draft, dara, sophea):
    seen = feature_state(draft, "A").etag
    replace(draft, "A", square(0, 0, 12), dara, seen)
    with pytest.raises(StaleStateError) as told:
        replace(draft, "A", square(0, 0, 30), sophea, seen)
    replace(draft, "A", square(0, 0, 30), sophea, told.value.detail["etag"])
    assert area(feature_state(draft, "A")) == 900
    kept = [(e.revision, e.edited_by.username, round(e.geometry.area)) for e in draft.edits.all()]
    assert kept == [(1, "dara", 144), (2, "sophea", 900)]


def test_who_edits_what_another_deleted_is_told_so(draft, dara, sophea):
    seen = feature_state(draft, "A").etag
    delete_feature(draft=draft, stable_id="A", if_match=seen, author=dara)
    with pytest.raises(StaleStateError) as told:
        replace(draft, "A", square(0, 0, 30), sophea, seen)
    assert told.value.detail["action"] == "delete"
    assert told.value.detail["current"] is None


def test_who_edits_what_was_published_anew_is_told_by_which_hand(draft, layer, dara, sophea):
    seen = feature_state(draft, "A").etag
    publish_changes(layer, [feature("A", square(0, 0, 11))], [], Provenance(published_by=sophea))
    with pytest.raises(StaleStateError, match="sophea changed 'A'") as told:
        replace(draft, "A", square(0, 0, 30), dara, seen)
    assert told.value.detail["action"] == "published"


def test_a_change_that_names_no_state_is_refused(draft, dara):
    with pytest.raises(PreconditionMissingError) as told:
        replace_feature(
            draft=draft, stable_id="A", content=Content(geometry=at(0, 0)), if_match=None,
            author=dara,
        )  # fmt: skip
    assert told.value.status == 428
    with pytest.raises(PreconditionMissingError):
        delete_feature(draft=draft, stable_id="A", if_match="", author=dara)


def test_a_feature_that_never_was_is_not_found(draft, dara):
    with pytest.raises(NotFoundError):
        delete_feature(draft=draft, stable_id="Z", if_match='"r1"', author=dara)
    with pytest.raises(NotFoundError):
        withdraw_edit(draft=draft, stable_id="A", if_match='"r1"', author=dara)


def test_unedited_features_have_the_same_validator_in_every_draft(draft, layer, sophea):
    other = open_draft(layer=layer, title="Other", author=sophea)
    assert feature_state(draft, "A").etag == feature_state(other, "A").etag


def test_every_step_gives_another_validator(draft, dara):
    seen = [feature_state(draft, "A").etag]
    seen += [replace(draft, "A", square(0, 0, size), dara).etag for size in (11, 12, 11)]
    assert len(set(seen)) == 4


def test_two_drafts_do_not_see_each_other(draft, layer, dara, sophea):
    other = open_draft(layer=layer, title="Other", author=sophea)
    replace(draft, "A", square(0, 0, 12), dara)
    assert area(feature_state(other, "A")) == 100


def test_taking_back_an_edit_shows_what_is_published(draft, dara):
    before = feature_state(draft, "A").etag
    changed = replace(draft, "A", square(0, 0, 12), dara)
    back = withdraw_edit(draft=draft, stable_id="A", if_match=changed.etag, author=dara)
    assert (back.etag, area(back)) == (before, 100)
    assert draft_counts(draft)["replace"] == 0
    assert [edit.action for edit in draft.edits.all()] == ["replace", "withdraw"]


def test_deleting_what_the_draft_itself_added_leaves_no_trace_to_publish(draft, dara):
    made = create_feature(draft=draft, content=Content(geometry=square(90, 0, 5)), author=dara)
    gone = delete_feature(draft=draft, stable_id=made.stable_id, if_match=made.etag, author=dara)
    assert gone.content is None
    assert draft_counts(draft) == {"create": 0, "replace": 0, "delete": 0}
    assert state_of(draft, made.stable_id).content is None


def test_what_was_deleted_may_be_drawn_again_under_its_identifier(draft, dara):
    seen = feature_state(draft, "A")
    delete_feature(draft=draft, stable_id="A", if_match=seen.etag, author=dara)
    again = create_feature(
        draft=draft, content=Content(geometry=square(0, 0, 7)), author=dara, stable_id="A"
    )
    assert (again.action, again.row) == ("replace", seen.row)


def test_a_new_feature_cannot_take_the_name_of_one_that_stands(draft, dara):
    with pytest.raises(IdentifierTakenError, match="'A' stands already"):
        create_feature(
            draft=draft, content=Content(geometry=square(0, 0, 5)), author=dara, stable_id="A"
        )


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\tb", "a\x00"])
def test_a_name_nobody_could_type_is_refused(draft, dara, name):
    with pytest.raises(EditingError, match="cannot be an identifier"):
        create_feature(
            draft=draft, content=Content(geometry=square(0, 0, 5)), author=dara, stable_id=name
        )


def test_new_features_get_names_of_their_own(draft, dara):
    made = {
        create_feature(
            draft=draft, content=Content(geometry=square(0, 0, 5)), author=dara
        ).stable_id
        for _ in range(5)
    }
    assert len(made) == 5
    assert all(name.startswith("houses-") for name in made)


def test_a_crossed_outline_never_reaches_a_draft_and_the_place_is_told(draft, dara):
    bow_tie = outline((0, 0), (10, 10), (10, 0), (0, 10))
    with pytest.raises(ProblemsError, match="crosses itself") as told:
        replace(draft, "A", bow_tie, dara)
    [problem] = told.value.detail["problems"]
    assert problem["kind"] == "invalid_geometry"
    place = to_project(shapely.Point(problem["point"]), 4326)
    assert place.distance(at(5, 5)) < 0.001
    assert draft.edits.count() == 0


def test_the_database_refuses_a_crossed_outline_whoever_writes_it(draft, dara):
    crossed = f"SRID=32648;{outline((0, 0), (10, 10), (10, 0), (0, 10)).wkt}"
    with pytest.raises(IntegrityError), transaction.atomic():
        DraftEdit.objects.create(
            draft=draft, revision=1, stable_id="Z", action="create", geometry=crossed,
            edited_by=dara,
        )  # fmt: skip


def test_a_discarded_draft_is_kept_and_closed(draft, dara, sophea):
    replace(draft, "A", square(0, 0, 12), dara)
    closed = discard_draft(draft=draft, author=sophea, reason="Wrong survey")
    assert (closed.state, closed.closed_by, closed.message) == (
        "discarded", sophea, "Wrong survey",
    )  # fmt: skip
    assert closed.closed_at is not None
    assert draft.edits.count() == 1
    with pytest.raises(ClosedDraftError, match="closed"):
        replace(draft, "A", square(0, 0, 13), dara)
    with pytest.raises(ClosedDraftError):
        discard_draft(draft=draft, author=dara)


def test_the_working_draft_is_the_authors_own_open_one(layer, draft, dara, sophea):
    assert working_draft(layer=layer, author=dara) == draft
    other = working_draft(layer=layer, author=sophea)
    assert other != draft
    assert working_draft(layer=layer, author=sophea) == other
    discard_draft(draft=other, author=sophea)
    assert working_draft(layer=layer, author=sophea).pk > other.pk


def test_a_draft_of_another_layer_is_not_found(draft):
    other = open_layer(slug="roads", geometry_kind="line")
    with pytest.raises(NotFoundError, match="no draft"):
        draft_named(other, draft.pk)
    assert draft_named(draft.layer, draft.pk) == draft


def test_a_layer_never_published_can_be_drawn_from_nothing(dara):
    layer = open_layer(slug="new", geometry_kind="point")
    draft = open_draft(layer=layer, title="First", author=dara)
    create_feature(draft=draft, content=Content(geometry=at(0, 0)), author=dara, stable_id="A")
    assert [s.stable_id for s in features_of(draft)] == ["A"]


def test_a_feature_read_as_degrees_and_sent_back_has_not_moved(draft, dara):
    state = feature_state(draft, "A")
    shape = outline((0.123, 0.456), (10.789, 0.321), (5.555, 9.999))
    state = replace(draft, "A", shape, dara)
    sent = to_geojson(state)
    again = from_geojson(sent, draft.layer, base=state.content)
    assert again.geometry.equals_exact(shape, 0.0)
    assert again.properties == state.content.properties


def test_one_corner_moved_leaves_the_others_exactly_where_they_stood(draft):
    state = feature_state(draft, "A")
    sent = to_geojson(state)
    ring = [list(place) for place in sent["geometry"]["coordinates"][0]]
    ring[1][0] += 0.0001
    sent["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    moved = shapely.get_coordinates(from_geojson(sent, draft.layer, base=state.content).geometry)
    stood = shapely.get_coordinates(state.content.geometry)
    assert [tuple(a) == tuple(b) for a, b in zip(moved, stood, strict=True)] == [
        True, False, True, True, True,
    ]  # fmt: skip

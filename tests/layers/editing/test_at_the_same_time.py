"""People who press the button in the same instant, on connections of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from layers.editing.content import Content
from layers.editing.drafts import create_feature, replace_feature
from layers.editing.errors import EditingError, StaleEditError, StaleStateError
from layers.editing.publishing import publish_draft, revert_layer
from layers.editing.reading import draft_counts, feature_state
from layers.models import LayerVersion
from layers.queries import current_features
from layers.services import publish_features
from tests.factories import at, feature, filled_layer
from tests.layers.editing.ground import draft_of, put

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def layer():
    return filled_layer("trees", *(feature(k, at(i, 0)) for i, k in enumerate("ABC")))


def together(*works):
    """Do all at once, each in its own thread and transaction; return results and refusals."""
    start = threading.Barrier(len(works))

    def one(work):
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            return work()
        except EditingError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.fixture
def people(layer):
    return [User.objects.create_user(f"p{number}") for number in range(4)]


@pytest.mark.parametrize("_again", range(3))
def test_of_four_who_change_one_feature_one_does_and_three_are_told(layer, people, _again):
    draft = draft_of(layer, people[0])
    seen = feature_state(draft, "A").etag

    def change(person):
        content = Content(geometry=at(person.pk, 7))
        return lambda: replace_feature(
            draft=draft, stable_id="A", content=content, if_match=seen, author=person
        )

    outcomes = together(*map(change, people))
    refused = [outcome for outcome in outcomes if isinstance(outcome, StaleStateError)]
    [done] = [outcome for outcome in outcomes if outcome not in refused]
    assert len(refused) == 3
    assert {error.detail["changed_by"] for error in refused} == {done.changed_by}
    assert {error.detail["etag"] for error in refused} == {done.etag}
    assert draft.edits.count() == 1


def test_of_two_drafts_that_change_one_feature_one_is_published_and_none_is_lost(layer, people):
    drafts = [draft_of(layer, person) for person in people[:2]]
    for place, draft in enumerate(drafts, start=50):
        put(draft, "A", at(place, 0))

    def publish(draft):
        return lambda: publish_draft(draft=draft, author=draft.author, message="mine")

    outcomes = together(*map(publish, drafts))
    [refused] = [outcome for outcome in outcomes if isinstance(outcome, StaleEditError)]
    [done] = [outcome for outcome in outcomes if outcome is not refused]
    assert done.version.number == 2
    winner = done.version.published_by
    assert refused.detail["stale"][0]["changed_by"] == winner.username
    for draft in drafts:
        draft.refresh_from_db()
        assert draft.state == ("published" if draft.author == winner else "open")
        assert draft.edits.count() == 1


def test_drafts_of_different_features_are_all_published_one_after_the_other(layer, people):
    drafts = [draft_of(layer, person) for person in people[:3]]
    for name, draft in zip("ABC", drafts, strict=True):
        put(draft, name, at(90, 0))

    def publish(draft):
        return lambda: publish_draft(draft=draft, author=draft.author, message="mine")

    outcomes = together(*map(publish, drafts))
    assert sorted(outcome.version.number for outcome in outcomes) == [2, 3, 4]
    assert {round(f.geometry.x) for f in current_features("trees")} == {330_090}


def test_an_import_a_draft_and_a_way_back_at_once_leave_whole_versions(layer, people):
    draft = draft_of(layer, people[0])
    put(draft, "A", at(50, 0))
    publish_features(layer=layer, features=[feature("B", at(60, 0))], replaces_all=False)
    imported = [feature(name, at(70, 0)) for name in "ABCD"]
    together(
        lambda: publish_draft(draft=draft, author=people[0], message="draft"),
        lambda: publish_features(layer=layer, features=imported),
        lambda: revert_layer(layer=layer, number=1, author=people[1], message="back"),
    )
    layer.refresh_from_db()
    newest = LayerVersion.objects.get(layer=layer, number=layer.published_number)
    assert newest.feature_count == current_features("trees").count()
    assert LayerVersion.objects.filter(layer=layer, state="published").count() == 1


def test_new_features_of_many_hands_all_get_a_step_of_their_own(layer, people):
    draft = draft_of(layer, people[0])

    def draw(person):
        content = Content(geometry=at(person.pk, 9))
        return lambda: create_feature(draft=draft, content=content, author=person)

    outcomes = together(*map(draw, people))
    assert len({outcome.stable_id for outcome in outcomes}) == 4
    assert sorted(outcome.revision for outcome in outcomes) == [1, 2, 3, 4]
    assert draft_counts(draft)["create"] == 4

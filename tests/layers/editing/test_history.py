"""Differences between versions, and layers as of a version or a day."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.editing.errors import EditingError
from layers.editing.history import (
    difference_counts,
    differences,
    feature_as_of,
    features_as_of,
    version_on,
    versions_of,
)
from layers.editing.publishing import revert_layer
from layers.editing.reading import latest_edits
from layers.errors import NotFoundError
from layers.models import Layer, LayerVersion
from layers.services import Provenance, open_layer, publish_changes
from tests.factories import at, feature, filled_layer
from tests.layers.editing.ground import add, draft_of, publish, put, remove

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer():
    layer = filled_layer("trees", *(feature(k, at(i, 0)) for i, k in enumerate("ABCDE")))
    changed = [
        feature("A", at(50, 0)),
        feature("B", at(1, 0), lifecycle="planned"),
        feature("C", at(52, 0), height=3),
        feature("F", at(5, 0)),
    ]
    publish_changes(layer, changed, ["D"], Provenance())
    return layer


def test_differences_are_counted_by_how_features_differ(layer):
    assert difference_counts(layer, 1, 2) == {
        "added": 1, "removed": 1, "moved": 1, "attributes": 1, "both": 1,
    }  # fmt: skip


def test_read_backwards_what_was_added_is_removed(layer):
    publish_changes(layer, [feature("G", at(9, 0))], [], Provenance())
    counts = difference_counts(layer, 3, 1)
    assert (counts["added"], counts["removed"]) == (1, 2)
    kinds = {d.stable_id: d.kind for d in differences(layer, 3, 1)}
    assert (kinds["D"], kinds["F"]) == ("added", "removed")


def test_each_difference_shows_the_feature_before_and_after(layer):
    found = {d.stable_id: d.as_json() for d in differences(layer, 1, 2)}
    assert {name: d["kind"] for name, d in found.items()} == {
        "A": "moved", "B": "attributes", "C": "both", "D": "removed", "F": "added",
    }  # fmt: skip
    assert found["D"]["after"] is None
    assert found["F"]["before"] is None
    west, east = (found["A"][side]["geometry"]["coordinates"][0] for side in ("before", "after"))
    assert (east - west) * 109_600 == pytest.approx(50, abs=0.5)  # m per degree at 10.58° north


def test_differences_come_page_by_page(layer):
    first = differences(layer, 1, 2, limit=2)
    second = differences(layer, 1, 2, limit=2, following=first[-1].stable_id)
    assert [d.stable_id for d in (*first, *second)] == ["A", "B", "C", "D"]


def test_a_version_does_not_differ_from_itself(layer):
    assert set(difference_counts(layer, 2, 2).values()) == {0}
    assert differences(layer, 2, 2) == []


def test_what_came_and_went_in_between_is_no_difference(layer):
    publish_changes(layer, [feature("X", at(9, 0)), feature("E", at(99, 0))], [], Provenance())
    publish_changes(layer, [feature("E", at(4, 0))], ["X"], Provenance())
    assert set(difference_counts(layer, 2, 4).values()) == {0}
    assert differences(layer, 2, 4) == []


def test_a_version_that_never_was_cannot_be_compared(layer):
    with pytest.raises(NotFoundError, match="no version 7"):
        difference_counts(layer, 1, 7)
    with pytest.raises(NotFoundError):
        features_as_of(layer, 7)


def published_on(layer, *moments):
    """Versions 1, 2, ... with these times (as if they had been published then)."""
    LayerVersion.objects.filter(layer=layer).delete()
    for number, moment in enumerate(moments, start=1):
        LayerVersion.objects.create(
            layer=layer, number=number, state="retired", published_at=moment
        )


@pytest.mark.parametrize(
    ("day", "number"),
    [(date(2026, 3, 2), 1), (date(2026, 3, 3), 2), (date(2026, 3, 4), 3), (date(2027, 1, 1), 3)],
)
def test_a_day_ends_at_midnight_in_phnom_penh(layer, day, number):
    # 16:59:59 UTC on 2 March is 23:59:59 in Phnom Penh (UTC+7); a second later is the next day
    published_on(
        layer,
        datetime(2026, 3, 2, 16, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 2, 17, 0, 0, tzinfo=UTC),
        datetime(2026, 3, 4, 16, 59, 59, tzinfo=UTC),
    )
    assert version_on(layer, day).number == number


def test_before_the_first_publication_there_was_nothing(layer):
    published_on(layer, datetime(2026, 3, 2, 17, 0, 0, tzinfo=UTC))
    with pytest.raises(NotFoundError, match="On 2026-03-02"):
        version_on(layer, date(2026, 3, 2))


def test_a_feature_is_found_as_it_stood(layer):
    assert feature_as_of(layer, 1, "A").content.geometry.x == 330_000
    assert feature_as_of(layer, 2, "A").content.geometry.x == 330_050
    assert feature_as_of(layer, 1, "D").content.geometry.x == 330_003
    with pytest.raises(NotFoundError, match="holds no 'D'"):
        feature_as_of(layer, 2, "D")


def test_the_history_lists_versions_newest_first_without_drafts(layer):
    LayerVersion.objects.create(layer=layer, number=9, state="draft")
    assert [v.number for v in versions_of(layer)] == [2, 1]


NAMES = st.sampled_from("ABCD")
STEPS = st.one_of(
    st.tuples(st.just("put"), NAMES, st.integers(0, 3), st.integers(0, 1)),
    st.tuples(st.just("remove"), NAMES),
    st.tuples(st.just("publish")),
    st.tuples(st.just("revert"), st.integers(1, 6)),
)


def state_of_version(layer, number):
    rows = features_as_of(layer, number)
    return {f.stable_id: (round(f.geometry.x - 330_000), f.properties["n"]) for f in rows}


def told(stated, kinds):
    """How two remembered states differ, by hand."""
    before, after = stated
    found = dict.fromkeys(kinds, 0)
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None or new is None:
            found["added" if old is None else "removed"] += 1
            continue
        moved, reworded = old[0] != new[0], old[1] != new[1]
        found["both" if moved and reworded else "moved" if moved else "attributes"] += 1
    return found


class City:
    """A layer beside a Python dict that remembers each version."""

    def __init__(self, author):
        Layer.objects.all().delete()
        self.layer = open_layer(slug="trees", geometry_kind="mixed")
        publish_changes(self.layer, [feature("A", at(0, 0), n=0)], [], Provenance())
        self.author = author
        self.history = {1: {"A": (0, 0)}}
        self.start()

    @property
    def newest(self):
        return self.history[max(self.history)]

    def start(self):
        self.draft, self.now = draft_of(self.layer, self.author), dict(self.newest)
        self.edits = set()

    def put(self, name, x, n):
        change = put if name in self.now else add
        change(self.draft, name, at(x, 0), properties={"n": n})
        self.now[name] = (x, n)
        self.edits.add(name)

    def remove(self, name):
        if name not in self.now:
            return
        remove(self.draft, name)
        del self.now[name]
        self.edits.add(name)

    def publish(self):
        if not latest_edits(self.draft):
            with pytest.raises(EditingError, match="changes nothing"):
                publish(self.draft)
            assert self.now == self.newest
            return
        publication = publish(self.draft)
        assert publication.is_new == (self.now != self.newest)
        self.history[publication.version.number] = dict(self.now)
        self.start()

    def revert(self, number):
        if number not in self.history or self.edits:
            return
        if self.history[number] == self.newest:
            with pytest.raises(EditingError, match="stands as in"):
                revert_layer(layer=self.layer, number=number, author=self.author, message="x")
            return
        done = revert_layer(layer=self.layer, number=number, author=self.author, message="x")
        self.history[done.version.number] = dict(self.history[number])
        self.start()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, min_size=3, max_size=14))
def test_after_any_edits_publications_and_ways_back_every_version_stands_as_it_stood(dara, steps):
    city = City(dara)
    for verb, *given_words in steps:
        getattr(city, verb)(*given_words)
    for number, expected in city.history.items():
        assert state_of_version(city.layer, number) == expected
        assert LayerVersion.objects.get(number=number).feature_count == len(expected)
    for before in city.history:
        for after in city.history:
            counts = difference_counts(city.layer, before, after)
            stated = city.history[before], city.history[after]
            assert counts == told(stated, counts)
            kinds = [str(d.kind) for d in differences(city.layer, before, after)]
            assert {kind: kinds.count(kind) for kind in counts} == counts

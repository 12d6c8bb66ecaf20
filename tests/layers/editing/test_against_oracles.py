"""Drafts over a moving layer, and overlaps, against answers found another way."""

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.editing.checks import check_draft
from layers.editing.drafts import resolve_stale, withdraw_edit
from layers.editing.errors import StaleEditError
from layers.editing.reading import (
    draft_counts,
    features_of,
    published_state,
    stale_edits,
    state_of,
)
from layers.editing.topology import set_topology
from layers.models import Layer
from layers.queries import current_features
from layers.services import Provenance, open_layer, publish_changes
from tests.factories import at, feature, filled_layer, rectangle
from tests.layers.editing.ground import add, draft_of, publish, put, remove

pytestmark = pytest.mark.django_db
ON_ONE_DATABASE = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = st.sampled_from("ABC")
PLACES = st.integers(1, 4)
STEPS = st.one_of(
    st.tuples(st.just("i_put"), NAMES, PLACES),
    st.tuples(st.just("i_remove"), NAMES),
    st.tuples(st.just("i_withdraw"), NAMES),
    st.tuples(st.just("they_put"), NAMES, PLACES),
    st.tuples(st.just("they_remove"), NAMES),
)


class TwoSides:
    """My draft and their publications, beside Python dicts that say what each should show."""

    def __init__(self, author):
        Layer.objects.all().delete()
        self.layer = open_layer(slug="trees", geometry_kind="point")
        self.theirs = {"A": 0, "B": 0}
        self.rows = {"A": 0, "B": 0}  # how often each was published, as the row's identity
        self.mine = {}  # name -> (place or None, row it was made on)
        self.published(["A", "B"], [])
        self.draft = draft_of(self.layer, author)

    def published(self, changed, removed):
        rows = [feature(name, at(self.theirs[name], 0)) for name in changed]
        publish_changes(self.layer, rows, removed, Provenance())

    def shown(self):
        own = {name: place for name, (place, _row) in self.mine.items()}
        return {name: place for name, place in (self.theirs | own).items() if place is not None}

    def base(self, name):
        return self.mine[name][1] if name in self.mine else self.rows.get(name)

    def i_put(self, name, place):
        change = put if name in self.shown() else add
        change(self.draft, name, at(place, 0))
        self.mine[name] = (place, self.base(name))

    def i_remove(self, name):
        if name not in self.shown():
            return
        remove(self.draft, name)
        base = self.base(name)
        if base is None:
            del self.mine[name]
        else:
            self.mine[name] = (None, base)

    def i_withdraw(self, name):
        if name not in self.mine:
            return
        seen = state_of(self.draft, name).etag
        withdraw_edit(draft=self.draft, stable_id=name, if_match=seen, author=self.draft.author)
        del self.mine[name]

    def they_put(self, name, place):
        if self.theirs.get(name) == place:
            return
        self.theirs[name] = place
        self.rows[name] = max(filter(None, self.rows.values()), default=0) + 1
        self.published([name], [])

    def they_remove(self, name):
        if self.theirs.pop(name, None) is not None:
            self.rows[name] = None
            self.published([], [name])

    def stale(self):
        return sorted(
            name
            for name, (place, row) in self.mine.items()
            if row != self.rows.get(name) and not (place is None and self.rows.get(name) is None)
        )


def places(states):
    return {s.stable_id: round(s.content.geometry.x - 330_000) for s in states}


@ON_ONE_DATABASE
@given(steps=st.lists(STEPS, max_size=10), keep=st.sampled_from(["mine", "theirs"]))
def test_a_draft_shows_the_layer_as_published_now_with_its_edits_over_it(dara, steps, keep):
    sides = TwoSides(dara)
    for verb, *words in steps:
        getattr(sides, verb)(*words)
        assert places(features_of(sides.draft)) == sides.shown()
    assert sum(draft_counts(sides.draft).values()) == len(sides.mine)
    stale = [edit.stable_id for edit in stale_edits(sides.draft)]
    assert stale == sides.stale()
    expected = sides.shown()
    if stale:
        with pytest.raises(StaleEditError):
            publish(sides.draft)
    for name in stale:
        seen = published_state(sides.layer, name).etag
        resolve_stale(draft=sides.draft, stable_id=name, keep=keep, if_match=seen, author=dara)
        if keep == "theirs":
            expected.pop(name, None)
            expected |= {name: sides.theirs[name]} if name in sides.theirs else {}
    assert stale_edits(sides.draft) == []
    if sum(draft_counts(sides.draft).values()):
        publish(sides.draft)
        found = current_features("trees")
        assert {f.stable_id: round(f.geometry.x - 330_000) for f in found} == expected


SIDES = st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(2, 30)] * 2)
TOLERANCE_M = 2.0


def shares_a_disc(one, other):
    """Two upright rectangles share a disc as wide as the tolerance: both sides are as long."""
    west, south, east, north = (
        max(one.bounds[0], other.bounds[0]),
        max(one.bounds[1], other.bounds[1]),
        min(one.bounds[2], other.bounds[2]),
        min(one.bounds[3], other.bounds[3]),
    )
    return min(east - west, north - south) > TOLERANCE_M


@ON_ONE_DATABASE
@given(
    standing=st.lists(SIDES, min_size=1, max_size=4), drawn=st.lists(SIDES, min_size=1, max_size=3)
)
def test_overlaps_are_those_that_arithmetic_finds(dara, standing, drawn):
    Layer.objects.all().delete()
    old = {f"S{number}": rectangle(*sides) for number, sides in enumerate(standing)}
    layer = filled_layer("zones", *(feature(name, shape) for name, shape in old.items()))
    set_topology(layer=layer, must_not_overlap=True, tolerance_m=TOLERANCE_M)
    draft = draft_of(layer, dara)
    new = {f"N{number}": rectangle(*sides) for number, sides in enumerate(drawn)}
    for name, shape in new.items():
        add(draft, name, shape)
    expected = {
        frozenset((name, other))
        for name, shape in new.items()
        for other, another in (old | new).items()
        if name != other and shares_a_disc(shape, another)
    }
    problems = [problem for problem in check_draft(draft) if problem.kind == "overlap"]
    assert {frozenset((p.stable_id, p.other)) for p in problems} == expected
    assert len(problems) == len(expected)
    for problem in problems:
        shapes = [(old | new)[name] for name in (problem.stable_id, problem.other)]
        assert problem.measured == pytest.approx(shapely.intersection(*shapes).area)
        assert all(shape.covers(problem.point) for shape in shapes)

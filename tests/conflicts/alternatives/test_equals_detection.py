"""What an alternative is said to bring is what two detections find, before and after it is made."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflicts.alternatives.changes import Alternative, Change
from conflicts.alternatives.services import ask_alternatives
from conflicts.alternatives.vocab import Effect
from conflicts.kinds import KINDS
from conflicts.models import Finding
from conflicts.services import detect_conflicts
from layers.models import Feature, Layer
from layers.services import publish_changes, set_surveyed_area
from tests.conflicts.ground import rulebook
from tests.conflicts.test_against_shapely import taken_back
from tests.conflicts.test_recheck_equals_full import (
    LAYERS,
    NAMES,
    USES,
    build,
    cities,
    grounds,
    rules_of,
    things,
)
from tests.conflicts.test_recheck_equals_full import (
    few as few_steps,
)

pytestmark = pytest.mark.django_db

# A few cities of each kind: each is detected twice.
fewer = settings(few_steps, max_examples=6)
MEASURED = ("severity", "measured_value", "required_value", "unit", "margin")


@st.composite
def edits(draw):
    """One feature that comes, stands otherwise or goes; its layer and name."""
    slug = draw(st.sampled_from(LAYERS))
    if draw(st.booleans()):
        thing = draw(things(slug))
        return slug, thing.stable_id, thing
    return slug, draw(st.sampled_from(NAMES)), None


several = st.lists(edits(), min_size=1, max_size=4, unique_by=lambda edit: edit[:2])
surveys = st.lists(
    st.tuples(st.sampled_from(LAYERS), grounds, st.sampled_from([(), USES, ("school",)])),
    max_size=3,
)


def changes_of(edits_):
    """The edits that can be made: what does not stand cannot go."""
    standing = set(Feature.objects.filter(retired_in=None).values_list("layer__slug", "stable_id"))
    layers = {layer.slug: layer for layer in Layer.objects.all()}
    return tuple(
        Change(layer=layers[slug], stable_id=name, after=thing)
        for slug, name, thing in edits_
        if thing is not None or (slug, name) in standing
    )


def publish(changes):
    for slug in {change.layer.slug for change in changes}:
        mine = [change for change in changes if change.layer.slug == slug]
        publish_changes(
            Layer.objects.get(slug=slug),
            [change.after for change in mine if change.after],
            [change.stable_id for change in mine if not change.after],
        )


def identity(finding):
    return (finding.rule_code, finding.subject_layer, finding.subject_id, finding.object_layer,
            finding.object_id)  # fmt: skip


def close(values):
    return tuple(
        pytest.approx(value, abs=1e-6) if isinstance(value, float) else value for value in values
    )


def detected(book):
    """What a detection finds now, by identity."""
    detection = detect_conflicts(rulebook=book)
    found = Finding.objects.filter(rulebook_code=book.code, last_seen=detection)
    return {
        identity(finding): tuple(getattr(finding.current, name) for name in MEASURED)
        for finding in found.select_related("current")
        if finding.is_present
    }


def told(hit):
    return tuple(hit[name] for name in MEASURED)


def as_said(answer, before):
    """What stands after the alternative, as it was said: what stood, changed as told."""
    after = dict(before)
    for each in answer.differences:
        if each.effect == Effect.GOES:
            del after[each.identity]
        else:
            after[each.identity] = told(each.hit)
    return after


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_said_to_come_change_and_go_is_what_detections_find(kind):
    @fewer
    @given(cities(), several, surveys)
    @taken_back
    def equals(city, edits_, surveyed):
        build(city)
        for slug, ground, classes in surveyed:
            set_surveyed_area(
                layer=Layer.objects.get(slug=slug), geometry=ground, classes=classes,
                source=str(classes),
            )  # fmt: skip
        book = rulebook(*rules_of(kind))
        before = detected(book)
        changes = changes_of(edits_)
        if not changes:
            return

        [answer] = ask_alternatives(
            [Alternative(name="A", changes=changes)], books=[book], whole=True
        )

        publish(changes)
        after = detected(book)
        assert not answer.left_out
        for each in answer.differences:
            if each.before is not None:
                assert close(told(each.before)) == before[each.identity], each
        said = as_said(answer, before)
        assert said.keys() == after.keys()
        for name, values in after.items():
            assert close(values) == said[name], name

    equals()

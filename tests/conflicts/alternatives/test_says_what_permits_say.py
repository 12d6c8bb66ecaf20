"""Of one new thing, what-if finds what the permit check finds, and keeps back nothing it says.

What-if says more: of which others a rule can no more tell once the thing stands.
"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflicts.alternatives.changes import Alternative, Change
from conflicts.alternatives.services import ask_alternatives
from conflicts.whatif import findings_for
from layers.models import Layer
from layers.services import set_surveyed_area
from layers.vocab import Answer
from tests.conflicts.ground import rulebook
from tests.conflicts.test_against_shapely import taken_back
from tests.conflicts.test_recheck_equals_full import USES, grounds
from tests.conflicts.test_whatif_equals_detection import (
    RULES,
    as_feature,
    build,
    few,
    places,
    water,
)
from tests.factories import at, feature, filled_layer, square

pytestmark = pytest.mark.django_db

SEEN = (("public",), ("public", "internal", "restricted"))


def by_answer(judged, answer):
    return {judgement.rule.code for judgement in judged if judgement.answer == answer}


def sentences(judged):
    told = {}
    for judgement in judged:
        if judgement.answer == Answer.CANNOT_TELL:
            told.setdefault(judgement.rule.code, set()).update(t["en"] for t in judgement.missing)
    return told


@settings(few, max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    st.lists(places, max_size=8),
    st.lists(places, max_size=2),
    st.lists(water, max_size=3),
    places,
    st.lists(st.tuples(st.sampled_from(["facilities", "flood"]), grounds), max_size=3),
    st.tuples(st.sampled_from(["public", "restricted"]), st.sampled_from(SEEN)),
)
@taken_back
def test_it_finds_the_same_and_says_of_whatever_the_permit_check_cannot_tell(
    city, others, flood, asked, surveyed, sight
):
    visibility, seen = sight
    build(city, others, flood)
    for slug, ground in surveyed:
        set_surveyed_area(
            layer=Layer.objects.get(slug=slug), geometry=ground, classes=USES, source="also"
        )
    Layer.objects.filter(slug="facilities").update(visibility=visibility)
    book = rulebook(*RULES, code="asked")
    thing = as_feature("P", asked, "proposed")
    layer = Layer.objects.get(slug="proposals")

    [answer] = ask_alternatives(
        [Alternative(name="A", changes=(Change(layer=layer, stable_id="P", after=thing),))],
        books=[book],
        seen=seen,
    )

    judged = findings_for([thing], [book], seen=seen)
    broken = {d.asked.code for d in answer.differences if "P" in d.identity and d.after}
    assert broken == by_answer(judged, Answer.FAILS)
    untold = {each.asked.code: {t["en"] for t in each.missing} for each in answer.untold}
    for code, told in sentences(judged).items():
        assert told <= untold[code]
    complies = {asked.code for asked in answer.complies}
    assert complies == by_answer(judged, Answer.COMPLIES) - set(untold)


@pytest.mark.parametrize(("gap_m", "is_told"), [(0.9, True), (1.2, False)])
def test_a_zone_drawn_as_a_point_a_step_away_may_reach_the_proposal(gap_m, is_told):
    [high] = [rule for rule in RULES if rule["code"] == "HIGH"]
    book = rulebook(high, code="asked")
    filled_layer("facilities", feature("F6", at(100 + gap_m, 50), "market"))
    thing = feature("P", square(0, 0, 100), "landfill", "proposed", pupils=10)

    judged = findings_for([thing], [book])
    layer = Layer.objects.get_or_create(slug="proposals", geometry_kind="mixed")[0]
    [answer] = ask_alternatives(
        [Alternative(name="A", changes=(Change(layer=layer, stable_id="P", after=thing),))],
        books=[book],
    )

    said = {text for texts in sentences(judged).values() for text in texts}
    seen = {text["en"] for each in answer.untold for text in each.missing}
    assert said <= seen
    assert any("F6" in text for text in seen) is is_told

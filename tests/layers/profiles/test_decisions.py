"""Decisions as plain values: merged without loss, compared, told in words."""

from hypothesis import given
from hypothesis import strategies as st

from layers.profiles.decisions import (
    ClassDecision,
    Decisions,
    LayerDecision,
    decisions_from,
    digest_of,
    merged,
)
from layers.profiles.differing import Change, differences
from layers.profiles.text import check_name
from layers.profiles.vocab import ChangeKind

SLUGS = ["zones", "roads", "wells", "parcels", "flood", "sea"]
names = st.text("abc កខគ", max_size=6).map(str.strip)
layer_decisions = st.builds(
    LayerDecision,
    use=st.booleans(),
    on=st.sampled_from([None, True, False]),
    group_km=names,
    group_en=names,
)
class_decisions = st.builds(ClassDecision, use=st.booleans(), name_km=names, name_en=names)


def ordered(slugs=tuple(SLUGS)):
    """Any decisions about any of the layers, in any order."""
    orders = st.permutations(slugs).flatmap(
        lambda order: st.integers(0, len(order)).map(lambda most: order[:most])
    )
    return orders.flatmap(
        lambda listed: st.tuples(*[layer_decisions for _slug in listed]).map(
            lambda decided: dict(zip(listed, decided, strict=True))
        )
    )


def profiles(slugs=tuple(SLUGS), codes=("R1", "school", "landfill")):
    return st.builds(
        Decisions,
        name_km=names,
        name_en=names.map(lambda name: name or "Any"),
        in_use=st.booleans(),
        layers=ordered(slugs),
        classes=st.dictionaries(st.sampled_from(codes), class_decisions),
    )


def kinds(before, after):
    return [change.kind for change in differences(before, after)]


@given(profiles())
def test_the_record_says_what_was_decided(said):
    assert decisions_from(said.as_json()).is_same(said)


@given(ordered(), st.sets(st.sampled_from(SLUGS)), st.data())
def test_who_orders_the_layers_they_see_moves_no_other(standing, seen, data):
    asked = data.draw(st.permutations(sorted(seen)))
    both = merged(standing, {slug: LayerDecision(use=False) for slug in asked})

    assert [slug for slug in both if slug in seen] == asked
    for place, (slug, decided) in enumerate(standing.items()):
        if slug not in seen:
            assert list(both.items())[place] == (slug, decided)
    assert set(both) == {*standing, *asked}


def test_a_hidden_layer_stays_second_when_its_neighbours_change_places():
    standing = {slug: LayerDecision() for slug in ("zones", "wells", "roads", "sea")}
    asked = {slug: LayerDecision() for slug in ("sea", "roads", "zones")}
    assert list(merged(standing, asked)) == ["sea", "wells", "roads", "zones"]


@given(profiles(), profiles())
def test_two_profiles_differ_in_something_exactly_when_they_are_not_the_same(one, other):
    alike = list(one.layers) == list(other.layers) and (
        one.as_json()["layers"] == other.as_json()["layers"]
    )
    same_rest = (one.name_km, one.name_en, one.in_use, one.classes) == (
        other.name_km, other.name_en, other.in_use, other.classes,
    )  # fmt: skip
    if alike and same_rest:
        assert differences(one, other) == []
    if not same_rest:
        assert differences(one, other) != []


@given(profiles(), st.sets(st.sampled_from(SLUGS)))
def test_without_the_layers_not_seen_no_word_of_them_is_left(said, seen):
    told = said.seen(seen)
    assert set(told.layers) <= seen
    for slug in set(SLUGS) - seen:
        assert f'"{slug}"' not in str(told.as_json()).replace("'", '"')
    assert told.classes == said.classes


def test_each_kind_of_change_is_told_by_its_own_name():
    before = Decisions(name_en="A", layers={"zones": LayerDecision(), "wells": LayerDecision()})
    after = Decisions(
        name_en="B",
        in_use=True,
        layers={"wells": LayerDecision(use=False, on=True), "zones": LayerDecision(group_en="P")},
        classes={"R1": ClassDecision(use=False, name_en="Homes")},
    )
    assert kinds(before, after) == [
        ChangeKind.USED,
        ChangeKind.RENAMED,
        ChangeKind.LAYER_HIDDEN,
        ChangeKind.LAYER_ON,
        ChangeKind.LAYER_GROUP,
        ChangeKind.ORDER,
        ChangeKind.CLASS_HIDDEN,
        ChangeKind.CLASS_NAMED,
    ]
    assert kinds(after, before)[:4] == [
        ChangeKind.NOT_USED,
        ChangeKind.RENAMED,
        ChangeKind.LAYER_SHOWN,
        ChangeKind.LAYER_AS_USUAL,
    ]


def test_a_change_is_a_sentence_with_names_not_codes():
    called = {"wells": "Wells", "zones": "Zones of the plan", "R1": "Low-rise homes"}
    told = [
        Change(ChangeKind.LAYER_HIDDEN, "wells"),
        Change(ChangeKind.ORDER, "zones wells"),
        Change(ChangeKind.CLASS_NAMED, "R1", "ផ្ទះ", "Homes"),
        Change(ChangeKind.RENAMED, "", "ក្រុង", "My city"),
        Change(ChangeKind.LAYER_GROUP, "gone", "", "Water"),
    ]
    assert [change.sentence(called) for change in told] == [
        "Layer not used any more: Wells",
        "Order of the layers: Zones of the plan, Wells",
        "Local name of a class: Low-rise homes – Homes",
        "The profile is called: My city",
        "Stands under another heading: gone – Water",
    ]


@given(profiles(), profiles())
def test_the_digest_is_the_same_for_the_same_and_another_for_another(one, other):
    assert digest_of(one.as_json()) == digest_of(decisions_from(one.as_json()).as_json())
    assert (digest_of(one.as_json()) == digest_of(other.as_json())) == one.is_same(other)


def test_a_name_with_signs_that_cannot_be_seen_is_refused_and_khmer_joiners_are_not():
    assert check_name("ផ្សារ\u200bថ្មី") == ""  # a word space that is not drawn
    assert check_name("Market (old) – 2") == ""
    assert "U+202E" in check_name("Mar\u202eket")  # turns what follows around
    assert "U+000A" in check_name("Mar\nket")
    assert "U+FEFF" in check_name("\ufeffMarket")

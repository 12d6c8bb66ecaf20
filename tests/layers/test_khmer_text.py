"""Khmer that looks the same is the same to the search, however its signs were typed.

Signs are named by their code points here: on paper the pairs cannot be told apart.
"""

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from layers.khmer_text import folded
from layers.models import Layer
from layers.search import PLACE_WORDS, matches, normalised, parsed
from tests.factories import at, feature, filled_layer

KA, DA, TA, SA, RO, A = "\u1780", "\u178a", "\u178f", "\u179f", "\u179a", "\u17a2"
COENG, AA, SHORT_I, II, U, OE, E, OO = (
    "\u17d2", "\u17b6", "\u17b7", "\u17b8", "\u17bb", "\u17be", "\u17c1", "\u17c4",
)  # fmt: skip
NIKAHIT, REAHMUK, MUUSIKATOAN, TRIISAP = "\u17c6", "\u17c7", "\u17c9", "\u17ca"
ZERO_WIDTH_SPACE = "\u200b"
ALIKE = {
    "oo in two parts": (KA + OO, KA + E + AA),
    "oo in two parts, the right one first": (KA + OO, KA + AA + E),
    "oe in two parts": (KA + OE, KA + E + II),
    "oe in two parts, the upper one first": (KA + OE, KA + II + E),
    "oo in two parts around a subscript": (SA + COENG + TA + OO, SA + E + COENG + TA + AA),
    "subscript ro before another subscript": (
        SA + COENG + TA + COENG + RO + II, SA + COENG + RO + COENG + TA + II,
    ),
    "subscripts of da and ta": (SA + COENG + TA, SA + COENG + DA),
    "a subscript after the vowel": (KA + COENG + RO + AA, KA + AA + COENG + RO),
    "a mark before the vowel": (KA + AA + NIKAHIT, KA + NIKAHIT + AA),
    "u and the circle above, either first": (KA + U + NIKAHIT, KA + NIKAHIT + U),
    "a register sign after the vowel": (SA + TRIISAP + II, SA + II + TRIISAP),
    "a register sign drawn as u under a vowel above": (SA + TRIISAP + II, SA + U + II),
    "either register sign under a vowel above": (SA + TRIISAP + OE, SA + MUUSIKATOAN + E + II),
    "the letters qa that are discouraged": (A + AA, "\u17a4"),
    "the letter qaq": (A, "\u17a3"),
    "a vowel without a shape": (KA + TA, KA + "\u17b4" + TA),
    "a zero-width space between the parts": (KA + OO, KA + E + ZERO_WIDTH_SPACE + AA),
}  # fmt: skip
DIFFERENT = {
    "ka and da": (KA, DA),
    "da and ta that are no subscripts": (DA, TA),
    "a vowel and none": (KA + AA, KA),
    "i and ii": (KA + SHORT_I, KA + II),
    "oo and aa": (KA + OO, KA + AA),
    "oo and oe": (KA + OO, KA + OE),
    "a register sign that is drawn as itself": (SA + TRIISAP + AA, SA + AA),
    "the two register signs drawn as themselves": (SA + TRIISAP + AA, SA + MUUSIKATOAN + AA),
    "subscripts in another order": (
        SA + COENG + TA + COENG + KA, SA + COENG + KA + COENG + TA,
    ),
    "reahmuk and none": (KA + E + REAHMUK, KA + E),
    "e and aa of two letters": (KA + E + TA + AA, KA + OO + TA),
}  # fmt: skip
SIGNS = [COENG + letter for letter in (KA, DA, TA, RO)] + [
    COENG, AA, SHORT_I, II, U, OE, E, OO, NIKAHIT, REAHMUK, MUUSIKATOAN, TRIISAP, "\u17bd",
    "\u17c0", "\u17c2", "\u17cb", "\u17cc", "\u17dd", "\u17d3", "\u17a3", "\u17a4", "\u17b4",
    ZERO_WIDTH_SPACE,
]  # fmt: skip
clusters = st.builds(
    lambda letter, signs: letter + "".join(signs),
    st.sampled_from([KA, DA, SA, A, RO, "a", "7", " "]),
    st.lists(st.sampled_from(SIGNS), max_size=6),
)
khmer = st.lists(clusters, max_size=4).map("".join)
of_the_database = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def stored(text):
    """The form in which the database keeps a text, without the bars around it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT krong_search_text('', jsonb_build_object('n', %s::text))", [text])
        return cursor.fetchone()[0].removeprefix("||").removesuffix("|")


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_what_looks_the_same_is_compared_as_the_same(one, other):
    assert one != other
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_looks_different_stays_different(one, other):
    assert normalised(one) != normalised(other)


def test_the_plain_order_is_left_as_it_is():
    for word in ("សង្កាត់", "ព្រះសីហនុ", "ស្ត្រី", "កោះរ៉ុង", "ខ្មែរ", "ភ្នំពេញ", "ក្បាលដី"):
        assert folded(word) == word


def test_words_for_kinds_of_place_are_written_as_they_are_compared():
    for group in PLACE_WORDS:
        for word in group:
            assert normalised(word) == word


@given(khmer)
@example(KA + E + E + AA + AA)
@example(SA + TRIISAP + TRIISAP + II)
@example(KA + "\u17dd" + ZERO_WIDTH_SPACE + COENG)
def test_what_is_folded_stays_as_it_is(text):
    assert folded(folded(text)) == folded(text)
    assert normalised(normalised(text)) == normalised(text)


@given(st.permutations([COENG + KA, COENG + RO, U, AA, NIKAHIT]))
def test_signs_of_a_letter_may_be_typed_in_any_order(signs):
    assert folded(KA + "".join(signs)) == KA + COENG + KA + COENG + RO + U + AA + NIKAHIT


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_other_scripts_are_left_alone(text):
    assert folded(text) == text


@pytest.mark.django_db
@of_the_database
@given(khmer)
@example(SA + COENG + RO + COENG + TA + II)
@example(KA + "\u17dd" + ZERO_WIDTH_SPACE + COENG)
@example("Sangkat 4")
@example("a\tb\x1fc")
@example("\u17a4" + E + AA)
def test_the_database_folds_as_the_query_is_folded(text):
    assert " ".join(stored(text).split()) == normalised(text)


@pytest.mark.django_db
@of_the_database
@given(st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=127), max_size=40))
def test_the_short_way_for_ascii_says_the_same(text):
    assert " ".join(stored(text).split()) == normalised(text)


@pytest.mark.django_db
@pytest.mark.parametrize("is_large", [False, True])
@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_a_name_is_found_by_what_looks_like_it_both_ways(monkeypatch, one, other, is_large):
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 2 if is_large else 100)
    for written, typed in ((one, other), (other, one)):
        Layer.objects.filter(slug="names").delete()
        layer = filled_layer(
            "names", feature("F", at(0, 0), name_km=f"{TA}{KA}{written}"),
            feature("G", at(5, 0), name_km=f"{TA}{KA}{KA}"),
        )  # fmt: skip
        found = matches(parsed(f"{TA}{KA}{typed}"), [layer])
        assert [match.stable_id for match in found] == ["F"]

"""What is typed and what is stored are compared in one form: properties of that form."""

import re
import unicodedata

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from layers.errors import UserFacingError
from layers.models import Layer
from layers.search import (
    MOST_LETTERS,
    MOST_WORDS,
    PLACE_WORDS,
    Query,
    _pattern,
    matches,
    normalised,
    parsed,
)
from tests.factories import at, feature, filled_layer

KHMER_LETTERS = "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរលវសហឡអ"
KHMER_SIGNS = "ាិីឹឺុូួើែោះំ្់៉"
KHMER_DIGITS = "០១២៣៤៥៦៧៨៩"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
SPACES = " \t\u00a0\u3000"
ALPHABET = KHMER_LETTERS + KHMER_SIGNS + KHMER_DIGITS + "aBzÉ0479-/.|" + INVISIBLE + SPACES

texts = st.text(alphabet=ALPHABET, max_size=24)
khmer_words = st.text(alphabet=KHMER_LETTERS, min_size=1, max_size=8)
numbers = st.integers(0, 999_999)
of_the_database = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def in_khmer_digits(number):
    return str(number).translate(str.maketrans("0123456789", KHMER_DIGITS))


def stored(text):
    """The form in which the database keeps a text, without the bars around it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT krong_search_text('', jsonb_build_object('n', %s::text))", [text])
        return cursor.fetchone()[0].removeprefix("||").removesuffix("|")


@given(texts)
def test_what_is_normal_stays_as_it_is(text):
    assert normalised(normalised(text)) == normalised(text)


@given(texts)
def test_no_khmer_digit_invisible_sign_or_double_space_is_left(text):
    plain = normalised(text)
    assert not set(plain) & set(KHMER_DIGITS + INVISIBLE)
    assert not re.search(r"\s\s|^\s|\s$", plain)


@given(numbers)
def test_a_number_is_the_same_in_khmer_and_arabic_digits(number):
    assert normalised(in_khmer_digits(number)) == normalised(str(number)) == str(number)


@given(khmer_words, st.text(alphabet=INVISIBLE, max_size=3), st.integers(0, 8))
def test_invisible_signs_anywhere_in_a_word_do_not_count(word, signs, place):
    assert normalised(word[:place] + signs + word[place:]) == word


@given(st.lists(khmer_words, min_size=1, max_size=4), st.sampled_from([*SPACES, "  ", " \u200b "]))
def test_khmer_is_one_word_however_its_parts_are_spaced(words, space):
    assert normalised(space.join(words)) == "".join(words)


@given(st.lists(st.sampled_from(["lekh", "buon", "national", "road", "4"]), min_size=1, max_size=5))
def test_latin_words_stay_apart(words):
    assert normalised("   ".join(words)) == " ".join(words)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_written_in_two_parts_is_the_same_letter(form):
    assert normalised(unicodedata.normalize(form, "Café École")) == "café école"


@pytest.mark.django_db
@of_the_database
@given(texts)
@example("ផ្លូវ\u00a0ជាតិ")
@example("ភូមិ\u3000១")
@example("\u200b\u00adB\u0301")
def test_the_database_keeps_what_the_query_asks_for(text):
    """But for spaces between Latin words and at the ends: words are looked for one by one."""
    assert " ".join(stored(text).split()) == normalised(text)


@pytest.mark.django_db
@settings(of_the_database, max_examples=20)
@given(st.lists(khmer_words, min_size=1, max_size=3), st.sampled_from(SPACES + INVISIBLE), numbers)
def test_a_name_is_found_however_spaces_and_digits_are_written(words, between, number):
    """Stored with one kind of space and Khmer digits, asked for with none and Arabic digits."""
    Layer.objects.filter(slug="names").delete()
    written = between.join([*words, in_khmer_digits(number)])
    layer = filled_layer("names", feature("F", at(0, 0), name_km=written))
    asked = Query((normalised("".join(words) + str(number)),), ())
    assert [match.stable_id for match in matches(asked, [layer])] == ["F"]


@given(st.text(max_size=120))
def test_anything_typed_is_words_or_a_sentence(text):
    if len(normalised(text)) > MOST_LETTERS:
        with pytest.raises(UserFacingError):
            parsed(text)
        return
    query = parsed(text)
    letters = [letter for letter in normalised(text) if letter.isalnum()]
    assert len(query.words) <= MOST_WORDS
    assert bool(query.words) or len(letters) <= 1
    assert all(query.words)
    assert not query.words or query.longest in query.words


@pytest.mark.django_db
@of_the_database
@given(st.text(min_size=1, max_size=30))
@example("a\x00b")
@example("\\")
@example("%_%")
@example("(?i)[")
@example("²³")
@example("٣٤٥")
def test_nothing_that_can_be_typed_breaks_the_search(client, text):
    response = client.get("/search", {"q": text}, headers={"Accept": "application/json"})
    assert response.status_code in {200, 400}


@pytest.mark.parametrize(
    ("typed", "words", "kinds"),
    [
        ("Sangkat 4", ("4",), PLACE_WORDS[2]),
        ("សង្កាត់លេខ៤", ("លេខ4",), PLACE_WORDS[2]),
        ("ភូមិ៤", ("4",), PLACE_WORDS[3]),
        ("krong preah sihanouk", ("preah", "sihanouk"), PLACE_WORDS[1]),
        ("Lekh, Buon; (4)", ("lekh", "buon", "4"), ()),
        ("village", ("village",), PLACE_WORDS[3]),
        ("villages", ("villages",), ()),
        ("ក្បាលដី K-44/17", ("k-44/17",), PLACE_WORDS[4]),
    ],
)
def test_words_for_the_kind_of_place_are_told_from_names(typed, words, kinds):
    assert (parsed(typed).words, parsed(typed).kinds) == (words, kinds)


def test_both_kinds_of_place_count_when_two_are_named():
    assert parsed("sangkat 4 village 2").kinds == PLACE_WORDS[2] + PLACE_WORDS[3]
    assert parsed("sangkat 4 commune 4").kinds == PLACE_WORDS[2]


def test_more_than_eight_words_narrow_no_further():
    assert len(parsed("a b c d e f g h i j").words) == MOST_WORDS


def test_a_hundred_letters_may_be_typed_and_one_more_may_not():
    assert parsed("x" * MOST_LETTERS)
    with pytest.raises(UserFacingError):
        parsed("x" * (MOST_LETTERS + 1))


@pytest.mark.parametrize(
    ("words", "short"), [(("1",), True), (("ab", "c"), True), (("abc",), False)]
)
def test_a_query_is_short_when_no_word_has_three_letters(words, short):
    assert Query(words, ()).is_short is short


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("4", "road 4 north", True),
        ("4", "road 44", False),
        ("4", "road 14", False),
        ("180", "18010", True),
        ("180", "118010", False),
        ("a4", "a44", False),
        ("a4", "ba4", True),
        ("4a", "14a", False),
        ("k-44/17", "k-44/170", False),
        ("k-44/17", "|k-44/17|", True),
        ("100%", "1000", False),
        (".*", "anything", False),
        ("លេខ4", "លេខ40", False),
        ("លេខ4", "សង្កាត់លេខ4", True),
    ],
)
@pytest.mark.django_db
def test_a_number_is_found_whole_and_a_code_from_its_beginning(word, text, found):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s ~ %s", [text, _pattern(word)])
        assert cursor.fetchone()[0] is found


@pytest.mark.django_db
class TestOrder:
    def first(self, typed, *layers):
        return matches(parsed(typed), layers)[0].stable_id

    def test_the_exact_name_comes_before_a_longer_one(self):
        layer = filled_layer(
            "places",
            feature("A", at(0, 0), name_en="Independence Beach Hotel"),
            feature("B", at(1, 0), name_en="Independence"),
        )
        assert self.first("independence", layer) == "B"

    def test_an_identifier_typed_whole_comes_before_a_name_that_holds_it(self):
        layer = filled_layer(
            "places",
            feature("LOT-7", at(0, 0), name_en="A very long name of a place"),
            feature("B", at(1, 0), name_en="by LOT-7 gate"),
        )
        assert self.first("lot-7", layer) == "LOT-7"

    def test_the_same_search_always_gives_the_same_order(self):
        layer = filled_layer("places", *(feature(f"P-{n}", at(n, 0), n="same") for n in range(9)))
        told = [match.stable_id for match in matches(parsed("same"), [layer])]
        assert told == [f"P-{n}" for n in range(9)]

    def test_a_number_counts_where_it_names_something_and_not_where_it_measures(self):
        layer = filled_layer(
            "places",
            feature("A", at(0, 0), parcel_no=77123, area_m2=88456),
        )
        assert [m.stable_id for m in matches(parsed("77123"), [layer])] == ["A"]
        assert matches(parsed("88456"), [layer]) == []

    def test_only_the_first_200_letters_of_a_text_are_searched(self):
        layer = filled_layer("places", feature("A", at(0, 0), note="yx " * 70 + "needle"))
        assert matches(parsed("needle"), [layer]) == []
        assert len(matches(parsed("yx"), [layer])) == 1

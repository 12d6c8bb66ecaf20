"""Find a feature by name, code or number, the way people write them.

សង្កាត់លេខ៤, "សង្កាត់ លេខ៤", "Sangkat 4", "Lekh Buon" and 180104 all mean one place. So digits are
compared as ASCII, invisible spaces and spaces inside Khmer words do not count, and a word for the
kind of place (sangkat, khum, village) narrows the order of the answers, never the answers.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, WGS84_SRID, Extent, crs_of, transformer
from layers.errors import UserFacingError
from layers.khmer_text import SHAPELESS, folded
from layers.models import Layer
from layers.own_tables import layers_with_own_table
from layers.sql_files import load_sql

MOST_RESULTS = 30
MOST_WORDS = 8
MOST_LETTERS = 100
# The trigram index needs three letters; a shorter word is looked for in small layers only.
INDEXED_LETTERS = 3
SMALL_LAYER_FEATURES = 20_000

KHMER = "\u1780-\u17d3\u17dc-\u17dd"
_DIGITS = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")
# No letter at all: invisible spaces, soft hyphens, vowels without a shape, and the NUL that
# PostgreSQL refuses.
_INVISIBLE = re.compile(f"[\u200b-\u200d\u2060\ufeff\u00ad\x00{SHAPELESS}]")
_SPACE_IN_KHMER = re.compile(rf"(?<=[{KHMER}])\s+(?=[{KHMER}0-9])")

# One line per level of administration: what a city calls it in either language.
PLACE_WORDS: tuple[tuple[str, ...], ...] = (
    ("ខេត្ត", "រាជធានី", "province", "khet"),
    ("ក្រុង", "ស្រុក", "ខណ្ឌ", "krong", "srok", "khan", "district", "municipality", "city"),
    ("សង្កាត់", "ឃុំ", "sangkat", "khum", "commune"),
    ("ភូមិ", "village", "phum"),
    ("ក្បាលដី", "parcel", "plot"),
)


@dataclass(frozen=True, slots=True)
class Query:
    """A search as the database is asked: words that must all occur, and the kind of place."""

    words: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def longest(self) -> str:
        """The word that narrows the search most."""
        return max(self.words, key=len, default="")

    @property
    def is_short(self) -> bool:
        """True when no word is long enough for the index."""
        return len(self.longest) < INDEXED_LETTERS


@dataclass(frozen=True, slots=True)
class Match:
    """A feature that answers a search, with its extent in WGS 84 [degrees]."""

    layer: str
    stable_id: str
    properties: Mapping[str, Any]
    class_code: str | None
    extent: Extent


def normalised(text: str) -> str:
    """Return text as it is compared: one form of letters, ASCII digits, no invisible spaces."""
    visible = _INVISIBLE.sub("", text.translate(_DIGITS))
    plain = unicodedata.normalize("NFC", visible).lower()
    return folded(_SPACE_IN_KHMER.sub("", " ".join(plain.split())))


def parsed(text: str) -> Query:
    """Return what a reader typed as words to look for; none while there is too little of it.

    Raises
    ------
    UserFacingError
        More was typed than a name can hold.
    """
    plain = normalised(text)
    if len(plain) > MOST_LETTERS:
        raise UserFacingError(
            _("That is too long to search for."),
            remedy=_("Type a name in Khmer or English, a code or a parcel number."),
        )
    typed = re.findall(r"[^\s,;:()\"']+", plain)[:MOST_WORDS]
    words = [word for word in typed if any(letter.isalnum() for letter in word)]
    if len(words) == 1 and len(words[0]) == 1 and words[0].isalpha():
        words = []
    kinds: list[str] = []
    rest: list[str] = []
    for word in words:
        group, name = _without_place_word(word)
        kinds.extend(group)
        rest.append(name)
    named = tuple(word for word in rest if word)
    return Query(named or tuple(words), tuple(dict.fromkeys(kinds)))


def _without_place_word(word: str) -> tuple[tuple[str, ...], str]:
    """Split សង្កាត់លេខ4 into what it is and its name; Khmer needs no space between them."""
    for group in PLACE_WORDS:
        for kind in group:
            if word == kind or (word.startswith(kind) and not kind.isascii()):
                return group, word.removeprefix(kind)
    return (), word


def _pattern(word: str) -> str:
    """Return the regular expression (PostgreSQL) for a word: a number is not part of a longer one.

    A number of three or more digits may be the beginning of a code.
    """
    escaped = "".join(c if c.isalnum() or not c.isascii() else f"\\{c}" for c in word)
    before = "(?<![0-9])" if word[0].isdigit() else ""
    is_code = word.isdigit() and len(word) >= INDEXED_LETTERS
    after = "(?![0-9])" if word[-1].isdigit() and not is_code else ""
    return before + escaped + after


def matches(query: Query, layers: Iterable[Layer]) -> list[Match]:
    """Return the published features that hold all words, the likeliest first.

    An exact name or code comes first, then features and layers of the kind that was named.
    """
    if not query.words:
        return []
    asked = {layer.pk for layer in layers if not _is_hazard_map(layer)}
    large = layers_with_own_table()
    literal = re.sub(r"([%_\\])", r"\\\1", query.longest)
    parameters: dict[str, Any] = {
        "layer_ids": sorted(asked - large),
        # without a word for the index, a large layer is not looked through from end to end
        "large_layer_ids": [] if query.is_short else sorted(asked & large),
        "like": f"%{literal}%",
        "beginning": f"{literal}%",
        "patterns": [_pattern(word) for word in query.words],
        "whole": " ".join(query.words),
        "kinds": [f"%{kind}%" for kind in query.kinds],
        "most_features": SMALL_LAYER_FEATURES if query.is_short else None,
        "limit": MOST_RESULTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "search.sql"), parameters)
        return [_match(row) for row in cursor.fetchall()]


def _is_hazard_map(layer: Layer) -> bool:
    """Tell a published hazard map: its areas have classes (H4), not names, and are thousands."""
    return bool(layer.attribute_schema.get("colours", {}).get("property") == "hazard_class")


def _match(row: tuple[Any, ...]) -> Match:
    layer, stable_id, properties, class_code, *bounds = row
    to_wgs84 = transformer(crs_of(PROJECT_SRID), crs_of(WGS84_SRID))
    extent = to_wgs84.transform_bounds(*bounds)
    return Match(layer, stable_id, json.loads(properties), class_code, extent)

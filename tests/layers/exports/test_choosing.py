"""Which features are taken away: each word of a request against a plain reading of its promise."""

import itertools
import json
import math
from datetime import datetime

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from layers.exports import asking
from layers.exports.selection import Condition, Selection, conditions_in, selected
from layers.services import open_layer, publish_changes, publish_features, retire_features
from tests.factories import EAST, NORTH, at, feature, filled_layer, land_use, square
from tests.layers.exports.taken import taken

pytestmark = pytest.mark.django_db

# What a planner's table may hold in one column: numbers, texts that read like numbers, nothing.
ROWS = {
    "A": {"floors": 3, "note": "old market", "open": True, "2019": 410},
    "B": {"floors": 3.5, "note": "Old Market Hall", "open": False, "2019": 90},
    "C": {"floors": "3", "note": "50% sold", "open": "true"},
    "D": {"floors": -2, "note": "under_score", "2019": "410"},
    "E": {"floors": None, "note": "ផ្សារលើ"},
    "F": {"note": ""},
    "G": {"floors": 1e12, "note": "5000 sold", "tags": ["a", "b"]},
    "H": {"floors": [3], "note": "underXscore"},
}


@pytest.fixture
def mixed():
    made = (feature(name, at(n, 0), **row) for n, (name, row) in enumerate(ROWS.items()))
    return filled_layer("mixed", *made)


def chosen(layer, **asked):
    version = layer.versions.get(number=layer.published_number)
    rows = selected(Selection(version=version, **asked))
    return set(rows.values_list("stable_id", flat=True))


def meeting(layer, word, value):
    return chosen(layer, conditions=conditions_in({word: value}))


def ids(client, slug, **asked):
    return [row["id"] for row in json.loads(taken(client, slug, "geojson", **asked))["features"]]


def refusal(client, slug, **asked):
    asked = {"lang": "en", **asked}
    response = client.get(f"/layers/{slug}/download", asked, headers={"accept": "text/json"})
    assert response.status_code in {400, 404}, response.status_code
    error = response.json()["error"]
    assert error["remedy"]
    return response.status_code, error["what"]


@pytest.mark.parametrize(
    ("word", "value", "names"),
    [
        ("is.floors", "3", "AC"),  # the number 3 and the text "3"
        ("is.floors", "3.0", "A"),  # 3.0 is the same number, another text
        ("is.floors", "3.5", "B"),
        ("is.open", "true", "AC"),
        ("is.open", "false", "B"),
        ("is.note", "old market", "A"),
        ("is.note", "Old market", ""),  # is compares the whole text, letter by letter
        ("has.note", "MARKET", "AB"),
        ("has.note", "0% s", "C"),  # a per cent sign is no wild card
        ("has.note", "r_s", "D"),  # nor is an underscore
        ("has.note", "ផ្សារ", "E"),
        ("min.floors", "3", "ABG"),  # the text "3" is no number, nor is [3]
        ("max.floors", "3", "AD"),
        ("max.floors", "-2", "D"),
        ("min.floors", "1e12", "G"),
        ("min.floors", "1000000000001", ""),
        ("is.nothing", "x", ""),
        ("min.nothing", "0", ""),
    ],
)
def test_a_condition_keeps_exactly_these_features(mixed, word, value, names):
    assert meeting(mixed, word, value) == set(names)


@pytest.mark.parametrize(
    ("word", "value", "names"),
    [
        ("is.2019", "410", "AD"),
        ("has.2019", "41", "AD"),
        ("min.2019", "100", "A"),
        ("max.2019", "100", "B"),
    ],
)
def test_an_attribute_called_by_a_year_is_asked_like_any_other(mixed, word, value, names):
    assert meeting(mixed, word, value) == set(names)


@pytest.mark.parametrize("name", ["a.b", "land__use", "%s", 'quo"te', "ផ្ទៃ", " space ", "$.x"])
def test_an_attribute_of_any_name_is_asked_by_all_four_words(name):
    layer = filled_layer("odd", feature("A", at(0, 0), **{name: 7}), feature("B", at(1, 0)))

    for operator in ("is", "has", "min", "max"):
        assert meeting(layer, f"{operator}.{name}", "7") == {"A"}
    assert meeting(layer, f"min.{name}", "8") == set()


def is_met(condition, row):
    """The promise of a condition, read in plain Python."""
    found = row.get(condition.name)
    if condition.operator in {"min", "max"}:
        if isinstance(found, bool) or not isinstance(found, int | float):
            return False
        limit = float(condition.value)
        return found >= limit if condition.operator == "min" else found <= limit
    if condition.operator == "has":
        told = found if isinstance(found, str) else json.dumps(found)
        return found is not None and condition.value.lower() in told.lower()
    return found is not None and (found == condition.value or is_read_as(condition.value, found))


def is_read_as(text, found):
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, bool) == isinstance(value, bool) and found == value


COUNTER = itertools.count()  # each drawn layer has a name of its own
VALUE = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0.5, -1.25, 2.75]),
    st.booleans(),
    st.none(),
    st.sampled_from(["3", "x", "X%", "true", "-1.25", "ខ_", ""]),
)
ASKED = st.one_of(
    st.tuples(st.sampled_from(["min", "max"]), st.sampled_from(["-1.25", "0", "3", "2.5"])),
    st.tuples(
        st.sampled_from(["is", "has"]),
        st.sampled_from(["3", "x", "X%", "true", "-1", "-1.25", "ខ", "_", "fal"]),
    ),
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.dictionaries(st.sampled_from(["a", "b"]), VALUE), min_size=1, max_size=12),
    asked=st.lists(
        st.tuples(st.sampled_from(["a", "b"]), ASKED), min_size=1, max_size=2, unique_by=str
    ),
)
def test_conditions_together_keep_what_a_reader_of_the_table_would_keep(rows, asked):
    layer = filled_layer(
        f"drawn-{next(COUNTER)}", *(feature(f"R{n}", at(n, 0), **row) for n, row in enumerate(rows))
    )
    conditions = tuple(Condition(name, operator, value) for name, (operator, value) in asked)

    expected = {f"R{n}" for n, row in enumerate(rows) if all(is_met(c, row) for c in conditions)}

    assert chosen(layer, conditions=conditions) == expected


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "three", "3,5", "0x10", "៣m"])
def test_a_measure_is_compared_with_a_finite_number_only(client, mixed, value):
    status, what = refusal(client, "mixed", **{"min.floors": value})

    assert status == 400
    assert value in what
    assert "floors" in what


@pytest.mark.parametrize(
    ("word", "value", "told"),
    [
        ("Format", "gpkg", "'Format' means nothing"),
        ("is.", "3", "'is.' means nothing"),
        ("like.note", "x", "'like.note' means nothing"),
        ("format", "tif", "'tif'"),
        ("format", "cog", "'cog'"),  # features are no grid
        ("bbox", "104,11,103,10", "no box"),  # east of its own east
        ("bbox", "103,11,104,10", "no box"),
        ("bbox", "103,10,181,11", "no box"),
        ("bbox", "103,10,104", "no box"),
        ("bbox", "103,10,104,11,12", "no box"),
        ("bbox", "inf,10,inf,11", "no box"),
        ("crs", "UTM", "no EPSG code"),
        ("crs", "-32648", "no EPSG code"),
        ("crs", "3264800", "no EPSG code"),
        ("crs", "៣២", "no EPSG code"),
        ("crs", "999999", "EPSG:999999"),
        ("crs", "EPSG:3148", "No accurate transformation"),
        ("version", "1.0", "no number"),
        ("version", "-1", "no number"),
        ("version", "99999999999999999999", "no number"),
        ("version", "២", "no number"),
        ("version", "0", "no version 0"),
        ("version", "2", "no version 2"),
        ("date", "23.11.2026", "no day"),
        ("date", "2026-02-30", "no day"),
        ("date", "2000-01-01", "no published version"),
        ("lifecycle", "Existing", "no lifecycle"),
        ("class", "R99", "R99"),
    ],
)
def test_a_word_or_value_nobody_knows_is_refused_by_name(client, mixed, word, value, told):
    _status, what = refusal(client, "mixed", **{word: value})

    assert told in what


@pytest.mark.parametrize(
    "word", ["q", "ids", "class", "lifecycle", "is.note", "has.note", "is.a\x00b", "min.a\x00b"]
)
def test_a_sign_that_no_text_holds_is_refused_and_shown(client, mixed, word):
    value = "1" if "\x00" in word else "x\x00y"

    status, what = refusal(client, "mixed", **{word: value})

    assert status == 400
    assert "\ufffd" in what
    assert "\x00" not in what


def test_a_box_takes_what_it_touches_and_nothing_a_metre_beyond(client):
    filled_layer("posts", *(feature(f"P{x}", at(x, 50)) for x in (-1, 0, 50, 100, 101)))
    to_degrees = Transformer.from_crs(32648, 4326, always_xy=True).transform
    west, south = to_degrees(EAST - 0.5, NORTH)
    east, north = to_degrees(EAST + 100.5, NORTH + 100)

    assert ids(client, "posts", bbox=f"{west},{south},{east},{north}") == ["P0", "P100", "P50"]


def test_an_area_that_reaches_into_the_box_is_taken_whole(client):
    filled_layer("zones", feature("IN", square(90, 0, 100)), feature("OUT", square(300, 0, 10)))
    to_degrees = Transformer.from_crs(32648, 4326, always_xy=True).transform
    corners = (*to_degrees(EAST, NORTH), *to_degrees(EAST + 100, NORTH + 100))

    [told] = json.loads(taken(client, "zones", "geojson", bbox=",".join(map(str, corners))))[
        "features"
    ]

    assert told["id"] == "IN"
    east = max(x for x, _y in told["geometry"]["coordinates"][0])
    assert east == pytest.approx(to_degrees(EAST + 190, NORTH)[0], abs=2e-6)


def test_the_box_in_metres_is_the_edge_of_the_box_in_degrees_not_its_corners_only():
    west, south, east, north = asking.box_asked("103,10,107,12").bounds

    # a parallel bulges towards the equator: its lowest northing lies at the central meridian, 105°
    middle = Transformer.from_crs(4326, 32648, always_xy=True).transform(105, 10)
    corner = Transformer.from_crs(4326, 32648, always_xy=True).transform(103, 10)
    assert south == pytest.approx(middle[1], abs=1)
    assert south < corner[1] - 500
    assert all(math.isfinite(edge) for edge in (west, east, north))


def test_a_box_of_the_whole_world_takes_everything(client, mixed):
    response = client.get(
        "/layers/mixed/download", {"format": "geojson", "bbox": "-180,-90,180,90"}
    )

    assert len(json.loads(b"".join(response.streaming_content))["features"]) == len(ROWS)


@pytest.mark.parametrize(
    ("box", "names"),
    [
        ("0,-90,180,90", set(ROWS)),
        ("-180,0,0,90", set()),  # the other half of the earth
        ("-77,10.5,-76,10.6", set()),  # Colombia: as far north, half the earth away
        ("103,-90,103.0000001,90", set()),  # a line as thin as a hair, pole to pole
        ("103.4,10,103.4,11", set()),
    ],
)
def test_a_box_anywhere_on_earth_takes_what_lies_in_it(client, mixed, box, names):
    assert set(ids(client, "mixed", bbox=box)) == names


def test_a_class_brings_its_whole_branch_and_a_dash_what_has_none(client):
    school = land_use("school")
    primary = land_use("school_primary", parent=school)
    land_use("school_primary_public", parent=primary)
    land_use("market")
    filled_layer(
        "places",
        *(
            feature(code or "none", at(n, 0), code)
            for n, code in enumerate(
                ["school", "school_primary", "school_primary_public", "market", None]
            )
        ),
    )

    assert ids(client, "places", **{"class": "school"}) == [
        "school", "school_primary", "school_primary_public",
    ]  # fmt: skip
    assert ids(client, "places", **{"class": "school_primary_public"}) == ["school_primary_public"]
    assert ids(client, "places", **{"class": "-"}) == ["none"]


def test_all_words_of_a_request_must_hold_at_once(client, mixed):
    assert ids(client, "mixed", ids="A,B,C", **{"is.floors": "3", "has.note": "market"}) == ["A"]
    assert ids(client, "mixed", ids="B,B,,A") == ["A", "B"]
    assert ids(client, "mixed", ids="Z") == []


def test_thousands_of_identifiers_are_one_question(mixed, django_assert_num_queries):
    asked = tuple(f"no-{n}" for n in range(20_000))

    with django_assert_num_queries(2):  # the version, and its features
        assert chosen(mixed, ids=(*asked, "D")) == {"D"}


def test_each_version_is_taken_away_as_it_stood(client):
    layer = filled_layer(
        "zones", feature("A", square(0, 0, 10), n=1), feature("B", square(20, 0, 10), n=1)
    )
    publish_changes(layer, [feature("B", square(20, 0, 10), n=2)], [])
    layer.refresh_from_db()
    retire_features(layer=layer, stable_ids=["A"])
    publish_changes(layer, [feature("A", square(0, 0, 5), n=4)], ["B"])

    def stood(number):
        found = json.loads(taken(client, "zones", "geojson", version=str(number)))
        assert found["provenance"]["version"] == number
        return {row["id"]: row["properties"]["n"] for row in found["features"]}

    assert [stood(n) for n in (1, 2, 3, 4)] == [{"A": 1, "B": 1}, {"A": 1, "B": 2}, {"B": 2}, {"A": 4}]  # fmt: skip  # noqa: E501


def test_a_day_means_the_last_version_of_that_day_on_clocks_in_cambodia(client, monkeypatch):
    # 17:00 in Greenwich is midnight there
    for name, moment in (("A", "01T16:59:59"), ("B", "01T17:00:00"), ("C", "02T08:00:00")):
        then = datetime.fromisoformat(f"2026-03-{moment}+00:00")
        monkeypatch.setattr(timezone, "now", lambda then=then: then)
        layer = open_layer(slug="zones", geometry_kind="point")
        publish_features(layer=layer, features=[feature(name, at(0, 0))])

    assert ids(client, "zones", date="2026-03-01") == ["A"]
    assert ids(client, "zones", date="2026-03-02") == ["C"]
    assert ids(client, "zones", date="2030-01-01") == ["C"]
    assert refusal(client, "zones", date="2026-02-28")[0] == 404


def test_what_was_asked_is_written_down_in_the_file(client, mixed):
    asked = {"class": "-", "lifecycle": "existing", "q": "market", "min.floors": "3", "ids": "A,B"}

    told = json.loads(taken(client, "mixed", "geojson", **asked))["provenance"]["selection"]

    assert told == {
        "class": "-", "lifecycle": "existing", "words": "market", "ids": ["A", "B"],
        "attributes": ["min.floors=3"],
    }  # fmt: skip

"""Random layers, out and in again: any shapes, any values, any names, and any part of them."""

import itertools
import json

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, MultiPoint, Point, box

from layers.ingest import look_into
from tests.factories import EAST, NORTH, at, feature, filled_layer, land_use, square
from tests.layers.exports.matrix import (
    WITHIN_M,
    as_json,
    brought_back,
    file_of,
    read_by_gdal,
    rows_of,
)
from tests.layers.exports.taken import described

pytestmark = pytest.mark.django_db

few = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
COUNTER = itertools.count()
metres = st.floats(0, 5_000, allow_nan=False).map(lambda value: round(value, 3))
places = st.tuples(metres, metres).map(lambda xy: Point(EAST + xy[0], NORTH + xy[1]))


@st.composite
def areas(draw):
    x, y = draw(metres), draw(metres)
    wide, high = draw(st.integers(3, 90)), draw(st.integers(3, 90))
    whole = box(EAST + x, NORTH + y, EAST + x + wide, NORTH + y + high)
    if draw(st.booleans()):
        whole = whole.difference(shapely.affinity.scale(whole, 0.3, 0.3))
    if draw(st.booleans()):
        whole = whole.union(shapely.affinity.translate(whole, wide + 10, 0))
    return whole


def lines():
    one = st.lists(places, min_size=2, max_size=5, unique=True).map(LineString)
    several = st.lists(one, min_size=2, max_size=3).map(MultiLineString)
    return st.one_of(one, several).filter(lambda shape: shape.is_valid and shape.length > 0)


def points():
    several = st.lists(places, min_size=2, max_size=4, unique=True).map(MultiPoint)
    return st.one_of(places, several)


# XML and dBASE hold no control characters; the end of a text (U+0000) no database does.
signs = st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp"])
tricky = ["ផ្សារ", "007", "=1+1", "'quoted", "a,b;c", '"', "2026/11/23", "true", "1e5", "ក\u200bខ"]
words = st.one_of(
    st.sampled_from(tricky), st.text(signs, min_size=1, max_size=20).map(str.strip)
).filter(bool)
# Each attribute has one type throughout, as a schema would have it.
COLUMNS = {
    "ឈ្មោះ": words,
    "note": words,
    "storeys": st.integers(-(10**17) + 1, 10**17 - 1),
    "area_m2": st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 4) + 0.0),
    "ផ្លូវ": st.booleans(),
}
rows = st.fixed_dictionaries({}, optional={n: st.none() | kind for n, kind in COLUMNS.items()})
layers = st.lists(st.tuples(st.one_of(points(), lines(), areas()), rows), min_size=1, max_size=8)


def stored(drawn, slug):
    made = (
        feature(f"F{n}", shape, "R1" if n % 3 else None, "planned" if n % 2 else "existing", **row)
        for n, (shape, row) in enumerate(drawn)
    )
    return filled_layer(slug, *made, licence="ODbL-1.0")


def assert_same(found, expected, code):
    assert set(found) == set(expected)
    stated = [row[2]["storeys"] for row in expected.values() if row[2].get("storeys") is not None]
    is_long = max(map(abs, stated), default=0) >= 10**15
    for name, (land_use_code, lifecycle, values, shape) in expected.items():
        kept = {attribute: value for attribute, value in values.items() if value is not None}
        if code == "kml" and is_long and "storeys" in kept:  # then the whole column is text
            kept["storeys"] = str(kept["storeys"])
        assert found[name][:2] == (land_use_code, lifecycle)
        assert found[name][2] == kept
        assert shapely.hausdorff_distance(found[name][3], shape) <= WITHIN_M.get(code, 0)


@pytest.mark.parametrize("code", ["gpkg", "geojson", "geojsonseq", "fgb", "csv", "kml"])
def test_any_layer_comes_back_as_it_was(client, tmp_path, code):
    @few
    @given(layers)
    def check(drawn):
        slug = f"{code}-{next(COUNTER)}"
        expected = rows_of(stored(drawn, slug))
        found, report = brought_back(file_of(client, tmp_path, code, slug), code, f"{slug}-again")
        assert report.rows.refused == 0
        assert_same(found, expected, code)

    check()


def test_any_layer_comes_back_from_its_shapefiles(client, tmp_path):
    @few
    @given(layers)
    def check(drawn):
        slug = f"shp-{next(COUNTER)}"
        expected = rows_of(stored(drawn, slug))
        path = file_of(client, tmp_path, "shp", slug)
        for each in look_into(path).layers:
            chosen = {"source_layer": each["name"], "keeps_others": True, "geometry_kind": "mixed"}
            found, _report = brought_back(path, "shp", f"{slug}-again", **chosen)
        assert_same(found, expected, "shp")

    check()


@st.composite
def parts_of(draw):
    """A layer of points in a row, and what is asked of it with what then comes: plain Python."""
    values = draw(st.lists(st.integers(0, 9), min_size=1, max_size=8))
    least = draw(st.integers(0, 9))
    asked = draw(st.sampled_from(["min", "class", "ids", "q", "lifecycle"]))
    return values, least, asked


@pytest.mark.parametrize("code", ["gpkg", "geojson", "geojsonseq", "fgb", "csv", "kml", "shp"])
def test_any_part_of_a_layer_comes_back_and_nothing_else(client, tmp_path, code):
    land_use("school")

    @settings(few, max_examples=6)
    @given(parts_of())
    def check(drawn):
        values, least, asked = drawn
        slug = f"part-{code}-{next(COUNTER)}"
        filled_layer(
            slug,
            *(
                feature(f"F{n}", at(10 * n, 0), "school" if value >= least else None,
                        "planned" if value >= least else "existing",
                        floors=value, name="ផ្សារ" if value >= least else "សាលា")
                for n, value in enumerate(values)
            ),
            geometry_kind="point",
        )  # fmt: skip
        wanted = {f"F{n}" for n, value in enumerate(values) if value >= least}
        words = {
            "min": {"min.floors": least}, "class": {"class": "school"}, "q": {"q": "ផ្សារ"},
            "ids": {"ids": ",".join(sorted(wanted)) or "none"},
            "lifecycle": {"lifecycle": "planned"},
        }[asked]  # fmt: skip

        path = file_of(client, tmp_path, code, slug, **words)

        if wanted:
            found, _report = brought_back(path, code, f"{slug}-again")
            assert set(found) == wanted

    check()


@pytest.mark.parametrize("code", ["gpkg", "geojson", "geojsonseq", "fgb", "kml"])
def test_what_was_selected_and_under_which_licence_travels_along(client, tmp_path, code):
    described("markets", feature("M-1", at(0, 0), name="ផ្សារ"), feature("M-2", square(5, 5, 9)))

    path = file_of(client, tmp_path, code, "markets", ids="M-1")

    assert set(read_by_gdal(path, 4326 if code in WITHIN_M else 32648)) == {"M-1"}
    content = path.read_bytes()
    assert b"CC BY 4.0" in content
    if code != "geojsonseq":  # each text of a sequence names layer, version and licence only
        assert b"M-1" in content
        assert b"M-2" not in content
        assert b"selection" in content


def test_the_licence_of_a_text_sequence_stands_in_each_of_its_texts(client, tmp_path):
    described("markets", feature("M-1", at(0, 0)), feature("M-2", at(5, 5)))

    path = file_of(client, tmp_path, "geojsonseq", "markets")

    texts = [json.loads(text) for text in path.read_bytes().split(b"\x1e") if text]
    assert [text["provenance"]["licence"] for text in texts] == ["CC BY 4.0"] * 2


def test_lists_stay_lists_where_a_format_has_them(client, tmp_path):
    filled_layer("tagged", feature("T", at(0, 0), tags=["ក", 1, {"b": None}]))

    found = {
        code: brought_back(file_of(client, tmp_path, code, "tagged"), code, f"again-{code}")[0]
        for code in ("gpkg", "geojson", "geojsonseq", "csv", "shp", "fgb", "kml")
    }

    tags = ["ក", 1, {"b": None}]
    assert {code: rows["T"][2]["tags"] for code, rows in found.items()} == {
        "gpkg": tags, "geojson": tags, "geojsonseq": tags, "csv": tags, "shp": tags,
        "fgb": as_json(tags), "kml": as_json(tags),
    }  # fmt: skip

"""OGC API Features Part 3 (19-079r2) and CQL2 (21-065r2): queryables and filters.

The table of filters is read by another implementation too (the ``cql2`` package): what it writes as
CQL2 JSON must select the same features here as the text does.
"""

import json
import re

import cql2
import pytest
from jsonschema import Draft202012Validator

from layers.crs import to_wgs84
from tests.factories import at, feature, filled_layer, rectangle
from tests.standards.ground import PARCELS, Reader, link, parcels, text_of, wells

pytestmark = pytest.mark.django_db
CLASSES = {
    *(f"ogcapi-features-3/1.0/conf/{name}" for name in (
        "queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(f"cql2/1.0/conf/{name}" for name in (
        "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators",
        "case-insensitive-comparison", "basic-spatial-functions",
        "basic-spatial-functions-plus")),
    "ogcapi-features-5/1.0/conf/schemas",
}  # fmt: skip
ITEMS = f"collections/{PARCELS}/items"
QUERYABLES = f"collections/{PARCELS}/queryables"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
METRES = "http://www.opengis.net/def/crs/EPSG/0/32648"


@pytest.fixture
def reader():
    """P-00 … P-04: squares of 10 m every 20 m; even ones are R1 and public, odd ones COM."""
    parcels()
    return Reader()


def numbers(reader, **query):
    return [int(name[2:]) for name in reader.ids(**query)]


def test_every_collection_of_features_links_to_its_queryables(reader):
    wells()
    for found in reader.told("collections")["collections"]:
        (one,) = [one for one in found["links"] if one["rel"] == QUERYABLES_REL]
        assert one["type"] == "application/schema+json"
        assert reader.follow(one["href"])["type"] == "object"


def test_queryables_and_schema_are_json_schema_with_their_own_address(reader):
    for path in (QUERYABLES, f"collections/{PARCELS}/schema"):
        answer = reader.ask(path)
        told = json.loads(text_of(answer))
        assert answer["Content-Type"] == "application/schema+json"
        assert told["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert told["$id"] == f"http://testserver/ogc/{path}"
        assert told["type"] == "object"
        Draft202012Validator.check_schema(told)


def test_every_property_of_a_schema_has_a_type_or_is_a_kind_of_shape():
    filled_layer("odd", feature("A", at(0, 0), n=1), feature("B", at(5, 0), n="many", deep=[1]))

    for path in ("collections/odd/queryables", "collections/odd/schema"):
        for name, told in Reader().told(path)["properties"].items():
            if told.get("x-ogc-role") == "primary-geometry":
                assert re.fullmatch(r"geometry-[a-z-]+", told["format"])
                assert "type" not in told
            else:
                assert told["type"], name


def test_features_keep_to_the_schema_of_their_collection():
    filled_layer("odd", feature("A", at(0, 0), n=1), feature("B", at(5, 0), n="many", deep=[1]))
    parcels()
    reader = Reader()
    for slug in ("odd", PARCELS):
        schema = reader.told(f"collections/{slug}/schema")
        schema["properties"].pop("geometry")
        for found in reader.told(f"collections/{slug}/items")["features"]:
            given = {
                name: value for name, value in found["properties"].items() if value is not None
            }
            assert list(Draft202012Validator(schema).iter_errors(given)) == []


def test_every_simple_queryable_is_a_parameter_that_selects_its_value(reader):
    listed = reader.told(QUERYABLES)["properties"]
    features = reader.told(ITEMS)["features"]
    for name, told in listed.items():
        if "format" in told and told["format"].startswith("geometry"):
            continue
        for found in features:
            value = found["id"] if name == "stable_id" else found["properties"][name]
            written = str(value).lower() if isinstance(value, bool) else str(value)
            expected = [
                one["id"] for one in features
                if (one["id"] if name == "stable_id" else one["properties"][name]) == value
            ]  # fmt: skip
            assert reader.ids(**{name: written}) == expected, (name, value)


def test_a_filter_may_name_queryables_and_nothing_else(reader):
    reader.refused(ITEMS, filter="introduced_in = 1")
    reader.refused(ITEMS, filter="no_such > 1")


def test_the_default_language_is_text_and_each_language_may_be_named(reader):
    tree = json.dumps({"op": ">", "args": [{"property": "height_m"}, 2]})

    assert numbers(reader, filter="height_m > 2") == [3, 4]
    assert numbers(reader, filter="height_m > 2", filter_lang="cql2-text") == [3, 4]
    assert numbers(reader, filter=tree, filter_lang="cql2-json") == [3, 4]
    reader.refused(ITEMS, filter=tree)
    reader.refused(ITEMS, filter="height_m > 2", filter_lang="cql2-json")
    reader.refused(ITEMS, filter="height_m > 2", filter_lang="cql-text")
    reader.refused(ITEMS, filter_lang="cql-text")


def test_a_filter_is_joined_with_all_other_conditions_by_and(reader):
    box = ",".join(map(repr, to_wgs84(rectangle(25, 2, 20, 4)).bounds))

    assert numbers(reader, bbox=box) == [1, 2]
    assert numbers(reader, bbox=box, filter="height_m > 1") == [2]
    assert numbers(reader, bbox=box, filter="height_m > 1", land_use="COM") == []
    assert numbers(reader, filter="height_m > 1", is_public="true") == [2, 4]
    assert numbers(reader, filter="height_m > 1", datetime="1990-01-01") == []


def test_following_next_stays_within_the_filter(reader):
    page, seen = reader.told(ITEMS, filter="height_m > 0", limit=1), []
    while page:
        seen += [one["id"] for one in page["features"]]
        following = link(page, "next")
        page = reader.follow(following) if following else None

    assert seen == ["P-01", "P-02", "P-03", "P-04"]


def test_shapes_of_a_filter_are_in_the_system_that_filter_crs_names(reader):
    west, south, east, north = rectangle(25, 2, 20, 4).bounds
    box = f"S_INTERSECTS(geometry, BBOX({west}, {south}, {east}, {north}))"

    assert numbers(reader, filter=box, filter_crs=METRES) == [1, 2]
    reader.refused(ITEMS, filter=box)  # no longitudes
    reader.refused(ITEMS, filter=box, filter_crs="EPSG:32648")


# What OGC 21-065r2 demands of the declared classes, each with what it selects of P-00 … P-04.
# height_m is 0 … 4, even ones are R1 and public; opened is 2010-05-31 … 2014-05-31.
PREDICATES = {
    "basic-cql2": [
        ("height_m = 3", [3]),
        ("height_m <> 3", [0, 1, 2, 4]),
        ("height_m < 2", [0, 1]),
        ("height_m > 2", [3, 4]),
        ("height_m <= 2", [0, 1, 2]),
        ("height_m >= 2", [2, 3, 4]),
        ("land_use = 'R1'", [0, 2, 4]),
        ("is_public = TRUE", [0, 2, 4]),
        ("is_public = false", [1, 3]),
        ("opened = DATE('2012-05-31')", [2]),
        ("opened > DATE('2012-05-31')", [3, 4]),
        ("label IS NULL", []),
        ("label IS NOT NULL", [0, 1, 2, 3, 4]),
        ("height_m = 1 AND land_use = 'COM'", [1]),
        ("height_m = 1 OR height_m = 4", [1, 4]),
        ("NOT land_use = 'R1'", [1, 3]),
        ("NOT (height_m < 1 OR height_m > 3)", [1, 2, 3]),
        ("height_m < 1 OR height_m > 3 AND land_use = 'COM'", [0]),
        ("(height_m < 1 OR height_m > 2) AND land_use = 'COM'", [3]),
    ],
    "advanced-comparison-operators": [
        ("label LIKE 'សាលា%'", [0, 1, 2, 3, 4]),
        ("label LIKE '%3'", [3]),
        ("label NOT LIKE '%3'", [0, 1, 2, 4]),
        ("land_use LIKE 'R_'", [0, 2, 4]),
        ("land_use LIKE 'R\\_'", []),
        ("height_m BETWEEN 1 AND 3", [1, 2, 3]),
        ("height_m NOT BETWEEN 1 AND 3", [0, 4]),
        ("height_m IN (0, 3, 99)", [0, 3]),
        ("land_use NOT IN ('R1', 'R2')", [1, 3]),
    ],
    "case-insensitive-comparison": [
        ("CASEI(land_use) = CASEI('com')", [1, 3]),
        ("CASEI(land_use) IN (CASEI('r1'), CASEI('xx'))", [0, 2, 4]),
        ("CASEI(land_use) LIKE CASEI('r%')", [0, 2, 4]),
    ],
}


@pytest.mark.parametrize(
    ("text", "selected"), [pair for listed in PREDICATES.values() for pair in listed]
)
def test_a_predicate_of_a_declared_class_selects_what_it_means(reader, text, selected):
    assert numbers(reader, filter=text) == selected
    written = json.dumps(cql2.parse_text(text).to_json(), ensure_ascii=False)
    assert numbers(reader, filter=written, filter_lang="cql2-json") == selected


def degrees(shape):
    return to_wgs84(shape).wkt


WORLD = "BBOX(-180, -90, 180, 90)"
SHAPES = [
    (f"S_INTERSECTS(geometry, {WORLD})", [0, 1, 2, 3, 4]),
    ("S_INTERSECTS(geometry, BBOX(0, 40, 10, 50))", []),
    ("S_INTERSECTS(geometry, BBOX(150, -90, -150, 90))", []),
    ("S_INTERSECTS(geometry, POINT(7.02 49.92))", []),
    (f"S_INTERSECTS(geometry, {degrees(at(25, 5))})", [1]),
    (f"S_INTERSECTS({degrees(at(25, 5))}, geometry)", [1]),
    (f"S_INTERSECTS(geometry, {degrees(rectangle(25, 2, 20, 4))})", [1, 2]),
    ("S_INTERSECTS(geometry, POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90)))",
     [0, 1, 2, 3, 4]),
    ("S_INTERSECTS(geometry, POLYGON((100 5, 110 5, 110 15, 100 15, 100 5)))", [0, 1, 2, 3, 4]),
    ("S_INTERSECTS(geometry, LINESTRING(-180 10.58036, 180 10.58036))", [0, 1, 2, 3, 4]),
    ("NOT S_INTERSECTS(geometry, POINT(7.02 49.92))", [0, 1, 2, 3, 4]),
    ("S_DISJOINT(geometry, POINT(7.02 49.92))", [0, 1, 2, 3, 4]),
    ("S_WITHIN(geometry, POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90)))",
     [0, 1, 2, 3, 4]),
    (f"S_WITHIN(geometry, {WORLD})", [0, 1, 2, 3, 4]),
    ("S_CONTAINS(geometry, POLYGON((100 5, 110 5, 110 15, 100 15, 100 5)))", []),
    (f"S_CONTAINS(geometry, {degrees(at(25, 5))})", [1]),
    (f"S_DISJOINT(geometry, {degrees(rectangle(25, 2, 20, 4))})", [0, 3, 4]),
]  # fmt: skip
COLLECTION = (
    f"GEOMETRYCOLLECTION({degrees(at(5, 5))}, {degrees(rectangle(45, 2, 20, 4))}, "
    f"LINESTRING(7 49, 8 50))"
)


@pytest.mark.parametrize(("text", "selected"), SHAPES)
def test_a_shape_of_a_filter_may_lie_anywhere_on_earth(reader, text, selected):
    assert numbers(reader, filter=text) == selected


def test_every_kind_of_shape_is_understood(reader):
    near, far = degrees(at(5, 5)), degrees(at(85, 5))
    inner = [text[text.index("(") :] for text in (near, far)]
    line = f"LINESTRING({inner[0].strip('()')}, {inner[1].strip('()')})"
    area = degrees(rectangle(62, 2, 4, 4))
    for text, selected in (
        (near, [0]),
        (f"MULTIPOINT({inner[0]}, {inner[1]})", [0, 4]),
        (line, [0, 1, 2, 3, 4]),
        (f"MULTILINESTRING{line[10:].join('()')}", [0, 1, 2, 3, 4]),
        (area, [3]),
        (f"MULTI{area[:8]}{area[8:].join('()')}", [3]),
        (COLLECTION, [0, 2, 3]),
    ):
        assert numbers(reader, filter=f"S_INTERSECTS(geometry, {text})") == selected, text
        tree = json.dumps(cql2.parse_text(f"S_INTERSECTS(geometry, {text})").to_json())
        assert numbers(reader, filter=tree, filter_lang="cql2-json") == selected, text


def test_a_collection_meets_what_any_of_its_shapes_meets_and_avoids_what_none_meets(reader):
    assert numbers(reader, filter=f"S_INTERSECTS(geometry, {COLLECTION})") == [0, 2, 3]
    assert numbers(reader, filter=f"S_DISJOINT(geometry, {COLLECTION})") == [1, 4]
    reader.refused(ITEMS, filter=f"S_TOUCHES(geometry, {COLLECTION})")


@pytest.mark.parametrize("text", [
    "height_m >", "height_m ! 3", "height_m = 'tall'", "S_INTERSECTS(geometry)",
    "S_INTERSECTS(geometry, POINT(200 10))", "S_INTERSECTS(geometry, GEOMETRYCOLLECTION())",
    "height_m LIKE 3", "nothing()",
])  # fmt: skip
def test_a_filter_that_is_not_valid_is_answered_with_400(reader, text):
    reader.refused(ITEMS, filter=text)


def test_texts_in_quotes_and_names_in_double_quotes_keep_their_signs():
    filled_layer("named", feature("A", at(0, 0), **{"it's": 'say "yes"', "ឈ្មោះ": "ដី'ឡូត៍"}))
    reader = Reader()

    assert reader.ids("named", filter='"it\'s" = \'say "yes"\'') == ["A"]
    assert reader.ids("named", filter="ឈ្មោះ = 'ដី''ឡូត៍'") == ["A"]

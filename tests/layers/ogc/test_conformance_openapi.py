"""The OpenAPI 3.0 classes of Features and Tiles: the document is valid, and it is true."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.standards.ground import PARCELS, Reader, parcels, text_of, wells
from tests.standards.test_tiles import middle, tile_at

pytestmark = pytest.mark.django_db
CLASSES = {"ogcapi-features-1/1.0/conf/oas30", "ogcapi-tiles-1/1.0/conf/oas30"}
ITEMS = "/collections/{collectionId}/items"
BOX = {
    "type": "array",
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
    "items": {"type": "number"},
}


@pytest.fixture
def reader(terrain):
    parcels()
    wells()
    return Reader()


@pytest.fixture
def document(reader):
    return reader.told("api")


def defined(document, path, method="get"):
    """The parameters of an operation by name, their references followed."""
    listed = {}
    for one in [*document["paths"][path].get("parameters", []),
                *document["paths"][path][method]["parameters"]]:  # fmt: skip
        found = one
        if "$ref" in one:
            found = document["components"]["parameters"][one["$ref"].rpartition("/")[2]]
        listed[found["name"]] = found
    return listed


def address_of(document, path):
    choices = defined(document, path)
    slug = choices["collectionId"]["schema"]["enum"][0] if "collectionId" in choices else ""
    slug = PARCELS if PARCELS in choices.get("collectionId", {}).get("schema", {}).get(
        "enum", []) else slug  # fmt: skip
    column, row = tile_at(16, *middle())
    return path.removeprefix("/").format(
        collectionId=slug, featureId="P-00", tileMatrix=16, tileRow=row, tileCol=column
    )


def test_the_document_is_valid_openapi_3(document):
    assert [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()] == []


def test_the_document_is_valid_for_a_city_without_a_layer(db):
    bare = Reader().told("api")

    assert [error.message for error in OpenAPIV30SpecValidator(bare).iter_errors()] == []
    assert not [path for path in bare["paths"] if "{collectionId}" in path]


def test_every_resource_the_standards_demand_is_described(document):
    demanded = {
        "/", "/conformance", "/collections", "/collections/{collectionId}", ITEMS,
        f"{ITEMS}/{{featureId}}", "/tileMatrixSets", "/collections/{collectionId}/queryables",
        "/collections/{collectionId}/tiles",
    }  # fmt: skip

    assert demanded <= set(document["paths"])


def test_every_described_resource_answers_in_every_media_type_it_promises(reader, document):
    for path, answers in document["paths"].items():
        for media in answers["get"]["responses"]["200"]["content"]:
            answer = reader.ask(address_of(document, path), headers={"Accept": media})
            assert answer["Content-Type"].split(";")[0] == media.split(";")[0], path


def test_every_operation_says_how_errors_look(document):
    for path, answers in document["paths"].items():
        for method, operation in answers.items():
            if method != "parameters":
                assert "default" in operation["responses"], (path, method)


def test_the_limit_is_defined_with_its_least_its_most_and_its_default(document):
    limit = defined(document, ITEMS)["limit"]

    assert limit["schema"] == {
        "type": "integer", "minimum": 1, "maximum": 10_000, "default": 1_000
    }  # fmt: skip
    assert (limit["required"], limit["style"], limit["explode"]) == (False, "form", False)


def test_the_box_is_defined_as_four_or_six_numbers_with_commas(document):
    box = defined(document, ITEMS)["bbox"]

    assert box["schema"] == BOX
    assert (box["required"], box["style"], box["explode"]) == (False, "form", False)


def test_the_time_is_defined_as_one_text(document):
    for path in (ITEMS, f"{ITEMS}/{{featureId}}"):
        time = defined(document, path)["datetime"]
        assert time["schema"] == {"type": "string"}
        assert (time["required"], time["style"], time["explode"]) == (False, "form", False)


def test_the_filter_its_language_and_its_system_are_defined(document):
    told = defined(document, ITEMS)

    assert told["filter"]["schema"]["type"] == "string"
    assert told["filter-lang"]["schema"]["enum"] == ["cql2-text", "cql2-json"]
    assert told["filter-lang"]["schema"]["default"] == "cql2-text"
    assert told["filter-crs"]["schema"]["format"] == "uri"


def test_operations_of_tiles_are_named_as_the_standard_wants_them(document):
    # OGC 20-057, 13.2: a program finds the tiles of an API by the ends of these names
    named = {answers["get"]["operationId"]: path for path, answers in document["paths"].items()}

    for kind, place in (("vector", "/tiles"), ("map", "/map/tiles")):
        start = "/collections/{collectionId}" + place
        assert named[f".collection.{kind}.getTileSetsList"] == start
        assert named[f".collection.{kind}.getTileSet"] == f"{start}/WebMercatorQuad"
        assert named[f".collection.{kind}.getTile"] == (
            f"{start}/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
        )


def test_an_operation_that_needs_a_name_and_password_says_so(document):
    schemes = document["components"]["securitySchemes"]

    for path, answers in document["paths"].items():
        for method in ("post", "put", "patch", "delete"):
            if method in answers:
                (needed,) = answers[method]["security"]
                assert set(needed) <= set(schemes), path


def test_each_choice_of_a_parameter_is_taken_and_no_other(reader, document):
    for path, answers in document["paths"].items():
        for name, parameter in defined(document, path).items():
            choices = parameter["schema"].get("enum", [])
            if parameter["in"] != "query" or not choices:
                continue
            for choice in choices:
                asked = {"filter": "TRUE"} if name == "filter-lang" and "text" in choice else {}
                status = reader.client.get(
                    f"/ogc/{address_of(document, path)}", {**asked, name: choice}
                ).status_code
                assert status in (200, 204), (path, name, choice)
            reader.refused(address_of(document, path), **{name: f"{choices[0]}x"})
        assert answers["get"]["summary"]


PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


@settings(max_examples=40, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(name=PLAIN, value=PLAIN)
def test_no_resource_passes_over_a_parameter_it_does_not_know(reader, document, name, value):
    for path in document["paths"]:
        known = set(defined(document, path))
        queryable = {"height_m", "label", "is_public", "opened", "stable_id", "land_use",
                     "lifecycle", "depth_m"}  # fmt: skip
        if name in known | queryable:
            continue
        answer = reader.client.get(f"/ogc/{address_of(document, path)}", {name: value})
        assert answer.status_code == 400, (path, name, text_of(answer)[:200])
        assert answer["Content-Type"] == "application/problem+json"


def wrong_values(parameter):
    """Values that the schema of a parameter excludes."""
    schema = parameter["schema"]
    if "enum" in schema:
        return PLAIN.filter(lambda text: text not in schema["enum"])
    if schema["type"] == "integer":
        return PLAIN.filter(lambda text: not re.fullmatch(r"[0-9]+", text))
    if schema["type"] == "array":
        edges = st.lists(st.sampled_from(["", "a", "1", "nan", "inf", "1e999", "៥x"]), max_size=8)
        return edges.map(",".join).filter(lambda text: text.count("1") < 4 or "a" in text)
    return None


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_no_resource_takes_a_value_that_its_schema_excludes(reader, document, data):
    path = data.draw(st.sampled_from(sorted(document["paths"])))
    choices = {
        name: wrong_values(one) for name, one in defined(document, path).items()
        if one["in"] == "query"
    }  # fmt: skip
    choices = {name: wrong for name, wrong in choices.items() if wrong is not None}
    name = data.draw(st.sampled_from(sorted(choices)))
    value = data.draw(choices[name])

    answer = reader.client.get(f"/ogc/{address_of(document, path)}", {name: value})

    assert answer.status_code == 400, (path, name, value)


@pytest.mark.parametrize("place", ["16/-1/0", "16/0/x", "-1/0/0", "99/0/0", "2/4/0", "2/0/4",
                                   "16/99999999/0", "16/0/0/0", "16/٣/0"])  # fmt: skip
@pytest.mark.parametrize("kind", ["tiles", "map/tiles"])
def test_a_square_that_cannot_be_is_refused_and_never_an_error(reader, kind, place):
    slug = PARCELS if kind == "tiles" else "terrain"
    answer = reader.client.get(f"/ogc/collections/{slug}/{kind}/WebMercatorQuad/{place}")

    assert answer.status_code in (400, 404)

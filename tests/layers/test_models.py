"""What the database refuses, and how things are called."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from layers.models import (
    Feature,
    ImportIssue,
    LandUseClass,
    Layer,
    LayerVersion,
    RasterLayer,
    Run,
    SurveyedArea,
    in_reader_language,
)
from tests.factories import EAST, at, feature, filled_layer, land_use, outline, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def layer():
    return filled_layer("houses", feature("A", square(0, 0, 10)))


def refused():
    return pytest.raises(IntegrityError)


def ewkt(shape):
    return f"SRID=32648;{shape.wkt}"


def add(layer, shape, stable_id="B", **fields):
    fields = {"introduced_in": 1} | fields
    with transaction.atomic():
        return Feature.objects.create(
            layer=layer, stable_id=stable_id, geometry=ewkt(shape), **fields
        )


@pytest.mark.parametrize(
    "shape",
    [
        outline((0, 0), (10, 10), (10, 0), (0, 10)),
        at(5_000_000, 0),
        at(0, -3_000_000),
    ],
    ids=["bow-tie", "too far east", "south of the zone"],
)
def test_a_shape_that_cannot_be_is_refused(layer, shape):
    with refused():
        add(layer, shape)


def test_a_feature_stands_once_at_a_time(layer):
    with refused():
        add(layer, square(0, 0, 10), stable_id="A")
    add(layer, square(0, 0, 10), stable_id="A", retired_in=2)


def test_a_feature_that_ends_before_it_begins_is_refused(layer):
    with refused():
        add(layer, square(0, 0, 10), introduced_in=2, retired_in=2)


def test_a_form_says_in_words_that_an_outline_crosses_itself(layer):
    bow_tie = outline((0, 0), (10, 10), (10, 0), (0, 10))
    crossed = Feature(layer=layer, stable_id="B", geometry=ewkt(bow_tie), introduced_in=1)
    with translation.override("en"), pytest.raises(ValidationError, match="crosses itself"):
        crossed.full_clean()


def test_a_version_number_exists_once_per_layer(layer):
    with refused(), transaction.atomic():
        LayerVersion.objects.create(layer=layer, number=1, state="draft")


def test_a_published_version_states_when(layer):
    with refused(), transaction.atomic():
        LayerVersion.objects.create(layer=layer, number=2, state="published")


def test_a_surveyed_area_is_valid_and_in_place(layer):
    far = f"SRID=32648;MULTIPOLYGON((({EAST} -3e6, {EAST + 9} -3e6, {EAST} -2e6, {EAST} -3e6)))"
    with refused(), transaction.atomic():
        SurveyedArea.objects.create(layer=layer, geometry=far, completeness="complete")


def test_a_raster_has_a_cell_size(layer):
    with refused(), transaction.atomic():
        RasterLayer.objects.create(
            version=layer.versions.get(),
            nodata=-1,
            resolution_m=0,
            footprint=ewkt(square(0, 0, 1)),
            minimum=0,
            maximum=1,
        )


def test_progress_is_a_share():
    with refused(), transaction.atomic():
        Run.objects.create(kind="x", title="x", progress_share=1.5)


@pytest.mark.parametrize(("field", "value"), [("colour", "red"), ("scheme", "other")])
def test_a_class_has_a_colour_and_a_scheme(field, value):
    with refused(), transaction.atomic():
        LandUseClass.objects.create(
            **({"code": "x", "scheme": "use", "colour": "#000000"} | {field: value})
        )


def test_names_come_in_the_readers_language_and_never_empty():
    with translation.override("en"):
        assert in_reader_language("ផ្ទះ", "house") == "house"
        assert in_reader_language("ផ្ទះ", "") == "ផ្ទះ"
    with translation.override("km"):
        assert in_reader_language("ផ្ទះ", "house") == "ផ្ទះ"
        assert in_reader_language("", "house") == "house"


def test_a_feature_is_called_by_its_name_else_by_its_identifier():
    named = Feature(stable_id="A", properties={"name_km": "សាលា", "name_en": "School"})
    plain = Feature(stable_id="B", properties={"name": "Wat"})
    with translation.override("km"):
        assert named.name == "សាលា"
    with translation.override("en"):
        assert named.name == "School"
    assert plain.name == "Wat"
    assert Feature(stable_id="C", properties={}).name == "C"


def test_things_print_as_people_call_them(layer):
    school = land_use("school", name_en="School", name_km="")
    run = Run(pk=7, title="Import")
    assert str(layer) == "houses"
    assert str(layer.versions.get()) == "houses v1"
    assert str(school) == "school School"
    assert str(run) == "#7 Import"
    assert str(ImportIssue(row=3, text="no_shape")) == "row 3: The row has no shape."
    assert str(SurveyedArea(layer=layer, completeness="complete")) == "houses: complete"
    raster = RasterLayer(version=layer.versions.get(), quantity="elevation", units="m")
    assert str(raster) == "houses v1 elevation [m]"
    assert layer.title == "Houses"
    assert Layer(slug="x", title_en="", title_km="ក").title == "ក"

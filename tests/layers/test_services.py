"""Layers through time: what a version adds, changes and removes, and that the past stays."""

from datetime import date

import pytest
import shapely
from django.db import IntegrityError, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.errors import NotFoundError, UnknownLandUseError, UserFacingError
from layers.models import Feature, Layer, LayerVersion
from layers.queries import (
    class_branches,
    current_features,
    current_raster,
    feature_named,
    features_in_version,
    layer_named,
    surveyed_share,
)
from layers.services import (
    Provenance,
    open_layer,
    publish_features,
    retire_features,
    set_surveyed_area,
)
from tests.factories import at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db


def publish(layer, *features, **options):
    return publish_features(layer=layer, features=features, **options)


def counts(publication):
    p = publication
    return p.added, p.changed, p.removed, p.unchanged


@pytest.fixture
def layer():
    return open_layer(slug="houses", geometry_kind="polygon")


def test_the_first_version_adds_everything(layer):
    publication = publish(layer, feature("A", square(0, 0, 10)), feature("B", square(20, 0, 10)))
    assert counts(publication) == (2, 0, 0, 0)
    assert publication.version.number == 1
    assert publication.version.feature_count == 2


def test_a_new_version_writes_only_what_differs(layer):
    publish(layer, *(feature(k, square(i * 20, 0, 10)) for i, k in enumerate("ABC")))
    publication = publish(
        layer,
        feature("A", square(0, 0, 10)),
        feature("B", square(21, 0, 10)),
        feature("D", square(60, 0, 10)),
    )
    assert counts(publication) == (1, 1, 1, 1)
    assert Feature.objects.count() == 5  # A, B before and after, C closed, D


@pytest.mark.parametrize(
    "other",
    [
        {"geometry": square(0, 0, 11)},
        {"land_use_code": "school"},
        {"lifecycle": "planned"},
        {"name": "new"},
    ],
)
def test_a_change_of_anything_is_a_change(layer, other):
    land_use("school")
    publish(layer, feature("A", square(0, 0, 10)))
    changed = {"geometry": square(0, 0, 10)} | other
    assert counts(publish(layer, feature("A", **changed))) == (0, 1, 0, 0)


def test_publishing_the_same_makes_no_version(layer):
    publish(layer, feature("A", square(0, 0, 10), name="x", storeys=2))
    again = publish(layer, feature("A", square(0, 0, 10), storeys=2, name="x"))
    assert not again.is_new
    assert again.version.number == 1
    assert LayerVersion.objects.count() == 1


def test_an_addition_leaves_the_others_standing(layer):
    publish(layer, feature("A", square(0, 0, 10)))
    publication = publish(layer, feature("B", square(20, 0, 10)), replaces_all=False)
    assert counts(publication) == (1, 0, 0, 1)
    assert set(current_features("houses").values_list("stable_id", flat=True)) == {"A", "B"}


def test_an_empty_publication_empties_the_layer_but_keeps_its_past(layer):
    publish(layer, feature("A", square(0, 0, 10)))
    assert counts(publish(layer)) == (0, 0, 1, 0)
    layer.refresh_from_db()
    assert not current_features("houses").exists()
    assert features_in_version(layer, 1).get().stable_id == "A"


def test_a_layer_published_empty_has_a_version(layer):
    assert publish(layer).version.number == 1


def test_one_version_is_published_at_a_time(layer):
    publish(layer, feature("A", square(0, 0, 10)))
    publish(layer, feature("A", square(0, 0, 20)))
    states = dict(LayerVersion.objects.values_list("number", "state"))
    assert states == {1: "retired", 2: "published"}


def test_a_version_states_where_it_comes_from(layer):
    given = Provenance(source_name="a.gpkg", source_digest="f" * 64, captured_on=date(2026, 1, 2))
    version = publish(layer, feature("A", square(0, 0, 10)), provenance=given).version
    assert (version.source_name, version.source_digest) == ("a.gpkg", "f" * 64)
    assert version.captured_on == date(2026, 1, 2)


def test_an_unknown_class_publishes_nothing(layer):
    with pytest.raises(UnknownLandUseError, match="'x'"):
        publish(layer, feature("A", square(0, 0, 10), "x"))
    assert not Feature.objects.exists()


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon(
            [(330000, 1170000), (330010, 1170010), (330010, 1170000), (330000, 1170010)]
        ),
        shapely.Polygon(),
        shapely.Point(103.5, 10.6),
        shapely.Point(1e300, 0),
    ],
    ids=["bow-tie", "empty", "degrees", "1e300"],
)
def test_the_database_itself_refuses_what_can_never_be_right(layer, shape):
    with pytest.raises(IntegrityError), transaction.atomic():
        publish(layer, feature("A", shape))
    assert not Feature.objects.exists()


def test_the_same_identifier_twice_publishes_nothing(layer):
    with pytest.raises(IntegrityError), transaction.atomic():
        publish(layer, feature("A", at(0, 0)), feature("A", at(1, 1)))
    assert not Feature.objects.exists()


def test_an_error_while_features_are_made_reaches_the_caller_as_it_is(layer):
    def broken():
        yield feature("A", at(0, 0))
        raise UserFacingError("The source broke off.", remedy="Try again.")

    with pytest.raises(UserFacingError, match="broke off"):
        publish_features(layer=layer, features=broken())
    assert not Feature.objects.exists()


def test_features_may_be_read_from_the_database_while_they_are_published(layer):
    filled_layer("old", feature("A", at(0, 0)), feature("B", at(5, 5)))
    copies = (feature(f.stable_id, at(1, 1)) for f in current_features("old").iterator())
    assert publish_features(layer=layer, features=copies).added == 2


def test_texts_with_tabs_and_backslashes_survive(layer):
    publish(layer, feature("a\tb\\c", at(0, 0), note="line\nline\t\\N ខ្មែរ"))
    found = current_features("houses").get()
    assert found.stable_id == "a\tb\\c"
    assert found.properties == {"note": "line\nline\t\\N ខ្មែរ"}


def test_retired_features_are_gone_today_and_there_yesterday(layer):
    publish(layer, feature("A", at(0, 0)), feature("B", at(5, 5)))
    publication = retire_features(layer=layer, stable_ids=["A"])
    assert counts(publication) == (0, 0, 1, 1)
    assert publication.version.feature_count == 1
    layer.refresh_from_db()
    assert features_in_version(layer, 1).count() == 2
    assert features_in_version(layer, 2).count() == 1


def test_retiring_what_is_not_there_makes_no_version(layer):
    publish(layer, feature("A", at(0, 0)))
    assert not retire_features(layer=layer, stable_ids=["Z"]).is_new


def test_retiring_from_a_layer_never_published_is_a_sentence(layer):
    with pytest.raises(NotFoundError, match="no published version"):
        retire_features(layer=layer, stable_ids=["Z"])


def test_an_identifier_may_return_after_it_was_retired(layer):
    publish(layer, feature("A", at(0, 0)))
    retire_features(layer=layer, stable_ids=["A"])
    publish(layer, feature("A", at(0, 0)))
    layer.refresh_from_db()
    assert [features_in_version(layer, k).count() for k in (1, 2, 3)] == [1, 0, 1]


def test_a_layer_keeps_its_description_when_opened_again():
    open_layer(slug="zones", geometry_kind="polygon", title_en="Zones 2030")
    again = open_layer(slug="zones", geometry_kind="polygon", title_en="Other")
    assert again.title_en == "Zones 2030"


def test_a_layer_of_features_is_no_raster_layer(layer):
    with translation.override("en"), pytest.raises(UserFacingError, match="holds areas"):
        open_layer(slug="houses", geometry_kind="raster")


def test_half_of_a_site_was_surveyed(layer):
    set_surveyed_area(layer=layer, geometry=square(0, 0, 100))
    site = filled_layer("sites", feature("S", square(50, 0, 100))).features.get().geometry
    assert surveyed_share("houses", site) == pytest.approx(0.5)


def test_partly_surveyed_ground_proves_no_absence(layer):
    set_surveyed_area(layer=layer, geometry=square(0, 0, 100), completeness="partial")
    site = filled_layer("sites", feature("S", square(0, 0, 10))).features.get().geometry
    assert surveyed_share("houses", site) == 0.0


def test_a_point_was_surveyed_or_not(layer):
    set_surveyed_area(layer=layer, geometry=square(0, 0, 100))
    inside, outside = (
        filled_layer(f"p{i}", feature("P", at(x, 5))).features.get().geometry
        for i, x in enumerate((5, 500))
    )
    assert surveyed_share("houses", inside) == 1.0
    assert surveyed_share("houses", outside) == 0.0


def test_two_surveyed_areas_that_overlap_count_once(layer):
    both = shapely.MultiPolygon([square(0, 0, 100), square(50, 0, 100)])
    area = set_surveyed_area(layer=layer, geometry=both)
    assert area.geometry.area == pytest.approx(150 * 100)


def test_a_new_statement_from_the_same_source_replaces_the_old(layer):
    set_surveyed_area(layer=layer, geometry=square(0, 0, 100), source="a")
    set_surveyed_area(layer=layer, geometry=square(0, 0, 10), source="a", completeness="partial")
    [area] = layer.surveyed_areas.all()
    assert area.completeness == "partial"


def test_a_line_is_no_surveyed_area(layer):
    with pytest.raises(UserFacingError, match="no area"):
        set_surveyed_area(layer=layer, geometry=shapely.LineString([(0, 0), (1, 1)]))


def test_a_class_means_its_whole_branch():
    school = land_use("school")
    primary = land_use("school_primary", parent=school)
    land_use("school_primary_public", parent=primary)
    land_use("hospital")
    assert class_branches(["school", "hospital"]) == {
        "school": ["school", "school_primary", "school_primary_public"],
        "hospital": ["hospital"],
    }


def test_asking_for_an_unknown_class_is_an_error_not_an_empty_branch():
    with pytest.raises(UnknownLandUseError, match="'schol'"):
        class_branches(["schol"])


def test_names_that_do_not_exist_are_named_with_those_that_do(layer):
    with translation.override("en"):
        with pytest.raises(NotFoundError, match="Use one of these: houses"):
            layer_named("hoses")
        with pytest.raises(NotFoundError, match="holds no 'Z'"):
            feature_named("houses", "Z")
        with pytest.raises(NotFoundError, match="no raster 'houses'"):
            current_raster("houses")


STATES = st.dictionaries(
    st.sampled_from("ABCD"),
    st.tuples(st.integers(0, 2), st.sampled_from(["existing", "planned"])),
)
PUBLICATIONS = st.lists(
    st.tuples(st.sampled_from(["all", "some", "retire"]), STATES), min_size=1, max_size=6
)


@pytest.mark.parametrize("own_table_from_rows", [20_000, 1])
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(PUBLICATIONS)
def test_as_of_version_k_is_what_stood_then(monkeypatch, own_table_from_rows, publications):
    """In the common table and in a table of the layer's own alike."""
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", own_table_from_rows)
    Layer.objects.all().delete()
    layer = open_layer(slug="houses", geometry_kind="mixed")
    publish(layer)
    state, history = {}, {1: {}}
    for way, named in publications:
        if way == "retire":
            state = {k: v for k, v in state.items() if k not in named}
            publication = retire_features(layer=layer, stable_ids=list(named))
        else:
            state = (state if way == "some" else {}) | named
            publication = publish(
                layer,
                *(feature(k, at(x, 0), lifecycle=phase) for k, (x, phase) in named.items()),
                replaces_all=way == "all",
            )
        assert publication.is_new == (state != history[max(history)])
        history[publication.version.number] = state

    for number, expected in history.items():
        found = features_in_version(layer, number)
        seen = {f.stable_id: (round(f.geometry.x - 330_000), f.lifecycle) for f in found}
        assert seen == expected
        assert LayerVersion.objects.get(number=number).feature_count == len(expected)
    assert current_features("houses").count() == len(state)

"""A large layer lies in a table of its own and behaves like any other."""

import pytest
from django.db import IntegrityError, connection, transaction

from layers.errors import UserFacingError
from layers.models import Feature, Layer, LayerVersion
from layers.own_tables import OwnTable, layers_with_own_table
from layers.queries import current_features, features_in_version
from layers.search import matches, parsed
from layers.services import open_layer, publish_features, retire_features
from tests.factories import at, feature, land_use, square

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_rows_are_many(monkeypatch):
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 3)


def houses(*names, size=10, **properties):
    return [feature(n, square(20 * i, 0, size), **properties) for i, n in enumerate(names)]


def filled(slug, features):
    layer = open_layer(slug=slug, geometry_kind="polygon")
    publication = publish_features(layer=layer, features=features)
    layer.refresh_from_db()
    return layer, publication


def counts(publication):
    p = publication
    return p.added, p.changed, p.removed, p.unchanged


def table_of(stable_id):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass::text FROM layers_feature WHERE stable_id = %s", [stable_id]
        )
        return cursor.fetchone()[0]


def found(words):
    return [match.stable_id for match in matches(parsed(words), Layer.objects.all())]


def test_three_rows_get_a_table_of_their_own_and_two_do_not():
    large, publication = filled("houses", houses("A", "B", "C"))
    small, _ = filled("sheds", houses("D", "E"))
    assert counts(publication) == (3, 0, 0, 0)
    assert table_of("A") == f"layers_feature_{large.pk}"
    assert table_of("D") == "layers_feature_common"
    assert layers_with_own_table() == {large.pk}
    assert small.published_number == large.published_number == 1


def test_rows_of_all_tables_are_found_together():
    filled("houses", houses("A", "B", "C"))
    filled("sheds", houses("D", "E"))
    assert current_features().count() == 5
    assert len(set(Feature.objects.values_list("pk", flat=True))) == 5


def test_class_lifecycle_shape_and_attributes_arrive_as_they_were_given():
    school = land_use("school")
    given = feature("S", square(3, 4, 5), "school", "planned", name_km="សាលា", storeys=2, gone=None)
    filled("schools", [given, *houses("A", "B")])
    stored = Feature.objects.get(stable_id="S")
    assert (stored.land_use, stored.lifecycle) == (school, "planned")
    assert stored.properties == {"name_km": "សាលា", "storeys": 2, "gone": None}
    assert stored.geometry.extent == (330_003, 1_170_004, 330_008, 1_170_009)
    assert (stored.introduced_in, stored.retired_in) == (1, None)
    assert Feature.objects.get(stable_id="A").land_use is None


def test_later_versions_go_into_the_same_table():
    layer, _ = filled("houses", houses("A", "B", "C"))
    changed = publish_features(layer=layer, features=houses("A", "B", "D", size=12))
    assert counts(changed) == (1, 2, 1, 0)
    assert table_of("D") == OwnTable(layer.pk).name
    assert {f.stable_id for f in features_in_version(layer, 1)} == set("ABC")
    assert {round(f.geometry.area) for f in features_in_version(layer, 1)} == {100}
    assert {f.stable_id for f in features_in_version(layer, 2)} == set("ABD")
    assert counts(retire_features(layer=layer, stable_ids=["A", "Z"])) == (0, 0, 1, 2)


def test_a_layer_that_began_small_stays_where_it_is():
    layer, _ = filled("houses", houses("A"))
    publish_features(layer=layer, features=houses("A", "B", "C", "D"))
    assert table_of("D") == "layers_feature_common"
    assert current_features("houses").count() == 4


def test_a_layer_emptied_and_filled_again_keeps_its_past():
    layer, _ = filled("houses", houses("A", "B", "C"))
    publish_features(layer=layer, features=[])
    publish_features(layer=layer, features=houses("A", "B", "C", "D"))
    assert features_in_version(layer, 1).count() == 3
    assert features_in_version(layer, 2).count() == 0
    assert features_in_version(layer, 3).count() == 4


def test_several_layers_are_filled_in_one_transaction():
    with transaction.atomic():
        filled("small", houses("X"))
        filled("houses", houses("A", "B", "C"))
        filled("barns", houses("D", "E", "F"))
        publish_features(layer=Layer.objects.get(slug="small"), features=houses("X", "Y"))
    assert current_features().count() == 8


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"geometry": "POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))"}, id="bow tie"),
        pytest.param({"geometry": "POLYGON EMPTY"}, id="empty"),
        pytest.param({"geometry": "POINT(1e300 0)"}, id="outside"),
        pytest.param({"retired_in": 1}, id="never alive"),
        pytest.param({"land_use_id": 10**12}, id="no such class"),
        pytest.param({"stable_id": "A"}, id="twice"),
    ],
)
def test_the_database_refuses_there_what_it_refuses_elsewhere(broken):
    layer, _ = filled("houses", houses("A", "B", "C"))
    with pytest.raises(IntegrityError), transaction.atomic():
        _insert(
            {"layer_id": layer.pk, "stable_id": "N", "geometry": "POINT(330000 1170000)"} | broken
        )


def _insert(row):
    row = {
        "lifecycle": "existing",
        "introduced_in": 1,
        "retired_in": None,
        "land_use_id": None,
    } | row
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_feature (layer_id, stable_id, lifecycle, geometry, properties,"
            " introduced_in, retired_in, land_use_id)"
            " VALUES (%(layer_id)s, %(stable_id)s, %(lifecycle)s,"
            " ST_GeomFromText(%(geometry)s, 32648), '{}', %(introduced_in)s, %(retired_in)s,"
            " %(land_use_id)s)",
            row,
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_row_written_in_a_large_layer_never_changes():
    filled("houses", houses("A", "B", "C"))
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Feature.objects.filter(stable_id="A").update(lifecycle="planned")


@pytest.mark.parametrize(
    ("last", "refusal"),
    [
        (houses("A")[0], IntegrityError),
        (feature("D", square(0, 0, 0)), IntegrityError),
        (feature("D" * 81, at(0, 0)), Exception),
    ],
    ids=["identifier twice", "no area", "identifier too long"],
)
def test_a_load_that_is_refused_leaves_nothing(last, refusal):
    with pytest.raises(refusal), transaction.atomic():
        filled("houses", [*houses("A", "B", "C"), last])
    assert not Feature.objects.exists()
    assert not LayerVersion.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname ~ '^layers_feature_[0-9]+$'")
        assert cursor.fetchone()[0] == 0


def test_an_error_while_rows_are_made_reaches_the_caller_as_it_is():
    def broken():
        yield from houses("A", "B", "C", "D")
        raise UserFacingError("The file breaks off.", remedy="Fetch it again.")

    with pytest.raises(UserFacingError, match="breaks off"):
        filled("houses", broken())


def test_deleting_a_large_layer_deletes_its_features():
    layer, _ = filled("houses", houses("A", "B", "C"))
    Layer.objects.get(pk=layer.pk).delete()
    assert not Feature.objects.exists()


class TestSearch:
    def test_an_identifier_is_found_by_its_beginning_whatever_its_case(self):
        filled("houses", houses("B-100", "B-NORTH", "C-1", use="dwelling"))
        assert found("b-100") == ["B-100"]
        assert found("B-nor") == ["B-NORTH"]
        assert found("north") == []
        assert found("B-") == []  # two letters are too few for a large layer

    def test_a_name_or_number_of_its_own_is_found_by_any_part(self):
        named = feature("P-1", at(0, 0), name_km="សាលារៀន", parcel_no="K-44/17")
        filled("parcels", [named, *houses("P-2", "P-3")])
        assert found("សាលា") == ["P-1"]
        assert found("44/17") == ["P-1"]

    def test_what_all_have_in_common_names_none(self):
        filled("houses", houses("A", "B", "C", use="dwelling"))
        assert found("dwelling") == []

    def test_signs_with_a_meaning_in_patterns_are_only_signs(self):
        filled("houses", houses("A_NORTH", "ABNORTH", "A%NORTH"))
        assert found("a_no") == ["A_NORTH"]
        assert found("a%no") == ["A%NORTH"]

    def test_large_and_small_layers_answer_together(self):
        filled("houses", houses("X-NORTH", "X-SOUTH", "X-EAST"))
        filled("sheds", houses("X-NORTHERN", "X-WEST"))
        assert sorted(found("x-nor")) == ["X-NORTH", "X-NORTHERN"]


@pytest.mark.parametrize(("number", "expected"), [("K-1", ["A"]), ("K-9", [])])
def test_an_attribute_that_names_a_feature_is_looked_up(number, expected):
    filled("parcels", [feature(n, at(i, 0), parcel_no=f"K-{i}") for i, n in enumerate("ZABC")])
    asked = current_features("parcels").filter(properties__contains={"parcel_no": number})
    assert [f.stable_id for f in asked] == expected


def index_definitions(layer):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = %s", [OwnTable(layer.pk).name]
        )
        return " ".join(row[0] for row in cursor.fetchall())


def test_only_a_layer_with_names_or_numbers_indexes_its_attributes():
    plain, _ = filled("houses", houses("A", "B", "C", storeys=2))
    named, _ = filled("parcels", houses("A", "B", "C", parcel_no="K-1"))
    assert "jsonb_path_ops" not in index_definitions(plain)
    assert "jsonb_path_ops" in index_definitions(named)

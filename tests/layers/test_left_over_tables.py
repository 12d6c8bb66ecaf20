"""A load that was killed, or a trial that was taken back, leaves no table; one under way stays."""

import psycopg2
import pytest
from django.db import connection, transaction

from layers.ingest import ImportOptions, import_file
from layers.models import Layer
from layers.own_tables import LOCK_FAMILY, layers_with_own_table, sweep_left_over
from layers.services import open_layer, publish_features
from tests.factories import feature, square
from tests.layers.sources import vector_file

pytestmark = pytest.mark.django_db(transaction=True)

HOUSES = [feature(f"H{n}", square(20 * n, 0, 10)) for n in range(30)]


@pytest.fixture(autouse=True)
def _ten_rows_are_many(monkeypatch):
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 10)
    monkeypatch.setattr("layers.services.ENCODED_AT_ONCE", 10)


def own_tables():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname ~ '^layers_feature_[0-9]+$'")
        return {name for (name,) in cursor}


def taken_back(slug):
    """A trial: the first large load of a layer, undone when it is counted."""
    layer = open_layer(slug=slug, geometry_kind="polygon")
    with transaction.atomic():
        publish_features(layer=layer, features=HOUSES)
        transaction.set_rollback(True)
    return layer


def test_the_table_of_a_trial_that_was_taken_back_is_swept(db):
    sweep_left_over()  # what other tests left
    before = own_tables()
    taken_back("houses")
    assert own_tables() > before

    sweep_left_over()

    assert own_tables() == before
    assert Layer.objects.get().published_number is None


def test_the_next_import_sweeps_whatever_its_size_and_layer(tmp_path):
    sweep_left_over()  # what other tests left
    before = own_tables()
    taken_back("houses")
    assert own_tables() > before

    path = vector_file(tmp_path / "shops.gpkg", [square(0, 0, 10)])
    import_file(path=path, layer="shops", options=ImportOptions())

    assert own_tables() == before


def test_the_table_of_a_layer_that_holds_it_is_not_swept(db):
    layer = open_layer(slug="houses", geometry_kind="polygon")
    publish_features(layer=layer, features=HOUSES)

    sweep_left_over()

    assert layer.pk in layers_with_own_table()
    assert layer.features.count() == len(HOUSES)


def test_the_table_of_a_load_under_way_is_not_swept(db):
    """It is not attached yet, but somebody holds its lock."""
    layer = open_layer(slug="houses", geometry_kind="polygon")
    name = f"layers_feature_{layer.pk}"
    settings = connection.get_connection_params()
    chosen = {key: settings[key] for key in ("host", "port", "user", "password") if key in settings}
    other = psycopg2.connect(dbname=connection.settings_dict["NAME"], **chosen)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_FAMILY, layer.pk])
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE TABLE "{name}" (LIKE layers_feature)')

        sweep_left_over()
        assert name in own_tables()

        other.rollback()  # the load ends without having attached it
        sweep_left_over()
        assert name not in own_tables()
    finally:
        other.close()


def test_sweeping_where_nothing_is_left_does_nothing(db):
    before = own_tables()

    sweep_left_over()

    assert own_tables() == before

"""Whatever path a row takes, the database holds points, lines and areas that can be measured.

Written as plain SQL into every table that keeps shapes: the common table, the table of a large
layer, the edits of a draft, the surveyed areas. What is refused is tried beside what just may be.
"""

import importlib

import numpy as np
import pyarrow as pa
import pytest
import shapely
from django.apps import apps
from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, InternalError, connection, transaction

from layers.crs import project_extent
from layers.editing.drafts import open_draft
from layers.editing.shapes import ShapeError, shape_from_geojson
from layers.ingest.shapes import check_shapes
from tests.factories import feature, filled_layer, square

pytestmark = pytest.mark.django_db
MIGRATION = importlib.import_module("layers.migrations.0018_only_plain_shapes_are_stored")
RING = "(330000 1170000,330010 1170000,330010 1170010,330000 1170010,330000 1170000)"
OTHER = RING.replace("3300", "3400")
REFUSED = {
    "a mixed collection": f"GEOMETRYCOLLECTION(POINT(330000 1170000),POLYGON({RING}))",
    "a collection of one point": "GEOMETRYCOLLECTION(POINT(330000 1170000))",
    "a nested collection": "GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(330000 1170000)))",
    "an arc": "CIRCULARSTRING(330000 1170000,330005 1170005,330010 1170000)",
    "a curved area": "CURVEPOLYGON(CIRCULARSTRING(330000 1170000,330010 1170000,330000 1170000))",
    "a compound curve": "COMPOUNDCURVE((330000 1170000,330010 1170000))",
    "a multi-curve": "MULTICURVE((330000 1170000,330010 1170000))",
    "a multi-surface": f"MULTISURFACE({RING})".replace("(", "((").replace(")", "))"),
    "a TIN": "TIN(((330000 1170000,330010 1170000,330010 1170010,330000 1170000)))",
    "a triangle": "TRIANGLE((330000 1170000,330010 1170000,330010 1170010,330000 1170000))",
    "a polyhedron": f"POLYHEDRALSURFACE(({RING}))",
    "an empty point": "POINT EMPTY",
    "an empty area": "POLYGON EMPTY",
    "an empty collection": "GEOMETRYCOLLECTION EMPTY",
    "an area with an empty part": f"MULTIPOLYGON(EMPTY,({RING}))",
    "lines with an empty part": "MULTILINESTRING((330000 1170000,330010 1170000),EMPTY)",
    "points with an empty part": "MULTIPOINT(EMPTY,330000 1170000)",
    "a point that is no number": "POINT(NaN NaN)",
    "a point half a number": "POINT(330000 NaN)",
    "points of which one is no number": "MULTIPOINT(330000 1170000,NaN NaN)",
    "points of which one is half a number": "MULTIPOINT(330000 1170000,330001 NaN)",
    "a line through no number": "LINESTRING(330000 1170000,NaN NaN,330010 1170000)",
    "an area with a corner that is no number":
        "POLYGON((330000 1170000,330010 1170000,330010 NaN,330000 1170010,330000 1170000))",
    "a bow-tie":
        "POLYGON((330000 1170000,330010 1170010,330010 1170000,330000 1170010,330000 1170000))",
    "parts that overlap": f"MULTIPOLYGON(({RING}),({RING}))",
    "a line without length": "LINESTRING(330000 1170000,330000 1170000)",
    "degrees stamped as metres": "POINT(103.5 10.6)",
    "a number no map has": "POINT(1e300 1170000)",
    "a height": "POINT Z(330000 1170000 5)",
    "a measure": "POINT M(330000 1170000 5)",
    "a height and a measure": "POINT ZM(330000 1170000 5 5)",
}  # fmt: skip
ACCEPTED = {
    "a point": "POINT(330000 1170000)",
    "points": "MULTIPOINT(330000 1170000,330001 1170000)",
    "a line": "LINESTRING(330000 1170000,330010 1170000)",
    "lines": "MULTILINESTRING((330000 1170000,330010 1170000),(330000 1170001,330010 1170001))",
    "an area": f"POLYGON({RING})",
    "an area with a hole": "POLYGON((330000 1170000,330010 1170000,330010 1170010,330000 1170010,"
        "330000 1170000),(330001 1170001,330001 1170002,330002 1170002,330001 1170001))",
    "areas": f"MULTIPOLYGON(({RING}),({OTHER}))",
    "one area as many": f"MULTIPOLYGON(({RING}))",
}  # fmt: skip
INTO_FEATURES = (
    "INSERT INTO layers_feature"
    " (layer_id, stable_id, lifecycle, geometry, properties, introduced_in)"
    " VALUES (%s, 'NEW', 'existing', ST_GeomFromText(%s, %s), '{}', 1)"
)
INTO_EDITS = (
    "INSERT INTO layers_draftedit (draft_id, stable_id, revision, is_latest, action, lifecycle,"
    " geometry, properties, note, edited_by_id, edited_at)"
    " VALUES (%s, 'NEW', 1, TRUE, 'create', 'existing', ST_GeomFromText(%s, %s), '{}', '', %s,"
    " now())"
)


class Table:
    """One place where shapes are kept, and how a row comes into it."""

    def __init__(self, kind, monkeypatch):
        if kind == "own":
            monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 1)
        self.layer = filled_layer("houses", feature("A", square(500, 0, 10)))
        self.kind = kind
        self.author = User.objects.create_user("dara")
        self.draft = open_draft(layer=self.layer, title="t", author=self.author)

    def put(self, text, srid=32648):
        with transaction.atomic(), connection.cursor() as cursor:
            if self.kind == "edits":
                cursor.execute(INTO_EDITS, [self.draft.pk, text, srid, self.author.pk])
            else:
                cursor.execute(INTO_FEATURES, [self.layer.pk, text, srid])

    def refuses(self, text, srid=32648):
        try:
            self.put(text, srid)
        except (IntegrityError, DataError, InternalError):
            return True
        return False

    def where(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT tableoid::regclass::text FROM layers_feature LIMIT 1")
            return cursor.fetchone()[0]


@pytest.fixture(params=["common", "own", "edits"])
def table(request, monkeypatch):
    return Table(request.param, monkeypatch)


def test_the_rows_of_these_tests_go_where_they_are_meant_to_go(table):
    expected = (
        f"layers_feature_{table.layer.pk}" if table.kind == "own" else "layers_feature_common"
    )

    assert table.where() == expected


def test_what_is_no_plain_shape_is_refused_everywhere(table):
    passed = [name for name, text in REFUSED.items() if not table.refuses(text)]

    assert passed == []


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_one_is_stored(table, name):
    table.put(ACCEPTED[name])


@pytest.mark.parametrize("srid", [4326, 32647, 3857])
def test_another_system_is_refused_even_if_its_numbers_would_do(table, srid):
    assert table.refuses("POINT(330000 1170000)", srid)


@pytest.mark.parametrize(("corners", "is_refused"), [(200_000, False), (200_001, True)])
def test_a_shape_has_at_most_200_000_corners(table, corners, is_refused):
    places = ",".join(f"{330_000 + n / 1000:.3f} 1170000" for n in range(corners))

    assert table.refuses(f"LINESTRING({places})") == is_refused


def test_a_shape_lies_inside_the_extent_to_the_millimetre(table):
    west, south, east, north = project_extent()
    for x, y in ((west, south), (east, north), (west, north), (east, south)):
        inside = shapely.Point(x + (0.001 if x == west else -0.001),
                               y + (0.001 if y == south else -0.001))  # fmt: skip
        outside = shapely.Point(x + (-0.001 if x == west else 0.001), y)
        assert table.refuses(outside.wkt)
        with transaction.atomic():
            assert not table.refuses(inside.wkt)
            transaction.set_rollback(True)


@pytest.mark.parametrize("name", [
    "an area with a hole", "areas", "an area", "one area as many",
])  # fmt: skip
def test_a_surveyed_area_is_held_to_the_same(name):
    layer = filled_layer("houses", feature("A", square(0, 0, 10)))

    def put(text):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO layers_surveyedarea"
                " (layer_id, geometry, completeness, source, classes)"
                " VALUES (%s, ST_Multi(ST_GeomFromText(%s, 32648)), 'complete', '', '{}')",
                [layer.pk, text],
            )

    put(ACCEPTED[name])
    for bad in ("an area with an empty part", "a bow-tie", "an empty area", "parts that overlap",
                "an area with a corner that is no number", "a mixed collection"):  # fmt: skip
        with pytest.raises((IntegrityError, DataError, InternalError)):
            put(REFUSED[bad])


def test_the_largest_parts_of_a_mixed_shape_are_kept_and_the_rest_is_told():
    inside = shapely.from_wkt(
        f"GEOMETRYCOLLECTION(POINT(1 1), GEOMETRYCOLLECTION(POLYGON({RING})), POLYGON({OTHER}))"
    )

    kept, rest = MIGRATION.made_plain(inside)

    assert kept.geom_type == "MultiPolygon"
    assert kept.area == pytest.approx(200)
    assert rest.wkt == "GEOMETRYCOLLECTION (POINT (1 1))"
    assert MIGRATION.made_plain(shapely.from_wkt("MULTIPOINT(EMPTY, (3 4), (NaN NaN))")) == (
        shapely.Point(3, 4), None,
    )  # fmt: skip
    with pytest.raises(ValueError, match="nothing"):
        MIGRATION.made_plain(shapely.from_wkt("MULTIPOINT((NaN NaN))"))


def stood_before(layer, name):
    with connection.cursor() as cursor:
        cursor.execute(INTO_FEATURES.replace("'NEW'", "%s"), [layer.pk, name, REFUSED[name], 32648])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def as_it_stands(layer):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT stable_id, ST_AsText(ST_SnapToGrid(geometry, 0.01)), properties::text"
            " FROM layers_feature WHERE layer_id = %s AND stable_id <> 'A'", [layer.pk],
        )  # fmt: skip
        return {name: (shape, properties) for name, shape, properties in cursor.fetchall()}


@pytest.mark.parametrize("is_large", [False, True])
def test_shapes_that_stood_before_are_made_plain_and_nothing_is_lost(monkeypatch, is_large):
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 1 if is_large else 1_000)
    layer = filled_layer("houses", feature("A", square(500, 0, 10)))
    names = ("a mixed collection", "a collection of one point", "an arc",
             "an area with an empty part", "points of which one is no number")  # fmt: skip
    with connection.schema_editor() as editor:
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        MIGRATION.allow_others(apps, editor)
        for name in names:
            stood_before(layer, name)
        MIGRATION.make_plain(apps, editor)
        MIGRATION.refuse_others(apps, editor)

    stand = as_it_stands(layer)
    assert stand["a mixed collection"][0].startswith("POLYGON((")
    assert "POINT (330000 1170000)" in stand["a mixed collection"][1]
    assert stand["a collection of one point"] == ("POINT(330000 1170000)", "{}")
    assert stand["an arc"][0].startswith("LINESTRING(330000 1170000,")
    assert stand["an area with an empty part"][0].startswith("POLYGON((")
    assert stand["points of which one is no number"][0] == "POINT(330000 1170000)"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE layers_feature SET geometry = ST_Translate(geometry, 1, 1)")


def test_a_shape_that_cannot_be_made_plain_stops_the_migration_with_its_row():
    layer = filled_layer("houses", feature("A", square(500, 0, 10)))
    with connection.schema_editor() as editor:
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        MIGRATION.allow_others(apps, editor)
        stood_before(layer, "a triangle")
        with pytest.raises(ValueError, match=r"Row \d+ of layers_feature holds a TRIANGLE"):
            MIGRATION.make_plain(apps, editor)
        editor.execute("DELETE FROM layers_feature WHERE stable_id = 'a triangle'")
        editor.execute("ALTER TABLE layers_feature ENABLE TRIGGER USER")
        MIGRATION.refuse_others(apps, editor)


@pytest.mark.parametrize("given", [
    {"type": "MultiPolygon", "coordinates": [[], [[[0, 0], [1, 0], [1, 1], [0, 0]]]]},
    {"type": "MultiPolygon", "coordinates": [[[]]]},
    {"type": "MultiLineString", "coordinates": [[], [[0, 0], [1, 0]]]},
    {"type": "MultiPoint", "coordinates": [[], [0, 0]]},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]], []]},
], ids=str)  # fmt: skip
def test_a_drawn_shape_with_an_empty_part_is_told_and_never_an_error(given):
    with pytest.raises(ShapeError, match="damaged"):
        shape_from_geojson(given, 32648)


def test_an_imported_shape_loses_its_empty_parts_and_nothing_else():
    area, point = shapely.from_wkt(f"POLYGON({RING})"), shapely.Point(330_000, 1_170_000)
    given = [
        shapely.from_wkt(REFUSED["an area with an empty part"]),
        shapely.from_wkt("MULTIPOINT(EMPTY, (330000 1170000))"),
        shapely.from_wkt("MULTIPOLYGON(EMPTY)"),
        area,
    ]

    checked = check_shapes(
        pa.array(shapely.to_wkb(given)), rows=np.arange(4), project=None, kind="mixed"
    )

    assert [bool(left) for left in checked.is_left] == [True, True, False, True]
    assert checked.shapes[0].equals(area)
    assert shapely.get_num_geometries(checked.shapes[0]) == 1
    assert checked.shapes[1].equals(point)
    assert [issue.kind for issue in checked.issues] == ["empty_geometry"]

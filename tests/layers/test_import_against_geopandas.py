"""What a layer holds after an import is what geopandas reads from the same file."""

import tempfile
from datetime import date
from pathlib import Path

import geopandas
import pytest
import shapely
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from layers.ingest import ImportOptions, import_file
from layers.models import Feature, Layer
from layers.own_tables import layers_with_own_table
from tests.factories import EAST, NORTH

pytestmark = pytest.mark.django_db(transaction=False)
few = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
offset = st.one_of(st.integers(0, 40).map(float), st.floats(0, 40, allow_subnormal=False))
corner = st.tuples(offset.map(lambda x: EAST + x), offset.map(lambda y: NORTH + y))
area = st.lists(corner, min_size=3, max_size=7).map(Polygon)
shape = st.one_of(
    area,
    area,
    st.tuples(corner, st.floats(0.5, 9)).map(lambda c: Point(c[0]).buffer(c[1], quad_segs=4)),
    st.lists(area, min_size=1, max_size=2).map(MultiPolygon),
    st.lists(corner, min_size=2, max_size=4).map(LineString),
    corner.map(Point),
    st.none(),
)
word = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
row = st.fixed_dictionaries(
    {
        "geometry": shape,
        "words": st.one_of(
            st.none(), word, st.sampled_from(['"', "\\", "ផ្ទះ", "{}", "a|b", "NULL"])
        ),
        "storeys": st.integers(-(2**31), 2**31 - 1),
        "height": st.one_of(st.none(), st.floats(-1e9, 1e9, allow_subnormal=False)),
        "is_open": st.booleans(),
        "built": st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    }
)


@pytest.fixture(params=[3, 10**6], ids=["table of its own", "common table"])
def own_table_from(request, monkeypatch):
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", request.param)
    return request.param


def stored_as(value):
    """How an attribute stands in the layer; geopandas reads dates as times of day 0."""
    return value.date().isoformat() if hasattr(value, "date") else value


def is_missing(value):
    return value is None or value != value  # noqa: PLR0124 - not a number is not itself


def has_dimension_left(geometry):
    """Tell whether a shape is valid, or something with its dimension is left after repair."""
    if geometry is None or geometry.is_empty:
        return False
    if geometry.is_valid:
        return True
    left = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    dimension = shapely.get_dimensions(geometry)
    return any(
        shapely.get_dimensions(part) == dimension and not part.is_empty
        for part in shapely.get_parts(left)
    )


def check_row(feature, read):
    """Compare a stored feature with the row of the same identifier."""
    columns = [name for name in read.index if name not in {"code", "geometry"}]
    expected = {name: stored_as(read[name]) for name in columns if not is_missing(read[name])}
    assert feature.properties == expected
    outline = shapely.from_wkb(bytes(feature.geometry.wkb))
    if read.geometry.is_valid:
        assert shapely.to_wkb(outline) == shapely.to_wkb(read.geometry)
    else:
        repaired = shapely.make_valid(read.geometry, method="structure", keep_collapsed=False)
        assert outline.is_valid
        assert shapely.area(outline) == pytest.approx(shapely.area(repaired))
        assert shapely.get_dimensions(outline) == shapely.get_dimensions(read.geometry)


@few
@given(rows=st.lists(row, min_size=5, max_size=30))
def test_rows_stand_in_the_layer_as_geopandas_reads_them(own_table_from, rows):
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    codes = [f"R{n}" for n in range(len(rows))]
    frame = geopandas.GeoDataFrame({"code": codes} | columns, crs=32648)
    with tempfile.TemporaryDirectory() as folder, transaction.atomic():
        path = Path(folder) / "rows.gpkg"
        frame.to_file(path, engine="pyogrio")
        read = geopandas.read_file(path, engine="pyogrio").set_index("code", drop=False)
        usable = [code for code in codes if has_dimension_left(read.geometry[code])]
        if not usable:
            return
        report = import_file(path=path, layer="rows", options=ImportOptions(id_field="code"))
        stored = {f.stable_id: f for f in Feature.objects.filter(retired_in=None)}
        assert sorted(stored) == sorted(usable)
        for code, feature in stored.items():
            check_row(feature, read.loc[code])
        counts = report.rows
        assert (counts.read, counts.stored) == (len(rows), len(usable))
        assert counts.refused == len(rows) - len(usable)
        is_own = Layer.objects.get(slug="rows").pk in layers_with_own_table()
        assert is_own is (len(usable) >= own_table_from)
        transaction.set_rollback(True)

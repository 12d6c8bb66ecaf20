"""The rows of a COPY: both writers say the same, and PostgreSQL reads what was meant."""

import json
import struct

import numpy as np
import pyarrow as pa
import pytest
import shapely
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.copying import EncodedBatch, copy_row, joined
from layers.crs import PROJECT_SRID
from layers.ingest.identifiers import KnownIdentifiers
from layers.ingest.packing import packed
from layers.ingest.shapes import check_shapes
from layers.ingest.wkb import with_srid
from tests.factories import at, line, outline, square

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
ROWS = st.lists(
    st.tuples(
        TEXTS,
        st.none() | st.integers(1, 2**62),
        st.sampled_from(["existing", "planned"]),
        st.binary(min_size=1, max_size=30),
        st.dictionaries(TEXTS, st.none() | st.integers() | TEXTS, max_size=3).map(json.dumps),
    ),
    max_size=6,
)


def packed_rows(rows):
    ids, classes, lifecycles, outlines, attributes = zip(*rows, strict=True) if rows else [[]] * 5
    return packed(
        ids=pa.array(ids, pa.string()),
        class_ids=pa.array(classes, pa.int64()),
        lifecycles=pa.array(lifecycles, pa.string()),
        outlines=pa.array(outlines, pa.binary()),
        attributes=pa.array(attributes, pa.string()),
    )


@settings(deadline=None)
@given(ROWS)
def test_columns_packed_at_once_equal_rows_written_one_by_one(rows):
    assert packed_rows(rows) == joined(copy_row(*row) for row in rows)


@settings(deadline=None)
@given(ROWS.filter(lambda rows: len(rows) > 2))
def test_a_slice_of_columns_holds_only_its_own_rows(rows):
    columns = [pa.array(list(column)) for column in zip(*rows, strict=True)]
    ids, classes, lifecycles, outlines, attributes = (c.slice(1, len(rows) - 2) for c in columns)
    part = packed(
        ids=ids,
        class_ids=classes.cast(pa.int64()),
        lifecycles=lifecycles,
        outlines=outlines,
        attributes=attributes,
    )
    assert part == joined(copy_row(*row) for row in rows[1:-1])


def test_a_row_is_five_lengths_and_five_contents():
    row = copy_row("A", 7, "planned", b"\x01\x02", "{}")
    assert row == (
        struct.pack("!h", 5)
        + struct.pack("!i", 1) + b"A"
        + struct.pack("!i", 8) + struct.pack("!q", 7)
        + struct.pack("!i", 7) + b"planned"
        + struct.pack("!i", 2) + b"\x01\x02"
        + struct.pack("!i", 3) + b"\x01{}"
    )  # fmt: skip


def test_no_class_is_the_length_minus_one_and_no_content():
    with_class, without = (copy_row("A", n, "existing", b"", "{}") for n in (7, None))
    assert len(with_class) - len(without) == 8
    assert struct.pack("!i", -1) in without


@pytest.mark.django_db
def test_postgresql_reads_every_sign_as_it_was_written():
    text = 'ក្រុង \\ \t \n " \U0001f3e0'
    ewkb = shapely.to_wkb(shapely.set_srid(at(1, 2), PROJECT_SRID), include_srid=True)
    batch = joined([copy_row(text, None, "existing", ewkb, json.dumps({"n": text}))])
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE taken (stable_id varchar(80), land_use_id bigint,"
            " lifecycle varchar(20), geometry geometry(Geometry, 32648), properties jsonb)"
            " ON COMMIT DROP"
        )
        cursor.copy_expert("COPY taken FROM STDIN (FORMAT binary)", batch.stream())
        cursor.execute("SELECT stable_id, land_use_id, ST_X(geometry), properties->>'n' FROM taken")
        assert cursor.fetchone() == (text, None, 330_001.0, text)


SHAPES = [
    at(0, 0),
    line((0, 0), (1, 1)),
    square(0, 0, 10),
    square(0, 0, 10).difference(square(2, 2, 2)),
    shapely.union(square(0, 0, 1), square(5, 0, 1)),
    shapely.MultiPoint([at(0, 0), at(1, 0)]),
]


def outlines_of(shapes, **options):
    return pa.array(list(shapely.to_wkb(shapes, **options)), pa.binary())


def checked(outlines, project=None):
    return check_shapes(outlines, rows=np.arange(len(outlines)), project=project, kind="mixed")


def ewkb(shapes):
    return list(shapely.to_wkb(shapely.set_srid(shapes, PROJECT_SRID), include_srid=True))


@pytest.mark.parametrize("order", [0, 1], ids=["big-endian", "little-endian"])
def test_shapes_are_handed_on_as_ewkb_whatever_they_are(order):
    result = checked(outlines_of(SHAPES, byte_order=order))
    assert result.outlines(np.ones(len(SHAPES), dtype=bool)).to_pylist() == ewkb(SHAPES)


def test_only_single_flat_shapes_are_handed_on_as_read():
    high = shapely.force_3d(square(0, 0, 10), 5)
    given_shapes = [*SHAPES, high]
    result = checked(outlines_of(given_shapes, output_dimension=3))
    assert result.is_as_read.tolist() == [True] * 4 + [False] * 3
    assert result.outlines(np.ones(7, dtype=bool)).to_pylist() == ewkb([*SHAPES, square(0, 0, 10)])


def test_a_shape_with_bytes_behind_it_is_written_anew():
    blob = shapely.to_wkb(square(0, 0, 10)) + b"rest"
    result = checked(pa.array([blob], pa.binary()))
    assert not result.is_as_read.any()
    assert result.outlines(np.array([True])).to_pylist() == ewkb([square(0, 0, 10)])


def test_repaired_and_refused_shapes_keep_the_order_of_the_others():
    bow_tie = outline((0, 0), (10, 10), (10, 0), (0, 10))
    shapes = [square(0, 0, 1), bow_tie, None, square(9, 9, 1), SHAPES[4]]
    result = checked(outlines_of(shapes))
    written = shapely.from_wkb(result.outlines(result.is_left).to_pylist())
    assert [round(shape.area) for shape in written] == [1, 50, 1, 2]
    assert {shapely.get_srid(shape) for shape in written} == {PROJECT_SRID}


def test_projected_shapes_are_not_taken_as_read():
    result = checked(outlines_of([square(0, 0, 10)]), project=lambda x, y: (x + 1, y))
    [written] = shapely.from_wkb(result.outlines(np.array([True])).to_pylist())
    assert written.bounds[0] == 330_001


def test_the_srid_is_set_on_a_slice_as_on_the_whole():
    outlines = outlines_of(SHAPES[:4])
    assert with_srid(outlines.slice(1, 2)).to_pylist() == ewkb(SHAPES[1:3])


def test_the_srid_is_set_alike_whether_or_not_all_shapes_are_of_one_type():
    houses = [square(0, 0, 10), square(20, 0, 5).union(square(50, 0, 5)), square(30, 0, 10)]
    one_type, mixed = outlines_of([houses[0], houses[2]]), outlines_of(houses)
    assert with_srid(one_type).to_pylist() == ewkb([houses[0], houses[2]])
    assert with_srid(mixed).to_pylist() == ewkb(houses)
    assert with_srid(mixed).take([0, 2]).to_pylist() == with_srid(one_type).to_pylist()
    assert with_srid(one_type.slice(1)).to_pylist() == ewkb([houses[2]])
    assert len(with_srid(one_type.slice(2))) == 0


def test_no_shapes_are_no_rows():
    assert checked(pa.array([], pa.binary())).outlines(np.zeros(0, dtype=bool)).to_pylist() == []
    assert packed_rows([]) == EncodedBatch(0, b"")


BATCHES = st.lists(
    st.lists(st.tuples(st.sampled_from("ABCDEFG"), st.booleans()), max_size=6), max_size=5
)


@given(BATCHES)
def test_an_identifier_is_first_where_it_was_not_kept_before(batches):
    known, kept = KnownIdentifiers(), set()
    for batch in batches:
        expected = []
        for name, is_candidate in batch:
            expected.append(is_candidate and name not in kept)
            kept |= {name} if is_candidate else set()
        ids = pa.array([name for name, _ in batch], pa.string())
        candidates = np.array([is_candidate for _, is_candidate in batch], dtype=bool)
        assert known.first_of(ids, candidates).tolist() == expected


def test_equal_hashes_alone_make_no_duplicate(monkeypatch):
    monkeypatch.setattr("layers.ingest.identifiers.hash", lambda _text: 1, raising=False)
    known = KnownIdentifiers()
    everything = np.ones(2, dtype=bool)
    assert known.first_of(pa.array(["A", "B"]), everything).tolist() == [True, True]
    assert known.first_of(pa.array(["B", "C"]), everything).tolist() == [False, True]

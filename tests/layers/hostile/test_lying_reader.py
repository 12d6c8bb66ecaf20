"""A reading process that was taken over lies: nothing of what it says is stored on its word."""

import struct

import pytest
import shapely

from layers.copying import EncodedBatch
from layers.errors import UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.ingest.confined import reader
from layers.ingest.rows import encoded_batch, issues_of, row_counts, shape_of
from layers.models import ImportIssue, Layer
from tests.factories import square
from tests.layers.hostile.conftest import stored
from tests.layers.sources import grid_file, vector_file

OPENED = {"type": "opened", "geometry_kind": "polygon"}
COUNTS = {"read": 1, "stored": 1, "refused": 0, "unclassified": 0, "repaired": 0, "noted": 0}
DONE = {"type": "done", "counts": COUNTS, "hull": "", "notes": []}


@pytest.fixture
def file(tmp_path):
    return vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)])


@pytest.fixture
def lying(monkeypatch):
    """Let the reading process say these things instead of the truth."""

    def says(*messages):
        monkeypatch.setattr(reader.Reading, "heard", lambda _reading: iter(messages))

    return says


@pytest.mark.parametrize(
    "messages",
    [
        (DONE,),
        ({"type": "opened"},),
        ({"type": "opened", "geometry_kind": "DROP TABLE"},),
        ({"type": "opened", "geometry_kind": ["polygon"]},),
        (b"\x00" * 40,),
    ],
)
def test_rows_before_what_they_are(file, refusal, lying, messages):
    lying(*messages)
    assert "sent rows before saying what they are" in refusal(file)


@pytest.mark.parametrize("content", [b"", b"\xff" * 4, bytes(200), struct.pack("<IQ", 1, 2**60)])
def test_batches_that_are_none(file, refusal, lying, content):
    lying(OPENED, content, DONE)
    assert "sent a batch" in refusal(file)


@pytest.mark.parametrize(
    "counts",
    [
        COUNTS | {"stored": 0, "refused": 1},
        COUNTS | {"read": 5, "stored": 5},
    ],
)
def test_a_balance_that_is_not_what_was_sent(file, ground, lying, counts, monkeypatch):
    """What really came is one house; the balance says otherwise."""
    truth = []
    heard = reader.Reading.heard
    monkeypatch.setattr(
        reader.Reading, "heard", lambda reading: _told_otherwise(heard(reading), counts, truth)
    )
    before = stored()
    with pytest.raises(UserFacingError, match="but counted"):
        import_file(path=file, layer="houses", options=ImportOptions())
    assert truth
    assert stored() == before


def _told_otherwise(heard, counts, truth):
    for message in heard:
        if isinstance(message, dict) and message["type"] == "done":
            truth.append(message["counts"])
            yield message | {"counts": counts}
        else:
            yield message


@pytest.mark.parametrize("counts", [None, [], {"read": "many"}, {"rows": 1}, {"read": None}])
def test_a_balance_that_is_none(counts):
    with pytest.raises(UserFacingError, match=r"no balance|balance of the rows"):
        row_counts({"counts": counts or {"read": "x"}}, "a.gpkg").close()


@pytest.mark.parametrize(
    "issues",
    [
        None,
        [1],
        [["x", "empty_geometry", "refused", "no_shape", {}]],
        [[1, "hacked", "refused", "no_shape", {}]],
        [[1, "empty_geometry", "executed", "no_shape", {}]],
        [[1, "empty_geometry", "refused", "no_shape"]],
        [[1, "empty_geometry", "refused", "%(words)999999999s", {"words": "x"}]],
        [[1, "empty_geometry", "refused", "no_shape", {"more": 1}]],
        [[1, "empty_geometry", "refused", "as_told", {}]],
        [[1, "empty_geometry", "refused", "as_told", "words"]],
        [[1, "empty_geometry", "refused", "no_shape", {}, "id", "value", "more"]],
    ],
)
def test_issues_that_are_none(issues):
    with pytest.raises(UserFacingError, match="issues that are none"):
        issues_of({"issues": issues}, "a.gpkg")


def test_issues_longer_than_their_columns_are_cut(file, ground, monkeypatch):
    heard = reader.Reading.heard
    long = [0, "empty_geometry", "kept", "as_told", {"words": "m" * 9_000}, "i" * 900]
    long.append("v" * 9_000)
    extra = {"type": "issues", "issues": [long]}

    def with_more(reading):
        for number, message in enumerate(heard(reading)):
            if number == 1:
                yield extra
            yield message

    monkeypatch.setattr(reader.Reading, "heard", with_more)
    import_file(path=file, layer="houses", options=ImportOptions())
    issue = ImportIssue.objects.get()
    assert [len(text) for text in (issue.message, issue.stable_id, issue.value)] == [300, 80, 300]


@pytest.mark.parametrize("text", ["zz", "01", "POINT (1 1)", 7])
def test_a_shape_that_is_none(text):
    with pytest.raises(UserFacingError, match="a shape that is none"):
        shape_of(text, "a.gpkg")


@pytest.mark.parametrize(
    "shape",
    [
        shapely.box(-1e9, -1e9, 1e9, 1e9),
        shapely.Point(float("nan"), 0),
        shapely.Polygon(),
        shapely.Polygon(
            [(330_000, 1_170_000), (330_010, 1_170_010), (330_010, 1_170_000), (330_000, 1_170_010)]
        ),
    ],
)
def test_a_shape_that_lies_nowhere_or_crosses_itself(shape):
    with pytest.raises(UserFacingError, match="lies nowhere in the project's area"):
        shape_of(shapely.to_wkb(shape, hex=True), "a.gpkg")


def test_a_shape_that_is_one():
    assert shape_of(shapely.to_wkb(square(0, 0, 10), hex=True), "a.gpkg").area == 100
    assert shape_of("", "a.gpkg") is None


def test_a_surveyed_area_beyond_the_city_is_refused(file, refusal, monkeypatch):
    heard = reader.Reading.heard
    world = shapely.to_wkb(shapely.box(-1e9, -1e9, 1e9, 1e9), hex=True)

    def with_the_world(reading):
        for message in heard(reading):
            is_end = isinstance(message, dict) and message["type"] == "done"
            yield message | {"hull": world} if is_end else message

    monkeypatch.setattr(reader.Reading, "heard", with_the_world)
    assert "lies nowhere" in refusal(file, surveyed="complete")


@pytest.mark.parametrize("written", [b"", b"<VRTDataset/>", b"SQLite format 3\x00"])
def test_a_grid_that_is_no_geotiff(tmp_path, ground, monkeypatch, written):
    path = grid_file(tmp_path / "a.tif", [[1.0, 2.0]])
    heard = reader.Reading.heard

    def with_another_file(reading):
        for message in heard(reading):
            (reading.folder / "grid.tif").write_bytes(written)
            yield message

    monkeypatch.setattr(reader.Reading, "heard", with_another_file)
    with pytest.raises(UserFacingError):
        import_file(path=path, layer="terrain", options=ImportOptions())
    assert not Layer.objects.filter(slug="terrain").exists()


def test_a_batch_that_is_one_has_the_fields_of_a_batch():
    from dataclasses import fields

    kinds = [part.type for part in fields(EncodedBatch)]
    parts = [b"7" if kind in {int, "int"} else b"rows" for kind in kinds]
    head = struct.pack(f"<I{len(parts)}Q", len(parts), *map(len, parts))
    batch = encoded_batch(head + b"".join(parts), "a.gpkg")
    assert batch.lines == b"rows"

"""Archives of formats other than Shapefiles, and what stands beside a file, made to do harm."""

import json
import stat
import zipfile

import pytest
from pyproj import CRS

from layers.queries import current_features
from tests.factories import EAST, NORTH, at
from tests.layers.hostile.test_references import archive_of
from tests.layers.sources import drawing, zipped_shapefile

pytestmark = pytest.mark.django_db

TABLE = f"x,y,n\n{EAST},{NORTH},1\n".encode()
DESCRIPTION = "a.csv-metadata.json"
HERE = {"krong:provenance": {"crs": "EPSG:32648"}}


def test_a_table_that_unfolds_to_a_thousand_times_its_size(tmp_path, refusal):
    path = archive_of(tmp_path / "a.zip", [("a.csv", TABLE + b" " * 80 * 1024**2)])

    assert "times its size" in refusal(path, srid=32648)


def test_a_description_that_unfolds_is_not_even_read(tmp_path, taken):
    bomb = json.dumps(HERE).encode() + b" " * 9 * 1024**2
    path = archive_of(tmp_path / "a.zip", [("a.csv", TABLE), (DESCRIPTION, bomb)])

    assert taken(path, srid=32648).rows.stored == 1


@pytest.mark.parametrize(
    "said",
    [
        b"[" * 500_000,
        b'{"tableSchema":{"columns":' + b'{"a":' * 100_000,
        json.dumps(HERE | {"tableSchema": {"columns": [{"name": "n" * 10**6}]}}).encode(),
        json.dumps(
            HERE | {"tableSchema": {"columns": [{"name": "n", "krong:attribute": "a" * 10**6}]}}
        ).encode(),
        json.dumps({"krong:provenance": {"crs": "EPSG:" + "9" * 10**6}}).encode(),
        json.dumps({"krong:provenance": {"crs": "+init=/etc/passwd"}}).encode(),
    ],
)
def test_a_description_made_to_break_its_reader_is_passed_over(tmp_path, taken, said):
    path = archive_of(tmp_path / "a.zip", [("a.csv", TABLE), (DESCRIPTION, said)])

    assert taken(path, srid=32648).rows.stored == 1


@pytest.mark.parametrize(
    "said",
    [
        b"/etc/passwd", b"+init=/etc/passwd:x", b"+proj=utm +zone=48 +nadgrids=/etc/passwd",
        b"EPSG:32648", b"PROJCS[", b"PROJCS[" * 100_000, b"\xff\xfe", b'GEOCCS["x"]',
    ],
)  # fmt: skip
def test_a_prj_that_is_no_description_of_a_system_states_none(tmp_path, refusal, said):
    made = drawing(tmp_path / "a.dxf", [[(EAST, NORTH), (EAST + 9, NORTH)]])
    path = archive_of(tmp_path / "a.zip", [("a.dxf", made.read_bytes()), ("a.prj", said)])

    assert "does not state its coordinate system" in refusal(path)


def test_a_prj_of_a_datum_nobody_can_shift_is_refused_like_any_other(tmp_path, refusal):
    made = drawing(tmp_path / "a.dxf", [[(339_087.07, 1_175_118.14), (339_100, 1_175_118.14)]])
    indian = CRS.from_epsg(3148).to_wkt("WKT1_ESRI").encode()
    path = archive_of(tmp_path / "a.zip", [("a.dxf", made.read_bytes()), ("a.prj", indian)])

    assert "No accurate transformation is known from Indian 1960" in refusal(path)


@pytest.mark.parametrize("linked", ["a.csv", DESCRIPTION])
def test_a_link_among_them(tmp_path, temptation, refusal, linked):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, content in (("a.csv", TABLE), (DESCRIPTION, b"{}")):
            member = zipfile.ZipInfo(name)
            if name == linked:
                member.external_attr = (stat.S_IFLNK | 0o777) << 16
                content = str(temptation.path).encode()  # noqa: PLW2901 - a link's content
            archive.writestr(member, content)

    assert "holds a link to another file" in refusal(tmp_path / "a.zip", srid=32648)


@pytest.mark.parametrize("name", ["../../climbed/a.csv", "/etc/cron.d/a.csv", "C:\\a.csv"])
def test_names_that_climb_out_choose_no_place(tmp_path, taken, name):
    path = archive_of(tmp_path / "a.zip", [(name, TABLE)])

    assert taken(path, srid=32648).rows.stored == 1
    assert not list(tmp_path.rglob("climbed*"))


def test_a_list_of_fields_that_lies_about_names_renames_nothing_it_must_not(tmp_path, taken):
    """Two columns of one name would lose one of them."""
    whole = zipped_shapefile(tmp_path / "whole.zip", [at(0, 0)], a=[1], b=[2])
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr("fields.csv", "column,attribute,type\na,b,integer\n")

    report = taken(whole)

    assert report.rows.stored == 1
    assert current_features("taken").get().properties == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "content",
    [
        b"\x1e" * 1_000_000,
        b'\x1e{"type":"Feature"' + b"\x1e{" * 10_000,
        b'{"type":"Feature"}\n' * 3 + b'{"type":"Fea',
        b'\x1e{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":['
        + b'{"type":"GeometryCollection","geometries":[' * 50_000,
        b'{"a":1}]},{"type":"FeatureCollection","features":[{"b":2}\n',
    ],
)
def test_a_sequence_made_to_break_its_reader(tmp_path, refusal, content):
    path = tmp_path / "a.geojsons"
    path.write_bytes(content)

    assert refusal(path)

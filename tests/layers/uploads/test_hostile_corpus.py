"""The hostile corpus through the web: each file a sentence or counted rows, never a layer half."""

import io
import json
import struct
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from django.urls import reverse

from layers.models import Feature, Layer
from layers.uploads.models import Upload
from layers.uploads.vocab import Step
from layers.vocab import RunState
from tests.factories import EAST, NORTH, at, square
from tests.layers.sources import vector_file
from tests.layers.uploads.conftest import chosen, frame, geojson, send, work

pytestmark = pytest.mark.django_db

SECRET = "TOKEN-OF-ANOTHER-OFFICE"
VRT = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{}</SrcDataSource></OGRVRTLayer>"
LAUGHS = "".join(
    f'<!ENTITY l{n} "{"".join([f"&l{n - 1};"] * 10) if n else "lol"}">' for n in range(10)
)


def kml(inside, declared=""):
    text = f'<?xml version="1.0"?>{declared}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    return f"{text}{inside}</Document></kml>".encode()


def archive(**members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name.replace("__", "."), content)
    return held.getvalue()


def linked():
    """A Shapefile whose .shp is a link to a file of the server."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as opened:
        link = zipfile.ZipInfo("a.shp")
        link.external_attr = 0o120777 << 16
        opened.writestr(link, "/etc/passwd")
        for ending in ("shx", "dbf"):
            opened.writestr(f"a.{ending}", b"")
    return held.getvalue()


def shapes(folder, *outlines, name="a.gpkg"):
    path = folder / "made" / name
    path.parent.mkdir(exist_ok=True)
    return vector_file(path, outlines).read_bytes()


def ring(corners):
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    return shapely.Polygon(np.c_[EAST + 500 * np.cos(turn), NORTH + 500 * np.sin(turn)])


def zigzag(corners):
    places = np.random.default_rng(1).random((corners, 2)) * 100 + (EAST, NORTH)
    return shapely.Polygon(places)


def text_table(*shapes_as_text):
    lines = ["id,wkt", *(f'{n},"{text}"' for n, text in enumerate(shapes_as_text))]
    return "\n".join(lines).encode()


def points(*coordinates):
    features = [
        f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Point","coordinates":[{x}]}}}}'
        for x in coordinates
    ]
    return f'{{"type":"FeatureCollection","features":[{",".join(features)}]}}'.encode()


def collection_of(outline, properties="{}"):
    one = f'{{"type":"Feature","properties":{properties},"geometry":{outline}}}'
    return f'{{"type":"FeatureCollection","features":[{one}]}}'


def parquet(outline):
    told = {"version": "1.0.0", "primary_column": "geometry",
            "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}}}  # fmt: skip
    held = pa.table({"geometry": pa.array([outline], pa.binary())})
    sink = io.BytesIO()
    pq.write_table(held.replace_schema_metadata({"geo": json.dumps(told)}), sink)
    return sink.getvalue()


def refused_at_once(page, content, name, words):
    answer = send(page, content, name)
    assert answer.status_code == 400
    told = answer.content.decode()
    assert words in told
    assert SECRET not in told
    assert not Upload.objects.exists()


def looked(page, content, name):
    assert send(page, content, name).status_code == 302
    return work(Upload.objects.get(), Step.LOOK)


def shown(page, upload, name="file"):
    told = page.get(reverse(f"layer-import-{name}", args=[upload.token])).content.decode()
    assert SECRET not in told
    assert "Traceback" not in told
    return told


def refused(page, content, name, words, **typed):
    """A file refused at the look or at the trial, with these words on the page; nothing stored."""
    upload = looked(page, content, name)
    where = "file"
    if upload.look_run.state == RunState.SUCCEEDED:
        answer = page.post(
            reverse("layer-import-file", args=[upload.token]), chosen(upload, **typed)
        )
        assert answer.status_code == 302, answer.context["form"].errors
        upload, where = work(upload, Step.TRIAL), "trial"
        assert upload.trial_run.state == RunState.FAILED
    assert words in shown(page, upload, where)
    assert (Layer.objects.count(), Feature.objects.count()) == (0, 0)
    return upload


def counted(page, content, name, **typed):
    """A file of which rows are wrong: how many of each kind, after the trial; nothing stored."""
    upload = looked(page, content, name)
    assert upload.look_run.state == RunState.SUCCEEDED, upload.look_run.message
    answer = page.post(reverse("layer-import-file", args=[upload.token]), chosen(upload, **typed))
    assert answer.status_code == 302, answer.context["form"].errors
    upload = work(upload, Step.TRIAL)
    assert upload.trial_run.state == RunState.SUCCEEDED, upload.trial_run.message
    shown(page, upload, "trial")
    assert Feature.objects.count() == 0
    return upload.trial["issue_counts"]


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.fgb", "a.csv", "a.dxf", "a.tif"])
def test_a_renamed_vrt(page, tmp_path, name):
    secret = tmp_path / "secret.csv"
    secret.write_text(SECRET)
    refused_at_once(page, VRT.format(secret).encode(), name, "is called")


@pytest.mark.parametrize("source", ["/vsicurl/http://127.0.0.1:9/a.geojson", "/vsistdin/"])
def test_a_name_of_the_network_in_place_of_data(page, source):
    refused_at_once(page, source.encode(), "a.geojson", "is called")


def test_a_billion_laughs(page):
    declared = f"<!DOCTYPE kml [{LAUGHS}]>"
    upload = looked(page, kml("<name>&l9;</name>", declared), "a.kml")
    assert upload.look_run.state == RunState.FAILED
    assert "document type" in upload.look_run.message
    assert not Layer.objects.exists()


def test_links_in_an_archive(page):
    refused(page, linked(), "a.zip", "link to another file")


@pytest.mark.parametrize("number", ["1e308,1e308", "-1e308,0", "1e999,10"])
def test_numbers_beyond_the_earth(page, number):
    upload = looked(page, points("103.5,10.6", number), "a.geojson")
    assert upload.look_run.state in {RunState.SUCCEEDED, RunState.FAILED}
    told = shown(page, upload)
    assert "Wrong in the first" in told or upload.look_run.message


def test_a_corner_that_is_not_a_number(page, tmp_path):
    broken = shapely.Polygon([(EAST, NORTH), (np.nan, NORTH), (EAST, NORTH + 9), (EAST, NORTH)])
    content = shapes(tmp_path, broken, square(0, 0, 10))
    assert counted(page, content, "a.gpkg") == {"not_finite refused": 1}


def test_a_ring_of_ten_million_corners(page, tmp_path):
    content = shapes(tmp_path, ring(10_000_000), square(0, 0, 10))
    assert counted(page, content, "a.gpkg") == {"too_many_vertices refused": 1}


def test_a_zigzag_of_20_000_corners(page, tmp_path):
    content = shapes(tmp_path, zigzag(20_000), square(0, 0, 10))
    assert counted(page, content, "a.gpkg") == {"invalid_geometry refused": 1}


def test_a_hundred_thousand_collections_in_one_another(page):
    nested = '{"type":"GeometryCollection","geometries":[' * 100_000 + "]}" * 100_000
    content = collection_of(nested)
    upload = looked(page, content.encode(), "a.geojson")
    assert upload.look_run.state == RunState.FAILED
    assert upload.look_run.message


def test_collections_in_one_another_in_binary(page):
    outline = struct.pack("<BII", 1, 7, 1) * 100_000 + struct.pack("<BI2d", 1, 1, EAST, NORTH)
    upload = looked(page, parquet(outline), "a.parquet")
    told = shown(page, upload)
    assert "another kind of shape" in told or upload.look_run.state == RunState.FAILED


def test_unclosed_rings_mixed_kinds_and_heights(page):
    content = text_table(
        "POLYGON ((330000 1170000, 330010 1170000, 330010 1170010))",
        "POINT (330000 1170000)",
        "POLYGON Z ((330000 1170000 5, 330010 1170000 5, 330010 1170010 5, 330000 1170000 5))",
        "CURVEPOLYGON (CIRCULARSTRING (330000 1170000, 330005 1170005, 330010 1170000, "
        "330005 1169995, 330000 1170000))",
    )
    told = counted(page, content, "a.csv", srid="32648")
    assert told["wrong_kind refused"] == 2  # the unclosed ring is text nobody can read, and a point
    assert told["dimension_dropped kept"] == 1
    assert told["curve_linearised repaired"] == 1


def test_an_outline_across_the_antimeridian(page):
    rows = frame(crs=4326)
    rows["geometry"] = [shapely.box(179, 10, 181, 11), *rows.to_crs(4326).geometry[1:]]
    rows = rows.iloc[:1]
    refused(page, geojson(rows), "a.geojson", "lie outside the area")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.fgb", b"fgb\x03fgb\x00" + struct.pack("<I", 2**31 - 1) + bytes(100)),
        ("a.parquet", b"PAR1" + bytes(50) + struct.pack("<I", 2**31 - 1) + b"PAR1"),
        ("a.osm.pbf", struct.pack(">I", 2**31 - 1) + b"\x0a\x09OSMHeader" + bytes(100)),
    ],
)
def test_a_claim_of_2_gb_in_a_header(page, name, content):
    upload = looked(page, content, name)
    assert upload.look_run.state == RunState.FAILED
    told = upload.look_run.message
    assert "damaged or incomplete" in told or "holds no layer with shapes" in told


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "geojson"])
def test_a_file_that_breaks_off(page, tmp_path, ending):
    content = shapes(tmp_path, *[square(20 * n, 0, 10) for n in range(200)], name=f"a.{ending}")
    upload = looked(page, content[: len(content) // 3], f"a.{ending}")
    if upload.look_run.state == RunState.SUCCEEDED:  # what is there can be read, not all of it
        page.post(reverse("layer-import-file", args=[upload.token]), chosen(upload))
        upload = work(upload, Step.TRIAL)
        assert upload.trial_run.state == RunState.FAILED
        assert upload.trial_run.message
    else:
        assert "damaged or incomplete" in upload.look_run.message


# --- beyond the list


def test_a_table_with_one_cell_of_40_mb(page):
    content = b"id,x,y,text\n1,330000,1170000," + b"a" * 40_000_000 + b"\n"
    upload = looked(page, content, "a.csv")
    assert upload.look_run.state == RunState.FAILED
    assert upload.look_run.message


def test_attributes_nested_ten_thousand_deep(page):
    deep = '{"a":' * 10_000 + "1" + "}" * 10_000
    place = '{"type":"Point","coordinates":[103.5,10.6]}'
    content = collection_of(place, f'{{"p":{deep}}}')
    upload = looked(page, content.encode(), "a.geojson")
    assert upload.look_run.state in {RunState.SUCCEEDED, RunState.FAILED}
    shown(page, upload)


def test_a_geopackage_whose_table_is_called_like_an_attack(page, tmp_path):
    name = 'a"; DROP TABLE layers_layer; --<script>alert(1)</script>'
    path = vector_file(tmp_path / "made.gpkg", [square(0, 0, 10)], layer=name)
    upload = looked(page, path.read_bytes(), "a.gpkg")
    told = shown(page, upload)
    assert "<script>alert" not in told
    assert Layer.objects.count() == 0


def test_two_members_of_one_name_in_an_archive(page, tmp_path):
    """Which of the two is read must not depend on who reads."""
    path = tmp_path / "b.shp"
    pyogrio.write_dataframe(frame(), path)
    held = io.BytesIO()
    endings = ("shp", "shx", "dbf", "prj")
    with zipfile.ZipFile(held, "w") as opened:
        for ending in endings:
            opened.write(path.with_suffix(f".{ending}"), f"b.{ending}")
        for ending in endings:
            with pytest.warns(UserWarning, match="Duplicate"):
                opened.write(path.with_suffix(f".{ending}"), f"b.{ending}")
    upload = looked(page, held.getvalue(), "b.zip")
    assert upload.look_run.state == RunState.FAILED
    assert "holds two files called b.shp" in upload.look_run.message


def test_columns_called_like_the_layers_own(page):
    content = b"stable_id,id,fid,geometry,layer_id,x,y\n1,2,3,4,5,330000,1170000\n"
    assert counted(page, content, "a.csv", srid="32648", geometry_kind="point") == {}


def test_a_point_repeated_a_hundred_thousand_times_is_one_row_each(page):
    content = b"x,y\n" + b"330000,1170000\n" * 100_000
    assert counted(page, content, "a.csv", srid="32648", geometry_kind="point") == {}
    assert at(0, 0) is not None

"""Files that point elsewhere: to another file, to the network, out of their archive."""

import json
import stat
import zipfile

import geopandas
import pytest
import shapely

from layers.models import Feature
from tests.factories import EAST, NORTH, at, square
from tests.layers.sources import UTM48, drawing, kml, vector_file, zipped_shapefile

pytestmark = pytest.mark.usefixtures("temptation")

VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{}</SrcDataSource>'
    "<LayerSRS>EPSG:32648</LayerSRS>"
    '<GeometryField encoding="PointFromColumns" x="x" y="y"/></OGRVRTLayer></OGRVRTDataSource>'
)
NAMES = ["a.gpkg", "a.geojson", "a.fgb", "a.kml", "a.csv", "a.dxf", "a.parquet", "a.osm.pbf"]


@pytest.mark.parametrize("name", NAMES)
def test_a_vrt_under_another_name(tmp_path, temptation, refusal, name):
    path = tmp_path / name
    path.write_text(VRT.format(temptation.path), encoding="utf-8")
    assert "its content is something else" in refusal(path, srid=UTM48)


@pytest.mark.parametrize("prefix", ["<!-- <kml --> ", "\ufeff<!--<kml>-->"])
def test_a_vrt_that_pretends_to_be_kml(tmp_path, temptation, refusal, prefix):
    path = tmp_path / "a.kml"
    path.write_text(prefix + VRT.format(temptation.path), encoding="utf-8")
    assert "a.kml" in refusal(path)


def test_a_vrt_after_a_geojson_brace_and_a_csv_line(tmp_path, temptation, refusal):
    brace = tmp_path / "a.geojson"
    brace.write_text('{"type": 1}' + VRT.format(temptation.path), encoding="utf-8")
    assert "a.geojson" in refusal(brace)
    line = tmp_path / "a.csv"
    line.write_text("x,y\n" + VRT.format(temptation.url), encoding="utf-8")
    assert "a.csv" in refusal(line, srid=UTM48)


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/{url}", "/vsicurl_streaming/{url}", "/vsizip/{secret}/a.gpkg",
        "/vsigzip/{secret}", "/vsisubfile/0_100,{secret}", "/vsistdin/", "GPKG:{secret}",
        "{url}", "CSV:{secret}", "/vsimem/a.gpkg", "/dev/stdin", "/proc/self/environ",
    ],
)  # fmt: skip
def test_names_that_are_no_files(tmp_path, temptation, refusal, name):
    from pathlib import Path

    refusal(Path(name.format(url=temptation.url, secret=temptation.path)), srid=UTM48)


def test_a_geojson_whose_crs_lies_in_the_network(tmp_path, temptation, taken, refusal):
    for kind, href in (("ogcwkt", temptation.url), ("proj4", str(temptation.path))):
        path = tmp_path / f"{kind}.geojson"
        body = json.loads(geopandas.GeoSeries([at(0, 0)], crs=UTM48).to_json())
        body["crs"] = {"type": "link", "properties": {"href": href, "type": kind}}
        path.write_text(json.dumps(body))
        refusal(path)


def test_a_geoparquet_whose_crs_is_the_name_of_a_file(tmp_path, temptation, refusal):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for crs in (str(temptation.path), temptation.url, f"+init={temptation.path}:1"):
        column = {"encoding": "WKB", "geometry_types": [], "crs": crs}
        geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
        table = pa.table({"geometry": [shapely.to_wkb(at(0, 0))]})
        table = table.replace_schema_metadata({"geo": json.dumps(geo)})
        pq.write_table(table, tmp_path / "a.parquet")
        assert "coordinate system cannot be understood" in refusal(tmp_path / "a.parquet")


def test_kml_links_and_pictures_are_not_fetched(tmp_path, temptation, taken):
    link = f"<Link><href>{temptation.url}</href></Link>"
    place = "<Point><coordinates>103.5,10.6</coordinates></Point>"
    path = kml(
        tmp_path / "a.kml",
        f"<NetworkLink>{link}</NetworkLink>"
        f"<Style id='s'><IconStyle><Icon><href>{temptation.url}</href></Icon></IconStyle></Style>"
        f"<Placemark><styleUrl>{temptation.url}#s</styleUrl>{place}</Placemark>"
        f"<Placemark><description><![CDATA[<img src='{temptation.url}'/>]]></description>"
        f"{place}</Placemark>",
    )
    assert taken(path).rows.stored == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_kml_that_declares_entities(tmp_path, temptation, refusal, encoding):
    laughs = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10)
    )
    for declared in (laughs, f'<!ENTITY l9 SYSTEM "file://{temptation.path}">'):
        path = tmp_path / "a.kml"
        text = (
            f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE kml [{declared}]>'
            '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>&l9;</name>'
            "<Point><coordinates>103.5,10.6</coordinates></Point></Placemark></kml>"
        )
        path.write_text(text, encoding=encoding)
        assert "a.kml" in refusal(path)


def test_kml_nested_a_hundred_thousand_times(tmp_path, refusal):
    path = kml(tmp_path / "a.kml", "<Folder>" * 100_000 + "</Folder>" * 100_000)
    assert "nests its elements more than 100 deep" in refusal(path)


def test_a_drawing_with_references_to_other_drawings(tmp_path, temptation, taken):
    block = (
        f"0\nBLOCK\n8\n0\n2\nother\n70\n4\n10\n0\n20\n0\n3\nother\n1\n{temptation.path}\n0\nENDBLK"
    )
    insert = f"0\nINSERT\n8\n0\n2\nother\n10\n{EAST}\n20\n{NORTH}"
    lines = [[(EAST, NORTH), (EAST + 10, NORTH)]]
    path = drawing(tmp_path / "a.dxf", lines, blocks=block, entities=insert)
    assert taken(path, srid=UTM48).rows.stored >= 1


def archive_of(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


@pytest.fixture
def parts(tmp_path):
    whole = zipped_shapefile(tmp_path / "whole.zip", [square(0, 0, 10)])
    with zipfile.ZipFile(whole) as archive:
        return {name.rsplit(".", 1)[1]: archive.read(name) for name in archive.namelist()}


def test_names_that_climb_out_of_the_archive(tmp_path, parts, taken):
    members = [(f"../../../../climbed/plots.{end}", part) for end, part in parts.items()]
    assert taken(archive_of(tmp_path / "a.zip", members)).rows.stored == 1
    assert not list(tmp_path.rglob("climbed*"))


@pytest.mark.parametrize("name", ["/etc/cron.d/plots", "C:\\plots", "a/../../plots", "..\\plots"])
def test_absolute_and_foreign_names_choose_no_place(tmp_path, parts, taken, name):
    members = [(f"{name}.{end}", part) for end, part in parts.items()]
    assert taken(archive_of(tmp_path / "a.zip", members)).rows.stored == 1


@pytest.mark.parametrize("linked", ["shp", "dbf", "prj"])
def test_links_in_an_archive(tmp_path, temptation, parts, refusal, linked):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for end, part in parts.items():
            member = zipfile.ZipInfo(f"plots.{end}")
            if end == linked:
                member.external_attr = (stat.S_IFLNK | 0o777) << 16
                part = str(temptation.path).encode()  # noqa: PLW2901 - a link's content
            archive.writestr(member, part)
    assert "holds a link to another file" in refusal(tmp_path / "a.zip")


def test_a_link_in_a_kmz(tmp_path, temptation, refusal):
    member = zipfile.ZipInfo("doc.kml")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive_of(tmp_path / "a.kmz", [(member, str(temptation.path))])
    assert "holds a link to another file" in refusal(tmp_path / "a.kmz")


def test_a_flat_bomb(tmp_path, parts, refusal):
    members = [("plots.shp", parts["shp"] + bytes(80 * 1024**2)), ("plots.shx", parts["shx"])]
    path = archive_of(tmp_path / "a.zip", [*members, ("plots.dbf", parts["dbf"])])
    assert path.stat().st_size < 1024**2
    assert "times its size" in refusal(path)


def test_a_kmz_bomb(tmp_path, refusal):
    path = archive_of(tmp_path / "a.kmz", [("doc.kml", b"<kml>" + b" " * 80 * 1024**2)])
    assert "times its size" in refusal(path)


def test_a_nested_bomb_is_not_opened(tmp_path, refusal):
    inner = archive_of(tmp_path / "inner.zip", [("plots.shp", bytes(10 * 1024**2))])
    path = archive_of(tmp_path / "a.zip", [(f"{n}.zip", inner.read_bytes()) for n in range(10)])
    assert "holds nothing that Krong imports from an archive: 0.zip, 1.zip" in refusal(path)


def test_an_archive_of_too_many_entries(tmp_path, parts, refusal):
    members = [(f"plots.{end}", part) for end, part in parts.items()]
    path = archive_of(tmp_path / "a.zip", [*members, *((f"{n}", b"") for n in range(1_001))])
    assert "holds more than 1,000 files" in refusal(path)


def test_an_archive_that_states_a_smaller_size_than_it_holds(tmp_path, parts, refusal):
    members = [(f"plots.{end}", part) for end, part in parts.items() if end != "dbf"]
    path = archive_of(tmp_path / "a.zip", [*members, ("plots.dbf", parts["dbf"] + bytes(70_000))])
    content = bytearray(path.read_bytes())
    at_central = content.rfind(b"PK\x01\x02")
    content[at_central + 24 : at_central + 28] = (len(parts["dbf"])).to_bytes(4, "little")
    path.write_bytes(content)
    assert "a.zip" in refusal(path)


def test_a_formula_in_a_table_is_kept_as_text(tmp_path, temptation, taken):
    path = tmp_path / "a.csv"
    cells = [f'=WEBSERVICE("{temptation.url}")', "+1+cmd|' /C calc'!A0", "@SUM(1)", "-2+3"]
    rows = [f'"{cell.replace(chr(34), chr(34) * 2)}",{EAST},{NORTH}' for cell in cells]
    path.write_text("\n".join(["note,x,y", *rows]), encoding="utf-8")
    taken(path, srid=UTM48)
    notes = {
        row["note"]
        for row in Feature.objects.exclude(stable_id="old").values_list("properties", flat=True)
    }
    assert notes == set(cells)


def test_a_geopackage_with_triggers_and_views_does_nothing_of_its_own(tmp_path, temptation, taken):
    import sqlite3

    path = vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)], layer="plots", name=["A"])
    with sqlite3.connect(path) as base:
        base.execute(
            "CREATE TRIGGER evil AFTER INSERT ON gpkg_contents BEGIN DELETE FROM plots; END"
        )
        base.execute(f"CREATE VIEW evil_view AS SELECT readfile('{temptation.path}') AS a")
    before = path.read_bytes()
    assert taken(path, source_layer="plots").rows.stored == 1
    assert path.read_bytes() == before


def test_a_geopackage_whose_layer_is_an_endless_view(tmp_path, refusal, tight):
    import sqlite3

    path = vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)], layer="plots", name=["A"])
    with sqlite3.connect(path) as base:
        base.execute("ALTER TABLE plots RENAME TO real_plots")
        base.execute(
            "CREATE VIEW plots AS WITH RECURSIVE n(fid) AS (SELECT 1 UNION ALL SELECT fid + 1 "
            "FROM n) SELECT n.fid AS fid, geom, name FROM n, real_plots"
        )
    tight(computing_s=2, waiting_s=60)
    assert "a.gpkg" in refusal(path, source_layer="plots")

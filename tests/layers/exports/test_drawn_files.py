"""Drawings, KML, GeoJSON, GeoPackage, FlatGeobuf and grids, read by GDAL, shapely and as text."""

import io
import json
import sqlite3
import struct
from xml.etree import ElementTree as ET

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import Transformer

from layers.exports import dxf
from layers.models import Layer
from tests.factories import EAST, NORTH, at, feature, filled_layer, land_use, line, square
from tests.layers.exports.taken import areas, described, opened, streets, taken
from tests.layers.web_map import NODATA, published_grid

pytestmark = pytest.mark.django_db

KML = {"k": "http://www.opengis.net/kml/2.2"}
TO_METRES = Transformer.from_crs(4326, 32648, always_xy=True).transform


@pytest.fixture
def stored(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path


def pairs_of(drawing):
    """The pairs (code, value) of a DXF as its specification says: two lines each."""
    lines = drawing.decode("ascii").split("\r\n")
    assert lines.pop() == ""
    return [(int(code), value) for code, value in zip(lines[::2], lines[1::2], strict=True)]


def entities_of(drawing):
    """The entities of a drawing: kind, drawing layer, flag, points, texts of KRONG."""
    found = []
    pairs = pairs_of(drawing)
    begins = [n for n, (code, _value) in enumerate(pairs) if code == 0]
    parts = [pairs[a:b] for a, b in zip(begins, [*begins[1:], len(pairs)], strict=True)]
    for (_zero, kind), *told in parts:
        held = dict(told)
        if kind in {"POINT", "POLYLINE"}:
            texts = [value for code, value in told if code == 1000]
            flag = int(held.get(70, -1))
            found.append(
                {"kind": kind, "layer": held[8], "flag": flag, "texts": texts, "points": []}
            )
        if kind in {"POINT", "VERTEX"}:
            found[-1]["points"].append((float(held[10]), float(held[20])))
    return found


def drawing_of(client, slug, **asked):
    return opened(taken(client, slug, "dxf", **asked))[f"{slug}.dxf"]


def test_points_of_a_drawing_are_points_on_the_layer_of_their_class(client):
    land_use("school", colour="#FF0000")
    described(
        "facilities",
        feature("F-1", at(1.5, 2.25), "school"),
        feature("F-2", shapely.MultiPoint([at(5, 5), at(7, 7)])),
    )

    found = entities_of(drawing_of(client, "facilities"))

    assert [(e["kind"], e["layer"]) for e in found] == [
        ("POINT", "SCHOOL"), ("POINT", "OTHER"), ("POINT", "OTHER"),
    ]  # fmt: skip
    assert found[0]["points"] == [(EAST + 1.5, NORTH + 2.25)]
    assert found[0]["texts"] == ["school", "existing", "part 0", "ring 0", "F-1"]
    assert [e["texts"][2] for e in found[1:]] == ["part 0", "part 1"]


def test_lines_of_a_drawing_stay_open_and_outlines_are_closed_without_a_double_corner(client):
    described(
        "sketch",
        feature("A", square(0, 0, 10)),
        feature("L", line((0, 0), (5, 0), (5, 5))),
    )

    area, road = entities_of(drawing_of(client, "sketch"))

    assert (area["flag"], len(area["points"])) == (1, 4)
    assert (road["flag"], road["points"]) == (
        0, [(EAST, NORTH), (EAST + 5, NORTH), (EAST + 5, NORTH + 5)],
    )  # fmt: skip


def test_a_hole_is_a_ring_of_its_part(client):
    areas()

    found = [e for e in entities_of(drawing_of(client, "zones")) if e["texts"][-1] == "Z-1"]

    assert [e["texts"][2:4] for e in found] == [["part 0", "ring 0"], ["part 0", "ring 1"]]
    outer, hole = (shapely.Polygon(e["points"]) for e in found)
    assert (outer.area, hole.area) == (100**2, 20**2)
    assert hole.within(outer)


def test_each_layer_of_a_drawing_has_the_nearest_colour_of_its_class(client):
    land_use("R1", colour="#FF0000")
    land_use("C1", colour="#0000FE")  # all but blue
    filled_layer("zones", feature("A", square(0, 0, 9), "R1"), feature("B", square(20, 0, 9), "C1"))

    pairs = pairs_of(drawing_of(client, "zones"))

    table = {}
    for (_zero, kind), (two, name), _flag, (_code, colour) in zip(
        pairs, pairs[1:], pairs[2:], pairs[3:], strict=False
    ):
        if kind == "LAYER" and two == 2 and name != "LAYER" and name.isupper():
            table[name] = colour
    assert (table["R1"], table["C1"]) == ("1", "5")
    assert (9, "$ACADVER") in pairs
    assert (1, "AC1009") in pairs


def test_names_of_drawing_layers_are_plain_short_and_differ():
    values = ["zone r/1", "ZONE R 1", "ខ្មែរ", "x" * 60, "0"]
    entries = tuple(type("Shade", (), {"value": v})() for v in values)

    names = dxf.layer_names(type("Shades", (), {"entries": entries})())

    assert len({name.lower() for name in names.values()}) == 6
    assert names[""] == "OTHER"
    assert names["0"] != "0"  # AutoCAD's own layer
    assert all(len(name) <= 31 and name.isascii() for name in names.values())


def test_a_khmer_identifier_is_written_in_signs_a_drawing_knows(client):
    described("zones", feature("ដី-៣" + "ក" * 70, square(0, 0, 10)))

    [found] = entities_of(drawing_of(client, "zones"))

    assert found["texts"][4].startswith("\\U+178A\\U+17B8-\\U+17E3\\U+1780")
    assert all(len(text) <= 255 for text in found["texts"])
    assert "".join(found["texts"][4:]).endswith("\\U+1780" * 70)


def test_a_drawing_in_degrees_keeps_eight_decimals(client):
    described("posts", feature("P", at(0, 0)))

    [post] = entities_of(drawing_of(client, "posts", crs="4326"))

    assert TO_METRES(*post["points"][0]) == pytest.approx((EAST, NORTH), abs=0.002)


def placemarks(content):
    return ET.fromstring(content).findall(".//k:Placemark", KML)


def data_of(element):
    return {
        told.get("name"): told.text
        for told in element.findall("k:ExtendedData/k:SchemaData/k:SimpleData", KML)
    }


def test_a_placemark_carries_its_khmer_name_or_else_its_identifier(client):
    described(
        "markets",
        feature("M-1", at(0, 0), name_km="ផ្សារ <លើ> & ក្រោម", name_en="Upper"),
        feature("M-2", at(9, 0), name_km="", note="x\x01y"),
    )

    content = taken(client, "markets", "kml")

    names = [mark.find("k:name", KML).text for mark in placemarks(content)]
    assert names == ["ផ្សារ <លើ> & ក្រោម", "M-2"]
    assert data_of(placemarks(content)[1])["note"] == "xy"  # XML holds no U+0001


def test_a_reader_of_english_gets_english_names_in_kml(client):
    described("markets", feature("M-1", at(0, 0), name_km="ផ្សារ", name_en="Market"))

    english, khmer = (
        placemarks(taken(client, "markets", "kml", lang=code))[0].find("k:name", KML).text
        for code in ("en", "km")
    )

    assert (english, khmer) == ("Market", "ផ្សារ")


def test_points_lines_areas_with_holes_and_parts_stand_in_kml_as_they_are(client):
    yard = square(0, 0, 100).difference(square(40, 40, 20))
    described(
        "sketch",
        feature("A", yard),
        feature("B", square(200, 0, 9).union(square(300, 0, 9))),
        feature("L", line((0, 0), (100, 0))),
        feature("P", at(50, 60)),
    )

    marks = {m.find("k:name", KML).text: m for m in placemarks(taken(client, "sketch", "kml"))}

    assert len(marks["A"].findall(".//k:innerBoundaryIs", KML)) == 1
    assert len(marks["B"].findall("k:MultiGeometry/k:Polygon", KML)) == 2
    ends = marks["L"].find("k:LineString/k:coordinates", KML).text.split()
    there = [TO_METRES(*map(float, end.split(","))) for end in ends]
    assert there[1] == pytest.approx((EAST + 100, NORTH), abs=0.002)
    point = marks["P"].find("k:Point/k:coordinates", KML).text
    assert TO_METRES(*map(float, point.split(","))) == pytest.approx(
        (EAST + 50, NORTH + 60), abs=0.002
    )
    ring = marks["A"].find(".//k:outerBoundaryIs//k:coordinates", KML).text.split()
    assert shapely.LinearRing([tuple(map(float, p.split(","))) for p in ring]).is_ccw


def test_every_placemark_points_to_a_style_the_document_has(client):
    land_use("school", colour="#112233")
    described("places", feature("A", at(0, 0), "school"), feature("B", at(1, 0)))

    content = taken(client, "places", "kml")

    styles = {s.get("id"): s for s in ET.fromstring(content).iter(f"{{{KML['k']}}}Style")}
    used = [m.find("k:styleUrl", KML).text.removeprefix("#") for m in placemarks(content)]
    assert set(used) <= set(styles)
    assert used[1] == "other"
    icon = styles[used[0]].find("k:IconStyle/k:color", KML).text
    assert icon == "ff332211"  # aabbggrr


def test_lists_and_objects_are_json_wherever_a_file_holds_texts_only(client, tmp_path):
    tags = {"wings": [1, "ខ", None, True]}
    described("houses", feature("H", at(0, 0), tags=tags, lived_in=True), geometry_kind="point")

    [mark] = placemarks(taken(client, "houses", "kml"))
    path = tmp_path / "houses.fgb"
    path.write_bytes(taken(client, "houses", "fgb"))

    assert json.loads(data_of(mark)["tags"]) == tags
    assert data_of(mark)["lived_in"] == "true"
    assert json.loads(pyogrio.read_dataframe(path).loc[0, "tags"]) == tags


def test_the_selection_written_into_a_file_is_json_too(client, tmp_path):
    areas()
    path = tmp_path / "zones.gpkg"

    path.write_bytes(taken(client, "zones", "gpkg", lifecycle="planned", ids="Z-2,Z-9"))

    told = pyogrio.read_info(path, layer="zones")["layer_metadata"]["selection"]
    assert json.loads(told) == {"ids": ["Z-2", "Z-9"], "lifecycle": "planned"}


def test_geojson_names_no_crs_and_keeps_foreign_members_out_of_the_features(client):
    areas()

    told = json.loads(taken(client, "zones", "geojson"))

    assert "crs" not in told  # RFC 7946, section 4
    assert set(told) == {"type", "name", "provenance", "features"}
    for row in told["features"]:
        assert set(row) == {"type", "id", "properties", "geometry"}


def test_holes_run_with_the_clock_and_every_ring_ends_where_it_begins(client):
    areas()

    rows = {row["id"]: row for row in json.loads(taken(client, "zones", "geojson"))["features"]}

    outer, hole = rows["Z-1"]["geometry"]["coordinates"]
    assert shapely.LinearRing(outer).is_ccw
    assert not shapely.LinearRing(hole).is_ccw
    parts = rows["Z-2"]["geometry"]["coordinates"]
    assert all(ring[0] == ring[-1] and len(ring) == 5 for part in parts for ring in part)
    assert all(-180 <= x <= 180 for part in parts for ring in part for x, _y in ring)


def test_each_line_of_a_sequence_is_one_whole_feature(client):
    areas()

    lines = taken(client, "zones", "geojsonseq").split(b"\x1e")

    assert lines.pop(0) == b""
    told = [json.loads(text) for text in lines]
    assert [row["id"] for row in told] == ["Z-1", "Z-2", "ដី-៣"]
    assert all(
        row["provenance"] == {"layer": "zones", "version": 1, "licence": "CC BY 4.0"}
        for row in told
    )


def test_a_geopackage_says_of_itself_what_the_standard_asks(client, tmp_path):
    areas()
    path = tmp_path / "zones.gpkg"
    path.write_bytes(taken(client, "zones", "gpkg"))

    with sqlite3.connect(path) as file:
        [kind] = file.execute("PRAGMA application_id").fetchone()
        [whole] = file.execute("PRAGMA integrity_check").fetchone()
        name, title, srs, west, _s, east, _n = file.execute(
            "SELECT table_name, identifier, srs_id, min_x, min_y, max_x, max_y"
            " FROM gpkg_contents WHERE data_type = 'features'"
        ).fetchone()
        metadata = file.execute("SELECT metadata FROM gpkg_metadata").fetchall()
        outlines = file.execute("SELECT geom FROM zones").fetchall()
        indexed = file.execute("SELECT count(*) FROM rtree_zones_geom").fetchone()
    assert struct.pack(">I", kind) == b"GPKG"
    assert whole == "ok"
    assert (name, title, srs) == ("zones", "Markets and schools", 32648)
    assert (west, east) == (EAST, EAST + 350)
    assert any("CC BY 4.0" in text for (text,) in metadata)
    assert all(outline[:2] == b"GP" for (outline,) in outlines)
    assert indexed == (3,)


def test_the_index_of_a_flatgeobuf_finds_what_lies_in_a_box(client, tmp_path):
    described("posts", *(feature(f"P-{n:02}", at(n * 10, 0)) for n in range(50)))
    path = tmp_path / "posts.fgb"
    path.write_bytes(taken(client, "posts", "fgb"))

    box = (EAST + 95, NORTH - 1, EAST + 121, NORTH + 1)
    found = pyogrio.read_dataframe(path, bbox=box)

    assert sorted(found["stable_id"]) == ["P-10", "P-11", "P-12"]
    assert pyogrio.read_info(path)["capabilities"]["fast_spatial_filter"]


def test_streets_of_a_geopackage_are_drawn_as_lines(client, tmp_path):
    streets()
    path = tmp_path / "streets.gpkg"
    path.write_bytes(taken(client, "streets", "gpkg"))

    with sqlite3.connect(path) as file:
        [(qml,)] = file.execute("SELECT styleQML FROM layer_styles")

    root = ET.fromstring(qml.partition("\n")[2])
    assert {symbol.get("type") for symbol in root.iter("symbol")} == {"line"}
    assert len(root.findall(".//category")) == len(root.findall(".//symbols/symbol")) == 2


def test_a_grid_is_taken_away_cell_by_cell_with_what_it_measures(client, stored):
    values = [[0.5, 1.25, NODATA], [2.0, 0.25, 3.5]]
    published_grid(stored, "flood-depth", values)

    files = opened(taken(client, "flood-depth", "cog"))

    assert set(files) == {"flood-depth.tif", "README.txt"}
    with rasterio.open(io.BytesIO(files["flood-depth.tif"])) as grid:
        assert np.array_equal(grid.read(1), np.array(values, dtype="float32"))
        assert grid.crs.to_epsg() == 32648
        assert (grid.transform.c, grid.transform.f, grid.res) == (EAST, NORTH, (10.0, 10.0))
        assert grid.nodata == NODATA
    told = dict(
        line.split(": ", 1)
        for line in files["README.txt"].decode("utf-8-sig").splitlines()
        if ": " in line
    )
    assert (told["quantity"], told["units"]) == ("max_depth", "m")
    assert (float(told["lowest"]), float(told["highest"])) == (0.25, 3.5)
    assert float(told["nodata"]) == NODATA
    assert told["vertical_datum"] == "above ground"
    assert told["cell_size_m"] == "10.0"
    assert told["version"] == "1"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"format": "gpkg"}, "'gpkg'"),
        ({"format": "cog", "crs": "4326"}, "as it lies"),
        ({"format": "cog", "bbox": "103,10,104,11"}, "as it lies"),
        ({"format": "cog", "q": "water"}, "as it lies"),
    ],
)
def test_a_grid_is_given_whole_or_not_at_all(client, stored, asked, told):
    published_grid(stored, "flood-depth", [[1.0, 2.0]])

    response = client.get("/layers/flood-depth/download", {"lang": "en", **asked})

    assert response.status_code == 400
    assert told in response.content.decode().replace("&#x27;", "'")


def test_an_earlier_grid_is_taken_away_as_it_was(client, stored):
    published_grid(stored, "flood-depth", [[1.0, 2.0]])
    published_grid(stored, "flood-depth", [[7.0, 9.0]])

    earlier = opened(taken(client, "flood-depth", "cog", version="1"))

    assert Layer.objects.get(slug="flood-depth").published_number == 2
    with rasterio.open(io.BytesIO(earlier["flood-depth.tif"])) as grid:
        assert grid.read(1).tolist() == [[1.0, 2.0]]
    assert b"version: 1" in earlier["README.txt"]

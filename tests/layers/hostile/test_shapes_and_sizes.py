"""Shapes no one can store and files that are not what they state: each refused, none a crash."""

import json
import sqlite3
import struct

import geopandas
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin
from shapely.geometry import Point, Polygon

from layers.models import Feature, ImportIssue
from tests.factories import EAST, NORTH, at, line, outline, square
from tests.layers.sources import (
    UTM48,
    drawing,
    grid_file,
    kml,
    osm_file,
    vector_file,
    zipped_shapefile,
)

pytestmark = pytest.mark.django_db


def kinds():
    return list(ImportIssue.objects.order_by("row").values_list("row", "kind", "action"))


def taken_shapes():
    return Feature.objects.filter(layer__slug="taken")


def geojson(path, *geometries):
    """GeoJSON in UTM 48, its shapes written as they are given."""
    features = ",".join(
        f'{{"type":"Feature","properties":{{"n":{n}}},"geometry":{geometry}}}'
        for n, geometry in enumerate(geometries, start=1)
    )
    crs = '{"type":"name","properties":{"name":"EPSG:32648"}}'
    path.write_text(f'{{"type":"FeatureCollection","crs":{crs},"features":[{features}]}}')
    return path


def with_blobs(path, *blobs):
    """A GeoPackage with a good square first, then these bytes as the shapes of further rows."""
    vector_file(path, [square(0, 0, 10), *[square(20, 0, 10)] * len(blobs)], layer="plots")
    with sqlite3.connect(path) as base:
        for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{row[0]}"')
        head = b"GP\x00\x01" + struct.pack("<i", UTM48)
        for number, blob in enumerate(blobs, start=2):
            base.execute("UPDATE plots SET geom = ? WHERE fid = ?", (head + blob, number))
    return path


def ring_wkb(points):
    body = b"".join(struct.pack("<dd", *point) for point in points)
    return struct.pack("<BIII", 1, 3, 1, len(points)) + body


GOOD = json.dumps(shapely.geometry.mapping(square(0, 0, 10)))


class TestCoordinates:
    @pytest.mark.parametrize("value", ["1e308", "-1e308", "NaN", "Infinity"])
    def test_numbers_beyond_earth_in_geojson(self, tmp_path, taken, value):
        bad = f'{{"type":"Point","coordinates":[{value},{NORTH}]}}'
        report = taken(geojson(tmp_path / "a.geojson", GOOD, bad))
        assert (report.rows.stored, report.rows.refused) == (1, 1)
        [(row, kind, action)] = kinds()
        assert (row, action) == (2, "refused")
        expected = {"NaN": "empty_geometry", "Infinity": "not_finite"}
        assert kind == expected.get(value, "outside_extent")

    def test_a_number_no_computer_holds_names_its_place_in_the_geojson(self, tmp_path, refusal):
        bad = f'{{"type":"Point","coordinates":[1e999,{NORTH}]}}'
        assert "line 1, character" in refusal(geojson(tmp_path / "a.geojson", GOOD, bad))

    def test_the_corner_that_is_no_number_is_named(self, tmp_path, taken):
        bad = ring_wkb([(EAST, NORTH), (float("nan"), NORTH), (EAST, NORTH + 1), (EAST, NORTH)])
        taken(with_blobs(tmp_path / "a.gpkg", bad))
        issue = ImportIssue.objects.get()
        assert (issue.row, issue.kind) == (2, "not_finite")
        assert "corner 2: x is nan" in issue.message

    @pytest.mark.parametrize("value", [1e308, float("inf"), float("-inf"), float("nan")])
    def test_numbers_beyond_earth_in_binary(self, tmp_path, taken, value):
        point = struct.pack("<BIdd", 1, 1, value, NORTH)
        report = taken(with_blobs(tmp_path / "a.gpkg", point))
        assert report.rows.stored == 1
        assert report.rows.refused == 1

    def test_numbers_beyond_earth_in_a_table(self, tmp_path, taken):
        path = tmp_path / "a.csv"
        path.write_text(f"x,y\n{EAST},{NORTH}\n1e308,{NORTH}\nnan,{NORTH}\ninf,-inf\n")
        report = taken(path, srid=UTM48)
        assert (report.rows.stored, report.rows.refused) == (1, 3)

    def test_an_outline_across_the_180th_meridian_is_outside(self, tmp_path, taken):
        far = Polygon([(179, 10), (-179, 10), (-179, 11), (179, 11)])
        path = vector_file(tmp_path / "a.gpkg", [Point(103.5, 10.6), far], crs=4326)
        report = taken(path)
        assert (report.rows.stored, report.rows.refused) == (1, 1)
        assert kinds() == [(2, "outside_extent", "refused")]


class TestOutlines:
    def test_ten_million_corners(self, tmp_path, taken):
        angles = np.linspace(0, 2 * np.pi, 10_000_000)
        ring = np.column_stack([EAST + 1000 * np.cos(angles), NORTH + 1000 * np.sin(angles)])
        ring[-1] = ring[0]
        blob = struct.pack("<BIII", 1, 3, 1, len(ring)) + ring.tobytes()
        report = taken(with_blobs(tmp_path / "a.gpkg", blob))
        assert (report.rows.stored, report.rows.refused) == (1, 1)
        assert "10,000,000 corner points; 200,000 at most" in ImportIssue.objects.get().message

    @pytest.mark.parametrize("corners", [500, 20_000])
    def test_a_zigzag_that_make_valid_does_not_survive(self, tmp_path, taken, corners):
        rng = np.random.default_rng(7)
        tangle = [(EAST + x, NORTH + y) for x, y in rng.uniform(0, 1000, (corners, 2))]
        report = taken(with_blobs(tmp_path / "a.gpkg", ring_wkb([*tangle, tangle[0]])))
        assert report.rows.stored + report.rows.refused == 2
        assert kinds()[0][1] == "invalid_geometry"
        if corners > 500:
            assert "too tangled" in ImportIssue.objects.get().message

    def test_a_repair_that_takes_too_long_is_a_row_refused(self, monkeypatch):
        from layers.ingest import repair

        monkeypatch.setattr(repair, "KILLABLE_FROM_VERTICES", 1)
        monkeypatch.setattr(repair, "computed", lambda *_work, **_limits: None)
        outcome = repair.repaired(outline((0, 0), (10, 10), (10, 0), (0, 10)))
        assert outcome.shape is None
        assert "takes more than 10 seconds" in str(outcome.told)

    def test_a_repair_in_a_killable_process_is_the_same_repair(self, monkeypatch):
        from layers.ingest import repair

        bow_tie = outline((0, 0), (10, 10), (10, 0), (0, 10))
        here = repair.repaired(bow_tie)
        monkeypatch.setattr(repair, "KILLABLE_FROM_VERTICES", 1)
        there = repair.repaired(bow_tie)
        assert shapely.equals_exact(here.shape, there.shape, 0)
        assert here.shape.area == pytest.approx(50)

    def test_an_unclosed_ring(self, tmp_path, taken):
        open_ring = [(EAST, NORTH), (EAST + 10, NORTH), (EAST + 10, NORTH + 10)]
        report = taken(with_blobs(tmp_path / "a.gpkg", ring_wkb(open_ring)))
        assert (report.rows.stored, report.rows.refused) == (1, 1)
        assert kinds() == [(2, "invalid_geometry", "refused")]

    def test_an_unclosed_ring_in_geojson_and_in_text(self, tmp_path, taken):
        ring = [[EAST, NORTH], [EAST + 10, NORTH], [EAST + 10, NORTH + 10], [EAST, NORTH + 10]]
        bad = json.dumps({"type": "Polygon", "coordinates": [ring]})
        report = taken(geojson(tmp_path / "a.geojson", GOOD, bad))
        assert report.rows.read == 2
        assert report.rows.stored + report.rows.refused == 2
        path = tmp_path / "a.csv"
        words = ", ".join(f"{x} {y}" for x, y in ring)
        path.write_text(f'wkt\n"{square(0, 0, 10).wkt}"\n"POLYGON (({words}))"\n')
        report = taken(path, layer="texts", srid=UTM48)
        assert (report.rows.stored, report.rows.refused) == (1, 1)

    def test_mixed_kinds_go_into_a_layer_of_areas_as_far_as_they_are_areas(self, tmp_path, taken):
        shapes = [square(0, 0, 10), line((0, 0), (5, 5)), at(0, 0)]
        path = geojson(tmp_path / "a.geojson", *(shapely.to_geojson(s) for s in shapes))
        report = taken(path, geometry_kind="polygon")
        assert (report.rows.stored, report.rows.refused) == (1, 2)
        assert {kind for _row, kind, _action in kinds()} == {"wrong_kind"}

    def test_heights_and_measures_are_dropped_with_one_note(self, tmp_path, taken):
        high = struct.pack("<BIdddd", 1, 3001, EAST, NORTH, 12.0, 7.0)
        measured = struct.pack("<BIddd", 1, 2001, EAST, NORTH, 7.0)
        report = taken(with_blobs(tmp_path / "a.gpkg", high, measured), geometry_kind="mixed")
        assert report.rows.stored == 3
        assert kinds() == [(0, "dimension_dropped", "kept")]
        assert "2 shapes carried heights or measures" in ImportIssue.objects.get().message

    def test_a_tin_is_refused_and_a_curve_is_straightened(self, tmp_path, taken):
        corners = [(EAST, NORTH), (EAST + 10, NORTH), (EAST, NORTH + 10), (EAST, NORTH)]
        triangle = b"\x01\x11\x00\x00\x00" + ring_wkb(corners)[5:]
        arc = struct.pack("<BII", 1, 8, 3) + b"".join(
            struct.pack("<dd", EAST + x, NORTH + y) for x, y in ((0, 0), (10, 10), (20, 0))
        )
        path = with_blobs(tmp_path / "a.gpkg", triangle, arc)
        report = taken(path, geometry_kind="mixed")
        assert (report.rows.stored, report.rows.refused) == (2, 1)
        assert kinds() == [(2, "wrong_kind", "refused"), (3, "curve_linearised", "repaired")]
        half_circle = max(taken_shapes().values_list("geometry", flat=True), key=lambda g: g.length)
        assert taken_shapes().count() == 2
        assert half_circle.geom_type in {"LineString", "Polygon"}

    def test_the_same_identifier_twice_is_stored_once(self, tmp_path, taken):
        path = vector_file(
            tmp_path / "a.gpkg", [at(n, 0) for n in range(4)], stable_id=list("AABA")
        )
        report = taken(path)
        assert (report.rows.stored, report.rows.refused) == (2, 2)
        assert kinds() == [(2, "duplicate_id", "refused"), (4, "duplicate_id", "refused")]


class TestNesting:
    DEEP = 100_000

    def test_collections_in_geojson(self, tmp_path, refusal):
        head = '{"type":"GeometryCollection","geometries":[' * self.DEEP
        path = geojson(tmp_path / "a.geojson", GOOD, head + "]}" * self.DEEP)
        assert "a.geojson" in refusal(path)

    def test_collections_in_binary(self, tmp_path, taken):
        deep = struct.pack("<BII", 1, 7, 1) * self.DEEP + struct.pack("<BIdd", 1, 1, EAST, NORTH)
        report = taken(with_blobs(tmp_path / "a.gpkg", deep))
        assert (report.rows.stored, report.rows.refused) == (1, 1)

    def test_collections_within_multipolygons_in_parquet(self, tmp_path, taken):
        deep = struct.pack("<BII", 1, 6, 1) * self.DEEP + struct.pack("<BIdd", 1, 1, EAST, NORTH)
        geopandas.GeoDataFrame(geometry=[square(0, 0, 10)], crs=UTM48).to_parquet(
            tmp_path / "s.parquet"
        )
        schema = pq.read_schema(tmp_path / "s.parquet")
        blobs = [shapely.to_wkb(square(0, 0, 10)), deep]
        pq.write_table(pa.table({"geometry": blobs}).cast(schema), tmp_path / "a.parquet")
        report = taken(tmp_path / "a.parquet")
        assert (report.rows.stored, report.rows.refused) == (1, 1)

    def test_collections_in_text(self, tmp_path, taken):
        deep = "GEOMETRYCOLLECTION (" * self.DEEP + "POINT (1 1)" + ")" * self.DEEP
        path = tmp_path / "a.csv"
        path.write_text(f'wkt\n"{square(0, 0, 10).wkt}"\n"{deep}"\n"{"(" * self.DEEP}"\n')
        report = taken(path, srid=UTM48)
        assert (report.rows.stored, report.rows.refused) == (1, 2)
        assert {kind for _row, kind, _action in kinds()} == {"wrong_kind"}

    def test_braces_without_end(self, tmp_path, refusal):
        path = tmp_path / "a.geojson"
        path.write_text('{"a":' * self.DEEP)
        assert "a.geojson" in refusal(path)


class TestBlocks:
    """A drawing whose blocks hold each other ten times over: a hundred million lines."""

    def blocks(self, depth, times):
        texts = []
        for level in range(depth):
            inner = "0\nLINE\n8\n0\n10\n0\n20\n0\n11\n1\n21\n1"
            if level:
                inner = "\n".join([f"0\nINSERT\n8\n0\n2\nb{level - 1}\n10\n0\n20\n0"] * times)
            texts.append(f"0\nBLOCK\n8\n0\n2\nb{level}\n70\n0\n10\n0\n20\n0\n{inner}\n0\nENDBLK")
        return "\n".join(texts)

    def test_blocks_that_multiply(self, tmp_path, refusal, tight):
        tight(computing_s=2, memory_bytes=512 * 1024**2)
        insert = f"0\nINSERT\n8\n0\n2\nb8\n10\n{EAST}\n20\n{NORTH}"
        path = drawing(tmp_path / "a.dxf", [], blocks=self.blocks(9, 10), entities=insert)
        assert "a.dxf" in refusal(path, srid=UTM48)

    def test_a_block_that_holds_itself(self, tmp_path, ground, taken):
        itself = "0\nINSERT\n8\n0\n2\nb\n10\n1\n20\n1"
        block = f"0\nBLOCK\n8\n0\n2\nb\n70\n0\n10\n0\n20\n0\n{itself}\n0\nENDBLK"
        insert = f"0\nINSERT\n8\n0\n2\nb\n10\n{EAST}\n20\n{NORTH}"
        lines = [[(EAST, NORTH), (EAST + 10, NORTH)]]
        path = drawing(tmp_path / "a.dxf", lines, blocks=block, entities=insert)
        report = taken(path, srid=UTM48)
        assert report.rows.stored >= 1
        assert report.rows.stored + report.rows.refused == report.rows.read

    def test_a_grid_of_inserts(self, tmp_path, refusal):
        """300 bytes that stand for 900 million lines."""
        insert = (
            f"0\nINSERT\n8\n0\n2\nb0\n10\n{EAST}\n20\n{NORTH}\n70\n30000\n71\n30000\n44\n1\n45\n1"
        )
        path = drawing(tmp_path / "a.dxf", [], blocks=self.blocks(1, 1), entities=insert)
        assert "more than a file of its size can hold" in refusal(path, srid=UTM48)


class TestStatedSizes:
    def test_a_raster_that_states_640_gb(self, tmp_path, refusal):
        path = tmp_path / "a.tif"
        size = {"width": 400_000, "height": 400_000, "count": 1, "dtype": "float32"}
        tiles = {"tiled": True, "blockxsize": 512, "blockysize": 512, "SPARSE_OK": "TRUE"}
        place = {"crs": "EPSG:32648", "transform": from_origin(EAST, NORTH, 0.1, 0.1)}
        with rasterio.open(
            path, "w", driver="GTiff", nodata=-9999, BIGTIFF="YES", **size, **tiles, **place
        ):
            pass
        assert path.stat().st_size < 40 * 1024**2
        assert "declares 400000 x 400000 cells" in refusal(path, layer="terrain")

    def test_a_raster_in_one_block_of_gigabytes(self, tmp_path, refusal):
        path = grid_file(tmp_path / "a.tif", [[1.0, 2.0], [3.0, 4.0]])
        content = bytearray(path.read_bytes())
        count = struct.unpack_from("<H", content, 8)[0]
        for entry in range(10, 10 + 12 * count, 12):
            tag, _kind = struct.unpack_from("<HH", content, entry)
            if tag in {256, 257, 278}:  # width, height, rows in a strip
                struct.pack_into("<HI", content, entry + 2, 4, 1)
                struct.pack_into("<I", content, entry + 8, 19_000)
        path.write_bytes(content)
        assert "a.tif" in refusal(path, layer="terrain")

    def test_a_flatgeobuf_header_of_2_gb(self, tmp_path, refusal):
        path = vector_file(tmp_path / "a.fgb", [square(0, 0, 10)])
        content = bytearray(path.read_bytes())
        struct.pack_into("<I", content, 8, 2**31 - 1)
        path.write_bytes(content)
        assert "a.fgb" in refusal(path)

    def test_a_parquet_footer_of_2_gb(self, tmp_path, refusal):
        path = tmp_path / "a.parquet"
        geopandas.GeoDataFrame(geometry=[square(0, 0, 10)], crs=UTM48).to_parquet(path)
        content = bytearray(path.read_bytes())
        struct.pack_into("<I", content, len(content) - 8, 2**31 - 1)
        path.write_bytes(content)
        assert "a.parquet" in refusal(path)

    def test_an_osm_block_of_2_gb(self, tmp_path, refusal):
        path = tmp_path / "a.osm.pbf"
        path.write_bytes(struct.pack(">I", 2**31 - 1) + b"\x0a\x09OSMHeader\x18\xff\xff\xff\x7f")
        assert "a.osm.pbf" in refusal(path)

    def test_a_shape_in_a_geopackage_that_counts_four_billion_corners(self, tmp_path, taken):
        counts = struct.pack("<BIII", 1, 3, 1, 2**32 - 1) + bytes(64)
        rings = struct.pack("<BII", 1, 3, 2**32 - 1)
        report = taken(with_blobs(tmp_path / "a.gpkg", counts, rings))
        assert (report.rows.stored, report.rows.refused) == (1, 2)

    @pytest.mark.parametrize("part", [".shp", ".dbf"])
    def test_a_shapefile_that_states_2_gb(self, tmp_path, refusal, part):
        import zipfile

        whole = zipped_shapefile(tmp_path / "whole.zip", [square(0, 0, 10)])
        with zipfile.ZipFile(whole) as source, zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
            for name in source.namelist():
                content = bytearray(source.read(name))
                if name.endswith(part) and part == ".shp":
                    struct.pack_into(">I", content, 24, 2**30)
                elif name.endswith(part):
                    struct.pack_into("<I", content, 4, 2**31 - 1)
                target.writestr(name, bytes(content))
        assert f"the {part} part is damaged or incomplete" in refusal(tmp_path / "a.zip")

    def test_a_hundred_thousand_columns(self, tmp_path, refusal):
        path = tmp_path / "a.csv"
        names = ",".join(f"c{n}" for n in range(100_000))
        path.write_text(f"x,y,{names}\n{EAST},{NORTH}{',' * 100_000}\n")
        assert "has 100,002 columns; 1,600 are the most" in refusal(path, srid=UTM48)

    def test_two_thousand_columns_of_a_geojson(self, tmp_path, refusal):
        properties = json.dumps({f"c{n}": n for n in range(2_000)})
        path = tmp_path / "a.geojson"
        path.write_text(f'{{"type":"Feature","properties":{properties},"geometry":{GOOD}}}')
        assert "1,600 are the most" in refusal(path)


def whole_files(folder):
    """A good file of every format, large enough to be cut."""
    shapes = [square(20 * n, 0, 10) for n in range(600)]
    names = [f"house {n}" for n in range(600)]
    for ending in ("gpkg", "geojson", "fgb"):
        vector_file(folder / f"a.{ending}", shapes, name=names)
    zipped_shapefile(folder / "a.zip", shapes, name=names)
    frame = geopandas.GeoDataFrame({"name": names}, geometry=shapes, crs=UTM48)
    frame.to_parquet(folder / "a.parquet")
    place = "<Placemark><Point><coordinates>103.5,10.6</coordinates></Point></Placemark>"
    kml(folder / "a.kml", place * 200)
    drawing(folder / "a.dxf", [[(EAST, NORTH), (EAST + n, NORTH)] for n in range(1, 200)])
    nodes = [(n, 103.5 + n / 1e4, 10.6, {"amenity": "school"}) for n in range(1, 200)]
    osm_file(folder / "a.osm.pbf", nodes=nodes)
    rng = np.random.default_rng(1)
    grid_file(folder / "a.tif", rng.uniform(0, 9, (200, 200)).astype("float32"))
    return folder


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
@pytest.mark.parametrize(
    "ending", ["gpkg", "geojson", "fgb", "zip", "parquet", "kml", "dxf", "osm.pbf", "tif"]
)
def test_a_file_that_breaks_off(tmp_path, refusal, ending, share):
    path = whole_files(tmp_path) / f"a.{ending}"
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    srid = UTM48 if ending == "dxf" else None
    layer = "terrain" if ending == "tif" else "houses"
    said = refusal(path, layer=layer, srid=srid)
    assert f"a.{ending}" in said
    for raw in ("malformed", "database disk", "no such table", "sqlite3_", "SELECT"):
        assert raw not in said

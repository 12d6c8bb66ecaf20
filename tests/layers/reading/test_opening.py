"""Files opened without a database: what each format says of its place, kind and columns."""

import json

import geopandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import CRS

from layers.crs import CrsError
from layers.errors import UnknownCrsError, UserFacingError
from layers.ingest.confined.limits import Limits
from layers.ingest.formats import SourceFormat
from layers.ingest.kml import MAX_DEPTH, check_markup
from layers.ingest.options import ImportOptions
from layers.ingest.sources import Asked, opened_rows
from layers.ingest.vectors import check_crs_agrees, flat_crs, in_pieces, source_crs
from tests.factories import at, line, square
from tests.layers.sources import UTM48, drawing, kml, vector_file, zipped_shapefile

KHMER = "ភូមិ៤ សង្កាត់លេខ៤"
PLACE = "<Placemark><name>{}</name><Point><coordinates>103.5,10.6</coordinates></Point></Placemark>"
INDIAN_1960 = 3148


def opened(path, kind, tmp_path, layer_kind="", **options):
    folder = tmp_path / "own"
    folder.mkdir(exist_ok=True)
    asked = Asked(
        path=path,
        name=path.name,
        folder=folder,
        source_format=kind,
        options=ImportOptions(**options),
        layer_kind=layer_kind,
    )
    return opened_rows(asked)


def rows_of(found, at_once=100):
    return list(found.source.batches(at_once))


def geoparquet(path, shapes=(), *, geo=None, **columns):
    """A GeoParquet whose description of its shapes is changed by ``geo`` (None: left out)."""
    shapes = list(shapes) or [at(0, 0)]
    geopandas.GeoDataFrame(columns, geometry=shapes, crs=UTM48).to_parquet(path)
    table = pq.read_table(path)
    described = json.loads(table.schema.metadata[b"geo"])
    column = described["columns"]["geometry"]
    column.update(geo or {})
    for name in [name for name, value in column.items() if value is ...]:
        del column[name]
    metadata = table.schema.metadata | {b"geo": json.dumps(described).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


class TestKinds:
    @pytest.mark.parametrize(
        ("shapes", "kind"),
        [
            ([at(0, 0)], "point"),
            ([line((0, 0), (5, 0))], "line"),
            ([square(0, 0, 5)], "polygon"),
            ([shapely.MultiPolygon([square(0, 0, 5)])], "polygon"),
            ([shapely.force_3d(square(0, 0, 5), 2.0)], "polygon"),
            ([shapely.force_3d(shapely.MultiPolygon([square(0, 0, 5)]), 2.0)], "polygon"),
            ([shapely.force_3d(at(0, 0), 2.0)], "point"),
            ([shapely.force_3d(line((0, 0), (5, 0)), 2.0)], "line"),
            ([at(0, 0), line((0, 0), (5, 0))], "mixed"),
        ],
    )
    @pytest.mark.parametrize(
        ("ending", "source_format"),
        [(".fgb", SourceFormat.FLATGEOBUF), (".parquet", SourceFormat.GEOPARQUET)],
    )
    def test_a_file_says_which_kind_of_shapes_it_holds(
        self, tmp_path, shapes, kind, ending, source_format
    ):
        path = tmp_path / f"a{ending}"
        frame = geopandas.GeoDataFrame({"a": range(len(shapes))}, geometry=shapes, crs=UTM48)
        if ending == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_file(path, engine="pyogrio")

        assert opened(path, source_format, tmp_path).geometry_kind == kind

    @pytest.mark.parametrize("ending", ["gpkg", "geojson"])
    def test_heights_do_not_make_a_layer_of_areas_one_of_anything(self, tmp_path, ending):
        high = shapely.force_3d(square(0, 0, 5), 2.0)
        path = vector_file(tmp_path / f"a.{ending}", [high], a=[1])
        known = {"gpkg": SourceFormat.GEOPACKAGE, "geojson": SourceFormat.GEOJSON}

        assert opened(path, known[ending], tmp_path).geometry_kind == "polygon"

    def test_closed_lines_of_a_drawing_are_areas_only_where_areas_are_wanted(self, tmp_path):
        path = drawing(tmp_path / "a.dxf", [[(0, 0), (9, 0), (9, 9)]], closed=True)

        lines, areas = (
            rows_of(opened(path, SourceFormat.DXF, tmp_path, layer_kind=kind))[0].outlines
            for kind in ("line", "polygon")
        )

        assert shapely.from_wkb(lines[0].as_py()).geom_type == "LineString"
        assert shapely.from_wkb(areas[0].as_py()).geom_type == "Polygon"

    def test_a_table_of_coordinates_is_points_and_one_of_text_anything(self, tmp_path):
        points, texts = tmp_path / "p.csv", tmp_path / "t.csv"
        points.write_text("lon,lat\n103.5,10.6\n")
        texts.write_text('wkt,a\n"LINESTRING (0 0, 1 1)",1\n')

        assert opened(points, SourceFormat.CSV, tmp_path).geometry_kind == "point"
        assert opened(texts, SourceFormat.CSV, tmp_path).geometry_kind == "mixed"


class TestPlaces:
    """Each format says where its coordinates count from, or is asked."""

    FORMATS = {
        "gpkg": SourceFormat.GEOPACKAGE,
        "fgb": SourceFormat.FLATGEOBUF,
        "zip": SourceFormat.SHAPEFILE,
        "parquet": SourceFormat.GEOPARQUET,
        "dxf": SourceFormat.DXF,
        "csv": SourceFormat.CSV,
    }

    def written(self, tmp_path, ending, crs):
        path = tmp_path / f"plots.{ending}"
        if ending == "zip":
            return zipped_shapefile(path, [at(0, 0)], crs=crs, a=[1])
        if ending == "dxf":
            return drawing(path, [[(0, 0), (9, 0)]])
        if ending == "csv":
            path.write_text("x,y\n330000,1170000\n")
            return path
        frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[at(0, 0)], crs=crs)
        frame.to_parquet(path) if ending == "parquet" else frame.to_file(path, engine="pyogrio")
        return path

    @pytest.mark.parametrize("ending", FORMATS)
    def test_without_a_stated_system_it_is_asked_for_by_name(self, tmp_path, ending):
        found = opened(self.written(tmp_path, ending, None), self.FORMATS[ending], tmp_path)

        with pytest.raises(UnknownCrsError, match=rf"plots\.{ending}") as refused:
            _ = found.crs
        assert "--srid CODE" in refused.value.remedy

    @pytest.mark.parametrize("ending", FORMATS)
    def test_the_user_may_say_it_then(self, tmp_path, ending):
        path = self.written(tmp_path, ending, None)

        found = opened(path, self.FORMATS[ending], tmp_path, srid=UTM48)

        assert found.crs.to_epsg() == UTM48
        assert found.project is None

    @pytest.mark.parametrize("ending", ["gpkg", "fgb", "zip", "parquet"])
    def test_what_the_file_states_is_not_overruled(self, tmp_path, ending):
        path = self.written(tmp_path, ending, UTM48)

        assert opened(path, self.FORMATS[ending], tmp_path).project is None
        with pytest.raises(UserFacingError, match=r"but --srid says EPSG:32647"):
            _ = opened(path, self.FORMATS[ending], tmp_path, srid=32647).crs

    @pytest.mark.parametrize("ending", ["gpkg", "fgb", "parquet"])
    def test_the_old_grid_is_refused_in_every_format_not_guessed(self, tmp_path, ending):
        found = opened(self.written(tmp_path, ending, INDIAN_1960), self.FORMATS[ending], tmp_path)

        with pytest.raises(CrsError, match="hundreds of metres wrong"):
            _ = found.project

    def test_kml_is_in_degrees_whatever_else_is_said(self, tmp_path):
        path = kml(tmp_path / "a.kml", PLACE.format(KHMER))

        found = opened(path, SourceFormat.KML, tmp_path)

        east, north = found.project(103.5, 10.6)
        assert (east, north) == (
            pytest.approx(335_899.7, abs=0.1),
            pytest.approx(1_172_147.0, abs=0.1),
        )
        with pytest.raises(UserFacingError, match="states its coordinate system"):
            _ = opened(path, SourceFormat.KML, tmp_path, srid=UTM48).crs

    def test_the_same_system_under_another_name_is_no_contradiction(self):
        check_crs_agrees("a.gpkg", CRS.from_proj4("+proj=utm +zone=48 +datum=WGS84"), None)
        check_crs_agrees("a.gpkg", CRS.from_user_input("OGC:CRS84"), 4326)

    @pytest.mark.parametrize(
        ("stated", "flat"),
        [
            (4326, 4326),
            (4979, 4326),  # WGS 84 with heights
            ("EPSG:32648+5773", UTM48),  # with heights above the geoid
            (4978, None),  # geocentric: no map
            (5773, None),  # heights only
            ('LOCAL_CS["site", UNIT["metre", 1]]', None),
        ],
    )
    def test_heights_are_left_out_of_a_system_and_a_building_site_is_none(self, stated, flat):
        found = flat_crs(CRS.from_user_input(stated))

        assert (found and found.to_epsg()) == flat


class TestGeoParquet:
    def test_columns_of_shapes_and_boxes_are_no_attributes(self, tmp_path):
        frame = geopandas.GeoDataFrame({"ឈ្មោះ": [KHMER]}, geometry=[square(0, 0, 5)], crs=UTM48)
        frame.to_parquet(tmp_path / "a.parquet", write_covering_bbox=True)

        found = opened(tmp_path / "a.parquet", SourceFormat.GEOPARQUET, tmp_path)
        [batch] = rows_of(found)

        assert found.source.fields == ("ឈ្មោះ",)
        assert batch.columns["ឈ្មោះ"].to_pylist() == [KHMER]

    def test_rows_are_numbered_through_all_batches(self, tmp_path):
        path = geoparquet(tmp_path / "a.parquet", [at(n, 0) for n in range(5)], n=range(5))

        batches = rows_of(opened(path, SourceFormat.GEOPARQUET, tmp_path), at_once=2)

        assert [batch.rows.tolist() for batch in batches] == [[1, 2], [3, 4], [5]]
        assert [batch.columns["n"].to_pylist() for batch in batches] == [[0, 1], [2, 3], [4]]

    @pytest.mark.parametrize(
        ("types", "kind"),
        [
            (["Polygon"], "polygon"),
            (["Polygon", "MultiPolygon"], "polygon"),
            (["Polygon Z", "MultiPolygon"], "polygon"),
            (["Point", "Polygon"], "mixed"),
            ([], "mixed"),
            (..., "mixed"),
        ],
    )
    def test_the_stated_types_decide_the_kind(self, tmp_path, types, kind):
        path = geoparquet(tmp_path / "a.parquet", geo={"geometry_types": types})

        assert opened(path, SourceFormat.GEOPARQUET, tmp_path).geometry_kind == kind

    @pytest.mark.parametrize("stated", ["EPSG:32648", "/etc/passwd", {"type": "?"}, [1], {}])
    def test_a_system_that_is_no_projjson_is_refused_never_looked_up(self, tmp_path, stated):
        path = geoparquet(tmp_path / "a.parquet", geo={"crs": stated})

        with pytest.raises(UserFacingError, match="coordinate system cannot be understood"):
            opened(path, SourceFormat.GEOPARQUET, tmp_path)

    @pytest.mark.parametrize("encoding", ["point", "geoarrow.polygon", None, 7])
    def test_shapes_in_another_encoding_are_refused(self, tmp_path, encoding):
        path = geoparquet(tmp_path / "a.parquet", geo={"encoding": encoding})

        with pytest.raises(UserFacingError, match="not as WKB"):
            opened(path, SourceFormat.GEOPARQUET, tmp_path)

    @pytest.mark.parametrize("text", ["{", "[]", "7", '"x"', '{"columns": 7}', "[" * 100_000])
    def test_a_damaged_description_is_a_sentence(self, tmp_path, text):
        path = geoparquet(tmp_path / "a.parquet")
        table = pq.read_table(path).replace_schema_metadata({b"geo": text.encode()})
        pq.write_table(table, path)

        with pytest.raises(UserFacingError) as refused:
            opened(path, SourceFormat.GEOPARQUET, tmp_path)
        assert "GeoParquet 1.0 or 1.1." in refused.value.remedy


class TestMarkup:
    @pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
    def test_folders_a_hundred_deep_are_read_and_one_more_is_not(self, tmp_path, depth):
        path = tmp_path / "a.kml"
        path.write_text("<kml>" + "<Folder>" * (depth - 1) + "</Folder>" * (depth - 1) + "</kml>")

        if depth > MAX_DEPTH:
            with pytest.raises(UserFacingError, match="more than 100 deep"):
                check_markup(path, path.name)
        else:
            check_markup(path, path.name)

    def test_a_thousand_folders_side_by_side_are_not_deep(self, tmp_path):
        path = kml(tmp_path / "a.kml", "<Folder></Folder>" * 1_000)

        check_markup(path, path.name)

    def test_khmer_names_survive_the_reading(self, tmp_path):
        path = kml(tmp_path / "a.kml", PLACE.format(KHMER) * 2)

        [batch] = rows_of(opened(path, SourceFormat.KML, tmp_path))

        assert (
            batch.columns["Name" if "Name" in batch.columns else "name"].to_pylist() == [KHMER] * 2
        )

    def test_columns_of_the_drawing_style_are_no_attributes(self, tmp_path):
        fields = opened(
            kml(tmp_path / "a.kml", PLACE.format("a")), SourceFormat.KML, tmp_path
        ).source.fields

        assert not {"visibility", "tessellate", "icon", "begin", "end"} & set(fields)


class TestPieces:
    def test_large_outlines_are_handed_on_in_smaller_pieces(self, monkeypatch):
        from layers.ingest import vectors

        monkeypatch.setattr(vectors, "BATCH_BYTES", 100)
        record = pa.record_batch([pa.array([b"x" * 60] * 5)], names=["shape"])

        pieces = list(in_pieces(record, "shape"))

        assert [row for piece in pieces for row in piece.column(0).to_pylist()] == [b"x" * 60] * 5
        assert len(pieces) > 1
        assert all(len(piece) <= 2 for piece in pieces)

    def test_a_shapefile_without_code_page_says_what_its_texts_were_taken_for(self, tmp_path):
        path = zipped_shapefile(tmp_path / "a.zip", [at(0, 0)], without=(".cpg",), name=[KHMER])

        found = opened(path, SourceFormat.SHAPEFILE, tmp_path)
        [batch] = rows_of(found)

        [note] = map(str, found.notes)
        assert note == "The texts do not state their encoding; they were read as UTF-8."
        assert batch.columns["name"].to_pylist() == [KHMER]

    def test_what_is_asked_of_the_child_comes_as_json(self, tmp_path):
        asked = Asked.of(
            {
                "path": str(tmp_path / "a.fgb"),
                "name": "ដី.fgb",
                "folder": str(tmp_path),
                "source_format": "FLATGEOBUF",
                "limits": Limits().as_fields(),
            }
        )

        assert (asked.name, asked.source_format) == ("ដី.fgb", SourceFormat.FLATGEOBUF)
        assert (asked.limits, asked.options) == (Limits(), ImportOptions())

    def test_a_source_that_states_nothing_takes_what_the_user_says(self, tmp_path):
        path = drawing(tmp_path / "a.dxf", [[(0, 0), (9, 0)]])
        found = opened(path, SourceFormat.DXF, tmp_path)

        assert source_crs(found.source, 32647).to_epsg() == 32647
        with pytest.raises(CrsError, match="EPSG:999999 is not a known"):
            source_crs(found.source, 999_999)

    def test_an_identifier_by_place_says_which_place(self, tmp_path):
        table = vector_file(tmp_path / "a.gpkg", [at(0, 0)])
        text = tmp_path / "a.csv"
        text.write_text("x,y\n1,2\n")

        assert opened(table, SourceFormat.GEOPACKAGE, tmp_path).id_prefix == "fid-"
        assert opened(text, SourceFormat.CSV, tmp_path).id_prefix == "row-"

"""KML, KMZ, DXF, CSV and GeoParquet become layers, with what they say and what they cannot."""

import io
import zipfile

import geopandas
import pytest
import shapely

from layers.errors import UnknownCrsError, UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.models import Feature, ImportIssue
from tests.factories import EAST, NORTH, at, square
from tests.layers.sources import UTM48, drawing, kml, vector_file, zipped_shapefile

pytestmark = pytest.mark.django_db

# 103.5 E, 10.6 N; the same in zone 48 by PROJ's cs2cs [m].
SEEN_FROM_UTM = (335_899.7, 1_172_147.0)
PLACE = "<Placemark><name>{}</name>{}</Placemark>"
POINT = "<Point><coordinates>103.5,10.6,12</coordinates></Point>"


def imported(path, layer="houses", **options):
    return import_file(path=path, layer=layer, options=ImportOptions(**options))


def refused(path, **options):
    with pytest.raises(UserFacingError) as error:
        imported(path, **options)
    assert not Feature.objects.exists()
    return str(error.value)


def only():
    return Feature.objects.get()


class TestKml:
    def test_a_place_keeps_its_khmer_name_and_loses_its_height(self, tmp_path):
        report = imported(kml(tmp_path / "a.kml", PLACE.format("សាលា", POINT)))
        assert only().properties == {"Name": "សាលា"}
        assert (only().geometry.x, only().geometry.y) == pytest.approx(SEEN_FROM_UTM, abs=1)
        assert report.issues == {"dimension_dropped kept": 1}

    def test_a_kmz_is_the_kml_in_it_and_its_pictures_stay_outside(self, tmp_path):
        inside = kml(tmp_path / "doc.kml", PLACE.format("A", POINT))
        with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
            archive.writestr("files/photo.jpg", b"\xff\xd8")
            archive.write(inside, "doc.kml")
        imported(tmp_path / "a.kmz")
        assert only().properties == {"Name": "A"}

    def test_a_kmz_without_kml_is_a_sentence(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "a.kmz", "w") as archive:
            archive.writestr("photo.jpg", b"x")
        assert "a.kmz holds no .kml" in refused(tmp_path / "a.kmz")

    def test_folders_are_layers_to_choose_from(self, tmp_path):
        folders = "".join(
            f"<Folder><name>{name}</name>{PLACE.format(name, POINT)}</Folder>"
            for name in ("schools", "wells")
        )
        path = kml(tmp_path / "a.kml", folders)
        assert "--source-layer schools" in refused(path)
        imported(path, source_layer="wells")
        assert only().properties == {"Name": "wells"}

    def test_extended_data_become_attributes_under_their_own_names(self, tmp_path):
        held = '<ExtendedData><Data name="storeys"><value>3</value></Data></ExtendedData>'
        imported(kml(tmp_path / "a.kml", PLACE.format("A", held + POINT)))
        assert only().properties == {"Name": "A", "storeys": "3"}

    def test_kml_is_in_degrees_and_no_srid_says_otherwise(self, tmp_path):
        path = kml(tmp_path / "a.kml", PLACE.format("A", POINT))
        assert "but --srid says EPSG:32648" in refused(path, srid=32648)

    def test_broken_markup_names_the_line(self, tmp_path):
        path = kml(tmp_path / "a.kml", "\n<Placemark>\n")
        assert "its markup breaks at line 3" in refused(path)


class TestDrawings:
    def test_a_drawing_says_nothing_of_its_crs(self, tmp_path):
        path = drawing(tmp_path / "a.dxf", [[(EAST, NORTH), (EAST + 10, NORTH)]])
        assert "does not state its coordinate system" in refused(path)
        assert "--srid" in refused(path)

    def test_closed_lines_are_areas_in_a_layer_of_areas(self, tmp_path):
        ring = [(EAST, NORTH), (EAST + 10, NORTH), (EAST + 10, NORTH + 20), (EAST, NORTH + 20)]
        path = drawing(tmp_path / "a.dxf", [ring], layer="ដី", closed=True)
        imported(path, srid=UTM48, geometry_kind="polygon")
        assert only().geometry.area == pytest.approx(200)
        assert only().properties["Layer"] == "ដី"

    def test_closed_lines_stay_lines_elsewhere(self, tmp_path):
        ring = [(EAST, NORTH), (EAST + 10, NORTH), (EAST + 10, NORTH + 20)]
        imported(drawing(tmp_path / "a.dxf", [ring], closed=True), srid=UTM48)
        assert only().geometry.geom_type == "LineString"
        assert only().geometry.length == pytest.approx(10 + 20 + (10**2 + 20**2) ** 0.5)

    @pytest.mark.parametrize("head", [b"AC1027\x00\x00", b"AutoCAD Binary DXF\r\n\x1a\x00"])
    def test_other_files_of_autocad_are_told_apart(self, tmp_path, head):
        path = tmp_path / "a.dxf"
        path.write_bytes(head)
        assert "a.dxf is called DXF drawing, but its content is something else" in refused(path)


def table(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


class TestTables:
    def test_coordinates_are_found_by_their_names(self, tmp_path):
        path = table(tmp_path / "a.csv", f"name,x,y\nសាលា,{EAST},{NORTH}\n")
        report = imported(path, srid=UTM48)
        assert only().geometry.coords == (EAST, NORTH)
        assert only().properties == {"name": "សាលា"}
        assert "Shapes were read from x, y." in map(str, report.notes)

    def test_a_table_says_nothing_of_its_crs_even_with_longitudes(self, tmp_path):
        path = table(tmp_path / "a.csv", "lon,lat\n103.5,10.6\n")
        with pytest.raises(UnknownCrsError):
            imported(path)
        imported(path, srid=4326)
        assert only().geometry.x == pytest.approx(SEEN_FROM_UTM[0], abs=1)

    def test_semicolons_and_decimal_commas_as_a_french_spreadsheet_writes_them(self, tmp_path):
        path = table(tmp_path / "a.csv", "nom;lon;lat\nécole;103,5;10,6\n", encoding="cp1252")
        report = imported(path, srid=4326)
        assert only().geometry.x == pytest.approx(SEEN_FROM_UTM[0], abs=1)
        assert only().properties == {"nom": "école"}
        assert "The coordinates are written with a decimal comma." in map(str, report.notes)
        assert "they were read as CP1252" in " ".join(map(str, report.notes))

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_the_marks_of_windows_are_no_part_of_the_first_name(self, tmp_path, encoding):
        path = table(tmp_path / "a.csv", f"ឈ្មោះ\tx\ty\nវត្ត\t{EAST}\t{NORTH}\n", encoding)
        imported(path, srid=UTM48)
        assert only().properties == {"ឈ្មោះ": "វត្ត"}

    def test_shapes_as_text_may_be_of_any_kind(self, tmp_path):
        lines = ["id;wkt", f'1;"{square(0, 0, 10).wkt}"', f'2;"{at(0, 0).wkt}"']
        imported(table(tmp_path / "a.csv", "\n".join(lines)), srid=UTM48)
        kinds = Feature.objects.order_by("stable_id").values_list("geometry", flat=True)
        assert [shape.geom_type for shape in kinds] == ["Polygon", "Point"]

    def test_unknown_column_names_are_asked_for(self, tmp_path):
        path = table(tmp_path / "a.csv", f"a,b,c\n1,{EAST},{NORTH}\n")
        assert "--x-field EAST --y-field NORTH" in refused(path, srid=UTM48)
        assert "has no column 'q'" in refused(path, srid=UTM48, x_field="q", y_field="c")
        imported(path, srid=UTM48, x_field="b", y_field="c")
        assert only().properties == {"a": 1}

    def test_codes_with_leading_zeros_stay_texts_and_numbers_are_numbers(self, tmp_path):
        text = f"plot,storeys,height,x,y\n007,3,4.5,{EAST},{NORTH}\n012,,6,{EAST},{NORTH}\n"
        imported(table(tmp_path / "a.csv", text), srid=UTM48, id_field="plot")
        first, second = Feature.objects.order_by("stable_id")
        assert (first.stable_id, first.properties) == ("007", {"storeys": 3, "height": 4.5})
        assert (second.stable_id, second.properties) == ("012", {"height": 6.0})

    def test_a_formula_is_a_text_and_is_never_computed(self, tmp_path):
        text = f'note,x,y\n"=HYPERLINK(""http://example.org"")",{EAST},{NORTH}\n'
        imported(table(tmp_path / "a.csv", text), srid=UTM48)
        assert only().properties == {"note": '=HYPERLINK("http://example.org")'}

    def test_a_coordinate_that_is_no_number_is_a_row_refused(self, tmp_path):
        text = f"x,y\n{EAST},{NORTH}\nabout here,{NORTH}\n,\n"
        report = imported(table(tmp_path / "a.csv", text), srid=UTM48)
        assert (report.rows.read, report.rows.stored, report.rows.refused) == (3, 1, 2)
        kinds = ImportIssue.objects.order_by("row").values_list("row", "kind")
        assert list(kinds) == [(2, "not_finite"), (3, "empty_geometry")]

    def test_lines_of_another_length_refuse_the_table(self, tmp_path):
        path = table(tmp_path / "a.csv", f"x,y\n{EAST},{NORTH}\n{EAST},{NORTH},9,9\n")
        assert "a.csv cannot be read as a table" in refused(path, srid=UTM48)


class TestGeoParquet:
    def test_shapes_crs_and_attributes_are_read(self, tmp_path):
        path = tmp_path / "a.parquet"
        frame = geopandas.GeoDataFrame({"name": ["ផ្សារ"]}, geometry=[square(0, 0, 10)], crs=UTM48)
        frame.to_parquet(path, write_covering_bbox=True)
        report = imported(path)
        assert only().geometry.area == pytest.approx(100)
        assert only().properties == {"name": "ផ្សារ"}
        assert report.rows.stored == 1

    def test_without_a_crs_key_it_is_longitude_and_latitude_and_null_is_unknown(self, tmp_path):
        path = tmp_path / "a.parquet"
        geopandas.GeoDataFrame(geometry=[shapely.Point(103.5, 10.6)]).to_parquet(path)
        with pytest.raises(UnknownCrsError):
            imported(path)
        imported(path, srid=4326)
        assert only().geometry.x == pytest.approx(SEEN_FROM_UTM[0], abs=1)

    def test_a_table_without_shapes_is_a_sentence(self, tmp_path):
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
        assert "is a Parquet table without shapes" in refused(tmp_path / "a.parquet")

    def test_shapes_in_another_encoding_than_wkb_are_a_sentence(self, tmp_path):
        frame = geopandas.GeoDataFrame(geometry=[at(0, 0)], crs=UTM48)
        frame.to_parquet(tmp_path / "a.parquet", geometry_encoding="geoarrow")
        assert "not as WKB" in refused(tmp_path / "a.parquet")


class TestShapefiles:
    def test_metadata_beside_the_parts_are_tolerated_and_the_layer_is_called_by_its_name(
        self, tmp_path
    ):
        path = zipped_shapefile(tmp_path / "plots.zip", [square(0, 0, 10)], without=(".prj",))
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("plots.shp.xml", "<metadata/>")
        assert "layer 'plots' does not state" in refused(path)
        imported(path, srid=UTM48)
        assert only().geometry.area == pytest.approx(100)


class TestOldGrid:
    """Indian 1960 without parameters is 459 m off at Sihanoukville: refused in every format."""

    @pytest.mark.parametrize("ending", ["csv", "dxf", "parquet", "zip", "fgb"])
    def test_every_format_refuses_it(self, tmp_path, ending):
        path = tmp_path / f"a.{ending}"
        if ending == "csv":
            table(path, f"x,y\n{EAST},{NORTH}\n")
        elif ending == "dxf":
            drawing(path, [[(EAST, NORTH), (EAST + 10, NORTH)]])
        elif ending == "zip":
            zipped_shapefile(path, [at(0, 0)], crs=3148)
        elif ending == "parquet":
            geopandas.GeoDataFrame(geometry=[at(0, 0)], crs=3148).to_parquet(path)
        else:
            vector_file(path, [at(0, 0)], crs=3148)
        srid = 3148 if ending in {"csv", "dxf"} else None
        assert "No accurate transformation is known" in refused(path, srid=srid)


class TestCurves:
    def test_a_circle_becomes_a_polygon_with_an_issue_row(self, tmp_path):
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = tmp_path / "a.parquet"
        circle = circle_wkb(EAST, NORTH, 10)
        buffer = io.BytesIO()
        geopandas.GeoDataFrame(geometry=[square(0, 0, 10)], crs=UTM48).to_parquet(buffer)
        schema = pq.read_schema(buffer)
        pq.write_table(pa.table({"geometry": [circle]}).cast(schema), path)
        report = imported(path)
        # 90 sides of 4 degrees: 1/2 n r² sin(4°) = 313.9 m², the circle has 314.2
        assert only().geometry.area == pytest.approx(313.9, abs=0.1)
        assert report.issues == {"curve_linearised repaired": 1}
        assert "curves" in ImportIssue.objects.get().message


def circle_wkb(x, y, radius):
    """A curve polygon of one circular string: little-endian, types 10 and 8 (ISO 13249-3)."""
    import struct

    places = [(x - radius, y), (x + radius, y), (x - radius, y)]
    middle = [(x, y + radius), (x, y - radius)]
    points = [places[0], middle[0], places[1], middle[1], places[2]]
    ring = struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<dd", *p) for p in points)
    return struct.pack("<BII", 1, 10, 1) + ring

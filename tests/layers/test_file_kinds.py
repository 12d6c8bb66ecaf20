"""The name and the first bytes of a file must say the same; options must fit each other."""

from datetime import date

import pytest

from layers.errors import UnknownCrsError, UserFacingError
from layers.ingest.class_data import ClassData
from layers.ingest.confined.endings import refusal
from layers.ingest.confined.limits import IMPORTING, LOOKING, Limits, answer_to
from layers.ingest.drawings import drawing_encoding
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.option_checks import check_options
from layers.ingest.options import ImportOptions

HEADS = {
    SourceFormat.GEOPACKAGE: ("a.gpkg", b"SQLite format 3\x00"),
    SourceFormat.GEOJSON: ("a.geojson", b'\xef\xbb\xbf\n {"type": "Feature"}'),
    SourceFormat.GEOJSON_SEQUENCE: ("a.geojsons", b'\x1e{"type": "Feature"}'),
    SourceFormat.SHAPEFILE: ("a.zip", b"PK\x03\x04"),
    SourceFormat.KML: ("a.kml", b'<?xml version="1.0"?><kml/>'),
    SourceFormat.KMZ: ("a.kmz", b"PK\x03\x04"),
    SourceFormat.DXF: ("a.dxf", b"  0\r\nSECTION\r\n"),
    SourceFormat.CSV: ("a.csv", "ឈ្មោះ,x,y\n".encode()),
    SourceFormat.GEOPARQUET: ("a.parquet", b"PAR1\x15\x04"),
    SourceFormat.FLATGEOBUF: ("a.fgb", b"fgb\x03fgb\x00"),
    SourceFormat.OSM_PBF: ("a.osm.pbf", b"\x00\x00\x00\x0d\x0a\x09OSMHeader"),
    SourceFormat.GEOTIFF: ("a.tif", b"II*\x00\x08"),
}


def file_of(folder, name, head):
    path = folder / name
    path.write_bytes(head)
    return path


@pytest.mark.parametrize("kind", HEADS, ids=lambda kind: kind.name)
def test_every_format_is_known_by_its_first_bytes(tmp_path, kind):
    assert identify(file_of(tmp_path, *HEADS[kind])) is kind


def test_every_format_has_a_head_in_this_test():
    assert set(HEADS) == set(SourceFormat)


@pytest.mark.parametrize("named", HEADS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("held", HEADS, ids=lambda kind: kind.name)
def test_no_format_passes_under_the_name_of_another(tmp_path, named, held):
    both_zipped = {named, held} == {SourceFormat.SHAPEFILE, SourceFormat.KMZ}
    both_json = (named, held) == (SourceFormat.GEOJSON_SEQUENCE, SourceFormat.GEOJSON)
    if named is held or both_zipped or both_json:
        return
    path = file_of(tmp_path, HEADS[named][0], HEADS[held][1])
    with pytest.raises(UserFacingError, match=f"is called {named.title}".replace("(", r"\(")[:20]):
        identify(path)


@pytest.mark.parametrize("ending", ["TSV", "Json", "TIFF", "KML"])
def test_endings_are_read_in_any_case(tmp_path, ending):
    heads = {"TSV": b"x\ty\n", "Json": b"{}", "TIFF": b"MM\x00*", "KML": b"<kml/>"}
    assert identify(file_of(tmp_path, f"a.{ending}", heads[ending]))


@pytest.mark.parametrize(
    "head", [b"\x00\x01\x02", b"<OGRVRTDataSource/>", b"[1, 2]", b"AC1027", b"x,y\n\x00\x00"]
)
def test_what_is_no_table_is_not_taken_for_one(tmp_path, head):
    with pytest.raises(UserFacingError, match="is called table as text"):
        identify(file_of(tmp_path, "a.csv", head))


def test_autocads_own_format_is_refused_with_a_way_out(tmp_path):
    with pytest.raises(UserFacingError, match="Save As, AutoCAD DXF"):
        identify(file_of(tmp_path, "a.dwg", b"AC1027"))


def test_comments_before_a_drawing_are_passed_over(tmp_path):
    head = b"999\nmade by hand\n999\nagain\n  0\nSECTION\n"
    assert identify(file_of(tmp_path, "a.dxf", head)) is SourceFormat.DXF


@pytest.mark.parametrize(
    ("version", "encoding"), [("1021", "UTF-8"), ("1032", "UTF-8"), ("1015", ""), ("", "")]
)
def test_drawings_are_utf8_from_autocad_2007_on(tmp_path, version, encoding):
    header = (
        f"0\nSECTION\n2\nHEADER\n9\n$ACADVER\n  1\nAC{version}\n" if version else "0\nSECTION\n"
    )
    assert drawing_encoding(file_of(tmp_path, "a.dxf", header.encode())) == encoding


class TestOptions:
    def test_options_come_back_from_json_as_they_went(self):
        options = ImportOptions(
            srid=32648,
            captured_on=date(2026, 11, 23),
            surveyed="complete",
            surveyed_classes=("school",),
            fields={"a": None},
            classes={"R": "RES"},
            keep_unclassified=True,
            nodata=-9999.5,
        )
        assert ImportOptions.of(options.as_fields()) == options
        assert ImportOptions.of({}) == ImportOptions()
        assert ImportOptions.of({"unknown": 1}) == ImportOptions()

    @pytest.mark.parametrize(
        "name", ["x_field", "wkt_field", "id_field", "source_layer", "class_field"]
    )
    def test_columns_are_for_vector_files(self, name):
        options = ImportOptions(**{name: "a"})
        with pytest.raises(UserFacingError, match="is for vector files"):
            check_options(options, SourceFormat.GEOTIFF)
        check_options(options, SourceFormat.CSV)

    @pytest.mark.parametrize("chosen", [{"nodata": 0.0}, {"units": "m"}, {"quantity": "depth"}])
    def test_cells_are_for_rasters(self, chosen):
        with pytest.raises(UserFacingError, match="is for rasters"):
            check_options(ImportOptions(**chosen), SourceFormat.GEOPACKAGE)
        check_options(ImportOptions(**chosen), SourceFormat.GEOTIFF)

    def test_mappings_are_for_vector_files(self):
        for chosen in ({"fields": {"a": "b"}}, {"classes": {"R": "RES"}}):
            with pytest.raises(UserFacingError, match="is for vector files"):
                check_options(ImportOptions(**chosen), SourceFormat.GEOTIFF)

    def test_the_class_list_comes_back_from_json_as_it_went(self):
        classes = ClassData(ids={"school": 7}, filters=(("school", "amenity=school", 3, True),))
        assert ClassData.of(classes.as_fields()) == classes


class TestLimits:
    def test_a_look_may_cost_less_than_an_import(self):
        assert LOOKING.computing_s < IMPORTING.computing_s
        assert LOOKING.waiting_s < IMPORTING.waiting_s

    def test_limits_come_back_from_json_as_they_went(self):
        assert Limits.of(IMPORTING.as_fields()) == IMPORTING

    def test_an_answer_grows_with_its_file_up_to_a_bound(self):
        small, large = answer_to(IMPORTING, 1_000), answer_to(IMPORTING, 1_000_000)
        assert small == 16 * 1024**2 + 300_000
        assert large - small == 300 * 999_000
        assert answer_to(IMPORTING, 10**15) == IMPORTING.answer_bytes


class TestRefusals:
    """A refusal crosses from the reading process as two sentences and the name of its kind."""

    def test_it_arrives_as_it_was_said(self):
        error = refusal({"what": "It is broken.", "remedy": "Mend it.", "name": "UnknownCrsError"})
        assert isinstance(error, UnknownCrsError)
        assert (error.what, error.remedy) == ("It is broken.", "Mend it.")
        assert str(error) == "It is broken. Mend it."

    @pytest.mark.parametrize("name", ["SystemExit", "os.system", "", None])
    def test_a_kind_nobody_knows_is_a_plain_refusal(self, name):
        assert type(refusal({"what": "No.", "remedy": "-", "name": name})) is UserFacingError

    def test_a_sentence_of_a_megabyte_is_cut(self):
        assert len(refusal({"what": "x" * 10**6, "remedy": ""}).what) == 2_000

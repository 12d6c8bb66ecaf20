"""Texts and formats as offices deliver them: code pages, Khmer, FlatGeobuf, odd columns."""

import zipfile
from datetime import date

import geopandas
import pytest
from shapely.geometry import MultiPolygon

from layers.errors import UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.models import ImportIssue
from layers.queries import current_features
from tests.factories import at, line, square
from tests.layers.sources import UTM48, vector_file, zipped_shapefile

pytestmark = pytest.mark.django_db

KHMER = "ភូមិ៤ សង្កាត់លេខ៤"


def imported(path, layer="places", **options):
    return import_file(path=path, layer=layer, options=ImportOptions(**options))


def only():
    [found] = current_features("places")
    return found


def shapefile_saying(path, cpg, encoding, **columns):
    """A zipped Shapefile written in one encoding whose .cpg says what is given (None: no .cpg)."""
    folder = path.with_suffix("")
    folder.mkdir()
    frame = geopandas.GeoDataFrame(columns, geometry=[at(0, 0)], crs=UTM48)
    frame.to_file(folder / "a.shp", engine="pyogrio", encoding=encoding)
    stated = folder / "a.cpg"
    stated.unlink(missing_ok=True)
    if cpg is not None:
        stated.write_text(cpg)
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, part.name)
    return path


class TestEncodings:
    @pytest.mark.parametrize("cpg", ["UTF-8", "utf-8", "UTF8", "UTF-8\n", "65001"])
    def test_khmer_with_any_spelling_of_utf_8_is_read(self, tmp_path, cpg):
        imported(shapefile_saying(tmp_path / "a.zip", cpg, "UTF-8", name_km=[KHMER]))
        assert only().properties["name_km"] == KHMER

    @pytest.mark.parametrize("cpg", ["1252", "CP1252", "ANSI 1252", "ISO-8859-1", "88591"])
    def test_western_texts_with_any_spelling_of_their_code_page_are_read(self, tmp_path, cpg):
        imported(shapefile_saying(tmp_path / "a.zip", cpg, "ISO-8859-1", nom=["Café Évêché"]))
        assert only().properties["nom"] == "Café Évêché"

    @pytest.mark.parametrize("cpg", ["", " \n", "Khmer Unicode", "ខ្មែរ"])
    def test_an_empty_or_unknown_cpg_states_nothing_so_khmer_is_recognised(self, tmp_path, cpg):
        report = imported(shapefile_saying(tmp_path / "a.zip", cpg, "UTF-8", name_km=[KHMER]))
        assert only().properties["name_km"] == KHMER
        assert any("read as UTF-8" in str(note) for note in report.notes)

    def test_what_the_user_knows_wins_over_what_the_file_states(self, tmp_path):
        path = shapefile_saying(tmp_path / "a.zip", "1252", "UTF-8", name_km=[KHMER])
        imported(path, encoding="UTF-8")
        assert only().properties["name_km"] == KHMER

    def test_a_text_cut_within_a_khmer_letter_keeps_all_letters_before_it(self, tmp_path):
        """A field of 254 bytes holds 84 Khmer letters of three bytes and two bytes of the next."""
        imported(shapefile_saying(tmp_path / "a.zip", "UTF-8", "UTF-8", name_km=["ក" * 90]))
        kept = only().properties["name_km"]
        assert kept.rstrip("\N{REPLACEMENT CHARACTER}") == "ក" * len(
            kept.rstrip("\N{REPLACEMENT CHARACTER}")
        )
        assert 83 <= len(kept.rstrip("\N{REPLACEMENT CHARACTER}")) <= 85

    def test_parts_in_capital_letters_are_parts_too(self, tmp_path):
        path = zipped_shapefile(tmp_path / "a.zip", [at(0, 0)], name_km=[KHMER])
        shouting = tmp_path / "SHOUT.zip"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(shouting, "w") as new:
            for member in old.namelist():
                new.writestr(member.upper(), old.read(member))
        imported(shouting)
        assert only().properties["name_km"] == KHMER

    def test_a_shapefile_in_a_folder_of_the_archive_is_found(self, tmp_path):
        path = zipped_shapefile(tmp_path / "a.zip", [at(0, 0)], n=[1])
        nested = tmp_path / "nested.zip"
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(nested, "w") as new:
            for member in old.namelist():
                new.writestr(f"ទិន្នន័យ/2026/{member}", old.read(member))
            new.writestr("__MACOSX/._a.shp", b"x")
        assert imported(nested).rows.stored == 1


class TestFlatGeobuf:
    def test_shapes_khmer_and_numbers_arrive_as_they_were(self, tmp_path):
        path = vector_file(
            tmp_path / "a.fgb", [square(0, 0, 10)], name_km=[KHMER], floors=[3], height=[9.5]
        )
        imported(path)
        assert only().properties == {"name_km": KHMER, "floors": 3, "height": 9.5}
        assert only().geometry.area == pytest.approx(100)

    def test_rows_arrive_whole_though_the_format_stores_them_by_place(self, tmp_path):
        shapes = [square(20 * ((n * 7) % 50), 0, 10) for n in range(50)]
        imported(vector_file(tmp_path / "a.fgb", shapes, code=[f"H{n}" for n in range(50)]),
                 id_field="code")  # fmt: skip
        for found in current_features("places"):
            number = int(found.stable_id.removeprefix("H"))
            assert found.geometry.extent[0] == 330_000 + 20 * ((number * 7) % 50)

    def test_points_in_degrees_are_projected(self, tmp_path):
        frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[at(0, 0)], crs=UTM48).to_crs(4326)
        path = tmp_path / "a.fgb"
        frame.to_file(path, engine="pyogrio")
        imported(path)
        assert only().geometry.coords == pytest.approx((330_000, 1_170_000), abs=0.001)

    def test_a_multipolygon_of_one_part_stays_one(self, tmp_path):
        imported(vector_file(tmp_path / "a.fgb", [MultiPolygon([square(0, 0, 10)])], n=[1]))
        assert only().geometry.geom_type == "MultiPolygon"


class TestColumns:
    def test_dates_times_and_truth_values_become_what_json_can_hold(self, tmp_path):
        imported(
            vector_file(
                tmp_path / "a.gpkg", [at(0, 0)], built=[date(2020, 2, 29)], listed=[True], n=[7]
            )
        )
        properties = only().properties
        assert properties["built"].startswith("2020-02-29")
        assert (properties["listed"], properties["n"]) == (True, 7)

    def test_a_whole_number_beyond_double_precision_keeps_every_digit(self, tmp_path):
        imported(vector_file(tmp_path / "a.gpkg", [at(0, 0)], cadastre_no=[9_007_199_254_740_993]))
        assert only().properties["cadastre_no"] == 9_007_199_254_740_993

    def test_missing_values_leave_no_property(self, tmp_path):
        path = vector_file(
            tmp_path / "a.gpkg", [at(0, 0), at(1, 0)], name=[None, "x"], n=[float("nan"), 1.5]
        )
        imported(path)
        first, second = current_features("places").order_by("stable_id")
        assert first.properties == {}
        assert second.properties == {"name": "x", "n": 1.5}

    @pytest.mark.parametrize(
        "text", ["tab\there", "line\nbreak", 'quote"and\\slash', "\u200bhidden", "😀", "\\N", "ញ៉ាំ"]
    )
    def test_any_text_comes_back_letter_by_letter(self, tmp_path, text):
        imported(vector_file(tmp_path / "a.gpkg", [at(0, 0)], note=[text]))
        assert only().properties["note"] == text

    def test_columns_with_khmer_names_quotes_and_spaces_keep_them(self, tmp_path):
        imported(vector_file(tmp_path / "a.gpkg", [at(0, 0)], **{"ឈ្មោះ": ["ក"], "a b'c": [1]}))
        assert only().properties == {"ឈ្មោះ": "ក", "a b'c": 1}

    def test_khmer_identifiers_are_identifiers(self, tmp_path):
        imported(vector_file(tmp_path / "a.gpkg", [at(0, 0)], ref=["ក-០១"]), id_field="ref")
        assert only().stable_id == "ក-០១"

    def test_an_identifier_of_80_letters_is_taken_and_one_of_81_is_not(self, tmp_path):
        path = vector_file(tmp_path / "a.gpkg", [at(0, 0), at(9, 0)], ref=["ក" * 80, "ខ" * 81])
        imported(path, id_field="ref")
        assert {f.stable_id for f in current_features("places")} == {"ក" * 80, "fid-2"}
        assert ImportIssue.objects.get().kind == "unusable_id"


class TestKinds:
    def test_a_layer_that_holds_points_refuses_the_lines_of_a_mixed_file(self, tmp_path):
        path = tmp_path / "a.geojson"
        vector_file(path, [at(0, 0), line((0, 0), (9, 0)), at(5, 5)], n=[1, 2, 3])
        report = imported(path, geometry_kind="point")
        assert (report.rows.stored, report.rows.refused) == (2, 1)
        assert report.issues == {"wrong_kind refused": 1}

    def test_without_being_told_a_mixed_file_makes_a_mixed_layer(self, tmp_path):
        path = vector_file(tmp_path / "a.geojson", [at(0, 0), square(0, 0, 5)], n=[1, 2])
        assert imported(path).rows.stored == 2

    def test_a_geojson_without_crs_is_in_degrees_by_its_standard(self, tmp_path):
        """RFC 7946, section 4: longitude and latitude of WGS 84."""
        path = tmp_path / "a.geojson"
        path.write_text(
            '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
            '"geometry":{"type":"Point","coordinates":[105,0.0]}}]}'
        )
        imported(path)
        assert only().geometry.coords == pytest.approx((500_000, 0), abs=0.01)

    @pytest.mark.parametrize("content", ['{"type": "Nothing"}', "{}", '{"type":', "[1, 2]"])
    def test_json_that_is_no_geojson_is_a_sentence(self, tmp_path, content):
        path = tmp_path / "a.geojson"
        path.write_text(content)
        with pytest.raises(UserFacingError) as refused:
            imported(path)
        assert "a.geojson" in refused.value.what
        assert str(tmp_path) not in str(refused.value)

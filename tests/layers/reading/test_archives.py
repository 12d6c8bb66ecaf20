"""Archives as people zip them: several Shapefiles, other formats, what is said beside a file."""

import csv
import io
import json
import zipfile

import pytest

from layers.errors import UserFacingError
from layers.ingest import ImportOptions, dry_run, import_file, look_into
from layers.ingest.told_columns import (
    NOTHING,
    Told,
    ToldColumn,
    told_by_fields,
    told_by_metadata,
)
from layers.queries import current_features
from tests.factories import EAST, NORTH, at, line, square
from tests.layers.sources import drawing, kml, vector_file, zipped_shapefile

pytestmark = pytest.mark.django_db

KHMER = "សង្កាត់លេខ៤"


def archive(path, **files):
    """An archive of files (or of bytes) by their names in it."""
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content if isinstance(content, bytes) else content.read_bytes())
    return path


def joined(path, *archives, folder=""):
    """One archive with all members of others."""
    with zipfile.ZipFile(path, "w") as target:
        for each in archives:
            with zipfile.ZipFile(each) as source:
                for name in source.namelist():
                    target.writestr(f"{folder}{name}", source.read(name))
    return path


def imported(path, layer="places", **options):
    return import_file(path=path, layer=layer, options=ImportOptions(**options))


def refused(path, **options):
    with pytest.raises(UserFacingError) as error:
        imported(path, **options)
    assert error.value.remedy
    return str(error.value)


def only(layer="places"):
    [found] = current_features(layer)
    return found


@pytest.fixture
def plots_and_roads(tmp_path):
    return joined(
        tmp_path / "city.zip",
        zipped_shapefile(tmp_path / "plots.zip", [square(0, 0, 10)], name_km=[KHMER]),
        zipped_shapefile(tmp_path / "roads.zip", [line((0, 0), (50, 0))], lanes=[2]),
        folder="2026/",
    )


class TestSeveralShapefiles:
    def test_each_is_a_layer_of_its_own_to_look_at(self, plots_and_roads):
        found = {each["name"]: each for each in look_into(plots_and_roads).layers}

        assert {n: each["geometry_kind"] for n, each in found.items()} == {
            "plots": "polygon",
            "roads": "line",
        }
        assert [f["name"] for f in found["roads"]["fields"]] == ["lanes"]
        assert found["plots"]["fields"][0]["examples"] == [KHMER]

    def test_one_is_chosen_by_its_name(self, plots_and_roads):
        imported(plots_and_roads, source_layer="roads")

        assert only().properties == {"lanes": 2}
        assert only().geometry.length == pytest.approx(50)

    def test_without_a_choice_nothing_is_stored(self, plots_and_roads):
        assert "holds 2 layers: plots, roads" in refused(plots_and_roads)

    def test_a_trial_chooses_as_an_import_does(self, plots_and_roads):
        outcome = dry_run(plots_and_roads, ImportOptions(source_layer="plots"))

        assert (outcome.geometry_kind, outcome.rows.stored) == ("polygon", 1)

    def test_two_of_one_name_in_two_folders_are_two_layers(self, tmp_path):
        old = joined(
            tmp_path / "old.zip",
            zipped_shapefile(tmp_path / "a.zip", [at(0, 0)], n=[1]),
            folder="2019/",
        )
        (tmp_path / "newer").mkdir()
        new = joined(
            tmp_path / "new.zip",
            zipped_shapefile(tmp_path / "newer" / "a.zip", [at(0, 0), at(1, 0)], n=[2, 3]),
            folder="2026/",
        )
        both = joined(tmp_path / "both.zip", old, new)

        rows = {each["name"]: each["row_count"] for each in look_into(both).layers}

        assert rows == {"a": 1, "a_2": 2}

    def test_of_a_single_one_the_name_does_not_matter(self, tmp_path):
        """A choice that was remembered for last year's file fits this year's."""
        path = zipped_shapefile(tmp_path / "plots_2026.zip", [at(0, 0)], n=[1])

        assert imported(path, source_layer="plots_2025").rows.stored == 1


class TestOtherFormats:
    def test_each_is_read_as_it_would_be_by_itself(self, tmp_path):
        square_of = [square(0, 0, 10)]
        files = {
            "a.gpkg": vector_file(tmp_path / "a.gpkg", square_of, name_km=[KHMER]),
            "a.fgb": vector_file(tmp_path / "a.fgb", square_of, name_km=[KHMER]),
            "a.geojson": vector_file(tmp_path / "a.geojson", square_of, crs=4326, name_km=[KHMER]),
            "a.parquet": tmp_path / "a.parquet",
        }
        frame = pytest.importorskip("geopandas").GeoDataFrame(
            {"name_km": [KHMER]}, geometry=square_of, crs=32648
        )
        frame.to_parquet(files["a.parquet"])
        del files["a.geojson"]  # its coordinates are metres under the name of degrees

        for number, (name, path) in enumerate(files.items()):
            imported(archive(tmp_path / f"{number}.zip", **{name: path}), layer=f"l{number}")
            assert only(f"l{number}").properties == {"name_km": KHMER}

    def test_layers_of_a_packed_geopackage_are_all_shown(self, tmp_path):
        path = vector_file(tmp_path / "a.gpkg", [at(0, 0)], layer="wells", n=[1])
        vector_file(path, [square(0, 0, 5)], layer="plots", append=True, n=[1])
        packed = archive(tmp_path / "a.zip", **{"data/a.gpkg": path})

        assert [each["name"] for each in look_into(packed).layers] == ["wells", "plots"]
        imported(packed, source_layer="plots")
        assert only().geometry.area == pytest.approx(25)

    def test_a_drawing_takes_its_place_from_the_prj_beside_it(self, tmp_path):
        from pyproj import CRS

        made = drawing(tmp_path / "a.dxf", [[(EAST, NORTH), (EAST + 9, NORTH)]])
        stated = CRS.from_epsg(32648).to_wkt("WKT1_ESRI").encode()

        bare = archive(tmp_path / "bare.zip", **{"a.dxf": made})
        placed = archive(tmp_path / "placed.zip", **{"a.dxf": made, "a.prj": stated})

        assert "does not state its coordinate system" in refused(bare)
        assert imported(placed).rows.stored == 1
        assert only().geometry.coords[0] == pytest.approx((EAST, NORTH))

    def test_what_the_prj_says_holds_against_a_wrong_option(self, tmp_path):
        from pyproj import CRS

        made = drawing(tmp_path / "a.dxf", [[(EAST, NORTH), (EAST + 9, NORTH)]])
        stated = CRS.from_epsg(32648).to_wkt("WKT1_ESRI").encode()
        path = archive(tmp_path / "a.zip", **{"a.dxf": made, "a.prj": stated})

        assert "--srid says EPSG:32647" in refused(path, srid=32647)

    def test_a_place_mark_is_found_in_a_folder(self, tmp_path):
        mark = "<Placemark><Point><coordinates>103.5,10.6</coordinates></Point></Placemark>"
        path = archive(tmp_path / "a.zip", **{"ទិន្នន័យ/a.kml": kml(tmp_path / "a.kml", mark)})

        assert imported(path).rows.stored == 1

    def test_two_that_could_be_meant_are_told_by_name(self, tmp_path):
        table = b"x,y\n330000,1170000\n"
        path = archive(tmp_path / "a.zip", **{"a.csv": table, "b.csv": table})

        assert "several files that could be meant: a.csv, b.csv" in refused(path, srid=32648)

    @pytest.mark.parametrize("name", ["a.tif", "a.txt", "a.dwg", "a.zip", "a.pbf"])
    def test_what_is_not_taken_from_an_archive_is_refused_by_name(self, tmp_path, name):
        path = archive(tmp_path / "a.zip", **{name: b"II*\x00 and more"})

        assert f"holds nothing that Krong imports from an archive: {name}." in refused(path)

    def test_content_that_belies_its_name_is_refused_inside_as_outside(self, tmp_path):
        pointer = b"<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>"
        path = archive(tmp_path / "a.zip", **{"a.gpkg": pointer})

        assert "a.gpkg is called GeoPackage, but its content is something else" in refused(path)

    def test_an_empty_archive(self, tmp_path):
        assert "holds nothing that Krong imports" in refused(archive(tmp_path / "a.zip"))


def fields_csv(*rows):
    text = io.StringIO()
    csv.writer(text).writerows([["column", "attribute", "type", "unit"], *rows])
    return ("\ufeff" + text.getvalue()).encode()


class TestWhatIsSaidBesideAFile:
    def test_short_names_of_a_shapefile_become_the_attributes_they_stand_for(self, tmp_path):
        whole = zipped_shapefile(tmp_path / "a.zip", [at(0, 0)], field_1=[KHMER], n=['{"a": [1]}'])
        said = archive(
            tmp_path / "said.zip",
            **{
                "fields.csv": fields_csv(
                    ["field_1", "ឈ្មោះ", "text", ""], ["n", "'=tags", "json", ""]
                )
            },
        )
        path = joined(tmp_path / "both.zip", whole, said)

        imported(path)

        assert only().properties == {"ឈ្មោះ": KHMER, "=tags": {"a": [1]}}

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\xff\xfe\x00",
            b"a,b\n1,2\n",  # somebody's own table
            b"column,attribute,type\nfield_1\n",
            b"column,attribute,type\na,x,text\nb,x,text\n",  # two columns of one name
            f"column,attribute,type\na,{'x' * 201},text\n".encode(),
            b"column,attribute,type\na,,text\n",
            b'column,attribute,type\n"a\x00,b,c\n',
        ],
    )
    def test_what_is_no_list_of_fields_is_passed_over(self, content):
        assert told_by_fields(content).columns == {}

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"[]", b"{", b"[" * 100_000, b'{"tableSchema": 3}', b"null", b"\xff",
            b'{"tableSchema": {"columns": [{"titles": "a"}]}}',
            b'{"tableSchema": {"columns": ["a"]}}',
        ],
    )  # fmt: skip
    def test_what_is_no_description_of_a_table_is_passed_over(self, content):
        assert told_by_metadata(content) == NOTHING

    @pytest.mark.parametrize(
        ("stated", "srid"),
        [("EPSG:32648 WGS 84 / UTM zone 48N", 32648), ("EPSG:4326", 4326), ("EPSG:999999", None),
         ("urn:ogc:def:crs:EPSG::4326", None), ("/etc/passwd", None), ("", None)],
    )  # fmt: skip
    def test_only_a_known_code_states_where_a_table_lies(self, stated, srid):
        found = told_by_metadata(json.dumps({"krong:provenance": {"crs": stated}}).encode())

        assert (found.crs.to_epsg() if found.crs else None) == srid

    def table(self, tmp_path, text, **kinds):
        columns = [{"name": name, "datatype": kind} for name, kind in kinds.items()]
        said = {"tableSchema": {"columns": columns}, "krong:provenance": {"crs": "EPSG:32648"}}
        return archive(
            tmp_path / "t.zip",
            **{"t.csv": text.encode(), "t.csv-metadata.json": json.dumps(said).encode()},
        )

    def test_columns_are_what_they_are_said_to_be(self, tmp_path):
        text = f'x,y,a,b,c,d,e\n{EAST},{NORTH},12,1e-9,true,"[1, {{}}]",7\n'
        kinds = {"a": "string", "b": "double", "c": "boolean", "d": "json", "e": "integer"}

        imported(self.table(tmp_path, text, **kinds))

        assert only().properties == {"a": "12", "b": 1e-9, "c": True, "d": [1, {}], "e": 7}

    def test_a_cell_that_does_not_bear_it_out_leaves_its_column_text(self, tmp_path):
        """Somebody edited the table in a spreadsheet after it was taken away."""
        text = f"x,y,n,flag\n{EAST},{NORTH},3,true\n{EAST + 5},{NORTH},about 4,yes\n"

        imported(self.table(tmp_path, text, n="integer", flag="boolean"))

        told = [found.properties for found in current_features("places").order_by("stable_id")]
        assert told == [{"n": "3", "flag": "true"}, {"n": "about 4", "flag": "yes"}]

    def test_a_table_that_says_nothing_beside_it_is_recognised_as_before(self, tmp_path):
        path = archive(tmp_path / "t.zip", **{"t.csv": f"x,y,n\n{EAST},{NORTH},12\n".encode()})

        assert "does not state its coordinate system" in refused(path)
        imported(path, srid=32648)
        assert only().properties == {"n": 12}

    def test_a_column_nobody_spoke_of_keeps_its_name(self):
        told = Told(columns={"a": ToldColumn("name_km", "text")})

        assert (told.kind_of("a"), told.kind_of("b")) == ("text", "")


class TestTextSequences:
    ROWS = tuple(
        f'{{"type":"Feature","properties":{{"n":{n},"day":"2026/11/23"}},'
        '"geometry":{"type":"Point","coordinates":[103.5,10.6]}}'
        for n in range(3)
    )

    def days(self):
        found = current_features("places").order_by("stable_id")
        return [(each.properties["n"], each.properties["day"]) for each in found]

    @pytest.mark.parametrize(
        "content",
        [
            "".join(f"\x1e{row}\n" for row in ROWS),  # RFC 8142
            "".join(f"\x1e\x1e{row.replace(',', ',' + chr(10))}\n" for row in ROWS),
            "\n".join(ROWS),  # a feature a line
            "\r\n\r\n".join(ROWS) + "\r\n",
        ],
    )
    def test_every_way_to_part_them_is_read(self, tmp_path, content):
        path = tmp_path / "a.geojsons"
        path.write_text(content, newline="")

        imported(path)

        assert self.days() == [(n, "2026/11/23") for n in range(3)]

    @pytest.mark.parametrize("cut", [1, 30, 120])
    def test_one_that_breaks_off_is_refused_as_a_whole(self, tmp_path, cut):
        path = tmp_path / "a.ndjson"
        path.write_text("\n".join(self.ROWS)[:-cut])

        assert "cannot be read" in refused(path)

    def test_a_collection_under_the_name_of_a_sequence(self, tmp_path):
        path = tmp_path / "a.geojsonl"
        path.write_text(f'{{"type":"FeatureCollection","features":[{self.ROWS[0]}]}}')

        said = refused(path)
        assert "a.geojsonl" in said

    def test_a_number_beyond_64_bits_does_not_become_another_number(self, tmp_path):
        path = tmp_path / "a.geojsons"
        path.write_text(self.ROWS[0].replace('"n":0', '"n":123456789012345678901234567890'))

        imported(path)

        assert only().properties["n"] == pytest.approx(123456789012345678901234567890, rel=1e-15)

    def test_a_text_like_a_day_in_a_collection_stays_as_it_is_written(self, tmp_path):
        path = tmp_path / "a.geojson"
        path.write_text(f'{{"type":"FeatureCollection","features":[{",".join(self.ROWS)}]}}')

        imported(path)

        assert self.days()[0] == (0, "2026/11/23")

"""Bad files through the command line: one sentence, what to do, exit code 2, nothing changed."""

import json
import struct
import zipfile
from dataclasses import replace

import pytest
from django.core.management import call_command
from shapely.geometry import Point, Polygon

from layers.ingest.confined import limits
from layers.models import Feature, ImportIssue, Layer, LayerVersion, SurveyedArea
from tests.factories import EAST, NORTH, at, feature, filled_layer, line, outline, square
from tests.layers.sources import grid_file, osm_file, vector_file, zipped_shapefile

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ground():
    """What stood before: one layer with one house."""
    return filled_layer("houses", feature("old", square(0, 0, 10)), geometry_kind="polygon")


def what_is_stored():
    return {
        "layers": list(Layer.objects.values_list("slug", "published_number")),
        "versions": LayerVersion.objects.count(),
        "features": list(Feature.objects.values_list("stable_id", "retired_in")),
        "issues": ImportIssue.objects.count(),
        "surveyed": SurveyedArea.objects.count(),
    }


def refusal(capsys, *arguments):
    """Run ``./krong import`` on something it must refuse and return what it says."""
    before = what_is_stored()
    with pytest.raises(SystemExit) as ended:
        call_command(*map(str, arguments))
    assert ended.value.code == 2
    assert what_is_stored() == before
    what, remedy = capsys.readouterr().err.strip().split("\n")
    assert what.endswith((".", ")."))
    assert remedy.endswith((".", "tif", "_FILE", ".tif")) or "--" in remedy
    assert "Traceback" not in what + remedy
    assert "Error" not in what + remedy
    return f"{what} {remedy}"


def test_a_file_without_crs(tmp_path, capsys):
    path = vector_file(tmp_path / "plan.fgb", [square(0, 0, 10)], crs=None)
    said = refusal(capsys, "import", path, "--layer", "houses")
    assert "plan.fgb: layer 'plan' does not state its coordinate system" in said
    assert "--srid CODE" in said


def test_an_empty_layer_does_not_empty_the_layer_that_stands(tmp_path, capsys):
    path = vector_file(tmp_path / "none.gpkg", [], name=[])
    said = refusal(capsys, "import", path, "--layer", "houses")
    assert "none.gpkg holds no rows" in said


def test_only_a_bow_tie_that_collapses(tmp_path, capsys):
    path = vector_file(tmp_path / "flat.gpkg", [outline((0, 0), (10, 0), (5, 0))])
    said = refusal(capsys, "import", path, "--layer", "houses")
    assert "not one of its 1 rows can be stored (the outline crosses or touches itself: 1)" in said


def test_nothing_but_coordinates_that_are_no_numbers(tmp_path, capsys):
    broken = Polygon([(EAST, NORTH), (EAST + 5, float("inf")), (EAST, NORTH + 5)])
    path = vector_file(tmp_path / "nan.gpkg", [broken])
    said = refusal(capsys, "import", path, "--layer", "houses")
    assert "a coordinate is not a number: 1" in said


def test_a_vrt_renamed_to_gpkg_reads_no_other_file(tmp_path, capsys):
    secret = vector_file(tmp_path / "secret.gpkg", [square(0, 0, 99)])
    path = tmp_path / "houses.gpkg"
    path.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="houses"><SrcDataSource>{secret}</SrcDataSource>'
        "<SrcLayer>secret</SrcLayer></OGRVRTLayer></OGRVRTDataSource>",
        encoding="utf-8",
    )
    said = refusal(capsys, "import", path, "--layer", "houses")
    assert "houses.gpkg is called GeoPackage, but its content is something else" in said


def test_a_vrt_hidden_behind_a_geojson_brace_is_refused_by_its_driver(tmp_path, capsys):
    path = tmp_path / "houses.geojson"
    path.write_text('{"type": "nothing", "OGRVRTDataSource": 1}', encoding="utf-8")
    assert "houses.geojson cannot be read" in refusal(capsys, "import", path, "--layer", "houses")


def test_a_geopackage_cut_in_half(tmp_path, capsys):
    path = vector_file(tmp_path / "half.gpkg", [square(20 * n, 0, 10) for n in range(2000)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    said = refusal(capsys, "import", path, "--layer", "houses")
    assert "half.gpkg cannot be read: it is damaged or incomplete" in said
    assert str(tmp_path) not in said


@pytest.mark.parametrize("ending", ["geojson", "fgb"])
def test_other_formats_cut_in_half(tmp_path, capsys, ending):
    path = tmp_path / f"half.{ending}"
    vector_file(path, [square(20 * n, 0, 10) for n in range(2000)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "half" in refusal(capsys, "import", path, "--layer", "houses")


def test_a_shapefile_cut_in_half(tmp_path, capsys):
    path = zipped_shapefile(tmp_path / "half.zip", [square(20 * n, 0, 10) for n in range(200)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "half.zip cannot be unpacked" in refusal(capsys, "import", path, "--layer", "houses")


def test_a_shapefile_whose_shp_breaks_off_inside_the_archive(tmp_path, capsys):
    whole = zipped_shapefile(tmp_path / "a.zip", [square(20 * n, 0, 10) for n in range(200)])
    short = tmp_path / "short.zip"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(short, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[: len(content) // 2] if name[-3:] == "shp" else content)
    assert "short.zip" in refusal(capsys, "import", short, "--layer", "houses")


def test_a_raster_as_a_vector(tmp_path, capsys):
    dem = grid_file(tmp_path / "dem.tif", [[1.0, 2.0]])
    said = refusal(capsys, "import", dem, "--layer", "houses", "--class", "school")
    assert "The file is a raster; --class is for vector files" in said

    renamed = dem.rename(tmp_path / "dem.gpkg")
    said = refusal(capsys, "import", renamed, "--layer", "houses")
    assert "is called GeoPackage, but its content is GeoTIFF (raster)" in said


def test_a_raster_into_a_layer_of_areas(tmp_path, capsys):
    dem = grid_file(tmp_path / "dem.tif", [[1.0, 2.0]])
    assert "Layer 'houses' holds areas" in refusal(capsys, "import", dem, "--layer", "houses")


def test_an_unknown_class(tmp_path, capsys):
    path = vector_file(tmp_path / "f.gpkg", [at(0, 0)])
    said = refusal(capsys, "import", path, "--layer", "schools", "--class", "schol")
    assert "Unknown land-use class: 'schol'" in said
    assert "./krong classes" in said


def test_a_terrain_without_no_data_value(tmp_path, capsys):
    path = grid_file(tmp_path / "dem.tif", [[1.0, 2.0]], nodata=None)
    said = refusal(capsys, "import", path, "--layer", "terrain")
    assert "does not say which value means 'no data'" in said
    assert "--nodata" in said


def test_a_terrain_in_degrees(tmp_path, capsys):
    path = grid_file(tmp_path / "dem.tif", [[1.0, 2.0]], crs=4326, cell_m=0.1, west=103, north=11)
    said = refusal(capsys, "import", path, "--layer", "terrain")
    assert "is in degrees" in said
    assert "gdalwarp -t_srs EPSG:32648" in said


def test_a_file_that_is_not_there(tmp_path, capsys):
    said = refusal(capsys, "import", tmp_path / "no.gpkg", "--layer", "houses")
    assert "There is no file" in said


def test_a_folder(tmp_path, capsys):
    assert "is a folder" in refusal(capsys, "import", tmp_path, "--layer", "houses")


def test_an_empty_file(tmp_path, capsys):
    path = tmp_path / "zero.gpkg"
    path.touch()
    assert "is empty (0 bytes)" in refusal(capsys, "import", path, "--layer", "houses")


@pytest.mark.parametrize("name", ["plan.dwg", "plan.shp", "plan"])
def test_a_format_krong_does_not_read(tmp_path, capsys, name):
    path = tmp_path / name
    path.write_text("AC1027")
    said = refusal(capsys, "import", path, "--layer", "houses")
    assert "GeoPackage .gpkg" in said
    assert ("comes as one .zip" in said) == name.endswith("shp")


@pytest.fixture
def two_layers(tmp_path):
    path = vector_file(tmp_path / "city.gpkg", [square(0, 0, 10)], layer="parcels")
    return vector_file(path, [line((0, 0), (9, 9))], layer="streets", append=True)


def test_several_layers_and_none_chosen_are_named(two_layers, capsys):
    said = refusal(capsys, "import", two_layers, "--layer", "houses")
    assert "city.gpkg holds 2 layers: parcels, streets" in said
    assert "--source-layer parcels" in said


def test_a_source_layer_that_is_not_there(two_layers, capsys):
    said = refusal(capsys, "import", two_layers, "--layer", "houses", "--source-layer", "buildings")
    assert "holds no layer 'buildings'. It holds: parcels, streets" in said


def test_a_column_that_is_not_there(tmp_path, capsys):
    path = vector_file(tmp_path / "f.gpkg", [square(0, 0, 10)], plot=["A"])
    said = refusal(capsys, "import", path, "--layer", "houses", "--id-field", "parcel")
    assert "no column 'parcel'" in said
    assert "plot" in said


def test_degrees_stamped_as_metres(tmp_path, capsys):
    path = vector_file(tmp_path / "f.gpkg", [Point(103.5, 10.6)])
    said = refusal(capsys, "import", path, "--layer", "points")
    assert "look like degrees" in said


def test_an_old_cambodian_grid_without_datum_parameters(tmp_path, capsys):
    path = vector_file(tmp_path / "cadastre.gpkg", [square(0, 0, 10)], crs=3148)
    said = refusal(capsys, "import", path, "--layer", "houses")
    assert "No accurate transformation is known" in said
    assert "KRONG_DATUM_SHIFT_3148" in said


def test_an_srid_nobody_knows(tmp_path, capsys):
    path = vector_file(tmp_path / "f.fgb", [square(0, 0, 10)], crs=None)
    said = refusal(capsys, "import", path, "--layer", "houses", "--srid", "999999")
    assert "EPSG:999999 is not a known coordinate system" in said


def test_class_and_class_field_together(tmp_path, capsys):
    path = vector_file(tmp_path / "f.gpkg", [square(0, 0, 10)], kind=["x"])
    said = refusal(
        capsys, "import", path, "--layer", "houses", "--class", "x", "--class-field", "kind"
    )
    assert "exclude each other" in said


def test_classify_osm_on_a_geopackage(tmp_path, capsys):
    path = vector_file(tmp_path / "f.gpkg", [square(0, 0, 10)])
    said = refusal(capsys, "import", path, "--layer", "houses", "--classify", "osm")
    assert "--classify osm reads the tags of an OpenStreetMap file" in said


def test_a_layer_name_with_spaces(tmp_path, capsys):
    path = vector_file(tmp_path / "f.gpkg", [square(0, 0, 10)])
    assert "cannot be the name" in refusal(capsys, "import", path, "--layer", "my houses")


def test_of_a_zip_archive_of_two_shapefiles_one_must_be_chosen(tmp_path, capsys):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.shp", b"x")
        archive.writestr("b.shp", b"x")
    asked = ("import", path, "--layer", "houses")
    assert "holds 2 layers: a, b." in refusal(capsys, *asked)
    assert "holds no layer 'c'. It holds: a, b." in refusal(capsys, *asked, "--source-layer", "c")
    assert "lacks its .shx, .dbf" in refusal(capsys, *asked, "--source-layer", "b")


def test_a_shapefile_without_its_table(tmp_path, capsys):
    path = zipped_shapefile(tmp_path / "f.zip", [square(0, 0, 10)], without=(".dbf",))
    assert "lacks its .dbf" in refusal(capsys, "import", path, "--layer", "houses")


def test_a_shapefile_without_prj_has_no_crs(tmp_path, capsys):
    path = zipped_shapefile(tmp_path / "f.zip", [square(0, 0, 10)], without=(".prj",))
    assert "does not state its coordinate" in refusal(capsys, "import", path, "--layer", "houses")


def test_names_inside_an_archive_choose_no_place_on_this_machine(tmp_path):
    from layers.ingest.archives import unpack

    whole = zipped_shapefile(tmp_path / "f.zip", [square(0, 0, 10)])
    path, inside = tmp_path / "evil.zip", tmp_path / "inside"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(f"../../evil/{name}", source.read(name))
    inside.mkdir()

    unpacked = unpack(path, inside)

    assert unpacked == inside / "f.shp"
    assert {p.parent for p in tmp_path.rglob("*.shp")} == {tmp_path / "f", inside}


def test_an_archive_that_would_unpack_to_more_than_it_may(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(limits, "IMPORTING", replace(limits.IMPORTING, unpacked_bytes=100))
    path = zipped_shapefile(tmp_path / "f.zip", [square(0, 0, 10)])
    assert "would unpack to more" in refusal(capsys, "import", path, "--layer", "houses")


def test_an_osm_file_without_map_data(tmp_path, capsys):
    path = osm_file(tmp_path / "a.osm.pbf")
    path.write_bytes(path.read_bytes()[: 4 + struct.unpack(">I", path.read_bytes()[:4])[0] + 18])
    assert "a.osm.pbf holds no map data" in refusal(capsys, "import", path, "--layer", "osm")


def test_machines_read_the_refusal_as_json(tmp_path, capsys):
    with pytest.raises(SystemExit):
        call_command("import", str(tmp_path / "no.gpkg"), "--layer", "houses", "--json")
    told = json.loads(capsys.readouterr().out)
    assert "There is no file" in told["error"]["what"]


def test_a_good_import_tells_the_balance_of_its_rows(tmp_path, capsys):
    path = vector_file(tmp_path / "f.gpkg", [square(0, 0, 10), None], stable_id=["A", "B"])
    call_command("import", str(path), "--layer", "houses", "--surveyed", "complete")
    said = capsys.readouterr().out
    assert "2 rows read = 1 stored + 1 refused + 0 without a class." in said
    assert "Layer 'houses' v2: 1 added, 0 changed, 1 removed, 0 unchanged." in said


def test_a_good_import_as_json(tmp_path, capsys):
    path = vector_file(tmp_path / "f.gpkg", [square(0, 0, 10)], stable_id=["A"])
    call_command("import", str(path), "--layer", "houses", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["rows"]["stored"] == 1
    assert told["version"] == 2


def test_survey_states_the_areas_of_a_file(tmp_path, capsys):
    path = vector_file(tmp_path / "area.gpkg", [square(0, 0, 1000), square(500, 0, 1000)])
    call_command("survey", "houses", str(path))
    assert "1.500 km² stated as complete" in capsys.readouterr().out
    assert SurveyedArea.objects.get().geometry.area == pytest.approx(1.5e6)


@pytest.mark.parametrize(
    ("shapes", "sentence"),
    [
        ([at(0, 0)], "1 shape(s) cannot state an area"),
        ([square(0, 0, 10), None], "1 shape(s) cannot state an area"),
        ([square(5_000_000, 0, 10)], "1 shape(s) cannot state an area"),
    ],
)
def test_survey_takes_only_areas(tmp_path, capsys, shapes, sentence):
    path = vector_file(tmp_path / "area.gpkg", shapes)
    assert sentence in refusal(capsys, "survey", "houses", path)


def test_survey_of_a_layer_that_is_not_there(tmp_path, capsys):
    path = vector_file(tmp_path / "area.gpkg", [square(0, 0, 10)])
    said = refusal(capsys, "survey", "hoses", path)
    assert "There is no layer 'hoses'. Use one of these: houses" in said

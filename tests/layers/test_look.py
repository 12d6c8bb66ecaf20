"""Looking at a file and rehearsing its import: what is told is what an import then does."""

import json

import pytest
from django.core.management import call_command
from shapely.geometry import Polygon, shape

from layers.errors import UnknownLandUseError, UserFacingError
from layers.ingest import ImportOptions, dry_run, import_file, look_into
from layers.ingest.mapping import read_mapping, written_mapping
from layers.ingest.vocab import Sentence
from layers.models import Feature, ImportIssue, Layer, Run
from tests.factories import EAST, NORTH, at, land_use, line, square
from tests.layers.sources import UTM48, drawing, grid_file, vector_file, zipped_shapefile

pytestmark = pytest.mark.django_db

BOW_TIE = Polygon([(EAST, NORTH), (EAST + 10, NORTH + 10), (EAST + 10, NORTH), (EAST, NORTH + 10)])


def nothing_is_stored():
    models = (Layer, Feature, Run, ImportIssue)
    return not any(model.objects.exists() for model in models)


@pytest.fixture
def plots(tmp_path):
    shapes = [square(0, 0, 10), square(20, 0, 10), BOW_TIE, None]
    owners = ["សុខ", "ដារា", "សុខ", None]
    return vector_file(
        tmp_path / "plots.gpkg",
        shapes,
        owner=owners,
        use=["R", "C", "R", "?"],
        storeys=[1, 2, 3, 4],
    )


class TestLook:
    def test_a_file_tells_its_layers_columns_and_place(self, plots):
        land_use("R")
        survey = look_into(plots)
        [layer] = survey.layers
        assert (survey.format_title, survey.grid) == ("GeoPackage", None)
        assert (layer["name"], layer["row_count"], layer["geometry_kind"]) == (
            "plots",
            4,
            "polygon",
        )
        fields = {field["name"]: field for field in layer["fields"]}
        assert fields["owner"]["examples"] == ["សុខ", "ដារា"]
        assert fields["use"]["values"] == [["R", 2], ["C", 1], ["?", 1]]
        assert (fields["use"]["codes"], fields["storeys"]["codes"]) == (1, 0)
        assert layer["crs"] == {"srid": UTM48, "title": "WGS 84 / UTM zone 48N"}
        assert layer["extent"] == [EAST, NORTH, EAST + 30, NORTH + 10]
        west, south, _east, _north = layer["extent_wgs84"]
        assert (west, south) == pytest.approx((103.446, 10.580), abs=1e-3)
        assert layer["issues"] == {
            "empty_geometry refused": 1,
            "invalid_geometry repaired": 1,
        }
        assert nothing_is_stored()

    def test_a_file_without_crs_tells_which_ones_would_place_it_in_the_city(self, tmp_path):
        [layer] = look_into(vector_file(tmp_path / "a.fgb", [at(0, 0)], crs=None)).layers
        assert layer["crs"] is None
        assert "does not state its coordinate system" in layer["crs_problem"]
        assert UTM48 in [candidate["srid"] for candidate in layer["candidates"]]
        assert 4326 not in [candidate["srid"] for candidate in layer["candidates"]]
        assert 3148 not in [candidate["srid"] for candidate in layer["candidates"]]

    def test_a_file_in_the_old_grid_says_why_it_cannot_be_placed(self, tmp_path):
        [layer] = look_into(vector_file(tmp_path / "a.gpkg", [at(0, 0)], crs=3148)).layers
        assert layer["crs"]["srid"] == 3148
        assert "No accurate transformation is known" in layer["crs_problem"]
        assert layer["extent_wgs84"] is None

    def test_each_layer_of_a_file_is_told(self, tmp_path):
        path = vector_file(tmp_path / "city.gpkg", [square(0, 0, 10)], layer="parcels")
        vector_file(path, [line((0, 0), (9, 9))], layer="streets", append=True)
        told = {layer["name"]: layer["geometry_kind"] for layer in look_into(path).layers}
        assert told == {"parcels": "polygon", "streets": "line"}
        [one] = look_into(path, ImportOptions(source_layer="streets")).layers
        assert one["name"] == "streets"

    def test_guesses_are_told(self, tmp_path):
        zipped = zipped_shapefile(tmp_path / "a.zip", [at(0, 0)], without=(".cpg",), name=["ផ្សារ"])
        [layer] = look_into(zipped).layers
        assert "they were read as UTF-8" in str(Sentence.of(layer["notes"][0]))
        assert layer["fields"][0]["examples"] == ["ផ្សារ"]

    def test_a_drawing_and_a_table_have_no_crs(self, tmp_path):
        lines = [[(EAST, NORTH), (EAST + 10, NORTH)]]
        table = tmp_path / "a.csv"
        table.write_text(f"x,y\n{EAST},{NORTH}\n")
        for path in (drawing(tmp_path / "a.dxf", lines), table):
            [layer] = look_into(path).layers
            assert layer["crs"] is None
            assert UTM48 in [candidate["srid"] for candidate in layer["candidates"]]

    def test_a_raster_tells_its_size_and_what_is_wrong_with_it(self, tmp_path):
        good = look_into(grid_file(tmp_path / "good.tif", [[1.0, 2.0, 3.0]]))
        assert (good.grid["width"], good.grid["height"], good.grid["problem"]) == (3, 1, "")
        bad = look_into(grid_file(tmp_path / "bad.tif", [[1.0]], nodata=None))
        assert "does not say which value means 'no data'" in bad.grid["problem"]


class TestDryRun:
    def test_it_tells_what_the_import_then_does(self, plots):
        outcome = dry_run(plots, ImportOptions(), layer="plots")
        assert nothing_is_stored()
        report = import_file(path=plots, layer="plots", options=ImportOptions())
        assert outcome.rows == report.rows
        assert outcome.issue_counts == report.issues
        assert outcome.notes == report.notes
        stored = ImportIssue.objects.order_by("row")
        told = sorted(outcome.issues, key=lambda issue: issue.row)
        assert [(i.row, i.kind, i.message) for i in told] == [
            (i.row, i.kind, i.message) for i in stored
        ]

    def test_the_sample_lies_where_the_features_lie(self, plots):
        outcome = dry_run(plots, ImportOptions())
        shapes = [shape(feature["geometry"]) for feature in outcome.sample["features"]]
        assert len(shapes) == 3
        assert min(s.bounds[0] for s in shapes) == pytest.approx(outcome.extent_wgs84[0], abs=1e-6)
        assert shapes[0].bounds[0] == pytest.approx(103.446, abs=1e-3)

    def test_the_sample_of_a_large_file_comes_from_all_over_it(self, tmp_path):
        path = vector_file(tmp_path / "a.fgb", [at(n, 0) for n in range(5_000)])
        outcome = dry_run(path, ImportOptions())
        features = outcome.sample["features"]
        easts = sorted(feature["geometry"]["coordinates"][0] for feature in features)
        assert outcome.rows.stored == 5_000
        assert 1_000 <= len(features) <= 2_000
        # 5,000 m at 10.58° N are about 0.0457 degrees of longitude
        assert easts[-1] - easts[0] == pytest.approx(0.0457, abs=0.0003)

    def test_a_file_the_import_refuses_is_refused(self, tmp_path):
        path = vector_file(tmp_path / "a.gpkg", [at(0, 0)], crs=3148)
        with pytest.raises(UserFacingError, match="No accurate transformation"):
            dry_run(path, ImportOptions())

    def test_the_kind_of_the_layer_decides(self, tmp_path):
        import_file(path=vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)]), layer="houses")
        both = vector_file(tmp_path / "b.geojson", [square(0, 0, 10), at(0, 0)])
        assert dry_run(both, ImportOptions(), layer="houses").rows.refused == 1
        assert dry_run(both, ImportOptions(), layer="new").rows.refused == 0

    def test_a_raster_is_rehearsed_to_its_last_cell(self, tmp_path):
        outcome = dry_run(grid_file(tmp_path / "a.tif", [[1.0, 2.0, 5.0]]), ImportOptions())
        assert outcome.geometry_kind == "raster"
        assert str(outcome.notes[-1]) == "3 x 1 cells, 1 to 5."
        assert nothing_is_stored()
        with pytest.raises(UserFacingError, match="no ground on Earth"):
            dry_run(grid_file(tmp_path / "b.tif", [[1.0, 99_999.0]]), ImportOptions())


class TestMapping:
    @pytest.fixture(autouse=True)
    def classes(self):
        land_use("RES")
        land_use("COM")

    def test_columns_are_renamed_or_left_out_and_values_become_classes(self, plots):
        options = ImportOptions(
            fields={"owner": "owner_name", "storeys": None},
            class_field="use",
            classes={"R": "RES", "C": "COM", "?": None},
        )
        report = import_file(path=plots, layer="plots", options=options)
        first, *others = Feature.objects.order_by("stable_id")
        assert first.properties == {"owner_name": "សុខ", "use": "R"}
        assert [f.land_use.code for f in (first, *others)] == ["RES", "COM", "RES"]
        assert not any("unknown_class" in kind for kind in report.issues)

    def test_all_others_may_be_left_out(self, plots):
        options = ImportOptions(fields={"owner": "owner"}, drop_other_fields=True)
        import_file(path=plots, layer="plots", options=options)
        assert Feature.objects.order_by("stable_id").first().properties == {"owner": "សុខ"}

    def test_a_value_the_mapping_does_not_name_is_noted(self, plots):
        options = ImportOptions(class_field="use", classes={"R": "RES"})
        report = import_file(path=plots, layer="plots", options=options)
        assert report.issues["unknown_class kept"] == 2

    @pytest.mark.parametrize(
        ("chosen", "said"),
        [
            ({"fields": {"no": "x"}}, "no column 'no', which the mapping names"),
            ({"fields": {"owner": "use"}}, "'use' would be the name of two columns"),
            ({"fields": {"owner": "x" * 201}}, "is too long for a name"),
            ({"classes": {"R": "RES"}}, "does not say of which column"),
        ],
    )
    def test_mappings_that_cannot_be_applied(self, plots, chosen, said):
        with pytest.raises(UserFacingError, match=said):
            import_file(path=plots, layer="plots", options=ImportOptions(**chosen))
        assert not Feature.objects.exists()

    def test_a_class_that_does_not_exist(self, plots):
        options = ImportOptions(class_field="use", classes={"R": "HOUSES"})
        with pytest.raises(UnknownLandUseError, match="HOUSES"):
            dry_run(plots, options)

    def test_a_mapping_comes_back_from_its_file_as_it_was(self, tmp_path):
        options = ImportOptions(
            srid=UTM48,
            class_field="use",
            fields={"ឈ្មោះ": "name", "x": None},
            classes={"R": "RES", "?": None},
            drop_other_fields=True,
        )
        path = tmp_path / "mapping.yaml"
        path.write_text(written_mapping(options), encoding="utf-8")
        assert ImportOptions(**read_mapping(path)) == options

    @pytest.mark.parametrize(
        "text",
        [
            "[1, 2]",
            "a: [",
            "fields: 3",
            "path: /etc/passwd",
            "srid: many",
            "!!python/name:os.system",
        ],
    )
    def test_files_that_hold_no_mapping(self, tmp_path, text):
        path = tmp_path / "mapping.yaml"
        path.write_text(text)
        with pytest.raises(UserFacingError):
            read_mapping(path)


class TestCommand:
    def test_look_and_dry_run_store_nothing_and_the_mapping_is_used(self, plots, tmp_path, capsys):
        land_use("RES")
        call_command("import", str(plots), "--look")
        assert "plots: 4 rows, polygon" in capsys.readouterr().out
        mapping = tmp_path / "m.yaml"
        mapping.write_text("class_field: use\nclasses: {R: RES}\nfields: {owner: name}\n")
        arguments = ["import", str(plots), "--mapping", str(mapping)]
        call_command(*arguments, "--dry-run", "--json")
        told = json.loads(capsys.readouterr().out)
        assert told["rows"]["stored"] == 3
        assert nothing_is_stored()
        call_command(*arguments, "--layer", "plots")
        assert Feature.objects.order_by("stable_id").first().properties["name"] == "សុខ"

    def test_a_look_names_the_systems_that_fit(self, tmp_path, capsys):
        path = vector_file(tmp_path / "a.fgb", [at(0, 0)], crs=None)
        call_command("import", str(path), "--look")
        assert "perhaps --srid 32648 (WGS 84 / UTM zone 48N)" in capsys.readouterr().out

    def test_without_a_layer_it_is_asked_for(self, plots, capsys):
        with pytest.raises(SystemExit):
            call_command("import", str(plots))
        assert "Add --layer SLUG" in capsys.readouterr().err

"""Files that look right and are not: collections, feet, swapped axes, many columns, many layers."""

import zipfile

import geopandas
import pytest
import shapely
from django.urls import reverse
from pyproj import CRS
from shapely.geometry import GeometryCollection

from layers.errors import UserFacingError
from layers.ingest import ImportOptions, dry_run, import_file
from layers.models import ImportIssue, Layer
from layers.queries import current_features
from layers.uploads.vocab import Step
from layers.vocab import RunState
from tests.factories import EAST, NORTH, at, line, square
from tests.layers.sources import kml, zipped_shapefile
from tests.layers.uploads.conftest import (  # noqa: F401 - fixtures
    brought_in,
    chosen,
    clerk,
    folder,
    imported,
    page,
    work,
)

pytestmark = pytest.mark.django_db

US_FOOT_M = 1200 / 3937  # by definition
MIXED = GeometryCollection([at(0, 0), line((0, 0), (5, 5))])
NESTED = GeometryCollection([GeometryCollection([at(0, 0)]), square(0, 0, 5)])
# Whether the closed line is the line or the ground in it, nobody but the surveyor knows.
UNCLEAR = GeometryCollection([line((0, 0), (5, 0), (5, 5), (0, 0))])
GROUNDS = GeometryCollection([square(0, 0, 10), square(50, 0, 5)])
KEPT = square(100, 0, 10)
COLLECTIONS = [MIXED, NESTED, UNCLEAR, GROUNDS, KEPT]


def taken(path, **options):
    return import_file(path=path, layer="places", options=ImportOptions(**options))


def refused(path, **options):
    with pytest.raises(UserFacingError) as error:
        taken(path, **options)
    assert not Layer.objects.exists()
    return str(error.value)


def as_file(tmp_path, ending):
    path = tmp_path / f"a.{ending}"
    srid = 4326 if ending in {"geojson", "geojsons"} else 32648
    frame = geopandas.GeoDataFrame(
        {"n": range(len(COLLECTIONS))}, geometry=COLLECTIONS, crs=32648
    ).to_crs(srid)
    match ending:
        case "parquet":
            frame.to_parquet(path)
        case "csv":
            rows = [f'{n},"{shape.wkt}"' for n, shape in enumerate(COLLECTIONS)]
            path.write_text("\n".join(["n,wkt", *rows]))
        case "geojsons":
            frame.to_file(path, driver="GeoJSONSeq")
        case "fgb":
            frame.to_file(path, SPATIAL_INDEX="NO")
        case _:
            frame.to_file(path)
    return path


class TestCollections:
    @pytest.mark.parametrize("ending", ["gpkg", "geojson", "geojsons", "fgb", "parquet", "csv"])
    def test_one_of_several_kinds_is_refused_with_its_row_in_every_format(self, tmp_path, ending):
        path = as_file(tmp_path, ending)
        options = {"srid": 32648} if ending == "csv" else {}

        report = taken(path, **options)

        issues = ImportIssue.objects.filter(run=report.run, kind="wrong_kind")
        assert sorted(issues.values_list("row", "action")) == [
            (1, "refused"), (2, "refused"), (3, "refused"),
        ]  # fmt: skip
        assert all("Split it before importing" in issue.message for issue in issues)
        kinds = {each.geometry.geom_type for each in current_features("places")}
        assert kinds == {"MultiPolygon", "Polygon"}
        assert sum(each.geometry.area for each in current_features("places")) == pytest.approx(
            225, rel=1e-3
        )

    def test_nor_does_a_placemark_of_several_kinds_come_in(self, tmp_path):
        both = (
            "<Placemark><MultiGeometry><Point><coordinates>103.5,10.6</coordinates></Point>"
            "<LineString><coordinates>103.5,10.6 103.6,10.6</coordinates></LineString>"
            "</MultiGeometry></Placemark>"
            "<Placemark><Point><coordinates>103.5,10.6</coordinates></Point></Placemark>"
        )

        report = taken(kml(tmp_path / "a.kml", both))

        assert (report.rows.stored, report.rows.refused) == (1, 1)
        assert {each.geometry.geom_type for each in current_features("places")} == {"Point"}

    def test_a_trial_refuses_the_same_rows(self, tmp_path):
        outcome = dry_run(as_file(tmp_path, "gpkg"), ImportOptions())

        assert outcome.issue_counts == {"wrong_kind refused": 3}

    def test_an_empty_one_is_refused_as_empty(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text('n,wkt\n1,GEOMETRYCOLLECTION EMPTY\n2,"POINT (330000 1170000)"\n')

        report = taken(path, srid=32648)

        [issue] = ImportIssue.objects.filter(run=report.run)
        assert (issue.row, issue.kind, issue.message) == (
            1, "empty_geometry", "The shape has no points.",
        )  # fmt: skip


class TestUnits:
    def in_feet(self, tmp_path, prj):
        """A Shapefile of a square of 100 m whose coordinates count in US survey feet."""
        whole = shapely.transform(square(0, 0, 100), lambda points: points / US_FOOT_M)
        path = zipped_shapefile(tmp_path / "a.zip", [whole], without=(".prj",), n=[1])
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("a.prj", prj)
        return path

    def test_a_file_that_says_it_counts_in_feet_lands_in_metres(self, tmp_path):
        metres = CRS.from_epsg(32648).to_wkt("WKT1_ESRI")
        feet = metres.replace('UNIT["Meter",1.0]', f'UNIT["Foot_US",{US_FOOT_M}]').replace(
            "500000.0", str(500_000 / US_FOOT_M)
        )
        assert feet != metres

        taken(self.in_feet(tmp_path, feet))

        [found] = current_features("places")
        assert found.geometry.area == pytest.approx(10_000, abs=0.01)
        assert found.geometry.extent == pytest.approx(
            (EAST, NORTH, EAST + 100, NORTH + 100), abs=0.01
        )

    def test_feet_under_the_name_of_metres_lie_outside_and_are_refused(self, tmp_path):
        metres = CRS.from_epsg(32648).to_wkt("WKT1_ESRI")

        assert "lie outside the area" in refused(self.in_feet(tmp_path, metres))


class TestAxes:
    @pytest.mark.parametrize(
        ("text", "srid"), [("lon,lat\n10.6,103.5\n", 4326), ("x,y\n1170000,330000\n", 32648)]
    )
    def test_swapped_axes_are_named_as_the_likely_cause(self, tmp_path, text, srid):
        path = tmp_path / "a.csv"
        path.write_text(text)

        assert "the axes are swapped" in refused(path, srid=srid)

    def test_columns_named_by_hand_put_them_right(self, tmp_path):
        path = tmp_path / "a.csv"
        path.write_text("lon,lat\n10.6,103.5\n")

        taken(path, srid=4326, x_field="lat", y_field="lon")

        [found] = current_features("places")
        assert found.geometry.coords == pytest.approx((335_899.68, 1_172_147.03), abs=0.01)


class TestManyColumns:
    def wide(self, tmp_path, count):
        path = tmp_path / "wide.csv"
        names = [f"c{n}" for n in range(count)]
        path.write_text(
            ",".join(["x", "y", *names])
            + "\n"
            + ",".join([str(EAST), str(NORTH), *map(str, range(count))])
        )
        return path

    def test_a_thousand_columns_are_kept(self, tmp_path):
        taken(self.wide(tmp_path, 1_000), srid=32648)

        [found] = current_features("places")
        assert found.properties == {f"c{n}": n for n in range(1_000)}

    def test_more_than_a_survey_has_are_refused(self, tmp_path):
        said = refused(self.wide(tmp_path, 1_599), srid=32648)

        assert "1,601 columns; 1,600 are the most" in said


def test_of_an_archive_the_web_imports_the_layer_that_was_chosen(tmp_path, page):  # noqa: F811
    path = tmp_path / "city.zip"
    with zipfile.ZipFile(path, "w") as target:
        for name, shape in (("plots", square(0, 0, 10)), ("roads", line((0, 0), (50, 0)))):
            with zipfile.ZipFile(zipped_shapefile(tmp_path / f"{name}.zip", [shape], n=[1])) as one:
                for member in one.namelist():
                    target.writestr(member, one.read(member))

    upload = brought_in(page, path.read_bytes(), "city.zip")
    assert [each["name"] for each in upload.survey["layers"]] == ["plots", "roads"]
    address = reverse("layer-import-file", args=[upload.token])
    form = chosen(upload, slug="roads", source_layer="roads", geometry_kind="line")
    assert page.post(address, form).status_code == 302
    upload = imported(page, work(upload, Step.TRIAL))

    assert upload.import_run.state == RunState.SUCCEEDED
    [road] = current_features("roads")
    assert road.geometry.length == pytest.approx(50)


def test_a_refusal_ordered_in_english_is_read_in_khmer(page):  # noqa: F811
    upload = brought_in(page, b'{"type":"FeatureCollection","features":[', "lots.geojson")
    address = reverse("layer-import-file", args=[upload.token])

    english = page.get(address).content.decode()
    khmer = page.get(f"{address}?lang=km").content.decode()

    assert "it is damaged or incomplete" in english
    assert "it is damaged or incomplete" not in khmer
    assert "មិនមានអ្វីត្រូវបាននាំចូលទេ" in khmer

import json

import geopandas
import pyogrio
import pytest
import shapely
from django.core.management import call_command
from pyproj import CRS

from layers.crs import to_project
from planning.models import LandReservation
from planning.sheet.exchange import geojson_of, write_geopackage
from planning.sheet.facts import facts_of
from tests.factories import outline, rectangle, square
from tests.planning.reserved_land import PURPOSE, block, reserve

pytestmark = pytest.mark.django_db


@pytest.fixture
def facts():
    block(synthetic=1)
    return facts_of(reserve(beneficiary="ការិយាល័យអប់រំ", horizon_year=2035))


@pytest.fixture
def geopackage(facts, tmp_path):
    path = tmp_path / "RES-1.gpkg"
    write_geopackage(facts, path)
    return path


@pytest.fixture
def features(facts):
    found = json.loads(geojson_of(facts))["features"]
    return {kind: [f for f in found if f["properties"]["kind"] == kind]
            for kind in ("reservation", "parcel", "boundary_point")}  # fmt: skip


def test_the_geopackage_holds_four_layers_in_the_projects_system(geopackage):
    kinds = dict(pyogrio.list_layers(geopackage))
    assert kinds == {
        "reservation": "MultiPolygon",
        "parcels": "MultiPolygon",
        "boundary_points": "Point",
        "metadata": None,
    }
    for layer in ("reservation", "parcels", "boundary_points"):
        assert CRS(pyogrio.read_info(geopackage, layer=layer)["crs"]).to_epsg() == 32648


def test_counts_areas_and_khmer_survive_the_geopackage(geopackage):
    land = geopandas.read_file(geopackage, layer="reservation")
    parcels = geopandas.read_file(geopackage, layer="parcels")
    points = geopandas.read_file(geopackage, layer="boundary_points")
    assert (len(land), len(parcels), len(points)) == (1, 4, 4)
    assert land.area[0] == pytest.approx(10_000, abs=0.01)
    assert land.purpose_km[0] == PURPOSE["km"]
    assert land.beneficiary[0] == "ការិយាល័យអប់រំ"
    assert list(parcels.area) == pytest.approx(list(parcels.affected_m2), abs=0.01)
    assert list(parcels.tenure_km)[:2] == ["ដីសាធារណៈរបស់រដ្ឋ", "ដីឯកជន"]
    assert [(p.x, p.y) for p in points.geometry] == list(
        zip(points.east_m, points.north_m, strict=True)
    )


def test_the_metadata_name_system_balance_source_and_digest(geopackage, facts):
    rows = pyogrio.read_dataframe(geopackage, layer="metadata", read_geometry=False)
    stated = dict(zip(rows.key, rows.value, strict=True))
    assert stated["crs"] == "WGS 84 / UTM zone 48N, EPSG:32648"
    assert stated["reserved_m2"] == "10000.00"
    assert stated["outside_parcels_m2"] == "0.00"
    assert stated["synthetic"] == "yes"
    assert stated["content_sha256"] == facts.digest
    assert stated["source parcels"].startswith("version 1, published 20")


def test_writing_again_replaces_the_file(geopackage, facts):
    write_geopackage(facts, geopackage)
    assert len(geopandas.read_file(geopackage, layer="parcels")) == 4


def test_land_on_no_parcel_still_makes_a_complete_geopackage(tmp_path):
    block()
    path = tmp_path / "off.gpkg"
    write_geopackage(facts_of(reserve(square(900, 900, 10))), path)
    assert len(geopandas.read_file(path, layer="parcels")) == 0
    assert len(geopandas.read_file(path, layer="boundary_points")) == 4


def test_geojson_is_in_degrees_and_names_no_other_system(facts, features):
    content = json.loads(geojson_of(facts))
    assert "crs" not in content
    for part in content["features"]:
        west, south, east, north = shapely.geometry.shape(part["geometry"]).bounds
        assert 103 < west <= east < 104
        assert 10 < south <= north < 11


def test_counts_areas_and_khmer_survive_the_geojson(features):
    assert {kind: len(rows) for kind, rows in features.items()} == {
        "reservation": 1, "parcel": 4, "boundary_point": 4
    }  # fmt: skip
    [land] = features["reservation"]
    area = to_project(shapely.geometry.shape(land["geometry"]), 4326).area
    assert area == pytest.approx(10_000, abs=0.01)
    assert land["properties"]["purpose_km"] == PURPOSE["km"]
    for parcel in features["parcel"]:
        shape = to_project(shapely.geometry.shape(parcel["geometry"]), 4326)
        assert shape.area == pytest.approx(parcel["properties"]["affected_m2"], abs=0.01)


def test_points_of_the_geojson_carry_their_metres_beside_their_degrees(features):
    for point in features["boundary_point"]:
        stated = point["properties"]
        place = to_project(shapely.geometry.shape(point["geometry"]), 4326)
        assert (place.x, place.y) == pytest.approx((stated["east_m"], stated["north_m"]), abs=1e-3)
        assert stated["srid"] == 32648


def test_outer_rings_run_counter_clockwise_and_holes_clockwise():
    block()
    ring = shapely.Polygon(square(0, 0, 40).exterior, [square(10, 10, 20).exterior])
    [land] = [f for f in json.loads(geojson_of(facts_of(reserve(ring))))["features"]
              if f["properties"]["kind"] == "reservation"]  # fmt: skip
    outer, hole = (shapely.LinearRing(line) for line in land["geometry"]["coordinates"])
    assert outer.is_ccw
    assert not hole.is_ccw


def test_where_land_and_parcel_also_touch_in_a_line_only_the_area_is_exported(tmp_path):
    """The triangle on plot C has an edge of 20 m on the border of plot A."""
    block()
    land = shapely.MultiPolygon([rectangle(10, 10, 20, 20), outline((100, 0), (120, 0), (100, 20))])
    facts = facts_of(reserve(land))
    taken = {p.stable_id: p.affected for p in facts.parcels}
    assert taken["A"].geom_type == "MultiPolygon"
    assert taken["A"].area == pytest.approx(400)
    assert taken["C"].area == pytest.approx(200)


def test_the_command_writes_three_files_and_says_where(tmp_path, capsys):
    block()
    reserve()
    call_command(
        "sheet", "RES-1", "--paper", "a4", "--scale", "2000", "--output", str(tmp_path / "new")
    )
    said = capsys.readouterr().out
    assert "RES-1: 1:2,000 on A4" in said
    assert "4 boundary points, 4 parcels." in said
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["RES-1-A4.pdf", "RES-1.geojson", "RES-1.gpkg"]
    assert (tmp_path / "new" / "RES-1-A4.pdf").read_bytes().startswith(b"%PDF-")


def test_the_command_answers_programs_in_json(tmp_path, capsys):
    block()
    facts = facts_of(reserve())
    call_command("sheet", "RES-1", "--output", str(tmp_path), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["paper"], told["scale"]) == ("A3", 1_000)
    assert told["content_sha256"] == facts.digest
    assert told["files"]["geopackage"] == str(tmp_path / "RES-1.gpkg")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["RES-9"], "There is no reservation 'RES-9'."),
        (["RES-1", "--paper", "B4"], "'B4' is no paper"),
        (["RES-1", "--scale", "1234"], "1:1,234 is no scale"),
        (["RES-1", "--scale", "500", "--paper", "A4"], "does not fit on A4"),
    ],
)
def test_what_cannot_be_printed_ends_with_code_2_and_no_file(arguments, sentence, tmp_path, capsys):
    block()
    reserve()
    with pytest.raises(SystemExit) as stopped:
        call_command("sheet", *arguments, "--output", str(tmp_path))
    assert stopped.value.code == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path, capsys):
    block()
    reserve()
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(SystemExit) as stopped:
        call_command("sheet", "RES-1", "--output", str(tmp_path / "taken" / "sheets"))
    assert stopped.value.code == 2
    assert "could not be written" in capsys.readouterr().err
    assert LandReservation.objects.count() == 1

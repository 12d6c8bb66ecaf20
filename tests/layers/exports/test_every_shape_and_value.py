"""Every format, every kind of shape, every sort of value: out and in again, by GDAL and by Krong.

What goes out equals what comes in; what a format cannot hold is stated in ``matrix.left_of`` and
in docs/exports.md, and nothing else is lost.
"""

import json
from datetime import date, time

import pyogrio
import pytest
import shapely

from layers.ingest import look_into
from layers.models import ImportIssue, IssueAction
from tests.layers.exports.matrix import (
    KINDS,
    LABELLED,
    VALUES,
    WITHIN_M,
    brought_back,
    cells,
    file_of,
    left_of,
    published,
    read_by_gdal,
    rows_of,
    shapefiles_read,
)
from tests.layers.exports.taken import opened

pytestmark = pytest.mark.django_db

JSON_TEXTS = {"geojson", "geojsonseq"}
DAYS = {"day_written_otherwise", "moment_z"}  # GDAL takes them for days unless told not to
WHOLE = ("gpkg", "geojson", "geojsonseq", "fgb", "kml", "csv")


def lies_as(found, expected, code):
    """Whether a shape is the other one as closely as the format keeps coordinates."""
    within_m = WITHIN_M.get(code, 0)
    return (
        shapely.hausdorff_distance(found, expected) <= within_m
        and shapely.get_num_coordinates(found) == shapely.get_num_coordinates(expected)
        and found.geom_type.removeprefix("Multi") == expected.geom_type.removeprefix("Multi")
    )


def kinds_of(rows):
    return {name: row[3].geom_type for name, row in rows.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", WHOLE)
def test_what_goes_out_comes_in_again(client, tmp_path, code, kind):
    stood = rows_of(published(kind))

    found, report = brought_back(file_of(client, tmp_path, code), code)

    assert set(found) == set(stood)
    assert report.rows.stored == len(stood)
    for name, (land_use, lifecycle, properties, shape) in stood.items():
        assert found[name][:2] == (land_use, lifecycle)
        assert found[name][2] == left_of(code, properties)
        assert lies_as(found[name][3], shape, code)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", WHOLE)
def test_single_shapes_stay_single_unless_the_column_holds_several_parts(
    client, tmp_path, code, kind
):
    stood = kinds_of(rows_of(published(kind)))

    found, _report = brought_back(file_of(client, tmp_path, code), code)

    of_one_kind = len({name.removeprefix("Multi") for name in stood.values()}) == 1
    if code in {"gpkg", "fgb"} and of_one_kind and len(set(stood.values())) == 2:
        stood = {name: f"Multi{kind.removeprefix('Multi')}" for name, kind in stood.items()}
    assert kinds_of(found) == stood


@pytest.mark.parametrize("kind", KINDS)
def test_shapefiles_come_in_again_one_kind_after_the_other(client, tmp_path, kind):
    layer = published(kind)
    stood = rows_of(layer)
    path = file_of(client, tmp_path, "shp")

    names = [each["name"] for each in look_into(path).layers]
    for name in names:
        chosen = {"source_layer": name, "geometry_kind": layer.geometry_kind, "keeps_others": True}
        found, _report = brought_back(path, "shp", **chosen)

    assert len(names) == {"all kinds together": 4, "points and groups": 2}.get(kind, 1)
    assert set(found) == set(stood)
    for name, (land_use, lifecycle, properties, shape) in stood.items():
        assert found[name][:2] == (land_use, lifecycle)
        assert found[name][2] == left_of("shp", properties)
        assert lies_as(found[name][3], shape, "shp")
        assert found[name][3].geom_type == shape.geom_type


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["gpkg", "geojson", "geojsonseq", "fgb", "kml", "shp"])
def test_a_stranger_reads_the_same_shapes_labels_and_values(client, tmp_path, code, kind):
    stood = rows_of(published(kind))
    path = file_of(client, tmp_path, code)

    if code == "shp":
        found = shapefiles_read(path, tmp_path)
    else:
        found = read_by_gdal(path, 4326 if code in WITHIN_M else 32648)

    assert set(found) == set(stood)
    for name, (land_use, lifecycle, properties, shape) in stood.items():
        assert found[name][:2] == (land_use, lifecycle)
        assert lies_as(found[name][3], shape, code)
        told = {n: v for n, v in found[name][2].items() if v not in (None, "")}
        for attribute, value in left_of(code, properties).items():
            if value != "" and not (code in JSON_TEXTS and attribute in DAYS):
                assert spoken(told[attribute]) in {spoken(value), json.dumps(value)}


def spoken(value):
    """A value as strangers tell it: objects as the text of their JSON, days as days."""
    if isinstance(value, dict) or str(value)[:1] == "{":
        return json.dumps(json.loads(value) if isinstance(value, str) else value)
    if isinstance(value, date | time):
        return value.isoformat()
    return float(value) if isinstance(value, int) and value > 2**63 else value


@pytest.mark.parametrize("kind", KINDS)
def test_a_stranger_reads_the_table_cell_by_cell(client, tmp_path, kind):
    stood = rows_of(published(kind))

    rows = cells(opened(file_of(client, tmp_path, "csv").read_bytes())["plan.csv"])

    for row in rows:
        land_use, lifecycle, properties, shape = stood[row["stable_id"]]
        assert (row["class"], row["lifecycle"]) == (land_use or "", lifecycle)
        for name, value in properties.items():
            told = row[name].removeprefix("'")  # each guarded cell has one of its own
            if isinstance(value, str) and name != "either":
                assert told == value
            elif value is None:
                assert told == ""
            else:
                assert json.loads(told) == (float(value) if name == "huge" else value)
        place = (
            shapely.Point(float(row["lon"]), float(row["lat"]))
            if "lon" in row
            else shapely.from_wkt(row["wkt"])
        )
        assert place.geom_type == shape.geom_type
    assert len(rows) == len(stood)


@pytest.mark.parametrize("code", ["gpkg", "geojson", "geojsonseq", "fgb", "shp", "kml"])
def test_a_stranger_gets_numbers_as_numbers_and_yes_and_no_as_such(client, tmp_path, code):
    published("points")
    path = file_of(client, tmp_path, code)

    if code == "shp":
        found = shapefiles_read(path, tmp_path)
    else:
        found = read_by_gdal(path, 4326 if code in WITHIN_M else 32648)

    first, second = (found[f"ដី-{n}"][2] for n in (0, 1))
    assert (first["floors"], second["floors"]) == (3, -2)
    assert (first["height_m"], second["height_m"]) == (12.5, 3.0)
    assert (first["open"], second["open"]) == (True, False)
    assert isinstance(first["floors"], int)
    assert isinstance(first["open"], bool)
    assert first["code"] == "007"
    assert spoken(first["day"]) == "2026-11-23"


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_drawing_shapes_come_in_ring_by_ring_on_the_layer_of_their_class(
    client, tmp_path, kind
):
    """No identifiers, attributes, holes or groups: they stand in the table beside the drawing."""
    stood = rows_of(published(kind))

    found, report = brought_back(
        file_of(client, tmp_path, "dxf"), "dxf", class_field="Layer", lifecycle_field="", fields={}
    )

    assert sorted(drawn(row) for row in found.values()) == sorted(
        (land_use or "", *corners(ring))
        for land_use, _lifecycle, _values, shape in stood.values()
        for ring in rings(shape)
    )
    heights = ImportIssue.objects.filter(run=report.run, action=IssueAction.KEPT, row=0)
    assert {issue.text for issue in heights} == {"heights"}  # a drawing has a height everywhere: 0


def drawn(row):
    return (row[0] or "", *corners(row[3]))


def corners(shape):
    return shape.geom_type == "Point", *shapely.get_coordinates(shape).round(3).ravel().tolist()


def rings(shape):
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            yield from shapely.get_rings(part)
        else:
            yield part


def test_areas_of_a_drawing_are_areas_in_a_layer_of_areas_and_so_are_their_holes(client, tmp_path):
    published("areas with holes")

    found, _report = brought_back(
        file_of(client, tmp_path, "dxf"), "dxf",
        class_field="", lifecycle_field="", fields={}, geometry_kind="polygon",
    )  # fmt: skip

    assert sorted(row[3].area for row in found.values()) == pytest.approx([25, 400, 10_000])


def test_the_table_beside_a_drawing_brings_the_attributes_back(client, tmp_path):
    stood = rows_of(published("areas with holes"))
    table = opened(file_of(client, tmp_path, "dxf").read_bytes())["plan-attributes.csv"]
    path = tmp_path / "plan-attributes.csv"
    path.write_bytes(table)

    found, _report = brought_back(path, "csv", srid=32648)

    assert set(found) == set(stood)
    assert found["ដី-0"][2]["ឈ្មោះ"] == VALUES[0]["ឈ្មោះ"]


@pytest.mark.parametrize("code", ["gpkg", "shp", "geojson", "geojsonseq", "fgb", "kml", "csv"])
def test_a_look_finds_the_labels_the_names_and_the_place(client, tmp_path, code):
    published("areas with holes")

    survey = look_into(file_of(client, tmp_path, code))

    [layer] = survey.layers
    names = {field["name"] for field in layer["fields"]}
    assert names >= {*LABELLED.values(), "stable_id", *left_of(code, VALUES[0])}
    assert layer["crs"]["srid"] == (4326 if code in WITHIN_M else 32648)
    assert layer["crs_problem"] == ""
    west, south, east, north = layer["extent_wgs84"]
    assert 103 < west < east < 104
    assert 10 < south < north < 11


def test_no_driver_but_its_own_reads_a_format_of_ours(client, tmp_path):
    published("points")
    drivers = {
        code: pyogrio.read_info(file_of(client, tmp_path, code), layer=0)["driver"]
        for code in ("gpkg", "geojson", "geojsonseq", "fgb", "kml")
    }
    assert drivers == {
        "gpkg": "GPKG", "geojson": "GeoJSON", "geojsonseq": "GeoJSONSeq",
        "fgb": "FlatGeobuf", "kml": "LIBKML",
    }  # fmt: skip

"""What is taken away in a format and brought back is what stood: ids, attributes, shapes."""

import json
import re
from io import BytesIO

import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry

from layers.crs import PROJECT_SRID, to_project
from layers.ingest import ImportOptions, import_file
from layers.queries import layer_named
from tests.factories import EAST, NORTH, at, feature
from tests.layers.exports.taken import (
    MARKET,
    areas,
    content_of,
    described,
    frame,
    opened,
    streets,
    table_in,
    taken,
)

pytestmark = pytest.mark.django_db

LABELLED = {"class_field": "class", "lifecycle_field": "lifecycle", "id_field": "stable_id"}


def brought_back(tmp_path, content, name, **options):
    """The content of a layer into which a downloaded file was imported."""
    path = tmp_path / name
    path.write_bytes(content)
    import_file(path=path, layer="again", options=ImportOptions(**LABELLED | options))
    return content_of(layer_named("again"))


def distance_m(one, other):
    """How far two shapes lie apart at most [m]."""
    first, second = (shapely.from_wkb(bytes(shape.wkb)) for shape in (one, other))
    return shapely.hausdorff_distance(first, second)


def assert_same(found, expected, within_m):
    assert set(found) == set(expected)
    for name, (land_use, lifecycle, properties, shape) in expected.items():
        other_use, other_cycle, other_properties, other_shape = found[name]
        assert (other_use, other_cycle) == (land_use, lifecycle)
        assert properties.items() <= other_properties.items()
        # the column of the class, and GeoJSON's id, are attributes of the imported layer too
        assert set(other_properties) - set(properties) <= {"class", "id"}
        assert distance_m(shape, other_shape) <= within_m


@pytest.mark.parametrize(
    ("code", "ending", "within_m"),
    [("gpkg", "gpkg", 0), ("geojson", "geojson", 0.01), ("fgb", "fgb", 0)],
)
def test_areas_come_back_as_they_were(client, tmp_path, code, ending, within_m):
    expected = content_of(areas())
    if code == "fgb":  # knows no nested values: they come back as the text of their JSON
        expected["Z-2"][2]["tags"] = json.dumps(expected["Z-2"][2]["tags"], ensure_ascii=False)

    content = taken(client, "zones", code)

    assert_same(brought_back(tmp_path, content, f"zones.{ending}"), expected, within_m)


def test_lines_come_back_from_every_format_our_import_reads(client, tmp_path):
    expected = content_of(streets())

    for code in ("gpkg", "geojson", "fgb"):
        content = taken(client, "streets", code)
        assert_same(brought_back(tmp_path, content, f"streets.{code}"), expected, 0.01)


def test_a_geopackage_in_another_crs_lands_within_a_tenth_of_a_millimetre(client, tmp_path):
    expected = content_of(areas())

    content = taken(client, "zones", "gpkg", crs="4326")

    path = tmp_path / "wgs.gpkg"
    path.write_bytes(content)
    assert pyogrio.read_info(path)["crs"] == "EPSG:4326"
    assert_same(brought_back(tmp_path, content, "zones.gpkg"), expected, 0.0001)


def test_a_shapefile_comes_back_with_khmer_under_short_names(client, tmp_path):
    expected = content_of(areas())

    content = taken(client, "zones", "shp")

    files = opened(content)
    assert files["zones_areas.cpg"] == b"UTF-8"
    assert b"WGS_1984_UTM_Zone_48N" in files["zones_areas.prj"]
    options = {"class_field": "class", "id_field": "stable_id", "lifecycle_field": "lifecycle"}
    found = brought_back(tmp_path, content, "zones.zip", **options)
    assert set(found) == set(expected)
    for name, (land_use, lifecycle, properties, shape) in expected.items():
        assert found[name][:2] == (land_use, lifecycle)
        assert distance_m(found[name][3], shape) == 0
        assert found[name][2].get("name_km") == properties.get("name_km")
        assert found[name][2].get("height_m") == properties.get("height_m")
    assert found["Z-1"][2]["name_km"] == MARKET
    assert found["Z-2"][2]["tags"] == {"a": [1, "ខ"]}  # fields.csv says that it is no text


def rebuilt(path):
    """The features of a drawing from the extended data of its outlines: identifier -> shape."""
    pyogrio.set_gdal_config_options({"DXF_INCLUDE_RAW_CODE_VALUES": True})
    try:
        drawn = pyogrio.read_dataframe(path)
    finally:
        pyogrio.set_gdal_config_options({"DXF_INCLUDE_RAW_CODE_VALUES": None})
    rings = {}
    for values, shape in zip(drawn["RawCodeValues"], drawn.geometry, strict=True):
        texts = [value.removeprefix("1000 ") for value in values]
        land_use, lifecycle, part, ring, *name = texts[texts.index("1001 KRONG") + 1 :]
        decoded = re.sub(r"\\U\+(.{4})", lambda m: chr(int(m[1], 16)), "".join(name))
        key = (decoded, land_use, lifecycle)
        rings.setdefault(key, {}).setdefault(part, []).append((ring, shapely.force_2d(shape)))
    shapes = {}
    for key, parts in rings.items():
        areas = [[line for _number, line in sorted(found)] for found in parts.values()]
        shapes[key] = shapely.union_all([shapely.Polygon(o, holes) for o, *holes in areas])
    return shapes, drawn


def test_a_drawing_comes_back_ring_by_ring_with_classes_as_layers(client, tmp_path):
    stood = content_of(areas())
    path = tmp_path / "zones.dxf"

    path.write_bytes(opened(taken(client, "zones", "dxf"))["zones.dxf"])

    shapes, drawn = rebuilt(path)
    assert sorted(drawn["Layer"]) == ["OTHER", "OTHER", "R1", "R1", "R1"]
    assert set(shapes) == {(name, row[0] or "", row[1]) for name, row in stood.items()}
    for (name, *_labels), shape in shapes.items():
        expected = shapely.from_wkb(bytes(stood[name][3].wkb))
        assert shapely.hausdorff_distance(shape, expected) <= 0.0001
        assert shape.area == pytest.approx(expected.area, abs=0.05)


def test_what_a_drawing_cannot_hold_stands_beside_it(client):
    areas()

    files = opened(taken(client, "zones", "dxf"))

    rows = table_in(files["zones-attributes.csv"])
    assert rows["Z-1"]["name_km"] == MARKET
    assert rows["ដី-៣"]["lifecycle"] == "closed"
    assert b"WGS_1984_UTM_Zone_48N" in files["zones.prj"]
    told = files["zones.txt"].decode("utf-8-sig")
    assert "licence: CC BY 4.0" in told
    assert f"crs: EPSG:{PROJECT_SRID}" in told
    assert "layer R1: R1 #FFD37F" in told


def test_kml_comes_back_in_place_with_names_and_a_style_per_class(client, tmp_path):
    layer = areas()
    path = tmp_path / "zones.kml"

    path.write_bytes(taken(client, "zones", "kml"))

    read = pyogrio.read_dataframe(path).set_index("stable_id")
    text = path.read_text(encoding="utf-8")
    assert read.loc["Z-1", "Name"] == MARKET
    assert read.loc["Z-2", "lifecycle"] == "planned"
    # #FFD37F at the opacity of zones, written aabbggrr
    assert "7fd3ff</color></PolyStyle>" in text
    for name, (_use, _cycle, _properties, shape) in content_of(layer).items():
        moved = to_project(shapely.force_2d(read.loc[name].geometry), 4326)
        assert (
            distance_m(GEOSGeometry(memoryview(shapely.to_wkb(moved)), srid=PROJECT_SRID), shape)
            < 0.002
        )


def test_csv_holds_points_as_longitude_and_latitude(client):
    described("markets", feature("M-1", at(0, 0), "market", name=MARKET), geometry_kind="point")

    rows = table_in(opened(taken(client, "markets", "csv"))["markets.csv"])

    there = to_project(shapely.Point(float(rows["M-1"]["lon"]), float(rows["M-1"]["lat"])), 4326)
    assert there.distance(shapely.Point(EAST, NORTH)) < 0.002
    assert rows["M-1"]["class"] == "market"
    assert rows["M-1"]["name"] == MARKET


def test_csv_holds_areas_as_text_in_the_crs_that_was_asked_for(client):
    layer = areas()

    rows = table_in(opened(taken(client, "zones", "csv", crs=str(PROJECT_SRID)))["zones.csv"])

    for name, (*_labels, shape) in content_of(layer).items():
        read = GEOSGeometry(rows[name]["wkt"], srid=PROJECT_SRID)
        assert distance_m(read, shape) <= 0.0001


def test_a_sequence_of_features_is_read_by_gdal(client):
    areas()

    content = taken(client, "zones", "geojsonseq")

    read = frame(BytesIO(content))
    assert sorted(read.index) == ["Z-1", "Z-2", "ដី-៣"]
    assert content.count(b"\x1e") == 3
    assert content.count(b'"licence":"CC BY 4.0"') == 3

"""Tables and Shapefiles that are taken away, read by plain csv, json and GDAL."""

import csv
import io
import json
import re
from xml.etree import ElementTree as ET

import pyogrio
import pytest
import shapely
from pyproj import CRS, Transformer

from layers.exports.columns import shapefile_names, unique_names
from layers.exports.tables import BYTE_ORDER_MARK, plain_cell, safe_cell
from layers.services import publish_features
from tests.factories import EAST, NORTH, at, feature, filled_layer, line, square
from tests.layers.exports.taken import areas, described, empty_layer, opened, table_in, taken

pytestmark = pytest.mark.django_db

TITLED = {
    "fields": {
        "height_m": {"type": "number", "title_km": "កម្ពស់", "title_en": "Height", "unit": "m"}
    }
}


def csv_of(client, slug, **asked):
    return opened(taken(client, slug, "csv", **asked))[f"{slug}.csv"]


def shapes_in(client, slug, folder, **asked):
    files = opened(taken(client, slug, "shp", **asked))
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return files


def rows_of(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=SUM(A1:A9)", "'=SUM(A1:A9)"),
        ("+855 12 345 678", "'+855 12 345 678"),
        ("-", "'-"),
        ("@home", "'@home"),
        ("\t=1", "'\t=1"),
        ("＝cmd", "'＝cmd"),  # full width, which some spreadsheets read as =
        ("'quoted", "''quoted"),
        ("12=12", "12=12"),
        ("ផ្សារ", "ផ្សារ"),
        ("", ""),
    ],
)
def test_a_cell_that_begins_like_a_formula_gets_one_apostrophe(text, cell):
    assert safe_cell(text) == cell
    assert plain_cell(cell) == text


def test_negative_numbers_stay_numbers_in_a_table(client):
    described("levels", feature("L-1", at(0, 0), level_m=-1.5, code="-1.5"), geometry_kind="point")

    [row] = table_in(csv_of(client, "levels")).values()

    assert float(row["level_m"]) == -1.5
    assert row["code"] == "'-1.5"


def test_texts_with_commas_quotes_and_line_ends_come_back_letter_by_letter(client):
    texts = {"a": 'say "yes", then go', "b": "first\nsecond", "c": "x;y", "d": " padded ", "e": "ក\u200bខ"}  # fmt: skip  # noqa: E501
    described("notes", feature("N,1", at(0, 0), **texts), geometry_kind="point")

    rows = table_in(csv_of(client, "notes"))

    assert {name: rows["N,1"][name] for name in texts} == texts


def test_nothing_false_and_an_empty_text_are_told_apart_from_zero(client):
    described(
        "plots",
        feature("P-1", at(0, 0), a=None, b=False, c=0, d=True, e=0.0),
        feature("P-2", at(1, 0), b=True, c=7, d=False, e=2.5),
    )

    rows = table_in(csv_of(client, "plots"))

    told = {name: rows["P-1"][name] for name in "bcde"}
    assert told == {"b": "false", "c": "0", "d": "true", "e": "0.0"}
    assert rows["P-1"]["a"] == ""


def test_excel_gets_a_mark_of_the_encoding_once_and_others_none(client):
    areas()

    assert csv_of(client, "zones", excel="1").startswith(BYTE_ORDER_MARK.encode() + b"stable_id,")
    assert csv_of(client, "zones", excel="1").count(BYTE_ORDER_MARK.encode()) == 1
    assert csv_of(client, "zones").startswith(b"stable_id,")


def test_the_table_on_the_web_describes_each_of_its_columns_in_order(client):
    described(
        "houses",
        feature("H-1", at(0, 0), height_m=3.5, floors=2, lived_in=True, tags=["x"], lat="odd"),
        geometry_kind="point",
        attribute_schema=TITLED,
    )

    files = opened(taken(client, "houses", "csv"))
    told = json.loads(files["houses.csv-metadata.json"])

    columns = told["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == rows_of(files["houses.csv"])[0]
    kinds = {column["name"]: column.get("datatype") for column in columns}
    assert kinds["height_m"] == "double"
    assert kinds["floors"] == "integer"
    assert kinds["lived_in"] == "boolean"
    assert kinds["tags"] == "json"
    height = next(column for column in columns if column["name"] == "height_m")
    assert height["dc:description"] == {"km": "កម្ពស់", "en": "Height"}
    assert height["krong:unit"] == "m"
    odd = next(column for column in columns if column.get("krong:attribute") == "lat")
    assert odd["name"] == "lat_2"  # lat itself is the latitude
    assert told["tableSchema"]["primaryKey"] == "stable_id"
    assert told["url"] == "houses.csv"
    assert told["krong:provenance"]["steward"] == "Department of Land Management"


def test_a_place_in_degrees_and_in_metres_is_the_same_place(client):
    described("posts", feature("P", at(123.4567, 89.0123)), geometry_kind="point")

    degrees = table_in(csv_of(client, "posts"))["P"]
    metres = table_in(csv_of(client, "posts", crs="EPSG:32648"))["P"]

    assert (metres["x"], metres["y"]) == ("330123.4567", "1170089.0123")
    there = Transformer.from_crs(4326, 32648, always_xy=True).transform(
        float(degrees["lon"]), float(degrees["lat"])
    )
    assert there == pytest.approx((EAST + 123.4567, NORTH + 89.0123), abs=0.002)


def test_a_table_in_web_mercator_holds_what_pyproj_says(client):
    areas()

    rows = table_in(csv_of(client, "zones", crs="3857"))

    corner = Transformer.from_crs(32648, 3857, always_xy=True).transform(EAST, NORTH)
    read = shapely.from_wkt(rows["Z-1"]["wkt"])
    assert read.distance(shapely.Point(corner)) < 0.001
    assert len(read.interiors) == 1


def test_columns_beyond_two_hundred_stand_together_in_one(client):
    rows = {f"c{n:03}": n for n in range(203)}
    described("wide", feature("W-1", at(0, 0), **rows), feature("W-2", at(1, 0), c202=1))

    [head, first, *_] = rows_of(csv_of(client, "wide"))

    left = json.loads(first[head.index("more_attributes")])
    held = {name: int(first[head.index(name)]) for name in head if re.fullmatch(r"c\d{3}", name)}
    assert len(left) == 3
    assert held | left == rows
    assert "c202" in held  # the fullest columns keep a place of their own


def test_names_that_meet_in_ten_signs_are_told_apart():
    long = ["population_2019", "population_2020", "POPULATION", "population", "ប្រជាជន", "a b"]

    found = shapefile_names(long)

    assert found == ["population", "populati_2", "POPULATI_3", "populati_4", "field_5", "a_b"]


def test_a_hundred_names_alike_in_ten_signs_still_differ():
    found = shapefile_names([f"building_use_{n}" for n in range(120)])

    assert len({name.lower() for name in found}) == 120
    assert max(map(len, found)) == 10
    assert unique_names(["fid", "FID", "Fid"], taken=("fid",)) == ["fid_2", "FID_3", "Fid_4"]


@pytest.mark.parametrize("letters", [83, 84, 85, 86])
def test_a_khmer_text_is_cut_between_letters_at_254_bytes(client, tmp_path, letters):
    text = "a" + "ដ" * letters  # 1 + 3 bytes a letter: 84 letters make 253 bytes, 85 make 256
    described("zones", feature("Z-1", square(0, 0, 10), remark=text), geometry_kind="polygon")

    files = shapes_in(client, "zones", tmp_path)

    stored = pyogrio.read_dataframe(tmp_path / "zones_areas.shp").loc[0, "remark"]
    assert stored == "a" + "ដ" * min(letters, 84)
    assert ("long-texts.csv" in files) is (letters > 84)
    if letters > 84:
        assert rows_of(files["long-texts.csv"])[1:] == [["Z-1", "remark", text]]


def test_every_long_text_stands_whole_beside_the_shapefile_whatever_its_kind(client, tmp_path):
    long = {name: f"={name}" + "ក" * 200 for name in "abc"}
    described(
        "sketch",
        feature("P", at(0, 0), remark=long["a"]),
        feature("L", line((0, 0), (9, 9)), remark=long["b"]),
        feature("A", square(0, 0, 10), remark=long["c"], tags=["ខ" * 100]),
    )

    files = shapes_in(client, "sketch", tmp_path)

    head, *rows = rows_of(files["long-texts.csv"])
    assert head == ["stable_id", "column", "whole text"]
    whole = {(name, column): plain_cell(text) for name, column, text in rows}
    assert whole == {
        ("P", "remark"): long["a"], ("L", "remark"): long["b"], ("A", "remark"): long["c"],
        ("A", "tags"): json.dumps(["ខ" * 100], ensure_ascii=False),
    }  # fmt: skip
    assert files["long-texts.csv"].count(BYTE_ORDER_MARK.encode()) == 1


def test_the_list_of_fields_leads_from_each_short_name_to_its_attribute(client, tmp_path):
    described(
        "houses",
        feature("H-1", at(0, 0), population_2019=5, population_2020=6, ប្រជាជន=7, height_m=2.5),
        geometry_kind="point",
        attribute_schema=TITLED,
    )

    files = shapes_in(client, "houses", tmp_path)

    head, *rows = rows_of(files["fields.csv"])
    told = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    read = pyogrio.read_dataframe(tmp_path / "houses_points.shp").loc[0]
    values = {told[name]["attribute"]: read[name] for name in told}
    assert values["population_2019"] == 5
    assert values["population_2020"] == 6
    assert values["ប្រជាជន"] == 7
    assert values["height_m"] == 2.5
    assert told["height_m"]["unit"] == "m"
    assert told["height_m"]["title (km)"] == "កម្ពស់"
    assert [row[1] for row in rows[:3]] == ["stable_id", "class", "lifecycle"]


def test_days_numbers_and_yes_and_no_keep_their_meaning_in_a_shapefile(client, tmp_path):
    described(
        "permits",
        feature("P-1", at(0, 0), issued="2026-11-23", fee=12_345_678_901, share=0.1, open=True),
        feature("P-2", at(1, 0)),
        geometry_kind="point",
    )

    shapes_in(client, "permits", tmp_path)

    read = pyogrio.read_dataframe(tmp_path / "permits_points.shp").set_index("stable_id")
    assert read.loc["P-1", "issued"] == "2026-11-23"
    assert read.loc["P-1", "fee"] == 12_345_678_901
    assert read.loc["P-1", "share"] == 0.1
    assert bool(read.loc["P-1", "open"]) is True
    assert read.loc["P-2"].isna()[["issued", "fee", "share"]].all()


def test_holes_and_parts_of_a_shapefile_are_those_of_the_layer(client, tmp_path):
    areas()

    shapes_in(client, "zones", tmp_path)

    read = pyogrio.read_dataframe(tmp_path / "zones_areas.shp").set_index("stable_id")
    assert read.loc["Z-1"].geometry.area == pytest.approx(100**2 - 20**2)
    assert len(shapely.get_parts(read.loc["Z-2"].geometry)) == 2


def test_a_shapefile_names_the_coordinate_system_that_was_asked_for(client, tmp_path):
    areas()

    files = shapes_in(client, "zones", tmp_path, crs="3857")

    assert CRS.from_wkt(files["zones_areas.prj"].decode()).to_epsg(min_confidence=20) == 3857
    bounds = pyogrio.read_info(tmp_path / "zones_areas.shp")["total_bounds"]
    assert bounds[0] == pytest.approx(
        Transformer.from_crs(32648, 3857, always_xy=True).transform(EAST, NORTH)[0], abs=1000
    )


@pytest.mark.parametrize("code", ["gpkg", "shp", "geojson", "geojsonseq", "fgb", "kml", "dxf", "csv"])  # fmt: skip  # noqa: E501
def test_a_choice_that_nothing_answers_is_a_sound_file_without_features(client, tmp_path, code):
    areas()

    content = taken(client, "zones", code, ids="nobody")

    if code == "csv":
        assert len(rows_of(opened(content)["zones.csv"])) == 1
        return
    if code == "geojsonseq":
        assert content == b""
        return
    if code == "kml":  # GDAL makes a table of a document with placemarks only
        assert ET.fromstring(content).find(".//{*}Placemark") is None
        return
    path = tmp_path / f"zones.{code}"
    if code in {"shp", "dxf"}:
        for name, part in opened(content).items():
            (tmp_path / name).write_bytes(part)
        path = tmp_path / {"shp": "zones_areas.shp", "dxf": "zones.dxf"}[code]
    else:
        path.write_bytes(content)
    assert len(pyogrio.read_dataframe(path)) == 0


def test_a_layer_that_lost_its_last_feature_is_still_taken_away(client, tmp_path):
    layer = filled_layer("gone", feature("G", at(0, 0), name="x"))
    publish_features(layer=layer, features=[])

    assert json.loads(taken(client, "gone", "geojson"))["features"] == []
    assert table_in(csv_of(client, "gone")) == {}
    assert set(opened(taken(client, "gone", "shp"))) >= {"README.txt", "fields.csv"}
    path = tmp_path / "gone.gpkg"
    path.write_bytes(taken(client, "gone", "gpkg"))
    assert len(pyogrio.read_dataframe(path, layer="gone")) == 0


def test_a_layer_that_was_never_published_cannot_be_taken_away(client):
    empty_layer("draft")

    for code in ("gpkg", "csv"):
        assert client.get("/layers/draft/download", {"format": code}).status_code == 404

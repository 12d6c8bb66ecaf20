"""Downloads: who may, which features, what travels along, and what is refused."""

import json
import socket
import sqlite3
import subprocess
import tempfile
from io import BytesIO

import pyogrio
import pytest
import shapely
from django.contrib.auth.models import User
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.exports import dxf
from layers.exports.batches import batches
from layers.exports.columns import shapefile_names, unique_names
from layers.exports.selection import Selection, selected
from layers.exports.tables import plain_cell, safe_cell
from layers.exports.views import is_closed
from layers.services import publish_features
from tests.factories import at, feature, filled_layer, land_use, square
from tests.layers.exports.taken import areas, described, opened, table_in, taken
from tests.layers.web_map import lonlat

pytestmark = pytest.mark.django_db

EVERY_FORMAT = ("gpkg", "shp", "geojson", "geojsonseq", "fgb", "kml", "dxf", "csv")


def ids(client, slug, **asked):
    return {row["id"] for row in json.loads(taken(client, slug, "geojson", **asked))["features"]}


def refused(client, slug, **asked):
    response = client.get(f"/layers/{slug}/download", asked, headers={"accept": "text/json"})
    assert response.status_code in {400, 404}
    return response.json()["error"]["what"]


@pytest.mark.parametrize("code", EVERY_FORMAT)
def test_licence_and_version_travel_in_every_format(client, code):
    areas()

    content = taken(client, "zones", code)

    if content.startswith(b"PK"):
        content = b"".join(opened(content).values())
    assert b"CC BY 4.0" in content
    assert b"version" in content


def test_a_geopackage_brings_the_colours_of_the_classes_for_qgis(client, tmp_path):
    areas()
    path = tmp_path / "zones.gpkg"

    path.write_bytes(taken(client, "zones", "gpkg"))

    with sqlite3.connect(path) as file:
        [(qml, is_default)] = file.execute("SELECT styleQML, useAsDefault FROM layer_styles")
    assert 'attr="class"' in qml
    assert 'value="R1"' in qml
    assert "255,211,127" in qml  # R1 is #FFD37F
    assert is_default
    described = pyogrio.read_info(path, layer="zones")["layer_metadata"]
    assert described["steward"] == "Department of Land Management"
    assert described["captured_on"] == "not stated"


def test_a_layer_of_colours_by_attribute_is_styled_by_that_attribute(client, tmp_path):
    colours = {"property": "hazard_class", "values": {"H1": "#A9D2EA"}}
    described(
        "flood-x",
        feature("F-1", square(0, 0, 10), hazard_class="H1"),
        attribute_schema={"colours": colours},
        geometry_kind="polygon",
    )
    path = tmp_path / "flood.gpkg"

    path.write_bytes(taken(client, "flood-x", "gpkg"))

    with sqlite3.connect(path) as file:
        [(qml,)] = file.execute("SELECT styleQML FROM layer_styles")
    assert 'attr="hazard_class"' in qml
    assert 'value="H1"' in qml


def test_geojson_winds_outer_rings_against_the_clock_with_seven_decimals(client):
    areas()

    collection = json.loads(taken(client, "zones", "geojson"))

    rings = [f["geometry"]["coordinates"][0] for f in collection["features"] if f["id"] != "Z-2"]
    assert all(shapely.LinearRing(ring).is_ccw for ring in rings)
    assert all(len(str(x).partition(".")[2]) <= 7 for ring in rings for x, _y in ring)
    assert collection["provenance"]["crs"].startswith("EPSG:4326")
    assert collection["provenance"]["coordinate_precision"] == "0.0000001 degree"


def test_an_attribute_called_class_is_kept_beside_the_land_use_class(client):
    land_use("school")
    described("facilities", feature("F-1", at(0, 0), "school", **{"class": "Bac II", "Class": "x"}))

    [told] = json.loads(taken(client, "facilities", "geojson"))["features"]
    rows = table_in(opened(taken(client, "facilities", "csv"))["facilities.csv"])

    assert told["properties"]["class"] == "school"
    assert sorted(told["properties"].values()) == sorted(
        ["F-1", "school", "existing", "Bac II", "x"]
    )
    assert sorted(rows["F-1"].values())[2:] == sorted(["F-1", "school", "existing", "Bac II", "x"])


def test_a_part_of_a_layer_is_chosen_by_id_class_box_words_and_attributes(client):
    land_use("school")
    land_use("school_primary", parent=land_use("school"))
    filled_layer(
        "facilities",
        feature("F-1", at(0, 0), "school_primary", name_km="សាលា លេខ ៤", pupils=120),
        feature("F-2", at(5000, 0), "school", "planned", name_km="សាលា", pupils=80),
        feature("F-3", at(0, 9000), None, name_en="Old market", open=True),
    )
    west, south = lonlat(-10, -10)
    east, north = lonlat(6000, 10)

    assert ids(client, "facilities", ids="F-1,F-3") == {"F-1", "F-3"}
    assert ids(client, "facilities", **{"class": "school"}) == {"F-1", "F-2"}
    assert ids(client, "facilities", **{"class": "-"}) == {"F-3"}
    assert ids(client, "facilities", bbox=f"{west},{south},{east},{north}") == {"F-1", "F-2"}
    assert ids(client, "facilities", lifecycle="planned") == {"F-2"}
    assert (
        ids(client, "facilities", q="សាលាលេខ៤") == ids(client, "facilities", q="លេខ 4") == {"F-1"}
    )
    assert ids(client, "facilities", **{"min.pupils": "100"}) == {"F-1"}
    assert ids(client, "facilities", **{"max.pupils": "100"}) == {"F-2"}
    assert ids(client, "facilities", **{"is.pupils": "80"}) == {"F-2"}
    assert ids(client, "facilities", **{"is.open": "true"}) == {"F-3"}
    assert ids(client, "facilities", **{"has.name_en": "MARKET"}) == {"F-3"}


def test_an_earlier_version_is_taken_away_as_it_was(client):
    layer = filled_layer("zones", feature("Z-1", square(0, 0, 10), height_m=1))
    publish_features(layer=layer, features=[feature("Z-2", square(0, 0, 20))])

    assert ids(client, "zones", version="1") == {"Z-1"}
    assert ids(client, "zones") == {"Z-2"}
    rows = table_in(opened(taken(client, "zones", "csv", version="1"))["zones.csv"])
    assert rows["Z-1"]["height_m"] == "1"


def test_what_is_not_understood_is_refused(client):
    areas()

    assert "'colour' means nothing" in refused(client, "zones", colour="red", lang="en")
    assert "no box" in refused(client, "zones", bbox="1,2,3", lang="en")
    assert "no box" in refused(client, "zones", bbox="103,nan,104,11", lang="en")
    assert "'doc'" in refused(client, "zones", format="doc", lang="en")
    assert "WGS 84" in refused(client, "zones", format="geojson", crs="32648", lang="en")
    assert "no accurate" in refused(client, "zones", format="gpkg", crs="3148", lang="en").lower()
    assert "no number" in refused(client, "zones", **{"min.floors": "many", "lang": "en"})
    assert "no lifecycle" in refused(client, "zones", lifecycle="old", lang="en")
    assert refused(client, "zones", version="7", lang="en")
    assert "no day" in refused(client, "zones", date="yesterday", lang="en")
    assert "Unknown land-use class" in refused(client, "zones", **{"class": "R77", "lang": "en"})


def test_a_layer_for_staff_is_taken_away_by_staff_only(client):
    filled_layer("wells", feature("W-1", at(0, 0)), visibility="internal")

    assert "no layer 'wells'" in refused(client, "wells", lang="en")
    client.force_login(User.objects.create_user("sok", is_staff=True))
    assert ids(client, "wells") == {"W-1"}


def test_a_layer_of_all_kinds_of_shapes_makes_one_shapefile_per_kind(client):
    described(
        "sketch",
        feature("P", at(0, 0)),
        feature("M", shapely.MultiPoint([at(0, 0), at(1, 1)])),
        feature("A", square(0, 0, 10)),
    )

    files = opened(taken(client, "sketch", "shp"))

    assert {"sketch_points.shp", "sketch_multipoints.shp", "sketch_areas.shp"} <= set(files)
    assert "sketch_lines.shp" not in files


def test_a_text_too_long_for_a_shapefile_stands_whole_beside_it(client, tmp_path):
    long = "ដី" * 100
    described("zones", feature("Z-1", square(0, 0, 10), a_very_long_remark_km=long))

    files = opened(taken(client, "zones", "shp"))

    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    stored = pyogrio.read_dataframe(tmp_path / "zones_areas.shp").loc[0, "a_very_lon"]
    assert long.startswith(stored)
    assert len(stored.encode()) in {252, 253, 254}
    assert long in files["long-texts.csv"].decode("utf-8-sig")
    assert "a_very_lon,a_very_long_remark_km,text" in files["fields.csv"].decode("utf-8-sig")


@given(st.text(max_size=20))
def test_no_cell_is_a_formula_and_none_loses_a_sign(text):
    cell = safe_cell(text)

    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert plain_cell(cell) == text


@given(st.lists(st.text(min_size=1, max_size=14), unique=True, max_size=30))
def test_short_names_are_ascii_and_differ_whatever_their_case(names):
    short = shapefile_names(names)

    assert len({name.lower() for name in short}) == len(names)
    assert all(name.isascii() and 0 < len(name) <= 10 for name in short)


def test_names_that_differ_by_case_only_get_a_number():
    assert unique_names(["Name", "name", "class"], taken=("class",)) == [
        "Name", "name_2", "class_2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rgb", "number"), [("#FF0000", 1), ("#00FF00", 3), ("#FFFFFF", 255), ("#FF7F7F", 11)]
)
def test_colours_become_the_nearest_of_the_autocad_index(rgb, number):
    assert dxf.nearest_colour(rgb) == number


VALUES = st.one_of(
    st.text("កខ=-'\"\n<&;,a", max_size=8).filter(lambda text: text.strip()),
    st.integers(-(10**12), 10**12),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)),
    st.booleans(),
)


@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(rows=st.lists(st.dictionaries(st.sampled_from(["a", "B", "ខ", "no"]), VALUES), min_size=1, max_size=6))  # fmt: skip  # noqa: E501
def test_any_layer_has_the_same_attributes_in_geojson_and_geopackage(client, rows):
    layer = filled_layer(
        "random", *(feature(f"R-{n}", at(n, n), **row) for n, row in enumerate(rows))
    )
    stood = {f"R-{n}": row for n, row in enumerate(rows)}

    collection = json.loads(taken(client, "random", "geojson"))
    read = pyogrio.read_arrow(BytesIO(taken(client, "random", "gpkg")), layer="random")[1]

    labels = {"stable_id", "class", "lifecycle"}
    for told in collection["features"]:
        assert {k: v for k, v in told["properties"].items() if k not in labels} == stood[told["id"]]
    for row in read.to_pylist():
        for name, value in stood[row["stable_id"]].items():
            found = row[name]
            same = json.loads(found) if isinstance(found, str) and found != value else found
            assert same == value
    layer.features.all().delete()
    layer.versions.all().delete()
    layer.delete()


def test_an_export_ends_at_the_next_batch_once_nobody_waits():
    layer = filled_layer("many", *(feature(f"P-{n}", at(n, 0)) for n in range(4500)))

    class GoneError(Exception):
        pass

    def gone_after_the_first(seen=[0]):  # noqa: B006 - counts its calls
        seen[0] += 1
        if seen[0] > 1:
            raise GoneError

    chosen = selected(Selection(version=layer.versions.get()))
    found = batches(chosen, 32648, gone_after_the_first)

    assert len(next(found)) == 2000
    with pytest.raises(GoneError):
        next(found)


def test_a_closed_line_is_told_from_a_waiting_one():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not is_closed(ours)
        theirs.sendall(b"GET")
        assert not is_closed(ours)
        assert ours.recv(3) == b"GET"
        theirs.close()
        assert is_closed(ours)


def test_a_failed_export_leaves_no_file_behind(client, tmp_path, monkeypatch):
    areas()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    response = client.get("/layers/zones/download", {"format": "gpkg"})
    assert list(tmp_path.iterdir()) == []  # open, but without a name
    response.close()
    client.get("/layers/zones/download", {"format": "gpkg", "min.floors": "x"})

    assert list(tmp_path.iterdir()) == []


def test_the_shell_writes_a_part_of_a_layer(tmp_path, capsys):
    areas()
    path = tmp_path / "zones.geojson"

    call_command("export", "--layer", "zones", "--format", "geojson", "-o", str(path),
                 "--class", "R1", "--where", "min.floors=1", "--version", "1")  # fmt: skip

    assert [row["id"] for row in json.loads(path.read_text())["features"]] == ["Z-1"]
    assert str(path) in capsys.readouterr().out


def test_the_shell_leaves_no_half_file(tmp_path, capsys):
    areas()

    with pytest.raises(SystemExit) as ended:
        call_command("export", "--layer", "zones", "--format", "gpkg", "--crs", "3148",
                     "-o", str(tmp_path / "z.gpkg"))  # fmt: skip

    assert ended.value.code == 2
    assert list(tmp_path.iterdir()) == []
    assert "EPSG:32648" in capsys.readouterr().err


QGIS = """
import os, sys
from qgis.core import QgsApplication, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
layer = QgsVectorLayer(sys.argv[1] + "|layername=zones", "zones", "ogr")
renderer = layer.renderer()
categories = renderer.categories()  # kept: their symbols live no longer than they
print(layer.isValid(), renderer.type(), [c.value() for c in categories],
      categories[0].symbol().color().name(), flush=True)
os._exit(0)  # QGIS may crash while Python takes it down
"""


def test_qgis_opens_the_geopackage_in_the_colours_of_the_map(client, tmp_path):
    asked = ["/usr/bin/python3", "-c", "import qgis.core"]
    if subprocess.run(asked, check=False, capture_output=True).returncode:
        pytest.skip("QGIS is not on this machine")
    areas()
    path = tmp_path / "zones.gpkg"
    path.write_bytes(taken(client, "zones", "gpkg"))

    said = subprocess.run(
        ["/usr/bin/python3", "-c", QGIS, str(path)],
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin", "HOME": str(tmp_path)},
        capture_output=True, text=True, check=True, timeout=120,
    ).stdout  # fmt: skip

    assert said.strip() == "True categorizedSymbol ['R1', ''] #ffd37f"

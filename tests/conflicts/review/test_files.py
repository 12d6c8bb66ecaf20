"""Findings as files: exactly what the list shows, read by the programs they are for."""

import csv
import io
import zipfile
from pathlib import Path

import pyogrio
import pytest
import shapely
from django.contrib.auth.models import Permission, User
from django.core.management import call_command

from conflicts.exports import finding_record
from conflicts.models import Finding
from conflicts.queries import FindingFilter, findings
from conflicts.review.columns import COLUMNS
from layers.models import Layer
from tests.conflicts.ground import find, rule_data
from tests.conflicts.review.ground import EAST_SIDE, WEST, detected, sangkats
from tests.factories import feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    """Two gaps (lines) and one overlap (an area) between a landfill, schools and a market."""
    sangkats()
    return detected()


def written(client, tmp_path, query=""):
    answer = client.get(f"/findings/file.gpkg?{query}")
    assert answer.status_code == 200
    path = tmp_path / "findings.gpkg"
    path.write_bytes(answer.content)
    return path


def table(path, name):
    return pyogrio.read_dataframe(path, layer=name)


def test_the_geopackage_holds_evidence_by_its_shape_in_metres(client, city, tmp_path):
    path = written(client, tmp_path)

    lines, areas = table(path, "findings_lines"), table(path, "findings_areas")
    assert {name for name, _kind in pyogrio.list_layers(path)} == {
        "findings_points", "findings_lines", "findings_areas", "rules", "about", "columns",
        "layer_styles",
    }  # fmt: skip
    assert len(table(path, "findings_points")) == 0
    assert dict(zip(lines["object"], lines.length, strict=True)) == pytest.approx(
        {"S-EAST": 180.0, "S-NORTH": 50.0}
    )
    assert list(areas.area) == pytest.approx([2_500.0])
    assert lines.crs.to_epsg() == Layer._meta.apps.get_model(
        "layers", "Feature"
    )._meta.get_field("geometry").srid  # fmt: skip


def test_each_row_states_measure_unit_basis_state_and_sangkats(client, city, tmp_path):
    lines = table(written(client, tmp_path), "findings_lines").set_index("object")

    row = lines.loc["S-EAST"]
    assert (row["measured"], row["required"], row["margin"], row["unit"]) == (180, 200, -20, "m")
    assert (row["basis"], row["state"], row["severity"]) == ("demo_value", "open", "high")
    assert (row["state_km"], row["sangkats"]) == ("បើក", f"{WEST}, {EAST_SIDE}")
    assert "lies 180.0 m from School East" in row["explanation_en"]
    assert "១៨០" in row["explanation_km"] or "180" in row["explanation_km"]


def test_what_each_rule_answered_and_lacks_goes_with_the_geopackage(client, tmp_path):
    filled_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    land_use("school")
    find(rule_data())

    path = written(client, tmp_path)

    [rule] = table(path, "rules").to_dict("records")
    assert (rule["rule"], rule["answer"]) == ("T-01", "cannot_tell")
    assert rule["missing_en"] != ""
    assert dict(table(path, "about").values)["findings"] == "0"


def test_the_columns_are_named_in_khmer_and_english(client, city, tmp_path):
    columns = table(written(client, tmp_path), "columns").set_index("name")

    assert columns.loc["measured", "en"] == "measured"
    assert columns.loc["measured", "unit"] == "unit"
    assert all(any("\u1780" <= sign <= "\u17ff" for sign in name) for name in columns["km"])


@pytest.mark.parametrize(
    "query", ["kind=overlap", f"sangkat={EAST_SIDE}", "q=S-NORTH", "q=nothing"]
)
def test_the_file_holds_exactly_the_findings_of_the_list(client, city, tmp_path, query):
    name, _equals, value = query.partition("=")
    wanted = findings(FindingFilter(**{name: value}))

    path = written(client, tmp_path, query)

    held = [n for t in ("points", "lines", "areas") for n in table(path, f"findings_{t}")["number"]]
    assert sorted(held) == sorted(wanted.values_list("pk", flat=True))


def test_a_hidden_layer_s_findings_are_in_no_file(client, city, tmp_path):
    Layer.objects.filter(slug="facilities").update(visibility="restricted")

    path = written(client, tmp_path)

    assert len(table(path, "findings_lines")) == len(table(path, "findings_areas")) == 0


def test_the_geopackage_is_styled_by_severity(client, city, tmp_path):
    styles = table(written(client, tmp_path), "layer_styles")

    assert set(styles["f_table_name"]) == {"findings_points", "findings_lines", "findings_areas"}
    assert all(('attr="severity"' in text and "#b00020" in text.lower()) or "176,0,32" in text
               for text in styles["styleQML"])  # fmt: skip


def cells(archive, name):
    return list(csv.reader(io.StringIO(archive.read(name).decode().removeprefix("\ufeff"))))


def test_the_csv_has_khmer_headings_each_once_and_the_same_rows(client, city):
    archive = zipfile.ZipFile(io.BytesIO(client.get("/findings/file.csv").content))

    heading, *rows = cells(archive, "findings-km.csv")
    assert heading == [column.title("km") for column in COLUMNS]
    assert len(set(heading)) == len(heading)
    assert not [name for name in heading if name.isascii()]
    assert len(rows) == len(cells(archive, "findings.csv")) - 1 == 3


def test_a_name_that_begins_like_a_formula_is_no_formula_under_khmer_headings(client):
    land_use("school")
    detected(feature("S-2", square(120, 0, 5), "school", name_en='=HYPERLINK("x")'))
    archive = zipfile.ZipFile(io.BytesIO(client.get("/findings/file.csv").content))

    texts = {cell for row in cells(archive, "findings-km.csv") for cell in row}
    assert not [text for text in texts if text.startswith(("=", "@", "\t"))]


def test_every_column_is_in_the_record_of_a_finding(city):
    records = [finding_record(finding) for finding in findings(FindingFilter())]

    for column in COLUMNS:
        assert all(column.name in record for record in records), column.name


def test_the_command_writes_a_geopackage_and_refuses_to_print_one(city, tmp_path, capsys):
    path = Path(tmp_path) / "all.gpkg"
    call_command("findings", format="gpkg", output=path)

    assert len(table(path, "findings_lines")) == 2
    assert Finding.objects.count() == 3


SECRET = "secret-cadastre"


@pytest.fixture
def city_with_a_secret(city):
    """The detection saw a layer that is kept from the public."""
    filled_layer(SECRET, feature("P", square(0, 0, 10), "school"), visibility="restricted")
    find(rule_data())


@pytest.mark.parametrize("kind", ["json", "geojson", "gpkg"])
def test_a_layer_kept_from_the_public_is_named_in_no_public_file(client, city_with_a_secret, kind):
    told = client.get(f"/findings/file.{kind}").content

    assert SECRET.encode() not in told
    assert b"facilities" in told


def test_a_layer_kept_from_the_public_is_named_in_no_table_and_no_report(
    client, city_with_a_secret
):
    archive = zipfile.ZipFile(io.BytesIO(client.get("/findings/file.csv").content))
    tables = b"".join(archive.read(name) for name in archive.namelist())

    assert SECRET.encode() not in tables
    assert b"facilities v1, sangkat v1" in tables
    assert SECRET not in client.get("/findings/?rule=T-01").content.decode()


def test_who_may_see_the_layer_finds_it_among_the_data_used(client, city_with_a_secret):
    trusted = User.objects.create_user("trusted")
    trusted.user_permissions.add(Permission.objects.get(codename="view_layer"))
    client.force_login(trusted)

    body = client.get("/findings/file.json").json()

    assert body["detection"]["data_versions"] == {"facilities": 1, SECRET: 1, "sangkat": 1}


@pytest.mark.parametrize("bbox", ["0,0,180,90", "-180,-90,180,90", "-75,-10,-74,10"])
def test_an_area_the_project_cannot_measure_is_refused_or_holds_nothing(client, city, bbox):
    answer = client.get(f"/findings/?bbox={bbox}")

    assert answer.status_code == 400 or answer.context["count"] == 0


def test_an_area_around_the_province_holds_all_findings(client, city):
    assert client.get("/findings/?bbox=102,9,106,13&view=each").context["count"] == 3


def test_evidence_in_the_file_is_the_evidence_that_was_measured(client, city, tmp_path):
    lines = table(written(client, tmp_path), "findings_lines").set_index("number")

    for finding in Finding.objects.filter(rule_code="SEP-01").select_related("current"):
        stored = shapely.from_wkb(bytes(finding.current.witness.wkb))
        assert shapely.equals(lines.loc[finding.pk, "geometry"], stored)

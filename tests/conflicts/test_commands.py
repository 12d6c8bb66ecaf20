"""./krong rulebook, detect and findings: what they print, and code 2 for what a user can fix."""

import csv
import io
import json

import pytest
from django.core.management import call_command

from conflicts.models import DetectionRun, Finding, RuleBook
from conflicts.rule_parts import Text
from conflicts.rule_schema import rule_from_data
from conflicts.rulebook_file import RuleBookFile, write_rulebook
from layers.models import Layer
from tests.conflicts.ground import find, rule_data, surveyed_layer
from tests.factories import feature, land_use, square

pytestmark = pytest.mark.django_db


def run(capsys, *arguments):
    """Exit code, what was printed, what was said on the error channel."""
    try:
        call_command(*arguments)
        code = 0
    except SystemExit as stop:
        code = stop.code
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.fixture
def book_file(tmp_path):
    land_use("landfill", name_km="ទីលានចាក់សំរាម", name_en="Landfill")
    land_use("school", name_km="សាលារៀន", name_en="School")

    def write(*rules):
        path = tmp_path / "city.yaml"
        read = tuple(rule_from_data(rule) for rule in rules or (rule_data(),))
        book = RuleBookFile(code="city", title=Text(en="City", km="ក្រុង"), rules=read)
        path.write_text(write_rulebook(book), encoding="utf-8")
        return path

    return write


@pytest.fixture
def conflict(book_file):
    surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill", name_en="Hill dump", name_km="ភ្នំសំរាម"),
        feature("S", square(280, 0, 50), "school", name_en="=School 1", name_km="សាលា១"),
        title_en="Facilities", title_km="សេវា",
    )  # fmt: skip
    [finding] = find(
        rule_data(
            basis="foreign_reference",
            provision={"citation": "QCVN 01:2021/BXD, 2.12.4 [S23]", "jurisdiction": "VN"},
        ),
        code="city",
    )
    return finding


def test_load_stores_then_says_nothing_changed(capsys, book_file):
    code, out, _ = run(capsys, "rulebook", "load", str(book_file()))
    assert (code, "1 rules; stored." in out) == (0, True)

    code, out, _ = run(capsys, "rulebook", "load", str(book_file()))
    assert (code, "nothing changed" in out) == (0, True)


def test_load_and_ratify_in_one_step(capsys, book_file):
    code, out, _ = run(capsys, "rulebook", "load", str(book_file()), "--ratify", "--json")

    assert code == 0
    assert json.loads(out)["status"] == "ratified"
    assert RuleBook.objects.get().ratified_at is not None


def test_a_negative_distance_is_code_2_with_a_sentence_and_nothing_stored(capsys, book_file):
    path = book_file()
    path.write_text(
        path.read_text(encoding="utf-8").replace("min_distance_m: 200", "min_distance_m: -200"),
        encoding="utf-8",
    )

    code, _, err = run(capsys, "rulebook", "load", str(path))

    assert code == 2
    assert err.startswith("city.yaml: rule T-01: min_distance_m: is -200, but must be above 0.")
    assert not RuleBook.objects.exists()


def test_list_and_show(capsys, book_file):
    run(capsys, "rulebook", "load", str(book_file()))

    _, listed, _ = run(capsys, "rulebook", "list")
    _, shown, _ = run(capsys, "rulebook", "show", "city")

    assert "city version 1 (draft): 1 rules" in listed
    assert "T-01" in shown
    assert "separation" in shown


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("rulebook", "show", "nowhere"), "There is no rule book 'nowhere'."),
        (("rulebook", "load", "nowhere.yaml"), "cannot be read"),
        (("detect", "--rulebook", "nowhere"), "Known: none yet. Load one"),
        (("findings", "--format", "dxf"), "Use one of: json, geojson, csv, gpkg."),
        (("findings", "--severity", "fatal"), "Use one of: info, low, medium, high, critical."),
        (("findings", "--state", "shut"), "Use one of: open, triaged"),
        (("findings", "--output", "/nowhere/x.json"), "cannot be written"),
    ],
)
def test_what_a_user_can_put_right_is_code_2(capsys, arguments, sentence):
    code, _, err = run(capsys, *arguments)

    assert code == 2
    assert sentence in err


def test_detect_names_version_counts_and_gaps(capsys, book_file):
    surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(280, 0, 50), "school"),
    )
    run(capsys, "rulebook", "load", str(book_file()))

    code, out, _ = run(capsys, "detect", "--rulebook", "city")

    assert code == 0
    assert "Rule book city version 1 (draft)" in out
    assert "1 conflicts: 1 high" in out
    assert "T-01 Test rule" in out  # progress
    run_row = DetectionRun.objects.get().run
    assert (run_row.state, run_row.progress_share, run_row.kind) == ("succeeded", 1.0, "detection")


def test_detect_uses_the_version_in_force_unless_told(capsys, book_file):
    run(capsys, "rulebook", "load", str(book_file()), "--ratify")
    run(capsys, "rulebook", "load", str(book_file(rule_data(min_distance_m=300))))

    _, in_force, _ = run(capsys, "detect", "--rulebook", "city", "--json")
    _, asked, _ = run(capsys, "detect", "--rulebook", "city", "--rulebook-version", "2", "--json")

    assert json.loads(in_force)["rulebook"] == "city v1"
    assert json.loads(asked)["rulebook"] == "city v2"


def test_findings_as_json_explain_in_both_languages(capsys, conflict):
    code, out, _ = run(capsys, "findings", "--format", "json")

    [record] = json.loads(out)["findings"]
    assert code == 0
    assert record["explanation_en"] == (
        "Hill dump (Landfill) lies 180.0 m from =School 1 (School); at least 200.0 m is asked for,"
        " 20.0 m is missing. Rule T-01: QCVN 01:2021/BXD, 2.12.4 [S23]."
        " Vietnamese reference value, not Cambodian law. Data: facilities v1."
    )
    assert "ភ្នំសំរាម (ទីលានចាក់សំរាម)" in record["explanation_km"]
    assert "វៀតណាម" in record["explanation_km"]
    assert (record["measured"], record["required"], record["unit"]) == (180.0, 200.0, "m")
    assert record["may_block"] is False


def test_findings_as_csv_open_in_excel_with_khmer_and_run_no_formula(capsys, conflict, tmp_path):
    path = tmp_path / "findings.csv"

    run(capsys, "findings", "--format", "csv", "--output", str(path))

    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert row["subject_name"].startswith(("Hill dump", "ភ្នំសំរាម"))
    assert not row["object_name"].startswith("=")
    assert row["margin"] == "-20.0"  # a number stays a number


def test_findings_as_geojson_lie_in_sihanoukville(capsys, conflict):
    _, out, _ = run(capsys, "findings", "--format", "geojson")

    [found] = json.loads(out)["features"]
    assert found["geometry"]["type"] == "LineString"
    for longitude, latitude in found["geometry"]["coordinates"]:
        assert 103.4 < longitude < 103.5
        assert 10.5 < latitude < 10.6
    assert "crs" not in json.loads(out)


def test_overlap_evidence_is_wound_as_rfc_7946_asks(capsys, book_file):
    surveyed_layer("zones", feature("Z", square(0, 0, 100), "landfill"))
    surveyed_layer("houses", feature("H", square(50, 50, 100), "school"))
    find(rule_data(kind="overlap"))

    _, out, _ = run(capsys, "findings", "--format", "geojson")

    from shapely.geometry import shape

    geometry = shape(json.loads(out)["features"][0]["geometry"])
    assert all(part.exterior.is_ccw for part in geometry.geoms)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ((), 1),
        (("--rule", "T-01"), 1),
        (("--state", "open"), 1),
        (("--state", "dismissed"), 0),
        (("--severity", "medium"), 1),  # high is graver than medium
        (("--severity", "critical"), 0),
        (("--basis", "foreign_reference"), 1),
    ],
)
def test_findings_can_be_filtered(capsys, conflict, arguments, count):
    _, out, _ = run(capsys, "findings", *arguments)

    assert len(json.loads(out)["findings"]) == count


def test_a_rule_that_no_book_holds_is_refused_instead_of_finding_nothing(capsys, conflict):
    code, _, err = run(capsys, "findings", "--rule", "T-02")

    assert code == 2
    assert "No rule book holds a rule 'T-02'." in err


def test_without_findings_every_format_is_still_valid(capsys):
    _, as_json, _ = run(capsys, "findings", "--format", "json")
    _, as_geojson, _ = run(capsys, "findings", "--format", "geojson")
    _, as_csv, _ = run(capsys, "findings", "--format", "csv")

    assert json.loads(as_json) == {"detection": None, "rules": [], "findings": []}
    assert json.loads(as_geojson)["features"] == []
    assert as_csv.strip() == "\ufeffnumber"
    assert not Finding.objects.exists()
    assert not Layer.objects.exists()

"""The standard rule book against the tables it is made from: nothing dropped, nothing invented."""

from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command

from conflicts.models import Finding
from conflicts.rulebook_file import read_rulebook, write_rulebook
from conflicts.rulebooks import printing
from conflicts.rulebooks.builder import BOOK_FILE, OWN_RULES_FILE, built_book, cells, written_book
from conflicts.rulebooks.printing import PAGE_FILE, printed_book
from conflicts.rulebooks.versions import load_rulebook
from conflicts.services import detect_conflicts
from layers.classes import REFERENCE_DIR, load_classes, read_table
from layers.vocab import BLOCKING_BASES, Answer
from tests.conflicts.ground import surveyed_layer
from tests.factories import feature, line, rectangle, square

BOOK = built_book()
RULES = {rule.code: rule for rule in BOOK.rules}
CELLS = list(cells())
ZONES = [row["zone"] for row in read_table("zone_groups")]


@pytest.fixture
def demo_book(db):
    load_classes()
    return load_rulebook(BOOK_FILE).rulebook


def codes_found(book):
    detect_conflicts(rulebook=book)
    return {f.rule_code for f in Finding.objects.filter(state="open")}


def test_the_file_of_the_rule_book_is_what_the_tables_say_now():
    assert BOOK_FILE.read_text(encoding="utf-8") == written_book(BOOK)
    assert read_rulebook(BOOK_FILE).digest == BOOK.digest


def test_docs_rulebook_md_is_what_the_data_says_now():
    assert PAGE_FILE.read_text(encoding="utf-8") == printed_book(BOOK, CELLS)


def test_building_twice_gives_the_same_bytes():
    assert written_book(built_book()) == written_book(BOOK)
    assert printed_book(built_book(), cells()) == printed_book(BOOK, CELLS)


def test_the_command_says_when_file_or_page_is_behind_and_makes_them_again(
    db, tmp_path, monkeypatch, capsys
):
    book, page = tmp_path / "krong-demo.yaml", tmp_path / "rulebook.md"
    book.write_text("code: old", encoding="utf-8")
    command = "conflicts.management.commands.rulebook"
    monkeypatch.setattr(f"{command}.BOOK_FILE", book)
    monkeypatch.setattr(f"{command}.PAGE_FILE", page)

    with pytest.raises(SystemExit) as refused:
        call_command("rulebook", "build", "--check")
    assert book.read_text(encoding="utf-8") == "code: old"
    call_command("rulebook", "build")
    call_command("rulebook", "build", "--check")

    assert refused.value.code == 2
    assert "krong-demo.yaml, rulebook.md" in capsys.readouterr().err
    assert read_rulebook(book).digest == BOOK.digest
    assert page.read_text(encoding="utf-8").startswith("# The rule book")


def test_every_value_of_every_table_became_a_rule_or_says_why_not():
    asked = Counter((cell.table, cell.row, cell.column) for cell in CELLS)
    tables = {
        "conflict_rules": ("rule_id", ("distance_m",)),
        "wwtp_separation": ("process", None),
        "water_protection": ("object", None),
        "cemetery_separation": ("receptor", None),
    }

    for table, (name, columns) in tables.items():
        for row in read_table(table):
            for column in columns or [c for c in row if c != name]:
                assert asked.pop((table, row[name], column), 0) >= 1, (table, row[name], column)
    for row in read_table("airport_ols"):
        assert asked.pop(("airport_ols", f"{row['surface']}: {row['parameter']}", "value"), 0) == 1
    matrix = [key for key in asked if key[0] == "adjacency_matrix"]
    groups = [row["group"] for row in read_table("adjacency_matrix")]
    assert len(matrix) == len(groups) * (len(groups) + 1) / 2
    assert {table for table, _row, _column in asked} == {"adjacency_matrix", "modifiers",
                                                         "conflict_rules"}  # fmt: skip


def test_what_is_asked_names_a_rule_that_exists_and_what_is_not_asked_a_known_reason():
    reasons = {row["reason"]: row for row in read_table("not_yet_reasons")}

    for cell in CELLS:
        assert (cell.code in RULES) == (cell.answer in {"rule", "same"}), cell
        assert (cell.reason in reasons) == (cell.answer == "not_yet"), cell
    assert {cell.reason for cell in CELLS} - {""} == set(reasons)
    for row in reasons.values():
        assert row["needs"] in printing.NEEDS
        assert row["text_en"]
        assert row["text_km_draft"]


def test_an_empty_value_asks_nothing_and_a_value_is_never_taken_for_empty():
    for cell in CELLS:
        if cell.table in {"wwtp_separation", "water_protection", "cemetery_separation"}:
            assert (cell.value == "") == (cell.answer == "nothing"), cell
        if cell.table == "adjacency_matrix":
            assert (cell.value == "0") == (cell.answer == "nothing"), cell


def test_the_page_shows_every_rule_and_every_value_that_is_not_asked_yet():
    page = PAGE_FILE.read_text(encoding="utf-8")

    for code, rule in RULES.items():
        assert f"| {code} | {rule.title.en}" in page
        assert rule.title.km in page
    assert f"{len(RULES)} rules" in page
    waiting = page.split("## Not asked yet")[1]
    for cell in CELLS:
        if cell.answer == "not_yet":
            assert cell.row in waiting, cell
    assert "whole_catchment" in waiting


def test_only_what_the_press_reports_of_cambodian_rules_may_hold_up_a_permit():
    blocking = {code for code, rule in RULES.items() if rule.basis in BLOCKING_BASES}

    separations = {
        row["rule_id"] for row in read_table("conflict_rules") if row["basis"] == "KH_NEWS"
    }
    standards = {  # of the zoning code as the press reports it, and of fuel stations
        code for code, rule in RULES.items()
        if rule.kind == "standard_violation" and rule.provision.source in {"S02", "S20"}
    }  # fmt: skip
    assert blocking == separations | standards
    assert (len(separations), len(standards)) == (8, 5)


def test_each_rule_of_a_table_asks_exactly_the_distance_its_cell_says():
    for cell in CELLS:
        if cell.answer in {"rule", "same"} and cell.table.endswith("_separation"):
            assert RULES[cell.code].min_distance_m == float(cell.value), cell


def test_a_row_without_provision_stops_the_build_instead_of_leaving_it_out(tmp_path, monkeypatch):
    for file in Path(REFERENCE_DIR).glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    rules = tmp_path / "conflict_rules.csv"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text + "XX-01,landfill,school,70,min,3,REF_VN,found,S99,\n", encoding="utf-8")
    monkeypatch.setattr("layers.classes.REFERENCE_DIR", tmp_path)

    with pytest.raises(KeyError, match="S99"):
        built_book()


def test_rules_written_by_hand_are_in_the_book_as_written():
    for rule in read_rulebook(OWN_RULES_FILE).rules:
        assert RULES[rule.code] == rule


def test_the_exported_book_imports_as_the_same_book(tmp_path):
    copy = tmp_path / "copy.yaml"
    copy.write_text(write_rulebook(BOOK), encoding="utf-8")

    assert read_rulebook(copy) == BOOK


@pytest.mark.parametrize(
    ("capacity", "distance_m", "expected"),
    [
        (100, 79, {"WW-12"}),  # below 200 m3/day: 80 m
        (100, 81, set()),
        (4_999, 99, {"WW-13"}),  # 200 to 5,000: 100 m
        (4_999, 101, set()),
        (5_000, 249, {"WW-01"}),  # both bands count 5,000 as theirs: 250 m is the stricter
        (7_200, 251, set()),
        (60_000, 349, {"WW-14"}),  # above 50,000: 350 m
        (60_000, 351, set()),
    ],
)
def test_a_wastewater_plant_keeps_the_distance_of_its_capacity(
    demo_book, capacity, distance_m, expected
):
    plant = feature("PLANT", square(0, 0, 50), "wwtp_open", capacity_m3_day=capacity)
    surveyed_layer("facilities", plant)
    surveyed_layer("buildings", feature("HOME", square(50 + distance_m, 0, 10), "residential"))

    assert {code for code in codes_found(demo_book) if code.startswith("WW")} == expected


def test_a_wastewater_plant_of_unknown_capacity_cannot_be_cleared_at_300_m(demo_book):
    surveyed_layer("facilities", feature("PLANT", square(0, 0, 50), "wwtp_open"))
    surveyed_layer("buildings", feature("HOME", square(350, 0, 10), "residential"),
                   looked_for=["residential"])  # fmt: skip

    detection = detect_conflicts(rulebook=demo_book)

    answers = {o.rule.code: o for o in detection.outcomes.select_related("rule")}
    assert answers["WW-14"].answer == Answer.CANNOT_TELL  # it may be one that needs 350 m
    assert answers["WW-14"].missing[0]["gap"] == "unknown_attribute"
    assert not any(gap["gap"] == "unknown_attribute" for gap in answers["WW-12"].missing)
    assert not Finding.objects.filter(rule_code__startswith="WW").exists()


def test_a_single_burial_ground_900_m_above_an_intake_is_found_by_the_cemetery_table(demo_book):
    surveyed_layer(
        "facilities",
        feature("GRAVES", square(0, 0, 100), "cemetery_single"),
        feature("INTAKE", square(1000, 0, 10), "water_intake"),
        feature("RAIL", line((-3000, -200), (3000, -200)), "railway"),
    )

    detect_conflicts(rulebook=demo_book)

    found = Finding.objects.select_related("current").get(rule_code="CE-08")
    assert found.current.measured_value == pytest.approx(900)
    assert found.severity == "critical"
    assert not found.may_block
    assert not Finding.objects.filter(rule_code="CE-09").exists()  # asks of primary burial only


@pytest.mark.parametrize("other", ["R1", "UT", "CN"])
def test_zones_that_nobody_rated_are_reported_as_cannot_tell_and_never_as_a_clear_pair(
    demo_book, other
):
    zones = [feature("OFFICE", square(0, 0, 100), "PA"), feature("B", square(100, 0, 100), other)]
    surveyed_layer("zones", *zones, looked_for=ZONES)

    detection = detect_conflicts(rulebook=demo_book)

    found = Finding.objects.select_related("current").get(rule_code__startswith="AU")
    outcome = detection.outcomes.get(rule__code=found.rule_code)
    assert {found.subject_id, found.object_id} == {"OFFICE", "B"}
    assert found.current.measured_value == pytest.approx(100)
    assert (found.severity, found.may_block) == ("info", False)
    assert outcome.answer == Answer.CANNOT_TELL
    classes = outcome.rule.definition["subject"]["classes"]
    assert outcome.missing[-1] == {
        "gap": "unrated_pair", "side": "subject", "count": 1, "classes": classes,
    }  # fmt: skip


def test_two_zones_rated_compatible_or_of_one_use_are_no_unrated_pair(demo_book):
    surveyed_layer(
        "zones",
        feature("HOMES", square(0, 0, 100), "R1"),
        feature("SHOPS", square(100, 0, 100), "C1"),
        feature("OFFICE-1", square(0, 500, 100), "PA"),
        feature("OFFICE-2", square(100, 500, 100), "PA"),
        looked_for=ZONES,
    )

    assert codes_found(demo_book) == set()


def test_every_pair_of_zone_classes_is_rated_or_asked_as_unrated_exactly_once():
    rated = {row["zone"]: row["group"] for row in read_table("zone_groups") if row["group"]}
    asked = Counter(
        frozenset((one, other))
        for code, rule in RULES.items()
        if code.startswith("AU")
        for one in rule.subject.classes
        for other in rule.object.classes
    )

    between = {row["zone"] for row in read_table("zone_groups") if row["answer"] == "between"}
    for place, one in enumerate(ZONES):
        for other in ZONES[place + 1 :]:
            is_rated = one in rated and other in rated
            expected = 0 if is_rated or between & {one, other} else 1
            assert asked[frozenset((one, other))] == expected, (one, other)
    assert sum(asked.values()) > 100


def test_a_pair_to_be_screened_wants_green_between_and_a_road_does_not_do(demo_book):
    fields = [feature("FARM", square(0, 0, 200), "AG"), feature("HOMES", square(200, 0, 200), "R1")]
    surveyed_layer("zones", *fields, looked_for=ZONES)
    surveyed_layer("roads", feature("ROAD", line((200, -50), (200, 250)), "road_district"))

    with_road = codes_found(demo_book)
    surveyed_layer("green", feature("PARK", rectangle(198, -10, 4, 230), "park"))
    with_green = codes_found(demo_book)

    assert with_road == {"AJ-40"}
    assert with_green == set()

"""A critical facility in the water is named once, with every provision that keeps it out."""

import pytest

from layers.vocab import Answer, Basis
from planning.permits.checks import Check
from planning.permits.repeated import told_once
from planning.permits.run import check_application
from planning.sentences import named
from tests.conflicts.ground import rule_data
from tests.factories import square
from tests.planning.city import application, distances_in_force, flooded, r1_plot

CITY = square(0, 0, 100)
SCHOOL = frozenset({"school_primary"})


def flood_rule(code="FZ-02", **fields):
    """No school in what floods once in 100 years, as a rule book says it."""
    rule = {
        "kind": "hazard_exposure",
        "subject": {"classes": ["school"], "surveyed_in": ["facilities"]},
        "object": {"theme": "hazard-flood"},
        "return_period_years": 100,
        **fields,
    }
    given = rule_data(code) | rule
    return {name: value for name, value in given.items() if name != "min_distance_m"}


def named_in_water(*, use="school_primary", codes=("q100",), rule=None):
    r1_plot()
    for code in codes:
        flooded(CITY, "H1", CITY, 0.1, code=code)
    distances_in_force(*([rule] if rule else []))
    uses = [{"class": use, "floor_area_m2": 300}]
    checks = check_application(application(proposal={"uses": uses})).results["checks"]
    return [row for row in checks if "FZ-0" in row["code"] or "CITY-F" in row["code"]]


@pytest.mark.django_db
def test_a_school_in_the_flood_is_one_answer_with_both_provisions():
    [found] = named_in_water(rule=flood_rule())
    assert found["answer"] == "fails"
    assert "FZ-02: school outside the flood area" in found["provision"]
    assert found["provision"].count("FZ-02") == 2  # the table's and the rule book's
    assert "Critical facilities stay out" in found["explanation"]["en"]


@pytest.mark.django_db
def test_a_rule_of_the_city_under_a_code_of_its_own_is_the_same_rule():
    [found] = named_in_water(rule=flood_rule("CITY-F7"))
    assert "CITY-F7" in found["provision"]
    assert "FZ-02" in found["provision"]


@pytest.mark.django_db
def test_a_law_of_the_rule_book_blocks_where_the_table_only_warned():
    law = {"law": "Sub-decree 42", "article": "art. 9", "citation": "Sub-decree 42, 9"}
    [found] = named_in_water(rule=flood_rule(basis="binding_law", provision=law))
    assert (found["may_block"], found["basis"]) == (True, "binding_law")
    assert "Sub-decree 42, 9" in found["provision"]
    assert "FZ-02" in found["provision"]


@pytest.mark.django_db
def test_two_flood_maps_of_one_place_name_the_school_once():
    assert len(named_in_water(codes=("q100", "q50"), rule=flood_rule())) == 1


@pytest.mark.django_db
def test_without_a_rule_book_each_flood_map_names_the_school():
    r1_plot()
    for code in ("q100", "q50"):
        flooded(CITY, "H1", CITY, 0.1, code=code)
    uses = [{"class": "school_primary", "floor_area_m2": 300}]
    checks = check_application(application(proposal={"uses": uses})).results["checks"]
    found = [row for row in checks if row["code"].startswith("FZ-02")]
    assert [row["answer"] for row in found] == ["fails", "fails"]


def answer_of(answer, basis=Basis.DEMO_VALUE, *, book=False, kept=SCHOOL, code="x"):
    text = named("ក", code)
    return Check(
        code=code, title=text, answer=answer, explanation=text, basis=basis, provision=code,
        kept_dry=kept, is_of_rule_book=book,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "book", "answer", "blocks"),
    [
        ((Answer.FAILS, Basis.DEMO_VALUE), (Answer.CANNOT_TELL, Basis.DEMO_VALUE), "fails", False),
        ((Answer.CANNOT_TELL, Basis.DEMO_VALUE), (Answer.FAILS, Basis.DEMO_VALUE), "fails", False),
        ((Answer.FAILS, Basis.DEMO_VALUE), (Answer.FAILS, Basis.BINDING_LAW), "fails", True),
        ((Answer.CANNOT_TELL, Basis.DEMO_VALUE), (Answer.FAILS, Basis.BINDING_LAW), "fails", True),
    ],
)
def test_of_two_answers_the_stricter_stands(table, book, answer, blocks):
    [found] = told_once([answer_of(*table, code="t"), answer_of(*book, book=True, code="b")])
    assert (found.answer.value, found.may_block) == (answer, blocks)
    assert set(found.provision.split("; ")) == {"t", "b"}


def test_a_warning_that_fails_and_a_law_that_cannot_tell_both_stay():
    table = answer_of(Answer.FAILS, code="t")
    book = answer_of(Answer.CANNOT_TELL, Basis.BINDING_LAW, book=True, code="b")
    assert told_once([table, book]) == [table, book]


def test_what_concerns_another_use_or_no_flood_is_left_alone():
    school = answer_of(Answer.FAILS, code="t")
    clinic = answer_of(Answer.FAILS, book=True, kept=frozenset({"clinic"}), code="b")
    distance = answer_of(Answer.FAILS, book=True, kept=frozenset(), code="d")
    assert told_once([school, clinic, distance]) == [school, clinic, distance]


def test_two_uses_of_the_rule_book_stay_two_answers():
    uses = (frozenset({"school_primary"}), frozenset({"kindergarten"}))
    table = answer_of(Answer.FAILS, kept=uses[0] | uses[1], code="t")
    books = [answer_of(Answer.FAILS, book=True, kept=use, code="b") for use in uses]
    found = told_once([table, *books])
    assert [check.provision for check in found] == ["b; t", "b"]

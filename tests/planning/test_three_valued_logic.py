"""True, false and not stated: the tables of Kleene, and what they mean for a permit's outcome."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.vocab import BLOCKING_BASES, Answer, Basis
from planning.permits.checks import Check
from planning.permits.run import outcome_of
from planning.predicates import (
    all_hold,
    condition_holds,
    named_classes,
    rules_of,
    undecided_fields,
)
from planning.sentences import said
from planning.vocab import Outcome

VERDICTS = (True, False, None)
AND = {
    (True, True): True, (True, False): False, (True, None): None,
    (False, True): False, (False, False): False, (False, None): False,
    (None, True): None, (None, False): False, (None, None): None,
}  # fmt: skip


@pytest.mark.parametrize(("pair", "both"), AND.items())
def test_and_follows_kleenes_table(pair, both):
    assert all_hold(pair) is both


def test_no_condition_at_all_holds():
    assert all_hold([]) is True


@given(st.lists(st.sampled_from(VERDICTS)))
def test_the_order_of_conditions_does_not_matter(verdicts):
    assert all_hold(verdicts) is all_hold(reversed(verdicts))


@given(st.lists(st.sampled_from(VERDICTS)))
def test_stating_a_missing_fact_never_turns_a_decided_rule(verdicts):
    before = all_hold(verdicts)
    for filled in (True, False):
        after = all_hold([filled if verdict is None else verdict for verdict in verdicts])
        if before is not None:
            assert after is before


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        ("gt", False, False, True),
        ("ge", False, True, True),
        ("lt", True, False, False),
        ("le", True, True, False),
        ("eq", False, True, False),
    ],
)
def test_each_comparison_below_at_and_above_its_value(op, below, at, above):
    row = {"field": "floors", "op": op, "value": "11"}
    found = [condition_holds(row, {"floors": floors}, {}) for floors in (10.0, 11.0, 12.0)]
    assert found == [below, at, above]


@pytest.mark.parametrize("op", ["gt", "ge", "lt", "le", "eq", "in"])
def test_a_fact_that_is_not_stated_decides_no_comparison(op):
    row = {"field": "floors", "op": op, "value": "11"}
    assert condition_holds(row, {"floors": None}, {}) is None
    assert condition_holds(row, {}, {}) is None


def test_zero_is_stated_and_not_missing():
    row = {"field": "basement_depth_m", "op": "eq", "value": "0"}
    assert condition_holds(row, {"basement_depth_m": 0.0}, {}) is True


def test_a_class_means_its_whole_branch_and_no_other():
    row = {"field": "use", "op": "in", "value": "hotel;port"}
    branches = {"hotel": frozenset({"hotel", "hotel_small"}), "port": frozenset({"port"})}
    for use, holds in (("hotel_small", True), ("port", True), ("office", False)):
        assert condition_holds(row, {"use": frozenset({use})}, branches) is holds
    both = {"use": frozenset({"office", "hotel"})}
    assert condition_holds(row, both, branches) is True


def test_the_fields_that_leave_a_rule_open_are_named_once():
    rows = [
        {"field": "floors", "op": "gt", "value": "1"},
        {"field": "floors", "op": "lt", "value": "9"},
        {"field": "height_m", "op": "gt", "value": "2"},
        {"field": "rooms", "op": "gt", "value": "2"},
    ]
    assert undecided_fields(rows, {"height_m": 3.0}, {}) == ["floors", "rooms"]


def test_rows_of_one_rule_are_one_rule():
    rules = rules_of("permit_authority_predicates", "order", "authority", "rule")
    sizes = {rule[0]["rule"]: len(rule) for rule in rules}
    assert (sizes["small"], sizes["rest"], sizes["floors"]) == (2, 2, 1)
    assert "fuel_station" in named_classes(row for rule in rules for row in rule)


def answered(answer, basis):
    return Check(code="x", title=said("x"), answer=answer, explanation=said("x"), basis=basis)


BINDING = [*sorted(BLOCKING_BASES), None]
WARNING = sorted(set(Basis) - BLOCKING_BASES)


@pytest.mark.parametrize(
    ("answer", "binding", "warning"),
    [
        (Answer.COMPLIES, Outcome.COMPLIANT, Outcome.COMPLIANT),
        (Answer.NOT_APPLICABLE, Outcome.COMPLIANT, Outcome.COMPLIANT),
        (Answer.CANNOT_TELL, Outcome.UNDETERMINED, Outcome.WARNINGS),
        (Answer.FAILS, Outcome.NOT_COMPLIANT, Outcome.WARNINGS),
    ],
)
def test_one_answer_on_every_basis(answer, binding, warning):
    assert {outcome_of([answered(answer, basis)]) for basis in BINDING} == {binding}
    assert {outcome_of([answered(answer, basis)]) for basis in WARNING} == {warning}


WORSE = (Outcome.COMPLIANT, Outcome.WARNINGS, Outcome.UNDETERMINED, Outcome.NOT_COMPLIANT)


def test_two_answers_amount_to_the_worse_of_both_in_all_1024_pairs():
    kinds = [answered(a, b) for a in Answer for b in (*Basis, None)]
    pairs = list(itertools.product(kinds, repeat=2))
    assert len(pairs) == 32 * 32
    for first, second in pairs:
        alone = [WORSE.index(outcome_of([one])) for one in (first, second)]
        assert outcome_of([first, second]) == WORSE[max(alone)]


CHECKS = st.builds(answered, st.sampled_from(list(Answer)), st.sampled_from([*Basis, None]))


@given(st.lists(CHECKS, min_size=1), CHECKS)
def test_one_more_check_never_makes_the_outcome_better(checks, more):
    before, after = outcome_of(checks), outcome_of([*checks, more])
    assert WORSE.index(after) >= WORSE.index(before)


@given(st.lists(CHECKS, min_size=1))
def test_compliant_means_that_every_check_complies_or_does_not_apply(checks):
    clear = all(c.answer in {Answer.COMPLIES, Answer.NOT_APPLICABLE} for c in checks)
    assert (outcome_of(checks) == Outcome.COMPLIANT) is clear


def test_what_nobody_checked_is_not_compliant():
    assert outcome_of([]) == Outcome.UNDETERMINED


@pytest.mark.parametrize("basis", [*Basis, None])
def test_only_law_plan_and_reported_rules_block_and_what_has_no_basis_yet_might(basis):
    named = {Basis.BINDING_LAW, Basis.PLAN_PROVISION, Basis.PRESS_REPORT, None}
    assert answered(Answer.FAILS, basis).may_block is (basis in named)


@pytest.mark.parametrize(
    ("bound", "measured", "required", "margin"),
    [("max", 40, 50, 10), ("max", 50, 50, 0), ("max", 53, 50, -3), ("min", 95, 90, 5),
     ("min", 85, 90, -5)],
)  # fmt: skip
def test_a_margin_is_room_left_on_either_side(bound, measured, required, margin):
    check = Check(
        code="x", title=said("x"), answer=Answer.COMPLIES, explanation=said("x"), bound=bound,
        measured=float(measured), required=float(required),
    )  # fmt: skip
    assert check.margin == margin
    assert check.as_record()["margin"] == margin


@pytest.mark.parametrize("answer", [Answer.CANNOT_TELL, Answer.NOT_APPLICABLE])
def test_what_is_open_has_no_margin(answer):
    check = Check(
        code="x", title=said("x"), answer=answer, explanation=said("x"), bound="max",
        measured=1.0, required=2.0,
    )  # fmt: skip
    assert check.margin is None

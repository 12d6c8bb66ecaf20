"""Small conditions as rows of a table: field, comparison, value. Nothing is ever executed.

A fact that is not stated makes a condition undecided, never false: three-valued logic after
Kleene, so that a missing number cannot look like an answer.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby

from layers.classes import read_table

Facts = Mapping[str, float | frozenset[str] | None]
Row = dict[str, str]
Verdict = bool | None

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
}


def condition_holds(row: Row, facts: Facts, branches: Mapping[str, frozenset[str]]) -> Verdict:
    """Tell whether one condition holds; None when its fact is not stated.

    ``branches`` gives for each class a condition names the class with all below it.
    """
    fact = facts.get(row["field"])
    if fact is None:
        return None
    if isinstance(fact, frozenset):
        named = (branches.get(code, frozenset({code})) for code in row["value"].split(";"))
        return bool(fact & frozenset().union(*named))
    return COMPARISONS[row["op"]](fact, float(row["value"]))


def all_hold(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the conjunction: false beats unknown, unknown beats true."""
    seen = list(verdicts)
    if False in seen:
        return False
    return None if None in seen else True


def rules_of(table: str, *keys: str) -> list[list[Row]]:
    """Return the rows of a predicate table, one list per rule; all rows of a rule must hold."""
    rows = read_table(table)
    return [list(group) for _key, group in groupby(rows, key=lambda r: [r[key] for key in keys])]


def undecided_fields(
    rows: Sequence[Row], facts: Facts, branches: Mapping[str, frozenset[str]]
) -> list[str]:
    """Return the fields whose missing value leaves a rule undecided."""
    open_rows = [row for row in rows if condition_holds(row, facts, branches) is None]
    return list(dict.fromkeys(row["field"] for row in open_rows))


def named_classes(rows: Iterable[Row]) -> set[str]:
    """Return the classes the conditions name."""
    return {code for row in rows if row["field"] == "use" for code in row["value"].split(";")}

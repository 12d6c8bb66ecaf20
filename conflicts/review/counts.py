"""Findings counted: one question to the database, however many numbers are shown."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.utils import timezone

from conflicts.filters import OUTSIDE, SETTLED, UNPLACED, YES, rule_kinds, sangkat_version
from conflicts.review.resting import Hidden
from conflicts.review.vocab import AgeGroup, age_groups
from conflicts.vocab import Severity
from layers.sql_files import load_sql

GRAVEST_FIRST = tuple(reversed(list(Severity)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """So many findings that are alike in all that is told here."""

    rulebook: str
    rule: str
    kind: str
    severity: str
    state: str
    note: str
    age: int
    sangkats: tuple[str, ...] | None  # None: not looked up yet
    count: int

    @property
    def is_settled(self) -> bool:
        """True when it needs no one's attention any more."""
        return self.state in SETTLED

    @property
    def places(self) -> tuple[str, ...]:
        """The values of the filter ``sangkat`` that show it."""
        if self.sangkats is None:
            return (UNPLACED,)
        return self.sangkats or (OUTSIDE,)


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the filters of the list that show exactly these findings."""

    count: int
    filters: Mapping[str, str]

    @property
    def query(self) -> str:
        """The filters as an address says them; each finding is listed by itself."""
        return urlencode({"view": "each", **self.filters})


@dataclass(frozen=True, kw_only=True, slots=True)
class CountRow:
    """One line of a table: what it is about, each severity (gravest first), and all of them."""

    key: str
    name: str
    by_severity: Sequence[Number]
    total: Number


def counted_findings(
    *, hidden: Hidden, rulebook: str = "", today: date | None = None
) -> list[Counted]:
    """Return all findings that tell nothing of the hidden layers, counted."""
    kinds = rule_kinds()
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "count_findings.sql"),
            {
                "days": [_beginning(group) for group in age_groups(_today(today))[1:]],
                "sangkat_version": sangkat_version(),
                **hidden.as_parameters(),
                "rulebook": rulebook,
            },
        )
        rows = cursor.fetchall()
    return [_counted(row, kinds) for row in rows]


def _today(today: date | None) -> date:
    return today or timezone.localdate()


def _beginning(group: AgeGroup) -> datetime:
    return datetime.combine(group.new_from or date.min, time(), timezone.get_default_timezone())


def _counted(row: Sequence[Any], kinds: Mapping[tuple[str, str], str]) -> Counted:
    book, rule, severity, state, note, age, sangkats, count = row
    return Counted(
        rulebook=book,
        rule=rule,
        kind=kinds.get((book, rule), ""),
        severity=severity,
        state=state,
        note=note,
        age=age,
        sangkats=None if sangkats is None else tuple(sangkats),
        count=count,
    )


def table(
    counted: Sequence[tuple[str, Counted]], names: Mapping[str, str], filters: Mapping[str, Any]
) -> list[CountRow]:
    """Return a line per key, its numbers by severity; ``filters`` gives each key's filters."""
    sums: Counter[tuple[str, str]] = Counter()
    for key, row in counted:
        sums[key, row.severity] += row.count
    return [
        CountRow(
            key=key,
            name=name,
            by_severity=[
                Number(sums[key, severity], {**filters[key], "exact_severity": severity.value})
                for severity in GRAVEST_FIRST
            ],
            total=Number(sum(sums[key, s] for s in GRAVEST_FIRST), filters[key]),
        )
        for key, name in names.items()
    ]


def by_kind(counted: Sequence[Counted], kind_names: Mapping[str, str]) -> list[CountRow]:
    """Return unsettled findings by kind of conflict."""
    rows = [(row.kind, row) for row in counted if not row.is_settled]
    filters = {kind: {"kind": kind, "unsettled": YES} for kind in kind_names}
    return table(rows, kind_names, filters)


def by_sangkat(counted: Sequence[Counted], names: Mapping[str, str]) -> list[CountRow]:
    """Return unsettled findings by sangkat; one that crosses two counts in each."""
    rows = [(place, row) for row in counted if not row.is_settled for place in row.places]
    filters = {place: {"sangkat": place, "unsettled": YES} for place in names}
    return table(rows, names, filters)


def by_age(counted: Sequence[Counted], groups: Sequence[AgeGroup]) -> list[CountRow]:
    """Return unsettled findings by when they were first seen, the oldest first."""
    rows = [(str(row.age), row) for row in counted if not row.is_settled]
    names = {str(number): group.name for number, group in enumerate(groups)}
    filters = {
        str(number): {**group.as_query(), "unsettled": YES} for number, group in enumerate(groups)
    }
    return table(rows, names, filters)


def by_state(counted: Sequence[Counted], names: Mapping[str, str]) -> list[CountRow]:
    """Return all findings by their state."""
    rows = [(row.state, row) for row in counted]
    return table(rows, names, {state: {"state": state} for state in names})


def total(counted: Iterator[Counted] | Sequence[Counted], filters: Mapping[str, str]) -> Number:
    """Return how many findings there are in all."""
    return Number(sum(row.count for row in counted), filters)

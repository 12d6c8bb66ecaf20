"""The adjacency matrix of a version, as planners read it: groups of zones against each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conflicts.kinds import Rule, is_unrated
from conflicts.pair_rules import Adjacency
from conflicts.rulebooks.reference import RATINGS
from conflicts.rulebooks.zoning import group_zones
from conflicts.wording import reader_language
from layers.classes import read_table

MARKS = {severity: mark for mark, severity in RATINGS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixCell:
    """One pair of groups: its rule, or none where it is compatible or cannot be asked."""

    subject: str
    object: str
    code: str = ""
    mark: str = ""  # 0 to 4; empty: no zone is of one of the groups
    severity: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """One group against all others."""

    group: str
    name: str
    cells: tuple[MatrixCell, ...]


def matrix_of(rules: Iterable[Rule]) -> tuple[MatrixRow, ...]:
    """Return the matrix; empty where a book has no rule of zones side by side."""
    ruled = _ruled(rules)
    if not ruled:
        return ()
    named = {row["group"]: row for row in read_table("matrix_groups")}
    field = "name_km_draft" if reader_language() == "km" else "name_en"
    return tuple(
        MatrixRow(
            group=group,
            name=row[field],
            cells=tuple(_cell(group, other, ruled) for other in named),
        )
        for group, row in named.items()
    )


def _ruled(rules: Iterable[Rule]) -> Mapping[frozenset[frozenset[str]], Adjacency]:
    return {
        frozenset((frozenset(rule.subject.classes), frozenset(rule.object.classes))): rule
        for rule in rules
        if isinstance(rule, Adjacency) and not is_unrated(rule)
    }


def _cell(
    group: str, other: str, ruled: Mapping[frozenset[frozenset[str]], Adjacency]
) -> MatrixCell:
    zones = group_zones()
    if group not in zones or other not in zones:
        return MatrixCell(subject=group, object=other)
    rule = ruled.get(frozenset((frozenset(zones[group]), frozenset(zones[other]))))
    if rule is None:
        return MatrixCell(subject=group, object=other, mark="0")
    return MatrixCell(
        subject=group,
        object=other,
        code=rule.code,
        mark=MARKS.get(rule.severity, "4"),
        severity=str(rule.severity),
    )

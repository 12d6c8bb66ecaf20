"""What the reference tables say, in the words of the rule schema; nothing is added to them.

Each row carries its basis, what was verified and its source; here they become the basis and the
provision of a rule. The marks are explained in ``fixtures/README.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from conflicts.predicates import Comparison, Operator, Predicate
from conflicts.rule_parts import Provision, Selector
from conflicts.vocab import Severity
from layers.classes import class_records, read_table
from layers.vocab import Basis

# The marks of the tables: 1 to 5 of conflict_rules.csv, 1 to 4 of adjacency_matrix.csv.
SEVERITIES = dict(zip("12345", Severity, strict=True))
RATINGS = dict(zip("1234", [Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH],
                   strict=True))  # fmt: skip
RATING_NAMES = {
    "0": "compatible",
    "1": "screen with green strip",
    "2": "conditional",
    "3": "strong conflict",
    "4": "incompatible",
}
BASES = {
    "KH_LAW": Basis.BINDING_LAW,
    "KH_NEWS": Basis.PRESS_REPORT,
    "GK": Basis.GENERAL_KNOWLEDGE,
    "DEMO": Basis.DEMO_VALUE,
}
NOT_VERIFIED = "gk"


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """A source or receptor as the tables name it, and which features that means."""

    name_km: str
    name_en: str
    plural_en: str
    selector: Selector


def basis_of(row: Mapping[str, str]) -> Basis:
    """Return what a row rests on; a value nobody has verified is general knowledge."""
    mark = "GK" if row["verified"] == NOT_VERIFIED else row["basis"]
    return BASES.get(mark, Basis.FOREIGN_REFERENCE)


@cache
def parties() -> Mapping[str, Party]:
    """Return every source and receptor of the tables by its name."""
    return {
        row["party"]: Party(
            name_km=row["name_km_draft"],
            name_en=row["name_en"],
            plural_en=row["plural_en"],
            selector=_selector(row),
        )
        for row in read_table("rule_parties")
    }


def _selector(row: Mapping[str, str]) -> Selector:
    return Selector(
        classes=tuple(row["classes"].split()),
        layers=tuple(row["layers"].split()),
        except_layers=tuple(row["except_layers"].split()),
        theme=row["theme"],
        where=_condition(row["where"]),
        surveyed_in=tuple(row["surveyed_in"].split()),
    )


def _condition(text: str) -> Predicate | None:
    """Return the condition that three words say: attribute, operator, number."""
    if not text:
        return None
    attr, op, value = text.split()
    return Comparison(attr=attr, op=Operator(op), value=float(value))


@cache
def _provisions() -> Mapping[tuple[str, str, str], Provision]:
    fields = ("law", "article", "citation", "jurisdiction", "source")
    return {
        (row["basis"], row["src"], row["series"]): Provision(**{name: row[name] for name in fields})
        for row in read_table("rule_provisions")
    }


def provision_of(row: Mapping[str, str]) -> Provision:
    """Return where a row of conflict_rules.csv comes from: its series of codes, else any."""
    series = row["rule_id"].split("-", maxsplit=1)[0]
    known = _provisions()
    mark, source = row["basis"], row["src"]
    return known.get((mark, source, series)) or known[mark, source, "*"]


@cache
def class_tree() -> Mapping[str, frozenset[str]]:
    """Return each class of the fixtures with its whole branch, itself included."""
    parents = {record.code: record.parent for record in class_records()}
    branches: dict[str, set[str]] = {code: set() for code in parents}
    for code in parents:
        above = code
        while above:
            branches[above].add(code)
            above = parents[above]
    return {code: frozenset(branch) for code, branch in branches.items()}

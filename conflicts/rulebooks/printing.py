"""The rule book as a page for people: every rule with what it rests on, and what is not asked yet.

``docs/rulebook.md`` is this text, made by ``./krong rulebook build``; a test keeps it in step.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django.conf import settings

from conflicts.airport_rules import ObstacleLimitation
from conflicts.area_rules import Capacity
from conflicts.kinds import Rule, selectors
from conflicts.network_rules import NetworkCoordination
from conflicts.pair_rules import Adjacency, HazardExposure, PlanVsExisting, Separation
from conflicts.rule_parts import Selector
from conflicts.rulebook_file import RuleBookFile
from conflicts.rulebooks.builder import Cell
from conflicts.standard_rules import StandardViolation
from conflicts.vocab import Bound, Supply, Verdict
from layers.classes import read_table
from layers.vocab import BLOCKING_BASES, Basis

PAGE_FILE = Path(settings.BASE_DIR) / "docs" / "rulebook.md"
BASIS_NAMES = {
    Basis.BINDING_LAW: "binding law",
    Basis.PLAN_PROVISION: "provision of the plan",
    Basis.PRESS_REPORT: "press report",
    Basis.FOREIGN_REFERENCE: "foreign reference",
    Basis.BENCHMARK: "benchmark",
    Basis.GENERAL_KNOWLEDGE: "general knowledge",
    Basis.DEMO_VALUE: "demo value",
}
NEEDS = {"kind": "a kind of rule", "data": "data", "source": "the source"}
INTRODUCTION = """\
# The rule book

Printed from the data by `./krong rulebook build`; change `fixtures/reference/` and
`fixtures/rulebook/own-rules.yaml`, not this page. How a rule is written:
[rulebook-format.md](rulebook-format.md).

**Read the basis.** Only a binding law, a provision of the plan and what the press reports of a
Cambodian rule may hold up a permit. All other values (foreign references, demo values, general
knowledge) warn and never block, until the city ratifies its own. Khmer texts are drafts, to be
checked by the city.

Where two rules ask the same question, the more specific pair of classes wins (further down the
branch of classes): the general rule is *left to* it there. Where neither is more specific both are
asked, so the stricter stands. What has no force never takes the place of what may block. Zones that
nobody has rated against each other are reported as "cannot tell".
"""


def printed_book(book: RuleBookFile, cells: Iterable[Cell]) -> str:
    """Return the rule book as Markdown; the same rules and cells give the same text."""
    known = list(cells)
    parts = [
        INTRODUCTION,
        "\n".join(_summary(book, known)),
        "\n".join(_rules(book)),
        "\n".join(_not_yet(known)),
        "\n".join(_every_cell(known)),
    ]
    return "\n".join(parts) + "\n"


def _summary(book: RuleBookFile, cells: list[Cell]) -> Iterator[str]:
    kinds = Counter(rule.kind for rule in book.rules)
    bases = Counter(rule.basis for rule in book.rules)
    blocking = sum(count for basis, count in bases.items() if basis in BLOCKING_BASES)
    waiting = sum(cell.answer == "not_yet" for cell in cells)
    yield f"`{book.code}`: {book.title.en}"
    yield ""
    yield f"{len(book.rules)} rules, of which {blocking} may hold up a permit; {waiting} values of"
    yield "the tables cannot be asked yet (see below)."
    yield ""
    yield "| kind | rules |"
    yield "|---|---|"
    yield from (f"| {kind} | {count} |" for kind, count in sorted(kinds.items()))
    yield ""
    yield "| rests on | rules |"
    yield "|---|---|"
    yield from (f"| {BASIS_NAMES[basis]} | {bases[basis]} |" for basis in Basis if bases[basis])
    yield ""


def _rules(book: RuleBookFile) -> Iterator[str]:
    yield "## Every rule"
    yield ""
    yield "| code | rule | asks | severity | rests on | provision |"
    yield "|---|---|---|---|---|---|"
    for rule in book.rules:
        yield "| " + " | ".join(_cells_of(rule)) + " |"
    yield ""


def _cells_of(rule: Rule) -> list[str]:
    asked = f"{asked_of(rule)} {_left_to(rule)}{_exempted(rule)}".strip()
    title = f"{rule.title.en}<br>{rule.title.km}"
    said = [rule.code, title, asked, str(rule.severity), BASIS_NAMES[rule.basis]]
    note = f" ({rule.note})" if rule.note else ""
    return [_plain(text) for text in [*said, rule.provision.citation + note]]


def asked_of(rule: Rule) -> str:
    """Return what a rule asks, in one line: its sides and its number."""
    sides = " – ".join(
        _meant(selector) for side, selector in selectors(rule).items() if side != "between"
    )
    match rule:
        case Separation():
            return f"{sides}: at least {rule.min_distance_m:g} m."
        case HazardExposure():
            depths = ", ".join(f"{t.depth_ge_m:g} m {t.severity}" for t in rule.thresholds)
            return f"{_meant(rule.subject)}: not in water from {depths}."
        case Adjacency(verdict=Verdict.UNRATED):
            return f"{sides}: not rated, cannot tell."
        case Adjacency():
            between = "" if rule.between is None else f" without {_meant(rule.between)} between"
            return f"{sides}: at most {rule.max_border_m:g} m of border{between}."
        case PlanVsExisting():
            return f"{sides}: not with {rule.min_share:.0%} of its ground or more."
        case _:
            return f"{sides}{_number_asked(rule)}."


def _number_asked(rule: Rule) -> str:
    """Return what a standard, a network or a surface asks for; nothing of other rules."""
    match rule:
        case StandardViolation():
            return f": {_standard(rule)}"
        case NetworkCoordination():
            reach = f"within {rule.max_distance_m:g} m" if rule.max_distance_m else "touching it"
            return f": one {reach}"
        case Capacity():
            supply = {Supply.AREA: "m²", Supply.ATTRIBUTE: rule.supply_attribute}
            return f": {rule.required_each:g} {supply.get(rule.supply, 'of them')} a person"
        case ObstacleLimitation():
            return f": below its surfaces, up to {rule.reach_m:,.0f} m away"
        case _:
            return ""


def _standard(rule: StandardViolation) -> str:
    """Return what is measured and the values asked for, each with its classes."""
    measured = f"{rule.attribute or rule.measure}{' by ' + rule.per if rule.per else ''}"
    side = "at most" if rule.bound == Bound.MAX else "at least"
    values = [f"{limit.value:g} {rule.unit} {' '.join(limit.classes)}" for limit in rule.limits]
    return f"{measured} {side} {', '.join(value.strip() for value in values)}"


def _meant(selector: Selector) -> str:
    where = " (with a condition)" if selector.where is not None else ""
    return (" ".join(selector.classes) or " ".join(selector.layers) or selector.theme) + where


def _left_to(rule: Rule) -> str:
    pairs = [
        (left.rule, " ".join(left.subject) or "any", " ".join(left.object) or "any")
        for left in rule.left_to
    ]
    return "".join(f"Left to {code}: {subject} – {other}. " for code, subject, other in pairs)


def _exempted(rule: Rule) -> str:
    return "".join(f"Exempt: {exemption.reason.en}. " for exemption in rule.exemptions)


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ").strip()


def _not_yet(cells: list[Cell]) -> Iterator[str]:
    reasons = {row["reason"]: row for row in read_table("not_yet_reasons")}
    yield "## Not asked yet, and why"
    yield ""
    yield "These values of the tables are kept, but no rule asks them: no answer speaks of them."
    yield ""
    yield "| values | waits for | because |"
    yield "|---|---|---|"
    waiting: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.answer == "not_yet":
            waiting[cell.reason].append(cell)
    for reason, group in waiting.items():
        row = reasons[reason]
        because = f"{row['text_en']}<br>{row['text_km_draft']}"
        yield f"| {_named(group)} | {NEEDS[row['needs']]} | {because} |"
    yield ""


def _named(cells: list[Cell]) -> str:
    rows: Mapping[str, list[str]] = defaultdict(list)
    for cell in cells:
        value = f" = {cell.value}" if cell.value else ""
        column = "" if cell.column in {"", "value"} else f" {cell.column}"
        rows[cell.table].append(f"{cell.row}{column}{value}")
    return "<br>".join(f"**{table}**: {'; '.join(named)}" for table, named in rows.items())


def _every_cell(cells: list[Cell]) -> Iterator[str]:
    yield "## What became of every value of the tables"
    yield ""
    yield "| table | values | asked by its own rule | by another row's | nothing to ask | not yet |"
    yield "|---|---|---|---|---|---|"
    tables: dict[str, Counter[str]] = defaultdict(Counter)
    for cell in cells:
        tables[cell.table][cell.answer] += 1
    for table, counts in tables.items():
        numbers = [str(counts[answer]) for answer in ("rule", "same", "nothing", "not_yet")]
        yield f"| {table} | {counts.total()} | " + " | ".join(numbers) + " |"
    yield ""
    yield "Nothing to ask: the value is empty, or the pair of zones is rated compatible (0)."

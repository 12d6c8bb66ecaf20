"""Who decides: the competent authority by size and danger, from a table of conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

from layers.classes import read_table
from layers.queries import class_branches
from planning.permits.application import Application
from planning.permits.number_names import missing_numbers
from planning.predicates import (
    Facts,
    Row,
    all_hold,
    condition_holds,
    named_classes,
    rules_of,
    undecided_fields,
)
from planning.sentences import Said, named, said

Branches = Mapping[str, frozenset[str]]
NAMES = {
    "MINISTER": named(
        "រដ្ឋមន្ត្រីក្រសួងរៀបចំដែនដី នគរូបនីយកម្ម និងសំណង់",
        "Minister of Land Management, Urban Planning and Construction",
    ),
    "GOVERNOR_PROVINCE": named("អភិបាលខេត្ត", "Provincial governor"),
    "GOVERNOR_MUNICIPAL_DISTRICT_KHAN": named(
        "អភិបាលក្រុង ស្រុក ខណ្ឌ", "Governor of the municipality, district or khan"
    ),
    "EXEMPT": named("មិនត្រូវការលិខិតអនុញ្ញាត", "No permit needed"),
}
# Works an application lists when there are any: not listed means none are proposed.
WORKS = ("retaining_wall_height_m", "water_tank_height_m", "water_tank_volume_m3")
MAY_BE_EXEMPT_BELOW_M = 5.0
WOODEN_HOUSE_BELOW_M2 = 100.0


def competent_authority(application: Application) -> dict[str, Any]:
    """Return who decides, by which rule, or which facts are missing to say so.

    Rules are asked in their order. One that a missing fact leaves undecided stops the search:
    the authority after it would be a guess.
    """
    facts = application_facts(application)
    rules = rules_of("permit_authority_predicates", "order", "authority", "rule")
    branches = _branches(rules)
    open_rules: list[list[Row]] = []
    for order in sorted({rule[0]["order"] for rule in rules}):
        tied = [rule for rule in rules if rule[0]["order"] == order]
        verdicts = [(rule, _verdict(rule, facts, branches)) for rule in tied]
        held = [rule for rule, verdict in verdicts if verdict]
        open_rules += [rule for rule, verdict in verdicts if verdict is None]
        if held and not open_rules:
            return _answer(held[0], held, application)
        if held and held[0][0]["authority"] == "MINISTER":
            return _answer(held[0], held, application)
    return _undecided(open_rules, facts, branches, application)


def application_facts(application: Application) -> Facts:
    """Return the facts conditions are asked of; None is a fact that is not stated."""
    proposal = application.proposal
    facts: dict[str, float | frozenset[str] | None] = {
        "floor_area_m2": proposal.floor_area_m2,
        "floors": proposal.floors,
        "basement_depth_m": proposal.basement_depth_m,
        "height_m": proposal.height_m,
        "rooms": proposal.counted("rooms"),
        "seats": proposal.counted("seats"),
        "use": proposal.use_codes,
    }
    for name in WORKS:
        facts[name] = getattr(proposal, name) or 0.0
    return facts


def eia_triggers(application: Application) -> list[dict[str, Any]]:
    """Return the environmental triggers that hold, and those a missing number leaves open."""
    facts = application_facts(application)
    rules = rules_of("eia_trigger_predicates", "code", "rule")
    branches = _branches(rules)
    described = {row["code"]: row for row in read_table("eia_triggers_demo")}
    found: dict[str, dict[str, Any]] = {}
    for rule in rules:
        verdict = _verdict(rule, facts, branches)
        code = rule[0]["code"]
        if verdict is False or (code in found and found[code]["holds"]):
            continue
        earlier = found[code]["missing"] if code in found and verdict is None else []
        missing = [*earlier, *undecided_fields(rule, facts, branches)]
        found[code] = {
            "code": code,
            "activity": described[code]["activity"],
            "threshold": described[code]["threshold"],
            "instrument": described[code]["instrument_default"],
            "holds": verdict is True,
            "missing": list(dict.fromkeys(missing)),
            "basis": "press_report" if described[code]["verified"] == "found"
            else "general_knowledge",
            "source": described[code]["note"] or "eia_triggers_demo.csv",
        }  # fmt: skip
    return list(found.values())


def _verdict(rule: Sequence[Row], facts: Facts, branches: Branches) -> bool | None:
    return all_hold(condition_holds(row, facts, branches) for row in rule)


def _branches(rules: Sequence[Sequence[Row]]) -> Branches:
    named_here = {code for rule in rules for code in named_classes(rule)}
    return {code: frozenset(codes) for code, codes in class_branches(named_here).items()}


def _answer(
    rule: Sequence[Row], held: Sequence[Sequence[Row]], application: Application
) -> dict[str, Any]:
    return {
        "authority": rule[0]["authority"],
        "name": NAMES[rule[0]["authority"]],
        "reasons": [row[0]["provision"] for row in held],
        "basis": rule[0]["basis"],
        "source": rule[0]["src"],
        "missing": [],
        "missing_names": [],
        "notes": _notes(application),
    }


def _undecided(
    rules: Sequence[Sequence[Row]], facts: Facts, branches: Branches, application: Application
) -> dict[str, Any]:
    names = {name: None for rule in rules for name in undecided_fields(rule, facts, branches)}
    return {
        "authority": None,
        "name": said("Cannot tell who decides"),
        "reasons": [],
        "basis": "press_report",
        "source": "permit_authority_predicates.csv",
        "missing": list(names),
        "missing_names": missing_numbers(names),
        "notes": _notes(application),
    }


def _notes(application: Application) -> list[Said]:
    """Return what the press texts hint at but do not say clearly enough to decide by."""
    proposal, notes = application.proposal, []
    if proposal.height_m is not None and proposal.height_m < MAY_BE_EXEMPT_BELOW_M:
        notes.append(
            said("Below 5 m it may be exempt as a small structure: the press text is cut.")
        )
    area = proposal.floor_area_m2
    if area is not None and area < WOODEN_HOUSE_BELOW_M2:
        notes.append(said("A wooden house below 100 m² may be exempt: the press text is cut."))
    if "hotel" in _roots(proposal.use_codes):
        notes.append(said("The press also names tourism structures for the Minister: ask."))
    return notes


def _roots(codes: frozenset[str]) -> set[str]:
    hotels = set(class_branches(["hotel"])["hotel"])
    return {"hotel"} if codes & hotels else set()

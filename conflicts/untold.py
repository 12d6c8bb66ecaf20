"""Why a rule cannot tell of a subject that it knows: what its record, or what is around, lacks.

The rule's own question says the reason (``conflict_untold``); here it becomes a gap of the answer.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from conflicts.airport_rules import ObstacleLimitation
from conflicts.kinds import Rule, between_selector
from conflicts.rule_parts import Selector
from conflicts.standard_rules import StandardViolation
from conflicts.vocab import Gap

# Reason, how many subjects, the first of them by name.
Untold = tuple[str, int, list[str]]
REASONS = {
    "attribute": Gap.UNKNOWN_ATTRIBUTE,
    "elevation": Gap.UNKNOWN_ATTRIBUTE,
    "shape": Gap.NO_AREA,
    "runway": Gap.RUNWAY_NOT_KNOWN,
    "transitional": Gap.TRANSITIONAL_NOT_ASKED,
    "take_off": Gap.TAKE_OFF_NOT_ASKED,
    "counted": Gap.COUNTED_NOT_SURE,
    "edge": Gap.EDGE_NOT_KNOWN,
    "areas": Gap.AREAS_CONTRADICT,
}
OF_OBJECT = frozenset({"elevation", "runway"})


def untold_gaps(rule: Rule, untold: Sequence[Untold]) -> Iterator[dict[str, Any]]:
    """Yield a gap for each reason why a rule could not tell of some of its subjects."""
    for reason, count, examples in untold:
        side = "object" if reason in OF_OBJECT else "subject"
        yield {
            "gap": str(REASONS[reason]),
            "side": side,
            **_named(rule.subject if side == "subject" else rule.object),
            "count": count,
            "examples": examples,
            **_facts(rule, reason),
        }


def _named(selector: Selector) -> dict[str, Any]:
    named = {"classes": list(selector.classes), "theme": selector.theme}
    return {name: value for name, value in named.items() if value}


def _facts(rule: Rule, reason: str) -> dict[str, Any]:
    """Return what a gap of this reason names besides."""
    if reason == "counted" and (counted := between_selector(rule)) is not None:
        return {"counted": list(counted.classes), "layers": list(counted.layers)}
    if isinstance(rule, StandardViolation) and reason == "attribute":
        per = () if rule.per == "area" else (rule.per,)
        return {"attributes": [name for name in (rule.attribute, *per) if name]}
    if isinstance(rule, ObstacleLimitation) and reason == "elevation":
        return {"attributes": [rule.elevation_attribute]}
    if isinstance(rule, ObstacleLimitation) and reason == "attribute":
        return {"attributes": [rule.ground_attribute, rule.height_attribute]}
    return {}

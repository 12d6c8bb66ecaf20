"""Where one side of a rule can be seen: what siting asks of any place."""

from dataclasses import dataclass
from typing import Any

from conflicts.coverage import Selection, gap_of, not_in_catalogue, not_looked_for, proving_layers
from conflicts.kinds import KINDS, Rule, object_selector
from conflicts.vocab import Gap


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What must be surveyed so that nothing unseen stands there; ``gaps``: it is so nowhere."""

    gaps: tuple[dict[str, Any], ...]
    layers: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    one_suffices: bool = False  # one of several hazard maps; features may hide in any layer


def sight_of(rule: Rule, side: str, others: Selection) -> Sight:
    """Return where one side ("subject" or "object") of a rule can be seen, around any place."""
    selector = rule.subject if side == "subject" else object_selector(rule)
    is_map = side == "object" and KINDS[rule.kind].object_is_map
    if is_map and not others.sure:
        return Sight(gaps=(gap_of(Gap.NO_HAZARD_MAP, side, selector),))
    layers = others.sure_layers if is_map else proving_layers(selector, others)
    if not layers:
        return Sight(gaps=(gap_of(Gap.NO_LAYER, side, selector),))
    if missing := not_in_catalogue(layers):
        return Sight(gaps=(gap_of(Gap.MISSING_LAYER, side, selector, layers=missing),))
    if is_map:
        return Sight(gaps=(), layers=layers, one_suffices=True)
    unseen = tuple(not_looked_for(side, others, layers))
    return Sight(gaps=unseen, layers=layers, asked=others.classes)

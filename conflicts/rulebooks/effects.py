"""What a comparison says, in sentences and as data."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conflicts.rulebooks.comparison import Comparison, PairEffect, RuleEffect
from conflicts.vocab import Severity
from layers.numbers import number
from layers.vocab import Answer


def sentence(told: Comparison) -> str:
    """Say in one sentence what changes; what was not asked to the end is never left out."""
    counts = {name: number(told.total(name), 0) for name in ("added", "removed", "regraded")}
    if told.is_told:
        return (
            _("Adds %(added)s findings, removes %(removed)s, grades %(regraded)s otherwise.")
            % counts
        )
    return _(
        "Cannot tell all: %(untold)s rules were not asked to the end. So far it adds %(added)s"
        " findings, removes %(removed)s, grades %(regraded)s otherwise."
    ) % (counts | {"untold": number(len(told.untold), 0)})


def said_of(told: Comparison) -> Iterator[str]:
    """Yield the comparison line by line: as a whole, per kind, per rule, what it cannot tell."""
    yield sentence(told)
    for kind, (added, removed, regraded) in told.by_kind().items():
        yield f"  {kind}: +{added} -{removed} ~{regraded}"
    for effect in told.effects:
        yield f"  {effect.code:<10} {rule_sentence(effect)}"


def rule_sentence(effect: RuleEffect) -> str:
    """Say what becomes of one rule and its findings."""
    if not effect.is_told:
        return _("cannot tell: not asked to the end")
    what = _("changed")
    if effect.before is None:
        what = _("new")
    elif effect.after is None:
        what = _("taken out")
    if effect.answer_before is None and effect.answer_after is None:
        return _("other words only; it finds the same")
    counts = ngettext(
        "%(what)s: %(before)s, then %(after)s finding",
        "%(what)s: %(before)s, then %(after)s findings",
        effect.found_after,
    )
    return counts % {
        "what": what,
        "before": number(effect.found_before, 0),
        "after": number(effect.found_after, 0),
    }


def as_data(told: Comparison) -> dict[str, Any]:
    """Return the comparison for programs."""
    return {
        "is_told": told.is_told,
        "untold": list(told.untold),
        "added": told.total("added"),
        "removed": told.total("removed"),
        "regraded": told.total("regraded"),
        "by_kind": {
            kind: dict(zip(("added", "removed", "regraded"), counts, strict=True))
            for kind, counts in told.by_kind().items()
        },
        "rules": [_rule_data(effect) for effect in told.effects],
        "data_versions": dict(told.data_versions),
    }


def _rule_data(effect: RuleEffect) -> dict[str, Any]:
    return {
        "code": effect.code,
        "kind": effect.rule.kind,
        "is_told": effect.is_told,
        "is_new": effect.before is None,
        "is_taken_out": effect.after is None,
        "found_before": effect.found_before if effect.is_told else None,
        "found_after": effect.found_after if effect.is_told else None,
        "answer_before": effect.answer_before,
        "answer_after": effect.answer_after,
        "added": effect.added,
        "removed": effect.removed,
        "regraded": effect.regraded,
        "findings": [_pair_data(change) for change in effect.listed],
    }


def _pair_data(change: PairEffect) -> dict[str, Any]:
    names = ("subject_layer", "subject", "object_layer", "object")
    return dict(zip(names, change.pair, strict=True)) | {
        "before": None if change.before is None else change.before[0],
        "after": None if change.after is None else change.after[0],
    }


def answer_name(answer: Answer | None) -> str:
    """Return the name of an answer; a dash where the rule is not in that version."""
    return "–" if answer is None else str(answer.label)


def severity_name(found: tuple[str, float, float, str] | None) -> str:
    """Return the name of a severity; a dash where there is no finding."""
    return "–" if found is None else str(Severity(found[0]).label)

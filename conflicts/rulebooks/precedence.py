"""Which rule speaks where several could: the more specific pair of classes, ties go stricter.

A pair is more specific when its classes lie further down the branch: of (factory, school) and
(light factory, school) the second. The general rule then leaves such pairs to the specific one and
says so itself (``left_to``), so a reader of one rule sees it and detection needs no other rule.
Where neither pair is more specific both rules stay, and with them the stricter.

A rule is never left out for one that could be silent where it would speak: the specific rule must
mean at least the same layers, stages and conditions, and what has no force never takes the place
of what may block.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from conflicts.kinds import Rule
from conflicts.pair_rules import (
    Adjacency,
    HazardExposure,
    Overlap,
    PlanVsExisting,
    Separation,
)
from conflicts.rule_parts import LeftTo, PairRule, Selector
from conflicts.vocab import Verdict
from layers.vocab import BLOCKING_BASES

Branches = Mapping[str, Collection[str]]
# What is so for (a, b) is so for (b, a).
SYMMETRIC = (Separation, Overlap, Adjacency)
ANY = ""  # a side that names no class: its layers or theme say what it means


def with_precedence(rules: Sequence[Rule], branches: Branches) -> tuple[Rule, ...]:
    """Return the rules, each with the pairs of classes it leaves to more specific ones."""
    return tuple(
        replace(
            rule,
            left_to=tuple(
                left
                for other in sorted(rules, key=lambda r: r.code)
                if other.code != rule.code and may_take_over(other, rule)
                for left in _left_to(rule, other, branches)
            ),
        )
        for rule in rules
    )


def may_take_over(specific: Rule, general: Rule) -> bool:
    """Tell whether two rules ask the same question and the first has the force to answer it."""
    if type(specific) is not type(general) or _question(specific) != _question(general):
        return False
    if general.basis in BLOCKING_BASES and specific.basis not in BLOCKING_BASES:
        return False
    return not (isinstance(specific, Adjacency) and specific.verdict == Verdict.UNRATED)


def _question(rule: Rule) -> object:
    """Return what two rules of a kind must share to be about the same."""
    match rule:
        case Separation() | Overlap() | Adjacency() | PlanVsExisting():
            return rule.kind
        case HazardExposure():
            return (rule.kind, rule.return_period_years)
        case _:
            return rule.code  # of other kinds each rule asks its own question


def _left_to(general: Rule, specific: Rule, branches: Branches) -> Iterator[LeftTo]:
    """Yield the pairs of the specific rule that lie further down than those of the general."""
    if not (isinstance(general, PairRule) and isinstance(specific, PairRule)):
        return
    if isinstance(general, PlanVsExisting):
        yield from _row_left_to(general, specific, branches)
        return
    sides = [(specific.subject, specific.object)]
    if isinstance(general, SYMMETRIC):
        sides.append((specific.object, specific.subject))
    taken: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for subject, of_object in sides:
        if _covers(subject, general.subject) and _covers(of_object, general.object):
            for name, others in _more_specific(general, subject, of_object, branches).items():
                taken[others].add(name)
    for others, names in sorted(taken.items()):
        yield LeftTo(rule=specific.code, subject=tuple(sorted(names - {ANY})), object=others)


def _row_left_to(general: PairRule, specific: PairRule, branches: Branches) -> Iterator[LeftTo]:
    """Leave a use to its own row of the table: what that does not prohibit it permits."""
    if not _covers(specific.subject, general.subject):
        return
    further = [
        name
        for name in specific.subject.classes
        if any(name != above and name in branches[above] for above in general.subject.classes)
    ]
    if further:
        yield LeftTo(rule=specific.code, subject=tuple(sorted(further)))


def _more_specific(
    general: PairRule, subject: Selector, of_object: Selector, branches: Branches
) -> dict[str, tuple[str, ...]]:
    """Return per class of the subject the classes of the object with which it is further down."""
    found = {}
    for name in subject.classes or (ANY,):
        others = {
            other
            for other in of_object.classes or (ANY,)
            if _is_further_down(name, other, general, branches)
        }
        if others:
            found[name] = tuple(sorted(others - {ANY}))
    return found


def _is_further_down(name: str, other: str, general: PairRule, branches: Branches) -> bool:
    return any(
        _is_within(name, above, branches)
        and _is_within(other, beside, branches)
        and (name, other) != (above, beside)
        for above in general.subject.classes or (ANY,)
        for beside in general.object.classes or (ANY,)
    )


def _is_within(name: str, above: str, branches: Branches) -> bool:
    return name == above if ANY in {name, above} else name in branches[above]


def _covers(specific: Selector, general: Selector) -> bool:
    """Tell whether a selector means, of its classes, all that the general one means of them."""
    return (
        bool(specific.classes) == bool(general.classes)
        and (not specific.layers or set(specific.layers) >= set(general.layers) != set())
        and set(specific.except_layers) <= set(general.except_layers)
        and specific.theme in {"", general.theme}
        and set(specific.lifecycles) >= set(general.lifecycles)
        and (specific.where is None or specific.where == general.where)
    )

"""What cannot be told about the changed features: what is unsurveyed, unknown or not public."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conflicts.alternatives.ground import put_selections
from conflicts.alternatives.known import KnownLand, kinds_held
from conflicts.alternatives.measuring import State
from conflicts.alternatives.sides import Concern, Pairing, Rows
from conflicts.asked_rules import Side
from conflicts.counted import Listed
from conflicts.coverage import Selection, Unseen, unknown_attributes, unseen_around
from conflicts.kinds import SIDES, sides_asked
from conflicts.vocab import Gap

Missing = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Whether a rule speaks of the changed features at all, and what it cannot tell of them."""

    concern: Concern
    is_about: bool
    gaps: tuple[Missing, ...]


def what_is_missing(concern: Concern, paired: list[Pairing], now: State) -> Told:
    """Return what a rule cannot tell of the features as they would stand."""
    is_about = False
    gaps: list[Missing] = list(hidden_gaps(concern, now))
    for name in sides_asked(concern.asked.rule):
        side, own = _own(concern, name, now)
        if not own.sure and not own.unsure:
            continue
        is_about = True
        gaps += [
            gap | {"of_proposal": True} for gap in unknown_attributes(name, side.selector, own)
        ]
        if own.sure:
            gaps += _around(concern, name, own, paired, now)
    return Told(concern=concern, is_about=is_about, gaps=tuple(gaps if is_about else ()))


def _own(concern: Concern, name: str, now: State) -> tuple[Side, Selection]:
    side = concern.asked.sides[name]
    rows = concern.changed[name] & now.ground.new
    put = now.put(side, rows)
    # only where a question joins it: what a kind that finds absences put aside
    if concern.asked.kind.finds_absence and put.meant:
        put = replace(put, number=next(now.ground.numbers))
        put_selections([put], now.ground)
    described = now.ground.described(put)
    return side, replace(described, sure_layers=_own_layers(rows, now))


def _own_layers(rows: Rows, now: State) -> tuple[str, ...]:
    ground = now.ground
    return tuple(sorted({ground.known.layers[ground.rows[row].layer].slug for row in rows}))


def _around(
    concern: Concern, name: str, own: Selection, paired: list[Pairing], now: State
) -> Iterator[Missing]:
    other_name = SIDES[1 - SIDES.index(name)]
    other = concern.asked.sides[other_name]
    near = [p.objects if other_name == "object" else p.subjects for p in paired]
    others = now.ground.described(now.put(other, frozenset().union(*near)))
    if concern.asked.kind.object_is_map and any(now.layers_holding(other).values()):
        others = replace(others, sure=max(others.sure, 1))
    yield from unknown_attributes(other_name, other.selector, others)
    if concern.asked.kind.finds_absence:
        yield from unseen_around(concern.asked.rule, own, other_name, others)
        return
    for gap, question in _unseen(concern, own, other_name, others, now.ground.known):
        if question is None:
            yield gap | {"count": own.sure}
        elif unseen := _unseen_rows(concern.changed[name] & now.ground.new, question, now):
            yield gap | {"count": unseen.count, "examples": list(unseen.first)}


def _unseen(
    concern: Concern, own: Selection, side: str, others: Selection, known: KnownLand
) -> list[tuple[Missing, Unseen | None]]:
    """Return what a rule cannot see of the other side, with what to ask of each place.

    It follows from layers and surveys alone, so it is found out once for all places.
    """
    layers = (own.sure_layers, others.layers, others.sure_layers)
    key = (concern.asked.row.pk, side, *layers, others.sure > 0)
    if key not in known.unseen:
        asked: list[Unseen] = []

        def ask(question: Unseen) -> Listed:
            asked.append(question)
            return Listed(1, ("",))

        gaps = list(unseen_around(concern.asked.rule, replace(own, unseen=ask), side, others))
        questions = iter(asked)
        known.unseen[key] = [
            (gap, next(questions) if gap["gap"] == Gap.NOT_SURVEYED else None) for gap in gaps
        ]
    return known.unseen[key]


def _unseen_rows(rows: Rows, question: Unseen, now: State) -> Listed:
    """Return which of the features lie where not enough was surveyed around them."""
    ground = now.ground
    names = sorted(
        ground.rows[row].stable_id
        for row in rows
        if question.own_layer in {None, ground.known.layers[ground.rows[row].layer].slug}
        and ground.known.is_unseen(ground.shapes[row], question)
    )
    return Listed(len(names), tuple(names))


def hidden_gaps(concern: Concern, now: State) -> Iterator[Missing]:
    """Yield a gap where a layer that the reader may not see holds what the rule asks for."""
    sides = concern.asked.sides
    about = [name for name in sides_asked(concern.asked.rule) if concern.changed[name]]
    used = {SIDES[1 - SIDES.index(name)] for name in about} | set(concern.asked.others)
    for name in sorted(used):
        if _is_hidden(sides[name], now.ground.known, now.ground.hidden):
            yield {"gap": str(Gap.NOT_PUBLIC), "classes": list(sides[name].selector.classes)}


def _is_hidden(side: Side, known: KnownLand, hidden: Rows) -> bool:
    layers: Mapping[int, Any] = known.layers
    return any(
        known.may_mean(side, number, kind)
        for number in hidden
        for kind in kinds_held(number, layers[number].version)
    )

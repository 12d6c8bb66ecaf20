"""What cannot be told about the changed features: what is unsurveyed, unknown or not public."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conflicts.alternatives.ground import put_selections
from conflicts.alternatives.known import KnownLand
from conflicts.alternatives.measuring import State, Untold, Whole
from conflicts.alternatives.sides import Concern, Pairing, Rows
from conflicts.asked_rules import Side
from conflicts.counted import Listed
from conflicts.coverage import (
    EXAMPLES,
    Selection,
    Unseen,
    unknown_attributes,
    unseen_around,
)
from conflicts.detection import Detector
from conflicts.kinds import SIDES, sides_asked
from conflicts.untold import untold_gaps
from conflicts.vocab import Gap

Missing = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Whether a rule speaks of the changed features at all, and what it cannot tell of them."""

    concern: Concern
    is_about: bool
    gaps: tuple[Missing, ...]


def what_is_missing(
    concern: Concern, paired: list[Pairing], now: State, became: Mapping[str, Listed]
) -> Told:
    """Return what a rule cannot tell of the features as they would stand.

    ``became`` are by reason the others of which it can no more tell once the changes are made.
    """
    is_about = False
    gaps: list[Missing] = []
    surely: list[str] = []
    for name in sides_asked(concern.asked.rule):
        side, own = _own(concern, name, now)
        if not own.sure and not own.unsure:
            continue
        is_about = True
        gaps += [
            gap | {"of_proposal": True} for gap in unknown_attributes(name, side.selector, own)
        ]
        if own.sure:
            surely.append(name)
            gaps += _around(concern, name, own, paired, now)
    gaps += hidden_gaps(concern, now, surely)
    if not is_about:
        gaps = list(hidden_gaps(concern, now, SIDES)) if lacks_sight(concern, now) else []
    gaps += _no_more_told(concern, paired, now, became)
    return Told(concern=concern, is_about=is_about, gaps=tuple(gaps))


def _no_more_told(
    concern: Concern, paired: list[Pairing], now: State, became: Mapping[str, Listed]
) -> Iterator[Missing]:
    """Yield why a rule can no more tell of what does not change itself."""
    rule, sides = concern.asked.rule, concern.asked.sides
    untold = sorted(became.items())
    if untold and not concern.asked.kind.finds_absence:
        first = [(why, named.count, list(named.first[:EXAMPLES])) for why, named in untold]
        yield from untold_gaps(rule, first)
    elif untold:
        near = frozenset[int]().union(*(pairing.objects for pairing in paired))
        subject = _described(concern, sides["subject"], frozenset(), now)
        objects = _described(concern, sides["object"], near, now)
        yield from unseen_around(rule, replace(subject, untold=lambda: untold), "object", objects)


def no_more_told(
    before: Untold, now: Untold, changed: Collection[tuple[str, str]]
) -> dict[str, dict[str, Listed]]:
    """Return by rule and reason which subjects, themselves unchanged, became untold."""
    names: dict[str, dict[str, list[str]]] = {}
    for (rule, layer, name), reason in sorted(now.items()):
        if (rule, layer, name) not in before and (layer, name) not in changed:
            names.setdefault(rule, {}).setdefault(reason, []).append(name)
    return {
        rule: {reason: Listed(len(each), tuple(each)) for reason, each in reasons.items()}
        for rule, reasons in names.items()
    }


def _own(concern: Concern, name: str, now: State) -> tuple[Side, Selection]:
    side = concern.asked.sides[name]
    rows = concern.changed[name] & now.ground.new
    described = _described(concern, side, rows, now)
    return side, replace(described, sure_layers=_own_layers(rows, now))


def _described(concern: Concern, side: Side, rows: Rows, now: State) -> Selection:
    """Return rows as a selection; in the working table only where a question joins it there."""
    put = now.put(side, rows)
    if puts_aside(concern) and put.meant:  # what it could not tell is asked for by selection
        put = replace(put, number=next(now.ground.numbers))
        put_selections([put], now.ground)
    return now.ground.described(put)


def puts_aside(concern: Concern) -> bool:
    """Tell whether a kind's own question puts aside the subjects it cannot tell about."""
    return concern.asked.kind.asks_alone and not concern.asked.kind.is_of_records


def _own_layers(rows: Rows, now: State) -> tuple[str, ...]:
    ground = now.ground
    return tuple(sorted({ground.known.layers[ground.rows[row].layer].slug for row in rows}))


def _around(
    concern: Concern, name: str, own: Selection, paired: list[Pairing], now: State
) -> Iterator[Missing]:
    other_name = SIDES[1 - SIDES.index(name)]
    other = concern.asked.sides[other_name]
    near = [p.objects if other_name == "object" else p.subjects for p in paired]
    others = _described(concern, other, frozenset().union(*near), now)
    if concern.asked.kind.object_is_map and any(now.layers_holding(other).values()):
        others = replace(others, sure=max(others.sure, 1))
    yield from unknown_attributes(other_name, other.selector, others)
    if puts_aside(concern):
        rows = concern.changed[name] & now.ground.new
        seeing = replace(own, unseen=lambda question: _unseen_rows(rows, question, now))
        yield from unseen_around(concern.asked.rule, seeing, other_name, others)
        return
    for gap, question in _unseen(concern, own, other_name, others, now.ground.known):
        if question is None:
            yield gap | {"count": own.sure}
        else:
            unseen = _unseen_rows(concern.changed[name] & now.ground.new, question, now)
            if unseen.count:
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


def gaps_of_all(concern: Concern, whole: Whole, now: State) -> tuple[Missing, ...]:
    """Return what a rule cannot tell of all the land, as a detection would; asked just before."""
    detector = Detector(branches=now.ground.known.branches)
    told = detector.answer(concern.asked.rule, whole.subject, whole.objects)
    return (*map(dict, told.missing), *hidden_gaps(concern, now, SIDES))


def hidden_gaps(concern: Concern, now: State, meant_as: Sequence[str]) -> Iterator[Missing]:
    """Yield a gap where a layer that the reader may not see holds what the rule asks for.

    ``meant_as`` are the sides on which the rule means what changes.
    """
    sides = concern.asked.sides
    used = {SIDES[1 - SIDES.index(name)] for name in meant_as}
    if meant_as:
        used |= set(concern.asked.others)
    for name in sorted(used):
        if _is_hidden(sides[name], now.ground.known, now.ground.hidden):
            yield {"gap": str(Gap.NOT_PUBLIC), "classes": list(sides[name].selector.classes)}


def lacks_sight(concern: Concern, now: State) -> bool:
    """Tell whether "nothing is there" would be said of what may only be hidden."""
    if not concern.asked.kind.finds_absence:
        return False
    return any(
        _is_hidden(side, now.ground.known, now.ground.hidden)
        for name, side in concern.asked.sides.items()
        if name != "subject"
    )


def _is_hidden(side: Side, known: KnownLand, hidden: Rows) -> bool:
    return bool(hidden) and not hidden.isdisjoint(known.layers_holding(side))

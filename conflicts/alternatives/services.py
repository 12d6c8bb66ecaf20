"""What if the land were changed so: the rule books asked before anything is published.

The kinds' own SQL measures the land before and after the changes, near them only; what differs is
what a detection after publishing them would find different (a property test proves the two equal).
Nothing is stored: working tables hold the changed features, and are rolled back.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils.translation import gettext as _

from conflicts.alternatives.answers import Answer, Difference, Listed, Untold, differences, in_turn
from conflicts.alternatives.changes import Alternative
from conflicts.alternatives.gaps import (
    Told,
    gaps_of_all,
    hidden_gaps,
    lacks_sight,
    no_more_told,
    what_is_missing,
)
from conflicts.alternatives.ground import Ground, lay_ground, put_selections
from conflicts.alternatives.known import KnownLand, known_land
from conflicts.alternatives.measuring import (
    Hits,
    State,
    look_everywhere,
    measure_whole,
    untold_subjects,
)
from conflicts.alternatives.sides import Concern, Pairing, concern_of, first_looks, pairings
from conflicts.asked_rules import AskedRule
from conflicts.explanations import say_conflict
from conflicts.judgements import IDENTITY, finding_of_hit, in_both
from conflicts.kinds import SIDES, is_unrated
from conflicts.models import PLAN_CONTEXT, Finding, RuleBook
from layers.errors import NotFoundError
from layers.models import Feature, LandUseClass, Layer
from layers.visibility import EVERYTHING, Seen

# So many findings are told in full; all are counted.
MOST_LISTED = 200


def ask_alternatives(
    alternatives: Sequence[Alternative],
    *,
    books: Sequence[RuleBook],
    seen: Seen = EVERYTHING,
    whole: bool = False,
    most: int = MOST_LISTED,
) -> list[Answer]:
    """Return what the rule books say of each alternative; nothing is stored.

    Rules that only the whole city can answer are left out, and named, unless ``whole``. Features
    of layers whose visibility is not ``seen`` stay unused; the rules they concern cannot tell.

    Raises
    ------
    NotFoundError
        A feature that is to be changed or removed does not stand.
    """
    with transaction.atomic():
        try:
            alternatives = [_with_layers(alternative) for alternative in alternatives]
            known = known_land()
            hidden = frozenset(n for n, at in known.layers.items() if at.visibility not in seen)
            asking = _Asking(known, books, hidden, whole, most)
            return [asking.ask(alternative) for alternative in alternatives]
        finally:
            transaction.set_rollback(True)


def _with_layers(alternative: Alternative) -> Alternative:
    """Return an alternative of which every layer exists, for as long as it is asked about."""
    changes = [
        change if change.layer.pk is not None else replace(change, layer=_made(change.layer))
        for change in alternative.changes
    ]
    return replace(alternative, changes=tuple(changes))


def _made(layer: Layer) -> Layer:
    stated = {"geometry_kind": layer.geometry_kind, "title_en": layer.title_en}
    return Layer.objects.get_or_create(slug=layer.slug, defaults=stated)[0]


@dataclass(frozen=True, slots=True)
class _Asking:
    known: KnownLand
    books: Sequence[RuleBook]
    hidden: frozenset[int]
    whole: bool
    most: int

    def ask(self, alternative: Alternative) -> Answer:
        answer = Answer(alternative=alternative)
        with transaction.atomic():
            try:
                ground = lay_ground(self.known, alternative, self.hidden)
                _refuse_absent(alternative, ground)
                for book in self.books:
                    self._ask_book(book, ground, answer)
                self._ask_whole(answer, ground)
                _tell(answer, ground, self.most)
            finally:
                transaction.set_rollback(True)
        return answer

    def _ask_book(self, book: RuleBook, ground: Ground, answer: Answer) -> None:
        rules = self.known.rules_of(book)
        concerns = [concern for asked in rules if (concern := concern_of(asked, ground))]
        answer.rules += len(rules)
        answer.concerned += len(concerns)
        near = [concern for concern in concerns if concern.is_local]
        answer.left_out += [c.asked for c in concerns if not c.is_local]
        ground.take([look for c in near for look in first_looks(c)], ground.changed)
        paired = [(concern, pairings(concern, ground)) for concern in near]
        _judge(paired, ground)
        now = State(ground, gone=ground.old)
        before = State(ground, gone=ground.new)
        hits_before, untold_before = _measure(paired, before, now), untold_subjects()
        hits_now, untold_now = _measure(paired, now, now), untold_subjects()
        _compare(answer, {a.code: a for a in rules}, hits_before, hits_now)
        became = no_more_told(untold_before, untold_now, _changed(answer))
        for concern, pairs in paired:
            told = what_is_missing(concern, pairs, now, became.get(concern.asked.code, {}))
            _sort(answer, told, self.known)

    def _ask_whole(self, answer: Answer, ground: Ground) -> None:
        """Ask the rules that depend on more than what is near, of all the land."""
        if not (self.whole and answer.left_out):
            return
        look_everywhere()
        concerns = [concern_of(asked, ground) for asked in answer.left_out]
        answer.left_out = []
        for concern in concerns:
            if concern is not None:
                self._ask_city(concern, answer, ground)

    def _ask_city(self, concern: Concern, answer: Answer, ground: Ground) -> None:
        """Say of one rule what all the land brings: it differs, stays, is kept or cannot tell."""
        asked = concern.asked
        before, now = State(ground, gone=ground.new), State(ground, gone=ground.old)
        if lacks_sight(concern, now):
            gaps = tuple(hidden_gaps(concern, now, SIDES))
        else:
            was, is_now = measure_whole(concern, before), measure_whole(concern, now)
            found = differences({asked.code: asked}, was.hits, is_now.hits, changed=None)
            answer.differences += found
            gaps = gaps_of_all(concern, is_now, now)
        _sort(answer, Told(concern=concern, is_about=True, gaps=gaps), self.known)


def _refuse_absent(alternative: Alternative, ground: Ground) -> None:
    standing = {(ground.rows[n].layer, ground.rows[n].stable_id) for n in ground.old}
    for change in alternative.changes:
        if change.after is None and (change.layer.pk, change.stable_id) not in standing:
            raise NotFoundError(
                _("There is no feature '%(name)s' to be removed.")
                % {"name": f"{change.layer.slug}/{change.stable_id}"},
                remedy=_("It may have been removed since the map was drawn: reload the map."),
            )


def _judge(paired: Sequence[tuple[Concern, list[Pairing]]], ground: Ground) -> None:
    """Ask at once on which rows all conditions hold."""
    asked = []
    for concern, pairs in paired:
        sides = concern.asked.sides
        asked += [(sides[name], rows) for name, rows in concern.changed.items()]
        for pairing in pairs:
            asked += [(sides["subject"], pairing.subjects), (sides["object"], pairing.objects)]
            asked += [(sides[name], rows) for name, rows in pairing.others.items()]
    ground.judge(asked)


def _measure(paired: Sequence[tuple[Concern, list[Pairing]]], state: State, now: State) -> Hits:
    questions = [
        question
        for concern, pairs in paired
        if not lacks_sight(concern, now)
        for question in state.questions(concern, pairs)
    ]
    asked = {put.number: put for question in questions for put in question.selections}
    put_selections(list(asked.values()), state.ground)
    return state.measure(questions)


def _compare(answer: Answer, rules: Mapping[str, AskedRule], before: Hits, after: Hits) -> None:
    answer.differences += differences(rules, before, after, _changed(answer))


def _changed(answer: Answer) -> frozenset[tuple[str, str]]:
    return frozenset((c.layer.slug, c.stable_id) for c in answer.alternative.changes)


def _sort(answer: Answer, told: Told, known: KnownLand) -> None:
    """Note a rule among those that cannot tell, or among those that are kept."""
    asked = told.concern.asked
    if told.gaps:
        answer.untold.append(Untold(asked=asked, missing=known.explained(told.gaps)))
    elif told.is_about and not any(d.asked is asked and d.after for d in answer.differences):
        answer.complies.append(asked)


def _tell(answer: Answer, ground: Ground, most: int) -> None:
    """Make findings of the first differences, with what is stored of them."""
    answer.differences = in_turn(answer.differences)
    told = answer.differences[:most]
    features = _features(told, answer.alternative)
    now = ground.known.layers.values()
    versions = {at.slug: at.published_number for at in now if at.published_number}
    stored = _stored([each for each in told if each.before is not None])
    for each in told:
        finding = finding_of_hit(each.hit, features, each.asked.row, versions)
        known = stored.get((each.asked.row.rulebook.code, *each.identity))
        answer.listed.append(Listed(difference=each, finding=finding, known=known))
        if is_unrated(each.asked.rule) and each.after is not None:
            missing = (in_both(lambda finding=finding: say_conflict(finding)),)  # type: ignore[misc]
            answer.untold.append(Untold(asked=each.asked, missing=missing))


def _stored(told: Collection[Difference]) -> dict[tuple[str, ...], Finding]:
    """Return the stored findings of what stands now, by book and identity."""
    if not told:
        return {}
    found = Finding.objects.filter(
        context=PLAN_CONTEXT,
        rulebook_code__in={each.asked.row.rulebook.code for each in told},
        rule_code__in={each.asked.code for each in told},
        subject_layer__in={each.identity[1] for each in told},
        subject_id__in={each.identity[2] for each in told},
    )
    names = ("rulebook_code", "rule_code", *IDENTITY)
    return {tuple(getattr(f, name) for name in names): f for f in found}


def _features(told: Sequence[Difference], alternative: Alternative) -> dict[int, Feature]:
    """Return the rows that findings name; changed ones as they would stand."""
    numbers = {each.hit[side] for each in told for side in ("subject_row", "object_row")} - {None}
    standing = [n for n in numbers if n > 0]
    rows = Feature.objects.filter(pk__in=standing).select_related("layer", "land_use")
    found = {row.pk: row for row in rows.defer("geometry")}
    coming = [change for change in alternative.changes if change.after is not None]
    uses = {change.after.land_use for change in coming if change.after} - {None}
    classes = LandUseClass.objects.in_bulk(list(uses), field_name="code") if uses else {}
    for number, change in enumerate(coming, start=1):
        if change.after is not None:
            found[-number] = Feature(
                pk=-number,
                layer=change.layer,
                stable_id=change.stable_id,
                land_use=classes.get(change.after.land_use or ""),
                lifecycle=change.after.lifecycle,
                properties=dict(change.after.properties),
            )
    return found

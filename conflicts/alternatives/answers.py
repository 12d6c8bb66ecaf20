"""What an alternative would bring: findings that appear, change or go, and what cannot be told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from conflicts.alternatives.changes import Alternative
from conflicts.alternatives.measuring import Hits, Identity, identity_of
from conflicts.alternatives.vocab import Effect
from conflicts.asked_rules import AskedRule
from conflicts.asking import SEVERITIES
from conflicts.judgements import Hit, InBoth
from conflicts.lifecycle import NOISE_M, NOISE_M2
from conflicts.models import Finding


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One finding with what becomes of it; ``before`` and ``after`` are what is measured."""

    effect: Effect
    asked: AskedRule
    before: Hit | None
    after: Hit | None

    @property
    def hit(self) -> Hit:
        """What is measured once the changes are made; of what goes, what stands now."""
        found = self.after or self.before
        if found is None:
            raise TypeError(self.effect)
        return found

    @property
    def identity(self) -> Identity:
        """What tells it from all other findings."""
        return identity_of(self.hit)

    @property
    def severity_rank(self) -> int:
        """0 for information, 4 for critical."""
        return SEVERITIES.index(self.hit["severity"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A difference that is told in full."""

    difference: Difference
    finding: Finding  # as detection would find it; never stored
    known: Finding | None = None  # the same finding as it is stored


@dataclass(frozen=True, kw_only=True, slots=True)
class Untold:
    """A rule that cannot tell, and why."""

    asked: AskedRule
    missing: tuple[InBoth, ...]


@dataclass(kw_only=True, slots=True)
class Answer:
    """What the rule books say of one alternative."""

    alternative: Alternative
    differences: list[Difference] = field(default_factory=list)
    listed: list[Listed] = field(default_factory=list)
    untold: list[Untold] = field(default_factory=list)
    complies: list[AskedRule] = field(default_factory=list)
    left_out: list[AskedRule] = field(default_factory=list)
    rules: int = 0  # in the books
    concerned: int = 0  # that have to do with what changes


def differences(
    rules: Mapping[str, AskedRule],
    before: Hits,
    after: Hits,
    changed: frozenset[tuple[str, str]] | None,
) -> Iterator[Difference]:
    """Yield what becomes of each finding; one that stays only where a changed feature is in it.

    ``changed`` are the layers and names of the features that change; None: the rule was asked of
    all the land, and what stays is told wherever it lies.
    """
    for identity in before.keys() | after.keys():
        was, is_now = before.get(identity), after.get(identity)
        effect = _effect(was, is_now)
        _rule, subject_layer, subject, object_layer, object_ = identity
        parties = {(subject_layer, subject), (object_layer, object_)}
        if effect != Effect.STAYS or changed is None or parties & changed:
            yield Difference(effect=effect, asked=rules[identity[0]], before=was, after=is_now)


def _effect(was: Hit | None, is_now: Hit | None) -> Effect:
    """Tell what became of a finding, with the noise that a detection allows."""
    if was is None:
        return Effect.APPEARS
    if is_now is None:
        return Effect.GOES
    noise = NOISE_M2 if is_now["unit"] == "m2" else NOISE_M
    before, now = (SEVERITIES.index(hit["severity"]) for hit in (was, is_now))
    if now > before or is_now["margin"] < was["margin"] - noise:
        return Effect.WORSE
    if now < before or is_now["margin"] > was["margin"] + noise:
        return Effect.BETTER
    return Effect.STAYS


_TURN = {effect: turn for turn, effect in enumerate(Effect)}
# Of one rule so many come first; a thousand dwellings must not hide the one school.
FIRST_OF_RULE = 5


def in_turn(found: Sequence[Difference]) -> list[Difference]:
    """Return differences as they are read: what appears first, the gravest of each first.

    Of each rule the worst few come before the rest.
    """
    by_margin = sorted(
        found,
        key=lambda each: (
            _TURN[each.effect], -each.severity_rank, each.hit["margin"], each.identity,
        ),
    )  # fmt: skip
    told: Counter[tuple[Effect, str]] = Counter()
    first: list[Difference] = []
    rest: list[Difference] = []
    for each in by_margin:
        told[each.effect, each.asked.code] += 1
        is_first = told[each.effect, each.asked.code] <= FIRST_OF_RULE
        (first if is_first else rest).append(each)
    return first + rest

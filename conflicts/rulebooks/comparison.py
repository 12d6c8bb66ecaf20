"""Two versions of a rule book asked of the same data: what ratifying one would change.

Nothing is stored. Only rules that ask something else are asked at all; the others find the same.
What could not be asked within the time is named: about it the comparison cannot tell.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, connection, transaction

from conflicts.detection import Detector
from conflicts.kinds import Rule
from conflicts.rule_schema import rule_to_data
from conflicts.vocab import Severity
from layers.models import Layer
from layers.runs import Progress
from layers.sql_files import load_sql
from layers.vocab import Answer

# What a rule says to people; it decides nothing about what the rule finds.
WORDS = frozenset({"title", "provision", "message", "note", "basis"})
# So many pairs of each rule are listed; the counts are always of all.
LISTED = 100
Pair = tuple[str, str, str, str]  # layer and identifier of subject and object
Found = Mapping[Pair, tuple[str, float, float, str]]  # severity, measured, required, unit


@dataclass(frozen=True, kw_only=True, slots=True)
class PairEffect:
    """One pair that two versions judge differently; None: no finding of that version."""

    pair: Pair
    before: tuple[str, float, float, str] | None
    after: tuple[str, float, float, str] | None

    @property
    def is_graver(self) -> bool:
        """Tell whether both find it and the later version calls it graver."""
        return self._rank(self.after) > self._rank(self.before) >= 0

    @staticmethod
    def _rank(found: tuple[str, float, float, str] | None) -> int:
        return -1 if found is None else Severity(found[0]).rank


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleEffect:
    """What a change of one rule does to its findings."""

    code: str
    before: Rule | None
    after: Rule | None
    found_before: int = 0
    found_after: int = 0
    answer_before: Answer | None = None
    answer_after: Answer | None = None
    added: int = 0
    removed: int = 0
    regraded: int = 0
    listed: tuple[PairEffect, ...] = ()
    is_told: bool = True  # False: not asked to the end, so nothing can be told of it

    @property
    def rule(self) -> Rule:
        """The rule as the later version says it, else as it was."""
        rule = self.after or self.before
        if rule is None:
            raise ValueError(self.code)
        return rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The effect of all rules in which two versions differ."""

    effects: tuple[RuleEffect, ...]
    data_versions: Mapping[str, int] = field(default_factory=dict)

    @property
    def untold(self) -> tuple[str, ...]:
        """The rules about which it cannot tell: the time was over."""
        return tuple(effect.code for effect in self.effects if not effect.is_told)

    @property
    def is_told(self) -> bool:
        """Tell whether every rule was asked."""
        return not self.untold

    def total(self, name: str) -> int:
        """Return the sum of one count (added, removed, regraded) over the rules that were asked."""
        return sum(getattr(effect, name) for effect in self.effects)

    def by_kind(self) -> dict[str, tuple[int, int, int]]:
        """Return added, removed and regraded findings per kind of rule."""
        counts: dict[str, tuple[int, int, int]] = {}
        for effect in self.effects:
            added, removed, regraded = counts.get(effect.rule.kind, (0, 0, 0))
            counts[effect.rule.kind] = (
                added + effect.added, removed + effect.removed, regraded + effect.regraded,
            )  # fmt: skip
        return dict(sorted(counts.items()))


def compare_rules(
    before: Sequence[Rule],
    after: Sequence[Rule],
    *,
    hidden: Collection[str] = (),
    limit_s: float | None = None,
    report: Progress | None = None,
) -> Comparison:
    """Return what the second rules find that the first do not, and the other way round.

    ``hidden`` layers are left out of both. After ``limit_s`` seconds the rest is "cannot tell".

    Raises
    ------
    RunCancelledError
        ``report`` heard that nobody waits for the answer any more.
    """
    pairs = list(_differing(before, after))
    until = None if limit_s is None else time.monotonic() + limit_s
    with transaction.atomic():
        try:
            asking = _Asking(Detector.open(), frozenset(hidden), until)
            effects = []
            for number, (old, new) in enumerate(pairs):
                if report is not None:
                    report(number / len(pairs), (new or old or pairs[0][0]).code)  # type: ignore[union-attr]
                effects.append(asking.effect(old, new))
            return Comparison(effects=tuple(effects), data_versions=_data_versions())
        finally:
            transaction.set_rollback(True)


def _differing(
    before: Sequence[Rule], after: Sequence[Rule]
) -> Iterator[tuple[Rule | None, Rule | None]]:
    old, new = ({rule.code: rule for rule in rules} for rules in (before, after))
    for code in sorted({*old, *new}):
        if old.get(code) != new.get(code):
            yield old.get(code), new.get(code)


def asks_the_same(before: Rule, after: Rule) -> bool:
    """Tell whether two rules differ in words only, so that they find the same."""
    said = [
        {name: value for name, value in rule_to_data(rule).items() if name not in WORDS}
        for rule in (before, after)
    ]
    return said[0] == said[1]


def _data_versions() -> dict[str, int]:
    layers = Layer.objects.exclude(published_number=None).order_by("slug")
    return {layer.slug: layer.published_number or 0 for layer in layers}


@dataclass(slots=True)
class _Asking:
    """Asks one rule after the other until the time is over."""

    detector: Detector
    hidden: frozenset[str]
    until: float | None
    is_over: bool = False

    def effect(self, before: Rule | None, after: Rule | None) -> RuleEffect:
        code = (after or before).code  # type: ignore[union-attr]
        if before is not None and after is not None and asks_the_same(before, after):
            return RuleEffect(code=code, before=before, after=after)
        try:
            with transaction.atomic():
                sides = [(None, {}) if r is None else self._ask(r) for r in (before, after)]
        except (OperationalError, TimeoutError):
            self.is_over = True
            return RuleEffect(code=code, before=before, after=after, is_told=False)
        (answer_before, found_before), (answer_after, found_after) = sides
        return _told(
            code=code,
            before=before,
            after=after,
            answer_before=answer_before,
            answer_after=answer_after,
            found=(found_before, found_after),
        )

    def _ask(self, rule: Rule) -> tuple[Answer, Found]:
        self._hold_time()
        outcome = self.detector.ask(rule)
        with connection.cursor() as cursor:
            cursor.execute(load_sql(__file__, "take_found.sql"), {"hidden": sorted(self.hidden)})
            found = {tuple(row[:4]): tuple(row[4:]) for row in cursor.fetchall()}
            cursor.execute("DELETE FROM conflict_untold")  # the next may have the same code
        return outcome.answer, found

    def _hold_time(self) -> None:
        """Give the next statements no more time than is left."""
        if self.until is None:
            return
        left_ms = round((self.until - time.monotonic()) * 1000)
        if self.is_over or left_ms <= 0:
            raise TimeoutError
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{left_ms}ms"])


def _told(*, found: tuple[Found, Found], **said: Any) -> RuleEffect:  # noqa: ANN401
    before, after = found
    changes = [
        PairEffect(pair=pair, before=before.get(pair), after=after.get(pair))
        for pair in sorted({*before, *after})
        if _grade(before.get(pair)) != _grade(after.get(pair))
    ]
    changes.sort(key=lambda change: (change.after is None, change.before is not None))
    return RuleEffect(
        **said,
        found_before=len(before),
        found_after=len(after),
        added=len(after.keys() - before.keys()),
        removed=len(before.keys() - after.keys()),
        regraded=len([c for c in changes if c.before is not None and c.after is not None]),
        listed=tuple(changes[:LISTED]),
    )


def _grade(found: tuple[str, float, float, str] | None) -> str | None:
    return None if found is None else found[0]

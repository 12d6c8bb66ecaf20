"""Brings the findings of a rule book up to date with what changed since it was last asked.

Only what changed and what lies near it is measured again, and the stored result is that of a full
detection. Where a rule's findings depend on more than its neighbourhood, or its counts cannot go
on from before, that rule is asked of everything; where the rules themselves, the classes or the
city's boundary changed, or too much of the land, a full detection is made instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from conflicts.asked_rules import AskedBook, AskedRule, asked_book
from conflicts.changes import Change, changes_since
from conflicts.counted import Counted, MustCountAgainError
from conflicts.coverage import EXAMPLES, Selection, proving_layers
from conflicts.detection import Detector, Outcome
from conflicts.kinds import SIDES
from conflicts.memory import (
    Land,
    land_now,
    remember,
    remembered_counts,
    remembered_land,
    remembered_rules,
)
from conflicts.models import DetectionRun, RuleBook
from conflicts.moved import MovedRows
from conflicts.needs_full import NeedsFullError, Why, refuse_much, refuse_other_rules
from conflicts.neighbourhood import Neighbourhood
from conflicts.proofs import Proofs
from conflicts.reach import Scope
from conflicts.services import detect_conflicts, hold_data_versions, hold_rulebook
from conflicts.storing import Storing
from conflicts.vocab import RuleBookStatus
from layers.models import Run
from layers.runs import Progress
from layers.sql_files import load_sql
from layers.vocab import RunState

# So many changed rows the planner takes for granted; of more it is told how many there are.
FEW_ROWS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Recheck:
    """What became of a re-check: the detection, if anything had changed, and why if it was full."""

    detection: DetectionRun | None
    why_full: Why | None = None


def recheck_conflicts(*, rulebook: RuleBook, on_progress: Progress | None = None) -> Recheck:
    """Bring the findings of a rule book up to date; the result is that of a full detection.

    Either all of it is stored or, after an error, a cancel or a crash, nothing.

    Raises
    ------
    RunCancelledError
        Someone asked the run to stop.
    """
    report = on_progress or _silent
    try:
        return Recheck(detection=_recheck_nearby(rulebook, report))
    except NeedsFullError as needs:
        standing = _standing(rulebook)
        detection = detect_conflicts(rulebook=standing, on_progress=on_progress)
        return Recheck(detection=detection, why_full=needs.why)


def _standing(rulebook: RuleBook) -> RuleBook:
    """Return the version that came into force in place of the one that was to be asked, if any."""
    rulebook.refresh_from_db(fields=["status"])
    if rulebook.status != RuleBookStatus.SUPERSEDED:
        return rulebook
    versions = RuleBook.objects.filter(code=rulebook.code)
    return versions.filter(status=RuleBookStatus.RATIFIED).first() or rulebook


def _silent(_share: float, _message: str) -> None:
    return


@transaction.atomic
def _recheck_nearby(rulebook: RuleBook, report: Progress) -> DetectionRun | None:
    hold_rulebook(rulebook.code)
    rulebook = _standing(rulebook)
    before = remembered_land(rulebook.code)
    if before is None:
        raise NeedsFullError(Why.NEVER_ASKED)
    versions = hold_data_versions()
    at_work = _AtWork.begin(rulebook, before)
    if at_work.change.is_none:
        at_work.near.leave(keeps_tables=True)
        return None
    detection = _stored_detection(rulebook, before, versions)
    at_work.ask(report)
    at_work.store(detection, report)
    is_small = at_work.change.rows <= FEW_ROWS and not at_work.whole
    at_work.near.leave(keeps_tables=is_small)
    return detection


def _stored_detection(
    rulebook: RuleBook, before: Land, versions: Mapping[str, int]
) -> DetectionRun:
    """Store a detection with a run of its own that ends with this transaction or never was."""
    now = timezone.now()
    run = Run.objects.create(
        kind="recheck",
        title=f"Re-check: {rulebook}"[:200],
        state=RunState.SUCCEEDED,
        progress_share=1.0,
        started_at=now,
        heartbeat_at=now,
        finished_at=now,
        parameters={"rulebook": str(rulebook)},
    )
    return DetectionRun.objects.create(
        run=run,
        rulebook=rulebook,
        goes_on_from_id=before.full_detection,
        data_versions=dict(versions),
    )


@dataclass(slots=True)
class _AtWork:
    """One re-check: what changed, which rules that touches, and what they answer."""

    rulebook: RuleBook
    book: AskedBook
    near: Neighbourhood
    change: Change
    before: Mapping[str, Counted] = field(default_factory=dict)  # by question
    counted: dict[str, Counted] = field(default_factory=dict)  # by question, where it changed
    uncounted: set[str] = field(default_factory=set)  # questions whose counts cannot go on
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # by rule
    repeated: set[str] = field(default_factory=set)  # rules whose answer cannot have changed
    sides: dict[str, Mapping[str, Selection]] = field(default_factory=dict)  # of all the land
    whole: list[AskedRule] = field(default_factory=list)  # asked of everything
    # by rule: how many conflicts and exempted pairs were found of what was measured again
    found: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def begin(cls, rulebook: RuleBook, before: Land) -> "_AtWork":
        """Find out what changed.

        Raises
        ------
        NeedsFullError
            The rules, classes or boundary changed, or too much of the land.
        """
        now = land_now(DetectionRun(pk=0, rulebook=rulebook), counts_classes=False)
        now = replace(now, detection=before.detection, full_detection=before.full_detection)
        refuse_other_rules(before, now)
        book = asked_book(rulebook, rules=now.rules, class_tree=now.class_tree)
        near = Neighbourhood.beside(dict(book.branches))
        change = changes_since(before, now)
        refuse_much(before, change)
        near.unlike = change.unlike_layers
        near.proofs = Proofs.of(change.now)
        return cls(rulebook=rulebook, book=book, near=near, change=change)

    def ask(self, report: Progress) -> None:
        """Ask the rules that what changed concerns, each of no more than it has to."""
        self.near.moved = MovedRows.among(self.book.sides, self.change.groups, self.near.numbers)
        concerned = [asked for asked in self.book.rules if self._is_concerned(asked)]
        self._recall(concerned)
        nearby = [asked for asked in concerned if self._is_answered_nearby(asked)]
        self._ask_whole(report)
        self._measure(nearby, report)
        self._add_hits(nearby)

    def _is_concerned(self, asked: AskedRule) -> bool:
        is_always = asked.reach.scope == Scope.ALWAYS
        return bool(self.change.unlike_layers) or is_always or self.near.is_touched(asked)

    def _recall(self, concerned: Sequence[AskedRule]) -> None:
        """Read what was noted of these rules, and bring the numbers that changed up to date."""
        self.near.before = remembered_rules(self.rulebook.code, [a.code for a in concerned])
        sides = {asked.sides[name].question: asked.sides[name] for asked in concerned
                 for name in SIDES}  # fmt: skip
        self.before = remembered_counts(self.rulebook.code, sides)
        for question, side in sides.items():
            went, came = self.near.moved.counts(side)
            if went != came and question in self.before:
                try:
                    self.counted[question] = self.before[question].moved(
                        went, came, needed=EXAMPLES
                    )
                except MustCountAgainError:
                    self.uncounted.add(question)  # whoever asks for it is asked of everything

    def _is_answered_nearby(self, asked: AskedRule) -> bool:
        """Answer a rule from what was counted, if that suffices; else it is asked as a whole."""
        is_touched = self.near.is_touched(asked)
        try:
            sides = {name: self._selection(asked, name) for name in SIDES}
            self._require_same_surveys(asked, sides)
            self._require_local(asked, sides, is_touched=is_touched)
            if is_touched:
                self._answer(asked, sides)
        except MustCountAgainError:
            self.whole.append(asked)
            return False
        return is_touched

    def _require_local(
        self, asked: AskedRule, sides: Mapping[str, Selection], *, is_touched: bool
    ) -> None:
        """Refuse to answer a rule nearby that depends on more than what lies near what changed."""
        if asked.reach.scope == Scope.ALWAYS:
            raise MustCountAgainError
        if not is_touched or not sides["subject"].counted.layers:  # no subject: nothing to measure
            return
        if not asked.reach.is_local or (
            asked.kind.tells_of_each and (asked.others or not asked.kind.finds_absence)
        ):
            raise MustCountAgainError
        objects = sides["object"]
        held = tuple(sorted(self.before[objects.question].layers))
        if asked.kind.finds_absence and held != objects.layers:  # others prove the absence now
            raise MustCountAgainError

    def _answer(self, asked: AskedRule, sides: Mapping[str, Selection]) -> None:
        self.sides[asked.code] = sides
        if asked.kind.finds_absence and sides["subject"].counted.layers:
            self.outcomes[asked.code] = self.near.answer_absence(asked, sides)
            return
        repeated = self.near.answer_as_before(asked, sides)
        if repeated is not None:
            self.repeated.add(asked.code)
        self.outcomes[asked.code] = repeated or self.near.answer_nearby(asked, sides)

    def _selection(self, asked: AskedRule, name: str) -> Selection:
        side = asked.sides[name]
        known = self.counted.get(side.question, self.before.get(side.question))
        if known is None or side.question in self.uncounted or asked.code not in self.near.before:
            raise MustCountAgainError
        return replace(Selection.of(0, side.classes, known, side.question), alike=side.alike)

    def _require_same_surveys(self, asked: AskedRule, sides: Mapping[str, Selection]) -> None:
        """Refuse to go on from before where a layer that counts was surveyed otherwise since."""
        named = {
            layer
            for name, selection in sides.items()
            for layer in (
                *proving_layers(asked.sides[name].selector, selection),
                *asked.sides[name].selector.layers,
                *selection.layers,
                *self._layers_of_theme(asked.sides[name].selector.theme),
            )
        }
        if asked.kind.tells_of_each:  # what else it asks of may be missing where it was surveyed
            for side in asked.others.values():
                stated = {*side.selector.surveyed_in, *side.selector.layers}
                named |= stated or self.change.unlike_layers
        if not self.change.unlike_layers.isdisjoint(named):
            raise MustCountAgainError

    def _layers_of_theme(self, theme: str) -> list[str]:
        layers = self.change.now.layers.values()
        return [layer.slug for layer in layers if theme and layer.theme == theme]

    def _ask_whole(self, report: Progress) -> None:
        if not self.whole:
            return
        self.near.look_everywhere()
        everything = Detector(branches=self.near.branches, numbers=self.near.numbers)
        for number, asked in enumerate(self.whole):
            report(0.5 * number / len(self.whole), f"{asked.code} {asked.row.title_en}")
            self.outcomes[asked.code] = everything.ask(asked.rule)
        self.near.noted |= everything.noted
        self.counted |= {name: found.counted for name, found in everything.selections.items()}
        self.near.look_nearby()

    def _measure(self, nearby: Sequence[AskedRule], report: Progress) -> None:
        """Measure what changed by the rules that may find something of it."""
        measured = self.near.put_aside.keys()
        asks = [a for a in nearby if a.code not in measured]
        asks = [a for a in asks if self.near.may_find(a, self.sides[a.code])]
        if not asks:
            return
        self.near.prepare(side for asked in asks for side in asked.sides.values())
        for number, asked in enumerate(asks):
            report(0.5 + 0.4 * number / len(asks), f"{asked.code} {asked.row.title_en}")
            self.near.measure(asked, self.sides[asked.code])

    def _add_hits(self, nearby: Sequence[AskedRule]) -> None:
        """Count what each rule found: what was known, less what was measured again, and the new.

        A rule that answers as before and found nothing of what was measured again says no more
        than it said: nothing is stored of it.
        """
        _run("scope_of_changes.sql", {})
        if self.change.rows > FEW_ROWS:
            _run("count_working_rows.sql", {})
        known = _counts("known_in_scope.sql", rulebook_code=self.rulebook.code, context="plan")
        found = self.found = _counts("counted_hits.sql")
        for asked in nearby:
            code, noted = asked.code, self.near.before[asked.code]
            then, now = known.get(code, (0, 0)), found.get(code, (0, 0))
            if code in self.repeated and then == now == (0, 0):
                del self.outcomes[code], self.near.noted[code]
                continue
            self.outcomes[code] = self.near.with_hits(
                asked.rule,
                self.outcomes[code],
                noted.found - then[0] + now[0],
                noted.exempted - then[1] + now[1],
            )

    def store(self, detection: DetectionRun, report: Progress) -> None:
        """Bring the findings up to date and keep what was counted."""
        report(0.95, "Comparing with what was known")
        Storing(
            detection=detection,
            book=self.book,
            outcomes=self.outcomes,
            numbers=self.near.numbers,
            whole_rules=[asked.code for asked in self.whole],
            changed_layers=sorted(self.change.changed_layers),
            unlike_layers=sorted(self.change.unlike_layers),
        ).store(
            has_found=any(found for found, _exempted in self.found.values()),
            has_exempted=any(exempted for _found, exempted in self.found.values()),
        )
        land = replace(self.change.now, detection=detection.pk)
        remember(self.rulebook.code, land=land, counted=self.counted, noted=self.near.noted)


def _counts(file: str, **parameters: Any) -> dict[str, tuple[int, int]]:  # noqa: ANN401
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)
        return {code: (found, exempted) for code, found, exempted in cursor.fetchall()}


def _run(file: str, parameters: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)

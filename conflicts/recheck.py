"""Brings the findings of a rule book up to date with what changed since it was last asked.

Only what changed and what lies near it is measured again, and the stored result is that of a full
detection. Where a rule's findings depend on more than its neighbourhood, or its counts cannot go
on from before, that rule is asked of everything; where the rules themselves, the classes or the
city's boundary changed, or too much of the land, a full detection is made instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from conflicts.asked_rules import AskedRule, asked_rules
from conflicts.changes import Change, changes_since
from conflicts.counted import Counted, MustCountAgainError
from conflicts.coverage import Selection, proving_layers
from conflicts.detection import Detector, Outcome, put_selection
from conflicts.kinds import SIDES
from conflicts.memory import (
    Land,
    land_now,
    remember,
    remembered_counts,
    remembered_land,
    remembered_rules,
)
from conflicts.merging import (
    CLOSING_STEPS,
    SEEN_STEPS,
    NotedRule,
    merge_steps,
    note_rules,
    store_outcomes,
)
from conflicts.models import DetectionRun, RuleBook
from conflicts.neighbourhood import Neighbourhood
from conflicts.reach import Scope
from conflicts.services import detect_conflicts, hold_data_versions
from layers.models import LayerVersion, Run
from layers.runs import Progress
from layers.sql_files import load_sql
from layers.vocab import RunState, VersionState

# From so many changed rows on, and such a share of all features, asking everything is quicker.
LEAST_ROWS_FOR_FULL = 20_000
SHARE_FOR_FULL = 0.1


class Why(Enum):
    """Why a full detection was made instead of a re-check."""

    NEVER_ASKED = "never_asked"
    RULES = "rules"
    CLASSES = "classes"
    BOUNDARY = "boundary"
    LAYERS = "layers"
    MUCH = "much"


class NeedsFullError(Exception):
    """Only a full detection can tell."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


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
        detection = detect_conflicts(rulebook=rulebook, on_progress=on_progress)
        return Recheck(detection=detection, why_full=needs.why)


def _silent(_share: float, _message: str) -> None:
    return


@transaction.atomic
def _recheck_nearby(rulebook: RuleBook, report: Progress) -> DetectionRun | None:
    RuleBook.objects.select_for_update().filter(code=rulebook.code).first()  # one at a time
    before = remembered_land(rulebook.code)
    if before is None:
        raise NeedsFullError(Why.NEVER_ASKED)
    versions = hold_data_versions()
    at_work = _AtWork.begin(rulebook, before)
    if at_work.change.is_none:
        at_work.near.close()
        return None
    detection = _stored_detection(rulebook, before, versions)
    at_work.ask(report)
    at_work.store(detection, report)
    at_work.near.close()
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
    near: Neighbourhood
    change: Change
    rules: Sequence[AskedRule]
    counted: dict[str, Counted] = field(default_factory=dict)  # by question, where it changed
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # by rule
    sides: dict[str, Mapping[str, Selection]] = field(default_factory=dict)  # of all the land
    whole: list[AskedRule] = field(default_factory=list)  # asked of everything

    @classmethod
    def begin(cls, rulebook: RuleBook, before: Land) -> "_AtWork":
        """Find out what changed.

        Raises
        ------
        NeedsFullError
            The rules, classes or boundary changed, or too much of the land.
        """
        near = Neighbourhood.open()
        now = land_now(DetectionRun(pk=0, rulebook=rulebook), counts_classes=False)
        now = replace(now, detection=before.detection, full_detection=before.full_detection)
        _refuse_other_rules(before, now)
        change = changes_since(before, now)
        _refuse_much(before, change)
        near.before = remembered_rules(rulebook.code)
        near.unlike = change.unlike_layers
        near.look_nearby()
        rules = asked_rules(rulebook, near)
        return cls(rulebook=rulebook, near=near, change=change, rules=rules)

    def ask(self, report: Progress) -> None:
        """Ask the rules that what changed concerns, each of no more than it has to."""
        sides = [side for asked in self.rules for side in asked.sides.values()]
        self.near.note_moved(sides, self.change.likenesses)
        before = self._counts_before()
        self._count(before)
        nearby = [asked for asked in self.rules if self._is_answered_nearby(asked, before)]
        self._ask_whole(report)
        for number, asked in enumerate(nearby):
            report(0.5 + 0.4 * number / len(nearby), f"{asked.code} {asked.row.title_en}")
            self.near.measure(asked, self.sides[asked.code])
        self._add_hits(nearby)

    def _counts_before(self) -> dict[str, Counted]:
        touched = (
            self.rules if self.change.unlike_layers else filter(self.near.is_touched, self.rules)
        )
        questions = {asked.sides[name].question for asked in touched for name in SIDES}
        return remembered_counts(self.rulebook.code, questions)

    def _count(self, before: Mapping[str, Counted]) -> None:
        """Bring the numbers of every selector that something changed of up to date."""
        moved = self.near.went.keys() | self.near.came.keys()
        for question in moved & before.keys():
            try:
                self.counted[question] = self.near.counted_now(question, before[question])
            except MustCountAgainError:
                continue  # whoever asks for it is asked of everything

    def _is_answered_nearby(self, asked: AskedRule, before: Mapping[str, Counted]) -> bool:
        """Answer a rule from what was counted, if that suffices; else it is asked as a whole."""
        is_touched = self.near.is_touched(asked)
        # what it could not tell of which subjects is not kept: it is asked of all of them
        is_local = asked.reach.is_local and not asked.kind.finds_absence
        if asked.reach.scope == Scope.ALWAYS or (is_touched and not is_local):
            self.whole.append(asked)
            return False
        if not is_touched and not self.change.unlike_layers:
            return False
        try:
            sides = {name: self._selection(asked, name, before) for name in SIDES}
            self._require_same_surveys(asked, sides)
            if is_touched:
                self.sides[asked.code] = sides
                self.outcomes[asked.code] = self.near.answer_nearby(asked, sides)
        except MustCountAgainError:
            self.whole.append(asked)
            return False
        return is_touched

    def _selection(self, asked: AskedRule, name: str, before: Mapping[str, Counted]) -> Selection:
        side = asked.sides[name]
        known = self.counted.get(side.question)
        if known is None and not self.near.is_moved(side):
            known = before.get(side.question)
        if known is None or asked.code not in self.near.before:
            raise MustCountAgainError
        return Selection.of(0, side.classes, known, side.question)

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
        if asked.kind.finds_absence:  # what else it asks of may be missing where it was surveyed
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
        _run("ground_of_begun.sql", {})

    def _add_hits(self, nearby: Sequence[AskedRule]) -> None:
        """Count what each rule found: what was known, less what was measured again, and the new."""
        _run("scope_of_changes.sql", {})
        _run("count_working_rows.sql", {})
        known = _counts("known_in_scope.sql", rulebook_code=self.rulebook.code, context="plan")
        found = _counts("counted_hits.sql")
        for asked in nearby:
            code, noted = asked.code, self.near.before[asked.code]
            then, now = known.get(code, (0, 0)), found.get(code, (0, 0))
            self.outcomes[code] = self.near.with_hits(
                asked.rule,
                self.outcomes[code],
                noted.found - then[0] + now[0],
                noted.exempted - then[1] + now[1],
            )

    def store(self, detection: DetectionRun, report: Progress) -> None:
        """Bring the findings up to date and keep what was counted."""
        report(0.95, "Comparing with what was known")
        whole_rules = [asked.code for asked in self.whole]
        closing = self._note_rules(detection)
        merge_steps(detection, SEEN_STEPS)
        merge_steps(
            detection,
            ["absent_nearby.sql"],
            whole_rules=whole_rules,
            unlike_layers=sorted(self.change.unlike_layers),
            changed_layers=sorted(self.change.changed_layers),
        )
        self._select_absent(closing)
        merge_steps(detection, [*CLOSING_STEPS, "expire_acceptances.sql"])
        merge_steps(detection, ["keep_exempted.sql"], all_rules=False, whole_rules=whole_rules)
        land = replace(self.change.now, detection=detection.pk)
        remember(self.rulebook.code, land=land, counted=self.counted, noted=self.near.noted)

    def _note_rules(self, detection: DetectionRun) -> dict[str, dict[str, int]]:
        """Store the outcomes; return the selections by which each rule's findings are closed."""
        answered = [(a.row, self.outcomes[a.code]) for a in self.rules if a.code in self.outcomes]
        stored = store_outcomes(detection, answered)
        closing = {
            asked.code: {name: next(self.near.numbers) for name in SIDES} for asked in self.rules
        }
        note_rules(
            NotedRule(
                row=asked.row,
                outcome=stored.get(asked.code),
                subject_selection=closing[asked.code]["subject"],
                object_selection=closing[asked.code]["object"],
                map_layers=self._map_layers(asked, self.outcomes.get(asked.code)),
            )
            for asked in self.rules
        )
        return closing

    def _map_layers(self, asked: AskedRule, outcome: Outcome | None) -> tuple[str, ...]:
        """Return in which layers hazard maps stand that a rule asks for; counted now or before."""
        if not asked.kind.object_is_map:
            return ()
        if outcome is not None:
            return outcome.map_layers
        question = asked.sides["object"].question
        known = remembered_counts(self.rulebook.code, [question]).get(question)
        return Selection.of(0, (), known).sure_layers if known else ()

    def _select_absent(self, closing: Mapping[str, Mapping[str, int]]) -> None:
        """Select what stands now of the two sides of the findings that are not seen any more."""
        with connection.cursor() as cursor:
            cursor.execute(load_sql(__file__, "absent_parties.sql"))
            codes = {code for (code,) in cursor.fetchall()}
        for asked in self.rules:
            if asked.code in codes:
                for name in SIDES:
                    put_selection(closing[asked.code][name], asked.sides[name].parameters)


def _refuse_other_rules(before: Land, now: Land) -> None:
    themes = {number: layer.theme for number, layer in before.layers.items()}
    if before.rulebook != now.rulebook:
        raise NeedsFullError(Why.RULES)
    if before.class_tree != now.class_tree:
        raise NeedsFullError(Why.CLASSES)
    if before.boundaries != now.boundaries:
        raise NeedsFullError(Why.BOUNDARY)
    for number, layer in before.layers.items():
        stands = now.layers.get(number)
        if stands is None or (stands.slug, stands.theme) != (layer.slug, themes[number]):
            raise NeedsFullError(Why.LAYERS)


def _refuse_much(before: Land, change: Change) -> None:
    cities, places = before.boundaries
    if change.changed_layers & {*cities, *places}:
        raise NeedsFullError(Why.BOUNDARY)
    if change.rows < LEAST_ROWS_FOR_FULL:
        return
    standing = sum(
        LayerVersion.objects.filter(state=VersionState.PUBLISHED).values_list(
            "feature_count", flat=True
        )
    )
    if change.rows > SHARE_FOR_FULL * standing:
        raise NeedsFullError(Why.MUCH)


def _counts(file: str, **parameters: Any) -> dict[str, tuple[int, int]]:  # noqa: ANN401
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)
        return {code: (found, exempted) for code, found, exempted in cursor.fetchall()}


def _run(file: str, parameters: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)

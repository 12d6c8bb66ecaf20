"""Stores what a re-check answered and found, in no more steps than that takes.

The steps are those of a full detection (``merging``). Where nothing was found none is taken for
what is there, and where nothing is missing none for what is gone.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from conflicts.asked_rules import AskedBook, AskedRule
from conflicts.coverage import Selection
from conflicts.detection import Outcome, put_selection
from conflicts.kinds import SIDES
from conflicts.memory import remembered_counts
from conflicts.merging import (
    CLOSING_STEPS,
    SEEN_STEPS,
    NotedRule,
    merge_steps,
    note_rules,
    store_outcomes,
)
from conflicts.models import PLAN_CONTEXT, DetectionRun, RuleOutcome
from layers.sql_files import load_sql

# Of the steps that close findings: those for findings not seen; the one for those whose acceptance
# ends today, seen or not; those after any of them changed a state.
ABSENT_STEPS = CLOSING_STEPS[: CLOSING_STEPS.index("expire_acceptances.sql")]
EXPIRING_STEPS = ("expire_acceptances.sql",)
LATER_STEPS = CLOSING_STEPS[len(ABSENT_STEPS) + len(EXPIRING_STEPS) :]


@dataclass(kw_only=True, slots=True)
class Storing:
    """What one re-check stores: the outcomes of the rules it asked, and what became of findings."""

    detection: DetectionRun
    book: AskedBook
    outcomes: Mapping[str, Outcome]  # by rule
    numbers: Iterator[int]  # of selections
    whole_rules: list[str]  # asked of everything
    changed_layers: list[str]
    unlike_layers: list[str]  # of which surveys prove something else
    stored: Mapping[str, RuleOutcome] = field(default_factory=dict)
    # by which selections the findings of each rule are closed
    closing: dict[str, dict[str, int]] = field(default_factory=dict)

    def store(self, *, has_found: bool, has_exempted: bool) -> None:
        """Store the outcomes and bring the findings up to date."""
        answered = [asked for asked in self.book.rules if asked.code in self.outcomes]
        self.stored = store_outcomes(
            self.detection, [(asked.row, self.outcomes[asked.code]) for asked in answered]
        )
        if has_found:
            self._note(answered)
            merge_steps(self.detection, SEEN_STEPS)
        has_missed = bool(self._miss())
        if has_missed:
            self._close()
        has_expired = bool(merge_steps(self.detection, EXPIRING_STEPS))
        if has_found or has_missed or has_expired:
            merge_steps(self.detection, LATER_STEPS)
        if has_exempted or self.whole_rules:
            merge_steps(
                self.detection, ["keep_exempted.sql"], all_rules=False, whole_rules=self.whole_rules
            )

    def _miss(self) -> int:
        """Note which findings were not seen and may have to be closed; return how many."""
        return _run(
            "absent_nearby.sql",
            rulebook_code=self.detection.rulebook.code,
            context=PLAN_CONTEXT,
            detection=self.detection.pk,
            whole_rules=self.whole_rules,
            unlike_layers=self.unlike_layers,
            changed_layers=self.changed_layers,
        )

    def _close(self) -> None:
        """Resolve what is gone, as far as that can be known."""
        with connection.cursor() as cursor:
            cursor.execute(load_sql(__file__, "absent_parties.sql"))
            codes = {code for (code,) in cursor.fetchall()}
        missed = [asked for asked in self.book.rules if asked.code in codes]
        self._note(asked for asked in missed if asked.code not in self.closing)
        for asked in missed:
            for name in SIDES:
                put_selection(self.closing[asked.code][name], asked.sides[name].parameters)
        merge_steps(self.detection, ABSENT_STEPS)

    def _note(self, rules: Iterable[AskedRule]) -> None:
        """Put rules into the working tables, with selections by which findings are closed."""
        noted = list(rules)
        for asked in noted:
            self.closing[asked.code] = {name: next(self.numbers) for name in SIDES}
        if noted:
            note_rules(
                NotedRule(
                    row=asked.row,
                    outcome=self.stored.get(asked.code),
                    subject_selection=self.closing[asked.code]["subject"],
                    object_selection=self.closing[asked.code]["object"],
                    map_layers=self._map_layers(asked),
                )
                for asked in noted
            )

    def _map_layers(self, asked: AskedRule) -> tuple[str, ...]:
        """Return in which layers hazard maps stand that a rule asks for; counted now or before."""
        if not asked.kind.object_is_map:
            return ()
        if asked.code in self.outcomes:
            return self.outcomes[asked.code].map_layers
        question = asked.sides["object"].question
        known = remembered_counts(self.detection.rulebook.code, [question]).get(question)
        return Selection.of(0, (), known).sure_layers if known else ()


def _run(file: str, **parameters: Any) -> int:  # noqa: ANN401 - named parameters
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)
        return int(cursor.rowcount)

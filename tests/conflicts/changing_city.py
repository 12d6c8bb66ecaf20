"""A small city that changes step by step, asked twice: by a full detection and by re-checks.

Two rule books hold the same rules. ``full-book`` is asked of everything after each step,
``near-book`` is re-checked. What is stored must be the same, detection by detection.
"""

from dataclasses import dataclass, field

from conflicts.models import PLAN_CONTEXT, DetectionRun, Finding
from conflicts.queries import latest_detection
from conflicts.recheck import recheck_conflicts
from conflicts.services import detect_conflicts
from tests.conflicts.ground import rulebook

FULL, NEAR = "full-book", "near-book"
MEASURED = ("measured_value", "required_value", "unit", "margin", "severity", "facts", "witness")


@dataclass
class TwoBooks:
    """The same rules asked in both ways; remembers which detection belongs to which step."""

    rules: list
    step: int = 0
    steps: dict = field(default_factory=dict)
    rechecks: list = field(default_factory=list)

    def begin(self):
        self.books = {code: rulebook(*self.rules, code=code) for code in (FULL, NEAR)}
        for book in self.books.values():
            detect_conflicts(rulebook=book)
        self.note_step()
        return self

    def ask_again(self):
        """One step later: ask the one in full, re-check the other."""
        detect_conflicts(rulebook=self.books[FULL])
        self.rechecks.append(recheck_conflicts(rulebook=self.books[NEAR]))
        self.note_step()
        return self.rechecks[-1]

    def note_step(self):
        self.step += 1
        for detection in DetectionRun.objects.exclude(pk__in=self.steps):
            self.steps[detection.pk] = self.step

    def stands(self, code):
        """Everything a reader could learn of a book: findings with their lives, answers."""
        return {
            "findings": {key(finding): self.life(finding) for finding in found(code)},
            "answers": answers(code),
        }

    def life(self, finding):
        told = {
            "state": finding.state,
            "note": finding.note,
            "severity": finding.severity,
            "basis": finding.basis,
            "first seen": self.steps[finding.first_seen_id],
            "last seen": self.last_seen(finding),
            "gone since": self.steps.get(finding.absent_since_id),
            "measured": measured(finding.current),
            "rows": (finding.current.subject_row_id, finding.current.object_row_id),
        }
        return told | {"history": self.history(finding)}

    def last_seen(self, finding):
        """What is still there was last seen by the newest detection, whoever measured it."""
        return self.step if finding.is_present else self.steps[finding.absent_since_id] - 1

    def history(self, finding):
        """What changed when; that nothing changed is no news."""
        told, before = [], None
        for seen in finding.observations.order_by("detection_id"):
            now = measured(seen)
            if now != before:
                told.append((self.steps[seen.detection_id], seen.change, now))
            before = now
        return told


def found(code):
    return Finding.objects.filter(rulebook_code=code, context=PLAN_CONTEXT).select_related(
        "current"
    )


def key(finding):
    return (finding.rule_code, finding.subject_layer, finding.subject_id, finding.object_layer,
            finding.object_id)  # fmt: skip


def measured(seen):
    values = {name: getattr(seen, name) for name in MEASURED}
    return values | {"witness": seen.witness and seen.witness.hex, "gone": seen.change == "gone"}


def answers(code):
    outcomes = latest_detection(code).standing_outcomes.select_related("rule")
    return {
        outcome.rule.code: (
            outcome.answer, outcome.subjects_checked, outcome.subjects_untold,
            outcome.pairs_found, outcome.pairs_exempted, outcome.missing,
            outcome.surveyed_m2, outcome.city_m2,
        )
        for outcome in outcomes
    }  # fmt: skip


def same(books):
    """Compare piece by piece, so that a difference is named."""
    near, full = books.stands(NEAR), books.stands(FULL)
    assert near["answers"] == full["answers"]
    assert near["findings"].keys() == full["findings"].keys()
    for name, life in full["findings"].items():
        assert near["findings"][name] == life, name
    for finding in found(FULL):
        if not finding.is_present:  # what last_seen says of a book that is only re-checked is so
            assert books.steps[finding.last_seen_id] == books.last_seen(finding)

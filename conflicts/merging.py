"""Brings findings up to date with what a detection saw; full or re-check, the same steps."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from conflicts.asking import SEVERITIES
from conflicts.detection import Outcome
from conflicts.kinds import KINDS
from conflicts.life.existing import KINDS_OF_BOTH, KINDS_OF_SUBJECT
from conflicts.lifecycle import NOISE_M, NOISE_M2
from conflicts.models import PLAN_CONTEXT, DetectionRun, RuleOutcome
from conflicts.models import Rule as RuleRow
from layers.sql_files import load_sql
from layers.vocab import BLOCKING_BASES

SEEN_STEPS = (
    "open_findings.sql",
    "observe_findings.sql",
    "mark_existing_use.sql",
    "update_findings.sql",
    "open_changed_facts.sql",
)
CLOSING_STEPS = (
    "observe_absent.sql",
    "close_findings.sql",
    "expire_acceptances.sql",
    "tell_history.sql",
    "end_standing.sql",
)
# Two shapes of more corners than this together are compared by their bytes alone.
MOST_CORNERS = 20_000


def store_outcomes(
    detection: DetectionRun, answered: Iterable[tuple[RuleRow, Outcome]]
) -> dict[str, RuleOutcome]:
    """Store what rules answered; return it by their codes."""
    stored = RuleOutcome.objects.bulk_create(
        RuleOutcome(
            detection=detection,
            rule=row,
            answer=outcome.answer,
            subjects_checked=outcome.subjects_checked,
            subjects_untold=outcome.subjects_untold,
            pairs_found=outcome.pairs_found,
            pairs_exempted=outcome.pairs_exempted,
            missing=[dict(gap) for gap in outcome.missing],
            surveyed_m2=None if outcome.ground is None else outcome.ground.surveyed_m2,
            city_m2=None if outcome.ground is None else outcome.ground.city_m2,
        )
        for row, outcome in answered
    )
    return {outcome.rule.code: outcome for outcome in stored}


@dataclass(frozen=True, kw_only=True, slots=True)
class NotedRule:
    """A rule of the book as the steps need it."""

    row: RuleRow
    outcome: RuleOutcome | None  # None: not asked in this detection
    subject_selection: int
    object_selection: int
    map_layers: tuple[str, ...] = ()  # in which hazard maps it asks for stand


def note_rules(rules: Iterable[NotedRule]) -> None:
    """Put rules into the working tables: one statement, however many."""
    noted = list(rules)
    rows = [
        {
            "rule_code": rule.row.code,
            "rule_id": rule.row.pk,
            "outcome_id": rule.outcome.pk if rule.outcome else None,
            "basis": rule.row.basis,
            "subject_selection": rule.subject_selection,
            "object_selection": rule.object_selection,
            "object_is_map": KINDS[rule.row.kind].object_is_map,
        }
        for rule in noted
    ]
    maps = [
        {"rule_code": rule.row.code, "layer_slug": layer}
        for rule in noted
        for layer in rule.map_layers
    ]
    parameters = {"rules": json.dumps(rows), "maps": json.dumps(maps)}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "note_rules.sql"), parameters)


def merge_steps(detection: DetectionRun, steps: Sequence[str], **more: object) -> int:
    """Carry out steps of the merge on the findings of a rule book; return how many rows changed."""
    parameters: Mapping[str, Any] = {
        "detection": detection.pk,
        "rulebook_code": detection.rulebook.code,
        "context": PLAN_CONTEXT,
        "severities": SEVERITIES,
        "noise_m": NOISE_M,
        "noise_m2": NOISE_M2,
        "today": timezone.localdate(),
        "most_corners": MOST_CORNERS,
        "blocking_bases": [basis.value for basis in sorted(BLOCKING_BASES)],
        "zone": settings.TIME_ZONE,
        "kinds_of_both": list(KINDS_OF_BOTH),
        "kinds_of_subject": list(KINDS_OF_SUBJECT),
        **more,
    }
    changed = 0
    with connection.cursor() as cursor:
        for step in steps:
            cursor.execute(load_sql(__file__, step), parameters)
            changed += cursor.rowcount
    return changed

"""What may happen to findings: detected, brought up to date, decided."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone

from conflicts.detection import SEVERITIES, Detector, Outcome
from conflicts.kinds import KINDS
from conflicts.lifecycle import NOISE_M, NOISE_M2, require_decision
from conflicts.models import (
    PLAN_CONTEXT,
    Decision,
    DetectionRun,
    Finding,
    RuleBook,
    RuleOutcome,
)
from conflicts.models import Rule as RuleRow
from conflicts.rule_schema import rule_from_data
from conflicts.vocab import FindingState
from layers.models import Layer
from layers.runs import Progress, Reporter, executing, queue_run
from layers.sql_files import load_sql

MERGE_STEPS = (
    "open_findings.sql",
    "observe_findings.sql",
    "update_findings.sql",
    "observe_absent.sql",
    "close_findings.sql",
)


def detect_conflicts(*, rulebook: RuleBook, on_progress: Progress | None = None) -> DetectionRun:
    """Ask every rule of the current features and bring the findings up to date.

    Findings known before keep their identity and what people decided about them. Either the
    whole detection is stored or, after an error, a cancel or a crash, nothing of it.

    Raises
    ------
    RunCancelledError
        Someone asked the run to stop.
    """
    run = queue_run(
        kind="detection",
        title=f"Detect conflicts: {rulebook}",
        parameters={"rulebook": str(rulebook)},
    )
    with executing(run, echo=on_progress) as report, transaction.atomic():
        RuleBook.objects.select_for_update().filter(code=rulebook.code).first()  # one at a time
        detection = DetectionRun.objects.create(
            run=run, rulebook=rulebook, data_versions=_hold_data_versions()
        )
        _ask_rules(detection, report)
        report(0.95, "Comparing with what was known")
        _merge(detection)
    return detection


def _hold_data_versions() -> dict[str, int]:
    """Return the published version of each layer, and let nobody publish until we are done."""
    layers = Layer.objects.select_for_update(no_key=True).order_by("pk")
    return {layer.slug: layer.published_number for layer in layers if layer.published_number}


def _ask_rules(detection: DetectionRun, report: Reporter) -> None:
    detector = Detector.open()
    rows = list(detection.rulebook.rules.order_by("code"))
    for number, row in enumerate(rows):
        report(0.95 * number / len(rows), f"{row.code} {row.title_en}")
        outcome = detector.ask(rule_from_data(row.definition))
        _remember(detection, row, outcome)


def _remember(detection: DetectionRun, row: RuleRow, outcome: Outcome) -> None:
    stored = RuleOutcome.objects.create(
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
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conflict_rule VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                row.code,
                row.pk,
                stored.pk,
                row.basis,
                outcome.subject_selection,
                outcome.object_selection,
                KINDS[row.kind].object_is_map,
            ],
        )


def _merge(detection: DetectionRun) -> None:
    parameters: Mapping[str, Any] = {
        "detection": detection.pk,
        "rulebook_code": detection.rulebook.code,
        "context": PLAN_CONTEXT,
        "severities": SEVERITIES,
        "noise_m": NOISE_M,
        "noise_m2": NOISE_M2,
        "today": timezone.localdate(),
    }
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE conflict_hit")
        for step in MERGE_STEPS:
            cursor.execute(load_sql(__file__, step), parameters)


@transaction.atomic
def decide_finding(
    *,
    finding: Finding,
    state: str,
    reason: str,
    decided_by: AbstractBaseUser | None = None,
    valid_to: date | None = None,
) -> Decision:
    """Record what a person decides about a finding, with what was measured at that moment.

    The decision holds until the finding gets worse than it is now, or its last day passes.
    """
    finding = Finding.objects.select_for_update(of=("self",)).get(pk=finding.pk)
    require_decision(FindingState(finding.state), FindingState(state), reason)
    measured = finding.current
    decision = Decision.objects.create(
        finding=finding,
        state=state,
        reason=reason.strip(),
        valid_to=valid_to if state == FindingState.ACCEPTED else None,
        decided_by_id=None if decided_by is None else decided_by.pk,
        margin=None if measured is None else measured.margin,
        severity=finding.severity,
    )
    finding.state = state
    finding.save(update_fields=["state"])
    return decision

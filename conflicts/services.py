"""What may happen to findings: detected, brought up to date, decided."""

import time
from collections.abc import Sequence
from contextlib import suppress

from django.db import OperationalError, connection, transaction
from psycopg2.errorcodes import LOCK_NOT_AVAILABLE

from conflicts.detection import Detector, Outcome
from conflicts.memory import land_now, remember_all
from conflicts.merging import (
    CLOSING_STEPS,
    SEEN_STEPS,
    NotedRule,
    merge_steps,
    note_rules,
    store_outcomes,
)
from conflicts.models import DetectionRun, RuleBook
from conflicts.models import Rule as RuleRow
from conflicts.preparing import prepare
from conflicts.rule_schema import rule_from_data
from layers.errors import RunCancelledError
from layers.listening import tell_of_change
from layers.models import Layer
from layers.retold import gettext as _
from layers.runs import Progress, Reporter, executing, queue_run

# How long publications go first, one after the other, before a detection waits in line [s].
LONGEST_WAIT_S = 600.0
PAUSE_S = 0.05


def detect_conflicts(*, rulebook: RuleBook, on_progress: Progress | None = None) -> DetectionRun:
    """Ask every rule of the current features and bring the findings up to date.

    Findings known before keep their identity and what people decided about them. Either the
    whole detection is stored or, after an error, a cancel or a crash, nothing of it.

    Raises
    ------
    RunCancelledError
        Someone asked the run to stop.
    """
    while True:
        with suppress(_OvertakenError):
            return _detected(rulebook, on_progress)


class _OvertakenError(RunCancelledError):
    """A detection with a later number ended first: numbers must tell what is known last."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.what = _("'%(title)s' was overtaken by a later detection and begun again.") % {
            "title": title
        }


def _detected(rulebook: RuleBook, on_progress: Progress | None) -> DetectionRun:
    run = queue_run(
        kind="detection",
        title=f"Detect conflicts: {rulebook}",
        parameters={"rulebook": str(rulebook)},
    )
    with executing(run, echo=on_progress) as report, transaction.atomic():
        hold_rulebook(rulebook.code)
        if DetectionRun.objects.filter(rulebook__code=rulebook.code, run_id__gt=run.pk).exists():
            raise _OvertakenError(run.title)
        detection = DetectionRun.objects.create(
            run=run, rulebook=rulebook, data_versions=hold_data_versions()
        )
        land = land_now(detection, counts_classes=False)
        detector = _ask_rules(detection, report)
        report(0.95, "Comparing with what was known")
        _merge(detection)
        if not remember_all(rulebook.code, detector, detection, land):
            tell_of_change()  # what was born or surveyed meanwhile is looked at next
        detector.close()
    return detection


def hold_rulebook(code: str) -> None:
    """Let one detection at a time ask the versions of a rule book."""
    list(RuleBook.objects.select_for_update().filter(code=code).order_by("pk"))


def hold_data_versions() -> dict[str, int]:
    """Return the published version of each layer, and let nobody publish until we are done.

    Whoever publishes to several layers at once is never waited for while others are held: all
    layers are taken at once or none.
    """
    deadline = time.monotonic() + LONGEST_WAIT_S
    while (held := _held_layers(waits=time.monotonic() > deadline)) is None:
        time.sleep(PAUSE_S)
    return {layer.slug: layer.published_number for layer in held if layer.published_number}


def _held_layers(*, waits: bool) -> list[Layer] | None:
    try:
        with transaction.atomic():
            layers = Layer.objects.select_for_update(no_key=True, nowait=not waits)
            return list(layers.order_by("pk"))
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
            raise
        return None


def _ask_rules(detection: DetectionRun, report: Reporter) -> Detector:
    detector = Detector.open()
    rows = list(detection.rulebook.rules.order_by("code"))
    rules = [rule_from_data(row.definition) for row in rows]
    prepare(detector, rules)
    answered = []
    for number, (row, rule) in enumerate(zip(rows, rules, strict=True)):
        report(0.05 + 0.85 * number / len(rows), f"{row.code} {row.title_en}")
        answered.append((row, detector.ask(rule)))
    _remember(detection, answered)
    return detector


def _remember(detection: DetectionRun, answered: Sequence[tuple[RuleRow, Outcome]]) -> None:
    stored = store_outcomes(detection, answered)
    note_rules(
        NotedRule(
            row=row,
            outcome=stored[row.code],
            subject_selection=outcome.subject_selection,
            object_selection=outcome.object_selection,
            map_layers=outcome.map_layers,
        )
        for row, outcome in answered
    )


def _merge(detection: DetectionRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE conflict_hit")
    merge_steps(detection, [*SEEN_STEPS, "absent_anywhere.sql", *CLOSING_STEPS])
    merge_steps(detection, ["keep_exempted.sql"], all_rules=True, whole_rules=[])

"""Keeps up with detections: in which sangkats findings lie, and what each detection changed.

Both cost a look at every new observation, so they are made once: after a detection, by whoever
looks first where that is little, else by the worker. What is not placed yet is told as such.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.filters import SANGKAT_LAYER, UNPLACED, FindingFilter, sangkat_version
from conflicts.models import DetectionRun
from conflicts.review.models import Stocktaking
from layers.models import Run
from layers.runs import Progress, fail_stale_runs, queue_run
from layers.sql_files import load_sql
from layers.vocab import RunState

RUN_KIND = "stocktaking"
# So many findings are placed while a reader waits: some 0.2 s.
MOST_AT_ONCE = 20_000
PORTION = 50_000
_LOCK = 0x4B530001  # one stocktaking at a time; others pass by


def _silent(_share: float, _message: str) -> None:
    """Tell nobody how far the work is."""


def detections_to_take() -> list[int]:
    """Return the finished detections that were not taken into account with today's sangkats."""
    finished = DetectionRun.objects.filter(run__state=RunState.SUCCEEDED)
    taken = Stocktaking.objects.filter(sangkat_version=sangkat_version())
    return sorted(finished.exclude(pk__in=taken.values("pk")).values_list("pk", flat=True))


def keep_up() -> bool:
    """Take stock now where that is little, else leave it to the worker; tell if all is done."""
    waiting = detections_to_take()
    if not waiting:
        return True
    if len(_to_place(waiting, MOST_AT_ONCE + 1, sangkat_version())) <= MOST_AT_ONCE:
        return take_stock()
    request_stocktaking()
    return False


def refuse_unplaced(wanted: FindingFilter, *, is_placed: bool) -> None:
    """Refuse to answer by sangkat while findings are not placed: the missing would not be told."""
    if wanted.sangkat and wanted.sangkat != UNPLACED and not is_placed:
        raise RuleFieldError(
            "sangkat",
            _("In which sangkats the newest findings lie is being looked up."),
            remedy=_("Ask again in a moment, or leave the sangkat out."),
        )


def request_stocktaking() -> Run | None:
    """Queue a stocktaking unless one is waiting or at work."""
    from conflicts.review.tasks import carry_out_stocktaking  # noqa: PLC0415 - it calls this module

    fail_stale_runs()  # one whose process was killed would hold up all others
    live = Run.objects.filter(
        kind=RUN_KIND, state__in=[RunState.QUEUED, RunState.RUNNING], cancel_requested_at=None
    )
    if live.exists():
        return None
    run = queue_run(kind=RUN_KIND, title="Place findings in sangkats", parameters={})
    carry_out_stocktaking.enqueue(run.pk)
    return run


def take_stock(on_progress: Progress = _silent) -> bool:
    """Place findings and count changes of every detection not taken yet.

    False: another does, or other sangkats were published meanwhile; whoever looks next goes on.

    Raises
    ------
    RunCancelledError
        Someone asked the run to stop; what was placed stays placed.
    """
    waiting = detections_to_take()
    version = sangkat_version()
    placed = 0
    while waiting and (findings := _to_place(waiting, PORTION, version)):
        if not _place(findings, version):
            return False
        placed += len(findings)
        on_progress(placed / (placed + PORTION), str(placed))
    for detection in waiting:
        Stocktaking.objects.update_or_create(
            detection_id=detection,
            defaults={"sangkat_version": version},
            create_defaults={"sangkat_version": version, "tally": list(_tally(detection))},
        )
    return True


def _to_place(detections: list[int], most: int, version: int) -> list[int]:
    is_all = not Stocktaking.objects.filter(sangkat_version=version).exists()
    return [
        row[0]
        for row in _asked(
            "findings_to_place.sql",
            is_all=is_all,
            detections=detections,
            sangkat_version=version,
            most=most,
        )
    ]


@transaction.atomic
def _place(findings: list[int], version: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        if sangkat_version() != version:  # they would be placed in the one, told of the other
            return False
        parameters: dict[str, Any] = {"sangkat_layer": SANGKAT_LAYER, "sangkat_version": version}
        cursor.execute("DROP TABLE IF EXISTS review_piece")
        cursor.execute(load_sql(__file__, "cut_sangkats.sql"), parameters)
        cursor.execute(load_sql(__file__, "index_pieces.sql"))
        placing = load_sql(__file__, "place_findings.sql")
        cursor.execute(placing, {**parameters, "findings": findings})
    return True


def _tally(detection: int) -> Iterator[dict[str, Any]]:
    names = ("change", "severity", "rule", "subject_layer", "object_layer", "count")
    for row in _asked("tally_changes.sql", detection=detection):
        yield dict(zip(names, row, strict=True))


def _asked(name: str, **parameters: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - values
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, name), parameters)
        return list(cursor.fetchall())

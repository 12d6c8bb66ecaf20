"""When findings are brought up to date: by the worker, soon after the ground changed.

A rule book that was asked once is kept up to date from then on. A burst of publications asks once:
the re-check that waits sees all of them, because it reads the versions after it has begun.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from django.db.models import QuerySet
from django.utils import timezone

from conflicts.kept.models import Remembered
from conflicts.memory import LAND
from conflicts.models import RuleBook
from conflicts.recheck import Recheck, recheck_conflicts
from conflicts.vocab import RuleBookStatus
from layers.models import Run
from layers.runs import Progress, queue_run
from layers.vocab import RunState

RUN_KIND = "recheck"
# A waiting run older than this may have lost its task: another is queued beside it, which does no
# harm, since a re-check that finds nothing changed stores nothing.
WAITS_AT_MOST = timedelta(minutes=10)


def request_recheck() -> Run | None:
    """Queue a re-check of all rule books that are kept up to date, unless one is waiting."""
    from conflicts.tasks import carry_out_recheck  # noqa: PLC0415 - the task calls this module

    if not Remembered.objects.filter(topic=LAND).exists() or is_recheck_waiting():
        return None
    run = queue_run(kind=RUN_KIND, title="Re-check what changed", parameters={})
    carry_out_recheck.enqueue(run.pk)
    return run


def is_recheck_waiting() -> bool:
    """Tell whether a re-check is queued that has not begun."""
    return _rechecks(RunState.QUEUED).exists()


def is_rechecking() -> bool:
    """Tell whether a re-check is queued or at work."""
    return is_recheck_waiting() or _rechecks(RunState.RUNNING).exists()


def _rechecks(state: str) -> QuerySet[Run]:
    recent = timezone.now() - WAITS_AT_MOST
    runs = Run.objects.filter(kind=RUN_KIND, state=state)
    since = (
        {"queued_at__gte": recent} if state == RunState.QUEUED else {"heartbeat_at__gte": recent}
    )
    return runs.filter(**since)


def kept_rulebooks() -> Iterator[RuleBook]:
    """Yield the rule books that were asked once: of each the version in force, else that asked."""
    kept = Remembered.objects.filter(topic=LAND).order_by("rulebook_code")
    for code, land in kept.values_list("rulebook_code", "answer"):
        versions = RuleBook.objects.filter(code=code)
        in_force = versions.filter(status=RuleBookStatus.RATIFIED).first()
        if book := in_force or versions.filter(pk=land["rulebook"]).first():
            yield book


def recheck_kept(report: Progress) -> list[Recheck]:
    """Bring every kept rule book up to date.

    Raises
    ------
    RunCancelledError
        Someone asked the run to stop; books done before stay up to date.
    """
    books = list(kept_rulebooks())
    done = []
    for number, book in enumerate(books):
        report(number / len(books), str(book))
        progress = partial(_part, report, number, len(books))
        done.append(recheck_conflicts(rulebook=book, on_progress=progress))
    return done


def _part(report: Progress, number: int, books: int, share: float, message: str) -> None:
    report((number + share) / books, message)

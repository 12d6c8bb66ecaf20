"""The life of a long job: progress others can see, a cancel that is heard, an honest end.

Progress is written through a second database connection, so that it is visible while the job's
own transaction is still open and survives when that transaction is rolled back.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from layers.errors import RunCancelledError, UserFacingError
from layers.models import Run
from layers.retold import as_fields, retold
from layers.vocab import RunState

Progress = Callable[[float, str], None]

# A job without a sign of life for this long may have been killed. One long statement gives no
# sign either: it is alive as long as its session holds the lock of its run.
STALE_AFTER = timedelta(seconds=90)
_REASON = "refused"  # among a run's parameters: sentences with their values
LOCK_FAMILY = 0x4B52  # "KR": keeps these locks apart from any other numbers
_RUNS_WITH_A_SESSION = """
    SELECT objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND classid = %s
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Reporter:
    """Tells a Run how far the job is, and hears whether someone asked it to stop."""

    def __init__(self, run: Run, echo: Progress | None = None) -> None:
        self.run = run
        self.echo = echo
        self.connection: BaseDatabaseWrapper = connections.create_connection(DEFAULT_DB_ALIAS)
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_FAMILY, run.pk])

    def __call__(self, share: float, message: str) -> None:
        """Record progress (0 to 1); raise RunCancelledError when asked to stop."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE layers_run SET progress_share = %s, message = %s, heartbeat_at = now(),"
                " log = log || %s WHERE id = %s RETURNING cancel_requested_at",
                [min(max(share, 0.0), 1.0), message[:300], self._log_line(message), self.run.pk],
            )
            row = cursor.fetchone()
        if self.echo is not None:
            self.echo(share, message)
        if row is not None and row[0] is not None:
            raise RunCancelledError(self.run.title)

    def is_cancelled(self) -> bool:
        """Tell whether someone asked this job to stop, and give a sign of life."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE layers_run SET heartbeat_at = now() WHERE id = %s"
                " RETURNING cancel_requested_at",
                [self.run.pk],
            )
            row = cursor.fetchone()
        return row is not None and row[0] is not None

    def close(self) -> None:
        """Give the second connection back."""
        self.connection.close()

    def _log_line(self, message: str) -> str:
        return f"{timezone.localtime():%Y-%m-%d %H:%M:%S} {message}\n"


def queue_run(
    *, kind: str, title: str, parameters: Mapping[str, Any], input_digest: str = ""
) -> Run:
    """Write down a job that is to be done."""
    return Run.objects.create(
        kind=kind, title=title[:200], parameters=dict(parameters), input_digest=input_digest
    )


@contextmanager
def executing(run: Run, *, echo: Progress | None = None) -> Iterator[Reporter]:
    """Carry out a run: mark it running, then finished, cancelled or failed with the reason.

    What the body stores belongs into one transaction of its own; on an error it is rolled back
    and only the run's end is recorded.
    """
    _mark(run, RunState.RUNNING, "", started=True)
    reporter = Reporter(run, echo)
    try:
        yield reporter
    except RunCancelledError as error:
        _mark(run, RunState.CANCELLED, error.what)
        raise
    except UserFacingError as error:
        keep_reason(run, error)
        _mark(run, RunState.FAILED, str(error))
        raise
    except BaseException as error:
        _mark(run, RunState.FAILED, f"{type(error).__name__}: {error}")
        raise
    else:
        run.progress_share = 1.0
        _mark(run, RunState.SUCCEEDED, run.message)
    finally:
        reporter.close()


def keep_reason(run: Run, error: UserFacingError) -> None:
    """Write down why a job was refused so that every reader is told in their own language."""
    told = [as_fields(error.what), as_fields(error.remedy)]
    # what the job wrote itself may have been rolled back with it
    kept = Run.objects.values_list("parameters", flat=True).get(pk=run.pk)
    run.parameters = kept | {_REASON: told}
    Run.objects.filter(pk=run.pk).update(parameters=run.parameters)


def message_of(run: Run) -> str:
    """Return what a job is doing, or why it was refused in the language of the moment."""
    told = run.parameters.get(_REASON)
    if run.state != RunState.FAILED or not isinstance(told, list):
        return run.message
    what, remedy = ([*told, "", ""])[:2]
    return f"{retold(what)} {retold(remedy)}".strip() or run.message


def _mark(run: Run, state: RunState, message: str, *, started: bool = False) -> None:
    now = timezone.now()
    run.state, run.message, run.heartbeat_at = state, message[:300], now
    changed = ["state", "message", "heartbeat_at"]
    if started:
        run.started_at = now
        changed.append("started_at")
    else:
        run.finished_at = now
        changed.append("finished_at")
    if state == RunState.SUCCEEDED:
        changed.append("progress_share")
    run.save(update_fields=changed)


def request_cancel(run: Run) -> bool:
    """Ask a waiting or running job to stop, which it does at its next report.

    Returns False when it has already ended, so that there was nothing to ask.
    """
    waiting = Run.objects.filter(pk=run.pk, state__in=[RunState.QUEUED, RunState.RUNNING])
    return bool(waiting.update(cancel_requested_at=timezone.now()))


def fail_stale_runs() -> int:
    """Mark jobs whose process died as failed, and say how many there were."""
    silent = Run.objects.filter(
        state=RunState.RUNNING, heartbeat_at__lt=timezone.now() - STALE_AFTER
    )
    died = silent.exclude(pk__in=_runs_at_work())
    # an import writes its outcome in the transaction of what it stores: it ended well
    died.filter(parameters__has_key="outcome").update(
        state=RunState.SUCCEEDED, finished_at=timezone.now(), progress_share=1.0
    )
    return died.update(
        state=RunState.FAILED,
        finished_at=timezone.now(),
        message="The process ended without a word (killed, or the machine stopped). "
        "Nothing of it was stored; start it again.",
    )


def _runs_at_work() -> list[int]:
    """Return the runs whose process still has its session, however long it has been silent."""
    with connection.cursor() as cursor:
        cursor.execute(_RUNS_WITH_A_SESSION, [LOCK_FAMILY])
        return [row[0] for row in cursor.fetchall()]

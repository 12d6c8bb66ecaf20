"""When a report is made: after a publication, at the first look at it, or when asked for."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from layers.models import LayerVersion, Run
from layers.quality.models import QualityReport
from layers.quality.tasks import make_quality_report
from layers.runs import fail_stale_runs, queue_run, request_cancel
from layers.vocab import GeometryKind, RunState

KIND = "quality"
# A version whose report failed so often waits for someone to ask for it.
MOST_ATTEMPTS = 3
_LIVE = (RunState.QUEUED, RunState.RUNNING)


def report_of(version: LayerVersion) -> QualityReport | None:
    """Return the report that is kept of a version, None while there is none."""
    return QualityReport.objects.filter(version=version).first()


def ask_for_report(version: LayerVersion) -> None:
    """See to it that the report of a published version is made, unless it is or was given up."""
    if version.layer.geometry_kind == GeometryKind.RASTER or report_of(version):
        return
    failed = _runs(version).filter(state__in=[RunState.FAILED, RunState.CANCELLED])
    if failed.count() < MOST_ATTEMPTS:
        make_now(version)


def make_now(version: LayerVersion, by: User | None = None) -> Run:
    """Queue the making of a report; one that is under way is the answer."""
    fail_stale_runs()
    if live := live_run(version):
        return live
    slug = version.layer.slug
    run = queue_run(
        kind=KIND,
        title=f"Quality report of {slug}, version {version.number}",
        parameters={
            "layer": slug,
            "version": version.number,
            "by": by.get_username() if by else "",
        },
    )
    language = get_language() or settings.LANGUAGE_CODE
    transaction.on_commit(lambda: make_quality_report.enqueue(run.pk, language))
    return run


def live_run(version: LayerVersion) -> Run | None:
    """Return the run that makes or is to make this report, None for none."""
    return _runs(version).filter(state__in=_LIVE).first()


def last_run(version: LayerVersion) -> Run | None:
    """Return the newest run for this report."""
    return _runs(version).first()


def stop_making(version: LayerVersion) -> bool:
    """Ask the making of a report to stop, at once if it still waits. False: nothing to stop."""
    run = live_run(version)
    if run is None:
        return False
    waiting = Run.objects.filter(pk=run.pk, state=RunState.QUEUED)
    now = timezone.now()
    stopped = waiting.update(state=RunState.CANCELLED, finished_at=now, cancel_requested_at=now)
    return bool(stopped) or request_cancel(run)


def _runs(version: LayerVersion) -> QuerySet[Run]:
    return Run.objects.filter(
        kind=KIND, parameters__layer=version.layer.slug, parameters__version=version.number
    ).order_by("-pk")

"""The quality report of a layer: as it is kept, and having it made anew."""

from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from layers.catalogue import quality
from layers.catalogue.views import refuse_raster, shown_version
from layers.errors import NotFoundError
from layers.exports.asking import refuse_unknown_words, version_asked
from layers.models import LayerVersion, Run
from layers.quality.making import MOST_LISTED
from layers.quality.requests import ask_for_report, last_run, make_now, report_of, stop_making
from layers.runs import fail_stale_runs
from layers.vocab import RunState

_LIVE = (RunState.QUEUED.value, RunState.RUNNING.value)


@require_safe
def quality_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the report that is kept of a version; the first look has it made."""
    version = _version(request, slug)
    is_newest = version.number == version.layer.published_number
    fail_stale_runs()
    if is_newest:
        ask_for_report(version)
    report, source = report_of(version), quality.last_import(version)
    context = {
        "layer": version.layer, "version": version, "is_newest": is_newest,
        "quality": quality.quality_of(report) if report else None,
        "most_listed": MOST_LISTED,
        "making": _told(last_run(version)),
        "run": source,
        "issue_counts": quality.issue_counts(source) if source else [],
        "issues": quality.issues_of(source)[: quality.LISTED_ISSUES] if source else [],
        "standing": quality.standing_of(source, version.layer) if source else {},
    }  # fmt: skip
    return render(request, "layers/catalogue/quality.html", context)


def _version(request: HttpRequest, slug: str) -> LayerVersion:
    shown = shown_version(request, slug)
    refuse_raster(shown)
    refuse_unknown_words(request.GET, "version", "lang")
    return version_asked(shown.layer, request.GET.dict()) if "version" in request.GET else shown


def _told(run: Run | None) -> dict[str, Any] | None:
    """Return how far the making of a report is, or why it ended without one."""
    if run is None or run.state == RunState.SUCCEEDED:
        return None
    return {
        "state": run.state,
        "is_live": run.state in _LIVE,
        "is_stopping": run.cancel_requested_at is not None,
        "progress_percent": round(run.progress_share * 100),
        "message": run.message,
    }


@require_safe
def quality_state(request: HttpRequest, slug: str) -> JsonResponse:
    """Return how far the newest making of the report is."""
    run = last_run(shown_version(request, slug))
    if run is None:
        raise NotFoundError(
            _("No report of layer '%(slug)s' is being made.") % {"slug": slug},
            remedy=_("Open its quality report."),
        )
    percent = round(run.progress_share * 100)
    return JsonResponse({"state": run.state, "progress_percent": percent, "message": run.message})


@require_POST
@login_required
def make_quality(request: HttpRequest, slug: str) -> HttpResponse:
    """Have the report of the published version made anew."""
    version = shown_version(request, slug)
    refuse_raster(version)
    make_now(version, cast("User", request.user))
    return redirect("layer-quality", slug=slug)


@require_POST
@login_required
def stop_quality(request: HttpRequest, slug: str) -> HttpResponse:
    """Stop the making of the report; the one before stays."""
    stop_making(shown_version(request, slug))
    return redirect("layer-quality", slug=slug)


@require_safe
def quality_places(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Return every place the report points to, for a spreadsheet."""
    version = _version(request, slug)
    report = report_of(version)
    if report is None:
        raise NotFoundError(
            _("There is no quality report of version %(number)d of layer '%(slug)s' yet.")
            % {"number": version.number, "slug": slug},
            remedy=_("Open its quality report."),
        )
    return _table(quality.place_lines(report), f"{slug}-v{version.number}-quality.csv")


@require_safe
def quality_issues(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    """Return what the last import noted, row by row, for a spreadsheet."""
    run = quality.last_import(shown_version(request, slug))
    if run is None:
        raise NotFoundError(
            _("Layer '%(slug)s' was not filled by an import.") % {"slug": slug},
            remedy=_("Its history tells where it comes from."),
        )
    lines = quality.issue_lines(run, get_language() or "")
    return _table(lines, f"{slug}-import-{run.pk}.csv")


def _table(lines: Any, name: str) -> StreamingHttpResponse:  # noqa: ANN401 - lines of bytes
    response = StreamingHttpResponse(lines, content_type="text/csv")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response

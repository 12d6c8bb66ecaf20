"""The pages of the review of findings: at a glance, printed reports, weekly digests."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from conflicts.filters import FindingFilter, day_asked, refuse_unknown_words, refuse_words_beside
from conflicts.review.dashboard import dashboard
from conflicts.review.digest import WEEK, shown_sections
from conflicts.review.digest_files import digest_csv, digest_html
from conflicts.review.models import WeeklyDigest
from conflicts.review.report import MOST_AT_ONCE, matching, print_report
from conflicts.review.reports import ask_report, report_of
from conflicts.review.stocktaking import keep_up, refuse_unplaced
from conflicts.rows import finding_row
from conflicts.views import detection_freshness
from layers.catalogue.places import sangkat_choices
from layers.errors import NotFoundError
from layers.runs import fail_stale_runs, request_cancel
from layers.visibility import hidden_layers
from layers.vocab import RunState

LIVE = frozenset({RunState.QUEUED.value, RunState.RUNNING.value})
LOOK_AGAIN_S = 3
NEWEST_DIGESTS = 60


@require_GET
def findings_dashboard(request: HttpRequest) -> HttpResponse:
    """Show how many findings there are, where, since when, and what cannot be told."""
    refuse_words_beside(request.GET, "rulebook")
    rulebook = request.GET.get("rulebook", "").strip()
    shown = dashboard(request.user, rulebook)
    context = {
        **shown,
        "all_label": _("all"),
        "of_book": f"&{urlencode({'rulebook': rulebook})}" if rulebook else "",
        "newest": [finding_row(finding) for finding in shown["newest"]],
        "worst": [finding_row(finding) for finding in shown["worst"]],
        **detection_freshness(request),
    }
    return render(request, "conflicts/review/dashboard.html", context)


def _asked(words: Any) -> FindingFilter:  # noqa: ANN401 - a request's GET or POST
    names = FindingFilter.__dataclass_fields__
    return FindingFilter(**{name: words.get(name, "").strip() for name in names})


@require_GET
def findings_report(request: HttpRequest) -> HttpResponse:
    """Print the findings of a filter, as many as are printed while one waits."""
    refuse_unknown_words(request.GET, "view", "page")
    wanted = _asked(request.GET)
    refuse_unplaced(wanted, is_placed=keep_up())
    made = print_report(wanted, reader=request.user, language=_language(), most=MOST_AT_ONCE)
    response = HttpResponse(made.pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="findings.pdf"'
    response["Cache-Control"] = "private, no-cache"
    return response


def _language() -> str:
    language = get_language() or ""
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


@login_required
@require_POST
def ask_findings_report(request: HttpRequest) -> HttpResponse:
    """Let the worker print a long report."""
    wanted = _asked(request.POST)
    matching(wanted, request.user)  # refuses what does not exist for this reader
    user = request.user
    if not isinstance(user, User):
        raise TypeError(user)
    report = ask_report(wanted=wanted, language=_language(), asked_by=user)
    return redirect("findings-report-run", number=report.pk)


@login_required
@require_GET
def findings_report_run(request: HttpRequest, number: int) -> HttpResponse:
    """Show how far a report is, or where it is."""
    fail_stale_runs()
    report = report_of(_user(request), number)
    is_live = report.run.state in LIVE
    context = {"report": report, "is_live": is_live, "asked": urlencode(report.wanted)}
    page = render(request, "conflicts/review/report_run.html", context)
    if is_live:
        page["Refresh"] = str(LOOK_AGAIN_S)
    return page


@login_required
@require_POST
def findings_report_cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Ask a report to stop."""
    request_cancel(report_of(_user(request), number).run)
    return redirect("findings-report-run", number=number)


@login_required
@require_GET
def findings_report_file(request: HttpRequest, number: int) -> HttpResponseBase:
    """Hand out a report to the account that asked for it."""
    report = report_of(_user(request), number)
    if not report.file:
        raise NotFoundError(
            _("Report %(number)s has no file.") % {"number": number},
            remedy=_("Wait until it is printed, or ask for it again."),
        )
    return FileResponse(
        report.file.open("rb"), content_type="application/pdf", filename=f"findings-{number}.pdf"
    )


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError(request.user)
    return request.user


@require_GET
def findings_digests(request: HttpRequest) -> HttpResponse:
    """List the digests, the newest first."""
    listed = WeeklyDigest.objects.defer("content")[:NEWEST_DIGESTS]
    digests = [(digest, digest.week_begins + WEEK) for digest in listed]
    return render(request, "conflicts/review/digests.html", {"digests": digests})


@require_GET
def findings_digest(request: HttpRequest, week: str) -> HttpResponse:
    """Show what a week brought, as far as this reader may see it."""
    digest = _digest(week)
    return render(request, "conflicts/review/digest.html", _digest_context(request, digest))


@require_GET
def findings_digest_file(request: HttpRequest, week: str, kind: str) -> HttpResponse:
    """Hand out a digest as a page to keep, or as a table."""
    writers = {"html": (digest_html, "text/html"), "csv": (digest_csv, "text/csv")}
    if kind not in writers:
        raise NotFoundError(
            _("'%(kind)s' is no kind of file.") % {"kind": kind},
            remedy=_("Use one of: %(known)s.") % {"known": ", ".join(writers)},
        )
    write, media_type = writers[kind]
    content = write(_digest_context(request, _digest(week)))
    response = HttpResponse(content, content_type=f"{media_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="findings-{week}.{kind}"'
    response["Cache-Control"] = "private, no-cache"
    return response


def _digest(week: str) -> WeeklyDigest:
    found = WeeklyDigest.objects.filter(week_begins=day_asked("week", week)).first()
    if found is None:
        raise NotFoundError(
            _("There is no digest of the week from %(day)s.") % {"day": week},
            remedy=_("A digest is made when its week is over; the list shows those there are."),
        )
    return found


def _digest_context(request: HttpRequest, digest: WeeklyDigest) -> dict[str, Any]:
    hidden = frozenset(hidden_layers(request.user).values_list("slug", flat=True))
    names = dict(sangkat_choices(request.user))
    return {
        "digest": digest,
        "last_day": digest.week_begins + WEEK,
        "sections": shown_sections(digest, hidden=hidden, names=names),
    }

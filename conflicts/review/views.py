"""The pages of the review of findings."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from conflicts.filters import refuse_unknown_words
from conflicts.review.dashboard import dashboard
from conflicts.rows import finding_row
from conflicts.views import detection_freshness


@require_GET
def findings_dashboard(request: HttpRequest) -> HttpResponse:
    """Show how many findings there are, where, since when, and what cannot be told."""
    refuse_unknown_words(request.GET)
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

"""The pages of services: ask who reaches them, watch, read the answer."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conflicts.service_study.forms import ServiceForm
from conflicts.service_study.models import ServiceStudy
from conflicts.service_study.presentation import as_csv, study_tables
from conflicts.service_study.services import ask
from conflicts.service_study.tasks import carry_out_service_study
from conflicts.service_study.vocab import STUDY_SERVICES
from layers.editing.permissions import require
from layers.errors import NotFoundError
from layers.runs import fail_stale_runs, message_of, request_cancel
from layers.visibility import Reader
from layers.vocab import RunState

NEWEST = 50
LIVE = frozenset({RunState.QUEUED.value, RunState.RUNNING.value})
LOOK_AGAIN_S = 3


@require_http_methods(["GET", "POST"])
def service_list(request: HttpRequest) -> HttpResponse:
    """Show the studies and the form; a question that was filled in well is asked."""
    user = require(request.user, STUDY_SERVICES)
    form = ServiceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            kept = ask(question=form.question(), asked_by=user)
            transaction.on_commit(lambda: carry_out_service_study.enqueue(kept.pk))
        return redirect("service-study", number=kept.pk)
    fail_stale_runs()
    studies = ServiceStudy.objects.select_related("run", "asked_by").defer("result")[:NEWEST]
    context = {"form": form, "studies": studies}
    return render(request, "conflicts/service_study/list.html", context)


@require_GET
def service_study(request: HttpRequest, number: int) -> HttpResponse:
    """Show one study: how far it is, or who is served, what is missing and where."""
    kept = _study(request.user, number)
    is_live = kept.run.state in LIVE
    context: dict[str, Any] = {"study": kept, "is_live": is_live, "said": message_of(kept.run)}
    if kept.result is not None:
        context |= study_tables(kept)
    page = render(request, "conflicts/service_study/study.html", context)
    if is_live:
        page["Refresh"] = str(LOOK_AGAIN_S)
    return page


@require_GET
def service_json(request: HttpRequest, number: int) -> JsonResponse:
    """Return one study as data."""
    kept = _study(request.user, number)
    return JsonResponse(
        {
            "study": kept.pk,
            "state": kept.run.state,
            "progress_share": kept.run.progress_share,
            "message": kept.run.message,
            "question": kept.question,
            "data_versions": kept.data_versions,
            "result": kept.result,
        }
    )


@require_GET
def service_csv(request: HttpRequest, number: int) -> HttpResponse:
    """Return the tables of one study as CSV."""
    kept = _study(request.user, number)
    if kept.result is None:
        raise NotFoundError(
            _("Study %(number)s has no answer yet.") % {"number": number},
            remedy=_("Wait until it is finished, or ask again."),
        )
    page = HttpResponse(as_csv(kept), content_type="text/csv; charset=utf-8")
    page["Content-Disposition"] = f'attachment; filename="services-{kept.pk}.csv"'
    return page


@require_POST
def service_cancel(request: HttpRequest, number: int) -> HttpResponseRedirect:
    """Ask a study to stop."""
    kept = _study(request.user, number)
    request_cancel(kept.run)
    return redirect("service-study", number=kept.pk)


def _study(reader: Reader, number: int) -> ServiceStudy:
    require(reader, STUDY_SERVICES)
    fail_stale_runs()
    kept = ServiceStudy.objects.select_related("run", "asked_by").filter(pk=number).first()
    if kept is None:
        raise NotFoundError(
            _("There is no study %(number)s of services.") % {"number": number},
            remedy=_("The list of studies shows those there are."),
        )
    return kept

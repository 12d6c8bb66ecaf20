"""The pages of siting: ask where a use may go, watch, read the answer."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conflicts.siting.forms import SitingForm
from conflicts.siting.models import SitingStudy
from conflicts.siting.moving import movable, move_to_site, site_square
from conflicts.siting.presentation import study_tables
from conflicts.siting.services import ask
from conflicts.siting.tasks import carry_out_study
from conflicts.siting.vocab import STUDY_SITING
from layers.crs import to_wgs84
from layers.editing.permissions import require
from layers.errors import NotFoundError
from layers.runs import fail_stale_runs, request_cancel
from layers.visibility import Reader
from layers.vocab import RunState

NEWEST = 50
LIVE = frozenset({RunState.QUEUED.value, RunState.RUNNING.value})
LOOK_AGAIN_S = 3
CLOSE_ZOOM = 15  # a site of some hectares fills a good part of the screen


@require_http_methods(["GET", "POST"])
def siting_list(request: HttpRequest) -> HttpResponse:
    """Show the studies and the form; a question that was filled in well is asked."""
    user = require(request.user, STUDY_SITING)
    form = SitingForm(request.POST or None, initial={"use": request.GET.get("use", "")})
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            kept = ask(question=form.question(), book=form.book(), asked_by=user)
            transaction.on_commit(lambda: carry_out_study.enqueue(kept.pk))
        return redirect("siting-study", number=kept.pk)
    fail_stale_runs()
    studies = SitingStudy.objects.select_related("run", "use", "rulebook", "asked_by")[:NEWEST]
    context = {"form": form, "studies": studies}
    return render(request, "conflicts/siting/list.html", context)


@require_GET
def siting_study(request: HttpRequest, number: int) -> HttpResponse:
    """Show one study: how far it is, or where the use may go, why not, and the sites."""
    kept = _study(request.user, number)
    is_live = kept.run.state in LIVE
    context: dict[str, Any] = {"study": kept, "is_live": is_live}
    if kept.result is not None:
        context |= study_tables(kept) | {"movable": list(movable(kept, request.user))}
    page = render(request, "conflicts/siting/study.html", context)
    if is_live:
        page["Refresh"] = str(LOOK_AGAIN_S)
    return page


@require_GET
def siting_json(request: HttpRequest, number: int) -> JsonResponse:
    """Return one study as data."""
    kept = _study(request.user, number)
    return JsonResponse(
        {
            "study": kept.pk,
            "state": kept.run.state,
            "progress_share": kept.run.progress_share,
            "message": kept.run.message,
            "rulebook": str(kept.rulebook),
            "question": kept.question,
            "data_versions": kept.data_versions,
            "result": kept.result,
        }
    )


@require_POST
def siting_move(request: HttpRequest, number: int) -> HttpResponseRedirect:
    """Draw something that stands elsewhere onto a site, in a draft, and open it in the editor."""
    kept = _study(request.user, number)
    rank = request.POST.get("rank", "")
    draft = move_to_site(
        kept=kept,
        rank=int(rank) if rank.isascii() and rank.isdigit() else 0,
        address=request.POST.get("feature", ""),
        reader=request.user,
    )
    middle = to_wgs84(site_square(kept, int(rank)).centroid)
    page = reverse("layer-edit", kwargs={"slug": draft.layer.slug})
    place = f"lat={middle.y:.6f}&lon={middle.x:.6f}&z={CLOSE_ZOOM}"
    return HttpResponseRedirect(f"{page}?draft={draft.pk}#{place}")


@require_POST
def siting_cancel(request: HttpRequest, number: int) -> HttpResponseRedirect:
    """Ask a study to stop."""
    kept = _study(request.user, number)
    request_cancel(kept.run)
    return redirect("siting-study", number=kept.pk)


def _study(reader: Reader, number: int) -> SitingStudy:
    require(reader, STUDY_SITING)
    fail_stale_runs()
    kept = SitingStudy.objects.select_related("run", "use", "rulebook", "asked_by").filter(
        pk=number
    )
    if (found := kept.first()) is None:
        raise NotFoundError(
            _("There is no siting study %(number)s.") % {"number": number},
            remedy=_("The list of studies shows those there are."),
        )
    return found

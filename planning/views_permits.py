"""Permit checks on the web: anyone may ask, nothing is kept unless who asks is signed in."""

import json

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from layers.errors import NotFoundError, UserFacingError
from layers.visibility import seen_by
from planning.forms import PermitForm
from planning.models import ComplianceRun
from planning.permits.reading import parse_application
from planning.permits.run import CheckedApplication, check_application, store_run

NEWEST = 20
VIEW_RUNS = "planning.view_compliancerun"


@require_http_methods(["GET", "HEAD", "POST"])
def permits(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        form = PermitForm(initial={"parcels": request.GET.get("parcel", "")})
        return _form_page(request, form)
    form = PermitForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form_page(request, form, status=400)
    try:
        checked = _check(request, form)
    except UserFacingError as error:
        problem = None if form.show_beside_field(error) else error
        return _form_page(request, form, problem=problem, status=400)
    if isinstance(request.user, User):
        run = store_run(checked, user=request.user)
        return redirect("permit-run", number=run.pk)
    return render(request, "planning/permit_result.html", {"result": checked.results})


@csrf_exempt  # it stores nothing and knows no session: a program needs no token to ask
@require_POST
def permit_json(request: HttpRequest) -> HttpResponse:
    given = parse_application(request.body, "The request")
    results = check_application(given).results
    return JsonResponse(results, json_dumps_params={"ensure_ascii": False})


@login_required
@require_GET
def permit_run(request: HttpRequest, number: int) -> HttpResponse:
    run = _runs_shown(request).filter(pk=number).first()
    if run is None:
        raise NotFoundError(
            _("There is no compliance run %(number)s.") % {"number": number},
            remedy=_("The newest are listed under Permits."),
        )
    if not request.accepts("text/html"):
        return JsonResponse(run.results, json_dumps_params={"ensure_ascii": False})
    application = json.dumps(run.application, indent=2, ensure_ascii=False)
    context = {"result": run.results, "run": run, "application": application}
    return render(request, "planning/permit_result.html", context)


def _runs_shown(request: HttpRequest) -> QuerySet[ComplianceRun]:
    """Return the runs a reader may open: their own, and all with the right to view them."""
    if not isinstance(request.user, User):
        return ComplianceRun.objects.none()
    if request.user.has_perm(VIEW_RUNS):
        return ComplianceRun.objects.all()
    return ComplianceRun.objects.filter(created_by=request.user)


def _check(request: HttpRequest, form: PermitForm) -> CheckedApplication:
    upload = form.cleaned_data["file"]
    given = parse_application(upload.read(), upload.name) if upload else form.application()
    return check_application(given, seen=seen_by(request.user))


def _form_page(
    request: HttpRequest,
    form: PermitForm,
    *,
    problem: UserFacingError | None = None,
    status: int = 200,
) -> HttpResponse:
    runs = _runs_shown(request)[:NEWEST]
    context = {"form": form, "problem": problem, "runs": runs}
    return render(request, "planning/permits.html", context, status=status)

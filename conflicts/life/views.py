"""The page of one finding: read by all, decided on by those who hold the right."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from conflicts.errors import DecidingNotAllowedError, RuleFieldError
from conflicts.life.errors import FieldMissingError, StaleFindingError
from conflicts.life.etags import etag
from conflicts.life.forms import FORMS, StepForm
from conflicts.life.map_data import map_data
from conflicts.life.page import page_context
from conflicts.life.steps import require_right
from conflicts.life.taking import take
from conflicts.life.vocab import Step
from conflicts.models import Finding
from conflicts.queries import finding_numbered
from layers.editing.errors import PreconditionMissingError
from layers.editing.web import error_response

PAGE = "conflicts/finding.html"


@require_http_methods(["GET", "POST"])
def finding_page(request: HttpRequest, number: int) -> HttpResponse:
    """Show one finding with its evidence and history; who holds the right decides here."""
    if request.method == "POST":
        return _step(request, number)
    return _page(request, finding_numbered(number, reader=request.user))


def _page(
    request: HttpRequest, finding: Finding, form: StepForm | None = None, *, status: int = 200
) -> HttpResponse:
    response = render(request, PAGE, page_context(request, finding, form), status=status)
    response["ETag"] = etag(finding)
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def finding_map(request: HttpRequest, number: int) -> JsonResponse:
    """Return both sides of a finding and its evidence as GeoJSON for the small map."""
    finding = finding_numbered(number, reader=request.user)
    return JsonResponse(map_data(finding), json_dumps_params={"ensure_ascii": False})


@login_required
def _step(request: HttpRequest, number: int) -> HttpResponse:
    """Take one step; a step on another state than stands now is told with what stands."""
    finding = finding_numbered(number, reader=request.user)  # first: one not seen is 404, not 403
    user = request.user
    if not isinstance(user, User):
        raise DecidingNotAllowedError
    step = asked_step(request, user)
    form = _form(request, step, finding)
    if not form.is_valid():
        return _page(request, finding, form, status=400)
    if_match = form.cleaned_data["if_match"] or request.headers.get("If-Match", "")
    if not if_match:
        raise PreconditionMissingError(f"#{number}")
    try:
        take(step, form.cleaned_data, finding=finding, by=user, if_match=if_match)
    except FieldMissingError as error:
        if error.field not in form.fields:
            raise
        form.add_error(error.field, str(error))
        return _page(request, finding, form, status=400)
    except StaleFindingError as error:
        return _stale(request, number, form, error)
    return redirect("finding", number=number)


def _form(request: HttpRequest, step: Step, finding: Finding) -> StepForm:
    own = {"finding": finding} if step == Step.PROPOSE else {}
    return FORMS[step](request.POST, **own)


def asked_step(request: HttpRequest, user: User) -> Step:
    """Return the step that a form asks for, if the account may take it.

    Raises
    ------
    DecidingNotAllowedError, ApprovingNotAllowedError
        Before anything else is looked at.
    RuleFieldError
        There is no such step.
    """
    asked = request.POST.get("step", "")
    if asked not in FORMS:
        require_right(user, Step.TRIAGE)
        raise RuleFieldError(
            "step",
            _("'%(value)s' is unknown.") % {"value": asked[:40]},
            remedy=_("Use one of: %(known)s.") % {"known": ", ".join(FORMS)},
        )
    require_right(user, Step(asked))
    return Step(asked)


def _stale(
    request: HttpRequest, number: int, form: StepForm, error: StaleFindingError
) -> HttpResponse:
    """Answer 412 with the finding as it stands now; what was typed is kept to be sent again."""
    if not request.accepts("text/html"):
        return error_response(error)
    now = finding_numbered(number, reader=request.user)
    form.add_error(None, str(error))
    sent = request.POST.copy()
    sent["if_match"] = etag(now)
    form.data = sent
    return _page(request, now, form, status=StaleFindingError.status)

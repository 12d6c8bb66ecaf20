"""What-if over HTTP: anyone may ask, nothing is stored."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, ensure_csrf_cookie
from django.views.decorators.http import require_http_methods

from conflicts.alternatives.answers import Answer
from conflicts.alternatives.changes import Alternative
from conflicts.alternatives.forms import GeoJsonForm
from conflicts.alternatives.limits import (
    LARGEST_BYTES,
    LONGEST_S,
    LONGEST_WHOLE_S,
    held_place,
)
from conflicts.alternatives.page import page_content, tables
from conflicts.alternatives.presentation import answer_as_json, compared
from conflicts.alternatives.reading import read_alternatives
from conflicts.alternatives.services import ask_alternatives
from conflicts.models import RuleBook
from conflicts.vocab import RuleBookStatus
from layers.editing.web import error_response, told
from layers.errors import UserFacingError
from layers.sent_json import sent_json
from layers.visibility import seen_by

# So many findings are told in full unless asked otherwise; all are counted.
LISTED = 100
MOST_LISTED = 500


class TooLargeError(UserFacingError):
    """More was sent than is read."""

    status = 413


@csrf_exempt  # it stores nothing: a program needs no token to ask
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
def what_if(request: HttpRequest) -> HttpResponse:
    """Show the map on which to draw; answer a program's JSON, or a file handed in."""
    if request.method != "POST":
        return _page(request, GeoJsonForm(reader=request.user))
    if "json" in (request.content_type or ""):
        try:
            return _answer_program(request)
        except UserFacingError as error:
            return error_response(error)
    form = GeoJsonForm(request.POST, request.FILES, reader=request.user)
    if not form.is_valid():
        return _page(request, form, status=400)
    try:
        return _answer_form(request, form)
    except UserFacingError as error:
        return _page(request, form, problem=error, status=error.status)


def _answer_program(request: HttpRequest) -> HttpResponse:
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BYTES:
        raise TooLargeError(
            _("More than %(most)s MB were sent.") % {"most": LARGEST_BYTES // 1024**2},
            remedy=_("Ask about fewer or simpler features at once."),
        )
    given = sent_json(request.body)
    options = given if isinstance(given, dict) else {}
    most = options.get("listed", LISTED)
    if not isinstance(most, int) or isinstance(most, bool) or not 0 <= most <= MOST_LISTED:
        raise UserFacingError(
            _("'listed' is no number up to %(most)s.") % {"most": MOST_LISTED},
            remedy=_("Write a whole number."),
        )
    whole = options.get("whole") is True
    answers = _asked(request, read_alternatives(given, reader=request.user), whole, most)
    body: dict[str, Any] = {
        "rulebooks": [str(book) for book in _books()],
        "alternatives": [answer_as_json(answer) for answer in answers],
        "differ_by": [
            {"rule": row["asked"].code, "numbers": row["numbers"]} for row in compared(answers)
        ],
    }
    if request.GET.get("page"):
        context = tables(answers)
        body["page"] = render_to_string("conflicts/what_if/answers.html", context, request)
    return told(body)


def _answer_form(request: HttpRequest, form: GeoJsonForm) -> HttpResponse:
    given = sent_json(form.cleaned_data["file"].read())
    alternatives = read_alternatives(given, reader=request.user, unstated=form.unstated())
    answers = _asked(request, alternatives, False, LISTED)  # noqa: FBT003 - as the page asks
    return _page(request, form, context=tables(answers))


def _asked(
    request: HttpRequest,
    alternatives: list[Alternative],
    whole: bool,  # noqa: FBT001 - as it was sent
    most: int,
) -> list[Answer]:
    with held_place(LONGEST_WHOLE_S if whole else LONGEST_S):
        return ask_alternatives(
            alternatives, books=_books(), seen=seen_by(request.user), whole=whole, most=most
        )


def _books() -> list[RuleBook]:
    books = list(RuleBook.objects.filter(status=RuleBookStatus.RATIFIED).order_by("code"))
    if not books:
        raise UserFacingError(
            _("No rule book is in force, so nothing can be told."),
            remedy=_("Load and ratify one: ./krong rulebook load FILE.yaml"),
        )
    return books


def _page(
    request: HttpRequest,
    form: GeoJsonForm,
    *,
    problem: UserFacingError | None = None,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    told_ = {"form": form, "problem": problem, "content": page_content(request.user)}
    return render(request, "conflicts/what_if/page.html", told_ | (context or {}), status=status)

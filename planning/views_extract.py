"""The extract of a parcel: found by number or place, shown as a page or JSON. No login."""

from datetime import date

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from layers.errors import UserFacingError
from layers.visibility import seen_by
from planning.errors import NoParcelHereError, not_a_date
from planning.extract import Answer, extract_parcel
from planning.parcels import parcel_at, parcel_named, parcels_like


@require_GET
def extract_search(request: HttpRequest) -> HttpResponse:
    if "x" in request.GET or "y" in request.GET:
        degrees = _degrees(request, "x"), _degrees(request, "y")
        place = parcel_at(*degrees, seen=seen_by(request.user))
        return redirect("extract-parcel", stable_id=place.stable_id)
    asked = request.GET.get("parcel", "").strip()
    if not asked:
        return render(request, "planning/extract_search.html", {"asked": ""})
    seen = seen_by(request.user)
    try:
        place = parcel_named(asked, seen=seen)
        return redirect("extract-parcel", stable_id=place.stable_id)
    except NoParcelHereError as error:
        found = parcels_like(asked, seen=seen)
        context = {"asked": asked, "found": found, "problem": error}
        return render(request, "planning/extract_search.html", context, status=error.status)


@require_GET
def extract_page(request: HttpRequest, stable_id: str) -> HttpResponse:
    extract = _extract(request, stable_id)
    if not request.accepts("text/html"):
        return JsonResponse(extract, json_dumps_params={"ensure_ascii": False})
    return render(request, "planning/extract.html", {"extract": extract})


@require_GET
def extract_json(request: HttpRequest, stable_id: str) -> HttpResponse:
    extract = _extract(request, stable_id)
    return JsonResponse(extract, json_dumps_params={"ensure_ascii": False})


def _extract(request: HttpRequest, stable_id: str) -> Answer:
    seen = seen_by(request.user)
    parcel = parcel_named(stable_id, seen=seen)
    return extract_parcel(parcel, on=asked_day(request), seen=seen)


def asked_day(request: HttpRequest) -> date:
    """Return the day the reader asks about; today unless ``?date=`` names one."""
    text = request.GET.get("date", "")
    if not text:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise not_a_date(text) from error


def _degrees(request: HttpRequest, name: str) -> float:
    text = request.GET.get(name, "")
    try:
        return float(text)
    except ValueError as error:
        raise UserFacingError(
            _("%(name)s='%(text)s' is not a number of degrees.") % {"name": name, "text": text},
            remedy=_("Give x as longitude and y as latitude, e.g. ?x=103.52&y=10.61"),
        ) from error

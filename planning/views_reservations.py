"""Reserved land on the web: who may see it reads and prints; who has the right reserves."""

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import shapely
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from layers.crs import to_wgs84
from layers.errors import UserFacingError
from layers.models import Layer
from layers.visibility import visible_layer, visible_layers
from planning.errors import ReservingNotAllowedError
from planning.forms_release import ReleaseForm
from planning.models import LandReservation
from planning.releases import is_second_person, land_held, release_facts, release_of
from planning.reservation_spec import MAX_SPEC_BYTES, ReservationSpec, read_upload
from planning.reservations import RESERVATION_LAYER, reservation_named, reserve_land, summary
from planning.sheet.document import print_page, set_sheet
from planning.sheet.exchange import geojson_of, write_geopackage
from planning.sheet.facts import SheetFacts, facts_of
from planning.sheet.paper import PAPERS
from planning.vocab import HOLDING_NOTHING, RELEASE_LAND, RESERVE_LAND

MAP_ZOOM = 17


@require_http_methods(["GET", "HEAD", "POST"])
def reservations(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _reserve(request)
    return _list_page(request)


@require_GET
def reservation(request: HttpRequest, reference: str) -> HttpResponse:
    found = seen_reservation(request, reference)
    if not request.accepts("text/html"):
        told = summary(found, shows_parcels=_shows_parcels(request, found))
        names = request.user.is_authenticated
        told["release"] = release_facts(release_of(found), names_account=names)
        return JsonResponse(told, json_dumps_params={"ensure_ascii": False})
    return reservation_page(request, found)


def reservation_page(
    request: HttpRequest,
    found: LandReservation,
    *,
    form: ReleaseForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """Return the page of a reservation, with the form that releases it as it was typed."""
    facts = facts_of(found, shows_parcels=_shows_parcels(request, found))
    context = {
        "reservation": found,
        "facts": facts,
        "balance": found.balance,
        "on_map": _map_view(facts),
        "papers": PAPERS,
        "holds_land": found.status not in HOLDING_NOTHING,
        "may_release": may_release(request),
        "is_own": isinstance(request.user, User) and not is_second_person(found, request.user),
        "form": form or ReleaseForm(),
    }
    return render(request, "planning/reservation.html", context, status=status)


@require_GET
def reservation_sheet(request: HttpRequest, reference: str) -> HttpResponse:
    found = seen_reservation(request, reference)
    paper, scale = request.GET.get("paper", "A3"), _asked_scale(request)
    page = set_sheet(found, paper=paper, scale=scale)
    etag = f'"{page.name}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        name = f"{reference}-{page.paper.name}.pdf"
        response = _file(print_page(page).pdf, "application/pdf", name, shown="inline")
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"  # ask again: the register moves on
    return response


@require_GET
def reservation_geojson(request: HttpRequest, reference: str) -> HttpResponse:
    content = geojson_of(facts_of(seen_reservation(request, reference))).encode()
    return _file(content, "application/geo+json", f"{reference}.geojson")


@require_GET
def reservation_geopackage(request: HttpRequest, reference: str) -> HttpResponse:
    facts = facts_of(seen_reservation(request, reference))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.gpkg"
        write_geopackage(facts, path)
        content = path.read_bytes()
    return _file(content, "application/geopackage+sqlite3", f"{reference}.gpkg")


@login_required
def _reserve(request: HttpRequest) -> HttpResponse:
    if not may_reserve(request):
        raise ReservingNotAllowedError
    try:
        spec = _requested(request)
        made = reserve_land(spec=spec, created_by=request.user)  # type: ignore[arg-type]
    except UserFacingError as error:
        return _list_page(request, problem=error, status=400)
    return redirect("reservation", reference=made.reference)


def may_reserve(request: HttpRequest) -> bool:
    """Tell whether who asks holds the right to reserve land."""
    return isinstance(request.user, User) and request.user.has_perm(RESERVE_LAND)


def may_release(request: HttpRequest) -> bool:
    """Tell whether who asks holds the right to release reserved land."""
    return isinstance(request.user, User) and request.user.has_perm(RELEASE_LAND)


def _requested(request: HttpRequest) -> ReservationSpec:
    upload = request.FILES.get("file")
    if upload is None:
        raise UserFacingError(_("No file was chosen."), remedy=_("Choose a YAML or GeoJSON file."))
    content = upload.read(MAX_SPEC_BYTES + 1)
    return read_upload(content, Path(upload.name or "request").name)


def _list_page(
    request: HttpRequest, *, problem: UserFacingError | None = None, status: int = 200
) -> HttpResponse:
    rows = LandReservation.objects.select_related("balance", "purpose_class")
    if Layer.objects.filter(slug=RESERVATION_LAYER).exists():
        visible_layer(request.user, RESERVATION_LAYER)
    if not request.accepts("text/html"):
        shown = [summary(row, shows_parcels=_shows_parcels(request, row)) for row in rows]
        listed = {"reservations": shown, "held_m2": land_held()["held_m2"]}
        return JsonResponse(listed, json_dumps_params={"ensure_ascii": False})
    context = {
        "rows": rows,
        "held": land_held(),
        "problem": problem,
        "may_reserve": may_reserve(request),
    }
    return render(request, "planning/reservations.html", context, status=status)


def seen_reservation(request: HttpRequest, reference: str) -> LandReservation:
    """Return a reservation the reader may see: its outline lies in a layer with readers."""
    visible_layer(request.user, RESERVATION_LAYER)
    return reservation_named(reference)


def _shows_parcels(request: HttpRequest, found: LandReservation) -> bool:
    """Tell whether the reader may see every layer the reservation's parcels lie in."""
    slugs = {row.parcel_layer for row in found.parcels.all()}
    return visible_layers(request.user).filter(slug__in=slugs).count() == len(slugs)


def _asked_scale(request: HttpRequest) -> int | None:
    text = request.GET.get("scale", "")
    if not text:
        return None
    try:
        return int(text[:9])
    except ValueError as error:
        raise UserFacingError(
            _("'%(text)s' is not a scale.") % {"text": text[:20]},
            remedy=_("Give the number after 1:, e.g. ?scale=2000"),
        ) from error


def _map_view(facts: SheetFacts) -> str:
    """Return where the map opens on the reservation."""
    middle: shapely.Point = to_wgs84(facts.land.representative_point())
    place: dict[str, Any] = {"lat": f"{middle.y:.5f}", "lon": f"{middle.x:.5f}", "z": MAP_ZOOM}
    return urlencode({**place, "layer": RESERVATION_LAYER})


def _file(content: bytes, kind: str, name: str, shown: str = "attachment") -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f"{shown}; filename*=UTF-8''{quote(name)}"
    return response

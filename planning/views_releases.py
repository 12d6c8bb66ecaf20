"""Releasing reserved land on the web: a form on the reservation's own page."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from layers.errors import UserFacingError
from planning.errors import ReleaseError, ReleasingNotAllowedError
from planning.forms_release import ReleaseForm
from planning.models import LandReservation
from planning.releases import release_reservation
from planning.views_reservations import may_release, reservation_page, seen_reservation


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def release(request: HttpRequest, reference: str) -> HttpResponse:
    """Release a reservation; a mistake shows the page again with all that was typed."""
    found = seen_reservation(request, reference)
    if request.method != "POST":  # back from signing in
        return redirect("reservation", reference=reference)
    if not may_release(request):
        raise ReleasingNotAllowedError
    form = ReleaseForm(request.POST)
    try:
        _release(found, form, cast("User", request.user))
    except UserFacingError as error:
        if not request.accepts("text/html"):
            raise
        form.show(error)
        return reservation_page(request, found, form=form, status=error.status)
    return redirect("reservation", reference=reference)


def _release(found: LandReservation, form: ReleaseForm, by: User) -> None:
    if not form.is_valid():
        field, problems = next(iter(form.errors.items()))
        raise ReleaseError(field, str(problems[0]), remedy="")
    typed = form.cleaned_data
    release_reservation(
        reservation=found,
        by=by,
        instrument=typed["instrument"],
        reason=typed["reason"],
        on=typed["released_on"],
    )

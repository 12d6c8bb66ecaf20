"""Releasing reserved land: by a decision, for a reason, by a second person; and what is held."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.services import Provenance, publish_changes
from planning.errors import NothingToReleaseError, ReleaseError, ReleasingNotAllowedError
from planning.models import LandReservation, LegalInstrument
from planning.release_record import LONGEST_INSTRUMENT, LONGEST_REASON, LandRelease
from planning.reservations import locked_reservation_layer, outline_of
from planning.vocab import HOLDING_NOTHING, RELEASE_LAND, ReservationStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class _Terms:
    instrument: str
    known: LegalInstrument | None
    reason: str
    on: date


def release_reservation(
    *,
    reservation: LandReservation,
    by: AbstractBaseUser | AnonymousUser,
    instrument: str,
    reason: str,
    on: date,
) -> LandRelease:
    """Give reserved land free again; the release is stored whole or nothing is.

    The outline leaves layer ``reservations`` with a new version; reservation, parcels and balance
    stay as they were and can never be changed again. ``instrument`` is the decision's key or its
    name as written, ``on`` the day it takes effect.

    Raises
    ------
    ReleasingNotAllowedError
        The account lacks the right, or reserved this land itself.
    ReleaseError
        Decision, reason or day are missing or cannot be; the error names the field.
    NothingToReleaseError
        The reservation holds no land any more.
    """
    releaser = _allowed(by)
    terms = _terms(instrument, reason, on)
    with transaction.atomic():
        layer = locked_reservation_layer()  # first, as in reserving: no two wait for each other
        held = LandReservation.objects.select_for_update().get(pk=reservation.pk)
        _refuse(held, releaser)
        outline = outline_of(held)
        provenance = Provenance(
            published_by=releaser, message=f"{held.reference}: {terms.instrument}. {terms.reason}"
        )
        published = publish_changes(layer, [], [held.feature_stable_id], provenance)
        return _store(held, releaser, terms, outline.geometry.area, published.version.number)


def release_of(reservation: LandReservation) -> LandRelease | None:
    """Return how a reservation was released, None while it was not."""
    found = LandRelease.objects.select_related("instrument", "released_by")
    return found.filter(reservation=reservation).first()


def release_facts(release: LandRelease | None, *, names_account: bool) -> dict[str, Any] | None:
    """Return a release as plain data; the account is named to who is signed in."""
    if release is None:
        return None
    return {
        "released_on": release.released_on,
        "instrument": release.instrument_text,
        "reason": release.reason,
        "status_before": release.status_before,
        "released_m2": release.released_area_m2,
        "entered_at": release.entered_at,
        "released_by": release.released_by.get_username() if names_account else None,
    }


def land_held() -> dict[str, Any]:
    """Return how many reservations hold land now and how much [m2], computed from the register.

    No two of them share more than the tolerance of reserving, so their areas add up.
    """
    live = LandReservation.objects.exclude(status__in=HOLDING_NOTHING)
    held = live.aggregate(count=Count("pk"), area=Sum("balance__reserved_area_m2"))
    return {"reservations": held["count"], "held_m2": held["area"] or Decimal("0.00")}


def is_second_person(reservation: LandReservation, account: User) -> bool:
    """Tell whether an account is another than the one that reserved the land."""
    return reservation.created_by_id is None or reservation.created_by_id != account.pk


def _allowed(by: AbstractBaseUser | AnonymousUser) -> User:
    if not isinstance(by, User) or not by.has_perm(RELEASE_LAND):
        raise ReleasingNotAllowedError
    return by


def _terms(instrument: str, reason: str, on: date) -> _Terms:
    written, why = _written("instrument", instrument), _written("reason", reason)
    known = LegalInstrument.objects.filter(key=written).first()
    if on > timezone.localdate():
        raise ReleaseError(
            "released_on",
            _("%(day)s has not come yet.") % {"day": on.isoformat()},
            remedy=_("Enter the release on the day it takes effect, or correct the day."),
        )
    if known is not None and known.year is not None and known.year > on.year:
        raise ReleaseError(
            "released_on",
            _("'%(instrument)s' is of %(year)s and released nothing before.")
            % {"instrument": written, "year": known.year},
            remedy=_("Correct the day or the decision."),
        )
    return _Terms(instrument=written, known=known, reason=why, on=on)


def _written(field: str, text: str) -> str:
    asked = {
        "instrument": (
            LONGEST_INSTRUMENT,
            _("No decision is named."),
            _("Name the decision that releases the land, with number and date."),
        ),
        "reason": (
            LONGEST_REASON,
            _("No reason is given."),
            _("Say why the land is released; it stays on record."),
        ),
    }
    longest, missing, remedy = asked[field]
    plain = " ".join(text.split())
    if not any(letter.isalnum() for letter in plain):
        raise ReleaseError(field, missing, remedy=remedy)
    if len(plain) > longest:
        raise ReleaseError(
            field,
            _("This is longer than %(longest)s letters.") % {"longest": longest},
            remedy=_("Shorten it."),
        )
    return plain


def _refuse(held: LandReservation, releaser: User) -> None:
    if held.status in HOLDING_NOTHING:
        raise NothingToReleaseError(held.reference, held.get_status_display())
    if not is_second_person(held, releaser):
        raise ReleasingNotAllowedError(held.reference)


def _store(
    held: LandReservation, releaser: User, terms: _Terms, area_m2: float, version: int
) -> LandRelease:
    before = held.status
    held.status = ReservationStatus.RELEASED
    held.save(update_fields=["status"])
    return LandRelease.objects.create(
        reservation=held,
        status_before=before,
        instrument=terms.known,
        instrument_text=terms.instrument,
        reason=terms.reason,
        released_on=terms.on,
        released_area_m2=Decimal(f"{area_m2:.2f}"),
        layer_version=version,
        released_by=releaser,
    )

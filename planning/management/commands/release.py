"""``./krong release REFERENCE``: give reserved land free by a decision."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _

from layers.commands import KrongCommand
from layers.errors import NotFoundError
from planning.errors import not_a_date
from planning.releases import land_held, release_facts, release_reservation
from planning.reservations import reservation_named


class Command(KrongCommand):
    help = "Release reserved land by a decision; the reservation stays readable, marked released."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="as in the list of reserved land, e.g. RES-2026-001")
        parser.add_argument("--by", required=True, help="account with planning.release_land")
        parser.add_argument("--instrument", required=True, help="the decision, key or as written")
        parser.add_argument("--reason", required=True, help="why; shown to everyone")
        parser.add_argument("--on", default="", help="day it takes effect, 2026-01-31; else today")

    def run(self, **options: Any) -> dict[str, Any]:
        release = release_reservation(
            reservation=reservation_named(options["reference"]),
            by=_account(options["by"]),
            instrument=options["instrument"],
            reason=options["reason"],
            on=_day(options["on"]),
        )
        held = land_held()
        self.say(
            f"{options['reference']}: {release.released_area_m2} m2 released on "
            f"{release.released_on} by '{release.instrument_text}'. "
            f"Still reserved: {held['held_m2']} m2 in {held['reservations']} reservations."
        )
        told = release_facts(release, names_account=True) or {}
        return {"reference": options["reference"], **told, "still_reserved": held}


def _account(name: str) -> User:
    account = User.objects.filter(username=name).first()
    if account is None:
        raise NotFoundError(
            _("There is no account '%(name)s'.") % {"name": name},
            remedy=_("Make one first: ./krong createsuperuser, or add a user."),
        )
    return account


def _day(text: str) -> date:
    if not text:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise not_a_date(text) from error

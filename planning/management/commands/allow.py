"""``./krong allow ACCOUNT RIGHT``: give an account a right, or take it away."""

from argparse import ArgumentParser
from difflib import get_close_matches
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils.translation import gettext as _

from conflicts.vocab import APPROVE_ACCEPTANCE, DECIDE_FINDING
from layers.commands import KrongCommand
from layers.errors import NotFoundError
from planning.vocab import RELEASE_LAND, RESERVE_LAND

APPS = ("layers", "conflicts", "scenarios", "planning")
DJANGO_S_OWN = ("add_", "change_", "delete_", "view_")
MOST_NEAR = 5


class Command(KrongCommand):
    help = "Give an account a right by name, e.g. to reserve land; or take it away."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", help="the name the account signs in with")
        known = (
            f"{RESERVE_LAND} (if none is named), {RELEASE_LAND}, {DECIDE_FINDING},"
            f" {APPROVE_ACCEPTANCE} or another"
        )
        parser.add_argument("right", nargs="?", default=RESERVE_LAND, help=known)
        parser.add_argument("--take-away", action="store_true", help="end the right")

    def run(self, **options: Any) -> dict[str, Any]:
        account = _account(options["account"])
        right = _right(options["right"])
        if options["take_away"]:
            account.user_permissions.remove(right)
        else:
            account.user_permissions.add(right)
        holds = User.objects.get(pk=account.pk).has_perm(options["right"])
        self.say(f"{account.username} {'may' if holds else 'may not'}: {options['right']}")
        return {"account": account.username, "right": options["right"], "holds": holds}


def _account(name: str) -> User:
    account = User.objects.filter(username=name).first()
    if account is None:
        raise NotFoundError(
            _("There is no account '%(name)s'.") % {"name": name},
            remedy=_("Make one first: ./krong createsuperuser, or add a user."),
        )
    return account


def _right(name: str) -> Permission:
    app, _dot, codename = name.partition(".")
    right = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
    if right is None:
        raise NotFoundError(
            _("There is no right '%(name)s'.") % {"name": name},
            remedy=_("Rights are: %(names)s.") % {"names": ", ".join(_near(name))},
        )
    return right


def _near(name: str) -> list[str]:
    """Return the rights of Krong whose names are like this one; all of them when none is.

    Those that Django makes for every table are not what a city gives.
    """
    rights = Permission.objects.filter(content_type__app_label__in=APPS)
    own = {
        f"{right.content_type.app_label}.{right.codename}": right.codename
        for right in rights.select_related("content_type")
        if not right.codename.startswith(DJANGO_S_OWN)
    }
    codes = get_close_matches(name.rpartition(".")[2], set(own.values()), n=MOST_NEAR)
    near = {right for right, code in own.items() if code in codes}
    return sorted(near.union(get_close_matches(name, own, n=MOST_NEAR)) or own)

"""Distances and directions in words."""

import math

from django.utils.translation import gettext as _

from layers.numbers import number

_KM = 1_000.0


def towards(east_m: float, north_m: float) -> str:
    """Return the name of the nearest of the eight directions of the compass."""
    names = (
        *(_("north"), _("north-east"), _("east"), _("south-east")),
        *(_("south"), _("south-west"), _("west"), _("north-west")),
    )
    turns = math.atan2(east_m, north_m) / math.tau
    return names[round(turns * len(names)) % len(names)]


def distance(metres: float) -> str:
    """Return a distance as a person would say it: 460 m, 3.4 km, 5,400 km."""
    if metres < _KM:
        return _("%(number)s m") % {"number": number(metres, 0)}
    places = 1 if metres < 10 * _KM else 0
    return _("%(number)s km") % {"number": number(metres / _KM, places)}

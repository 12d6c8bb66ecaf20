"""The fixed words of what-if."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Effect(TextChoices):
    """What becomes of a finding when the changes are made."""

    APPEARS = "appears", _("appears")
    WORSE = "worse", _("gets worse")
    STAYS = "stays", _("stays")
    BETTER = "better", _("gets better")
    GOES = "goes", _("goes")

"""The fixed words of siting."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from conflicts.vocab import Severity


class Siting(TextChoices):
    """What the rules say of a use at a place, from best to worst."""

    ALLOWED = "allowed", _("allowed")
    CONDITIONAL = "conditional", _("conditional")
    CANNOT_TELL = "cannot_tell", _("cannot tell")
    FORBIDDEN = "forbidden", _("forbidden")

    @property
    def code(self) -> int:
        """Its number on the grid; 0 is outside the city."""
        return list(Siting).index(self) + 1


class Criterion(TextChoices):
    """What sites are ranked by."""

    ROAD = "road", _("distance to the nearest road")
    SLOPE = "slope", _("mean slope")
    PUBLIC_LAND = "public_land", _("share on state land")
    HAZARD = "hazard", _("share in hazard areas")
    BUILT = "built", _("share with buildings or facilities on it")


# From here on a conflict forbids a place whatever it rests on; less grave ones make it
# conditional. Only the law binds: what a place is forbidden by always comes with its basis.
FORBIDS_FROM = Severity.HIGH

# The theme of the layers a study publishes: no rule asks them.
SITING_THEME = "siting"
# Who may order a siting study: it takes the machine for some seconds and publishes a layer.
STUDY_SITING = "conflicts.study_siting"

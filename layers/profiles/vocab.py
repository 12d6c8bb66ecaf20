"""The fixed words of city profiles."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

CHANGE_PROFILE = "layers.change_profile"
LONGEST_CODE = 40
LONGEST_NAME = 120
LONGEST_REASON = 2_000


class ProfileAction(TextChoices):
    """What happened to a profile."""

    CREATE = "create", _("made")
    CHANGE = "change", _("changed")


class ChangeKind(TextChoices):
    """One way in which two states of a profile differ."""

    USED = "used", _("The profile is in use from then on.")
    NOT_USED = "not_used", _("The profile is no longer in use: everything is shown.")
    RENAMED = "renamed", _("The profile is called: %(name)s")
    LAYER_HIDDEN = "layer_hidden", _("Layer not used any more: %(name)s")
    LAYER_SHOWN = "layer_shown", _("Layer used again: %(name)s")
    LAYER_ON = "layer_on", _("Drawn when the map opens: %(name)s")
    LAYER_OFF = "layer_off", _("Not drawn when the map opens: %(name)s")
    LAYER_AS_USUAL = "layer_as_usual", _("Drawn when the map opens as is usual: %(name)s")
    LAYER_GROUP = "layer_group", _("Stands under another heading: %(name)s")
    ORDER = "order", _("Order of the layers: %(name)s")
    CLASS_HIDDEN = "class_hidden", _("Class not used any more: %(name)s")
    CLASS_SHOWN = "class_shown", _("Class used again: %(name)s")
    CLASS_NAMED = "class_named", _("Local name of a class: %(name)s")

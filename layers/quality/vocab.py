"""What a quality report finds."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class QualityKind(TextChoices):
    """What is wrong at a place of a layer."""

    OVERLAP = "overlap", _("areas lie over each other")
    GAP = "gap", _("ground is left bare")
    IDENTICAL = "identical", _("a feature lies exactly on another")

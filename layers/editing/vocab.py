"""The fixed words of editing: what a draft, an edit, a difference and a problem can be."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DraftState(TextChoices):
    """The life of a draft; only an open one changes."""

    OPEN = "open", _("open")
    PUBLISHED = "published", _("published")
    DISCARDED = "discarded", _("discarded")


class EditAction(TextChoices):
    """What an edit does to one feature; a withdrawn edit leaves it as published."""

    CREATE = "create", _("new")
    REPLACE = "replace", _("changed")
    DELETE = "delete", _("deleted")
    WITHDRAW = "withdraw", _("withdrawn")


class ChangeKind(TextChoices):
    """How a feature differs between two versions."""

    ADDED = "added", _("added")
    REMOVED = "removed", _("removed")
    MOVED = "moved", _("shape changed")
    ATTRIBUTES = "attributes", _("attributes changed")
    BOTH = "both", _("shape and attributes changed")


class ProblemKind(TextChoices):
    """What is wrong with an edit."""

    INVALID_GEOMETRY = "invalid_geometry", _("the outline crosses or touches itself")
    EMPTY_GEOMETRY = "empty_geometry", _("no shape")
    NOT_FINITE = "not_finite", _("a coordinate is not a number")
    OUTSIDE_EXTENT = "outside_extent", _("outside the area of the coordinate system")
    TOO_MANY_VERTICES = "too_many_vertices", _("too many corner points")
    WRONG_KIND = "wrong_kind", _("another kind of shape than the layer holds")
    UNKNOWN_CLASS = "unknown_class", _("no land-use class")
    UNKNOWN_LIFECYCLE = "unknown_lifecycle", _("a lifecycle that is not known")
    ATTRIBUTE = "attribute", _("an attribute that the layer does not allow")
    OVERLAP = "overlap", _("overlaps a neighbour")
    GAP = "gap", _("leaves a gap")


class Severity(TextChoices):
    """What a problem does to publication."""

    REFUSES = "refuses", _("must be put right")
    WARNS = "warns", _("please look again")


class SurveyAction(TextChoices):
    """What was done to a statement about surveyed ground."""

    ADD = "add", _("added")
    REPLACE = "replace", _("changed")
    DELETE = "delete", _("deleted")

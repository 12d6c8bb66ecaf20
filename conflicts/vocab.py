"""The fixed words of the rule book and of findings."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Severity(TextChoices):
    """How grave a conflict is, from information only to danger for life."""

    INFO = "info", _("information")
    LOW = "low", _("low")
    MEDIUM = "medium", _("medium")
    HIGH = "high", _("high")
    CRITICAL = "critical", _("critical")

    @property
    def rank(self) -> int:
        """0 for information, 4 for critical."""
        return list(Severity).index(self)


class Verdict(TextChoices):
    """What a rule says of the pairs it finds."""

    CONFLICT = "conflict", _("they do not go together")
    UNRATED = "unrated", _("nobody has rated whether they go together")


class RuleBookStatus(TextChoices):
    """The life of one version of a rule book."""

    DRAFT = "draft", _("draft")
    RATIFIED = "ratified", _("ratified")
    SUPERSEDED = "superseded", _("superseded")


class RuleAction(TextChoices):
    """What was done to a rule in a draft of the rule book."""

    ADD = "add", _("added")
    CHANGE = "change", _("changed")
    REMOVE = "remove", _("removed")


class FindingState(TextChoices):
    """The life of a finding; people decide, the detector opens and resolves."""

    OPEN = "open", _("open")
    TRIAGED = "triaged", _("looked at")
    ACCEPTED = "accepted", _("accepted")
    MITIGATING = "mitigating", _("being put right")
    RESOLVED = "resolved", _("resolved")
    DISMISSED = "dismissed", _("dismissed")


# Who may decide about findings (the map hides what is dismissed), and who signs an acceptance that
# another proposed. Given to each account by name.
DECIDE_FINDING = "conflicts.decide_finding"
APPROVE_ACCEPTANCE = "conflicts.approve_acceptance"
FINDING_PERMISSIONS = (
    ("decide_finding", "Can decide about a finding"),
    ("approve_acceptance", "Can approve the acceptance of a finding that another proposed"),
)

# Who may change drafts of the rule book, and who may put one in force. Given by name, too.
EDIT_RULEBOOK = "conflicts.edit_rulebook"
RATIFY_RULEBOOK = "conflicts.ratify_rulebook"
RULEBOOK_PERMISSIONS = (
    ("edit_rulebook", "Can draft and change versions of a rule book"),
    ("ratify_rulebook", "Can put a version of a rule book in force"),
)


class Change(TextChoices):
    """What one detection saw of a finding against what was known before."""

    NEW = "new", _("new")
    UNCHANGED = "unchanged", _("unchanged")
    WORSE = "worse", _("worse")
    BETTER = "better", _("better")
    GONE = "gone", _("gone")
    REOPENED = "reopened", _("came back")


class Note(TextChoices):
    """What the detector has to say beside the state."""

    NONE = "", _("nothing")
    CANNOT_RECHECK = (
        "cannot_recheck",
        _("cannot be checked again: the place is no longer inside a completely surveyed area"),
    )
    RULE_WITHDRAWN = "rule_withdrawn", _("the rule is no longer in the rule book")


class QualityCheck(StrEnum):
    """What a rule of data quality finds among records."""

    NO_CLASS = "no_class"  # a record without a class
    ATTRIBUTE = "attribute"  # an attribute that is missing, no number, or not plausible
    DUPLICATE = "duplicate"  # two records of one shape and class
    OVERLAP = "overlap"  # two areas of a layer on the same ground
    SLIVER = "sliver"  # an area that is nowhere wide


class Along(StrEnum):
    """What the distance of a standard of service is measured along."""

    STRAIGHT_LINE = "straight_line"
    STREETS = "streets"


class Measure(StrEnum):
    """What a standard is held against."""

    ATTRIBUTE = "attribute"  # what the record states; per area or per another attribute, if so said
    AREA = "area"  # the ground of the shape
    COVERAGE = "coverage"  # the share of the shape that stands under what is counted
    FLOOR_AREA_RATIO = "floor_area_ratio"  # floors of what is counted, per ground of the shape
    SETBACK = "setback"  # from what is counted to the nearest edge of the shape


class Bound(StrEnum):
    """On which side a standard limits."""

    MIN = "min"
    MAX = "max"


class ObstacleSurface(TextChoices):
    """The surfaces over an airport that no structure may pierce (ICAO Annex 14, chapter 4)."""

    INNER_HORIZONTAL = "inner_horizontal", _("inner horizontal surface")
    CONICAL = "conical", _("conical surface")
    OUTER_HORIZONTAL = "outer_horizontal", _("outer horizontal surface")
    APPROACH = "approach", _("approach surface")


class Supply(StrEnum):
    """What of the services is held against those who need them."""

    AREA = "area"  # their ground [m2]
    ATTRIBUTE = "attribute"  # what an attribute states: places, beds
    NUMBER = "number"  # how many there are


class Gap(TextChoices):
    """Why a rule, or a part of its subjects, gets the answer 'cannot tell'."""

    NO_LAYER = "no_layer", _("no layer holds such features and none is named as surveyed")
    MISSING_LAYER = "missing_layer", _("a layer that must be surveyed does not exist")
    NOT_SURVEYED = "not_surveyed", _("the neighbourhood is not completely surveyed")
    CLASS_NOT_SURVEYED = "class_not_surveyed", _("no complete survey has looked for this class")
    GROUND_NOT_SURVEYED = "ground_not_surveyed", _("a part of the city is not completely surveyed")
    NO_SUBJECTS = "no_subjects", _("none is known, but the area is not completely surveyed")
    UNKNOWN_ATTRIBUTE = "unknown_attribute", _("a needed attribute is missing or no number")
    NO_AREA = "no_area", _("drawn as a point or line where an area is needed")
    ABSENCE_NOT_SURE = "absence_not_sure", _("what must be around it may be there, unrecorded")
    SERVICE_NOT_SURE = "service_not_sure", _("a service may be near enough, unrecorded")
    SERVED_NOT_SURE = "served_not_sure", _("not all who must be served are known")
    ROOM_NOT_SURE = "room_not_sure", _("not all room that services have is known")
    NEED_NOT_SURE = "need_not_sure", _("not all who need a service are known")
    STRAIGHT_LINE_ONLY = "straight_line_only", _("near enough in a straight line only")
    NO_OTHER_PLAN = "no_other_plan", _("there is no other plan to compare with")
    COUNTED_NOT_SURE = "counted_not_sure", _("not all that stands there is known")
    AREAS_CONTRADICT = "areas_contradict", _("the title and the map state different areas")
    EDGE_NOT_KNOWN = "edge_not_known", _("which edge of the plot is its front is not recorded")
    RUNWAY_NOT_KNOWN = "runway_not_known", _("where the runway lies is not recorded")
    TRANSITIONAL_NOT_ASKED = "transitional_not_asked", _("the transitional surface is not asked")
    TAKE_OFF_NOT_ASKED = "take_off_not_asked", _("the take-off climb surface is not asked")
    NETWORK_NOT_SURE = "network_not_sure", _("a network may serve it, unrecorded")
    NO_HAZARD_MAP = "no_hazard_map", _("there is no such hazard map")
    UNRATED_PAIR = "unrated_pair", _("nobody has rated whether the two uses go together")
    NOT_PUBLIC = "not_public", _("layers that are not public have a say here")

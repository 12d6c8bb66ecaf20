"""The fixed words of planning: kinds that code depends on. All else is editable data."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PlanStatus(TextChoices):
    """The life of a plan version, from the first draft to its end."""

    DRAFT = "draft", _("draft")
    INTERNAL_REVIEW = "internal_review", _("internal review")
    PUBLIC_DISPLAY = "public_display", _("public display")
    REVISED = "revised", _("revised")
    SUBMITTED = "submitted", _("submitted")
    ADOPTED = "adopted", _("adopted")
    IN_FORCE = "in_force", _("in force")
    SUPERSEDED = "superseded", _("superseded")
    REPEALED = "repealed", _("repealed")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Parameter(TextChoices):
    """What a regulation limits; each has one unit (PARAMETER_UNITS)."""

    COVERAGE = "coverage_share", _("building coverage")
    FLOOR_AREA_RATIO = "far", _("floor area ratio (FAR)")
    HEIGHT = "height_m", _("height")
    STOREYS = "storeys", _("storeys, the ground floor included")
    GREEN = "green_share", _("green share of the plot")
    SETBACK_FRONT = "setback_front_m", _("front setback")
    SETBACK_SIDE = "setback_side_m", _("side setback")
    SETBACK_REAR = "setback_rear_m", _("rear setback")
    PLOT_AREA = "plot_min_m2", _("plot area")
    FRONTAGE = "frontage_min_m", _("plot frontage")
    DENSITY = "dwellings_per_ha", _("dwellings per hectare")


PARAMETER_UNITS = {
    Parameter.COVERAGE: "%",
    Parameter.FLOOR_AREA_RATIO: "m2/m2",
    Parameter.HEIGHT: "m",
    Parameter.STOREYS: "storeys",
    Parameter.GREEN: "%",
    Parameter.SETBACK_FRONT: "m",
    Parameter.SETBACK_SIDE: "m",
    Parameter.SETBACK_REAR: "m",
    Parameter.PLOT_AREA: "m2",
    Parameter.FRONTAGE: "m",
    Parameter.DENSITY: "dwellings/ha",
}
# Stored as shares (0 to 1), shown in per cent; margins are then percentage points.
SHARE_PARAMETERS = frozenset({Parameter.COVERAGE, Parameter.GREEN})


class Bound(TextChoices):
    """On which side a regulation's value limits."""

    MIN = "min", _("at least")
    MAX = "max", _("at most")


class Permission(TextChoices):
    """Whether a use may stand in a zone."""

    PERMITTED = "permitted", pgettext_lazy("use in a zone", "permitted")
    LIMITED = "limited", _("permitted within limits")
    CONDITIONAL = "conditional", _("only by committee decision")
    PROHIBITED = "prohibited", _("prohibited")


class OnFail(TextChoices):
    """What follows when a regulation is not met."""

    BLOCK = "block", _("the permit may not be given")
    WARN = "warn", _("a warning without legal force")


class Tenure(TextChoices):
    """Who holds a parcel, as the cadastre says."""

    STATE_PUBLIC = "state_public", _("state public land")
    STATE_PRIVATE = "state_private", _("state private land")
    PRIVATE = "private", _("private land")
    COLLECTIVE_INDIGENOUS = "collective_indigenous", _("collective land of an indigenous community")
    PAGODA = "pagoda", _("pagoda land")
    CONCESSION_ELC = "concession_ELC", _("economic land concession")
    CONCESSION_SLC = "concession_SLC", _("social land concession")
    UNKNOWN = "unknown", _("tenure unknown")


class ReservationStatus(TextChoices):
    """The life of a land reservation."""

    PROPOSED = "proposed", _("proposed")
    ADOPTED = "adopted", _("adopted")
    ACQUIRING = "acquiring", _("being acquired")
    ACQUIRED = "acquired", _("acquired")
    RELEASED = "released", _("released")
    LAPSED = "lapsed", _("lapsed")
    CONVERTED = "converted", _("built: the reserved use stands")


# These may stand without a decision; all others name the instrument that made them.
UNDECIDED_RESERVATIONS = [
    ReservationStatus.PROPOSED,
    ReservationStatus.RELEASED,
    ReservationStatus.LAPSED,
]

# Who may set public land aside and who may give it free; given to each account by name.
RESERVE_LAND = "planning.reserve_land"
RELEASE_LAND = "planning.release_land"
RESERVATION_PERMISSIONS = (
    ("reserve_land", "Can reserve land"),
    ("release_land", "Can release reserved land"),
)

# Land under these may be reserved anew; under all others it is taken.
HOLDING_NOTHING = [ReservationStatus.RELEASED, ReservationStatus.LAPSED]

# These no longer hold the land: their outlines bind nobody.
ENDED_RESERVATIONS = [
    ReservationStatus.RELEASED,
    ReservationStatus.LAPSED,
    ReservationStatus.CONVERTED,
]


class Outcome(TextChoices):
    """What a compliance run says as a whole."""

    COMPLIANT = "compliant", _("complies with everything that was checked")
    WARNINGS = "warnings", _("not cleared: warnings stand open")
    UNDETERMINED = "undetermined", _("undetermined: an officer must decide")
    NOT_COMPLIANT = "not_compliant", _("not compliant")

"""The fixed words of the layers: kinds that code depends on. All else is editable data."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class GeometryKind(TextChoices):
    """What a layer holds."""

    POINT = "point", _("points")
    LINE = "line", _("lines")
    POLYGON = "polygon", _("areas")
    MIXED = "mixed", _("mixed shapes")
    RASTER = "raster", _("raster")


class Lifecycle(TextChoices):
    """Where a thing stands between an idea and its end."""

    EXISTING = "existing", _("existing")
    UNDER_CONSTRUCTION = "under_construction", _("under construction")
    PERMITTED = "permitted", _("permitted")
    PLANNED = "planned", _("planned")
    RESERVED = "reserved", _("reserved")
    PROPOSED = "proposed", _("proposed")
    CLOSED = "closed", _("closed")


class Visibility(TextChoices):
    """Who may see a layer."""

    PUBLIC = "public", _("public")
    INTERNAL = "internal", _("staff only")
    RESTRICTED = "restricted", _("restricted")


class VersionState(TextChoices):
    """The life of a layer version; a published one never changes."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    RETIRED = "retired", _("retired")


class Completeness(TextChoices):
    """How far absence of a feature means absence on the ground."""

    COMPLETE = "complete", _("complete")
    PARTIAL = "partial", _("partial")
    UNKNOWN = "unknown", _("unknown")


class RunState(TextChoices):
    """Where a long job stands."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("finished")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Answer(TextChoices):
    """The four values of every answer; 'cannot tell' always names what is missing."""

    COMPLIES = "complies", _("complies")
    FAILS = "fails", _("does not comply")
    CANNOT_TELL = "cannot_tell", _("cannot tell")
    NOT_APPLICABLE = "not_applicable", _("does not apply")


class Basis(TextChoices):
    """What a number rests on. Only binding law may block; the rest may warn."""

    BINDING_LAW = "binding_law", _("binding law")
    PLAN_PROVISION = "plan_provision", _("provision of the plan in force")
    PRESS_REPORT = "press_report", _("Cambodian rule known from press reports")
    FOREIGN_REFERENCE = "foreign_reference", _("foreign reference value, not Cambodian law")
    BENCHMARK = "benchmark", _("international benchmark")
    GENERAL_KNOWLEDGE = "general_knowledge", _("general knowledge, to be verified by the city")
    DEMO_VALUE = "demo_value", _("demo value without legal force")


# A benchmark, foreign or demo value may warn; it never blocks anyone.
BLOCKING_BASES = frozenset({Basis.BINDING_LAW, Basis.PLAN_PROVISION, Basis.PRESS_REPORT})


class IssueKind(TextChoices):
    """What was wrong with a row of an imported file."""

    INVALID_GEOMETRY = "invalid_geometry", _("the outline crosses or touches itself")
    EMPTY_GEOMETRY = "empty_geometry", _("no shape")
    NOT_FINITE = "not_finite", _("a coordinate is not a number")
    OUTSIDE_EXTENT = "outside_extent", _("outside the area of the coordinate system")
    TOO_MANY_VERTICES = "too_many_vertices", _("too many corner points")
    WRONG_KIND = "wrong_kind", _("another kind of shape than the layer holds")
    UNKNOWN_CLASS = "unknown_class", _("no land-use class")
    DUPLICATE_ID = "duplicate_id", _("the same identifier twice")
    UNUSABLE_ID = "unusable_id", _("an identifier that cannot be used")
    UNKNOWN_LIFECYCLE = "unknown_lifecycle", _("a lifecycle that is not known")
    CURVE_LINEARISED = "curve_linearised", _("curves became straight pieces")
    OVERLAP = "overlap", _("areas lie over each other")
    GAP = "gap", _("ground is left bare")
    DIMENSION_DROPPED = "dimension_dropped", _("heights in the shape were dropped")


class IssueAction(TextChoices):
    """What was done about it."""

    REPAIRED = "repaired", _("repaired")
    REFUSED = "refused", _("refused")
    KEPT = "kept", _("kept, noted")

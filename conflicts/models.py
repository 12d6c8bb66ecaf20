"""Rule books as they were ratified, detections, and findings with their life."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from conflicts.life.vocab import Step
from conflicts.rulebooks.models import Rule, RuleBook, RuleChange
from conflicts.vocab import (
    FINDING_PERMISSIONS,
    Change,
    FindingState,
    Note,
    Severity,
)
from layers.crs import PROJECT_SRID
from layers.models import Feature, Run
from layers.vocab import BLOCKING_BASES, Answer, Basis

__all__ = [
    "PLAN_CONTEXT",
    "WHOLE_LAYER",
    "Acceptance",
    "DetectionRun",
    "Finding",
    "FindingEvent",
    "Handling",
    "Mitigation",
    "Observation",
    "Rule",
    "RuleBook",
    "RuleChange",
    "RuleOutcome",
]

PLAN_CONTEXT = "plan"
WHOLE_LAYER = "*"  # as a finding's object: a hazard map as a whole


class DetectionRun(models.Model):
    """One detection: which rules were asked of which versions of the data.

    A full one asks every rule of everything. A re-check goes on from a full one and asks only what
    changed since; for all else what was found before stands.
    """

    run = models.OneToOneField(
        Run, on_delete=models.CASCADE, primary_key=True, related_name="detection"
    )
    rulebook = models.ForeignKey(RuleBook, on_delete=models.PROTECT, related_name="detections")
    goes_on_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="rechecks"
    )
    data_versions = models.JSONField(_("versions of the layers used"), default=dict)

    class Meta:
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return f"{self.rulebook} #{self.pk}"

    @property
    def is_full(self) -> bool:
        """True when every rule was asked of everything."""
        return self.goes_on_from_id is None

    @property
    def standing_outcomes(self) -> "models.QuerySet[RuleOutcome]":
        """What each rule answered last, in this detection or in one that it goes on from."""
        start = self.goes_on_from_id or self.pk
        newest = (
            RuleOutcome.objects.filter(
                Q(detection=start) | Q(detection__goes_on_from=start),
                rule__rulebook=self.rulebook_id,
                detection__lte=self.pk,
            )
            .order_by("rule_id", "-detection_id")
            .distinct("rule_id")
        )
        return RuleOutcome.objects.filter(pk__in=newest.values("pk")).order_by("rule__code")


class RuleOutcome(models.Model):
    """What one rule found in one detection, and what it could not tell."""

    detection = models.ForeignKey(DetectionRun, on_delete=models.CASCADE, related_name="outcomes")
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="outcomes")
    answer = models.CharField(_("answer"), max_length=20, choices=Answer)
    subjects_checked = models.PositiveIntegerField(_("subjects checked"), default=0)
    subjects_untold = models.PositiveIntegerField(_("subjects it cannot tell about"), default=0)
    pairs_found = models.PositiveIntegerField(_("conflicts found"), default=0)
    pairs_exempted = models.PositiveIntegerField(_("pairs exempted"), default=0)
    missing = models.JSONField(_("what is missing"), default=list, blank=True)
    surveyed_m2 = models.FloatField(
        _("ground on which its subjects were looked for [m²]"), null=True, blank=True
    )
    city_m2 = models.FloatField(
        _("ground of the city [m²]"), null=True, blank=True, help_text=_("Empty: no boundary.")
    )

    class Meta:
        ordering = ["detection_id", "rule__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["detection", "rule"], name="rule_outcome_once_per_detection"
            ),
            models.CheckConstraint(
                condition=~Q(answer=Answer.COMPLIES) | Q(missing=[], pairs_found=0),
                name="rule_outcome_complies_only_without_gaps",
                violation_error_message=_("With something missing the answer is 'cannot tell'."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.answer}"

    @property
    def tells_of_some(self) -> bool:
        """Tell whether some place was judged, whatever may be missing elsewhere."""
        return bool(self.pairs_found) or self.subjects_checked > self.subjects_untold


class Finding(models.Model):
    """One place where the land breaks a rule; edits update it, decisions on it survive."""

    rulebook_code = models.CharField(_("rule book"), max_length=40)
    rule_code = models.CharField(_("rule"), max_length=40)
    context = models.CharField(_("context"), max_length=40, default=PLAN_CONTEXT)
    subject_layer = models.CharField(_("layer of the subject"), max_length=60)
    subject_id = models.CharField(_("subject"), max_length=80)
    object_layer = models.CharField(_("layer of the object"), max_length=60)
    object_id = models.CharField(
        _("object"), max_length=80, help_text=_("* means the layer as a whole (a hazard map).")
    )
    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis)
    state = models.CharField(
        _("state"), max_length=10, choices=FindingState, default=FindingState.OPEN
    )
    step = models.CharField(
        _("what moved it last"), max_length=20, choices=Step, blank=True, db_default=""
    )
    note = models.CharField(_("note"), max_length=20, choices=Note, blank=True)
    is_existing_use = models.BooleanField(
        _("existing nonconforming use"), default=False, db_default=False
    )
    first_seen = models.ForeignKey(DetectionRun, on_delete=models.PROTECT, related_name="+")
    last_seen = models.ForeignKey(DetectionRun, on_delete=models.PROTECT, related_name="+")
    absent_since = models.ForeignKey(
        DetectionRun, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    current = models.OneToOneField(
        "Observation", on_delete=models.SET_NULL, related_name="+", null=True, blank=True
    )

    class Meta:
        ordering = ["rule_code", "subject_layer", "subject_id", "object_layer", "object_id"]
        permissions = FINDING_PERMISSIONS
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "rulebook_code", "rule_code", "context",
                    "subject_layer", "subject_id", "object_layer", "object_id",
                ],
                name="finding_identity_unique",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "severity"], name="finding_state_severity"),
            models.Index(fields=["subject_layer", "subject_id"], name="finding_subject"),
            models.Index(fields=["object_layer", "object_id"], name="finding_object"),
            models.Index(
                fields=["rulebook_code"],
                condition=Q(absent_since__isnull=False) & ~Q(state=FindingState.RESOLVED),
                name="finding_absent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.subject_id} / {self.object_id}"

    @property
    def may_block(self) -> bool:
        """True when the rule's basis can hold up a permit; all others only warn."""
        return self.basis in BLOCKING_BASES

    @property
    def is_present(self) -> bool:
        """True when the last detection of its rule book still saw it."""
        return self.absent_since_id is None


class Observation(models.Model):
    """What one detection measured of one finding; measures are empty when it was gone."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="observations")
    outcome = models.ForeignKey(RuleOutcome, on_delete=models.PROTECT, related_name="observations",
                                null=True, blank=True)  # fmt: skip
    detection = models.ForeignKey(
        DetectionRun, on_delete=models.PROTECT, related_name="observations"
    )
    change = models.CharField(_("change"), max_length=10, choices=Change)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    measured_value = models.FloatField(_("measured"), null=True, blank=True)
    required_value = models.FloatField(_("required"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=10, blank=True)
    margin = models.FloatField(_("margin"), null=True, blank=True)
    witness = models.GeometryField(
        _("evidence"), srid=PROJECT_SRID, null=True, blank=True, spatial_index=True
    )
    facts = models.JSONField(_("further facts"), default=dict, blank=True)
    # No constraint: features lie in several tables, and a row once published is never deleted.
    subject_row = models.ForeignKey(
        Feature, models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )
    object_row = models.ForeignKey(
        Feature, models.SET_NULL, null=True, blank=True, related_name="+", db_constraint=False
    )

    class Meta:
        ordering = ["finding_id", "-detection_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding", "detection"], name="observation_once_per_detection"
            ),
            models.CheckConstraint(
                condition=Q(change=Change.GONE)
                | Q(
                    measured_value__isnull=False,
                    required_value__isnull=False,
                    margin__isnull=False,
                    witness__isnull=False,
                ),
                name="observation_measured_unless_gone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding}: {self.change}"


# These are models of this app too: Django finds an app's models through this module.
from conflicts.kept import models as kept  # noqa: E402, F401
from conflicts.life.models import (  # noqa: E402
    Acceptance,
    FindingEvent,
    Handling,
    Mitigation,
)
from conflicts.review import models as review  # noqa: E402, F401
from conflicts.service_study import models as service_study  # noqa: E402, F401
from conflicts.siting import models as siting  # noqa: E402, F401

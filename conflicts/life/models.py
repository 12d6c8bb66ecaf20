"""What people decided about findings and what stands of it; history is only ever added to."""

from functools import reduce
from operator import or_

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from conflicts.life.transitions import TRANSITIONS
from conflicts.life.vocab import AcceptanceState, Step
from conflicts.vocab import FindingState, Severity

_OF_PERSONS = [t.step.value for t in TRANSITIONS if t.is_of_person]
_WITH_REASON = [t.step.value for t in TRANSITIONS if t.has_reason]
_ALLOWED = reduce(
    or_,
    (
        Q(step=t.step.value, from_state=before, to_state=after)
        for t in TRANSITIONS
        for before, after in t.pairs()
    ),
)


class Handling(models.Model):
    """What stands of all that people decided about a finding; made with the first decision."""

    finding = models.OneToOneField(
        "conflicts.Finding", on_delete=models.PROTECT, primary_key=True, related_name="handling"
    )
    severity = models.CharField(
        _("severity by the planner"), max_length=10, choices=Severity, blank=True
    )
    assignee = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="findings_to_handle"
    )
    office = models.CharField(_("office"), max_length=120, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    existing_use = models.BooleanField(_("the use existed before"), null=True, blank=True)
    existing_evidence = models.TextField(_("evidence that it existed"), blank=True)
    decided_on = models.ForeignKey(
        "conflicts.Observation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("What was measured when the decision that stands was taken."),
    )

    class Meta:
        indexes = [models.Index(fields=["due_on"], name="handling_due")]
        constraints = [
            models.CheckConstraint(
                condition=Q(existing_use=None) | ~Q(existing_evidence=""),
                name="handling_existing_use_has_evidence",
                violation_error_message=_("Say what shows it: a title, a photo, a map, a year."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.finding}"


class Acceptance(models.Model):
    """A conflict that is lived with for a time: proposed by one person, approved by another."""

    finding = models.ForeignKey(
        "conflicts.Finding", on_delete=models.PROTECT, related_name="acceptances"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=AcceptanceState, default=AcceptanceState.PROPOSED
    )
    reason = models.TextField(_("reason"))
    document = models.CharField(_("document"), max_length=200)
    exemption = models.CharField(_("exemption by the law"), max_length=400, blank=True)
    valid_to = models.DateField(_("accepted until"), null=True, blank=True)
    plan_layer = models.CharField(_("plan layer"), max_length=60, blank=True)
    plan_number = models.PositiveIntegerField(_("version of the plan"), null=True, blank=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(_("proposed at"), auto_now_add=True)
    proposed_on = models.ForeignKey(
        "conflicts.Observation", on_delete=models.PROTECT, related_name="+"
    )
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decision_reason = models.TextField(_("reason of the decision"), blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        ordering = ["finding_id", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(state=AcceptanceState.PROPOSED),
                name="acceptance_proposed_once",
                violation_error_message=_("An acceptance of this conflict waits already."),
            ),
            models.UniqueConstraint(
                fields=["finding"],
                condition=Q(state=AcceptanceState.APPROVED),
                name="acceptance_in_force_once",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "refused"])
                | Q(decided_by__isnull=False) & ~Q(decided_by=models.F("proposed_by")),
                name="acceptance_decided_by_another",
                violation_error_message=_("Who proposed an acceptance does not decide on it."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=False, plan_layer="", plan_number=None)
                | Q(valid_to=None, plan_number__isnull=False) & ~Q(plan_layer=""),
                name="acceptance_ends",
                violation_error_message=_("Give a last day, or a layer of the plan; not both."),
            ),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(document=""),
                name="acceptance_has_reason_and_document",
                violation_error_message=_("Say why: the next planner will ask."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding}: {self.state}"


class Mitigation(models.Model):
    """A measure that is to end a conflict; only a detection can show that it did."""

    finding = models.ForeignKey(
        "conflicts.Finding", on_delete=models.PROTECT, related_name="mitigations"
    )
    measure = models.TextField(_("measure"))
    office = models.CharField(_("responsible office"), max_length=120)
    due_on = models.DateField(_("done by"))
    document = models.CharField(_("document"), max_length=200, blank=True)
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(_("planned at"), auto_now_add=True)
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    done_at = models.DateTimeField(_("reported as done at"), null=True, blank=True)
    done_evidence = models.TextField(_("evidence"), blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        ordering = ["finding_id", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["finding"], condition=Q(ended_at=None), name="mitigation_stands_once"
            ),
            models.CheckConstraint(
                condition=~Q(measure="") & ~Q(office=""),
                name="mitigation_says_what_and_who",
                violation_error_message=_("Say what is done, and which office does it."),
            ),
            models.CheckConstraint(
                condition=Q(done_at=None, done_by=None, done_evidence="")
                | Q(done_at__isnull=False, done_by__isnull=False) & ~Q(done_evidence=""),
                name="mitigation_done_has_evidence",
                violation_error_message=_("Say what shows that it is done."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding}: {self.measure[:40]}"

    @property
    def is_still_found(self) -> bool:
        """True when a detection after the report still found the conflict."""
        if self.done_at is None or not self.finding.is_present:
            return False
        begun = self.finding.last_seen.run.started_at
        return begun is not None and begun > self.done_at


class FindingEvent(models.Model):
    """One thing that happened to a finding: never changed, never deleted (``life.enforced``)."""

    finding = models.ForeignKey(
        "conflicts.Finding", on_delete=models.PROTECT, related_name="events"
    )
    step = models.CharField(_("step"), max_length=20, choices=Step)
    from_state = models.CharField(_("from"), max_length=10, choices=FindingState)
    to_state = models.CharField(_("to"), max_length=10, choices=FindingState)
    reason = models.TextField(_("reason"), blank=True, db_default="")
    before = models.JSONField(_("before"), default=dict, db_default={})
    after = models.JSONField(_("after"), default=dict, db_default={})
    severity = models.CharField(_("severity at that moment"), max_length=10, choices=Severity)
    margin = models.FloatField(_("margin at that moment"), null=True, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    detection = models.ForeignKey(
        "conflicts.DetectionRun", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        ordering = ["finding_id", "-id"]
        indexes = [models.Index(fields=["finding", "-id"], name="finding_event_newest")]
        constraints = [
            models.CheckConstraint(
                condition=_ALLOWED,
                name="finding_event_step_leads_there",
                violation_error_message=_("This step does not lead from that state to this one."),
            ),
            models.CheckConstraint(
                condition=Q(step__in=_OF_PERSONS, by__isnull=False)
                | ~Q(step__in=_OF_PERSONS) & Q(by=None),
                name="finding_event_of_person_names_them",
            ),
            models.CheckConstraint(
                condition=~Q(step__in=_WITH_REASON, reason=""),
                name="finding_event_has_reason",
                violation_error_message=_("Say why: the next planner will ask."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding}: {self.step}"

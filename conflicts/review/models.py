"""What the review of findings keeps: where each finding lies, and what each detection changed."""

from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class FindingPlace(models.Model):
    """The sangkats in which the newest evidence of a finding lies; none: outside of all.

    It counts only while evidence and sangkats are those it was looked up with.
    """

    # No constraint: a million rows are written at once, each for a finding just read.
    finding = models.OneToOneField(
        "conflicts.Finding",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="place",
        db_constraint=False,
    )
    observation_number = models.BigIntegerField(_("evidence"))
    sangkat_version = models.PositiveIntegerField(_("version of the sangkats"))
    sangkats = ArrayField(models.CharField(max_length=80), verbose_name=_("sangkats"))

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.finding_id}: {', '.join(self.sangkats)}"


class Stocktaking(models.Model):
    """One detection taken into account: its findings were placed, what it changed was counted."""

    detection = models.OneToOneField(
        "conflicts.DetectionRun",
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="stocktaking",
    )
    sangkat_version = models.PositiveIntegerField(_("version of the sangkats"))
    # [{"change", "severity", "subject_layer", "object_layer", "count"}]: it never changes
    tally = models.JSONField(_("what it changed"), default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.detection_id}"


class FindingReport(models.Model):
    """A printed report that the worker makes for an account, and its file."""

    run = models.OneToOneField("layers.Run", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    wanted = models.JSONField(_("filters"), default=dict)
    language = models.CharField(_("language"), max_length=5)
    file = models.FileField(_("file"), upload_to="findings/", blank=True)
    printed = models.PositiveIntegerField(_("conflicts in it"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"#{self.pk} {self.run}"


class WeeklyDigest(models.Model):
    """What a week brought, as it stood when the week was over; it never changes."""

    week_begins = models.DateField(_("week from"), unique=True)
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    content = models.JSONField(_("content"))

    class Meta:
        ordering = ["-week_begins"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=models.Q(week_begins__iso_week_day=1),
                name="digest_begins_on_monday",
            )
        ]

    def __str__(self) -> str:
        return f"{self.week_begins}"

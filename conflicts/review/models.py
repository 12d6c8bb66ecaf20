"""What the review of findings keeps: where each finding lies, and what each detection changed."""

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

"""The quality report of a published version, and the places it points to."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from layers.crs import PROJECT_SRID
from layers.models import LayerVersion
from layers.quality.vocab import QualityKind


class QualityReport(models.Model):
    """What was counted and found in one published version, and with which measures."""

    version = models.OneToOneField(LayerVersion, on_delete=models.CASCADE, related_name="quality")
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    counts = models.JSONField(_("what was counted"), default=dict)
    must_not_overlap = models.BooleanField(_("areas must not overlap"))
    must_cover = models.BooleanField(_("an extent must be covered"))
    tolerance_m = models.FloatField(_("tolerance [m]"))
    tolerance_source = models.CharField(_("where the tolerance comes from"), max_length=200)
    reach_m = models.FloatField(_("widest strip taken for a gap [m]"))
    rule_digest = models.CharField(_("SHA-256 of the layer's rule for areas"), max_length=64)
    compares_areas = models.BooleanField(_("areas were compared"))
    is_cut = models.BooleanField(_("there is more than is listed"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tolerance_m__gt=0), name="quality_tolerance_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.made_at:%Y-%m-%d %H:%M}"


class QualityIssue(models.Model):
    """One thing wrong at one place."""

    report = models.ForeignKey(QualityReport, on_delete=models.CASCADE, related_name="issues")
    kind = models.CharField(_("what is wrong"), max_length=10, choices=QualityKind)
    is_forbidden = models.BooleanField(_("the layer's rule forbids it"))
    stable_id = models.CharField(_("identifier"), max_length=80, blank=True)  # a gap may have none
    other = models.CharField(_("other identifier"), max_length=80, blank=True)
    area_m2 = models.FloatField(_("ground [m2]"), null=True, blank=True)
    place = models.PointField(_("place"), srid=PROJECT_SRID, spatial_index=False)

    class Meta:
        ordering = ["id"]  # as found: of each kind the largest first
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=QualityKind.GAP) | ~Q(stable_id=""),
                name="quality_issue_names_its_feature",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.stable_id} {self.other}"

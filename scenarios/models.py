"""Scenarios as they are kept, and what each finished run of them found."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from layers.models import Run, in_reader_language


class Scenario(models.Model):
    """A question of the kind 'what if': an event in a climate, over a terrain."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    title_km = models.CharField(_("title in Khmer"), max_length=200, blank=True)
    title_en = models.CharField(_("title in English"), max_length=200)
    spec = models.JSONField(_("as stated in its file"), default=dict)
    file_name = models.CharField(_("file"), max_length=255)
    folder = models.CharField(_("folder its paths are relative to"), max_length=1000)
    stored_at = models.DateTimeField(_("stored at"), auto_now=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z][a-z0-9-]*$"),
                name="scenario_code_begins_with_letter",
                violation_error_message=_("Begin with a letter; use letters, digits, hyphens."),
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return in_reader_language(self.title_km, self.title_en)


class ScenarioRun(models.Model):
    """The result of one finished run; its grids and hazard areas are layers of the catalogue."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="scenario_run")
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="results")
    engine = models.CharField(_("engine"), max_length=60)
    solver_version = models.CharField(_("digest of the solver"), max_length=64)
    parameters = models.JSONField(_("parameters"), default=dict)
    input_digests = models.JSONField(_("digests of the inputs"), default=dict)
    assumptions = models.JSONField(_("assumptions"), default=list)
    hyetograph = models.JSONField(_("rain over time"), default=dict)
    mass_balance = models.JSONField(_("mass balance [m3]"), default=dict)
    validity = models.JSONField(_("limits of use"), default=dict)
    hazard_areas = models.JSONField(_("area by hazard class"), default=list)
    exposure = models.JSONField(_("what stands in the water"), default=dict)
    outputs = models.JSONField(_("layers and files made"), default=dict)

    class Meta:
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return f"{self.scenario} {self.run}"

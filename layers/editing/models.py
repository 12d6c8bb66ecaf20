"""Drafts and their edits, what a layer's shapes must keep to, and who stated what was surveyed."""

from django.contrib.auth.models import User
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from layers.crs import PROJECT_SRID
from layers.editing.vocab import DraftState, EditAction, SurveyAction
from layers.models import LandUseClass, Layer
from layers.vocab import Lifecycle

SHAPED = [EditAction.CREATE, EditAction.REPLACE]


class Draft(models.Model):
    """Changes to a layer that wait to be published; they lie over the layer as published now."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="drafts")
    title = models.CharField(_("title"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=DraftState, default=DraftState.OPEN)
    base_number = models.PositiveIntegerField(_("opened on version"), null=True, blank=True)
    revision = models.PositiveIntegerField(_("edits so far"), default=0)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("opened at"), auto_now_add=True)
    closed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    message = models.TextField(_("why"), blank=True)
    published_number = models.PositiveIntegerField(_("published as"), null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DraftState.OPEN, closed_at=None, closed_by=None)
                | (~Q(state=DraftState.OPEN) & Q(closed_at__isnull=False, closed_by__isnull=False)),
                name="draft_closed_has_who_and_when",
                violation_error_message=_("A closed draft states who closed it and when."),
            ),
            models.CheckConstraint(
                condition=Q(state=DraftState.PUBLISHED, published_number__isnull=False)
                | (~Q(state=DraftState.PUBLISHED) & Q(published_number=None)),
                name="draft_published_has_version",
                violation_error_message=_("A published draft states its version."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer} #{self.pk} {self.title}"


class DraftEdit(models.Model):
    """One step of work on one feature; the newest step of each feature counts, all are kept."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="edits")
    revision = models.PositiveIntegerField(_("step"))
    stable_id = models.CharField(_("identifier"), max_length=80)
    action = models.CharField(_("action"), max_length=10, choices=EditAction)
    is_latest = models.BooleanField(_("counts"), default=True)
    base_row = models.PositiveBigIntegerField(_("row it was made on"), null=True, blank=True)
    geometry = models.GeometryField(_("shape"), srid=PROJECT_SRID, null=True, blank=True)
    land_use = models.ForeignKey(LandUseClass, on_delete=models.PROTECT, null=True, blank=True)
    lifecycle = models.CharField(
        _("lifecycle"), max_length=20, choices=Lifecycle, default=Lifecycle.EXISTING
    )
    properties = models.JSONField(_("attributes"), default=dict, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    edited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(_("edited at"), auto_now_add=True)

    class Meta:
        ordering = ["draft", "revision"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "revision"], name="draft_edit_step_once"),
            models.UniqueConstraint(
                fields=["draft", "stable_id"],
                condition=Q(is_latest=True),
                name="draft_edit_latest_once",
            ),
            models.CheckConstraint(
                condition=Q(action__in=SHAPED, geometry__isnull=False)
                | (~Q(action__in=SHAPED) & Q(geometry=None)),
                name="draft_edit_has_shape_unless_gone",
            ),
            models.CheckConstraint(
                condition=Q(action=EditAction.CREATE, base_row=None)
                | Q(action=EditAction.WITHDRAW)
                | Q(action__in=[EditAction.REPLACE, EditAction.DELETE], base_row__isnull=False),
                name="draft_edit_names_its_base",
            ),
            models.CheckConstraint(
                condition=Q(geometry=None) | Q(geometry__isvalid=True),
                name="draft_edit_geometry_valid",
                violation_error_message=_("The outline crosses itself. Redraw it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.stable_id}"


class LayerTopology(models.Model):
    """What the areas of a layer must keep to among each other; a layer without a row is free."""

    layer = models.OneToOneField(Layer, on_delete=models.CASCADE, related_name="topology")
    must_not_overlap = models.BooleanField(_("areas must not overlap"), default=True)
    tolerance_m = models.FloatField(_("tolerance [m]"))
    tolerance_source = models.CharField(_("where the tolerance comes from"), max_length=200)
    must_cover = models.MultiPolygonField(
        _("extent that must be covered"), srid=PROJECT_SRID, null=True, blank=True
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(tolerance_m__gt=0),
                name="topology_tolerance_positive",
                violation_error_message=_("Give a tolerance above 0 m."),
            ),
            models.CheckConstraint(
                condition=Q(must_cover=None) | Q(must_cover__isvalid=True),
                name="topology_cover_valid",
                violation_error_message=_("The outline crosses itself. Redraw it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer}: {self.tolerance_m} m"


class SurveyChange(models.Model):
    """Who changed a statement about surveyed ground, when, and what it said before and after."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="survey_changes")
    area = models.PositiveBigIntegerField(_("statement"), db_index=True)
    action = models.CharField(_("action"), max_length=10, choices=SurveyAction)
    before = models.JSONField(_("before"), null=True, blank=True)
    after = models.JSONField(_("after"), null=True, blank=True)
    changed_by = models.ForeignKey(  # empty: an import or a command did it
        User, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now_add=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.layer}: {self.action} {self.area}"

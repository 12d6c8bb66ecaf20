"""What is kept of a large layer for the low zooms; read and written by SQL, see building.py."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from layers.crs import WEB_MERCATOR_SRID
from layers.models import Layer


class GeneralisedLayer(models.Model):
    """For which versions of a layer its shapes for low zooms are kept."""

    layer = models.OneToOneField(Layer, on_delete=models.CASCADE, related_name="+")
    recipe = models.CharField(_("how they were made"), max_length=80)
    first_number = models.PositiveIntegerField(_("first version"))
    last_number = models.PositiveIntegerField(_("last version"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_number__gte=models.F("first_number")),
                name="generalised_versions_in_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.layer} v{self.first_number}-{self.last_number}"


class GeneralisedPart(models.Model):
    """A part of a feature that is large enough to be seen at a zoom, simplified for it."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="+")
    zoom = models.PositiveSmallIntegerField(_("zoom"))
    # a feature's row, without a database key: rows of large layers lie in tables of their own
    feature_row = models.PositiveBigIntegerField(_("feature"))
    geometry = models.GeometryField(_("shape"), srid=WEB_MERCATOR_SRID, spatial_index=False)
    introduced_in = models.PositiveIntegerField(_("since version"))
    retired_in = models.PositiveIntegerField(_("until version"), null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["layer", "feature_row"],
                name="generalised_part_current",
                condition=Q(retired_in=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.layer} z{self.zoom} {self.feature_row}"


class GeneralisedCell(models.Model):
    """A small square of the map with the parts of one class too small to be drawn at a zoom."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="+")
    zoom = models.PositiveSmallIntegerField(_("zoom"))
    column = models.IntegerField(_("column from the west"))
    row = models.IntegerField(_("row from the north"))
    land_use_row = models.BigIntegerField(_("class, 0 for none"))
    colour_value = models.CharField(_("value that colours"), max_length=200)
    part_count = models.IntegerField(_("parts"))
    # whole square decimetres: sums of whole numbers do not depend on the order of the changes
    area_dm2 = models.BigIntegerField(_("area [dm2]"))
    introduced_in = models.PositiveIntegerField(_("since version"))
    retired_in = models.PositiveIntegerField(_("until version"), null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(part_count__gt=0), name="generalised_cell_holds")
        ]

    def __str__(self) -> str:
        return f"{self.layer} z{self.zoom} {self.column}/{self.row}"

"""What is kept of a large layer for the low zooms; read and written by SQL, see building.py."""

from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from layers.crs import PROJECT_SRID, WEB_MERCATOR_SRID
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


class DenseLayer(models.Model):
    """Up to which version the shapes of a layer's dense squares are kept."""

    layer = models.OneToOneField(Layer, on_delete=models.CASCADE, related_name="+")
    recipe = models.CharField(_("how they were made"), max_length=32)
    last_number = models.PositiveIntegerField(_("last version"))

    def __str__(self) -> str:
        return f"{self.layer} to v{self.last_number}"


class DenseTile(models.Model):
    """A square of the web map with so many features that their shapes are kept."""

    kept = models.ForeignKey(DenseLayer, on_delete=models.CASCADE, related_name="tiles")
    zoom = models.PositiveSmallIntegerField(_("zoom"))
    column = models.IntegerField(_("column from the west"))
    row = models.IntegerField(_("row from the north"))
    # the ground with the margin around it, as a tile is drawn: what touches it belongs to it
    square = models.PolygonField(_("extent"), srid=PROJECT_SRID)
    first_number = models.PositiveIntegerField(_("first version"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kept", "zoom", "column", "row"], name="dense_tile_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kept.layer} {self.zoom}/{self.column}/{self.row}"


class DenseShape(models.Model):
    """A feature as it lies in one dense square, in the cells of the tile's grid."""

    # without a database key: one check less for each of millions of rows
    tile = models.ForeignKey(
        DenseTile, on_delete=models.CASCADE, related_name="shapes", db_constraint=False
    )
    feature_row = models.PositiveBigIntegerField(_("feature"))
    shape = models.GeometryField(_("shape"), srid=0, spatial_index=False)
    stable_id = models.CharField(_("identifier"), max_length=80)
    land_use_row = models.BigIntegerField(null=True)  # of a class, without a database key
    name_km = models.TextField(_("name in Khmer"), null=True)
    name_en = models.TextField(_("name in English"), null=True)
    name = models.TextField(_("name"), null=True)
    colours = models.JSONField(_("value that colours"), null=True)
    introduced_in = models.PositiveIntegerField(_("since version"))
    retired_in = models.PositiveIntegerField(_("until version"), null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["feature_row"],
                name="dense_shape_current",
                condition=Q(retired_in=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.tile} {self.stable_id}"


class DrawnTile(models.Model):
    """A square that takes long to draw, as it is sent, in the versions in which it is the same."""

    kept = models.ForeignKey(DenseLayer, on_delete=models.CASCADE, related_name="drawings")
    recipe = models.CharField(_("how they were made"), max_length=32)
    zoom = models.PositiveSmallIntegerField(_("zoom"))
    column = models.IntegerField(_("column from the west"))
    row = models.IntegerField(_("row from the north"))
    # the ground with the margin around it, as a tile is drawn: what touches it belongs to it
    square = models.PolygonField(_("extent"), srid=PROJECT_SRID)
    content = models.BinaryField(_("tile, packed"))
    introduced_in = models.PositiveIntegerField(_("since version"))
    retired_in = models.PositiveIntegerField(_("until version"), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kept", "zoom", "column", "row", "introduced_in"],
                name="drawn_tile_of_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kept.layer} {self.zoom}/{self.column}/{self.row}"

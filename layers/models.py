"""The ground as data: one table of features, row-versioned, under a catalogue of layers."""

from django.contrib.auth.models import User
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from layers.crs import PROJECT_SRID
from layers.ingest.vocab import Sentence
from layers.vocab import (
    Completeness,
    GeometryKind,
    IssueAction,
    IssueKind,
    Lifecycle,
    RunState,
    VersionState,
    Visibility,
)


def in_reader_language(km: str, en: str) -> str:
    """Return the Khmer or the English of a pair, whichever the reader chose and is filled."""
    first, second = (en, km) if get_language() == "en" else (km, en)
    return first or second


class LandUseClass(models.Model):
    """One class of the national scheme or of the facility list; a class means its whole branch."""

    code = models.CharField(_("code"), max_length=40, unique=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    scheme = models.CharField(_("scheme"), max_length=8, help_text=_("zone or use"))
    name_km = models.CharField(_("name in Khmer"), max_length=200, blank=True)
    name_en = models.CharField(_("name in English"), max_length=200)
    name_km_checked = models.BooleanField(_("Khmer name checked by the city"), default=False)
    hilucs_code = models.CharField(_("HILUCS code"), max_length=80, blank=True)
    conflict_group = models.CharField(_("conflict group"), max_length=8, blank=True)
    colour = models.CharField(_("colour"), max_length=7, default="#888888")
    osm_filter = models.CharField(_("OpenStreetMap tags"), max_length=200, blank=True)
    sensitivity = models.PositiveSmallIntegerField(_("sensitivity (0 to 5)"), default=0)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        ordering = ["scheme", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(colour__regex=r"^#[0-9A-Fa-f]{6}$"),
                name="land_use_colour_hex",
                violation_error_message=_("Give the colour as #RRGGBB."),
            ),
            models.CheckConstraint(
                condition=Q(scheme__in=["zone", "use"]),
                name="land_use_scheme_known",
                violation_error_message=_("The scheme is zone or use."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_reader_language(self.name_km, self.name_en)


class Layer(models.Model):
    """One theme of the ground, as the catalogue lists it."""

    slug = models.SlugField(_("name"), max_length=60, unique=True)
    title_km = models.CharField(_("title in Khmer"), max_length=200, blank=True)
    title_en = models.CharField(_("title in English"), max_length=200)
    description_km = models.TextField(_("description in Khmer"), blank=True)
    description_en = models.TextField(_("description in English"), blank=True)
    theme = models.CharField(_("theme"), max_length=40, default="other")
    scale_denominator = models.PositiveIntegerField(
        _("scale 1 :"), null=True, blank=True, help_text=_("Captured at 1 : this number.")
    )
    geometry_kind = models.CharField(_("shape"), max_length=8, choices=GeometryKind)
    attribute_schema = models.JSONField(_("attributes"), default=dict, blank=True)
    visibility = models.CharField(
        _("visibility"), max_length=10, choices=Visibility, default=Visibility.PUBLIC
    )
    steward = models.CharField(_("steward"), max_length=200, blank=True)
    licence = models.CharField(_("licence"), max_length=200, blank=True)
    source = models.TextField(_("source"), blank=True)
    published_number = models.PositiveIntegerField(_("published version"), null=True, blank=True)

    class Meta:
        ordering = ["theme", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scale_denominator=None) | Q(scale_denominator__gte=1),
                name="layer_scale_is_one_to_something",
                violation_error_message=_("Give the scale as a number from 1: 5000 for 1 : 5000."),
            )
        ]
        permissions = [
            ("edit_features", "Can change features in a draft"),
            ("publish_version", "Can publish a version or go back to one"),
            ("edit_survey", "Can state where a layer was surveyed"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return in_reader_language(self.title_km, self.title_en)

    @property
    def description(self) -> str:
        """The description in the reader's language."""
        return in_reader_language(self.description_km, self.description_en)


class LayerVersion(models.Model):
    """One state of a layer. A published version is immutable."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=10, choices=VersionState)
    captured_on = models.DateField(_("captured on"), null=True, blank=True)
    source_name = models.CharField(_("source file"), max_length=255, blank=True)
    source_digest = models.CharField(_("SHA-256 of the source"), max_length=64, blank=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    feature_count = models.PositiveIntegerField(_("features"), default=0)
    published_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    message = models.TextField(_("why"), blank=True)

    class Meta:
        ordering = ["layer", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["layer", "number"],
                name="layer_version_number_unique",
                violation_error_message=_("This layer already has that version."),
            ),
            models.CheckConstraint(
                condition=Q(state=VersionState.DRAFT) | Q(published_at__isnull=False),
                name="layer_version_published_has_time",
                violation_error_message=_("A published version states when it was published."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.layer} v{self.number}"


class Feature(models.Model):
    """One row: how one thing stood in versions ``introduced_in <= v < retired_in`` of its layer."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="features")
    stable_id = models.CharField(_("identifier"), max_length=80)
    land_use = models.ForeignKey(LandUseClass, on_delete=models.PROTECT, null=True, blank=True)
    lifecycle = models.CharField(
        _("lifecycle"), max_length=20, choices=Lifecycle, default=Lifecycle.EXISTING
    )
    geometry = models.GeometryField(_("shape"), srid=PROJECT_SRID, spatial_index=False)
    properties = models.JSONField(_("attributes"), default=dict, blank=True)
    introduced_in = models.PositiveIntegerField(_("since version"))
    retired_in = models.PositiveIntegerField(_("until version"), null=True, blank=True)

    class Meta:
        ordering = ["layer", "stable_id", "introduced_in"]
        constraints = [
            models.UniqueConstraint(
                fields=["layer", "stable_id"],
                condition=Q(retired_in=None),
                name="feature_current_once",
                violation_error_message=_("This layer already has a feature with that identifier."),
            ),
            models.CheckConstraint(
                condition=Q(retired_in=None) | Q(retired_in__gt=F("introduced_in")),
                name="feature_lives_at_least_one_version",
                violation_error_message=_("A feature lives in at least one version."),
            ),
            models.CheckConstraint(
                condition=Q(geometry__isvalid=True),
                name="feature_geometry_valid",
                violation_error_message=_("The outline crosses itself. Redraw it."),
            ),
        ]
        indexes = [
            models.Index(fields=["layer", "introduced_in"], name="feature_introduced"),
            GinIndex(
                fields=["properties"],
                name="feature_properties",
                opclasses=["jsonb_path_ops"],
                condition=Q(retired_in=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stable_id}"

    @property
    def name(self) -> str:
        """The feature's own name in the reader's language, else its identifier."""
        named = in_reader_language(
            str(self.properties.get("name_km") or ""), str(self.properties.get("name_en") or "")
        )
        return named or str(self.properties.get("name") or "") or self.stable_id


class SurveyedArea(models.Model):
    """Where a layer was surveyed, and for what: only here does absence mean absence.

    A statement that names no classes looked for those its layer holds or has held, no others.
    """

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="surveyed_areas")
    geometry = models.MultiPolygonField(_("extent"), srid=PROJECT_SRID)
    completeness = models.CharField(_("completeness"), max_length=8, choices=Completeness)
    captured_on = models.DateField(_("surveyed on"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=255, blank=True)
    classes = ArrayField(
        models.CharField(max_length=40),
        verbose_name=_("classes looked for"),
        default=list,
        blank=True,
        help_text=_("Codes; each means its whole branch. Empty: what the layer holds."),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(geometry__isvalid=True),
                name="surveyed_area_valid",
                violation_error_message=_("The outline crosses itself. Redraw it."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.layer}: {self.completeness}"


class RasterLayer(models.Model):
    """One published grid: a Cloud-Optimised GeoTIFF in file storage, described here."""

    version = models.OneToOneField(LayerVersion, on_delete=models.CASCADE, related_name="raster")
    file = models.FileField(_("file"), upload_to="rasters/")
    quantity = models.CharField(_("quantity"), max_length=40)
    units = models.CharField(_("units"), max_length=20)
    nodata = models.FloatField(_("no-data value"))
    vertical_datum = models.CharField(_("vertical datum"), max_length=120)
    resolution_m = models.FloatField(_("cell size [m]"))
    footprint = models.PolygonField(_("footprint"), srid=PROJECT_SRID)
    minimum = models.FloatField(_("lowest value"))
    maximum = models.FloatField(_("highest value"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(resolution_m__gt=0),
                name="raster_resolution_positive",
                violation_error_message=_("Give a cell size above 0 m."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.quantity} [{self.units}]"


class Run(models.Model):
    """A long job: what it does, how far it is, and how it ended."""

    kind = models.CharField(_("kind"), max_length=20)
    title = models.CharField(_("title"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=RunState, default=RunState.QUEUED)
    progress_share = models.FloatField(_("progress (0 to 1)"), default=0.0)
    message = models.CharField(_("doing"), max_length=300, blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    input_digest = models.CharField(_("digest of the inputs"), max_length=64, blank=True)
    log = models.TextField(_("log"), blank=True)
    queued_at = models.DateTimeField(_("queued at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    cancel_requested_at = models.DateTimeField(_("asked to stop at"), null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(progress_share__gte=0, progress_share__lte=1),
                name="run_progress_is_share",
                violation_error_message=_("Progress lies between 0 and 1."),
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"


class ImportIssue(models.Model):
    """One row of a source file that was not stored as it came, and what was done about it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="import_issues")
    row = models.PositiveBigIntegerField(_("row in the file"))
    stable_id = models.CharField(_("identifier"), max_length=80, blank=True)
    kind = models.CharField(_("what was wrong"), max_length=20, choices=IssueKind)
    value = models.CharField(_("value"), max_length=300, blank=True)
    text = models.CharField(_("detail"), max_length=20)  # an ImportText
    details = models.JSONField(_("what fills the sentence"), default=dict, blank=True)
    action = models.CharField(_("what was done"), max_length=10, choices=IssueAction)

    class Meta:
        ordering = ["run", "row"]

    def __str__(self) -> str:
        return f"row {self.row}: {self.message}"

    @property
    def message(self) -> str:
        """What was wrong, in the reader's language."""
        return str(Sentence(self.text, self.details))


# These are models of this app too: Django finds an app's models through this module.
from layers.editing import models as editing  # noqa: E402, F401
from layers.generalised import models as generalised  # noqa: E402, F401
from layers.profiles import models as profiles  # noqa: E402, F401
from layers.quality import models as quality  # noqa: E402, F401
from layers.uploads import models as uploads  # noqa: E402, F401

"""The law on the land: instruments, plans and their limits, permits checked, land reserved."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from layers.models import LandUseClass, LayerVersion, in_reader_language
from layers.vocab import BLOCKING_BASES, Basis
from planning.release_record import LandRelease  # noqa: F401 - Django finds models here
from planning.vocab import (
    PARAMETER_UNITS,
    RESERVATION_PERMISSIONS,
    UNDECIDED_RESERVATIONS,
    Bound,
    OnFail,
    Outcome,
    Parameter,
    Permission,
    PlanStatus,
    ReservationStatus,
    Tenure,
)

IN_FORCE = (F("in_force_from"), F("in_force_to"), Value("[)"))
DAYS_IN_FORCE = Func(*IN_FORCE, function="daterange", output_field=DateRangeField())
ENDED_PLANS = [PlanStatus.SUPERSEDED, PlanStatus.REPEALED]


class LegalInstrument(models.Model):
    """A law, sub-decree, prakas or decision. Numbers repeat: only number and year name one."""

    key = models.CharField(_("key"), max_length=40, unique=True, help_text="SD42-2015")
    title_km = models.CharField(_("title in Khmer"), max_length=300, blank=True)
    title_en = models.CharField(_("title in English"), max_length=300)
    number = models.CharField(_("number"), max_length=60, blank=True)
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    dated = models.CharField(_("date as known"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=30)
    topic = models.CharField(_("topic"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=40)
    source = models.CharField(_("source"), max_length=200, blank=True)
    verified = models.CharField(_("how verified"), max_length=10)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "number", "year"],
                condition=~Q(number=""),
                name="instrument_number_and_year_unique",
                violation_error_message=_("An instrument of that number and year exists."),
            )
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return in_reader_language(self.title_km, self.title_en)


class Plan(models.Model):
    """A land-use plan of one authority; what it says stands in its versions."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    level = models.CharField(_("level"), max_length=10, help_text=_("As in plan_levels: LUP."))
    title_km = models.CharField(_("title in Khmer"), max_length=200, blank=True)
    title_en = models.CharField(_("title in English"), max_length=200)
    authority = models.CharField(_("authority"), max_length=200, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return in_reader_language(self.title_km, self.title_en)


class PlanVersion(models.Model):
    """One state of a plan over one published zoning; in force in a half-open span of days."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(
        _("status"), max_length=20, choices=PlanStatus, default=PlanStatus.DRAFT
    )
    zoning = models.ForeignKey(LayerVersion, on_delete=models.PROTECT, null=True, blank=True)
    instrument = models.ForeignKey(LegalInstrument, on_delete=models.PROTECT, null=True, blank=True)
    instrument_note = models.CharField(_("adopted how"), max_length=300, blank=True)
    in_force_from = models.DateField(_("in force from"), null=True, blank=True)
    in_force_to = models.DateField(_("in force until, not on"), null=True, blank=True)

    class Meta:
        ordering = ["plan", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "number"],
                name="plan_version_number_unique",
                violation_error_message=_("This plan already has that version."),
            ),
            models.CheckConstraint(
                condition=Q(in_force_to=None)
                | Q(in_force_from__isnull=False, in_force_to__gt=F("in_force_from")),
                name="plan_version_ends_after_it_begins",
                violation_error_message=_("A version ends after the day it came into force."),
            ),
            models.CheckConstraint(
                condition=~Q(status=PlanStatus.IN_FORCE)
                | Q(in_force_from__isnull=False, zoning__isnull=False),
                name="plan_version_in_force_has_date_and_zoning",
                violation_error_message=_("A version in force has a first day and a zoning."),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=ENDED_PLANS) | Q(in_force_to__isnull=False),
                name="plan_version_that_ended_has_its_end",
                violation_error_message=_("A version that has ended names the day it ended."),
            ),
            ExclusionConstraint(
                name="plan_one_version_in_force_a_day",
                expressions=[
                    ("plan", RangeOperators.EQUAL),
                    (DAYS_IN_FORCE, RangeOperators.OVERLAPS),
                ],
                condition=Q(in_force_from__isnull=False),
                violation_error_message=_("Another version of this plan is in force then."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan} v{self.number}"


class RegulationGroup(models.Model):
    """What a plan version says about one zone class; many zones share it."""

    plan_version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="groups")
    zone_class = models.ForeignKey(LandUseClass, on_delete=models.PROTECT)
    parking_key = models.CharField(_("parking standard"), max_length=40, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        ordering = ["plan_version", "zone_class__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan_version", "zone_class"],
                name="regulation_group_once_per_zone_class",
                violation_error_message=_("This version already regulates that zone class."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan_version} / {self.zone_class.code}"


class Regulation(models.Model):
    """One limit with its unit and basis. No row means nothing is stated; a zero means zero."""

    group = models.ForeignKey(RegulationGroup, on_delete=models.CASCADE, related_name="regulations")
    parameter = models.CharField(_("parameter"), max_length=20, choices=Parameter)
    bound = models.CharField(_("bound"), max_length=3, choices=Bound)
    value = models.DecimalField(_("value"), max_digits=12, decimal_places=4)
    applies_to = models.ForeignKey(LandUseClass, on_delete=models.PROTECT, null=True, blank=True)
    provision = models.CharField(_("provision"), max_length=300)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        ordering = ["group", "parameter", "bound"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "parameter", "bound", "applies_to"],
                nulls_distinct=False,
                name="regulation_stated_once",
                violation_error_message=_("This limit is stated already."),
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0),
                name="regulation_value_not_negative",
                violation_error_message=_("Give a value of 0 or more."),
            ),
            models.CheckConstraint(
                condition=~Q(parameter__in=[Parameter.COVERAGE, Parameter.GREEN]) | Q(value__lte=1),
                name="regulation_share_at_most_one",
                violation_error_message=_("A share lies between 0 and 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} {self.parameter} {self.bound} {self.value}"

    @property
    def unit(self) -> str:
        """The unit in which the limit is shown."""
        return PARAMETER_UNITS[Parameter(self.parameter)]

    @property
    def on_fail(self) -> str:
        """Only law and plan provisions may block; benchmarks and demo values warn."""
        return OnFail.BLOCK if self.basis in BLOCKING_BASES else OnFail.WARN


class UseRule(models.Model):
    """Whether one use may stand in the zones of a group."""

    group = models.ForeignKey(RegulationGroup, on_delete=models.CASCADE, related_name="use_rules")
    use_class = models.ForeignKey(LandUseClass, on_delete=models.PROTECT)
    permission = models.CharField(_("permission"), max_length=12, choices=Permission)
    provision = models.CharField(_("provision"), max_length=300)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis)
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        ordering = ["group", "use_class__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["group", "use_class"],
                name="use_rule_once_per_group",
                violation_error_message=_("This use is ruled already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.group} {self.use_class.code}: {self.permission}"


class ComplianceRun(models.Model):
    """One check of one proposal: what was asked, known and answered. The database freezes it."""

    reference = models.CharField(_("application"), max_length=80, db_index=True)
    application = models.JSONField(_("application as given"))
    inputs_digest = models.CharField(_("SHA-256 of the inputs"), max_length=64)
    as_of = models.DateField(_("law as of"))
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, null=True, blank=True)
    data_versions = models.JSONField(_("data used"))
    engine_version = models.CharField(_("engine"), max_length=40)
    results = models.JSONField(_("answers"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome)
    created_at = models.DateTimeField(_("checked at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.reference}: {self.outcome}"


class LandReservation(models.Model):
    """Public land set aside for a purpose; its outline is a feature of layer ``reservations``."""

    reference = models.CharField(_("reference"), max_length=40, unique=True)
    purpose_km = models.CharField(_("purpose in Khmer"), max_length=300, blank=True)
    purpose_en = models.CharField(_("purpose in English"), max_length=300)
    purpose_class = models.ForeignKey(LandUseClass, on_delete=models.PROTECT)
    status = models.CharField(
        _("status"), max_length=10, choices=ReservationStatus, default=ReservationStatus.PROPOSED
    )
    beneficiary = models.CharField(_("beneficiary"), max_length=200, blank=True)
    instrument = models.ForeignKey(LegalInstrument, on_delete=models.PROTECT, null=True, blank=True)
    instrument_text = models.CharField(_("instrument as written"), max_length=300, blank=True)
    horizon_year = models.PositiveSmallIntegerField(_("horizon"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    feature_stable_id = models.CharField(_("identifier of the outline"), max_length=80, unique=True)
    claimed_area_m2 = models.DecimalField(
        _("area as claimed [m2]"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    plan_version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, null=True, blank=True)
    created_at = models.DateTimeField(_("entered at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )

    class Meta:
        ordering = ["reference"]
        permissions = RESERVATION_PERMISSIONS
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_area_m2=None) | Q(claimed_area_m2__gt=0),
                name="reservation_claimed_area_positive",
                violation_error_message=_("Give an area above 0 m², or leave it empty."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=UNDECIDED_RESERVATIONS)
                | Q(instrument__isnull=False)
                | ~Q(instrument_text=""),
                name="reservation_adopted_by_an_instrument",
                violation_error_message=_("Name the decision that adopted the reservation."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def purpose(self) -> str:
        """The purpose in the reader's language."""
        return in_reader_language(self.purpose_km, self.purpose_en)


class ReservationParcel(models.Model):
    """One parcel a reservation touches: how much of it, as both stood when it was computed."""

    reservation = models.ForeignKey(
        LandReservation, on_delete=models.CASCADE, related_name="parcels"
    )
    parcel_layer = models.CharField(_("parcel layer"), max_length=60)
    parcel_layer_version = models.PositiveIntegerField(_("version of the parcel layer"))
    parcel_stable_id = models.CharField(_("parcel"), max_length=80)
    tenure = models.CharField(_("tenure"), max_length=24, choices=Tenure, default=Tenure.UNKNOWN)
    legal_area_m2 = models.DecimalField(
        _("area in the title [m2]"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    mapped_area_m2 = models.DecimalField(_("area on the map [m2]"), max_digits=14, decimal_places=2)
    affected_area_m2 = models.DecimalField(_("area affected [m2]"), max_digits=14, decimal_places=2)
    share = models.DecimalField(_("share affected (0 to 1)"), max_digits=9, decimal_places=8)

    class Meta:
        ordering = ["reservation", "parcel_layer", "parcel_stable_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reservation", "parcel_layer", "parcel_stable_id"],
                name="reservation_parcel_once",
                violation_error_message=_("The reservation lists that parcel already."),
            ),
            models.CheckConstraint(
                condition=Q(mapped_area_m2__gt=0, affected_area_m2__gt=0)
                & Q(affected_area_m2__lte=F("mapped_area_m2")),
                name="reservation_parcel_affected_within_parcel",
                violation_error_message=_("No more of a parcel is affected than there is."),
            ),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=1),
                name="reservation_parcel_share_is_share",
                violation_error_message=_("A share lies between 0 and 1."),
            ),
            models.CheckConstraint(
                condition=Q(legal_area_m2=None) | Q(legal_area_m2__gt=0),
                name="reservation_parcel_legal_area_positive",
                violation_error_message=_("Give an area above 0 m², or leave it empty."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reservation} / {self.parcel_stable_id}"


class AreaBalance(models.Model):
    """Where a reservation's area lies; to the last 0.01 m² it must close, or it is not stored."""

    reservation = models.OneToOneField(
        LandReservation, on_delete=models.CASCADE, related_name="balance"
    )
    reserved_area_m2 = models.DecimalField(_("reserved [m2]"), max_digits=14, decimal_places=2)
    parcelled_area_m2 = models.DecimalField(
        _("on parcels, summed [m2]"), max_digits=14, decimal_places=2
    )
    overlapping_area_m2 = models.DecimalField(
        _("counted twice where parcels overlap [m2]"), max_digits=14, decimal_places=2, default=0
    )
    unparcelled_area_m2 = models.DecimalField(
        _("outside every parcel [m2]"), max_digits=14, decimal_places=2
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reserved_area_m2=F("parcelled_area_m2")
                    - F("overlapping_area_m2")
                    + F("unparcelled_area_m2")
                ),
                name="area_balance_closes",
                violation_error_message=_("The areas do not add up to the reserved area."),
            ),
            models.CheckConstraint(
                condition=Q(
                    reserved_area_m2__gt=0,
                    parcelled_area_m2__gte=0,
                    overlapping_area_m2__gte=0,
                    unparcelled_area_m2__gte=0,
                ),
                name="area_balance_not_negative",
                violation_error_message=_("An area is never negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reservation}: {self.reserved_area_m2} m2"

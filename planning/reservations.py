"""Reserving public land: which parcels, how much of each, and a balance that closes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import shapely
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils.translation import gettext as _

from layers import numbers
from layers.crs import PROJECT_SRID
from layers.errors import NotFoundError, UserFacingError
from layers.models import Feature, LandUseClass, Layer
from layers.queries import class_branches, current_features, layer_named
from layers.services import NewFeature, open_layer, publish_features
from layers.sql_files import load_sql
from layers.vocab import GeometryKind, Lifecycle
from planning.area_balance import Balance, close_balance
from planning.models import (
    AreaBalance,
    LandReservation,
    LegalInstrument,
    PlanVersion,
    ReservationParcel,
)
from planning.reservation_spec import ReservationSpec
from planning.vocab import HOLDING_NOTHING, PlanStatus, ReservationStatus, Tenure

RESERVATION_LAYER = "reservations"
# Two outlines drawn along one fence never agree to the millimetre.
OVERLAP_TOLERANCE_M2 = 1.0
LIFECYCLES = {
    ReservationStatus.PROPOSED: Lifecycle.PROPOSED,
    ReservationStatus.CONVERTED: Lifecycle.EXISTING,
    ReservationStatus.RELEASED: Lifecycle.CLOSED,
    ReservationStatus.LAPSED: Lifecycle.CLOSED,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenParcel:
    """What a reservation takes of one parcel, as measured [m2]."""

    stable_id: str
    properties: dict[str, Any]
    mapped_area_m2: float
    affected_area_m2: float


def reserve_land(
    *,
    spec: ReservationSpec,
    parcel_layer: str = "parcels",
    created_by: AbstractBaseUser | None = None,
) -> LandReservation:
    """Reserve land as requested; either the whole reservation is stored or nothing.

    The outline becomes a feature of layer ``reservations``, where map and detector see it. The
    same request again changes nothing.

    Raises
    ------
    UserFacingError
        The reference is taken by another outline, the land is reserved already, or the class of
        the purpose is unknown.
    """
    class_branches([spec.purpose_class])
    with transaction.atomic():
        locked_reservation_layer()  # first: of two who want the same land one is told
        if known := LandReservation.objects.filter(reference=spec.reference).first():
            return _same_or_refuse(known, spec)
        _refuse_reserved_land(spec)
        _refuse_unregistered(spec)
        layer = layer_named(parcel_layer)
        taken, covered = _taken_parcels(spec, layer)
        reservation = _store(spec, created_by)
        _store_parcels(reservation, layer, taken, covered, spec.geometry.area)
        _publish_outline(spec)
    return reservation


def reservation_named(reference: str) -> LandReservation:
    """Return a reservation by its reference, or raise NotFoundError with those there are."""
    found = LandReservation.objects.select_related("balance", "purpose_class", "instrument")
    reservation = found.filter(reference=reference).first()
    if reservation is None:
        known = ", ".join(LandReservation.objects.values_list("reference", flat=True)[:10])
        raise NotFoundError(
            _("There is no reservation '%(reference)s'.") % {"reference": reference},
            remedy=_("Known: %(known)s.") % {"known": known}
            if known
            else _("Make one: ./krong reserve SPEC.yaml"),
        )
    return reservation


def outline_of(reservation: LandReservation) -> Feature:
    """Return the outline of a reservation; of a released one as it stood last."""
    rows = Feature.objects.filter(layer__slug=RESERVATION_LAYER).select_related("layer")
    return rows.filter(stable_id=reservation.feature_stable_id).latest("introduced_in")


def locked_reservation_layer() -> Layer:
    """Return layer ``reservations``, opened if it is new, for this transaction alone."""
    layer = open_layer(
        slug=RESERVATION_LAYER,
        geometry_kind=GeometryKind.POLYGON,
        title_en="Land reservations",
        title_km="ដីបម្រុងទុក",
        theme="reservation",
        source="Entered in Krong; each row names its decision.",
        steward="Municipal administration",
    )
    return Layer.objects.select_for_update().get(pk=layer.pk)


def summary(reservation: LandReservation, *, shows_parcels: bool = True) -> dict[str, Any]:
    """Return a reservation with its parcels and balance as plain data, areas in m2.

    Parcels the reader may not see are null, which says no more than that there may be some.
    """
    balance = reservation.balance
    return {
        "reference": reservation.reference,
        "status": reservation.status,
        "purpose": {"km": reservation.purpose_km, "en": reservation.purpose_en},
        "parcels": [_parcel_row(parcel) for parcel in reservation.parcels.all()]
        if shows_parcels
        else None,
        "balance": {
            "reserved_m2": balance.reserved_area_m2,
            "on_parcels_m2": balance.parcelled_area_m2,
            "counted_twice_m2": balance.overlapping_area_m2,
            "outside_parcels_m2": balance.unparcelled_area_m2,
        },
        "claimed_area_m2": reservation.claimed_area_m2,
    }


def _parcel_row(parcel: ReservationParcel) -> dict[str, Any]:
    return {
        "parcel": parcel.parcel_stable_id,
        "tenure": parcel.tenure,
        "legal_area_m2": parcel.legal_area_m2,
        "mapped_area_m2": parcel.mapped_area_m2,
        "affected_area_m2": parcel.affected_area_m2,
        "share": parcel.share,
    }


def _same_or_refuse(known: LandReservation, spec: ReservationSpec) -> LandReservation:
    stands = shapely.from_wkb(bytes(outline_of(known).geometry.wkb))
    same_terms = (known.purpose_en, known.purpose_km, known.status) == (
        spec.purpose_en,
        spec.purpose_km,
        spec.status,
    )
    if same_terms and stands.symmetric_difference(spec.geometry).area < OVERLAP_TOLERANCE_M2:
        return known
    raise _is_taken(spec.reference)


def _is_taken(reference: str) -> UserFacingError:
    return UserFacingError(
        _(
            "Reservation '%(reference)s' exists with another outline, purpose or status. "
            "Nothing was changed."
        )
        % {"reference": reference},
        remedy=_("Give the new reservation a reference of its own."),
    )


def _refuse_reserved_land(spec: ReservationSpec) -> None:
    live = LandReservation.objects.exclude(status__in=HOLDING_NOTHING)
    for reservation in live:
        _refuse_shared(spec, outline_of(reservation), reservation.purpose_en)


def _refuse_unregistered(spec: ReservationSpec) -> None:
    """Keep clear of outlines that were drawn or imported and never registered: they bind too."""
    drawn = current_features(RESERVATION_LAYER).exclude(lifecycle=Lifecycle.CLOSED)
    registered = LandReservation.objects.values_list("feature_stable_id", flat=True)
    for outline in drawn.exclude(stable_id__in=list(registered)):
        if outline.stable_id == spec.reference:
            raise _is_taken(spec.reference)
        _refuse_shared(spec, outline, _("not in the register"))


def _refuse_shared(spec: ReservationSpec, outline: Feature, purpose: str) -> None:
    stands = shapely.from_wkb(bytes(outline.geometry.wkb))
    shared = stands.intersection(spec.geometry).area
    if shared > OVERLAP_TOLERANCE_M2:
        raise UserFacingError(
            _(
                "%(shared)s m2 of this land are reserved already by '%(reference)s' "
                "(%(purpose_en)s). Nothing was reserved."
            )
            % {
                "shared": numbers.number(shared, 0),
                "reference": outline.stable_id,
                "purpose_en": purpose,
            },
            remedy=_("Draw the outline beside it, or have that reservation released first."),
        )


def _taken_parcels(spec: ReservationSpec, layer: Layer) -> tuple[list[TakenParcel], float]:
    outline = shapely.to_wkb(shapely.set_srid(spec.geometry, PROJECT_SRID), include_srid=True)
    parameters: dict[str, bytes | int] = {"outline": outline, "layer_id": layer.pk}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "reserved_parcels.sql"), parameters)
        rows = cursor.fetchall()
    taken = [
        TakenParcel(
            stable_id=stable_id,
            properties=_as_mapping(properties),
            mapped_area_m2=mapped,
            affected_area_m2=affected,
        )
        for stable_id, properties, mapped, affected, _covered in rows
    ]
    return taken, (rows[0][4] if rows else 0.0)


def _as_mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - the driver hands jsonb as text
    loaded: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
    return loaded


def _store(spec: ReservationSpec, created_by: AbstractBaseUser | None) -> LandReservation:
    plan = PlanVersion.objects.filter(status=PlanStatus.IN_FORCE).order_by("-in_force_from").first()
    return LandReservation.objects.create(
        reference=spec.reference,
        purpose_km=spec.purpose_km,
        purpose_en=spec.purpose_en,
        purpose_class=LandUseClass.objects.get(code=spec.purpose_class),
        status=spec.status,
        beneficiary=spec.beneficiary,
        instrument=LegalInstrument.objects.filter(key=spec.instrument).first(),
        instrument_text=spec.instrument,
        horizon_year=spec.horizon_year,
        expires_on=spec.expires_on,
        feature_stable_id=spec.reference,
        claimed_area_m2=None
        if spec.claimed_area_m2 is None
        else Decimal(str(spec.claimed_area_m2)),
        plan_version=plan,
        created_by_id=created_by.pk if created_by is not None else None,
    )


def _store_parcels(
    reservation: LandReservation,
    layer: Layer,
    taken: list[TakenParcel],
    covered: float,
    reserved: float,
) -> None:
    balance = close_balance(
        reserved=reserved, covered=covered, affected=[parcel.affected_area_m2 for parcel in taken]
    )
    ReservationParcel.objects.bulk_create(
        _parcel(reservation, layer, parcel, affected)
        for parcel, affected in zip(taken, balance.affected, strict=True)
        if affected > 0
    )
    _store_balance(reservation, balance)


def _parcel(
    reservation: LandReservation, layer: Layer, parcel: TakenParcel, affected: Decimal
) -> ReservationParcel:
    mapped = max(Decimal(f"{parcel.mapped_area_m2:.2f}"), affected)
    tenure = str(parcel.properties.get("tenure") or "")
    return ReservationParcel(
        reservation=reservation,
        parcel_layer=layer.slug,
        parcel_layer_version=layer.published_number or 0,
        parcel_stable_id=parcel.stable_id,
        tenure=tenure if tenure in Tenure.values else Tenure.UNKNOWN,
        legal_area_m2=_legal_area(parcel.properties),
        mapped_area_m2=mapped,
        affected_area_m2=affected,
        share=min(Decimal(1), max((affected / mapped).quantize(Decimal("1e-8")), Decimal("1e-8"))),
    )


def _legal_area(properties: Mapping[str, Any]) -> Decimal | None:
    value = properties.get("legal_area_m2")
    usable = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return Decimal(f"{value:.2f}") if usable else None


def _store_balance(reservation: LandReservation, balance: Balance) -> None:
    AreaBalance.objects.create(
        reservation=reservation,
        reserved_area_m2=balance.reserved,
        parcelled_area_m2=balance.parcelled,
        overlapping_area_m2=balance.overlapping,
        unparcelled_area_m2=balance.unparcelled,
    )


def _publish_outline(spec: ReservationSpec) -> None:
    outline = NewFeature(
        stable_id=spec.reference,
        geometry=spec.geometry,
        land_use=spec.purpose_class,
        lifecycle=LIFECYCLES.get(spec.status, Lifecycle.RESERVED),
        properties={
            "name_en": spec.purpose_en,
            "name_km": spec.purpose_km,
            "reference": spec.reference,
            "status": str(spec.status),
            "beneficiary": spec.beneficiary,
            "instrument": spec.instrument,
        },
    )
    publish_features(layer=locked_reservation_layer(), features=[outline], replaces_all=False)

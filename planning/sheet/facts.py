"""What a sheet says of a reservation: one statement, printed and exported alike.

Personal data stay out: of a parcel only number, tenure, kind of title and areas are read.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import shapely
from django.db.models import QuerySet
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID
from layers.models import Feature, Layer, LayerVersion
from layers.queries import features_in_version
from layers.vocab import Visibility
from planning.models import LandReservation, LegalInstrument, ReservationParcel
from planning.parcels import NUMBER_PROPERTIES
from planning.release_record import LandRelease
from planning.releases import release_of
from planning.reservations import RESERVATION_LAYER, outline_of
from planning.sentences import Said, labelled, named, said
from planning.sheet.boundary import BoundaryPoint, boundary_points
from planning.vocab import ReservationStatus, Tenure

SHORT_DIGEST = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class AffectedParcel:
    """A row of the parcel table; areas as stored with the reservation [m2]."""

    stable_id: str
    number: str
    tenure: str
    tenure_name: Said
    title_type: str
    title_name: Said
    legal_area_m2: Decimal | None
    mapped_area_m2: Decimal
    affected_area_m2: Decimal
    share: Decimal
    affected: BaseGeometry  # the part inside the reservation


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetFacts:
    """A reservation as the sheet states it; geometry in PROJECT_SRID [m]."""

    reservation: LandReservation
    land: BaseGeometry
    parcels: list[AffectedParcel]
    points: list[BoundaryPoint]
    sources: list[LayerVersion]
    is_synthetic: bool
    is_withheld: bool = False  # parcels are left out: their layer is not the reader's to see
    release: LandRelease | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what is stated; the same on every paper and in every format."""
        stated = json.dumps(self._stated(), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(stated.encode()).hexdigest()

    @property
    def short_digest(self) -> str:
        """The beginning of the digest, as printed."""
        return self.digest[:SHORT_DIGEST]

    @property
    def status_name(self) -> Said:
        """The status in both languages."""
        return labelled(ReservationStatus(self.reservation.status).label)

    @property
    def purpose(self) -> Said:
        """The purpose in both languages."""
        return named(self.reservation.purpose_km, self.reservation.purpose_en)

    @property
    def legal_basis(self) -> Said:
        """The instrument as written, or that none is stated; none is ever made up."""
        return _instrument(self.reservation.instrument, self.reservation.instrument_text)

    @property
    def released_by_decision(self) -> Said:
        """The decision that released the land, as written; empty while it is reserved."""
        if self.release is None:
            return named("", "")
        return _instrument(self.release.instrument, self.release.instrument_text)

    @property
    def plan(self) -> Said:
        """The plan version in force when the land was reserved."""
        version = self.reservation.plan_version
        if version is None:
            return said("none in force when the land was reserved")
        title = named(version.plan.title_km, version.plan.title_en)
        return said("%(plan)s, version %(number)s", plan=title, number=version.number)

    def _stated(self) -> dict[str, Any]:
        reservation, balance = self.reservation, self.reservation.balance
        return _release_stated(self.release) | {
            "reference": reservation.reference,
            "purpose": [reservation.purpose_km, reservation.purpose_en],
            "purpose_class": reservation.purpose_class.code,
            "status": reservation.status,
            "beneficiary": reservation.beneficiary,
            "instrument": [getattr(reservation.instrument, "key", ""), reservation.instrument_text],
            "horizon": [reservation.horizon_year, reservation.expires_on],
            "claimed_area_m2": reservation.claimed_area_m2,
            "srid": PROJECT_SRID,
            "outline": shapely.to_wkb(self.land, hex=True, byte_order=1, include_srid=False),
            "parcels": [_without_shape(parcel) for parcel in self.parcels],
            "balance": [
                balance.reserved_area_m2,
                balance.parcelled_area_m2,
                balance.overlapping_area_m2,
                balance.unparcelled_area_m2,
            ],
            "sources": [[v.layer.slug, v.number, v.source_digest] for v in self.sources],
        }


def facts_of(reservation: LandReservation, *, shows_parcels: bool | None = None) -> SheetFacts:
    """Return what the sheet of a reservation states.

    Parcels of a layer that is not public are left out unless the reader may see them.
    Parcels are taken from the version of their layer the areas were computed from, so that map,
    table and balance agree even after the cadastre moved on.
    """
    outline = outline_of(reservation)
    land = shapely.from_wkb(bytes(outline.geometry.wkb))
    features = parcels_as_reserved(reservation)
    shows = parcels_are_public(reservation) if shows_parcels is None else shows_parcels
    rows = list(reservation.parcels.all()) if shows else []
    parcels = [_affected(row, features, land) for row in rows]
    marks = [outline.properties, *(row.properties for row in features.values())]
    return SheetFacts(
        reservation=reservation,
        land=land,
        parcels=parcels,
        points=boundary_points(land),
        sources=_sources(reservation, rows),
        is_synthetic=has_synthetic(marks),
        is_withheld=not shows,
        release=release_of(reservation),
    )


def _instrument(known: LegalInstrument | None, written: str) -> Said:
    if known is None:
        return named(written, written) if written else said("none stated")
    number = f" ({known.number}, {known.dated})" if known.number else ""
    title = named(known.title_km, known.title_en)
    return {language: text + number for language, text in title.items()}


def _release_stated(release: LandRelease | None) -> dict[str, Any]:
    """Return what the digest covers of a release; nothing of it while the land is reserved."""
    if release is None:
        return {}
    return {"release": [release.released_on, release.instrument_text, release.reason]}


def parcels_are_public(reservation: LandReservation) -> bool:
    """Tell whether anyone may see the layers the reservation's parcels lie in."""
    slugs = {row.parcel_layer for row in reservation.parcels.all()}
    hidden = Layer.objects.filter(slug__in=slugs).exclude(visibility=Visibility.PUBLIC)
    return not hidden.exists()


def has_synthetic(marks: Iterable[Mapping[str, Any]]) -> bool:
    """Tell whether any of these properties marks its feature as made up."""
    return any(str(mark.get("synthetic") or "").lower() in {"1", "true", "yes"} for mark in marks)


def parcels_as_reserved(reservation: LandReservation) -> dict[str, Feature]:
    """Return the reservation's parcels as they stood when it was computed, by identifier."""
    rows = list(reservation.parcels.all())
    if not rows:
        return {}
    stood = features_when_reserved(rows[0])
    listed = stood.filter(stable_id__in=[row.parcel_stable_id for row in rows])
    return {feature.stable_id: feature for feature in listed}


def features_when_reserved(row: ReservationParcel) -> QuerySet[Feature]:
    """Return all parcels of the version a row was computed from."""
    layer = Layer.objects.get(slug=row.parcel_layer)
    return features_in_version(layer, row.parcel_layer_version)


def _affected(
    row: ReservationParcel, features: Mapping[str, Feature], land: BaseGeometry
) -> AffectedParcel:
    feature = features[row.parcel_stable_id]
    outline = shapely.from_wkb(bytes(feature.geometry.wkb))
    title_type = str(feature.properties.get("title_type") or "")
    return AffectedParcel(
        stable_id=row.parcel_stable_id,
        number=parcel_number(feature),
        tenure=row.tenure,
        tenure_name=labelled(Tenure(row.tenure).label),
        title_type=title_type,
        title_name=title_name(title_type),
        legal_area_m2=row.legal_area_m2,
        mapped_area_m2=row.mapped_area_m2,
        affected_area_m2=row.affected_area_m2,
        share=row.share,
        affected=_areas_only(outline.intersection(land)),
    )


def parcel_number(feature: Feature) -> str:
    """Return the number the cadastre gives a parcel, else its identifier."""
    numbers = (feature.properties.get(name) for name in NUMBER_PROPERTIES)
    return next((str(number) for number in numbers if number), feature.stable_id)


def title_name(code: str) -> Said:
    """Return what a kind of title is called; an unknown code as written."""
    names = {
        "hard_title": said("hard title"),
        "soft_title": said("soft title"),
        "no_title": said("no title"),
        "": said("not stated"),
    }
    return names.get(code) or named(code, code)


def _areas_only(shape: BaseGeometry) -> BaseGeometry:
    """Return the areas of a shape; where two parcels only touch, a cut leaves lines and points."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in {"Polygon", "MultiPolygon"}]
    return shapely.MultiPolygon([q for part in parts for q in shapely.get_parts(part)])


def _sources(reservation: LandReservation, rows: Iterable[ReservationParcel]) -> list[LayerVersion]:
    asked = {(row.parcel_layer, row.parcel_layer_version) for row in rows}
    asked.add((RESERVATION_LAYER, outline_of(reservation).introduced_in))
    versions = LayerVersion.objects.filter(layer__slug__in={slug for slug, _ in asked})
    known = [v for v in versions.select_related("layer") if (v.layer.slug, v.number) in asked]
    return sorted(known, key=lambda version: version.layer.slug)


def _without_shape(parcel: AffectedParcel) -> dict[str, Any]:
    """Return what identifies and measures a parcel; its names are words of a translation."""
    spoken_or_drawn = {"tenure_name", "title_name", "affected"}
    return {key: value for key, value in asdict(parcel).items() if key not in spoken_or_drawn}

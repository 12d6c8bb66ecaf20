"""What stands on the ground a sheet shows: published public layers, cut at the neatline."""

from dataclasses import dataclass, field
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import QuerySet
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID
from layers.models import Feature, Layer, LayerVersion
from layers.paper.drawing import Style
from layers.queries import current_features
from layers.vocab import Visibility
from planning.models import LandReservation
from planning.reservations import RESERVATION_LAYER
from planning.sentences import Said, named
from planning.sheet.facts import features_when_reserved, has_synthetic, parcel_number
from planning.sheet.paper import Frame

PARCELS = "parcels"
# At smaller scales a plot is a speck: it is left out, and the sheet says so.
SMALLEST_SCALE_OF_PLOTS = 5_000


@dataclass(frozen=True, slots=True)
class Role:
    """How a layer takes part in the map."""

    slug: str
    style: Style
    has_class_fill: bool = False  # filled with the colour of the feature's class
    is_plot: bool = False  # only at large scales


# In drawing order. Lines differ in width and dash, so that the sheet reads without colour.
ROLES = (
    Role("sea", Style(fill="#d5e6ee", stroke="#4f7f99", width_mm=0.15)),
    Role("zones", Style(stroke="#8a8468", width_mm=0.2, dash="3 0.6", fill_share=0.5),
         has_class_fill=True),
    Role("parcels", Style(stroke="#6b6455", width_mm=0.13), is_plot=True),
    Role("buildings", Style(fill="#bdb5ac", stroke="#6e655d", width_mm=0.1), is_plot=True),
    Role("facilities", Style(stroke="#5b3f73", width_mm=0.35, dash="1.2 0.8")),
    Role("waterways", Style(stroke="#3f86ad", width_mm=0.7)),
    Role("coastline", Style(stroke="#2d6480", width_mm=0.4)),
    Role("roads", Style(stroke="#94562a", width_mm=0.55)),
    Role("sangkat", Style(stroke="#7a4e7e", width_mm=0.45, dash="4 1 0.8 1")),
    Role(RESERVATION_LAYER, Style(stroke="#a3231a", width_mm=0.45, dash="2.5 1.2")),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A feature on the sheet; the shape in PROJECT_SRID [m], cut at the neatline."""

    stable_id: str
    name: Said
    number: str
    class_code: str
    class_name: Said
    colour: str
    shape: BaseGeometry


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownLayer:
    """A layer on the sheet and the version it is drawn from."""

    role: Role
    title: Said
    version: LayerVersion | None
    features: list[Shown]
    is_synthetic: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """All that is drawn around the land, and what could not be."""

    layers: list[ShownLayer]
    missing: list[str] = field(default_factory=list)  # layers nobody published for the public
    too_small: list[str] = field(default_factory=list)  # layers left out at this scale

    def layer(self, slug: str) -> ShownLayer | None:
        """Return a layer of the sheet by name, None where nothing of it is shown."""
        return next((shown for shown in self.layers if shown.role.slug == slug), None)


def ground_in(frame: Frame, reservation: LandReservation) -> Ground:
    """Return what the public layers hold inside a frame; the reservation itself is left out."""
    public = Layer.objects.filter(visibility=Visibility.PUBLIC).exclude(published_number=None)
    known = {layer.slug: layer for layer in public}
    ground = Ground(layers=[])
    for role in ROLES:
        slug = _slug(role, reservation)
        if slug not in known:
            ground.missing.append(slug)
        elif role.is_plot and frame.scale > SMALLEST_SCALE_OF_PLOTS:
            ground.too_small.append(slug)
        elif (shown := _shown(role, known[slug], frame, reservation)).features:
            ground.layers.append(shown)
    return ground


def _slug(role: Role, reservation: LandReservation) -> str:
    first = reservation.parcels.first() if role.slug == PARCELS else None
    return first.parcel_layer if first is not None else role.slug


def _shown(role: Role, layer: Layer, frame: Frame, reservation: LandReservation) -> ShownLayer:
    rows, number = _rows(role, layer, reservation)
    window = GEOSGeometry(memoryview(shapely.to_wkb(frame.outline)), srid=PROJECT_SRID)
    within = rows.filter(geometry__intersects=window).order_by("stable_id")
    own = reservation.feature_stable_id if role.slug == RESERVATION_LAYER else ""
    found = [row for row in within.select_related("land_use") if row.stable_id != own]
    return ShownLayer(
        role=role,
        title=named(layer.title_km, layer.title_en),
        version=layer.versions.select_related("layer").filter(number=number or 0).first(),
        features=[_feature(row, frame) for row in found],
        is_synthetic=has_synthetic(row.properties for row in found),
    )


def _rows(
    role: Role, layer: Layer, reservation: LandReservation
) -> tuple[QuerySet[Feature], int | None]:
    """Return the rows to draw; parcels as they stood when the land was reserved."""
    first = reservation.parcels.first() if role.slug == PARCELS else None
    if first is not None:
        return features_when_reserved(first), first.parcel_layer_version
    return current_features(layer.slug), layer.published_number


def _feature(row: Feature, frame: Frame) -> Shown:
    use = row.land_use
    properties: dict[str, Any] = row.properties
    return Shown(
        stable_id=row.stable_id,
        name=named(str(properties.get("name_km") or ""), str(properties.get("name_en") or "")),
        number=parcel_number(row),
        class_code=use.code if use is not None else "",
        class_name=named(use.name_km, use.name_en) if use is not None else named("", ""),
        colour=use.colour if use is not None else "#888888",
        shape=shapely.intersection(shapely.from_wkb(bytes(row.geometry.wkb)), frame.outline),
    )

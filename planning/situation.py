"""What the law and the data say of one piece of ground: asked once, used by extract and permit."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from django.db import connection
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID
from layers.sql_files import load_sql
from layers.visibility import Seen
from planning.models import LandReservation, PlanVersion
from planning.plans import plan_versions_in_force
from planning.sentences import Said, named
from planning.topics import RESERVATIONS, Topic, topics
from planning.vocab import ENDED_RESERVATIONS

# A zone that covers less of a site is digitising noise: recorded, but it rules nothing.
SLIVER_MIN_M2 = 1.0
SLIVER_MIN_SHARE = 0.005
# Less of any other thing than this is noise of shared borders [m2]; on lines [m].
TOUCH_LIMIT_M2 = 1.0
TOUCH_LIMIT_M = 0.01
# Areas are computed in floating point: what is whole to a millionth is whole.
WHOLE_SHARE = 1 - 1e-6
DRY_CLASS = "H0"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A feature that shares ground with the site, and the part inside."""

    layer_id: int
    layer_version: int
    stable_id: str
    class_code: str
    class_name: Said
    lifecycle: str
    properties: Mapping[str, Any]
    dimension: int
    area_m2: float
    length_m: float
    inside: BaseGeometry

    @property
    def matters(self) -> bool:
        """Tell whether the hit is more than a shared border."""
        if self.dimension == 2:  # noqa: PLR2004 - an area
            return self.area_m2 >= TOUCH_LIMIT_M2
        return self.dimension == 0 or self.length_m >= TOUCH_LIMIT_M


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneHit:
    """A zone of a plan in force, on the site."""

    plan_version: PlanVersion
    hit: Hit
    share: float
    class_share: float  # of all zones of this class and plan together

    @property
    def is_sliver(self) -> bool:
        """Tell whether the class covers less than max(1 m2, 0.5 %): noise of digitising.

        Many small zones of one class are no noise: together they rule.
        """
        if not self.share:
            return True
        class_area_m2 = self.hit.area_m2 / self.share * self.class_share
        return class_area_m2 < SLIVER_MIN_M2 or self.class_share < SLIVER_MIN_SHARE


@dataclass(frozen=True, kw_only=True, slots=True)
class TopicState:
    """What is known of one topic on the site."""

    topic: Topic
    hits: Sequence[Hit]
    surveyed_share: float
    is_shown: bool = True
    is_hidden_here: bool = False  # something of a layer that may not be shown lies on the site

    @property
    def is_concerned(self) -> bool:
        """Tell whether something of the topic lies on the site."""
        return bool(self.hits)

    @property
    def is_surveyed(self) -> bool:
        """Tell whether the whole site was surveyed: only then does nothing found mean nothing."""
        return self.surveyed_share >= WHOLE_SHARE


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """Everything that applies to a site on a day."""

    on: date
    site: BaseGeometry
    plans: Sequence[PlanVersion]
    zones: Sequence[ZoneHit]
    topics: Sequence[TopicState]
    has_hidden_plan: bool = False  # a plan in force whose zones are not open to who asks

    @property
    def ruling_zones(self) -> list[ZoneHit]:
        """The zones that are more than slivers."""
        return [zone for zone in self.zones if not zone.is_sliver]

    @property
    def zoned_area_m2(self) -> float:
        """Ground under at least one zone [m2]; overlapping zones count once."""
        return float(shapely.union_all([zone.hit.inside for zone in self.zones]).area)

    @property
    def unzoned_area_m2(self) -> float:
        """Ground no zone of a plan in force covers [m2]."""
        return max(0.0, float(self.site.area) - self.zoned_area_m2)

    def states_of(self, code: str) -> list[TopicState]:
        """Return what is known of a topic, one state per layer that maps it."""
        return [state for state in self.topics if state.topic.code == code]


def situation_of(site: BaseGeometry, *, on: date, seen: Seen) -> Situation:
    """Return all that applies to a polygon in PROJECT_SRID on a day.

    Zones are those of the plan versions in force then, as their zoning was published; everything
    else is the currently published state. Of layers that are not open to who asks nothing is told
    but that something of them lies here: silence would read as an all-clear.
    """
    in_force = list(plan_versions_in_force(on))
    plans = [p for p in in_force if not p.zoning or p.zoning.layer.visibility in seen]
    asked = topics()
    shown = [topic for topic in asked if topic.layer and topic.layer.visibility in seen]
    numbers = [(t.layer.pk, t.layer.published_number or 0) for t in asked if t.layer]
    zonings = [(p.zoning.layer_id, p.zoning.number) for p in plans if p.zoning]
    hits = _without_ended_reservations(hits_on(site, [*numbers, *zonings]), asked)
    shares = surveyed_shares(site, [topic.layer.pk for topic in shown if topic.layer])
    return Situation(
        on=on,
        site=site,
        plans=plans,
        zones=_zone_hits(site, plans, hits),
        topics=[_state(topic, hits, shares, is_shown=topic in shown) for topic in asked],
        has_hidden_plan=len(plans) < len(in_force),
    )


def hits_on(site: BaseGeometry, layers: Sequence[tuple[int, int]]) -> list[Hit]:
    """Return what the layers, each as (id, version number), hold on a polygon: one query."""
    asked = sorted(set(layers))  # two plans may share one zoning: asked once, answered once
    parameters: dict[str, Any] = {
        "site": shapely.to_wkb(site),
        "srid": PROJECT_SRID,
        "layer_ids": [layer_id for layer_id, _number in asked],
        "numbers": [number for _layer_id, number in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "what_applies.sql"), parameters)
        return [_hit(row) for row in cursor.fetchall()]


def surveyed_shares(site: BaseGeometry, layer_ids: Sequence[int]) -> dict[int, float]:
    """Return by layer which share (0 to 1) of a polygon was surveyed completely."""
    parameters: dict[str, Any] = {
        "site": shapely.to_wkb(site),
        "srid": PROJECT_SRID,
        "layer_ids": list(layer_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "surveyed_shares.sql"), parameters)
        return {int(layer_id): float(share) for layer_id, share in cursor.fetchall()}


def _hit(row: tuple[Any, ...]) -> Hit:
    layer_id, number, stable_id, code, km, en, lifecycle, *measured = row
    properties, dimension, area, length, inside = measured
    return Hit(
        layer_id=layer_id,
        layer_version=number,
        stable_id=stable_id,
        class_code=code,
        class_name=named(km, en),
        lifecycle=lifecycle,
        properties=json.loads(properties),
        dimension=dimension,
        area_m2=float(area),
        length_m=float(length),
        inside=shapely.from_wkb(bytes(inside)),
    )


def _without_ended_reservations(hits: Sequence[Hit], shown: Sequence[Topic]) -> list[Hit]:
    """Leave out outlines of reservations that have ended; one nobody registered still counts."""
    layers = {topic.layer.pk for topic in shown if topic.code == RESERVATIONS and topic.layer}
    over = LandReservation.objects.filter(status__in=ENDED_RESERVATIONS)
    ended = set(over.values_list("feature_stable_id", flat=True)) if layers else set()
    return [hit for hit in hits if hit.layer_id not in layers or hit.stable_id not in ended]


def _zone_hits(
    site: BaseGeometry, plans: Sequence[PlanVersion], hits: Sequence[Hit]
) -> list[ZoneHit]:
    pairs = [
        (plan, hit)
        for plan in plans
        for hit in hits
        if plan.zoning
        and (hit.layer_id, hit.layer_version) == (plan.zoning.layer_id, plan.zoning.number)
    ]
    total_m2, by_class = float(site.area), defaultdict[tuple[int, str], float](float)
    for plan, hit in pairs:
        by_class[plan.pk, hit.class_code] += hit.area_m2
    return [
        ZoneHit(
            plan_version=plan,
            hit=hit,
            share=hit.area_m2 / total_m2,
            class_share=by_class[plan.pk, hit.class_code] / total_m2,
        )
        for plan, hit in pairs
    ]


def _state(
    topic: Topic, hits: Sequence[Hit], shares: Mapping[int, float], *, is_shown: bool
) -> TopicState:
    layer = topic.layer
    if layer is None:
        return TopicState(topic=topic, hits=(), surveyed_share=0.0, is_shown=False)
    own = [h for h in hits if (h.layer_id, h.layer_version) == (layer.pk, layer.published_number)]
    lying_here = mattering([hit for hit in own if not _is_dry(hit)])
    return TopicState(
        topic=topic,
        hits=lying_here if is_shown else (),
        surveyed_share=shares.get(layer.pk, 0.0),
        is_shown=is_shown,
        is_hidden_here=bool(lying_here) and not is_shown,
    )


def mattering(hits: Sequence[Hit]) -> list[Hit]:
    """Leave out shared borders; many small areas that make up one that matters stay."""
    small_m2 = sum(hit.area_m2 for hit in hits if hit.dimension == 2 and not hit.matters)  # noqa: PLR2004
    return list(hits) if small_m2 >= TOUCH_LIMIT_M2 else [hit for hit in hits if hit.matters]


def _is_dry(hit: Hit) -> bool:
    return hit.properties.get("hazard_class") == DRY_CLASS

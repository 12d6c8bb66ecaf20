"""The extract of a parcel: what applies here, what does not, and of what nobody knows."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import shapely
from django.utils import timezone

from layers.crs import to_wgs84
from layers.models import Layer, LayerVersion
from layers.visibility import PUBLIC_ONLY, Seen
from planning.models import LandReservation, PlanVersion, Regulation, RegulationGroup
from planning.parcels import Parcel
from planning.sentences import Said, dated, labelled, named, said
from planning.situation import Hit, Situation, TopicState, ZoneHit, situation_of
from planning.topics import RESERVATIONS
from planning.vocab import (
    SHARE_PARAMETERS,
    Bound,
    OnFail,
    Parameter,
    Permission,
    ReservationStatus,
)

NOT_PUBLIC = "NOT-PUBLIC"
Answer = dict[str, Any]
Reserved = Mapping[str, LandReservation]
# Attributes of a restriction that a reader must see; hazards state depth, event and run.
SHOWN_PROPERTIES = (
    "hazard_class", "depth_min_m", "depth_max_m", "return_period_years", "duration_h",
    "scenario", "run", "basis", "source", "name_km", "name_en",
)  # fmt: skip


def extract_parcel(parcel: Parcel, *, on: date, seen: Seen = PUBLIC_ONLY) -> Answer:
    """Return what applies to a parcel on a day, ready for a page or for JSON.

    Every topic stands in exactly one of three lists: concerned, not concerned (surveyed
    completely and nothing found) and no data, which says what is missing.
    """
    situation = situation_of(parcel.geometry, on=on, seen=seen)
    lists: dict[str, list[Answer]] = {"concerned": [], "not_concerned": [], "no_data": []}
    name, entry = _zoning_entry(situation)
    lists[name].append(entry)
    for state in situation.topics:
        name, entry = _topic_entry(state, situation)
        lists[name].append(entry)
    return {
        "kind": "extract",
        "created_at": timezone.localtime().isoformat(timespec="seconds"),
        "as_of": on.isoformat(),
        "parcel": parcel_facts(parcel),
        "plans": [plan_facts(plan) for plan in situation.plans],
        "zones": [_zone_facts(zone) for zone in situation.zones],
        **area_facts(situation),
        "rules": _rules(situation),
        **lists,
        "data_versions": data_versions(situation, parcel),
    }


def parcel_facts(parcel: Parcel) -> Answer:
    """Return a parcel's areas and tenure; legal and mapped area always both."""
    return {
        "stable_id": parcel.stable_id,
        "layer": parcel.layer,
        "layer_version": parcel.version,
        "tenure": parcel.tenure.value,
        "tenure_name": labelled(parcel.tenure.label),
        "legal_area_m2": parcel.legal_area_m2,
        "mapped_area_m2": round(parcel.mapped_area_m2, 2),
        "mapped_to_legal_ratio": round(parcel.area_ratio, 4) if parcel.area_ratio else None,
        "areas_deviate": parcel.areas_deviate,
        "geometry": shapely.geometry.mapping(to_wgs84(parcel.geometry)),
    }


def plan_facts(plan: PlanVersion) -> Answer:
    """Return which plan version rules, since when and by which decision."""
    instrument = plan.instrument
    return {
        "plan": plan.plan.code,
        "version": plan.number,
        "level": plan.plan.level,
        "title": named(plan.plan.title_km, plan.plan.title_en),
        "in_force_from": plan.in_force_from and plan.in_force_from.isoformat(),
        "in_force_to": plan.in_force_to and plan.in_force_to.isoformat(),
        "instrument": instrument.key if instrument else None,
        "instrument_note": plan.instrument_note,
        "zoning": str(plan.zoning),
    }


def area_facts(situation: Situation) -> Answer:
    """Return how much of the site is zoned; zones, each ground counted once, and the rest."""
    total = float(situation.site.area)
    summed = sum(zone.hit.area_m2 for zone in situation.zones)
    zoned = situation.zoned_area_m2
    return {
        "zoned_share": min(1.0, round(zoned / total, 9)),
        "unzoned_area_m2": round(situation.unzoned_area_m2, 2),
        "unzoned_share": round(situation.unzoned_area_m2 / total, 9),
        "zoned_more_than_once_m2": round(max(0.0, summed - zoned), 2),
    }


def data_versions(
    situation: Situation, *parcels: Parcel, also: tuple[str, int] | None = None
) -> list[Answer]:
    """Return the version of every layer that was asked, with its date and source."""
    asked = {
        (state.topic.layer.slug, state.topic.layer.published_number)
        for state in situation.topics
        if state.topic.layer and state.is_shown
    }
    asked |= {
        (plan.zoning.layer.slug, plan.zoning.number) for plan in situation.plans if plan.zoning
    }
    asked |= {(parcel.layer, parcel.version) for parcel in parcels}
    asked |= {also} if also else set()
    slugs = {slug for slug, _number in asked}
    rows = LayerVersion.objects.filter(layer__slug__in=slugs).select_related("layer")
    known = [row for row in rows if (row.layer.slug, row.number) in asked]
    return [_version_facts(row.layer, row) for row in sorted(known, key=lambda v: v.layer.slug)]


def reservations_of(state: TopicState) -> Reserved:
    """Return the registered reservations behind the outlines of a topic."""
    if state.topic.code != RESERVATIONS:
        return {}
    found = LandReservation.objects.filter(feature_stable_id__in=[h.stable_id for h in state.hits])
    return {row.feature_stable_id: row for row in found.select_related("instrument")}


def _version_facts(layer: Layer, version: LayerVersion) -> Answer:
    return {
        "layer": layer.slug,
        "version": version.number,
        "published_at": version.published_at and version.published_at.isoformat(),
        "captured_on": version.captured_on and version.captured_on.isoformat(),
        "source": layer.source or version.source_name,
    }


def _zone_facts(zone: ZoneHit) -> Answer:
    return {
        "stable_id": zone.hit.stable_id,
        "zone": zone.hit.class_code,
        "name": zone.hit.class_name,
        "plan": zone.plan_version.plan.code,
        "area_m2": round(zone.hit.area_m2, 2),
        "share": round(zone.share, 9),
        "is_sliver": zone.is_sliver,
    }


def _zoning_entry(situation: Situation) -> tuple[str, Answer]:
    """Return in which list the zoning stands: ground without zones is no all-clear."""
    entry: Answer = {
        "topic": "ZONING",
        "title": said("Land-use zones of the plan in force"),
        "layer": None,
        "version": None,
    }
    if situation.has_hidden_plan:
        missing = said("Something that is not public applies here: ask the municipal office.")
        return "no_data", {**entry, "missing": missing}
    if not situation.plans:
        missing = said("No plan is in force on %(day)s.", day=dated(situation.on))
        return "no_data", {**entry, "missing": missing}
    if not situation.ruling_zones:
        missing = said("The parcel lies outside every zone of the plan in force.")
        return "no_data", {**entry, "missing": missing}
    return "concerned", entry


def _topic_entry(state: TopicState, situation: Situation) -> tuple[str, Answer]:
    """Return in which of the three lists a topic stands, and why."""
    layer = state.topic.layer
    code, title = state.topic.code, state.topic.title
    if layer and not state.is_shown and code == layer.slug:  # a name would tell what is hidden
        code, title = NOT_PUBLIC, said("A restriction that is not public")
    entry: Answer = {
        "topic": code,
        "title": title,
        "layer": layer.slug if layer and state.is_shown else None,
        "layer_title": named(layer.title_km, layer.title_en) if layer and state.is_shown else None,
        "version": layer.published_number if layer and state.is_shown else None,
        "surveyed_share": round(state.surveyed_share, 6),
    }
    if state.is_concerned:
        area_m2, reserved = float(situation.site.area), reservations_of(state)
        return "concerned", {
            **entry,
            "hits": [_hit_facts(h, area_m2, reserved) for h in state.hits],
        }
    if state.is_surveyed:
        return "not_concerned", entry
    return "no_data", {**entry, "missing": what_is_missing(state)}


def what_is_missing(state: TopicState) -> dict[str, str]:
    """Return the sentence that says why nothing can be said of a topic."""
    if state.topic.layer is None:
        return said("Nobody has mapped this here yet.")
    if state.is_hidden_here:
        return said("Something that is not public applies here: ask the municipal office.")
    if not state.is_shown:
        return said("The data are not public: ask the municipal office.")
    if not state.surveyed_share:
        return said("The layer does not cover this parcel, or does not say where it is complete.")
    return said(
        "Only %(share)s %% of the parcel was surveyed; nothing was found there.",
        share=state.surveyed_share * 100,
    )


def _hit_facts(hit: Hit, situation_area_m2: float, reserved: Reserved) -> Answer:
    shown = {name: hit.properties[name] for name in SHOWN_PROPERTIES if name in hit.properties}
    facts: Answer = {
        "stable_id": hit.stable_id,
        "class": hit.class_code or None,
        "name": _hit_name(hit),
        "area_m2": round(hit.area_m2, 2),
        "share": round(hit.area_m2 / situation_area_m2, 9),
        "length_m": round(hit.length_m, 2) if hit.dimension == 1 else None,
        "properties": shown,
    }
    if reservation := reserved.get(hit.stable_id):
        facts["reservation"] = reservation_facts(reservation)
    return facts


def _hit_name(hit: Hit) -> Said:
    km, en = (str(hit.properties.get(key) or "") for key in ("name_km", "name_en"))
    return named(km, en) if km or en else hit.class_name


def reservation_facts(reservation: LandReservation) -> Answer:
    """Return what a reservation is for, how far it has come and by which decision."""
    instrument = reservation.instrument
    return {
        "reference": reservation.reference,
        "purpose": named(reservation.purpose_km, reservation.purpose_en),
        "status": reservation.status,
        "status_name": labelled(ReservationStatus(reservation.status).label),
        "instrument": instrument.key if instrument else reservation.instrument_text or None,
        "expires_on": reservation.expires_on and reservation.expires_on.isoformat(),
    }


def _rules(situation: Situation) -> list[Answer]:
    """Return what the plans say of each zone class here, slivers apart."""
    wanted = {(z.plan_version.pk, z.hit.class_code): z for z in situation.ruling_zones}
    groups = RegulationGroup.objects.filter(
        plan_version__in=situation.plans, zone_class__code__in=[code for _plan, code in wanted]
    ).select_related("plan_version__plan", "zone_class")
    ruled = groups.prefetch_related("regulations", "use_rules__use_class")
    return [
        _group_facts(group)
        for group in ruled
        if (group.plan_version_id, group.zone_class.code) in wanted
    ]


def _group_facts(group: RegulationGroup) -> Answer:
    uses: dict[str, list[Answer]] = {permission.value: [] for permission in Permission}
    for rule in group.use_rules.all():
        use = rule.use_class
        uses[rule.permission].append({"use": use.code, "name": named(use.name_km, use.name_en)})
    return {
        "plan": group.plan_version.plan.code,
        "zone": group.zone_class.code,
        "name": named(group.zone_class.name_km, group.zone_class.name_en),
        "note": group.note,
        "regulations": [_regulation_facts(row) for row in group.regulations.all()],
        "uses": uses,
        "uses_basis": next((rule.basis for rule in group.use_rules.all()), None),
    }


def _regulation_facts(row: Regulation) -> Answer:
    parameter = Parameter(row.parameter)
    value = float(row.value)
    return {
        "parameter": parameter.value,
        "name": labelled(parameter.label),
        "bound": row.bound,
        "bound_name": labelled(Bound(row.bound).label),
        "value": round(value * 100 if parameter in SHARE_PARAMETERS else value, 4),
        "unit": row.unit,
        "basis": row.basis,
        "provision": row.provision,
        "source": row.source,
        "may_block": row.on_fail == OnFail.BLOCK,
    }

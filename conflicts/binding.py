"""What each kind's SQL needs beside its selections, and how far its findings reach."""

from typing import Any

from conflicts.airport_rules import TAKE_OFF_SLOPE, TRANSITIONAL_SLOPE, ObstacleLimitation
from conflicts.area_rules import Capacity, ServiceCoverage
from conflicts.city_ground import LEAST_WIDTH_M
from conflicts.network_rules import NetworkCoordination
from conflicts.pair_rules import (
    Adjacency,
    Containment,
    HazardExposure,
    Overlap,
    PlanVsExisting,
    PlanVsPlan,
    ReservationEncroachment,
    Separation,
)
from conflicts.reach import Reach, Scope
from conflicts.record_rules import DataQuality
from conflicts.rule_parts import RuleHead
from conflicts.standard_rules import COUNTING, StandardViolation
from conflicts.vocab import Along, ObstacleSurface, Supply
from layers.crs import PROJECT_SRID

# Smaller ground [m2] or a shorter stretch [m] in one zone is digitising noise.
SLIVER = 1.0
# Coordinates of a million metres are this exact after a subtraction [m].
ROUNDING_M = 1e-6
# Sums of m2 and of stated places are this exact.
EXACT_SUM = 1e-6
Parameters = dict[str, Any]
# A lower elevation [m] marks "no data" (-9999, -999): the lowest dry land, the shore of the Dead
# Sea, lies at about -430 m. A matter of plausibility, not a standard.
LOWEST_GROUND_M = -500.0


def bind_separation(rule: RuleHead) -> Parameters:
    """Return what separation.sql needs beside the two selections."""
    if not isinstance(rule, Separation):
        raise TypeError(rule.kind)
    return {"min_distance_m": rule.min_distance_m}


def bind_overlap(rule: RuleHead) -> Parameters:
    """Return what overlap.sql needs beside the two selections."""
    if not isinstance(rule, Overlap):
        raise TypeError(rule.kind)
    return {"min_overlap_m2": rule.min_overlap_m2}


def bind_hazard_exposure(rule: RuleHead) -> Parameters:
    """Return what hazard_exposure.sql needs beside the two selections."""
    if not isinstance(rule, HazardExposure):
        raise TypeError(rule.kind)
    return {
        "min_overlap_m2": rule.min_overlap_m2,
        "threshold_depths": [threshold.depth_ge_m for threshold in rule.thresholds],
        "threshold_severities": [str(threshold.severity) for threshold in rule.thresholds],
    }


def bind_adjacency(rule: RuleHead) -> Parameters:
    """Return what adjacency.sql needs beside the selections."""
    if not isinstance(rule, Adjacency):
        raise TypeError(rule.kind)
    return {
        "max_border_m": rule.max_border_m,
        "tolerance_m": rule.tolerance_m,
        "facing_m": rule.tolerance_m + ROUNDING_M,
        "between_within_m": rule.between_within_m or rule.tolerance_m,
    }


def bind_plan_vs_existing(rule: RuleHead) -> Parameters:
    """Return what plan_vs_existing.sql needs beside the two selections."""
    if not isinstance(rule, PlanVsExisting):
        raise TypeError(rule.kind)
    return {"min_share": rule.min_share, "sliver": SLIVER}


def bind_reservation_encroachment(rule: RuleHead) -> Parameters:
    """Return what reservation_encroachment.sql needs beside the two selections."""
    if not isinstance(rule, ReservationEncroachment):
        raise TypeError(rule.kind)
    return {
        "min_overlap_m2": rule.min_overlap_m2,
        "coming_severity": str(rule.coming_severity or rule.severity),
    }


def bind_containment(rule: RuleHead) -> Parameters:
    """Return what containment.sql needs beside the two selections."""
    if not isinstance(rule, Containment):
        raise TypeError(rule.kind)
    return {"min_share": rule.min_share, "sliver": SLIVER}


def bind_data_quality(rule: RuleHead) -> Parameters:
    """Return what data_quality.sql needs beside the two selections."""
    if not isinstance(rule, DataQuality):
        raise TypeError(rule.kind)
    return {
        "check": str(rule.check),
        "attribute": rule.attribute,
        "least": rule.least,
        "greatest": rule.greatest,
        "unit": rule.unit,
        "tolerance_m": rule.tolerance_m,
        "half_m": rule.tolerance_m / 2 - ROUNDING_M,
        "rounding_m": ROUNDING_M,
    }


def reach_of_records(rule: RuleHead) -> Reach:
    """Return the reach of what is asked of records: two of one shape, a tolerance apart."""
    if not isinstance(rule, DataQuality):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.PAIR, objects_m=rule.tolerance_m if rule.has_object else 0.0)


def bind_plan_vs_plan(rule: RuleHead) -> Parameters:
    """Return what plan_vs_plan.sql needs beside the two selections."""
    if not isinstance(rule, PlanVsPlan):
        raise TypeError(rule.kind)
    return {
        "by_distance": rule.min_distance_m is not None,
        "min_distance_m": rule.min_distance_m or 0.0,
        "min_overlap_m2": rule.min_overlap_m2,
    }


def reach_of_plans(rule: RuleHead) -> Reach:
    """Return the reach of two plans: the distance asked for between them, if any."""
    if not isinstance(rule, PlanVsPlan):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.PAIR, objects_m=rule.min_distance_m or 0.0)


def bind_service_coverage(rule: RuleHead) -> Parameters:
    """Return what service_coverage.sql needs beside the three selections."""
    if not isinstance(rule, ServiceCoverage):
        raise TypeError(rule.kind)
    return {
        "max_distance_m": rule.max_distance_m,
        "along_streets": rule.along == Along.STREETS,
        "least_width_m": LEAST_WIDTH_M,
    }


def reach_of_coverage(rule: RuleHead) -> Reach:
    """Return the reach of a service: of an area all that is in it and around it."""
    if not isinstance(rule, ServiceCoverage):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.RULE, objects_m=rule.max_distance_m)


def bind_capacity(rule: RuleHead) -> Parameters:
    """Return what capacity.sql needs beside the three selections."""
    if not isinstance(rule, Capacity):
        raise TypeError(rule.kind)
    return {
        "supply": str(rule.supply),
        "supply_attribute": rule.supply_attribute,
        "demand_attribute": rule.demand_attribute,
        "people_each": rule.people_each,
        "required_each": rule.required_each,
        "unit": "m2" if rule.supply == Supply.AREA else "place",
        "exact": EXACT_SUM,
        "least_width_m": LEAST_WIDTH_M,
    }


def reach_of_areas(_rule: RuleHead) -> Reach:
    """Return the reach of what is summed by area: of an area all that is in it."""
    return Reach(scope=Scope.RULE, objects_m=0.0)


def reach_of_pairs(_rule: RuleHead) -> Reach:
    """Return the reach of what is measured where two features share ground."""
    return Reach(scope=Scope.PAIR, objects_m=0.0)


def reach_of_sums(_rule: RuleHead) -> Reach:
    """Return the reach of what is measured of all the ground a subject shares or lacks."""
    return Reach(scope=Scope.SUBJECT, objects_m=0.0)


def reach_of_separation(rule: RuleHead) -> Reach:
    """Return the reach of a least distance: the distance itself."""
    if not isinstance(rule, Separation):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.PAIR, objects_m=rule.min_distance_m)


def reach_of_adjacency(rule: RuleHead) -> Reach:
    """Return the reach of a shared border: what lies between counts from it on."""
    if not isinstance(rule, Adjacency):
        raise TypeError(rule.kind)
    between_m = rule.tolerance_m + (rule.between_within_m or rule.tolerance_m)
    return Reach(scope=Scope.PAIR, objects_m=rule.tolerance_m, between_m=between_m)


def bind_standard(rule: RuleHead) -> Parameters:
    """Return what standard_violation.sql needs beside the selections."""
    if not isinstance(rule, StandardViolation):
        raise TypeError(rule.kind)
    rows = [(code, limit) for limit in rule.limits for code in limit.classes or ("",)]
    return {
        "codes": [code for code, _limit in rows],
        "values": [limit.value for _code, limit in rows],
        "clears": [limit.value if limit.clear is None else limit.clear for _code, limit in rows],
        "has_zone": rule.has_object,
        "measure": str(rule.measure),
        "bound": str(rule.bound),
        "counts": rule.measure in COUNTING,
        "uses_area": rule.uses_area,
        "attribute": rule.attribute,
        "per": rule.per,
        "area_attribute": rule.area_attribute,
        "unit": rule.unit,
        "factor": rule.unit_factor,
        "min_share": rule.min_share,
    }


def bind_network(rule: RuleHead) -> Parameters:
    """Return what network_coordination.sql needs beside the two selections."""
    if not isinstance(rule, NetworkCoordination):
        raise TypeError(rule.kind)
    return {
        "max_distance_m": rule.max_distance_m,
        "named_within_m": rule.named_within_m,
        "year_attribute": rule.year_attribute,
    }


def bind_obstacle(rule: RuleHead) -> Parameters:
    """Return what obstacle_limitation.sql needs beside the two selections."""
    if not isinstance(rule, ObstacleLimitation):
        raise TypeError(rule.kind)
    approach = rule.approach
    profile = approach.profile if approach else []
    return {
        "names": [str(ring.surface) for ring in rule.surfaces],
        "from_m": [ring.from_m for ring in rule.surfaces],
        "to_m": [ring.to_m for ring in rule.surfaces],
        "heights": [ring.height_m for ring in rule.surfaces],
        "slopes": [ring.slope for ring in rule.surfaces],
        "counts_above": [ring.counts_above_m for ring in rule.surfaces],
        "has_approach": approach is not None,
        "approach_name": str(ObstacleSurface.APPROACH),
        "inner_half_m": approach.inner_edge_m / 2 if approach else 0.0,
        "threshold_m": approach.from_threshold_m if approach else 0.0,
        "divergence": approach.divergence if approach else 0.0,
        "approach_m": approach.length_m if approach else 0.0,
        "section_begins": [begin for begin, _height, _slope in profile],
        "section_heights": [height for _begin, height, _slope in profile],
        "section_slopes": [slope for _begin, _height, slope in profile],
        "height_attribute": rule.height_attribute,
        "ground_attribute": rule.ground_attribute,
        "elevation_attribute": rule.elevation_attribute,
        "transitional_slope": TRANSITIONAL_SLOPE,
        "take_off_slope": TAKE_OFF_SLOPE,
        "inner_top_m": rule.inner_top_m,
        "lowest_ground_m": LOWEST_GROUND_M,
        "reach_m": rule.reach_m,
        "srid": PROJECT_SRID,
    }


def reach_of_network(rule: RuleHead) -> Reach:
    """Return the reach of a network: as far as its nearest part is told."""
    if not isinstance(rule, NetworkCoordination):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.SUBJECT, objects_m=rule.named_within_m)


def reach_of_obstacle(rule: RuleHead) -> Reach:
    """Return the reach of the surfaces over an airport."""
    if not isinstance(rule, ObstacleLimitation):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.PAIR, objects_m=rule.reach_m)

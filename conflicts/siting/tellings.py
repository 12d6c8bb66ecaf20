"""What each rule says of each cell: where it bites, where it may, where it cannot tell.

"Bites" is true of cells in which every feature of the use, wherever it lies in them, raises a
finding; "may bite" of all cells in which some feature can. The ground between the two is where the
limit runs, so nothing is allowed there that the detector itself would not let pass.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from conflicts.coverage import Selection, gap_of, unknown_attributes
from conflicts.detection import Detector
from conflicts.kinds import KINDS, object_selector, reach_m
from conflicts.pair_rules import Adjacency, HazardExposure, Overlap, Separation
from conflicts.predicates import attributes
from conflicts.siting.cells import Cells, Mask, cropped, perhaps_within, surely_within
from conflicts.siting.others import (
    MANY,
    Large,
    Others,
    Surroundings,
    as_others,
    know_selections,
    surveyed_cells,
)
from conflicts.siting.probes import Concern
from conflicts.siting.sight import Sight, sight_of
from conflicts.vocab import Gap, Severity

NO_WATER = "H0"  # flood_classes.csv: the class of dry ground


@dataclass(frozen=True, kw_only=True, slots=True)
class Bite:
    """Where one rule bites with one severity."""

    severity: Severity
    bites: Mask
    may_bite: Mask


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """What one rule says of the cells of the city; ``gaps`` tell why, where it cannot tell."""

    concern: Concern
    bites: tuple[Bite, ...]
    untold: Mask
    gaps: tuple[Mapping[str, Any], ...]

    @property
    def is_untold_everywhere(self) -> bool:
        """True when the rule cannot tell of any place."""
        return bool(self.untold.all())


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One rule, on which side the use stands, and what is around, on cells with a rim."""

    concern: Concern
    cells: Cells  # with the rim
    origin: Cells  # the city's own
    selection: Selection
    surroundings: Surroundings
    same_class: bool  # what stands around may be of the use itself
    purposes: frozenset[str]  # the use and the classes above it
    left: tuple[str, ...]  # classes that a more specific rule holds against the use

    @property
    def others(self) -> Others:
        """What surely stands around."""
        return self.surroundings.others(self.selection.number, left=self.left)

    @property
    def unsure(self) -> Others:
        """What may count, if an attribute nobody recorded says so."""
        return self.surroundings.others(self.selection.number, unsure=True, left=self.left)

    @property
    def areas(self) -> list[Large]:
        """What surely stands around, each with its class and attributes."""
        return self.surroundings.features(self.selection.number, left=self.left)

    def near(self, others: Others) -> Mask:
        """Return every cell they touch."""
        return others.near(self.cells, self.origin)


def tell(
    concern: Concern,
    *,
    detector: Detector,
    city: Cells,
    surroundings: Surroundings,
    lineage: Sequence[str],
) -> Telling:
    """Return what one rule says of the cells of a city (``lineage``: the use, then its parents)."""
    rule, side = concern.rule, concern.other_side
    selector = rule.subject if side == "subject" else object_selector(rule)
    selection = detector.select(selector, areas_only=side in KINDS[rule.kind].areas)
    if selection.sure + selection.unsure > MANY:
        know_selections()
    rim = city.rim(reach_m(rule))
    place = Place(
        concern=concern,
        cells=city.widened(rim),
        origin=city,
        selection=selection,
        surroundings=surroundings,
        same_class=not selection.classes or lineage[0] in selection.classes,
        purposes=frozenset(lineage),
        left=left_classes(concern, lineage, detector),
    )
    sight = sight_of(rule, side, selection)
    gaps = [
        *sight.gaps,
        *_unstated(concern),
        *unknown_attributes(side, selector, selection),
    ]
    treat = TREATMENTS.get(rule.kind)
    found = tuple(_softened(concern, bite) for bite in (treat(place) if treat else ()))
    if treat is None or sight.gaps:
        untold = np.ones(place.cells.shape, np.bool_)
    else:
        untold = _untold(place, sight)
    if not concern.is_sure:
        untold, found = _where_it_might_bite(untold, found)
    elif KINDS[rule.kind].finds_absence and found:
        untold, found = _where_absence_counts(untold, found)
    return Telling(
        concern=concern,
        bites=tuple(_cropped(bite, rim) for bite in found),
        untold=cropped(untold, rim),
        gaps=tuple(gaps),
    )


def left_classes(concern: Concern, lineage: Sequence[str], detector: Detector) -> tuple[str, ...]:
    """Return the classes whose pairs with the use this rule leaves to a more specific one."""
    left: set[str] = set()
    for pair in concern.rule.left_to:
        of_use, of_others = pair.subject, pair.object
        if concern.side == "object":
            of_use, of_others = of_others, of_use
        if not of_use or set(of_use) & set(lineage):
            # no class means any: then nothing is left to ask
            roots = of_others or detector.branches
            left |= {code for root in roots for code in detector.branches[root]}
    return tuple(sorted(left))


def _cropped(bite: Bite, rim: int) -> Bite:
    return Bite(
        severity=bite.severity,
        bites=cropped(bite.bites, rim),
        may_bite=cropped(bite.may_bite, rim),
    )


def _softened(concern: Concern, bite: Bite) -> Bite:
    """Take back what is sure where an exemption may let a feature pass: it may bite there."""
    if not concern.rule.exemptions:
        return bite
    nowhere = np.zeros_like(bite.bites)
    return Bite(severity=bite.severity, bites=nowhere, may_bite=bite.may_bite)


def _unstated(concern: Concern) -> list[dict[str, Any]]:
    """Return what the question does not state of the use, though the rule asks for it."""
    if concern.is_sure:
        return []
    rule = concern.rule
    selector = rule.subject if concern.side == "subject" else object_selector(rule)
    asked = sorted(set(attributes(selector.where)))
    return [
        gap_of(Gap.UNKNOWN_ATTRIBUTE, concern.side, selector, attributes=asked, of_proposal=True)
    ]


def _where_it_might_bite(untold: Mask, found: tuple[Bite, ...]) -> tuple[Mask, tuple[Bite, ...]]:
    """Let a rule that may not mean the use at all leave only the ground untold where it could bite.

    Elsewhere it has nothing to find, whatever the use turns out to be.
    """
    reached = np.logical_or.reduce([untold, *(bite.may_bite for bite in found)])
    return reached, ()


def _untold(place: Place, sight: Sight) -> Mask:
    """Return the cells with ground within reach that nobody surveyed, or where it is not sure."""
    reach = reach_m(place.concern.rule)
    seen = surveyed_cells(sight.layers, sight.asked, place.cells)
    known = np.logical_or.reduce(seen) if sight.one_suffices else np.logical_and.reduce(seen)
    untold = perhaps_within(~known, reach, place.cells)
    if place.selection.unsure:
        untold |= perhaps_within(place.near(place.unsure), reach, place.cells)
    return untold


def _where_absence_counts(untold: Mask, found: tuple[Bite, ...]) -> tuple[Mask, tuple[Bite, ...]]:
    """Let what is absent count only where it was looked for; elsewhere nobody can tell."""
    lacking = np.logical_or.reduce([bite.may_bite for bite in found])
    told = tuple(
        Bite(severity=bite.severity, bites=bite.bites & ~untold, may_bite=bite.may_bite)
        for bite in found
    )
    return untold & lacking, told


def too_near(place: Place) -> Iterable[Bite]:
    """Treat a separation: nearer than the distance asked for."""
    rule = place.concern.rule
    if not isinstance(rule, Separation):
        raise TypeError(rule.kind)
    certain = place.others.certain(place.cells, place.origin)
    near = place.near(place.others)
    bites = surely_within(certain, rule.min_distance_m, place.cells)
    if place.same_class:  # touching, it may be the same place, recorded twice
        bites &= ~near
    yield Bite(
        severity=rule.severity,
        bites=bites,
        may_bite=perhaps_within(near, rule.min_distance_m, place.cells),
    )


def on_top(place: Place) -> Iterable[Bite]:
    """Treat a rule by which two things must not share ground."""
    yield _sharing(place, place.others, place.concern.rule.severity)


def _sharing(place: Place, others: Others, severity: Severity) -> Bite:
    return Bite(severity=severity, bites=others.filled(place.cells), may_bite=place.near(others))


def side_by_side(place: Place) -> Iterable[Bite]:
    """Treat an adjacency: only the exact outline tells how much border two plots share."""
    rule = place.concern.rule
    if not isinstance(rule, Adjacency):
        raise TypeError(rule.kind)
    near = perhaps_within(place.near(place.others), rule.tolerance_m, place.cells)
    yield Bite(severity=rule.severity, bites=np.zeros_like(near), may_bite=near)


def in_danger(place: Place) -> Iterable[Bite]:
    """Treat a hazard map: its areas, each with the gravest severity its depth can have."""
    rule = place.concern.rule
    if not isinstance(rule, HazardExposure):
        raise TypeError(rule.kind)
    graded: dict[Severity, list[Large]] = {}
    for area in place.areas:
        severity = graded_severity(rule, area.properties)
        if severity is not None:
            graded.setdefault(severity, []).append(area)
    for severity, areas in graded.items():
        yield _sharing(place, as_others(areas), severity)


def graded_severity(rule: HazardExposure, properties: Mapping[str, Any]) -> Severity | None:
    """Return how grave it is to lie in an area of a hazard map; None: below every threshold."""
    if properties.get("hazard_class") == NO_WATER:
        return None
    least, most = (_depth(properties.get(name)) for name in ("depth_min_m", "depth_max_m"))
    if not rule.thresholds or (least is None and most is None):
        return rule.severity
    reached = [
        step.severity
        for step in rule.thresholds
        if most is None
        or most > step.depth_ge_m
        or (least is not None and least >= step.depth_ge_m)
    ]
    gravest: Severity | None = max(reached, key=lambda severity: severity.rank, default=None)
    return gravest


def _depth(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]


def on_reserved(place: Place) -> Iterable[Bite]:
    """Treat reserved land; what it is reserved for may well go there."""
    areas = place.areas
    others = [area for area in areas if area.land_use not in place.purposes]
    bite = _sharing(place, as_others(others), place.concern.rule.severity)
    may_bite = place.near(as_others(areas))
    yield Bite(severity=bite.severity, bites=bite.bites, may_bite=may_bite)


def outside(place: Place) -> Iterable[Bite]:
    """Treat a rule by which the use must lie within something."""
    yield Bite(
        severity=place.concern.rule.severity,
        bites=~place.near(place.others),
        may_bite=~place.others.filled(place.cells),
    )


def in_zones(place: Place) -> Iterable[Bite]:
    """Treat zones that do not permit the use."""
    yield _sharing(place, place.others, place.concern.rule.severity)


# A kind without a treatment cannot be asked backwards: its rules cannot tell of any place.
TREATMENTS: Mapping[str, Callable[[Place], Iterable[Bite]]] = {
    Separation.kind: too_near,
    Overlap.kind: on_top,
    Adjacency.kind: side_by_side,
    HazardExposure.kind: in_danger,
    "plan_vs_existing": in_zones,
    "reservation_encroachment": on_reserved,
    "containment": outside,
}

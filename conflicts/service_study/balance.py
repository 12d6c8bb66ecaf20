"""What an area has of a service against what its people should have: m², places, how many."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from conflicts.city_ground import LEAST_WIDTH_M
from conflicts.service_study.ground import Sites
from conflicts.service_study.standards import ServiceStandard
from conflicts.service_study.streets import Floats, Mask
from conflicts.service_study.vocab import Lack, Measure
from layers.vocab import Answer

# Sums of m2 and places are this exact.
EXACT = 1e-6
AREA = 2  # dimensions of a polygon


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """What is there and what is asked for, in m², places or facilities; lacks say what is missing.

    ``short`` is at most that much where something is missing.
    """

    measure: Measure
    provided: float
    required: float | None
    answer: Answer
    lacks: tuple[Lack, ...]

    @property
    def short(self) -> float | None:
        """How much is missing; None: nobody knows how much is asked for."""
        if self.required is None:
            return None
        missing = max(0.0, self.required - self.provided)
        return math.ceil(missing - EXACT) if self.measure == Measure.NUMBER else missing


@dataclass(frozen=True, kw_only=True, slots=True)
class Populated:
    """An area and its people; None: their number is not known."""

    ground: BaseGeometry
    people: float | None
    people_are_all: bool  # no home can be missing


def is_covered(ground: BaseGeometry, known: BaseGeometry) -> bool:
    """Tell whether all of a ground is known, but for what two drawings of one border differ by."""
    if known.is_empty:
        return False
    return bool(ground.difference(known).buffer(-LEAST_WIDTH_M / 2).is_empty)


def balance(
    standard: ServiceStandard, measure: Measure, sites: Sites, chosen: Mask, area: Populated
) -> Balance:
    """Hold what an area has of a service against what its people should have."""
    provided, lacks = _PROVIDED[measure](sites, chosen, area.ground)
    if not sites.has_class:
        lacks = [Lack.NO_CLASS]
    elif not is_covered(area.ground, sites.known):
        lacks.append(Lack.NO_SURVEY if sites.known.is_empty else Lack.PARTLY_SURVEYED)
    if area.people is None:
        return _told(measure, provided, None, Answer.CANNOT_TELL, [Lack.NO_PEOPLE, *lacks])
    required = required_for(standard, measure, area.people)
    if area.people_are_all and (why := _asks_nothing(standard, measure, provided, area)):
        return _told(measure, provided, required, Answer.NOT_APPLICABLE, [why])
    if provided >= required - EXACT:
        missing = [] if area.people_are_all else [Lack.HOMES_NOT_SURVEYED]
        answer = Answer.CANNOT_TELL if missing else Answer.COMPLIES
        return _told(measure, provided, required, answer, missing)
    answer = Answer.CANNOT_TELL if lacks else Answer.FAILS
    return _told(measure, provided, required, answer, lacks)


def required_for(standard: ServiceStandard, measure: Measure, people: float) -> float:
    """Return how much a standard asks for, for so many people [m², places or facilities]."""
    if measure == Measure.AREA:
        return (standard.m2_per_person or 0.0) * people
    if measure == Measure.PLACES:
        return (standard.places_per_1000 or 0.0) * people / 1000.0
    return people / (standard.people_per_facility or math.inf)


def _asks_nothing(
    standard: ServiceStandard, measure: Measure, provided: float, area: Populated
) -> Lack | None:
    """Return why nothing is asked of an area; None: something is."""
    if not area.people:
        return Lack.NO_HOMES
    meant_for = standard.people_per_facility or 0.0
    is_few = measure == Measure.NUMBER and not provided and area.people < meant_for
    return Lack.FEW_PEOPLE if is_few else None


def _told(
    measure: Measure, provided: float, required: float | None, answer: Answer, lacks: list[Lack]
) -> Balance:
    return Balance(
        measure=measure,
        provided=provided,
        required=required,
        answer=answer,
        lacks=tuple(dict.fromkeys(lacks)),
    )


def _area_m2(sites: Sites, chosen: Mask, ground: BaseGeometry) -> tuple[float, list[Lack]]:
    """Return the m² of sites that lie in a ground, ground shared by two counted once."""
    touching = chosen & np.asarray(shapely.intersects(sites.shapes, ground), np.bool_)
    flat = shapely.get_dimensions(sites.shapes) < AREA
    lacks = [Lack.NO_AREA] if (touching & sites.is_sure & flat).any() else []
    if (touching & ~sites.is_sure).any():
        lacks.append(Lack.UNSURE)
    whole = shapely.union_all(sites.shapes[touching & sites.is_sure & ~flat])
    return float(shapely.area(shapely.intersection(whole, ground))), lacks


def _in_ground(sites: Sites, chosen: Mask, ground: BaseGeometry) -> tuple[Mask, list[Lack]]:
    middles = shapely.point_on_surface(sites.shapes)
    inside = chosen & np.asarray(shapely.intersects(middles, ground), np.bool_)
    return inside & sites.is_sure, [Lack.UNSURE] if (inside & ~sites.is_sure).any() else []


def _number(sites: Sites, chosen: Mask, ground: BaseGeometry) -> tuple[float, list[Lack]]:
    inside, lacks = _in_ground(sites, chosen, ground)
    return float(inside.sum()), lacks


def _places(sites: Sites, chosen: Mask, ground: BaseGeometry) -> tuple[float, list[Lack]]:
    inside, lacks = _in_ground(sites, chosen, ground)
    stated: Floats = sites.places[inside]
    if np.isnan(stated).any():
        lacks.append(Lack.NO_PLACES)
    return float(np.nansum(stated)), lacks


_PROVIDED: Mapping[Measure, Callable[[Sites, Mask, BaseGeometry], tuple[float, list[Lack]]]] = {
    Measure.AREA: _area_m2,
    Measure.NUMBER: _number,
    Measure.PLACES: _places,
}

"""How many people are within reach of a service, by area and in the city."""

from dataclasses import dataclass

from conflicts.service_study.reach import Reached
from conflicts.service_study.standards import ServiceStandard
from conflicts.service_study.streets import Floats, Mask
from conflicts.service_study.vocab import Along, Catchment, Doubt, Lack, Reach
from layers.vocab import Answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """People (or buildings) within reach, beyond it, and of whom nobody can tell."""

    served: float
    not_served: float
    cannot_tell: float
    doubts: dict[Doubt, float]
    answer: Answer
    lacks: tuple[Lack, ...]
    along: Along | None  # None: nothing was measured

    @property
    def total(self) -> float:
        """All people who were counted."""
        return self.served + self.not_served + self.cannot_tell

    @property
    def share(self) -> tuple[float, float] | None:
        """The least and greatest share served (0 to 1); None: nobody was counted."""
        if not self.total:
            return None
        return self.served / self.total, (self.served + self.cannot_tell) / self.total


def nothing_measured(standard: ServiceStandard, people: float) -> Coverage:
    """Return that nobody can tell of anyone: there is no such class, or no one is meant."""
    is_spacing = standard.catchment == Catchment.SPACING
    return Coverage(
        served=0.0,
        not_served=0.0,
        cannot_tell=0.0 if is_spacing else people,
        doubts={},
        answer=Answer.NOT_APPLICABLE if is_spacing else Answer.CANNOT_TELL,
        lacks=(Lack.IS_SPACING if is_spacing else Lack.NO_CLASS,),
        along=None,
    )


def coverage(
    standard: ServiceStandard, found: Reached, people: Floats, chosen: Mask, *, homes_are_all: bool
) -> Coverage:
    """Count the people of some homes by whether they are within reach."""
    counted = {reach: float(people[chosen & found.are(reach)].sum()) for reach in Reach}
    doubts = {
        doubt: float(people[chosen & (found.doubt == number)].sum())
        for number, doubt in enumerate(Doubt)
    }
    lacks = [] if homes_are_all else [Lack.HOMES_NOT_SURVEYED]
    if found.along == Along.STRAIGHT_LINE:
        lacks.append(Lack.STRAIGHT_ONLY)
    answer, lacks = _answer(standard, counted, lacks)
    return Coverage(
        served=counted[Reach.SERVED],
        not_served=counted[Reach.NOT_SERVED],
        cannot_tell=counted[Reach.CANNOT_TELL],
        doubts={doubt: number for doubt, number in doubts.items() if number},
        answer=answer,
        lacks=tuple(lacks),
        along=found.along,
    )


def _answer(
    standard: ServiceStandard, counted: dict[Reach, float], lacks: list[Lack]
) -> tuple[Answer, list[Lack]]:
    """Return whether everyone is within reach; an indicator sets no share to be reached."""
    if not sum(counted.values()):
        no_one = Answer.CANNOT_TELL if lacks else Answer.NOT_APPLICABLE
        return no_one, lacks or [Lack.NO_HOMES]
    is_untold = bool(counted[Reach.CANNOT_TELL] or lacks)
    if standard.is_indicator:
        answer = Answer.CANNOT_TELL if is_untold else Answer.NOT_APPLICABLE
        return answer, [Lack.NO_LIMIT, *lacks]
    if counted[Reach.NOT_SERVED]:
        return Answer.FAILS, lacks
    return (Answer.CANNOT_TELL if is_untold else Answer.COMPLIES), lacks

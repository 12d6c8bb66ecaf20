"""The rules together: one verdict per cell, with the rule that decides it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from conflicts.siting.cells import Mask
from conflicts.siting.tellings import Bite, Telling
from conflicts.siting.vocab import FORBIDS_FROM, Siting
from layers.vocab import BLOCKING_BASES

NO_RULE = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdicts:
    """Per cell: what the rules say together, by which rule, and what is known against it.

    ``verdict`` holds ``Siting.code`` (0: outside the city), ``binding`` the number of the telling
    that decides (-1: none), ``known`` what the verdict would be if nothing were untold.
    """

    verdict: NDArray[np.uint8]
    known: NDArray[np.uint8]
    binding: NDArray[np.int16]

    def cells_of(self, siting: Siting) -> Mask:
        """Return the cells with this verdict."""
        found: Mask = self.verdict == siting.code
        return found


def decide(tellings: Sequence[Telling], city: Mask) -> Verdicts:
    """Return the verdict of every cell of the city.

    Forbidden outweighs cannot tell, that conditional, that allowed; of several rules that forbid
    one place the one with the force of law decides, then the gravest, then the first by code.
    """
    known, binding = _known(tellings, city)
    verdict = known.copy()
    for number, telling in enumerate(tellings):
        undecided = telling.untold & city & (verdict < Siting.CANNOT_TELL.code)
        verdict[undecided] = Siting.CANNOT_TELL.code
        binding[undecided] = number
    return Verdicts(verdict=verdict, known=known, binding=binding)


def _known(tellings: Sequence[Telling], city: Mask) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    known = np.where(city, Siting.ALLOWED.code, 0).astype(np.uint8)
    binding = np.full(city.shape, NO_RULE, np.int16)
    for number, bite in _gravest_first(tellings):
        of_law = tellings[number].concern.rule.basis in BLOCKING_BASES
        if of_law or bite.severity.rank >= FORBIDS_FROM.rank:
            _set(known, binding, bite.bites & city, (Siting.FORBIDDEN, number))
        _set(known, binding, bite.may_bite & city, (Siting.CONDITIONAL, number))
    return known, binding


def _set(
    known: NDArray[np.uint8],
    binding: NDArray[np.int16],
    cells: Mask,
    verdict: tuple[Siting, int],
) -> None:
    siting, number = verdict
    worse = cells & (known < siting.code)
    known[worse] = siting.code
    binding[worse] = number


def _gravest_first(tellings: Sequence[Telling]) -> list[tuple[int, Bite]]:
    def order(found: tuple[int, Bite]) -> tuple[bool, int, str]:
        number, bite = found
        rule = tellings[number].concern.rule
        return (rule.basis not in BLOCKING_BASES, -bite.severity.rank, rule.code)

    bites = [(number, bite) for number, telling in enumerate(tellings) for bite in telling.bites]
    return sorted(bites, key=order)


def areas_m2(verdicts: Verdicts, size_m: float) -> Mapping[Siting, float]:
    """Return how much ground of the city has each verdict [m2]."""
    return {
        siting: float(np.count_nonzero(verdicts.cells_of(siting))) * size_m**2 for siting in Siting
    }

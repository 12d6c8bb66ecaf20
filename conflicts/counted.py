"""Numbers and first names of a set that changes a little at a time.

A re-check must say of a million dwellings how many there are and which are the first twenty of
those that lack an attribute, without looking at them: it takes away what went and adds what came.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# So many names of a set are kept, in order; while they last no one has to ask for the rest.
FIRST_KEPT = 200


class MustCountAgainError(Exception):
    """What is remembered does not suffice: the set must be counted as a whole."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A set of names: how many, and the first of them in order of their letters' codes."""

    count: int = 0
    first: tuple[str, ...] = ()

    def moved(self, gone: Iterable[str], come: Iterable[str], *, needed: int) -> "Listed":
        """Return the set without what went and with what came.

        Raises
        ------
        MustCountAgainError
            Fewer than ``needed`` first names are still known, and there are more.
        """
        went, came = list(gone), sorted(come)
        count = self.count - len(went) + len(came)
        is_whole = len(self.first) == self.count
        known = _without(self.first, went)
        if not is_whole:
            came = [name for name in came if self.first and name <= self.first[-1]]
        first = tuple(sorted([*known, *came])[:FIRST_KEPT])
        if count < 0 or len(first) < min(needed, count):
            raise MustCountAgainError
        return Listed(count, first)


def _without(names: Iterable[str], gone: Iterable[str]) -> list[str]:
    """Return the names without one occurrence of each that went."""
    left = Counter(gone)
    kept = []
    for name in names:
        if left[name]:
            left[name] -= 1
        else:
            kept.append(name)
    return kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What one selector means, in numbers: by layer, and who is unsure or lacks an area."""

    layers: Mapping[str, tuple[int, int]]  # how many, and how many of them surely
    unsure: Listed  # for other reasons than a lacking area
    shapeless: Listed

    @property
    def sure(self) -> int:
        """How many are meant surely."""
        return sum(sure for _all, sure in self.layers.values())

    def as_json(self) -> dict[str, Any]:
        """Return plain data that ``from_json`` reads."""
        return {
            "layers": {layer: list(counts) for layer, counts in self.layers.items()},
            "unsure": [self.unsure.count, list(self.unsure.first)],
            "shapeless": [self.shapeless.count, list(self.shapeless.first)],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Counted":
        """Return what ``as_json`` wrote."""
        return cls(
            layers={layer: (many, sure) for layer, (many, sure) in data["layers"].items()},
            unsure=Listed(data["unsure"][0], tuple(data["unsure"][1])),
            shapeless=Listed(data["shapeless"][0], tuple(data["shapeless"][1])),
        )

    def moved(self, gone: "Counted", come: "Counted", *, needed: int) -> "Counted":
        """Return the numbers without what went and with what came.

        ``gone`` and ``come`` list all their names, not only the first.
        """
        layers = {}
        for layer in {*self.layers, *come.layers}:
            before, went, came = (
                counted.layers.get(layer, (0, 0)) for counted in (self, gone, come)
            )
            many, sure = (b - g + c for b, g, c in zip(before, went, came, strict=True))
            if many:
                layers[layer] = (many, sure)
        return Counted(
            layers=layers,
            unsure=self.unsure.moved(gone.unsure.first, come.unsure.first, needed=needed),
            shapeless=self.shapeless.moved(
                gone.shapeless.first, come.shapeless.first, needed=needed
            ),
        )


NONE_COUNTED = Counted(layers={}, unsure=Listed(), shapeless=Listed())

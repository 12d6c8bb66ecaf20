"""How far a change is felt: what a rule's findings depend on, told by each kind for itself.

A re-check after an edit measures again only what the edit can have changed. What that is follows
from here, so no kind is without it: ``kinds.Kind`` takes none.
"""

from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """On what a finding depends."""

    PAIR = "pair"  # on its subject and object, and on what lies between them
    SUBJECT = "subject"  # on its subject and on all objects near it: sums, unions, absence
    RULE = "rule"  # on anything that the rule's selectors mean, wherever it lies
    ALWAYS = "always"  # on things that no selector of the rule names


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How far around a subject its findings depend on other things [m].

    ``objects_m`` is the greatest distance at which an object counts, with every factor on;
    ``between_m`` the same for what else the rule selects, e.g. what may lie between.
    """

    scope: Scope
    objects_m: float = 0.0
    between_m: float = 0.0

    @property
    def greatest_m(self) -> float:
        """The farthest that anything is felt [m]."""
        return max(self.objects_m, self.between_m)

    @property
    def is_local(self) -> bool:
        """True when a change is felt near it only."""
        return self.scope in {Scope.PAIR, Scope.SUBJECT}

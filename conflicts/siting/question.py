"""What a planner asks: where may this use of this size go, and what makes a site better."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from conflicts.siting.vocab import Criterion
from layers.errors import UserFacingError

# A hundred square metres to ten thousand hectares: from a kiosk to a new town [m2].
SMALLEST_M2, LARGEST_M2 = 100.0, 100_000_000.0
# Nobody has said what counts more: until the city does, every criterion counts the same.
EVEN: Mapping[Criterion, float] = dict.fromkeys(Criterion, 1.0)


class SitingQuestionError(UserFacingError):
    """A question that cannot be asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SitingQuestion:
    """A use and the least area of its site [m2], with weights and limits of the criteria.

    ``limits`` are the greatest mean a site may have: slope in percent, the road in metres, the
    hazard areas as share; of public land the least share. With ``sets_aside`` the rules that
    cannot tell of any place are left out of the verdicts, and named.
    """

    use: str
    area_m2: float
    weights: Mapping[Criterion, float] = field(default_factory=lambda: dict(EVEN))
    limits: Mapping[Criterion, float] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    sets_aside: bool = False

    def __post_init__(self) -> None:
        if not SMALLEST_M2 <= self.area_m2 <= LARGEST_M2:
            raise SitingQuestionError(
                _("%(area)s m2 is no size for a site.") % {"area": f"{self.area_m2:g}"},
                remedy=_("Give an area from 0.01 to 10,000 hectares."),
            )
        for name, value in [*self.weights.items(), *self.limits.items()]:
            if not (math.isfinite(value) and value >= 0):
                raise SitingQuestionError(
                    _("%(value)s is no number for '%(name)s'.")
                    % {"value": value, "name": Criterion(name).label},
                    remedy=_("Give 0 or more, or leave it empty."),
                )

    def as_json(self) -> dict[str, Any]:
        """Return the question as it is kept."""
        kept = asdict(self)
        for name in ("weights", "limits"):
            kept[name] = {str(key): value for key, value in kept[name].items()}
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "SitingQuestion":
        """Return the question that was kept."""
        named = dict(kept)
        for name in ("weights", "limits"):
            named[name] = {Criterion(key): value for key, value in named[name].items()}
        return cls(**named)

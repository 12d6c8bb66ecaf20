"""The fixed words of the review of findings: kinds of conflict, and how long they are known."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _


def kind_name(kind: str) -> str:
    """Return a kind of rule in the reader's language; one without a name by its code."""
    return {
        "separation": _("too near to each other"),
        "overlap": _("on the same ground"),
        "adjacency": _("side by side"),
        "containment": _("outside the zone it belongs to"),
        "hazard_exposure": _("exposed to a hazard"),
        "service_coverage": _("too far from a service"),
        "capacity": _("more people than a service can serve"),
        "standard_violation": _("a standard is not kept"),
        "plan_vs_existing": _("plan against what stands there"),
        "plan_vs_plan": _("plan against plan"),
        "reservation_encroachment": _("on reserved land"),
        "network_coordination": _("planned without road, water or drainage"),
        "obstacle_limitation": _("too high beside an airfield"),
        "data_quality": _("doubtful records"),
    }.get(kind, kind)


# First days of each group before today: this week, this month, this quarter, this year.
AGE_DAYS = (364, 89, 29, 6)


@dataclass(frozen=True, kw_only=True, slots=True)
class AgeGroup:
    """Findings first seen on ``new_from`` or later, and before ``new_before``."""

    name: str
    new_from: date | None
    new_before: date | None

    def as_query(self) -> dict[str, str]:
        """Return the group as filters of the list."""
        days = {"new_from": self.new_from, "new_before": self.new_before}
        return {name: day.isoformat() for name, day in days.items() if day is not None}


def age_groups(today: date) -> list[AgeGroup]:
    """Return the groups by age, the oldest first; their days hold also tomorrow."""
    names = (
        _("longer than a year"),
        _("91 to 365 days"),
        _("31 to 90 days"),
        _("8 to 30 days"),
        _("up to 7 days"),
    )
    begins = [today - timedelta(days=days) for days in AGE_DAYS]
    return [
        AgeGroup(name=name, new_from=start, new_before=end)
        for name, start, end in zip(names, [None, *begins], [*begins, None], strict=True)
    ]

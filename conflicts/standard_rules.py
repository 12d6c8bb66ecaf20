"""Rules that hold a number of a feature against the standard of its zone or of its class."""

import math
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.rule_parts import (
    RuleHead,
    Selector,
    refuse_object_exemptions,
    require_share,
)
from conflicts.vocab import Bound, Measure
from layers import numbers

# Less of its ground in a zone is a border drawn a little off (as for uses in zones).
MIN_SHARE = 0.1
# What is measured of other features that stand on the subject.
COUNTING = frozenset({Measure.COVERAGE, Measure.FLOOR_AREA_RATIO, Measure.SETBACK})
STATING = frozenset({Measure.ATTRIBUTE, Measure.FLOOR_AREA_RATIO})
PER_AREA = "area"
# Units of what Krong itself computes, and what 1 m2, 1 m or 1 m2/m2 counts in them. What a record
# states is in the unit it was recorded in.
SHARES = {"%": 100.0, "m2/m2": 1.0}
UNITS: dict[Measure, dict[str, float]] = {
    Measure.AREA: {"m2": 1.0},
    Measure.COVERAGE: SHARES,
    Measure.FLOOR_AREA_RATIO: SHARES,
    Measure.SETBACK: {"m": 1.0},
}
# So long may a unit be to be kept with a finding.
LONGEST_UNIT = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """The value a standard asks for, of these classes (each with its branch; none: of any).

    ``clear`` is the value from which on it is met in any case, where between the two something
    that is not recorded decides: which edge of a plot is its front.
    """

    value: float
    classes: tuple[str, ...] = ()
    clear: float | None = None

    def __post_init__(self) -> None:
        for name, number in (("value", self.value), ("clear", self.clear)):
            if number is not None and not (number >= 0 and math.isfinite(number)):
                raise RuleFieldError(
                    name,
                    _("is %(value)s, but must not be negative.")
                    % {"value": numbers.general(number)},
                    remedy=_("Give 0 or a number above 0."),
                )
        if self.clear is not None and self.clear < self.value:
            raise RuleFieldError(
                "clear", _("is less than the value."), remedy=_("Exchange the two.")
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class StandardViolation(RuleHead):
    """Subjects keep to the standard of the ``zone`` they lie in, else of their own class.

    ``limits`` hold the standard's value by class of the zone (of the subject, where no zone is
    asked); the nearest class up the branch counts. ``attribute`` states the number (of
    floor_area_ratio: the storeys of what is ``counted``), ``area_attribute`` the area in the
    title: where title and map lead to different answers nobody can tell.
    """

    kind: ClassVar[str] = "standard_violation"

    measure: Measure
    bound: Bound
    limits: tuple[Limit, ...]
    unit: str
    attribute: str = ""
    per: str = ""
    area_attribute: str = ""
    zone: Selector | None = None
    counted: Selector | None = None
    min_share: float = MIN_SHARE

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        require_share("min_share", self.min_share)
        if not self.has_object:
            refuse_object_exemptions(self)
        self._check_limits()
        self._check_fields()
        self._check_unit()

    def _check_limits(self) -> None:
        named = [code for limit in self.limits for code in limit.classes]
        anything = [limit for limit in self.limits if not limit.classes]
        if not self.limits or len(named) != len(set(named)) or len(anything) > 1:
            raise RuleFieldError(
                "limits",
                _("must give one value for each class, and at most one without classes."),
                remedy=_("Write limits: [{value: 50, classes: [R1]}]."),
            )
        if any(limit.clear is not None for limit in self.limits):
            self._check_clear()

    def _check_clear(self) -> None:
        if self.measure != Measure.SETBACK:
            raise RuleFieldError(
                "limits",
                _("clear belongs to measure: setback."),
                remedy=_("Leave clear out, or write measure: setback."),
            )
        if self.bound == Bound.MAX:
            raise RuleFieldError(
                "limits",
                _("clear belongs to bound: min."),
                remedy=_("Leave clear out, or write bound: min."),
            )

    def _check_fields(self) -> None:
        belongs = {
            "attribute": (bool(self.attribute), self.measure in STATING),
            "counted": (self.counted is not None, self.measure in COUNTING),
            "unit": (bool(self.unit), True),
        }
        for name, (is_given, is_asked) in belongs.items():
            if is_given != is_asked:
                raise RuleFieldError(
                    name,
                    _("is missing.")
                    if is_asked
                    else _("has no place under measure: %(measure)s.") % {"measure": self.measure},
                    remedy=_("The page about the format says what each measure needs."),
                )
        if self.per and self.measure != Measure.ATTRIBUTE:
            raise RuleFieldError(
                "per",
                _("has no place under measure: %(measure)s.") % {"measure": self.measure},
                remedy=_("The page about the format says what each measure needs."),
            )

    def _check_unit(self) -> None:
        known = self._known_units
        if known is not None and self.unit not in known:
            raise RuleFieldError(
                "unit",
                _("is %(unit)s, which nothing counts in here; known are: %(known)s.")
                % {"unit": self.unit, "known": ", ".join(known)},
                remedy=_("Write one of these units, and the limits in it."),
            )
        if len(self.unit) > LONGEST_UNIT:
            raise RuleFieldError(
                "unit",
                _("is longer than %(most)s signs.") % {"most": LONGEST_UNIT},
                remedy=_("Write a shorter unit."),
            )

    @property
    def _known_units(self) -> dict[str, float] | None:
        """Return the units of what is computed and what they count; None: as it is recorded."""
        return SHARES if self.per == PER_AREA else UNITS.get(self.measure)

    @property
    def unit_factor(self) -> float:
        """How many of its unit make 1 of what is measured; what a record states stays as it is."""
        if (known := self._known_units) is not None:
            return known[self.unit]
        return SHARES.get(self.unit, 1.0) if self.per else 1.0

    @property
    def object(self) -> Selector:
        """The zones that state the standard; without any a subject is held against its class."""
        return self.zone or self.subject

    @property
    def has_object(self) -> bool:
        """True when a finding names the zone whose standard is not kept."""
        return self.zone is not None

    @property
    def uses_area(self) -> bool:
        """True when the ground of the subject counts: a point or line has none."""
        return self.measure != Measure.ATTRIBUTE or self.per == PER_AREA

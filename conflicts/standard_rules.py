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

"""Rules about records themselves: what cannot be judged, or should not stand as it is."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.pair_rules import BORDER_TOLERANCE_M, GREATEST_TOLERANCE_M
from conflicts.rule_parts import RuleHead, Selector, refuse_object_exemptions, require_between
from conflicts.vocab import QualityCheck


@dataclass(frozen=True, kw_only=True, slots=True)
class DataQuality(RuleHead):
    """The subjects are recorded so that other rules can judge them; one check per rule.

    ``attribute`` with ``least`` and ``greatest`` (both plausible themselves) belongs to the check
    of that name; ``tolerance_m`` says how wide an overlap or a shape must be to be meant, and how
    far apart two records of one shape may be drawn.
    """

    kind: ClassVar[str] = "data_quality"

    check: QualityCheck
    attribute: str = ""
    least: float | None = None
    greatest: float | None = None
    tolerance_m: float = BORDER_TOLERANCE_M

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        require_between("tolerance_m", self.tolerance_m, GREATEST_TOLERANCE_M)
        if not self.has_object:
            refuse_object_exemptions(self)
        if bool(self.attribute) != (self.check == QualityCheck.ATTRIBUTE):
            raise RuleFieldError(
                "attribute",
                _("belongs to check: attribute, and to no other."),
                remedy=_("Name the attribute there, and only there."),
            )
        if not self.attribute and not (self.least is None and self.greatest is None):
            raise RuleFieldError(
                "greatest" if self.least is None else "least",
                _("belongs to check: attribute, and to no other."),
                remedy=_("Name the attribute there, and only there."),
            )
        if self.least is not None and self.greatest is not None and self.least > self.greatest:
            raise RuleFieldError(
                "least", _("is more than the greatest."), remedy=_("Exchange the two.")
            )

    @property
    def object(self) -> Selector:
        """What a record is held against: the records of the same selection."""
        return self.subject

    @property
    def has_object(self) -> bool:
        """True when a finding is about two records."""
        return self.check in {QualityCheck.OVERLAP, QualityCheck.DUPLICATE}

    @property
    def unit(self) -> str:
        """The unit that the name of the attribute ends in."""
        endings = {"_m2": "m2", "_m": "m"}
        return next((unit for end, unit in endings.items() if self.attribute.endswith(end)), "")

"""What every rule is made of, whatever its kind: its head, its selectors, what it rests on."""

import math
import re
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.predicates import Predicate
from conflicts.vocab import Severity
from layers import numbers
from layers.vocab import Basis, Lifecycle

CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
LONGEST_CODE = 40
# Far beyond any planning distance, and still inside one UTM zone.
GREATEST_DISTANCE_M = 100_000.0

# What stands or may come to stand; a closed use disturbs no one unless a rule says so.
STANDING = tuple(stage for stage in Lifecycle if stage != Lifecycle.CLOSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A text in Khmer and English; the Khmer may still be missing."""

    en: str
    km: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provision:
    """Where a number comes from: the law and its article, or the reference it was taken from."""

    law: str = ""
    article: str = ""
    citation: str = ""
    jurisdiction: str = ""  # ISO 3166 code of the country whose text it is, e.g. KH, VN
    source: str = ""  # number in the list of sources


@dataclass(frozen=True, kw_only=True, slots=True)
class Selector:
    """Which features: of these classes (a class means its branch), layers or theme.

    What is given must all hold; ``except_layers`` never count. ``surveyed_in`` names the layers
    whose complete survey proves that no further such feature exists; without it, ``layers``, else
    the layers that hold some.
    """

    classes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    except_layers: tuple[str, ...] = ()
    theme: str = ""
    lifecycles: tuple[Lifecycle, ...] = STANDING
    where: Predicate | None = None
    surveyed_in: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.classes or self.layers or self.theme):
            raise RuleFieldError(
                "",
                _("says neither classes, layers nor a theme."),
                remedy=_("Name at least one, e.g. classes: [school]."),
            )
        if not self.lifecycles:
            raise RuleFieldError(
                "lifecycles", _("is empty."), remedy=_("Leave it out to mean all but closed.")
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """A pair is no conflict when the condition on each side that has one is true."""

    reason: Text
    subject: Predicate | None = None
    object: Predicate | None = None

    def __post_init__(self) -> None:
        if self.subject is None and self.object is None:
            raise RuleFieldError(
                "",
                _("has no condition, so it would exempt every pair."),
                remedy=_("Give a condition under subject, object or both; or delete the rule."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftTo:
    """Pairs of these classes (each with its branch; none: any) are left to another rule.

    That rule is about a more specific pair. Which it is follows from the whole rule book
    (``rulebooks.precedence``); it is written down so that each rule says itself what it asks.
    """

    rule: str
    subject: tuple[str, ...] = ()
    object: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.subject or self.object):
            raise RuleFieldError(
                "",
                _("names no class, so it would leave every pair."),
                remedy=_("Delete the rule instead."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleHead:
    """What every rule states, whatever its kind."""

    kind: ClassVar[str]

    code: str  # public and permanent; never reused
    title: Text
    severity: Severity
    basis: Basis
    provision: Provision
    subject: Selector
    exemptions: tuple[Exemption, ...] = ()
    left_to: tuple[LeftTo, ...] = ()
    message: Text | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code) or len(self.code) > LONGEST_CODE:
            raise RuleFieldError(
                "code",
                _("'%(code)s' is no rule code.") % {"code": self.code},
                remedy=_("Use capitals, digits and hyphens, at most %(longest_code)s, e.g. LF-02.")
                % {"longest_code": LONGEST_CODE},
            )
        if self.basis == Basis.BINDING_LAW and not (self.provision.law and self.provision.article):
            raise RuleFieldError(
                "provision",
                _("a rule with basis binding_law must cite its law and article."),
                remedy=_("Give provision: {law: ..., article: ...}, or another basis."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class PairRule(RuleHead):
    """A rule that holds its subjects against other features, its objects."""

    object: Selector


def require_positive(field: str, value: float) -> None:
    """Refuse what is no finite number above 0."""
    if not value > 0 or not math.isfinite(value):
        raise RuleFieldError(
            field,
            _("is %(value)s, but must be above 0.") % {"value": numbers.general(value)},
            remedy=_("Give a number above 0."),
        )


def require_between(field: str, value: float, greatest: float) -> None:
    """Refuse what is no number above 0 and up to the greatest [m]."""
    require_positive(field, value)
    if value > greatest:
        raise RuleFieldError(
            field,
            _("is %(value)s, more than %(greatest)s.")
            % {"value": numbers.general(value), "greatest": numbers.general(greatest)},
            remedy=_("Check the unit: the number counts in metres."),
        )


def require_share(field: str, value: float) -> None:
    """Refuse what is no share above 0 and up to 1."""
    require_positive(field, value)
    if value > 1:
        raise RuleFieldError(
            field, _("is more than 1."), remedy=_("Give a share of the whole, e.g. 0.1.")
        )


def refuse_object_exemptions(rule: RuleHead) -> None:
    """Refuse an exemption that asks of an object where a finding has none."""
    for number, exemption in enumerate(rule.exemptions, start=1):
        if exemption.object is not None:
            raise RuleFieldError(
                f"exemptions[{number}].object",
                _("asks of an object, but such a finding has none."),
                remedy=_("Give the condition under subject."),
            )

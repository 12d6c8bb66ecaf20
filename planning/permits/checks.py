"""What a check answers, and the case it is asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from layers.crs import to_wgs84
from layers.queries import class_branches
from layers.vocab import BLOCKING_BASES, Answer, Basis
from planning.models import Regulation, RegulationGroup, UseRule
from planning.parcels import AREA_DEVIATION_LIMIT
from planning.permits.application import Application
from planning.permits.standing import Standing
from planning.sentences import Said, labelled
from planning.situation import Situation, ZoneHit

PERCENT = "%"
PERCENTAGE_POINTS = "percentage points"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One answer with everything that led to it. A positive margin is room left."""

    code: str
    title: Said
    answer: Answer
    explanation: Said
    basis: Basis | None = None
    provision: str = ""
    source: str = ""
    measured: float | None = None
    required: float | None = None
    bound: str = ""
    unit: str = ""
    zone: str = ""
    missing: Sequence[Said] = ()
    evidence: BaseGeometry | None = None
    kept_dry: frozenset[str] = frozenset()  # the uses it keeps out of a flood, whatever the depth
    is_of_rule_book: bool = False

    @property
    def margin(self) -> float | None:
        """How far the measured value stays on the right side of the limit (negative: beyond)."""
        if self.measured is None or self.required is None or not self.bound:
            return None
        if self.answer not in {Answer.COMPLIES, Answer.FAILS}:
            return None  # what is open has no margin: a number here would look like an answer
        room = self.required - self.measured
        return room if self.bound == "max" else -room

    @property
    def may_block(self) -> bool:
        """Tell whether the answer may decide; where no basis is known yet it might."""
        return self.basis is None or self.basis in BLOCKING_BASES

    def as_record(self) -> dict[str, Any]:
        """Return the check for JSON and pages."""
        evidence = self.evidence
        return {
            "code": self.code,
            "title": self.title,
            "answer": self.answer.value,
            "answer_name": labelled(self.answer.label),
            "measured": _rounded(self.measured),
            "required": _rounded(self.required),
            "bound": self.bound,
            "unit": self.unit,
            "margin": _rounded(self.margin),
            "margin_unit": PERCENTAGE_POINTS if self.unit == PERCENT else self.unit,
            "zone": self.zone,
            "basis": self.basis.value if self.basis else None,
            "basis_name": labelled(self.basis.label) if self.basis else None,
            "may_block": self.may_block,
            "provision": self.provision,
            "source": self.source,
            "explanation": self.explanation,
            "missing": list(self.missing),
            "evidence": None if evidence is None else shapely.geometry.mapping(to_wgs84(evidence)),
        }


@dataclass(frozen=True, kw_only=True)
class Case:
    """An application on its ground, with the law that holds there."""

    application: Application
    situation: Situation
    groups: Mapping[tuple[int, str], RegulationGroup]
    standing: Standing

    @cached_property
    def legal_area_m2(self) -> float | None:
        """Area of the titles [m2]; None when one parcel has none."""
        areas = [parcel.legal_area_m2 for parcel in self.application.parcels]
        return None if None in areas else sum(area or 0.0 for area in areas)

    @cached_property
    def mapped_area_m2(self) -> float:
        """Area of the parcels on the map [m2]."""
        return float(self.application.site.area)

    @property
    def plot_area_m2(self) -> float:
        """The area limits are taken of [m2]: the title's where known, else the map's."""
        return self.legal_area_m2 or self.mapped_area_m2

    @cached_property
    def titled_area_m2(self) -> float:
        """Area of the titles [m2]; a parcel without one counts as mapped."""
        return sum(p.legal_area_m2 or p.mapped_area_m2 for p in self.application.parcels)

    @property
    def built_area_m2(self) -> float | None:
        """Ground under the new building and what stays beside it [m2]; None where not stated."""
        proposal = self.application.proposal
        if proposal.built_area_m2 is None:
            return None
        return proposal.built_area_m2 + self.standing.covered_m2(proposal.footprint)

    @property
    def floor_area_m2(self) -> float | None:
        """Floor area of the new building and of what stays [m2]; None where not stated."""
        stated = self.application.proposal.floor_area_m2
        return None if stated is None else stated + self.standing.floor_area_m2

    @property
    def other_area_m2(self) -> float | None:
        """The area not taken [m2], where map and titles contradict each other by more than 5 %."""
        titled = self.titled_area_m2
        if abs(self.mapped_area_m2 / titled - 1) <= AREA_DEVIATION_LIMIT:
            return None
        return titled if self.legal_area_m2 is None else self.mapped_area_m2

    @cached_property
    def ruled_zones(self) -> list[tuple[ZoneHit, RegulationGroup | None]]:
        """The zones that rule here, each with what its plan says of its class."""
        return [
            (zone, self.groups.get((zone.plan_version.pk, zone.hit.class_code)))
            for zone in self.situation.ruling_zones
        ]

    def regulations(self, parameter: str) -> list[tuple[str, Regulation]]:
        """Return what the zones here say of a parameter, each with the zone's class."""
        uses = self.application.proposal.use_codes
        found = {}
        for zone, group in self.ruled_zones:
            for row in group.regulations.all() if group else ():
                if row.parameter == parameter and _applies(row, uses):
                    found[row.pk] = (zone.hit.class_code, row)
        return list(found.values())

    def use_rule(self, group: RegulationGroup, lineage: Sequence[str]) -> UseRule | None:
        """Return the rule for a use: its own, else that of the nearest class above it."""
        rules = {rule.use_class.code: rule for rule in group.use_rules.all()}
        return next((rules[code] for code in lineage if code in rules), None)


def _applies(row: Regulation, uses: frozenset[str]) -> bool:
    if row.applies_to is None:
        return True
    return bool(uses & set(class_branches([row.applies_to.code])[row.applies_to.code]))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2) + 0.0  # never -0.0

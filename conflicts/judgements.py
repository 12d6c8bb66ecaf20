"""What a rule says of a proposal: the answer with all that led to it, in both languages."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.utils import translation
from shapely.geometry.base import BaseGeometry

from conflicts.explanations import (
    explain,
    explain_gap_of_place,
    object_name,
    say_conflict,
    subject_name,
)
from conflicts.kinds import Rule, is_unrated
from conflicts.models import DetectionRun, Finding, Observation, RuleOutcome
from conflicts.models import Rule as RuleRow
from layers.crs import PROJECT_SRID
from layers.models import Feature
from layers.services import NewFeature
from layers.vocab import BLOCKING_BASES, Answer

LANGUAGES = ("km", "en")
IDENTITY = ("subject_layer", "subject_id", "object_layer", "object_id")
Hit = dict[str, Any]
InBoth = dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """One answer of one rule about one proposed feature; a failure names what it conflicts with."""

    rule: Rule
    row: RuleRow
    proposed: NewFeature
    answer: Answer
    finding: Finding | None = None  # as detection would find it; never stored
    other: Feature | None = None  # what it conflicts with; of a hazard map the worst polygon
    missing: tuple[InBoth, ...] = ()
    exempted: int = 0  # pairs that an exemption of the rule lets pass

    @property
    def may_block(self) -> bool:
        """Tell whether the rule's basis can hold up a permit; all others only warn."""
        return self.rule.basis in BLOCKING_BASES

    @property
    def seen(self) -> Observation | None:
        """What was measured, where the rule is broken."""
        return None if self.finding is None else self.finding.current

    @property
    def measured(self) -> float | None:
        """The measured value, in ``unit``."""
        return None if self.seen is None else self.seen.measured_value

    @property
    def required(self) -> float | None:
        """The value asked for, in ``unit``."""
        return None if self.seen is None else self.seen.required_value

    @property
    def margin(self) -> float | None:
        """How far on the right side of the limit (negative: beyond), in ``unit``."""
        return None if self.seen is None else self.seen.margin

    @property
    def unit(self) -> str:
        """m, m2, or place where only the place counts."""
        return "" if self.seen is None else self.seen.unit

    @property
    def witness(self) -> BaseGeometry | None:
        """The evidence in PROJECT_SRID: the shortest line, or the ground that is shared."""
        if self.seen is None or self.seen.witness is None:
            return None
        return shapely.from_wkb(bytes(self.seen.witness.wkb))

    @property
    def other_name(self) -> InBoth:
        """What it conflicts with, by name, in both languages."""
        finding = self.finding
        if finding is None or finding.current is None:
            return {}
        is_object = finding.current.object_row == self.other
        return in_both(lambda: object_name(finding) if is_object else subject_name(finding))

    @property
    def sentence(self) -> InBoth:
        """What conflicts and how far, without what the rule rests on."""
        finding = self.finding
        return {} if finding is None else in_both(lambda: say_conflict(finding))

    @property
    def explanation(self) -> InBoth:
        """What conflicts, how far, what the rule asks and what it rests on."""
        finding = self.finding
        return {} if finding is None else in_both(lambda: explain(finding))


def in_both(speak: Callable[[], str]) -> InBoth:
    """Return what a function says in each language."""
    texts = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = speak()
    return texts


def explained_gaps(gaps: Iterable[Mapping[str, Any]]) -> tuple[InBoth, ...]:
    """Return what is missing as sentences, each once."""
    spoken = [in_both(partial(explain_gap_of_place, gap)) for gap in gaps]
    return tuple({pair["en"]: pair for pair in spoken}.values())


def judgement_of_hit(
    hit: Hit,
    around: Mapping[int, Feature],
    number: int,
    data_versions: Mapping[str, int],
    **told: Any,  # noqa: ANN401 - rule, row and proposed
) -> Judgement:
    """Return a hit as the finding that detection would make of it."""
    finding = finding_of_hit(hit, around, told["row"], data_versions)
    subject, concerned = around[hit["subject_row"]], around.get(hit["object_row"])
    other = concerned if subject.pk == number else subject
    if is_unrated(told["rule"]):
        missing = (in_both(lambda: say_conflict(finding)),)
        told |= {"answer": Answer.CANNOT_TELL, "missing": missing}
    return Judgement(**{"answer": Answer.FAILS} | told, finding=finding, other=other)


def finding_of_hit(
    hit: Hit, around: Mapping[int, Feature], row: RuleRow, data_versions: Mapping[str, int]
) -> Finding:
    """Return a hit as the finding that detection would make of it; it is not stored."""
    finding = Finding(
        rulebook_code=row.rulebook.code,
        rule_code=row.code,
        **{name: hit[name] for name in IDENTITY},
        severity=hit["severity"],
        basis=row.basis,
    )
    finding.current = Observation(
        finding=finding,
        outcome=RuleOutcome(rule=row),
        detection=DetectionRun(rulebook=row.rulebook, data_versions=dict(data_versions)),
        **{name: hit[name] for name in ("severity", "measured_value", "required_value")},
        **{name: hit[name] for name in ("unit", "margin")},
        witness=GEOSGeometry(memoryview(hit["witness"]), srid=PROJECT_SRID),
        facts=json.loads(hit["facts"]),
        subject_row=around[hit["subject_row"]],
        object_row=around.get(hit["object_row"]),
    )
    return finding

"""Asks the rules of the data: one SQL file per kind, set-based, inside one transaction.

The working tables (``create_detection_tables.sql``) hold what the selectors mean and what the
rules bite. Findings and their life come afterwards, in ``services``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from conflicts.city_ground import Ground, surveyed_ground
from conflicts.coverage import EXAMPLES, Selection, find_gaps, proving_layers, unrated_pairs
from conflicts.kinds import (
    KINDS,
    Rule,
    between_selector,
    exemption_paths,
    is_unrated,
    object_selector,
)
from conflicts.predicates import as_jsonpath
from conflicts.rule_parts import Selector
from conflicts.vocab import Severity
from layers.crs import PROJECT_SRID
from layers.errors import UnknownLandUseError
from layers.queries import all_branches
from layers.sql_files import load_sql
from layers.vocab import Answer

SEVERITIES = [str(severity) for severity in Severity]
Box = tuple[float, float, float, float]  # west, south, east, north [m]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What one rule found, and what it could not tell."""

    subject_selection: int
    object_selection: int
    subjects_checked: int
    pairs_found: int
    pairs_exempted: int
    missing: tuple[Mapping[str, Any], ...]
    ground: Ground | None  # where the subjects were looked for; None: no layer could show them
    is_unrated: bool = False  # what was found nobody has rated: no conflict yet, and no all-clear

    @property
    def answer(self) -> Answer:
        """The answer of the rule as a whole; a gap never becomes "complies"."""
        if self.pairs_found and not self.is_unrated:
            return Answer.FAILS
        if self.missing:
            return Answer.CANNOT_TELL
        return Answer.COMPLIES if self.subjects_checked else Answer.NOT_APPLICABLE

    @property
    def subjects_untold(self) -> int:
        """At least so many subjects about which the rule cannot tell."""
        return max((int(gap.get("count", 0)) for gap in self.missing), default=0)


@dataclass(slots=True)
class Detector:
    """One detection at work: remembers which selectors were already asked."""

    selections: dict[str, Selection] = field(default_factory=dict)
    branches: dict[str, list[str]] = field(default_factory=dict)
    grounds: dict[tuple[tuple[str, ...], ...], Ground] = field(default_factory=dict)

    @classmethod
    def open(cls) -> "Detector":
        """Make the working tables; they end with the transaction."""
        with connection.cursor() as cursor:
            cursor.execute(load_sql(__file__, "create_detection_tables.sql"))
        return cls(branches=all_branches())

    def ask(self, rule: Rule) -> Outcome:
        """Find where one rule bites (into conflict_hit), and what it cannot tell."""
        areas = KINDS[rule.kind].areas
        subject = self.select(rule.subject, areas_only="subject" in areas)
        objects = self.select(object_selector(rule), areas_only="object" in areas)
        find_hits(rule, subject, objects, between=self.between(rule, subject, objects))
        found, exempted = _count_hits(rule.code)
        ground = self.ground_of(rule.subject, subject)
        return Outcome(
            subject_selection=subject.number,
            object_selection=objects.number,
            subjects_checked=subject.sure,
            pairs_found=found,
            pairs_exempted=exempted,
            missing=(
                *find_gaps(rule, subject, objects, ground),
                *unrated_pairs(rule, found),
            ),
            ground=ground,
            is_unrated=is_unrated(rule),
        )

    def ground_of(self, selector: Selector, selection: Selection) -> Ground | None:
        """Return where such features were looked for; equal questions are asked once."""
        layers = tuple(sorted(set(proving_layers(selector, selection))))
        if not layers:
            return None
        key = (layers, selection.classes)
        if key not in self.grounds:
            self.grounds[key] = surveyed_ground(*key)
        return self.grounds[key]

    def between(
        self, rule: Rule, subject: Selection, objects: Selection, near: Box | None = None
    ) -> Selection | None:
        """Return what may lie between the two sides; not asked where one side is empty."""
        selector = between_selector(rule)
        if selector is None or not (subject.sure and objects.sure):
            return None
        return self.select(selector, near=near)

    def select(
        self,
        selector: Selector,
        *,
        only: int | None = None,
        near: Box | None = None,
        areas_only: bool = False,
    ) -> Selection:
        """Return the features a selector means; equal questions are asked once.

        ``only`` asks of one feature (its row), ``near`` of those whose boxes meet a box [m];
        with ``areas_only`` points and lines are not sure.
        """
        parameters = self._parameters(selector) | {"areas_only": areas_only}
        parameters |= {"only": only, "near": list(near) if near else None, "srid": PROJECT_SRID}
        key = json.dumps(parameters, sort_keys=True)
        if key not in self.selections:
            number = len(self.selections) + 1
            _run(load_sql(__file__, "select_features.sql"), parameters | {"selection": number})
            _run("ANALYZE conflict_selection", {})
            self.selections[key] = _describe(number, tuple(parameters["classes"] or ()))
        return self.selections[key]

    def classes_meant(self, selector: Selector) -> list[str]:
        """Return the classes a selector names, each with its whole branch."""
        if unknown := [code for code in selector.classes if code not in self.branches]:
            raise UnknownLandUseError(unknown)
        return sorted({code for root in selector.classes for code in self.branches[root]})

    def _parameters(self, selector: Selector) -> dict[str, Any]:
        return {
            "classes": self.classes_meant(selector) or None,
            "layers": list(selector.layers) or None,
            "except_layers": list(selector.except_layers),
            "theme": selector.theme,
            "lifecycles": [str(stage) for stage in selector.lifecycles],
            "where": None if selector.where is None else as_jsonpath(selector.where),
        }


def find_hits(
    rule: Rule, subject: Selection, objects: Selection, *, between: Selection | None = None
) -> None:
    """Put the pairs in which one rule bites into conflict_hit."""
    if subject.sure and (objects.sure or KINDS[rule.kind].asks_alone):
        parameters = _parameters(rule, subject, objects)
        parameters["between"] = 0 if between is None else between.number
        _run(load_sql(__file__, KINDS[rule.kind].sql), parameters)
        if rule.left_to:
            _run(load_sql(__file__, "leave_to_specific.sql"), _left_to(rule))


def _describe(number: int, classes: tuple[str, ...]) -> Selection:
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "describe_selection.sql"),
            {"selection": number, "examples": EXAMPLES},
        )
        sure, unsure, examples, shapeless, shapeless_examples, *held = cursor.fetchone()
    return Selection(
        number=number,
        classes=classes,
        sure=sure,
        unsure=unsure,
        unsure_examples=tuple(examples),
        shapeless=shapeless,
        shapeless_examples=tuple(shapeless_examples),
        layers=tuple(held[0]),
        sure_layers=tuple(held[1]),
    )


def _parameters(rule: Rule, subject: Selection, objects: Selection) -> dict[str, Any]:
    """Return the named parameters of every kind's SQL; the smaller side asks the index."""
    exempt_subjects, exempt_objects = exemption_paths(rule)
    outer_is_subject = subject.sure <= objects.sure
    outer, inner = (subject, objects) if outer_is_subject else (objects, subject)
    return {
        "rule_code": rule.code,
        "severity": str(rule.severity),
        "severities": SEVERITIES,
        "subject": subject.number,
        "object": objects.number,
        "outer": outer.number,
        "inner": inner.number,
        "outer_is_subject": outer_is_subject,
        "exempt_subjects": exempt_subjects,
        "exempt_objects": exempt_objects,
        "layers": list(proving_layers(object_selector(rule), objects)),
        "asked": list(objects.classes),
        **KINDS[rule.kind].bind(rule),
    }


def _left_to(rule: Rule) -> dict[str, Any]:
    pairs = [{"subjects": left.subject, "objects": left.object} for left in rule.left_to]
    return {"rule_code": rule.code, "left_to": json.dumps(pairs)}


def _count_hits(rule_code: str) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE exemption IS NULL),"
            " count(*) FILTER (WHERE exemption IS NOT NULL)"
            " FROM conflict_hit WHERE rule_code = %(rule_code)s",
            {"rule_code": rule_code},
        )
        found, exempted = cursor.fetchone()
    return found, exempted


def _run(sql: str, parameters: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(parameters))

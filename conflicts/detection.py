"""Asks the rules of the data: one SQL file per kind, set-based, inside one transaction.

The working tables (``create_detection_tables.sql``) hold what the selectors mean and what the
rules bite. Findings and their life come afterwards, in ``services``.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Self

from django.db import connection

from conflicts.asking import leaves_to, question_of
from conflicts.city_ground import Ground, GroundAsked, survey_named, surveyed_ground
from conflicts.counted import FIRST_KEPT, Counted, Listed
from conflicts.coverage import (
    Selection,
    find_gaps,
    proving_layers,
    unrated_pairs,
    untold_among,
)
from conflicts.kinds import (
    KINDS,
    Rule,
    between_selector,
    is_unrated,
    object_selector,
)
from conflicts.predicates import as_jsonpath
from conflicts.rule_parts import Selector
from conflicts.unseen import Unseen, unseen_among, unseen_among_alike
from layers.crs import PROJECT_SRID
from layers.errors import UnknownLandUseError
from layers.queries import all_branches
from layers.sql_files import load_sql
from layers.vocab import Answer

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
    map_layers: tuple[str, ...] = ()  # in which hazard maps that the rule asks for stand

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Noted:
    """What a re-check must know of a rule to go on from here."""

    outer_is_subject: bool  # which side was cut into pieces: cutting rounds
    unseen: tuple[tuple[Unseen, Listed], ...]
    ground: GroundAsked | None
    found: int = 0
    exempted: int = 0
    # what it could not tell, whatever it found; None: not kept
    missing: tuple[Mapping[str, Any], ...] | None = None
    untold: tuple[tuple[str, Listed], ...] = ()  # by reason, of rules that put subjects aside


ANYWHERE: Mapping[str, Sequence[int] | None] = {"in_layers": None, "of_classes": None}


@dataclass(slots=True)
class Detector:
    """One detection at work: remembers which selectors were already asked."""

    selections: dict[str, Selection] = field(default_factory=dict)
    branches: dict[str, list[str]] = field(default_factory=dict)
    grounds: dict[tuple[tuple[str, ...], tuple[str, ...]], Ground] = field(default_factory=dict)
    surveys: dict[tuple[str, ...], Ground] = field(default_factory=dict)  # by what was surveyed
    told: dict[tuple[int, Unseen], Listed] = field(default_factory=dict)  # by selection
    has_pool: bool = False  # what is listed has a table of its own (preparing)
    noted: dict[str, Noted] = field(default_factory=dict)  # by rule
    numbers: Iterator[int] = field(default_factory=lambda: count(1))  # of selections

    @classmethod
    def open(cls) -> Self:
        """Make the working tables anew; they last until ``close``, or until the session ends."""
        with connection.cursor() as cursor:
            for name in ("drop_ground", "create_detection_tables", "create_ground_view"):
                cursor.execute(load_sql(__file__, f"{name}.sql"))
        return cls(branches=all_branches())

    def close(self) -> None:
        """Take the working tables away."""
        for name in ("drop_ground", "drop_working_tables"):
            _run(load_sql(__file__, f"{name}.sql"), {})

    def ask(self, rule: Rule) -> Outcome:
        """Find where one rule bites (into conflict_hit), and what it cannot tell."""
        areas = KINDS[rule.kind].areas
        subject = self.select(rule.subject, areas_only="subject" in areas)
        objects = self.select(object_selector(rule), areas_only="object" in areas)
        find_hits(rule, subject, objects, between=self.between(rule, subject, objects))
        return self.with_hits(rule, self.answer(rule, subject, objects), *_count_hits(rule.code))

    def answer(self, rule: Rule, subject: Selection, objects: Selection) -> Outcome:
        """Return what a rule cannot tell, whatever it finds, and note what a re-check must know."""
        asked: list[tuple[Unseen, Listed]] = []
        put_aside: list[tuple[str, Listed]] = []

        def unseen(question: Unseen) -> Listed:
            asked.append((question, self.unseen(rule, subject, question)))
            return asked[-1][1]

        def untold() -> Sequence[tuple[str, Listed]]:
            put_aside[:] = self.untold(rule, subject)
            return put_aside

        ground = self.ground_of(rule, subject)
        known = replace(subject, unseen=unseen, untold=untold)
        missing = tuple(find_gaps(rule, known, objects, ground.ground if ground else None))
        self.noted[rule.code] = Noted(
            outer_is_subject=subject.counted.sure <= objects.counted.sure,
            unseen=tuple(asked),
            ground=ground,
            missing=missing,
            untold=tuple(put_aside),
        )
        return Outcome(
            subject_selection=subject.number,
            object_selection=objects.number,
            subjects_checked=subject.sure,
            pairs_found=0,
            pairs_exempted=0,
            missing=missing,
            ground=ground.ground if ground else None,
            map_layers=objects.sure_layers if KINDS[rule.kind].object_is_map else (),
        )

    def with_hits(self, rule: Rule, outcome: Outcome, found: int, exempted: int) -> Outcome:
        """Return an answer with what was found."""
        noted = self.noted[rule.code]
        self.noted[rule.code] = replace(noted, found=found, exempted=exempted)
        return replace(
            outcome,
            pairs_found=found,
            pairs_exempted=exempted,
            missing=(*outcome.missing, *unrated_pairs(rule, found)),
            is_unrated=is_unrated(rule),
        )

    def unseen(self, rule: Rule, subject: Selection, question: Unseen) -> Listed:  # noqa: ARG002
        """Return about how many subjects a rule cannot tell, and the first of them by name."""
        key = (subject.number, question)
        if key not in self.told:
            self.told[key] = (
                unseen_among(subject.number, question, FIRST_KEPT)
                if subject.extent is None
                else unseen_among_alike(
                    subject.number, subject.counted, subject.extent, question, FIRST_KEPT
                )
            )
        return self.told[key]

    def untold(self, rule: Rule, subject: Selection) -> Sequence[tuple[str, Listed]]:
        """Return about how many subjects a rule put aside as untold, by reason."""
        return untold_among(rule, subject, FIRST_KEPT)

    def ground_of(self, rule: Rule, subject: Selection) -> GroundAsked | None:
        """Return where such features were looked for; equal questions are asked once."""
        layers = tuple(sorted(set(proving_layers(rule.subject, subject))))
        if not layers:
            return None
        key = (layers, subject.classes)
        if key not in self.grounds:
            survey = survey_named(*key)
            if survey not in self.surveys:
                self.surveys[survey] = surveyed_ground(*key)
            self.grounds[key] = self.surveys[survey]
        return GroundAsked(layers=layers, asked=subject.classes, ground=self.grounds[key])

    def between(
        self, rule: Rule, subject: Selection, objects: Selection, near: Box | None = None
    ) -> Selection | None:
        """Return what may lie between the two sides; not asked where one side is empty."""
        selector = between_selector(rule)
        has_objects = objects.sure or KINDS[rule.kind].asks_alone
        if selector is None or not (subject.sure and has_objects):
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
        parameters = self.parameters(selector, areas_only=areas_only)
        parameters = self.asked_of(parameters, only=only, near=near)
        question = named_question(parameters)
        if question not in self.selections:
            number = next(self.numbers)
            put_selection(number, parameters)
            _run("ANALYZE conflict_selection", {})
            if self.has_pool:
                _run(load_sql(__file__, "add_to_pool.sql"), {"selection": number})
            self.selections[question] = Selection.of(
                number, tuple(parameters["classes"] or ()), count_selection(number), question
            )
        return self.selections[question]

    def asked_of(
        self, parameters: Mapping[str, Any], *, only: int | None, near: Box | None
    ) -> dict[str, Any]:
        """Return the parameters of select_features.sql for one feature, a box or everything."""
        return dict(parameters) | {"only": only, "near": list(near) if near else None}

    def classes_meant(self, selector: Selector) -> list[str]:
        """Return the classes a selector names, each with its whole branch."""
        if unknown := [code for code in selector.classes if code not in self.branches]:
            raise UnknownLandUseError(unknown)
        return sorted({code for root in selector.classes for code in self.branches[root]})

    def parameters(self, selector: Selector, *, areas_only: bool) -> dict[str, Any]:
        """Return the named parameters of select_features.sql, asked of everything."""
        return {
            "areas_only": areas_only,
            "only": None,
            "near": None,
            "srid": PROJECT_SRID,
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
        _run(load_sql(__file__, KINDS[rule.kind].sql), question_of(rule, subject, objects, between))
        if rule.left_to:
            _run(load_sql(__file__, "leave_to_specific.sql"), leaves_to(rule))


def named_question(parameters: Mapping[str, Any]) -> str:
    """Return a name for what is asked: the same for equal questions, in every detection."""
    text = json.dumps(parameters, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def put_selection(
    number: int,
    parameters: Mapping[str, Any],
    *,
    among: str = "",
    standing: Mapping[str, Sequence[int] | None] = ANYWHERE,
) -> int:
    """Put what a selector means into the working table; return how many that are.

    ``among`` "near" narrows it to the features in conflict_near; ``standing`` says in which layers
    and of which classes all of them are, so that no others are looked at.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "select_features.sql"),
            dict(parameters) | {"selection": number, "among": among, **standing},
        )
        return int(cursor.rowcount)


def count_selection(number: int, names: int = FIRST_KEPT) -> Counted:
    """Return a selection in numbers, with so many of the first names of who is unsure."""
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "describe_selection.sql"), {"selection": number, "examples": names}
        )
        layers, unsure, unsure_first, shapeless, shapeless_first = cursor.fetchone()
    return _counted(layers, unsure, unsure_first, shapeless, shapeless_first)


def count_selections(numbers: Sequence[int], names: int = FIRST_KEPT) -> dict[int, Counted]:
    """Return several selections in numbers; those that mean nothing are left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "describe_selections.sql"),
            {"selections": list(numbers), "examples": names},
        )
        return {number: _counted(*counts) for number, *counts in cursor.fetchall()}


def _counted(
    layers: str,
    unsure: int,
    unsure_first: Sequence[str],
    shapeless: int,
    shapeless_first: Sequence[str],
) -> Counted:
    return Counted(
        layers={layer: (many, sure) for layer, (many, sure) in json.loads(layers).items()},
        unsure=Listed(unsure, tuple(unsure_first)),
        shapeless=Listed(shapeless, tuple(shapeless_first)),
    )


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

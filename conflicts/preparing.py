"""Finds out for many rules at once what their sides mean: less work than one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import connection

from conflicts.alike import (
    Alike,
    all_alike,
    are_all_sure,
    counted_alike,
    extent_of,
    means,
    put_alike,
)
from conflicts.counted import NONE_COUNTED
from conflicts.coverage import Selection
from conflicts.detection import Detector, count_selections, named_question, put_selection
from conflicts.kinds import KINDS, Rule, object_selector, selectors
from layers.sql_files import load_sql

# More features than these, meant without a condition, are not listed one by one.
FEW = 5_000
Parameters = Mapping[str, Any]  # of select_features.sql


def prepare(detector: Detector, rules: Sequence[Rule]) -> None:
    """Let a detection of the whole ground know what all sides of these rules mean.

    What is meant in its thousands without a condition is noted by its likeness, where all kinds
    that ask for it can take that; all else is listed, with a spatial index of its own.
    """
    ground = all_alike()
    asked = [
        (_asked_of_all(detector, parameters), takes_alike)
        for rule in rules
        for parameters, takes_alike in _sides(detector, rule)
    ]
    questions = {named_question(parameters): parameters for parameters, _takes in asked}
    listed = {named_question(parameters) for parameters, takes_alike in asked if not takes_alike}
    rows = {}
    for question, parameters in questions.items():
        groups = [group for group in ground if means(parameters, group.like)]
        if question in listed or not _is_by_likeness(parameters, groups):
            rows[question] = parameters, groups
        else:
            detector.selections[question] = _by_likeness(detector, question, parameters, groups)
    _put_rows(detector, rows)
    _run("fill_pool.sql")
    detector.has_pool = True


def _sides(detector: Detector, rule: Rule) -> list[tuple[Parameters, bool]]:
    """Return the questions of a rule, and whether its kind takes the answer by likeness."""
    kind = KINDS[rule.kind]
    return [
        (detector.parameters(selector, areas_only=name in kind.areas), name in kind.alike)
        for name, selector in (selectors(rule) | {"object": object_selector(rule)}).items()
    ]


def _asked_of_all(detector: Detector, parameters: Parameters) -> Parameters:
    return detector.asked_of(parameters, only=None, near=None)


def _is_by_likeness(parameters: Parameters, groups: Sequence[Alike]) -> bool:
    """Tell whether a selection is large and none of it in doubt."""
    return sum(group.features for group in groups) > FEW and are_all_sure(parameters, groups)


def _by_likeness(
    detector: Detector, question: str, parameters: Parameters, groups: Sequence[Alike]
) -> Selection:
    number = next(detector.numbers)
    put_alike(number, groups)
    found = Selection.of(
        number, tuple(parameters["classes"] or ()), counted_alike(groups), question
    )
    likes = frozenset(group.like for group in groups)
    return replace(found, by_rows=False, alike=likes, extent=extent_of(groups))


def _put_rows(
    detector: Detector, questions: Mapping[str, tuple[Parameters, Sequence[Alike]]]
) -> None:
    numbers = {question: next(detector.numbers) for question in questions}
    for question, number in numbers.items():
        parameters, groups = questions[question]
        if groups:
            put_selection(number, parameters, standing=_standing(groups))
    _run("analyze_selections.sql")
    counted = count_selections(list(numbers.values()))
    for question, (parameters, groups) in questions.items():
        number, classes = numbers[question], tuple(parameters["classes"] or ())
        found = Selection.of(number, classes, counted.get(number, NONE_COUNTED), question)
        likes = frozenset(group.like for group in groups)
        detector.selections[question] = replace(found, alike=likes)


def _standing(groups: Sequence[Alike]) -> dict[str, list[int] | None]:
    """Return in which layers and of which classes these features are; None: some have none."""
    classes = {group.land_use_id for group in groups}
    return {
        "in_layers": sorted({group.layer_id for group in groups}),
        "of_classes": None if None in classes else sorted(c for c in classes if c is not None),
    }


def _run(file: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file))

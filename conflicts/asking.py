"""What a kind's SQL is asked with: the two sides, what lies between and the rule's numbers."""

import json
from typing import Any

from conflicts.binding import ROUNDING_M
from conflicts.coverage import Selection, proving_layers
from conflicts.kinds import KINDS, Rule, between_selector, exemption_paths, object_selector
from conflicts.record_rules import DataQuality
from conflicts.vocab import QualityCheck, Severity
from layers.crs import PROJECT_SRID

SEVERITIES = [str(severity) for severity in Severity]
# Pieces only find candidates: what is near enough is looked for a centimetre farther.
SPARE_M = 0.01
# Records are held against each other by squares so wide, or twenty tolerances [m].
SQUARE_M = 10.0
# Features to be served are gathered in squares so wide [m].
HOME_SQUARE_M = 250.0


def question_of(
    rule: Rule, subject: Selection, objects: Selection, between: Selection | None
) -> dict[str, Any]:
    """Return the named parameters of every kind's SQL; the smaller side asks the index."""
    exempt_subjects, exempt_objects = exemption_paths(rule)
    outer_is_subject = subject.counted.sure <= objects.counted.sure
    is_outer = outer_is_subject and not KINDS[rule.kind].object_is_map
    outer, inner = (subject, objects) if is_outer else (objects, subject)
    return {
        **_between(rule, between),
        **_of_distance(rule),
        "by_grid": _is_grid(rule) and subject.number == objects.number,
        "may_mirror": may_mirror(subject, objects),
        "subject_by_rows": subject.by_rows,
        "between_by_rows": between is None or between.by_rows,
        "home_square_m": HOME_SQUARE_M,
        "srid": PROJECT_SRID,
        "outer_by_rows": outer.by_rows,
        "inner_by_rows": inner.by_rows,
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


def _of_distance(rule: Rule) -> dict[str, float]:
    """Return how far around a piece candidates lie, and the same for records of one shape [m]."""
    objects_m = KINDS[rule.kind].reach(rule).objects_m
    reach_m = objects_m + ROUNDING_M
    return {
        "around_m": objects_m + SPARE_M if objects_m else 0.0,
        "reach_m": reach_m,
        "square_m": max(SQUARE_M, 20 * reach_m),
    }


def _is_grid(rule: Rule) -> bool:
    return isinstance(rule, DataQuality) and rule.check == QualityCheck.DUPLICATE


def may_mirror(one: Selection, other: Selection) -> bool:
    """Tell whether some features may be subjects and objects at once."""
    return one.alike is None or other.alike is None or not one.alike.isdisjoint(other.alike)


def leaves_to(rule: Rule) -> dict[str, Any]:
    """Return the named parameters of leave_to_specific.sql."""
    pairs = [{"subjects": left.subject, "objects": left.object} for left in rule.left_to]
    return {"rule_code": rule.code, "left_to": json.dumps(pairs)}


def _between(rule: Rule, between: Selection | None) -> dict[str, Any]:
    """Return the parameters of what a rule asks of beside the two sides."""
    selector = between_selector(rule)
    if selector is None or between is None:
        return {"between": 0, "between_layers": [], "between_classes": []}
    return {
        "between": between.number,
        "between_layers": list(proving_layers(selector, between)),
        "between_classes": list(between.classes),
    }

"""Findings in groups: "Landfill X: 1,406 dwellings nearer than 1,000 m", not 1,406 lines.

A group is one rule and one place. The place is the subject or the object, whichever side of the
rule's findings has fewer of them: a landfill has many dwellings around it, a flood many in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from conflicts.explanations import explain, object_name, rule_of, subject_name
from conflicts.kinds import Rule, is_by_distance, object_selector
from conflicts.models import Finding
from conflicts.queries import SETTLED, SEVERITY_RANK, with_evidence
from conflicts.rule_parts import Selector
from conflicts.vocab import Severity
from conflicts.wording import amount, named_few
from layers.models import LandUseClass

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """The findings of one rule at one place, with the worst of them."""

    worst: Finding
    title: str
    severity: str
    severity_label: str
    sentence: str  # empty when the group is one finding
    explanation: str
    count: int
    settled: int
    query: str  # the list of its findings one by one


def groups_of(found: QuerySet[Finding]) -> Any:  # noqa: ANN401 - a QuerySet of rows
    """Return findings grouped by rule and place, gravest and largest first."""
    by_object = _rules_by_object(found)
    is_by_object = Q(pk__in=[])
    for book, code in by_object:
        is_by_object |= Q(rulebook_code=book, rule_code=code)
    return (
        found.order_by()
        .annotate(
            by_object=Case(When(is_by_object, then=Value(True)), default=Value(False)),  # noqa: FBT003
            hub_layer=Case(When(is_by_object, then=F("object_layer")), default=F("subject_layer")),
            hub=Case(When(is_by_object, then=F("object_id")), default=F("subject_id")),
        )
        .values("rulebook_code", "rule_code", "by_object", "hub_layer", "hub")
        .annotate(
            count=Count("pk"),
            settled=Count("pk", filter=Q(state__in=SETTLED)),
            rank=Max(SEVERITY_RANK),
            least=Min("current__measured_value"),
            most=Max("current__measured_value"),
            members=ArrayAgg(
                "pk",
                order_by=[SEVERITY_RANK.desc(), F("current__margin").asc(nulls_last=True), "pk"],
            ),
        )
        .order_by("-rank", "-count", "rulebook_code", "rule_code", "hub_layer", "hub")
    )


def described(rows: Iterable[Row]) -> list[Group]:
    """Return groups in words: two queries for a whole page."""
    listed = list(rows)
    worst = with_evidence(Finding.objects.all()).in_bulk([row["members"][0] for row in listed])
    names = {row.code: row.name for row in LandUseClass.objects.all()}
    return [_group(row, worst[row["members"][0]], names) for row in listed]


def _rules_by_object(found: QuerySet[Finding]) -> list[tuple[str, str]]:
    """Return the rules whose findings have fewer objects than subjects."""
    counted = (
        found.order_by()
        .values_list("rulebook_code", "rule_code")
        .annotate(
            subject_count=Count(Concat("subject_layer", Value("/"), "subject_id"), distinct=True),
            object_count=Count(Concat("object_layer", Value("/"), "object_id"), distinct=True),
        )
    )
    return [(book, code) for book, code, subjects, objects in counted if objects < subjects]


def _group(row: Row, worst: Finding, names: Mapping[str, str]) -> Group:
    seen = worst.current
    severity = list(Severity)[row["rank"]]
    return Group(
        worst=worst,
        title=seen.outcome.rule.title if seen and seen.outcome else worst.rule_code,
        severity=severity.value,
        severity_label=str(severity.label),
        sentence=_sentence(row, worst, names) if row["count"] > 1 else "",
        explanation=explain(worst),
        count=row["count"],
        settled=row["settled"],
        query=_query(row),
    )


def _query(row: Row) -> str:
    side = "object" if row["by_object"] else "subject"
    return urlencode(
        {
            "view": "each",
            "rulebook": row["rulebook_code"],
            "rule": row["rule_code"],
            f"{side}_layer": row["hub_layer"],
            side: row["hub"],
        }
    )


def _sentence(row: Row, worst: Finding, names: Mapping[str, str]) -> str:
    """Say how many there are around one place, and how far the worst goes."""
    seen = worst.current
    if seen is None or seen.outcome is None:
        return ""
    rule = rule_of(seen)
    others = rule.subject if row["by_object"] else object_selector(rule)
    said = {
        "place": _hub_name(row, worst, rule, names),
        "count": amount(row["count"], "place"),
        "others": _named(others, names),
        "least": amount(row["least"], seen.unit),
        "most": amount(row["most"], seen.unit),
        "required": amount(seen.required_value, seen.unit),
    }
    return _pattern(rule, seen.unit) % said


def _hub_name(row: Row, worst: Finding, rule: Rule, names: Mapping[str, str]) -> str:
    if not row["by_object"]:
        return subject_name(worst)
    return object_name(worst) or _named(object_selector(rule), names)


def _pattern(rule: Rule, unit: str) -> str:
    shared = _("%(place)s: %(count)s share ground with it (%(others)s), at most %(most)s.")
    inside = _("%(place)s: %(count)s lie in it (%(others)s).")
    outside = _("%(place)s: %(count)s lie outside it (%(others)s), with at most %(most)s.")
    nearer = _("%(place)s: %(count)s nearer than %(required)s (%(others)s), nearest %(least)s.")
    beside = _(
        "%(place)s: %(count)s border on it for more than %(required)s (%(others)s),"
        " at most %(most)s."
    )
    if unit == "place":
        shared = inside
        outside = _("%(place)s: %(count)s lie outside it (%(others)s).")
    return {
        "separation": nearer,
        "overlap": shared,
        "plan_vs_existing": shared,
        "plan_vs_plan": nearer if is_by_distance(rule) else shared,
        "reservation_encroachment": shared,
        "hazard_exposure": inside,
        "adjacency": beside,
        "containment": outside,
        "capacity": _("%(place)s: too little room in %(count)s places."),
        "service_coverage": _("%(place)s: too far for some in %(count)s places, at most %(most)s."),
        "data_quality": _("%(place)s: %(count)s such records."),
        "standard_violation": _("%(place)s: %(count)s do not keep its standard (%(others)s)."),
        "network_coordination": _("%(place)s: %(count)s are not served by it."),
        "obstacle_limitation": _("%(place)s: %(count)s reach above its surfaces (%(others)s)."),
    }[rule.kind]


def _named(selector: Selector, names: Mapping[str, str]) -> str:
    """Return what a selector means: its classes, else its layers or theme."""
    named = [names.get(code, code) for code in selector.classes]
    return named_few(named or list(selector.layers) or [selector.theme])

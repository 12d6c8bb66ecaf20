"""The pages of findings: the list with what cannot be told, one finding, and GeoJSON."""

import hashlib
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import condition, require_GET

from conflicts.explanations import (
    feature_name,
)
from conflicts.exports import geojson_feature
from conflicts.feature_findings import standing
from conflicts.filters import refuse_unknown_list, refuse_unknown_words, whole_number
from conflicts.forms import FindingFilterForm
from conflicts.groups import described, groups_of
from conflicts.life.views_bulk import bulk_context
from conflicts.models import WHOLE_LAYER, DetectionRun, Finding, FindingEvent
from conflicts.queries import (
    SETTLED,
    FindingFilter,
    answer_counts,
    findings,
    in_turn,
    latest_detection,
    narrowed,
    numbered,
    numbers_in_order,
    untold_outcomes,
)
from conflicts.review.report import MOST_AT_ONCE
from conflicts.review.stocktaking import keep_up
from conflicts.rows import finding_row
from conflicts.rule_answers import count_untold, hidden_slugs, rule_answer
from layers.models import Feature, Layer
from layers.numbers import unit_name
from layers.visibility import hidden_layers, seen_by
from layers.vocab import Answer

PAGE_SIZE = 50
MAP_LIMIT = 2_000
GREATEST_MAP_LIMIT = 10_000


@require_GET
def finding_list(request: HttpRequest) -> HttpResponse:
    """Show findings with filters and counts, and what the last detection cannot tell."""
    wanted = finding_filter(request)
    refuse_unknown_words(request.GET, "view", "page")
    refuse_unknown_list(request.GET.get("view", ""))
    is_placed = keep_up() if wanted.sangkat else True
    found = narrowed(wanted, reader=request.user)
    is_grouped = request.GET.get("view") != "each"
    listed: Any = groups_of(found) if is_grouped else numbers_in_order(found)
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    each = [] if is_grouped else numbered(page)
    query = request.GET.copy()
    query.pop("page", None)
    query.pop("lang", None)
    context = {
        "page": page,
        "is_placed": is_placed,
        "is_grouped": is_grouped,
        "count": found.count(),
        "rows": described(page) if is_grouped else [finding_row(finding) for finding in each],
        "form": FindingFilterForm(request.GET, reader=request.user),
        "filter_query": query.urlencode(),
        "file_query": urlencode(wanted.as_query()),
        "file_filters": wanted.as_query(),
        "printed_at_once": MOST_AT_ONCE,
        **_detection_context(wanted, hidden_slugs(request.user)),
        **detection_freshness(request),
        **bulk_context(request, each, found),
    }
    return render(request, "conflicts/findings.html", context)


def detection_freshness(request: HttpRequest) -> dict[str, Any]:
    """Return whether findings are being re-checked, and which layers changed since they were."""
    now, closed = standing(), set(hidden_layers(request.user).values_list("pk", flat=True))
    behind = [row for row in now.layers_behind if row.layer.pk not in closed]
    return {
        "is_rechecking": now.is_rechecking,
        "layers_behind": behind,
        "is_behind_unseen": len(behind) < len(now.changed_layers),
    }


def _map_etag(request: HttpRequest) -> str:
    """Change with the findings, decisions, layers' visibility, query, language and reader."""
    state = Finding.objects.aggregate(
        Max("last_seen"), Max("absent_since"), Count("id"), Max("current")
    )
    said = [
        state,
        DetectionRun.objects.aggregate(Max("run")),
        FindingEvent.objects.aggregate(Max("id")),
        list(Layer.objects.order_by("pk").values_list("pk", "visibility", "title_km", "title_en")),
        request.GET.urlencode(),
        getattr(request, "LANGUAGE_CODE", ""),
        seen_by(request.user),
    ]
    return f'"{hashlib.sha256(repr(said).encode()).hexdigest()[:32]}"'


@require_GET
@condition(etag_func=_map_etag)
def findings_geojson(request: HttpRequest) -> HttpResponse:
    """Return findings for the map, every rule in turn, at most ``limit`` of ``total``.

    Settled ones (resolved, dismissed) only when their state or number is asked for.
    ``untold_rules`` counts the rules that cannot tell everything: an empty map is no all-clear.
    """
    wanted = finding_filter(request)
    found = findings(wanted, reader=request.user)
    if not wanted.state and not request.GET.get("finding"):
        found = found.exclude(state__in=SETTLED)
    if number := request.GET.get("finding", ""):
        found = found.filter(pk=whole_number("finding", number, least=0, greatest=2**62))
    total = found.count()
    asked = request.GET.get("limit", str(MAP_LIMIT))
    limit = whole_number("limit", asked, least=1, greatest=GREATEST_MAP_LIMIT)
    detection = latest_detection(wanted.rulebook)
    body = {
        "type": "FeatureCollection",
        "features": [geojson_feature(f, _map_properties(f)) for f in in_turn(found)[:limit]],
        "total": total,
        "limit": limit,
        "detection": None if detection is None else detection.pk,
        "untold_rules": None if detection is None else len(untold_outcomes(detection)),
    }
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response["Content-Type"] = "application/geo+json"
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Cookie"
    return response


def finding_filter(request: HttpRequest) -> FindingFilter:
    """Return the filter that an address asks for."""
    names = FindingFilter.__dataclass_fields__
    return FindingFilter(**{name: request.GET.get(name, "").strip() for name in names})


def _detection_context(wanted: FindingFilter, hidden: frozenset[str]) -> dict[str, Any]:
    detection = latest_detection(wanted.rulebook)
    if detection is None:
        return {"detection": None}
    outcomes = detection.standing_outcomes.select_related("rule")
    if wanted.rule:
        outcomes = outcomes.filter(rule__code=wanted.rule)
    untold = [
        outcome
        for outcome in untold_outcomes(detection)
        if wanted.rule in {"", outcome.rule.code} and wanted.kind in {"", outcome.rule.kind}
    ]
    asked = [rule_answer(o, hidden=hidden) for o in outcomes] if wanted.rule else []
    return {
        "detection": detection,
        "outcomes": outcomes,
        "answers": {Answer(a): n for a, n in answer_counts(detection).items()},
        "asked_rule": wanted.rule,
        "asked": asked,
        "untold": [] if asked else [rule_answer(o, hidden=hidden) for o in untold],
        "untold_count": count_untold(untold),
    }


def _map_properties(finding: Finding) -> dict[str, Any]:
    row = finding_row(finding)
    seen = finding.current
    subject, concerned = (None, None) if seen is None else (seen.subject_row, seen.object_row)
    return {
        "id": finding.pk,
        "rule": finding.rule_code,
        "title": row["title"],
        "message": row["explanation"],
        "severity": finding.severity,
        "severity_label": finding.get_severity_display(),
        "state": finding.state,
        "state_label": finding.get_state_display(),
        "basis": finding.basis,
        "basis_label": finding.get_basis_display(),
        "may_block": finding.may_block,
        "present": finding.is_present,
        "measured": None if seen is None else seen.measured_value,
        "required": None if seen is None else seen.required_value,
        "unit": "" if seen is None else unit_name(seen.unit),
        "subject": _party(finding.subject_layer, finding.subject_id, subject),
        "object": _party(finding.object_layer, finding.object_id, concerned),
        "url": reverse("finding", args=[finding.pk]),
    }


def _party(layer: str, stable_id: str, row: Feature | None) -> dict[str, str]:
    """Return one side of a finding; of a hazard map the polygon that is worst."""
    is_map = stable_id == WHOLE_LAYER
    shown = row.stable_id if is_map and row is not None else stable_id
    return {"layer": layer, "stable_id": shown, "name": feature_name(row, shown)}

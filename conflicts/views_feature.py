"""What is open about the features at a place, for the map."""

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain
from conflicts.feature_findings import FeatureKey, Standing, open_findings, standing
from conflicts.models import Finding
from conflicts.queries import with_evidence
from conflicts.wording import amount
from layers.errors import NotFoundError
from layers.models import Feature
from layers.visibility import visible_layers

MOST_FEATURES = 100
WORST_LISTED = 5


@require_GET
def feature_findings(request: HttpRequest) -> JsonResponse:
    """Return the open findings of features: ``?feature=facilities/FAC-1&feature=zones/R-12``.

    ``is_current`` is false, and the reasons are named, when "none" would mean "nobody looked".
    """
    keys = _asked_for(request)
    seen = visible_layers(request.user).filter(slug__in={key.layer for key in keys})
    _refuse_unknown(keys, set(seen.values_list("slug", flat=True)))
    numbers = open_findings(keys, reader=request.user)
    worst = {number for found in numbers.values() for number in found[:WORST_LISTED]}
    listed = with_evidence(Finding.objects.filter(pk__in=worst)).in_bulk()
    body = _standing_content(standing(), request) | {
        "features": [_feature_content(key, numbers.get(key, []), listed) for key in keys]
    }
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Cookie"
    return response


def _asked_for(request: HttpRequest) -> list[FeatureKey]:
    asked = list(dict.fromkeys(request.GET.getlist("feature")))
    if not 1 <= len(asked) <= MOST_FEATURES or not all("/" in text for text in asked):
        raise RuleFieldError(
            "feature",
            _("%(count)s features were named.") % {"count": len(asked)},
            remedy=_("Give 1 to %(most)s, each as layer/number: feature=facilities/FAC-1")
            % {"most": MOST_FEATURES},
        )
    return [FeatureKey(*text.split("/", 1)) for text in asked]


def _refuse_unknown(keys: list[FeatureKey], slugs: set[str]) -> None:
    """Refuse a feature that is not there or may not be seen: "no findings" would be no answer."""
    names = {key.stable_id for key in keys}
    current = Feature.objects.filter(layer__slug__in=slugs, stable_id__in=names, retired_in=None)
    known = set(current.values_list("layer__slug", "stable_id"))
    for key in keys:
        if tuple(key) not in known:
            raise NotFoundError(
                _("There is no feature '%(name)s' that you may see.") % {"name": "/".join(key)},
                remedy=_("It may have been removed since the map was drawn: reload the map."),
            )


def _standing_content(now: Standing, request: HttpRequest) -> dict[str, Any]:
    """Return how far the findings can be trusted; layers the reader may not see stay unnamed."""
    seen = set(visible_layers(request.user).values_list("pk", flat=True))
    return {
        "detected": bool(now.detections),
        "is_current": now.is_current,
        "is_rechecking": now.is_rechecking,
        "changed_layers": [layer.title for layer in now.changed_layers if layer.pk in seen],
        "unasked_rulebooks": [book.title for book in now.unasked_rulebooks],
        "untold_rules": now.untold_rules,
    }


def _feature_content(
    key: FeatureKey, numbers: list[int], listed: dict[int, Finding]
) -> dict[str, Any]:
    return {
        "layer": key.layer,
        "stable_id": key.stable_id,
        "total": len(numbers),
        "worst": [_finding_content(listed[number]) for number in numbers[:WORST_LISTED]],
    }


def _finding_content(finding: Finding) -> dict[str, Any]:
    seen = finding.current
    rule = None if seen is None or seen.outcome is None else seen.outcome.rule
    return {
        "id": finding.pk,
        "rule": finding.rule_code,
        "title": finding.rule_code if rule is None else rule.title,
        "message": explain(finding),
        "measured": "" if seen is None else amount(seen.measured_value, seen.unit),
        "severity": finding.severity,
        "severity_label": finding.get_severity_display(),
        "state_label": finding.get_state_display(),
        "basis": finding.basis,
        "basis_label": finding.get_basis_display(),
        "url": reverse("finding", args=[finding.pk]),
    }

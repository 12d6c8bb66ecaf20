"""A study in the reader's words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from conflicts.explanations import basis_sentence, explain_gap_of_place
from conflicts.models import Rule as RuleRow
from conflicts.rule_schema import rule_from_data
from conflicts.siting.forms import HECTARE_M2
from conflicts.siting.models import SitingStudy
from conflicts.siting.publication import COLOURS, areas_slug, site_name, sites_slug
from conflicts.siting.vocab import SITING_THEME, Criterion, Siting
from layers.models import Layer
from layers.numbers import percent, quantity

UNITS = {Criterion.ROAD: "m", Criterion.SLOPE: "%"}


def study_tables(kept: SitingStudy) -> dict[str, Any]:
    """Return what the page of an answered study shows."""
    result = kept.result or {}
    rules = {row.code: row for row in kept.rulebook.rules.select_related("rulebook")}
    areas = areas_slug(kept.use.code)
    return {
        "areas": _areas(result),
        "rules": [_rule(rules[each["rule"]], each) for each in _deciding(result["rules"])],
        "silent": [
            rules[each["rule"]]
            for each in result["rules"]
            if not each["decides_m2"] and each["rule"] in rules
        ],
        "set_aside": [_rule(rules[each["rule"]], each) for each in result["set_aside"]],
        "criteria": list(_criteria(kept)),
        "sites": [_site(each) for each in result["sites"]],
        "areas_layer": areas,
        "sites_layer": sites_slug(kept.use.code),
        "cell_m": result["cell_m"],
        "asked_area": quantity(kept.question["area_m2"] / HECTARE_M2, "ha", 2),
        "used": ", ".join(
            f"{slug} v{number}" for slug, number in sorted(kept.data_versions.items())
        ),
        "is_newest": not _newer(kept),
        "has_changed": sorted(_changed(kept)),
    }


def _newer(kept: SitingStudy) -> bool:
    later = SitingStudy.objects.filter(use=kept.use, pk__gt=kept.pk)
    return later.filter(result__isnull=False).exists()


def _changed(kept: SitingStudy) -> Iterator[str]:
    """Yield the layers that have another version now than the study used, or are new or gone."""
    others = Layer.objects.exclude(theme=SITING_THEME).exclude(published_number=None)
    now = dict(others.values_list("slug", "published_number"))
    studies = Layer.objects.filter(theme=SITING_THEME).values_list("slug", flat=True)
    for slug in (now.keys() | kept.data_versions.keys()) - set(studies):
        if now.get(slug) != kept.data_versions.get(slug):
            yield slug


def _areas(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    whole = sum(result["areas_m2"].values()) or 1.0
    return [
        {
            "code": str(siting),
            "label": siting.label,
            "colour": COLOURS[siting],
            "area": quantity(result["areas_m2"][siting] / HECTARE_M2, "ha", 1),
            "share": percent(result["areas_m2"][siting] / whole),
        }
        for siting in Siting
    ]


def _deciding(rules: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rules that decide some ground, those that decide most first."""
    deciding = [each for each in rules if each["decides_m2"]]
    return sorted(deciding, key=lambda each: (-sum(each["decides_m2"].values()), each["rule"]))


def _rule(row: RuleRow, told: Mapping[str, Any]) -> dict[str, Any]:
    by_siting = {siting.code: siting for siting in Siting}
    return {
        "row": row,
        "basis": basis_sentence(row.basis, rule_from_data(row.definition).provision),
        "areas": [
            {
                "label": by_siting[int(code)].label,
                "area": quantity(area_m2 / HECTARE_M2, "ha", 1),
            }
            for code, area_m2 in sorted(told.get("decides_m2", {}).items(), reverse=True)
        ],
        "gaps": [explain_gap_of_place(gap) for gap in told["gaps"]],
    }


def _criteria(kept: SitingStudy) -> Iterator[dict[str, Any]]:
    question = kept.question
    for criterion in Criterion:
        told = (kept.result or {})["criteria"][criterion]
        yield {
            "label": criterion.label,
            "weight": question["weights"].get(criterion, 0),
            "limit": _written(criterion, question["limits"].get(criterion)),
            "is_measured": told["is_measured"],
            "layers": ", ".join(told["layers"]),
        }


def _written(criterion: Criterion, value: float | None) -> str:
    if value is None:
        return "–"
    if criterion in UNITS:
        return quantity(value, UNITS[criterion], 1)
    return percent(value)


def _site(site: Mapping[str, Any]) -> dict[str, Any]:
    west, south, east, north = site["bounds"]
    siting = Siting(site["siting"])
    if site["broken"] and siting == Siting.ALLOWED:
        siting = Siting.CONDITIONAL
    return {
        "rank": site["rank"],
        "label": siting.label,
        "code": str(siting),
        "hectares": quantity((east - west) * (north - south) / HECTARE_M2, "ha", 2),
        "room": quantity(site["room_m2"] / HECTARE_M2, "ha", 1),
        "score": site["score"],
        "values": [_written(criterion, site["values"].get(criterion)) for criterion in Criterion],
        "broken": site["broken"],
        "untold": site["untold"],
        "name": site_name(site["rank"]),
        "check": _("breaks %(rules)s") % {"rules": ", ".join(site["broken"])}
        if site["broken"]
        else "",
    }

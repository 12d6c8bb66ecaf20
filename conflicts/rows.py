"""One finding in the reader's words, as lists, pages and the map show it."""

from typing import Any

from conflicts.explanations import (
    basis_sentence,
    explain,
    layers_used,
    object_name,
    rule_of,
    subject_name,
)
from conflicts.models import Finding, Observation
from conflicts.wording import amount
from layers.property_names import property_title, property_value

MAP_FACTS = (
    "hazard_class",
    "depth_min_m",
    "depth_max_m",
    "return_period_years",
    "scenario",
    "run",
)


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return one finding as every page shows it."""
    seen = finding.current
    rule = None if seen is None or seen.outcome is None else seen.outcome.rule
    return {
        "finding": finding,
        "title": finding.rule_code if rule is None else rule.title,
        "explanation": explain(finding),
        "measured": "–" if seen is None else amount(seen.measured_value, seen.unit),
        "required": "–" if seen is None else amount(seen.required_value, seen.unit),
        "margin": "–" if seen is None else amount(seen.margin, seen.unit),
    }


def finding_evidence(finding: Finding) -> dict[str, Any]:
    """Return what a finding rests on: rule, provision, both sides, versions of the data."""
    seen = finding.current
    if seen is None or seen.outcome is None:
        return {}
    rule = rule_of(seen)
    versions = seen.detection.data_versions
    return {
        "seen": seen,
        "rule": seen.outcome.rule,
        "provision": rule.provision,
        "note_en": rule.note,
        "basis_sentence": basis_sentence(rule.basis, rule.provision),
        "subject": subject_name(finding),
        "object": object_name(finding),
        "versions": {slug: versions.get(slug) for slug in layers_used(finding, rule)},
        "map_facts": _facts(seen),
    }


def _facts(seen: Observation) -> dict[str, str]:
    """Return what the hazard map states, each with its name and value for the reader."""
    return {
        property_title(name, {}): property_value(name, seen.facts[name], {})
        for name in MAP_FACTS
        if name in seen.facts
    }

"""Answers to what-if as data for programs, and as tables for people."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import shapely
from django.utils import translation
from shapely.geometry.base import BaseGeometry

from conflicts.alternatives.answers import Answer, Difference, Listed
from conflicts.alternatives.vocab import Effect
from conflicts.asked_rules import AskedRule
from conflicts.explanations import explain, object_name, subject_name
from conflicts.judgements import LANGUAGES
from conflicts.kinds import is_unrated
from conflicts.models import Finding
from conflicts.vocab import Severity
from layers.crs import to_wgs84
from layers.vocab import BLOCKING_BASES
from layers.vocab import Answer as Verdict

# What stands once the changes are made.
STANDS = (Effect.APPEARS, Effect.WORSE, Effect.STAYS, Effect.BETTER)


def answer_as_json(answer: Answer) -> dict[str, Any]:
    """Return what one alternative brings; names and sentences in both languages."""
    return {
        "name": answer.alternative.name,
        "counts": counts(answer),
        "findings": [_finding(each) for each in answer.listed],
        "found": len(answer.differences),
        "listed": len(answer.listed),
        "cannot_tell": [
            _rule(each.asked) | {"missing": [dict(text) for text in each.missing]}
            for each in answer.untold
        ],
        "complies": [asked.code for asked in answer.complies],
        "left_out": [_rule(asked) for asked in answer.left_out],
        "rules": {"in_force": answer.rules, "concerned": answer.concerned},
    }


def counts(answer: Answer) -> dict[str, dict[str, int]]:
    """Return by effect how many findings of each severity, and how many in all."""
    by_effect: dict[str, Counter[str]] = {str(effect): Counter() for effect in Effect}
    for each in answer.differences:
        by_effect[each.effect][each.hit["severity"]] += 1
    return {
        effect: {**{s: found[s] for s in map(str, Severity) if found[s]}, "all": found.total()}
        for effect, found in by_effect.items()
    }


def _rule(asked: AskedRule) -> dict[str, Any]:
    rule = asked.rule
    return {
        "rulebook": str(asked.row.rulebook),
        "rule": rule.code,
        "kind": rule.kind,
        "title": {"km": rule.title.km, "en": rule.title.en},
        "basis": str(rule.basis),
        "may_block": rule.basis in BLOCKING_BASES,
        "provision": asdict(rule.provision),
    }


def _finding(listed: Listed) -> dict[str, Any]:
    each, finding = listed.difference, listed.finding
    hit = each.hit
    said = _in_both(finding)
    is_open = is_unrated(each.asked.rule)
    return _rule(each.asked) | {
        "effect": str(each.effect),
        "answer": str(Verdict.CANNOT_TELL if is_open else Verdict.FAILS),
        "severity": hit["severity"],
        "subject": _party(hit, "subject", said),
        "object": _party(hit, "object", said) if hit["object_id"] else None,
        "unit": hit["unit"],
        "measured": hit["measured_value"],
        "asked": hit["required_value"],
        "margin": hit["margin"],
        "before": None if each.before is None else _values(each.before),
        "explanation": said["explanation"],
        "evidence": evidence(each),
        "known": None
        if listed.known is None
        else {"finding": listed.known.pk, "state": listed.known.state},
    }


def _values(hit: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "severity": hit["severity"],
        "measured": hit["measured_value"],
        "margin": hit["margin"],
    }


def _party(hit: Mapping[str, Any], side: str, said: Mapping[str, Any]) -> dict[str, Any]:
    return {"layer": hit[f"{side}_layer"], "id": hit[f"{side}_id"], "name": said[side]}


def _in_both(finding: Finding) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = {"explanation": {}, "subject": {}, "object": {}}
    for language in LANGUAGES:
        with translation.override(language):
            told["explanation"][language] = explain(finding)
            told["subject"][language] = subject_name(finding)
            told["object"][language] = object_name(finding)
    return told


def evidence(each: Difference) -> dict[str, Any]:
    """Return the shortest line or the shared ground as GeoJSON, in longitude and latitude."""
    shape: BaseGeometry = to_wgs84(shapely.from_wkb(bytes(each.hit["witness"])))
    return dict(shapely.geometry.mapping(shape))


def compared(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    """Return the rules by which alternatives differ, with how many findings each has of each."""
    by_rule: dict[str, dict[str, Any]] = {}
    for place, answer in enumerate(answers):
        for each in answer.differences:
            row = by_rule.setdefault(
                each.asked.code, {"asked": each.asked, "numbers": [0] * len(answers)}
            )
            row["numbers"][place] += each.effect in STANDS
    differing = [row for row in by_rule.values() if len(set(row["numbers"])) > 1]
    return sorted(differing, key=lambda row: _turn(row["asked"]))


def _turn(asked: AskedRule) -> tuple[int, str]:
    return -Severity(asked.rule.severity).rank, asked.code


def severity_rows(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """Return per severity how many findings stand with each alternative, and how many are new."""
    told = [
        (
            Counter(d.hit["severity"] for d in answer.differences if d.effect in STANDS),
            Counter(d.hit["severity"] for d in answer.differences if d.effect == Effect.APPEARS),
        )
        for answer in answers
    ]
    return [
        {"severity": s, "numbers": [(stands[s], new[s]) for stands, new in told]}
        for s in reversed(Severity)
    ]

"""What each rule answered in a detection, and what it lacks: few findings are no all-clear."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import translation

from conflicts.explanations import explain_gap
from conflicts.models import DetectionRun, RuleOutcome

LANGUAGES = ("km", "en")


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleAnswer:
    """One rule's answer with what is missing, in the reader's language."""

    outcome: RuleOutcome
    gaps: tuple[str, ...]

    @property
    def is_told_in_part(self) -> bool:
        """Tell whether conflicts were found and yet something is missing."""
        return bool(self.gaps) and self.outcome.answer != "cannot_tell"


@dataclass(frozen=True, kw_only=True, slots=True)
class UntoldCount:
    """How many rules lack something: of all, and those that found conflicts nevertheless."""

    wholly: int
    in_part: int

    @property
    def every(self) -> int:
        """Rules that cannot tell everything."""
        return self.wholly + self.in_part


def rule_answer(outcome: RuleOutcome, *, names_places: bool) -> RuleAnswer:
    """Return one rule's answer; places are named only to readers who may see all layers."""
    gaps = tuple(explain_gap(gap, with_examples=names_places) for gap in outcome.missing)
    return RuleAnswer(outcome=outcome, gaps=gaps)


def count_untold(untold: Iterable[RuleOutcome]) -> UntoldCount:
    """Count the rules with a gap by whether they found conflicts besides."""
    answers = [outcome.answer for outcome in untold]
    wholly = answers.count("cannot_tell")
    return UntoldCount(wholly=wholly, in_part=len(answers) - wholly)


def rule_records(
    detection: DetectionRun | None, rule: str = "", *, names_places: bool = True
) -> list[dict[str, Any]]:
    """Return what each rule (or one) answered, as flat data in both languages."""
    if detection is None:
        return []
    outcomes = detection.outcomes.select_related("rule").order_by("rule__code")
    if rule:
        outcomes = outcomes.filter(rule__code=rule)
    versions = ", ".join(f"{slug} v{n}" for slug, n in sorted(detection.data_versions.items()))
    return [_record(outcome, names_places) | {"data_versions": versions} for outcome in outcomes]


def _record(outcome: RuleOutcome, names_places: bool) -> dict[str, Any]:  # noqa: FBT001
    missing = {}
    for language in LANGUAGES:
        with translation.override(language):
            missing[language] = " ".join(rule_answer(outcome, names_places=names_places).gaps)
    return {
        "rule": outcome.rule.code,
        "title_km": outcome.rule.title_km,
        "title_en": outcome.rule.title_en,
        "answer": outcome.answer,
        "cannot_tell": "" if not outcome.missing else _extent(outcome),
        "missing_km": missing["km"],
        "missing_en": missing["en"],
        "severity": outcome.rule.severity,
        "basis": outcome.rule.basis,
        "places_checked": outcome.subjects_checked,
        "conflicts": outcome.pairs_found,
        "exempted": outcome.pairs_exempted,
        "detection": outcome.detection_id,
    }


def _extent(outcome: RuleOutcome) -> str:
    return "wholly" if outcome.answer == "cannot_tell" else "in part"


def detection_record(detection: DetectionRun | None) -> dict[str, Any] | None:
    """Return which detection, rule book and versions of data a file of findings rests on."""
    if detection is None:
        return None
    return {
        "number": detection.pk,
        "rulebook": detection.rulebook.code,
        "rulebook_version": detection.rulebook.version,
        "finished_at": detection.run.finished_at and detection.run.finished_at.isoformat(),
        "data_versions": dict(detection.data_versions),
    }

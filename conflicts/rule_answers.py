"""What each rule answered in a detection, and what it lacks: few findings are no all-clear."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from conflicts.explanations import explain_gap, explain_ground
from conflicts.models import DetectionRun, RuleOutcome
from conflicts.vocab import Gap
from layers.visibility import Reader, hidden_layers, visible_layers
from layers.vocab import Answer

LANGUAGES = ("km", "en")


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleAnswer:
    """One rule's answer with what is missing, in the reader's language."""

    outcome: RuleOutcome
    gaps: tuple[str, ...]
    ground: str  # of how much ground it speaks

    @property
    def is_told_in_part(self) -> bool:
        """Tell whether some places were told and yet something is missing."""
        return bool(self.gaps) and self.outcome.tells_of_some


@dataclass(frozen=True, kw_only=True, slots=True)
class UntoldCount:
    """How many rules lack something: those that found conflicts all the same, and the others."""

    with_conflicts: int  # their answer is 'does not comply'; elsewhere there may be more
    wholly: int  # of no place, so their answer is 'cannot tell'
    in_part: int  # of some places only, and their answer is 'cannot tell' too

    @property
    def cannot_tell(self) -> int:
        """Rules whose answer is 'cannot tell'."""
        return self.wholly + self.in_part

    @property
    def every(self) -> int:
        """Rules that cannot tell everything."""
        return self.with_conflicts + self.cannot_tell


def rule_answer(outcome: RuleOutcome, *, hidden: Collection[str] = ()) -> RuleAnswer:
    """Return one rule's answer without the names of hidden layers.

    Places are named only to readers who may see all layers.
    """
    gaps = tuple(
        explain_gap(_without_names(gap, hidden), with_examples=not hidden)
        for gap in outcome.missing
    )
    ground = explain_ground(outcome.surveyed_m2, outcome.city_m2)
    return RuleAnswer(outcome=outcome, gaps=gaps, ground=ground)


def _without_names(gap: Mapping[str, Any], hidden: Collection[str]) -> Mapping[str, Any]:
    """Return what is missing with hidden layers told of, not named."""
    named = gap.get("layers", ())
    seen = [slug for slug in named if slug not in hidden]
    if len(seen) == len(named):
        return gap
    return {**gap, "layers": [*seen, _("a layer that is not public")]}


def count_untold(untold: Iterable[RuleOutcome]) -> UntoldCount:
    """Count the rules with a gap by their answer, and by whether they can tell of some places."""
    listed = list(untold)
    told = [outcome.tells_of_some for outcome in listed if outcome.answer != Answer.FAILS]
    return UntoldCount(
        with_conflicts=len(listed) - len(told), wholly=told.count(False), in_part=told.count(True)
    )


def rule_records(
    detection: DetectionRun | None, rule: str = "", *, reader: Reader | None = None
) -> list[dict[str, Any]]:
    """Return what each rule (or one) answered, as flat data in both languages.

    Nothing of layers the reader may not see is named; None: who holds the database.
    """
    if detection is None:
        return []
    outcomes = detection.standing_outcomes.select_related("rule").order_by("rule__code")
    if rule:
        outcomes = outcomes.filter(rule__code=rule)
    hidden = hidden_slugs(reader)
    used = sorted(_versions_shown(detection, reader).items())
    versions = ", ".join(f"{slug} v{number}" for slug, number in used)
    return [_record(outcome, hidden) | {"data_versions": versions} for outcome in outcomes]


def hidden_slugs(reader: Reader | None) -> frozenset[str]:
    """Return the names of the layers a reader may not see; None: who holds the database."""
    if reader is None:
        return frozenset()
    return frozenset(hidden_layers(reader).values_list("slug", flat=True))


def _versions_shown(detection: DetectionRun, reader: Reader | None) -> dict[str, int]:
    """Return the versions of data a detection used, of layers that are there and may be seen."""
    used = dict(detection.data_versions)
    if reader is None:
        return used
    seen = set(visible_layers(reader).values_list("slug", flat=True))
    return {slug: number for slug, number in used.items() if slug in seen}


def _record(outcome: RuleOutcome, hidden: Collection[str]) -> dict[str, Any]:
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = rule_answer(outcome, hidden=hidden)
    return {
        "rule": outcome.rule.code,
        "title_km": outcome.rule.title_km,
        "title_en": outcome.rule.title_en,
        "answer": outcome.answer,
        "cannot_tell": "" if not outcome.missing else _extent(outcome),
        "missing_km": " ".join(said["km"].gaps),
        "missing_en": " ".join(said["en"].gaps),
        "surveyed_m2": outcome.surveyed_m2,
        "city_m2": outcome.city_m2,
        "ground_km": said["km"].ground,
        "ground_en": said["en"].ground,
        "severity": outcome.rule.severity,
        "basis": outcome.rule.basis,
        "places_checked": outcome.subjects_checked,
        "conflicts": outcome.pairs_found,
        "exempted": outcome.pairs_exempted,
        "detection": outcome.detection_id,
    }


def _extent(outcome: RuleOutcome) -> str:
    return "in part" if outcome.tells_of_some else "wholly"


def ground_summary(detection: DetectionRun) -> str:
    """Say in one sentence how many rules miss ground nobody looked at, and the widest such gap."""
    gaps = [
        gap
        for missing in detection.standing_outcomes.values_list("missing", flat=True)
        for gap in missing
        if gap["gap"] == Gap.GROUND_NOT_SURVEYED
    ]
    if gaps:
        widest = max(gaps, key=lambda gap: (not gap["city_m2"], gap["unsurveyed_m2"]))
        return _("Rules that cannot tell of all ground: %(count)s. The widest gap: %(gap)s") % {
            "count": len(gaps),
            "gap": explain_gap(widest),
        }
    areas = detection.standing_outcomes.filter(city_m2=None).exclude(surveyed_m2=None)
    least = areas.order_by("surveyed_m2").first()
    return "" if least is None else explain_ground(least.surveyed_m2, None)


def detection_record(
    detection: DetectionRun | None, *, reader: Reader | None = None
) -> dict[str, Any] | None:
    """Return which detection, rule book and versions of data a file of findings rests on.

    Layers the reader may not see are left out; None: who holds the database.
    """
    if detection is None:
        return None
    return {
        "number": detection.pk,
        "rulebook": detection.rulebook.code,
        "rulebook_version": detection.rulebook.version,
        "finished_at": detection.run.finished_at and detection.run.finished_at.isoformat(),
        "data_versions": _versions_shown(detection, reader),
    }

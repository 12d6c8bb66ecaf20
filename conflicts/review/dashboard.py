"""The dashboard of findings: every number with the list that shows exactly those findings."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from conflicts.filters import (
    OUTSIDE,
    UNPLACED,
    YES,
    FindingFilter,
    refuse_unknown,
    sangkat_version,
)
from conflicts.life.queries import OVERDUE
from conflicts.models import DetectionRun, Finding, FindingEvent, Rule, RuleOutcome
from conflicts.queries import (
    SEVERITY_RANK,
    latest_detection,
    narrowed,
    untold_outcomes,
    with_evidence,
)
from conflicts.review import counts
from conflicts.review.counts import Counted, CountRow, Number
from conflicts.review.resting import Hidden, hidden_with
from conflicts.review.stocktaking import keep_up
from conflicts.review.vocab import age_groups, kind_name
from conflicts.vocab import Change, FindingState, Gap, Note, Severity
from layers.catalogue.places import sangkat_choices
from layers.models import in_reader_language
from layers.visibility import Reader, hidden_layers
from layers.vocab import RunState

NEWEST, WORST = 5, 5
TREND = 12  # detections
KEPT_S = 3_600
TOLD_CHANGES = (Change.NEW, Change.WORSE, Change.REOPENED, Change.BETTER, Change.GONE)


@dataclass(frozen=True, kw_only=True, slots=True)
class UntoldOfKind:
    """How many rules of a kind cannot tell everything, out of how many."""

    rules: int
    untold: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TrendRow:
    """What one detection changed."""

    detection: DetectionRun
    changes: Sequence[Number]


def dashboard(reader: Reader, rulebook: str = "") -> dict[str, Any]:
    """Return all that the dashboard shows this reader, of one rule book or of all.

    Raises
    ------
    RuleFieldError
        There is no such rule book.
    """
    hidden = hidden_with(hidden_layers(reader).values_list("slug", flat=True))
    refuse_unknown(asdict(FindingFilter(rulebook=rulebook)), hidden.layers)
    is_placed = keep_up()
    known = _known(reader, hidden, rulebook, is_placed=is_placed)
    counted = known.counted
    unsettled = [row for row in counted if not row.is_settled]
    detection = latest_detection(rulebook)
    blind = {} if hidden.layers else blind_places(detection)
    tables = {
        "kinds": _kinds(counted, detection),
        "sangkats": [(row, blind.get(row.name, 0)) for row in _sangkats(reader, counted)],
        "ages": counts.by_age(counted, age_groups(timezone.localdate())),
        "states": counts.by_state(counted, {s.value: str(s.label) for s in FindingState}),
        "trend": _trend(hidden, rulebook),
    }
    return {
        **tables,
        "detection": detection,
        "is_placed": is_placed,
        "severities": [(s.value, s.label) for s in counts.GRAVEST_FIRST],
        "changes": [change.label for change in TOLD_CHANGES],
        "total": counts.total(unsettled, {"unsettled": YES}),
        "crossing": _crossing(unsettled),
        "by_severity": _by_severity(unsettled),
        "unrecheckable": counts.total(
            [row for row in unsettled if row.note == Note.CANNOT_RECHECK],
            {"note": Note.CANNOT_RECHECK.value, "unsettled": YES},
        ),
        "overdue": _counted_by_list(reader, rulebook, {"due": OVERDUE}),
        "waiting": _counted_by_list(reader, rulebook, {"waiting": YES}),
        "newest": _in_this_order(known.newest),
        "worst": _in_this_order(known.worst),
        "untold": _untold_total(detection),
    }


def _kinds(
    counted: Sequence[Counted], detection: DetectionRun | None
) -> list[tuple[CountRow, UntoldOfKind]]:
    """Return the kinds that were asked or found, each with what it cannot tell."""
    asked = _asked(detection)
    rules = Counter(outcome.rule.kind for outcome in asked)
    untold = Counter(outcome.rule.kind for outcome in asked if outcome.missing)
    found = {row.kind for row in counted}
    names = {kind: kind_name(kind) for kind in sorted(found | set(rules))}
    return [
        (row, UntoldOfKind(rules=rules[row.key], untold=untold[row.key]))
        for row in counts.by_kind(counted, names)
    ]


def _asked(detection: DetectionRun | None) -> list[RuleOutcome]:
    if detection is None:
        return []
    return list(detection.standing_outcomes.select_related("rule"))


def _untold_total(detection: DetectionRun | None) -> UntoldOfKind:
    untold = 0 if detection is None else len(untold_outcomes(detection))
    return UntoldOfKind(rules=len(_asked(detection)), untold=untold)


def blind_places(detection: DetectionRun | None) -> dict[str, int]:
    """Return how many rules miss ground in each place, by the place's name for the reader."""
    rules: Counter[str] = Counter()
    for outcome in [] if detection is None else untold_outcomes(detection):
        gaps = [gap for gap in outcome.missing if gap["gap"] == Gap.GROUND_NOT_SURVEYED]
        named = [place for gap in gaps for place in gap.get("places", ())]
        rules.update({in_reader_language(place["km"], place["en"]) for place in named})
    return dict(rules)


def _sangkats(reader: Reader, counted: Sequence[Counted]) -> list[CountRow]:
    """Return a line per sangkat the reader may see, and what lies in none of them."""
    names = dict(sangkat_choices(reader))
    if not names:
        return []
    places = {place for row in counted if not row.is_settled for place in row.places}
    beside = {OUTSIDE: _("outside every sangkat"), UNPLACED: _("not looked up yet")}
    names |= {place: name for place, name in beside.items() if place in places}
    return counts.by_sangkat(counted, names)


def _crossing(unsettled: Sequence[Counted]) -> int:
    return sum(row.count for row in unsettled if len(row.sangkats or ()) > 1)


def _by_severity(unsettled: Sequence[Counted]) -> list[tuple[str, str, Number]]:
    [row] = counts.table([("", each) for each in unsettled], {"": ""}, {"": {"unsettled": YES}})
    pairs = zip(counts.GRAVEST_FIRST, row.by_severity, strict=True)
    return [(severity.value, str(severity.label), number) for severity, number in pairs]


def _counted_by_list(reader: Reader, rulebook: str, filters: Mapping[str, str]) -> Number:
    """Return the length of a list that the counts do not tell apart."""
    listed = narrowed(FindingFilter(rulebook=rulebook, **filters), reader=reader)
    return Number(listed.count(), filters)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What takes a look at every finding: the counts, and which are the newest and the worst."""

    counted: list[Counted]
    newest: list[int]
    worst: list[int]


def _known(reader: Reader, hidden: Hidden, rulebook: str, *, is_placed: bool) -> Known:
    """Return it as it was looked up last, as long as nothing has happened since."""
    key = "findings-at-a-glance-" + _stamp(hidden, rulebook)
    kept: Known | None = cache.get(key) if is_placed else None
    if kept is not None:
        return kept
    counted = counts.counted_findings(hidden=hidden, rulebook=rulebook)
    known = Known(
        counted=counted,
        newest=_newest(reader, rulebook),
        worst=_worst(reader, rulebook, [row for row in counted if not row.is_settled]),
    )
    if is_placed:
        cache.set(key, known, KEPT_S)
    return known


def _stamp(hidden: Hidden, rulebook: str) -> str:
    """Return what changes with every detection, every step of a finding, every day and reader.

    Numbers are given before they are stored: how many there are tells of one that came late.
    """
    steps = FindingEvent.objects.aggregate(Max("pk"), Count("pk"))
    runs = DetectionRun.objects.filter(run__state=RunState.SUCCEEDED)
    detections = runs.aggregate(Max("pk"), Count("pk"), Max("run__finished_at"))
    said = [
        connection.settings_dict["NAME"],
        steps,
        detections,
        Rule.objects.aggregate(Max("pk"), Count("pk")),
        sangkat_version(),
        timezone.localdate(),
        hidden.as_parameters(),
        rulebook,
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _in_this_order(numbers: Sequence[int]) -> list[Finding]:
    found = with_evidence(Finding.objects.filter(pk__in=numbers)).in_bulk()
    return [found[number] for number in numbers if number in found]


def _newest(reader: Reader, rulebook: str) -> list[int]:
    newest = _unsettled(reader, rulebook).order_by("-first_seen_id", SEVERITY_RANK.desc(), "pk")
    return list(newest.values_list("pk", flat=True)[:NEWEST])


def _worst(reader: Reader, rulebook: str, unsettled: Sequence[Counted]) -> list[int]:
    """Return findings of the gravest severity there is, each rule's worst."""
    ranks = [Severity(row.severity).rank for row in unsettled]
    if not ranks:
        return []
    gravest = list(Severity)[max(ranks)]
    found = _unsettled(reader, rulebook).filter(severity=gravest)
    worst = found.order_by("rulebook_code", "rule_code", "current__margin", "pk")
    chosen = worst.distinct("rulebook_code", "rule_code").values_list("pk", flat=True)
    return list(chosen[:WORST])


def _unsettled(reader: Reader, rulebook: str) -> Any:  # noqa: ANN401 - a QuerySet
    return narrowed(FindingFilter(rulebook=rulebook, unsettled=YES), reader=reader)


def _trend(hidden: Hidden, rulebook: str) -> list[TrendRow]:
    """Return what the newest detections changed, the newest first."""
    runs = DetectionRun.objects.filter(run__state=RunState.SUCCEEDED)
    if rulebook:
        runs = runs.filter(rulebook__code=rulebook)
    taken = runs.select_related("run", "rulebook", "stocktaking").exclude(stocktaking=None)
    return [_trend_row(run, hidden) for run in taken.order_by("-pk")[:TREND]]


def _trend_row(detection: DetectionRun, hidden: Hidden) -> TrendRow:
    sums: Counter[str] = Counter()
    for seen in detection.stocktaking.tally:
        if hidden.shows(seen, detection.rulebook.code):
            sums[seen["change"]] += seen["count"]
    asked = {"detection": str(detection.pk)}
    return TrendRow(
        detection=detection,
        changes=[
            Number(sums[change], {**asked, "change": change.value}) for change in TOLD_CHANGES
        ],
    )

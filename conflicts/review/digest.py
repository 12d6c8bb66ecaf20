"""What a week brought: new, worse and reopened conflicts, what is overdue, what runs out soon.

A digest is made once, when its week is over, from what is stored then; it never changes, so the
same week gives the same file. Who reads it sees what they may see.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from conflicts.exports import finding_record
from conflicts.filters import SETTLED, UNPLACED
from conflicts.life.vocab import AcceptanceState
from conflicts.models import Acceptance, DetectionRun, Finding, Observation
from conflicts.queries import SEVERITY_RANK, latest_detection, untold_outcomes, with_evidence
from conflicts.review.models import WeeklyDigest
from conflicts.review.resting import Hidden, hidden_with
from conflicts.review.stocktaking import take_stock
from conflicts.vocab import Change, Severity
from layers.models import in_reader_language

SECTIONS = ("new", "worse", "reopened", "overdue", "expiring")
# Of each section so many are told one by one, the gravest first; all are counted.
MOST_TOLD = 300
EXPIRES_WITHIN = timedelta(days=30)
# After a long rest so many weeks are made up for, the newest.
MOST_WEEKS = 12
WEEK = timedelta(days=7)
Row = Mapping[str, Any]
# What a tally tells findings apart by, beside their sangkats, and the fields it is read from.
_TALLIED = {
    "severity": "severity",
    "rulebook": "rulebook_code",
    "rule": "rule_code",
    "subject_layer": "subject_layer",
    "object_layer": "object_layer",
}


def monday_of(day: date) -> date:
    """Return the first day of a day's week (ISO 8601: Monday)."""
    return day - timedelta(days=day.weekday())


def due_weeks(today: date | None = None) -> list[date]:
    """Return the Mondays of the weeks that are over and have no digest, the oldest first."""
    first = DetectionRun.objects.order_by("pk").values_list("run__queued_at", flat=True).first()
    if first is None:
        return []
    this_week = monday_of(today or timezone.localdate())
    begins = monday_of(timezone.localtime(first).date())
    weeks = [begins + WEEK * n for n in range((this_week - begins) // WEEK)][-MOST_WEEKS:]
    made = set(WeeklyDigest.objects.values_list("week_begins", flat=True))
    return [week for week in weeks if week not in made]


def make_due_digests(today: date | None = None) -> list[WeeklyDigest]:
    """Make the digests of all weeks that are over and have none; those made stay as they are.

    None while another takes stock: the weeks stay due.
    """
    weeks = due_weeks(today)
    if weeks and not take_stock():  # it would say "outside" of what is not looked up yet
        return []
    return [make_digest(week) for week in weeks]


def make_digest(week_begins: date) -> WeeklyDigest:
    """Return the digest of a week: the one that was made, else a new one."""
    made = WeeklyDigest.objects.filter(week_begins=week_begins).first()
    if made is not None:
        return made
    digest, _made_now = WeeklyDigest.objects.get_or_create(
        week_begins=week_begins, defaults={"content": _content(week_begins)}
    )
    return digest


def _content(week_begins: date) -> dict[str, Any]:
    detection = latest_detection()
    return {
        "detection": None if detection is None else detection.pk,
        "rules": 0 if detection is None else detection.standing_outcomes.count(),
        "untold": 0 if detection is None else len(untold_outcomes(detection)),
        "sections": {
            name: _section(found, days) for name, found, days in _sections_of(week_begins)
        },
    }


def _sections_of(
    week_begins: date,
) -> Iterator[tuple[str, QuerySet[Finding], Mapping[int, str]]]:
    """Yield each section's name, findings, and the day that counts for some of them."""
    ends = week_begins + WEEK
    in_week = _detections_in(week_begins, ends)
    yield "new", Finding.objects.filter(first_seen__in=in_week), {}
    for name, change in (("worse", Change.WORSE), ("reopened", Change.REOPENED)):
        seen = Observation.objects.filter(detection__in=in_week, change=change)
        yield name, Finding.objects.filter(pk__in=seen.values("finding")), {}
    late = Finding.objects.filter(Q(handling__due_on__lt=ends) & ~Q(state__in=SETTLED))
    yield "overdue", late, _days(late.values_list("pk", "handling__due_on"))
    ending = Acceptance.objects.filter(
        state=AcceptanceState.APPROVED, valid_to__gte=ends, valid_to__lt=ends + EXPIRES_WITHIN
    )
    yield (
        "expiring",
        Finding.objects.filter(pk__in=ending.values("finding")),
        _days(ending.values_list("finding", "valid_to")),
    )


def _days(pairs: Any) -> dict[int, str]:  # noqa: ANN401 - a QuerySet of pairs
    return {number: day.isoformat() for number, day in pairs if day is not None}


def _detections_in(begins: date, ends: date) -> list[int]:
    zone = timezone.get_default_timezone()
    moment = Coalesce("run__finished_at", "run__started_at", "run__queued_at")
    bounds = [datetime.combine(day, time(), zone) for day in (begins, ends)]
    runs = DetectionRun.objects.annotate(moment=moment)
    return list(
        runs.filter(moment__gte=bounds[0], moment__lt=bounds[1]).values_list("pk", flat=True)
    )


def _section(found: QuerySet[Finding], days: Mapping[int, str]) -> dict[str, Any]:
    tally: Counter[tuple[Any, ...]] = Counter()
    for *alike, sangkats in found.values_list(*_TALLIED.values(), "place__sangkats").iterator():
        tally[*alike, (UNPLACED,) if sangkats is None else tuple(sangkats)] += 1
    gravest = with_evidence(found).order_by(SEVERITY_RANK.desc(), "rule_code", "pk")[:MOST_TOLD]
    return {
        "tally": [
            {
                **dict(zip(_TALLIED, alike, strict=True)),
                "sangkats": list(sangkats),
                "count": count,
            }
            for (*alike, sangkats), count in sorted(tally.items())
        ],
        "rows": [{**finding_record(f), "day": days.get(f.pk, "")} for f in gravest],
    }


def section_names() -> dict[str, str]:
    """Return what the sections are called."""
    return {
        "new": _("New"),
        "worse": _("Worse"),
        "reopened": _("Came back"),
        "overdue": _("Overdue"),
        "expiring": _("Acceptance runs out within 30 days"),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownSection:
    """A section as a reader may see it."""

    name: str
    count: int
    by_sangkat: Sequence[tuple[str, int]]
    rows: Sequence[Row]

    @property
    def label(self) -> str:
        """What the section is called, in the reader's language."""
        return section_names()[self.name]

    @property
    def left_out(self) -> int:
        """How many are counted and not told one by one."""
        return self.count - len(self.rows)


def shown_sections(
    digest: WeeklyDigest, *, hidden: frozenset[str], names: Mapping[str, str]
) -> list[ShownSection]:
    """Return a digest's sections without what tells of hidden layers, with sangkats' names."""
    sections = digest.content["sections"]
    closed = hidden_with(hidden)
    return [_shown(name, sections[name], closed, names) for name in SECTIONS]


def _shown(
    name: str, section: Mapping[str, Any], hidden: Hidden, names: Mapping[str, str]
) -> ShownSection:
    tally = [each for each in section["tally"] if hidden.shows(each)]
    by_sangkat: Counter[str] = Counter()
    for each in tally:
        for sangkat in each["sangkats"] or [""]:
            by_sangkat[sangkat] += each["count"]
    named = {**names, "": _("outside every sangkat"), UNPLACED: _("not looked up yet")}
    return ShownSection(
        name=name,
        count=sum(each["count"] for each in tally),
        by_sangkat=[(named.get(key, key), count) for key, count in sorted(by_sangkat.items())],
        rows=[_in_words(row) for row in section["rows"] if hidden.shows(row)],
    )


def _in_words(row: Row) -> Row:
    """Return a finding as it was told, with what is said in the reader's language."""
    told = {
        name: in_reader_language(str(row.get(f"{name}_km") or ""), str(row.get(f"{name}_en") or ""))
        for name in ("title", "explanation")
    }
    return {**row, **told, "severity_name": str(Severity(row["severity"]).label)}

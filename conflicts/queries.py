"""Questions about rule books and findings that one ORM query answers."""

from collections.abc import Iterable
from dataclasses import asdict

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.filters import SETTLED, FindingFilter, condition_of, of_rules, refuse_unknown
from conflicts.models import DetectionRun, Finding, RuleBook, RuleOutcome
from conflicts.review.resting import hidden_with
from conflicts.vocab import RuleBookStatus, Severity
from layers.errors import NotFoundError
from layers.visibility import Reader, hidden_layers
from layers.vocab import Answer

__all__ = [
    "IDENTITY",
    "SETTLED",
    "SEVERITY_RANK",
    "FindingFilter",
    "answer_counts",
    "finding_numbered",
    "findings",
    "in_turn",
    "latest_detection",
    "narrowed",
    "numbered",
    "numbers_in_order",
    "rulebook_named",
    "untold_outcomes",
    "with_evidence",
]

SEVERITY_RANK = Case(
    *(When(severity=severity, then=Value(severity.rank)) for severity in Severity),
    output_field=IntegerField(),
)
IDENTITY = ("subject_layer", "subject_id", "object_layer", "object_id")


def rulebook_named(code: str, version: int | None = None) -> RuleBook:
    """Return one version of a rule book: as asked, else the one in force, else the newest."""
    versions = RuleBook.objects.filter(code=code)
    if version is not None:
        versions = versions.filter(version=version)
    found = (
        versions.filter(status=RuleBookStatus.RATIFIED).first()
        or versions.order_by("-version").first()
    )
    if found is not None:
        return found
    known = ", ".join(sorted(set(RuleBook.objects.values_list("code", flat=True)))) or "none yet"
    asked = f"'{code}'" if version is None else f"'{code}' version {version}"
    raise NotFoundError(
        _("There is no rule book %(asked)s.") % {"asked": asked},
        remedy=_("Known: %(known)s. Load one: ./krong rulebook load FILE.yaml") % {"known": known},
    )


def findings(wanted: FindingFilter, *, reader: Reader | None = None) -> QuerySet[Finding]:
    """Return findings with what their page and map need, gravest first."""
    found = with_evidence(narrowed(wanted, reader=reader))
    return found.order_by(SEVERITY_RANK.desc(), "rule_code", *IDENTITY)


def numbers_in_order(found: QuerySet[Finding]) -> QuerySet[Finding, int]:
    """Return the numbers of findings, gravest first, without their evidence."""
    ordered = found.order_by(SEVERITY_RANK.desc(), "rule_code", *IDENTITY)
    return ordered.values_list("pk", flat=True)


def numbered(numbers: Iterable[int]) -> list[Finding]:
    """Return these findings with their evidence, in this order."""
    wanted = list(numbers)
    found = with_evidence(Finding.objects.filter(pk__in=wanted)).in_bulk()
    return [found[number] for number in wanted]


def in_turn(found: QuerySet[Finding]) -> QuerySet[Finding]:
    """Order findings gravest first and the worst of each rule before the second worst of any.

    A short list then shows every rule, not the thousand dwellings around one landfill.
    """
    turn = Window(
        RowNumber(),
        partition_by=[F("rulebook_code"), F("rule_code"), F("severity")],
        order_by=[F("current__margin").asc(nulls_last=True), F("pk").asc()],
    )
    return found.annotate(turn=turn).order_by(SEVERITY_RANK.desc(), "turn", "rule_code", *IDENTITY)


def narrowed(wanted: FindingFilter, *, reader: Reader | None) -> QuerySet[Finding]:
    """Return the findings that are wanted, without their evidence.

    Those that touch a layer the reader may not see, or whose rule reads one, are left out; None:
    who holds the database.
    """
    closed = (
        frozenset()
        if reader is None
        else frozenset(hidden_layers(reader).values_list("slug", flat=True))
    )
    refuse_unknown(asdict(wanted), closed)
    if wanted.assigned and reader is not None and not reader.is_authenticated:
        raise RuleFieldError(
            "assigned",
            _("who sees to a conflict is told to signed-in accounts only."),
            remedy=_("Sign in, or leave it out."),
        )
    found = Finding.objects.filter(condition_of(wanted))
    if reader is not None:
        found = found.exclude(Q(subject_layer__in=closed) | Q(object_layer__in=closed))
    if closed and (rules := hidden_with(closed).rules):
        found = found.exclude(of_rules(rules))
    return found


def with_evidence(found: QuerySet[Finding]) -> QuerySet[Finding]:
    """Join what was last measured: rule, run, and both features as they stood then.

    The features' own shapes stay behind: the evidence has its own, and a road may be large.
    """
    joined = found.select_related(
        "handling",
        "current__outcome__rule__rulebook",
        "current__detection",
        "first_seen__run",
        "place",
        "current__subject_row__layer",
        "current__subject_row__land_use",
        "current__object_row__layer",
        "current__object_row__land_use",
    )
    return joined.defer("current__subject_row__geometry", "current__object_row__geometry")


def finding_numbered(number: int, *, reader: Reader | None = None) -> Finding:
    """Return one finding with its evidence."""
    found = findings(FindingFilter(), reader=reader).filter(pk=number).first()
    if found is None:
        raise NotFoundError(
            _("There is no finding number %(number)s.") % {"number": number},
            remedy=_("The list of findings is at /findings/."),
        )
    return found


def latest_detection(rulebook_code: str = "") -> DetectionRun | None:
    """Return the newest finished detection (of one rule book)."""
    runs = DetectionRun.objects.filter(run__state="succeeded")
    if rulebook_code:
        runs = runs.filter(rulebook__code=rulebook_code)
    return runs.select_related("run", "rulebook").order_by("-run_id").first()


def untold_outcomes(detection: DetectionRun) -> list[RuleOutcome]:
    """Return the outcomes of a detection that could not tell everything, gravest rules first."""
    gaps = detection.standing_outcomes.exclude(missing=[]).select_related("rule")
    return sorted(gaps, key=lambda o: (-Severity(o.rule.severity).rank, o.rule.code))


def answer_counts(detection: DetectionRun) -> dict[str, int]:
    """Return how many rules got each of the four answers."""
    answers = list(detection.standing_outcomes.values_list("answer", flat=True))
    return {str(answer): answers.count(answer) for answer in Answer}

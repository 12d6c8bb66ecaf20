"""Measures that are to end a conflict: planned, reported as done, shown by a detection."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from conflicts.life.ending import end_standing
from conflicts.life.errors import FieldMissingError, NothingWaitsError
from conflicts.life.services import keep_measure
from conflicts.life.steps import hold, record, require_words
from conflicts.life.vocab import Step
from conflicts.models import Finding, FindingEvent, Mitigation


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """What is to be done, by which office and by when; the document that orders it."""

    measure: str
    office: str
    due_on: date
    document: str = ""


@transaction.atomic
def plan_mitigation(
    *, finding: Finding, by: User, planned: Measure, if_match: str | None = None
) -> FindingEvent:
    """Plan a measure; one planned before ends. The finding is 'being put right' meanwhile."""
    require_words("measure", planned.measure)
    held = hold(finding, Step.PLAN_MITIGATION, by, reason=planned.measure, if_match=if_match)
    require_words("office", planned.office)
    if planned.due_on < timezone.localdate():
        raise FieldMissingError(
            "due_on", _("The day has passed."), remedy=_("Give today or a later day.")
        )
    held.set(held.handling, office=planned.office.strip(), due_on=planned.due_on)
    held.after |= {"document": planned.document.strip()} if planned.document.strip() else {}
    event = record(held)
    held.finding.mitigations.filter(ended_at=None).update(ended_at=timezone.now())
    Mitigation.objects.create(
        finding=held.finding,
        measure=held.reason,
        office=planned.office.strip(),
        due_on=planned.due_on,
        document=planned.document.strip(),
        planned_by=by,
    )
    end_standing(held.finding)
    keep_measure(held)
    return event


@transaction.atomic
def report_mitigation(
    *, finding: Finding, by: User, evidence: str, if_match: str | None = None
) -> FindingEvent:
    """Report a measure as done, with evidence; only a detection shows whether it helped."""
    require_words("evidence", evidence)
    held = hold(finding, Step.REPORT_MITIGATION, by, reason=evidence, if_match=if_match)
    standing = held.finding.mitigations.filter(ended_at=None, done_at=None).first()
    if standing is None:
        raise NothingWaitsError(
            _("No measure of this conflict waits to be reported as done."),
            remedy=_("Plan one first."),
        )
    standing.done_at, standing.done_by = timezone.now(), by
    standing.done_evidence = held.reason
    standing.save()
    return record(held)

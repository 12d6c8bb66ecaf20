"""What a planner decides about a finding: looked at, given to someone, dismissed, opened again.

Every service takes one step in one transaction and writes it into the history, or refuses it with
a sentence and stores nothing. ``if_match`` is the validator of the finding as the person saw it
(``life.etags``); None only where the caller holds the row itself.
"""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from conflicts.life.ending import end_standing
from conflicts.life.errors import FieldMissingError, NothingWaitsError
from conflicts.life.steps import Held, hold, record, require_words
from conflicts.life.vocab import Step
from conflicts.models import Finding, FindingEvent
from conflicts.vocab import Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Who is to see to a finding, and by when."""

    assignee: User | None = None
    office: str = ""
    due_on: date | None = None


@transaction.atomic
def triage(
    *, finding: Finding, by: User, reason: str, severity: str = "", if_match: str | None = None
) -> FindingEvent:
    """Record that a planner looked at a finding and confirms or changes how grave it is.

    The severity of the rule stays what it is and stays shown; the planner's own counts.
    """
    held = hold(finding, Step.TRIAGE, by, reason=reason, if_match=if_match)
    grade = severity or held.finding.severity
    if grade not in Severity:
        raise FieldMissingError(
            "severity",
            _("'%(value)s' is unknown.") % {"value": grade[:40]},
            remedy=_("Use one of: %(known)s.") % {"known": ", ".join(Severity.values)},
        )
    own = "" if grade == held.finding.severity else grade
    held.set(held.handling, severity=own)
    return record(held)


@transaction.atomic
def assign(
    *, finding: Finding, by: User, task: Task, reason: str = "", if_match: str | None = None
) -> FindingEvent:
    """Give a finding to an account or an office, with a day by which it is due; or to nobody."""
    held = hold(finding, Step.ASSIGN, by, reason=reason, if_match=if_match)
    if task.due_on and not (task.assignee or task.office.strip()):
        raise FieldMissingError(
            "assignee",
            _("A day is given, but nobody to whom it matters."),
            remedy=_("Choose an account or name an office."),
        )
    held.set(held.handling, assignee=task.assignee, office=task.office.strip(), due_on=task.due_on)
    return record(held)


@transaction.atomic
def dismiss(
    *, finding: Finding, by: User, reason: str, if_match: str | None = None
) -> FindingEvent:
    """Record that a finding is no conflict, or rests on wrong data.

    It is open again when it gets worse, or when shape, class or lifecycle of either side change.
    """
    held = hold(finding, Step.DISMISS, by, reason=reason, if_match=if_match)
    event = record(held)
    end_standing(held.finding)
    keep_measure(held)
    return event


@transaction.atomic
def reopen(*, finding: Finding, by: User, reason: str, if_match: str | None = None) -> FindingEvent:
    """Take back what was decided: the finding is open again."""
    held = hold(finding, Step.REOPEN, by, reason=reason, if_match=if_match)
    event = record(held)
    end_standing(held.finding)
    return event


@transaction.atomic
def record_existing_use(
    *, finding: Finding, by: User, existed: bool, evidence: str, if_match: str | None = None
) -> FindingEvent:
    """State that the use existed before the plan or rule, or that it did not; with evidence.

    The statement counts more than the dates of the data, and stays until another is made.
    """
    require_words("evidence", evidence)
    held = hold(finding, Step.RECORD_USE, by, reason=evidence, if_match=if_match)
    held.set(held.handling, existing_use=existed, existing_evidence=evidence.strip())
    held.finding.is_existing_use = existed
    held.finding.save(update_fields=["is_existing_use"])
    return record(held)


def keep_measure(held: Held) -> None:
    """Remember what was measured when the decision that stands was taken.

    Raises
    ------
    NothingWaitsError
        Nothing was measured: the decision would stand whatever is measured later.
    """
    if held.finding.current is None:
        raise NothingWaitsError(
            _("Nothing was measured of this finding yet."), remedy=_("Detect first.")
        )
    handling = held.handling
    handling.decided_on = held.finding.current
    handling.save(update_fields=["decided_on"])

"""Conflicts that are lived with for a time: one person proposes, another approves or refuses."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from conflicts.life.ending import end_standing
from conflicts.life.errors import (
    DecidingNotAllowedError,
    FieldMissingError,
    NothingWaitsError,
    SamePersonError,
    WorseSinceError,
)
from conflicts.life.services import keep_measure
from conflicts.life.steps import Held, hold, record, require_words, says_something
from conflicts.life.vocab import AcceptanceState, Step
from conflicts.lifecycle import NOISE_M, NOISE_M2
from conflicts.models import Acceptance, Finding, FindingEvent, Observation
from conflicts.vocab import Severity
from conflicts.wording import amount
from layers.models import Layer
from layers.numbers import day


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """On what an acceptance rests and when it ends: on a day, or with a new version of a plan."""

    document: str
    valid_to: date | None = None
    plan_layer: str = ""
    exemption: str = ""


@transaction.atomic
def propose_acceptance(
    *, finding: Finding, by: User, reason: str, terms: Terms, if_match: str | None = None
) -> FindingEvent:
    """Propose that a conflict is lived with for a time; nothing is accepted yet.

    Where the rule rests on law or on the plan in force, the exemption that the law itself allows
    must be named: Krong knows of none and adds none.
    """
    held = hold(finding, Step.PROPOSE, by, reason=reason, if_match=if_match)
    require_words("document", terms.document)
    if held.finding.may_block:
        require_exemption(held.finding, terms)
    plan = _plan(terms)
    _refuse_second(held.finding)
    seen = _measured(held.finding)
    Acceptance.objects.create(
        finding=held.finding,
        reason=held.reason,
        document=terms.document.strip(),
        exemption=terms.exemption.strip() if says_something(terms.exemption) else "",
        valid_to=terms.valid_to,
        plan_layer="" if plan is None else plan.slug,
        plan_number=None if plan is None else plan.published_number,
        proposed_by=by,
        proposed_on=seen,
    )
    held.after |= _told(terms)
    return record(held)


def require_exemption(finding: Finding, terms: Terms) -> None:
    """Refuse to accept what rests on law without the law's own exemption."""
    if says_something(terms.exemption):
        return
    raise FieldMissingError(
        "exemption",
        _("The rule rests on '%(basis)s': it cannot be accepted without an exemption by that law.")
        % {"basis": finding.get_basis_display()},
        remedy=_("Name the provision that allows the exemption, as the law itself says."),
    )


def _plan(terms: Terms) -> Layer | None:
    """Return the plan with whose next version the acceptance ends; None: on a day."""
    if (terms.valid_to is None) == (not terms.plan_layer):
        raise FieldMissingError(
            "valid_to",
            _("An acceptance must end: on a day, or with the next version of a plan layer."),
            remedy=_("Give a last day, or a layer of the plan; not both."),
        )
    if terms.valid_to is not None:
        if terms.valid_to < timezone.localdate():
            raise FieldMissingError(
                "valid_to",
                _("%(day)s has passed.") % {"day": day(terms.valid_to)},
                remedy=_("Give today or a later day."),
            )
        return None
    plan = plan_layers().filter(slug=terms.plan_layer).first()
    if plan is None:
        raise FieldMissingError(
            "plan_layer",
            _("'%(slug)s' is no published layer of a plan.") % {"slug": terms.plan_layer[:60]},
            remedy=_("Choose one from the list, or give a last day."),
        )
    return plan


def plan_layers() -> QuerySet[Layer]:
    """Return the published layers of plans."""
    is_plan = Q(theme__startswith="plan") | Q(theme__startswith="zon")
    plans = Layer.objects.filter(is_plan).exclude(published_number=None)
    return plans.order_by("slug")


def _refuse_second(finding: Finding) -> None:
    if finding.acceptances.filter(state=AcceptanceState.PROPOSED).exists():
        raise NothingWaitsError(
            _("An acceptance of this conflict waits already."),
            remedy=_("Withdraw it first, or let it be decided."),
        )


def _measured(finding: Finding) -> Observation:
    if finding.current is None:
        raise NothingWaitsError(
            _("Nothing was measured of this finding yet."), remedy=_("Detect first.")
        )
    return finding.current


def _told(terms: Terms) -> dict[str, str]:
    told = {
        "document": terms.document.strip(),
        "exemption": terms.exemption.strip(),
        "valid_to": "" if terms.valid_to is None else terms.valid_to.isoformat(),
        "plan_layer": terms.plan_layer,
    }
    return {name: value for name, value in told.items() if value}


@transaction.atomic
def approve_acceptance(
    *, finding: Finding, by: User, reason: str, if_match: str | None = None
) -> FindingEvent:
    """Put a proposed acceptance in force; only who did not propose it may.

    It ends on its day or with the plan, or as soon as the conflict is worse than it is now.
    """
    held = hold(finding, Step.APPROVE, by, reason=reason, if_match=if_match)
    waiting = _waiting(held)
    _refuse_worse(held.finding, waiting.proposed_on)
    if held.finding.may_block:
        require_exemption(held.finding, Terms(document="", exemption=waiting.exemption))
    _refuse_ended(waiting)
    held.after |= {"document": waiting.document, **_told(_terms(waiting))}
    event = record(held)
    former = held.finding.acceptances.filter(state=AcceptanceState.APPROVED)
    former.update(state=AcceptanceState.ENDED, ended_at=timezone.now())
    _decide(waiting, AcceptanceState.APPROVED, held)
    end_standing(held.finding)
    keep_measure(held)
    return event


def _refuse_ended(waiting: Acceptance) -> None:
    """Refuse what would end at once: its day has passed, or its plan has another version."""
    if waiting.valid_to is not None and waiting.valid_to < timezone.localdate():
        raise NothingWaitsError(
            _("The day to which it was proposed has passed."),
            remedy=_("Refuse it; it can be proposed again with another day."),
        )
    plan = Layer.objects.filter(slug=waiting.plan_layer, published_number=waiting.plan_number)
    if waiting.plan_layer and not plan.exists():
        raise NothingWaitsError(
            _("The plan under which it was proposed has another version since."),
            remedy=_("Refuse it; it can be proposed again under the plan as it is now."),
        )


def _terms(acceptance: Acceptance) -> Terms:
    return Terms(
        document=acceptance.document,
        valid_to=acceptance.valid_to,
        plan_layer=acceptance.plan_layer,
        exemption=acceptance.exemption,
    )


@transaction.atomic
def refuse_acceptance(
    *, finding: Finding, by: User, reason: str, if_match: str | None = None
) -> FindingEvent:
    """Refuse a proposed acceptance with a reason; the finding stays as it was."""
    held = hold(finding, Step.REFUSE, by, reason=reason, if_match=if_match)
    _decide(_waiting(held), AcceptanceState.REFUSED, held)
    return record(held)


@transaction.atomic
def withdraw_acceptance(
    *, finding: Finding, by: User, reason: str, if_match: str | None = None
) -> FindingEvent:
    """Take back one's own proposal."""
    held = hold(finding, Step.WITHDRAW, by, reason=reason, if_match=if_match)
    waiting = _waiting(held, is_own=True)
    _decide(waiting, AcceptanceState.WITHDRAWN, held)
    return record(held)


def _waiting(held: Held, *, is_own: bool = False) -> Acceptance:
    waiting = held.finding.acceptances.filter(state=AcceptanceState.PROPOSED)
    found = waiting.select_related("proposed_on").first()
    if found is None:
        raise NothingWaitsError(
            _("No acceptance of this conflict waits for approval."),
            remedy=_("Propose one first."),
        )
    if is_own and found.proposed_by_id != held.by.pk:
        raise DecidingNotAllowedError
    if not is_own and found.proposed_by_id == held.by.pk:
        raise SamePersonError
    return found


def _refuse_worse(finding: Finding, proposed: Observation) -> None:
    """Refuse what is worse now than when it was proposed, by more than the noise of drawing."""
    now = _measured(finding)
    noise = NOISE_M2 if now.unit == "m2" else NOISE_M
    is_nearer = (now.margin or 0.0) < (proposed.margin or 0.0) - noise
    if is_nearer or Severity(finding.severity).rank > Severity(proposed.severity).rank:
        raise WorseSinceError(
            proposed=amount(proposed.measured_value, proposed.unit),
            now=amount(now.measured_value, now.unit),
        )


def _decide(acceptance: Acceptance, state: AcceptanceState, held: Held) -> None:
    acceptance.state = state
    acceptance.decided_by = held.by
    acceptance.decided_at = timezone.now()
    acceptance.decision_reason = held.reason
    acceptance.save()

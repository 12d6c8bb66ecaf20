"""Questions about the life of findings that one ORM query answers."""

from django.contrib.auth.models import Permission, User
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from conflicts.life.vocab import AcceptanceState
from conflicts.models import Acceptance, Finding, Handling, Mitigation
from conflicts.vocab import APPROVE_ACCEPTANCE, DECIDE_FINDING, FindingState

# The severity that counts: the planner's own where there is one, else the rule's.
WEIGHT = Coalesce(NullIf(F("handling__severity"), Value("")), F("severity"))
OVERDUE = "overdue"
SETTLED = (FindingState.RESOLVED, FindingState.DISMISSED)


def weight(finding: Finding) -> str:
    """Return the severity that counts of one finding."""
    handling = handling_of(finding)
    return (handling.severity if handling else "") or finding.severity


def handling_of(finding: Finding) -> Handling | None:
    """Return what stands of the decisions on a finding; None where nobody decided anything."""
    return Handling.objects.select_related("assignee", "decided_on").filter(finding=finding).first()


def given_to(user: User) -> Q:
    """Return the condition of the findings that an account is to see to."""
    return Q(handling__assignee=user) & ~Q(state__in=SETTLED)


def overdue() -> Q:
    """Return the condition of the findings whose day has passed and that are not settled."""
    return Q(handling__due_on__lt=timezone.localdate()) & ~Q(state__in=SETTLED)


def life_condition(assigned: str, due: str, waiting: str, existing: str) -> Q:
    """Return the condition of a filter: of whom, overdue, waiting for approval, existing uses."""
    condition = Q()
    if assigned:
        condition &= Q(handling__assignee__username=assigned)
    if due:
        condition &= overdue()
    if waiting:
        proposed = Acceptance.objects.filter(state=AcceptanceState.PROPOSED)
        condition &= Q(pk__in=proposed.values("finding"))
    if existing:
        condition &= Q(is_existing_use=True)
    return condition


def waiting_acceptance(finding: Finding) -> Acceptance | None:
    """Return the acceptance of a finding that waits for approval."""
    return _acceptance(finding, AcceptanceState.PROPOSED)


def acceptance_in_force(finding: Finding) -> Acceptance | None:
    """Return the acceptance of a finding that is in force."""
    return _acceptance(finding, AcceptanceState.APPROVED)


def _acceptance(finding: Finding, state: str) -> Acceptance | None:
    found = finding.acceptances.filter(state=state)
    return found.select_related("proposed_by", "decided_by", "proposed_on").first()


def standing_mitigation(finding: Finding) -> Mitigation | None:
    """Return the measure that is to end a finding and has not been given up."""
    standing = finding.mitigations.filter(ended_at=None)
    return standing.select_related("finding__last_seen__run", "planned_by", "done_by").first()


def who_may_decide() -> QuerySet[User]:
    """Return the accounts to which a finding can be given."""
    codes = [right.partition(".")[2] for right in (DECIDE_FINDING, APPROVE_ACCEPTANCE)]
    rights = Permission.objects.filter(content_type__app_label="conflicts", codename__in=codes)
    holds = Q(user_permissions__in=rights) | Q(groups__permissions__in=rights)
    named = User.objects.filter(holds | Q(is_superuser=True), is_active=True)
    return named.distinct().order_by("username")

"""The people who decide about findings in tests, and decisions taken as they take them."""

from datetime import timedelta

from django.contrib.auth.models import Permission, User
from django.utils import timezone

from conflicts.life.acceptance import Terms, approve_acceptance, propose_acceptance
from conflicts.life.mitigation import Measure, plan_mitigation
from conflicts.life.services import dismiss, triage
from conflicts.models import Finding

REASON = "Agreed in the meeting"
A_YEAR = timedelta(days=365)


def account(name, *rights):
    """An account with these rights; the same one when it is asked for again."""
    user = User.objects.get_or_create(username=name)[0]
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    return User.objects.get(pk=user.pk)  # permissions are read once per object


def planner():
    """Who triages, assigns, proposes and dismisses."""
    return account("sokha", "decide_finding")


def officer():
    """Who signs what another proposed."""
    return account("dara", "approve_acceptance")


def terms(**more):
    """A year from today, by minutes of a meeting; with an exemption, so that any rule allows it."""
    stated = {"document": "Minutes 12", "exemption": "Article 9"}
    if "plan_layer" not in more:
        stated["valid_to"] = timezone.localdate() + A_YEAR
    return Terms(**stated | more)


def accept(finding, *, reason=REASON, **more):
    """Propose and approve, by two persons."""
    propose_acceptance(finding=finding, by=planner(), reason=reason, terms=terms(**more))
    return approve_acceptance(finding=finding, by=officer(), reason=reason)


def mitigate(finding, *, measure="Move the gate", days=30):
    """Plan a measure."""
    planned = Measure(
        measure=measure,
        office="Public works",
        due_on=timezone.localdate() + timedelta(days=days),
    )
    return plan_mitigation(finding=finding, by=planner(), planned=planned)


def decide(finding, state, *, reason=REASON, **more):
    """Bring an open finding into a state as people, or a detection, do; return it as it stands."""
    if state == "resolved":
        Finding.objects.filter(pk=finding.pk).update(state="resolved", step="resolved")
    elif state == "accepted":
        accept(finding, reason=reason, **more)
    elif state == "mitigating":
        mitigate(finding)
    elif state == "dismissed":
        dismiss(finding=finding, by=planner(), reason=reason)
    elif state == "triaged":
        triage(finding=finding, by=planner(), reason=reason)
    return Finding.objects.select_related("current").get(pk=finding.pk)

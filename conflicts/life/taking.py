"""From what a person filled in to the service that takes the step."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import User

from conflicts.life import acceptance, mitigation, services
from conflicts.life.vocab import Step
from conflicts.models import Finding, FindingEvent

Said = Mapping[str, Any]
Taking = Callable[..., FindingEvent]


def _by_reason(service: Taking, said: Said) -> Taking:
    return partial(service, reason=said["reason"])


def _triage(said: Said) -> Taking:
    return partial(services.triage, reason=said["reason"], severity=said["severity"])


def _assign(said: Said) -> Taking:
    task = services.Task(assignee=said["assignee"], office=said["office"], due_on=said["due_on"])
    return partial(services.assign, task=task)


def _propose(said: Said) -> Taking:
    names = ("document", "exemption", "valid_to", "plan_layer")
    terms = acceptance.Terms(**{name: said[name] for name in names})
    return partial(acceptance.propose_acceptance, reason=said["reason"], terms=terms)


def _plan(said: Said) -> Taking:
    names = ("measure", "office", "due_on", "document")
    planned = mitigation.Measure(**{name: said[name] for name in names})
    return partial(mitigation.plan_mitigation, planned=planned)


def _record_use(said: Said) -> Taking:
    return partial(services.record_existing_use, existed=said["existed"], evidence=said["evidence"])


_TAKINGS: Mapping[str, Callable[[Said], Taking]] = {
    Step.TRIAGE: _triage,
    Step.ASSIGN: _assign,
    Step.PROPOSE: _propose,
    Step.APPROVE: partial(_by_reason, acceptance.approve_acceptance),
    Step.REFUSE: partial(_by_reason, acceptance.refuse_acceptance),
    Step.WITHDRAW: partial(_by_reason, acceptance.withdraw_acceptance),
    Step.PLAN_MITIGATION: _plan,
    Step.REPORT_MITIGATION: lambda said: partial(
        mitigation.report_mitigation, evidence=said["evidence"]
    ),
    Step.DISMISS: partial(_by_reason, services.dismiss),
    Step.REOPEN: partial(_by_reason, services.reopen),
    Step.RECORD_USE: _record_use,
}


def take(
    step: str, said: Said, *, finding: Finding, by: User, if_match: str | None
) -> FindingEvent:
    """Take one step with what was filled in for it."""
    return _TAKINGS[step](said)(finding=finding, by=by, if_match=if_match)

"""What the page of one finding shows: what stands, who may do what, history and trend."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from conflicts.life.etags import etag
from conflicts.life.forms import FORMS, StepForm
from conflicts.life.queries import (
    SETTLED,
    acceptance_in_force,
    handling_of,
    standing_mitigation,
    waiting_acceptance,
    weight,
)
from conflicts.life.sentences import (
    accepted_sentence,
    cure_sentence,
    existing_use_sentence,
    mitigation_sentence,
    until,
    waiting_sentence,
)
from conflicts.life.steps import may
from conflicts.life.transitions import BY_STEP
from conflicts.life.vocab import Actor, Step
from conflicts.models import Acceptance, Finding, FindingEvent, Handling, Mitigation, Observation
from conflicts.rows import finding_evidence, finding_row
from conflicts.vocab import Change, Severity
from layers.numbers import day
from layers.visibility import Reader

MOST_OBSERVATIONS = 50
# Steps that only make sense while an acceptance waits, or a measure stands.
OF_WAITING = (Step.APPROVE, Step.REFUSE, Step.WITHDRAW)
TRENDS = {Change.WORSE: "↗", Change.BETTER: "↘", Change.UNCHANGED: "→", Change.GONE: "·"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """What stands of a finding's life at this moment."""

    finding: Finding
    handling: Handling | None
    accepted: Acceptance | None
    waiting: Acceptance | None
    mitigation: Mitigation | None

    @classmethod
    def of(cls, finding: Finding) -> "Life":
        """Read it."""
        return cls(
            finding=finding,
            handling=handling_of(finding),
            accepted=acceptance_in_force(finding),
            waiting=waiting_acceptance(finding),
            mitigation=standing_mitigation(finding),
        )

    @property
    def is_overdue(self) -> bool:
        """True when its day has passed and it is not settled."""
        due_on = None if self.handling is None else self.handling.due_on
        is_past = due_on is not None and due_on < timezone.localdate()
        return is_past and self.finding.state not in SETTLED

    @property
    def sentences(self) -> list[str]:
        """Say what stands, each in one sentence."""
        said = (
            accepted_sentence(self.finding, self.accepted),
            waiting_sentence(self.waiting),
            mitigation_sentence(self.mitigation),
        )
        return [sentence for sentence in said if sentence]

    def steps(self, user: Reader) -> list[Step]:
        """Return the steps that an account can take now."""
        return [Step(step) for step in FORMS if self._is_possible(Step(step), user)]

    def _is_possible(self, step: Step, user: Reader) -> bool:
        transition = BY_STEP[step]
        if not may(user, step) or self.finding.state not in transition.before:
            return False
        if step in OF_WAITING:
            return self.waiting is not None and self._is_own(user) == (
                transition.by == Actor.PROPOSER
            )
        if step == Step.PROPOSE:
            return self.waiting is None
        if step == Step.REPORT_MITIGATION:
            return self.mitigation is not None and self.mitigation.done_at is None
        return True

    def _is_own(self, user: Reader) -> bool:
        return self.waiting is not None and self.waiting.proposed_by_id == user.pk


def page_context(
    request: HttpRequest, finding: Finding, filled: StepForm | None = None
) -> dict[str, Any]:
    """Return all that the page of a finding shows, and the forms of those who may decide."""
    life, user = Life.of(finding), request.user
    return {
        **finding_row(finding),
        **finding_evidence(finding),
        "life": life,
        "weight": Severity(weight(finding)),
        "existing_use": existing_use_sentence(finding),
        "cure": cure_sentence(finding),
        "until_waiting": "" if life.waiting is None else until(life.waiting),
        "forms": _forms(life, user, filled),
        "may_decide": may(user, Step.TRIAGE) or may(user, Step.APPROVE),
        "observations": _observations(finding),
        "trends": TRENDS,
        "events": events_told(finding, names_accounts=user.is_authenticated),
    }


def _forms(life: Life, user: Reader, filled: StepForm | None) -> list[StepForm]:
    """Return a form for each possible step; the one that could not be taken as it was filled in."""
    stated = {"if_match": etag(life.finding), **_stated(life)}
    forms = []
    for step in life.steps(user):
        if filled is not None and filled.step == step:
            forms.append(filled)
            continue
        own = {"finding": life.finding} if step == Step.PROPOSE else {}
        forms.append(FORMS[step](initial=stated, **own))
    if filled is not None and filled not in forms:  # not possible any more: what was typed is kept
        forms.insert(0, filled)
    return forms


def _stated(life: Life) -> dict[str, Any]:
    """Return what the forms begin with: what stands already."""
    if life.handling is None:
        return {}
    named = life.handling.assignee
    return {
        "severity": life.handling.severity,
        "assignee": None if named is None else named.get_username(),
        "office": life.handling.office,
        "due_on": life.handling.due_on,
    }


def _observations(finding: Finding) -> Sequence[Observation]:
    seen = finding.observations.select_related("detection__run", "detection__rulebook")
    return list(seen[:MOST_OBSERVATIONS])


def events_told(finding: Finding, *, names_accounts: bool) -> list[dict[str, Any]]:
    """Return the history, the newest first; accounts are named to signed-in readers only."""
    events = FindingEvent.objects.filter(finding=finding).select_related("by", "detection")
    return [
        {
            "event": event,
            "who": "" if event.by is None or not names_accounts else event.by.get_username(),
            "changes": [
                {
                    "name": fact_name(name),
                    "before": _fact(name, event.before.get(name)),
                    "after": _fact(name, after),
                }
                for name, after in event.after.items()
                if names_accounts or name != "assignee"
            ],
        }
        for event in events.order_by("-pk")
    ]


def _fact(name: str, value: Any) -> Any:  # noqa: ANN401 - what the history kept
    """Return a fact of the history for the reader."""
    if value in {None, ""}:
        return ""
    if name in {"due_on", "valid_to"}:
        return day(value)
    if name == "severity":
        return Severity(value).label
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value


def fact_name(name: str) -> str:
    """Return what a fact of the history is called."""
    named = {
        "severity": _("severity by the planner"),
        "assignee": _("account"),
        "office": _("office"),
        "due_on": _("due on"),
        "existing_use": _("the use existed before"),
        "existing_evidence": _("evidence that it existed"),
        "document": _("document"),
        "exemption": _("exemption by the law"),
        "valid_to": _("accepted until"),
        "plan_layer": _("plan layer"),
        "state": _("state"),
    }
    return named.get(name, name)

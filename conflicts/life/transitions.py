"""Which step leads from which state to which: one table, for the pages, docs and database."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conflicts.life.vocab import Actor, Step
from conflicts.vocab import APPROVE_ACCEPTANCE, DECIDE_FINDING, FindingState

OPEN, TRIAGED, ACCEPTED, MITIGATING, RESOLVED, DISMISSED = FindingState
UNDECIDED = (OPEN, TRIAGED)
STANDING = (OPEN, TRIAGED, ACCEPTED, MITIGATING)
KEPT = (OPEN, TRIAGED, ACCEPTED, MITIGATING, DISMISSED)

RIGHTS = {
    Actor.PLANNER: DECIDE_FINDING,
    Actor.PROPOSER: DECIDE_FINDING,
    Actor.APPROVER: APPROVE_ACCEPTANCE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """One step: from which states, to which (None: the state stays), by whom, with what stated."""

    step: Step
    before: tuple[FindingState, ...]
    after: FindingState | None
    by: Actor
    asks: Promise  # what must be stated, or what must be so
    has_reason: bool = True

    @property
    def is_of_person(self) -> bool:
        """True when a person takes the step; all others happen by themselves."""
        return self.by in RIGHTS

    @property
    def right(self) -> str:
        """The permission that a person needs."""
        return RIGHTS[self.by]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Yield the states before and after."""
        for state in self.before:
            yield state.value, (self.after or state).value


def _by_person(
    step: Step, before: tuple[FindingState, ...], after: FindingState | None, asks: Promise
) -> Transition:
    return Transition(step=step, before=before, after=after, by=Actor.PLANNER, asks=asks)


def _by_itself(
    step: Step, before: tuple[FindingState, ...], after: FindingState, by: Actor, asks: Promise
) -> Transition:
    return Transition(step=step, before=before, after=after, by=by, asks=asks, has_reason=False)


TRANSITIONS: tuple[Transition, ...] = (
    _by_person(Step.TRIAGE, UNDECIDED, TRIAGED, _("a reason; the severity confirmed or changed")),
    Transition(
        step=Step.ASSIGN,
        before=STANDING,
        after=None,
        by=Actor.PLANNER,
        asks=_("an account or an office; a day by which it is due"),
        has_reason=False,
    ),
    _by_person(Step.RECORD_USE, KEPT, None, _("the evidence that the use existed before, or not")),
    _by_person(
        Step.PROPOSE,
        STANDING,
        None,
        _(
            "a reason, a document, a last day or a plan layer; the exemption by the law where it"
            " may block"
        ),
    ),
    Transition(
        step=Step.WITHDRAW, before=STANDING, after=None, by=Actor.PROPOSER, asks=_("a reason")
    ),
    Transition(
        step=Step.REFUSE, before=STANDING, after=None, by=Actor.APPROVER, asks=_("a reason")
    ),
    Transition(
        step=Step.APPROVE,
        before=STANDING,
        after=ACCEPTED,
        by=Actor.APPROVER,
        asks=_("a reason; it is no worse than when it was proposed"),
    ),
    _by_person(
        Step.PLAN_MITIGATION,
        (OPEN, TRIAGED, MITIGATING),
        MITIGATING,
        _("the measure, the responsible office and a day by which it is done"),
    ),
    _by_person(
        Step.REPORT_MITIGATION,
        (MITIGATING,),
        None,
        _("evidence; it is resolved only when a detection no longer finds it"),
    ),
    _by_person(Step.DISMISS, STANDING, DISMISSED, _("a reason: wrong data, or no conflict")),
    _by_person(Step.REOPEN, (TRIAGED, ACCEPTED, MITIGATING, DISMISSED), OPEN, _("a reason")),
    _by_itself(
        Step.RESOLVED,
        STANDING,
        RESOLVED,
        Actor.DETECTION,
        _("not found any more, and each side is known to be so: elsewhere it stays"),
    ),
    _by_itself(
        Step.RULE_WITHDRAWN,
        STANDING,
        RESOLVED,
        Actor.DETECTION,
        _("the rule is no longer in the rule book"),
    ),
    _by_itself(Step.CAME_BACK, (RESOLVED,), OPEN, Actor.DETECTION, _("it is found again")),
    _by_itself(
        Step.GOT_WORSE,
        (ACCEPTED, MITIGATING, DISMISSED),
        OPEN,
        Actor.DETECTION,
        _(
            "the margin or severity is worse than when it was decided, or the rule may block now"
            " and no exemption was named"
        ),
    ),
    _by_itself(
        Step.FACTS_CHANGED,
        (DISMISSED,),
        OPEN,
        Actor.DETECTION,
        _("shape, class or lifecycle of either side is not what was dismissed"),
    ),
    _by_itself(Step.EXPIRED, (ACCEPTED,), OPEN, Actor.CALENDAR, _("its last day has passed")),
    _by_itself(
        Step.PLAN_REVISED,
        (ACCEPTED,),
        OPEN,
        Actor.CALENDAR,
        _("the plan layer it was accepted under has a new version"),
    ),
    _by_itself(
        Step.BEFORE_TWO,
        (ACCEPTED, MITIGATING),
        OPEN,
        Actor.CALENDAR,
        _("once, when two persons began to be asked for"),
    ),
)
BY_STEP = {transition.step: transition for transition in TRANSITIONS}

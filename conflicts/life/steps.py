"""How every step of a person is taken: right, state and validator first, then event and state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from conflicts.life.errors import (
    ApprovingNotAllowedError,
    DecidingNotAllowedError,
    FieldMissingError,
    StepNotPossibleError,
)
from conflicts.life.etags import refuse_stale
from conflicts.life.transitions import BY_STEP, Transition
from conflicts.life.vocab import Actor, Step
from conflicts.models import Finding, FindingEvent, Handling
from layers.errors import UserFacingError
from layers.visibility import Reader

LONGEST_REASON = 2_000


@dataclass(slots=True)
class Held:
    """A finding whose row is locked while one step is taken."""

    finding: Finding
    by: User
    transition: Transition
    reason: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    @property
    def handling(self) -> Handling:
        """What stands of earlier decisions; made when there is none."""
        return Handling.objects.get_or_create(finding=self.finding)[0]

    def set(self, handling: Handling, **facts: Any) -> None:  # noqa: ANN401
        """Change fields of the handling and remember what they were."""
        for name, value in facts.items():
            was = getattr(handling, name)
            if was != value:
                self.note(name, was, value)
                setattr(handling, name, value)
        handling.save(update_fields=list(facts))

    def note(self, name: str, was: object, now: object) -> None:
        """Remember for the history what a fact was and is."""
        self.before[name] = _told(was)
        self.after[name] = _told(now)


def _told(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    if isinstance(value, User):
        return value.get_username()
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def require_right(by: User, step: Step) -> None:
    """Refuse an account that may not take a step.

    Raises
    ------
    DecidingNotAllowedError, ApprovingNotAllowedError
    """
    if not may(by, step):
        raise refusal(BY_STEP[step])


def may(user: Reader, step: Step) -> bool:
    """Tell whether an account holds the right that a step needs."""
    transition = BY_STEP[step]
    if not isinstance(user, User) or not transition.is_of_person:
        return False
    return user.is_active and user.has_perm(transition.right)


def refusal(transition: Transition) -> UserFacingError:
    """Return how an account without the right is refused."""
    is_approval = transition.by == Actor.APPROVER
    return ApprovingNotAllowedError() if is_approval else DecidingNotAllowedError()


def hold(
    finding: Finding, step: Step, by: User, *, reason: str = "", if_match: str | None = None
) -> Held:
    """Lock a finding for one step; inside the transaction that takes it.

    Raises
    ------
    StaleFindingError
        Someone decided or a detection measured anew after it was read.
    StepNotPossibleError
        The step does not begin in the state in which the finding is.
    FieldMissingError
        The reason is missing.
    """
    require_right(by, step)
    # Without a join: after waiting for a detection it would tell of what was measured before.
    row = Finding.objects.select_for_update().get(pk=finding.pk)
    refuse_stale(row, if_match)
    transition = BY_STEP[step]
    if row.state not in transition.before:
        raise StepNotPossibleError(str(step.label), str(row.get_state_display()))
    if transition.has_reason:
        require_words("reason", reason)
    return Held(finding=row, by=by, transition=transition, reason=reason.strip())


def require_words(name: str, text: str) -> str:
    """Return a text that says something.

    Raises
    ------
    FieldMissingError
        It is empty, or holds no letter and no digit (a zero-width space, a lone dot).
    """
    if not says_something(text):
        raise FieldMissingError(
            name,
            _("'%(field)s' is empty.") % {"field": _(name)},
            remedy=_("Say why: the next planner will ask."),
        )
    if len(text) > LONGEST_REASON:
        raise FieldMissingError(
            name,
            _("'%(field)s' is too long.") % {"field": _(name)},
            remedy=_("Write at most %(most)s letters.") % {"most": LONGEST_REASON},
        )
    return text.strip()


def says_something(text: str) -> bool:
    """Tell whether a text holds a letter or a digit."""
    return any(letter.isalnum() for letter in text)


def record(held: Held, **more: Mapping[str, Any]) -> FindingEvent:
    """Write the step into the history, then move the finding where it leads."""
    finding = held.finding
    after = held.transition.after or finding.state
    event = FindingEvent.objects.create(
        finding=finding,
        step=held.transition.step,
        from_state=finding.state,
        to_state=after,
        reason=held.reason,
        before=held.before,
        after=held.after | dict(more),
        severity=finding.severity,
        margin=None if finding.current is None else finding.current.margin,
        by=held.by,
    )
    if finding.state != after:
        finding.state, finding.step = after, held.transition.step
        finding.save(update_fields=["state", "step"])
    return event

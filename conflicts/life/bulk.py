"""One decision on many findings: each is told what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from conflicts.life.vocab import Step
from conflicts.models import Finding, FindingEvent
from layers.errors import UserFacingError

MOST_AT_ONCE = 2_000
# Steps that make sense for many at once.
STEPS = (
    Step.TRIAGE,
    Step.ASSIGN,
    Step.PROPOSE,
    Step.APPROVE,
    Step.REFUSE,
    Step.PLAN_MITIGATION,
    Step.DISMISS,
    Step.REOPEN,
)
Taking = Callable[[Finding, str | None], FindingEvent]


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A finding that was chosen, and which state of it was looked at; None: by a filter."""

    finding: Finding
    if_match: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What became of one finding."""

    finding: Finding
    error: str = ""  # why it could not be decided
    is_stored: bool = True

    @property
    def is_held_back(self) -> bool:
        """True when it could have been decided, but others could not and all or none was asked."""
        return not self.is_stored and not self.error


def take_together(chosen: Sequence[Chosen], taking: Taking, *, all_or_none: bool) -> list[Result]:
    """Take one step on each; those that can, or, if even one cannot, none."""
    with transaction.atomic():
        results = [_one(each, taking) for each in chosen]
        if not all_or_none or not any(result.error for result in results):
            return results
        transaction.set_rollback(True)
    return [replace(result, is_stored=False) for result in results]


def _one(each: Chosen, taking: Taking) -> Result:
    try:
        with transaction.atomic():
            taking(each.finding, each.if_match)
    except UserFacingError as error:
        return Result(finding=each.finding, error=str(error), is_stored=False)
    return Result(finding=each.finding)

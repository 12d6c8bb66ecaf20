"""The first words of a result: how many checks failed, stay open and warn, never softer than that.

A failure on a value without legal force does not block, but it is a failure: who reads only the
headline must not take it for a clearance.
"""

from collections.abc import Sequence

from layers.vocab import Answer
from planning.permits.checks import Check
from planning.sentences import Said, joined, said
from planning.vocab import Outcome

USE_CODE = "use:"
CLEAR = frozenset({Answer.COMPLIES, Answer.NOT_APPLICABLE})


def headline_of(outcome: Outcome, checks: Sequence[Check]) -> Said:
    """Return the counts of a result in words; all but a compliant one begin with a no."""
    failed = [check for check in checks if check.answer == Answer.FAILS]
    is_open = [check for check in checks if check.answer == Answer.CANNOT_TELL]
    parts = [] if outcome == Outcome.COMPLIANT else [said("This is no clearance.")]
    if any(check.code.startswith(USE_CODE) for check in failed):
        parts.append(said("A proposed use is prohibited here."))
    parts.append(
        said(
            "Failed: %(count)s (may block: %(blocking)s, warnings: %(warnings)s).",
            **_counted(failed),
        )
    )
    parts.append(
        said(
            "Cannot be told: %(count)s (may block: %(blocking)s, warnings: %(warnings)s).",
            **_counted(is_open),
        )
    )
    return joined(parts, " ")


def _counted(checks: Sequence[Check]) -> dict[str, int]:
    blocking = sum(check.may_block for check in checks)
    return {"count": len(checks), "blocking": blocking, "warnings": len(checks) - blocking}


def worst_answer(checks: Sequence[Check]) -> Answer:
    """Return how the headline looks: as a failure where any check fails, warning or not."""
    answers = {check.answer for check in checks}
    if Answer.FAILS in answers:
        return Answer.FAILS
    return Answer.COMPLIES if answers <= CLEAR and checks else Answer.CANNOT_TELL

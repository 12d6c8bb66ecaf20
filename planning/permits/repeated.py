"""One danger, told once: a rule book and the table of critical uses may say the same of a flood.

Both keep a critical facility out of flooded ground. Where both answer, one answer is shown, the
stricter, and cites both provisions; where neither is the stricter, both stay.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from layers.vocab import Answer
from planning.permits.checks import Check
from planning.sentences import joined

STRICTNESS = (Answer.NOT_APPLICABLE, Answer.COMPLIES, Answer.CANNOT_TELL, Answer.FAILS)


def told_once(checks: Sequence[Check]) -> list[Check]:
    """Return the checks, those that keep the same use out of the same water as one."""
    told: list[Check] = []
    for check in checks:
        twins = [known for known in told if _say_the_same(known, check)]
        if not twins:
            told.append(check)
            continue
        told[told.index(twins[0])] = reduce(_as_one, twins, check)
        told = [known for known in told if known not in twins[1:]]
    return told


def _say_the_same(known: Check, check: Check) -> bool:
    """Tell whether two sources keep one use out of one kind of water, and one is the stricter."""
    if not (known.kept_dry & check.kept_dry) or known.is_of_rule_book == check.is_of_rule_book:
        return False
    return _is_as_strict(known, check) or _is_as_strict(check, known)


def _is_as_strict(first: Check, second: Check) -> bool:
    higher = STRICTNESS.index(first.answer) >= STRICTNESS.index(second.answer)
    return higher and first.may_block >= second.may_block


def _as_one(known: Check, check: Check) -> Check:
    stricter, other = (known, check) if _is_as_strict(known, check) else (check, known)
    return replace(
        stricter,
        explanation=joined([stricter.explanation, other.explanation], " "),
        provision="; ".join(filter(None, (stricter.provision, other.provision))),
        source="; ".join(dict.fromkeys(filter(None, (stricter.source, other.source)))),
        kept_dry=known.kept_dry | check.kept_dry,
        is_of_rule_book=True,
        evidence=stricter.evidence or other.evidence,
    )

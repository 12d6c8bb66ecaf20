"""docs/findings.md prints the table of steps as the code and the database have it."""

from pathlib import Path

import pytest
from django.conf import settings

from conflicts.life.transitions import TRANSITIONS
from conflicts.vocab import APPROVE_ACCEPTANCE, DECIDE_FINDING, FindingState

PAGE = (Path(settings.BASE_DIR) / "docs" / "findings.md").read_text(encoding="utf-8")


def printed(transition):
    """One line of the table."""
    before = ", ".join(str(FindingState(state).label) for state in transition.before)
    after = "stays" if transition.after is None else str(FindingState(transition.after).label)
    cells = (transition.step.label, before, after, transition.by.label, transition.asks)
    return f"| {' | '.join(str(cell) for cell in cells)} |"


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda t: t.step.value)
def test_each_step_is_printed_as_it_is(transition):
    assert printed(transition) in PAGE


def test_no_step_is_printed_that_there_is_not():
    rows = [row for row in PAGE.splitlines() if row.startswith("| ") and row.count("|") == 6]

    assert len(rows) == len(TRANSITIONS) + 1  # and the head


@pytest.mark.parametrize("right", [DECIDE_FINDING, APPROVE_ACCEPTANCE])
def test_both_rights_are_named(right):
    assert f"`{right}`" in PAGE

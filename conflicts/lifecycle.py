"""What a person may do with a finding, and when two measurements are the same."""

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.vocab import DECISIONS, FindingState

# Differences up to these are drawing, not change: a centimetre, and a tenth of a square metre
# (a centimetre along ten metres of boundary). Chosen for this detector; no law says so.
NOISE_M = 0.01
NOISE_M2 = 0.1


def require_decision(now: FindingState, wanted: FindingState, reason: str) -> None:
    """Refuse a decision that a person cannot take.

    Raises
    ------
    RuleFieldError
        The state is the detector's to give, or the reason is missing.
    """
    if wanted not in DECISIONS:
        raise RuleFieldError(
            "state",
            _("only a new detection can show that a finding is resolved."),
            remedy=_("Correct the data and detect again, or dismiss the finding with a reason."),
        )
    if now == FindingState.RESOLVED:
        raise RuleFieldError(
            "state",
            _("this finding is resolved already."),
            remedy=_("Nothing is left to decide; it opens by itself if it comes back."),
        )
    if not any(letter.isalnum() for letter in reason):  # also zero-width spaces, a lone dot
        raise RuleFieldError(
            "reason", _("is empty."), remedy=_("Say why: the next planner will ask.")
        )

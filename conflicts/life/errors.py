"""Steps that cannot be taken, each with what stands now and what to do."""

from typing import Any

from django.utils.translation import gettext as _

from conflicts.errors import DecidingNotAllowedError
from conflicts.vocab import APPROVE_ACCEPTANCE, FindingState
from layers.editing.errors import EditingError
from layers.errors import UserFacingError


class ApprovingNotAllowedError(UserFacingError):
    """The account may not approve or refuse acceptances; nothing was stored."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("Your account may not approve or refuse acceptances."),
            remedy=_(
                "Ask who runs this system for the right '%(right)s'. Proposing needs another one."
            )
            % {"right": APPROVE_ACCEPTANCE},
        )


class SamePersonError(UserFacingError):
    """Who proposed an acceptance was to decide on it too."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("You proposed this acceptance: another person must decide on it."),
            remedy=_("Ask a colleague who may approve, or withdraw your proposal."),
        )


class StepNotPossibleError(UserFacingError):
    """The finding stands where this step does not begin."""

    status = 409

    def __init__(self, step: str, state: str) -> None:
        if state == FindingState.RESOLVED:
            super().__init__(
                _("This finding is resolved already."),
                remedy=_("Nothing is left to decide; it opens by itself if it comes back."),
            )
            return
        super().__init__(
            _("'%(step)s' is not possible: the finding is '%(state)s'.")
            % {"step": step, "state": state},
            remedy=_("Look at the finding as it stands now; open it again first if needed."),
        )


class NothingWaitsError(UserFacingError):
    """No acceptance of the finding waits for approval, or no measure stands."""

    status = 409


class WorseSinceError(UserFacingError):
    """The conflict got worse after its acceptance was proposed."""

    status = 409

    def __init__(self, *, proposed: str, now: str) -> None:
        super().__init__(
            _("It got worse after it was proposed: %(proposed)s then, %(now)s now.")
            % {"proposed": proposed, "now": now},
            remedy=_("Refuse it with a reason; it can be proposed again as it is now."),
        )


class FieldMissingError(UserFacingError):
    """One field of a decision is missing or cannot be; the form shows it there."""

    def __init__(self, field: str, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy=remedy)
        self.field = field


class StaleFindingError(EditingError):
    """Someone decided, or a detection measured anew, after the finding was read (412)."""

    status = 412

    def __init__(self, *, who: str, when: str, **detail: Any) -> None:  # noqa: ANN401
        super().__init__(
            _("The finding changed after you read it (%(who)s, %(when)s). Nothing was stored.")
            % {"who": who, "when": when},
            remedy=_("Look at it as it stands now, then decide again."),
            **detail,
        )


class StaleListError(EditingError):
    """The list shows other findings, or others of their states, than the person saw (412)."""

    status = 412

    def __init__(self, **detail: Any) -> None:  # noqa: ANN401
        super().__init__(
            _("The list shows other conflicts now than when you read it. Nothing was stored."),
            remedy=_("Open the list again, look at what it shows, then decide again."),
            **detail,
        )


__all__ = [
    "ApprovingNotAllowedError",
    "DecidingNotAllowedError",
    "FieldMissingError",
    "NothingWaitsError",
    "SamePersonError",
    "StaleFindingError",
    "StaleListError",
    "StepNotPossibleError",
    "WorseSinceError",
]

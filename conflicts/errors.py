"""Errors of the rule book that a planner can put right."""

from django.utils.translation import gettext as _

from layers.errors import UserFacingError


class RuleFieldError(UserFacingError):
    """One field of a rule cannot be as it is; the reader adds file and rule code."""

    def __init__(self, field: str, what: str, *, remedy: str) -> None:
        super().__init__(f"{field}: {what}" if field else what, remedy=remedy)
        self.field = field
        self.problem = what

    def inside(self, place: str) -> "RuleFieldError":
        """Return the same error one level further out."""
        field = f"{place}.{self.field}" if self.field else place
        return RuleFieldError(field.replace(".[", "["), self.problem, remedy=self.remedy)


class RuleBookFileError(UserFacingError):
    """A rule-book file that cannot be used; nothing of it was stored."""


class DecidingNotAllowedError(UserFacingError):
    """The account may not decide about findings; nothing was stored."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("Your account may not decide about conflicts."),
            remedy=_(
                "Ask who runs this system for the right to decide. Reading and printing need none."
            ),
        )

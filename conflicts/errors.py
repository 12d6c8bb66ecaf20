"""Errors of the rule book that a planner can put right."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from layers.errors import UserFacingError

if TYPE_CHECKING:
    from conflicts.models import RuleBook


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


class ClosedRuleBookError(UserFacingError):
    """A version of a rule book that is in force, superseded or in use; it never changes."""

    status = 409

    def __init__(self, rulebook: "RuleBook") -> None:
        super().__init__(
            _(
                "Version %(version)s of rule book '%(code)s' is %(status)s or findings rest on it:"
                " it never changes."
            )
            % {
                "version": rulebook.version,
                "code": rulebook.code,
                "status": rulebook.get_status_display(),
            },
            remedy=_("Draft a new version from it."),
        )


class StaleRuleBookError(UserFacingError):
    """Someone else changed the draft since it was read; nothing was overwritten."""

    status = 412

    def __init__(self, who: str, rule_code: str) -> None:
        super().__init__(
            _("%(who)s changed rule %(rule)s of this draft after you read it.")
            % {"who": who or _("someone"), "rule": rule_code},
            remedy=_("Look at it as it is now, then make your change again."),
        )

"""Errors of the rule book that a planner can put right."""

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

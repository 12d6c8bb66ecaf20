"""What an import did with every row: stored, repaired, refused, left out. Nothing is silent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from layers.errors import UserFacingError
from layers.ingest.vocab import Sentence
from layers.retold import gettext as _
from layers.vocab import IssueAction, IssueKind


class Issue(NamedTuple):
    """One row that was not stored as it came."""

    row: int  # 1 is the first row of the file; 0 speaks of the whole file
    kind: IssueKind
    action: IssueAction
    text: str  # an ImportText
    values: Mapping[str, Any]
    stable_id: str = ""
    value: str = ""

    @property
    def message(self) -> str:
        """Return what was wrong, in the language of the moment."""
        return str(Sentence(self.text, self.values))


class IssueTaker(Protocol):
    """Whoever takes issues down."""

    def add(self, issue: Issue) -> None:
        """Note one issue."""


@dataclass(kw_only=True, slots=True)
class RowCounts:
    """The balance of an import: read = stored + refused + unclassified."""

    read: int = 0
    stored: int = 0
    refused: int = 0
    unclassified: int = 0
    repaired: int = 0
    noted: int = 0

    def close(self) -> None:
        """Check that every row read went somewhere.

        Raises
        ------
        UserFacingError
            When rows are missing from the balance; nothing may be stored then.
        """
        if self.read != self.stored + self.refused + self.unclassified:
            raise UserFacingError(
                _(
                    "The balance of the rows does not close: %(read)s read, %(stored)s "
                    "stored, %(refused)s refused, %(unclassified)s without a class. "
                    "Nothing was stored."
                )
                % {
                    "read": self.read,
                    "stored": self.stored,
                    "refused": self.refused,
                    "unclassified": self.unclassified,
                },
                remedy=_("This is a fault of Krong. Please report it with the file."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """The outcome of an import. ``is_new`` is False when the layer already held exactly this."""

    layer: str
    run: int
    version: int
    is_new: bool
    rows: RowCounts = field(default_factory=RowCounts)
    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    issues: dict[str, int] = field(default_factory=dict)
    notes: tuple[Sentence, ...] = ()

"""The issues of an import, written down with its run."""

from collections import Counter

from layers.ingest.report import Issue
from layers.models import ImportIssue, Run

_ISSUES_AT_ONCE = 5_000
_VALUE_LENGTH, _ID_LENGTH = 300, 80


class IssueBook:
    """Collects the issues of a run and writes them within the transaction of the import."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.counts: Counter[str] = Counter()
        self._waiting: list[ImportIssue] = []

    def add(self, issue: Issue) -> None:
        """Note one issue."""
        self.counts[f"{issue.kind} {issue.action}"] += 1
        self._waiting.append(
            ImportIssue(
                run=self.run,
                row=issue.row,
                stable_id=issue.stable_id[:_ID_LENGTH],
                kind=issue.kind,
                value=issue.value[:_VALUE_LENGTH],
                text=issue.text,
                details=dict(issue.values),
                action=issue.action,
            )
        )
        if len(self._waiting) >= _ISSUES_AT_ONCE:
            self.write()

    def write(self) -> None:
        """Store the issues that wait."""
        ImportIssue.objects.bulk_create(self._waiting)
        self._waiting.clear()

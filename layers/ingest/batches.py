"""Rows as a file holds them, a batch at a time."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from layers.errors import UserFacingError
from layers.ingest.report import Issue
from layers.numbers import number
from layers.retold import gettext as _

# What a table in PostgreSQL may have at most (1,600) is more than any survey writes down.
MAX_FIELDS = 1_600


class SourceError(UserFacingError):
    """A file that cannot be read as it should."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceBatch:
    """Some rows as the file holds them: outlines as WKB, attributes as Arrow columns."""

    rows: np.ndarray  # where they stand in the file; 1 is the first
    outlines: pa.Array
    fids: pa.Array
    columns: dict[str, pa.Array]
    tags: pa.Array | None = None  # one JSON object per row (OpenStreetMap)
    issues: tuple[Issue, ...] = ()  # what reading already did to rows

    def __len__(self) -> int:
        return len(self.outlines)

    def only(self, wanted: np.ndarray) -> "SourceBatch":
        """Return the rows of a batch that are wanted (one boolean per row)."""
        if wanted.all():
            return self
        mask = pa.array(wanted)
        return SourceBatch(
            rows=self.rows[wanted],
            outlines=self.outlines.filter(mask),
            fids=self.fids.filter(mask),
            columns={name: column.filter(mask) for name, column in self.columns.items()},
            tags=None if self.tags is None else self.tags.filter(mask),
        )


def check_field_count(name: str, count: int) -> None:
    """Refuse a table with more columns than any survey writes down."""
    if count > MAX_FIELDS:
        raise SourceError(
            _(
                "%(name)s has %(count)s columns; %(max_fields)s are the most Krong "
                "takes. Nothing was imported."
            )
            % {"name": name, "count": number(count), "max_fields": number(MAX_FIELDS)},
            remedy=_("Export only the columns you need."),
        )

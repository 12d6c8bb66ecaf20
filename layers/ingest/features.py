"""From the rows of a file to features: labelled, checked, counted, packed as rows of a COPY."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from shapely.geometry.base import BaseGeometry

from layers.copying import EncodedBatch
from layers.crs import CoordinateFunction
from layers.ingest.attributes import json_objects
from layers.ingest.batches import SourceBatch
from layers.ingest.identifiers import KnownIdentifiers
from layers.ingest.labels import Labeller, Labels
from layers.ingest.packing import packed
from layers.ingest.report import Issue, IssueTaker, RowCounts
from layers.ingest.shapes import check_shapes
from layers.ingest.vocab import ImportText
from layers.vocab import IssueAction, IssueKind

if TYPE_CHECKING:
    from layers.runs import Progress

# Where the number of rows is unknown, progress nears but never reaches the end.
_HALF_WAY_ROWS = 50_000
_READING_SHARE = 0.9


@dataclass(kw_only=True, slots=True)
class FeatureStream:
    """The features of a source, made as they are asked for; the counts grow as it runs."""

    labeller: Labeller
    project: CoordinateFunction | None
    geometry_kind: str
    issues: IssueTaker
    expected_rows: int  # -1: unknown
    report: "Progress"
    keeps_hull: bool = False
    show: Callable[[np.ndarray, Labels], None] | None = None  # is shown what is to be stored
    counts: RowCounts = field(default_factory=RowCounts)
    refusals: Counter[str] = field(default_factory=Counter)
    hull: BaseGeometry | None = None
    heights_dropped: int = 0
    degrees_like: bool = True
    _known_ids: KnownIdentifiers = field(default_factory=KnownIdentifiers)

    def encoded(self, batches: Iterator[SourceBatch]) -> Iterator[EncodedBatch]:
        """Yield what is to be stored, batch by batch."""
        for batch in batches:
            self.counts.read += len(batch)
            self._note(list(batch.issues), {})
            yield self._encode(batch)
            self.report(self._share(), f"{self.counts.read} rows read")

    def _encode(self, batch: SourceBatch) -> EncodedBatch:
        batch, labels = self._labelled(batch)
        checked = check_shapes(
            batch.outlines,
            rows=batch.rows,
            project=self.project,
            kind=self.geometry_kind,
            needs_shapes=self.keeps_hull or self.show is not None,
        )
        self.heights_dropped += checked.heights_dropped
        self.degrees_like &= checked.degrees_like
        if checked.issues:
            self._note(checked.issues, dict(zip(batch.rows, labels.ids.to_pylist(), strict=True)))
        kept = self._first(checked.is_left, labels, batch.rows)
        self.counts.stored += int(kept.sum())
        self._widen_hull(checked.shapes[kept])
        if self.show is not None:
            self.show(checked.shapes[kept], labels.only(kept))
        return self._packed(batch.only(kept), labels.only(kept), checked.outlines(kept))

    def _labelled(self, batch: SourceBatch) -> tuple[SourceBatch, Labels]:
        """Give the rows identifier, class and lifecycle; leave out what cannot or need not."""
        labels = self.labeller.label(batch)
        self._note(labels.issues, {})
        self.counts.unclassified += int(labels.is_unclassified.sum())
        wanted = ~(labels.is_unclassified | labels.is_refused)
        return batch.only(wanted), labels.only(wanted)

    def _first(self, left: np.ndarray, labels: Labels, rows: np.ndarray) -> np.ndarray:
        """Tell which of the rows left carry an identifier not stored yet; others are refused."""
        if not self.labeller.id_column:
            return left  # made from the row's place in the file: no two are equal
        first = self._known_ids.first_of(labels.ids, left)
        again = np.flatnonzero(left & ~first)
        self._note([_duplicate(int(rows[i]), labels.ids[int(i)].as_py()) for i in again], {})
        return first

    def _packed(self, batch: SourceBatch, labels: Labels, outlines: pa.Array) -> EncodedBatch:
        attributes = batch.tags
        if attributes is None:
            attributes = json_objects(self.labeller.attribute_columns(batch), len(batch))
        return packed(
            ids=labels.ids,
            class_ids=_numbers(labels.classes, self.labeller.class_ids),
            lifecycles=labels.lifecycles,
            outlines=outlines,
            attributes=attributes,
        )

    def _note(self, issues: list[Issue], ids: dict[int, str]) -> None:
        for issue in issues:
            self.issues.add(issue._replace(stable_id=ids.get(issue.row, issue.stable_id)))
            if issue.action == IssueAction.REFUSED:
                self.counts.refused += 1
                self.refusals[issue.kind] += 1
            elif issue.action == IssueAction.REPAIRED:
                self.counts.repaired += 1
            else:
                self.counts.noted += 1

    def _widen_hull(self, shapes: np.ndarray) -> None:
        if self.keeps_hull and len(shapes):
            known = [self.hull] if self.hull is not None else []
            hulls = shapely.convex_hull([*known, *shapes])
            self.hull = shapely.GeometryCollection(list(hulls)).convex_hull

    def _share(self) -> float:
        read = self.counts.read
        total = self.expected_rows if self.expected_rows > 0 else read + _HALF_WAY_ROWS
        return _READING_SHARE * min(1.0, read / max(total, 1))


def _duplicate(row: int, stable_id: str) -> Issue:
    return Issue(
        row,
        IssueKind.DUPLICATE_ID,
        IssueAction.REFUSED,
        ImportText.DUPLICATE_ID,
        {"id": stable_id},
        stable_id=stable_id,
    )


def _numbers(codes: pa.Array, numbers: Mapping[str, int]) -> pa.Array:
    """Return the database's numbers of classes; null stays null."""
    places = pc.index_in(codes, value_set=pa.array(list(numbers), pa.string()))
    return pa.array(list(numbers.values()), pa.int64()).take(places)

"""From the rows of a file to features: labelled, checked, counted, written as COPY lines."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from shapely.geometry.base import BaseGeometry

from layers.copying import EncodedBatch
from layers.crs import PROJECT_SRID, CoordinateFunction
from layers.ingest.attributes import json_objects
from layers.ingest.batches import SourceBatch
from layers.ingest.labels import Labeller, Labels
from layers.ingest.report import Issue, IssueTaker, RowCounts
from layers.ingest.shapes import CheckedShapes, check_shapes
from layers.vocab import IssueAction, IssueKind

if TYPE_CHECKING:
    from layers.runs import Progress

# COPY's text format: a backslash and the three signs that end a field or a line.
_COPY_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
_NULL = "\\N"
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
    _stored_ids: set[str] = field(default_factory=set)

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
            batch.outlines, rows=batch.rows, project=self.project, kind=self.geometry_kind
        )
        self.heights_dropped += checked.heights_dropped
        self.degrees_like &= checked.degrees_like
        self._note(checked.issues, dict(zip(batch.rows, labels.ids.to_pylist(), strict=True)))
        kept = checked.is_left & self._is_first(checked, labels, batch.rows)
        self.counts.stored += int(kept.sum())
        self._widen_hull(checked.shapes[kept])
        if self.show is not None:
            self.show(checked.shapes[kept], labels.only(kept))
        return EncodedBatch(
            _copy_lines(batch.only(kept), labels.only(kept), checked.shapes[kept], self.labeller)
        )

    def _labelled(self, batch: SourceBatch) -> tuple[SourceBatch, Labels]:
        """Give the rows identifier, class and lifecycle; leave out what cannot or need not."""
        labels = self.labeller.label(batch)
        self._note(labels.issues, {})
        self.counts.unclassified += int(labels.is_unclassified.sum())
        wanted = ~(labels.is_unclassified | labels.is_refused)
        return batch.only(wanted), labels.only(wanted)

    def _is_first(self, checked: CheckedShapes, labels: Labels, rows: np.ndarray) -> np.ndarray:
        """Tell which rows carry an identifier not stored yet; the others are refused."""
        left = checked.is_left
        ids = labels.ids.to_pylist()
        here = {stable_id for stable_id, is_left in zip(ids, left, strict=True) if is_left}
        first = np.ones(len(ids), dtype=bool)
        if len(here) < int(left.sum()) or not self._stored_ids.isdisjoint(here):
            again = self._seen_before(ids, left)
            first[again] = False
            self._note([_duplicate(int(rows[i]), ids[i]) for i in again], {})
        self._stored_ids |= here
        return first

    def _seen_before(self, ids: list[str], left: np.ndarray) -> list[int]:
        seen: set[str] = set()
        again = []
        for index in np.flatnonzero(left):
            stable_id = ids[index]
            if stable_id in seen or stable_id in self._stored_ids:
                again.append(int(index))
            seen.add(stable_id)
        return again

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
        f"The identifier '{stable_id}' stands in an earlier row; only the first is stored.",
        stable_id=stable_id,
    )


def _copy_lines(
    batch: SourceBatch, labels: Labels, shapes: np.ndarray, labeller: Labeller
) -> bytes:
    """Return the COPY lines of a batch; all columns are joined as arrays."""
    if not len(shapes):
        return b""
    marked = shapely.set_srid(shapes, PROJECT_SRID)
    outlines = pa.array(shapely.to_wkb(marked, hex=True, include_srid=True), pa.string())
    attributes = batch.tags
    if attributes is None:
        attributes = json_objects(labeller.attribute_columns(batch), len(batch))
    lines = pc.binary_join_element_wise(
        _escaped(labels.ids),
        pc.fill_null(_escaped(labels.classes), _NULL),
        labels.lifecycles,
        outlines,
        _escaped(attributes),
        "\t",
    )
    whole = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")
    return bytes(whole[0].as_buffer()) + b"\n"


def _escaped(texts: pa.Array) -> pa.Array:
    for sign, escape in _COPY_ESCAPES:
        texts = pc.replace_substring(texts, sign, escape)
    return texts

"""Reading rows and areas in the confined process."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any

import shapely

from layers.copying import EncodedBatch
from layers.errors import UserFacingError
from layers.ingest.confined.answer import Answer
from layers.ingest.features import FeatureStream
from layers.ingest.labels import Labeller
from layers.ingest.outcome import check_outcome, note_dropped_heights
from layers.ingest.report import Issue, IssueTaker
from layers.ingest.shapes import check_shapes
from layers.ingest.sources import Asked, Opened, opened_rows
from layers.ingest.vocab import ImportText, Sentence
from layers.retold import gettext as _
from layers.vocab import GeometryKind, IssueAction

_ISSUES_AT_ONCE = 5_000


@dataclass(slots=True)
class IssueSender:
    """Sends issues on, many at a time."""

    answer: Answer
    waiting: list[Issue] = field(default_factory=list)

    def add(self, issue: Issue) -> None:
        """Note one issue."""
        self.waiting.append(issue)
        if len(self.waiting) >= _ISSUES_AT_ONCE:
            self.send()

    def send(self) -> None:
        """Send what waits."""
        if self.waiting:
            self.answer.say("issues", issues=[list(issue) for issue in self.waiting])
            self.waiting = []


def read_rows(asked: Asked, answer: Answer) -> None:
    """Send the rows of a file as features ready to be stored, and what was wrong with them."""
    opened = opened_rows(asked)
    issues = IssueSender(answer)
    stream = feature_stream(asked, opened, issues, answer)
    answer.say("opened", geometry_kind=str(stream.geometry_kind))
    for batch in stream.encoded(opened.source.batches(asked.limits.rows_at_once)):
        answer.send([_as_bytes(getattr(batch, part.name)) for part in fields(EncodedBatch)])
    notes = finish(asked.name, opened, stream)
    issues.send()
    answer.say(
        "done",
        counts=asdict(stream.counts),
        hull=shapely.to_wkb(stream.hull, hex=True) if stream.hull is not None else "",
        notes=notes,
    )


def feature_stream(
    asked: Asked, opened: Opened, issues: IssueTaker, answer: Answer
) -> FeatureStream:
    """Return the stream that makes features of a file's rows."""
    kind = asked.layer_kind or asked.options.geometry_kind or opened.geometry_kind
    return FeatureStream(
        labeller=Labeller(
            asked.options, asked.classes, fields=opened.source.fields, id_prefix=opened.id_prefix
        ),
        project=opened.project,
        geometry_kind=kind,
        issues=issues,
        expected_rows=opened.source.row_count,
        report=lambda share, message: answer.say("progress", share=share, message=message),
        keeps_hull=asked.keeps_hull,
    )


def finish(name: str, opened: Opened, stream: FeatureStream) -> list[Sentence]:
    """Check what only the whole file reveals; return notes for whoever asked."""
    note_dropped_heights(stream)
    check_outcome(name, stream, opened.crs)
    notes = list(opened.notes)
    if not stream.labeller.id_column:
        notes.append(Sentence(ImportText.BY_PLACE, {}))
    return notes


def _as_bytes(part: bytes | int) -> bytes:
    return part if isinstance(part, bytes) else str(part).encode()


def read_areas(asked: Asked, answer: Answer) -> None:
    """Send the union of a file's areas; all must be usable."""
    opened = opened_rows(asked)
    areas: list[Any] = []
    for batch in opened.source.batches(asked.limits.rows_at_once):
        checked = check_shapes(
            batch.outlines, rows=batch.rows, project=opened.project, kind=GeometryKind.POLYGON
        )
        refused = [i.message for i in checked.issues if i.action == IssueAction.REFUSED]
        _refuse_unusable(asked.name, refused)
        areas.extend(checked.shapes)
    if not areas:
        raise UserFacingError(
            _("%(name)s holds no areas.") % {"name": asked.name}, remedy=_("Draw at least one.")
        )
    answer.say("done", area=shapely.to_wkb(shapely.union_all(areas), hex=True))


def _refuse_unusable(name: str, messages: list[str]) -> None:
    if messages:
        raise UserFacingError(
            _("%(name)s: %(count)s shape(s) cannot state an area. %(why)s")
            % {"name": name, "count": len(messages), "why": messages[0]},
            remedy=_("A surveyed area must be exact: correct the file and try again."),
        )

"""The rows of a vector file become the new version of a layer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import shapely
from django.db import DataError, IntegrityError
from shapely.errors import ShapelyError

from layers.copying import EncodedBatch
from layers.crs import inside_project_extent
from layers.editing.import_checks import contested_ground, refusal_of
from layers.editing.survey_log import end_complete_statements, ended_sentence
from layers.errors import UserFacingError
from layers.ingest.class_list import class_data
from layers.ingest.confined import limits
from layers.ingest.confined.frames import FrameError, batch_parts
from layers.ingest.confined.reader import Reading, reading
from layers.ingest.formats import SourceFormat
from layers.ingest.issue_book import IssueBook
from layers.ingest.job import Job
from layers.ingest.report import ImportReport, Issue, RowCounts
from layers.ingest.vocab import Sentence
from layers.models import Layer
from layers.retold import gettext as _
from layers.services import Publication, open_layer, publish_features, set_surveyed_area
from layers.vocab import GeometryKind, IssueAction, IssueKind

_MOST_NOTES = 20


def publish_rows(job: Job, path: Path, source_format: SourceFormat) -> ImportReport:
    """Publish the rows of a vector file; call it within the import's transaction."""
    with read_rows(job, path, source_format) as rows:
        layer = open_layer(
            slug=job.layer, geometry_kind=rows.geometry_kind(), **job.options.described()
        )
        publication = _published(job, layer, rows.batches())
    rows.check_stored(publication)
    _check_ground(job, layer, publication, rows.issues)
    publication = _outdated_surveys_ended(job, layer, publication)
    rows.issues.write()
    if job.options.surveyed:
        _state_surveyed(job, layer, rows.hull())
    return _reported(job, publication, rows)


@contextmanager
def read_rows(job: Job, path: Path, source_format: SourceFormat) -> Iterator["ReadRows"]:
    """Have the rows of a file read as the job's options say, for the layer it goes into."""
    known = Layer.objects.filter(slug=job.layer).values_list("geometry_kind", flat=True).first()
    with reading(
        task="rows",
        path=path,
        limits=limits.IMPORTING,
        wait=job.wait,
        source_format=source_format.name,
        options=job.options.as_fields(),
        classes=class_data().as_fields(),
        layer_kind=known if known != GeometryKind.RASTER else "",
        keeps_hull=bool(job.options.surveyed),
    ) as begun:
        yield ReadRows(begun, job)


@dataclass(slots=True)
class ReadRows:
    """What the confined process says about the rows of a file; nothing of it is trusted."""

    begun: Reading
    job: Job
    issues: IssueBook = field(init=False)
    done: Mapping[str, Any] = field(default_factory=dict)
    _heard: Iterator[bytes | bytearray | dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.issues = IssueBook(self.job.run)
        self._heard = self.begun.heard()

    def geometry_kind(self) -> str:
        """Return what the file holds: the first thing that is said."""
        first = next(self._heard)
        if not isinstance(first, dict) or first.get("geometry_kind") not in GeometryKind.values:
            raise FrameError(self.job.name, _("rows before saying what they are"))
        return str(first["geometry_kind"])

    def batches(self) -> Iterator[EncodedBatch]:
        """Yield what is to be stored; note issues, progress and the end on the way."""
        for heard in self._heard:
            if not isinstance(heard, dict):
                yield encoded_batch(heard, self.job.name)
            elif heard["type"] == "issues":
                for issue in issues_of(heard, self.job.name):
                    self.issues.add(issue)
            elif heard["type"] == "progress":
                share, message = progress_of(heard)
                self.job.report(share, message)
            elif heard["type"] == "done":
                self.done = heard

    @property
    def counts(self) -> RowCounts:
        """The balance of the rows."""
        return row_counts(self.done, self.job.name)

    @property
    def notes(self) -> tuple[Sentence, ...]:
        """What the reader of the report should know."""
        return notes_of(self.done, self.job.name)

    def check_stored(self, publication: Publication) -> None:
        """Refuse a publication that holds another number of rows than the reading counted."""
        stored = publication.added + publication.changed + publication.unchanged
        self.counts.close()
        is_other = stored != self.counts.stored
        if self.job.options.keeps_others:  # those that the file does not name count as well
            is_other = stored < self.counts.stored
        if is_other:
            told = {"stored": stored, "counted": self.counts.stored}
            raise FrameError(self.job.name, _("%(stored)s rows, but counted %(counted)s") % told)

    def hull(self) -> Any:  # noqa: ANN401 - a shape or None
        """Return the convex hull of what was stored, None when there is none."""
        return shape_of(self.done.get("hull"), self.job.name)


def encoded_batch(content: bytes | bytearray, name: str) -> EncodedBatch:
    """Return a batch that came in parts, one for each field."""
    kinds = [part.type for part in fields(EncodedBatch)]
    parts = batch_parts(content, name=name, count=len(kinds))
    try:
        values = [
            int(p) if kind in {int, "int"} else p for p, kind in zip(parts, kinds, strict=True)
        ]
    except ValueError as error:
        raise FrameError(name, _("a batch that does not say how long it is")) from error
    return EncodedBatch(*cast(Any, values))


def issues_of(message: Mapping[str, Any], name: str) -> list[Issue]:
    """Return the issues of a message, refused when they are none."""
    try:
        return [
            Issue(
                int(row),
                IssueKind(kind),
                IssueAction(action),
                *Sentence.of((text, values)),
                *map(str, rest),
            )
            for row, kind, action, text, values, *rest in message["issues"]
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as error:  # JSON may say Infinity
        raise FrameError(name, _("issues that are none")) from error


def progress_of(message: Mapping[str, Any]) -> tuple[float, str]:
    """Return how far a reading is, and its words for it."""
    share = message.get("share")
    is_share = isinstance(share, int | float) and 0 <= share <= 1  # not-a-number is none
    return (float(share or 0) if is_share else 0.0), str(message.get("message"))


def row_counts(message: Mapping[str, Any], name: str) -> RowCounts:
    """Return the balance that a reading states."""
    stated = message.get("counts")
    try:
        return RowCounts(**{str(k): int(v) for k, v in dict(stated or {}).items()})
    except (TypeError, ValueError, OverflowError) as error:
        raise FrameError(name, _("no balance of its rows")) from error


def notes_of(message: Mapping[str, Any], name: str) -> tuple[Sentence, ...]:
    """Return the notes of a message, refused when they are none."""
    told = message.get("notes") or []
    try:
        return tuple(Sentence.of(note) for note in list(told)[:_MOST_NOTES])
    except (TypeError, ValueError) as error:
        raise FrameError(name, _("notes that are none")) from error


def shape_of(text: Any, name: str) -> Any:  # noqa: ANN401 - what a message holds; a shape or None
    """Return the shape of a message, None when it holds none."""
    if not text:
        return None
    try:
        shape = shapely.from_wkb(str(text))
    except ShapelyError as error:
        raise FrameError(name, _("a shape that is none")) from error
    if not shapely.is_valid(shape) or not inside_project_extent(np.array([shape.bounds]))[0]:
        raise FrameError(name, _("a shape that lies nowhere in the project's area"))
    return shape


def _published(job: Job, layer: Layer, features: Iterator[EncodedBatch]) -> Publication:
    try:
        return publish_features(
            layer=layer,
            features=features,
            provenance=job.provenance,
            replaces_all=not job.options.keeps_others,
        )
    except (IntegrityError, DataError) as error:
        raise UserFacingError(
            _(
                "%(name)s: the database refused a row that the checks had passed "
                "(%(why)s). Nothing was stored."
            )
            % {"name": job.name, "why": str(error).splitlines()[0]},
            remedy=_("Correct that row in the file and import again."),
        ) from error


def _check_ground(job: Job, layer: Layer, publication: Publication, issues: IssueBook) -> None:
    """Refuse new overlaps and gaps in a layer that must not have them; note those that stood."""
    if not publication.is_new:
        return
    found = contested_ground(layer, publication.version.number, job.wait)
    if error := refusal_of(job.name, layer.slug, found):
        raise error
    for one in found:
        issues.add(one.issue)


def _outdated_surveys_ended(job: Job, layer: Layer, publication: Publication) -> Publication:
    """End the complete surveys of content that another file replaced: it may cover less ground."""
    is_first = publication.version.number == 1
    if job.options.keeps_others or is_first or not publication.is_new:
        return publication
    why = _("%(file)s replaced the content of the layer (version %(number)d).") % {
        "file": job.name,
        "number": publication.version.number,
    }
    return replace(publication, ended_surveys=end_complete_statements(layer, why=why, by=job.by))


def _state_surveyed(job: Job, layer: Layer, hull: Any) -> None:  # noqa: ANN401
    """State the convex hull of what was stored as surveyed: never more than the file spans."""
    if hull is None or hull.geom_type != "Polygon":
        raise UserFacingError(
            _(
                "%(name)s: its features do not span an area that could count as "
                "surveyed. Nothing was stored."
            )
            % {"name": job.name},
            remedy=_("Import without --surveyed, then: ./krong survey LAYER AREA_FILE"),
        )
    set_surveyed_area(
        layer=layer,
        geometry=hull,
        completeness=job.options.surveyed,
        source=job.name,
        captured_on=job.options.captured_on,
        classes=job.options.surveyed_classes,
    )


def _reported(job: Job, publication: Publication, rows: ReadRows) -> ImportReport:
    ended = publication.ended_surveys
    return ImportReport(
        layer=job.layer,
        run=job.run.pk,
        version=publication.version.number,
        is_new=publication.is_new,
        rows=rows.counts,
        added=publication.added,
        changed=publication.changed,
        removed=publication.removed,
        unchanged=publication.unchanged,
        issues=dict(sorted(rows.issues.counts.items())),
        notes=(*rows.notes, *([Sentence.of(ended_sentence(ended))] if ended else [])),
    )

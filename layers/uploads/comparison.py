"""What an import would change, found by doing it and taking it back: exact, and nothing written."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from layers.editing.import_checks import Contested, contested_ground
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.issue_book import IssueBook
from layers.ingest.job import Job
from layers.ingest.options import ImportOptions
from layers.ingest.report import Issue
from layers.ingest.rows import ReadRows, read_rows
from layers.ingest.service import stop_if_asked, wait_for_turn
from layers.models import Layer, Run
from layers.own_tables import sweep_left_over
from layers.retold import gettext as _
from layers.runs import Progress, Reporter, executing, queue_run
from layers.services import publish_features
from layers.sql_files import load_sql
from layers.uploads.directions import towards

# Enough to be worked through by hand; the counts are of all.
KEPT_ISSUES = 20_000
# Data in Indian 1960 read as WGS 84, and data already moved by a guessed transformation, lie this
# far east and north of their place at Sihanoukville [m]: EPSG:3148 (339087.07, 1175118.14) with the
# shift 198, 881, 317 is EPSG:32648 (338667.71, 1175441.41), the guess (339065.20, 1175211.00).
INDIAN_1960_MARKS = ((419.4, -323.3), (397.5, -230.4))
_MARK_RADIUS_M = 60.0
# Below this a shift is a new survey, not another coordinate system.
_SHIFT_M = 5.0


class KeptIssues(IssueBook):
    """Keeps issues until what they belong to was taken back, then writes them with the run."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.kept: list[Issue] = []

    def add(self, issue: Issue) -> None:
        """Note one issue."""
        if len(self.kept) < KEPT_ISSUES:
            self.kept.append(issue)

    def write_kept(self) -> None:
        """Store what was kept."""
        for issue in self.kept:
            super().add(issue)
        self.write()


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """What an import would change: counts, a shift, and ground that several areas would claim."""

    changes: Mapping[str, int] | None = None  # None: a grid has no rows to compare
    moved: Mapping[str, float] | None = None
    contested: tuple[Contested, ...] = ()

    @property
    def contested_counts(self) -> dict[str, int]:
        """How many overlaps and gaps there would be, by kind and by what is done about them."""
        return dict(Counter(f"{one.issue.kind} {one.issue.action}" for one in self.contested))

    def as_fields(self) -> dict[str, Any]:
        """Return the comparison as JSON can hold it."""
        return {"changes": self.changes, "moved": self.moved, "contested": self.contested_counts}


def trial_from_shell(
    *, path: Path, slug: str, options: ImportOptions, echo: Progress | None = None
) -> Comparison:
    """Compare a file with a layer as the pages do, in a run of its own that keeps the issues."""
    run = queue_run(kind="import-trial", title=f"Try {path.name}", parameters={"file": path.name})
    with executing(run, echo=echo) as reporter:
        return compare(path=path, slug=slug, options=options, run=run, report=reporter)


def compare(
    *, path: Path, slug: str, options: ImportOptions, run: Run, report: Reporter
) -> Comparison:
    """Return what an import would change of the published version; issues go to the run.

    A layer that is held by another import is waited for.
    """
    source_format = identify(path)
    if source_format is SourceFormat.GEOTIFF:
        return Comparison()
    issues = KeptIssues(run)
    job = Job(
        name=path.name,
        layer=slug,
        options=options,
        digest="",
        run=run,
        report=lambda share, message: report(0.5 + share / 2, message),
        wait=partial(stop_if_asked, report),
    )
    with transaction.atomic():
        with read_rows(job, path, source_format) as rows:
            rows.issues = issues
            found = _changes(rows, slug, options, report)
        transaction.set_rollback(True)
    sweep_left_over()
    issues.write_kept()
    return found


def _changes(rows: ReadRows, slug: str, options: ImportOptions, report: Reporter) -> Comparison:
    rows.geometry_kind()
    layer = Layer.objects.filter(slug=slug).first()
    if layer is None:
        for _batch in rows.batches():
            pass
        added = {"added": rows.counts.stored, "changed": 0, "removed": 0, "unchanged": 0}
        return Comparison(changes=added)
    wait_for_turn(slug, report)
    publication = publish_features(
        layer=layer, features=rows.batches(), replaces_all=not options.keeps_others
    )
    counts = ("added", "changed", "removed", "unchanged")
    changes = {name: getattr(publication, name) for name in counts}
    number = publication.version.number
    contested = (
        contested_ground(layer, number, partial(stop_if_asked, report))
        if publication.is_new
        else []
    )
    for one in contested:
        rows.issues.add(one.issue)
    moved = _moved(layer, number)
    return Comparison(changes=changes, moved=moved, contested=tuple(contested))


def _moved(layer: Layer, number: int) -> dict[str, float] | None:
    """Return how far the features that change lie from where they are now: their medians."""
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "moved_features.sql"),
            {"layer_id": layer.pk, "number": number},
        )
        count, east_m, north_m = cursor.fetchone()
    if not count or math.hypot(east_m, north_m) < _SHIFT_M:
        return None
    return {"count": count, "east_m": east_m, "north_m": north_m}


def shift_sentence(moved: Mapping[str, float]) -> str:
    """Say that known features would move, how far and where to."""
    east_m, north_m = moved["east_m"], moved["north_m"]
    return _(
        "%(count)s features that the layer already holds would move by about %(metres)s m to the "
        "%(direction)s. If nobody moved them on the ground, the coordinate system is the wrong one."
    ) % {
        "count": int(moved["count"]),
        "metres": round(math.hypot(east_m, north_m)),
        "direction": towards(east_m, north_m),
    }


def looks_like_indian_1960(moved: Mapping[str, float]) -> bool:
    """Tell whether a shift is the one of Indian 1960 taken for WGS 84 on the Cambodian coast."""
    return any(
        math.hypot(moved["east_m"] - east, moved["north_m"] - north) < _MARK_RADIUS_M
        for east, north in INDIAN_1960_MARKS
    )

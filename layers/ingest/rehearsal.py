"""A dry run: everything an import does with a file, but nothing stored; a sample for a map."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import shapely

from layers.crs import PROJECT_SRID, crs_of, to_wgs84
from layers.ingest.cog import WrittenGrid
from layers.ingest.confined.answer import Answer
from layers.ingest.formats import SourceFormat
from layers.ingest.grid_checks import open_geotiff
from layers.ingest.grid_task import GRID_FILE, grid_written
from layers.ingest.labels import Labels
from layers.ingest.quicklook import quicklook
from layers.ingest.report import Issue
from layers.ingest.row_tasks import feature_stream, finish
from layers.ingest.sources import Asked, opened_rows
from layers.ingest.vocab import ImportText, Sentence

SAMPLE_FEATURES = 2_000
SHOWN_ISSUES = 500
# A map of a thousand pixels shows no smaller detail.
_PIXELS = 1_000
# 1e-7 degrees is a centimetre (RFC 7946, section 11.2, asks for no more).
_DECIMALS = 7


@dataclass(slots=True)
class Sample:
    """Features from all over a file: every one at first, then every second, every fourth."""

    shapes: list[Any] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    classes: list[str | None] = field(default_factory=list)
    step: int = 1
    seen: int = 0

    def take(self, shapes: np.ndarray, labels: Labels) -> None:
        """Take every ``step``-th of the shapes."""
        picked = np.arange(-self.seen % self.step, len(shapes), self.step)
        self.seen += len(shapes)
        self.shapes.extend(shapes[picked])
        self.ids.extend(labels.ids.take(picked).to_pylist())
        self.classes.extend(labels.classes.take(picked).to_pylist())
        while len(self.shapes) > SAMPLE_FEATURES:
            self.step *= 2
            for kept in (self.shapes, self.ids, self.classes):
                del kept[1::2]

    def as_geojson(self) -> dict[str, Any]:
        """Return the sample simplified, in longitude and latitude."""
        if not self.shapes:
            return {"type": "FeatureCollection", "features": []}
        shapes = np.asarray(self.shapes, dtype=object)
        west, south, east, north = shapely.total_bounds(shapes)
        tolerance_m = max(east - west, north - south) / _PIXELS
        simple = shapely.simplify(shapes, tolerance_m, preserve_topology=True)
        shown = shapely.transform(to_wgs84(simple), lambda xy: np.round(xy, _DECIMALS))
        features = [
            {
                "type": "Feature",
                "id": stable_id,
                "properties": {"land_use": code},
                "geometry": json.loads(text),
            }
            for stable_id, code, text in zip(
                self.ids, self.classes, shapely.to_geojson(shown), strict=True
            )
        ]
        return {"type": "FeatureCollection", "features": features}

    def extent_wgs84(self) -> list[float] | None:
        """Return west, south, east, north of the sample [degrees]."""
        if not self.shapes:
            return None
        bounds = shapely.total_bounds(to_wgs84(np.asarray(self.shapes, dtype=object)))
        return [float(bound) for bound in bounds]


@dataclass(slots=True)
class IssueTally:
    """Counts all issues and keeps the first ones."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[Issue] = field(default_factory=list)

    def add(self, issue: Issue) -> None:
        """Note one issue."""
        self.counts[f"{issue.kind} {issue.action}"] += 1
        if len(self.first) < SHOWN_ISSUES:
            self.first.append(issue)


def rehearse(asked: Asked, answer: Answer) -> None:
    """Say what importing the file would do."""
    if asked.source_format is SourceFormat.GEOTIFF:
        _rehearse_grid(asked, answer)
        return
    opened = opened_rows(asked)
    sample, issues = Sample(), IssueTally()
    stream = feature_stream(asked, opened, issues, answer)
    stream.show = sample.take
    for _batch in stream.encoded(opened.source.batches(asked.limits.rows_at_once)):
        pass
    notes = finish(asked.name, opened, stream)
    answer.say(
        "done",
        geometry_kind=str(stream.geometry_kind),
        crs={"srid": opened.crs.to_epsg(), "title": opened.crs.name},
        counts=asdict(stream.counts),
        issue_counts=dict(sorted(issues.counts.items())),
        issues=[list(issue) for issue in issues.first],
        notes=notes,
        sample=sample.as_geojson(),
        extent_wgs84=sample.extent_wgs84(),
    )


def _rehearse_grid(asked: Asked, answer: Answer) -> None:
    grid, written = grid_written(asked)
    outline = to_wgs84(written.outline)
    shown = {
        "type": "Feature",
        "properties": {},
        "geometry": json.loads(shapely.to_geojson(outline)),
    }
    answer.say(
        "done",
        geometry_kind="raster",
        crs={"srid": grid.crs.to_epsg(), "title": grid.crs.name},
        counts={"read": 1, "stored": 1},
        issue_counts={},
        issues=[],
        notes=[
            *grid.notes,
            Sentence(
                ImportText.CELLS,
                {
                    "width": grid.width,
                    "height": grid.height,
                    "minimum": written.minimum,
                    "maximum": written.maximum,
                },
            ),
        ],
        sample={"type": "FeatureCollection", "features": [shown]},
        extent_wgs84=list(outline.bounds),
        grid=_told_of(asked, written),
    )


def _told_of(asked: Asked, written: WrittenGrid) -> dict[str, Any]:
    """Return what was written, with a picture of it."""
    with open_geotiff(asked.folder / GRID_FILE) as opened:
        return {
            "width": opened.width,
            "height": opened.height,
            "resolution_m": written.resolution_m,
            "minimum": written.minimum,
            "maximum": written.maximum,
            "nodata": written.nodata,
            "picture": quicklook(opened, 1, crs_of(PROJECT_SRID), written.nodata),
        }

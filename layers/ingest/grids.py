"""A GeoTIFF becomes the new version of a raster layer: a Cloud-Optimised GeoTIFF in one CRS."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib.gis.geos import GEOSGeometry

from layers.crs import PROJECT_SRID
from layers.ingest.confined import limits
from layers.ingest.confined.frames import FrameError
from layers.ingest.confined.reader import Reading, reading
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.job import Job
from layers.ingest.report import ImportReport, RowCounts
from layers.ingest.rows import notes_of, progress_of, shape_of
from layers.ingest.vocab import Sentence
from layers.models import Layer
from layers.retold import gettext as _
from layers.services import open_layer, publish_raster, set_surveyed_area
from layers.vocab import GeometryKind

DEFAULT_QUANTITY = "elevation"
DEFAULT_UNITS = "m"
UNKNOWN_DATUM = "not stated"
GRID_FILE = "grid.tif"
_NUMBERS = ("nodata", "resolution_m", "minimum", "maximum")


def publish_grid(job: Job, path: Path) -> ImportReport:
    """Publish a checked grid; call it within the import's transaction.

    Raises
    ------
    UserFacingError
        Not usable as it is: no CRS, degrees, no nodata value, several bands, too large.
    """
    options = job.options
    quantity = options.quantity or DEFAULT_QUANTITY
    layer = open_layer(slug=job.layer, geometry_kind=GeometryKind.RASTER, **options.described())
    with reading(
        task="grid",
        path=path,
        limits=limits.IMPORTING,
        wait=job.wait,
        source_format=SourceFormat.GEOTIFF.name,
        options=replace(options, quantity=quantity).as_fields(),
    ) as begun:
        written = _written(job, begun)
        outline = shape_of(written.get("outline"), job.name)
        raster = publish_raster(
            layer=layer,
            path=_checked_file(job, begun.folder / GRID_FILE),
            provenance=job.provenance,
            described={
                "quantity": quantity,
                "units": options.units or DEFAULT_UNITS,
                "vertical_datum": options.vertical_datum or UNKNOWN_DATUM,
                "footprint": GEOSGeometry(outline.wkt, srid=PROJECT_SRID),
                **{name: float(written[name]) for name in _NUMBERS},
            },
        )
    if options.surveyed:
        set_surveyed_area(
            layer=layer,
            geometry=outline,
            completeness=options.surveyed,
            source=job.name,
            captured_on=options.captured_on,
            classes=options.surveyed_classes,
        )
    return _reported(job, layer, raster.version.number, notes_of(written, job.name))


def _written(job: Job, begun: Reading) -> Mapping[str, Any]:
    """Return what the reading says it wrote; pass its progress on."""
    for heard in begun.heard():
        if isinstance(heard, dict) and heard["type"] == "progress":
            job.report(*progress_of(heard))
        elif isinstance(heard, dict) and heard["type"] == "done":
            job.report(0.9, "written as Cloud-Optimised GeoTIFF")
            if all(isinstance(heard.get(name), (int, float)) for name in _NUMBERS):
                return heard
    raise FrameError(job.name, _("no description of the grid"))


def _checked_file(job: Job, path: Path) -> Path:
    """Return the written file if it is a GeoTIFF and no link to something else."""
    if path.is_symlink() or not path.is_file() or identify(path) is not SourceFormat.GEOTIFF:
        raise FrameError(job.name, _("a file that is no GeoTIFF"))
    return path


def _reported(job: Job, layer: Layer, number: int, notes: tuple[Sentence, ...]) -> ImportReport:
    is_new = number != layer.published_number  # the object was read before publishing
    count = int(is_new)
    return ImportReport(
        layer=job.layer,
        run=job.run.pk,
        version=number,
        is_new=is_new,
        rows=RowCounts(read=1, stored=1),
        added=count if layer.published_number is None else 0,
        changed=count if layer.published_number is not None else 0,
        unchanged=1 - count,
        notes=notes,
    )

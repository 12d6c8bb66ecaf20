"""A GeoTIFF becomes the new version of a raster layer: a Cloud-Optimised GeoTIFF in one CRS."""

from pathlib import Path
from tempfile import TemporaryDirectory

from layers.ingest.cog import write_cog
from layers.ingest.grid_checks import checked_grid
from layers.ingest.job import Job
from layers.ingest.report import ImportReport, RowCounts
from layers.models import Layer
from layers.services import open_layer, publish_raster, set_surveyed_area
from layers.vocab import GeometryKind

DEFAULT_QUANTITY = "elevation"
DEFAULT_UNITS = "m"
UNKNOWN_DATUM = "not stated"


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
    with TemporaryDirectory(prefix="krong-import-") as folder:
        target = Path(folder) / "grid.tif"
        grid = checked_grid(path, job.name, options)
        job.report(0.1, f"{grid.width} x {grid.height} cells")
        written = write_cog(grid, target, quantity=quantity)
        job.report(0.9, "written as Cloud-Optimised GeoTIFF")
        raster = publish_raster(
            layer=layer,
            path=target,
            provenance=job.provenance,
            described={
                "quantity": quantity,
                "units": options.units or DEFAULT_UNITS,
                "vertical_datum": options.vertical_datum or UNKNOWN_DATUM,
                **written.described(),
            },
        )
    if options.surveyed:
        set_surveyed_area(
            layer=layer,
            geometry=written.outline,
            completeness=options.surveyed,
            source=job.name,
            captured_on=options.captured_on,
            classes=options.surveyed_classes,
        )
    return _reported(job, layer, raster.version.number, grid.notes)


def _reported(job: Job, layer: Layer, number: int, notes: tuple[str, ...]) -> ImportReport:
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

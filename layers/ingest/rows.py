"""The rows of a vector file become the new version of a layer."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import DataError, IntegrityError
from pyproj import CRS

from layers.copying import EncodedBatch
from layers.crs import PROJECT_SRID, WGS84_SRID, CoordinateFunction, crs_of, transformer
from layers.errors import UserFacingError
from layers.ingest.features import FeatureStream
from layers.ingest.formats import SourceFormat
from layers.ingest.job import Job
from layers.ingest.labels import STABLE_ID_COLUMN, Labeller
from layers.ingest.options import ImportOptions
from layers.ingest.osm import OsmSource, open_osm
from layers.ingest.outcome import check_outcome, note_dropped_heights
from layers.ingest.report import ImportReport, IssueBook
from layers.ingest.vectors import VectorSource, check_crs_agrees, open_source, source_crs
from layers.ingest.zipped import text_encoding, unpack_shapefile
from layers.models import Layer
from layers.services import Publication, open_layer, publish_features, set_surveyed_area
from layers.vocab import GeometryKind

_KINDS = {
    "Point": GeometryKind.POINT,
    "MultiPoint": GeometryKind.POINT,
    "LineString": GeometryKind.LINE,
    "MultiLineString": GeometryKind.LINE,
    "Polygon": GeometryKind.POLYGON,
    "MultiPolygon": GeometryKind.POLYGON,
}

Source = VectorSource | OsmSource


def publish_rows(job: Job, path: Path, source_format: SourceFormat) -> ImportReport:
    """Publish the rows of a vector file; call it within the import's transaction."""
    with opened_source(path, source_format, job.options) as (source, crs, notes):
        layer = open_layer(
            slug=job.layer, geometry_kind=_kind(job.options, source), **job.options.described()
        )
        stream = FeatureStream(
            labeller=_labeller(job.options, source, source_format),
            project=projection(crs),
            geometry_kind=layer.geometry_kind,
            issues=IssueBook(job.run),
            expected_rows=source.row_count if isinstance(source, VectorSource) else -1,
            report=job.report,
            keeps_hull=bool(job.options.surveyed),
        )
        publication = _published(job, layer, _checked(job, source, stream, crs))
    if job.options.surveyed:
        _state_surveyed(job, layer, stream)
    if not stream.labeller.id_column:
        notes.append("Identifiers are the rows' places in the file; --id-field names a column.")
    return _reported(job, publication, stream, notes)


@contextmanager
def opened_source(
    path: Path, source_format: SourceFormat, options: ImportOptions
) -> Iterator[tuple[Source, CRS, list[str]]]:
    """Give a vector file's source, its CRS, and notes on what had to be guessed."""
    if source_format is SourceFormat.OSM_PBF:
        check_crs_agrees(path.name, crs_of(WGS84_SRID), options.srid)
        yield open_osm(path, name=path.name, layer=options.source_layer), crs_of(WGS84_SRID), []
        return
    with TemporaryDirectory(prefix="krong-import-") as folder:
        opened, encoding, notes = path, options.encoding, []
        if source_format is SourceFormat.SHAPEFILE:
            opened = unpack_shapefile(path, Path(folder))
            encoding = encoding or text_encoding(opened)
        if encoding and not options.encoding:
            notes.append(f"The texts do not state their encoding; they were read as {encoding}.")
        source = open_source(
            opened,
            name=path.name,
            source_format=source_format,
            layer=options.source_layer,
            encoding=encoding,
        )
        yield source, source_crs(source, options.srid), notes


def _labeller(options: ImportOptions, source: Source, source_format: SourceFormat) -> Labeller:
    if isinstance(source, OsmSource):
        return Labeller(options, (STABLE_ID_COLUMN,), "")
    prefix = "fid-" if source_format is SourceFormat.GEOPACKAGE else "row-"
    return Labeller(options, source.fields, prefix)


def _kind(options: ImportOptions, source: Source) -> str:
    if options.geometry_kind:
        return options.geometry_kind
    if isinstance(source, OsmSource):
        return GeometryKind.MIXED
    flat = source.geometry_type.removeprefix("2.5D ").removeprefix("Measured ")
    return _KINDS.get(flat.removeprefix("3D ").removeprefix("Measured "), GeometryKind.MIXED)


def projection(crs: CRS) -> CoordinateFunction | None:
    """Return how coordinates become PROJECT_SRID, None when they are so already."""
    project = crs_of(PROJECT_SRID)
    if crs.to_epsg() == PROJECT_SRID or crs.equals(project, ignore_axis_order=True):
        return None
    return transformer(crs, project).transform


def _checked(job: Job, source: Source, stream: FeatureStream, crs: CRS) -> Iterator[EncodedBatch]:
    """Yield the features; what the whole file reveals is checked before anything is published."""
    yield from stream.encoded(source.batches())
    note_dropped_heights(stream)
    check_outcome(job, stream, crs)
    stream.issues.write()


def _published(job: Job, layer: Layer, features: Iterator[EncodedBatch]) -> Publication:
    try:
        return publish_features(layer=layer, features=features, provenance=job.provenance)
    except (IntegrityError, DataError) as error:
        raise UserFacingError(
            f"{job.name}: the database refused a row that the checks had passed "
            f"({str(error).splitlines()[0]}). Nothing was stored.",
            remedy="Correct that row in the file and import again.",
        ) from error


def _state_surveyed(job: Job, layer: Layer, stream: FeatureStream) -> None:
    """State the convex hull of what was stored as surveyed: never more than the file spans."""
    if stream.hull is None or stream.hull.geom_type != "Polygon":
        raise UserFacingError(
            f"{job.name}: its features do not span an area that could count as surveyed. "
            "Nothing was stored.",
            remedy="Import without --surveyed, then: ./krong survey LAYER AREA_FILE",
        )
    set_surveyed_area(
        layer=layer,
        geometry=stream.hull,
        completeness=job.options.surveyed,
        source=job.name,
        captured_on=job.options.captured_on,
        classes=job.options.surveyed_classes,
    )


def _reported(
    job: Job, publication: Publication, stream: FeatureStream, notes: list[str]
) -> ImportReport:
    return ImportReport(
        layer=job.layer,
        run=job.run.pk,
        version=publication.version.number,
        is_new=publication.is_new,
        rows=stream.counts,
        added=publication.added,
        changed=publication.changed,
        removed=publication.removed,
        unchanged=publication.unchanged,
        issues=dict(sorted(stream.issues.counts.items())),
        notes=tuple(notes),
    )

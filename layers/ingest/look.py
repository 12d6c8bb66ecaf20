"""Looking at a file before it is imported: what it holds, and what an import would do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from layers.editing.survey_log import complete_statements, would_end_sentence
from layers.ingest.class_list import class_data
from layers.ingest.confined import limits
from layers.ingest.confined.limits import Limits
from layers.ingest.confined.reader import reading
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.grids import DEFAULT_QUANTITY
from layers.ingest.option_checks import check_options
from layers.ingest.options import ImportOptions
from layers.ingest.report import Issue, RowCounts
from layers.ingest.rows import issues_of, notes_of, row_counts
from layers.ingest.vocab import Sentence
from layers.models import Layer
from layers.vocab import GeometryKind


def _nothing() -> None:
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class FileSurvey:
    """What a file holds.

    ``layers``: one dict for each layer with shapes: ``name`` (for ``source_layer``),
    ``geometry_kind``, ``row_count`` (-1: only reading tells), ``fields`` (``name``, ``type``,
    ``examples``, ``values``: pairs of value and count when there are few, ``codes``: how many of
    them are class codes), ``crs`` (``srid``, ``title``) or None, ``crs_problem`` (a sentence or
    empty), ``candidates`` (systems in which it would lie in the city: ``srid``, ``title``,
    ``extent_wgs84``), ``extent`` in its own coordinates and ``extent_wgs84`` of the first
    ``sampled_rows`` rows, ``shapes`` (some of them, WKB in its own coordinates), ``issues`` of that
    sample (counts), ``notes`` (guesses, in words).
    ``grid``: of a GeoTIFF, what ``layers.ingest.grid_looking`` tells; else None.
    """

    name: str
    format: str
    format_title: str
    layers: tuple[dict[str, Any], ...] = ()
    grid: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an import would do; nothing is stored.

    ``issue_counts`` counts all issues by kind and action, ``issues`` holds the first 500;
    ``sample`` is GeoJSON of at most 2,000 simplified features from all over the file.
    ``grid``: of a GeoTIFF, what would be stored (``width``, ``height``, ``resolution_m``,
    ``minimum``, ``maximum``, ``nodata``, ``picture``).
    """

    geometry_kind: str
    crs: dict[str, Any]
    rows: RowCounts
    issue_counts: dict[str, int] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    notes: tuple[Sentence, ...] = ()
    sample: dict[str, Any] = field(default_factory=dict)
    extent_wgs84: tuple[float, ...] | None = None
    grid: dict[str, Any] | None = None


def look_into(
    path: Path, options: ImportOptions | None = None, *, wait: Callable[[], None] = _nothing
) -> FileSurvey:
    """Return what a file holds; a layer can be singled out and columns named by the options.

    ``wait`` is called every two seconds and may raise to give up.

    Raises
    ------
    UserFacingError
        A file Krong does not read, damaged, or that costs more than a look may.
    """
    path = Path(path)
    source_format = identify(path)
    with reading(
        task="look",
        path=path,
        limits=limits.LOOKING,
        wait=wait,
        source_format=source_format.name,
        options=(options or ImportOptions()).as_fields(),
        classes=class_data().as_fields(),
    ) as begun:
        told = begun.result()
    return FileSurvey(
        name=path.name,
        format=source_format.name,
        format_title=source_format.title,
        layers=tuple(told.get("layers") or ()),
        grid=told.get("grid"),
    )


def dry_run(
    path: Path,
    options: ImportOptions,
    *,
    layer: str = "",
    wait: Callable[[], None] = _nothing,
    allowed: Limits = limits.LOOKING,
) -> Outcome:
    """Return what importing a file would do, checked as an import checks it.

    ``layer`` is the slug it would go into: what exists decides the kind of shapes. ``wait`` is
    called every two seconds and may raise to give up; ``allowed`` is what reading may cost.

    Raises
    ------
    UserFacingError
        What an import would be refused with.
    """
    path = Path(path)
    source_format = identify(path)
    check_options(options, source_format)
    if source_format is SourceFormat.GEOTIFF:
        options = replace(options, quantity=options.quantity or DEFAULT_QUANTITY)
    with reading(
        task="rehearse",
        path=path,
        limits=allowed,
        wait=wait,
        source_format=source_format.name,
        options=options.as_fields(),
        classes=class_data().as_fields(),
        layer_kind=_kind_of(layer),
    ) as begun:
        told = begun.result()
    return Outcome(
        geometry_kind=str(told.get("geometry_kind")),
        crs=dict(told.get("crs") or {}),
        rows=row_counts(told, path.name),
        issue_counts={str(k): int(v) for k, v in dict(told.get("issue_counts") or {}).items()},
        issues=tuple(issues_of(told, path.name)),
        notes=(*notes_of(told, path.name), *_surveys_to_end(layer, options)),
        sample=dict(told.get("sample") or {}),
        extent_wgs84=tuple(told["extent_wgs84"]) if told.get("extent_wgs84") else None,
        grid=told.get("grid"),
    )


def _surveys_to_end(slug: str, options: ImportOptions) -> tuple[Sentence, ...]:
    stated = 0 if options.keeps_others else complete_statements(slug).count()
    has_content = Layer.objects.filter(slug=slug).exclude(published_number=None).exists()
    return (Sentence.of(would_end_sentence(stated)),) if stated and has_content else ()


def _kind_of(slug: str) -> str:
    kind = Layer.objects.filter(slug=slug).values_list("geometry_kind", flat=True).first()
    return kind if kind and kind != GeometryKind.RASTER else ""

"""What a file holds, told before anything is decided: layers, columns, CRS, extent, a sample."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyproj import CRS

from layers.crs import (
    CANDIDATES,
    PROJECT_SRID,
    WGS84_SRID,
    CrsError,
    crs_of,
    inside_project_extent,
    transformer,
)
from layers.errors import UserFacingError
from layers.ingest.archives import shapefile_layers
from layers.ingest.attributes import as_text
from layers.ingest.batches import SourceBatch
from layers.ingest.confined.answer import Answer
from layers.ingest.formats import SourceFormat
from layers.ingest.grid_looking import look_into_grid
from layers.ingest.kml import check_markup
from layers.ingest.osm import OsmSource
from layers.ingest.shapes import check_shapes, parsed
from layers.ingest.sources import Asked, Opened, inside_archive, opened_rows
from layers.ingest.vectors import broken_file_explained
from layers.ingest.zipped import unpack_kml
from layers.vocab import GeometryKind

SAMPLE_ROWS = 2_000
MAX_LAYERS = 50
MAX_VALUES = 60
SHOWN_SHAPES = 300
_PIXELS = 1_000
_EXAMPLES = 3
_LONGEST_VALUE = 80
Bounds = tuple[float, float, float, float]
_SEVERAL = frozenset(
    {SourceFormat.GEOPACKAGE, SourceFormat.KML, SourceFormat.KMZ, SourceFormat.SHAPEFILE}
)


def look(asked: Asked, answer: Answer) -> None:
    """Say what a file holds."""
    if asked.source_format is SourceFormat.GEOTIFF:
        answer.say("done", layers=[], grid=look_into_grid(asked))
        return
    layers = [_layer(replace(asked, options=options)) for options in _each_layer(asked)]
    answer.say("done", layers=layers, grid=None)


def _each_layer(asked: Asked) -> list[Any]:
    """Return the options with each layer of the file chosen in turn."""
    if asked.source_format not in _SEVERAL or asked.options.source_layer:
        return [asked.options]
    path = asked.path
    if asked.source_format is SourceFormat.SHAPEFILE:
        named = shapefile_layers(path)[:MAX_LAYERS]
        if not named:
            return _each_layer(inside_archive(asked))
        return [replace(asked.options, source_layer=layer) for layer in named]
    if asked.source_format is SourceFormat.KMZ:
        path = unpack_kml(path, asked.folder, max_bytes=asked.limits.unpacked_bytes)
    if asked.source_format in {SourceFormat.KML, SourceFormat.KMZ}:
        check_markup(path, asked.name)  # before any driver sees it
    with broken_file_explained(asked.name):
        listed = [str(layer) for layer, kind in pyogrio.list_layers(path) if kind is not None]
    if len(listed) < 2:  # noqa: PLR2004 - one is chosen by itself, none is refused with a sentence
        return [asked.options]
    return [replace(asked.options, source_layer=layer) for layer in listed[:MAX_LAYERS]]


def _layer(asked: Asked) -> dict[str, Any]:
    opened = opened_rows(asked)
    source = opened.source
    batches = source.batches(SAMPLE_ROWS)
    sample = _first(list(islice(batches, 1)))
    bounds = _bounds(sample)
    return {
        "name": "" if isinstance(source, OsmSource) else source.layer,
        "geometry_kind": str(opened.geometry_kind),
        "row_count": source.row_count,
        "fields": [_field(name, sample, asked) for name in source.fields],
        "notes": list(opened.notes),
        **_place(opened, bounds),
        "issues": _issues(opened, sample),
        "shapes": _shapes(sample, bounds),
        "sampled_rows": 0 if sample is None else len(sample),
    }


def _first(batches: Sequence[SourceBatch]) -> SourceBatch | None:
    return batches[0] if batches else None


def _field(name: str, sample: SourceBatch | None, asked: Asked) -> dict[str, Any]:
    if sample is None or name not in sample.columns:
        return {"name": name, "type": "", "examples": [], "values": []}
    column = sample.columns[name]
    texts = as_text(column) if _is_plain(column.type) else column.cast(pa.string(), safe=False)
    counts = Counter(text[:_LONGEST_VALUE] for text in texts.to_pylist() if text is not None)
    told = counts.most_common(MAX_VALUES)
    return {
        "name": name,
        "type": str(column.type),
        "examples": [value for value, _count in told[:_EXAMPLES]],
        "values": told if len(counts) <= MAX_VALUES else [],
        "codes": sum(value in asked.classes.ids for value in counts),
    }


def _is_plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_dictionary(kind)
    )


def _bounds(sample: SourceBatch | None) -> Bounds | None:
    """Return west, south, east, north of a sample in its own coordinates."""
    if sample is None:
        return None
    shapes = parsed(sample.outlines, sample.rows).shapes
    finite = shapely.bounds(shapes[~shapely.is_missing(shapes)])
    finite = finite[np.isfinite(finite).all(axis=1)]
    if not len(finite):
        return None
    west, south = finite[:, :2].min(axis=0)
    east, north = finite[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


def _shapes(sample: SourceBatch | None, bounds: Bounds | None) -> list[str]:
    """Return some of the shapes as hexadecimal WKB, as fine as a map of 1,000 pixels shows them."""
    if sample is None or bounds is None:
        return []
    shapes = parsed(sample.outlines, sample.rows).shapes
    shapes = shapes[np.isfinite(shapely.bounds(shapes)).all(axis=1)]
    picked = shapely.force_2d(shapes[:: len(shapes) // SHOWN_SHAPES + 1])
    # GEOS mends an invalid area after simplifying it: of 20,000 corners at random, in gigabytes
    tangled = ~shapely.is_valid(picked)
    picked[tangled] = shapely.boundary(picked[tangled])
    side = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
    simple = shapely.simplify(picked, side / _PIXELS, preserve_topology=False)
    kept = simple[~shapely.is_empty(simple)]
    return list(shapely.to_wkb(kept, hex=True))


def _place(opened: Opened, bounds: Bounds | None) -> dict[str, Any]:
    """Say where a file lies: by its CRS, or by the systems that would place it in the city."""
    try:
        crs = opened.crs
    except UserFacingError as error:
        stated: dict[str, Any] = {"crs": None, "crs_problem": _sentence(error)}
        return stated | {"extent": bounds, "extent_wgs84": None, "candidates": _candidates(bounds)}
    told = {"srid": crs.to_epsg(), "title": crs.name}
    problem, extent = "", None
    try:
        extent = _in_degrees(crs, bounds)
        transformer(crs, crs_of(PROJECT_SRID))
    except CrsError as error:
        problem = _sentence(error)
    return {
        "crs": told,
        "crs_problem": problem,
        "extent": bounds,
        "extent_wgs84": extent,
        "candidates": [],
    }


def _in_degrees(crs: CRS, bounds: Bounds | None) -> Bounds | None:
    if bounds is None:
        return None
    extent = transformer(crs, crs_of(WGS84_SRID)).transform_bounds(*bounds)
    return extent if np.isfinite(extent).all() else None


def _candidates(bounds: Bounds | None) -> list[dict[str, Any]]:
    """Return the systems in which the sample would lie in the project's area."""
    if bounds is None:
        return []
    told = []
    for srid in dict.fromkeys((PROJECT_SRID, *CANDIDATES)):
        crs = crs_of(srid)
        try:
            there = transformer(crs, crs_of(PROJECT_SRID)).transform_bounds(*bounds)
            extent = _in_degrees(crs, bounds)
        except CrsError:
            continue
        if np.isfinite(there).all() and inside_project_extent(np.array([there]))[0]:
            told.append({"srid": srid, "title": crs.name, "extent_wgs84": extent})
    return told


def _issues(opened: Opened, sample: SourceBatch | None) -> dict[str, int]:
    """Return what would be wrong with the sample's shapes, counted."""
    if sample is None:
        return {}
    try:
        project = opened.project
    except UserFacingError:
        return {}
    kind = GeometryKind(opened.geometry_kind)
    checked = check_shapes(sample.outlines, rows=sample.rows, project=project, kind=kind)
    found = [*sample.issues, *checked.issues]
    return dict(sorted(Counter(f"{issue.kind} {issue.action}" for issue in found).items()))


def _sentence(error: UserFacingError) -> str:
    return f"{error.what} {error.remedy}"

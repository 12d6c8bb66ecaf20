"""Outlines on their way in: read, flattened, projected, checked; repaired or refused, never silent.

Whole batches are checked as arrays; only rows with something wrong are looked at one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from django.contrib.gis.gdal import GDALException, OGRGeometry
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, CoordinateFunction, inside_project_extent
from layers.ingest.plain_rings import plain_rings
from layers.ingest.repair import as_multiple, repaired
from layers.ingest.report import Issue
from layers.ingest.star_shaped import is_star_shaped
from layers.ingest.vocab import ImportText, Sentence, rounded
from layers.ingest.wkb import is_little_endian, type_codes, with_srid
from layers.vocab import GeometryKind, IssueAction, IssueKind

# The same limit as the database's own CHECK on layers_feature.
MAX_VERTICES = 200_000
# ISO 13249-3 / OGC 06-103r4: 1 point, 2 line, 3 polygon, 4-6 their multiples; 1000s and the high
# bits tell of Z, M and SRID. 7 is a collection, 8-17 are curves, surfaces and TINs.
_PLAIN_TYPES = range(1, 7)
_MULTIPLE_TYPES = range(4, 7)
_COLLECTION = 7
_SEVERAL = (
    shapely.GeometryType.MULTIPOINT,
    shapely.GeometryType.MULTILINESTRING,
    shapely.GeometryType.MULTIPOLYGON,
)
# GEOS follows nested shapes by recursion and crashes on 90 kB of them; GDAL stops at 32 levels.
# Below this size no nest is deep enough to matter (9 bytes a level).
_NEST_CHECKED_FROM_BYTES = 8_000

_LINE, _POLYGON = 2, 3
_POINT_BYTES = 16
_AREA = 2
_DIMENSIONS = {GeometryKind.POINT: 0, GeometryKind.LINE: 1, GeometryKind.POLYGON: _AREA}


@dataclass(kw_only=True, slots=True)
class CheckedShapes:
    """Outlines in PROJECT_SRID, None where refused, with the issues of their rows."""

    shapes: np.ndarray
    rows: np.ndarray  # where they stand in the file
    source: pa.Array  # as the file holds them, WKB
    is_as_read: np.ndarray  # which shapes still are what the WKB of the source says
    issues: list[Issue] = field(default_factory=list)
    heights_dropped: int = 0
    degrees_like: bool = True  # every coordinate of the source lies within ±180 and ±90
    is_unparsed: np.ndarray | None = None  # right as the source holds them; they have no shape here

    def refuse(self, wrong: np.ndarray, kind: IssueKind, why: Callable[[int], Sentence]) -> None:
        """Take rows out and note why."""
        for index in np.flatnonzero(wrong):
            self.note(int(index), kind, IssueAction.REFUSED, why(int(index)))
            self.shapes[index] = None

    def note(self, index: int, kind: IssueKind, action: IssueAction, why: Sentence) -> None:
        """Write an issue down for a row of this batch."""
        self.issues.append(Issue(int(self.rows[index]), kind, action, *why))

    def outlines(self, wanted: np.ndarray) -> pa.Array:
        """Return the wanted shapes as EWKB; what stands as read is not written anew."""
        as_read = self.is_as_read[wanted]
        if as_read.all():
            return with_srid(self.source.filter(pa.array(wanted)))
        marked = shapely.set_srid(self.shapes[wanted & ~self.is_as_read], PROJECT_SRID)
        written = pa.array(shapely.to_wkb(marked, include_srid=True), pa.binary())
        if not as_read.any():
            return written
        copied = with_srid(self.source.filter(pa.array(wanted & self.is_as_read)))
        places = np.where(as_read, as_read.cumsum() - 1, len(copied) + (~as_read).cumsum() - 1)
        return pa.concat_arrays([copied, written]).take(pa.array(places))

    @property
    def is_left(self) -> np.ndarray:
        """Which rows still have a shape."""
        left: np.ndarray = ~shapely.is_missing(self.shapes)
        return left if self.is_unparsed is None else left | self.is_unparsed


def check_shapes(
    outlines: pa.Array,
    *,
    rows: np.ndarray,
    project: CoordinateFunction | None,
    kind: str,
    needs_shapes: bool = True,
) -> CheckedShapes:
    """Return the outlines of a batch in PROJECT_SRID, two-dimensional, valid and within bounds.

    ``project`` turns source coordinates into PROJECT_SRID; None when they are so already. Without
    ``needs_shapes``, areas whose bytes show that they are right are left unparsed.
    """
    takes_areas = _DIMENSIONS.get(GeometryKind(kind), _AREA) == _AREA
    if needs_shapes or project is not None or not takes_areas:
        return _checked(parsed(outlines, rows), project, kind)
    known = plain_rings(outlines, MAX_VERTICES)
    rest = ~known.is_right
    others = _checked(parsed(outlines.filter(pa.array(rest)), rows[rest]), None, kind)
    whole = replace(
        others,
        shapes=np.empty(len(outlines), dtype=object),
        rows=rows,
        source=outlines,
        is_as_read=known.is_right.copy(),
        is_unparsed=known.is_right,
        degrees_like=others.degrees_like and known.is_degrees_like,
    )
    whole.shapes[rest], whole.is_as_read[rest] = others.shapes, others.is_as_read
    return whole


def _checked(
    checked: CheckedShapes, project: CoordinateFunction | None, kind: str
) -> CheckedShapes:
    _drop_heights(checked)
    _drop_empty_parts(checked)
    _refuse_unusable(checked)
    if project is not None:
        left = checked.is_left
        projected: Any = project
        checked.shapes[left] = shapely.transform(checked.shapes[left], projected, interleaved=False)
        checked.is_as_read[:] = False
    _refuse_outside(checked)
    _repair_invalid(checked)
    _refuse_other_kinds(checked, kind)
    return checked


def parsed(outlines: pa.Array, rows: np.ndarray) -> CheckedShapes:
    """Return outlines as the file holds them, None where they cannot be read."""
    checked = CheckedShapes(
        shapes=np.empty(len(outlines), dtype=object),
        rows=rows,
        source=outlines,
        is_as_read=np.zeros(len(outlines), dtype=bool),
    )
    _read(checked, outlines)
    return checked


def _read(checked: CheckedShapes, outlines: pa.Array) -> None:
    """Parse WKB, keeping what GEOS cannot parse safely away from it."""
    codes, sizes = type_codes(outlines)
    blobs = outlines.to_numpy(zero_copy_only=False)
    missing = codes < 0
    plain = np.isin(codes, _PLAIN_TYPES)
    nested = np.isin(codes, _MULTIPLE_TYPES) & (sizes >= _NEST_CHECKED_FROM_BYTES)
    for index in np.flatnonzero(nested):
        nested[index] = not _gdal_reads(blobs[index])
    readable = plain & ~nested
    with np.errstate(invalid="ignore"):  # NaN is looked for below
        checked.shapes[readable] = shapely.from_wkb(blobs[readable], on_invalid="ignore")
    checked.is_as_read = _is_plain(checked, codes, sizes)
    for index in np.flatnonzero(codes == _COLLECTION):
        checked.shapes[index] = _of_one_kind(blobs[index])
    plain |= ~shapely.is_missing(checked.shapes)  # an empty one is refused as empty
    unread = plain & shapely.is_missing(checked.shapes)
    checked.refuse(missing, IssueKind.EMPTY_GEOMETRY, lambda _: Sentence(ImportText.NO_SHAPE, {}))
    checked.refuse(
        ~plain & ~missing,
        IssueKind.WRONG_KIND,
        lambda i: Sentence(_not_stored(int(codes[i])), {}),
    )
    checked.refuse(
        unread,
        IssueKind.INVALID_GEOMETRY,
        lambda _: Sentence(ImportText.DAMAGED, {}),
    )


def _is_plain(checked: CheckedShapes, codes: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Tell which WKB holds a single flat shape and nothing else, as its size shows."""
    rings = np.where(codes == _POLYGON, shapely.get_num_interior_rings(checked.shapes) + 1, 0)
    header = np.select([codes == 1, codes == _LINE, codes == _POLYGON], [5, 9, 9], default=-1)
    corners = shapely.get_num_coordinates(checked.shapes)
    is_whole = (header > 0) & (sizes == header + 4 * rings + _POINT_BYTES * corners)
    is_plain: np.ndarray = is_whole & is_little_endian(checked.source)
    return is_plain


def _not_stored(code: int) -> ImportText:
    if code == _COLLECTION:
        return ImportText.COLLECTION
    return ImportText.CURVED if code else ImportText.UNREADABLE


def _of_one_kind(blob: bytes) -> BaseGeometry | None:
    """Return a collection of only points, only lines or only areas as one shape, others as None.

    OpenStreetMap's sites come so: a school as the collection of its grounds. A closed line in a
    collection may mean the line or the ground inside it, so that is left to the user.
    """
    if not _gdal_reads(blob):
        return None
    collected = shapely.from_wkb(blob, on_invalid="ignore")
    parts = shapely.get_parts(shapely.get_parts(collected))
    if not len(parts):
        return shapely.MultiPoint()
    kinds = set(shapely.get_dimensions(parts).tolist())
    is_unclear = (shapely.get_type_id(parts) == _COLLECTION) | shapely.is_closed(parts)
    if len(kinds) != 1 or is_unclear.any():
        return None
    return as_multiple(list(parts), kinds.pop())


def _gdal_reads(blob: bytes) -> bool:
    try:
        OGRGeometry(memoryview(blob))
    except GDALException:
        return False
    return True


def _drop_heights(checked: CheckedShapes) -> None:
    high = shapely.has_z(checked.shapes) | shapely.has_m(checked.shapes)
    if high.any():
        checked.heights_dropped = int(high.sum())
        checked.shapes[high] = shapely.force_2d(checked.shapes[high])
        checked.is_as_read[high] = False


def _drop_empty_parts(checked: CheckedShapes) -> None:
    """Leave empty parts of shapes of several parts out: they are nothing, and are not stored."""
    several = np.flatnonzero(np.isin(shapely.get_type_id(checked.shapes), list(_SEVERAL)))
    parts, owners = shapely.get_parts(checked.shapes[several], return_index=True)
    is_empty = shapely.is_empty(parts)
    for index in np.unique(several[owners[is_empty]]):
        shape = checked.shapes[index]
        kept = [part for part in shapely.get_parts(shape) if not part.is_empty]
        checked.shapes[index] = type(shape)(kept)
        checked.is_as_read[index] = False


def _refuse_unusable(checked: CheckedShapes) -> None:
    x, y = shapely.get_coordinates(checked.shapes).T
    broken = np.zeros(len(checked.shapes), dtype=bool)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        coordinates, rows = shapely.get_coordinates(checked.shapes, return_index=True)
        broken[rows[~np.isfinite(coordinates).all(axis=1)]] = True
    vertices = shapely.get_num_coordinates(checked.shapes)
    checked.degrees_like = not len(x) or bool(
        x.min() >= -180 and x.max() <= 180 and y.min() >= -90 and y.max() <= 90  # noqa: PLR2004 - degrees
    )
    checked.refuse(broken, IssueKind.NOT_FINITE, lambda i: _not_finite(checked.shapes[i]))
    empty = checked.is_left & shapely.is_empty(checked.shapes)
    checked.refuse(empty, IssueKind.EMPTY_GEOMETRY, lambda i: _empty(checked.shapes[i]))
    too_many = checked.is_left & (vertices > MAX_VERTICES)
    checked.refuse(
        too_many,
        IssueKind.TOO_MANY_VERTICES,
        lambda i: Sentence(
            ImportText.TOO_MANY_CORNERS, {"corners": int(vertices[i]), "most": MAX_VERTICES}
        ),
    )


def _empty(shape: BaseGeometry) -> Sentence:
    """Say that a shape is empty; GDAL hands on a point at "not a number" as an empty one."""
    if shape.geom_type == "Point":
        return Sentence(ImportText.NO_POSITION, {})
    return Sentence(ImportText.NO_POINTS, {})


def _not_finite(shape: BaseGeometry) -> Sentence:
    """Say which coordinate of a shape is no number; the first corner is corner 1."""
    corners = shapely.get_coordinates(shape)
    corner, axis = np.argwhere(~np.isfinite(corners))[0]
    told = {"corner": int(corner) + 1, "axis": "xy"[axis], "value": str(corners[corner, axis])}
    return Sentence(ImportText.NOT_A_NUMBER, told)


def _refuse_outside(checked: CheckedShapes) -> None:
    bounds = shapely.bounds(checked.shapes)
    outside = checked.is_left & ~inside_project_extent(bounds)
    checked.refuse(
        outside,
        IssueKind.OUTSIDE_EXTENT,
        lambda i: Sentence(
            ImportText.OUTSIDE,
            dict(zip(("west", "south", "east", "north"), map(rounded, bounds[i]), strict=True)),
        ),
    )


def _repair_invalid(checked: CheckedShapes) -> None:
    doubtful = np.flatnonzero(checked.is_left & ~is_star_shaped(checked.shapes))
    for index in doubtful[~shapely.is_valid(checked.shapes[doubtful])]:
        outcome = repaired(checked.shapes[index])
        checked.shapes[index] = outcome.shape
        checked.is_as_read[index] = False
        action = IssueAction.REFUSED if outcome.shape is None else IssueAction.REPAIRED
        checked.note(int(index), IssueKind.INVALID_GEOMETRY, action, outcome.told)


def _refuse_other_kinds(checked: CheckedShapes, kind: str) -> None:
    wanted = _DIMENSIONS.get(GeometryKind(kind))
    if wanted is None:
        return
    other = checked.is_left & (shapely.get_dimensions(checked.shapes) != wanted)
    checked.refuse(
        other,
        IssueKind.WRONG_KIND,
        lambda i: Sentence(
            ImportText.OTHER_KIND,
            {"shape": checked.shapes[i].geom_type, "kind": GeometryKind(kind).value},
        ),
    )

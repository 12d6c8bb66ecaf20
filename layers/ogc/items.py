"""The features of a layer, page by page: one query, read with a cursor on the server, streamed.

Memory does not grow with the page: the database sends GeoJSON in portions, each is passed on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg2 import sql
from psycopg2.errorcodes import QUERY_CANCELED
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, WGS84_SRID
from layers.models import LayerVersion
from layers.ogc.crs_list import OfferedCrs
from layers.ogc.errors import SlowQuestionError
from layers.ogc.queryables import CLASS, LIFECYCLE, column_name, own_attributes
from layers.ogc.times import Versions
from layers.sql_files import load_sql

PORTION = 250  # features read at a time
# Looking at each of 1,000,000 features takes 1 to 3 s; a filter that takes longer would keep the
# database from all other readers.
LONGEST_PORTION_MS = 15_000
# The whole page is read, so it is planned for that: not for the first rows soon.
_LIMITS = """
    SELECT set_config('statement_timeout', %s, TRUE), set_config('cursor_tuple_fraction', '1', TRUE)
"""
# Every digit a float has: an editor that sends a shape back must not have moved it.
ALL_DIGITS = 15
_EVERYTHING = sql.SQL("TRUE")
_IN_BOX = sql.SQL(
    "feature.geometry && ST_SetSRID(%(box)s::geometry, %(srid)s)"
    " AND ST_Intersects(feature.geometry, ST_SetSRID(%(box)s::geometry, %(srid)s))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What is asked of a layer."""

    version: LayerVersion
    versions: Versions
    crs: OfferedCrs
    limit: int
    after: str = ""
    box: BaseGeometry | None = None
    condition: sql.Composable | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    # the attributes that indexes would serve: name and the kind they are compared as
    compared: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_whole(self) -> bool:
        """Whether nothing but the page's size selects: then the layer's count is the answer's."""
        published = self.version.layer.published_number
        return (
            self.box is None
            and self.condition is None
            and self.versions.low == self.versions.high == published
        )


def shape_in(crs: OfferedCrs) -> sql.Composable:
    """Return SQL for the stored shape in a CRS, axes in its order, outlines by RFC 7946."""
    shape: sql.Composable = sql.SQL("standing.geometry")
    if crs.srid != PROJECT_SRID:
        shape = sql.SQL("ST_Transform({}, {})").format(shape, sql.Literal(crs.srid))
    if crs.srid == WGS84_SRID:
        shape = sql.SQL("ST_ForcePolygonCCW({})").format(shape)
    return sql.SQL("ST_FlipCoordinates({})").format(shape) if crs.is_flipped else shape


def features_of(page: Page) -> Iterator[tuple[str, str]]:
    """Yield (identifier, GeoJSON text) of a page's features, and of one more if there is one.

    Raises
    ------
    SlowQuestionError
        A portion took longer than LONGEST_PORTION_MS: the database ended the query.
    """
    condition = page.condition or _EVERYTHING
    if page.box is not None:
        condition = sql.SQL("{} AND {}").format(_IN_BOX, condition)
    query = sql.SQL(load_sql(__file__, "items.sql")).format(
        shape=shape_in(page.crs), condition=condition
    )
    try:
        yield from _read(query, _parameters(page))
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") == QUERY_CANCELED:
            raise SlowQuestionError from error
        raise


def _read(query: sql.Composable, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    with transaction.atomic(), connection.cursor() as limited:
        limited.execute(_LIMITS, [str(LONGEST_PORTION_MS)])
        with (
            connection.wrap_database_errors,
            connection.connection.cursor(name="ogc_items") as cursor,
        ):
            cursor.itersize = PORTION
            cursor.execute(query, parameters)
            yield from cursor


def _parameters(page: Page) -> dict[str, Any]:
    return {
        **page.parameters,
        **_columns(page.version),
        "srid": PROJECT_SRID,
        "box": None if page.box is None else page.box.wkb_hex,
        "digits": page.crs.digits,
        "low": page.versions.low,
        "high": page.versions.high,
        "after": page.after,
        "rows": page.limit + 1,
    }


def _columns(version: LayerVersion) -> dict[str, Any]:
    own = own_attributes(version)
    return {
        "layer_id": version.layer_id,
        "class_name": column_name(CLASS, own),
        "lifecycle_name": column_name(LIFECYCLE, own),
    }


def feature_text(
    version: LayerVersion, versions: Versions, stable_id: str, crs: OfferedCrs
) -> tuple[int, str, str] | None:
    """Return the row, the shape and the properties (GeoJSON texts) of a feature, if it stands."""
    query = sql.SQL(load_sql(__file__, "item.sql")).format(shape=shape_in(crs))
    parameters = _columns(version) | {
        "stable_id": stable_id,
        "digits": ALL_DIGITS,
        "low": versions.low,
        "high": versions.high,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found: tuple[int, str, str] | None = cursor.fetchone()
    return found

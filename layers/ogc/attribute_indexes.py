"""Indexes over the attributes that large layers are filtered by, made by the worker when asked for.

An index over all attributes (GIN) costs 11 s at 1,000,000 features and serves equality only. One
over the values of a single attribute costs 1.5 s and serves equality, order and beginnings; which
attributes are worth it nobody knows before somebody asks. Until it stands the same filter is
answered by looking at every feature.
"""

import hashlib
from collections.abc import Iterable

from django.db import connection
from psycopg2 import sql

from layers.models import Layer, LayerVersion, Run
from layers.ogc.queryables import attribute_key
from layers.runs import queue_run
from layers.vocab import RunState

RUN_KIND = "attribute-index"
# Below this every feature is looked at in less than 0.1 s.
LARGE = 50_000  # features
# Each costs a publication and about 20 MB in 1,000,000 features.
MOST = 12  # of one layer
MOST_ATTEMPTS = 3
Attribute = tuple[str, str]  # its name and the kind it is compared as
_STANDING = """
    SELECT index.relname
    FROM pg_index AS entry JOIN pg_class AS index ON index.oid = entry.indexrelid
    WHERE entry.indrelid = to_regclass(%s) AND entry.indisvalid AND starts_with(index.relname, %s)
"""


def ask_for_indexes(version: LayerVersion, compared: Iterable[Attribute]) -> None:
    """See to it that the attributes a large layer is filtered by are indexed; wait for nothing."""
    wanted = sorted(set(compared))
    if version.feature_count < LARGE or not wanted or not _has_own_table(version.layer_id):
        return
    standing = standing_indexes(version.layer_id)
    for name, kind in wanted:
        is_new = index_name(version.layer_id, name, kind) not in standing
        if is_new and len(standing) < MOST:
            _queue(version.layer, name, kind)


def index_name(layer_id: int, name: str, kind: str) -> str:
    """Return what the index of an attribute is called; names of attributes may be anything."""
    digest = hashlib.sha256(f"{kind} {name}".encode()).hexdigest()[:12]
    return f"{_prefix(layer_id)}{digest}"


def standing_indexes(layer_id: int) -> set[str]:
    """Return the names of a layer's indexes over single attributes."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [_table(layer_id), _prefix(layer_id)])
        return {name for (name,) in cursor.fetchall()}


def build(layer: Layer, name: str, kind: str) -> None:
    """Make the index of one attribute while readers and writers go on; again changes nothing.

    What a build that was killed left is not valid and is made anew. Outside a transaction only.
    """
    index = index_name(layer.pk, name, kind)
    if index in standing_indexes(layer.pk) or not _has_own_table(layer.pk):
        return
    names = {
        "index": sql.Identifier(index),
        "counts": sql.Identifier(f"{index}_n"),
        "table": sql.Identifier(_table(layer.pk)),
        "key": attribute_key(name, kind, of_row=""),
    }
    for statement in (
        "DROP INDEX CONCURRENTLY IF EXISTS {index}",
        "DROP STATISTICS IF EXISTS {counts}",
        "CREATE INDEX CONCURRENTLY {index} ON {table} (({key}))",
        # the planner does not count values under a CASE by itself
        "CREATE STATISTICS {counts} ON ({key}) FROM {table}",
        "ANALYZE {table}",
    ):
        with connection.cursor() as cursor:
            written = sql.SQL(statement).format(**names).as_string(cursor.cursor)
            cursor.execute(written.replace("%%", "%"))


def _queue(layer: Layer, name: str, kind: str) -> None:
    # imported late: the task builds what is asked for here
    from layers.ogc.tasks import make_attribute_index  # noqa: PLC0415

    about = {"layer": layer.slug, "attribute": name, "kind": kind}
    runs = Run.objects.filter(kind=RUN_KIND, parameters=about)
    if runs.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).exists():
        return
    if runs.filter(state=RunState.FAILED).count() < MOST_ATTEMPTS:
        run = queue_run(kind=RUN_KIND, title=f"{layer.slug}: index of '{name}'", parameters=about)
        make_attribute_index.enqueue(run.pk)


def _has_own_table(layer_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [_table(layer_id)])
        (has_table,) = cursor.fetchone()
    return bool(has_table)


def _table(layer_id: int) -> str:
    return f"layers_feature_{layer_id}"


def _prefix(layer_id: int) -> str:
    return f"{_table(layer_id)}_by_"

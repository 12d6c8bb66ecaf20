"""How good a layer is: what is filled, what is missing, what its import had to mend or refuse."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import translation

from layers.exports.contents import Contents, contents_of
from layers.exports.tables import BYTE_ORDER_MARK, safe_cell
from layers.models import ImportIssue, LandUseClass, LayerVersion, Run
from layers.property_names import property_title
from layers.sql_files import load_sql
from layers.stamps import version_stamp
from layers.vocab import IssueKind, Lifecycle, RunState

LISTED_ISSUES = 200


@dataclass(frozen=True, slots=True)
class IdenticalShapes:
    """Features that lie exactly on others: how many, in how many groups, and some groups."""

    groups: int
    features: int
    examples: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FillRate:
    """How many features carry an attribute."""

    name: str
    title: str
    kind: str
    filled: int
    share: float


@dataclass(frozen=True, slots=True)
class Quality:
    """What a version's report says."""

    contents: Contents
    by_class: list[tuple[str, str, int]]  # code, name, features; '' without a class
    by_lifecycle: list[tuple[str, int]]
    by_shape: list[tuple[str, int]]
    without_class_share: float
    points: int
    most_points: int
    fill_rates: list[FillRate]
    identical: IdenticalShapes


def quality_of(version: LayerVersion) -> Quality:
    """Return the report of a version; worked out once, as versions never change."""
    contents = contents_of(version)
    classes = contents.counted("class_code")
    return Quality(
        contents=contents,
        by_class=_named_classes(classes),
        by_lifecycle=[
            (str(Lifecycle(code).label), n) for code, n in contents.counted("lifecycle").items()
        ],
        by_shape=list(contents.counted("shape").items()),
        without_class_share=classes.get(None, 0) / contents.features if contents.features else 0.0,
        points=sum(group.points for group in contents.groups),
        most_points=max((group.most_points for group in contents.groups), default=0),
        fill_rates=_fill_rates(version, contents),
        identical=_identical_shapes(version),
    )


def last_import(version: LayerVersion) -> Run | None:
    """Return the newest import that filled this layer, None where it came otherwise."""
    runs = Run.objects.filter(kind="import", parameters__layer=version.layer.slug)
    return runs.filter(state=RunState.SUCCEEDED).order_by("-pk").first()


def issues_of(run: Run) -> QuerySet[ImportIssue]:
    """Return what an import noted of the rows of its file, in the file's order."""
    return ImportIssue.objects.filter(run=run).order_by("row", "pk")


def issue_counts(run: Run) -> list[tuple[str, int]]:
    """Return how many rows an import noted of each kind, most first."""
    counted = ImportIssue.objects.filter(run=run).values_list("kind").annotate(n=Count("id"))
    return [
        (str(IssueKind(kind).label) if kind in IssueKind.values else kind, n)
        for kind, n in counted.order_by("-n", "kind")
    ]


def issue_lines(run: Run, language: str) -> Iterator[bytes]:
    """Yield an import's notes as a table for a spreadsheet, in a language."""
    rows = csv.writer(_Echo())
    head = ["row", "stable_id", "kind", "value", "message", "action"]
    yield (BYTE_ORDER_MARK + rows.writerow(head)).encode()
    for issue in issues_of(run).iterator():
        with translation.override(language):
            message = issue.message
        told = (issue.stable_id, issue.kind, issue.value, message, issue.action)
        yield rows.writerow([issue.row, *map(safe_cell, told)]).encode()


class _Echo:
    """Hands a written line back."""

    def write(self, line: str) -> str:
        return line


def _named_classes(counted: dict[Any, int]) -> list[tuple[str, str, int]]:
    names = {row.code: row.name for row in LandUseClass.objects.filter(code__in=counted)}
    return [(code or "", names.get(code, ""), n) for code, n in counted.items()]


def _fill_rates(version: LayerVersion, contents: Contents) -> list[FillRate]:
    fields: dict[str, dict[str, str]] = version.layer.attribute_schema.get("fields", {})
    known = {found.name: found for found in contents.attributes}
    names = [*fields, *(name for name in known if name not in fields)]
    return [
        FillRate(
            name=name,
            title=property_title(name, fields.get(name, {})),
            kind=known[name].kind if name in known else "",
            filled=known[name].filled if name in known else 0,
            share=known[name].filled / contents.features if name in known else 0.0,
        )
        for name in names
    ]


def _identical_shapes(version: LayerVersion) -> IdenticalShapes:
    key = f"identical-{version_stamp(version)}"
    kept: IdenticalShapes | None = caches["tiles"].get(key)
    if kept is None:
        with connection.cursor() as cursor:
            parameters = {"layer_id": version.layer_id, "number": version.number}
            cursor.execute(load_sql(__file__, "identical_shapes.sql"), parameters)
            rows = cursor.fetchall()
        groups, features = (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)
        kept = IdenticalShapes(groups, features, tuple(tuple(row[2]) for row in rows))
        caches["tiles"].set(key, kept)
    return kept

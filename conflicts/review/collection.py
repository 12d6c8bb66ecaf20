"""Findings as a collection of OGC API Features: QGIS reads them like a layer."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import batched
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from psycopg2 import sql
from psycopg2.errorcodes import QUERY_CANCELED

from conflicts.exports import finding_record
from conflicts.models import DetectionRun, Finding
from conflicts.queries import with_evidence
from conflicts.review.columns import COLUMNS, Column
from conflicts.review.resting import hidden_with
from conflicts.vocab import Change, FindingState, Severity
from layers.crs import PROJECT_SRID
from layers.ogc.errors import SlowQuestionError
from layers.ogc.items import LONGEST_PORTION_MS, shape_in
from layers.ogc.pages import Question
from layers.ogc.queryables import SCHEMA_DIALECT, Queryable
from layers.ogc.times import AFTER_ALL, BEFORE_ALL
from layers.sql_files import load_sql
from layers.visibility import Reader, hidden_layers
from layers.vocab import Basis, RunState

PORTION = 250
_LIMIT = "SELECT set_config('statement_timeout', %s, TRUE)"
_BEGUN = (
    "to_char(coalesce(begun.finished_at, begun.started_at, begun.queued_at)"
    " AT TIME ZONE {zone}, 'YYYY-MM-DD')"
)
# What filters may name: kind and value in findings_of_collection.sql.
_EXPRESSIONS = {
    "number": ("integer", "finding.id"),
    "rulebook": ("text", "finding.rulebook_code"),
    "rule": ("text", "finding.rule_code"),
    "kind": ("text", "rule.kind"),
    "severity": ("text", "finding.severity"),
    "state": ("text", "finding.state"),
    "note": ("text", "finding.note"),
    "present": ("boolean", "(finding.absent_since_id IS NULL)"),
    "basis": ("text", "finding.basis"),
    "subject_layer": ("text", "finding.subject_layer"),
    "subject": ("text", "finding.subject_id"),
    "object_layer": ("text", "finding.object_layer"),
    "object": ("text", "finding.object_id"),
    "sangkats": ("text", "array_to_string(place.sangkats, ', ')"),
    "first_seen_on": ("date", _BEGUN),
    "change": ("text", "seen.change"),
    "measured": ("number", "seen.measured_value"),
    "required": ("number", "seen.required_value"),
    "margin": ("number", "seen.margin"),
    "unit": ("text", "seen.unit"),
    "geometry": ("geometry", "seen.witness"),
}
_CHOICES = {
    "severity": Severity.values,
    "state": FindingState.values,
    "basis": Basis.values,
    "change": Change.values,
}
_JSON_TYPES = {"text": "string", "real": "number", "integer": "integer", "boolean": "boolean"}
_IN_BOX = sql.SQL("ST_Intersects(seen.witness, ST_SetSRID(%(box)s::geometry, %(srid)s))")


class FindingsCollection:
    """Every finding at its evidence; shown to whom may see both its layers."""

    slug = "findings"

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return _("Land-use conflicts")

    @property
    def description(self) -> str:
        """What it holds, and what it is not."""
        return _(
            "Where the land breaks a rule, as last measured. What is not here is no all-clear:"
            " the page of conflicts says which rules cannot tell."
        )

    def is_offered(self) -> bool:
        """Tell whether anything was ever detected."""
        return DetectionRun.objects.filter(run__state=RunState.SUCCEEDED).exists()

    def first_moment(self) -> datetime | None:
        """Return when the first detection ended."""
        runs = DetectionRun.objects.filter(run__state=RunState.SUCCEEDED).order_by("pk")
        return runs.values_list("run__finished_at", flat=True).first()

    def queryables(self) -> Mapping[str, Queryable]:
        """Return what filters may name."""
        zone = sql.Literal(settings.TIME_ZONE)
        return {
            name: Queryable(name, kind, expression=sql.SQL(text).format(zone=zone))
            for name, (kind, text) in _EXPRESSIONS.items()
        }

    def json_schema(self, address: str, *, is_queryables: bool) -> dict[str, Any]:
        """Return the attributes as JSON Schema."""
        wanted = [c for c in COLUMNS if not is_queryables or c.name in _EXPRESSIONS]
        described = {column.name: _described(column) for column in wanted}
        described["geometry"] = {
            "title": _("evidence"),
            "x-ogc-role": "primary-geometry",
            "format": "geometry-any",
        }
        return {
            "$schema": SCHEMA_DIALECT,
            "$id": address,
            "type": "object",
            "title": self.title,
            "properties": described,
            **({"additionalProperties": False} if is_queryables else {}),
        }

    def features(
        self,
        reader: Reader,
        question: Question,
        *,
        after: int,
        interval: tuple[datetime, datetime] | None,
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield findings by number: the limit, and one more where there is one.

        Raises
        ------
        SlowQuestionError
            It took longer than LONGEST_PORTION_MS: the database ended the query.
        """
        since, until = interval or (None, None)
        asked = {
            "after": after,
            "number": None,
            "rows": question.limit + 1,
            "since": None if since == BEFORE_ALL else since,
            "until": None if until == AFTER_ALL else until,
        }
        yield from _told(_rows(reader, question, asked))

    def feature(self, reader: Reader, number: int, question: Question) -> dict[str, Any] | None:
        """Return one finding, None where the reader may see none of that number."""
        asked = {"after": 0, "number": number, "rows": 1, "since": None, "until": None}
        return next((told for _number, told in _told(_rows(reader, question, asked))), None)


def _described(column: Column) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "title": column.title(get_language() or "km"),
        "type": _JSON_TYPES[column.kind],
    }
    if column.name == "number":
        schema["x-ogc-role"] = "id"
    if column.name == "first_seen_on":
        schema["format"] = "date"
    if column.name in _CHOICES:
        schema["enum"] = list(_CHOICES[column.name])
    return schema


def _rows(reader: Reader, question: Question, asked: Mapping[str, Any]) -> list[tuple[int, str]]:
    condition = question.condition or sql.SQL("TRUE")
    if question.box is not None:
        condition = sql.SQL("{} AND {}").format(_IN_BOX, condition)
    query = sql.SQL(load_sql(__file__, "findings_of_collection.sql")).format(
        shape=shape_in(question.crs), condition=condition
    )
    parameters = {
        **question.parameters,
        **asked,
        "srid": PROJECT_SRID,
        "box": None if question.box is None else question.box.wkb_hex,
        "digits": question.crs.digits,
        **hidden_with(hidden_layers(reader).values_list("slug", flat=True)).as_parameters(),
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LIMIT, [str(LONGEST_PORTION_MS)])
            cursor.execute(query, parameters)
            rows = list(cursor.fetchall())
            cursor.execute(_LIMIT, ["0"])  # this transaction may be part of a longer one
            return rows
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") == QUERY_CANCELED:
            raise SlowQuestionError from error
        raise


def _told(rows: list[tuple[int, str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    for portion in batched(rows, PORTION):
        numbers = [number for number, _shape in portion]
        found = with_evidence(Finding.objects.filter(pk__in=numbers)).in_bulk()
        for number, shape in portion:
            yield number, _feature(found[number], shape)


def _feature(finding: Finding, shape: str) -> dict[str, Any]:
    properties = {**finding_record(finding), "page": reverse("finding", args=[finding.pk])}
    return {
        "type": "Feature",
        "id": finding.pk,
        "geometry": json.loads(shape),
        "properties": properties,
    }

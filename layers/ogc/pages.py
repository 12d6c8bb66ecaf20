"""What a request for features asks: its parameters, held to what there is, made a question."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from psycopg2 import sql
from shapely.geometry.base import BaseGeometry

from layers.models import LayerVersion
from layers.ogc.boxes import box_on_ground
from layers.ogc.cql2 import TEXT, Filter, filter_language, parsed_filter
from layers.ogc.crs_list import CRS84_URI, OfferedCrs, crs_named
from layers.ogc.endpoint import check_parameters, is_html
from layers.ogc.errors import BadParameterError
from layers.ogc.items import Page
from layers.ogc.queryables import Queryable, queryables
from layers.ogc.times import Versions, versions_at

DEFAULT_LIMIT, MOST_LIMIT = 1_000, 10_000
# A page for people is put together in memory; JSON is streamed.
PAGE_LIMIT, MOST_ON_A_PAGE = 50, 500
_LIMIT_DIGITS = 9
OWN_PARAMETERS = frozenset({"f", "lang", "limit", "bbox", "bbox-crs", "datetime", "crs", "next",
                            "filter", "filter-lang", "filter-crs"})  # fmt: skip


def asked_page(request: HttpRequest, version: LayerVersion) -> Page:
    """Return what the parameters of a request ask of a layer.

    Raises
    ------
    BadParameterError
    """
    question = asked_question(request, queryables(version))
    versions = versions_at(version.layer, request.GET.get("datetime"))
    after = ""
    if "next" in request.GET:
        versions, after = _place(request.GET["next"], version)
    return Page(
        version=version,
        versions=versions,
        after=after,
        crs=question.crs,
        limit=question.limit,
        box=question.box,
        condition=question.condition,
        parameters=question.parameters,
        compared=question.compared,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a request asks of any collection: which of it, how much, in which coordinates."""

    crs: OfferedCrs
    limit: int
    box: BaseGeometry | None
    condition: sql.Composable | None
    parameters: Mapping[str, Any]
    compared: frozenset[tuple[str, str]]


def asked_question(request: HttpRequest, known: Mapping[str, Queryable]) -> Question:
    """Return what the parameters of a request ask of a collection with these queryables.

    Raises
    ------
    BadParameterError
    """
    asked = request.GET
    by_value = {name for name, found in known.items() if found.kind != "geometry"} - OWN_PARAMETERS
    check_parameters(request, OWN_PARAMETERS | by_value)
    bbox_crs = crs_named("bbox-crs", asked.get("bbox-crs", CRS84_URI))
    filter_crs = crs_named("filter-crs", asked.get("filter-crs", CRS84_URI))
    wanted = Filter(known, filter_crs)
    conditions = [_equal(wanted, name, asked[name]) for name in sorted(by_value & set(asked))]
    language = filter_language(asked.get("filter-lang", TEXT))
    if "filter" in asked:
        conditions.append(wanted.condition(parsed_filter(asked["filter"], language)))
    return Question(
        crs=crs_named("crs", asked.get("crs", CRS84_URI)),
        limit=_limit(asked.get("limit"), is_page=is_html(request)),
        box=box_on_ground("bbox", asked["bbox"], bbox_crs) if "bbox" in asked else None,
        condition=sql.SQL(" AND ").join(conditions) if conditions else None,
        parameters=wanted.parameters,
        compared=frozenset(wanted.compared),
    )


def _limit(text: str | None, *, is_page: bool) -> int:
    """Return how many features are asked for; more than the most means the most (7.15.3)."""
    default, most = (PAGE_LIMIT, MOST_ON_A_PAGE) if is_page else (DEFAULT_LIMIT, MOST_LIMIT)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= _LIMIT_DIGITS and int(text) > 0:
        return min(int(text), most)
    raise BadParameterError(
        _("%(name)s='%(value)s' is not a number from 1 to %(most)d.")
        % {"name": "limit", "value": text[:40], "most": MOST_LIMIT},
        remedy=_("Write a whole number."),
    )


def _equal(wanted: Filter, name: str, text: str) -> sql.Composable:
    """Return the condition of a parameter that names an attribute: it has exactly this value."""
    kind = wanted.queryables[name].kind
    value: Any = text
    if kind in ("number", "integer"):
        value = _number(name, text)
    elif kind == "boolean" and text.lower() in ("true", "false"):
        value = text.lower() == "true"
    return wanted.condition({"op": "=", "args": [{"property": name}, value]})


def _number(name: str, text: str) -> float | int:
    try:
        return int(text) if len(text) <= _LIMIT_DIGITS and text.isdigit() else float(text)
    except ValueError as error:
        raise BadParameterError(
            _("%(name)s='%(value)s' is no number.") % {"name": name, "value": text[:40]},
            remedy=_("Write it with a point: 12.5"),
        ) from error


def next_token(versions: Versions, after: str) -> str:
    """Return where the next page begins: the versions being read and the last identifier."""
    told_place = json.dumps([versions.low, versions.high, after], ensure_ascii=False)
    return base64.urlsafe_b64encode(told_place.encode()).decode().rstrip("=")


def _place(token: str, version: LayerVersion) -> tuple[Versions, str]:
    """Return which versions a page shows and after which identifier it begins."""
    try:
        padded = token + "=" * (-len(token) % 4)
        low, high, after = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        low = high = after = None
    are_numbers = type(low) is int and type(high) is int and 0 <= low <= high <= version.number
    if are_numbers and isinstance(after, str) and "\x00" not in after:
        return Versions(low, high), after
    raise _bad_next()


def row_token(after: int) -> str:
    """Return where the next page of a collection that is no layer begins."""
    return base64.urlsafe_b64encode(json.dumps([after]).encode()).decode().rstrip("=")


def asked_row(request: HttpRequest) -> int:
    """Return after which row a page of a collection that is no layer begins.

    Raises
    ------
    BadParameterError
    """
    if "next" not in request.GET:
        return 0
    token = request.GET["next"]
    try:
        padded = token + "=" * (-len(token) % 4)
        [after] = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError):
        after = None
    if type(after) is int and 0 <= after < 2**62:
        return after
    raise _bad_next()


def _bad_next() -> BadParameterError:
    return BadParameterError(
        _("The parameter 'next' is not one of the links of this service."),
        remedy=_("Follow the link 'next' as it is, or start without it."),
    )

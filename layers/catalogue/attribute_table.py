"""The features of a layer as a table, a page at a time, however many there are.

Pages follow on the last row seen (keyset), never on a count of rows to skip. By identifier a page
of a layer of a million features costs what the first costs; other orders sort what is selected, so
they are offered up to a size only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext as _

from layers.errors import UserFacingError
from layers.exports.selection import Selection, attribute_value, selected, uncompared
from layers.models import Feature
from layers.names import name_properties
from layers.property_names import property_title, property_value

PAGE = 50
# Sorting 300,000 features by an attribute took 0.3 s, a page by identifier 20 ms (two cores, warm).
SORTED_UP_TO = 500_000
COUNTED_UP_TO = 20_000
MOST_COLUMNS = 30
LONGEST_SEARCH_MS = 8_000
LABELS = {"stable_id": "stable_id", "class": "land_use__code", "lifecycle": "lifecycle"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Which column orders the rows, and after which row the page begins."""

    column: str = "stable_id"
    is_descending: bool = False
    after: tuple[Any, str] | None = None  # (value in the column, identifier)

    def token(self, value: Any, stable_id: str) -> str:  # noqa: ANN401 - whatever JSON holds
        """Return the place of a row as an address carries it."""
        return json.dumps([value, stable_id], ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Row:
    """One feature in the table, its cells as the reader reads them, and where it is [degrees]."""

    feature: Feature
    name: str
    cells: list[str]


@dataclass(frozen=True, slots=True)
class TablePage:
    """A page of the table; ``following`` is where the next begins, empty at the end."""

    columns: list[tuple[str, str]]  # attribute and title
    rows: list[Row]
    following: str
    count: int | None  # None: nobody counted
    uncompared: list[str]  # titles of attributes of which some values are no numbers


def page_of(selection: Selection, order: Order) -> TablePage:
    """Return a page of the selected features.

    Raises
    ------
    UserFacingError
        The layer is too large for this order, or the search took too long.
    """
    is_large = selection.version.feature_count > SORTED_UP_TO
    if is_large and order.column != "stable_id":
        raise UserFacingError(
            _("A layer of this size is listed by identifier only."),
            remedy=_("Narrow the list by class, words or an attribute instead."),
        )
    rows = selected(selection, may_be_newer=True).select_related("land_use")
    return _page(selection, order, _asked(_ordered(rows, order), selection))


@dataclass(frozen=True, slots=True)
class _Found:
    """What the database answers: the rows, how many there are, what it could not compare."""

    rows: list[Feature]
    count: int | None
    uncompared: list[str]


def _asked(rows: QuerySet[Feature], selection: Selection) -> _Found:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, TRUE)", [str(LONGEST_SEARCH_MS)]
            )
            return _Found(list(rows[: PAGE + 1]), _count(selection), uncompared(selection))
    except OperationalError as error:
        raise UserFacingError(
            _("The search took longer than %(seconds)d seconds and was ended.")
            % {"seconds": LONGEST_SEARCH_MS // 1000},
            remedy=_("Narrow the list by class, words or an attribute instead."),
        ) from error


def _count(selection: Selection) -> int | None:
    if selection.is_all:
        return selection.version.feature_count
    is_cheap = selection.version.feature_count <= COUNTED_UP_TO
    return selected(selection, may_be_newer=True).count() if is_cheap else None


def _ordered(rows: QuerySet[Feature], order: Order) -> QuerySet[Feature]:
    if order.column == "stable_id":
        turn = "lt" if order.is_descending else "gt"
        if order.after:
            rows = rows.filter(**{f"stable_id__{turn}": order.after[1]})
        return rows.order_by("-stable_id" if order.is_descending else "stable_id")
    rows = rows.annotate(sort_value=_sort_value(order.column))
    turned = OrderBy(F("sort_value"), descending=order.is_descending, nulls_last=True)
    if order.after:
        rows = rows.filter(_after(order))
    return rows.order_by(turned, "stable_id")


def _sort_value(column: str) -> F | Func:
    return F(LABELS[column]) if column in LABELS else attribute_value(column)


def _after(order: Order) -> Q:
    value, stable_id = order.after or (None, "")
    if value is None:
        return Q(sort_value__isnull=True, stable_id__gt=stable_id)
    turn = "lt" if order.is_descending else "gt"
    beyond = Q(**{f"sort_value__{turn}": value})
    return beyond | Q(sort_value=value, stable_id__gt=stable_id) | Q(sort_value__isnull=True)


def _page(selection: Selection, order: Order, found: _Found) -> TablePage:
    shown = found.rows[:PAGE]
    columns = _columns(selection, shown)
    fields: Mapping[str, Any] = selection.version.layer.attribute_schema.get("fields", {})
    names = name_properties(selection.version)
    told = [name for name, _title in columns]
    rows = [Row(row, names.of(row.properties), _cells(row, told, fields)) for row in shown]
    following = ""
    if len(found.rows) > PAGE:
        last = shown[-1]
        following = order.token(getattr(last, "sort_value", None), last.stable_id)
    texts = [property_title(name, fields.get(name, {})) for name in found.uncompared]
    return TablePage(columns, rows, following, found.count, texts)


def _columns(selection: Selection, shown: list[Feature]) -> list[tuple[str, str]]:
    """Return the attributes the schema states, then those of the rows shown."""
    fields: Mapping[str, Any] = selection.version.layer.attribute_schema.get("fields", {})
    seen = {name for row in shown for name in row.properties}
    names = [*fields, *sorted(seen - set(fields))][:MOST_COLUMNS]
    return [(name, property_title(name, fields.get(name, {}))) for name in names]


def _cells(row: Feature, names: list[str], fields: Mapping[str, Any]) -> list[str]:
    return [
        ""
        if row.properties.get(name) in (None, "")
        else property_value(name, row.properties[name], fields.get(name, {}))
        for name in names
    ]


def order_asked(asked: Mapping[str, str]) -> Order:
    """Return the order a request names: ``sort=floors&turn=down&after=[3,"B-7"]``."""
    column = asked.get("sort", "") or "stable_id"
    text = asked.get("after", "")
    return Order(
        column=column, is_descending=asked.get("turn") == "down", after=_place(text, column)
    )


def _place(text: str, column: str) -> tuple[Any, str] | None:
    if not text:
        return None
    try:
        place = json.loads(text)
        # as PostgreSQL reads it: no NaN, no half of a surrogate pair, no U+0000
        told = json.dumps(place, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise _no_place(text) from error
    if not isinstance(place, list) or b"\\u0000" in told.replace(rb"\\", b""):
        raise _no_place(text)
    match place:
        case [None | str() as value, str() as stable_id]:
            return value, stable_id
        case [value, str() as stable_id] if column not in LABELS:
            return value, stable_id
    raise _no_place(text)


def _no_place(text: str) -> UserFacingError:
    return UserFacingError(
        _("after='%(value)s' is no place in the table.") % {"value": text[:40]},
        remedy=_("Follow the link to the next page instead of writing it."),
    )

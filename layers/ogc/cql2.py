"""Filters (CQL2 JSON, OGC 21-065r2) as SQL conditions over the rows ``feature`` and ``class``.

Only the layer's queryables can be named; values travel as parameters, never as SQL text. What
cannot be compared is refused; what a feature does not have is NULL, and neither a condition nor
its negation selects it.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from psycopg2 import sql

from layers.ogc.cql2_shapes import COLLECTION, box_shape_on_ground, shape_on_ground
from layers.ogc.cql2_text import LONGEST, parse_text
from layers.ogc.crs_list import OfferedCrs
from layers.ogc.errors import BadParameterError
from layers.ogc.queryables import ID, KEY, Queryable, attribute_key

TEXT, JSON = "cql2-text", "cql2-json"
DEEPEST = 40
MOST_NODES = 2_000
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z", re.ASCII)
_SIGNS = {sign: sql.SQL(sign) for sign in ("=", "<>", "<", ">", "<=", ">=")}
_SPATIAL = {
    "s_intersects": sql.SQL("ST_Intersects({}, {})"),
    # PostGIS asks ST_Disjoint of no collection
    "s_disjoint": sql.SQL("(NOT ST_Intersects({}, {}))"),
    "s_within": sql.SQL("ST_Within({}, {})"),
    "s_contains": sql.SQL("ST_Contains({}, {})"),
    "s_touches": sql.SQL("ST_Touches({}, {})"),
    "s_crosses": sql.SQL("ST_Crosses({}, {})"),
    "s_overlaps": sql.SQL("ST_Overlaps({}, {})"),
    "s_equals": sql.SQL("ST_Equals({}, {})"),
}
_OF_ANY_SHAPES = frozenset({"s_intersects", "s_disjoint"})
_TURNED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_LOWER_ID = sql.SQL("lower(feature.stable_id)")
_INDEXED = frozenset({"text", "number", "date"})
_TEMPORAL = {"t_before": "<", "t_after": ">", "t_equals": "="}
_ORDERED = sql.SQL('{} COLLATE "C"')


class FilterError(BadParameterError):
    """A filter that this layer cannot be asked."""


@dataclass(frozen=True, slots=True)
class _Value:
    """One side of a comparison: its kind and how it reads as SQL of a kind."""

    kind: str
    read_as: Callable[[str], sql.Composable]


@dataclass
class Filter:
    """A condition being written: its queryables, the CRS of its shapes, its parameters."""

    queryables: Mapping[str, Queryable]
    crs: OfferedCrs
    parameters: dict[str, Any] = field(default_factory=dict)
    nodes: int = 0
    # the attributes an index would serve: name and the kind they are compared as
    compared: set[tuple[str, str]] = field(default_factory=set)

    def condition(self, tree: Any, depth: int = 0) -> sql.Composable:  # noqa: ANN401
        """Return SQL that is true, false or NULL for a feature.

        Raises
        ------
        FilterError, BadParameterError
        """
        self._count(depth)
        if isinstance(tree, bool):
            return sql.SQL("TRUE") if tree else sql.SQL("FALSE")
        if isinstance(tree, dict) and "property" in tree:
            return self._agreed([tree], "boolean", depth)[0]
        op, args = _call(tree)
        if op in ("and", "or"):
            return self._joined(op, args, depth)
        if op == "not":
            return sql.SQL("(NOT {})").format(self.condition(_exactly(1, op, args)[0], depth + 1))
        writer = _WRITERS.get(op)
        if writer is None:
            raise _unsupported(op)
        return writer(self, op, args, depth + 1)

    def add(self, value: Any) -> sql.Composable:  # noqa: ANN401
        """Return the place of a value that travels as a parameter."""
        name = f"value_{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)

    def _count(self, depth: int) -> None:
        self.nodes += 1
        if depth > DEEPEST or self.nodes > MOST_NODES:
            raise FilterError(
                _("The filter is too large: at most %(most)d conditions, %(deep)d levels deep.")
                % {"most": MOST_NODES, "deep": DEEPEST},
                remedy=_("Ask for less at a time."),
            )

    def _joined(self, op: str, args: list[Any], depth: int) -> sql.Composable:
        if not args:
            raise _unsupported(op)
        parts = [self.condition(part, depth + 1) for part in args]
        joint = sql.SQL(" AND ") if op == "and" else sql.SQL(" OR ")
        return sql.SQL("({})").format(joint.join(parts))

    def compare(self, op: str, args: list[Any], depth: int) -> sql.Composable:
        """Write ``a < b`` and its like."""
        left, right = self._agreed(_exactly(2, op, args), "", depth)
        kind = self._kind(args, depth)
        if op not in ("=", "<>") and kind in ("text", "date"):
            left, right = _ORDERED.format(left), _ORDERED.format(right)
        whole = sql.SQL("({} {} {})").format(left, _SIGNS[op], right)
        return self._with_key(whole, op, args, kind)

    def _with_key(
        self, whole: sql.Composable, op: str, args: list[Any], kind: str
    ) -> sql.Composable:
        """Return a comparison of an attribute with a value so that an index of it serves."""
        (side, value), sign = args, op
        if isinstance(value, dict) and "property" in value:
            side, value, sign = value, side, _TURNED[op]
        key = None if op == "<>" or _is_expression(value) else self._key(side, kind)
        if key is None or kind == "number":
            return whole
        begins = self.add(_literal(value)[1][:KEY])
        # what is less by its first signs may be equal in them
        loose = {"<": "<=", ">": ">="}.get(sign, sign)
        return sql.SQL("({} AND {} {} {})").format(whole, key, _SIGNS[loose], begins)

    def _key(self, side: Any, kind: str) -> sql.Composable | None:  # noqa: ANN401
        """Return what an index of a property would hold, None where there would be none."""
        if not (isinstance(side, dict) and "property" in side) or kind not in _INDEXED:
            return None
        found = self._queryable(side)
        if found.column or found.expression is not None:
            return None
        self.compared.add((found.name, kind))
        return attribute_key(found.name, kind)

    def between(self, op: str, args: list[Any], depth: int) -> sql.Composable:
        """Write ``low <= a AND a <= high``."""
        value, low, high = _exactly(3, op, _flat(args))
        parts = [self.compare(">=", [value, low], depth), self.compare("<=", [value, high], depth)]
        return sql.SQL("({})").format(sql.SQL(" AND ").join(parts))

    def one_of(self, op: str, args: list[Any], depth: int) -> sql.Composable:
        """Write ``a IN (b, c)``."""
        value, choices = _exactly(2, op, args)
        if not isinstance(choices, list) or not choices:
            raise _unsupported(op)
        parts = [self.compare("=", [value, choice], depth) for choice in choices]
        return sql.SQL("({})").format(sql.SQL(" OR ").join(parts))

    def like(self, op: str, args: list[Any], depth: int) -> sql.Composable:
        r"""Write ``a LIKE 'b%'``; ``\`` makes the sign behind it a plain one."""
        value, pattern = self._agreed(_exactly(2, op, args), "text", depth)
        written = args[1]
        if isinstance(written, dict) and written.get("op") == "casei":
            written = _call(written)[1][0]
        if not isinstance(written, str) or re.search(r"(?<!\\)(\\\\)*\\\Z", written):
            raise FilterError(
                _("The pattern of LIKE is no text, or ends with a lone backslash."),
                remedy=_("Use the percent sign for any signs, _ for one; double the backslash."),
            )
        whole = sql.SQL("({} LIKE {})").format(value, pattern)
        beginning = _beginning(written)
        if not beginning or _is_expression(args[1]):
            return whole
        is_id = isinstance(args[0], dict) and self._is_column(args[0], ID)
        key = _LOWER_ID if is_id else self._key(args[0], "text")
        if key is None:
            return whole
        begins = self.add(re.sub(r"([\\%_])", r"\\\1", beginning) + "%")
        # identifiers are found by how they begin whatever their case
        shown = sql.SQL("lower({})").format(begins) if is_id else begins
        return sql.SQL("({} AND {} LIKE {})").format(whole, key, shown)

    def _is_column(self, tree: Mapping[str, Any], column: str) -> bool:
        return "property" in tree and self._queryable(tree).column == column

    def is_null(self, op: str, args: list[Any], _depth: int) -> sql.Composable:
        """Write ``a IS NULL``."""
        (argument,) = _exactly(1, op, args)
        if not isinstance(argument, dict) or "property" not in argument:
            raise _unsupported(op)
        found = self._queryable(argument)
        return sql.SQL("({} IS NULL)").format(found.read_as(""))

    def spatial(self, op: str, args: list[Any], _depth: int) -> sql.Composable:
        """Write a relation of shapes; the given shape is moved to the ground, not the stored."""
        left, right = (self._shape(part, op) for part in _exactly(2, op, args))
        return _SPATIAL[op].format(left, right)

    def temporal(self, op: str, args: list[Any], depth: int) -> sql.Composable:
        """Write before, after, equal: comparisons of days or of instants."""
        _exactly(2, op, args)
        if self._kind(args, depth) != "date":
            raise _unsupported(op)
        return self.compare(_TEMPORAL[op], args, depth)

    def _shape(self, tree: Any, op: str) -> sql.Composable:  # noqa: ANN401
        if isinstance(tree, dict) and "property" in tree:
            found = self._queryable(tree)
            if found.kind != "geometry":
                raise _mismatch("geometry", found.kind)
            return found.read_as("geometry")
        if isinstance(tree, dict) and isinstance(tree.get("bbox"), list):
            ground = box_shape_on_ground(tree["bbox"], self.crs)
        else:
            ground = shape_on_ground(tree, self.crs)
        if ground.geom_type == COLLECTION and op not in _OF_ANY_SHAPES:
            raise _unsupported("GEOMETRYCOLLECTION")
        return sql.SQL("ST_SetSRID({}::geometry, {})").format(
            self.add(ground.wkb_hex), sql.Placeholder("srid")
        )

    def _agreed(self, args: list[Any], kind: str, depth: int) -> list[sql.Composable]:
        """Return the sides of a comparison as SQL of one kind, or refuse them."""
        agreed = kind or self._kind(args, depth)
        if agreed == "geometry":  # shapes have relations, no order and no equals sign
            raise _mismatch("geometry", "text")
        values = [self._value(part, depth + 1) for part in args]
        for value in values:
            # days are kept as texts: a text may be compared with a day
            if value.kind not in (agreed, "") and (value.kind, agreed) != ("text", "date"):
                raise _mismatch(value.kind, agreed)
        return [value.read_as(agreed) for value in values]

    def _kind(self, args: list[Any], depth: int) -> str:
        """Return the first stated kind among values; text when none states one."""
        kinds = [self._value(part, depth).kind for part in args]
        if "date" in kinds:
            return "date"
        return next((kind for kind in kinds if kind), "text")

    def _value(self, tree: Any, depth: int) -> _Value:  # noqa: ANN401
        self._count(depth)
        if isinstance(tree, dict) and "property" in tree:
            found = self._queryable(tree)
            return _Value("number" if found.kind == "integer" else found.kind, found.read_as)
        if isinstance(tree, dict) and tree.get("op") == "casei":
            inner = _exactly(1, "casei", _call(tree)[1])
            lowered = sql.SQL("lower({})")
            return _Value(
                "text", lambda _kind: lowered.format(*self._agreed(inner, "text", depth + 1))
            )
        kind, value = _literal(tree)
        return _Value(kind, lambda _kind: self.add(value))

    def _queryable(self, tree: Mapping[str, Any]) -> Queryable:
        found = self.queryables.get(str(tree["property"]))
        if found is None:
            raise FilterError(
                _("The layer has no attribute '%(name)s'.") % {"name": str(tree["property"])[:80]},
                remedy=_("Known here: %(names)s.")
                % {"names": ", ".join(list(self.queryables)[:40])},
            )
        return found


_WRITERS: dict[str, Callable[[Filter, str, list[Any], int], sql.Composable]] = {
    **dict.fromkeys(_SIGNS, Filter.compare),
    **dict.fromkeys(_SPATIAL, Filter.spatial),
    **dict.fromkeys(_TEMPORAL, Filter.temporal),
    "between": Filter.between,
    "in": Filter.one_of,
    "like": Filter.like,
    "isNull": Filter.is_null,
}


def parsed_filter(text: str, language: str) -> Any:  # noqa: ANN401
    """Return the tree of a filter in a ``filter_language``.

    Raises
    ------
    BadParameterError
    """
    if "\x00" in text:
        raise _no_json()
    if language == TEXT:
        return parse_text(text)
    try:
        return json.loads(text) if len(text) <= LONGEST else _refuse_json()
    except (ValueError, RecursionError) as error:
        raise _no_json() from error


def filter_language(name: str) -> str:
    """Return the language a filter is written in, or raise FilterError."""
    if name in (TEXT, JSON):
        return name
    raise FilterError(
        _("'%(value)s' is no language for filters here.") % {"value": name[:40]},
        remedy=_("Known here: %(names)s.") % {"names": f"{TEXT}, {JSON}"},
    )


def _refuse_json() -> None:
    raise ValueError


def _no_json() -> FilterError:
    return FilterError(
        _("The filter is no CQL2 JSON of at most %(most)d characters.") % {"most": LONGEST},
        remedy=_("Send one JSON object in UTF-8."),
    )


def _is_expression(tree: Any) -> bool:  # noqa: ANN401
    """Tell whether this is a property or a function, not a value."""
    return isinstance(tree, dict) and ("property" in tree or "op" in tree)


def _beginning(pattern: str) -> str:
    """Return the plain signs a pattern of LIKE begins with, no more than an index holds."""
    signs = re.match(r"(?:[^\\%_]|\\.)*", pattern, re.DOTALL)
    return re.sub(r"\\(.)", r"\1", signs[0] if signs else "", flags=re.DOTALL)[:KEY]


def _call(tree: Any) -> tuple[str, list[Any]]:  # noqa: ANN401
    """Return the operator of a node and its arguments."""
    if not isinstance(tree, dict) or not isinstance(tree.get("op"), str):
        raise _unsupported(json.dumps(tree, ensure_ascii=False, default=str))
    args = tree.get("args", [])
    return tree["op"], args if isinstance(args, list) else [args]


def _exactly(count: int, op: str, args: list[Any]) -> list[Any]:
    if len(args) == count:
        return args
    raise FilterError(
        _("'%(op)s' takes %(count)d arguments, not %(given)d.")
        % {"op": op, "count": count, "given": len(args)},
        remedy=_("Write it as CQL2 has it."),
    )


def _flat(args: list[Any]) -> list[Any]:
    """Return the arguments of between, whose bounds some programs send as a list."""
    last = args[-1] if args else None
    return [*args[:-1], *last] if isinstance(last, list) else args


def _literal(tree: Any) -> tuple[str, Any]:  # noqa: ANN401
    """Return the kind and the value of a literal."""
    if isinstance(tree, bool):
        return "boolean", tree
    if isinstance(tree, int) or (isinstance(tree, float) and math.isfinite(tree)):
        return "number", tree
    if isinstance(tree, str) and "\x00" not in tree:
        return "text", tree
    if isinstance(tree, dict):
        for name, pattern in (("date", _DATE), ("timestamp", _TIMESTAMP)):
            if isinstance(tree.get(name), str) and pattern.fullmatch(tree[name]):
                return "date", tree[name]
    raise _unsupported(json.dumps(tree, ensure_ascii=False, default=str))


def _unsupported(what: str) -> FilterError:
    return FilterError(
        _("The filter has a part that is not understood here: '%(what)s'.") % {"what": what[:80]},
        remedy=_("Supported: AND, OR, NOT, comparisons, LIKE, IN, BETWEEN, IS NULL, CASEI, "
                 "DATE, TIMESTAMP in UTC, T_BEFORE, T_AFTER, T_EQUALS and the S_ functions."),
    )  # fmt: skip


def _mismatch(found: str, wanted: str) -> FilterError:
    return FilterError(
        _("The filter compares a value of type %(found)s with one of type %(wanted)s.")
        % {"found": found, "wanted": wanted},
        remedy=_("The list of queryables tells the type of each attribute."),
    )

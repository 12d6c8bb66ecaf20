"""Attribute columns: identifiers, classes, lifecycles, and everything else as JSON.

Columns are Arrow arrays and stay so: the work per row is done by Arrow, not by Python.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

# The database's texts cannot hold it.
_END_OF_TEXT = "\x00"
_NEEDS_ESCAPE = r'[\x00-\x1f"\\]'


def as_text(column: pa.Array) -> pa.Array:
    """Return a column as trimmed text, empty texts as null; whole numbers without a point.

    The sign U+0000 is dropped, as it is from attributes.
    """
    column = plain_column(column)
    if pa.types.is_floating(column.type):
        column = _whole_numbers(column)
    text = pc.replace_substring(pc.cast(column, pa.string()), _END_OF_TEXT, "")
    text = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def plain_column(column: pa.Array) -> pa.Array:
    """Return a column without extension or dictionary, its text valid UTF-8.

    Texts that break off within a character (cut at a field's width) end in U+FFFD.
    """
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not pa.types.is_string(column.type):
        return column
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        blobs = column.cast(pa.binary()).to_pylist()
        texts = [None if b is None else b.decode("utf-8", "replace") for b in blobs]
        return pa.array(texts, pa.string())
    return column


def json_objects(columns: Mapping[str, pa.Array], row_count: int) -> pa.Array:
    """Return one JSON object per row; a null is left out."""
    members = [_member(name, column) for name, column in columns.items()]
    if not members:
        return pa.array(["{}"] * row_count, pa.string())
    if any(values.null_count for _before, values, _after in members):
        return _leaving_out_nulls(members, row_count)
    pieces: list[Any] = []
    for before, values, after in members:
        pieces += ["," if pieces else "{", before, values, after]
    return pc.binary_join_element_wise(*pieces, "}", "")


def _leaving_out_nulls(members: Iterable[tuple[str, pa.Array, str]], row_count: int) -> pa.Array:
    stated = [
        pc.fill_null(pc.binary_join_element_wise(before, values, after, ",", ""), "")
        for before, values, after in members
    ]
    nothing = pa.array([""] * row_count, pa.string())
    joined = pc.binary_join_element_wise(nothing, *stated, "")
    return pc.binary_join_element_wise("{", pc.utf8_rtrim(joined, ","), "}", "")


def _member(name: str, column: pa.Array) -> tuple[str, pa.Array, str]:
    """Return what stands before each value of a column, the values as text and what follows."""
    quote, values = _json_values(column)
    return json.dumps(_storable(name), ensure_ascii=False) + ":" + quote, values, quote


def _json_values(column: pa.Array) -> tuple[str, pa.Array]:
    """Return values as JSON, and the quotation mark that is to stand around each, if any."""
    is_json = isinstance(column, pa.ExtensionArray)
    column = plain_column(column)
    kind = column.type
    if is_json and pa.types.is_string(kind):
        return "", _from_python([_parsed(text) for text in column.to_pylist()])
    if pa.types.is_string(kind):
        if pc.any(pc.match_substring_regex(column, _NEEDS_ESCAPE)).as_py():
            return "", _from_python(column.to_pylist())
        return '"', column
    if pa.types.is_floating(kind):
        finite = pc.if_else(pc.is_finite(column), column, pa.scalar(None, kind))
        return "", pc.cast(finite, pa.string())
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return "", pc.cast(column, pa.string())
    return "", _from_python(column.to_pylist())


def _from_python(values: list[Any]) -> pa.Array:
    texts = [None if v is None else json.dumps(_storable(v), ensure_ascii=False) for v in values]
    return pa.array(texts, pa.string())


def _storable(value: Any) -> Any:  # noqa: ANN401 - whatever a file may hold
    """Return a value JSON can hold: times as ISO 8601, bytes as hexadecimal digits."""
    if isinstance(value, str):
        return value.replace(_END_OF_TEXT, "").encode("utf-8", "replace").decode()
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {str(_storable(k)): _storable(item) for k, item in value.items()}
    return value if isinstance(value, (bool, int, type(None))) else _number_or_text(value)


def _number_or_text(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float):
        return value if value - value == 0 else None  # inf and nan are no JSON
    return str(value)


def _parsed(text: str | None) -> Any:  # noqa: ANN401
    if text is None:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _whole_numbers(column: pa.Array) -> pa.Array:
    """Return floats that are whole as integers: 12.0 in a column of identifiers means 12."""
    known = column.drop_null()
    if pc.all(pc.equal(pc.floor(known), known)).as_py() is False:
        return column
    try:
        return pc.cast(column, pa.int64())
    except pa.ArrowInvalid:
        return column

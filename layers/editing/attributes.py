"""Attributes held to the schema of their layer.

``Layer.attribute_schema["fields"]`` maps each attribute's name to::

    {"type": "text" | "integer" | "number" | "boolean" | "date",   (absent: anything)
     "title_km": ..., "title_en": ..., "unit": "m",
     "required": true,               (absent: may be missing, null or empty)
     "choices": ["A", "B"],          (or {"A": {"km": ..., "en": ...}})
     "min": 0, "max": 60}            (numbers and integers; both ends are allowed values)

``attribute_schema["closed"]``: true refuses attributes that the schema does not name.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from layers.models import in_reader_language


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False


TYPES: dict[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
}


def attribute_problems(
    schema: Mapping[str, Any], properties: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield (attribute, sentence) for each value the schema does not allow."""
    fields: Mapping[str, Mapping[str, Any]] = schema.get("fields", {})
    for name, field in fields.items():
        message = _problem(field, properties.get(name))
        if message:
            yield name, f"{_title(name, field)}: {message}"
    if schema.get("closed"):
        for name in sorted(set(properties) - set(fields)):
            yield name, _("The layer has no attribute '%(name)s'.") % {"name": name}


def _title(name: str, field: Mapping[str, Any]) -> str:
    told = in_reader_language(str(field.get("title_km", "")), str(field.get("title_en", "")))
    return told or name


def _problem(field: Mapping[str, Any], value: object) -> str:
    if value in (None, ""):
        return _("a value is required.") if field.get("required") else ""
    kind = str(field.get("type", ""))
    if kind in TYPES and not TYPES[kind](value):
        return _("'%(value)s' is not of type %(type)s.") % {"value": value, "type": kind}
    choices = field.get("choices")
    if choices and value not in list(choices):
        known = ", ".join(str(choice) for choice in list(choices)[:12])
        return _("'%(value)s' is not one of: %(known)s.") % {"value": value, "known": known}
    return _out_of_bounds(field, value) if _is_number(value) else ""


def _out_of_bounds(field: Mapping[str, Any], value: Any) -> str:  # noqa: ANN401
    lowest, highest = field.get("min"), field.get("max")
    if lowest is not None and value < lowest:
        return _("%(value)s is less than %(limit)s.") % {"value": value, "limit": lowest}
    if highest is not None and value > highest:
        return _("%(value)s is more than %(limit)s.") % {"value": value, "limit": highest}
    return ""

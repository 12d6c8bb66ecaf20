"""Which features are meant: a layer's version, and what they must have."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import CharField, F, Func, JSONField, Q, QuerySet, TextField, Value
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID
from layers.errors import UserFacingError
from layers.models import Feature, LayerVersion
from layers.queries import class_branches, features_in_version
from layers.search import parsed
from layers.vocab import Lifecycle

OPERATORS = ("is", "has", "min", "max")
WITHOUT_CLASS = "-"


class SelectionError(UserFacingError):
    """A choice of features that means nothing."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What an attribute must hold: ``is``, ``has`` compare texts, ``min``, ``max`` numbers."""

    name: str
    operator: str
    value: str

    @property
    def number(self) -> float:
        """The value as a number, or raise SelectionError."""
        try:
            number = float(self.value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
        raise SelectionError(
            _("'%(value)s' is no number, but '%(name)s' is compared with it.")
            % {"value": self.value[:80], "name": self.name},
            remedy=_("Write a number with a decimal point."),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Some features of one version of a layer: all, unless something is asked of them."""

    version: LayerVersion
    bbox: shapely.Polygon | None = None  # in PROJECT_SRID [m]
    ids: tuple[str, ...] = ()
    class_code: str = ""  # with its whole branch; '-': features without a class
    lifecycle: str = ""
    words: str = ""
    conditions: tuple[Condition, ...] = ()

    @property
    def is_all(self) -> bool:
        """True when nothing is asked of the features."""
        return self.bbox is None and not (
            self.ids or self.class_code or self.lifecycle or self.words or self.conditions
        )

    def described(self) -> dict[str, Any]:
        """Return what was asked, for the record."""
        asked: dict[str, Any] = {
            "ids": list(self.ids),
            "bbox_m": list(self.bbox.bounds) if self.bbox else [],
            "class": self.class_code,
            "lifecycle": self.lifecycle,
            "words": self.words,
            "attributes": [f"{c.operator}.{c.name}={c.value}" for c in self.conditions],
        }
        return {name: value for name, value in asked.items() if value}


def selected(selection: Selection, *, may_be_newer: bool = False) -> QuerySet[Feature]:
    """Return the features of a selection, in no order yet.

    They are those of the version, whatever is published while they are read. With
    ``may_be_newer``, the rows of a published version are looked up as what stands now, by faster
    indexes: for a page on a screen, never for a file that names its version.

    Raises
    ------
    SelectionError
        A number is none.
    UnknownLandUseError
        The class does not exist.
    """
    version = selection.version
    rows = features_in_version(version.layer, version.number)
    if may_be_newer and version.number == version.layer.published_number:
        rows = version.layer.features.filter(retired_in=None)
    if selection.bbox:
        box = GEOSGeometry(memoryview(shapely.to_wkb(selection.bbox)), srid=PROJECT_SRID)
        rows = rows.filter(geometry__intersects=box)
    if selection.ids:
        rows = rows.filter(stable_id__in=selection.ids)
    if selection.lifecycle:
        rows = rows.filter(lifecycle=_known_lifecycle(selection.lifecycle))
    rows = _of_class(rows, selection.class_code)
    rows = _with_words(rows, selection.words)
    for condition in selection.conditions:
        rows = _meeting(rows, condition)
    return rows


def _known_lifecycle(asked: str) -> str:
    if asked in Lifecycle.values:
        return asked
    raise SelectionError(
        _("'%(value)s' is no lifecycle.") % {"value": asked[:40]},
        remedy=_("Use one of these: %(names)s.") % {"names": ", ".join(Lifecycle.values)},
    )


def _of_class(rows: QuerySet[Feature], code: str) -> QuerySet[Feature]:
    if not code:
        return rows
    if code == WITHOUT_CLASS:
        return rows.filter(land_use=None)
    return rows.filter(land_use__code__in=class_branches([code])[code])


def _with_words(rows: QuerySet[Feature], words: str) -> QuerySet[Feature]:
    """Keep the features whose texts hold every word, written in Khmer or English."""
    if not words:
        return rows
    text = Func(F("stable_id"), F("properties"), function="krong_search_text")
    rows = rows.alias(search_text=_typed(text))
    query = parsed(words)
    for word in dict.fromkeys((*query.words, *(() if query.words else (words,)))):
        rows = rows.filter(search_text__contains=word)
    return rows


def _typed(expression: Func) -> Func:
    expression.output_field = TextField()
    return expression


def attribute_value(name: str) -> Func:
    """Return the expression for what an attribute holds, SQL's NULL where that is JSON's null.

    The name is always a name: Django's own key transform takes ``2019`` for a place in a list.
    """
    return Func(
        F("properties"), Value(name), output_field=JSONField(),
        template="NULLIF(jsonb_extract_path(%(expressions)s), 'null')",
    )  # fmt: skip


def _attribute_text(name: str) -> Func:
    return Func(
        F("properties"), Value(name), function="jsonb_extract_path_text", output_field=TextField()
    )


def _meeting(rows: QuerySet[Feature], condition: Condition) -> QuerySet[Feature]:
    if condition.operator == "is":
        return rows.filter(_equal(condition))
    if condition.operator == "has":
        told = rows.alias(told=_attribute_text(condition.name))
        return told.filter(told__icontains=condition.value)
    measure = attribute_value(condition.name)
    kind = Func(measure, function="jsonb_typeof", output_field=CharField())
    compared = "gte" if condition.operator == "min" else "lte"
    return rows.alias(measure=measure, kind=kind).filter(
        kind="number", **{f"measure__{compared}": condition.number}
    )


def uncompared(selection: Selection) -> list[str]:
    """Return the attributes compared with a number that some feature holds otherwise, as a text.

    Such features are in no answer to "at least" or "at most", whatever their text says.
    """
    measured = [each for each in selection.conditions if each.operator in {"min", "max"}]
    rows = selected(replace(selection, conditions=()), may_be_newer=True)
    return [name for name in dict.fromkeys(c.name for c in measured) if _holds_other(rows, name)]


def _holds_other(rows: QuerySet[Feature], name: str) -> bool:
    kind = Func(attribute_value(name), function="jsonb_typeof", output_field=CharField())
    told = rows.alias(kind=kind).filter(kind__isnull=False)
    return told.exclude(kind="number").exists()


def _equal(condition: Condition) -> Q:
    """Return 'holds this value' as text or, where it reads so, as a number or a yes and no.

    Containment is what the index feature_properties answers.
    """
    either = Q(properties__contains={condition.name: condition.value})
    for value in _readings(condition.value):
        either |= Q(properties__contains={condition.name: value})
    return either


def _readings(text: str) -> list[Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    is_finite = not isinstance(value, float) or math.isfinite(value)
    return [value] if isinstance(value, int | float | bool) and is_finite else []


def conditions_in(given: Mapping[str, str]) -> tuple[Condition, ...]:
    """Return the conditions among query parameters: ``is.name=...``, ``min.area_m2=...``."""
    found = []
    for key, value in given.items():
        operator, dot, name = key.partition(".")
        if dot and operator in OPERATORS and name and value:
            found.append(Condition(name, operator, value))
    return tuple(found)

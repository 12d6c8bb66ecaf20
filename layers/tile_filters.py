"""Which features a tile is asked for: by class, lifecycle or value of a described attribute."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from layers.errors import UserFacingError
from layers.models import LandUseClass, Layer
from layers.queries import class_branches
from layers.vocab import Lifecycle

# "of" keeps the tiles of two databases apart in a browser; "lang" is the language of errors.
FREE_PARAMETERS = frozenset({"of", "lang"})
VERSION_PARAMETER = "v"
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class TileFilter:
    """What a tile is to hold; None where everything is asked for."""

    classes: tuple[str, ...] | None = None  # codes, each with its whole branch
    lifecycles: tuple[str, ...] | None = None
    properties: str | None = None  # a JSON object that the attributes must contain

    @property
    def is_everything(self) -> bool:
        return self == TileFilter()

    def as_parameters(self) -> dict[str, Any]:
        """Return what the SQL of a tile takes."""
        rows = None
        if self.classes is not None:
            branches = class_branches(self.classes).values()
            codes = {code for branch in branches for code in branch}
            rows = list(LandUseClass.objects.filter(code__in=codes).values_list("pk", flat=True))
        lifecycles = None if self.lifecycles is None else list(self.lifecycles)
        return {"classes": rows, "lifecycles": lifecycles, "properties": self.properties}


EVERYTHING = TileFilter()


def asked_filter(layer: Layer, given: QueryDict, known: frozenset[str] = frozenset()) -> TileFilter:
    """Return the filter that the parameters of an address state.

    Raises
    ------
    UserFacingError
        A parameter is neither ``class``, ``lifecycle`` nor an attribute that the layer describes,
        stands twice, or holds a value that cannot occur.
    """
    fields: Mapping[str, Any] = layer.attribute_schema.get("fields", {})
    allowed = {"class", "lifecycle", *fields}
    names = [name for name in given if name not in known | FREE_PARAMETERS]
    for name in names:
        if name not in allowed or len(given.getlist(name)) > 1:
            raise _refused(name, allowed)
    wanted = {
        name: _typed(name, str(given[name]), str(fields[name].get("type", "")))
        for name in names
        if name in fields and name not in {"class", "lifecycle"}
    }
    return TileFilter(
        classes=_codes(str(given["class"])) if "class" in names else None,
        lifecycles=_lifecycles(str(given["lifecycle"])) if "lifecycle" in names else None,
        properties=json.dumps(wanted, sort_keys=True) if wanted else None,
    )


def _refused(name: str, allowed: set[str]) -> UserFacingError:
    return UserFacingError(
        _("Tiles know no parameter '%(name)s', or it was given twice.") % {"name": name},
        remedy=_("Known are: %(names)s.") % {"names": ", ".join(sorted(allowed))},
    )


def _codes(text: str) -> tuple[str, ...]:
    codes = tuple(sorted({code for code in text.split(",") if code}))
    class_branches(codes)  # refuses what is no class
    return codes


def _lifecycles(text: str) -> tuple[str, ...]:
    asked = tuple(sorted({value for value in text.split(",") if value}))
    if unknown := [value for value in asked if value not in Lifecycle.values]:
        raise UserFacingError(
            _("'%(value)s' is no state of a feature.") % {"value": unknown[0]},
            remedy=_("Known are: %(names)s.") % {"names": ", ".join(Lifecycle.values)},
        )
    return asked


def _typed(name: str, text: str, kind: str) -> Any:  # noqa: ANN401 - a JSON value
    """Return the value as the attributes hold it: a number, a truth value or a text."""
    try:
        if kind in {"integer", "int"}:
            return int(text)
        if kind in {"number", "float", "real"}:
            return _finite(text)
        if kind in {"boolean", "bool"}:
            return _TRUTH[text.lower()]
    except (ValueError, KeyError) as error:
        raise UserFacingError(
            _("'%(value)s' cannot be a value of '%(name)s'.") % {"value": text, "name": name},
            remedy=_("Its values are of the type %(kind)s.") % {"kind": kind},
        ) from error
    return text


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0:  # infinity and not-a-number are no JSON
        raise ValueError(text)
    return value

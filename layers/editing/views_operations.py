"""Operations on the features of a draft over HTTP: done, or only shown (``preview``)."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.editing import operations, reading
from layers.editing.errors import ProblemsError
from layers.editing.operations import Outcome, Selected
from layers.editing.permissions import EDIT, layer_to_edit, require
from layers.editing.shapes import ShapeError, shape_from_geojson
from layers.editing.web import answers_json, asked_srid, body_of, told
from layers.errors import UserFacingError

Given = Mapping[str, Any]
Operation = Callable[[Selected, Given, int], Outcome]

OPERATIONS: dict[str, Operation] = {
    "split": lambda who, given, srid: operations.split_feature(who, _shape(given, "line", srid)),
    "merge": lambda who, given, _srid: operations.merge_features(who, str(given.get("keep", ""))),
    "cut-hole": lambda who, given, srid: operations.cut_hole_in_feature(
        who, _shape(given, "hole", srid)
    ),
    "fill-hole": lambda who, given, srid: operations.fill_hole_in_feature(
        who, _shape(given, "at", srid)
    ),
    "snap": lambda who, given, _srid: operations.snap_feature(who, _tolerance(given)),
    "explode": lambda who, _given, _srid: operations.explode_feature(who),
    "aggregate": lambda who, given, _srid: operations.aggregate_features(
        who, str(given.get("keep", ""))
    ),
}


def _operate(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    author = require(request.user, EDIT)
    draft = reading.draft_named(layer_to_edit(request.user, slug), number)
    given, srid = body_of(request), asked_srid(request)
    operation = _operation(given)
    selected = Selected(draft=draft, author=author, etags=_etags(given))
    preview = given.get("preview") is True
    with transaction.atomic():
        outcome = operation(selected, given, srid).as_json(srid)
        if preview:
            transaction.set_rollback(True)
    return told(outcome | {"preview": preview})


def _operation(given: Given) -> Operation:
    named = given.get("operation")
    if isinstance(named, str) and named in OPERATIONS:
        return OPERATIONS[named]
    raise UserFacingError(
        _("'%(name)s' is no operation.") % {"name": named},
        remedy=_("Use one of: %(known)s.") % {"known": ", ".join(OPERATIONS)},
    )


def _etags(given: Given) -> dict[str, str]:
    named = given.get("features")
    if isinstance(named, dict):
        return {str(name): str(etag or "") for name, etag in named.items()}
    raise UserFacingError(
        _("No feature is chosen."), remedy=_("Send the features with their ETags.")
    )


def _shape(given: Given, name: str, srid: int) -> BaseGeometry:
    try:
        return shape_from_geojson(given.get(name), srid)
    except ShapeError as error:
        raise ProblemsError([error.problem.as_json()]) from error


def _tolerance(given: Given) -> float | None:
    value = given.get("tolerance_m")
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise UserFacingError(
        _("'%(value)s' is no tolerance.") % {"value": value}, remedy=_("Give metres, e.g. 0.1.")
    )


operate = answers_json(post=_operate)

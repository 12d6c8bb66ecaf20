"""What the editing endpoints share: JSON in and out, who may, errors with their facts."""

import math
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import shapely
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, WGS84_SRID, Extent, to_project
from layers.editing.content import FeatureState, to_geojson
from layers.editing.errors import EditingError
from layers.editing.shapes import FARTHEST
from layers.errors import UserFacingError
from layers.sent_json import sent_json

Handler = Callable[..., HttpResponse]
LARGEST_PAGE = 5_000
# Why a version was published, why a draft was given up: sentences, no documents.
LONGEST_SENTENCE = 2_000
_DIGITS = 10


def answers_json(**handlers: Handler) -> Handler:
    """Return a view that gives each HTTP method to its handler and tells errors as JSON."""

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        method = "GET" if request.method == "HEAD" else str(request.method)
        handler = handlers.get(method.lower())
        if handler is None:
            return HttpResponseNotAllowed([name.upper() for name in handlers])
        try:
            return handler(request, *args, **kwargs)
        except UserFacingError as error:
            return error_response(error)

    return wraps(next(iter(handlers.values())))(view)


def error_response(error: UserFacingError) -> JsonResponse:
    """Return an error's sentence, remedy and facts."""
    detail = error.detail if isinstance(error, EditingError) else {}
    body = {"what": error.what, "remedy": error.remedy, **detail}
    response = told({"error": body}, status=error.status)
    if etag := detail.get("etag"):
        response["ETag"] = etag
    return response


def told(body: Mapping[str, Any], status: int = 200) -> JsonResponse:
    """Return JSON with Khmer as it is written, never kept by a cache."""
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response


def told_feature(request: HttpRequest, state: FeatureState, status: int = 200) -> JsonResponse:
    """Return a feature with its validator."""
    response = told(to_geojson(state, asked_srid(request)), status)
    response["ETag"] = state.etag
    return response


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the request's JSON object; an empty body is an empty object."""
    given = sent_json(request.body or b"{}")
    if not isinstance(given, dict):
        raise UserFacingError(
            _("The request is not a JSON object."), remedy=_("Send one JSON object in UTF-8.")
        )
    return given


def said_in(given: Mapping[str, Any], name: str, most: int = LONGEST_SENTENCE) -> str:
    """Return a text of a request's object, empty where there is none.

    Raises
    ------
    UserFacingError
        It is no text, or longer than ``most`` letters: nothing is cut off unsaid.
    """
    said = given.get(name, "")
    if said is None:
        return ""
    if isinstance(said, str) and len(said) <= most and "\x00" not in said:
        return said
    raise UserFacingError(
        _("'%(name)s' is no text of up to %(most)d letters.") % {"name": name, "most": most},
        remedy=_("Write it shorter, as one text."),
    )


def asked_srid(request: HttpRequest) -> int:
    """Return the CRS of coordinates: longitude and latitude, or ``?crs=project`` for metres."""
    asked = request.GET.get("crs", "")
    known = {"": WGS84_SRID, "4326": WGS84_SRID, "project": PROJECT_SRID}
    known[str(PROJECT_SRID)] = PROJECT_SRID
    if asked in known:
        return known[asked]
    raise UserFacingError(
        _("'%(value)s' is no coordinate system of this service.") % {"value": asked},
        remedy=_("Leave it out for longitude and latitude, or write crs=project for metres."),
    )


def asked_box(request: HttpRequest) -> Extent | None:
    """Return ``?bbox=west,south,east,north`` in PROJECT_SRID [m]."""
    text = request.GET.get("bbox", "")
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise _bad_box(text) from error
    # an infinite edge is no edge; a NaN fails every comparison
    if not (-FARTHEST < west <= east < FARTHEST and -FARTHEST < south <= north < FARTHEST):
        raise _bad_box(text)
    if asked_srid(request) == PROJECT_SRID:
        return west, south, east, north
    return _projected(text, (west, south, east, north))


def asked_number(request: HttpRequest, name: str, default: int, most: int = LARGEST_PAGE) -> int:
    """Return a whole number from 1 to ``most`` of the query, or the default."""
    text = request.GET.get(name, "")
    if not text:
        return default
    # the whole number is compared: 0000000019999 must not pass for its first digits
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS and 0 < int(text) <= most:
        return int(text)
    raise UserFacingError(
        _("%(name)s='%(value)s' is not a number from 1 to %(most)d.")
        % {"name": name, "value": text[:40], "most": most},
        remedy=_("Write a whole number."),
    )


def _projected(text: str, box: Extent) -> Extent:
    edge = shapely.segmentize(shapely.box(*box), max(box[2] - box[0], 1e-9) / 8)
    bounds = to_project(edge, WGS84_SRID).bounds
    if not all(math.isfinite(bound) for bound in bounds):
        raise _bad_box(text)
    west, south, east, north = (float(bound) for bound in bounds)
    return west, south, east, north


def _bad_box(text: str) -> UserFacingError:
    return UserFacingError(
        _("bbox='%(value)s' is no box.") % {"value": text[:80]},
        remedy=_("Write bbox=west,south,east,north."),
    )

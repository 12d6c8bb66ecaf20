"""WMTS 1.0.0 (OGC 07-057r7) for the grids: capabilities, and tiles by their parameters.

As all older OGC services, names of parameters may have any case and unknown ones are passed over
(OGC 06-121r9, 11.5.2); errors come as an exception report.
"""

from collections.abc import Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from layers import views_tiles
from layers.errors import UserFacingError
from layers.legend import summary
from layers.ogc import tile_matrix
from layers.ogc.access import identify_caller
from layers.ogc.collections import published_version
from layers.ogc.crs_list import MERCATOR_EDGE_M
from layers.ogc.errors import CHALLENGE
from layers.ogc.links import address
from layers.ogc.views_tilesets import plain
from layers.tiles import MAX_ZOOM
from layers.visibility import visible_layer, visible_versions
from layers.vocab import GeometryKind

_NEEDED = ("layer", "tilematrixset", "tilematrix", "tilerow", "tilecol")
_DIGITS = 8


class WmtsError(UserFacingError):
    """A request WMTS does not know; ``code`` is the standard's word for what is wrong."""

    def __init__(self, what: str, *, remedy: str, code: str, place: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.code, self.place = code, place


@require_safe
def wmts(request: HttpRequest) -> HttpResponse:
    """Answer GetCapabilities and GetTile."""
    asked = {name.lower(): value for name, value in request.GET.dict().items()}
    try:
        identify_caller(request)
        return _answer(request, asked)
    except UserFacingError as error:
        return _report(request, error)


@require_safe
def wmts_capabilities(request: HttpRequest) -> HttpResponse:
    """Return the capabilities document at an address of its own."""
    try:
        identify_caller(request)
    except UserFacingError as error:
        return _report(request, error)
    return _capabilities(request)


def _answer(request: HttpRequest, asked: Mapping[str, str]) -> HttpResponse:
    operation = asked.get("request", "GetCapabilities")
    if asked.get("service", "WMTS").upper() != "WMTS":
        raise _unknown("service", asked["service"], "WMTS")
    if operation == "GetCapabilities":
        return _capabilities(request)
    if operation != "GetTile":
        raise WmtsError(
            _("'%(name)s' is no operation of this service.") % {"name": operation[:40]},
            remedy=_("Known here: %(names)s.") % {"names": "GetCapabilities, GetTile"},
            code="OperationNotSupported",
            place="request",
        )
    return _tile(request, asked)


def _tile(request: HttpRequest, asked: Mapping[str, str]) -> HttpResponse:
    for name in _NEEDED:
        if not asked.get(name):
            raise WmtsError(
                _("The parameter '%(name)s' is missing.") % {"name": name},
                remedy=_("Needed: %(names)s.") % {"names": ", ".join(_NEEDED)},
                code="MissingParameterValue",
                place=name,
            )
    known = {"tilematrixset": tile_matrix.NAME, "format": "image/png", "style": "default"}
    for name, value in known.items():
        if asked.get(name, value) not in (value, ""):
            raise _unknown(name, asked[name], value)
    z, row, column = (_number(name, asked[name]) for name in _NEEDED[2:])
    layer = visible_layer(request.user, asked["layer"])
    version = published_version(layer)
    response = views_tiles.raster(plain(request), layer.slug, version.number, z, column, row)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _number(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
        return int(text)
    raise _unknown(name, text, f"0 … 2^{MAX_ZOOM}")


def _unknown(name: str, value: str, known: str) -> WmtsError:
    return WmtsError(
        _("%(name)s='%(value)s' is not known.") % {"name": name, "value": value[:80]},
        remedy=_("Known here: %(names)s.") % {"names": known},
        code="InvalidParameterValue",
        place=name,
    )


def _capabilities(request: HttpRequest) -> HttpResponse:
    grids = [version for version in visible_versions(request.user)
             if version.layer.geometry_kind == GeometryKind.RASTER]  # fmt: skip
    listed = []
    for version in grids:
        first = address(request, "raster-tile", version.layer.slug, version.number, 0, 0, 0)
        template = first.replace("/0/0/0.", "/{TileMatrix}/{TileCol}/{TileRow}.")
        listed.append({"layer": version.layer, "extent": summary(version).extent,
                       "template": template})  # fmt: skip
    content = {
        "title": _("Land-use plan and layers of the city"),
        "service": address(request, "ogc-wmts"),
        "layers": listed,
        "scheme": tile_matrix.tile_matrix_set(),
        "edge": MERCATOR_EDGE_M,
    }
    return render(request, "layers/ogc/wmts.xml", content, content_type="application/xml")


def _report(request: HttpRequest, error: UserFacingError) -> HttpResponse:
    content = {
        "code": getattr(error, "code", "InvalidParameterValue"),
        "place": getattr(error, "place", ""),
        "text": str(error),
    }
    response = render(
        request,
        "layers/ogc/exception.xml",
        content,
        content_type="application/xml",
        status=error.status,
    )
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    return response

"""How every resource answers: methods, formats by ``f`` or Accept, strict parameters, errors."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from layers.errors import UserFacingError
from layers.ogc.access import identify_caller, require_own_wish
from layers.ogc.errors import BadParameterError, problem_response

View = Callable[..., HttpResponseBase]
# Known everywhere: the format and the language of the answer.
EVERYWHERE = frozenset({"f", "lang"})


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a resource: its name in ``f`` and its media type."""

    name: str
    media_type: str


JSON = Format("json", "application/json")
GEOJSON = Format("json", "application/geo+json")
SCHEMA = Format("json", "application/schema+json")
OPENAPI = Format("json", "application/vnd.oai.openapi+json;version=3.0")
HTML = Format("html", "text/html")
TILEJSON = Format("tilejson", "application/json")
MVT = Format("mvt", "application/vnd.mapbox-vector-tile")
PNG = Format("png", "image/png")


def resource(
    *,
    formats: Sequence[Format] = (JSON, HTML),
    parameters: Collection[str] | None = (),
    methods: Mapping[str, View] | None = None,
) -> Callable[[View], View]:
    """Return a decorator that makes a reader of a resource, and its writers, a view.

    With ``parameters`` None the reader itself checks which parameters there are.
    """
    writers = dict(methods or {})

    def decorate(reader: View) -> View:
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
            identify_caller(request)
            require_own_wish(request)
            if request.method in writers:
                return writers[str(request.method)](request, *args, **kwargs)
            if request.method not in ("GET", "HEAD"):
                return _refused_method(request, writers)
            check_parameters(request, parameters)
            request.asked_format = asked_format(request, formats)  # type: ignore[attr-defined]
            return reader(request, *args, **kwargs)

        @csrf_exempt
        def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401
            try:
                response: HttpResponseBase = answer(request, *args, **kwargs)
            except UserFacingError as error:
                response = problem_response(request, error)
            patch_vary_headers(response, ["Accept", "Authorization", "Cookie"])
            return response

        return view

    return decorate


def _refused_method(request: HttpRequest, writers: Mapping[str, View]) -> HttpResponse:
    allowed = ", ".join(["GET", "HEAD", "OPTIONS", *writers])
    status = 204 if request.method == "OPTIONS" else 405
    return HttpResponse(status=status, headers={"Allow": allowed})


def check_parameters(request: HttpRequest, known: Collection[str] | None) -> None:
    """Refuse a parameter that is repeated or, unless ``known`` is None, not known here.

    Raises
    ------
    BadParameterError
    """
    _check_language(request)
    for name, values in request.GET.lists():
        if len(values) > 1:
            raise BadParameterError(
                _("The parameter '%(name)s' stands %(count)d times.")
                % {"name": name[:80], "count": len(values)},
                remedy=_("Write it once."),
            )
        if known is not None and name not in EVERYWHERE and name not in known:
            names = ", ".join(sorted({*known, *EVERYWHERE})[:40])
            raise BadParameterError(
                _("There is no parameter '%(name)s' here.") % {"name": name[:80]},
                remedy=_("Known here: %(names)s.") % {"names": names},
            )


def _check_language(request: HttpRequest) -> None:
    known = dict(settings.LANGUAGES)
    asked = request.GET.get("lang")
    if asked is not None and asked not in known:
        raise BadParameterError(
            _("There is no language '%(name)s' here.") % {"name": asked[:40]},
            remedy=_("Known here: %(names)s.") % {"names": ", ".join(known)},
        )


def asked_format(request: HttpRequest, formats: Sequence[Format]) -> Format:
    """Return the format asked for by ``f``, else by Accept, else the first.

    Raises
    ------
    BadParameterError
    """
    name = request.GET.get("f")
    for found in formats:
        if found.name == name:
            return found
    if name is not None:
        raise BadParameterError(
            _("There is no format '%(name)s' here.") % {"name": name[:40]},
            remedy=_("Known here: %(names)s.") % {"names": ", ".join(f.name for f in formats)},
        )
    wanted = request.get_preferred_type([found.media_type for found in formats])
    return next((found for found in formats if found.media_type == wanted), formats[0])


def is_html(request: HttpRequest) -> bool:
    """Tell whether the resource is asked for as a page."""
    asked: Format = request.asked_format  # type: ignore[attr-defined]
    return asked == HTML


def told(request: HttpRequest, document: Mapping[str, Any], **page: Any) -> HttpResponse:  # noqa: ANN401
    """Return a document as JSON in the asked media type, or as a page for people."""
    asked: Format = request.asked_format  # type: ignore[attr-defined]
    if asked != HTML:
        return HttpResponse(json_text(document), content_type=asked.media_type)
    links = [link for link in document.get("links", ()) if link.get("rel") != "self"]
    content = {"links": links, "text": json_text(document, indent=2), "resource": document, **page}
    return render(request, "layers/ogc/resource.html", content)


def json_text(document: Mapping[str, Any], indent: int | None = None) -> str:
    """Return JSON with Khmer as it is written."""
    return json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False, default=str)

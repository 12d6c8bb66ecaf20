"""Downloads over HTTP: seen by who may see the layer, ended when nobody waits any more."""

import select
import socket

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from layers.exports.asking import (
    SELECTION_WORDS,
    refuse_unknown_words,
    selection_asked,
    srid_asked,
)
from layers.exports.batches import Watch, unwatched
from layers.exports.formats import ExportFormat, format_named
from layers.exports.service import Download, ExportRequest, export
from layers.visibility import visible_layer

_PACKED = frozenset(
    {ExportFormat.GPKG, ExportFormat.SHP, ExportFormat.FGB, ExportFormat.DXF, ExportFormat.CSV,
     ExportFormat.COG}
)  # fmt: skip


class NobodyWaitsError(ConnectionAbortedError):
    """Whoever asked has gone: the answer would reach nobody."""


# Not of RFC 9110, but what web servers write down for a line closed by the other end.
CLOSED_BY_CLIENT = 499


@require_safe
def download(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Return a layer or a part of it as a file: ``?format=gpkg&class=school&bbox=...``."""
    try:
        return _answer(request, slug)
    except NobodyWaitsError:
        return HttpResponse(status=CLOSED_BY_CLIENT)


def _answer(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    layer = visible_layer(request.user, slug)
    asked = request.GET.dict()
    refuse_unknown_words(asked, "format", "crs", "excel", "lang", *SELECTION_WORDS)
    wanted = format_named(str(asked.get("format", "gpkg")), layer.geometry_kind)
    made = export(
        ExportRequest(
            selection=selection_asked(layer, {k: str(v) for k, v in asked.items()}),
            wanted=wanted,
            srid=srid_asked(str(asked.get("crs", ""))),
            for_excel=asked.get("excel") == "1",
            watch=_watch(request),
        )
    )
    return _response(made, is_packed=wanted in _PACKED)


def _response(made: Download, *, is_packed: bool) -> StreamingHttpResponse:
    response = StreamingHttpResponse(made.content, content_type=made.media_type)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=made.name
    )
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    if is_packed:
        # compressed already: said so, the server does not compress it again
        response["Content-Encoding"] = "identity"
    if made.size_bytes is not None:
        response["Content-Length"] = str(made.size_bytes)
    return response


def _watch(request: HttpRequest) -> Watch:
    """Return what ends an export once the reader's line is closed, where the server tells."""
    line = request.META.get("gunicorn.socket")
    if not isinstance(line, socket.socket):
        return unwatched

    def watch() -> None:
        if is_closed(line):
            raise NobodyWaitsError

    return watch


def is_closed(line: socket.socket) -> bool:
    """Tell whether the other end has closed a line; what it sent stays to be read."""
    try:
        readable, _writable, _odd = select.select([line], [], [], 0)
        return bool(readable) and not line.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except (OSError, ValueError):
        return True

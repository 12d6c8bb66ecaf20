"""A file over HTTP in pieces (RFC 9110, section 14): one range a request."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response

PIECE = 64 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def ranged_response(
    request: HttpRequest, path: Path, *, tag: str, content_type: str
) -> HttpResponseBase:
    """Return a file, or the piece asked for: 206, 416 if it lies beyond the end, 304 if known.

    Several ranges, a range that cannot be read and one whose ``If-Range`` names another state of
    the file get the whole file, as the standard says.
    """
    known = get_conditional_response(request, etag=tag)
    response = known or _answer(request, path, path.stat().st_size, tag)
    response.headers["Content-Type"] = content_type
    response.headers["ETag"] = tag
    response.headers["Accept-Ranges"] = "bytes"
    # already packed inside; a compressed range would be another range
    response.headers["Content-Encoding"] = "identity"
    return response


def _answer(request: HttpRequest, path: Path, size: int, tag: str) -> HttpResponseBase:
    asked = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if request.headers.get("If-Range", tag) != tag or asked is None or asked.groups() == ("", ""):
        return _piece(path, 0, size - 1, status=200)
    first, last = _bounds(asked[1], asked[2], size)
    if first > last and asked[1] and asked[2] and int(asked[1]) > int(asked[2]):
        return _piece(path, 0, size - 1, status=200)  # a range that runs backwards is none
    if first >= size or first > last:
        beyond = HttpResponse(status=416)
        beyond.headers["Content-Range"] = f"bytes */{size}"
        return beyond
    response = _piece(path, first, last, status=206)
    response.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many bytes
        return max(size - int(last), 0) if int(last) else size, size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _piece(path: Path, first: int, last: int, *, status: int) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_read(path, first, last), status=status)
    response.headers["Content-Length"] = str(last - first + 1)
    return response


def _read(path: Path, first: int, last: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first, os.SEEK_SET)
        left = last - first + 1
        while left > 0 and (piece := file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece

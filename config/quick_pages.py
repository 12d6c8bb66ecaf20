"""The way past the pages' machinery: a question at a point, and a tile at hand.

Only what is plainly asked goes this way, and it gets the same answer, byte for byte. Everything
else (an error, a session that has ended, another language to be remembered) goes through the pages.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import JsonResponse, parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import translation

from config.errors import CONTENT_SECURITY_POLICY
from config.language import CODES, LANGUAGE_COOKIE
from config.quick_tiles import quick_tile
from layers.errors import UserFacingError
from layers.quick_identify import versions_seen
from layers.views import whats_there

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Pages = Callable[[Environ, StartResponse], Iterable[bytes]]
PLACE, TILES = "/identify", "/tiles/"
NUMBERS, NAMES = ("lon", "lat", "z"), frozenset({"lon", "lat", "z", "layers"})
# What the middlewares of settings.py would add (tests/config/test_quick_pages.py compares).
HEADERS = [
    ("Vary", "Accept-Encoding, Cookie"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
]


class QuickPages:
    """Answer plain questions at a point and tiles at hand; leave all else to the pages."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        told = quick_response(environ)
        if told is None:
            return self.pages(environ, start_response)
        headers, body = told
        start_response("200 OK", [*HEADERS, *headers, ("Content-Length", str(len(body)))])
        return [body]


def quick_response(environ: Environ) -> tuple[list[tuple[str, str]], bytes] | None:
    """Return headers and body of an answer past the pages; None where they are to answer."""
    address = environ.get("PATH_INFO", "")
    if address == PLACE:
        told = quick_answer(environ)
        if told is None:
            return None
        language, body = told
        return [("Content-Type", "application/json"), ("Content-Language", language)], body
    return tile_answer(environ) if address.startswith(TILES) else None


def tile_answer(environ: Environ) -> tuple[list[tuple[str, str]], bytes] | None:
    """Return headers and body of a tile that is at hand; None where the pages are to answer."""
    if environ.get("REQUEST_METHOD") != "GET" or not _is_own_host(environ.get("HTTP_HOST", "")):
        return None
    cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
    try:
        told = quick_tile(environ, cookies.get(settings.SESSION_COOKIE_NAME, ""))
    except (DatabaseError, InterfaceError, UserFacingError):
        return None  # the pages meet it again and say it in words
    if told is None:
        return None
    headers, body = told
    return [*headers, ("Content-Language", _language(cookies))], body


def quick_answer(environ: Environ) -> tuple[str, bytes] | None:
    """Return language and body of the answer; None where the pages are to answer."""
    asked = _plainly_asked(environ)
    if asked is None:
        return None
    cookies = parse_cookie(environ.get("HTTP_COOKIE", ""))
    code = _language(cookies)
    try:
        versions = versions_seen(cookies.get(settings.SESSION_COOKIE_NAME, ""))
        if versions is None:
            return None
        with translation.override(code):
            content = whats_there(asked, versions)
    except (DatabaseError, InterfaceError, UserFacingError):
        return None  # the pages meet it again and say it in words
    return code, JsonResponse(content).content


def _language(cookies: Mapping[str, str]) -> str:
    code = cookies.get(LANGUAGE_COOKIE, "")
    return code if code in CODES else str(settings.LANGUAGE_CODE)


def _plainly_asked(environ: Environ) -> dict[str, str] | None:
    if environ.get("REQUEST_METHOD") != "GET" or not _is_own_host(environ.get("HTTP_HOST", "")):
        return None
    pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    asked = dict(pairs)
    if len(asked) != len(pairs) or not NAMES.issuperset(asked) or "\x00" in asked.get("layers", ""):
        return None
    return asked if all(_is_number(asked.get(name, "0")) for name in NUMBERS) else None


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


@lru_cache(maxsize=64)
def _is_own_host(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and not settings.DEBUG and validate_host(domain, settings.ALLOWED_HOSTS)

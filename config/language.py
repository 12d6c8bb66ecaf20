"""The reader's language: Khmer until they choose otherwise.

Cambodian machines often run an English system, so the browser's own wish is not asked.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME
CODES = tuple(code for code, _name in settings.LANGUAGES)


class ChosenLanguageMiddleware:
    """Activate ``?lang=``, else the cookie, else Khmer; a choice is remembered for a year."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("lang", "")
        code = asked if asked in CODES else request.COOKIES.get(LANGUAGE_COOKIE, "")
        code = code if code in CODES else settings.LANGUAGE_CODE
        with translation.override(code):
            request.LANGUAGE_CODE = code
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", code)
        if asked in CODES:
            response.set_cookie(LANGUAGE_COOKIE, asked, max_age=365 * 86400, samesite="Lax")
        return response

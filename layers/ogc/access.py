"""Who asks: a browser's session (writes only with its CSRF token), or name and password (Basic).

A desktop program such as QGIS sends name and password with each request (RFC 7617). They are
checked in full once, then known for some minutes, because the check is slow on purpose.
"""

import base64
import binascii

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from layers.ogc.errors import CrossSiteError, TooManyAttemptsError, WrongPasswordError

KNOWN_FOR_S = 300
MOST_FAILURES = 10
FAILURES_COUNT_FOR_S = 300
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def identify_caller(request: HttpRequest) -> None:
    """Set ``request.user`` from the Authorization header, where there is one.

    Raises
    ------
    WrongPasswordError, TooManyAttemptsError
    """
    header = request.headers.get("Authorization", "")
    if header:
        name, password = _name_and_password(header)
        request.user = _known(name, password) or _checked(request, name, password)


def require_own_wish(request: HttpRequest) -> None:
    """Refuse a write that another site could have made the browser send.

    A session's cookie alone proves nothing: the browser adds it whoever wrote the page. A
    password in the Authorization header is never added by itself.

    Raises
    ------
    CrossSiteError
    """
    if request.method in _SAFE or request.headers.get("Authorization"):
        return
    if request.user.is_authenticated and _csrf_refusal(request) is not None:
        raise CrossSiteError(
            _("The request carries a session but not its CSRF token."),
            remedy=_("Send the token as X-CSRFToken, or name and password instead of the cookie."),
        )


def _csrf_refusal(request: HttpRequest) -> HttpResponse | None:
    def _never_called(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    check = CsrfViewMiddleware(_never_called)
    check.process_request(request)
    return check.process_view(request, _never_called, (), {})


def _name_and_password(header: str) -> tuple[str, str]:
    scheme, _blank, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    name, colon, password = decoded.partition(":")
    if scheme.lower() != "basic" or not colon or "\x00" in decoded:
        raise WrongPasswordError(
            _("The Authorization header is not HTTP Basic."),
            remedy=_("Send name and password as 'Basic', or leave the header out."),
        )
    return name, password


def _known(name: str, password: str) -> User | None:
    found = User.objects.filter(username=name, is_active=True).first()
    if found is not None and cache.get(_key(found, password)):
        return found
    return None


def _checked(request: HttpRequest, name: str, password: str) -> User:
    address = request.META.get("REMOTE_ADDR", "")
    failures = "ogc-failures-" + salted_hmac("layers.ogc.failures", f"{address} {name}").hexdigest()
    if int(cache.get(failures, 0)) >= MOST_FAILURES:
        raise TooManyAttemptsError(
            _("Too many wrong passwords for '%(who)s'.") % {"who": name[:80]},
            remedy=_("Wait five minutes, then try again with the right one."),
        )
    user = authenticate(request, username=name, password=password)
    if not isinstance(user, User):
        cache.set(failures, int(cache.get(failures, 0)) + 1, FAILURES_COUNT_FOR_S)
        raise WrongPasswordError(
            _("Name and password do not belong together."),
            remedy=_("Check both; in QGIS they are part of the connection."),
        )
    cache.set(_key(user, password), value=True, timeout=KNOWN_FOR_S)
    return user


def _key(user: User, password: str) -> str:
    """Return a key that only this password makes, and that a changed password makes void."""
    mark = salted_hmac("layers.ogc.access", f"{user.pk}/{user.password}/{password}")
    return "ogc-known-" + mark.hexdigest()

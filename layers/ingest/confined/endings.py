"""Why a reading ended before its end, in sentences."""

import signal
from collections.abc import Mapping
from typing import Any

from layers.crs import CrsError
from layers.errors import UnknownCrsError, UnknownLandUseError, UserFacingError
from layers.ingest.confined.limits import Limits
from layers.numbers import number
from layers.retold import gettext as _
from layers.retold import retold

_GIB = 1024**3
_NO_SENTENCE = "–"


class ReadingError(UserFacingError):
    """The reading of a file was ended: it crashed, or cost more than it may."""


def refusal(message: Mapping[str, Any]) -> UserFacingError:
    """Return the error a reading refused its file with; the sentences are its own."""
    known = {kind.__name__: kind for kind in (UnknownCrsError, UnknownLandUseError, CrsError)}
    kind = known.get(str(message.get("name")), UserFacingError)
    error = kind.__new__(kind)
    what, remedy = (retold(message.get(part), _NO_SENTENCE) for part in ("what", "remedy"))
    UserFacingError.__init__(error, what, remedy=remedy)
    return error


def ended_early(name: str, ended: Mapping[str, Any], limits: Limits) -> ReadingError:
    """Return why a reading ended without a result.

    ``ended`` is what the minder says: ``cause``, exit ``code`` (negative: a signal), the
    ``computing_s`` and ``memory_bytes`` it took.
    """
    cause, remedy = _cause(ended, limits)
    return ReadingError(
        _("%(name)s: %(cause)s. Nothing was stored.") % {"name": name, "cause": cause},
        remedy=remedy,
    )


def _cause(ended: Mapping[str, Any], limits: Limits) -> tuple[str, str]:
    if too_much := _too_much(ended, limits):
        return too_much, _(
            "Export it again in smaller parts or another format; if it is small, it is damaged."
        )
    if ended.get("cause") == "crashed":
        return _("the program that reads it failed at something unexpected"), _(
            "This is a fault of Krong; the server's log holds the trace. Report it with the file."
        )
    code = ended.get("code", 0)
    how = signal.Signals(-code).name if code < 0 else f"code {code}"
    return _("the program that reads it crashed (%(how)s)") % {"how": how}, _(
        "The file is damaged or made to do harm: ask the supplier for another export."
    )


def _too_much(ended: Mapping[str, Any], limits: Limits) -> str:
    """Return which limit a reading met, empty when none."""
    code = ended.get("code", 0)
    if ended.get("cause") == "waiting":
        return _("reading it took longer than %(span)s") % {"span": _span(limits.waiting_s)}
    if ended.get("computing_s", 0) >= limits.computing_s or code == -signal.SIGXCPU:
        return _("reading it takes more than %(span)s of computing") % {
            "span": _span(limits.computing_s)
        }
    if ended.get("cause") == "out_of_memory" or code in {-signal.SIGABRT, -signal.SIGKILL}:
        memory = number(limits.memory_bytes / _GIB, 1)
        return _("reading it takes more memory than the %(gb)s GB it may use") % {"gb": memory}
    if code == -signal.SIGXFSZ:
        unpacked = number(limits.file_bytes / _GIB, 1)
        return _("it unpacks to more than %(gb)s GB") % {"gb": unpacked}
    return ""


def _span(seconds: float) -> str:
    if seconds < 120:  # noqa: PLR2004 - below two minutes
        return _("%(number)s seconds") % {"number": number(seconds)}
    return _("%(number)s minutes") % {"number": number(seconds / 60)}

"""Why a reading ended before its end, in sentences."""

import signal
from collections.abc import Mapping
from typing import Any

from layers.crs import CrsError
from layers.errors import UnknownCrsError, UnknownLandUseError, UserFacingError
from layers.ingest.confined.limits import Limits

_GIB = 1024**3
_LONGEST = 2_000


class ReadingError(UserFacingError):
    """The reading of a file was ended: it crashed, or cost more than it may."""


_SMALLER = "Export it again in smaller parts or another format; if it is small, it is damaged."


def refusal(message: Mapping[str, Any]) -> UserFacingError:
    """Return the error a reading refused its file with; the sentences are its own."""
    known = {kind.__name__: kind for kind in (UnknownCrsError, UnknownLandUseError, CrsError)}
    kind = known.get(str(message.get("name")), UserFacingError)
    error = kind.__new__(kind)
    UserFacingError.__init__(
        error, str(message.get("what"))[:_LONGEST], remedy=str(message.get("remedy"))[:_LONGEST]
    )
    return error


def ended_early(name: str, ended: Mapping[str, Any], limits: Limits) -> ReadingError:
    """Return why a reading ended without a result.

    ``ended`` is what the minder says: ``cause``, exit ``code`` (negative: a signal), the
    ``computing_s`` and ``memory_bytes`` it took.
    """
    cause, remedy = _cause(ended, limits)
    return ReadingError(f"{name}: {cause}. Nothing was stored.", remedy=remedy)


def _cause(ended: Mapping[str, Any], limits: Limits) -> tuple[str, str]:
    code = ended.get("code", 0)
    if ended.get("cause") == "waiting":
        return f"reading it took longer than {_span(limits.waiting_s)}", _SMALLER
    if ended.get("computing_s", 0) >= limits.computing_s or code == -signal.SIGXCPU:
        return f"reading it takes more than {_span(limits.computing_s)} of computing", _SMALLER
    if ended.get("cause") == "out_of_memory" or code in {-signal.SIGABRT, -signal.SIGKILL}:
        memory = limits.memory_bytes / _GIB
        return f"reading it takes more memory than the {memory:.1f} GB it may use", _SMALLER
    if code == -signal.SIGXFSZ:
        return f"it unpacks to more than {limits.file_bytes / _GIB:.1f} GB", _SMALLER
    if ended.get("cause") == "crashed":
        return (
            "the program that reads it failed at something unexpected",
            "This is a fault of Krong; the server's log holds the trace. Report it with the file.",
        )
    how = signal.Signals(-code).name if code < 0 else f"code {code}"
    return (
        f"the program that reads it crashed ({how})",
        "The file is damaged or made to do harm: ask the supplier for another export.",
    )


def _span(seconds: float) -> str:
    return f"{seconds:g} seconds" if seconds < 120 else f"{seconds / 60:g} minutes"  # noqa: PLR2004

"""Asking the confined process to read a file, and hearing what it says."""

import json
import logging
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from layers.ingest.confined.endings import ReadingError, ended_early, refusal
from layers.ingest.confined.frames import read_frames
from layers.ingest.confined.host import LENGTH
from layers.ingest.confined.limits import Limits, answer_to
from layers.retold import gettext as _
from layers.scratch import IMPORTS, scratch_folder

_ROOT = Path(__file__).resolve().parents[3]
_START = "import sys; sys.path.insert(0, sys.argv.pop()); import {0}; {0}.main()".format(
    "layers.ingest.confined.host"
)
_CHOSEN = (
    "KRONG_SRID",
    "KRONG_DATUM_SHIFT_3148",
    "GDAL_LIBRARY_PATH",
    "GEOS_LIBRARY_PATH",
    "LANGUAGE_CODE",
    "LANGUAGES",
)
# All the process gets to know of its surroundings.
_PASSED_ON = ("OGR_SKIP", "GDAL_SKIP", "GDAL_DATA", "PROJ_DATA", "PROJ_LIB", "LD_LIBRARY_PATH")
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "HOME": "/nonexistent",
    "PROJ_NETWORK": "OFF",
    "CPL_LOG": os.devnull,
    "CPL_DEBUG": "OFF",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_CACHEMAX": "256",
    # one thread each: a process with threads must not be forked
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
    # batches are alike: memory of the last serves the next instead of going back to the kernel
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}
_PIPE_BYTES = 1 << 20
_WAIT_S = 2.0  # how often whoever waits hears whether the job is cancelled
_END_S = 30.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Host:
    """The clean process of this process."""

    process: subprocess.Popen[bytes]
    channel: socket.socket
    owner: int

    @property
    def is_usable(self) -> bool:
        return self.owner == os.getpid() and self.process.poll() is None


_hosts: list[_Host] = []
_lock = threading.Lock()


def _nothing() -> None:
    return None


@dataclass(kw_only=True, slots=True)
class Reading:
    """A reading under way: what it says, in order."""

    name: str
    folder: Path
    limits: Limits
    max_bytes: int
    wait: Callable[[], None] = _nothing
    defences: dict[str, bool] = field(default_factory=dict)
    _results: int = -1
    _control: socket.socket | None = None

    def heard(self) -> Iterator[bytes | bytearray | dict[str, Any]]:
        """Yield messages and batches; the last message is of type ``done``.

        Raises
        ------
        UserFacingError
            What the reading refused, or why it ended early.
        """
        for _kind, content in read_frames(self._read, name=self.name, max_bytes=self.max_bytes):
            if not isinstance(content, dict):
                yield content
                continue
            kind = content["type"]
            if kind == "confined":
                self.defences = {str(k): bool(v) for k, v in content["defences"].items()}
            elif kind in {"refused", "out_of_memory", "crashed"}:
                self._raise(kind, content)
            else:
                yield content
            if kind == "done":
                return
        raise ended_early(self.name, self._how_it_ended(), self.limits)

    def result(self) -> dict[str, Any]:
        """Return the only message of a reading that has one.

        Raises
        ------
        UserFacingError
            As ``heard``.
        """
        for message in self.heard():
            if isinstance(message, dict) and message["type"] == "done":
                return message
        raise ended_early(self.name, {}, self.limits)

    def _raise(self, kind: str, content: dict[str, Any]) -> None:
        if kind == "refused":
            raise refusal(content)
        if kind == "crashed":
            logger.error("Reading %s failed: %s", self.name, str(content.get("trace"))[:4_000])
        raise ended_early(self.name, {"cause": kind}, self.limits)

    def _read(self, length: int) -> bytearray:
        """Return so many bytes, fewer only at the end."""
        taken = bytearray()
        while missing := length - len(taken):
            while not select.select([self._results], [], [], _WAIT_S)[0]:
                self.wait()
            if not (part := os.read(self._results, min(missing, _PIPE_BYTES))):
                break
            taken += part
        return taken

    def _how_it_ended(self) -> dict[str, Any]:
        if self._control is None:
            return {}
        self._control.settimeout(_END_S)
        try:
            told = json.loads(self._control.recv(4096) or b"{}")
        except (OSError, ValueError):
            return {}
        return dict(told) if isinstance(told, dict) else {}


@contextmanager
def reading(
    *,
    task: str,
    path: Path,
    limits: Limits,
    wait: Callable[[], None] = _nothing,
    **parameters: Any,  # noqa: ANN401 - whatever the task needs, as JSON
) -> Iterator[Reading]:
    """Have a file read in the confined process; it is killed at the end of the ``with``.

    ``wait`` is called every two seconds of waiting and may raise to give up. Its folder goes with
    the reading; that of one whose asker was killed goes when the next begins.
    """
    with scratch_folder(IMPORTS) as folder:
        begun = Reading(
            name=path.name,
            folder=folder,
            limits=limits,
            max_bytes=answer_to(limits, path.stat().st_size),
            wait=wait,
        )
        request = {
            "task": task,
            "path": str(path.resolve()),
            "name": path.name,
            "folder": str(folder),
            "limits": limits.as_fields(),
            "language": get_language() or settings.LANGUAGE_CODE,
            **parameters,
        }
        try:
            _begin(begun, json.dumps(request, default=str).encode())
            yield begun
        finally:
            _end(begun)


def prepare() -> None:
    """Start what reads files, if it does not run yet: it gets ready while the caller goes on."""
    with suppress(OSError), _lock:  # the reading itself says what is wrong
        _host()


def _begin(begun: Reading, request: bytes) -> None:
    results, results_end = os.pipe()
    control, control_end = socket.socketpair()
    begun._results, begun._control = results, control  # noqa: SLF001 - its own maker
    try:
        with _lock:
            socket.send_fds(_host().channel, [b"R"], [control_end.fileno(), results_end])
        control.sendall(LENGTH.pack(len(request)) + request)
    except OSError as error:
        raise ReadingError(
            _("%(name)s: the program that reads files does not start. Nothing was stored.")
            % {"name": begun.name},
            remedy=_("See the server's log; './krong check' tells what is missing."),
        ) from error
    finally:
        control_end.close()
        os.close(results_end)
    try:
        fcntl(results, F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:
        logger.debug("The pipe stays at its usual size.")


def _end(begun: Reading) -> None:
    if begun._control is not None:  # noqa: SLF001
        begun._control.close()  # noqa: SLF001 - the minder hears it and kills the worker
    if begun._results >= 0:  # noqa: SLF001
        os.close(begun._results)  # noqa: SLF001


def _host() -> _Host:
    """Return this process's host; start one where there is none, it died, or this is a fork."""
    if _hosts and _hosts[0].is_usable:
        return _hosts[0]
    _hosts.clear()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    chosen = {name: getattr(settings, name, None) for name in _CHOSEN}
    environment = _ENVIRONMENT | {n: os.environ[n] for n in _PASSED_ON if n in os.environ}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-I", "-c", _START, json.dumps(chosen, default=str), str(_ROOT)],
        stdin=theirs.fileno(),
        env=environment,
        cwd="/",
    )
    theirs.close()
    _hosts.append(_Host(process, ours, os.getpid()))
    return _hosts[0]

"""The process that reads foreign files: a clean one, from which each reading is forked.

Started once by a process of Krong, it knows neither the database nor the deployment's secret. For
each file it forks a minder, which forks the worker, waits for its end and says how it ended. The
worker confines itself before it opens the file. Whoever asked goes away: the worker is killed.
"""

import json
import os
import select
import shutil
import signal
import socket
import struct
import sys
import sysconfig
import traceback
from contextlib import suppress
from importlib import import_module
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from layers.errors import UserFacingError
from layers.ingest.confined.answer import Answer
from layers.ingest.confined.defences import (
    RASTER_DRIVERS,
    VECTOR_DRIVERS,
    Confinement,
    confine,
    leave_drivers,
)
from layers.ingest.confined.limits import Limits
from layers.ingest.confined.syscalls import PR_SET_PDEATHSIG, libc_call
from layers.retold import as_fields

LENGTH = struct.Struct("<Q")
_LAYERS = Path(__file__).resolve().parents[2]
# Besides Python's and the packages' own folders: the linker's, time zones, and what is no file.
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_DEVICES = ("/dev/urandom", "/usr/share/zoneinfo")
_TRACEBACK_LENGTH = 4_000


def main() -> None:
    """Serve requests that come through standard input, until its other end is closed."""
    channel = socket.socket(fileno=os.dup(0))
    _set_up(json.loads(sys.argv[1]))
    drivers_left = _leave_drivers()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # minders report to whoever asked, not here
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asked
    while True:
        asked, descriptors, _flags, _address = socket.recv_fds(channel, 1, 2)
        if not asked:
            return
        if os.fork() == 0:
            channel.close()
            _mind(*descriptors, drivers_left=drivers_left)
        for descriptor in descriptors:
            os.close(descriptor)


def _set_up(chosen: dict[str, Any]) -> None:
    """Give Django the settings that reading needs, and load what every reading loads."""
    sys.meta_path.insert(0, _NotNeeded())
    import rasterio  # noqa: F401, PLC0415 - first, so that its GDAL is the one in the process
    from django.conf import settings  # noqa: PLC0415

    settings.configure(
        **chosen,
        INSTALLED_APPS=[],
        DATABASES={},
        USE_I18N=True,
        LOCALE_PATHS=[_LAYERS / "locale"],
    )
    import django  # noqa: PLC0415

    django.setup()
    import_module("layers.ingest.tasks").warm_up()


class _NotNeeded(MetaPathFinder):
    """Lets packages go without those they load where these happen to be installed.

    pyogrio and Arrow do so for functions that no reading calls: a third of the time until a file
    is opened, and memory.
    """

    _NAMES = frozenset({"geopandas", "pandas"})

    def find_spec(self, fullname: str, *_place: object) -> None:
        """Say that a package is not there, or leave the answer to the others."""
        if fullname in self._NAMES:
            raise ModuleNotFoundError(fullname, name=fullname)


def _leave_drivers() -> bool:
    """Leave each GDAL in this process only the drivers of Krong's formats."""
    site = Path(sysconfig.get_path("platlib"))
    left = []
    for package, wanted in (("pyogrio", VECTOR_DRIVERS), ("rasterio", RASTER_DRIVERS)):
        found = sorted((site / f"{package}.libs").glob("libgdal*.so*"))
        left.append(bool(found) and leave_drivers(found[-1], wanted))
    return all(left)


def _mind(control_fd: int, results_fd: int, *, drivers_left: bool) -> None:
    """Have one request carried out, say how it ended, leave nothing behind. Does not return."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control = socket.socket(fileno=control_fd)
    request = json.loads(_received(control))
    limits = Limits.of(request["limits"])
    worker = os.fork()
    if worker == 0:
        control.close()
        _work(request, limits, results_fd, drivers_left=drivers_left)
    os.close(results_fd)
    cause = _waited(worker, control, limits.waiting_s)
    _pid, status, usage = os.wait4(worker, 0)
    ended = {
        "cause": cause,
        "code": os.waitstatus_to_exitcode(status),
        "computing_s": usage.ru_utime + usage.ru_stime,
        "memory_bytes": usage.ru_maxrss * 1024,
    }
    with suppress(OSError):  # whoever asked may be gone, or satisfied before the end
        control.sendall(json.dumps(ended).encode())
        control.recv(1)  # until they are done with the folder
    shutil.rmtree(request["folder"], ignore_errors=True)
    os._exit(0)


def _received(control: socket.socket) -> bytes:
    with control.makefile("rb") as source:
        (length,) = LENGTH.unpack(source.read(LENGTH.size))
        return source.read(length)


def _waited(worker: int, control: socket.socket, seconds: float) -> str:
    """Wait for the worker; kill it when time is up or nobody is there to hear it. Return why."""
    ended = os.pidfd_open(worker)
    heard = control.fileno()
    ready = select.select([ended, heard], [], [], seconds)[0]
    if ended in ready:
        return ""
    signal.pidfd_send_signal(ended, signal.SIGKILL)
    return "left" if heard in ready else "waiting"


def _work(request: dict[str, Any], limits: Limits, results_fd: int, *, drivers_left: bool) -> None:
    """Confine this process, then read. Does not return."""
    libc_call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # other descriptors are the libraries' own (proj.db): closing them would make PROJ silently fail
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    folder = request["folder"]
    os.environ["TMPDIR"] = os.environ["CPL_TMPDIR"] = folder
    with Answer(results_fd) as answer, _Explained(answer):
        on = confine(
            Confinement(
                limits=limits,
                readable=(Path(request["path"]), *installed_files()),
                writable=(Path(folder),),
            )
        )
        answer.say("confined", defences=on | {"drivers": drivers_left})
        import_module("layers.ingest.tasks").perform(request, answer)
    os._exit(0)


def installed_files() -> tuple[Path, ...]:
    """Return the folders of Python, of the packages and of this app's code: no data, no secret."""
    own = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    named = [os.environ[n] for n in ("GDAL_DATA", "PROJ_DATA", "PROJ_LIB") if n in os.environ]
    return (*map(Path, [*own, *named, *_SYSTEM, *_DEVICES, os.devnull]), _LAYERS)


def _is_of_memory(error: BaseException) -> bool:
    # NumPy and Arrow raise kinds of MemoryError; GEOS and GDAL tell it only in their words
    told = f"{type(error).__name__} {error}".lower()
    words = ("bad_alloc", "out of memory", "cannot allocate", "malloc", "outofmemory")
    # Python's compiler, short of memory amid an installed file, calls that file's syntax wrong
    kinds = (MemoryError, SyntaxError)
    return isinstance(error, kinds) or any(word in told for word in words)


class _Explained:
    """Sends whatever ends the work early as a message."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is None:
            return False
        if isinstance(error, UserFacingError):
            what, remedy = as_fields(error.what), as_fields(error.remedy)
            self.answer.say("refused", what=what, remedy=remedy, name=type(error).__name__)
        elif _is_of_memory(error):
            self.answer.say("out_of_memory")
        else:
            told = "".join(traceback.format_exception(kind, error, trace))
            self.answer.say("crashed", trace=told[-_TRACEBACK_LENGTH:])
        return True

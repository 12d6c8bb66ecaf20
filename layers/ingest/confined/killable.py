"""A computation that cannot be interrupted, in a process that can be killed."""

import os
import resource
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from layers.ingest.confined.limits import lowered

_PART_BYTES = 1 << 20
# How much longer than its computing it may take by the clock: the machine may be busy.
_PATIENCE = 6
_WHOLE = b"\n"


def computed(work: Callable[[], bytes], *, seconds: int, memory_bytes: int) -> bytes | None:
    """Return what ``work`` returns, None when it crashes or takes more time or memory than it may.

    The work is done in a copy of this process; nothing it changes is seen here.
    """
    source, target = os.pipe()
    worker = os.fork()
    if worker == 0:
        _work(work, target, seconds, memory_bytes)
    os.close(target)
    try:
        result = _received(source, time.monotonic() + _PATIENCE * seconds)
    finally:
        os.close(source)
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    return result.removesuffix(_WHOLE) if result.endswith(_WHOLE) else None


def _work(work: Callable[[], bytes], target: int, seconds: int, memory_bytes: int) -> None:
    """Compute and write the result, ended by a sign that it is whole. Does not return."""
    try:
        _limit(seconds, memory_bytes)
        view = memoryview(work() + _WHOLE)
        while view:
            view = view[os.write(target, view[:_PART_BYTES]) :]
    finally:
        os._exit(0)


def _limit(seconds: int, memory_bytes: int) -> None:
    # a copy starts to count its computing at zero
    most = lowered(resource.RLIMIT_CPU, seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except PermissionError:
        return  # within the confined process, whose own limit of memory holds
    wanted = pages * resource.getpagesize() + memory_bytes
    most = lowered(resource.RLIMIT_AS, wanted)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _received(source: int, deadline: float) -> bytes:
    """Return what came until the other end closed, nothing when that took too long."""
    parts: list[bytes] = []
    while select.select([source], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(source, _PART_BYTES)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return b""

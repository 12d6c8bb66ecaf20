"""Serving: the web server and one worker for long jobs, started and stopped together."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.utils.translation import gettext as _

from layers import scratch
from layers.errors import UserFacingError
from scenarios.scratch import sweep_scratch

STOP_WITHIN_S = 10.0
LOOKS_EVERY_S = 0.2
HIGHEST_PORT = 65_535
EXIT_UNEXPECTED = 1  # a server that ends by itself, even without an error, has failed
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})


def web_command(address: str) -> list[str]:
    """Return the command of the web server on ``host:port``."""
    workers = str(max(2, min(4, os.cpu_count() or 2)))
    return [
        sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address,
        "--workers", workers, "--threads", "4", "--worker-class", "gthread",
        "--timeout", "120", "--log-level", "warning",
    ]  # fmt: skip


def worker_command() -> list[str]:
    """Return the command of the worker that takes queued jobs from the database."""
    return [sys.executable, "-m", "config.worker"]


def serve(address: str) -> int:
    """Run web server and worker until one ends or the user stops them; return an exit code.

    Neither is left alone: pages without a worker would take jobs that nobody does.

    Raises
    ------
    UserFacingError
        Nothing can be served at that address; nothing was started.
    """
    check_address(address)
    sweep_scratch()
    scratch.sweep_scratch(scratch.EXPORTS)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(Path(settings.BASE_DIR)),
        "KRONG_HOSTS": ",".join([*settings.ALLOWED_HOSTS, *_own_host(address)]),
    }
    return keep_together([web_command(address), worker_command()], environment)


def keep_together(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> int:
    """Run programs until one ends or a signal comes, stop the others; return its exit code."""
    running: list[subprocess.Popen[bytes]] = []
    was_stopped = _hear_signals()
    try:
        # extended one by one: what was started before a failure is stopped below
        running.extend(subprocess.Popen(command, env=environment) for command in commands)  # noqa: S603 - our own words
        while not was_stopped() and all(process.poll() is None for process in running):
            time.sleep(LOOKS_EVERY_S)
    finally:
        ended = next((p.returncode for p in running if p.returncode is not None), 0)
        _stop(running)
    return 0 if was_stopped() else ended or EXIT_UNEXPECTED


def check_address(address: str) -> None:
    """Refuse an address on which this machine cannot serve.

    Raises
    ------
    UserFacingError
        No host and port, an unknown host, a port in use or one that needs another account.
    """
    host, _colon, port = address.rpartition(":")
    is_number = port.isascii() and port.isdigit() and len(port) <= len(str(HIGHEST_PORT))
    if not (is_number and 0 < int(port) <= HIGHEST_PORT and host):
        raise UserFacingError(
            _("'%(address)s' is no address to serve on.") % {"address": address},
            remedy=_("Give host:port, e.g. --address 127.0.0.1:8000"),
        )
    try:
        family, kind, protocol, _name, place = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
    except OSError as error:
        raise UserFacingError(
            _why_not(address, host, error), remedy=_("Choose another with --address HOST:PORT.")
        ) from error


def _why_not(address: str, host: str, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"This machine has no address '{host}'."
    if error.errno == errno.EADDRINUSE:
        return f"Another program already serves at {address}; perhaps a Krong that still runs."
    return f"This account may not serve at {address} ({error.strerror})."


def _own_host(address: str) -> Sequence[str]:
    host = address.rpartition(":")[0]
    return [] if host in LOOPBACK or host in {"0.0.0.0", ""} else [host]  # noqa: S104 - compared


def _hear_signals() -> Callable[[], bool]:
    """Take SIGTERM and SIGINT as a wish to stop; return what tells whether one came."""
    heard: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    signal.signal(signal.SIGTERM, hear)
    signal.signal(signal.SIGINT, hear)
    return lambda: bool(heard)


def _stop(running: Sequence["subprocess.Popen[bytes]"]) -> None:
    """End programs: asked first, so that a job may finish; asked again, it gives up; then killed.

    A job that gives up says so in its run; a killed one only falls silent.
    """
    for end in (subprocess.Popen.terminate, subprocess.Popen.terminate, subprocess.Popen.kill):
        left = [process for process in running if process.poll() is None]
        for process in left:
            end(process)
        deadline = time.monotonic() + STOP_WITHIN_S
        while any(process.poll() is None for process in left) and time.monotonic() < deadline:
            time.sleep(LOOKS_EVERY_S / 4)

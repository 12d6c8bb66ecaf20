"""Serving: the web server and one worker for long jobs, started and stopped together."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from django.conf import settings

STOP_WITHIN_S = 10.0
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
    return [sys.executable, "-m", "django", "db_worker", "--no-startup-delay"]


def serve(address: str) -> int:
    """Run web server and worker until one ends or the user stops them; return an exit code."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(Path(settings.BASE_DIR)),
        "KRONG_HOSTS": ",".join([*settings.ALLOWED_HOSTS, *_own_host(address)]),
    }
    running = [
        subprocess.Popen(command, env=environment)  # noqa: S603 - our own words only
        for command in (web_command(address), worker_command())
    ]
    _stop_on_signals(running)
    code = running[0].wait()
    _stop(running)
    return 0 if code in {0, -signal.SIGTERM, -signal.SIGINT} else code


def _own_host(address: str) -> Sequence[str]:
    host = address.rpartition(":")[0]
    return [] if host in LOOPBACK or host in {"0.0.0.0", ""} else [host]  # noqa: S104 - compared


def _stop_on_signals(running: Sequence["subprocess.Popen[bytes]"]) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        for process in running:
            process.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _stop(running: Sequence["subprocess.Popen[bytes]"]) -> None:
    for process in running:
        if process.poll() is None:
            process.terminate()
    for process in running:
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()

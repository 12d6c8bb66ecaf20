"""tipg beside Krong: the same rows of the same database, one worker each, the same clients."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from config import cluster

ROOT = Path(__file__).resolve().parents[2]
TIPG = "1.6.1"
VENV = ROOT / "var" / "bench-peers" / f"tipg-{TIPG}"
STARTS_WITHIN_S = 120.0


def peer_python():
    """Return the Python that has tipg, installed now if need be; None with the reason if not."""
    python = VENV / "bin" / "python"
    if python.exists() and _run(python, "-c", "import tipg.main, uvicorn"):
        return python, ""
    uv = shutil.which("uv")
    if uv is None:
        return None, "uv, which would install it, is not here"
    made = _run(uv, "venv", "--clear", "--python", sys.executable, VENV)
    if made and _run(uv, "pip", "install", "--python", python, f"tipg=={TIPG}", "uvicorn"):
        return python, ""
    return None, f"tipg {TIPG} could not be fetched"


def _run(*command):
    return subprocess.run([*map(str, command)], capture_output=True, check=False).returncode == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(command, environment, path, log):
    """Run a server on a free port until the block ends; yield the port once it answers."""
    port = free_port()
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(part).replace("PORT", str(port)) for part in command],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
        try:
            _wait(port, path, server, log)
            yield port
        finally:
            server.terminate()
            server.wait(30)


def _wait(port, path, server, log):
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if fetched(port, path)[0] < 500:
                return
        except OSError:
            time.sleep(0.3)
    raise SystemExit(f"a server did not start: {log.read_text()[-2000:]}")


def fetched(port, path, headers=None):
    """Return status, body and time [ms] of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    started = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "gzip", **(headers or {})})
    response = connection.getresponse()
    body = response.read()
    took = (time.perf_counter() - started) * 1000
    connection.close()
    return response.status, body, took


@contextmanager
def krong_serving(city, workers=1, threads=1):
    """Serve Krong's pages with gunicorn, without the worker for long jobs."""
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", "127.0.0.1:PORT"]
    command += ["--workers", workers, "--threads", threads, "--log-level", "error"]
    environment = city.environment | {"PYTHONPATH": str(ROOT)}
    with serving(command, environment, "/layers/", city.var / "gunicorn.log") as port:
        yield port


@contextmanager
def tipg_serving(city, python):
    """Serve the same database with tipg."""
    server = cluster.database_settings()
    account = f"{server['USER']}:{quote(server['PASSWORD'] or 'none', safe='')}"
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{account}@{quote(server['HOST'] or 'localhost', safe='')}"
        f":{server['PORT'] or 5432}/{city.database}",
        "TIPG_DB_SCHEMAS": '["public"]',
        "TIPG_DB_TABLES": '["public.bench_buildings"]',
        "TIPG_MAX_FEATURES_PER_TILE": "1000000",
        "TIPG_DB_MIN_CONN_SIZE": "1",
        "TIPG_DB_MAX_CONN_SIZE": "2",
    }
    command = [python, "-m", "uvicorn", "tipg.main:app", "--port", "PORT", "--log-level", "warning"]
    with serving(command, environment, "/healthz", city.var / "tipg.log") as port:
        yield port

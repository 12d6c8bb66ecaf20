"""A whole deployment for one test: its own CRS, database and files, driven as a user drives it.

Settings fix the CRS for a process, so a city in another CRS is another process: everything here
goes through ``./krong`` and the pages, never through Python imports.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
MISSING_DATA = "the shared real data is not beside this checkout"
SERVER_STARTS_WITHIN_S = 60.0


class KrongFailedError(AssertionError):
    """A command ended otherwise than the test expected; holds what it printed."""


@dataclass(frozen=True, slots=True)
class City:
    """One deployment: EPSG code, database name, folder of its files."""

    srid: int
    database: str
    var: Path

    @property
    def environment(self):
        return os.environ | {
            "KRONG_SRID": str(self.srid),
            "KRONG_DB_NAME": self.database,
            "KRONG_VAR": str(self.var),
        }

    def run(self, *arguments, timeout=600):
        """Run ``./krong`` and return the finished process, whatever its exit code."""
        return subprocess.run(
            [str(ROOT / "krong"), *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def krong(self, *arguments, timeout=600):
        """Run ``./krong`` and return what it printed; fail the test unless it succeeded."""
        done = self.run(*arguments, timeout=timeout)
        if done.returncode:
            raise KrongFailedError(f"./krong {' '.join(map(str, arguments))}:\n{done.stderr[-3000:]}")
        return done.stdout

    def json(self, *arguments, timeout=600):
        """Run ``./krong … --json`` and return the object it printed."""
        return json.loads(self.krong(*arguments, "--json", timeout=timeout).splitlines()[-1])

    @contextmanager
    def served(self):
        """Serve the pages on a free port of this machine; yield the address."""
        address = f"127.0.0.1:{_free_port()}"
        log = (self.var / "serve.log").open("wb")
        server = subprocess.Popen(
            [str(ROOT / "krong"), "serve", "--address", address],
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(f"http://{address}/map/", server)
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait(30)
            log.close()

    def drop(self):
        """Remove the city's database."""
        code = (
            "import os, psycopg2; from config.cluster import database_settings as d; s = d();"
            "c = psycopg2.connect(host=s['HOST'], port=s['PORT'] or None, user=s['USER'],"
            " password=s['PASSWORD'], dbname='postgres'); c.autocommit = True;"
            f"c.cursor().execute('DROP DATABASE IF EXISTS \"{self.database}\" WITH (FORCE)')"
        )
        subprocess.run(
            [sys.executable, "-c", code], env=self.environment, cwd=ROOT, check=True, timeout=60
        )


@contextmanager
def new_city(srid, name, var):
    """A fresh migrated city that leaves nothing behind."""
    city = City(srid=srid, database=f"{name}_{os.getpid()}", var=var)
    city.drop()
    try:
        city.krong("migrate", "--verbosity", "0")
        city.krong("load_classes")
        yield city
    finally:
        city.drop()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(url, server):
    deadline = time.monotonic() + SERVER_STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise KrongFailedError(f"the server ended with code {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    raise KrongFailedError(f"no answer from {url}")

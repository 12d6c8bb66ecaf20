"""A whole deployment for one test: its own CRS, database and files, driven as a user drives it.

Settings fix the CRS for a process, so a city in another CRS is another process: everything here
goes through ``./krong`` and the pages, never through Python imports.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql

from config import cluster
from tests.other_process import on_database

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
MISSING_DATA = "the shared real data is not beside this checkout"
SERVER_STARTS_WITHIN_S = 180.0  # the first page imports everything, on a busy machine slowly


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
        return on_database(self.database, KRONG_SRID=str(self.srid), KRONG_VAR=str(self.var))

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
            raise KrongFailedError(
                f"./krong {' '.join(map(str, arguments))}:\n{done.stderr[-3000:]}"
            )
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
            _wait_for(f"http://{address}/map/", server, Path(log.name))
            yield f"http://{address}"
        finally:
            server.terminate()
            server.wait(30)
            log.close()

    def rows(self, query):
        """Return what an SQL query finds in the city's database."""
        return self.on_server(query, self.database)

    def drop(self):
        """Remove the city's database."""
        name = sql.Identifier(self.database)
        self.on_server(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def leave(self):
        """End the sessions that servers of this city left behind."""
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        self.on_server(ends, parameters=(self.database,))

    def create(self):
        """Make the city's database on the server of ``DATABASE_URL``; Krong makes its own."""
        if not cluster.is_embedded():
            name = sql.Identifier(self.database)
            self.on_server(sql.SQL("CREATE DATABASE {}").format(name))

    def on_server(self, statement, database="postgres", parameters=None):
        """Run one SQL statement on a database of the server; return its rows, if any."""
        cluster.ensure_running()
        server = cluster.database_settings()
        session = psycopg2.connect(
            host=server["HOST"] or None,
            port=server["PORT"] or None,
            user=server["USER"] or None,
            password=server["PASSWORD"] or None,
            dbname=database,
        )
        session.autocommit = True
        try:
            with session.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            session.close()


@contextmanager
def new_city(srid, name, var):
    """A fresh migrated city that leaves nothing behind."""
    city = City(srid=srid, database=f"{name}_{os.getpid()}", var=var)
    var.mkdir(parents=True, exist_ok=True)
    city.drop()
    try:
        city.create()
        city.krong("migrate", "--verbosity", "0")
        city.krong("load_classes")
        yield city
    finally:
        city.drop()


@contextmanager
def copied_city(original, name):
    """A copy of a city nobody is at work in: what is changed in it leaves the original as it was.

    The files are shared; only the database is copied.
    """
    city = City(srid=original.srid, database=f"{name}_{os.getpid()}", var=original.var)
    city.drop()
    original.leave()
    copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    city.on_server(copy.format(sql.Identifier(city.database), sql.Identifier(original.database)))
    try:
        yield city
    finally:
        city.drop()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(url, server, log):
    deadline = time.monotonic() + SERVER_STARTS_WITHIN_S
    answer = None
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise KrongFailedError(
                f"the server ended with code {server.returncode}:\n{log.read_text()[-3000:]}"
            )
        try:
            with urllib.request.urlopen(url, timeout=60):
                return
        except OSError as refusal:  # refused, reset or slow: not there yet
            answer = refusal
            time.sleep(0.2)
    raise KrongFailedError(f"no page from {url}, last {answer}:\n{log.read_text()[-3000:]}")

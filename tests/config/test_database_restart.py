"""The database goes and comes back under a Krong that is served: it says so, waits and goes on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2
import pytest
from django.db import InterfaceError, OperationalError

from config import outage
from config.cluster import server
from tests.config.conftest import place_in
from tests.config.test_serving import ROOT, free_port, wait_until

PATIENCE_S = 90  # on a busy machine every process needs seconds to begin
# Asks for a run that does not exist: the task fails, which only a living worker can tell.
QUEUE_A_JOB = """
import django
django.setup()
from scenarios.tasks import carry_out_run
print(carry_out_run.enqueue(0).id)
"""


class Deployment:
    """A Krong with a cluster, files and an address of its own."""

    def __init__(self, folder):
        self.place = place_in(folder / "pg")
        self.port = free_port()
        self.log = folder.with_suffix(".log")
        self.environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | {
            "KRONG_PG_HOME": str(folder / "pg"),
            "KRONG_VAR": str(folder / "var"),
            "KRONG_DB_NAME": "krong",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(ROOT),
        }

    def krong(self, *words):
        return subprocess.run(
            [ROOT / "krong", *words], env=self.environment, capture_output=True, text=True,
            check=False, timeout=PATIENCE_S,
        )  # fmt: skip

    def serve(self):
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [ROOT / "krong", "serve", "--address", f"127.0.0.1:{self.port}"],
                env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip

    def page(self, path, accept="text/html"):
        """Return status, headers and body, whatever the status; 0 when nobody answers."""
        address = f"http://127.0.0.1:{self.port}{path}"
        asked = urllib.request.Request(address, headers={"Accept": accept})
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read().decode()
        except OSError:
            return 0, {}, ""

    def status(self, path="/layers/"):
        return self.page(path)[0]

    def queue_a_job(self):
        done = subprocess.run(
            [sys.executable, "-c", QUEUE_A_JOB], env=self.environment, capture_output=True,
            text=True, check=True, timeout=PATIENCE_S,
        )  # fmt: skip
        return done.stdout.strip()

    def is_done(self, job):
        session = server.connect(self.place, "krong")
        try:
            with session.cursor() as cursor:
                cursor.execute(
                    "SELECT status FROM django_tasks_database_dbtaskresult WHERE id = %s", [job]
                )
                return cursor.fetchone()[0] in {"FAILED", "SUCCESSFUL"}
        finally:
            session.close()

    def kill_database(self):
        os.kill(server.postmaster(self.place), signal.SIGKILL)
        assert wait_until(lambda: not server.accepts(self.place))


@pytest.fixture(scope="module")
def served(reachable_folder):
    deployment = Deployment(reachable_folder / "served")
    made = deployment.krong("migrate", "--verbosity", "0")
    assert made.returncode == 0, made.stderr
    deployment.process = deployment.serve()
    try:
        assert wait_until(lambda: deployment.status() == 200, PATIENCE_S), (
            deployment.log.read_text()
        )
        yield deployment
    finally:
        deployment.process.terminate()
        deployment.process.wait(timeout=PATIENCE_S)
        with server.alone(deployment.place):
            server.stop(deployment.place)


@pytest.mark.parametrize("how", ["killed with -9", "stopped by force"])
def test_while_the_database_is_away_pages_say_so_and_afterwards_all_goes_on(served, how):
    before = served.log.read_text().count("The database is away")
    if how == "killed with -9":
        served.kill_database()
    else:
        assert served.krong("db", "stop", "--force").returncode == 0

    for path in ("/layers/", "/findings/", "/scenarios/", "/reservations/"):
        assert served.status(path) == 503, path
    _status, headers, english = served.page("/layers/?lang=en")
    assert "The database cannot be reached just now." in english
    assert "Traceback" not in english
    assert int(headers["Retry-After"]) > 0
    assert "មិនអាចភ្ជាប់ទៅមូលដ្ឋានទិន្នន័យបានទេ" in served.page("/layers/")[2]
    told = json.loads(served.page("/findings.geojson?lang=en")[2])["error"]
    assert told["what"] == "The database cannot be reached just now."
    assert wait_until(lambda: served.log.read_text().count("The database is away") > before)
    assert served.process.poll() is None

    assert served.krong("db", "start").returncode == 0

    assert wait_until(lambda: served.status() == 200, PATIENCE_S)
    job = served.queue_a_job()
    assert wait_until(lambda: served.is_done(job), PATIENCE_S), served.log.read_text()
    assert served.process.poll() is None
    assert "'./krong db start' starts it." in served.log.read_text()
    assert "The database is back." in served.log.read_text()


def test_a_database_that_is_served_is_not_stopped_by_mistake(served):
    time.sleep(1.5)  # the worker looks for jobs every second: its session must be a lasting one
    refused = served.krong("db", "stop", "--json")

    assert refused.returncode == 2
    error = json.loads(refused.stdout)["error"]
    assert "The database is in use by " in error["what"]
    assert re.search(r"krong worker \(process \d+\) \(krong\)", error["what"])
    assert "'./krong db stop --force'" in error["remedy"]
    assert served.status() == 200


def test_a_program_of_another_maker_is_named_too(cluster):
    other = psycopg2.connect(
        host=str(cluster.socket_dir), port=5432, user=server.OWNER, dbname="postgres",
        application_name="QGIS",
    )  # fmt: skip
    try:
        with pytest.raises(server.InUseError, match=r"in use by QGIS \(postgres\)\. It was not"):
            server.refuse_while_used(cluster)
    finally:
        other.close()
    server.refuse_while_used(cluster)  # who has just left is waited for


def caused(error, state):
    """Return a Django error as the driver causes it, with its SQLSTATE."""

    class Said(psycopg2.OperationalError):
        pgcode = state

    error.__cause__ = Said("said by the server")
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (caused(OperationalError("no server at the socket"), None), True),
        (caused(OperationalError("terminating connection: shutdown"), "57P01"), True),
        (caused(OperationalError("the database system is starting up"), "57P03"), True),
        (caused(InterfaceError("connection already closed"), None), True),
        (caused(OperationalError("canceling statement: statement timeout"), "57014"), False),
        (caused(OperationalError("deadlock detected"), "40P01"), False),
        (caused(OperationalError("could not extend file: disk full"), "53100"), False),
        (ValueError("no database involved"), False),
    ],
)
def test_only_a_database_that_cannot_be_reached_is_away(error, away):
    """SQLSTATEs: PostgreSQL manual, appendix A. A full disk must not pass for a short break."""
    assert outage.is_away(error) is away


def test_a_fault_before_any_view_is_a_503_too(client, monkeypatch):
    def away(_request):
        raise caused(OperationalError("no server"), None)

    client.raise_request_exception = False
    monkeypatch.setattr("config.language.translation.override", lambda _code: away(None))
    answer = client.get("/map/")

    assert answer.status_code == 503
    assert Path(answer.templates[0].name).name == "503.html"

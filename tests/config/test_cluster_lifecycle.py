"""The embedded database starts, stops and comes back, whatever happened to it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2
import pytest

from config.cluster import server
from config.cluster.errors import (
    DiskFullError,
    FullError,
    NotYoursError,
    OtherVersionError,
    StartError,
    UnreachablePlaceError,
)
from config.cluster.place import Account, Place
from tests.config.conftest import place_in

ROOT = Path(__file__).resolve().parents[2]
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="root hands over; others need not")


COLLATION = """
    SELECT datcollate || ' ' || datctype || ' ' || pg_encoding_to_char(encoding)
    FROM pg_database WHERE datname = '{}'
"""
ORDERED = """
    SELECT array_agg(word ORDER BY word)
    FROM unnest(ARRAY['ខ្មែរ', 'a', '\U0001f3e0', 'é', 'B9', 'ក', 'B10']) AS word
"""


def start(place):
    with server.alone(place):
        server.start(place, say=lambda _message: None)


def ask(place, question, name="postgres"):
    session = server.connect(place, name)
    try:
        with session.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchone()[0]
    finally:
        session.close()


def keep_a_number(place):
    session = server.connect(place, "postgres")
    with session, session.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        cursor.execute("INSERT INTO kept VALUES (42)")
    session.close()


def kill_the_postmaster(place):
    os.kill(server.postmaster(place), signal.SIGKILL)


def test_it_listens_on_its_socket_and_on_no_tcp_port(cluster):
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert (cluster.socket_dir / ".s.PGSQL.5432").is_socket()


def test_only_its_account_may_enter_the_folder_of_the_socket(cluster):
    found = cluster.socket_dir.stat()

    assert found.st_mode & 0o777 == 0o700
    assert found.st_uid == cluster.account.uid


def test_it_checks_for_dead_clients_compiles_nothing_and_keeps_what_it_confirmed(cluster):
    assert ask(cluster, "SHOW client_connection_check_interval") == "1s"
    assert ask(cluster, "SHOW jit") == "off"
    assert ask(cluster, "SHOW fsync") == "on"
    assert ask(cluster, "SHOW max_connections") == "100"
    assert ask(cluster, "SHOW data_checksums") == "on"


def test_khmer_letters_count_as_letters_so_that_names_can_be_searched(cluster):
    assert ask(cluster, "SELECT 'ក' ~ '[[:alpha:]]'") is True


def test_texts_are_put_in_order_byte_by_byte_in_every_database_it_makes(cluster):
    server.ensure_database(cluster, "village")

    for name in ("postgres", "village"):
        assert ask(cluster, COLLATION.format(name)) == "C C.UTF-8 UTF8"
        assert ask(cluster, ORDERED, name) == ["B10", "B9", "a", "é", "ក", "ខ្មែរ", "\U0001f3e0"]
        assert ask(cluster, "SELECT lower('ÀB') || upper('é')", name) == "àbÉ"


@only_root
def test_under_root_it_runs_as_an_ordinary_account(cluster):
    pid = server.postmaster(cluster)

    assert cluster.account.uid != 0
    assert Path(f"/proc/{pid}").stat().st_uid == cluster.account.uid


def test_after_a_stop_it_starts_with_what_was_stored(cluster):
    keep_a_number(cluster)
    with server.alone(cluster):
        assert server.stop(cluster) is True
    assert not server.accepts(cluster)

    start(cluster)

    assert ask(cluster, "SELECT max(number) FROM kept") == 42


def test_stopping_a_stopped_server_says_so_and_does_no_harm(cluster):
    with server.alone(cluster):
        server.stop(cluster)
        assert server.stop(cluster) is False


def test_a_pid_file_left_by_a_dead_server_does_not_stop_the_next_start(cluster):
    with server.alone(cluster):
        server.stop(cluster)
    (cluster.data / "postmaster.pid").write_text("999999999\n")

    start(cluster)

    assert server.accepts(cluster)


def test_a_pid_file_whose_number_went_to_another_program_does_not_stop_the_next_start(cluster):
    with server.alone(cluster):
        server.stop(cluster)
    drop = {} if cluster.account.is_me() else {"user": cluster.account.uid}
    other = subprocess.Popen(["sleep", "60"], cwd="/", **drop)
    try:
        (cluster.data / "postmaster.pid").write_text(f"{other.pid}\n{cluster.data}\n0\n5432\n")
        start(cluster)
        assert server.accepts(cluster)
        assert other.poll() is None  # the other program was not touched
    finally:
        other.kill()
        other.wait()


def test_without_a_session_left_it_says_so_at_once_and_is_not_taken_for_stopped(cluster):
    allowed = ask(cluster, "SELECT current_setting('max_connections')::int")
    with contextlib.ExitStack() as sessions:
        for _number in range(allowed):
            sessions.enter_context(contextlib.closing(server.connect(cluster, "postgres")))

        with pytest.raises(FullError, match="no session left"):
            server.accepts(cluster)
        with pytest.raises(FullError):
            start(cluster)
        with pytest.raises(FullError):
            server.refuse_while_used(cluster)  # not "nobody is connected"

    assert server.accepts(cluster)


def test_after_kill_9_the_next_start_recovers_what_was_confirmed(cluster):
    keep_a_number(cluster)
    kill_the_postmaster(cluster)

    start(cluster)

    assert ask(cluster, "SELECT max(number) FROM kept") == 42


def test_a_query_that_outlived_a_killed_server_is_ended_by_the_next_start(cluster):
    session = server.connect(cluster, "postgres")
    backend = session.info.backend_pid

    def count_for_minutes():
        with contextlib.suppress(psycopg2.Error), session.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM generate_series(1, 3000000000::bigint)")

    counting = threading.Thread(target=count_for_minutes, daemon=True)
    counting.start()
    time.sleep(0.3)
    kill_the_postmaster(cluster)

    start(cluster)

    counting.join(timeout=10)
    assert not counting.is_alive()
    assert backend not in server._processes(cluster)
    assert server.accepts(cluster)


def test_a_database_is_made_with_postgis_and_text_search_or_not_at_all(cluster):
    server.ensure_database(cluster, "city")

    assert ask(cluster, "SELECT ST_Area('POLYGON((0 0,0 2,2 2,2 0,0 0))')", "city") == 4.0
    assert ask(cluster, "SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'", "city") == 1
    assert ask(cluster, "SELECT count(*) FROM pg_database WHERE datname LIKE '%(being made)'") == 0


def test_a_half_made_database_is_thrown_away_and_made_again(cluster):
    session = server.connect(cluster, "postgres")
    session.autocommit = True
    with session.cursor() as cursor:
        cursor.execute('CREATE DATABASE "village (being made)"')
    session.close()

    server.ensure_database(cluster, "village")

    assert ask(cluster, "SELECT postgis_lib_version() <> ''", "village") is True


def test_two_krongs_at_once_make_one_server(reachable_folder):
    home = reachable_folder / "both"
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment |= {"KRONG_PG_HOME": str(home), "PYTHONPATH": str(ROOT)}
    program = "from config import cluster; cluster.ensure_running()"
    both = [
        subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=60)[1] for process in both]
    place = place_in(home)
    try:
        assert [process.returncode for process in both] == [0, 0], said
        assert place.log.read_text().count("ready to accept connections") == 1
    finally:
        with server.alone(place):
            server.stop(place)


def test_a_path_too_long_for_a_socket_gets_a_short_one_elsewhere(reachable_folder):
    place = place_in(reachable_folder / ("ក" * 40) / "pg")  # 40 letters of 3 bytes each

    socket = place.socket_dir / ".s.PGSQL.5432"

    assert len(os.fsencode(place.home)) > 107
    assert len(os.fsencode(socket)) <= 107
    start(place)
    try:
        assert ask(place, "SELECT 1") == 1
    finally:
        with server.alone(place):
            server.stop(place)
        (place.socket_dir).rmdir()


def test_a_short_socket_folder_that_somebody_else_made_first_is_refused(cluster, monkeypatch):
    stranger = Account("stranger", cluster.account.uid + 1, cluster.account.gid)

    with pytest.raises(NotYoursError, match="belongs to the account"):
        server.make_folder(cluster.socket_dir, stranger)


def test_data_of_a_postgres_that_is_not_installed_is_left_alone(reachable_folder):
    place = place_in(reachable_folder / "old")
    with server.alone(place):
        place.data.mkdir()
        (place.data / "PG_VERSION").write_text("9.6\n")

        with pytest.raises(OtherVersionError, match=r"made by PostgreSQL 9; this machine has \d+"):
            server.start(place, say=lambda _message: None)

    assert [path.name for path in place.data.iterdir()] == ["PG_VERSION"]


def test_without_room_on_the_disk_nothing_is_made(reachable_folder, monkeypatch):
    monkeypatch.setattr(server, "ROOM_TO_MAKE_MB", 10**9)  # 1000 TB
    place = place_in(reachable_folder / "full")

    with server.alone(place), pytest.raises(DiskFullError, match="needs 1000000000 MB"):
        server.start(place, say=lambda _message: None)

    assert list(place.home.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "error", "sentence"),
    [
        ("PANIC:  could not write: No space left on device", DiskFullError, "The disk that holds"),
        ("FATAL:  bad setting", StartError, "did not start: bad setting."),
        ("initdb: error: no such locale", StartError, "did not start: error: no such locale."),
        ("", StartError, "did not start: no reason given."),
    ],
)
def test_what_postgres_says_becomes_one_sentence(tmp_path, said, error, sentence):
    explained = server._explain(Place(tmp_path, Account("me", 1, 1)), said)

    assert isinstance(explained, error)
    assert sentence in str(explained)


def test_a_setting_that_postgres_refuses_is_named_in_the_error(cluster):
    with server.alone(cluster):
        server.stop(cluster)
    settings = cluster.data / "postgresql.conf"
    before = settings.read_text()
    settings.write_text(before + "\nwork_mem = 'a lot'\n")
    try:
        with server.alone(cluster), pytest.raises(StartError, match="did not start"):
            server.start(cluster, say=lambda _message: None)
        assert "work_mem" in cluster.log.read_text()
    finally:
        settings.write_text(before)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    place = Place(tmp_path / "file" / "pg", Account("me", os.geteuid(), os.getegid()))

    with pytest.raises(UnreachablePlaceError, match="file/pg"), server.alone(place):
        pass

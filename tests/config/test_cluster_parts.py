"""The parts of the embedded database: its programs, its tuning, and the URL that replaces it."""

import pytest

from config.cluster.binaries import Binaries, for_data_of, for_new_data, installed
from config.cluster.errors import NoPostgresError, OtherVersionError
from config.cluster.tuning import _shared_memory_kind, configuration
from config.cluster.url import DatabaseUrlError, parse_database_url


@pytest.fixture
def pretend_postgres(tmp_path, monkeypatch):
    """Return a function that puts a program folder for a version where Krong looks."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin" if not _has_pg("/usr/bin") else str(tmp_path))

    def put(version, *, postgis=True):
        folder = tmp_path / f"pg-{version}" / "bin"
        share = folder.parent / "share"
        (share / "extension").mkdir(parents=True)
        folder.mkdir()
        if postgis:
            (share / "extension" / "postgis.control").touch()
        words = {"postgres": f"postgres (PostgreSQL) {version}", "pg_config": str(share)}
        for name in ("initdb", "pg_ctl", "postgres", "pg_config"):
            (folder / name).write_text(f"#!/bin/sh\necho '{words.get(name, '')}'\n")
            (folder / name).chmod(0o755)

    put.found = lambda: installed(((str(tmp_path), "pg-*/bin"),))
    return put


def _has_pg(folder):
    from pathlib import Path

    return (Path(folder) / "pg_ctl").exists()


def test_the_newest_postgres_with_postgis_makes_new_databases(pretend_postgres):
    pretend_postgres("15.6")
    pretend_postgres("16.2")
    pretend_postgres("17.0", postgis=False)

    assert for_new_data(pretend_postgres.found()).major == 16


def test_a_postgres_older_than_15_is_not_used(pretend_postgres):
    pretend_postgres("14.11")

    assert pretend_postgres.found() == []


def test_without_postgres_the_error_gives_the_line_that_installs_it():
    with pytest.raises(
        NoPostgresError, match="apt-get install --yes postgresql postgresql-postgis"
    ):
        for_new_data([])


def test_without_postgis_the_error_says_which_postgres_lacks_it(pretend_postgres):
    pretend_postgres("16.2", postgis=False)

    with pytest.raises(NoPostgresError, match="PostgreSQL 16 is here without PostGIS"):
        for_new_data(pretend_postgres.found())


def test_data_is_opened_by_the_version_that_made_it_not_by_the_newest(pretend_postgres, tmp_path):
    pretend_postgres("15.6")
    pretend_postgres("17.0")
    (tmp_path / "PG_VERSION").write_text("15\n")

    assert for_data_of(tmp_path, pretend_postgres.found()).major == 15


def test_data_of_a_newer_postgres_says_what_to_install(tmp_path):
    (tmp_path / "PG_VERSION").write_text("18\n")

    with pytest.raises(OtherVersionError, match="Install 'postgresql-18 postgresql-18-postgis-3'"):
        for_data_of(tmp_path, [Binaries(17, tmp_path)])


def test_a_small_machine_gives_an_eighth_of_its_memory_to_the_shared_buffers(tmp_path):
    assert "shared_buffers = '128MB'" in configuration(tmp_path, "krong-x", memory_mb=1024)
    assert "shared_buffers = '256MB'" in configuration(tmp_path, "krong-x", memory_mb=16_384)


def test_parallel_queries_do_without_a_shared_memory_folder_that_is_closed_or_absent(tmp_path):
    tmp_path.chmod(0o755)

    assert _shared_memory_kind(tmp_path) == "mmap"
    assert _shared_memory_kind(tmp_path / "absent") == "mmap"


def test_a_quote_or_comma_in_a_path_stays_part_of_the_path(tmp_path):
    text = configuration(tmp_path / "Mayor's, folder", "krong-x", memory_mb=1024)

    assert f"""unix_socket_directories = '"{tmp_path}/Mayor''s, folder"'""" in text


def test_a_database_url_may_hold_percent_encoded_signs_and_options():
    found = parse_database_url("postgres://an%40na:p%2Fw@db:5433/land%20use?sslmode=require")

    assert found == {
        "NAME": "land use",
        "USER": "an@na",
        "PASSWORD": "p/w",
        "HOST": "db",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_url_may_name_a_socket():
    found = parse_database_url("postgresql:///krong?host=/run/postgresql")

    assert (found["HOST"], found["NAME"], found["OPTIONS"]) == ("/run/postgresql", "krong", {})


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://a:hidden@db/x", "starts with 'mysql://'"),
        ("postgis://a:hidden@db", "does not name a database"),
        ("postgis://a:hidden@db:port/x", "cannot be read"),
    ],
)
def test_a_bad_database_url_is_explained_without_repeating_the_password(url, sentence):
    with pytest.raises(DatabaseUrlError, match=sentence) as caught:
        parse_database_url(url)

    assert "hidden" not in str(caught.value)

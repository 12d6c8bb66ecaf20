"""Where the database lies depends on who runs Krong and what that account can reach."""

import os
import pwd
import tempfile
from pathlib import Path

import pytest

from config import cluster
from config.cluster import place as places
from config.cluster.errors import UnknownAccountError
from config.cluster.place import Account, find_place, make_folder, may_enter

NOBODY = Account("nobody", pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands over to another account")


@pytest.fixture(autouse=True)
def _no_choices(monkeypatch, reachable_folder):
    for name in ("DATABASE_URL", "KRONG_PG_HOME", "KRONG_PG_USER", "KRONG_VAR", "KRONG_DB_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(places, "SYSTEM_HOME", reachable_folder / "system")


@pytest.fixture
def repository(reachable_folder):
    folder = Path(tempfile.mkdtemp(dir=reachable_folder))
    folder.chmod(0o755)
    return folder


def test_an_open_folder_may_be_entered_and_a_closed_one_not(repository):
    inner = repository / "closed" / "inner"
    inner.mkdir(parents=True)
    assert may_enter(inner, NOBODY)

    (repository / "closed").chmod(0o700)

    assert not may_enter(inner, NOBODY)


def test_a_reachable_repository_keeps_its_database_inside(repository):
    assert find_place(repository).home == repository / "var" / "pg"


@only_root
def test_a_repository_root_keeps_to_itself_has_its_database_outside(repository, reachable_folder):
    repository.chmod(0o700)

    place = find_place(repository)

    assert place.home.parent == reachable_folder / "system"
    assert place.account.uid != 0
    assert find_place(repository) == place  # the same for every process


@only_root
def test_a_database_made_outside_stays_there_when_the_repository_is_opened(repository):
    repository.chmod(0o700)
    place = find_place(repository)
    place.data.mkdir(parents=True)
    (place.data / "PG_VERSION").write_text("15\n")

    repository.chmod(0o755)

    assert find_place(repository).home == place.home


@only_root
def test_root_hands_over_to_whoever_owns_the_repository(repository):
    os.chown(repository, NOBODY.uid, NOBODY.gid)

    assert find_place(repository).account == NOBODY


@only_root
def test_root_hands_over_to_whoever_owns_the_data_even_if_another_is_named(repository, monkeypatch):
    data = repository / "var" / "pg" / "data"
    data.mkdir(parents=True)
    os.chown(data, NOBODY.uid, NOBODY.gid)
    monkeypatch.setenv("KRONG_PG_USER", "daemon")

    assert find_place(repository).account == NOBODY


@only_root
@pytest.mark.parametrize("name", ["root", "no-such-account"])
def test_root_refuses_an_account_postgres_cannot_run_under(repository, monkeypatch, name):
    monkeypatch.setenv("KRONG_PG_USER", name)

    with pytest.raises(UnknownAccountError, match=f"no account '{name}'"):
        find_place(repository)


@only_root
def test_folders_made_on_the_way_can_be_passed_whatever_the_umask(repository):
    before = os.umask(0o077)
    try:
        make_folder(repository / "var" / "pg", NOBODY)
    finally:
        os.umask(before)

    assert may_enter(repository / "var" / "pg", NOBODY)
    assert (repository / "var" / "pg").stat().st_mode & 0o777 == 0o700


def test_settings_name_the_socket_without_making_or_starting_anything(repository, monkeypatch):
    monkeypatch.setenv("KRONG_PG_HOME", str(repository / "pg"))
    monkeypatch.setenv("KRONG_TEST_DB", "test_somebody")

    settings = cluster.database_settings()

    assert settings["ENGINE"] == "django.contrib.gis.db.backends.postgis"
    assert settings["HOST"] == str(repository / "pg" / "socket")
    assert settings["NAME"] == "krong"
    assert settings["TEST"] == {"NAME": "test_somebody"}
    assert not (repository / "pg").exists()


def test_a_database_url_replaces_everything_and_starts_nothing(repository, monkeypatch):
    monkeypatch.setenv("KRONG_PG_HOME", str(repository / "pg"))
    monkeypatch.setenv("DATABASE_URL", "postgis://planner:secret@db.city.example:6543/land")

    cluster.ensure_running()

    settings = cluster.database_settings()
    assert (settings["HOST"], settings["PORT"], settings["NAME"]) == (
        "db.city.example",
        "6543",
        "land",
    )
    assert not (repository / "pg").exists()


def test_the_address_can_be_given_to_any_postgres_client(repository, monkeypatch):
    monkeypatch.setenv("KRONG_PG_HOME", str(repository / "pg"))
    monkeypatch.setenv("KRONG_DB_NAME", "second city")

    url = cluster.database_url()

    assert url.startswith("postgresql://krong@/second%20city?host=%2F")
    assert url.endswith("&port=5432")

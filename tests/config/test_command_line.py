"""``./krong`` and ``make``: what they list, how they refuse, where they can be called from."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.cluster import server
from tests.config.conftest import place_in

ROOT = Path(__file__).resolve().parents[2]


def krong(*arguments, program=ROOT / "krong", cwd=ROOT, **choices):
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | choices
    return subprocess.run(
        [program, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def unmade(reachable_folder):
    return reachable_folder / "never-made"


def test_alone_it_lists_its_commands_and_starts_no_database(unmade):
    done = krong(KRONG_PG_HOME=str(unmade))

    assert done.returncode == 0
    assert re.search(r"^  db +Start, stop or look at the embedded database", done.stdout, re.M)
    assert re.search(r"^  layers +\S", done.stdout, re.M)
    assert not unmade.exists()


def test_help_for_one_command_starts_no_database(unmade):
    done = krong("migrate", "--help", KRONG_PG_HOME=str(unmade))

    assert done.returncode == 0
    assert "usage: krong migrate" in done.stdout
    assert not unmade.exists()


def test_an_unknown_command_is_refused_with_the_nearest_one_and_code_2(unmade):
    done = krong("migrat", KRONG_PG_HOME=str(unmade))

    assert done.returncode == 2
    assert done.stderr == (
        "Krong has no command 'migrat'. Did you mean 'migrate'? './krong' lists them all.\n"
    )
    assert not unmade.exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--json", "migrat"], "Krong has no command 'migrat'."),
        (["migrat", "--json"], "Krong has no command 'migrat'."),
        (["--json", "db", "begin"], "'db' was not understood: argument action: invalid choice:"),
        (["db", "--json"], "'db' was not understood: the following arguments are required:"),
        (["--json", "layers", "--colour"], "'layers' was not understood: unrecognized arguments"),
    ],
)
def test_a_machine_reads_every_refusal_as_an_object_with_code_2(cluster, words, what):
    done = krong(*words, KRONG_PG_HOME=str(cluster.home))

    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["what"].startswith(what)
    assert what in done.stderr
    assert "Traceback" not in done.stderr


def test_json_alone_lists_the_commands_for_machines(unmade):
    done = krong("--json", KRONG_PG_HOME=str(unmade))

    assert "Serve the pages" in json.loads(done.stdout)["commands"]["serve"]
    assert not unmade.exists()


def test_before_set_up_it_says_what_to_run(tmp_path):
    shutil.copy(ROOT / "krong", tmp_path)

    done = krong(program=tmp_path / "krong")

    assert done.returncode == 2
    assert done.stderr == (f"Krong is not set up yet. Run 'make setup' in {tmp_path} first.\n")


def test_it_works_through_a_link_from_a_folder_that_has_a_config_of_its_own(tmp_path, unmade):
    (tmp_path / "link").symlink_to(ROOT / "krong")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "__init__.py").write_text("raise SystemExit('the wrong config')\n")

    done = krong("db", "url", program=tmp_path / "link", cwd=tmp_path, KRONG_PG_HOME=str(unmade))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("postgresql://krong@/")


def test_db_status_of_a_database_that_was_never_made_is_code_1(unmade):
    done = krong("db", "status", KRONG_PG_HOME=str(unmade))

    assert done.returncode == 1
    assert done.stdout == f"The embedded database in {unmade} is not made yet.\n"


def test_db_stop_makes_nothing(unmade):
    assert krong("db", "stop", KRONG_PG_HOME=str(unmade)).returncode == 0
    assert not unmade.exists()


def test_db_start_status_and_stop_tell_machines_what_they_did(reachable_folder):
    home = reachable_folder / "told"
    try:
        started = krong("db", "start", "--json", KRONG_PG_HOME=str(home))
        assert started.returncode == 0, started.stderr
        assert json.loads(started.stdout)["running"] is True
        assert json.loads(started.stdout)["home"] == str(home)
    finally:
        stopped = krong("db", "stop", "--json", KRONG_PG_HOME=str(home))
    assert json.loads(stopped.stdout)["running"] is False
    assert server.postmaster(place_in(home)) is None


def test_a_bad_database_url_is_a_sentence_and_code_2():
    done = krong("migrate", DATABASE_URL="sqlite:///x")

    assert done.returncode == 2
    assert done.stderr.startswith("DATABASE_URL starts with 'sqlite://', which is no PostGIS")
    assert "Traceback" not in done.stderr


def test_make_alone_lists_every_target():
    done = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    listed = re.findall(r"^  make (\S+) +\S", done.stdout, re.M)

    assert sorted(listed) == sorted(set(phony) - {"help"})
    assert {"demo", "test", "check", "bench", "serve", "setup", "clean"} <= set(listed)


def test_ci_runs_the_checks_before_the_tests_and_the_tests_last():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()

    assert "set -euo pipefail" in lines
    assert lines.index("step check") < lines.index("exec make --no-print-directory test")
    assert lines[-1].startswith("exec ")

"""Serving: pages and worker start together, end together, and leave nobody behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import serving
from config.serving import check_address, keep_together, web_command, worker_command
from layers.errors import UserFacingError
from tests.other_process import on_test_database

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]

# Keeps two programs together as `serve` does and writes down their numbers.
KEEPER = """
import os, subprocess, sys
started = []
class Noted(subprocess.Popen):
    def __init__(self, *arguments, **choices):
        super().__init__(*arguments, **choices)
        started.append(self.pid)
        if len(started) == 2:
            print(*started, flush=True)
from config import serving
serving.subprocess.Popen = Noted
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
sys.exit(serving.keep_together([sleeper, sleeper], os.environ))
"""


def is_alive(number):
    """Tell whether a process runs; one that ended and was not collected does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(is_so, within_s=20):
    deadline = time.monotonic() + within_s
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


def free_port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@pytest.fixture(autouse=True)
def _own_signals_stay():
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def keeper():
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPER], env=environment, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def tables(db, tmp_path):
    """The environment of a Krong whose database has its tables: the one of this test run."""
    return on_test_database(KRONG_VAR=str(tmp_path))


class TestTogether:
    @pytest.mark.parametrize("wish", [signal.SIGTERM, signal.SIGINT])
    def test_one_signal_ends_both_programs_and_is_no_failure(self, keeper, wish):
        children = [int(number) for number in keeper.stdout.readline().split()]
        assert len(children) == 2
        assert all(map(is_alive, children))

        keeper.send_signal(wish)

        assert keeper.wait(timeout=20) == 0
        assert not any(map(is_alive, children))

    def test_when_one_program_dies_the_other_is_not_left_alone(self, keeper):
        first, second = (int(number) for number in keeper.stdout.readline().split())
        os.kill(second, signal.SIGKILL)

        assert keeper.wait(timeout=20) != 0
        assert not is_alive(first)

    @pytest.mark.parametrize(("own", "told"), [(3, 3), (0, 1)])
    def test_a_server_that_ends_by_itself_is_a_failure_with_its_own_code(self, own, told):
        """Even an end without an error: nobody asked it to stop serving."""
        ends = [sys.executable, "-c", f"import sys; sys.exit({own})"]
        assert keep_together([ends, SLEEPER], os.environ) == told

    def test_a_program_that_cannot_start_leaves_no_other_running(self, monkeypatch):
        started = []
        real = subprocess.Popen

        def noted(command, **choices):
            started.append(real(command, **choices))
            return started[-1]

        monkeypatch.setattr(serving.subprocess, "Popen", noted)
        monkeypatch.setattr(serving, "_stop", lambda running: [p.kill() for p in started])
        with pytest.raises(FileNotFoundError):
            keep_together([SLEEPER, ["/nowhere/at/all"]], os.environ)
        assert started[0].wait(timeout=10) == -signal.SIGKILL

    def test_a_program_deaf_to_the_first_wish_is_asked_again_and_then_killed(self, monkeypatch):
        monkeypatch.setattr(serving, "STOP_WITHIN_S", 0.5)
        deaf = (
            "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: None);"
            "print('ready', flush=True); time.sleep(60)"
        )
        process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
        assert process.stdout.readline()
        began = time.monotonic()

        serving._stop([process])

        assert process.wait(timeout=5) == -signal.SIGKILL
        assert 1.0 <= time.monotonic() - began < 5  # twice half a second of patience
        process.stdout.close()

    def test_a_job_that_gives_up_at_the_second_wish_may_say_so_itself(self, monkeypatch, tmp_path):
        monkeypatch.setattr(serving, "STOP_WITHIN_S", 0.5)
        last_word = tmp_path / "last-word"
        stubborn = f"""
import pathlib, signal, sys, time
heard = []
def hear(*_):
    heard.append(1)
    if len(heard) == 2:
        pathlib.Path({str(last_word)!r}).write_text("gave up")
        sys.exit(1)
signal.signal(signal.SIGTERM, hear)
print("ready", flush=True)
time.sleep(60)
"""
        process = subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE)
        assert process.stdout.readline()

        serving._stop([process])

        assert process.wait(timeout=5) == 1
        assert last_word.read_text() == "gave up"
        process.stdout.close()


class TestAddresses:
    def test_a_free_port_of_this_machine_is_taken(self):
        check_address(f"127.0.0.1:{free_port()}")
        check_address(f"localhost:{free_port()}")

    def test_a_port_in_use_is_a_sentence_and_not_five_attempts(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = f"127.0.0.1:{other.getsockname()[1]}"
            with pytest.raises(UserFacingError) as refused:
                check_address(address)
        assert refused.value.what.startswith(f"Another program already serves at {address}")
        assert "--address" in refused.value.remedy

    @pytest.mark.parametrize(
        "address", ["", "8000", "127.0.0.1", "127.0.0.1:", ":8000", "127.0.0.1:eight",
                    "127.0.0.1:0", f"{LOOPBACK}:65536", "127.0.0.1:-1", f"{LOOPBACK}:៨០០០"]
    )  # fmt: skip
    def test_what_is_no_host_and_port_is_refused_with_an_example(self, address):
        with pytest.raises(UserFacingError, match=r"is no address .* 127\.0\.0\.1:8000"):
            check_address(address)

    @pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
    def test_an_address_of_another_machine_is_refused(self, host):
        """192.0.2.0/24 belongs to nobody (RFC 5737), .invalid names nothing (RFC 2606)."""
        with pytest.raises(UserFacingError, match=f"This machine has no address '{host}'"):
            check_address(f"{host}:8000")

    def test_a_port_of_the_system_that_is_closed_to_the_account_is_a_sentence(self, monkeypatch):
        def refuse(_self, _place):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(serving.socket.socket, "bind", refuse, raising=True)
        with pytest.raises(UserFacingError, match=r"may not serve at 127\.0\.0\.1:80"):
            check_address(f"{LOOPBACK}:80")

    def test_a_refused_address_starts_nothing(self, monkeypatch):
        monkeypatch.setattr(serving.subprocess, "Popen", pytest.fail)
        with pytest.raises(UserFacingError):
            serving.serve("127.0.0.1")

    def test_the_host_it_serves_on_is_allowed_to_ask_and_no_other_is_added(self):
        assert list(serving._own_host("192.168.1.20:8000")) == ["192.168.1.20"]
        for address in ("127.0.0.1:8000", "localhost:8000", "[::1]:8000", "0.0.0.0:8000"):
            assert list(serving._own_host(address)) == []


class TestPrograms:
    def test_the_web_server_binds_the_address_and_has_at_least_two_workers(self):
        command = web_command(f"{LOOPBACK}:8123")
        assert command[command.index("--bind") + 1] == f"{LOOPBACK}:8123"
        assert 2 <= int(command[command.index("--workers") + 1]) <= 4

    def test_both_run_in_this_very_python(self):
        assert web_command("x")[0] == worker_command()[0] == sys.executable
        assert "config.worker" in worker_command()

    def test_the_command_refuses_a_port_in_use_with_code_2_and_a_sentence(self, tables):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = f"127.0.0.1:{other.getsockname()[1]}"
            done = subprocess.run(
                [ROOT / "krong", "serve", "--address", address], env=tables,
                capture_output=True, text=True, check=False, timeout=60,
            )  # fmt: skip
        assert done.returncode == 2
        assert "Another program already serves at" in done.stderr
        assert "Traceback" not in done.stderr

    def test_served_for_real_it_answers_and_ends_with_all_its_processes(self, tables):
        """The whole of it once: gunicorn, its workers and the worker for long jobs."""
        port = free_port()
        process = subprocess.Popen(
            [ROOT / "krong", "serve", "--address", f"127.0.0.1:{port}"], env=tables,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            assert wait_until(lambda: answers(port), within_s=40)
            # itself, gunicorn with at least two workers, the worker for jobs
            assert wait_until(lambda: len(members_of_session(process.pid)) >= 5, within_s=40)
            process.terminate()
            assert process.wait(timeout=30) == 0
            assert wait_until(lambda: not members_of_session(process.pid), within_s=10)
        finally:
            for number in members_of_session(process.pid):
                os.kill(number, signal.SIGKILL)


def answers(port):
    with socket.socket() as trial:
        trial.settimeout(1)
        return trial.connect_ex(("127.0.0.1", port)) == 0


def members_of_session(session):
    """Return the living processes of a session: field 6 of /proc/<pid>/stat (proc(5))."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(path.parent.name))
    return found

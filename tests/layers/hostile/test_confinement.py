"""The process that reads files can reach nothing else, and its end is told in words."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from django.conf import settings
from django.core.management import call_command

from layers.errors import UserFacingError
from layers.ingest.confined import defences, frames, host, limits, reader
from layers.ingest.confined.endings import ended_early
from layers.ingest.confined.killable import computed
from layers.models import Layer, Run
from tests.factories import square
from tests.layers.sources import vector_file

# What the clean process has loaded when it waits for the first file.
LOADED = """
import json, sys
from layers.ingest.confined import host
host._set_up(json.loads(sys.argv.pop()))
print(json.dumps([name for name in ("geopandas", "pandas", "pyarrow", "pyogrio", "shapely")
                  if name in sys.modules]))
"""

# Confines itself to one file and one folder, then tries everything else and tells what worked.
ATTEMPTS = """
import json, os, socket, sys, ctypes, mmap
from pathlib import Path
from layers.ingest.confined.defences import Confinement, confine
from layers.ingest.confined.host import installed_files
from layers.ingest.confined.limits import Limits
given, secret, folder, port, pid = sys.argv[1:]
given, secret, folder = Path(given), Path(secret), Path(folder)
def connect():
    with socket.create_connection(("127.0.0.1", int(port)), timeout=2): pass
def look_into_parent():
    Path(f"/proc/{pid}/environ").read_bytes()
def fill():
    with open(folder / "big", "wb") as file:
        file.truncate(0)
        for _ in range(40): file.write(bytes(1 << 20))
        file.flush()
on = confine(Confinement(
    limits=Limits(memory_bytes=1 << 28, file_bytes=1 << 24, open_files=32),
    readable=(given, *installed_files()), writable=(folder,),
))
tried = {
    "read the given file": given.read_bytes,
    "write in its folder": lambda: (folder / "own").write_bytes(b"x"),
    "import a module": lambda: __import__("wave"),
    "read another file": secret.read_bytes,
    "read the accounts": Path("/etc/passwd").read_bytes,
    "list the folder above": lambda: list(given.parent.iterdir()),
    "write beside the file": lambda: (given.parent / "new").write_bytes(b"x"),
    "connect": connect,
    "make a socket": lambda: socket.socket(socket.AF_UNIX),
    "run a program": lambda: os.execv("/bin/true", ["true"]),
    "see another process": look_into_parent,
    "signal another process": lambda: os.kill(int(pid), 0),
    "take much memory": lambda: bytes(1 << 30),
    "open many files": lambda: [open(given, "rb") for _ in range(64)],
}
worked = []
for name, attempt in tried.items():
    try: attempt()
    except (OSError, MemoryError): continue
    worked.append(name)
print(json.dumps({"on": on, "worked": worked}))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try: fill()
except OSError as error: print(error.errno)
"""


@pytest.fixture
def attempts(tmp_path):
    inside, folder = tmp_path / "inside", tmp_path / "folder"
    inside.mkdir()
    folder.mkdir()
    (inside / "given").write_text("given")
    (inside / "secret").write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: _accept(server), daemon=True).start()
        arguments = [inside / "given", inside / "secret", folder, server.getsockname()[1]]
        ran = subprocess.run(
            [sys.executable, "-c", ATTEMPTS, *map(str, arguments), str(os.getpid())],
            env=os.environ | {"PYTHONPATH": str(settings.BASE_DIR)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    told, size_error = ran.stdout.strip().split("\n")
    return json.loads(told), int(size_error)


def _accept(server):
    try:
        while True:
            server.accept()[0].close()
    except OSError:
        return


def test_a_confined_process_does_what_reading_needs_and_nothing_else(attempts):
    told, _size_error = attempts
    if not told["on"]["landlock"]:
        pytest.skip("this kernel has no Landlock")
    assert set(told["worked"]) <= {
        "read the given file",
        "write in its folder",
        "import a module",
        "signal another process",  # kernels before 6.12
    }
    assert {"read the given file", "write in its folder"} <= set(told["worked"])


def test_a_confined_process_writes_no_endless_file(attempts):
    import errno

    assert attempts[1] == errno.EFBIG


def test_the_process_that_reads_loads_no_tables_of_pandas():
    chosen = {name: getattr(settings, name) for name in ("KRONG_SRID", "KRONG_DATUM_SHIFT_3148")}
    ran = subprocess.run(
        [sys.executable, "-c", LOADED, json.dumps(chosen)],
        env=os.environ | {"PYTHONPATH": str(settings.BASE_DIR)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(ran.stdout) == ["pyarrow", "pyogrio", "shapely"]


def test_every_defence_of_this_machine_is_stated(tmp_path, db):
    path = vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)])
    with reader.reading(
        task="areas", path=path, limits=limits.LOOKING, source_format="GEOPACKAGE"
    ) as begun:
        begun.result()
    assert set(begun.defences) == set(defences.DEFENCES)
    assert begun.defences["limits"]
    assert begun.defences["drivers"]
    assert begun.defences["no_new_privileges"]


def test_the_check_names_each_defence_that_is_missing(monkeypatch):
    from layers import checks

    assert set(defences.offered()) == set(defences.DEFENCES) - {"drivers"}
    assert defences.offered()["limits"]
    here = dict.fromkeys(defences.DEFENCES, True)
    monkeypatch.setattr(checks, "offered", lambda: here | {"landlock": False})
    [warning] = checks.imports_are_confined(None)
    assert warning.id == "krong.W004"
    assert "without the defence 'landlock'" in warning.msg
    monkeypatch.setattr(checks, "offered", lambda: here)
    assert checks.imports_are_confined(None) == []


def test_the_clean_process_knows_no_secret_and_no_database(tmp_path, db):
    path = vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)])
    with reader.reading(
        task="areas", path=path, limits=limits.LOOKING, source_format="GEOPACKAGE"
    ) as begun:
        begun.result()
    host = reader._hosts[0].process.pid
    environment = Path(f"/proc/{host}/environ").read_bytes()
    command = Path(f"/proc/{host}/cmdline").read_bytes()
    for secret in (settings.SECRET_KEY, settings.DATABASES["default"]["NAME"]):
        assert secret.encode() not in environment + command


class TestGettingReady:
    """What reads files starts while the file's digest is still being made."""

    @pytest.fixture
    def no_host(self, monkeypatch):
        """Take the process that runs away, and end the one that the test starts."""
        started = []
        monkeypatch.setattr(reader, "_hosts", started)
        yield started
        for begun in started:
            begun.channel.close()
            begun.process.wait(20)

    def test_it_runs_before_the_first_file_is_read_and_is_the_one_that_reads(
        self, no_host, tmp_path, db
    ):
        reader.prepare()
        [ready] = no_host
        assert ready.is_usable
        path = vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)])
        asked = {"task": "areas", "path": path, "source_format": "GEOPACKAGE"}
        with reader.reading(**asked, limits=limits.LOOKING) as begun:
            begun.result()
        reader.prepare()
        assert no_host == [ready]

    def test_a_program_that_does_not_start_is_told_by_the_reading_not_before(
        self, no_host, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(reader.sys, "executable", str(tmp_path / "no-python"))
        reader.prepare()
        assert no_host == []
        path = tmp_path / "a.gpkg"
        path.write_bytes(b"x")
        begin = reader.reading(task="areas", path=path, limits=limits.LOOKING)
        with pytest.raises(UserFacingError, match="does not start"), begin:
            pass


class TestEndings:
    """A reading that costs too much ends with a sentence, and the layer is as it was."""

    def test_too_much_memory(self, tmp_path, refusal, tight):
        """More than twice what it may: the idle process keeps some megabytes it has used before."""
        shapes = [square(20 * (n % 400), 20 * (n // 400), 10) for n in range(150_000)]
        path = vector_file(tmp_path / "a.geojson", shapes)
        tight(memory_bytes=16 * 1024**2)
        assert "takes more memory than the" in refusal(path)

    @pytest.mark.parametrize(
        "error",
        [MemoryError(), shapely.errors.GEOSException("std::bad_alloc"),
         pa.ArrowMemoryError("malloc of size 64 failed"), OSError("Cannot allocate memory"),
         SyntaxError("invalid syntax")],
    )  # fmt: skip
    def test_every_library_s_way_of_running_out_of_memory_is_known(self, error):
        assert host._is_of_memory(error)
        assert not host._is_of_memory(ValueError("a ring is not closed"))

    def test_too_much_computing(self, tmp_path, refusal, tight):
        path = vector_file(tmp_path / "a.geojson", [square(20 * n, 0, 10) for n in range(240_000)])
        tight(computing_s=1)
        assert "takes more than 1 seconds of computing" in refusal(path)

    def test_too_long_a_wait(self, tmp_path, refusal, tight):
        path = vector_file(tmp_path / "a.geojson", [square(20 * n, 0, 10) for n in range(5_000)])
        tight(waiting_s=0)
        assert "took longer than 0 seconds" in refusal(path)

    def test_too_long_an_answer(self, tmp_path, refusal, tight):
        path = vector_file(tmp_path / "a.gpkg", [square(20 * n, 0, 10) for n in range(50)])
        tight(answer_bytes=2_000)
        assert "more than a file of its size can hold" in refusal(path)

    def test_the_next_file_is_read_as_if_nothing_had_happened(
        self, tmp_path, refusal, tight, taken
    ):
        path = vector_file(tmp_path / "a.gpkg", [square(20 * n, 0, 10) for n in range(50)])
        tight(answer_bytes=2_000)
        refusal(path)
        tight(answer_bytes=limits.LOOKING.answer_bytes)
        assert taken(path).rows.stored == 50

    @pytest.mark.parametrize(
        ("ended", "words"),
        [
            ({"code": -signal.SIGSEGV}, "crashed (SIGSEGV)"),
            ({"code": -signal.SIGKILL}, "takes more memory"),
            ({"code": -signal.SIGXFSZ}, "unpacks to more than 4.0 GB"),
            ({"code": 1}, "crashed (code 1)"),
            ({"cause": "crashed"}, "failed at something unexpected"),
        ],
    )
    def test_every_end_has_its_words(self, ended, words):
        assert words in str(ended_early("plan.gpkg", ended, limits.IMPORTING))

    def test_a_worker_killed_from_outside_is_told(self, tmp_path, refusal, monkeypatch):
        path = vector_file(tmp_path / "a.gpkg", [square(20 * n, 0, 10) for n in range(50)])

        def kill_worker(begun, request):
            begin(begun, request)
            time.sleep(0.2)
            minders = _children(reader._hosts[0].process.pid)
            for worker in [w for minder in minders for w in _children(minder)]:
                os.kill(worker, signal.SIGKILL)

        begin = reader._begin
        monkeypatch.setattr(reader, "_begin", kill_worker)
        monkeypatch.setattr(
            limits, "IMPORTING", replace(limits.IMPORTING, rows_at_once=1, waiting_s=60)
        )
        try:
            said = refusal(path)
        except pytest.fail.Exception:
            pytest.skip("the reading was faster than the kill")
        assert "takes more memory" in said


def _children(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


class TestFrames:
    """The receiving side takes nothing on trust."""

    def frames(self, content):
        import io

        return list(frames.read_frames(io.BytesIO(content).read, name="a.gpkg", max_bytes=10_000))

    def head(self, kind, length):
        return frames._HEAD.pack(kind, length)

    @pytest.mark.parametrize("kind", [b"P", b"\x00"])
    def test_an_unknown_kind(self, kind):
        with pytest.raises(UserFacingError, match="more than a file of its size can hold"):
            self.frames(self.head(kind, 1) + b"x")

    def test_a_length_of_the_moon(self):
        with pytest.raises(UserFacingError, match="more than a file of its size can hold"):
            self.frames(self.head(b"B", 2**60))

    @pytest.mark.parametrize("text", [b"nonsense", b"[1]", b"{}", b"[" * 5_000])
    def test_a_message_that_is_none(self, text):
        with pytest.raises(UserFacingError, match="a message"):
            self.frames(self.head(b"J", len(text)) + text)

    def test_a_frame_cut_short_is_the_end(self):
        assert self.frames(self.head(b"B", 100) + b"x") == []

    def test_a_batch_whose_parts_do_not_add_up(self):
        with pytest.raises(UserFacingError, match="another size"):
            frames.batch_parts(b"\x01\x00\x00\x00" + bytes(8) + b"xx", name="a", count=1)
        with pytest.raises(UserFacingError, match="without its sizes"):
            frames.batch_parts(b"\x01", name="a", count=1)


class TestKillable:
    def test_what_is_computed_comes_back(self):
        assert computed(lambda: b"four\n", seconds=5, memory_bytes=1024**3) == b"four\n"

    def test_what_takes_too_long_or_crashes_comes_back_as_nothing(self):
        def forever():
            while True:
                pass

        def crash():
            os.kill(os.getpid(), signal.SIGSEGV)
            return b""

        assert computed(forever, seconds=1, memory_bytes=1024**3) is None
        assert computed(crash, seconds=5, memory_bytes=1024**3) is None
        assert computed(lambda: bytes(1 << 30), seconds=5, memory_bytes=1 << 20) is None


@pytest.mark.django_db
def test_a_cancelled_run_ends_the_reading(tmp_path):
    path = vector_file(tmp_path / "a.gpkg", [square(0, 0, 10)])
    with pytest.raises(SystemExit):
        call_command("import", str(path), "--layer", "new", "--srid", "4326")
    assert not Layer.objects.exists()
    assert Run.objects.get().state == "failed"
    assert "states its coordinate system as" in Run.objects.get().message

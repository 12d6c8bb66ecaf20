"""Drawn tiles as files: drawn once, whole or not at all, and never more than there is room for."""

import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from layers import tile_files
from layers.tile_files import kept_or_drawn, sweep


@pytest.fixture(autouse=True)
def shelf_folder(settings, tmp_path):
    settings.KRONG_TILE_FOLDER = tmp_path / "tiles"
    return tmp_path / "tiles"


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file() and path.parent.name != "locks"]


def test_what_is_kept_is_not_drawn_again():
    drawn = []
    for _time in range(3):
        assert kept_or_drawn("a", lambda: drawn.append(1) or b"tile") == b"tile"
    assert drawn == [1]


def test_an_empty_tile_is_kept_too():
    drawn = []
    for _time in range(2):
        assert kept_or_drawn("sea", lambda: drawn.append(1) or b"") == b""
    assert drawn == [1]


def test_two_names_never_share_a_tile():
    assert kept_or_drawn("a", lambda: b"one") == b"one"
    assert kept_or_drawn("b", lambda: b"two") == b"two"
    assert kept_or_drawn("a", lambda: b"three") == b"one"


def test_twelve_who_ask_at_once_let_one_draw():
    drawn, start = [], threading.Barrier(12)

    def draw():
        drawn.append(threading.get_ident())
        time.sleep(0.1)
        return b"tile"

    def ask(_number):
        start.wait()
        return kept_or_drawn("a", draw)

    with ThreadPoolExecutor(12) as pool:
        assert set(pool.map(ask, range(12))) == {b"tile"}
    assert len(drawn) == 1


def _ask_in_process(folder, told):
    from django.conf import settings

    settings.KRONG_TILE_FOLDER = folder

    def draw():
        time.sleep(0.2)
        told.put(os.getpid())
        return b"tile"

    kept_or_drawn("a", draw)


def test_four_workers_of_the_server_let_one_draw(shelf_folder):
    context = multiprocessing.get_context("fork")
    told = context.Queue()
    workers = [
        context.Process(target=_ask_in_process, args=(shelf_folder, told)) for _n in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)
    assert told.get(timeout=5)
    assert told.empty()


def test_a_drawing_that_fails_keeps_nothing_and_the_next_one_draws(shelf_folder):
    def broken():
        raise ValueError("no database")

    with pytest.raises(ValueError, match="no database"):
        kept_or_drawn("a", broken)
    assert files_in(shelf_folder) == []
    assert kept_or_drawn("a", lambda: b"tile") == b"tile"


def test_a_write_that_breaks_off_leaves_no_half_tile(shelf_folder, monkeypatch):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tile_files.Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        kept_or_drawn("a", lambda: b"tile")
    assert files_in(shelf_folder) == []


def filled_shelf(folder, sizes):
    """Files of these sizes, the first used longest ago."""
    folder.mkdir(parents=True)
    now = time.time()
    for number, size in enumerate(sizes):
        path = folder / f"tile-{number}"
        path.write_bytes(b"x" * size)
        os.utime(path, (now - 1000 + number, now - 1000 + number))


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_with_room_to_spare_nothing_is_removed(shelf_folder):
    filled_shelf(shelf_folder / "00", [100] * 5)
    sweep(shelf_folder / "00", 500)
    assert len(left(shelf_folder / "00")) == 5


def test_of_six_hundred_bytes_in_room_for_five_the_two_oldest_go(shelf_folder):
    filled_shelf(shelf_folder / "00", [100] * 6)
    sweep(shelf_folder / "00", 500)  # down to 4/5 of the room: 400 bytes
    assert left(shelf_folder / "00") == ["tile-2", "tile-3", "tile-4", "tile-5"]


def test_a_tile_in_use_is_kept_longer_than_one_that_is_not(shelf_folder):
    kept_or_drawn("used", lambda: b"x" * 100)
    [used] = files_in(shelf_folder)
    os.utime(used, (1, 1))
    assert kept_or_drawn("used", lambda: b"") == b"x" * 100
    assert used.stat().st_mtime > time.time() - 60


def test_what_a_killed_process_left_half_written_is_cleared_away(shelf_folder):
    filled_shelf(shelf_folder / "00", [10])
    for name, age_s in (("dead.part", 1200), ("busy.part", 5)):
        path = shelf_folder / "00" / name
        path.write_bytes(b"x")
        os.utime(path, (time.time() - age_s, time.time() - age_s))
    sweep(shelf_folder / "00", 500)
    assert left(shelf_folder / "00") == ["busy.part", "tile-0"]


def test_a_thousand_tiles_stay_within_the_room_given(settings, shelf_folder, monkeypatch):
    monkeypatch.setattr(tile_files, "SHELVES", 1)
    monkeypatch.setattr(tile_files, "WRITES_PER_SWEEP", 1)
    monkeypatch.setattr(tile_files, "_place", lambda name: shelf_folder / "00" / name)
    settings.KRONG_TILE_CACHE_MB = 1
    for number in range(300):
        kept_or_drawn(f"t{number:03}", lambda: b"x" * 10_000)
    assert sum(path.stat().st_size for path in files_in(shelf_folder)) <= 1_000_000

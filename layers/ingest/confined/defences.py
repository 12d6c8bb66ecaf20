"""Which defences hold the reading process; each is stated, none is assumed."""

import ctypes
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from layers.ingest.confined import landlock, seccomp
from layers.ingest.confined.killable import computed
from layers.ingest.confined.limits import Limits, set_limits
from layers.ingest.confined.syscalls import (
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWUSER,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    KernelError,
    libc_call,
)

# One driver for each format (layers/ingest/formats.py); GTiff and COG are the raster library's.
VECTOR_DRIVERS = frozenset(
    {"GPKG", "GeoJSON", "ESRI Shapefile", "FlatGeobuf", "OSM", "LIBKML", "DXF", "MEM", "Memory"}
)
RASTER_DRIVERS = frozenset({"GTiff", "COG", "MEM"})

DEFENCES = {
    "limits": "memory, computing, time, files and answers are limited",
    "no_new_privileges": "no program it might start gains rights",
    "own_network": "a network of its own, without any connection",
    "landlock": "opens only the given file, its own folder and the installed libraries",
    "seccomp": "starts no program, opens no connection, looks into no other process",
    "drivers": "GDAL knows only the drivers of the formats Krong imports",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Confinement:
    """What one reading may touch."""

    limits: Limits
    readable: tuple[Path, ...]
    writable: tuple[Path, ...]


def confine(confinement: Confinement) -> dict[str, bool]:
    """Confine this process for good; return for each kernel defence whether it is on."""
    return {
        "limits": _is_on(lambda: set_limits(confinement.limits)),
        "no_new_privileges": _is_on(_give_up_privileges),
        "own_network": _is_on(_leave_network),
        "landlock": _is_on(
            lambda: landlock.restrict(readable=confinement.readable, writable=confinement.writable)
        ),
        "seccomp": _is_on(seccomp.restrict),
    }


def offered() -> dict[str, bool]:
    """Return which kernel defences this machine offers, tried in a process of its own."""
    folder = Path(os.devnull)
    trial = Confinement(limits=Limits(), readable=(folder,), writable=())
    told = computed(
        lambda: json.dumps(confine(trial)).encode(), seconds=5, memory_bytes=256 * 1024**2
    )
    kernel = set(DEFENCES) - {"drivers"}
    return json.loads(told) if told else dict.fromkeys(kernel, False)


def _is_on(defence: Callable[[], None]) -> bool:
    try:
        defence()
    except (OSError, ValueError):
        return False
    return True


def _give_up_privileges() -> None:
    libc_call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc_call("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)


def _leave_network() -> None:
    """Move to an empty network; an ordinary account needs a user namespace of its own for it."""
    own = CLONE_NEWNET | CLONE_NEWIPC
    try:
        libc_call("unshare", own)
    except KernelError:
        libc_call("unshare", own | CLONE_NEWUSER)


def leave_drivers(library: Path, wanted: frozenset[str]) -> bool:
    """Take all other drivers out of a GDAL library that is loaded; tell whether that is certain."""
    with _gdal(library) as gdal:
        if gdal is None:
            return False
        drivers = [gdal.GDALGetDriver(number) for number in range(gdal.GDALGetDriverCount())]
        for driver in drivers:
            if gdal.GDALGetDescription(driver).decode() not in wanted:
                gdal.GDALDeregisterDriver(driver)
        return bool(gdal.GDALGetDriverCount() <= len(wanted))


@contextmanager
def _gdal(library: Path) -> Iterator[ctypes.CDLL | None]:
    try:
        gdal = ctypes.CDLL(os.fspath(library))
    except OSError:
        yield None
        return
    gdal.GDALGetDriver.restype = ctypes.c_void_p
    gdal.GDALGetDriver.argtypes = [ctypes.c_int]
    gdal.GDALGetDescription.restype = ctypes.c_char_p
    gdal.GDALGetDescription.argtypes = [ctypes.c_void_p]
    gdal.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
    yield gdal

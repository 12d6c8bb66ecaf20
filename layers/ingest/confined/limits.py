"""How much reading one file may cost: memory, computing, time, files, answers."""

import resource
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one reading may use. Beyond it the process is ended and nothing is stored.

    Basis: a million building footprints (0.5 GB GeoPackage) take about 400 MB and a minute here
    (measured); the limits leave ten times that and keep a small server standing.
    """

    memory_bytes: int = 3 * 1024**3  # on top of what the idle process has mapped
    computing_s: int = 1_800
    waiting_s: int = 7_200  # from start to end, waits for the database included
    file_bytes: int = 4 * 1024**3  # any file it writes in its folder
    open_files: int = 128
    answer_bytes: int = 64 * 1024**3  # all it sends back, and no more than ``answer_to`` allows
    # A .shp or .dbf cannot pass 2 GB by its own format (32-bit offsets in 16-bit words).
    unpacked_bytes: int = 4 * 1024**3
    rows_at_once: int = 20_000

    @classmethod
    def of(cls, fields: dict[str, int]) -> Self:
        """Return limits that came as JSON."""
        return cls(**fields)

    def as_fields(self) -> dict[str, int]:
        """Return the limits as JSON can hold them."""
        return asdict(self)


# An extract of OpenStreetMap, the densest of the formats, unfolds to some 20 times its size as rows
# (measured); a drawing of 300 bytes can unfold to nine hundred million lines.
_UNFOLDS_TIMES = 300
_UNFOLDS_ANYWAY = 16 * 1024**2


def answer_to(limits: Limits, file_bytes: int) -> int:
    """Return how much may be sent back about a file of this size."""
    return min(limits.answer_bytes, _UNFOLDS_ANYWAY + _UNFOLDS_TIMES * file_bytes)


# For an answer someone waits for in a browser.
LOOKING = Limits(computing_s=120, waiting_s=240)
IMPORTING = Limits()


def set_limits(limits: Limits) -> None:
    """Hold this process to its limits; the kernel does the counting and it cannot raise them."""
    mapped = _mapped_bytes()
    wanted = {
        resource.RLIMIT_AS: mapped + limits.memory_bytes,
        resource.RLIMIT_FSIZE: limits.file_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        most = lowered(kind, value)
        resource.setrlimit(kind, (most, most))
    # a second between the signal that can be told apart and the one that cannot be ignored
    hard = lowered(resource.RLIMIT_CPU, limits.computing_s + 1)
    resource.setrlimit(resource.RLIMIT_CPU, (min(limits.computing_s, hard), hard))


def lowered(kind: int, value: int) -> int:
    """Return a limit that is no higher than the one already set, which cannot be raised."""
    hard = resource.getrlimit(kind)[1]
    return value if hard == resource.RLIM_INFINITY else min(value, hard)


def _mapped_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()

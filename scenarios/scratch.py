"""The folders of scenario runs; see layers/scratch.py."""

from contextlib import AbstractContextManager
from pathlib import Path

from layers import scratch
from layers.scratch import GATE

__all__ = ["GATE", "scratch_folder", "sweep_scratch"]

KIND = "scenario"


def scratch_folder() -> AbstractContextManager[Path]:
    """Give a folder that goes with the run."""
    return scratch.scratch_folder(KIND)


def sweep_scratch() -> list[str]:
    """Remove the folders of runs that were killed; return their names."""
    return scratch.sweep_scratch(KIND)

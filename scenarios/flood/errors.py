"""What can go wrong in a run, in sentences a person can act on.

``what`` and ``remedy`` are kept apart so that a caller can show them in its own way.
"""

from __future__ import annotations


class InvalidFloodInput(ValueError):  # noqa: N818 - names the thing that is wrong
    """The terrain, the forcing or the settings cannot be right. Nothing was computed."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy


class UnstableRunError(RuntimeError):
    """The computation broke down; there is no result that could be trusted."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy

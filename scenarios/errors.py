"""What can be wrong with a scenario, in sentences that name the file and the key."""

from collections.abc import Iterable

from layers.errors import UserFacingError


class SpecError(UserFacingError):
    """A scenario file says something that cannot be run."""

    def __init__(self, file: str, key: str, what: str, *, remedy: str) -> None:
        place = f"{file}: '{key}' " if key else f"{file}: "
        super().__init__(f"{place}{what}", remedy=remedy)
        self.key = key


class StormError(UserFacingError):
    """A rain event that cannot be made from the tables at hand."""


class TerrainError(UserFacingError):
    """A terrain that cannot be flooded as it is."""


class SolverError(UserFacingError):
    """The solver refused its input or broke down; there is no result."""


def listed(names: Iterable[object]) -> str:
    """Return names for a sentence, or say that there are none."""
    return ", ".join(str(name) for name in names) or "none"

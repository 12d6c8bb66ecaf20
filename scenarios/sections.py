"""Reading a mapping key by key: every key has a type and a range, and none is left unread."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layers.vocab import Basis
from scenarios.errors import SpecError, listed

_REQUIRED = object()


def is_number(found: object) -> bool:
    """Tell whether something is a finite number: no truth value, no integer beyond any float."""
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    return abs(found) < sys.float_info.max


@dataclass(slots=True)
class Section:
    """One mapping of a scenario file; ``path`` names it in errors ('event.design_storm')."""

    file: str
    folder: Path
    stated: Mapping[str, Any]
    path: str = ""
    read: set[str] = field(default_factory=set)

    def name_of(self, key: str) -> str:
        """Return the full name of a key."""
        return ".".join(part for part in (self.path, key) if part)

    def error(self, key: str, what: str, remedy: str) -> SpecError:
        """Return the error about one key of this section."""
        return SpecError(self.file, self.name_of(key), what, remedy=remedy)

    def has(self, key: str) -> bool:
        """Tell whether a key is stated."""
        return self.stated.get(key) is not None

    def value(self, key: str, default: Any = _REQUIRED) -> Any:  # noqa: ANN401 - YAML
        """Return what a key states, whatever it is."""
        self.read.add(key)
        found = self.stated.get(key)
        if found is not None:
            return found
        if default is _REQUIRED:
            raise self.error(key, "is missing.", "Add it; see docs/scenario-format.md.")
        return default

    def text(self, key: str, default: Any = _REQUIRED) -> str:  # noqa: ANN401 - the marker
        """Return a text."""
        found = self.value(key, default)
        if not isinstance(found, str):
            raise self.error(
                key, f"is {found!r}, not a text.", "Write words, if need be in quotes."
            )
        return found.strip()

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        found = self.value(key, default)
        if not isinstance(found, bool):
            raise self.error(key, f"is {found!r}.", "Write true or false.")
        return found

    def number(
        self,
        key: str,
        low: float,
        high: float,
        default: Any = _REQUIRED,  # noqa: ANN401 - the marker
    ) -> float:
        """Return a number from ``low`` to ``high``."""
        return self.checked_number(key, self.value(key, default), low, high)

    def optional_number(self, key: str, low: float, high: float) -> float | None:
        """Return a number from ``low`` to ``high``, or None when the key is not stated."""
        return self.number(key, low, high) if self.has(key) else None

    def checked_number(self, key: str, found: Any, low: float, high: float) -> float:  # noqa: ANN401
        """Return ``found`` as a number from ``low`` to ``high``, or raise for that key."""
        if not is_number(found):
            raise self.error(key, f"is {found!r}, not a number.", "Write a number, e.g. 0.04.")
        if not low <= found <= high:
            raise self.error(
                key, f"is {found:g}.", f"It lies between {low:g} and {high:g} in any real case."
            )
        return float(found)

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Return a list of so many numbers."""
        found = self.value(key)
        return self.checked_numbers(key, found, count)

    def checked_numbers(self, key: str, found: Any, count: int) -> tuple[float, ...]:  # noqa: ANN401
        """Return ``found`` as a list of so many numbers, or raise for that key."""
        if not isinstance(found, Sequence) or isinstance(found, str) or len(found) != count:
            raise self.error(key, f"is {found!r}.", f"Write {count} numbers: [1, 2, ...].")
        return tuple(self.checked_number(key, part, -math.inf, math.inf) for part in found)

    def choice(self, key: str, allowed: Iterable[str], default: Any = _REQUIRED) -> str:  # noqa: ANN401
        """Return one of the allowed words."""
        names = list(allowed)
        found = self.value(key, default)
        if found not in names:
            raise self.error(key, f"is {found!r}.", f"Choose one of: {listed(names)}.")
        return str(found)

    def path_of(self, key: str) -> Path:
        """Return a file, relative to the scenario file; it must be there."""
        named = self.text(key)
        path = (self.folder / named).resolve()
        if not path.is_file():
            raise self.error(
                key, f"names '{named}', which is not there.",
                f"Paths are relative to the scenario file; looked in {path.parent}.",
            )  # fmt: skip
        return path

    def section(self, key: str) -> "Section":
        """Return the mapping under a key."""
        return self._inner(key, self.value(key))

    def optional_section(self, key: str) -> "Section | None":
        """Return the mapping under a key, or None when the key is not stated."""
        return self.section(key) if self.has(key) else None

    def sections(self, key: str) -> list["Section"]:
        """Return the list of mappings under a key; empty when it is not stated."""
        found = self.value(key, [])
        if not isinstance(found, list):
            raise self.error(key, "is not a list.", "Begin each entry with a dash.")
        return [self._inner(f"{key}[{number}]", part) for number, part in enumerate(found)]

    def _inner(self, key: str, found: Any) -> "Section":  # noqa: ANN401
        if not isinstance(found, Mapping):
            raise self.error(key, f"is {found!r}.", "Write its keys below it, indented.")
        return Section(self.file, self.folder, found, self.name_of(key))

    def basis(self) -> str:
        """Return on what the numbers of this section rest; a demo value unless stated."""
        return self.choice("basis", [b.value for b in Basis], Basis.DEMO_VALUE.value)

    def close(self) -> None:
        """Refuse keys nobody read: a misspelt key must not be passed over in silence."""
        if unknown := [str(key) for key in self.stated if key not in self.read]:
            raise self.error(
                unknown[0], "is not a key that is known here.",
                f"Known here: {listed(sorted(self.read))}.",
            )  # fmt: skip

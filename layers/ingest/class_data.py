"""The class list as a reading needs it: plain data, so that it can be handed to another process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

# code, OpenStreetMap filter, sensitivity, whether it has a parent
FilterRow = tuple[str, str, int, bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassData:
    """The number of each code; the filters of what stands on the ground, in list order."""

    ids: Mapping[str, int] = field(default_factory=dict)
    filters: tuple[FilterRow, ...] = ()

    def as_fields(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"ids": dict(self.ids), "filters": [list(row) for row in self.filters]}

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Return the class list that came as JSON."""
        filters = tuple((str(c), str(f), int(s), bool(p)) for c, f, s, p in fields["filters"])
        return cls(ids=dict(fields["ids"]), filters=filters)

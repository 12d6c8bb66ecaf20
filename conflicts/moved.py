"""What changed, as the selectors of the rules mean it: how many went, how many came, and which.

Most selectors tell rows apart by layer, class and stage alone, so a group of changed rows alike is
counted without a look at each. Only conditions on attributes, and shapes without an area where the
rule needs one, are asked of the rows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from conflicts.asked_rules import Side
from conflicts.changes import Group
from conflicts.counted import NONE_COUNTED, Counted, Listed
from layers.sql_files import load_sql


@dataclass(slots=True)
class Moved:
    """The changed rows that one selector means, all begun or all ended."""

    side: Side
    groups: tuple[Group, ...]
    number: int  # of their selection
    counted: Counted
    is_selected: bool = False  # the selection is in the working table

    @property
    def is_plain(self) -> bool:
        """True when layer, class and stage tell which rows are meant, and all of them surely."""
        asked = self.side.parameters
        some_lack_area = asked["areas_only"] and any(group.has_no_area for group in self.groups)
        return asked["where"] is None and not some_lack_area

    @property
    def sure_names(self) -> tuple[str, ...] | None:
        """The names of what is surely meant; None: they are not at hand."""
        if not self.is_plain or any(group.names is None for group in self.groups):
            return None
        return tuple(name for group in self.groups for name in group.names or ())

    def as_asked(self) -> Iterator[Mapping[str, Any]]:
        """Yield a row for each group as select_changed.sql asks of them."""
        for group in self.groups:
            yield {
                "selection": self.number,
                "condition": self.side.parameters["where"],
                "areas_only": self.side.parameters["areas_only"],
                "layer_id": group.layer_id,
                "land_use_id": group.land_use_id,
                "lifecycle": group.like.lifecycle,
                "is_new": group.is_new,
            }


@dataclass(slots=True)
class MovedRows:
    """What changed, by the questions of the selectors that mean it."""

    went: dict[str, Moved] = field(default_factory=dict)
    came: dict[str, Moved] = field(default_factory=dict)

    @classmethod
    def among(
        cls, sides: Mapping[str, Side], groups: Iterable[Group], numbers: Iterator[int]
    ) -> "MovedRows":
        """Find out which changed rows each selector means."""
        rows, alike = cls(), list(groups)
        for question, side in sides.items():
            for is_new, moved in ((False, rows.went), (True, rows.came)):
                meant = tuple(g for g in alike if g.is_new is is_new and side.may_mean(g.like))
                if meant:
                    moved[question] = Moved(side, meant, next(numbers), _plainly_counted(meant))
        rows._count_conditions()
        return rows

    def _count_conditions(self) -> None:
        """Ask the rows where layer, class and stage do not tell; drop what means none of them."""
        asked = [moved for moved in self._all() if not moved.is_plain]
        if not asked:
            return
        select(asked)
        counted = _counted({moved.number for moved in asked})
        for moved in asked:
            moved.counted = counted.get(moved.number, NONE_COUNTED)
        for known in (self.went, self.came):
            for question in [q for q, moved in known.items() if not moved.counted.layers]:
                del known[question]

    def _all(self) -> list[Moved]:
        return [*self.went.values(), *self.came.values()]

    def has(self, side: Side) -> bool:
        """Tell whether something changed that a selector means."""
        return side.question in self.went or side.question in self.came

    def both(self, side: Side) -> tuple[Moved | None, Moved | None]:
        """Return what went and what came of what a selector means."""
        return self.went.get(side.question), self.came.get(side.question)

    def counts(self, side: Side) -> tuple[Counted, Counted]:
        """Return in numbers what went and what came of what a selector means."""
        went, came = (moved.counted if moved else NONE_COUNTED for moved in self.both(side))
        return went, came

    def select(self, sides: Iterable[Side]) -> None:
        """Put into the working table what went and came of what these selectors mean."""
        moved = {m.number: m for side in sides for m in self.both(side) if m is not None}
        select([rows for rows in moved.values() if not rows.is_selected])


def _plainly_counted(groups: Iterable[Group]) -> Counted:
    rows: dict[str, int] = {}
    for group in groups:
        rows[group.like.layer] = rows.get(group.like.layer, 0) + group.rows
    layers = {layer: (many, many) for layer, many in rows.items()}
    return Counted(layers=layers, unsure=Listed(), shapeless=Listed())


def select(moved: Iterable[Moved]) -> None:
    """Put changed rows into the working table of selections: one statement, however many."""
    rows = list(moved)
    asked = [group for known in rows for group in known.as_asked()]
    if asked:
        with connection.cursor() as cursor:
            cursor.execute(load_sql(__file__, "select_changed.sql"), {"asked": json.dumps(asked)})
    for known in rows:
        known.is_selected = True


def _counted(selections: Iterable[int]) -> dict[int, Counted]:
    found: dict[int, list[tuple[str, int, int, list[str], list[str]]]] = {}
    with connection.cursor() as cursor:
        parameters = {"selections": list(selections)}
        cursor.execute(load_sql(__file__, "count_selections.sql"), parameters)
        for number, *counts in cursor.fetchall():
            found.setdefault(number, []).append(tuple(counts))
    return {
        number: Counted(
            layers={layer: (many, sure) for layer, many, sure, _unsure, _shapeless in rows},
            unsure=_listed(row[3] for row in rows),
            shapeless=_listed(row[4] for row in rows),
        )
        for number, rows in found.items()
    }


def _listed(names: Iterable[list[str]]) -> Listed:
    every = sorted(name for some in names for name in some)
    return Listed(len(every), tuple(every))

"""What changed on the ground, in its surveys and in its classes since a rule book was asked.

Versions tell what changed without a look at the rest: a row that began or ended after the version
seen last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from conflicts.alike import Likeness
from conflicts.memory import Land, LayerThen
from layers.sql_files import load_sql

Box = tuple[float, float, float, float]  # west, south, east, north [m]
# Of so many changed rows alike the names are kept at hand.
NAMES_AT_HAND = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Changed rows that selectors cannot tell apart but by their attributes and shapes."""

    layer_id: int
    land_use_id: int | None
    like: Likeness
    is_new: bool  # they stand now; False: they ended
    rows: int
    names: tuple[str, ...] | None  # None: too many to be at hand
    has_no_area: bool  # one at least is a point or a line
    box: Box


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is different now. The rows themselves are in conflict_change."""

    now: Land
    groups: tuple[Group, ...]
    changed_layers: frozenset[str]  # whose published version is another
    unlike_layers: frozenset[str]  # whose surveys prove something else, or that came or went

    @property
    def rows(self) -> int:
        """How many rows ended or began."""
        return sum(group.rows for group in self.groups)

    @property
    def is_none(self) -> bool:
        """True when nothing a rule could ask of is different."""
        return not (self.groups or self.changed_layers or self.unlike_layers)


def changes_since(before: Land, now: Land) -> Change:
    """Put the rows that ended or began into conflict_change and return what else changed."""
    since = {n: _number(before, n) for n in now.layers}
    since = {n: number for n, number in since.items() if now.layers[n].number != number}
    changes = [_note_rows(n, now.layers[n].slug, number) for n, number in since.items()]
    groups = _groups() if any(changes) else ()
    now = _with_classes(before, now, since, groups)
    return Change(
        now=now,
        groups=groups,
        changed_layers=frozenset(now.layers[number].slug for number in since),
        unlike_layers=frozenset(_unlike(before, now)),
    )


def _number(land: Land, layer: int) -> int:
    return land.layers[layer].number if layer in land.layers else 0


def _note_rows(layer: int, slug: str, since: int) -> int:
    parameters: dict[str, Any] = {"layer": layer, "slug": slug, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "note_changes.sql"), parameters)
        return int(cursor.rowcount)


def _groups() -> tuple[Group, ...]:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "changed_groups.sql"), {"names": NAMES_AT_HAND})
        return tuple(
            Group(
                layer_id=layer_id,
                land_use_id=land_use_id,
                like=Likeness(slug, theme, code, lifecycle),
                is_new=is_new,
                rows=rows,
                names=None if names is None else tuple(names),
                has_no_area=has_no_area,
                box=tuple(box),
            )
            for (
                layer_id, slug, theme, land_use_id, code, lifecycle, is_new, rows, names,
                has_no_area, box,
            ) in cursor.fetchall()
        )  # fmt: skip


def _with_classes(
    before: Land, now: Land, since: Mapping[int, int], groups: Sequence[Group]
) -> Land:
    """Return the land now with the classes each layer holds: those before and what changed."""
    held = {n: dict(before.layers[n].classes) if n in before.layers else {} for n in now.layers}
    for group in groups:
        more = group.rows if group.is_new else -group.rows
        _count_class(held[group.layer_id], group.land_use_id, more)
    for layer, number in since.items():
        if now.layers[layer].number > number + 1:  # else nothing can have begun and ended
            for land_use in _passing_classes(layer, number):
                _count_class(held[layer], land_use, 0)
    layers = {n: replace(layer, classes=held[n]) for n, layer in now.layers.items()}
    return replace(now, layers=layers)


def _count_class(held: dict[str, int], land_use: int | None, more: int) -> None:
    name = str(land_use or "")
    held[name] = held.get(name, 0) + more


def _passing_classes(layer: int, since: int) -> list[int | None]:
    with connection.cursor() as cursor:
        parameters = {"layer": layer, "since": since}
        cursor.execute(load_sql(__file__, "passing_classes.sql"), parameters)
        return [land_use for (land_use,) in cursor.fetchall()]


def _unlike(before: Land, now: Land) -> set[str]:
    """Return the layers of which surveys may prove something else than before."""
    unlike = set()
    for number in before.layers.keys() | now.layers.keys():
        was, stands = before.layers.get(number), now.layers.get(number)
        if was is None or stands is None:
            unlike |= {layer.slug for layer in (was, stands) if layer is not None}
        elif proves(was) != proves(stands):
            unlike.add(stands.slug)
    return unlike


def proves(layer: LayerThen) -> tuple[object, ...]:
    """Return what decides what the surveys of a layer prove; classes count for surveys only."""
    return (bool(layer.number), layer.surveys, _held(layer) if layer.surveys else None)


def _held(layer: LayerThen) -> tuple[frozenset[str], frozenset[str]]:
    """Return the classes a layer holds, and those it holds or has held."""
    return frozenset(name for name, count in layer.classes.items() if count), frozenset(
        layer.classes
    )

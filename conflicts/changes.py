"""What changed on the ground, in its surveys and in its classes since a rule book was asked.

Versions tell what changed without a look at the rest: a row that began or ended after the version
seen last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import connection

from conflicts.asked_rules import Likeness
from conflicts.memory import Land, LayerThen
from layers.sql_files import load_sql


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What is different now. The rows themselves are in conflict_change."""

    now: Land
    rows: int  # that ended or began
    likenesses: tuple[Likeness, ...]  # what features they are
    changed_layers: frozenset[str]  # whose published version is another
    unlike_layers: frozenset[str]  # whose surveys prove something else, or that came or went

    @property
    def is_none(self) -> bool:
        """True when nothing a rule could ask of is different."""
        return not (self.rows or self.changed_layers or self.unlike_layers)


def changes_since(before: Land, now: Land) -> Change:
    """Put the rows that ended or began into conflict_change and return what else changed."""
    changed = [n for n, layer in now.layers.items() if _number(before, n) != layer.number]
    since = {number: _number(before, number) for number in changed}
    rows = _note_rows(since)
    now = _with_classes(before, now, since)
    return Change(
        now=now,
        rows=rows,
        likenesses=_likenesses() if rows else (),
        changed_layers=frozenset(now.layers[number].slug for number in changed),
        unlike_layers=frozenset(_unlike(before, now)),
    )


def _number(land: Land, layer: int) -> int:
    return land.layers[layer].number if layer in land.layers else 0


def _note_rows(since: Mapping[int, int]) -> int:
    parameters = {"layers": list(since), "since": list(since.values())}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "note_changes.sql"), parameters)
        return int(cursor.rowcount)


def _likenesses() -> tuple[Likeness, ...]:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "changed_likenesses.sql"))
        return tuple(Likeness(*row) for row in cursor.fetchall())


def _with_classes(before: Land, now: Land, since: Mapping[int, int]) -> Land:
    """Return the land now with the classes each layer holds: those before and what changed."""
    held = {n: dict(before.layers[n].classes) if n in before.layers else {} for n in now.layers}
    parameters = {"layers": list(since), "since": list(since.values())}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "changed_classes.sql"), parameters)
        for layer, land_use, more in cursor.fetchall():
            name = str(land_use or "")
            held[layer][name] = held[layer].get(name, 0) + more
    layers = {n: replace(layer, classes=held[n]) for n, layer in now.layers.items()}
    return replace(now, layers=layers)


def _unlike(before: Land, now: Land) -> set[str]:
    """Return the layers of which surveys may prove something else than before."""
    unlike = set()
    for number in before.layers.keys() | now.layers.keys():
        was, stands = before.layers.get(number), now.layers.get(number)
        if was is None or stands is None:
            unlike |= {layer.slug for layer in (was, stands) if layer is not None}
        elif _proves(was) != _proves(stands):
            unlike.add(stands.slug)
    return unlike


def _proves(layer: LayerThen) -> tuple[object, ...]:
    """Return what decides what the surveys of a layer prove; classes count for surveys only."""
    return (bool(layer.number), layer.surveys, _held(layer) if layer.surveys else None)


def _held(layer: LayerThen) -> tuple[set[str], set[str]]:
    """Return the classes a layer holds, and those it holds or has held."""
    return {name for name, count in layer.classes.items() if count}, set(layer.classes)

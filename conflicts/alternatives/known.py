"""What every what-if needs to know of the land, kept by each process until something changes.

Rule books are read and their selectors named once per version; which classes and lifecycles a
layer holds, and where it was surveyed, are asked once per published version.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import shapely
from django.db import connection
from shapely.geometry.base import BaseGeometry

from conflicts.alike import Likeness
from conflicts.asked_rules import AskedRule, Side, asked_rules
from conflicts.coverage import Unseen
from conflicts.detection import Detector
from conflicts.judgements import InBoth, explained_gaps
from conflicts.models import RuleBook
from conflicts.vocab import RuleBookStatus
from layers.queries import all_branches
from layers.sql_files import load_sql

# Several processes and tests may look at several states in turns; each state is small.
STATES_KEPT = 4
SENTENCES_KEPT = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerNow:
    """A layer as it stands: its published version and a text that changes with its surveys."""

    number: int
    slug: str
    theme: str
    visibility: str
    version: int  # LayerVersion.pk; 0: none is published
    published_number: int
    surveys: str


class Kind(NamedTuple):
    """What features of a layer are alike in: class (its row; None: without) and lifecycle."""

    land_use: int | None
    lifecycle: str


@dataclass(slots=True)
class KnownLand:
    """The land in one state: layers, classes, what each layer holds, where it was surveyed."""

    layers: Mapping[int, LayerNow]
    class_tree: str
    codes: Mapping[int, str]  # of the classes, by their rows
    branches: dict[str, list[str]]
    books: dict[int, list[AskedRule]] = field(default_factory=dict)
    meant: dict[tuple[str, Likeness], bool] = field(default_factory=dict)
    holding: dict[tuple[str, frozenset[int]], Mapping[int, bool]] = field(default_factory=dict)
    grounds: dict[tuple[str, tuple[str, ...]], BaseGeometry | None] = field(default_factory=dict)
    # what rules cannot see, whatever the place, and what must be asked of each place
    unseen: dict[tuple[object, ...], list[tuple[dict[str, Any], Unseen | None]]] = field(
        default_factory=dict
    )
    sentences: dict[str, InBoth] = field(default_factory=dict)  # what is missing, in words

    def explained(self, gaps: Iterable[Mapping[str, Any]]) -> tuple[InBoth, ...]:
        """Return what is missing as sentences, each once; equal gaps are put into words once."""
        if len(self.sentences) > SENTENCES_KEPT:
            self.sentences.clear()
        spoken = {}
        for gap in gaps:
            key = json.dumps(gap, sort_keys=True, default=str)
            if key not in self.sentences:
                [self.sentences[key]] = explained_gaps([gap])
            spoken[self.sentences[key]["en"]] = self.sentences[key]
        return tuple(spoken.values())

    def rules_of(self, book: RuleBook) -> list[AskedRule]:
        """Return the rules of a version of a rule book, read once; a draft is read each time."""
        if book.status == RuleBookStatus.DRAFT:
            return asked_rules(book, Detector(branches=self.branches))
        if book.pk not in self.books:
            self.books[book.pk] = asked_rules(book, Detector(branches=self.branches))
        return self.books[book.pk]

    def may_mean(self, side: Side, layer: int, kind: Kind) -> bool:
        """Tell whether a selector may mean such features; their attributes decide."""
        at = self.layers[layer]
        code = None if kind.land_use is None else self.codes[kind.land_use]
        like = Likeness(at.slug, at.theme, code, kind.lifecycle)
        key = (side.question, like)
        if key not in self.meant:
            self.meant[key] = side.may_mean(like)
        return self.meant[key]

    def layers_holding(self, side: Side, without: Collection[int] = ()) -> Mapping[int, bool]:
        """Return the layers that hold what a selector means, and whether surely.

        ``without`` are rows that do not count.
        """
        key = (side.question, frozenset(without))
        if key in self.holding:
            return self.holding[key]
        found: dict[int, bool] = {}
        for number, layer in self.layers.items():
            kinds = [k for k in kinds_held(number, layer.version) if self.may_mean(side, number, k)]
            if kinds:
                has_any, has_sure = _holds(side, number, kinds, without)
                found |= {number: has_sure} if has_any else {}
        if not without:
            self.holding[key] = found
        return found

    def surveyed(self, slug: str, asked: tuple[str, ...]) -> BaseGeometry | None:
        """Return where a layer is completely surveyed for classes; None: nowhere."""
        key = (slug, asked)
        if key not in self.grounds:
            self.grounds[key] = _surveyed(slug, asked)
        return self.grounds[key]

    def is_unseen(self, shape: BaseGeometry, question: Unseen) -> bool:
        """Tell whether not enough layers were surveyed all around a shape, as a detection does."""
        grounds = [self.surveyed(slug, question.asked) for slug in question.layers]
        covering = [g for g in grounds if g is not None and _covers(g, shape, question.reach_m)]
        return len(covering) < question.layers_needed


def _covers(ground: BaseGeometry, shape: BaseGeometry, reach_m: float) -> bool:
    west, south, east, north = shape.bounds
    wide = shapely.box(west - reach_m, south - reach_m, east + reach_m, north + reach_m)
    if ground.covers(wide):
        return True
    return bool(ground.covers(shape) and ground.boundary.distance(shape) >= reach_m)


def _surveyed(slug: str, asked: tuple[str, ...]) -> BaseGeometry | None:
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "surveyed_ground.sql"), {"layer": slug, "asked": list(asked)}
        )
        found = cursor.fetchone()
    if found is None or found[0] is None:
        return None
    ground: BaseGeometry = shapely.from_wkb(bytes(found[0]))
    shapely.prepare(ground)
    return ground


@lru_cache(maxsize=256)
def kinds_held(layer: int, version: int) -> frozenset[Kind]:
    """Return which classes and lifecycles a published version of a layer holds."""
    if not version:
        return frozenset()
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "kinds_held.sql"), {"layer": layer})
        return frozenset(Kind(*row) for row in cursor.fetchall())


def _holds(
    side: Side, layer: int, kinds: Iterable[Kind], without: Collection[int]
) -> tuple[bool, bool]:
    """Return whether a layer holds what a selector means, and whether it does surely."""
    asked = side.parameters
    if asked["where"] is None and not asked["areas_only"] and not without:
        return True, True
    told = list(kinds)
    parameters = {
        "layer": layer,
        "classes": [kind.land_use or 0 for kind in told],
        "lifecycles": [kind.lifecycle for kind in told],
        "where": asked["where"],
        "areas_only": asked["areas_only"],
        "without": list(without),
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "layer_holds.sql"), parameters)
        has_any, has_sure = cursor.fetchone()
    return has_any, has_sure


_states: dict[tuple[object, ...], KnownLand] = {}


def known_land() -> KnownLand:
    """Return the land as it stands now; what is known of it is kept while it stands so."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "layers_standing.sql"))
        layers = [LayerNow(**dict(zip(_names(cursor), row, strict=True))) for row in cursor]
        cursor.execute(load_sql(__file__, "class_tree.sql"))
        (class_tree, codes) = cursor.fetchone()
    # what is neither published nor surveyed holds nothing
    counting = [layer for layer in layers if layer.version or layer.surveys]
    state = (connection.settings_dict["NAME"], class_tree, *counting)
    if state not in _states:
        while len(_states) >= STATES_KEPT:
            _states.pop(next(iter(_states)))
        _states[state] = KnownLand(
            layers={},
            class_tree=class_tree,
            codes={int(number): code for number, code in json.loads(codes or "{}").items()},
            branches=all_branches(),
        )
    _states[state].layers = {layer.number: layer for layer in layers}
    return _states[state]


def _names(cursor: object) -> list[str]:
    return [column.name for column in cursor.description]  # type: ignore[attr-defined]

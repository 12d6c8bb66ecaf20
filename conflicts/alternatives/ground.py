"""The ground an alternative concerns: what would change and what lies near it, in working tables.

``conflict_ground`` holds the rows as they stand, the changed ones as they stand and as they would
stand (the latter with negative numbers). Which of the two counts is told by the selections, so the
kinds' questions are asked as in a detection. Nothing but working tables is written.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import shapely
from django.db import connection
from shapely.geometry.base import BaseGeometry

from conflicts import detection
from conflicts.alike import Likeness
from conflicts.alternatives.changes import Alternative
from conflicts.alternatives.known import Kind, KnownLand
from conflicts.asked_rules import Side
from conflicts.counted import Counted, Listed
from conflicts.coverage import EXAMPLES, Selection
from conflicts.whatif import SLACK_M
from layers.crs import PROJECT_SRID
from layers.errors import UserFacingError
from layers.services import NewFeature
from layers.sql_files import load_sql

# Beside it lies the SQL that all detections share.
_DETECTION = str(Path(detection.__file__))


class Row(NamedTuple):
    """A row on the ground."""

    number: int  # Feature.pk; negative: as it would stand
    layer: int
    stable_id: str
    kind: Kind
    dimension: int


class Look(NamedTuple):
    """What is to be looked for near what changes; ``clips``: no more of it than lies there."""

    metres: float
    side: Side
    clips: bool = False


Meant = dict[int, bool | None]  # which rows a selector means: surely (True), or perhaps (None)


@dataclass(slots=True)
class Ground:
    """What changes, and what of the land was taken onto the ground so far."""

    known: KnownLand
    hidden: frozenset[int]  # layers that the reader may not see
    rows: dict[int, Row] = field(default_factory=dict)
    old: frozenset[int] = frozenset()  # changed rows as they stand
    new: frozenset[int] = frozenset()  # changed rows as they would stand
    shapes: dict[int, BaseGeometry] = field(default_factory=dict)  # of the new
    found: dict[tuple[frozenset[int], float, bool], tuple[set[int], set[int], set[int]]] = field(
        default_factory=dict
    )
    holds: dict[tuple[str, int], bool | None] = field(default_factory=dict)
    meant_kinds: dict[tuple[str, int, Kind], bool] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    @property
    def changed(self) -> frozenset[int]:
        """All changed rows, as they stand and as they would stand."""
        return self.old | self.new

    def take(self, looks: Iterable[Look], origins: frozenset[int]) -> None:
        """Take what selectors may mean near some rows onto the ground: once per distance."""
        wanted: dict[tuple[float, bool], tuple[set[int], set[int]]] = {}
        for look in looks:
            classes, layers = wanted.setdefault((look.metres, look.clips), (set(), set()))
            named = self._classes_of(look.side)
            classes |= named
            if not named:
                layers |= self._layers_of(look.side)
        for (metres, clips), (classes, layers) in sorted(wanted.items(), key=lambda each: each[0]):
            self._take(origins, metres, clips, classes, layers)

    def near(
        self, side: Side, origins: frozenset[int], metres: float, *, clips: bool = False
    ) -> set[int]:
        """Return the rows that do not change, near some rows, that a selector may mean.

        With ``clips`` no more of them is taken onto the ground than lies where something changes.
        """
        if not origins:
            return set()
        self.take([Look(metres, side, clips)], origins)
        near, _classes, _layers = self.found[origins, metres, clips]
        return {number for number in near - self.changed if self._may_mean(side, number)}

    def meant_changes(self, side: Side, rows: Collection[int]) -> set[int]:
        """Return which changed rows a selector may mean."""
        return {number for number in rows if self._may_mean(side, number)}

    def _may_mean(self, side: Side, number: int) -> bool:
        row = self.rows[number]
        key = (side.question, row.layer, row.kind)
        if key not in self.meant_kinds:  # thousands of rows are of a few kinds
            self.meant_kinds[key] = self.known.may_mean(side, row.layer, row.kind)
        return self.meant_kinds[key]

    def _classes_of(self, side: Side) -> set[int]:
        named = set(side.classes)
        return {number for number, code in self.known.codes.items() if code in named}

    def _layers_of(self, side: Side) -> set[int]:
        asked = side.parameters
        return {
            number
            for number, layer in self.known.layers.items()
            if (asked["layers"] is None or layer.slug in asked["layers"])
            and asked["theme"] in {"", layer.theme}
        }

    def _take(
        self,
        origins: frozenset[int],
        metres: float,
        clips: bool,  # noqa: FBT001 - one of a look's three parts
        classes: set[int],
        layers: set[int],
    ) -> None:
        near, classes_taken, layers_taken = self.found.setdefault(
            (origins, metres, clips), (set(), set(), set())
        )
        classes, layers = classes - classes_taken, layers - layers_taken
        if not (classes or layers):
            return
        rows = _rows(
            "take_near.sql",
            origins=sorted(origins),
            metres=metres + SLACK_M,
            classes=sorted(classes),
            layers=sorted(layers),
            hidden=sorted(self.hidden),
            changed=sorted(self.changed),
            clips=clips,
        )
        near |= {row.number for row in rows}
        self.rows |= {row.number: row for row in rows if row.number not in self.rows}
        classes_taken |= classes
        layers_taken |= layers

    def judge(self, asked: Iterable[tuple[Side, Collection[int]]]) -> None:
        """Find out on which rows the conditions of selectors hold: one question for all."""
        open_ = {
            (side.question, number): side
            for side, numbers in asked
            if side.parameters["where"] is not None
            for number in numbers
            if (side.question, number) not in self.holds
        }
        if not open_:
            return
        questions = list({side.question: side for side in open_.values()}.values())
        places = {side.question: place for place, side in enumerate(questions, start=1)}
        with connection.cursor() as cursor:
            cursor.execute(
                load_sql(__file__, "conditions.sql"),
                {
                    "conditions": json.dumps([side.parameters["where"] for side in questions]),
                    "places": [places[question] for question, _number in open_],
                    "rows": [number for _question, number in open_],
                },
            )
            for place, number, holds in cursor.fetchall():
                self.holds[questions[place - 1].question, number] = holds

    def meant(self, side: Side, numbers: Collection[int]) -> Meant:
        """Return which of some rows a selector means, surely or perhaps."""
        self.judge([(side, numbers)])
        told: Meant = {}
        for number in numbers:
            if side.parameters["where"] is not None:
                holds = self.holds[side.question, number]
            else:
                holds = True
            if holds is not False:
                told[number] = None if self._lacks_area(side, number) else holds
        return told

    def _lacks_area(self, side: Side, number: int) -> bool:
        return bool(side.parameters["areas_only"]) and self.rows[number].dimension < 2  # noqa: PLR2004 - areas

    def selection(self, side: Side, numbers: Collection[int], layers: Mapping[int, bool]) -> "Put":
        """Return rows as a selection; ``layers`` are those that hold what the selector means."""
        return Put(next(self.numbers), side, self.meant(side, numbers), layers)

    def described(self, put: "Put") -> Selection:
        """Return a selection as coverage and the kinds' questions take it."""
        slugs = {number: self.known.layers[number].slug for number in put.layers}
        unsure = [n for n, holds in put.meant.items() if holds is None]
        shapeless = [n for n in unsure if self._lacks_area(put.side, n)]
        counted = Counted(
            layers=self._by_layer(put.meant),
            unsure=self._listed(set(unsure) - set(shapeless)),
            shapeless=self._listed(shapeless),
        )
        told = Selection.of(put.number, put.side.classes, counted, put.side.question)
        return replace(
            told,
            layers=tuple(sorted(slugs.values())),
            sure_layers=tuple(sorted(slugs[number] for number, sure in put.layers.items() if sure)),
            alike=frozenset(self._likenesses(put.meant)),
        )

    def _likenesses(self, numbers: Iterable[int]) -> Iterator[Likeness]:
        for number, kind in {(self.rows[n].layer, self.rows[n].kind) for n in numbers}:
            layer, use = self.known.layers[number], kind.land_use
            code = None if use is None else self.known.codes[use]
            yield Likeness(layer.slug, layer.theme, code, kind.lifecycle)

    def _by_layer(self, meant: Meant) -> dict[str, tuple[int, int]]:
        counted: dict[str, tuple[int, int]] = {}
        for number, holds in meant.items():
            slug = self.known.layers[self.rows[number].layer].slug
            many, sure = counted.get(slug, (0, 0))
            counted[slug] = (many + 1, sure + bool(holds))
        return counted

    def _listed(self, numbers: Collection[int]) -> Listed:
        names = sorted(self.rows[number].stable_id for number in numbers)
        return Listed(len(names), tuple(names[:EXAMPLES]))


@dataclass(frozen=True, slots=True)
class Put:
    """A selection of rows on the ground, with the layers in which its selector finds anything."""

    number: int
    side: Side
    meant: Meant
    layers: Mapping[int, bool]


def put_selections(selections: Sequence[Put], ground: Ground) -> None:
    """Put selections into the working table: one statement, however many."""
    rows = [
        (put.number, number, holds, ground._lacks_area(put.side, number))  # noqa: SLF001 - the same module
        for put in selections
        for number, holds in put.meant.items()
    ]
    if rows:
        numbers, features, holds, lacking = (list(column) for column in zip(*rows, strict=True))
        run(
            "put_selections.sql", selections=numbers, features=features, sure=holds, lacking=lacking
        )


class ChangedAwayError(UserFacingError):
    """A feature that is to be moved or removed is not there."""

    status = 404


def lay_ground(known: KnownLand, alternative: Alternative, hidden: frozenset[int]) -> Ground:
    """Put the changed rows, as they stand and as they would stand, on empty working tables."""
    ground = Ground(known=known, hidden=hidden)
    run_shared("create_detection_tables.sql", "drop_ground.sql", "create_ground_table.sql")
    old = _rows(
        "take_changed.sql",
        layers=[change.layer.pk for change in alternative.changes],
        names=[change.stable_id for change in alternative.changes],
        hidden=sorted(hidden),
    )
    after = [(c, c.after) for c in alternative.changes if c.after is not None]
    classes = {code: number for number, code in known.codes.items()}
    if after:
        run(
            "stand.sql",
            rows=[-n for n, _each in enumerate(after, start=1)],
            layers=[change.layer.pk for change, _feature in after],
            names=[change.stable_id for change, _feature in after],
            land_uses=[classes.get(feature.land_use or "") for _change, feature in after],
            lifecycles=[str(feature.lifecycle) for _change, feature in after],
            shapes=[shape_of(feature).wkb for _change, feature in after],
            properties=json.dumps([dict(feature.properties) for _change, feature in after]),
            srid=PROJECT_SRID,
        )
    new = []
    for number, (change, feature) in enumerate(after, start=1):
        shape = shape_of(feature)
        kind = Kind(classes.get(feature.land_use or ""), str(feature.lifecycle))
        dimension = int(shapely.get_dimensions(shape))
        new.append(Row(-number, change.layer.pk, change.stable_id, kind, dimension))
        ground.shapes[-number] = shape
    ground.rows = {row.number: row for row in [*old, *new]}
    ground.old = frozenset(row.number for row in old)
    ground.new = frozenset(row.number for row in new)
    return ground


def shape_of(feature: NewFeature) -> BaseGeometry:
    """Return the shape of a feature, however it is written."""
    shape = feature.geometry
    return shapely.from_wkb(shape) if isinstance(shape, bytes) else shape


def _rows(file: str, **parameters: Any) -> list[Row]:  # noqa: ANN401 - named parameters
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)
        return [
            Row(number, layer, name, Kind(land_use, lifecycle), dimension)
            for number, layer, name, land_use, lifecycle, dimension in cursor.fetchall()
        ]


def run(file: str, **parameters: Any) -> None:  # noqa: ANN401 - named parameters
    """Run one statement of what-if."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)


def run_shared(*files: str) -> None:
    """Run statements that detections make their working tables with."""
    with connection.cursor() as cursor:
        cursor.execute(";\n".join(load_sql(_DETECTION, file) for file in files))

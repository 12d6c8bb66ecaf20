"""What the rules find of the ground before the changes and after them, by the kinds' own SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from conflicts.alternatives.ground import Ground, Put, run, run_shared
from conflicts.alternatives.sides import Concern, Pairing, Rows
from conflicts.asked_rules import Side
from conflicts.coverage import Selection
from conflicts.detection import count_selection, find_hits, put_selection
from conflicts.judgements import Hit
from layers.sql_files import load_sql

Identity = tuple[str, str, str, str, str]  # rule, subject's layer and name, object's layer and name
Hits = dict[Identity, Hit]
Untold = dict[tuple[str, str, str], str]  # rule, subject's layer and name: why it cannot tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question of a rule in one state of the land: its selections."""

    concern: Concern
    subject: Put
    object: Put
    others: Sequence[Put]

    @property
    def asks(self) -> bool:
        """False where nothing can be found: a side is empty."""
        has_objects = any(self.object.meant.values()) or self.concern.asked.kind.asks_alone
        return bool(any(self.subject.meant.values()) and has_objects)

    @property
    def selections(self) -> tuple[Put, ...]:
        """All selections."""
        return (self.subject, self.object, *self.others)


@dataclass(slots=True)
class State:
    """The land before the changes (``gone``: as they would stand) or after them."""

    ground: Ground
    gone: Rows  # changed rows that do not count in this state
    layers: dict[str, Mapping[int, bool]] = field(default_factory=dict)
    puts: dict[tuple[str, Rows], Put] = field(default_factory=dict)  # equal ones are put once

    def questions(self, concern: Concern, paired: Sequence[Pairing]) -> list[Question]:
        """Return the questions of one rule that can find anything in this state."""
        sides = concern.asked.sides
        asked = [
            Question(
                concern=concern,
                subject=self.put(sides["subject"], pairing.subjects),
                object=self.put(sides["object"], pairing.objects),
                others=[self.put(sides[name], rows) for name, rows in pairing.others.items()],
            )
            for pairing in paired
            if pairing.subjects - self.gone
        ]
        return [question for question in asked if question.asks]

    def put(self, side: Side, rows: Rows) -> Put:
        """Return rows as a selection in this state."""
        key = (side.question, rows - self.gone)
        if key not in self.puts:
            held = self.layers_holding(side)
            self.puts[key] = self.ground.selection(side, rows - self.gone, held)
        return self.puts[key]

    def layers_holding(self, side: Side) -> Mapping[int, bool]:
        """Return the layers that hold what a selector means, in this state of the land."""
        if side.question not in self.layers:
            self.layers[side.question] = self._layers_holding(side)
        return self.layers[side.question]

    def _layers_holding(self, side: Side) -> Mapping[int, bool]:
        ground = self.ground
        missing = ground.meant_changes(side, ground.old & self.gone)
        came = ground.meant(side, ground.meant_changes(side, ground.new - self.gone))
        held: dict[int, bool] = {}
        for number, holds in came.items():
            layer = ground.rows[number].layer
            held[layer] = held.get(layer, False) or bool(holds)
        # a row that went is missed only where no changed row of its layer stands in for it
        is_missed = any(not held.get(ground.rows[number].layer) for number in missing)
        known = ground.known.layers_holding(side, missing if is_missed else ())
        for number, sure in known.items():
            if number not in ground.hidden:
                held[number] = held.get(number, False) or sure
        return held

    def measure(self, questions: Sequence[Question]) -> Hits:
        """Return what the rules find, by identity; exempted pairs are none."""
        run("forget_hits.sql")
        for question in questions:
            described = self.ground.described
            between = [described(put) for put in question.others]
            find_hits(
                question.concern.asked.rule,
                described(question.subject),
                described(question.object),
                between=between[0] if between else None,
            )
        return _taken() if questions else {}


def _taken() -> Hits:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "take_found.sql"))
        names = [column.name for column in cursor.description or ()]
        hits = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    return {identity_of(hit): hit for hit in hits}


def untold_subjects() -> Untold:
    """Return the subjects that the rules put aside when they were measured last."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "take_untold.sql"))
        return {(rule, layer, name): reason for rule, layer, name, reason in cursor.fetchall()}


def identity_of(hit: Mapping[str, Any]) -> Identity:
    """Return what tells one finding from all others."""
    return (
        hit["rule_code"], hit["subject_layer"], hit["subject_id"],
        hit["object_layer"], hit["object_id"],
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """What a rule finds of all the land in one state, and what its two sides mean there."""

    hits: Hits
    subject: Selection
    objects: Selection


def measure_whole(concern: Concern, state: State) -> Whole:
    """Ask a rule of all the land in one state; the ground must be all of it."""
    run("forget_hits.sql")
    asked = concern.asked
    told = {name: _all_of(side, state) for name, side in asked.sides.items()}
    between = [told[name] for name in asked.others]
    find_hits(asked.rule, told["subject"], told["object"], between=between[0] if between else None)
    return Whole(hits=_taken(), subject=told["subject"], objects=told["object"])


def _all_of(side: Side, state: State) -> Selection:
    """Select all that a selector means, wherever it lies."""
    ground = state.ground
    number = next(ground.numbers)
    hidden = [ground.known.layers[layer].slug for layer in ground.hidden]
    put_selection(number, side.parameters)
    run("leave_out.sql", selection=number, rows=list(state.gone), hidden=hidden)
    return Selection.of(number, side.classes, count_selection(number), side.question)


def look_everywhere() -> None:
    """Make the ground all the land, the changed rows as they would stand among it."""
    run("keep_changed.sql")
    run_shared("drop_ground.sql")
    run("all_ground.sql")

"""Asks the rules of what changed and of what lies near it: the same questions, of less ground.

``conflict_ground`` is then a table of the neighbourhood instead of a view of everything. Counts go
on from what the detection before left (``memory``). Where that does not suffice, the rule says
MustCountAgainError and is asked of everything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection

from conflicts.asked_rules import AskedRule, Likeness, Side
from conflicts.city_ground import GroundAsked
from conflicts.counted import NONE_COUNTED, Counted, Listed, MustCountAgainError
from conflicts.coverage import EXAMPLES, Selection, Unseen, proving_layers, unseen_among
from conflicts.detection import (
    Detector,
    Noted,
    Outcome,
    count_selection,
    find_hits,
    put_selection,
)
from conflicts.kinds import Rule
from conflicts.reach import Scope
from layers.sql_files import load_sql

ALL_NAMES = 2**31 - 1
# Cutting rounds: what is near enough is looked for a centimetre farther.
SPARE_M = 0.01


@dataclass(frozen=True, slots=True)
class Moved:
    """The changed rows that one selector means: the number of the selection and its numbers."""

    number: int
    counted: Counted


@dataclass(slots=True)
class Neighbourhood(Detector):
    """A detection that looks only at what changed and at what lies near it."""

    before: Mapping[str, Noted] = field(default_factory=dict)
    unlike: frozenset[str] = frozenset()  # layers of which surveys prove something else now
    went: dict[str, Moved] = field(default_factory=dict)  # by the question of the selector
    came: dict[str, Moved] = field(default_factory=dict)
    everywhere: Mapping[str, Selection] = field(default_factory=dict)  # of the rule being measured

    def note_moved(self, sides: Iterable[Side], likenesses: Iterable[Likeness]) -> None:
        """Find out which changed rows each selector means: those that ended, those that began."""
        alike = list(likenesses)
        asked = {side.question: side for side in sides if any(map(side.may_mean, alike))}
        for file, moved in (("ground_of_ended.sql", self.went), ("ground_of_begun.sql", self.came)):
            _run(file)
            for question, side in asked.items():
                number = next(self.numbers)
                if put_selection(number, side.parameters):
                    moved[question] = Moved(number, count_selection(number, ALL_NAMES))

    def look_nearby(self) -> None:
        """Make the ground a table of the neighbourhood, empty at first."""
        _run("drop_ground.sql")
        _run("create_ground_table.sql")

    def look_everywhere(self) -> None:
        """Make the ground everything again."""
        _run("drop_ground.sql")
        _run("create_ground_view.sql")

    def is_moved(self, side: Side) -> bool:
        """Tell whether something changed that a selector means."""
        return side.question in self.went or side.question in self.came

    def answer_nearby(self, asked: AskedRule, sides: Mapping[str, Selection]) -> Outcome:
        """Return what a rule cannot tell; what it found is counted when it was measured.

        Raises
        ------
        MustCountAgainError
            What was counted before does not suffice, or the other side would be cut now.
        """
        outcome = self.answer(asked.rule, sides["subject"], sides["object"])
        before, now = self.before[asked.code], self.noted[asked.code]
        if before.outer_is_subject != now.outer_is_subject:
            raise MustCountAgainError
        return outcome

    def is_touched(self, asked: AskedRule) -> bool:
        """Tell whether something changed that one of the rule's selectors means."""
        return any(self.is_moved(side) for side in asked.sides.values())

    def counted_now(self, question: str, before: Counted) -> Counted:
        """Return what a selector means now, in numbers.

        Raises
        ------
        MustCountAgainError
            Too many of the first names went.
        """
        went, came = (
            moved[question].counted if question in moved else NONE_COUNTED
            for moved in (self.went, self.came)
        )
        return before.moved(went, came, needed=EXAMPLES)

    def unseen(self, rule: Rule, subject: Selection, question: Unseen) -> Listed:
        """Return about how many subjects a rule cannot tell: those before and what changed."""
        known = dict(self.before[rule.code].unseen).get(question)
        if known is None or not self.unlike.isdisjoint(question.layers):
            raise MustCountAgainError
        gone, come = (
            unseen_among(moved[subject.question].number, question, ALL_NAMES).first
            if subject.question in moved
            else ()
            for moved in (self.went, self.came)
        )
        return known.moved(gone, come, needed=EXAMPLES)

    def ground_of(self, rule: Rule, subject: Selection) -> GroundAsked | None:
        """Return where such features were looked for: as before, while no survey changed."""
        layers = tuple(sorted(set(proving_layers(rule.subject, subject))))
        if not layers:
            return None
        known = self.before[rule.code].ground
        if known is None or (known.layers, known.asked) != (layers, subject.classes):
            raise MustCountAgainError
        if not self.unlike.isdisjoint(layers):
            raise MustCountAgainError
        return known

    def measure(self, asked: AskedRule, everywhere: Mapping[str, Selection]) -> None:
        """Put into conflict_hit what the rule finds of what changed, or whose ground did."""
        self.everywhere = everywhere
        if asked.reach.scope == Scope.PAIR:
            self._measure_pairs(asked)
        else:
            self._measure_subjects(asked)

    def _measure_pairs(self, asked: AskedRule) -> None:
        """Measure each pair of which one side changed, or what lies between.

        Where a feature may be subject of one pair and object of another, both ways round are
        measured together, so that the same one of them is kept as in a full detection.
        """
        subject, objects = asked.sides["subject"], asked.sides["object"]
        reach = asked.reach
        subjects = self._union(self._came(subject), self._near_others(asked, subject))
        held = self._union(self._came(objects), self._among(objects, subjects))
        far_objects = self._near(objects, subjects, reach.objects_m)
        far_subjects = self._near(subject, held, reach.objects_m)
        between = {
            name: self._near(side, (*subjects, *held), reach.between_m)
            for name, side in asked.others.items()
        }
        _scope(asked.code, (*subjects, *held))
        if _meet((*subjects, *far_subjects), (*held, *far_objects)):
            all_subjects = self._union(subjects, far_subjects)
            all_objects = self._union(held, far_objects)
            self._find(asked, all_subjects, all_objects, between)
            _keep_hits_of(asked.code, (*subjects, *held))
        else:
            self._find(asked, subjects, far_objects, between)
            self._find(asked, self._union(far_subjects, minus=subjects), held, between)

    def _measure_subjects(self, asked: AskedRule) -> None:
        """Measure each subject that changed, or near which something did, against all near it."""
        subject, objects, reach = asked.sides["subject"], asked.sides["object"], asked.reach
        near = self._near(subject, self._moved(objects), reach.objects_m)
        subjects = self._union(self._came(subject), near, self._near_others(asked, subject))
        # what is subject and object at once may be the object of a pair that is kept the other way
        mirrored = () if asked.kind.object_is_map else self._among(objects, subjects)
        all_subjects = self._union(subjects, self._near(subject, mirrored, reach.objects_m))
        found = self._near(objects, all_subjects, reach.objects_m)
        others = {
            name: self._near(side, all_subjects, reach.between_m)
            for name, side in asked.others.items()
        }
        _scope(asked.code, subjects)
        self._find(asked, all_subjects, found, others)
        if mirrored:
            _keep_hits_of(asked.code, subjects)

    def _find(
        self,
        asked: AskedRule,
        subjects: tuple[int, ...],
        objects: tuple[int, ...],
        others: Mapping[str, tuple[int, ...]],
    ) -> None:
        between = next((_working(_NOTHING, numbers) for numbers in others.values()), None)
        subject, object_ = self.everywhere["subject"], self.everywhere["object"]
        find_hits(
            asked.rule, _working(subject, subjects), _working(object_, objects), between=between
        )

    def _came(self, side: Side) -> tuple[int, ...]:
        return (self.came[side.question].number,) if side.question in self.came else ()

    def _moved(self, side: Side) -> tuple[int, ...]:
        moved = (known.get(side.question) for known in (self.went, self.came))
        return tuple(rows.number for rows in moved if rows is not None)

    def _near_others(self, asked: AskedRule, subject: Side) -> tuple[int, ...]:
        """Return the subjects near which something else that the rule asks for changed."""
        origins = [n for side in asked.others.values() for n in self._moved(side)]
        return self._near(subject, tuple(origins), asked.reach.between_m)

    def _near(self, side: Side, origins: tuple[int, ...], metres: float) -> tuple[int, ...]:
        """Take what a selector means near some features onto the ground; return it selected."""
        if not origins:
            return ()
        _run(
            "ground_near.sql",
            origins=list(origins),
            metres=metres + SPARE_M,
            classes=side.parameters["classes"],
        )
        return self._select(side)

    def _among(self, side: Side, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """Return which features of some selections another selector means too."""
        if not numbers:
            return ()
        _run("near_are.sql", origins=list(numbers))
        return self._select(side)

    def _select(self, side: Side) -> tuple[int, ...]:
        number = next(self.numbers)
        return (number,) if put_selection(number, side.parameters, among="near") else ()

    def _union(self, *selections: tuple[int, ...], minus: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return one selection of what is in any of these and in none of ``minus``."""
        numbers = [number for selection in selections for number in selection]
        if len(numbers) <= 1 and not minus:
            return tuple(numbers)
        number = next(self.numbers)
        rows = _run("unite_selections.sql", selection=number, of=numbers, minus=list(minus))
        return (number,) if rows else ()


_NOTHING = Selection.of(0, (), NONE_COUNTED)


def _working(everywhere: Selection, numbers: tuple[int, ...]) -> Selection:
    """Return a selection of the neighbourhood as the kinds' questions take it."""
    if not numbers:
        return replace(everywhere, number=0, sure=0)
    return replace(everywhere, number=numbers[0], sure=_size(numbers[0]))


def _scope(rule_code: str, numbers: tuple[int, ...]) -> None:
    if numbers:
        _run("note_scope.sql", rule_code=rule_code, selections=list(numbers))


def _keep_hits_of(rule_code: str, numbers: tuple[int, ...]) -> None:
    _run("keep_hits_of.sql", rule_code=rule_code, selections=list(numbers))


def _meet(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "selections_meet.sql"), {"one": list(one), "other": list(other)}
        )
        return bool(cursor.fetchone()[0])


def _size(number: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM conflict_selection WHERE selection = %(selection)s AND is_sure",
            {"selection": number},
        )
        return int(cursor.fetchone()[0])


def _run(file: str, **parameters: Any) -> int:  # noqa: ANN401 - named parameters
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)
        return int(cursor.rowcount)

"""Asks the rules of what changed and of what lies near it: the same questions, of less ground.

``conflict_ground`` is then a table of the neighbourhood instead of a view of everything. Counts go
on from what the detection before left (``memory``). Where that does not suffice, the rule says
MustCountAgainError and is asked of everything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conflicts.absences import Untold, forget_measured, let_ended_stand, take_untold, untold_now
from conflicts.asked_rules import AskedRule, Side
from conflicts.city_ground import GroundAsked
from conflicts.counted import NONE_COUNTED, Listed, MustCountAgainError
from conflicts.coverage import Selection, proving_layers
from conflicts.detection import (
    Detector,
    Noted,
    Outcome,
    find_hits,
)
from conflicts.kinds import Rule, sides_asked
from conflicts.moved import Moved, MovedRows
from conflicts.proofs import Proofs
from conflicts.reach import Scope
from conflicts.unseen import EXAMPLES, Unseen, unseen_among
from conflicts.working_tables import keep_hits_of, meet, note_scope, run, tables_stand

ALL_NAMES = 2**31 - 1
FILES_OF_TABLES = ("drop_ground.sql", "create_detection_tables.sql", "create_ground_table.sql")
# Cutting rounds: what is near enough is looked for a centimetre farther.
SPARE_M = 0.01


@dataclass(slots=True)
class Neighbourhood(Detector):
    """A detection that looks only at what changed and at what lies near it."""

    before: Mapping[str, Noted] = field(default_factory=dict)
    unlike: frozenset[str] = frozenset()  # layers of which surveys prove something else now
    moved: MovedRows = field(default_factory=MovedRows)
    proofs: Proofs = field(default_factory=lambda: Proofs({}, ""))
    everywhere: Mapping[str, Selection] = field(default_factory=dict)  # of the rule being measured
    put_aside: dict[str, Untold] = field(default_factory=dict)  # by rule
    has_begun: bool = False  # what began stands on the ground

    @classmethod
    def beside(cls, branches: dict[str, list[str]]) -> "Neighbourhood":
        """Begin with the working tables empty, the ground among them, as a table.

        A session keeps them from one re-check to the next: to make them takes longer than to ask.
        """
        if tables_stand():
            run("empty_working_tables.sql")
        else:
            for file in FILES_OF_TABLES:
                run(file)
        return cls(branches=branches)

    def leave(self, *, keeps_tables: bool) -> None:
        """End; the working tables stay for the next re-check if few rows are in them."""
        if not keeps_tables:
            self.close()

    def look_nearby(self) -> None:
        """Make the ground a table of the neighbourhood, empty at first."""
        run("drop_ground.sql")
        run("create_ground_table.sql")
        self.has_begun = False

    def prepare(self, sides: Iterable[Side]) -> None:
        """Let what began stand on the ground, and select what changed as some selectors mean it."""
        if not self.has_begun:
            run("ground_of_begun.sql")
            self.has_begun = True
        self.moved.select(sides)

    def look_everywhere(self) -> None:
        """Make the ground everything again."""
        run("drop_ground.sql")
        run("create_ground_view.sql")

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

    def answer_absence(self, asked: AskedRule, sides: Mapping[str, Selection]) -> Outcome:
        """Measure whose absence what changed decides, and return what the rule cannot tell.

        Raises
        ------
        MustCountAgainError
            What was counted before does not suffice, or another side would be cut now.
        """
        outer_is_subject = sides["subject"].counted.sure <= sides["object"].counted.sure
        if self.before[asked.code].outer_is_subject != outer_is_subject:
            raise MustCountAgainError
        self.prepare(asked.sides.values())
        self.everywhere = sides
        self._measure_absence(asked)
        try:
            return self.answer_nearby(asked, sides)
        except MustCountAgainError:
            forget_measured(asked.code)
            raise

    def _measure_absence(self, asked: AskedRule) -> None:
        subject, objects, metres = (
            asked.sides["subject"],
            asked.sides["object"],
            asked.reach.objects_m,
        )
        near = self._near(subject, self._moved(objects), metres)
        subjects = self._union(self._came(subject), near)
        before = self._union(self._went(subject), near, minus=self._came(subject))
        had = self._union(
            self._went(objects), self._near(objects, before, metres), minus=self._came(objects)
        )
        note_scope(asked.code, near)
        let_ended_stand()
        self._find(asked, before, had, {})
        then = take_untold(asked.code)
        self._find(asked, subjects, self._near(objects, subjects, metres), {})
        self.put_aside[asked.code] = Untold(then, untold_now(asked.code))

    def untold(self, rule: Rule, subject: Selection) -> Sequence[tuple[str, Listed]]:  # noqa: ARG002
        """Return about how many subjects a rule put aside as untold: those before, and changed."""
        known = self.before[rule.code].untold
        if rule.code not in self.put_aside:
            return known
        return self.put_aside[rule.code].counted(known, needed=EXAMPLES)

    def answer_as_before(self, asked: AskedRule, sides: Mapping[str, Selection]) -> Outcome | None:
        """Return the answer from before where nothing changed on which it depends; else None.

        As many of each side went as came, alike in all that is counted, and of both the rule can
        tell the same. What it found is counted when it was measured.
        """
        before = self.before[asked.code]
        if self.unlike or before.missing is None or not self._is_as_before(asked, before):
            return None
        self.noted[asked.code] = before
        return Outcome(
            subject_selection=0,
            object_selection=0,
            subjects_checked=sides["subject"].sure,
            pairs_found=0,
            pairs_exempted=0,
            missing=before.missing,
            ground=before.ground.ground if before.ground else None,
            map_layers=sides["object"].sure_layers if asked.kind.object_is_map else (),
        )

    def _is_as_before(self, asked: AskedRule, before: Noted) -> bool:
        went, came = zip(*(self.moved.counts(side) for side in asked.sides.values()), strict=True)
        if went != came:
            return False
        gone, come = self.moved.both(asked.sides["subject"])
        told = [
            (self.proofs.untold(gone, question), self.proofs.untold(come, question))
            for question, _listed in before.unseen
        ]
        return all(one is not None and one == other for one, other in told)

    def is_touched(self, asked: AskedRule) -> bool:
        """Tell whether something changed that one of the rule's selectors means."""
        return any(map(self.moved.has, asked.sides.values()))

    def may_find(self, asked: AskedRule, sides: Mapping[str, Selection]) -> bool:
        """Tell whether measuring may find something, or not find again what was found before."""
        has_objects = asked.kind.asks_alone or sides["object"].sure
        if sides["subject"].sure and has_objects:
            return True
        noted = self.before[asked.code]
        return bool(noted.found or noted.exempted) and self._reaches_others(asked)

    def _reaches_others(self, asked: AskedRule) -> bool:
        """Tell whether a change is felt by findings of features that did not change themselves."""
        felt = list(asked.others.values())
        if asked.reach.scope != Scope.PAIR:
            felt.append(asked.sides["object"])
        return any(map(self.moved.has, felt))

    def unseen(self, rule: Rule, subject: Selection, question: Unseen) -> Listed:
        """Return about how many subjects a rule cannot tell: those before and what changed."""
        known = dict(self.before[rule.code].unseen).get(question)
        if known is None or not self.unlike.isdisjoint(question.layers):
            raise MustCountAgainError
        gone, come = (
            self._untold(moved.get(subject.question), question)
            for moved in (self.moved.went, self.moved.came)
        )
        return known.moved(gone, come, needed=EXAMPLES)

    def _untold(self, moved: Moved | None, question: Unseen) -> tuple[str, ...]:
        names = self.proofs.untold(moved, question)
        if names is not None or moved is None:
            return names or ()
        self.moved.select([moved.side])
        return unseen_among(moved.number, question, ALL_NAMES).first

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
        """Put into conflict_hit what the rule finds of what changed, or whose ground did.

        What changed is measured again by every rule; whose ground did is noted in conflict_scope.
        """
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
        if subject.question == objects.question and not asked.others:
            self._measure_alike(asked, subject)
            return
        reach = asked.reach
        beside = self._near_others(asked, subject)
        subjects = self._union(self._came(subject), beside)
        held = self._union(self._came(objects), self._among(objects, subject, subjects))
        far_objects = self._near(objects, subjects, reach.objects_m)
        far_subjects = self._near(subject, held, reach.objects_m)
        between = {
            name: self._near(side, (*subjects, *held), reach.between_m)
            for name, side in asked.others.items()
        }
        note_scope(asked.code, beside)
        if may_be_one(subject, objects) and meet((*subjects, *far_subjects), (*held, *far_objects)):
            all_subjects = self._union(subjects, far_subjects)
            all_objects = self._union(held, far_objects)
            self._find(asked, all_subjects, all_objects, between)
            keep_hits_of(asked.code, (*subjects, *held))
        else:
            self._find(asked, subjects, far_objects, between)
            self._find(asked, self._union(far_subjects, minus=subjects), held, between)

    def _measure_alike(self, asked: AskedRule, side: Side) -> None:
        """Measure pairs of what one selector means, or each of it alone."""
        came = self._came(side)
        if not came:
            return
        is_alone = asked.kind.is_of_records and len(sides_asked(asked.rule)) == 1
        near = () if is_alone else self._near(side, came, asked.reach.objects_m)
        both = self._union(came, near)
        self._find(asked, both, both, {})
        if near:
            keep_hits_of(asked.code, came)

    def _measure_subjects(self, asked: AskedRule) -> None:
        """Measure each subject that changed, or near which something did, against all near it."""
        subject, objects, reach = asked.sides["subject"], asked.sides["object"], asked.reach
        near = self._near(subject, self._moved(objects), reach.objects_m)
        beside = self._near_others(asked, subject)
        subjects = self._union(self._came(subject), near, beside)
        # what is subject and object at once may be the object of a pair that is kept the other way
        mirrored = () if asked.kind.object_is_map else self._among(objects, subject, subjects)
        all_subjects = self._union(subjects, self._near(subject, mirrored, reach.objects_m))
        found = self._near(objects, all_subjects, reach.objects_m)
        others = {
            name: self._near(side, all_subjects, reach.between_m)
            for name, side in asked.others.items()
        }
        note_scope(asked.code, (*near, *beside))
        self._find(asked, all_subjects, found, others)
        if mirrored:
            keep_hits_of(asked.code, subjects)

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
        came = self.moved.came.get(side.question)
        return () if came is None else (came.number,)

    def _went(self, side: Side) -> tuple[int, ...]:
        went = self.moved.went.get(side.question)
        return () if went is None else (went.number,)

    def _moved(self, side: Side) -> tuple[int, ...]:
        return tuple(rows.number for rows in self.moved.both(side) if rows is not None)

    def _near_others(self, asked: AskedRule, subject: Side) -> tuple[int, ...]:
        """Return the subjects near which something else that the rule asks for changed."""
        origins = [n for side in asked.others.values() for n in self._moved(side)]
        return self._near(subject, tuple(origins), asked.reach.between_m)

    def _near(self, side: Side, origins: tuple[int, ...], metres: float) -> tuple[int, ...]:
        """Take what a selector means near some features onto the ground; return it selected."""
        if not origins:
            return ()
        return self._select("near_selected.sql", side, origins, metres=metres + SPARE_M)

    def _among(self, side: Side, other: Side, numbers: tuple[int, ...]) -> tuple[int, ...]:
        """Return which features of some selections of one selector another means too."""
        if not numbers or not may_be_one(side, other):
            return ()
        return self._select("among_selected.sql", side, numbers)

    def _select(
        self, file: str, side: Side, origins: tuple[int, ...], **more: float
    ) -> tuple[int, ...]:
        number = next(self.numbers)
        asked = {**side.parameters, "selection": number, "origins": list(origins), **more}
        return (number,) if run(file, **asked) else ()

    def _union(self, *selections: tuple[int, ...], minus: tuple[int, ...] = ()) -> tuple[int, ...]:
        """Return one selection of what is in any of these and in none of ``minus``."""
        numbers = [number for selection in selections for number in selection]
        if len(numbers) <= 1 and not minus:
            return tuple(numbers)
        number = next(self.numbers)
        rows = run("unite_selections.sql", selection=number, of=numbers, minus=list(minus))
        return (number,) if rows else ()


_NOTHING = Selection.of(0, (), NONE_COUNTED)


def may_be_one(one: Side, other: Side) -> bool:
    """Tell whether two selectors may mean the same feature."""
    return not (one.branches and other.branches) or not one.branches.isdisjoint(other.branches)


def _working(everywhere: Selection, numbers: tuple[int, ...]) -> Selection:
    """Return a selection of the neighbourhood as the kinds' questions take it.

    How many of it are sure is not counted: where none is, the question finds nothing.
    """
    if not numbers:
        return replace(everywhere, number=0, sure=0)
    return replace(everywhere, number=numbers[0], sure=1)

"""What of the ground one rule is asked of: all that the changes can bear on, and no more.

The same reasoning as in a re-check (``neighbourhood``), once for both states of the land: the rows
that do not change are the same before and after, so whatever they have among themselves cancels.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from conflicts.alternatives.ground import Ground, Look
from conflicts.asked_rules import AskedRule, Side
from conflicts.reach import Scope

Rows = frozenset[int]
NONE: Rows = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairing:
    """Subjects to be held against objects, with what else the rule asks for near them."""

    subjects: Rows
    objects: Rows
    others: Mapping[str, Rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class Concern:
    """A rule that the changes concern: which changed rows its selectors may mean."""

    asked: AskedRule
    changed: Mapping[str, Rows]  # by the names of its selectors

    @property
    def is_local(self) -> bool:
        """True when the changes are felt near them only."""
        return self.asked.reach.is_local

    @property
    def clips(self) -> bool:
        """True when no more of a hazard map counts than lies where something changes."""
        return self.asked.kind.object_is_map and not self.changed["object"]


def concern_of(asked: AskedRule, ground: Ground) -> Concern | None:
    """Return which changed rows a rule may mean; None: it has nothing to do with them."""
    changed = {
        name: frozenset(ground.meant_changes(side, ground.changed))
        for name, side in asked.sides.items()
    }
    if asked.reach.scope == Scope.ALWAYS or any(changed.values()):
        return Concern(asked=asked, changed=changed)
    return None


def first_looks(concern: Concern) -> list[Look]:
    """Return what is sure to be looked for near the changes, so that it is asked for together."""
    asked, changed = concern.asked, concern.changed
    subject, objects = asked.sides["subject"], asked.sides["object"]
    looks = []
    if changed["subject"]:
        looks.append(Look(asked.reach.objects_m, objects, concern.clips))
        looks += [Look(asked.reach.between_m, side) for side in asked.others.values()]
    if changed["object"]:
        looks.append(Look(asked.reach.objects_m, subject))
    if any(changed[name] for name in asked.others):
        looks.append(Look(asked.reach.between_m, subject))
    return looks


def pairings(concern: Concern, ground: Ground) -> list[Pairing]:
    """Return what is to be held against what, changed rows in both states among them."""
    if concern.asked.reach.scope == Scope.PAIR:
        return _pairs(concern, ground)
    return _sums(concern, ground)


def _pairs(concern: Concern, ground: Ground) -> list[Pairing]:
    """Return each pair of which one side changed, or what lies between.

    Where a feature may be subject of one pair and object of another, both ways round are asked
    together, so that the same one of them is kept as in a detection.
    """
    asked, reach = concern.asked, concern.asked.reach
    subject, objects = asked.sides["subject"], asked.sides["object"]
    subjects = concern.changed["subject"] | _near_others(concern, ground)
    held = concern.changed["object"] | _among(ground, objects, subjects)
    far_objects = _near(ground, objects, subjects, reach.objects_m, concern.changed["object"])
    far_subjects = _near(ground, subject, held, reach.objects_m, concern.changed["subject"])
    others = {
        name: _near(ground, side, subjects | held, reach.between_m, concern.changed[name])
        for name, side in asked.others.items()
    }
    if (subjects | far_subjects) & (held | far_objects):
        sets = [(subjects | far_subjects, held | far_objects)]
    else:
        sets = [(subjects, far_objects), (far_subjects - subjects, held)]
    return [Pairing(subjects=s, objects=o, others=others) for s, o in sets if s]


def _sums(concern: Concern, ground: Ground) -> list[Pairing]:
    """Return each subject that changed, or near which something did, against all near it."""
    asked, reach = concern.asked, concern.asked.reach
    subject, objects = asked.sides["subject"], asked.sides["object"]
    moved = concern.changed["object"]
    near = _near(ground, subject, moved, reach.objects_m)
    subjects = concern.changed["subject"] | near | _near_others(concern, ground)
    # what is subject and object at once may be the object of a pair that is kept the other way
    mirrored = NONE if asked.kind.object_is_map else _among(ground, objects, subjects)
    everyone = subjects | _near(ground, subject, mirrored, reach.objects_m)
    if concern.clips and everyone <= ground.changed:
        found = frozenset(ground.near(objects, ground.changed, reach.objects_m, clips=True))
    else:
        found = _near(ground, objects, everyone, reach.objects_m, moved)
    others = {
        name: _near(ground, side, everyone, reach.between_m, concern.changed[name])
        for name, side in asked.others.items()
    }
    return [Pairing(subjects=everyone, objects=found, others=others)] if everyone else []


def _near_others(concern: Concern, ground: Ground) -> Rows:
    """Return the subjects near which something else that the rule asks for changed."""
    asked = concern.asked
    moved = frozenset(n for name in asked.others for n in concern.changed[name])
    return _near(ground, asked.sides["subject"], moved, asked.reach.between_m)


def _near(ground: Ground, side: Side, origins: Rows, metres: float, changed: Rows = NONE) -> Rows:
    """Return what a selector may mean near some rows; changed rows are near wherever they lie."""
    if not origins:
        return NONE
    # what changes is looked around together, once
    around = ground.changed if origins <= ground.changed else origins
    return frozenset(ground.near(side, around, metres)) | changed


def _among(ground: Ground, side: Side, rows: Rows) -> Rows:
    """Return which of some rows another selector may mean too."""
    return frozenset(ground.meant_changes(side, rows))

"""Asks nearby what is nowhere there: of each subject as the land stood, and as it stands.

A rule that finds an absence puts aside the subjects it cannot tell about. How many those are in the
whole city follows from how many they were, less those among the subjects concerned as the land
stood before, and those among them as it stands now: the same question, asked twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection

from conflicts.counted import Listed
from layers.sql_files import load_sql

Names = Mapping[str, list[str]]  # by reason


@dataclass(frozen=True, slots=True)
class Untold:
    """The subjects concerned that a rule cannot tell about, by reason, before and now."""

    then: Names
    now: Names

    def counted(
        self, before: Iterable[tuple[str, Listed]], *, needed: int
    ) -> tuple[tuple[str, Listed], ...]:
        """Return how many of all subjects those are now.

        Raises
        ------
        MustCountAgainError
            Too many of the first names went.
        """
        known = dict(before)
        reasons = sorted({*known, *self.then, *self.now})
        counted = [
            (
                reason,
                known.get(reason, Listed()).moved(
                    self.then.get(reason, ()), self.now.get(reason, ()), needed=needed
                ),
            )
            for reason in reasons
        ]
        return tuple((reason, listed) for reason, listed in counted if listed.count)


def let_ended_stand() -> None:
    """Put what ended since the last detection onto the ground, until ``take_untold``."""
    _run("ground_of_ended.sql", "")


def take_untold(rule_code: str) -> Names:
    """Return who was untold as the land stood before; the land is then as it stands."""
    return _names("take_untold.sql", rule_code)


def untold_now(rule_code: str) -> Names:
    """Return who is untold as the land stands."""
    return _names("untold_now.sql", rule_code)


def forget_measured(rule_code: str) -> None:
    """Take away what was measured of one rule."""
    _run("forget_measured.sql", rule_code)


def _run(file: str, rule_code: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), {"rule_code": rule_code})


def _names(file: str, rule_code: str) -> Names:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), {"rule_code": rule_code})
        return dict(cursor.fetchall())

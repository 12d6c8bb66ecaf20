"""The working tables of a re-check, which a session keeps from one to the next."""

from typing import Any

from django.db import connection

from layers.sql_files import load_sql


def tables_stand() -> bool:
    """Tell whether this session has the working tables of a re-check."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "working_tables_stand.sql"))
        return bool(cursor.fetchone()[0])


def note_scope(rule_code: str, numbers: tuple[int, ...]) -> None:
    """Note the features of some selections as those whose findings of a rule are measured again."""
    if numbers:
        run("note_scope.sql", rule_code=rule_code, selections=list(numbers))


def keep_hits_of(rule_code: str, numbers: tuple[int, ...]) -> None:
    """Of what a rule found keep what has a side in one of these selections."""
    run("keep_hits_of.sql", rule_code=rule_code, selections=list(numbers))


def meet(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Tell whether a feature is in selections of both sides."""
    with connection.cursor() as cursor:
        cursor.execute(
            load_sql(__file__, "selections_meet.sql"), {"one": list(one), "other": list(other)}
        )
        return bool(cursor.fetchone()[0])


def run(file: str, **parameters: Any) -> int:  # noqa: ANN401 - named parameters
    """Carry out one SQL file; return how many rows its last statement wrote."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, file), parameters)
        return int(cursor.rowcount)

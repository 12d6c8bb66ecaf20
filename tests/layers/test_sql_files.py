"""What several SQL questions have in common is written once."""

from pathlib import Path

import pytest

from layers.sql_files import load_sql


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Return the folder of the SQL files of a module."""
    (tmp_path / "sql").mkdir()
    return tmp_path / "sql"


def _module(questions: Path) -> str:
    return str(questions.parent / "module.py")


def test_a_question_holds_the_text_of_the_part_it_names(questions: Path) -> None:
    (questions / "part.sql").write_text("near AS (SELECT 1),\n")
    (questions / "question.sql").write_text("WITH {part.sql}\nfar AS (SELECT 2)\n")

    assert load_sql(_module(questions), "question.sql") == (
        "WITH near AS (SELECT 1),\nfar AS (SELECT 2)"
    )


def test_a_part_may_name_a_part(questions: Path) -> None:
    (questions / "inner.sql").write_text("1\n")
    (questions / "part.sql").write_text("SELECT {inner.sql}\n")
    (questions / "question.sql").write_text("({part.sql})\n")

    assert load_sql(_module(questions), "question.sql") == "(SELECT 1)"


def test_an_empty_json_object_in_a_question_is_no_part(questions: Path) -> None:
    (questions / "question.sql").write_text("SELECT '{}'::jsonb, '{shapes}'\n")

    assert load_sql(_module(questions), "question.sql") == "SELECT '{}'::jsonb, '{shapes}'"


def test_a_part_that_is_not_there_is_no_silent_gap(questions: Path) -> None:
    (questions / "question.sql").write_text("WITH {lost.sql}\n")

    with pytest.raises(FileNotFoundError, match=r"lost\.sql"):
        load_sql(_module(questions), "question.sql")

"""The standard rule book, made from the reference tables: the same tables, the same bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from conflicts.rule_parts import Text
from conflicts.rulebook_file import RuleBookFile, read_rulebook, write_rulebook
from conflicts.rulebooks.precedence import with_precedence
from conflicts.rulebooks.reference import class_tree
from conflicts.rulebooks.separations import ROW_NAMES, cell_value, separation_rules
from conflicts.rulebooks.zoning import group_zones, ratings, zoning_rules
from layers.classes import read_table

RULEBOOK_DIR = Path(settings.BASE_DIR) / "fixtures" / "rulebook"
BOOK_FILE = RULEBOOK_DIR / "krong-demo.yaml"
OWN_RULES_FILE = RULEBOOK_DIR / "own-rules.yaml"
CODE = "krong-demo"
TITLE = Text(
    km="សៀវភៅវិធាន សាកល្បង (ត្រូវពិនិត្យដោយក្រុង)",
    en="Demonstration rule book (foreign references and demo values; to be checked by the city)",
)
PREFACE = """\
# The rule book of the demonstration. Made by './krong rulebook build': do not edit it here.
#
# It comes from fixtures/reference/ (conflict_rules.csv, the separation tables, the matrices) and
# from own-rules.yaml beside this file. docs/rulebook.md shows it, with what cannot be asked yet and
# why.
# READ THE BASIS: most numbers are foreign references or demo values, none of them Cambodian law.
# They may warn, they never block. Khmer titles are drafts, to be checked by the city.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """What became of one cell of a reference table."""

    table: str
    row: str
    column: str
    value: str
    answer: str  # rule, same, nothing or not_yet
    code: str = ""  # of the rule that asks it
    reason: str = ""  # key of not_yet_reasons.csv


def built_book() -> RuleBookFile:
    """Return the standard rule book as the tables say it now."""
    own = read_rulebook(OWN_RULES_FILE)
    rules = [*separation_rules(), *own.rules, *zoning_rules()]
    return RuleBookFile(code=CODE, title=TITLE, rules=with_precedence(rules, class_tree()))


def written_book(book: RuleBookFile) -> str:
    """Return the rule book as its file."""
    return PREFACE + write_rulebook(book)


def cells() -> Iterator[Cell]:
    """Yield every cell of every table the book is made from, with what became of it."""
    for row in read_table("conflict_rules"):
        yield Cell(
            table="conflict_rules",
            row=row["rule_id"],
            column="distance_m",
            value=row["distance_m"],
            answer="rule",
            code=row["rule_id"],
        )
    for row in read_table("table_rules"):
        said = {name: row[name] for name in ("table", "row", "column", "answer", "code", "reason")}
        yield Cell(**said, value=_value(row))
    yield from _matrix_cells()


def _value(row: Mapping[str, str]) -> str:
    if row["table"] in ROW_NAMES:
        return cell_value(row)
    for said in read_table(row["table"]) if row["table"] == "airport_ols" else ():
        if f"{said['surface']}: {said['parameter']}" == row["row"]:
            return f"{said['value']} {said['unit']}"
    return ""


def _matrix_cells() -> Iterator[Cell]:
    """Yield the cells of the adjacency matrix on and above its diagonal: it is symmetric."""
    codes = {
        frozenset((row["subject"], row["object"])): row["code"]
        for row in read_table("adjacency_rules")
    }
    reasons = {"ENT": "no_zone_entertainment", "WASTE": "utility_unknown"}
    groups = [row["group"] for row in read_table("matrix_groups")]
    for place, group in enumerate(groups):
        for other in groups[place:]:
            cell = {"table": "adjacency_matrix", "row": group, "column": other}
            cell["value"] = value = ratings()[group, other]
            lacking = [name for name in (group, other) if name not in group_zones()]
            if value == "0":
                yield Cell(**cell, answer="nothing")
            elif lacking:
                yield Cell(**cell, answer="not_yet", reason=reasons[lacking[0]])
            else:
                yield Cell(**cell, answer="rule", code=codes[frozenset((group, other))])

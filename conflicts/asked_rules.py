"""The rules of a book as a re-check holds them: each selector with its question and its name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection

from conflicts.alike import Likeness
from conflicts.detection import Detector, named_question
from conflicts.kinds import KINDS, Kind, Rule, object_selector, selectors
from conflicts.models import Rule as RuleRow
from conflicts.models import RuleBook
from conflicts.reach import Reach
from conflicts.rule_parts import Selector
from conflicts.rule_schema import rule_from_data
from layers.queries import all_branches

# So many versions of rule books are held ready to be asked, in each process.
BOOKS_HELD = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One selector of a rule: subject, object or what else it asks for."""

    selector: Selector
    parameters: Mapping[str, Any]  # of select_features.sql
    question: str
    branches: frozenset[str]  # the classes it names, each with its branch; empty: of any class

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes it means, each with its branch; empty: of any class."""
        return tuple(self.parameters["classes"] or ())

    @property
    def alike(self) -> frozenset[Likeness] | None:
        """What it may mean, told apart by class alone; None: anything."""
        return frozenset(Likeness("", "", code, "") for code in self.branches) or None

    def may_mean(self, like: Likeness) -> bool:
        """Tell whether such a feature may be meant; its attributes decide."""
        asked = self.parameters
        return (
            (not self.branches or like.land_use in self.branches)
            and (asked["layers"] is None or like.layer in asked["layers"])
            and like.layer not in asked["except_layers"]
            and asked["theme"] in {"", like.theme}
            and like.lifecycle in asked["lifecycles"]
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedRule:
    """A rule with the questions of its selectors."""

    row: RuleRow
    rule: Rule
    sides: Mapping[str, Side]  # "subject", "object" and others by the names of their fields

    @property
    def code(self) -> str:
        """The rule's code."""
        return self.rule.code

    @property
    def kind(self) -> Kind:
        """How the detector treats it."""
        return KINDS[self.rule.kind]

    @property
    def reach(self) -> Reach:
        """On what its findings depend."""
        return self.kind.reach(self.rule)

    @property
    def others(self) -> dict[str, Side]:
        """What the rule selects beside its subjects and objects."""
        return {name: s for name, s in self.sides.items() if name not in {"subject", "object"}}


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedBook:
    """The rules of one version of a rule book, read once."""

    rules: tuple[AskedRule, ...]  # in the order of their codes
    sides: Mapping[str, Side]  # every selector, by its question
    branches: Mapping[str, list[str]]  # every class with its branch


def asked_rules(rulebook: RuleBook, detector: Detector) -> list[AskedRule]:
    """Return the rules of a book in the order of their codes."""
    rows = rulebook.rules.order_by("code")
    return [asked_rule(row, rule_from_data(row.definition), detector) for row in rows]


def asked_book(rulebook: RuleBook, *, rules: str, class_tree: str) -> AskedBook:
    """Return a rule book ready to be asked; read anew when a rule or a class is another.

    ``rules`` and ``class_tree`` are the texts of ``memory.Land`` that change with them.
    """
    settings = connection.settings_dict
    database = (str(settings["HOST"]), str(settings["PORT"]), str(settings["NAME"]))
    return _asked_book(database, rulebook.pk, rules, class_tree)


@lru_cache(maxsize=BOOKS_HELD)
def _asked_book(_database: object, rulebook: int, _rules: str, _class_tree: str) -> AskedBook:
    detector = Detector(branches=all_branches())
    rules = tuple(asked_rules(RuleBook.objects.get(pk=rulebook), detector))
    return AskedBook(
        rules=rules,
        branches=detector.branches,
        sides={side.question: side for asked in rules for side in asked.sides.values()},
    )


def asked_rule(row: RuleRow, rule: Rule, detector: Detector) -> AskedRule:
    """Return one rule with the questions of its selectors."""
    return AskedRule(row=row, rule=rule, sides=dict(_sides(rule, detector)))


def _sides(rule: Rule, detector: Detector) -> Iterator[tuple[str, Side]]:
    areas = KINDS[rule.kind].areas
    for name, selector in (selectors(rule) | {"object": object_selector(rule)}).items():
        parameters = detector.parameters(selector, areas_only=name in areas)
        question = named_question(parameters)
        branches = frozenset(parameters["classes"] or ())
        yield (
            name,
            Side(selector=selector, parameters=parameters, question=question, branches=branches),
        )

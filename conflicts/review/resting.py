"""What findings rest on beside their two sides, and so who may see them.

A road that is too far, homes that no market serves, trees that were counted: such features are no
side of the finding, yet its evidence and its numbers tell of them.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.cache import cache
from django.db import connection

from conflicts.kinds import KINDS, Rule, between_selector, selectors
from conflicts.models import Rule as StoredRule
from conflicts.rule_parts import Selector
from conflicts.rule_schema import rule_from_data
from layers.models import Feature, Layer
from layers.queries import all_branches

RuleKey = tuple[str, str]  # rule book and code
KEPT_S = 3_600


@dataclass(frozen=True, slots=True)
class Hidden:
    """The layers a reader may not see, and the rules whose findings would tell of them."""

    layers: frozenset[str] = frozenset()
    rules: frozenset[RuleKey] = frozenset()

    def shows(self, row: Mapping[str, Any], rulebook: str = "") -> bool:
        """Tell whether the reader may see what a row of a tally or a digest tells of.

        Rows that were kept without their rule and without an object may be of any of the rules.
        """
        if {row["subject_layer"], row["object_layer"]} & self.layers:
            return False
        if "rule" not in row:
            return bool(row["object_layer"]) or not self.rules
        return (row.get("rulebook", rulebook), row["rule"]) not in self.rules

    def as_parameters(self) -> dict[str, list[str]]:
        """Return the parameters by which SQL leaves out what is not shown."""
        rules = sorted(self.rules)
        return {
            "hidden": sorted(self.layers),
            "hidden_books": [book for book, _rule in rules],
            "hidden_rules": [rule for _book, rule in rules],
        }


def hidden_with(slugs: Collection[str]) -> Hidden:
    """Return hidden layers together with the rules that read them, in any version of a book."""
    if not slugs:
        return Hidden()
    layers = list(Layer.objects.filter(slug__in=slugs))
    branches = all_branches()
    closed = {
        key
        for key, rule in _rules_with_more()
        if any(_may_read(part, layer, branches) for part in _read_beside(rule) for layer in layers)
    }
    return Hidden(frozenset(slugs), frozenset(closed))


def _rules_with_more() -> Iterator[tuple[RuleKey, Rule]]:
    """Yield the rules that read more than the two sides of their findings."""
    kinds = [name for name, kind in KINDS.items() if kind.tells_of_each] + ["adjacency"]
    stored = StoredRule.objects.filter(kind__in=kinds).order_by("pk")
    for book, code, definition in stored.values_list("rulebook__code", "code", "definition"):
        yield (book, code), _read_once(json.dumps(definition, sort_keys=True))


@lru_cache(maxsize=4096)
def _read_once(definition: str) -> Rule:
    return rule_from_data(json.loads(definition))


def _read_beside(rule: Rule) -> list[Selector]:
    """Return the selectors whose features are no side of the rule's findings."""
    between = between_selector(rule)
    beside = [] if between is None else [between]
    if KINDS[rule.kind].finds_absence and (nowhere := selectors(rule).get("object")):
        beside.append(nowhere)
    return beside


def _may_read(selector: Selector, layer: Layer, branches: Mapping[str, list[str]]) -> bool:
    if layer.slug in selector.surveyed_in:
        return True
    if (
        layer.slug in selector.except_layers
        or (selector.layers and layer.slug not in selector.layers)
        or selector.theme not in {"", layer.theme}
    ):
        return False
    meant = {code for asked in selector.classes for code in branches.get(asked, ())}
    return not meant or bool(meant & _classes_held(layer))


def _classes_held(layer: Layer) -> frozenset[str]:
    """Return the classes a layer holds or ever held: a finding may rest on what is gone."""
    if layer.published_number is None:
        return frozenset()
    name = connection.settings_dict["NAME"]
    key = f"classes-ever-held-{name}-{layer.pk}-{layer.published_number}"
    held: frozenset[str] | None = cache.get(key)
    if held is None:
        codes = Feature.objects.filter(layer=layer).exclude(land_use=None).order_by()
        held = frozenset(codes.values_list("land_use__code", flat=True).distinct())
        cache.set(key, held, KEPT_S)
    return held

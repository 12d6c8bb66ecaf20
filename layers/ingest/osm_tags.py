"""From OpenStreetMap tags to a land-use class, by the filters of the class list.

A filter is written ``key=value|value;key=*``. The rules, after the OpenStreetMap wiki:

* ``;`` separates alternatives; one that matches is enough.
* A *qualifier* (``substance``, ``voltage``, ``tower:type`` …) says nothing by itself: it narrows
  the alternatives written before it, so ``man_made=pumping_station;substance=sewage`` needs both.
  Without an alternative before it a qualifier is skipped: ``hazard=*;industrial=chemical`` asks
  only for the second.
* ``*`` is any value but ``no``. A filter that is only ``*`` names no tag and classifies nothing.
* Where several classes match, the one with more exact tags wins; then the one that matched a
  refinement (``wetland=mangrove`` refines ``natural=wetland``); then the more sensitive class;
  then the parent before its kinds, which the tags do not tell apart; then the class list's order.

The filters themselves are the reference table's own (fixtures/reference/facility_types.csv), kept
as they stand and editable as class data. Two of them are wide, because OpenStreetMap has no tag of
its own for the thing: ``fertilizer_store`` (``building=storage``) takes every store,
``waste_compost_incinerator`` (``amenity=recycling``) every bottle bank. They err towards finding a
source of harm too many; a city that maps one exactly narrows the filter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from layers.ingest.class_data import FilterRow

# Keys the OpenStreetMap wiki documents as properties of another feature, never a feature alone.
QUALIFIERS = frozenset(
    {"substance", "voltage", "height", "tower:type", "landfill:waste", "residential", "hazard"}
)
ANY_VALUE = "*"
_ABSENT = "no"


@dataclass(frozen=True, slots=True)
class Condition:
    """One tag: a key and the values that satisfy it."""

    key: str
    values: frozenset[str]

    def is_met(self, tags: Mapping[str, str]) -> bool:
        """Tell whether an element's tags satisfy it; ``a;b`` in a tag is two values."""
        value = tags.get(self.key)
        if value is None or value == _ABSENT:
            return False
        if ANY_VALUE in self.values:
            return True
        return value in self.values or not self.values.isdisjoint(_several(value))

    @property
    def is_exact(self) -> bool:
        """True when it names values."""
        return ANY_VALUE not in self.values


@dataclass(frozen=True, slots=True)
class TagRule:
    """One class and the alternatives that make an element belong to it."""

    code: str
    alternatives: tuple[tuple[Condition, ...], ...]
    sensitivity: int
    depth: int  # 0: no parent
    position: int  # in the class list


Rank = tuple[int, bool, int, int, int]


def parse_filter(text: str) -> tuple[tuple[Condition, ...], ...]:
    """Return the alternatives of a filter, each a group of conditions that must all hold."""
    plain: list[Condition] = []
    qualifiers: list[Condition] = []
    for part in text.split(";"):
        key, equals, values = part.strip().partition("=")
        if not equals:
            continue
        condition = Condition(key.strip(), frozenset(v.strip() for v in values.split("|")))
        if condition.key not in QUALIFIERS:
            plain.append(condition)
        elif plain:
            qualifiers.append(condition)
    return tuple((condition, *qualifiers) for condition in plain)


class TagClassifier:
    """Finds the class of OpenStreetMap elements; remembers what it has seen."""

    def __init__(self, rules: Iterable[TagRule]) -> None:
        self._rules = tuple(rules)
        self._rules_of_key: dict[str, list[TagRule]] = {}
        for rule in self._rules:
            for key in {group[0].key for group in rule.alternatives}:
                self._rules_of_key.setdefault(key, []).append(rule)
        self._keys = frozenset(c.key for r in self._rules for g in r.alternatives for c in g)
        self._seen: dict[frozenset[tuple[str, str]], str | None] = {}

    def class_of(self, tags: Mapping[str, str]) -> str | None:
        """Return the code of the class, None when no filter matches."""
        telling = frozenset((key, tags[key]) for key in self._keys & tags.keys())
        if not telling:
            return None
        if telling not in self._seen:
            self._seen[telling] = self._best(dict(telling))
        return self._seen[telling]

    def _best(self, telling: Mapping[str, str]) -> str | None:
        rules = {rule.code: rule for key in telling for rule in self._rules_of_key.get(key, [])}
        ranked = [(_rank(rule, telling), rule.code) for rule in rules.values()]
        matched = [(rank, code) for rank, code in ranked if rank is not None]
        return max(matched)[1] if matched else None


def rules_of(filters: Iterable[FilterRow]) -> list[TagRule]:
    """Return the rules of classes: code, filter, sensitivity, whether it has a parent."""
    return [
        TagRule(
            code=code,
            alternatives=alternatives,
            sensitivity=sensitivity,
            depth=int(has_parent),
            position=position,
        )
        for position, (code, osm_filter, sensitivity, has_parent) in enumerate(filters)
        if (alternatives := parse_filter(osm_filter))
    ]


def _rank(rule: TagRule, tags: Mapping[str, str]) -> Rank | None:
    met = [group for group in rule.alternatives if all(c.is_met(tags) for c in group)]
    if not met:
        return None
    exact, refined = max(
        (sum(c.is_exact for c in group), _is_refinement(group[0], tags)) for group in met
    )
    return exact, refined, rule.sensitivity, -rule.depth, -rule.position


def _is_refinement(condition: Condition, tags: Mapping[str, str]) -> bool:
    """Tell whether a tag refines another one: its key is the other's value (natural=wetland)."""
    return any(condition.key in _several(value) for value in tags.values())


def _several(value: str) -> list[str]:
    return [part.strip() for part in value.split(";")]

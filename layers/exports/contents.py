"""What a version of a layer holds: attributes with their types, classes, lifecycles, shapes.

A published version never changes, so this is worked out once per version and kept.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.db import connection

from layers.models import LayerVersion
from layers.sql_files import load_sql
from layers.stamps import version_stamp

# Longer numbers are beyond the largest double, 1.8e308 (IEEE 754): told as text.
_DOUBLE_DIGITS = 308


@dataclass(frozen=True, slots=True)
class AttributeContent:
    """One attribute: its type in all features that carry it, and how many do."""

    name: str
    kind: str  # text, integer, real, boolean or json
    present: int
    filled: int  # neither null nor an empty text
    digits: int = 0  # of the longest number


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """The features of one class, lifecycle and type of shape."""

    class_code: str | None
    lifecycle: str
    shape: str  # PostGIS GeometryType: POINT, MULTIPOLYGON, ...
    features: int
    points: int
    most_points: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What a version holds."""

    groups: tuple[FeatureGroup, ...]
    attributes: tuple[AttributeContent, ...]

    @property
    def features(self) -> int:
        """How many features there are."""
        return sum(group.features for group in self.groups)

    @property
    def shapes(self) -> tuple[str, ...]:
        """The types of shape, the most frequent first."""
        return tuple(self.counted("shape"))

    @property
    def classes(self) -> tuple[str, ...]:
        """The codes of the classes, sorted."""
        return tuple(sorted(code for code in self.counted("class_code") if code))

    def counted(self, field: str) -> dict[Any, int]:
        """Return how many features there are of each value of a group's field, most first."""
        found: Counter[Any] = Counter()
        for group in self.groups:
            found[getattr(group, field)] += group.features
        return dict(found.most_common())


def contents_of(version: LayerVersion) -> Contents:
    """Return what a version holds; one pass over its features the first time, then kept."""
    key = f"contents-2-{version_stamp(version)}"  # 2: with digits
    kept: Contents | None = caches["tiles"].get(key)
    if kept is None:
        kept = _contents(version)
        caches["tiles"].set(key, kept)
    return kept


def _contents(version: LayerVersion) -> Contents:
    parameters = {"layer_id": version.layer_id, "number": version.number}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "feature_contents.sql"), parameters)
        groups = tuple(FeatureGroup(*row) for row in cursor.fetchall())
        cursor.execute(load_sql(__file__, "attribute_contents.sql"), parameters)
        rows = cursor.fetchall()
    names = list(dict.fromkeys(row[0] for row in rows))
    return Contents(
        groups, tuple(_attribute(name, [row for row in rows if row[0] == name]) for name in names)
    )


def _attribute(name: str, rows: list[tuple[Any, ...]]) -> AttributeContent:
    """Return the one type that holds every value of an attribute; nulls have none."""
    typed = [row for row in rows if row[1] != "null"]
    digits = max((row[5] for row in typed if row[1] == "number"), default=0)
    is_whole = all(row[4] for row in typed)
    kind = _kind({row[1] for row in typed}, is_whole=is_whole)
    return AttributeContent(
        name=name,
        kind="json" if digits > _DOUBLE_DIGITS else kind,
        present=sum(row[2] for row in typed),
        filled=sum(row[3] for row in typed),
        digits=digits,
    )


def _kind(kinds: set[str], *, is_whole: bool) -> str:
    if kinds == {"number"}:
        return "integer" if is_whole else "real"
    if kinds == {"boolean"}:
        return "boolean"
    return "text" if kinds <= {"string"} else "json"

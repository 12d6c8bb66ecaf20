"""What a profile decided, free of the database: compared, merged and digested as plain values."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerDecision:
    """What was decided about one layer; all at their defaults: used as it comes."""

    use: bool = True
    on: bool | None = None  # None: as the map usually does
    group_km: str = ""
    group_en: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassDecision:
    """What was decided about one class; the names stand beside the official ones."""

    use: bool = True
    name_km: str = ""
    name_en: str = ""


AS_IT_COMES = ClassDecision()


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisions:
    """All that a profile says. Layers stand in the city's order; what is not named is used.

    A class without any decision is not kept, so that two profiles that say the same are equal.
    """

    name_km: str = ""
    name_en: str = ""
    in_use: bool = False
    layers: Mapping[str, LayerDecision] = field(default_factory=dict)  # by slug, in order
    classes: Mapping[str, ClassDecision] = field(default_factory=dict)  # by code

    def __post_init__(self) -> None:
        said = {code: self.classes[code] for code in sorted(self.classes)}
        kept = {code: decided for code, decided in said.items() if decided != AS_IT_COMES}
        object.__setattr__(self, "classes", kept)

    def as_json(self) -> dict[str, Any]:
        """Return what is kept in the record of changes."""
        return {
            "name_km": self.name_km,
            "name_en": self.name_en,
            "in_use": self.in_use,
            "layers": [{"layer": slug, **asdict(row)} for slug, row in self.layers.items()],
            "classes": [{"class": code, **asdict(row)} for code, row in self.classes.items()],
        }

    def seen(self, slugs: Collection[str]) -> "Decisions":
        """Return these decisions without those about layers that are not among ``slugs``."""
        kept = {slug: decided for slug, decided in self.layers.items() if slug in slugs}
        return replace(self, layers=kept)

    def is_same(self, other: "Decisions") -> bool:
        """Tell whether both say the same, the order of the layers included."""
        return self.as_json() == other.as_json()


def decisions_from(kept: Mapping[str, Any]) -> Decisions:
    """Return decisions as the record of changes holds them; the empty record decided nothing."""
    layers, classes = {}, {}
    for row in kept.get("layers", []):
        layers[row["layer"]] = LayerDecision(**_without(row, "layer"))
    for row in kept.get("classes", []):
        classes[row["class"]] = ClassDecision(**_without(row, "class"))
    return Decisions(
        name_km=kept.get("name_km", ""),
        name_en=kept.get("name_en", ""),
        in_use=kept.get("in_use", False),
        layers=layers,
        classes=classes,
    )


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def merged(
    standing: Mapping[str, LayerDecision], asked: Mapping[str, LayerDecision]
) -> dict[str, LayerDecision]:
    """Return all layers after an editor ordered those they see.

    A layer the editor was not asked about keeps its decision and its place in the list; the
    others fill the places between in the order asked for.
    """
    others: Iterator[tuple[str, LayerDecision]] = iter(asked.items())
    listed: list[tuple[str, LayerDecision]] = []
    for slug, decided in standing.items():
        if slug in asked:
            listed.extend(_next_of(others))
        else:
            listed.append((slug, decided))
    return dict([*listed, *others])


def _next_of(
    others: Iterator[tuple[str, LayerDecision]],
) -> Iterable[tuple[str, LayerDecision]]:
    following = next(others, None)
    return [] if following is None else [following]


def digest_of(said: object) -> str:
    """Return the SHA-256 of plain data, the same for the same content."""
    canonical = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()

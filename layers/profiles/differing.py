"""How two states of a profile differ, one change after the other, in the reader's words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from layers.models import in_reader_language
from layers.profiles.decisions import AS_IT_COMES, ClassDecision, Decisions, LayerDecision
from layers.profiles.vocab import ChangeKind

_UNDECIDED = LayerDecision()
_DRAWN = {True: ChangeKind.LAYER_ON, False: ChangeKind.LAYER_OFF, None: ChangeKind.LAYER_AS_USUAL}
_OF_LAYERS = frozenset(
    {
        ChangeKind.LAYER_HIDDEN, ChangeKind.LAYER_SHOWN, ChangeKind.LAYER_ON, ChangeKind.LAYER_OFF,
        ChangeKind.LAYER_AS_USUAL, ChangeKind.LAYER_GROUP,
    }
)  # fmt: skip
_OF_CLASSES = frozenset({ChangeKind.CLASS_HIDDEN, ChangeKind.CLASS_SHOWN, ChangeKind.CLASS_NAMED})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: of which layer or class (slug, code), and what it is called now."""

    kind: ChangeKind
    code: str = ""
    km: str = ""
    en: str = ""
    features: int | None = None  # how many features it concerns, where they were counted

    @property
    def slugs(self) -> list[str]:
        """The layers it is about."""
        is_about = self.kind in _OF_LAYERS or self.kind == ChangeKind.ORDER
        return self.code.split() if is_about else []

    @property
    def is_of_class(self) -> bool:
        """True for a change of one class."""
        return self.kind in _OF_CLASSES

    def counted(self, features: int | None) -> "Change":
        """Return the change with the number of features it concerns."""
        return replace(self, features=features)

    def sentence(self, names: Mapping[str, str]) -> str:
        """Return the change in the reader's language; ``names`` of layers and classes by code."""
        name = names.get(self.code, self.code)
        called = in_reader_language(self.km, self.en)
        if self.kind == ChangeKind.ORDER:
            name = ", ".join(names.get(slug, slug) for slug in self.code.split())
        elif not self.code:
            name = called
        elif called:
            name = f"{name} – {called}"
        return str(self.kind.label) % {"name": name}


def differences(before: Decisions, after: Decisions) -> list[Change]:
    """Return all in which two states differ: the profile itself, its layers, its classes."""
    return [*_of_profile(before, after), *_of_layers(before, after), *_of_classes(before, after)]


def _of_profile(before: Decisions, after: Decisions) -> Iterator[Change]:
    if before.in_use != after.in_use:
        yield Change(ChangeKind.USED if after.in_use else ChangeKind.NOT_USED)
    if (before.name_km, before.name_en) != (after.name_km, after.name_en):
        yield Change(ChangeKind.RENAMED, km=after.name_km, en=after.name_en)


def _of_layers(before: Decisions, after: Decisions) -> Iterator[Change]:
    for slug in sorted({*before.layers, *after.layers}):
        old = before.layers.get(slug, _UNDECIDED)
        yield from _of_layer(slug, old, after.layers.get(slug, _UNDECIDED))
    common = [slug for slug in before.layers if slug in after.layers]
    order = [slug for slug in after.layers if slug in before.layers]
    if common != order:
        yield Change(ChangeKind.ORDER, " ".join(order))


def _of_layer(slug: str, old: LayerDecision, new: LayerDecision) -> Iterator[Change]:
    if old.use != new.use:
        yield Change(ChangeKind.LAYER_SHOWN if new.use else ChangeKind.LAYER_HIDDEN, slug)
    if old.on != new.on:
        yield Change(_DRAWN[new.on], slug)
    if (old.group_km, old.group_en) != (new.group_km, new.group_en):
        yield Change(ChangeKind.LAYER_GROUP, slug, new.group_km, new.group_en)


def _of_classes(before: Decisions, after: Decisions) -> Iterator[Change]:
    for code in sorted({*before.classes, *after.classes}):
        old = before.classes.get(code, AS_IT_COMES)
        yield from _of_class(code, old, after.classes.get(code, AS_IT_COMES))


def _of_class(code: str, old: ClassDecision, new: ClassDecision) -> Iterator[Change]:
    if old.use != new.use:
        yield Change(ChangeKind.CLASS_SHOWN if new.use else ChangeKind.CLASS_HIDDEN, code)
    if (old.name_km, old.name_en) != (new.name_km, new.name_en):
        yield Change(ChangeKind.CLASS_NAMED, code, new.name_km, new.name_en)

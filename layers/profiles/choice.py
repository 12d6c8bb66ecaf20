"""The profile in use as maps, lists and searches ask it: what comes first, and what it is called.

It orders and shortens what people look through. It is never asked for an answer: what stands at a
place, what breaks a rule and what may be built do not depend on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from layers.models import in_reader_language
from layers.numbers import number
from layers.profiles.decisions import AS_IT_COMES, Decisions, LayerDecision
from layers.profiles.reading import decisions_of, profile_in_use

UNUSED_GROUP = "unused"
_UNDECIDED = LayerDecision()
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the profile in use decided; with none, everything is used as it comes."""

    decisions: Decisions

    def of_layer(self, slug: str) -> LayerDecision:
        """Return what was decided about a layer; a layer nobody decided about is used."""
        return self.decisions.layers.get(slug, _UNDECIDED)

    def uses_layer(self, slug: str) -> bool:
        """Tell whether the city uses a layer."""
        return self.of_layer(slug).use

    def uses_class(self, code: str) -> bool:
        """Tell whether the city uses a class; its parent and its children are not asked."""
        return self.decisions.classes.get(code, AS_IT_COMES).use

    def class_name(self, code: str, official: str) -> str:
        """Return what a class is called here: the local name, the official one beside it."""
        decided = self.decisions.classes.get(code, AS_IT_COMES)
        local = in_reader_language(decided.name_km, decided.name_en)
        return f"{local} ({official})" if local and local != official else official

    def is_on(self, slug: str, usual: bool) -> bool:  # noqa: FBT001 - one fact, named where asked
        """Tell whether a layer is drawn when the map opens."""
        decided = self.of_layer(slug)
        if not decided.use:
            return False
        return usual if decided.on is None else decided.on

    def heading(self, slug: str) -> str:
        """Return the city's own heading of a layer, empty where its theme heads it."""
        decided = self.of_layer(slug)
        return in_reader_language(decided.group_km, decided.group_en)

    def in_order(self, slugs: Iterable[str]) -> list[str]:
        """Return layers as the city ordered them, those nobody ordered last as they came."""
        places = {slug: place for place, slug in enumerate(self.decisions.layers)}
        return sorted(slugs, key=lambda slug: places.get(slug, len(places)))

    def legend(self, entries: Sequence[dict[str, str]], colour: str) -> list[dict[str, str]]:
        """Return a legend of classes with one line, in the layer's colour, for all others."""
        used = [row for row in entries if self.uses_class(row["code"])]
        named = [row | {"label": self.class_name(row["code"], row["label"])} for row in used]
        if len(used) == len(entries):
            return named
        others = _("Other classes: %(count)s") % {"count": number(len(entries) - len(used))}
        return [*named, {"code": "", "label": others, "colour": colour}]

    def split(self, pairs: Iterable[Pair]) -> tuple[list[Pair], list[Pair]]:
        """Return code and name of the classes used, then of the others, under their names here."""
        named = [(code, self.class_name(code, name)) for code, name in pairs]
        used = [pair for pair in named if self.uses_class(pair[0])]
        return used, [pair for pair in named if not self.uses_class(pair[0])]

    def pick_list(self, pairs: Iterable[Pair]) -> list[tuple[str, Any]]:
        """Return the choices of a list: classes used, then all others under a last heading."""
        used, others = self.split(pairs)
        return [*used, *([(unused_classes(), others)] if others else [])]


def current_choice() -> Choice:
    """Return what the profile in use decided."""
    profile = profile_in_use()
    return Choice(decisions_of(profile) if profile else Decisions())


def unused_classes() -> str:
    """Return the heading over the classes the city does not use."""
    return _("Classes the city does not use")


def map_tree(
    layers: Sequence[dict[str, Any]], themes: Sequence[tuple[str, str]], choice: Choice
) -> list[dict[str, Any]]:
    """Return the headings of the layer tree, each with its layers; each layer stands once.

    ``themes`` are code and title in their usual order. Headings stand in the order of their first
    layer. What the city does not use stands closed at the end, where it can still be switched on.
    """
    titles, ranks = dict(themes), [code for code, _title in themes]
    usual = sorted(layers, key=lambda layer: ranks.index(layer["theme"]))
    by_slug = {layer["slug"]: layer for layer in usual}
    groups: dict[str, dict[str, Any]] = {}
    for slug in choice.in_order(by_slug):
        code, title = _heading(by_slug[slug], titles, choice)
        group = groups.setdefault(code, {"code": code, "title": title, "layers": []})
        group["layers"].append(by_slug[slug])
    unused = groups.pop(UNUSED_GROUP, None)
    return [*groups.values(), *([unused | {"closed": True}] if unused else [])]


def _heading(layer: dict[str, Any], titles: dict[str, str], choice: Choice) -> Pair:
    decided = choice.of_layer(layer["slug"])
    if not decided.use:
        return UNUSED_GROUP, _("Layers the city does not use")
    if own := choice.heading(layer["slug"]):
        same = (code for code, title in titles.items() if title == own)
        return next(same, f"city {own}"), own
    return layer["theme"], titles[layer["theme"]]

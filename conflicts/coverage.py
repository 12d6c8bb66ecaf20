"""What a rule cannot tell: the places and attributes nobody has surveyed.

"Nothing found" means "nothing there" only where the layers that could hold the objects are
completely surveyed all around the subject. Everywhere else the answer is "cannot tell".
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from django.db import connection

from conflicts.alike import Extent, Likeness
from conflicts.area_rules import Capacity, ServiceCoverage
from conflicts.city_ground import Ground
from conflicts.counted import NONE_COUNTED, Counted, Listed
from conflicts.kinds import KINDS, Rule, has_object, is_unrated, object_selector, reach_m
from conflicts.network_rules import NetworkCoordination
from conflicts.predicates import attributes
from conflicts.rule_parts import Selector
from conflicts.unseen import EXAMPLES, Unseen, unseen_among
from conflicts.untold import untold_gaps
from conflicts.vocab import Gap
from layers.models import Layer
from layers.sql_files import load_sql

__all__ = [
    "EXAMPLES",
    "Selection",
    "Unseen",
    "find_gaps",
    "gap_of",
    "not_in_catalogue",
    "not_looked_for",
    "proving_layers",
    "unknown_attributes",
    "unrated_pairs",
    "unseen_among",
    "unseen_around",
    "untold_among",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The features one selector means, as they stand in the working table of this detection."""

    number: int
    classes: tuple[str, ...]  # with their branches; empty: of any class
    sure: int
    unsure: int
    unsure_examples: tuple[str, ...]
    shapeless: int  # of the unsure: drawn as a point or line where the rule needs an area
    shapeless_examples: tuple[str, ...]
    layers: tuple[str, ...]
    sure_layers: tuple[str, ...]
    counted: Counted = NONE_COUNTED
    # how the subjects that cannot be told about are counted; None: by asking of each
    unseen: Callable[[Unseen], Listed] | None = None
    # the same of subjects put aside as untold, by reason; None: those in the working table
    untold: Callable[[], Sequence[tuple[str, Listed]]] | None = None
    question: str = ""  # a name for what was asked
    by_rows: bool = True  # False: by likeness (conflict_meant), all of them sure
    alike: frozenset[Likeness] | None = None  # what it may mean; None: anything
    extent: Extent | None = None  # of a selection by likeness

    @classmethod
    def of(
        cls, number: int, classes: tuple[str, ...], counted: Counted, question: str = ""
    ) -> "Selection":
        """Return a selection that holds what was counted."""
        return cls(
            number=number,
            classes=classes,
            sure=counted.sure,
            unsure=counted.unsure.count + counted.shapeless.count,
            unsure_examples=counted.unsure.first[:EXAMPLES],
            shapeless=counted.shapeless.count,
            shapeless_examples=counted.shapeless.first[:EXAMPLES],
            layers=tuple(sorted(counted.layers)),
            sure_layers=tuple(sorted(slug for slug, (_n, sure) in counted.layers.items() if sure)),
            counted=counted,
            question=question,
        )


def find_gaps(
    rule: Rule, subject: Selection, objects: Selection, ground: Ground | None
) -> list[dict[str, Any]]:
    """Return why this rule cannot tell about a part of its subjects, or about all of them.

    ``ground`` is where the subjects were looked for; None where no layer could show them.
    """
    kind = KINDS[rule.kind]
    if kind.is_of_records:
        return [
            *unknown_attributes("subject", rule.subject, subject),
            *_unknown_records(rule, subject),
        ]
    if kind.subject_is_frame:  # areas are looked into: who is in them was surveyed or not
        return [
            *unknown_attributes("subject", rule.subject, subject),
            *unknown_attributes("object", object_selector(rule), objects),
            *_unknown_records(rule, subject),
            *_unsure_absence(rule, subject, objects),
        ]
    return [
        *unknown_attributes("subject", rule.subject, subject),
        *(unknown_attributes("object", object_selector(rule), objects) if has_object(rule) else ()),
        *(list(_unseen_subjects(rule, subject)) or _unseen_ground(rule, subject, ground)),
        *(unseen_around(rule, subject, "object", objects) if subject.sure else ()),
    ]


def proving_layers(selector: Selector, selection: Selection) -> tuple[str, ...]:
    """Return the layers whose complete survey proves that no further such feature exists."""
    return selector.surveyed_in or selector.layers or selection.layers


def gap_of(gap: Gap, side: str, selector: Selector, **facts: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what is missing on one side, with what the selector asked for."""
    named = {"classes": list(selector.classes), "theme": selector.theme}
    return {"gap": str(gap), "side": side, **{k: v for k, v in named.items() if v}, **facts}


def unknown_attributes(
    side: str, selector: Selector, selection: Selection
) -> Iterator[dict[str, Any]]:
    """Yield a gap where some features lack the attributes or the area the rule asks for."""
    if selection.shapeless:
        yield gap_of(
            Gap.NO_AREA,
            side,
            selector,
            count=selection.shapeless,
            examples=list(selection.shapeless_examples),
        )
    if selection.unsure > selection.shapeless:
        yield gap_of(
            Gap.UNKNOWN_ATTRIBUTE,
            side,
            selector,
            attributes=sorted(set(attributes(selector.where))),
            count=selection.unsure - selection.shapeless,
            examples=list(selection.unsure_examples),
        )


def _unknown_records(rule: Rule, subject: Selection) -> Iterator[dict[str, Any]]:
    """Yield a gap where there is no layer whose records could be asked."""
    layers = proving_layers(rule.subject, subject)
    if not layers:
        yield gap_of(Gap.NO_LAYER, "subject", rule.subject)
    elif missing := not_in_catalogue(layers):
        yield gap_of(Gap.MISSING_LAYER, "subject", rule.subject, layers=missing)


def _unseen_subjects(rule: Rule, subject: Selection) -> Iterator[dict[str, Any]]:
    """Yield what keeps the rule from knowing all its subjects: those it knows are not all."""
    layers = proving_layers(rule.subject, subject)
    if subject.sure or subject.unsure:
        named = bool(rule.subject.surveyed_in)
        yield from not_looked_for("subject", subject, layers, also_unsurveyed=named)
    elif not layers:
        yield gap_of(Gap.NO_LAYER, "subject", rule.subject)
    elif missing := not_in_catalogue(layers):
        yield gap_of(Gap.MISSING_LAYER, "subject", rule.subject, layers=missing)
    elif unsurveyed := _without_survey(layers):
        yield gap_of(Gap.NO_SUBJECTS, "subject", rule.subject, layers=unsurveyed)
    else:
        yield from not_looked_for("subject", subject, layers)


def _unseen_ground(
    rule: Rule, subject: Selection, ground: Ground | None
) -> Iterator[dict[str, Any]]:
    """Yield a gap for the part of the city where nobody looked for such subjects."""
    if ground is not None and not ground.is_whole:
        yield gap_of(
            Gap.GROUND_NOT_SURVEYED,
            "subject",
            rule.subject,
            layers=sorted(proving_layers(rule.subject, subject)),
            unsurveyed_m2=ground.unsurveyed_m2,
            city_m2=ground.city_m2,
            places=[asdict(place) for place in ground.places],
        )


def unseen_around(
    rule: Rule, known: Selection, side: str, others: Selection
) -> Iterator[dict[str, Any]]:
    """Yield a gap where the other side ("subject" or "object") may stand unseen around some."""
    kind = KINDS[rule.kind]
    if kind.is_of_records:
        return iter(())
    if kind.finds_absence:
        return _unsure_absence(rule, known, others)
    if kind.of_other_layers:
        return _unseen_in_other_layers(rule, known, side, others)
    if kind.leaves_untold:
        near = _unseen_near(rule, known, side, others) if has_object(rule) else ()
        return chain(near, untold_gaps(rule, _untold(rule, known if side == "object" else others)))
    return _unseen_near(rule, known, side, others)


def _unseen_near(
    rule: Rule, known: Selection, side: str, others: Selection
) -> Iterator[dict[str, Any]]:
    selector = rule.subject if side == "subject" else object_selector(rule)
    is_map = side == "object" and KINDS[rule.kind].object_is_map
    if is_map and not others.sure:
        yield gap_of(Gap.NO_HAZARD_MAP, side, selector, count=known.sure)
        return
    layers = others.sure_layers if is_map else proving_layers(selector, others)
    if not layers:
        yield gap_of(Gap.NO_LAYER, side, selector, count=known.sure)
        return
    if missing := not_in_catalogue(set(layers) - set(others.layers)):
        yield gap_of(Gap.MISSING_LAYER, side, selector, layers=missing, count=known.sure)
        return
    asked = () if is_map else others.classes
    if not is_map and (unseen := list(not_looked_for(side, others, layers, count=known.sure))):
        yield from unseen
        return
    # one of several hazard maps suffices; a feature may hide in any of several layers
    needed = 1 if is_map else len(set(layers))
    count, examples = _unsurveyed(known, layers, asked, reach_m(rule), needed)
    if count:
        yield gap_of(
            Gap.NOT_SURVEYED,
            side,
            selector,
            layers=sorted(layers),
            reach_m=reach_m(rule),
            count=count,
            examples=examples,
        )


# Why a rule whose findings have no object could not tell of a subject: as its SQL says it.
UNSURE = {
    "": Gap.ABSENCE_NOT_SURE,
    "service": Gap.SERVICE_NOT_SURE,
    "served": Gap.SERVED_NOT_SURE,
    "room": Gap.ROOM_NOT_SURE,
    "need": Gap.NEED_NOT_SURE,
    "network": Gap.STRAIGHT_LINE_ONLY,
    "unserved": Gap.NETWORK_NOT_SURE,
}


def _unsure_absence(rule: Rule, known: Selection, others: Selection) -> Iterator[dict[str, Any]]:
    """Yield why it is not sure of some subjects that nothing is there that must be there."""
    selector = object_selector(rule)
    layers = proving_layers(selector, others)
    for reason, count, examples in _untold(rule, known):
        is_of_object = reason in {"", "service", "unserved", "room"}
        missing = not_in_catalogue(layers) if is_of_object else []
        if is_of_object and not layers:
            yield gap_of(Gap.NO_LAYER, "object", selector, count=count)
        elif missing:
            yield gap_of(Gap.MISSING_LAYER, "object", selector, layers=missing, count=count)
        elif unseen := is_of_object and list(not_looked_for("object", others, layers, count=count)):
            yield from unseen
        else:
            facts = {"layers": sorted(layers), "count": count, "examples": examples}
            if isinstance(rule, ServiceCoverage):
                facts |= {"reach_m": rule.max_distance_m, "served": list(rule.served.classes)}
            if isinstance(rule, NetworkCoordination):
                facts |= {"reach_m": rule.max_distance_m}
            if isinstance(rule, Capacity):
                facts |= {"served": list(rule.served.classes)}
            yield gap_of(UNSURE[reason], "object", selector, **facts)


def _unseen_in_other_layers(
    rule: Rule, known: Selection, side: str, others: Selection
) -> Iterator[dict[str, Any]]:
    """Yield a gap where another layer than that of the features themselves may hold more."""
    selector = rule.subject if side == "subject" else object_selector(rule)
    layers = _layers_of(selector, others)
    for own in known.sure_layers:
        rest = sorted(set(layers) - {own})
        if not rest:
            yield gap_of(Gap.NO_OTHER_PLAN, side, selector, layers=[own], count=known.sure)
        elif missing := not_in_catalogue(rest):
            yield gap_of(Gap.MISSING_LAYER, side, selector, layers=missing, count=known.sure)
        elif unseen := list(not_looked_for(side, others, rest, count=known.sure)):
            yield from unseen
        else:
            reach = reach_m(rule)
            count, names = _unsurveyed(known, rest, others.classes, reach, len(rest), own=own)
            facts = {"layers": rest, "reach_m": reach, "count": count, "examples": names}
            if count:
                yield gap_of(Gap.NOT_SURVEYED, side, selector, **facts)


def _layers_of(selector: Selector, found: Selection) -> tuple[str, ...]:
    """Return the layers to look through; of a theme all, also those that hold nothing yet."""
    if selector.surveyed_in or selector.layers or not selector.theme:
        return proving_layers(selector, found)
    published = Layer.objects.exclude(published_number=None).filter(theme=selector.theme)
    slugs = published.exclude(slug__in=selector.except_layers).values_list("slug", flat=True)
    return tuple(slugs.order_by("slug"))


def _untold(rule: Rule, known: Selection) -> list[tuple[str, int, list[str]]]:
    """Return why how many subjects were put aside as untold, and the first few by name."""
    untold = untold_among(rule, known) if known.untold is None else known.untold()
    return [(reason, listed.count, list(listed.first[:EXAMPLES])) for reason, listed in untold]


def untold_among(
    rule: Rule, known: Selection, names: int = EXAMPLES
) -> tuple[tuple[str, Listed], ...]:
    """Return by reason about how many of a selection a rule could not tell, and the first names."""
    parameters: dict[str, Any] = {
        "rule_code": rule.code,
        "subject": known.number,
        "by_rows": known.by_rows,
        "examples": names,
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "untold_subjects.sql"), parameters)
        return tuple((why, Listed(count, tuple(first))) for why, count, first in cursor.fetchall())


def unrated_pairs(rule: Rule, found: int) -> Iterator[dict[str, Any]]:
    """Yield a gap where pairs lie together that nobody has rated: no all-clear for these."""
    if found and is_unrated(rule):
        yield gap_of(Gap.UNRATED_PAIR, "subject", rule.subject, count=found)


def not_looked_for(
    side: str,
    others: Selection,
    layers: Sequence[str],
    *,
    also_unsurveyed: bool = False,
    **facts: Any,  # noqa: ANN401 - what the gap says besides
) -> Iterator[dict[str, Any]]:
    """Yield a gap for the classes that no complete survey of a layer looked for."""
    parameters: dict[str, Any] = {
        "layers": list(layers),
        "asked": list(others.classes),
        "also_unsurveyed": also_unsurveyed,
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "note_looked_for.sql"), parameters)
        cursor.execute(load_sql(__file__, "classes_not_looked_for.sql"), parameters)
        for layer, classes in cursor.fetchall():
            named = {"classes": classes, "layers": [layer]}
            yield {"gap": str(Gap.CLASS_NOT_SURVEYED), "side": side, **named, **facts}


def _unsurveyed(
    subject: Selection,
    layers: Sequence[str],
    asked: Sequence[str],
    reach: float,
    needed: int,
    *,
    own: str | None = None,  # only the subjects of this layer
) -> tuple[int, list[str]]:
    question = Unseen(
        layers=tuple(sorted(set(layers))),
        asked=tuple(asked),
        reach_m=reach,
        layers_needed=needed,
        own_layer=own,
    )
    listed = (subject.unseen or (lambda asks: unseen_among(subject.number, asks)))(question)
    return listed.count, list(listed.first[:EXAMPLES])


def not_in_catalogue(layers: Collection[str]) -> list[str]:
    """Return those of the layers that do not exist."""
    if not layers:
        return []
    known = set(Layer.objects.filter(slug__in=layers).values_list("slug", flat=True))
    return sorted(set(layers) - known)


def _without_survey(layers: Sequence[str]) -> list[str]:
    complete = Layer.objects.filter(
        slug__in=layers, surveyed_areas__completeness="complete"
    ).values_list("slug", flat=True)
    return sorted(set(layers) - set(complete))

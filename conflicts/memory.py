"""What a detection leaves for the re-check that goes on from it.

Per selector how many features it means, per rule what it found and could not tell, and how the
land, its surveys and its classes stood. All of it follows from the detection; none of it is needed
to read the findings.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import connection

from conflicts.city_ground import Ground, GroundAsked, Place, boundary_layers
from conflicts.counted import Counted, Listed
from conflicts.detection import Detector, Noted
from conflicts.kept.models import Remembered
from conflicts.models import DetectionRun
from conflicts.unseen import Unseen
from layers.sql_files import load_sql

LAND, SELECTOR, RULE = "land", "selector", "rule"


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerThen:
    """How a layer stood when it was looked at."""

    slug: str
    theme: str
    number: int  # of the published version; 0: none
    surveys: str  # changes with every statement about where it was surveyed; "": none
    classes: Mapping[str, int]  # features now of each class it holds or has held, by number


@dataclass(frozen=True, kw_only=True, slots=True)
class Land:
    """How the land stood when a rule book was last asked of it."""

    detection: int
    full_detection: int
    rulebook: int
    class_tree: str  # changes with every class
    rules: str  # changes with every rule of the book
    boundaries: tuple[tuple[str, ...], ...]  # which layers say where the city ends
    layers: Mapping[int, LayerThen]

    def as_json(self) -> dict[str, Any]:
        """Return plain data that ``land_from_json`` reads."""
        return asdict(self) | {
            "layers": {str(number): asdict(layer) for number, layer in self.layers.items()}
        }

    @property
    def versions(self) -> dict[str, int]:
        """The published version of each layer by its name."""
        return {layer.slug: layer.number for layer in self.layers.values() if layer.number}


def land_from_json(data: Mapping[str, Any]) -> Land:
    """Return what ``Land.as_json`` wrote."""
    layers = {int(number): LayerThen(**layer) for number, layer in data["layers"].items()}
    boundaries = tuple(tuple(names) for names in data["boundaries"])
    rules = data.get("rules", "")  # kept before rules were named here: another book to whoever asks
    return Land(**{**data, "layers": layers, "boundaries": boundaries, "rules": rules})


def land_now(detection: DetectionRun, *, counts_classes: bool) -> Land:
    """Return how the land stands; the classes each layer holds are counted only if asked for."""
    held = _classes_held() if counts_classes else {}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "layers_now.sql"))
        rows = cursor.fetchall()
        parameters = {"rulebook": detection.rulebook_id}
        cursor.execute(load_sql(__file__, "class_tree.sql"), parameters)
        class_tree, rules = cursor.fetchone()
    return Land(
        detection=detection.pk,
        full_detection=detection.goes_on_from_id or detection.pk,
        rulebook=detection.rulebook_id,
        class_tree=class_tree,
        rules=rules,
        boundaries=tuple(tuple(names) for names in boundary_layers()),
        layers={
            number: LayerThen(
                slug=slug,
                theme=theme,
                number=published,
                surveys=surveys,
                classes=held.get(number, {}),
            )
            for number, slug, theme, published, surveys in rows
        },
    )


def _classes_held() -> dict[int, dict[str, int]]:
    held: dict[int, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "classes_held.sql"))
        for layer, land_use, standing in cursor.fetchall():
            held.setdefault(layer, {})[str(land_use or "")] = standing
    return held


def remember_all(
    rulebook_code: str, detector: Detector, detection: DetectionRun, begun: Land
) -> bool:
    """Keep what a full detection counted, in place of what was kept before.

    ``begun`` is the land as it stood before the rules were asked. Where it is another by now (a
    layer was born, a survey stated anew), part of the rules did not see it: what is kept then
    makes the next re-check a full detection, and False is returned.
    """
    Remembered.objects.filter(rulebook_code=rulebook_code).delete()
    land = land_now(detection, counts_classes=True)
    is_same = _uncounted(land) == begun
    counted = {question: found.counted for question, found in detector.selections.items()}
    kept = land if is_same else replace(land, rules="")
    remember(rulebook_code, land=kept, counted=counted, noted=detector.noted)
    return is_same


def _uncounted(land: Land) -> Land:
    layers = {number: replace(layer, classes={}) for number, layer in land.layers.items()}
    return replace(land, layers=layers)


def remember(
    rulebook_code: str,
    *,
    land: Land,
    counted: Mapping[str, Counted],
    noted: Mapping[str, Noted],
) -> None:
    """Keep what was counted; what is not named stays as it was."""
    answers = {(LAND, ""): land.as_json()}
    answers |= {(SELECTOR, question): found.as_json() for question, found in counted.items()}
    answers |= {(RULE, code): _noted_as_json(note) for code, note in noted.items()}
    Remembered.objects.bulk_create(
        [
            Remembered(rulebook_code=rulebook_code, topic=topic, name=name, answer=answer)
            for (topic, name), answer in answers.items()
        ],
        update_conflicts=True,
        unique_fields=["rulebook_code", "topic", "name"],
        update_fields=["answer"],
    )


def remembered_land(rulebook_code: str) -> Land | None:
    """Return how the land stood at the last detection of a rule book."""
    kept = _kept(rulebook_code, LAND, [""])
    return land_from_json(kept[""]) if kept else None


def remembered_counts(rulebook_code: str, questions: Iterable[str]) -> dict[str, Counted]:
    """Return what these selectors meant, by the names of their questions."""
    kept = _kept(rulebook_code, SELECTOR, questions)
    return {question: Counted.from_json(answer) for question, answer in kept.items()}


def remembered_rules(rulebook_code: str, codes: Iterable[str]) -> dict[str, Noted]:
    """Return what these rules found and could not tell, by their codes."""
    kept = _kept(rulebook_code, RULE, codes)
    return {code: noted_from_json(note) for code, note in kept.items()}


def _kept(rulebook_code: str, topic: str, names: Iterable[str]) -> dict[str, Any]:
    kept = Remembered.objects.filter(rulebook_code=rulebook_code, topic=topic, name__in=list(names))
    return dict(kept.values_list("name", "answer"))


def _noted_as_json(note: Noted) -> dict[str, Any]:
    return asdict(replace(note, unseen=(), untold=())) | {
        "unseen": [
            [asdict(question), listed.count, list(listed.first)] for question, listed in note.unseen
        ],
        "untold": [[reason, listed.count, list(listed.first)] for reason, listed in note.untold],
    }


def noted_from_json(data: Mapping[str, Any]) -> Noted:
    """Return what a detection noted of a rule."""
    return Noted(
        **{
            **data,
            "unseen": tuple(
                (_unseen(question), Listed(count, tuple(first)))
                for question, count, first in data["unseen"]
            ),
            "untold": tuple(
                (reason, Listed(count, tuple(first)))
                for reason, count, first in data.get("untold", ())
            ),
            "ground": _ground(data["ground"]),
            "missing": tuple(data["missing"]) if data.get("missing") is not None else None,
        }
    )


def _unseen(data: Mapping[str, Any]) -> Unseen:
    return Unseen(**{**data, "layers": tuple(data["layers"]), "asked": tuple(data["asked"])})


def _ground(data: Mapping[str, Any] | None) -> GroundAsked | None:
    if data is None:
        return None
    ground = data["ground"]
    places = tuple(Place(**place) for place in ground["places"])
    return GroundAsked(
        layers=tuple(data["layers"]),
        asked=tuple(data["asked"]),
        ground=Ground(**{**ground, "places": places}),
    )

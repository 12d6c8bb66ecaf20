"""What is open about a feature, as subject or as object, and how far that can be trusted.

No finding is no all-clear: the land or the rules may have changed since the last detection, and
some rules cannot tell. ``standing`` says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet

from conflicts.models import DetectionRun, Finding, RuleBook
from conflicts.queries import (
    SETTLED,
    SEVERITY_RANK,
    FindingFilter,
    latest_detection,
    narrowed,
    untold_outcomes,
)
from conflicts.recheck_requests import is_rechecking
from conflicts.vocab import RuleBookStatus
from layers.editing.models import SurveyChange
from layers.models import Layer
from layers.visibility import Reader
from layers.vocab import GeometryKind


class LayerBehind(NamedTuple):
    """A layer that was published, or surveyed, after the findings were brought up to date."""

    layer: Layer
    checked_number: int  # up to this version; 0: never part of a detection
    published_number: int

    @property
    def is_only_surveyed(self) -> bool:
        """True when the version is the one that was checked and only surveys were stated since."""
        return self.checked_number == self.published_number


class FeatureKey(NamedTuple):
    """A feature of a layer, by name."""

    layer: str
    stable_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far the stored findings can be trusted now."""

    detections: tuple[DetectionRun, ...]  # the newest of each rule book
    changed_layers: tuple[Layer, ...]  # published or surveyed since, or never part of it
    unasked_rulebooks: tuple[RuleBook, ...]  # in force, but this version was never asked
    untold_rules: int
    is_rechecking: bool = False  # queued or at work

    @property
    def layers_behind(self) -> list[LayerBehind]:
        """The changed layers with the least version that all detections saw."""
        return [
            LayerBehind(
                layer=layer,
                checked_number=min(
                    (run.data_versions.get(layer.slug, 0) for run in self.detections), default=0
                ),
                published_number=layer.published_number or 0,
            )
            for layer in self.changed_layers
        ]

    @property
    def is_current(self) -> bool:
        """True when every rule in force was asked of the land as it is published now."""
        asked = bool(self.detections)
        return asked and not self.changed_layers and not self.unasked_rulebooks


def open_findings(keys: Sequence[FeatureKey], *, reader: Reader) -> dict[FeatureKey, list[int]]:
    """Return the numbers of the open findings of each feature, the worst first.

    A hazard map is an object as a whole; its findings belong to the polygon that was worst.
    """
    found = narrowed(FindingFilter(), reader=reader).exclude(state__in=SETTLED)
    sides = (
        ("subject_layer", "subject_id"),
        ("object_layer", "object_id"),
        ("object_layer", "current__object_row__stable_id"),
    )
    wanted = set(keys)
    numbers: dict[FeatureKey, list[int]] = defaultdict(list)
    for row in _about(found, wanted, sides):
        for key in {FeatureKey(row[layer], row[name] or "") for layer, name in sides} & wanted:
            numbers[key].append(row["pk"])
    return numbers


def _about(
    found: QuerySet[Finding], wanted: Iterable[FeatureKey], sides: Iterable[tuple[str, str]]
) -> Any:  # noqa: ANN401 - a QuerySet of rows
    by_layer: dict[str, list[str]] = defaultdict(list)
    for key in wanted:
        by_layer[key.layer].append(key.stable_id)
    is_about = Q(pk__in=[])
    for layer, names in by_layer.items():
        for layer_field, name_field in sides:
            is_about |= Q(**{layer_field: layer, f"{name_field}__in": names})
    worst_first = (SEVERITY_RANK.desc(), F("current__margin").asc(nulls_last=True), "pk")
    fields = {field for side in sides for field in side}
    return found.filter(is_about).order_by(*worst_first).values("pk", *fields)


def standing() -> Standing:
    """Return what was asked last of the rule books in force (of any while none is), and since."""
    in_force = list(RuleBook.objects.filter(status=RuleBookStatus.RATIFIED).order_by("code"))
    last = {book.code: latest_detection(book.code) for book in in_force} or {"": latest_detection()}
    detections = tuple(detection for detection in last.values() if detection is not None)
    return Standing(
        detections=detections,
        changed_layers=tuple(_changed_since(detections)),
        unasked_rulebooks=tuple(book for book in in_force if not _was_asked(book, last[book.code])),
        untold_rules=sum(len(untold_outcomes(detection)) for detection in detections),
        is_rechecking=is_rechecking(),
    )


def _was_asked(book: RuleBook, detection: DetectionRun | None) -> bool:
    return detection is not None and detection.rulebook_id == book.pk


def _changed_since(detections: Sequence[DetectionRun]) -> Iterable[Layer]:
    """Return the layers whose version or surveyed areas, as they are now, some detection missed."""
    begun = [detection.run.started_at for detection in detections if detection.run.started_at]
    restated = SurveyChange.objects.filter(changed_at__gte=min(begun)) if begun else ()
    surveyed_since = {change.layer_id for change in restated}
    published = Layer.objects.exclude(published_number=None)
    for layer in published.exclude(geometry_kind=GeometryKind.RASTER).order_by("slug"):
        seen = {detection.data_versions.get(layer.slug) for detection in detections}
        if seen - {layer.published_number} or layer.pk in surveyed_since:
            yield layer

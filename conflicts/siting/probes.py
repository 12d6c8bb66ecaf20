"""Which rules have a say about a use: a feature of it is stood up, asked about and taken away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from django.db import transaction

from conflicts.coverage import Selection
from conflicts.detection import Detector
from conflicts.kinds import KINDS, SIDES, Rule, object_selector, sides_asked
from conflicts.models import Rule as RuleRow
from conflicts.models import RuleBook
from conflicts.rule_schema import rule_from_data
from conflicts.whatif import PROPOSALS, stand
from layers.models import Layer
from layers.services import NewFeature
from layers.vocab import GeometryKind, Lifecycle

# A use is asked about as it will stand, and as the proposal it is until then.
STAGES = (Lifecycle.EXISTING, Lifecycle.PROPOSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Concern:
    """A rule that means the use on one side; not sure where it asks for unknown attributes."""

    rule: Rule
    row: RuleRow
    side: str  # "subject" or "object": where the use stands
    is_sure: bool

    @property
    def other_side(self) -> str:
        """The side on which what stands around is."""
        return SIDES[1 - SIDES.index(self.side)]


def concerns(
    *, use: str, properties: Mapping[str, Any], place: shapely.Polygon, book: RuleBook
) -> list[Concern]:
    """Return the rules of a book that mean such a use, by code; nothing stays stored."""
    probes = [
        NewFeature(
            stable_id=f"siting-probe-{stage}",
            geometry=place,
            land_use=use,
            lifecycle=stage,
            properties=properties,
        )
        for stage in STAGES
    ]
    with transaction.atomic():
        try:
            layer, _made = Layer.objects.get_or_create(
                slug=PROPOSALS,
                defaults={"geometry_kind": GeometryKind.MIXED, "title_en": "Proposals"},
            )
            rows = list(stand(layer, probes))
            return list(_asked(Detector.open(), book, use, rows))
        finally:
            transaction.set_rollback(True)


def _asked(detector: Detector, book: RuleBook, use: str, rows: list[int]) -> Iterator[Concern]:
    for row in book.rules.select_related("rulebook").order_by("code"):
        rule = rule_from_data(row.definition)
        if KINDS[rule.kind].is_of_records:
            continue  # speaks of what is written down, not of where it stands
        for side in sides_asked(rule):
            meant = list(_meant(detector, rule, side, use, rows))
            if meant:
                sure = any(selection.sure for selection in meant)
                yield Concern(rule=rule, row=row, side=side, is_sure=sure)


def _meant(
    detector: Detector, rule: Rule, side: str, use: str, rows: list[int]
) -> Iterator[Selection]:
    selector = rule.subject if side == "subject" else object_selector(rule)
    classes = detector.classes_meant(selector)
    if classes and use not in classes:
        return
    for number in rows:
        own = detector.select(selector, only=number, areas_only=side in KINDS[rule.kind].areas)
        if own.sure or own.unsure:
            yield own

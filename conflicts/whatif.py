"""What if this were built: the rule book asked of one proposal, before anything is published.

The same SQL with the same distances answers as in a full detection, for the proposal as subject and
as object; a property test proves the two equal. To be asked, the proposal stands as a feature of
layer ``proposals`` inside a savepoint that is always rolled back: nothing is kept.

What else stands on the same plot is reported like everything else. Whether it will be taken down,
and so is no neighbour of the proposal, only the applicant knows: the caller decides how to say so.
Features asked about together (several uses of one building) are one proposal: they are not held
against each other. A published feature with the same identifier is the proposal's earlier state and
set aside. A proposal is never taken for a hazard map, nor for what others must lie within: such
findings are about the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction

from conflicts.coverage import Selection, unknown_attributes, unseen_around
from conflicts.detection import Box, Detector, find_hits
from conflicts.judgements import Hit, Judgement, explained_gaps, judgement_of_hit
from conflicts.kinds import (
    KINDS,
    SIDES,
    Rule,
    between_selector,
    has_object,
    object_selector,
    reach_m,
    sides_asked,
)
from conflicts.models import Rule as RuleRow
from conflicts.models import RuleBook
from conflicts.pair_rules import Adjacency
from conflicts.rule_parts import Selector
from conflicts.rule_schema import rule_from_data
from conflicts.standard_rules import StandardViolation
from conflicts.vocab import Gap
from layers.crs import PROJECT_SRID
from layers.models import Feature, LandUseClass, Layer
from layers.services import NewFeature
from layers.sql_files import load_sql
from layers.visibility import EVERYTHING, Seen
from layers.vocab import Answer, GeometryKind

PROPOSALS = "proposals"
# What is looked for farther than needed [m]: the SQL itself looks a centimetre farther than asked,
# and a zone drawn as a point a step away may reach the proposal.
SLACK_M = 1.0


def findings_for(
    features: Sequence[NewFeature], rulebooks: Sequence[RuleBook], *, seen: Seen = EVERYTHING
) -> list[Judgement]:
    """Return what every rule of the books says of a proposal; nothing is stored.

    Per rule and feature: one judgement for each conflict, one "cannot tell" where something is
    missing, else one "complies"; a rule that names no such thing is silent. The
    features of layers whose visibility is not ``seen`` stay unused; the rules they concern cannot
    tell.
    """
    with transaction.atomic():
        try:
            question = _Question.put(features, seen=seen)
            return [found for book in rulebooks for found in question.ask_book(book)]
        finally:
            transaction.set_rollback(True)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Question:
    """A proposal that stands in the database for as long as it is asked about."""

    detector: Detector
    rows: Mapping[int, NewFeature]  # by the row that stands for it
    theme: str
    bounds: Box
    hidden: tuple[str, ...]
    data_versions: Mapping[str, int]

    @classmethod
    def put(cls, features: Sequence[NewFeature], *, seen: Seen) -> "_Question":
        layers = list(Layer.objects.exclude(published_number=None))
        layer, _made = Layer.objects.get_or_create(
            slug=PROPOSALS, defaults={"geometry_kind": GeometryKind.MIXED, "title_en": "Proposals"}
        )
        hidden = Layer.objects.exclude(visibility__in=seen).values_list("slug", flat=True)
        return cls(
            rows=stand(layer, features),
            theme=layer.theme,
            detector=Detector.open(),
            bounds=shapely.total_bounds([_shape(feature) for feature in features]).tolist(),
            hidden=tuple(hidden.order_by("slug")),
            data_versions={row.slug: row.published_number or 0 for row in layers},
        )

    def ask_book(self, book: RuleBook) -> Iterator[Judgement]:
        for row in book.rules.select_related("rulebook").order_by("code"):
            rule = rule_from_data(row.definition)
            for number, feature in self.rows.items():
                yield from self._ask(row, rule, number, feature)

    def _ask(
        self, row: RuleRow, rule: Rule, number: int, feature: NewFeature
    ) -> Iterator[Judgement]:
        meant = self._sides_meant(rule, number, feature)
        gaps = [gap for side, own in meant.items() for gap in self._ask_side(rule, side, own)]
        hits = self._take_hits() if meant else []
        told: dict[str, Any] = {"rule": rule, "row": row, "proposed": feature}
        bites = [hit for hit in hits if not hit["is_exempted"]]
        exempted = len(hits) - len(bites)
        around = self._features_of(bites)
        for hit in bites:
            yield judgement_of_hit(hit, around, number, self.data_versions, **told)
        if gaps:
            yield Judgement(
                **told,
                answer=Answer.CANNOT_TELL,
                missing=explained_gaps(gaps),
                exempted=exempted,
            )
        if meant and not bites and not gaps:
            yield Judgement(**told, answer=Answer.COMPLIES, exempted=exempted)

    def _sides_meant(self, rule: Rule, number: int, feature: NewFeature) -> dict[str, Selection]:
        """Return on which sides the rule means the feature, surely or perhaps."""
        meant = {}
        for side in sides_asked(rule):
            selector = _selector(rule, side)
            if self._may_mean(selector, feature):
                own = self.detector.select(
                    selector, only=number, areas_only=side in KINDS[rule.kind].areas
                )
                if own.sure or own.unsure:
                    meant[side] = own
        return meant

    def _may_mean(self, selector: Selector, feature: NewFeature) -> bool:
        """Tell without asking the database; conditions on attributes are left to it."""
        classes = self.detector.classes_meant(selector)
        return (
            (not classes or feature.land_use in classes)
            and (not selector.layers or PROPOSALS in selector.layers)
            and PROPOSALS not in selector.except_layers
            and selector.theme in {"", self.theme}
            and feature.lifecycle in selector.lifecycles
        )

    def _ask_side(self, rule: Rule, side: str, own: Selection) -> Iterator[dict[str, Any]]:
        """Put the hits with the proposal on one side into conflict_hit; yield what is missing."""
        for gap in unknown_attributes(side, _selector(rule, side), own):
            yield gap | {"of_proposal": True}
        if not own.sure:
            return
        other_side = SIDES[1 - SIDES.index(side)]
        selector = _selector(rule, other_side)
        others = self._around(rule, other_side, selector)
        sides = (own, others) if side == "subject" else (others, self._with_all(rule, own))
        used = (selector, between_selector(rule))
        hidden = [gap for part in used for gap in self._unseen_because_hidden(part)]
        if not (hidden and KINDS[rule.kind].finds_absence):  # what lies there may be hidden
            find_hits(rule, *sides, between=self._between(rule, side, *sides))
        if has_object(rule):
            yield from unknown_attributes(other_side, selector, others)
        yield from unseen_around(rule, own, other_side, others)
        yield from hidden

    def _with_all(self, rule: Rule, own: Selection) -> Selection:
        """Return the proposal as object; where objects are summed, together with all others."""
        if not KINDS[rule.kind].sums_objects:
            return own
        selector = object_selector(rule)
        shown = replace(selector, except_layers=(*selector.except_layers, *self.hidden))
        return self.detector.select(shown, areas_only="object" in KINDS[rule.kind].areas)

    def _between(
        self, rule: Rule, side: str, subject: Selection, objects: Selection
    ) -> Selection | None:
        """Return what may lie between or is counted, near the proposal; nothing hidden counts."""
        selector = between_selector(rule)
        if selector is None or not isinstance(rule, Adjacency | StandardViolation):
            return None
        shown = replace(selector, except_layers=(*selector.except_layers, *self.hidden))
        if isinstance(rule, Adjacency):
            near = self._box(rule.tolerance_m + (rule.between_within_m or 0.0))
            return self.detector.between(replace(rule, between=shown), subject, objects, near)
        # what stands in a proposed zone may stand on a plot that reaches out of it; and where no
        # layer is named, only the whole city tells which hold such things
        is_named = bool(selector.layers or selector.surveyed_in)
        near_plot = self._box(0.0) if side == "subject" and is_named else None
        return self.detector.between(replace(rule, counted=shown), subject, objects, near_plot)

    def _around(self, rule: Rule, side: str, selector: Selector) -> Selection:
        """Return the other side as far as it can matter here.

        Which layers hold such things at all, and so must be surveyed, only the whole city tells.
        """
        selector = replace(selector, except_layers=(*selector.except_layers, *self.hidden))
        areas_only = side in KINDS[rule.kind].areas
        near = self.detector.select(selector, near=self._box(reach_m(rule)), areas_only=areas_only)
        is_map = side == "object" and KINDS[rule.kind].object_is_map
        if not is_map and (selector.surveyed_in or selector.layers):
            return near
        everywhere = self.detector.select(selector, areas_only=areas_only)
        return replace(
            near,
            sure=everywhere.sure if is_map else near.sure,
            layers=everywhere.layers,
            sure_layers=everywhere.sure_layers,
        )

    def _box(self, reach: float) -> Box:
        """Return what lies within reach [m] of the proposal, with some slack."""
        west, south, east, north = self.bounds
        margin = reach + SLACK_M
        return (west - margin, south - margin, east + margin, north + margin)

    def _unseen_because_hidden(self, selector: Selector | None) -> Iterator[dict[str, Any]]:
        if selector is None:
            return
        asked = [slug for slug in self.hidden if not selector.layers or slug in selector.layers]
        if not asked:
            return
        unused = self.detector.select(replace(selector, layers=tuple(asked)))
        if unused.sure or unused.unsure:
            yield {"gap": str(Gap.NOT_PUBLIC), "classes": list(selector.classes)}

    def _take_hits(self) -> list[Hit]:
        with connection.cursor() as cursor:
            cursor.execute(load_sql(__file__, "keep_own_hits.sql"), {"proposed": list(self.rows)})
            cursor.execute(load_sql(__file__, "take_hits.sql"))
            names = [column.name for column in cursor.description or ()]
            return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def _features_of(self, hits: Sequence[Hit]) -> dict[int, Feature]:
        numbers = {hit[side] for hit in hits for side in ("subject_row", "object_row")} - {None}
        return Feature.objects.select_related("layer", "land_use").in_bulk(numbers)


def _selector(rule: Rule, side: str) -> Selector:
    return rule.subject if side == "subject" else object_selector(rule)


def _shape(feature: NewFeature) -> shapely.Geometry:
    shape = feature.geometry
    return shapely.from_wkb(shape) if isinstance(shape, bytes) else shape


def stand(layer: Layer, features: Sequence[NewFeature]) -> dict[int, NewFeature]:
    """Make the features current ones of the layer; their earlier states are set aside."""
    number = (layer.published_number or 0) + 1
    names = [feature.stable_id for feature in features]
    layer.features.filter(retired_in=None, stable_id__in=names).update(retired_in=number)
    codes = {feature.land_use for feature in features if feature.land_use}
    classes = {row.code: row for row in LandUseClass.objects.filter(code__in=codes)}
    rows = Feature.objects.bulk_create(
        Feature(
            layer=layer,
            stable_id=feature.stable_id,
            land_use=classes.get(feature.land_use or ""),
            lifecycle=feature.lifecycle,
            geometry=GEOSGeometry(memoryview(shapely.to_wkb(_shape(feature))), srid=PROJECT_SRID),
            properties=dict(feature.properties),
            introduced_in=number,
        )
        for feature in features
    )
    return {row.pk: feature for row, feature in zip(rows, features, strict=True)}

"""Operations on the features of a draft: outlines change, identifiers and attributes follow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import WGS84_SRID
from layers.editing import geometry
from layers.editing.content import Content, FeatureState, to_geojson
from layers.editing.drafts import create_feature, delete_feature, locked, replace_feature, standing
from layers.editing.models import Draft
from layers.editing.reading import features_of
from layers.editing.topology import topology_of

# Beyond this it is no longer the same corner [m]: a convention of this program.
LARGEST_SNAP_M = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Selected:
    """The features an operation works on, by identifier with the validators that were seen."""

    draft: Draft
    author: User
    etags: Mapping[str, str]

    def states(self) -> list[FeatureState]:
        """Return the features in the order they were chosen, if they stand as they were seen."""
        if self.etags:
            draft = locked(self.draft)
            return [standing(draft, name, etag) for name, etag in self.etags.items()]
        raise geometry.OperationError(
            _("No feature is chosen."), remedy=_("Send the features with their ETags.")
        )

    def one(self) -> FeatureState:
        """Return the only feature chosen."""
        first, *others = self.states()
        if not others:
            return first
        raise geometry.OperationError(
            _("This works on one feature at a time."), remedy=_("Choose one feature.")
        )

    def write(self, state: FeatureState, shape: BaseGeometry, note: str) -> FeatureState:
        """Give a chosen feature another outline, if it still stands as it was seen."""
        return replace_feature(
            draft=self.draft,
            stable_id=state.stable_id,
            content=replace(_content(state), geometry=shape),
            if_match=self.etags[state.stable_id],
            author=self.author,
            note=note,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What an operation made of the features it was given."""

    features: Sequence[FeatureState]
    deleted: Sequence[FeatureState] = ()
    before_m2: float
    after_m2: float

    def as_json(self, srid: int = WGS84_SRID) -> dict[str, Any]:
        """Return the outcome for a program, with its area balance."""
        return {
            "features": [to_geojson(state, srid) for state in self.features],
            "deleted": [state.stable_id for state in self.deleted],
            # what an editor names when it takes the deletion back
            "deleted_etags": {state.stable_id: state.etag for state in self.deleted},
            "balance": {
                "before_m2": self.before_m2,
                "after_m2": self.after_m2,
                "difference_m2": self.after_m2 - self.before_m2,
            },
        }


@transaction.atomic
def split_feature(selected: Selected, line: BaseGeometry) -> Outcome:
    """Cut a feature along a line: the largest piece keeps its identifier, others get new ones."""
    state = selected.one()
    return _in_pieces(selected, state, geometry.split(_content(state).geometry, line))


@transaction.atomic
def explode_feature(selected: Selected) -> Outcome:
    """Make each part a feature: the largest keeps its identifier, others get new ones."""
    state = selected.one()
    return _in_pieces(selected, state, geometry.explode(_content(state).geometry))


@transaction.atomic
def merge_features(selected: Selected, keep: str = "") -> Outcome:
    """Make neighbours one feature, which keeps the name and attributes of ``keep`` (or largest)."""
    states = selected.states()
    return _as_one(selected, states, geometry.merge(_shapes(states)), keep)


@transaction.atomic
def aggregate_features(selected: Selected, keep: str = "") -> Outcome:
    """Make features one of several parts, with name and attributes of ``keep`` (or the largest)."""
    states = selected.states()
    return _as_one(selected, states, geometry.aggregate(_shapes(states)), keep)


@transaction.atomic
def cut_hole_in_feature(selected: Selected, hole: BaseGeometry) -> Outcome:
    """Take the ground of a hole out of a feature."""
    state = selected.one()
    shape = geometry.cut_hole(_content(state).geometry, hole)
    return _reshaped(selected, state, shape, "hole cut")


@transaction.atomic
def fill_hole_in_feature(selected: Selected, at: BaseGeometry) -> Outcome:
    """Give the ground of the hole at a place back to a feature."""
    state = selected.one()
    shape = geometry.fill_hole(_content(state).geometry, at)
    return _reshaped(selected, state, shape, "hole filled")


@transaction.atomic
def snap_feature(selected: Selected, tolerance_m: float | None = None) -> Outcome:
    """Move a feature's corners onto its neighbours in the draft where they are within tolerance."""
    state = selected.one()
    shape = _content(state).geometry
    reach = tolerance_m if tolerance_m is not None else _tolerance_m(selected.draft)
    if not 0 < reach <= LARGEST_SNAP_M:
        raise geometry.OperationError(
            _("Corners are not moved by %(tolerance)s m.") % {"tolerance": reach},
            remedy=_("Give a tolerance above 0 and up to %(most)s m.") % {"most": LARGEST_SNAP_M},
        )
    west, south, east, north = shape.bounds
    around = (west - reach, south - reach, east + reach, north + reach)
    neighbours = [
        near.content.geometry
        for near in features_of(selected.draft, bbox=around)
        if near.content is not None and near.stable_id != state.stable_id
    ]
    snapped = geometry.snap(shape, neighbours, reach)
    return _reshaped(selected, state, snapped, f"snapped within {reach} m")


def _in_pieces(selected: Selected, state: FeatureState, pieces: Sequence[BaseGeometry]) -> Outcome:
    largest, *others = pieces
    note = f"split from {state.stable_id}"
    made = [selected.write(state, largest, "split")]
    made += [
        create_feature(
            draft=selected.draft,
            content=replace(_content(state), geometry=piece),
            author=selected.author,
            note=note,
        )
        for piece in others
    ]
    before_m2 = _content(state).geometry.area
    return Outcome(features=made, before_m2=before_m2, after_m2=_area_m2(made))


def _as_one(
    selected: Selected, states: Sequence[FeatureState], whole: BaseGeometry, keep: str
) -> Outcome:
    if len(states) == 1:
        raise geometry.OperationError(
            _("One feature is one already."), remedy=_("Choose at least two features.")
        )
    kept = _kept(states, keep)
    before_m2 = _area_m2(states)
    gone = [state.stable_id for state in states if state is not kept]
    deleted = [
        delete_feature(
            draft=selected.draft,
            stable_id=name,
            if_match=selected.etags[name],
            author=selected.author,
            note=f"merged into {kept.stable_id}",
        )
        for name in gone
    ]
    made = selected.write(kept, whole, f"merged with {', '.join(gone)}")
    after_m2 = _area_m2([made])
    return Outcome(features=[made], deleted=deleted, before_m2=before_m2, after_m2=after_m2)


def _kept(states: Sequence[FeatureState], keep: str) -> FeatureState:
    if not keep:
        return max(states, key=_size)
    named = [state for state in states if state.stable_id == keep]
    if named:
        return named[0]
    raise geometry.OperationError(
        _("'%(id)s' is not among the chosen features.") % {"id": keep},
        remedy=_("Name one of them as the one that stays."),
    )


def _size(state: FeatureState) -> tuple[float, float, str]:
    """Return what orders features by size: area, then length [m2, m]; the name decides a draw."""
    shape = _content(state).geometry
    return shape.area, shape.length, state.stable_id


def _reshaped(selected: Selected, state: FeatureState, shape: BaseGeometry, note: str) -> Outcome:
    made = selected.write(state, shape, note)
    before_m2 = _content(state).geometry.area
    return Outcome(features=[made], before_m2=before_m2, after_m2=_area_m2([made]))


def _shapes(states: Sequence[FeatureState]) -> list[BaseGeometry]:
    return [_content(state).geometry for state in states]


def _area_m2(states: Sequence[FeatureState]) -> float:
    return float(sum(shape.area for shape in _shapes(states)))


def _content(state: FeatureState) -> Content:
    if state.content is None:
        raise ValueError(state.stable_id)
    return state.content


def _tolerance_m(draft: Draft) -> float:
    stated = topology_of(draft.layer)
    return stated.tolerance_m if stated else float(settings.KRONG_TOPOLOGY_TOLERANCE_M)

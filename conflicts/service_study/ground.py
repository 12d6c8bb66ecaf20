"""What a study reads of the layers: homes, areas, streets, places of services, and surveys."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.db import connection
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from conflicts.city_ground import boundary_layers
from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.reach import NOWHERE
from conflicts.service_study.standards import Selection, ServiceQuestionError
from conflicts.service_study.streets import Floats, Ints, Mask, Shapes
from conflicts.service_study.vocab import COVERAGE_THEME, STAGES, Catchment, Horizon
from layers.models import Feature, LandUseClass, Layer
from layers.queries import class_branches
from layers.sql_files import load_sql
from layers.vocab import GeometryKind

SANGKATS = "sangkat"
HOME_CLASS = "residential"
COMING = tuple(str(stage) for stage in STAGES[Horizon.PLANNED])
HOME = np.dtype(
    [
        ("row", ">i8"), ("x", ">f8"), ("y", ">f8"), ("floor_m2", ">f8"),
        ("people", ">f8"), ("dwellings", ">f8"), ("stage", ">i8"),
    ]
)  # fmt: skip
# Lines that are no street, whatever layer they lie in.
NEVER_STREETS = ("railway", "airport", "power_line", "stream", "river", "coast")
# OpenStreetMap's values of highway: on foot no one walks along a motorway, no car drives a path.
NOT_ON_FOOT = frozenset({"motorway", "motorway_link", "proposed", "construction"})
NOT_BY_CAR = frozenset(
    {"footway", "path", "steps", "pedestrian", "cycleway", "bridleway", "corridor"}
    | {"proposed", "construction"}
)
MOTORWAY_CLASS = "expressway"
# What may follow "road" in the name of a layer that holds streets: road-noise holds none.
DRAWN_STREETS = frozenset(
    {"", "network", "line", "lines", "axis", "axes", "segments", "edges"}
    | {"centreline", "centrelines", "centerline", "centerlines"}
)
# Values of oneway that mean both ways (B in shapefiles), of access that keep no car out.
BOTH_WAYS = frozenset({"", "no", "n", "false", "0", "b"})
OPEN_TO_CARS = frozenset({"", "yes", "permissive", "designated", "destination", "public"})
NO = frozenset({"", "no", "n", "false", "f", "0"})


def stage_count(horizon: Horizon) -> int:
    """Return how many of the stages that are coming count at a time; today's come first."""
    return len(STAGES[horizon])


@dataclass(frozen=True, kw_only=True, slots=True)
class Homes:
    """Residential buildings: where, how large, who lives there as far as recorded, since when."""

    rows: NDArray[Any]
    layers: tuple[str, ...]
    known: BaseGeometry  # ground on which there is no other home

    @property
    def places(self) -> Floats:
        """The middle of each (x, y)."""
        return np.stack([self.rows["x"], self.rows["y"]], axis=1).astype(np.float64)

    @property
    def points(self) -> Shapes:
        """The middle of each as a shape."""
        return np.asarray(shapely.points(self.places), np.object_)

    def at(self, horizon: Horizon) -> Mask:
        """Return which homes count at a time."""
        return np.asarray(self.rows["stage"] <= stage_count(horizon), np.bool_)


@dataclass(frozen=True, kw_only=True, slots=True)
class Areas:
    """The parts of the city that people are counted by."""

    layer: str
    features: tuple[Feature, ...]
    shapes: Shapes

    def of(self, places: Floats) -> Ints:
        """Return in which area each place lies, the first that holds it; -1: in none."""
        found = np.full(len(places), -1, np.int64)
        for number, shape in enumerate(self.shapes):
            shapely.prepare(shape)
            inside = shapely.intersects_xy(shape, places[:, 0], places[:, 1])
            found[(found < 0) & inside] = number
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class StreetLines:
    """Street lines with the level of each, since when it is there, and who may use it."""

    layers: tuple[str, ...]
    lines: Shapes
    levels: Ints
    stages: Ints
    on_foot: Mask
    by_car: Mask
    is_restricted: Mask  # one-way, or not open to every car
    known: BaseGeometry

    def usable(self, catchment: Catchment, horizon: Horizon) -> Mask:
        """Return which lines people can use at a time."""
        allowed = self.by_car if catchment == Catchment.DRIVE else self.on_foot
        return np.asarray(allowed & (self.stages <= stage_count(horizon)), np.bool_)

    def restricted(self, catchment: Catchment) -> Mask:
        """Return along which lines one may not go both ways as one comes."""
        is_driven = catchment == Catchment.DRIVE
        return self.is_restricted if is_driven else np.zeros(len(self.lines), np.bool_)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sites:
    """The places of one service, sure or not, today's and coming, and where all are known."""

    shapes: Shapes
    names: tuple[str, ...]
    is_sure: Mask
    is_far: Mask  # of the kind that serves farther
    places: Floats  # stated places, NaN where nobody recorded them
    stages: Ints
    known: BaseGeometry
    has_class: bool  # the scheme of classes names such a place

    @property
    def middles(self) -> Floats:
        """A place within each, by which it belongs to an area (x, y)."""
        inner = shapely.point_on_surface(self.shapes)
        return np.asarray(shapely.get_coordinates(inner), np.float64)

    def at(self, horizon: Horizon) -> Mask:
        """Return which sites count at a time."""
        return np.asarray(self.stages <= stage_count(horizon), np.bool_)


def read_homes(question: ServiceQuestion) -> Homes:
    """Return the residential buildings of today and those coming.

    Raises
    ------
    ServiceQuestionError
        There is no layer of buildings.
    """
    layers = _layers(question.homes, is_of_buildings)
    if not layers:
        raise ServiceQuestionError(
            _("No layer shows where people live."),
            remedy=_("Import the buildings with their classes, or name the layer."),
        )
    asked = {"layers": layers, "classes": _branch((HOME_CLASS,)), "stages": list(COMING)}
    packed = b"".join(bytes(row[0]) for row in _fetch("homes.sql", asked))
    known = surveyed(layers, (HOME_CLASS,))
    return Homes(rows=np.frombuffer(packed, HOME), layers=tuple(layers), known=known)


def read_areas(question: ServiceQuestion) -> Areas:
    """Return the parts of the city: the layer named, else the sangkats, else the finest there is.

    Raises
    ------
    ServiceQuestionError
        No layer says where the city and its parts lie.
    """
    found = [question.areas] if question.areas else boundary_layers()[1]
    counted = {slug: _fetch("areas.sql", {"layer": slug}) for slug in found}
    finest = max(counted, key=lambda slug: len(counted[slug]), default="")
    chosen = SANGKATS if counted.get(SANGKATS) else finest
    if not counted.get(chosen):
        raise ServiceQuestionError(
            _("No layer says which parts the city has."),
            remedy=_("Import the sangkats with theme 'boundaries', or name the layer."),
        )
    rows = counted[chosen]
    features = Feature.objects.in_bulk([row[0] for row in rows])
    return Areas(
        layer=chosen,
        features=tuple(features[row[0]] for row in rows),
        shapes=_shapes([row[1] for row in rows]),
    )


def read_streets(question: ServiceQuestion) -> StreetLines:
    """Return the streets of today and those coming; none where no layer holds any."""
    layers = _layers(question.streets, is_of_streets)
    asked = {"layers": layers, "stages": list(COMING), "never": _branch(NEVER_STREETS)}
    rows = _fetch("streets.sql", asked)
    motorways = set(_branch((MOTORWAY_CLASS,)))
    walkable = [row[2] not in motorways and (row[6] or "") not in NOT_ON_FOOT for row in rows]
    return StreetLines(
        layers=tuple(layers),
        lines=_shapes([row[0] for row in rows]),
        levels=np.array([level_of(*row[3:6]) for row in rows], np.int64),
        stages=_stages([row[1] for row in rows]),
        on_foot=np.array(walkable, np.bool_),
        by_car=np.array([(row[6] or "") not in NOT_BY_CAR for row in rows], np.bool_),
        is_restricted=np.array([is_restricted(row[7], row[8]) for row in rows], np.bool_),
        known=surveyed(layers, ()),
    )


def is_restricted(oneway: str | None, access: Sequence[str | None]) -> bool:
    """Tell whether not every car may go both ways along a street, or nobody can say so."""
    is_one_way = (oneway or "").strip().lower() not in BOTH_WAYS
    return is_one_way or any((each or "").strip().lower() not in OPEN_TO_CARS for each in access)


def level_of(layer: str | None, bridge: str | None, tunnel: str | None) -> int:
    """Return on which level a street lies: its ``layer``, else 1 on a bridge, -1 in a tunnel.

    Many files write layer 0 on every street: it does not bring a bridge down to the ground.
    """
    if stated := _stated_level(layer):
        return stated
    if _is_yes(bridge):
        return 1
    return -1 if _is_yes(tunnel) else 0


def _stated_level(layer: str | None) -> int:
    """Return the level written (1, 1.0, a half as a whole), 0 where it is no number."""
    try:
        stated = float(layer or "")
    except ValueError:
        return 0
    away = math.ceil(abs(stated)) if math.isfinite(stated) else 0
    return -away if stated < 0 else away


def _is_yes(written: str | None) -> bool:
    return (written or "").strip().lower() not in NO


def read_sites(selection: Selection, year: int | None) -> Sites:
    """Return the places of a service; what is planned for after ``year`` is left out."""
    near = _site_rows(selection, _branch(selection.classes), _known(selection.wider))
    far = _site_rows(selection, _branch(selection.far_classes), [])
    rows = [*near, *far]
    stages = _stages([row[3] for row in rows])
    kept = np.array([year is None or row[6] is None or row[6] <= year for row in rows], np.bool_)
    kept |= stages <= stage_count(Horizon.TODAY)
    chosen = [row for row, is_kept in zip(rows, kept, strict=True) if is_kept]
    asked = _known((*selection.classes, *selection.wider, *selection.far_classes))
    return Sites(
        shapes=_shapes([row[0] for row in chosen]),
        names=tuple(row[2] for row in chosen),
        is_sure=np.array([row[4] for row in chosen], np.bool_),
        is_far=(np.arange(len(rows)) >= len(near))[kept],
        places=np.array([np.nan if row[5] is None else row[5] for row in chosen], np.float64),
        stages=stages[kept],
        known=_known_sites({row[1] for row in rows}, asked),
        has_class=bool(asked),
    )


def _site_rows(selection: Selection, classes: list[str], wider: list[str]) -> list[Any]:
    studies = Layer.objects.filter(theme=COVERAGE_THEME).values_list("slug", flat=True)
    return _fetch(
        "sites.sql",
        {
            "classes": classes,
            "wider": wider,
            "least_site_m2": selection.least_site_m2,
            "attribute": selection.attribute,
            "value": selection.value,
            "places": selection.places_attribute,
            "stages": list(COMING),
            "except_layers": list(studies),
        },
    )


def _known_sites(holding: set[str], asked: list[str]) -> BaseGeometry:
    """Return where all such places are known: to every layer that holds some, else that looked."""
    if not asked:
        return NOWHERE
    layers = sorted(holding)
    if not layers:
        layers = [row[0] for row in _fetch("layers_that_looked.sql", {"asked": asked})]
    return surveyed(layers, asked)


def surveyed(layers: Sequence[str], asked: Sequence[str]) -> BaseGeometry:
    """Return where all of these layers were surveyed for classes (none: as a whole)."""
    if not layers:
        return NOWHERE
    rows = _fetch("surveyed.sql", {"layers": list(layers), "asked": _known(asked)})
    if len(rows) < len(set(layers)) or any(row[1] is None for row in rows):
        return NOWHERE
    known: BaseGeometry = shapely.intersection_all(_shapes([row[1] for row in rows]))
    return known


def is_of_streets(name: str) -> bool:
    """Tell whether a slug or theme is one of streets: whole words, and not of something beside."""
    words = _words(name)
    following = [*words, ""][1:]
    return any(
        word in {"roads", "streets"} or (word in {"road", "street"} and after in DRAWN_STREETS)
        for word, after in zip(words, following, strict=True)
    )


def is_of_buildings(name: str) -> bool:
    """Tell whether a slug or theme has buildings among its words."""
    return not {"building", "buildings"}.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", name.lower())


def _layers(named: Sequence[str], is_meant: Callable[[str], bool]) -> list[str]:
    """Return the layers named, else the published ones whose slug or theme is of what is meant."""
    published = Layer.objects.exclude(published_number=None).exclude(
        geometry_kind=GeometryKind.RASTER
    )
    if missing := set(named) - set(published.values_list("slug", flat=True)):
        raise ServiceQuestionError(
            _("There is no layer '%(layer)s'.") % {"layer": sorted(missing)[0]},
            remedy=_("'./krong layers' lists the layers."),
        )
    if named:
        return sorted(named)
    found = published.exclude(theme=COVERAGE_THEME).order_by("slug").values_list("slug", "theme")
    return [slug for slug, theme in found if is_meant(slug) or is_meant(theme)]


def _known(codes: Sequence[str]) -> list[str]:
    return sorted(LandUseClass.objects.filter(code__in=codes).values_list("code", flat=True))


def _branch(codes: Sequence[str]) -> list[str]:
    branches = class_branches(_known(codes))
    return sorted({code for branch in branches.values() for code in branch})


def _stages(lifecycles: Sequence[str]) -> Ints:
    """Return the place of each lifecycle among those that count, from 1."""
    return np.array([COMING.index(stage) + 1 for stage in lifecycles], np.int64)


def _shapes(written: Sequence[bytes]) -> Shapes:
    read: Shapes = np.array(shapely.from_wkb([bytes(each) for each in written]), np.object_)
    return read.reshape(-1)


def _fetch(name: str, parameters: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, name), dict(parameters))
        return list(cursor.fetchall())

"""Which part of the city a rule can speak of: where its subjects were looked for, and where not.

A rule that found no school in the flood knows so only of ground on which someone looked for
schools. The city ends where its boundary layers say (docs/adr/0010).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import translation

from layers.models import Feature, Layer
from layers.sql_files import load_sql

# The outline of the city alone; a city that keeps one needs no other to say where it ends.
CITY_THEME = "city-boundary"
# Districts, communes, sangkats.
BOUNDARY_THEMES = ("boundaries", "base-boundaries")
# Two drawings of one border differ by less; no building or plot is as narrow [m].
LEAST_WIDTH_M = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A part of the city and how much of it nobody looked at [m2]."""

    km: str
    en: str
    area_m2: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """How much ground was surveyed for what a rule is about; ``city_m2`` None: no boundary."""

    surveyed_m2: float
    city_m2: float | None
    unsurveyed_m2: float
    places: tuple[Place, ...]

    @property
    def is_whole(self) -> bool:
        """True when nothing of the city, as far as that is known, was left out."""
        return self.surveyed_m2 > 0 and not self.unsurveyed_m2


@dataclass(frozen=True, kw_only=True, slots=True)
class GroundAsked:
    """Where these layers were surveyed for these classes."""

    layers: tuple[str, ...]
    asked: tuple[str, ...]
    ground: Ground


def surveyed_ground(layers: Sequence[str], asked: Sequence[str]) -> Ground:
    """Return how far all of these layers were surveyed for classes (none: as a whole).

    Uses the working tables of a detection; the geometry is that of the city's boundary layers.
    """
    cities, places = boundary_layers()
    parameters: dict[str, Any] = {
        "layers": list(layers),
        "asked": list(asked),
        "boundaries": cities,
        "places": places,
        "least_width_m": LEAST_WIDTH_M,
    }
    with connection.cursor() as cursor:
        for name in ("survey_ground.sql", "city_area.sql", "unsurveyed_ground.sql"):
            cursor.execute(load_sql(__file__, name), parameters)
        surveyed_m2, city_m2, unsurveyed_m2, rows, areas = cursor.fetchone()
    return Ground(
        surveyed_m2=max(0.0, surveyed_m2),
        city_m2=city_m2,
        unsurveyed_m2=unsurveyed_m2 if city_m2 else 0.0,
        places=tuple(_places(rows, areas)) if city_m2 else (),
    )


def survey_named(layers: Sequence[str], asked: Sequence[str]) -> tuple[str, ...]:
    """Return a name for the ground these layers were surveyed on: the same for the same ground."""
    parameters = {"layers": list(layers), "asked": list(asked)}
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "survey_ground.sql"), parameters)
        cursor.execute(load_sql(__file__, "survey_named.sql"), parameters)
        return tuple(cursor.fetchone()[0])


def boundary_layers() -> tuple[list[str], list[str]]:
    """Return the layers that say where the city ends, and those that name its parts."""
    themes = (CITY_THEME, *BOUNDARY_THEMES)
    published = Layer.objects.exclude(published_number=None).filter(theme__in=themes)
    found = dict(published.order_by("slug").values_list("slug", "theme"))
    own = [slug for slug, theme in found.items() if theme == CITY_THEME]
    return own or list(found), list(found)


def _places(rows: Sequence[int], areas: Sequence[float]) -> Iterable[Place]:
    named = Feature.objects.in_bulk(list(rows))
    for row, area_m2 in zip(rows, areas, strict=True):
        names = {}
        for language in ("km", "en"):
            with translation.override(language):
                names[language] = named[row].name
        yield Place(**names, area_m2=area_m2)

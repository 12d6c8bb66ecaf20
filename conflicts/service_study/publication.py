"""A study as layers of the catalogue: for each service the squares in which people go without."""

from collections.abc import Iterator

import numpy as np
import shapely

from conflicts.service_study.models import ServiceStudy
from conflicts.service_study.standards import ServiceStandard
from conflicts.service_study.streets import Floats, Ints
from conflicts.service_study.study import ServiceAnswer, ServiceRow
from conflicts.service_study.vocab import COVERAGE_THEME, Horizon, Reach
from layers.services import NewFeature, Provenance, open_layer, publish_features
from layers.vocab import GeometryKind, Lifecycle, Visibility

# Green, red, grey of clearly different lightness: told apart in grey print as well.
COLOURS = {Reach.SERVED: "#8FD19E", Reach.NOT_SERVED: "#9E2A2B", Reach.CANNOT_TELL: "#B9B4A7"}
# The side of a square [m]: the finest with which a layer stays below MOST_SQUARES.
SIZES_M = (50.0, 100.0, 200.0, 500.0, 1_000.0)
MOST_SQUARES = 20_000


def _field(kind: str, km: str, en: str, unit: str = "") -> dict[str, str]:
    return {"type": kind, "title_km": km, "title_en": en, "unit": unit}


SCHEMA = {
    "fields": {
        "coverage": _field("text", "លទ្ធផល", "within reach"),
        "coverage_planned": _field("text", "លទ្ធផលតាមប្លង់", "within reach at the plan's horizon"),
        "counted": _field("text", "អ្វីដែលរាប់", "what is counted"),
        "total": _field("number", "សរុប", "in all"),
        "not_served": _field("number", "មិនបានទទួលសេវា", "not served"),
        "cannot_tell": _field("number", "មិនអាចប្រាប់បាន", "cannot tell"),
        "not_served_planned": _field("number", "មិនបានទទួលសេវាតាមប្លង់", "not served then"),
        "way_m": _field("number", "ចម្ងាយមធ្យមរបស់អ្នកទទួលសេវា", "mean way of those served", "m"),
        "limit_m": _field("number", "ចម្ងាយអតិបរមា", "greatest distance asked for", "m"),
        "basis": _field("text", "មូលដ្ឋាន", "what the distance rests on"),
        "source": _field("text", "ប្រភព", "source"),
    },
    "colours": {
        "property": "coverage",
        "values": {str(reach): colour for reach, colour in COLOURS.items()},
        "titles": {
            "served": {"km": "បានទទួលសេវាទាំងអស់", "en": "all served"},
            "not_served": {"km": "មានអ្នកមិនបានទទួលសេវា", "en": "some not served"},
            "cannot_tell": {"km": "មិនអាចប្រាប់បាន", "en": "cannot tell of some"},
        },
    },
}


def layer_slug(code: str) -> str:
    """Return the name of the layer of one service."""
    return f"service-{code.replace('_', '-')}"[:50]


def publish_study(kept: ServiceStudy, answer: ServiceAnswer) -> tuple[float, list[str]]:
    """Publish a layer for each service with a distance; return the side of a square and names."""
    squares = Squares(answer)
    by_service = {(each.standard.code, each.horizon): each for each in answer.rows}
    published = []
    for (code, horizon), today in by_service.items():
        if horizon == Horizon.TODAY and today.reached is not None:
            later = by_service[code, Horizon.PLANNED]
            _publish(kept, today.standard, list(squares.features(today, later)))
            published.append(layer_slug(code))
    return squares.size_m, published


def _publish(kept: ServiceStudy, standard: ServiceStandard, features: list[NewFeature]) -> None:
    layer = open_layer(
        slug=layer_slug(standard.code),
        geometry_kind=GeometryKind.POLYGON,
        title_km=f"អ្នកទទួលសេវា៖ {standard.title_km}",
        title_en=f"Within reach: {standard.title_en}",
        theme=COVERAGE_THEME,
        visibility=Visibility.INTERNAL,
        attribute_schema=SCHEMA,
    )
    provenance = Provenance(
        source_name=f"service study {kept.pk}",
        published_by=kept.asked_by,
        message=f"#{kept.pk} {standard.code}",
    )
    publish_features(layer=layer, features=features, provenance=provenance)


class Squares:
    """The squares with homes in them, and who is served there."""

    def __init__(self, answer: ServiceAnswer) -> None:
        """Lay the finest squares over the homes that are few enough."""
        self.answer = answer
        inside = answer.area_of >= 0
        for size_m in SIZES_M:
            self.size_m = size_m
            cells = np.floor(answer.homes.places[inside] / size_m).astype(np.int64)
            corners, number = np.unique(cells, axis=0, return_inverse=True)
            if len(corners) <= MOST_SQUARES:
                break
        self.corners: Ints = corners
        self.number = np.full(len(inside), -1, np.int64)
        self.number[inside] = number.reshape(-1)

    def features(self, today: ServiceRow, later: ServiceRow) -> Iterator[NewFeature]:
        """Yield one feature for each square in which people live, today or then."""
        standard = today.standard
        now, then = self.counted(today), self.counted(later)
        west, south = (self.corners * self.size_m).T
        shapes = shapely.box(west, south, west + self.size_m, south + self.size_m)
        named = {
            "counted": str(self.answer.people.by),
            "limit_m": standard.catchment_m,
            "basis": str(standard.basis),
            "source": standard.source,
        }
        for place in np.flatnonzero((now[:3] + then[:3]).sum(axis=0) > 0):
            yield NewFeature(
                stable_id="E{}N{}".format(*self.corners[place]),
                geometry=shapes[place],
                lifecycle=Lifecycle.PROPOSED,
                properties={**named, **_properties(now[:, place], then[:, place])},
            )

    def counted(self, row: ServiceRow) -> Floats:
        """Return for each square the people by reach, and the metres that those served go."""
        there = self.answer.homes.at(row.horizon)
        people, number = self.answer.people.of_home[row.horizon][there], self.number[there]
        sums = np.zeros((len(Reach) + 1, len(self.corners)))
        if row.reached is None:
            return sums
        for place, reach in enumerate(Reach):
            chosen = row.reached.are(reach) & (number >= 0)
            np.add.at(sums[place], number[chosen], people[chosen])
            if reach == Reach.SERVED:
                gone = people[chosen] * row.reached.distance_m[chosen]
                np.add.at(sums[-1], number[chosen], gone)
        return sums


def worst(sums: Floats) -> str:
    """Return the worst that is true of someone in a square; nothing where nobody lives."""
    for reach in (Reach.NOT_SERVED, Reach.CANNOT_TELL, Reach.SERVED):
        if sums[list(Reach).index(reach)] > 0:
            return str(reach)
    return ""


def _properties(now: Floats, then: Floats) -> dict[str, str | float | None]:
    served, not_served, cannot_tell = now[:3].tolist()
    return {
        "coverage": worst(now),
        "coverage_planned": worst(then),
        "total": round(served + not_served + cannot_tell, 1),
        "not_served": round(not_served, 1),
        "cannot_tell": round(cannot_tell, 1),
        "not_served_planned": round(float(then[1]), 1),
        "way_m": round(float(now[3]) / served, 1) if served else None,
    }

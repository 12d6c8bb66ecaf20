"""Features that no selector without a condition can tell apart: counted together, never listed.

Of a million dwellings a full detection needs not a million rows that say "this one is meant": all
of one layer, class and stage are meant or none. What a selector tells apart by is a likeness.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from conflicts.counted import Counted, Listed
from layers.sql_files import load_sql

Extent = tuple[float, float, float, float]  # west, south, east, north [m]


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a selector tells features apart by, beside their attributes and shapes."""

    layer: str
    theme: str
    land_use: str | None
    lifecycle: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Alike:
    """All current features of one likeness."""

    like: Likeness
    layer_id: int
    land_use_id: int | None
    features: int
    areas: int  # of them: drawn as areas
    extent: Extent


def means(asked: Mapping[str, Any], like: Likeness) -> bool:
    """Tell whether the parameters of select_features.sql may mean such a feature.

    Its attributes, where a condition is asked, and its shape decide.
    """
    return (
        (asked["classes"] is None or like.land_use in asked["classes"])
        and (asked["layers"] is None or like.layer in asked["layers"])
        and like.layer not in asked["except_layers"]
        and asked["theme"] in {"", like.theme}
        and like.lifecycle in asked["lifecycles"]
    )


def all_alike() -> list[Alike]:
    """Return the current features of the whole ground, told apart by their likeness only."""
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "alike.sql"))
        return [
            Alike(
                like=Likeness(layer, theme, land_use, lifecycle),
                layer_id=layer_id,
                land_use_id=land_use_id,
                features=features,
                areas=areas,
                extent=tuple(extent),
            )
            for layer_id, layer, theme, land_use_id, land_use, lifecycle, features, areas, *extent
            in cursor.fetchall()
        ]  # fmt: skip


def are_all_sure(asked: Mapping[str, Any], groups: Iterable[Alike]) -> bool:
    """Tell whether such features are meant without looking at any of them."""
    return asked["where"] is None and (
        not asked["areas_only"] or all(group.areas == group.features for group in groups)
    )


def counted_alike(groups: Iterable[Alike]) -> Counted:
    """Return groups that are surely meant, in numbers."""
    layers: dict[str, int] = {}
    for group in groups:
        layers[group.like.layer] = layers.get(group.like.layer, 0) + group.features
    return Counted(
        layers={layer: (many, many) for layer, many in sorted(layers.items())},
        unsure=Listed(),
        shapeless=Listed(),
    )


def extent_of(groups: Sequence[Alike]) -> Extent | None:
    """Return the smallest box around all of these features; None: there are none."""
    if not groups:
        return None
    west, south, east, north = zip(*(group.extent for group in groups), strict=True)
    return min(west), min(south), max(east), max(north)


def put_alike(number: int, groups: Iterable[Alike]) -> None:
    """Note which likenesses a selection means."""
    rows = [(number, g.layer_id, g.land_use_id or 0, g.like.lifecycle) for g in groups]
    with connection.cursor() as cursor:
        cursor.executemany(load_sql(__file__, "put_alike.sql"), rows)

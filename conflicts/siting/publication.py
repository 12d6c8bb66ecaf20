"""A study as layers of the catalogue: where the use may go, and the sites found."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from rasterio.features import shapes
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from conflicts.siting.models import SitingStudy
from conflicts.siting.study import SitingAnswer
from conflicts.siting.vocab import SITING_THEME, Siting
from layers.services import NewFeature, Provenance, open_layer, publish_features
from layers.vocab import GeometryKind, Lifecycle, Visibility

# Green, ochre, grey, red, of clearly different lightness: told apart in grey print as well.
COLOURS = {
    Siting.ALLOWED: "#8FD19E",
    Siting.CONDITIONAL: "#F2C14E",
    Siting.CANNOT_TELL: "#B9B4A7",
    Siting.FORBIDDEN: "#9E2A2B",
}


def _field(kind: str, km: str, en: str, unit: str = "") -> dict[str, str]:
    return {"type": kind, "title_km": km, "title_en": en, "unit": unit}


SCHEMA = {
    "fields": {
        "siting": _field("text", "ចម្លើយ", "verdict"),
        "rule": _field("text", "ច្បាប់ដែលកំណត់", "rule that decides"),
        "reason_km": _field("text", "មូលហេតុ", "why (Khmer)"),
        "reason_en": _field("text", "មូលហេតុ (អង់គ្លេស)", "why"),
        "basis": _field("text", "មូលដ្ឋាន", "what the rule rests on"),
        "area_ha": _field("number", "ផ្ទៃដី", "area", "ha"),
        "rank": _field("number", "លំដាប់", "rank"),
        "score": _field("number", "ពិន្ទុ (០ ដល់ ១)", "score (0 to 1)"),
        "breaks": _field("text", "ច្បាប់ដែលល្មើស", "rules it breaks"),
        "cannot_tell": _field("text", "ច្បាប់ដែលមិនអាចប្រាប់", "rules that cannot tell"),
        "road": _field("number", "ចម្ងាយដល់ផ្លូវ", "distance to the nearest road", "m"),
        "slope": _field("number", "ជម្រាលមធ្យម", "mean slope", "%"),
        "public_land": _field("number", "ចំណែកលើដីរដ្ឋ", "share on state land"),
        "hazard": _field("number", "ចំណែកក្នុងតំបន់គ្រោះថ្នាក់", "share in hazard areas"),
        "built": _field("number", "ចំណែកដែលមានសំណង់ ឬសេវា", "share built on"),
    },
    "colours": {
        "property": "siting",
        "values": {str(siting): colour for siting, colour in COLOURS.items()},
        "titles": {
            "allowed": {"km": "អនុញ្ញាត", "en": "allowed"},
            "conditional": {"km": "មានលក្ខខណ្ឌ", "en": "conditional"},
            "cannot_tell": {"km": "មិនអាចប្រាប់បាន", "en": "cannot tell"},
            "forbidden": {"km": "ហាមឃាត់", "en": "forbidden"},
        },
    },
}
# One piece of ground has at most so many cells a side, so that no outline grows without bound.
BLOCK_CELLS = 200


def areas_slug(use: str) -> str:
    """Return the name of the layer that shows where a use may go."""
    return f"siting-{use.replace('_', '-')}"[:50]


def sites_slug(use: str) -> str:
    """Return the name of the layer with the sites found."""
    return f"{areas_slug(use)}-sites"


def site_name(rank: int) -> str:
    """Return the identifier of the site of this rank."""
    return f"S{rank:02}"


def publish_study(kept: SitingStudy, answer: SitingAnswer) -> None:
    """Publish the areas and sites of a study in the place of those of the study before."""
    name_km, name_en = kept.use.name_km, kept.use.name_en
    provenance = Provenance(
        source_name=f"siting study {kept.pk}",
        published_by=kept.asked_by,
        message=f"#{kept.pk} {kept.rulebook}",
    )
    for slug, title_km, title_en, features in (
        (
            areas_slug(kept.use.code),
            f"កន្លែងអាចដាក់៖ {name_km or name_en}",
            f"Where it may go: {name_en}",
            area_features(answer),
        ),
        (
            sites_slug(kept.use.code),
            f"ទីតាំងដែលអាចជ្រើសរើស៖ {name_km or name_en}",
            f"Sites found: {name_en}",
            site_features(answer),
        ),
    ):
        layer = open_layer(
            slug=slug,
            geometry_kind=GeometryKind.POLYGON,
            title_km=title_km,
            title_en=title_en,
            theme=SITING_THEME,
            visibility=Visibility.INTERNAL,
            attribute_schema=SCHEMA,
        )
        publish_features(layer=layer, features=list(features), provenance=provenance)


def area_features(answer: SitingAnswer) -> Iterator[NewFeature]:
    """Yield connected ground of one verdict by one rule, from the north-west."""
    verdicts = answer.verdicts
    codes = np.where(
        verdicts.verdict > 0,
        verdicts.verdict.astype(np.int32) * 10_000 + verdicts.binding + 1,
        0,
    ).astype(np.int32)
    number = 0
    for rows in _blocks(codes.shape[0]):
        for cols in _blocks(codes.shape[1]):
            block = codes[rows, cols]
            corner = answer.cells.transform @ answer.cells.transform.translation(
                cols.start, rows.start
            )
            found = shapes(block, mask=block > 0, connectivity=4, transform=corner)
            for outline, code in found:
                number += 1
                yield _area(answer, number, shape(outline), int(code))


def _blocks(length: int) -> list[slice]:
    return [
        slice(first, min(first + BLOCK_CELLS, length)) for first in range(0, length, BLOCK_CELLS)
    ]


def _area(answer: SitingAnswer, number: int, outline: BaseGeometry, code: int) -> NewFeature:
    verdict = list(Siting)[code // 10_000 - 1]
    telling = code % 10_000 - 1
    properties: dict[str, Any] = {"siting": str(verdict), "area_ha": round(outline.area / 1e4, 4)}
    if telling >= 0:
        rule = answer.tellings[telling].concern.rule
        properties |= {
            "rule": rule.code,
            "reason_km": rule.title.km or rule.title.en,
            "reason_en": rule.title.en,
            "basis": str(rule.basis),
        }
    return NewFeature(
        stable_id=f"A{number:06}",
        geometry=outline,
        lifecycle=Lifecycle.PROPOSED,
        properties=properties,
    )


def site_features(answer: SitingAnswer) -> Iterator[NewFeature]:
    """Yield the sites by rank, with what was measured of each."""
    for rank, checked in enumerate(answer.sites, start=1):
        site = checked.site
        yield NewFeature(
            stable_id=site_name(rank),
            geometry=checked.geometry,
            lifecycle=Lifecycle.PROPOSED,
            properties={
                "name_km": f"ទីតាំងទី {rank}",
                "name_en": f"Site {rank}",
                "rank": rank,
                "siting": str(site.verdict),
                "score": round(site.score, 3),
                "area_ha": round(checked.geometry.area / 1e4, 4),
                "breaks": ", ".join(checked.broken),
                "cannot_tell": ", ".join(checked.untold),
                **{str(name): round(value, 3) for name, value in site.values.items()},
            },
        )

"""Under which properties the features of a layer carry their names.

Imported files keep their own columns. A layer may state them in its attribute schema
(``{"names": {"km": "commune_kh", "en": "commune_en", "other": "label"}}``); else they are
recognised by how such columns are usually called.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.cache import caches

from layers.models import Feature, LayerVersion, in_reader_language
from layers.stamps import version_stamp

LOOKED_AT = 200  # features; the columns of a file do not change from row to row


@dataclass(frozen=True, slots=True)
class NameProperties:
    """The properties that hold the Khmer, the English and any other name."""

    km: str = "name_km"
    en: str = "name_en"
    other: str = "name"

    def of(self, properties: Mapping[str, Any]) -> str:
        """Return a feature's name in the reader's language, empty if it has none."""
        km, en = (str(properties.get(name) or "") for name in (self.km, self.en))
        return in_reader_language(km, en) or str(properties.get(self.other) or "")


# Likeliest first; matched against the whole property name, whatever its case.
_KM = (r"name_km", r"name[:_]k[mh]", r".*_k[mh]", r".*_khmer")
_EN = (r"name_en", r"name:en", r".*_en", r".*_en_\d{4}", r".*_english")
_OTHER = (
    r"name",
    r"shapename",
    r".*_name",
    r".*name.*",
    r"label",
    r"title",
    r"village.*",
    r"block",
)


def name_properties(version: LayerVersion) -> NameProperties:
    """Return the name properties of a layer's published version; worked out once per version."""
    stated = version.layer.attribute_schema.get("names")
    if stated:
        return NameProperties(
            **{key: stated[key] for key in ("km", "en", "other") if key in stated}
        )
    return _kept_names(f"names-{version_stamp(version)}", version.layer_id)


@lru_cache(maxsize=1_000)
def _kept_names(key: str, layer_id: int) -> NameProperties:
    """Return what is kept for all processes, in this process without asking twice."""
    kept: NameProperties | None = caches["tiles"].get(key)
    if kept is None:
        kept = recognised(_property_names(layer_id))
        caches["tiles"].set(key, kept)
    return kept


def recognised(columns: Iterable[str]) -> NameProperties:
    """Return which of these properties are names, by how they are called."""
    known = sorted(columns)
    km, en = _first(known, _KM), _first(known, _EN)
    left = [column for column in known if column not in {km, en}]
    return NameProperties(km or "name_km", en or "name_en", _first(left, _OTHER) or "name")


def _first(columns: list[str], patterns: tuple[str, ...]) -> str | None:
    for pattern in patterns:
        for column in columns:
            if re.fullmatch(pattern, column, re.IGNORECASE):
                return column
    return None


def _property_names(layer_id: int) -> set[str]:
    current = Feature.objects.filter(layer=layer_id, retired_in=None)
    rows = current.values_list("properties", flat=True)
    return {name for properties in rows[:LOOKED_AT] for name in properties}

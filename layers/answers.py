"""Answers of identify and search in the reader's language, ready for JSON."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from layers.identify import FoundFeature, GridValue, LayerAnswer, Place
from layers.legend import OTHER, THEMES, raster_steps, theme_of
from layers.models import Layer, LayerVersion, in_reader_language
from layers.names import NameProperties, name_properties
from layers.numbers import in_marks, number
from layers.property_names import coded_value, property_title, property_value
from layers.search import KHMER, Match, Query
from layers.vocab import GeometryKind, Lifecycle

PARCEL_LAYER = "parcels"
MOST_ATTRIBUTES = 40
_KHMER_LETTER = re.compile(f"[{KHMER}]")


def place_content(
    where: Place, answers: list[LayerAnswer], versions: Mapping[str, LayerVersion]
) -> dict[str, Any]:
    """Return what every layer says about a point."""
    ordered = sorted(answers, key=lambda answer: _theme_place(versions[answer.slug].layer))
    return {
        "place": {
            "lon": where.longitude,
            "lat": where.latitude,
            "easting_m": round(where.easting, 2),
            "northing_m": round(where.northing, 2),
            "reach_m": round(where.reach_m, 2),
        },
        "layers": [layer_content(answer, versions[answer.slug]) for answer in ordered],
    }


def _theme_place(layer: Layer) -> int:
    """Return where a layer's theme stands in the tree: the plan first, the base map last."""
    return (*THEMES, OTHER).index(theme_of(layer))


def layer_content(answer: LayerAnswer, version: LayerVersion) -> dict[str, Any]:
    """Return what one layer says about a point."""
    layer, names = version.layer, name_properties(version)
    features = [_feature_content(feature, layer, names) for feature in answer.features]
    return {
        "slug": layer.slug,
        "title": layer.title,
        "theme": str(theme_of(layer).title),
        "version": answer.version,
        "source": layer.source,
        "licence": layer.licence,
        "state": _state(answer, layer),
        "features": features,
        "has_more": answer.has_more,
        "value": _value_content(answer.grid) if answer.grid else None,
    }


def _state(answer: LayerAnswer, layer: Layer) -> str:
    """Tell found from nothing there (surveyed) and from nobody knows (not surveyed)."""
    if layer.geometry_kind == GeometryKind.RASTER:
        return "found" if answer.grid and answer.grid.value is not None else "unknown"
    if answer.features:
        return "found"
    return "nothing" if answer.was_surveyed else "unknown"


def _feature_content(feature: FoundFeature, layer: Layer, names: NameProperties) -> dict[str, Any]:
    use = in_reader_language(feature.class_name_km, feature.class_name_en)
    return {
        "stable_id": feature.stable_id,
        "name": names.of(feature.properties) or feature.stable_id,
        "class": {"code": feature.class_code, "name": use, "colour": feature.class_colour}
        if feature.class_code
        else None,
        "lifecycle": str(Lifecycle(feature.lifecycle).label)
        if feature.lifecycle in Lifecycle.values
        else feature.lifecycle,
        "distance_m": round(feature.distance_m, 1),
        "distance": number(feature.distance_m, 1),
        "attributes": list(_attributes(feature.properties, layer, names)),
        "extract": _extract_address(feature.stable_id) if layer.slug == PARCEL_LAYER else None,
    }


def _attributes(
    properties: Mapping[str, Any], layer: Layer, names: NameProperties
) -> Iterator[dict[str, Any]]:
    fields: dict[str, dict[str, str]] = layer.attribute_schema.get("fields", {})
    ordered = [name for name in fields if name in properties]
    ordered += sorted(name for name in properties if name not in fields)
    told = [name for name in ordered if properties[name] not in (None, "")]
    for name in [name for name in told if name not in {names.km, names.en}][:MOST_ATTRIBUTES]:
        field = fields.get(name, {})
        yield {
            "name": name,
            "title": property_title(name, field),
            "value": properties[name],
            "unit": field.get("unit", ""),
            "text": property_value(name, properties[name], field),
        }


def _value_content(grid: GridValue) -> dict[str, Any]:
    step = next(
        (
            step
            for step in raster_steps(grid.quantity, grid.units)
            if grid.value is not None and step.lower <= grid.value < step.upper
        ),
        None,
    )
    return {
        "quantity": grid.quantity,
        "units": grid.units,
        "vertical_datum": coded_value("vertical_datum", grid.vertical_datum),
        "value": None if grid.value is None else round(grid.value, 3),
        "text": "" if grid.value is None else number(grid.value, most=3),
        "label": in_marks(step.label) if step else "",
        "colour": step.colour if step else "",
    }


def _extract_address(parcel: str) -> str | None:
    try:
        return f"{reverse('extract')}?{urlencode({'parcel': parcel})}"
    except NoReverseMatch:
        return None


def search_content(
    query: Query, found: list[Match], versions: Mapping[str, LayerVersion]
) -> dict[str, Any]:
    """Return the matches of a search with names, layer and extent."""
    return {
        "words": list(query.words),
        "only_small_layers": query.is_short,
        "results": [_match_content(match, versions[match.layer]) for match in found],
    }


def _match_content(match: Match, version: LayerVersion) -> dict[str, Any]:
    layer = version.layer
    name = name_properties(version).of(match.properties) or _name_among(match.properties)
    return {
        "layer": layer.slug,
        "layer_title": layer.title,
        "stable_id": match.stable_id,
        "name": name or match.stable_id,
        "class": match.class_code,
        "extent": [round(degree, 7) for degree in match.extent],
    }


def _name_among(properties: Mapping[str, Any]) -> str:
    """Return the shortest Khmer text of a feature that marks none as its name."""
    texts = [value for value in properties.values() if isinstance(value, str)]
    return min((text for text in texts if _KHMER_LETTER.search(text)), key=len, default="")

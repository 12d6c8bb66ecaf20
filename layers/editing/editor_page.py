"""What the pages of the editors are told: map, schema of the layer, classes, addresses."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from layers import numbers
from layers.crs import Extent
from layers.editing.editor_texts import editor_texts, survey_texts
from layers.editing.models import Draft
from layers.editing.permissions import EDIT, PUBLISH, SURVEY
from layers.editing.topology import topology_of
from layers.editing.vocab import DraftState
from layers.legend import look_for_browser, summary
from layers.map_content import map_content
from layers.models import LandUseClass, Layer, in_reader_language
from layers.profiles.choice import current_choice
from layers.property_names import TITLES, property_title, property_unit
from layers.services import published_version
from layers.vocab import Completeness, Lifecycle


def editor_content(draft: Draft, reader: User) -> dict[str, Any]:
    """Return everything the script of the feature editor needs, in the reader's language."""
    layer = draft.layer
    tolerance_m = _tolerance_m(layer)
    return _shared(layer, reader) | {
        "texts": editor_texts(),
        "draft": {
            "number": draft.pk,
            "title": draft.title,
            "base_number": draft.base_number,
            "published_number": layer.published_number,
        },
        "isOpen": draft.state == DraftState.OPEN,
        "fields": [_field(name, field) for name, field in _fields(layer).items()],
        "titles": {name: str(title) for name, title in TITLES.items()},
        "lifecycles": Lifecycle.choices,
        "tolerance_m": tolerance_m,
        "topology": _topology(layer),
        "addresses": {
            "draft": reverse("layer-draft", args=[layer.slug, draft.pk]),
            "history": reverse("layer-history", args=[layer.slug]),
            "diff": reverse("layer-diff", args=[layer.slug]),
            "edit": reverse("layer-edit", args=[layer.slug]),
        },
    }


def survey_content(layer: Layer, reader: User) -> dict[str, Any]:
    """Return everything the script of the editor of surveyed areas needs."""
    return _shared(layer, reader) | {
        "texts": survey_texts(),
        "completeness": Completeness.choices,
        "addresses": {"surveyed": reverse("layer-surveyed", args=[layer.slug])},
    }


def _shared(layer: Layer, reader: User) -> dict[str, Any]:
    beneath = map_content(reader)
    look = look_for_browser(layer)
    return beneath | {
        "marks": dict(zip(("decimal", "group"), numbers.marks(), strict=True)),
        "me": reader.get_username(),
        "timeZone": settings.TIME_ZONE,
        "layer": {
            "slug": layer.slug,
            "title": layer.title,
            "kind": layer.geometry_kind,
            "colour": look["colour"],
        },
        "start": _extent(layer) or beneath["extent"],
        "classes": listed_classes(),
        "may": {
            "edit": reader.has_perm(EDIT),
            "publish": reader.has_perm(PUBLISH),
            "survey": reader.has_perm(SURVEY),
        },
    }


def _extent(layer: Layer) -> Extent | None:
    return summary(published_version(layer)).extent if layer.published_number else None


def _fields(layer: Layer) -> dict[str, Any]:
    """Return what the schema names; where it names nothing, at least the feature's own name."""
    schema = layer.attribute_schema
    stated: dict[str, Any] = schema.get("fields", {})
    if stated or schema.get("closed"):
        return stated
    return {
        "name_km": {"type": "text", "title_km": "ឈ្មោះជាភាសាខ្មែរ", "title_en": "name in Khmer"},
        "name_en": {"type": "text", "title_km": "ឈ្មោះជាភាសាអង់គ្លេស", "title_en": "name in English"},
    }


def _field(name: str, field: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "title": property_title(name, field),
        "type": str(field.get("type", "text")),
        "unit": numbers.unit_name(property_unit(name, field)),
        "required": bool(field.get("required")),
        "choices": _choices(field.get("choices")),
        "min": field.get("min"),
        "max": field.get("max"),
    }


def _choices(stated: Any) -> list[tuple[Any, str]] | None:  # noqa: ANN401 - out of JSON
    """Return values with their titles; a plain list names its values by themselves."""
    if not stated:
        return None
    if not isinstance(stated, dict):
        return [(value, str(value)) for value in stated]
    return [
        (value, in_reader_language(str(names.get("km", "")), str(names.get("en", ""))) or value)
        for value, names in stated.items()
    ]


def listed_classes() -> list[dict[str, Any]]:
    """Return all classes, each after the one it belongs to, with how deep it lies.

    Those the city does not use are among them: features that have them keep their names.
    """
    choice = current_choice()
    below: dict[int | None, list[LandUseClass]] = {}
    for row in LandUseClass.objects.order_by("scheme", "code"):
        below.setdefault(row.parent_id, []).append(row)
    listed: list[dict[str, Any]] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        listed.append(
            {
                "code": row.code,
                "depth": depth,
                "name_km": row.name_km,
                "name_en": row.name_en,
                "called": choice.class_name(row.code, row.name),
                "used": choice.uses_class(row.code),
                "colour": row.colour,
            }
        )
        waiting += [(child, depth + 1) for child in reversed(below.get(row.pk, []))]
    return listed


def _topology(layer: Layer) -> dict[str, Any] | None:
    stated = topology_of(layer)
    if stated is None:
        return None
    return {
        "must_not_overlap": stated.must_not_overlap,
        "tolerance_m": numbers.general(stated.tolerance_m),
        "basis": stated.tolerance_source,
    }


def _tolerance_m(layer: Layer) -> float:
    stated = topology_of(layer)
    return stated.tolerance_m if stated else float(settings.KRONG_TOPOLOGY_TOLERANCE_M)

"""The class list of this deployment, as an import depends on it."""

import json

from layers.ingest.class_data import ClassData
from layers.ingest.osm_tags import TagRule, rules_of
from layers.models import LandUseClass


def class_data() -> ClassData:
    """Return the class list; filters only of what stands on the ground."""
    classes = LandUseClass.objects.order_by("pk")
    on_the_ground = classes.filter(scheme="use").exclude(osm_filter="")
    rows = on_the_ground.values_list("code", "osm_filter", "sensitivity", "parent_id")
    return ClassData(
        ids=dict(classes.values_list("code", "pk")),
        filters=tuple(
            (code, text, value, parent is not None) for code, text, value, parent in rows
        ),
    )


def rules_in_use() -> list[TagRule]:
    """Return the OpenStreetMap rules of the classes for what stands on the ground."""
    return rules_of(class_data().filters)


def class_list_digest_input() -> str:
    """Return what the class list says, as far as an import depends on it."""
    rows = LandUseClass.objects.order_by("pk")
    return json.dumps(list(rows.values_list("code", "osm_filter", "sensitivity", "parent__code")))

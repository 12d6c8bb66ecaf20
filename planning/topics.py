"""What an extract must speak of: every restriction a parcel may be under, data or no data.

The list is the reference's table of overlays, so that a topic nobody has mapped yet is named as
missing instead of staying unsaid.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from layers.classes import read_table
from layers.models import Layer
from layers.vocab import GeometryKind
from planning.sentences import Said, named

RESERVATIONS = "OV-RESERVE"
FLOOD = "OV-FLOOD"
# Topics whose layers the system publishes itself, found by theme; the others by layer name.
TOPIC_THEMES = {FLOOD: "hazard-flood", "OV-SURGE": "hazard-surge", "OV-SLOPE": "hazard-slope"}
TOPIC_SLUGS = {RESERVATIONS: "reservations"}
RESTRICTION_THEMES = frozenset({"overlay", "protected"})
PROTECTED = ("PROTECTED", named("តំបន់ការពារ", "Protected areas"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """One restriction and the layer that maps it here; without a layer there is no data."""

    code: str
    title: Said
    layer: Layer | None = None

    @property
    def is_hazard(self) -> bool:
        """Tell whether the topic is a natural hazard."""
        return self.layer is not None and self.layer.theme.startswith("hazard")


def topics() -> list[Topic]:
    """Return every topic, once per layer that maps it, and once without where none does."""
    published = Layer.objects.exclude(published_number=None).exclude(
        geometry_kind=GeometryKind.RASTER
    )
    layers = list(published.order_by("slug"))
    found: list[Topic] = []
    for row in read_table("overlays"):
        title = named(row["name_km_draft"], row["name_en"])
        mapping = [layer for layer in layers if _maps(layer, row["code"])]
        found += _topics_of(row["code"], title, mapping)
    taken = {topic.layer.pk for topic in found if topic.layer}
    rest = [layer for layer in layers if layer.pk not in taken and _is_restriction(layer)]
    protected = [layer for layer in rest if layer.theme == "protected"]
    found += _topics_of(*PROTECTED, protected)
    for layer in rest:
        if layer not in protected:
            found += _topics_of(layer.slug, named(layer.title_km, layer.title_en), [layer])
    return found


def _maps(layer: Layer, code: str) -> bool:
    if code in TOPIC_THEMES:
        return layer.theme == TOPIC_THEMES[code]
    return layer.slug == TOPIC_SLUGS.get(code, code.lower())


def _is_restriction(layer: Layer) -> bool:
    return layer.theme in RESTRICTION_THEMES or layer.theme.startswith("hazard")


def _topics_of(code: str, title: Said, layers: Iterable[Layer]) -> list[Topic]:
    mapped = [Topic(code=code, title=title, layer=layer) for layer in layers]
    return mapped or [Topic(code=code, title=title)]

"""In which colours the features of a layer are drawn elsewhere: the same as on our map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from layers.exports.contents import contents_of
from layers.legend import look_of, vector_legend
from layers.models import LayerVersion

CLASS = "class"


@dataclass(frozen=True, slots=True)
class Shade:
    """One entry of a legend; the empty value stands for all others."""

    value: str
    label: str
    colour: str  # #RRGGBB


@dataclass(frozen=True, slots=True)
class Shades:
    """The legend of a layer: which attribute decides, and the colour of each of its values."""

    attribute: str  # CLASS for the land-use class
    entries: tuple[Shade, ...]
    other: Shade
    outline: str
    width_px: float
    fill_share: float

    def value_of(self, class_code: str | None, properties: Mapping[str, Any]) -> str:
        """Return the value that decides a feature's colour, empty where the legend has none."""
        found = class_code if self.attribute == CLASS else properties.get(self.attribute)
        value = "" if found is None else str(found)
        return value if any(entry.value == value for entry in self.entries) else ""


def shades_of(version: LayerVersion) -> Shades:
    """Return the colours of a layer's version as its legend shows them."""
    layer = version.layer
    _rank, look = look_of(layer)
    legend = vector_legend(layer, contents_of(version).classes)
    entries = tuple(Shade(str(row["code"]), row["label"], row["colour"]) for row in legend)
    return Shades(
        attribute=layer.attribute_schema.get("colours", {}).get("property", CLASS),
        entries=entries,
        other=Shade("", layer.title, look.colour),
        outline=look.outline,
        width_px=max(look.width_px, 0.5),
        fill_share=look.fill_share,
    )

"""What the map page is told: layers by theme with looks and legends, and where to start."""

from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language

from layers.basemap import current_basemap
from layers.crs import PROJECT_SRID, Extent, crs_of
from layers.generalised.building import TOP_ZOOM
from layers.legend import (
    OTHER,
    SHOWN_FIRST,
    THEMES,
    look_for_browser,
    raster_steps,
    summary,
    theme_of,
    vector_legend,
)
from layers.models import Layer, LayerVersion, RasterLayer
from layers.numbers import in_marks
from layers.profiles.choice import Choice, current_choice, map_tree
from layers.stamps import version_stamp
from layers.tiles import is_heavy
from layers.visibility import Reader, visible_versions
from layers.vocab import GeometryKind

# Where to look while nothing is published: Cambodia [degrees].
CAMBODIA: Extent = (102.3, 9.9, 107.7, 14.7)
# The map draws a tile of 512 pixels one zoom closer than its number.
SIMPLIFIED_UP_TO = TOP_ZOOM + 1
UTM_NORTH, UTM_SOUTH = range(32601, 32661), range(32701, 32761)


def map_content(user: Reader) -> dict[str, Any]:
    """Return everything the map script needs for this reader, in their language."""
    versions, choice = visible_versions(user), current_choice()
    used = [version for version in versions if choice.uses_layer(version.layer.slug)]
    layers = [_layer(version, choice) for version in versions]
    themes = [(theme.code, str(theme.title)) for theme in (*THEMES, OTHER)]
    return {
        "language": get_language(),
        "extent": _start_extent(used or versions),
        "projection": _projection(),
        "basemap": _basemap(),
        "themes": map_tree(layers, themes, choice),
        "addresses": {
            "identify": reverse("identify"),
            "search": reverse("search"),
            "feature": reverse("map-feature"),
            "findings": _address("findings-geojson"),
            "findingList": _address("findings"),
            "featureFindings": _address("feature-findings"),
        },
    }


def _address(name: str) -> str | None:
    """Return the address of a page of another app, None where that app brings none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _layer(version: LayerVersion, choice: Choice) -> dict[str, Any]:
    layer, described = version.layer, summary(version)
    theme = theme_of(layer)
    is_raster = layer.geometry_kind == GeometryKind.RASTER
    content = {
        "slug": layer.slug,
        "title": layer.title,
        "theme": theme.code,
        "kind": layer.geometry_kind,
        "version": version.number,
        "tiles": _tile_address(version, is_raster=is_raster),
        "extent": described.extent,
        "simplifiedUpTo": SIMPLIFIED_UP_TO if not is_raster and is_heavy(version) else 0,
        "shown": choice.is_on(layer.slug, theme.code in SHOWN_FIRST and not is_raster),
        "source": layer.source,
        "legend": [],
    }
    if is_raster:
        return content | _raster_legend(version.raster)
    return content | _vector_look(layer, described.classes, choice)


def _vector_look(layer: Layer, classes: tuple[str, ...], choice: Choice) -> dict[str, Any]:
    look, legend = look_for_browser(layer), vector_legend(layer, classes)
    own_colours = layer.attribute_schema.get("colours")
    return {
        "look": look,
        "colourProperty": (own_colours or {}).get("property", "class"),
        # colours of the layer's own attribute have codes of their own, no land-use classes
        "legend": legend if own_colours else choice.legend(legend, look["colour"]),
    }


def _raster_legend(raster: RasterLayer) -> dict[str, Any]:
    steps = raster_steps(raster.quantity, raster.units)
    legend = [{"label": in_marks(step.label), "colour": step.colour} for step in steps]
    ramp = None if steps else [raster.minimum, raster.maximum, raster.units]
    return {"legend": legend, "ramp": ramp, "opacity": 1.0}


def _basemap() -> dict[str, Any] | None:
    """Return where the file of the base map is and which layers it draws; None without one."""
    made = current_basemap()
    if made is None:
        return None
    address = reverse("basemap", kwargs={"name": made.name})
    return {"url": address, "maxZoom": made.highest_zoom, "layers": made.layers}


def _tile_address(version: LayerVersion, *, is_raster: bool) -> str:
    """Return the address with {z}, {x}, {y}; the stamp keeps two databases apart in a browser."""
    places = {"slug": version.layer.slug, "version": version.number, "z": 0, "x": 0, "y": 0}
    address = reverse("raster-tile" if is_raster else "vector-tile", kwargs=places)
    head, _dot, ending = address.rpartition("/0/0/0.")
    return f"{head}/{{z}}/{{x}}/{{y}}.{ending}?of={version_stamp(version)}"


def _start_extent(versions: list[LayerVersion]) -> Extent:
    """Return the extent of what is planned and surveyed; of the base map if there is no more."""
    own = [v for v in versions if theme_of(v.layer).code not in {"base", "terrain", "environment"}]
    for group in (own, versions):
        boxes = [box for version in group if (box := summary(version).extent)]
        if boxes:
            west, south, east, north = zip(*boxes, strict=True)
            return min(west), min(south), max(east), max(north)
    return CAMBODIA


def _projection() -> dict[str, Any]:
    """Return the name of the CRS, and its zone where coordinates can be shown in UTM."""
    zone = None
    for sign, codes in ((1, UTM_NORTH), (-1, UTM_SOUTH)):
        if PROJECT_SRID in codes:
            zone = sign * (codes.index(PROJECT_SRID) + 1)
    name = crs_of(PROJECT_SRID).name
    return {"srid": settings.KRONG_SRID, "name": name, "utmZone": zone}

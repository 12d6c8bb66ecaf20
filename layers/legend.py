"""How layers look: themes in the order of the tree, colours from classes, scales of rasters.

Looks decide nothing. Class colours are data (LandUseClass, Layer.attribute_schema); what is stated
here is only for layers that bring no colours, and for grids.
"""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from layers.classes import read_table
from layers.crs import PROJECT_SRID, WGS84_SRID, Extent, crs_of, transformer
from layers.models import LandUseClass, Layer, LayerVersion, in_reader_language
from layers.numbers import in_marks
from layers.sql_files import load_sql
from layers.stamps import version_stamp

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Theme:
    """A heading of the layer tree; a layer belongs to the first whose word is in its theme."""

    code: str
    title: Text
    words: tuple[str, ...]


THEMES = (
    Theme("plan", _("Land-use plan"), ("plan", "zon", "overlay", "permit", "proposal")),
    Theme("reservation", _("Reserved land"), ("reserv",)),
    Theme("siting", _("Where a use may go"), ("siting",)),
    Theme("coverage", _("Who reaches which service?"), ("service-coverage",)),
    Theme("hazard", _("Flood and hazards"), ("hazard", "flood")),
    Theme("facility", _("Facilities"), ("facilit", "service", "utilit", "social")),
    Theme("cadastre", _("Parcels and buildings"), ("cadast", "parcel", "building")),
    Theme("environment", _("Nature and protected areas"),
          ("environ", "nature", "protect", "land-cover")),
    Theme("base", _("Base map"), ("base", "admin", "boundar", "transport", "road", "water")),
    Theme("terrain", _("Terrain"), ("terrain", "elevation", "dem")),
)  # fmt: skip
OTHER = Theme("other", _("Other layers"), ())
# On when the map opens; hazards and terrain would hide the plan.
SHOWN_FIRST = frozenset({"plan", "reservation", "facility", "cadastre", "base", "other"})


@dataclass(frozen=True, slots=True)
class Look:
    """How features without a class colour are drawn; later looks are drawn on top."""

    words: tuple[str, ...]
    colour: str
    outline: str
    fill_share: float  # opacity of areas, 0 to 1
    width_px: float
    is_dashed: bool = False
    has_label: bool = False
    lowest_zoom: int = 0
    uses_class_colour: bool = True
    is_land: bool = False  # what its areas leave out is sea


# In drawing order, the sea at the bottom. The first whose word is in the theme or name counts.
LOOKS = (
    Look(("sea", "ocean"), "#CFE2EC", "#CFE2EC", 1.0, 0.0, uses_class_colour=False),
    Look(("coast",), "#F6F2E7", "#4F7F99", 1.0, 1.2, uses_class_colour=False, is_land=True),
    Look(("land-cover",), "#DDE5CF", "#C9D3B8", 0.55, 0.0),
    Look(("hazard", "flood"), "#5B8FC9", "#3E6FA8", 0.6, 0.3),
    Look(("zon", "plan"), "#D9C58B", "#7A6A3C", 0.62, 0.7),
    Look(("water", "river", "stream", "canal"), "#6FA8CC", "#4F8DB5", 0.9, 1.6,
         uses_class_colour=False),
    Look(("protect", "environ", "nature"), "#7FA66A", "#587A46", 0.25, 1.2, is_dashed=True),
    Look(("parcel", "cadast"), "#B9A88C", "#8C7B60", 0.0, 0.6,
         lowest_zoom=15, uses_class_colour=False),
    Look(("building",), "#B8A79A", "#8D7B6D", 0.9, 0.5, lowest_zoom=14),
    Look(("road", "street", "transport"), "#B5723C", "#8F8574", 0.9, 1.8),
    Look(("sangkat", "boundar", "admin", "commune"), "#7A4E7E", "#7A4E7E", 0.0, 1.5,
         is_dashed=True, has_label=True, uses_class_colour=False),
    Look(("reserv",), "#B03A2E", "#8E2A20", 0.25, 2.2, is_dashed=True, has_label=True),
    Look(("proposal", "permit"), "#6C3FA0", "#4F2A7A", 0.3, 2.0, has_label=True),
    Look(("village", "place", "settlement"), "#5A5148", "#FFFFFF", 0.9, 1.2, has_label=True),
    Look(("facilit", "service", "school", "hospital"), "#3F6A8F", "#FFFFFF", 0.9, 1.2),
)  # fmt: skip
PLAIN_LOOK = Look((), "#6E7F8D", "#4B5963", 0.45, 1.2)


@dataclass(frozen=True, slots=True)
class Step:
    """One class of a grid: values from ``lower`` up to but not including ``upper``."""

    lower: float
    upper: float
    colour: str
    label: str
    opacity: float = 0.82


# Hazard classes H1 to H4, light to dark: told apart in grey print and by colour-blind readers.
HAZARD_COLOURS = {"H1": "#A9D2EA", "H2": "#5BA3D0", "H3": "#2B66B1", "H4": "#4B1D7A"}
HAZARD_OPACITY = 0.78
# Rain falls on every cell: a film of it must not hide the plan beneath.
SHALLOW_OPACITY = 0.35


@cache
def depth_steps() -> tuple[Step, ...]:
    """Return the depth classes H1 to H4 of flood_classes.csv; H0 is not drawn."""
    steps: list[Step] = []
    for row in read_table("flood_classes"):
        if row["class"] in HAZARD_COLOURS:
            lower, _dash, upper = row["depth_m"].lstrip(">").partition("-")
            label = f"{row['depth_m'].replace('-', '–')} m"
            top = float(upper) if upper else float("inf")
            opacity = HAZARD_OPACITY if steps else SHALLOW_OPACITY
            steps.append(Step(float(lower), top, HAZARD_COLOURS[row["class"]], label, opacity))
    return tuple(steps)


# Steps for reading a map, not limits: no decision rests on them.
VELOCITY_STEPS = (
    Step(0.1, 0.5, "#FEE6B8", "0.1–0.5 m/s"),
    Step(0.5, 1.0, "#FDBF6F", "0.5–1 m/s"),
    Step(1.0, 2.0, "#F0802C", "1–2 m/s"),
    Step(2.0, float("inf"), "#B2182B", "> 2 m/s"),
)
# Hazard to people: UK Defra/EA FD2320 (2006), supplementary note 2008.
RATING_STEPS = (
    Step(0.01, 0.75, "#D9EF8B", "< 0.75"),
    Step(0.75, 1.25, "#FEE08B", "0.75–1.25"),
    Step(1.25, 2.0, "#F46D43", "1.25–2.0"),
    Step(2.0, float("inf"), "#A50026", "> 2.0"),
)
ARRIVAL_STEPS_S = (
    Step(0.0, 900.0, "#7A0177", "< 15 min"),
    Step(900.0, 3600.0, "#C51B8A", "15–60 min"),
    Step(3600.0, 10800.0, "#F768A1", "1–3 h"),
    Step(10800.0, float("inf"), "#FBB4B9", "> 3 h"),
)
DEPTH_UNITS = frozenset({"m", "metre", "metres"})
VELOCITY_UNITS = frozenset({"m/s", "m s-1"})
SECONDS_PER_UNIT = {"s": 1.0, "min": 60.0, "h": 3600.0}
# Lowland green to bare hill, as relief maps are tinted; stops spread from lowest to highest.
RELIEF_COLOURS = ("#8FB88F", "#C5D6A1", "#EFE6B8", "#D8B98A", "#B08A66", "#8C6B58", "#F2EEE8")


def raster_steps(quantity: str, units: str) -> tuple[Step, ...]:
    """Return the classes in which a quantity is drawn; empty for a continuous ramp.

    Classes are stated in one unit: a depth in centimetres is drawn as a ramp, never as metres.
    """
    name = quantity.lower()
    if "depth" in name:
        return depth_steps() if units in DEPTH_UNITS else ()
    if "velocity" in name:
        return VELOCITY_STEPS if units in VELOCITY_UNITS else ()
    if "hazard" in name:
        return RATING_STEPS
    if "arrival" in name:
        return _arrival_steps(SECONDS_PER_UNIT.get(units))
    return ()


def _arrival_steps(seconds: float | None) -> tuple[Step, ...]:
    if seconds is None:
        return ()
    return tuple(
        Step(step.lower / seconds, step.upper / seconds, step.colour, step.label)
        for step in ARRIVAL_STEPS_S
    )


def theme_of(layer: Layer) -> Theme:
    """Return the heading under which a layer stands."""
    for theme in THEMES:
        if any(word in layer.theme.lower() for word in theme.words):
            return theme
    return OTHER


def look_of(layer: Layer) -> tuple[int, Look]:
    """Return how a layer is drawn and its place in the drawing order."""
    for text in (layer.slug.lower(), layer.theme.lower()):
        for rank, look in enumerate(LOOKS):
            if any(word in text for word in look.words):
                return rank, look
    return len(LOOKS), PLAIN_LOOK


@dataclass(frozen=True, slots=True)
class Summary:
    """What a map needs to know of a published version: where it lies and which classes it has."""

    extent: Extent | None  # WGS 84 [degrees]
    classes: tuple[str, ...]


def summary(version: LayerVersion) -> Summary:
    """Return the summary of a layer's published version; worked out once per version."""
    key = f"summary-{version_stamp(version)}"
    kept: Summary | None = caches["tiles"].get(key)
    if kept is None:
        kept = _summed(version)
        caches["tiles"].set(key, kept)
    return kept


def _summed(version: LayerVersion) -> Summary:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "layer_summary.sql"), {"layer_id": version.layer_id})
        *bounds, classes = cursor.fetchone()
    if hasattr(version, "raster"):
        bounds = list(version.raster.footprint.extent)
    if bounds[0] is None:
        return Summary(None, tuple(classes))
    to_wgs84 = transformer(crs_of(PROJECT_SRID), crs_of(WGS84_SRID))
    return Summary(to_wgs84.transform_bounds(*bounds), tuple(classes))


def vector_legend(layer: Layer, classes: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the colours of a layer with their meaning in the reader's language."""
    colours = layer.attribute_schema.get("colours")
    _rank, look = look_of(layer)
    if colours:
        return [
            {"code": value, "label": _colour_label(layer, value), "colour": colour}
            for value, colour in colours.get("values", {}).items()
        ]
    if not look.uses_class_colour:
        return []
    known = LandUseClass.objects.filter(code__in=classes).order_by("scheme", "code")
    return [{"code": row.code, "label": row.name, "colour": row.colour} for row in known]


def _colour_label(layer: Layer, value: str) -> str:
    """Return what a coloured value means: stated by the layer, or a flood hazard class."""
    titles = layer.attribute_schema.get("colours", {}).get("titles", {}).get(value)
    if isinstance(titles, dict):
        return in_reader_language(titles.get("km", ""), titles.get("en", ""))
    for row in read_table("flood_classes"):
        if row["class"] == value:
            meaning = in_reader_language(row["meaning_km_draft"], row["meaning_en"])
            depth = in_marks(row["depth_m"].replace("-", "–"))
            return f"{value}  {depth} m  {meaning}"
    return value


def look_for_browser(layer: Layer) -> dict[str, Any]:
    """Return a layer's look as the map script reads it."""
    rank, look = look_of(layer)
    described = asdict(look)
    described.pop("words")
    return {"rank": rank, **described}

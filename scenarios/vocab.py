"""The fixed words of scenarios: what a run gives back, what it assumed, how water is accounted."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Quantity(TextChoices):
    """The grids of a result; the value closes the layer's name: ``flood-<code>-depth``."""

    DEPTH = "depth", _("greatest depth")
    VELOCITY = "velocity", _("greatest velocity")
    HAZARD_RATING = "hazard-rating", _("hazard rating (Defra)")
    ARRIVAL = "arrival", _("arrival of the water")
    FROUDE = "froude", _("greatest Froude number")


QUANTITY_UNITS = {
    Quantity.DEPTH: "m",
    Quantity.VELOCITY: "m/s",
    Quantity.HAZARD_RATING: "-",
    Quantity.ARRIVAL: "s",
    Quantity.FROUDE: "-",
}

# RasterLayer.quantity: what other parts ask for by name.
QUANTITY_NAMES = {
    Quantity.DEPTH: "max_depth",
    Quantity.VELOCITY: "max_velocity",
    Quantity.HAZARD_RATING: "max_hazard_rating",
    Quantity.ARRIVAL: "arrival",
    Quantity.FROUDE: "max_froude",
}


class AssumptionKind(TextChoices):
    """What a run takes for granted; each is shown with its basis and source."""

    TERRAIN = "terrain", _("terrain")
    RAIN = "rain", _("rain of the event")
    RETURN_PERIOD = "return_period", _("return period")
    CLIMATE = "climate", _("factor on the rain for climate change")
    SEA_LEVEL = "sea_level", _("sea level, with sea-level rise")
    ROUGHNESS = "roughness", _("roughness (Manning's n) where nothing else is stated")
    RUNOFF = "runoff", _("runoff coefficient where nothing else is stated")
    BUILDINGS = "buildings", _("buildings raised above the ground")
    INFLOW = "inflow", _("inflow")
    EDGES = "edges", _("sides of the model")
    CLASSES = "classes", _("classes of flood hazard")
    SMALL_AREAS = "small_areas", _("hazard areas left out because they are smaller")


class WaterAccount(TextChoices):
    """The lines of the mass balance [m3]."""

    STORED_START = "stored_start_m3", _("standing at the start")
    RAIN = "rain_m3", _("rain")
    LOST = "lost_m3", _("of it lost to soil and drains (runoff coefficient)")
    INFLOW = "inflow_m3", _("inflow")
    EDGE_IN = "edge_in_m3", _("in through the sides")
    EDGE_OUT = "edge_out_m3", _("out through the sides")
    STAGE_IN = "stage_in_m3", _("in from the sea or held water")
    STAGE_OUT = "stage_out_m3", _("out to the sea or held water")
    STORED_END = "stored_end_m3", _("standing at the end")
    CREATED = "created_m3", _("made or lost by the computation")


class EdgeKind(TextChoices):
    """What happens at a side of the model."""

    CLOSED = "closed", pgettext_lazy("edge of the ground", "closed")
    OPEN = "open", _("open: water leaves freely")
    STAGE = "stage", _("held at a level")


class ValidityNote(TextChoices):
    """What a reader must know before trusting a map."""

    NOT_VALIDATED = (
        "not_validated",
        _("This result was never validated against an observed flood."),
    )
    SIMPLIFIED = (
        "simplified",
        _(
            "The local-inertial scheme leaves out advection: it is not valid where the flow is "
            "near or above critical (Froude number above 0.8)."
        ),
    )
    NO_DRAINS = (
        "no_drains",
        _("Drains and culverts are only in the runoff coefficient; none is modelled by itself."),
    )
    HOLES = "holes", _("The terrain has holes without data; they were treated as walls.")
    BUILDINGS_HIDE = (
        "buildings_hide",
        _(
            "Buildings stand as raised blocks. A building takes the worst hazard class of the "
            "water at its walls; its own cells carry no depth."
        ),
    )
    COARSE_BLOCKS = (
        "coarse_blocks",
        _(
            "The cells are wide against the gaps between buildings: raised blocks close alleys and "
            "hold back more water than in reality."
        ),
    )
    MASS_ERROR = (
        "mass_error",
        _("The volume error is above 0.1 %: do not use this result before the cause is found."),
    )

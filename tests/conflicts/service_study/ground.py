"""A small city to study: one street of 2,000 m, homes along it, everything surveyed."""

from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.services import ask, carry_out
from conflicts.service_study.study import CITY, study
from conflicts.service_study.vocab import Horizon
from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY as FAR_AROUND
from tests.factories import feature, filled_layer, land_use, line, rectangle, square

CLASSES = ("residential", "market", "park", "beach", "school", "bus_stop")
HOME_M = 10.0
STREET = feature("ST-1", line((0, 0), (2_000, 0)), "TR")


def home(number, x, y=20.0, **recorded):
    """A house of 10 m by 10 m whose middle lies at (x, y): 20 m north of the street."""
    lifecycle = recorded.pop("lifecycle", "existing")
    return feature(
        f"H{number:03}", square(x - 5, y - 5, HOME_M), "residential", lifecycle, **recorded
    )


def market(x, name="M1", lifecycle="existing", **recorded):
    """A market of 40 m by 40 m whose nearest edge lies 10 m south of the street at x."""
    return feature(name, rectangle(x - 20, -50, 40, 40), "market", lifecycle, **recorded)


def city(*homes, services=(), streets=(STREET,), surveyed=FAR_AROUND, west=None, east=None):
    """A city of two sangkats (west and east of x = 1,000 m) with these homes and services."""
    for code in CLASSES:
        land_use(code)
    land_use("school_primary", land_use("school"))
    filled_layer(
        "sangkat",
        feature("S-1", rectangle(0, -200, 1_000, 400), name_en="West", **(west or {})),
        feature("S-2", rectangle(1_000, -200, 1_000, 400), name_en="East", **(east or {})),
        theme="boundaries",
    )
    layers = {
        "buildings": filled_layer("buildings", *homes, theme="cadastre"),
        "facilities": filled_layer("facilities", *services, theme="facilities"),
    }
    if streets:
        layers["roads"] = filled_layer("roads", *streets, theme="base-roads")
    for slug, layer in layers.items():
        set_surveyed_area(layer=layer, geometry=surveyed)
        if slug != "roads":
            set_surveyed_area(layer=layer, geometry=surveyed, classes=list(CLASSES))
    return layers


def quiet(_share, _message):
    """Nobody listens."""


def studied(*services, **asked):
    """The answer to a question about these services."""
    return study(ServiceQuestion(services=services, **asked), quiet)


def row_of(answer, code, horizon=Horizon.TODAY):
    [row] = [each for each in answer.rows if (each.standard.code, each.horizon) == (code, horizon)]
    return row


def in_area(answer, code, area=CITY, horizon=Horizon.TODAY):
    """What is said of one service in one area (CITY: all of them)."""
    [found] = [each for each in row_of(answer, code, horizon).areas if each.area == area]
    return found


def balance_of(answer, code, measure, area=CITY, horizon=Horizon.TODAY):
    balances = in_area(answer, code, area, horizon).balances
    [found] = [each for each in balances if each.measure == measure]
    return found


def kept_study(*services, **asked):
    """A study that was asked, carried out and kept."""
    return carry_out(ask(question=ServiceQuestion(services=services, **asked)))

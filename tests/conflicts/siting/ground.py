"""A small city to search for sites: 1,200 m square, everything in it surveyed."""

from django.db import transaction

from conflicts.siting.question import SitingQuestion
from conflicts.siting.study import study
from conflicts.siting.vocab import Siting
from conflicts.whatif import findings_for
from layers.services import NewFeature, set_surveyed_area
from layers.vocab import Answer
from tests.conflicts.ground import CITY, rulebook
from tests.factories import EAST, NORTH, feature, filled_layer, land_use, square

SIDE_M = 1_200
CELL_M = 20.0
USES = ("landfill", "school", "market")


def city(*places, hazards=(), reservations=(), zones=(), surveyed=CITY, **facilities):
    """A city with these facilities; every layer is surveyed far around it."""
    for code in (*USES, "R1", "I1"):
        land_use(code, scheme="zone" if code in {"R1", "I1"} else "use")
    filled_layer("city", feature("C", square(0, 0, SIDE_M)), theme="city-boundary")
    flood = filled_layer("flood", *hazards, theme="hazard-flood")
    set_surveyed_area(layer=flood, geometry=surveyed)
    layers = [
        filled_layer("facilities", *places, **facilities),
        filled_layer("reservations", *reservations, theme="reservation"),
        filled_layer("zones", *zones, theme="plan-zones"),
        filled_layer("proposals"),
    ]
    for layer in layers:
        set_surveyed_area(layer=layer, geometry=surveyed)
        set_surveyed_area(layer=layer, geometry=surveyed, classes=[*USES, "R1", "I1"])


def quiet(_share, _message):
    """Nobody listens."""


def ask(*rules, use="landfill", area_m2=10_000.0, cell_m=CELL_M, **asked):
    """The answer to where such a use may go, and the rule book it was asked of."""
    book = rulebook(*rules)
    question = SitingQuestion(use=use, area_m2=area_m2, **asked)
    with transaction.atomic():
        return study(question, book, quiet, cell_m), book


def broken_by(geometry, book, use="landfill", lifecycle="existing"):
    """The codes of the rules that such a feature would break, as the detector says."""
    asked = NewFeature(stable_id="HERE", geometry=geometry, land_use=use, lifecycle=lifecycle)
    judged = findings_for([asked], [book])
    return {judgement.rule.code for judgement in judged if judgement.answer == Answer.FAILS}


def cell_at(answer, x, y):
    """Row and column of the cell in which a place (metres from the origin) lies."""
    cells = answer.cells
    return int((cells.north - (NORTH + y)) / cells.size_m), int(
        (EAST + x - cells.west) / cells.size_m
    )


def said_at(answer, x, y):
    """The verdict at a place, and the code of the rule that decides it."""
    place = cell_at(answer, x, y)
    number = int(answer.verdicts.binding[place])
    verdict = list(Siting)[int(answer.verdicts.verdict[place]) - 1]
    return verdict, answer.tellings[number].concern.rule.code if number >= 0 else ""

"""One siting study from question to answer: rules, verdicts, sites, and their check."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from django.db import connection
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from conflicts.alternatives.answers import Answer
from conflicts.alternatives.changes import Alternative, Change
from conflicts.alternatives.services import ask_alternatives
from conflicts.asked_rules import AskedRule
from conflicts.city_ground import boundary_layers
from conflicts.detection import Detector
from conflicts.kinds import is_unrated
from conflicts.models import RuleBook
from conflicts.siting.cells import Cells, Mask, touched
from conflicts.siting.measures import Measured, measures, weighted
from conflicts.siting.others import Surroundings, roomy_memory
from conflicts.siting.probes import STAGES, concerns
from conflicts.siting.question import SitingQuestion, SitingQuestionError
from conflicts.siting.sites import Site, find_sites
from conflicts.siting.tellings import Telling, tell
from conflicts.siting.verdicts import Verdicts, decide
from conflicts.siting.vocab import Criterion
from conflicts.whatif import PROPOSALS
from layers.models import LandUseClass, Layer
from layers.runs import Progress
from layers.services import NewFeature
from layers.sql_files import load_sql
from layers.vocab import GeometryKind, Lifecycle


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedSite:
    """A site and what the detector itself says of it, rule by rule."""

    site: Site
    geometry: shapely.Polygon
    broken: tuple[str, ...]  # codes of rules that bite
    untold: tuple[str, ...]  # codes of rules that cannot tell


@dataclass(frozen=True, kw_only=True, slots=True)
class SitingAnswer:
    """Everything a study found."""

    cells: Cells
    city: Mask
    tellings: tuple[Telling, ...]
    set_aside: tuple[Telling, ...]  # rules that cannot tell of any place, left out on request
    verdicts: Verdicts
    measured: dict[Criterion, Measured]
    sites: tuple[CheckedSite, ...]


def city_shape() -> BaseGeometry:
    """Return the ground of the city.

    Raises
    ------
    SitingQuestionError
        No layer says where the city ends.
    """
    layers, _places = boundary_layers()
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "city_shape.sql"), {"boundaries": layers})
        [written] = cursor.fetchone()
    if written is None:
        raise SitingQuestionError(
            _("No layer says where the city ends, so there is no ground to search."),
            remedy=_("Import the boundary with theme 'city-boundary' or 'boundaries'."),
        )
    shape: BaseGeometry = shapely.from_wkb(bytes(written))
    return shape


def study(
    question: SitingQuestion, book: RuleBook, report: Progress, cell_m: float = 0.0
) -> SitingAnswer:
    """Answer a question with the rules of a book; must run inside a transaction.

    ``cell_m`` fixes the size of the cells [m]; else the finest that the city allows.
    """
    lineage = class_lineage(question.use)
    roomy_memory()
    ground = city_shape()
    cells = Cells.over(ground.bounds, cell_m)
    city = touched(np.array([ground], np.object_), cells)
    told = _told(question, book, report, cells, ground, lineage)
    set_aside = [each for each in told if question.sets_aside and each.is_untold_everywhere]
    asked = [each for each in told if each not in set_aside]
    report(0.75, "Putting the rules together")
    verdicts = decide(asked, city)
    measured = dict(measures(cells))
    report(0.85, "Looking for sites")
    found = find_sites(verdicts, cells, question.area_m2, weighted(question, measured))
    report(0.9, "Checking the sites")
    return SitingAnswer(
        cells=cells,
        city=city,
        tellings=tuple(asked),
        set_aside=tuple(set_aside),
        verdicts=verdicts,
        measured=measured,
        sites=tuple(_checked(found, cells, question, book)),
    )


def class_lineage(code: str) -> list[str]:
    """Return a class and those above it.

    Raises
    ------
    SitingQuestionError
        There is no such class, or it is one of the zoning scheme.
    """
    found = LandUseClass.objects.select_related("parent").filter(code=code, scheme="use").first()
    if found is None:
        raise SitingQuestionError(
            _("There is no use '%(code)s'.") % {"code": code},
            remedy=_("Choose one of the list; './krong classes' prints it."),
        )
    lineage = []
    while found is not None:
        lineage.append(found.code)
        found = found.parent
    return lineage


def _told(
    question: SitingQuestion,
    book: RuleBook,
    report: Progress,
    cells: Cells,
    ground: BaseGeometry,
    lineage: Sequence[str],
) -> list[Telling]:
    report(0.02, "Asking which rules have a say")
    place = shapely.point_on_surface(ground).buffer(1.0, cap_style="square")
    found = concerns(use=question.use, properties=question.properties, place=place, book=book)
    if not found:
        raise SitingQuestionError(
            _("No rule of '%(book)s' speaks of '%(use)s'.") % {"book": book, "use": question.use},
            remedy=_("An answer without a rule would be no answer: choose another rule book."),
        )
    detector, surroundings = Detector.open(), Surroundings(origin=cells)
    tellings = []
    for number, concern in enumerate(found):
        report(0.05 + 0.65 * number / len(found), f"{concern.rule.code} {concern.rule.title.en}")
        tellings.append(
            tell(
                concern,
                detector=detector,
                city=cells,
                surroundings=surroundings,
                lineage=lineage,
            )
        )
    return tellings


def _checked(
    sites: Sequence[Site], cells: Cells, question: SitingQuestion, book: RuleBook
) -> Iterator[CheckedSite]:
    """Yield the sites with what the rules say of each, as if it alone were drawn there.

    All are asked at once, each in its neighbourhood; a rule that only the whole city can answer
    cannot tell here.
    """
    squares = [cells.square(site.row, site.col, site.side) for site in sites]
    layer = Layer.objects.filter(slug=PROPOSALS).first() or Layer(
        slug=PROPOSALS, geometry_kind=GeometryKind.MIXED, title_en="Proposals"
    )
    drawn = [
        _drawn(layer, f"siting-{number}-{stage}", square, question, stage)
        for number, square in enumerate(squares)
        for stage in STAGES
    ]
    said = ask_alternatives(drawn, books=[book], most=0)
    for number, (site, square) in enumerate(zip(sites, squares, strict=True)):
        broken, untold = _said(said[number * len(STAGES) : (number + 1) * len(STAGES)])
        yield CheckedSite(
            site=site,
            geometry=square,
            broken=tuple(sorted(broken)),
            untold=tuple(sorted(untold - broken)),
        )


def _drawn(
    layer: Layer, name: str, square: shapely.Polygon, question: SitingQuestion, stage: Lifecycle
) -> Alternative:
    """Return the city with the use at a site, in one stage of its life."""
    feature = NewFeature(
        stable_id=name,
        geometry=square,
        land_use=question.use,
        lifecycle=stage,
        properties=question.properties,
    )
    return Alternative(name=name, changes=(Change(layer=layer, stable_id=name, after=feature),))


def _said(answers: Sequence[Answer]) -> tuple[set[str], set[str]]:
    """Return the rules that bite and those that cannot tell; what is written down is not asked."""
    broken: dict[str, AskedRule] = {}
    untold: dict[str, AskedRule] = {}
    for answer in answers:
        for each in answer.differences:
            if each.after is not None:
                (untold if is_unrated(each.asked.rule) else broken)[each.asked.code] = each.asked
        for asked in (*(each.asked for each in answer.untold), *answer.left_out):
            untold[asked.code] = asked
    return _of_places(broken), _of_places(untold)


def _of_places(asked: Mapping[str, AskedRule]) -> set[str]:
    return {code for code, each in asked.items() if not each.kind.is_of_records}

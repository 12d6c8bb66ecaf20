"""The numbers of the plan: coverage, FAR, height, storeys, green, plot size.

Coverage and FAR count what stays on the plot beside the new building.

On a plot in several zones the strictest limit of each parameter applies. Where the strictest may
only warn, the strictest that may block is checked beside it: a demo value must not hide the law.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from layers.vocab import BLOCKING_BASES, Answer, Basis
from planning.models import Regulation
from planning.permits.checks import Case, Check
from planning.permits.standing import unknown_floors, unknown_ground
from planning.sentences import Said, joined, labelled, said
from planning.vocab import SHARE_PARAMETERS, Bound, Parameter

CORNER_TOLERANCE_M = 0.1
TOLERANCE = 1e-9  # floating point only: a limit that is met exactly is met
SQUARE_METRES_PER_HA = 10_000
COUNTS_WHAT_STANDS = frozenset({Parameter.COVERAGE, Parameter.FLOOR_AREA_RATIO})
Zoned = tuple[str, Regulation]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """How a parameter is measured on a plot of some area [m2]; None when a number is missing."""

    parameter: Parameter
    measured: Callable[[Case, float], float | None]
    missing: Said
    uses_area: bool = True


def measures() -> list[Measure]:
    """Return the measured parameters in the order in which they are reported."""
    return [
        Measure(
            parameter=Parameter.COVERAGE,
            measured=lambda case, area: _ratio(case.built_area_m2, area, 100),
            missing=said("the footprint, drawn or as an area in m²"),
        ),
        Measure(
            parameter=Parameter.FLOOR_AREA_RATIO,
            measured=lambda case, area: _ratio(case.floor_area_m2, area, 1),
            missing=said("the floor area of every use in m², not below the footprint"),
        ),
        Measure(
            parameter=Parameter.HEIGHT,
            measured=lambda case, _area: case.application.proposal.height_m,
            missing=said("the height of the building in m"),
            uses_area=False,
        ),
        Measure(
            parameter=Parameter.STOREYS,
            measured=lambda case, _area: case.application.proposal.floors,
            missing=said("the number of floors, the ground floor included"),
            uses_area=False,
        ),
        Measure(
            parameter=Parameter.GREEN,
            measured=lambda case, area: _ratio(case.application.proposal.green_area_m2, area, 100),
            missing=said("the green area of the plot in m²"),
        ),
        Measure(
            parameter=Parameter.PLOT_AREA,
            measured=lambda _case, area: area,
            missing=said("the area of the plot"),
        ),
    ]


def limit_checks(case: Case) -> Iterator[Check]:
    """Yield one check for every limit that decides on this plot."""
    for measure in measures():
        rows = case.regulations(measure.parameter)
        if not rows:
            yield _nothing_stated(case, measure)
        for bound in Bound:
            for zone, row in _deciding([pair for pair in rows if pair[1].bound == bound], bound):
                yield _limit_check(case, measure, zone, row)
    yield from _frontage(case)
    yield from _density(case)


def _ratio(part: float | None, whole: float, factor: float) -> float | None:
    return None if part is None else part / whole * factor


def _deciding(rows: Sequence[Zoned], bound: Bound) -> list[Zoned]:
    """Return the strictest row and, where that one may only warn, the strictest that may block."""
    if not rows:
        return []
    pick = min if bound == Bound.MAX else max
    chosen = [pick(rows, key=lambda pair: pair[1].value)]
    blocking = [pair for pair in rows if pair[1].basis in BLOCKING_BASES]
    if blocking and chosen[0][1].basis not in BLOCKING_BASES:
        chosen.append(pick(blocking, key=lambda pair: pair[1].value))
    return chosen


def _limit_check(case: Case, measure: Measure, zone: str, row: Regulation) -> Check:
    measured = measure.measured(case, case.plot_area_m2)
    required = float(row.value) * (100 if measure.parameter in SHARE_PARAMETERS else 1)
    answer, missing = _judged(case, measure, measured, required, row.bound)
    explanation = said("A number is missing in the application.")
    if measured is not None:
        explanation = _explanation(case, measure)
    return Check(
        code=measure.parameter.value,
        title=labelled(measure.parameter.label),
        answer=answer,
        explanation=explanation,
        basis=Basis(row.basis),
        provision=row.provision,
        source=row.source,
        measured=measured,
        required=required,
        bound=row.bound,
        unit=row.unit,
        zone=zone,
        missing=missing,
        evidence=case.application.proposal.footprint
        if measure.parameter == Parameter.COVERAGE
        else None,
    )


def _judged(
    case: Case, measure: Measure, measured: float | None, required: float, bound: str
) -> tuple[Answer, list[Said]]:
    """Return the answer and what would have to be known before it could be another."""
    if measured is None:
        return Answer.CANNOT_TELL, [measure.missing]
    answer = _answer(measured, required, bound)
    if _area_decides(case, measure, required, bound, answer):
        return Answer.CANNOT_TELL, [_areas_contradict(case)]
    if answer == Answer.COMPLIES and _green_has_no_room(case, measure):
        return Answer.CANNOT_TELL, [_where_green_lies()]
    unknown = _unknown_of_what_stands(case, measure) if answer == Answer.COMPLIES else []
    return (Answer.CANNOT_TELL, unknown) if unknown else (answer, [])


def _unknown_of_what_stands(case: Case, measure: Measure) -> list[Said]:
    """Return what is not known of the buildings that stay: a limit they share is not cleared."""
    if measure.parameter not in COUNTS_WHAT_STANDS:
        return []
    unknown = [] if case.standing.is_known else [unknown_ground()]
    if measure.parameter == Parameter.FLOOR_AREA_RATIO and case.standing.of_unknown_floors:
        unknown.append(unknown_floors(case.standing))
    return unknown


def _answer(measured: float, required: float, bound: str) -> Answer:
    room = required - measured if bound == Bound.MAX else measured - required
    return Answer.COMPLIES if room >= -TOLERANCE else Answer.FAILS


def _area_decides(
    case: Case, measure: Measure, required: float, bound: str, answer: Answer
) -> bool:
    """Tell whether title and map contradict each other so far that the answer differs."""
    other = case.other_area_m2
    if other is None or not measure.uses_area:
        return False
    measured = measure.measured(case, other)
    return measured is not None and _answer(measured, required, bound) != answer


def _green_has_no_room(case: Case, measure: Measure) -> bool:
    """Tell whether green and footprint together take more than the plot: one must be wrong."""
    proposal = case.application.proposal
    if measure.parameter != Parameter.GREEN:
        return False
    taken = (proposal.green_area_m2 or 0.0) + (case.built_area_m2 or 0.0)
    return taken > max(case.plot_area_m2, case.other_area_m2 or 0.0) + TOLERANCE


def _where_green_lies() -> Said:
    return said("where the green lies: with the footprint it takes more than the plot")


def _areas_contradict(case: Case) -> Said:
    return said(
        "which area holds: the title says %(legal)s m², the map %(mapped)s m², and the answer "
        "differs",
        legal=case.titled_area_m2,
        mapped=case.mapped_area_m2,
    )


def _explanation(case: Case, measure: Measure) -> Said:
    if not measure.uses_area:
        return _strictest(case) or said("As stated in the application.")
    if case.legal_area_m2 is None:
        area = said("Plot area %(area)s m² from the map: no title area.", area=case.plot_area_m2)
    else:
        area = said("Plot area %(area)s m² from the title.", area=case.plot_area_m2)
    return joined([area, *_what_stays(case, measure), *filter(None, [_strictest(case)])], " ")


def _what_stays(case: Case, measure: Measure) -> list[Said]:
    """Say which buildings are counted beside the new one; also that there are none."""
    if measure.parameter not in COUNTS_WHAT_STANDS:
        return []
    if case.standing.staying:
        area, names = float(case.standing.ground.area), case.standing.names
        return [said("With %(area)s m² under what stays: %(names)s.", area=area, names=names)]
    if case.application.proposal.clears_plot:
        return [said("Nothing else stays on the plot, as stated.")]
    return [said("No other building is mapped on the plot.")] if case.standing.is_known else []


def _strictest(case: Case) -> Said | None:
    zones = sorted({zone.hit.class_code for zone in case.situation.ruling_zones})
    if len(zones) < 2:  # noqa: PLR2004 - one zone is no split
        return None
    return said("The plot lies in zones %(zones)s: the strictest applies.", zones=", ".join(zones))


def _nothing_stated(case: Case, measure: Measure) -> Check:
    """Answer where no limit is stated: no zone is no permission, an unregulated zone neither."""
    has_law = bool(case.ruled_zones) and all(group for _zone, group in case.ruled_zones)
    return Check(
        code=measure.parameter.value,
        title=labelled(measure.parameter.label),
        answer=Answer.NOT_APPLICABLE if has_law else Answer.CANNOT_TELL,
        explanation=said("The plan states no such limit here.")
        if has_law
        else said("No zone of a plan in force says what applies here."),
        missing=[] if has_law else [said("a plan in force with regulations for this plot")],
    )


def _frontage(case: Case) -> Iterator[Check]:
    """Yield the frontage check: which edge fronts a road is not recorded, so all must be long."""
    shortest = _shortest_edge_m(case)
    for zone, row in _deciding(case.regulations(Parameter.FRONTAGE), Bound.MIN):
        long_enough = shortest is not None and shortest >= float(row.value) - TOLERANCE
        yield Check(
            code=Parameter.FRONTAGE.value,
            title=labelled(Parameter.FRONTAGE.label),
            answer=Answer.COMPLIES if long_enough else Answer.CANNOT_TELL,
            explanation=said("Every edge of the plot is long enough, whichever lies on the road.")
            if long_enough
            else said("The width of a plot is measured along its road."),
            basis=Basis(row.basis),
            provision=row.provision,
            source=row.source,
            measured=shortest if long_enough else None,
            required=float(row.value),
            bound=row.bound,
            unit=row.unit,
            zone=zone,
            missing=[] if long_enough else [said("which edges of the plot lie on a road")],
        )


def _shortest_edge_m(case: Case) -> float | None:
    """Return the shortest edge of a plot in one piece [m]; surveying points in line count not."""
    site = case.application.site
    if not isinstance(site, shapely.Polygon):
        return None
    corners = shapely.get_coordinates(site.exterior.simplify(CORNER_TOLERANCE_M))
    return float(np.hypot(*np.diff(corners, axis=0).T).min())


def _density(case: Case) -> Iterator[Check]:
    """Yield the density check: the limit is the zone's, so it binds a development, not a plot."""
    density = Measure(
        parameter=Parameter.DENSITY,
        measured=lambda case, area: _ratio(
            case.application.proposal.counted("dwellings"), area, SQUARE_METRES_PER_HA
        ),
        missing=said("the number of dwellings"),
    )
    for zone, row in _deciding(case.regulations(Parameter.DENSITY), Bound.MAX):
        develops = case.application.permit_type == "LDL"
        required, missing = float(row.value), [density.missing]
        measured = density.measured(case, case.plot_area_m2)
        answer = Answer.CANNOT_TELL if develops else Answer.NOT_APPLICABLE
        if develops and measured is not None:
            answer = _answer(measured, required, Bound.MAX)
            if _area_decides(case, density, required, Bound.MAX, answer):
                answer, missing = Answer.CANNOT_TELL, [_areas_contradict(case)]
        yield Check(
            code=Parameter.DENSITY.value,
            title=labelled(Parameter.DENSITY.label),
            answer=answer,
            explanation=said("Density limits the zone as a whole: checked for land developments."),
            basis=Basis(row.basis),
            provision=row.provision,
            source=row.source,
            measured=measured if develops else None,
            required=required,
            bound=row.bound,
            unit=row.unit,
            zone=zone,
            missing=missing if answer == Answer.CANNOT_TELL else [],
        )

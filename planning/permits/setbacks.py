"""Setbacks, answered as far as a plot without known edge roles allows.

Whatever edge is front, side or rear: a building farther from every edge than the largest setback
complies, one nearer to some edge than the smallest fails. In between only the roles decide.
"""

from collections.abc import Iterator

import shapely

from layers.numbers import number
from layers.vocab import BLOCKING_BASES, Answer, Basis
from planning.models import Regulation
from planning.permits.checks import Case, Check
from planning.sentences import Said, labelled, said
from planning.vocab import Bound, Parameter

SETBACKS = (Parameter.SETBACK_FRONT, Parameter.SETBACK_SIDE, Parameter.SETBACK_REAR)
TOLERANCE_M = 1e-6  # floating point only
Required = dict[Parameter, tuple[str, Regulation]]


def setback_check(case: Case) -> Iterator[Check]:
    """Yield the setback check where the plan states setbacks.

    Where the largest may only warn, those that may block are checked beside it.
    """
    required = _required(case, frozenset(Basis))
    if not required:
        return
    check = _setback_check(case, required)
    yield check
    blocking = _required(case, BLOCKING_BASES)
    if blocking and not check.may_block:
        yield _setback_check(case, blocking)


def _setback_check(case: Case, required: Required) -> Check:
    largest = max(required.items(), key=lambda item: item[1][1].value)
    _parameter, (zone, row) = largest
    answer, missing, measured, evidence = _answer(case, required)
    return Check(
        code="setbacks",
        title=said("Setbacks"),
        answer=answer,
        explanation=_explanation(required),
        basis=Basis(row.basis),
        provision=row.provision,
        source=row.source,
        measured=measured,
        required=float(row.value),
        bound=Bound.MIN.value,
        unit="m",
        zone=zone,
        missing=missing,
        evidence=evidence,
    )


def _required(case: Case, bases: frozenset[Basis]) -> Required:
    """Return for each kind of setback the largest any zone here asks for on such a basis."""
    found = {}
    for parameter in SETBACKS:
        stated = case.regulations(parameter)
        rows = [p for p in stated if p[1].bound == Bound.MIN and p[1].basis in bases]
        if rows:
            found[parameter] = max(rows, key=lambda pair: pair[1].value)
    return found


def _answer(
    case: Case, required: Required
) -> tuple[Answer, list[Said], float | None, shapely.geometry.base.BaseGeometry | None]:
    footprint = case.application.proposal.footprint
    if footprint is None:
        return Answer.CANNOT_TELL, [said("the footprint, drawn on the plot")], None, None
    border = case.application.site.boundary
    measured = float(footprint.distance(border))
    if not case.application.site.covers(footprint):
        measured = 0.0  # it reaches the border or a hair beyond
    nearest = shapely.shortest_line(footprint, border)
    values = [float(row.value) for _zone, row in required.values()]
    if measured >= max(values) - TOLERANCE_M:
        return Answer.COMPLIES, [], measured, nearest
    # an edge whose kind states no setback may be built on: then no nearness alone fails
    smallest = min(values) if len(values) == len(SETBACKS) else 0.0
    if measured < smallest - TOLERANCE_M:
        return Answer.FAILS, [], measured, nearest
    missing = said("which edge of the plot is front, side and rear")
    return Answer.CANNOT_TELL, [missing], measured, nearest


def _explanation(required: Required) -> Said:
    parts = {language: [] for language in ("km", "en")}  # type: dict[str, list[str]]
    for parameter, (_zone, row) in required.items():
        label = labelled(parameter.label)
        for language, texts in parts.items():
            texts.append(f"{label[language]} {number(row.value, language=language)} m")
    asked = {language: ", ".join(texts) for language, texts in parts.items()}
    return said("Asked for: %(asked)s. Measured: the nearest edge of the plot.", asked=asked)

"""Where a layer was surveyed, stated by people: added, changed and withdrawn, with who and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from django.contrib.auth.models import User
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, WGS84_SRID
from layers.editing.errors import PreconditionMissingError, ProblemsError, StaleStateError
from layers.editing.etags import matches
from layers.editing.models import SurveyChange
from layers.editing.shapes import ShapeError, shape_from_geojson, shape_problems
from layers.editing.survey_log import statement_as_json, survey_etag
from layers.editing.vocab import SurveyAction
from layers.errors import NotFoundError, UserFacingError
from layers.listening import tell_of_change
from layers.models import Layer, SurveyedArea
from layers.queries import class_branches
from layers.vocab import Completeness, GeometryKind

LONGEST_SOURCE = 255  # of SurveyedArea.source


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What is said about a stretch of ground (geometry in PROJECT_SRID)."""

    geometry: BaseGeometry
    completeness: str
    captured_on: date | None = None
    source: str = ""
    classes: tuple[str, ...] = ()


def statement_from_geojson(given: Mapping[str, Any], srid: int = WGS84_SRID) -> Statement:
    """Return a GeoJSON feature as a statement.

    Raises
    ------
    ProblemsError, UserFacingError
        The shape is no valid area; a word, day or class is unknown.
    """
    facts = _facts(given.get("properties"))
    completeness = facts.get("completeness", Completeness.COMPLETE)
    if completeness not in Completeness.values:
        raise UserFacingError(
            _("'%(value)s' is no completeness.") % {"value": completeness},
            remedy=_("Use one of: %(known)s.") % {"known": ", ".join(Completeness.values)},
        )
    return Statement(
        geometry=_area(given, srid),
        completeness=completeness,
        captured_on=_day(facts.get("captured_on")),
        source=_source(facts.get("source")),
        classes=tuple(sorted(class_branches(_codes(facts.get("classes"))))),
    )


def _facts(given: object) -> Mapping[str, Any]:
    if given is None or isinstance(given, Mapping):
        return given or {}
    raise UserFacingError(
        _("The properties of a surveyed area are no object."),
        remedy=_("Send completeness, captured_on, source and classes by name."),
    )


def _source(given: object) -> str:
    if given is None:
        return ""
    if isinstance(given, str) and len(given) <= LONGEST_SOURCE:
        return given
    raise UserFacingError(
        _("'%(name)s' is no text of up to %(most)d letters.")
        % {"name": "source", "most": LONGEST_SOURCE},
        remedy=_("Write it shorter, as one text."),
    )


def _codes(given: object) -> list[str]:
    if given is None:
        return []
    if isinstance(given, list) and all(isinstance(code, str) for code in given):
        return given
    raise UserFacingError(
        _("The classes of a surveyed area are no list."),
        remedy=_("Send the codes of the classes that were looked for, as a list of texts."),
    )


def statement_named(layer: Layer, number: int) -> SurveyedArea:
    """Return a statement of a layer, or raise NotFoundError."""
    area = layer.surveyed_areas.filter(pk=number).first()
    if area is None:
        raise NotFoundError(
            _("Layer '%(slug)s' has no surveyed area %(number)d.")
            % {"slug": layer.slug, "number": number},
            remedy=_("Choose one from the list of surveyed areas."),
        )
    return area


@transaction.atomic
def add_statement(*, layer: Layer, statement: Statement, author: User) -> SurveyedArea:
    """State that ground was surveyed; what others stated stays."""
    area = SurveyedArea(layer=layer)
    _fill(area, statement)
    _record(area, SurveyAction.ADD, author, before=None, after=statement_as_json(area))
    return area


@transaction.atomic
def replace_statement(
    *, layer: Layer, number: int, statement: Statement, if_match: str | None, author: User
) -> SurveyedArea:
    """Change a statement, if it still says what the author saw.

    Raises
    ------
    NotFoundError, PreconditionMissingError, StaleStateError
    """
    area = _seen(layer, number, if_match)
    before = statement_as_json(area)
    _fill(area, statement)
    _record(area, SurveyAction.REPLACE, author, before=before, after=statement_as_json(area))
    return area


@transaction.atomic
def delete_statement(*, layer: Layer, number: int, if_match: str | None, author: User) -> None:
    """Withdraw a statement, if it still says what the author saw; its text stays on record.

    Raises
    ------
    NotFoundError, PreconditionMissingError, StaleStateError
    """
    area = _seen(layer, number, if_match)
    _record(area, SurveyAction.DELETE, author, before=statement_as_json(area), after=None)
    area.delete()


def _seen(layer: Layer, number: int, if_match: str | None) -> SurveyedArea:
    Layer.objects.select_for_update().get(pk=layer.pk)
    area = statement_named(layer, number)
    if not if_match:
        raise PreconditionMissingError(str(number))
    if matches(if_match, survey_etag(area)):
        return area
    last = SurveyChange.objects.filter(layer=layer, area=number).select_related("changed_by")
    change = last.first()
    raise StaleStateError(
        str(number),
        who=change.changed_by.get_username() if change and change.changed_by else "",
        when=timezone.localtime(change.changed_at).isoformat(" ", "seconds") if change else "",
        changed_at=change.changed_at.isoformat() if change else None,
        action=str(change.action) if change else None,
        etag=survey_etag(area),
        current=statement_as_json(area),
    )


def _fill(area: SurveyedArea, statement: Statement) -> None:
    wkb = memoryview(shapely.to_wkb(statement.geometry))
    stored = GEOSGeometry(wkb, srid=PROJECT_SRID)
    if not isinstance(stored, MultiPolygon):
        raise TypeError(stored.geom_type)
    area.geometry, area.completeness = stored, statement.completeness
    area.captured_on, area.source = statement.captured_on, statement.source
    area.classes = list(statement.classes)
    area.save()


def _record(
    area: SurveyedArea,
    action: SurveyAction,
    author: User,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    SurveyChange.objects.create(
        layer=area.layer, area=area.pk, action=action, before=before, after=after,
        changed_by=author,
    )  # fmt: skip
    tell_of_change()


def _area(given: Mapping[str, Any], srid: int) -> BaseGeometry:
    try:
        shape = shape_from_geojson(given.get("geometry"), srid)
    except ShapeError as error:
        raise ProblemsError([error.problem.as_json()]) from error
    if problems := list(shape_problems(shape, GeometryKind.POLYGON)):
        raise ProblemsError([problem.as_json() for problem in problems])
    return shapely.MultiPolygon(list(shapely.get_parts(shapely.union_all([shape]))))


def _day(given: object) -> date | None:
    if given in (None, ""):
        return None
    try:
        return date.fromisoformat(str(given))
    except ValueError as error:
        raise UserFacingError(
            _("'%(value)s' is no day.") % {"value": given},
            remedy=_("Write it as year-month-day: 2026-03-31."),
        ) from error

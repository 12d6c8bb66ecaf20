"""Surveyed areas over HTTP: who may see the layer reads, who may state adds and changes."""

from django.http import HttpRequest, HttpResponse

from layers.editing import surveys
from layers.editing.models import SurveyChange
from layers.editing.permissions import SURVEY, layer_to_edit, require
from layers.editing.survey_log import statement_as_json, survey_etag
from layers.editing.web import answers_json, asked_srid, body_of, told
from layers.models import SurveyedArea

NEWEST = 500


def _list(request: HttpRequest, slug: str) -> HttpResponse:
    layer, srid = layer_to_edit(request.user, slug), asked_srid(request)
    areas = [statement_as_json(area, srid) for area in layer.surveyed_areas.order_by("pk")]
    return told({"type": "FeatureCollection", "features": areas})


def _add(request: HttpRequest, slug: str) -> HttpResponse:
    author, layer = require(request.user, SURVEY), layer_to_edit(request.user, slug)
    statement = surveys.statement_from_geojson(body_of(request), asked_srid(request))
    made = surveys.add_statement(layer=layer, statement=statement, author=author)
    return _told_area(request, made, 201)


def _show(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    layer = layer_to_edit(request.user, slug)
    return _told_area(request, surveys.statement_named(layer, number))


def _replace(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    author, layer = require(request.user, SURVEY), layer_to_edit(request.user, slug)
    changed = surveys.replace_statement(
        layer=layer,
        number=number,
        statement=surveys.statement_from_geojson(body_of(request), asked_srid(request)),
        if_match=request.headers.get("If-Match"),
        author=author,
    )
    return _told_area(request, changed)


def _delete(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    author, layer = require(request.user, SURVEY), layer_to_edit(request.user, slug)
    surveys.delete_statement(
        layer=layer, number=number, if_match=request.headers.get("If-Match"), author=author
    )
    return HttpResponse(status=204)


def _changes(request: HttpRequest, slug: str) -> HttpResponse:
    require(request.user, SURVEY)
    layer = layer_to_edit(request.user, slug)
    rows = SurveyChange.objects.filter(layer=layer).select_related("changed_by")[:NEWEST]
    return told(
        {
            "changes": [
                {
                    "area": row.area,
                    "action": row.action,
                    "before": row.before,
                    "after": row.after,
                    "changed_by": row.changed_by.get_username() if row.changed_by else None,
                    "reason": row.reason,
                    "changed_at": row.changed_at.isoformat(),
                }
                for row in rows
            ]
        }
    )


def _told_area(request: HttpRequest, area: SurveyedArea, status: int = 200) -> HttpResponse:
    response = told(statement_as_json(area, asked_srid(request)), status)
    response["ETag"] = survey_etag(area)
    return response


surveyed_list = answers_json(get=_list, post=_add)
surveyed_area = answers_json(get=_show, put=_replace, delete=_delete)
survey_changes = answers_json(get=_changes)

"""The record of what was stated as surveyed, and the end of statements about other content."""

from typing import Any

import shapely
from django.contrib.auth.models import User
from django.db.models import Max

from layers.crs import PROJECT_SRID, WGS84_SRID, reproject
from layers.editing.models import SurveyChange
from layers.editing.vocab import SurveyAction
from layers.listening import tell_of_change
from layers.models import Layer, SurveyedArea
from layers.retold import gettext as _
from layers.vocab import Completeness


def statement_as_json(area: SurveyedArea, srid: int = WGS84_SRID) -> dict[str, Any]:
    """Return a stored statement as GeoJSON with its validator."""
    shape = reproject(shapely.from_wkb(bytes(area.geometry.wkb)), PROJECT_SRID, srid)
    return {
        "type": "Feature",
        "id": area.pk,
        "geometry": shapely.geometry.mapping(shape),
        "properties": {
            "completeness": area.completeness,
            "captured_on": area.captured_on.isoformat() if area.captured_on else None,
            "source": area.source,
            "classes": list(area.classes),
        },
        "etag": survey_etag(area),
    }


def survey_etag(area: SurveyedArea) -> str:
    """Return the strong validator of a statement: itself and its last recorded change."""
    changes = SurveyChange.objects.filter(layer=area.layer_id, area=area.pk)
    last = changes.aggregate(last=Max("pk"))["last"]
    return f'"s{area.pk}.{last or 0}"'


def record_added(area: SurveyedArea) -> None:
    """Put on record that a program stated an area: an import, a command, a flood run."""
    SurveyChange.objects.create(
        layer=area.layer, area=area.pk, action=SurveyAction.ADD, after=statement_as_json(area)
    )
    tell_of_change()


def end_statement(area: SurveyedArea, *, why: str, by: User | None = None) -> None:
    """Take a statement back; what it said, who ended it and why stay on record."""
    SurveyChange.objects.create(
        layer=area.layer,
        area=area.pk,
        action=SurveyAction.DELETE,
        before=statement_as_json(area),
        changed_by=by,
        reason=why,
    )
    area.delete()
    tell_of_change()


def end_complete_statements(layer: Layer, *, why: str, by: User | None = None) -> int:
    """End all statements of a layer that prove absence; return how many.

    For a version that replaces the whole content: they were made about what stood before.
    """
    ended = list(complete_statements(layer.slug))
    for area in ended:
        end_statement(area, why=why, by=by)
    return len(ended)


def complete_statements(slug: str) -> Any:  # noqa: ANN401 - a QuerySet
    """Return the statements by which nothing found in a layer means nothing there."""
    stated = SurveyedArea.objects.filter(layer__slug=slug, completeness=Completeness.COMPLETE)
    return stated.select_related("layer").order_by("pk")


def ended_sentence(count: int) -> str:
    """Say that statements were ended, and what to do."""
    return _(
        "Complete surveys stated about the content before ended: %(count)d. Where nothing is "
        "found in this layer the answer is now 'cannot tell', until the area is stated anew."
    ) % {"count": count}


def would_end_sentence(count: int) -> str:
    """Say that a replacement would end statements."""
    return _(
        "If this changes the layer, complete surveys stated about its content end: %(count)d. "
        "Where nothing is found the answer is then 'cannot tell', until the area is stated anew."
    ) % {"count": count}

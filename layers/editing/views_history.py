"""A layer through time: pages for people, JSON for programs; going back needs a permission."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.gis.geos import Polygon
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from layers.crs import PROJECT_SRID
from layers.editing import history
from layers.editing.content import FeatureState, to_geojson
from layers.editing.permissions import PUBLISH, layer_to_edit, require
from layers.editing.publishing import published_then, revert_layer
from layers.editing.reading import row_state
from layers.editing.survey_log import ended_sentence
from layers.editing.vocab import ChangeKind
from layers.editing.web import (
    answers_json,
    asked_box,
    asked_number,
    asked_srid,
    body_of,
    said_in,
    told,
    told_feature,
)
from layers.errors import UserFacingError
from layers.models import Layer, LayerVersion
from layers.quality.requests import ask_for_report
from layers.services import Publication
from layers.visibility import Reader, visible_layer
from layers.vocab import Lifecycle

LISTED = 200
MOST_ATTRIBUTES = 12
LARGEST_NUMBER = 2_000_000_000
COLOURS = {"added": "#2d6a3e", "removed": "#a3231a", "before": "#7a5a00", "after": "#1f4e5f"}


@require_safe
def history_page(request: HttpRequest, slug: str) -> HttpResponse:
    """List the versions of a layer; with ``?date=`` mark the one published at that day's end."""
    layer = visible_layer(request.user, slug)
    day = _asked_day(request)
    on_day = history.version_on(layer, day) if day else None
    versions = list(history.versions_of(layer)[:LISTED])
    earlier = [version.number for version in versions[1:]] + [None]
    context = {
        "layer": layer,
        "rows": list(zip(versions, earlier, strict=True)),
        "day": day,
        "on_day": on_day,
        "may_revert": request.user.has_perm(PUBLISH),
    }
    return render(request, "layers/history.html", context)


@require_safe
def diff_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show how two versions differ: counts, a map, the first features."""
    layer = visible_layer(request.user, slug)
    before, after = _asked_versions(request, layer)
    counts = history.difference_counts(layer, before.number, after.number)
    listed = history.differences(layer, before.number, after.number, LISTED)
    address = reverse("layer-diff-json", args=[slug])
    context = {
        "layer": layer,
        "before": before,
        "after": after,
        "counts": [(ChangeKind(kind).label, count, kind) for kind, count in counts.items()],
        "total": sum(counts.values()),
        "rows": [(row, _facts(row.before), _facts(row.after), _reworded(row)) for row in listed],
        "map": {
            "address": f"{address}?from={before.number}&to={after.number}",
            "colours": COLOURS,
        },
    }
    return render(request, "layers/diff.html", context)


def _facts(state: FeatureState | None) -> str:
    """Return class and lifecycle as a reader knows them."""
    if state is None or state.content is None:
        return "–"
    lifecycle = str(Lifecycle(state.content.lifecycle).label)
    return " · ".join(filter(None, (state.content.land_use, lifecycle)))


def _reworded(row: history.Difference) -> list[tuple[str, Any, Any]]:
    """Return the attributes that differ: name, before, after."""
    sides = (row.before, row.after)
    old, new = (state.content.properties if state and state.content else {} for state in sides)
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if row.before is None or row.after is None:
        return []
    return [(name, old.get(name), new.get(name)) for name in names[:MOST_ATTRIBUTES]]


def _history(request: HttpRequest, slug: str) -> HttpResponse:
    layer = visible_layer(request.user, slug)
    day = _asked_day(request)
    found = [history.version_on(layer, day)] if day else history.versions_of(layer)[:LISTED]
    return told({"layer": layer.slug, "versions": [_version(row, request.user) for row in found]})


def _diff(request: HttpRequest, slug: str) -> HttpResponse:
    layer = visible_layer(request.user, slug)
    before, after = (version.number for version in _asked_versions(request, layer))
    limit = asked_number(request, "limit", history.PAGE)
    following = request.GET.get("after", "")
    found = history.differences(layer, before, after, limit + 1, following)
    page = found[:limit]
    return told(
        {
            "from": before,
            "to": after,
            "counts": history.difference_counts(layer, before, after),
            "differences": [row.as_json() for row in page],
            "next": page[-1].stable_id if len(found) > limit else None,
        }
    )


def _features(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    layer = visible_layer(request.user, slug)
    limit, srid = asked_number(request, "limit", history.PAGE), asked_srid(request)
    rows = history.features_as_of(layer, number).filter(stable_id__gt=request.GET.get("after", ""))
    if box := asked_box(request):
        rows = rows.filter(geometry__bboverlaps=_polygon(box))
    found = list(rows[: limit + 1])
    return told(
        {
            "type": "FeatureCollection",
            "features": [to_geojson(row_state(row), srid) for row in found[:limit]],
            "next": found[limit - 1].stable_id if len(found) > limit else None,
            "numberMatched": None if box else published_then(layer, number).feature_count,
        }
    )


def _feature(request: HttpRequest, slug: str, number: int, stable_id: str) -> HttpResponse:
    layer = visible_layer(request.user, slug)
    return told_feature(request, history.feature_as_of(layer, number, stable_id))


def revert(request: HttpRequest, slug: str) -> HttpResponse:
    """Publish an earlier version anew: by the form of the history page, or by JSON."""
    return (_revert_json if request.content_type == "application/json" else _revert_form)(
        request, slug
    )


@require_POST
def _revert_form(request: HttpRequest, slug: str) -> HttpResponse:
    publication = _back(request, slug, request.POST.dict())
    for note in _notes(publication):
        messages.warning(request, note)
    return redirect("layer-history", slug=slug)


def _revert(request: HttpRequest, slug: str) -> HttpResponse:
    publication = _back(request, slug, body_of(request))
    counts = {name: getattr(publication, name) for name in ("added", "changed", "removed")}
    notes = _notes(publication)
    return told({"version": publication.version.number, **counts, "notes": notes})


def _notes(publication: Publication) -> list[str]:
    ended = publication.ended_surveys
    return [ended_sentence(ended)] if ended else []


def _back(request: HttpRequest, slug: str, given: Mapping[str, Any]) -> Publication:
    author, layer = require(request.user, PUBLISH), layer_to_edit(request.user, slug)
    number, message = str(given.get("to", "")), said_in(given, "message")
    if not (number.isascii() and number.isdigit()):
        raise _unknown_version(number)
    back = revert_layer(layer=layer, number=int(number[:9]), author=author, message=message)
    ask_for_report(back.version)
    return back


def _version(version: LayerVersion, reader: Reader) -> dict[str, Any]:
    """Return a version for programs; account names are for those who have one themselves."""
    who = version.published_by if reader.is_authenticated else None
    return {
        "number": version.number,
        "state": version.state,
        "published_at": version.published_at.isoformat() if version.published_at else None,
        "published_by": who.get_username() if who else None,
        "message": version.message,
        "captured_on": version.captured_on.isoformat() if version.captured_on else None,
        "source_name": version.source_name,
        "source_digest": version.source_digest,
        "feature_count": version.feature_count,
    }


def _asked_day(request: HttpRequest) -> date | None:
    text = request.GET.get("date", "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UserFacingError(
            _("'%(value)s' is no day.") % {"value": text[:40]},
            remedy=_("Write it as year-month-day: 2026-03-31."),
        ) from error


def _asked_versions(request: HttpRequest, layer: Layer) -> tuple[LayerVersion, LayerVersion]:
    """Return the versions named by ``from`` and ``to``; the newest two where they are left out."""
    newest = layer.published_number or 1
    after = asked_number(request, "to", newest, LARGEST_NUMBER)
    before = asked_number(request, "from", max(after - 1, 1), LARGEST_NUMBER)
    return published_then(layer, before), published_then(layer, after)


def _unknown_version(number: str) -> UserFacingError:
    return UserFacingError(
        _("'%(value)s' is no version.") % {"value": number[:40]},
        remedy=_("Choose another version from the history."),
    )


def _polygon(box: tuple[float, float, float, float]) -> Polygon:
    shape = Polygon.from_bbox(box)
    shape.srid = PROJECT_SRID
    return shape


history_json = answers_json(get=_history)
diff_json = answers_json(get=_diff)
version_features = answers_json(get=_features)
version_feature = answers_json(get=_feature)
_revert_json = answers_json(post=_revert)

"""The map, what is here, and search."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from leaflet import app_settings as leaflet_settings

from layers.answers import place_content, search_content
from layers.errors import UserFacingError
from layers.identify import place, what_is_at
from layers.map_content import map_content
from layers.map_texts import map_texts
from layers.models import LayerVersion
from layers.numbers import marks
from layers.search import matches, parsed
from layers.visibility import visible_versions


@require_safe
def home(_request: HttpRequest) -> HttpResponse:
    return redirect("map")


@require_safe
def plan_map(request: HttpRequest) -> HttpResponse:
    """Show the map; everything the script needs comes in the page."""
    content = map_content(request.user) | {
        "texts": map_texts(),
        "marks": dict(zip(("decimal", "group"), marks(), strict=True)),
        "leaflet": {
            "minZoom": leaflet_settings["MIN_ZOOM"] or 0,
            "maxZoom": leaflet_settings["MAX_ZOOM"] or 20,
            "scale": leaflet_settings["SCALE"],
        },
    }
    return render(request, "layers/map.html", {"content": content})


@require_safe
def map_style(request: HttpRequest) -> JsonResponse:
    """Return layers, looks and legends as JSON."""
    return JsonResponse(map_content(request.user))


@require_safe
def identify(request: HttpRequest) -> JsonResponse:
    """Return what stands at a point: ``?lon=103.5&lat=10.6&z=15``."""
    longitude, latitude = _number(request, "lon"), _number(request, "lat")
    zoom = _number(request, "z") if "z" in request.GET else 17.0
    where = place(longitude=longitude, latitude=latitude, zoom=zoom)
    versions = _by_slug(visible_versions(request.user))
    if asked := [slug for slug in request.GET.get("layers", "").split(",") if slug]:
        versions = {slug: version for slug, version in versions.items() if slug in asked}
    answers = what_is_at(where, [version.layer for version in versions.values()])
    return JsonResponse(place_content(where, answers, versions))


@require_safe
def search(request: HttpRequest) -> JsonResponse:
    """Return features by name, code or number: ``?q=សង្កាត់លេខ៤``."""
    query = parsed(request.GET.get("q", ""))
    versions = _by_slug(visible_versions(request.user))
    found = matches(query, [version.layer for version in versions.values()])
    return JsonResponse(search_content(query, found, versions))


def _by_slug(versions: list[LayerVersion]) -> dict[str, LayerVersion]:
    return {version.layer.slug: version for version in versions}


def _number(request: HttpRequest, name: str) -> float:
    given: Any = request.GET.get(name, "")
    try:
        return float(given)
    except ValueError as error:
        raise UserFacingError(
            _("'%(name)s' is missing or not a number.") % {"name": name},
            remedy=_("Give lon, lat in degrees and z, the zoom: lon=103.53&lat=10.61&z=15."),
        ) from error

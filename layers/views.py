"""The map, what is here, and search."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from leaflet import app_settings as leaflet_settings

from layers.answers import place_content, search_content
from layers.asked_features import asked_features
from layers.errors import UserFacingError
from layers.identify import place, what_is_at
from layers.map_content import map_content
from layers.map_texts import map_texts
from layers.models import LayerVersion
from layers.numbers import marks
from layers.profiles.choice import current_choice
from layers.profiles.searching import matches_used_first
from layers.search import parsed
from layers.visibility import visible_versions


@require_safe
def home(_request: HttpRequest) -> HttpResponse:
    return redirect("map")


@require_safe
def plan_map(request: HttpRequest) -> HttpResponse:
    """Show the map; everything the script needs comes in the page."""
    content = map_content(request.user) | {
        "asked": asked_features(request.GET.getlist("feature"), request.user),
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
def map_feature(request: HttpRequest) -> JsonResponse:
    """Return where features lie and the card of the first: ``?feature=zones/Z-12``."""
    asked = asked_features(request.GET.getlist("feature"), request.user)
    if asked is None:
        raise UserFacingError(
            _("No feature is asked for."), remedy=_("Write feature=LAYER/IDENTIFIER.")
        )
    return JsonResponse(asked)


@require_safe
def map_style(request: HttpRequest) -> JsonResponse:
    """Return layers, looks and legends as JSON."""
    return JsonResponse(map_content(request.user))


@require_safe
def identify(request: HttpRequest) -> JsonResponse:
    """Return what stands at a point: ``?lon=103.5&lat=10.6&z=15``."""
    return JsonResponse(whats_there(request.GET, visible_versions(request.user)))


def whats_there(asked: Mapping[str, str], versions: list[LayerVersion]) -> dict[str, Any]:
    """Return what stands at the point that an address names, of layers the reader may see."""
    zoom = _number(asked, "z") if "z" in asked else 17.0
    where = place(longitude=_number(asked, "lon"), latitude=_number(asked, "lat"), zoom=zoom)
    chosen = _by_slug(versions)
    if slugs := [slug for slug in asked.get("layers", "").split(",") if slug]:
        chosen = {slug: version for slug, version in chosen.items() if slug in slugs}
    answers = what_is_at(where, [version.layer for version in chosen.values()])
    return place_content(where, answers, chosen)


@require_safe
def search(request: HttpRequest) -> JsonResponse:
    """Return features by name, code or number: ``?q=សង្កាត់លេខ៤``."""
    query = parsed(request.GET.get("q", ""))
    versions = _by_slug(visible_versions(request.user))
    asked = [version.layer for version in versions.values()]
    found = matches_used_first(query, asked, current_choice())
    return JsonResponse(search_content(query, found, versions))


def _by_slug(versions: list[LayerVersion]) -> dict[str, LayerVersion]:
    return {version.layer.slug: version for version in versions}


def _number(asked: Mapping[str, str], name: str) -> float:
    given: Any = asked.get(name, "")
    try:
        return float(given)
    except ValueError as error:
        raise UserFacingError(
            _("'%(name)s' is missing or not a number.") % {"name": name},
            remedy=_("Give lon, lat in degrees and z, the zoom: lon=103.53&lat=10.61&z=15."),
        ) from error

"""The pages of the catalogue."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from layers.catalogue.attribute_table import LABELS, order_asked, page_of
from layers.catalogue.coverage import coverage_of
from layers.catalogue.finding import PAGE, Entry, Wanted, entries
from layers.catalogue.forms import CatalogueForm, DescriptionForm
from layers.catalogue.places import SoughtPlace, place_called, sangkat_choices, sangkat_named
from layers.editing.permissions import EDIT, SURVEY, require
from layers.errors import NotFoundError
from layers.exports.asking import refuse_unknown_words, selection_asked
from layers.exports.formats import formats_for
from layers.legend import summary, theme_of
from layers.map_content import map_content
from layers.models import LandUseClass, Layer, LayerVersion
from layers.profiles.choice import current_choice
from layers.visibility import Reader, visible_layer
from layers.vocab import GeometryKind, Lifecycle

DESCRIBE = "layers.change_layer"
_TABLE_WORDS = ("q", "class", "lifecycle", "sort", "turn", "after", "attribute", "operator",
                "value", "lang", "bbox", "ids")  # fmt: skip


@require_safe
def layer_list(request: HttpRequest) -> HttpResponse:
    """List the layers that answer a search; all of them when nothing is asked."""
    form = CatalogueForm(request.GET or None, sangkat_choices(request.user))
    found: list[Entry] = []
    places: list[SoughtPlace] = []
    lacks_place = False
    if not form.is_bound or form.is_valid():
        asked = form.cleaned_data if form.is_bound else {}
        places, lacks_place = _places(request.user, form, asked)
        found = [] if lacks_place else entries(request.user, _wanted(asked, places))
    choice = current_choice()
    used = [entry for entry in found if choice.uses_layer(entry.layer.slug)]
    is_all = bool(request.GET.get("all"))
    pages = Paginator(found if is_all else used, PAGE)
    page = pages.get_page(request.GET.get("page"))
    kept = {k: str(v) for k, v in request.GET.items() if k not in {"page", "lang"} and v}
    context = {
        "form": form, "page": page, "places": places, "lacks_place": lacks_place,
        "query": urlencode(kept),
        "is_search": bool(set(kept) - {"sort", "all"}),
        "others": 0 if is_all else len(found) - len(used),
        "unused": {entry.layer.slug for entry in found} - {entry.layer.slug for entry in used},
        "everything": urlencode({**kept, "all": "1"}),
        "map": map_content(request.user) | {"texts": _map_texts()},
    }  # fmt: skip
    status = 400 if form.is_bound and form.asks_for_no_place else 200
    return render(request, "layers/catalogue/list.html", context, status=status)


def _places(
    reader: Reader, form: CatalogueForm, asked: dict[str, Any]
) -> tuple[list[SoughtPlace], bool]:
    """Return the places a search names, and whether one of them does not exist."""
    found = [form.rectangle] if form.rectangle else []
    named = []
    if asked.get("sangkat"):
        named.append(sangkat_named(reader, asked["sangkat"]))
    if asked.get("place"):
        named.append(place_called(reader, asked["place"]))
    return [*found, *(place for place in named if place)], None in named


def _wanted(asked: dict[str, Any], places: list[SoughtPlace]) -> Wanted:
    return Wanted(
        words=asked.get("q", ""),
        theme=asked.get("theme", ""),
        places=tuple(places),
        captured_from=asked.get("since"),
        captured_to=asked.get("until"),
        sort=asked.get("sort") or "theme",
    )


def _map_texts() -> dict[str, str]:
    """Return what the script of the small map writes."""
    return {
        "draw": _("Click one corner of the rectangle, then the opposite one."),
        "drawn": _("The rectangle is taken. Press Search."),
        "none": _("No rectangle is chosen."),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "notAllFromAfar": _("Zoom in to see all: small things are drawn together or hidden here."),
    }


@require_safe
def layer_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all that is known of one layer."""
    version = shown_version(request, slug)
    layer = version.layer
    is_raster = layer.geometry_kind == GeometryKind.RASTER
    context = {
        "layer": layer, "version": version, "theme": theme_of(layer).title,
        "is_raster": is_raster,
        "coverage": None if is_raster else coverage_of(version),
        "formats": formats_for(layer.geometry_kind),
        "classes": LandUseClass.objects.filter(code__in=summary(version).classes),
        "addresses": _addresses(request, layer),
        "may_describe": request.user.has_perm(DESCRIBE),
        "may_edit": request.user.has_perm(EDIT),
        "may_survey": request.user.has_perm(SURVEY),
    }  # fmt: skip
    return render(request, "layers/catalogue/layer.html", context)


def _addresses(request: HttpRequest, layer: Layer) -> dict[str, str]:
    """Return the addresses for other programs, as far as this installation answers them."""
    asked = {
        "ogc": ("ogc-landing", []),
        "collection": ("ogc-collection", [layer.slug]),
        "tiles": ("ogc-tilesets", [layer.slug]),
        "wmts": ("ogc-wmts-capabilities", []),
    }
    found = {}
    for name, (view, arguments) in asked.items():
        try:
            found[name] = request.build_absolute_uri(reverse(view, args=arguments))
        except NoReverseMatch:
            continue
    return found


@require_safe
def attribute_table(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the features of a layer as a table, filtered and sorted by the database."""
    version = shown_version(request, slug)
    refuse_raster(version)
    asked = {k: str(v) for k, v in request.GET.items() if v}
    if asked.get("attribute") and asked.get("value"):
        asked[f"{asked.get('operator', 'has')}.{asked['attribute']}"] = asked["value"]
    refuse_unknown_words(asked, *_TABLE_WORDS)
    order = order_asked(asked)
    page = page_of(selection_asked(version.layer, asked), order)
    kept = {k: v for k, v in asked.items() if k not in {"after", "lang", "sort", "turn"}}
    chosen = {k: v for k, v in kept.items() if k not in {"attribute", "operator", "value"}}
    turned = {"sort": order.column, "turn": "down" if order.is_descending else ""}
    context = {
        "layer": version.layer, "version": version, "page": page, "order": order, "asked": asked,
        "query": urlencode(kept), "labels": LABELS,
        "download": urlencode(chosen),
        "next": urlencode({**kept, **turned, "after": page.following}) if page.following else "",
        "classes": LandUseClass.objects.filter(code__in=summary(version).classes),
        "lifecycles": Lifecycle.choices,
    }  # fmt: skip
    return render(request, "layers/catalogue/table.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def describe(request: HttpRequest, slug: str) -> HttpResponse:
    """Let who may describe a layer; mistakes are told beside their fields."""
    layer = visible_layer(request.user, slug)
    if not request.user.is_authenticated:
        return redirect(f"{reverse('login')}?{urlencode({'next': request.path})}")
    require(request.user, DESCRIBE)
    form = DescriptionForm(request.POST or None, instance=layer)
    if request.method == "POST" and form.is_valid():
        # only what the form holds: a version published meanwhile must stay the published one
        form.instance.save(update_fields=list(form.fields))
        return redirect("layer", slug=slug)
    return render(request, "layers/catalogue/describe.html", {"layer": layer, "form": form})


def shown_version(request: HttpRequest, slug: str) -> LayerVersion:
    """Return the published version of a layer that the reader may see."""
    layer = visible_layer(request.user, slug)
    found = layer.versions.select_related("layer", "raster", "published_by")
    return found.get(number=layer.published_number or 0)


def refuse_raster(version: LayerVersion) -> None:
    """Refuse what a grid does not have."""
    if version.layer.geometry_kind == GeometryKind.RASTER:
        raise NotFoundError(
            _("Layer '%(slug)s' is a grid: it has cells, no features.")
            % {"slug": version.layer.slug},
            remedy=_("Its page tells what it measures; the map shows its values."),
        )

"""Links between the resources, in full so that a program can follow them from anywhere."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

OGC_REL = "http://www.opengis.net/def/rel/ogc/1.0/"
QUERYABLES_REL = OGC_REL + "queryables"
TILESETS_VECTOR_REL = OGC_REL + "tilesets-vector"
TILESETS_MAP_REL = OGC_REL + "tilesets-map"


def address(request: HttpRequest, name: str, *parts: Any, **query: Any) -> str:  # noqa: ANN401
    """Return the full address of a resource."""
    found = request.build_absolute_uri(reverse(name, args=parts))
    return f"{found}?{urlencode(query)}" if query else found


def link(rel: str, href: str, media_type: str, title: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return one link."""
    told = {"rel": rel, "type": media_type, "href": href, "title": title, **more}
    return {name: value for name, value in told.items() if value != ""}


def own_links(request: HttpRequest, media_type: str = "application/json") -> list[dict[str, Any]]:
    """Return the links of a resource to itself, as JSON and as a page."""
    query: dict[str, Any] = {**request.GET.dict()}
    base = request.build_absolute_uri(request.path)

    def as_format(name: str) -> str:
        return f"{base}?{urlencode(query | {'f': name})}"

    return [
        link("self", as_format("json"), media_type, "JSON"),
        link("alternate", as_format("html"), "text/html", "HTML"),
    ]

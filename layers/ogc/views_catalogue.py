"""The way in: landing page, conformance, the list of collections, what can be asked of each."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from layers.ogc.collections import collection, published_version, version_shown
from layers.ogc.conformance import CONFORMS_TO
from layers.ogc.crs_list import offered
from layers.ogc.endpoint import HTML, SCHEMA, resource, told
from layers.ogc.links import OGC_REL, address, link, own_links
from layers.ogc.others import offered_others, other_named
from layers.ogc.queryables import json_schema
from layers.ogc.views_others import other_collection
from layers.visibility import visible_layer, visible_versions

OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"


@resource()
def landing(request: HttpRequest) -> HttpResponse:
    """Say what there is and where."""
    pages = (
        ("service-desc", "ogc-api", OPENAPI_TYPE, _("Description of this interface")),
        ("conformance", "ogc-conformance", "application/json", _("Standards kept to")),
        ("data", "ogc-collections", "application/json", _("Layers")),
        (OGC_REL + "tiling-schemes", "ogc-tile-matrix-sets", "application/json", _("Map squares")),
        ("alternate", "ogc-wmts", "application/xml", "WMTS"),
    )
    links = own_links(request) + [
        link(rel, address(request, name), kind, title) for rel, name, kind, title in pages
    ]
    api_page = address(request, "ogc-api", f="html")
    links.append(link("service-doc", api_page, "text/html", _("Description of this interface")))
    title = _("Land-use plan and layers of the city")
    described = _("The city's published layers for QGIS and other programs.")
    document = {"title": title, "description": described, "links": links}
    return told(request, document, title=title, description=described)


@resource()
def conformance(request: HttpRequest) -> HttpResponse:
    """List the standards' conformance classes."""
    document = {"conformsTo": list(CONFORMS_TO), "links": own_links(request)}
    return told(request, document, title=_("Standards kept to"))


@resource()
def collections(request: HttpRequest) -> HttpResponse:
    """List the layers this reader may see."""
    listed = [collection(request, version) for version in visible_versions(request.user)]
    listed += [other_collection(request, other) for other in offered_others(request.user)]
    document = {"links": own_links(request), "crs": list(offered()), "collections": listed}
    return told(request, document, title=_("Layers"), collections=listed)


@resource()
def one_collection(request: HttpRequest, slug: str) -> HttpResponse:
    """Describe one layer."""
    if (other := other_named(request.user, slug)) is not None:
        document = other_collection(request, other)
    else:
        document = collection(request, published_version(visible_layer(request.user, slug)))
    page = {"title": document["title"], "description": document["description"]}
    return told(request, document, **page)


@resource(formats=(SCHEMA, HTML))
def queryables(request: HttpRequest, slug: str) -> HttpResponse:
    """Return which attributes a filter may name (JSON Schema)."""
    here = address(request, "ogc-queryables", slug)
    if (other := other_named(request.user, slug)) is not None:
        document = other.json_schema(here, is_queryables=True)
    else:
        document = json_schema(version_shown(request.user, slug), here, is_queryables=True)
    return told(request, document, title=document["title"])


@resource(formats=(SCHEMA, HTML))
def schema(request: HttpRequest, slug: str) -> HttpResponse:
    """Return which attributes the features carry (JSON Schema)."""
    here = address(request, "ogc-schema", slug)
    if (other := other_named(request.user, slug)) is not None:
        document = other.json_schema(here, is_queryables=False)
    else:
        document = json_schema(version_shown(request.user, slug), here, is_queryables=False)
    return told(request, document, title=document["title"])

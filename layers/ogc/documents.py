"""One feature as a document: as published, or as it stands in a draft."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from layers.editing.content import FeatureState, to_geojson
from layers.models import LayerVersion
from layers.ogc.crs_list import OfferedCrs, in_axis_order
from layers.ogc.endpoint import GEOJSON, told
from layers.ogc.links import address, link, own_links
from layers.ogc.queryables import CLASS, LIFECYCLE, column_name, own_attributes


def item_document(version: LayerVersion, state: FeatureState, crs: OfferedCrs) -> dict[str, Any]:
    """Return a feature of a draft as it would be published."""
    drawn = to_geojson(state, crs.srid)
    own = own_attributes(version)
    columns = {
        column_name(CLASS, own): drawn["land_use"],
        column_name(LIFECYCLE, own): drawn["lifecycle"],
    }
    properties = columns | (drawn["properties"] or {})
    return {
        "type": "Feature",
        "id": state.stable_id,
        "geometry": in_axis_order(drawn["geometry"], crs),
        "properties": properties,
    }


def told_item(
    request: HttpRequest,
    version: LayerVersion,
    document: dict[str, Any],
    etag: str,
    crs: OfferedCrs,
) -> HttpResponse:
    """Return a feature with its links, its validator and its CRS."""
    slug = version.layer.slug
    links = [
        *own_links(request, GEOJSON.media_type),
        link("collection", address(request, "ogc-collection", slug), "application/json"),
    ]
    response = told(request, document | {"links": links}, title=f"{slug} / {document['id']}")
    response["ETag"] = etag
    response["Content-Crs"] = f"<{crs.uri}>"
    response["Cache-Control"] = "no-cache"
    return response

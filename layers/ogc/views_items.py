"""Features over HTTP: pages of a collection, and one feature."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from layers.editing.content import FeatureState
from layers.editing.etags import row_etag
from layers.editing.permissions import EDIT, PUBLISH, require
from layers.editing.reading import feature_state
from layers.errors import NotFoundError
from layers.models import LayerVersion
from layers.ogc.attribute_indexes import ask_for_indexes
from layers.ogc.collections import version_shown
from layers.ogc.crs_list import CRS84_URI, crs_named
from layers.ogc.documents import item_document, told_item
from layers.ogc.endpoint import GEOJSON, HTML, is_html, resource, told
from layers.ogc.items import Page, feature_text, features_of
from layers.ogc.links import address, link, own_links
from layers.ogc.others import other_named, unless_other
from layers.ogc.pages import asked_page, next_token
from layers.ogc.times import versions_at
from layers.ogc.views_changes import add_item, asked_draft, delete_item, patch_item, replace_item
from layers.ogc.views_others import other_item, other_items
from layers.spooling import spooled


def _items(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Return a page of features."""
    if (other := other_named(request.user, slug)) is not None:
        return other_items(request, other)
    version = version_shown(request.user, slug)
    page = asked_page(request, version)
    ask_for_indexes(version, page.compared)
    headers = {
        "Content-Crs": f"<{page.crs.uri}>",
        "Krong-Version": str(page.versions.high),
        "Cache-Control": "no-cache",
    }
    if request.method == "HEAD":
        return HttpResponse(content_type=GEOJSON.media_type, headers=headers)
    if is_html(request):
        document = json.loads("".join(_written(request, page)))
        return told(request, document, title=version.layer.title, table=_table(document))
    document = spooled(piece.encode() for piece in _written(request, page))
    return StreamingHttpResponse(document, content_type=GEOJSON.media_type, headers=headers)


def _table(document: dict[str, Any]) -> dict[str, Any]:
    """Return a page of features as rows under the names any of them carries."""
    features = document["features"]
    names = list(dict.fromkeys(name for found in features for name in found["properties"]))
    rows = [(found["id"], [found["properties"].get(name) for name in names]) for found in features]
    return {"names": names, "rows": rows}


def _written(request: HttpRequest, page: Page) -> Iterator[str]:
    """Yield a feature collection; what is known last (counts, links) stands at its end."""
    yield '{"type":"FeatureCollection","features":['
    returned, last, has_more = 0, "", False
    for stable_id, text in features_of(page):
        if returned == page.limit:
            has_more = True
            break
        yield f",{text}" if returned else text
        returned, last = returned + 1, stable_id
    tail: dict[str, Any] = {
        "numberReturned": returned,
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "links": _links(request, page, last if has_more else None),
    }
    if page.is_whole:
        tail["numberMatched"] = page.version.feature_count
    elif not has_more and not page.after:
        tail["numberMatched"] = returned
    yield "]," + json.dumps(tail, ensure_ascii=False)[1:]


def _links(request: HttpRequest, page: Page, last: str | None) -> list[dict[str, Any]]:
    links = own_links(request, GEOJSON.media_type)
    collection = address(request, "ogc-collection", page.version.layer.slug)
    links.append(link("collection", collection, "application/json"))
    if last is not None:
        query = request.GET.dict() | {"next": next_token(page.versions, last)}
        href = f"{request.build_absolute_uri(request.path)}?{urlencode(query)}"
        links.append(link("next", href, GEOJSON.media_type))
    return links


def _item(request: HttpRequest, slug: str, stable_id: str) -> HttpResponse:
    """Return one feature with its validator, as published or as it stands in a draft."""
    if (other := other_named(request.user, slug)) is not None:
        return other_item(request, other, stable_id)
    version = version_shown(request.user, slug)
    crs = crs_named("crs", request.GET.get("crs", CRS84_URI))
    if "draft" in request.GET:
        state = _in_draft(request, version, stable_id)
        return told_item(request, version, item_document(version, state, crs), state.etag, crs)
    versions = versions_at(version.layer, request.GET.get("datetime"))
    found = feature_text(version, versions, stable_id, crs)
    if found is None:
        raise NotFoundError(
            _("Layer '%(slug)s' holds no '%(stable_id)s'.")
            % {"slug": slug, "stable_id": stable_id[:80]},
            remedy=_("Choose one of the collection's items."),
        )
    row, shape, properties = found
    document = {
        "type": "Feature",
        "id": stable_id,
        "geometry": json.loads(shape),
        "properties": json.loads(properties),
    }
    return told_item(request, version, document, row_etag(row), crs)


def _in_draft(request: HttpRequest, version: LayerVersion, stable_id: str) -> FeatureState:
    require(request.user, EDIT, PUBLISH)
    return feature_state(asked_draft(request, version.layer), stable_id)


items = resource(
    formats=(GEOJSON, HTML), parameters=None, methods={"POST": unless_other(add_item)}
)(_items)
item = resource(
    formats=(GEOJSON, HTML),
    parameters=("crs", "datetime", "draft"),
    methods={
        "PUT": unless_other(replace_item),
        "PATCH": unless_other(patch_item),
        "DELETE": unless_other(delete_item),
    },
)(_item)

"""Collections that are no layers over HTTP: described, page by page, and one feature."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from layers.errors import NotFoundError
from layers.legend import summary
from layers.ogc.collections import GEOJSON_TYPE, GREGORIAN_URI, SCHEMA_TYPE
from layers.ogc.crs_list import CRS84_URI, crs_named, offered, storage_crs
from layers.ogc.endpoint import GEOJSON, check_parameters, is_html, json_text, told
from layers.ogc.links import QUERYABLES_REL, address, link, own_links
from layers.ogc.others import OtherCollection
from layers.ogc.pages import Question, asked_question, asked_row, row_token
from layers.ogc.times import interval_asked
from layers.spooling import spooled
from layers.visibility import Reader, visible_versions

_MOST_DIGITS = 18


def other_collection(request: HttpRequest, other: OtherCollection) -> dict[str, Any]:
    """Return a collection as the list of collections describes it."""
    here = address(request, "ogc-collection", other.slug)
    links = [
        {**found, "href": here + "?" + found["href"].rpartition("?")[2]}
        for found in own_links(request)
    ]
    items = address(request, "ogc-items", other.slug)
    first = other.first_moment()
    box = _extent(request.user)
    return {
        "id": other.slug,
        "title": other.title,
        "description": other.description,
        "itemType": "feature",
        "crs": list(offered()),
        "storageCrs": storage_crs().uri,
        "extent": {
            **({"spatial": {"bbox": [box], "crs": CRS84_URI}} if box else {}),
            "temporal": {"interval": [[first and first.isoformat(), None]], "trs": GREGORIAN_URI},
        },
        "links": [
            *links,
            link("items", items, GEOJSON_TYPE, other.title),
            link("items", f"{items}?f=html", "text/html", other.title),
            link(QUERYABLES_REL, address(request, "ogc-queryables", other.slug), SCHEMA_TYPE),
            link("describedby", address(request, "ogc-schema", other.slug), SCHEMA_TYPE),
        ],
    }


def _extent(reader: Reader) -> list[float] | None:
    """Return the box [degrees] around all layers a reader may see: it lies among them."""
    boxes = [extent for v in visible_versions(reader) if (extent := summary(v).extent)]
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return [min(wests), min(souths), max(easts), max(norths)]


def other_items(request: HttpRequest, other: OtherCollection) -> HttpResponseBase:
    """Return a page of a collection's features."""
    question = asked_question(request, other.queryables())
    after = asked_row(request)
    interval = interval_asked(request.GET["datetime"]) if "datetime" in request.GET else None
    headers = {"Content-Crs": f"<{question.crs.uri}>", "Cache-Control": "no-cache"}
    if request.method == "HEAD":
        return HttpResponse(content_type=GEOJSON.media_type, headers=headers)
    found = other.features(request.user, question, after=after, interval=interval)
    pieces = _written(request, other, question, found)
    if is_html(request):
        document = json.loads("".join(pieces))
        return told(request, document, title=other.title, table=_table(document))
    document = spooled(piece.encode() for piece in pieces)
    return StreamingHttpResponse(document, content_type=GEOJSON.media_type, headers=headers)


def _table(document: dict[str, Any]) -> dict[str, Any]:
    features = document["features"]
    names = list(dict.fromkeys(name for found in features for name in found["properties"]))
    rows = [(found["id"], [found["properties"].get(name) for name in names]) for found in features]
    return {"names": names, "rows": rows}


def _written(
    request: HttpRequest,
    other: OtherCollection,
    question: Question,
    found: Iterator[tuple[int, dict[str, Any]]],
) -> Iterator[str]:
    """Yield a feature collection; counts and links stand at its end."""
    yield '{"type":"FeatureCollection","features":['
    returned, last, has_more = 0, 0, False
    for number, feature in found:
        if returned == question.limit:
            has_more = True
            break
        yield ("," if returned else "") + json_text(feature)
        returned, last = returned + 1, number
    links = own_links(request, GEOJSON.media_type)
    links.append(
        link("collection", address(request, "ogc-collection", other.slug), "application/json")
    )
    if has_more:
        query = request.GET.dict() | {"next": row_token(last)}
        href = f"{request.build_absolute_uri(request.path)}?{urlencode(query)}"
        links.append(link("next", href, GEOJSON.media_type))
    tail: dict[str, Any] = {
        "numberReturned": returned,
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "links": links,
    }
    if not has_more and "next" not in request.GET:
        tail["numberMatched"] = returned
    yield "]," + json_text(tail)[1:]


def other_item(request: HttpRequest, other: OtherCollection, number: str) -> HttpResponse:
    """Return one feature of a collection."""
    check_parameters(request, ("crs",))
    crs = crs_named("crs", request.GET.get("crs", CRS84_URI))
    question = Question(
        crs=crs, limit=1, box=None, condition=None, parameters={}, compared=frozenset()
    )
    is_number = number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS
    found = other.feature(request.user, int(number), question) if is_number else None
    if found is None:
        raise NotFoundError(
            _("'%(slug)s' holds no '%(number)s'.") % {"slug": other.slug, "number": number[:80]},
            remedy=_("Choose one of the collection's items."),
        )
    collection = address(request, "ogc-collection", other.slug)
    links = [
        *own_links(request, GEOJSON.media_type),
        link("collection", collection, "application/json"),
    ]
    response = told(request, found | {"links": links}, title=f"{other.title} / {number}")
    response["Content-Crs"] = f"<{crs.uri}>"
    response["Cache-Control"] = "no-cache"
    return response

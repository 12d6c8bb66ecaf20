"""Create, replace, update and delete over HTTP (OGC API Features Part 4): always in a draft.

Nothing published changes: what is sent goes into the caller's working draft of the layer (or the
one ``?draft=`` names), where it is checked, seen by others and then published. The answer names
the draft in ``Krong-Draft``.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from layers.editing import drafts
from layers.editing.content import Content, FeatureState, from_geojson, to_geojson
from layers.editing.models import Draft
from layers.editing.permissions import EDIT, layer_to_edit, require
from layers.editing.reading import draft_named, state_of
from layers.models import Layer, LayerVersion
from layers.ogc.collections import published_version, version_shown
from layers.ogc.crs_list import CRS84_URI, OfferedCrs, crs_named, in_axis_order
from layers.ogc.documents import item_document
from layers.ogc.endpoint import GEOJSON, check_parameters, json_text
from layers.ogc.errors import BadParameterError, UnsupportedMediaError
from layers.ogc.links import address
from layers.ogc.queryables import CLASS, LIFECYCLE, column_name, own_attributes
from layers.sent_json import sent_json

READ_TYPES = frozenset({"application/geo+json", "application/json"})
PATCH_TYPES = READ_TYPES | {"application/merge-patch+json"}
_DIGITS = 9


class Work:
    """One write: who writes, into which draft, in which CRS, and what was sent."""

    def __init__(self, request: HttpRequest, slug: str, types: frozenset[str]) -> None:
        check_parameters(request, ("draft", "crs"))
        self.request = request
        self.author: User = require(request.user, EDIT)
        version_shown(request.user, slug)
        self.layer: Layer = layer_to_edit(request.user, slug)
        self.version: LayerVersion = published_version(self.layer)
        self.crs = _content_crs(request)
        self.given = body_of(request, types)
        self.draft: Draft = (
            asked_draft(request, self.layer)
            if "draft" in request.GET
            else drafts.working_draft(layer=self.layer, author=self.author)
        )

    def content(self, given: Mapping[str, Any], base: Content | None) -> Content:
        """Return what was sent as the content of a feature."""
        own = own_attributes(self.version)
        properties = dict(given.get("properties") or {})
        shape = given.get("geometry")
        whole = {
            "geometry": in_axis_order(shape, self.crs),
            "land_use": properties.pop(column_name(CLASS, own), None),
            "lifecycle": properties.pop(column_name(LIFECYCLE, own), None),
            "properties": properties,
        }
        return from_geojson(whole, self.layer, srid=self.crs.srid, base=base)

    def told(self, state: FeatureState, status: int) -> HttpResponse:
        """Return how the feature stands in the draft now."""
        text = json_text(item_document(self.version, state, self.crs))
        response = HttpResponse(text, status=status, content_type=GEOJSON.media_type)
        response["ETag"] = state.etag
        response["Content-Crs"] = f"<{self.crs.uri}>"
        return self.named(response)

    def named(self, response: HttpResponse) -> HttpResponse:
        """Return the response with the draft's number and no place in a cache."""
        response["Krong-Draft"] = str(self.draft.pk)
        response["Cache-Control"] = "no-store"
        return response

    def location(self, state: FeatureState) -> str:
        """Return where the new feature can be read until it is published."""
        parts = (self.layer.slug, state.stable_id)
        return address(self.request, "ogc-item", *parts, draft=self.draft.pk)


@transaction.atomic
def add_item(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a feature to the draft: 201 and its Location."""
    work = Work(request, slug, READ_TYPES)
    name = work.given.get("id")
    state = drafts.create_feature(
        draft=work.draft,
        content=work.content(work.given, None),
        author=work.author,
        stable_id=None if name in (None, "") else str(name),
    )
    response = work.told(state, 201)
    response["Location"] = work.location(state)
    return response


@transaction.atomic
def replace_item(request: HttpRequest, slug: str, stable_id: str) -> HttpResponse:
    """Replace a feature in the draft; with ``If-None-Match: *`` create it under this name."""
    work = Work(request, slug, READ_TYPES)
    _require_own_name(work.given, stable_id)
    if request.headers.get("If-None-Match", "").strip() == "*":
        content = work.content(work.given, None)
        state = drafts.create_feature(
            draft=work.draft, content=content, author=work.author, stable_id=stable_id
        )
        return work.told(state, 201)
    return _replaced(work, stable_id, work.given)


@transaction.atomic
def patch_item(request: HttpRequest, slug: str, stable_id: str) -> HttpResponse:
    """Change some of a feature in the draft (JSON merge patch, RFC 7396)."""
    work = Work(request, slug, PATCH_TYPES)
    _require_own_name(work.given, stable_id)
    now = drafts.standing(drafts.locked(work.draft), stable_id, request.headers.get("If-Match"))
    own = own_attributes(work.version)
    before = to_geojson(now, work.crs.srid)
    columns = {
        column_name(CLASS, own): before["land_use"],
        column_name(LIFECYCLE, own): before["lifecycle"],
    }
    whole = {
        "geometry": work.given.get("geometry", in_axis_order(before["geometry"], work.crs)),
        "properties": merged(columns | before["properties"], work.given.get("properties")),
    }
    return _replaced(work, stable_id, whole)


@transaction.atomic
def delete_item(request: HttpRequest, slug: str, stable_id: str) -> HttpResponse:
    """Delete a feature from the draft."""
    work = Work(request, slug, frozenset())
    drafts.delete_feature(
        draft=work.draft,
        stable_id=stable_id,
        if_match=request.headers.get("If-Match"),
        author=work.author,
    )
    return work.named(HttpResponse(status=204))


def _replaced(work: Work, stable_id: str, given: Mapping[str, Any]) -> HttpResponse:
    base = state_of(work.draft, stable_id).content
    state = drafts.replace_feature(
        draft=work.draft,
        stable_id=stable_id,
        content=work.content(given, base),
        if_match=work.request.headers.get("If-Match"),
        author=work.author,
    )
    return work.told(state, 200)


def merged(before: Mapping[str, Any], patch: object) -> dict[str, Any]:
    """Return attributes after a merge patch: null takes away, the rest is set (RFC 7396)."""
    if not isinstance(patch, Mapping):
        return dict(before)
    after = dict(before)
    for name, value in patch.items():
        if value is None:
            after.pop(name, None)
        else:
            after[name] = value
    return after


def asked_draft(request: HttpRequest, layer: Layer) -> Draft:
    """Return the draft that ``?draft=`` names, or raise NotFoundError."""
    text = request.GET["draft"]
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return draft_named(layer, int(text) if is_number else 0)


def body_of(request: HttpRequest, types: frozenset[str]) -> dict[str, Any]:
    """Return the JSON object that was sent; with no ``types`` nothing is read.

    Raises
    ------
    UnsupportedMediaError, BadParameterError
    """
    if not types:
        return {}
    if request.content_type not in types:
        raise UnsupportedMediaError(
            _("'%(type)s' is not read here.") % {"type": str(request.content_type)[:80]},
            remedy=_("Send one of: %(names)s.") % {"names": ", ".join(sorted(types))},
        )
    given = sent_json(request.body)
    if not isinstance(given, dict) or not isinstance(given.get("properties", {}), dict | None):
        raise BadParameterError(
            _("The request is not one GeoJSON feature."),
            remedy=_("Send one JSON object in UTF-8."),
        )
    return given


def _content_crs(request: HttpRequest) -> OfferedCrs:
    return crs_named("Content-Crs", request.headers.get("Content-Crs", CRS84_URI))


def _require_own_name(given: Mapping[str, Any], stable_id: str) -> None:
    if given.get("id") not in (None, "", stable_id):
        raise BadParameterError(
            _("The feature sent is called '%(id)s', its address '%(stable_id)s'.")
            % {"id": str(given["id"])[:80], "stable_id": stable_id[:80]},
            remedy=_("A feature keeps its identifier: send it to its own address."),
        )

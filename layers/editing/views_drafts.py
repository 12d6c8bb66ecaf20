"""Drafts over HTTP: opened, read, changed feature by feature, checked, published."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from layers.crs import WGS84_SRID
from layers.editing import drafts, reading
from layers.editing.checks import check_draft
from layers.editing.content import from_geojson, to_geojson
from layers.editing.models import Draft, DraftEdit
from layers.editing.permissions import EDIT, PUBLISH, layer_to_edit, require, require_discard
from layers.editing.problems import refusing
from layers.editing.publishing import publish_draft
from layers.editing.topology import topology_of
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
from layers.models import Layer
from layers.quality.requests import ask_for_report

NEWEST = 100


def _list(request: HttpRequest, slug: str) -> HttpResponse:
    require(request.user, EDIT, PUBLISH)
    layer = layer_to_edit(request.user, slug)
    listed = layer.drafts.select_related("layer", "author", "closed_by")[:NEWEST]
    return told({"drafts": [_draft(draft) for draft in listed]})


def _open(request: HttpRequest, slug: str) -> HttpResponse:
    author = require(request.user, EDIT)
    layer = layer_to_edit(request.user, slug)
    title = said_in(body_of(request), "title", drafts.LONGEST_TITLE)
    return told(_draft(drafts.open_draft(layer=layer, title=title, author=author)), 201)


def _show(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    draft = _found(request, slug, number)
    schema = draft.layer.attribute_schema
    return told(
        _draft(draft)
        | {
            "published_number": draft.layer.published_number,
            "published_as": draft.published_number,
            "schema": {"fields": schema.get("fields", {}), "closed": bool(schema.get("closed"))},
            "geometry_kind": draft.layer.geometry_kind,
            "topology": _topology(draft.layer),
        }
    )


def _discard(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    draft = _found(request, slug, number)
    author = require_discard(request.user, draft.author)
    reason = said_in(body_of(request), "reason")
    drafts.discard_draft(draft=draft, author=author, reason=reason)
    return told(_draft(reading.draft_named(draft.layer, number)))


def _publish(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    author, draft = require(request.user, PUBLISH), _found(request, slug, number)
    given = body_of(request)
    publication = publish_draft(
        draft=draft,
        author=author,
        message=said_in(given, "message"),
        accepts_warnings=given.get("accepts_warnings") is True,
    )
    ask_for_report(publication.version)
    counts = {name: getattr(publication, name) for name in ("added", "changed", "removed")}
    return told({"version": publication.version.number, **counts})


def _features(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    draft = _found(request, slug, number)
    limit, srid = asked_number(request, "limit", reading.PAGE), asked_srid(request)
    after = request.GET.get("after", "")
    found = reading.features_of(draft, asked_box(request), limit + 1, after)
    page = found[:limit]
    return told(
        {
            "type": "FeatureCollection",
            "features": [to_geojson(state, srid) for state in page],
            "next": page[-1].stable_id if len(found) > limit else None,
            "deleted": reading.deleted_in(draft),
        }
    )


def _create(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    author, draft = require(request.user, EDIT), _found(request, slug, number)
    given = body_of(request)
    content = from_geojson(given, draft.layer, asked_srid(request))
    named = None if given.get("id") is None else str(given["id"])
    made = drafts.create_feature(draft=draft, content=content, author=author, stable_id=named)
    return told_feature(request, made, 201)


def _feature(request: HttpRequest, slug: str, number: int, stable_id: str) -> HttpResponse:
    draft = _found(request, slug, number)
    return told_feature(request, reading.feature_state(draft, stable_id))


def _replace(request: HttpRequest, slug: str, number: int, stable_id: str) -> HttpResponse:
    author, draft = require(request.user, EDIT), _found(request, slug, number)
    base = reading.state_of(draft, stable_id).content
    content = from_geojson(body_of(request), draft.layer, asked_srid(request), base)
    if request.headers.get("If-None-Match", "").strip() == "*":
        made = drafts.create_feature(
            draft=draft, content=content, author=author, stable_id=stable_id
        )
        return told_feature(request, made, 201)
    changed = drafts.replace_feature(
        draft=draft,
        stable_id=stable_id,
        content=content,
        if_match=request.headers.get("If-Match"),
        author=author,
    )
    return told_feature(request, changed)


def _delete(request: HttpRequest, slug: str, number: int, stable_id: str) -> HttpResponse:
    author, draft = require(request.user, EDIT), _found(request, slug, number)
    gone = drafts.delete_feature(
        draft=draft, stable_id=stable_id, if_match=request.headers.get("If-Match"), author=author
    )
    return told_feature(request, gone)


def _withdraw(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    author, draft = require(request.user, EDIT), _found(request, slug, number)
    back = drafts.withdraw_edit(
        draft=draft,
        stable_id=said_in(body_of(request), "id"),
        if_match=request.headers.get("If-Match"),
        author=author,
    )
    return told_feature(request, back)


def _edits(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    draft = _found(request, slug, number)
    listed = draft.edits.select_related("edited_by", "land_use")
    return told({"edits": [_edit(edit, asked_srid(request)) for edit in listed]})


def _stale(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    draft, srid = _found(request, slug, number), asked_srid(request)
    listed = []
    for row in reading.stale_edits(draft):
        theirs = reading.published_state(draft.layer, row.stable_id)
        mine = reading.state_of(draft, row.stable_id)
        shown = {"their_feature": to_geojson(theirs, srid), "my_feature": to_geojson(mine, srid)}
        listed.append(row.as_json() | shown)
    return told({"stale": listed})


def _resolve(request: HttpRequest, slug: str, number: int, stable_id: str) -> HttpResponse:
    author, draft = require(request.user, EDIT), _found(request, slug, number)
    keep = body_of(request).get("keep")
    if keep not in ("mine", "theirs"):
        raise UserFacingError(
            _("What is kept is 'mine' or 'theirs'."), remedy=_('Send {"keep": "mine"}.')
        )
    state = drafts.resolve_stale(
        draft=draft,
        stable_id=stable_id,
        keep=keep,
        if_match=request.headers.get("If-Match"),
        author=author,
    )
    return told_feature(request, state)


def _check(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    problems = check_draft(_found(request, slug, number))
    told_problems = [problem.as_json() for problem in problems]
    return told({"problems": told_problems, "ok": not refusing(problems)})


def _found(request: HttpRequest, slug: str, number: int) -> Draft:
    require(request.user, EDIT, PUBLISH)
    return reading.draft_named(layer_to_edit(request.user, slug), number)


def _draft(draft: Draft) -> dict[str, Any]:
    is_open = draft.state == "open"
    return {
        "number": draft.pk,
        "title": draft.title,
        "state": draft.state,
        "base_number": draft.base_number,
        "author": draft.author.get_username(),
        "opened_at": draft.opened_at.isoformat(),
        "closed_by": draft.closed_by.get_username() if draft.closed_by else None,
        "closed_at": draft.closed_at.isoformat() if draft.closed_at else None,
        "message": draft.message,
        "counts": reading.draft_counts(draft),
        "stale": len(reading.stale_edits(draft)) if is_open else 0,
    }


def _topology(layer: Layer) -> dict[str, Any] | None:
    stated = topology_of(layer)
    if stated is None:
        return None
    return {
        "must_not_overlap": stated.must_not_overlap,
        "tolerance_m": stated.tolerance_m,
        "basis": stated.tolerance_source,
        "must_cover": stated.must_cover is not None,
    }


def _edit(edit: DraftEdit, srid: int = WGS84_SRID) -> dict[str, Any]:
    content = reading.edited_content(edit)
    return {
        "revision": edit.revision,
        "id": edit.stable_id,
        "action": edit.action,
        "counts": edit.is_latest,
        "note": edit.note,
        "edited_by": edit.edited_by.get_username(),
        "edited_at": edit.edited_at.isoformat(),
        "feature": to_geojson(reading.step_state(edit, content), srid) if content else None,
    }


draft_list = answers_json(get=_list, post=_open)
draft_page = answers_json(get=_show)
discard = answers_json(post=_discard)
publish = answers_json(post=_publish)
features = answers_json(get=_features, post=_create)
feature = answers_json(get=_feature, put=_replace, delete=_delete)
withdraw = answers_json(post=_withdraw)
edits = answers_json(get=_edits)
stale = answers_json(get=_stale)
resolve = answers_json(post=_resolve)
check = answers_json(get=_check)

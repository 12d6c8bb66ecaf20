"""The pages on which people change a layer: the map editor, its drafts, its surveyed areas."""

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from layers.editing import drafts, reading
from layers.editing.editor_page import editor_content, survey_content
from layers.editing.models import Draft
from layers.editing.permissions import (
    EDIT,
    PUBLISH,
    SURVEY,
    layer_to_edit,
    may_discard,
    require,
    require_discard,
)
from layers.editing.vocab import DraftState
from layers.editing.web import said_in
from layers.errors import UserFacingError
from layers.models import Layer

NEWEST = 50


@require_safe
@login_required
@ensure_csrf_cookie
def edit_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a draft on the map: the one that is named, else the reader's own."""
    reader = require(request.user, EDIT, PUBLISH)
    layer = layer_to_edit(request.user, slug)
    asked = request.GET.get("draft", "")
    if asked:
        draft = reading.draft_named(layer, _number(asked))
    else:
        draft = drafts.working_draft(layer=layer, author=require(request.user, EDIT))
    content = editor_content(draft, reader)
    return render(
        request, "layers/editing/editor.html", {"content": content, "layer": layer, "draft": draft}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def draft_pages(request: HttpRequest, slug: str) -> HttpResponse:
    """List the drafts of a layer; open a new one, or discard one."""
    reader = require(request.user, EDIT, PUBLISH)
    layer = layer_to_edit(request.user, slug)
    if request.method == "POST":
        return _change_drafts(request, layer)
    listed = layer.drafts.select_related("layer", "author", "closed_by")[:NEWEST]
    context = {"layer": layer, "rows": [_row(draft, reader) for draft in listed]}
    may_edit = reader.has_perm(EDIT)
    return render(request, "layers/editing/drafts.html", context | {"may_edit": may_edit})


def _change_drafts(request: HttpRequest, layer: Layer) -> HttpResponse:
    given = request.POST.dict()
    if "discard" in given:
        draft = reading.draft_named(layer, _number(str(given["discard"])))
        author = require_discard(request.user, draft.author)
        drafts.discard_draft(draft=draft, author=author, reason=said_in(given, "reason"))
        return redirect("layer-edit-drafts", slug=layer.slug)
    author, title = require(request.user, EDIT), said_in(given, "title", drafts.LONGEST_TITLE)
    made = drafts.open_draft(layer=layer, title=title, author=author)
    return redirect(f"{reverse('layer-edit', args=[layer.slug])}?draft={made.pk}")


@require_safe
@login_required
@ensure_csrf_cookie
def survey_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where a layer was surveyed, to be stated anew on the map."""
    reader = require(request.user, SURVEY)
    layer = layer_to_edit(request.user, slug)
    content = survey_content(layer, reader)
    return render(request, "layers/editing/survey.html", {"content": content, "layer": layer})


def _row(draft: Draft, reader: User) -> tuple[Draft, dict[str, int], bool]:
    """Return a draft, its changes, and whether the reader may give it up."""
    is_open = draft.state == DraftState.OPEN
    return draft, reading.draft_counts(draft), is_open and may_discard(reader, draft.author)


def _number(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text[:9])
    raise UserFacingError(
        _("'%(value)s' is no number of a draft.") % {"value": text[:40]},
        remedy=_("Choose one from the list of drafts, or open a new one."),
    )

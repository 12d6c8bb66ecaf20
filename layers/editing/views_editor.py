"""The pages on which people change a layer: the map editor, its drafts, its surveyed areas."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from layers.editing import drafts, reading
from layers.editing.editor_page import editor_content, survey_content
from layers.editing.models import Draft
from layers.editing.permissions import EDIT, PUBLISH, SURVEY, layer_to_edit, require
from layers.editing.vocab import DraftState
from layers.errors import UserFacingError

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
        author = require(request.user, EDIT)
        if "discard" in request.POST:
            draft = reading.draft_named(layer, _number(request.POST["discard"]))
            reason = request.POST.get("reason", "")
            drafts.discard_draft(draft=draft, author=author, reason=reason)
            return redirect("layer-edit-drafts", slug=slug)
        title = request.POST.get("title", "")
        made = drafts.open_draft(layer=layer, title=title, author=author)
        return redirect(f"{reverse('layer-edit', args=[slug])}?draft={made.pk}")
    listed = layer.drafts.select_related("layer", "author", "closed_by")[:NEWEST]
    context = {"layer": layer, "rows": [_row(draft) for draft in listed]}
    may_edit = reader.has_perm(EDIT)
    return render(request, "layers/editing/drafts.html", context | {"may_edit": may_edit})


@require_safe
@login_required
@ensure_csrf_cookie
def survey_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show where a layer was surveyed, to be stated anew on the map."""
    reader = require(request.user, SURVEY)
    layer = layer_to_edit(request.user, slug)
    content = survey_content(layer, reader)
    return render(request, "layers/editing/survey.html", {"content": content, "layer": layer})


def _row(draft: Draft) -> tuple[Draft, dict[str, int], bool]:
    return draft, reading.draft_counts(draft), draft.state == DraftState.OPEN


def _number(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text[:9])
    raise UserFacingError(
        _("'%(value)s' is no number of a draft.") % {"value": text[:40]},
        remedy=_("Choose one from the list of drafts, or open a new one."),
    )

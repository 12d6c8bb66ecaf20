"""The page of the city profile: what the city uses, and its change with a look before saving."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from layers.editing.permissions import require
from layers.errors import UserFacingError
from layers.legend import OTHER, THEMES, theme_of
from layers.models import Layer
from layers.profiles.choice import Choice
from layers.profiles.decisions import Decisions
from layers.profiles.differing import Change
from layers.profiles.errors import (
    NoReasonError,
    StaleProfileError,
    UnseenProfileError,
    UnusableReasonError,
)
from layers.profiles.file import ProfileFile, written_profile
from layers.profiles.forms import FormSet, class_tree
from layers.profiles.preview import digest_of_preview, names_of, preview_of
from layers.profiles.reading import (
    decisions_of,
    profile_at_hand,
    record_of,
    slugs_seen,
    standing_profile,
)
from layers.profiles.saving import save_profile
from layers.profiles.vocab import CHANGE_PROFILE, LONGEST_REASON
from layers.visibility import Reader, visible_layers

# What a person can put right on the page: it is told above what they typed.
_TOLD = (StaleProfileError, UnseenProfileError, NoReasonError, UnusableReasonError)


@require_http_methods(["GET", "HEAD", "POST"])
def city_profile(request: HttpRequest) -> HttpResponse:
    """Show what the city uses; let who may change it look at a change, then save it."""
    if request.method == "POST":
        return _posted(request)
    if request.GET.get("format") == "yaml":
        return _file(request)
    if request.GET.get("change") and request.user.has_perm(CHANGE_PROFILE):
        return _form_page(request, _forms(request))
    return _reader_page(request)


def _reader_page(request: HttpRequest) -> HttpResponse:
    profile = profile_at_hand()
    standing = decisions_of(profile) if profile else Decisions()
    choice = Choice(standing)
    layers = _ordered(request.user, choice)
    classes = [(row, choice.class_name(row.code, row.name)) for row, _depth in class_tree()]
    record = record_of(profile, request.user) if profile else []
    names = names_of([change for entry in record for change in entry.changes])
    context = {
        "profile": profile,
        "headings": _headings([layer for layer in layers if choice.uses_layer(layer.slug)], choice),
        "unused_layers": [layer for layer in layers if not choice.uses_layer(layer.slug)],
        "named": [(row, name) for row, name in classes if name != row.name],
        "unused_classes": [row for row, _name in classes if not choice.uses_class(row.code)],
        "record": [(e, [change.sentence(names) for change in e.changes]) for e in record],
        "may_change": request.user.has_perm(CHANGE_PROFILE),
    }
    return render(request, "layers/profile/profile.html", context)


def _ordered(reader: Reader, choice: Choice) -> list[Layer]:
    """Return the layers a reader may see as the map's tree would list them."""
    ranks = {theme.code: rank for rank, theme in enumerate((*THEMES, OTHER))}
    found = {layer.slug: layer for layer in visible_layers(reader)}
    usual = sorted(found, key=lambda slug: (ranks[theme_of(found[slug]).code], slug))
    return [found[slug] for slug in choice.in_order(usual)]


def _headings(layers: list[Layer], choice: Choice) -> dict[str, list[Layer]]:
    grouped: dict[str, list[Layer]] = {}
    for layer in layers:
        title = choice.heading(layer.slug) or str(theme_of(layer).title)
        grouped.setdefault(title, []).append(layer)
    return grouped


def _file(request: HttpRequest) -> HttpResponse:
    """Return the profile as its file, without layers the reader may not see."""
    standing = standing_profile()
    code, said = standing.code or "city", standing.decisions.seen(slugs_seen(request.user))
    response = HttpResponse(
        written_profile(ProfileFile(code, said)), content_type="application/yaml"
    )
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=f"profile-{code}.yaml"
    )
    return response


def _forms(request: HttpRequest) -> FormSet:
    standing = standing_profile()
    layers = _ordered(request.user, Choice(standing.decisions))
    return FormSet(standing, layers, request.POST if request.method == "POST" else None)


def _form_page(request: HttpRequest, forms: FormSet, status: int = 200) -> HttpResponse:
    context = {"forms": forms, "layers": [(r, theme_of(r).title, f) for r, f in forms.layers]}
    return render(request, "layers/profile/change.html", context, status=status)


def _posted(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect(f"{reverse('login')}?{urlencode({'next': request.path})}")
    require(request.user, CHANGE_PROFILE)
    forms = _forms(request)
    if not forms.is_valid():
        return _form_page(request, forms, status=422)
    if request.POST.get("step") == "edit":
        return _form_page(request, forms)
    if request.POST.get("step") != "save":
        return _preview_page(request, forms)
    try:
        _save(request, forms)
    except _TOLD as error:
        return _preview_page(request, forms, error)
    messages.success(request, _("The city profile is saved."))
    return redirect("city-profile")


def _preview_page(
    request: HttpRequest, forms: FormSet, problem: UserFacingError | None = None
) -> HttpResponse:
    changes = _changes(request, forms)
    names = names_of(changes)
    context = {
        "problem": problem,
        "changes": [(change, change.sentence(names)) for change in changes],
        "posted": _kept(request),
        "digest": _digest(request, forms, changes),
        "revision": forms.standing.revision,
        "reason": request.POST.get("reason", ""),
        "longest_reason": LONGEST_REASON,
    }
    status = problem.status if problem else 200
    return render(request, "layers/profile/preview.html", context, status=status)


def _changes(request: HttpRequest, forms: FormSet) -> list[Change]:
    return preview_of(forms.before, forms.decisions(), request.user)


def _digest(request: HttpRequest, forms: FormSet, changes: list[Change]) -> str:
    """Return what binds the save to this preview, of what this reader may see alone."""
    seen = forms.decisions().seen(slugs_seen(request.user))
    code = forms.profile.cleaned_data["code"]
    return digest_of_preview(f"{code} {forms.standing.revision}", seen, changes)


def _kept(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was typed, to be sent again with the save."""
    ours = {"csrfmiddlewaretoken", "step", "digest", "revision", "reason"}
    return [(name, str(value)) for name, value in request.POST.items() if name not in ours]


def _save(request: HttpRequest, forms: FormSet) -> None:
    code = forms.profile.cleaned_data["code"]
    if request.POST.get("revision") != str(forms.standing.revision):
        raise StaleProfileError(code)
    if request.POST.get("digest") != _digest(request, forms, _changes(request, forms)):
        raise UnseenProfileError
    save_profile(
        code=code,
        decisions=forms.decisions(),
        revision=forms.standing.revision,
        reason=request.POST.get("reason", ""),
        changed_by=require(request.user, CHANGE_PROFILE),
    )

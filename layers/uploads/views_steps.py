"""The steps of one import: look, choose, try, import."""

import csv
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from layers.errors import UserFacingError
from layers.exports.tables import safe_cell
from layers.map_content import map_content
from layers.models import ImportIssue, Run
from layers.uploads.choices import chosen_layer
from layers.uploads.errors import ExpiredError
from layers.uploads.forms import GRID_FIELDS, ChoicesForm, initial_of, typed_so_far
from layers.uploads.models import Upload
from layers.uploads.pages import (
    is_table,
    issue_groups,
    kind_label,
    look_context,
    pictures_of,
    preview_content,
    run_facts,
    told_notes,
    trial_context,
)
from layers.uploads.permissions import importer, target_layers
from layers.uploads.pictures import shown_picture
from layers.uploads.places import as_geojson, placements, stated_placement
from layers.uploads.proposals import guessed, guessed_classes, layer_of, remembered
from layers.uploads.services import cancel_upload, remove_upload, start, upload_of
from layers.uploads.vocab import Step
from layers.vocab import RunState

_View = Callable[..., HttpResponseBase]
_ENCODING_FIELDS = ("encoding", "x_field", "y_field", "wkt_field")


def with_upload(view: _View) -> _View:
    """Give a view the reader's own upload."""

    @login_required
    @wraps(view)
    def found(request: HttpRequest, token: UUID) -> HttpResponseBase:
        return view(request, importer(request.user), upload_of(request.user, token))

    return found


@require_http_methods(["GET", "HEAD", "POST"])
@with_upload
def choose(request: HttpRequest, user: User, upload: Upload) -> HttpResponse:
    """Show what is in a file and ask how it is to be imported."""
    if upload.is_expired:
        raise ExpiredError(upload.name)
    if not upload.survey:
        return _progress(request, upload, Step.LOOK)
    form, is_checked = _form(request, user, upload)
    if is_checked and form.is_valid():
        start(upload, Step.TRIAL, _reading(upload) | form.choices())
        return redirect("layer-import-trial", token=upload.token)
    return render(
        request,
        "layers/uploads/choose.html",
        _choose_context(user, upload, form) | {"is_checked": is_checked},
        status=400 if is_checked else 200,
    )


def _form(request: HttpRequest, user: User, upload: Upload) -> tuple[ChoicesForm, bool]:
    """Return the form as typed, as chosen before, or as proposed; and whether to check it."""
    posted = request.method == "POST"
    chosen = request.POST.get("source_layer", "") if posted else request.GET.get("layer", "")
    layer = layer_of(upload.survey, chosen or str(upload.choices.get("source_layer") or ""))
    given: dict[str, Any] = {"user": user, "survey": upload.survey, "layer": layer}
    if posted and request.POST.get("action") != "refresh":
        return ChoicesForm(request.POST, **given), True
    if posted:
        bound = ChoicesForm(request.POST, **given)
        shown = typed_so_far(request.POST, bound, request.POST.get("class_field_before", ""))
        if not any(name.startswith("class_") and name[6:].isdigit() for name in shown):
            shown = _guessed_values(layer, shown) | shown
        return ChoicesForm(initial=shown, **given), False
    choices = _proposed(user, upload, layer)
    return ChoicesForm(initial=initial_of(choices, layer), **given), False


def _guessed_values(layer: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """Return the classes proposed for the values of a column that was chosen just now."""
    column = shown.get("class_field", "")
    values = [v for f in layer.get("fields", []) if f["name"] == column for v, _n in f["values"]]
    return initial_of({"class_field": column, "classes": guessed_classes(values)}, layer)


def _proposed(user: User, upload: Upload, layer: Mapping[str, Any]) -> dict[str, Any]:
    name = layer.get("name", "")  # a grid has none
    same_layer = upload.choices.get("source_layer", name) == name
    if "mode" in upload.choices and same_layer:
        return dict(upload.choices)
    proposed = guessed(upload, layer)
    if before := _before(user, upload, layer):
        proposed |= before.choices
    return proposed


def _before(user: User, upload: Upload, layer: Mapping[str, Any]) -> Any:  # noqa: ANN401 - SavedMapping or None
    slugs = list(
        target_layers(user, is_grid=bool(upload.survey.get("grid"))).values_list("slug", flat=True)
    )
    return remembered(upload.survey, str(layer.get("name", "")), slugs)


def _choose_context(user: User, upload: Upload, form: ChoicesForm) -> dict[str, Any]:
    address = reverse("layer-import-places", args=[upload.token])
    if name := form.layer.get("name"):
        address += "?" + urlencode({"layer": name})
    return {
        "upload": upload,
        "form": form,
        "layer": form.layer,
        "notes": told_notes(form.layer),
        "rows": _column_rows(form),
        "values": _value_rows(form),
        "placements": _placements(user, upload, form.layer),
        "before": None if "mode" in upload.choices else _before(user, upload, form.layer),
        "class_field": form["class_field"].value() if "class_field" in form.fields else "",
        "grid_fields": [form[name] for name in GRID_FIELDS if name in form.fields],
        "kind_label": kind_label(form.layer.get("geometry_kind", "")),
        "problems": issue_groups(None, form.layer.get("issues") or {}),
        "step": 2,
        "preview": preview_content(user, address, colours=False),
        **look_context(upload),
    }


def _column_rows(form: ChoicesForm) -> list[tuple[Any, Any, Any]]:
    fields = [] if form.is_grid else form.layer.get("fields", [])
    return [(f, form[f"keep_{i}"], form[f"name_{i}"]) for i, f in enumerate(fields)]


def _value_rows(form: ChoicesForm) -> list[tuple[str, int, Any]]:
    if form.is_grid:
        return []
    return [(v, n, form[f"class_{i}"]) for i, (v, n) in enumerate(form.values())]


def _placements(user: User, upload: Upload, layer: Mapping[str, Any]) -> list[dict[str, Any]]:
    held, city = upload.survey.get("grid") or layer, _city(user)
    return [stated_placement(held, city)] if held.get("crs") else placements(held, city)


def _city(user: User) -> Any:  # noqa: ANN401 - an extent or None
    content = map_content(user)
    return content["extent"] if content["themes"] else None


@require_safe
@with_upload
def places(request: HttpRequest, user: User, upload: Upload) -> HttpResponse:
    """Return the shapes as each coordinate system would place them, or as the trial did."""
    if request.GET.get("of") == "trial":
        grid = upload.trial.get("grid") or {}
        picture = shown_picture(grid.get("picture"))
        return JsonResponse({"trial": (upload.trial.get("sample") or {}) | {"picture": picture}})
    layer = layer_of(upload.survey, request.GET.get("layer", ""))
    pictures = pictures_of(upload.survey)
    return JsonResponse(
        {
            str(one["srid"] or ""): as_geojson(one["shapes"])
            | {"picture": shown_picture(pictures.get(str(one["srid"] or "")))}
            for one in _placements(user, upload, layer)
        }
    )


@require_POST
@with_upload
def look_again(request: HttpRequest, _user: User, upload: Upload) -> HttpResponse:
    """Read the file again in another encoding, or with other columns as coordinates."""
    asked = {name: request.POST.get(name, "")[:80] for name in _ENCODING_FIELDS}
    start(upload, Step.LOOK, upload.choices | asked)
    return redirect("layer-import-file", token=upload.token)


def _reading(upload: Upload) -> dict[str, Any]:
    return {name: upload.choices.get(name, "") for name in _ENCODING_FIELDS}


@require_safe
@with_upload
def trial(request: HttpRequest, user: User, upload: Upload) -> HttpResponse:
    """Show what the import would do."""
    if upload.trial_run is None:
        return redirect("layer-import-file", token=upload.token)
    if not upload.trial or upload.trial_run.state != RunState.SUCCEEDED:
        return _progress(request, upload, Step.TRIAL)
    address = reverse("layer-import-places", args=[upload.token]) + "?of=trial"
    context = trial_context(upload) | {
        "upload": upload,
        "layer": chosen_layer(upload.choices),
        "preview": preview_content(user, address, colours=True),
        "step": 3,
    }
    return render(request, "layers/uploads/trial.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@with_upload
def importing(request: HttpRequest, _user: User, upload: Upload) -> HttpResponse:
    """Start the import of what was tried; show how it goes and what came of it."""
    if request.method == "POST":
        _check_tried(upload)
        start(upload, Step.IMPORT)
        return redirect("layer-import-result", token=upload.token)
    if upload.import_run is None:
        return redirect("layer-import-trial", token=upload.token)
    outcome = upload.import_run.parameters.get("outcome")
    if upload.import_run.state != RunState.SUCCEEDED or not outcome:
        return _progress(request, upload, Step.IMPORT)
    context = {
        "upload": upload,
        "outcome": outcome,
        "notes": told_notes(outcome),
        "is_grid": bool(upload.survey.get("grid")),
        "groups": issue_groups(upload.import_run, outcome["issues"]),
        "step": 4,
    }
    return render(request, "layers/uploads/result.html", context)


def _check_tried(upload: Upload) -> None:
    run = upload.trial_run
    if not upload.trial or run is None or run.state != RunState.SUCCEEDED:
        raise UserFacingError(
            _("This import was not tried yet."),
            remedy=_("Try it first: then you see what it would change."),
        )


def _progress(request: HttpRequest, upload: Upload, step: Step) -> HttpResponse:
    runs = {
        Step.LOOK: upload.look_run,
        Step.TRIAL: upload.trial_run,
        Step.IMPORT: upload.import_run,
    }
    number = {Step.LOOK: 2, Step.TRIAL: 3, Step.IMPORT: 4}[step]
    context = {"upload": upload, "run": run_facts(runs[step]), "doing": step, "step": number}
    context |= {"is_table": is_table(upload)}
    return render(request, "layers/uploads/progress.html", context)


@require_safe
@with_upload
def state_json(_request: HttpRequest, _user: User, upload: Upload) -> JsonResponse:
    """Return how far the step under way is, for the page that waits for it."""
    run = upload.live_run or upload.import_run or upload.trial_run or upload.look_run
    facts = run_facts(run)
    return JsonResponse(
        {
            "state": facts["state"],
            "progress_percent": facts["percent"],
            "message": facts["message"],
        }
    )


@require_POST
@with_upload
def cancel(request: HttpRequest, _user: User, upload: Upload) -> HttpResponse:
    """Ask the step under way to stop."""
    cancel_upload(upload)
    back = {"trial": "layer-import-trial", "import": "layer-import-result"}
    return redirect(
        back.get(request.POST.get("doing", ""), "layer-import-file"), token=upload.token
    )


@require_POST
@with_upload
def remove(_request: HttpRequest, _user: User, upload: Upload) -> HttpResponse:
    """Remove the file from the server."""
    remove_upload(upload)
    return redirect("layer-import")


@require_safe
@with_upload
def issues_csv(request: HttpRequest, _user: User, upload: Upload) -> StreamingHttpResponse:
    """Return every row with which something was wrong, as a table for a spreadsheet."""
    run = upload.import_run if request.GET.get("of") == "import" else upload.trial_run
    response = StreamingHttpResponse(
        _csv_lines(run, get_language() or ""), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="rows-{upload.pk}.csv"'
    return response


class _Echo:
    """What the csv module writes to: hands each line on."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(run: Run | None, language: str) -> Iterator[str]:
    """Yield the table; it is written after the view's end, so it is told the language."""
    writer = csv.writer(_Echo())
    yield "\ufeff"  # by this sign a spreadsheet knows that the text is Unicode
    with translation.override(language):
        heads = (_("row"), _("identifier"), _("what was wrong"), _("what was done"), _("value"))
        yield writer.writerow([*heads, _("detail")])
    for issue in ImportIssue.objects.filter(run=run).order_by("row", "pk").iterator():
        with translation.override(language):
            words = (issue.get_kind_display(), issue.get_action_display())
            cells = (issue.stable_id, *words, issue.value, issue.message)
        # a file must not make a formula run in the reader's spreadsheet
        yield writer.writerow([issue.row, *(safe_cell(str(cell)) for cell in cells)])

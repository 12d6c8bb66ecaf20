"""What the pages of an import show, made ready for the templates."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count
from django.utils.translation import gettext as _

from layers.editing.models import Draft
from layers.editing.vocab import DraftState
from layers.ingest.formats import SourceFormat
from layers.ingest.vocab import Sentence
from layers.map_content import map_content
from layers.models import ImportIssue, LandUseClass, Run
from layers.runs import message_of
from layers.uploads.choices import chosen_layer
from layers.uploads.comparison import looks_like_indian_1960, shift_sentence
from layers.uploads.encodings import encoding_title
from layers.uploads.models import LIVE, Upload
from layers.vocab import GeometryKind, IssueAction, IssueKind, RunState

_FIRST_ROWS = 5
_MOST_VALUES = 30
_REFUSED = IssueAction.REFUSED.value
# Not a row is left out for these: the whole import is refused.
_REFUSING = (IssueKind.OVERLAP.value, IssueKind.GAP.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueGroup:
    """All rows with which the same was wrong and the same was done."""

    kind: str
    action: str
    count: int
    rows: list[Any]


def run_facts(run: Run | None) -> dict[str, Any]:
    """Return what a page shows of a job."""
    if run is None:
        return {"state": "", "percent": 0, "message": "", "is_live": False}
    return {
        "state": run.state,
        "label": RunState(run.state).label,
        "percent": round(100 * run.progress_share),
        "message": message_of(run),
        "is_live": run.state in LIVE,
        "is_stopping": run.cancel_requested_at is not None,
    }


def issue_groups(run: Run | None, counts: Mapping[str, int]) -> list[IssueGroup]:
    """Return the issues of a run by what was wrong, refused ones first, with their first rows."""
    groups = []
    for words, count in counts.items():
        kind, _space, action = words.partition(" ")
        rows = ImportIssue.objects.filter(run=run, kind=kind, action=action)
        groups.append(
            IssueGroup(
                kind=str(IssueKind(kind).label),
                action=str(IssueAction(action).label),
                count=count,
                rows=list(rows.order_by("row", "pk")[:_FIRST_ROWS]) if run else [],
            )
        )
    return sorted(groups, key=lambda g: (g.action != str(IssueAction.REFUSED.label), -g.count))


def unmatched_values(run: Run | None) -> list[tuple[str, int]]:
    """Return the values that are no class, the most frequent first."""
    if run is None:
        return []
    odd = run.import_issues.filter(kind=IssueKind.UNKNOWN_CLASS)
    counted = odd.values("value").annotate(number=Count("pk")).order_by("-number", "value")
    return [(row["value"], row["number"]) for row in counted[:_MOST_VALUES]]


def look_context(upload: Upload) -> dict[str, Any]:
    """Return what the page says about the content of a file."""
    named = {one["code"]: encoding_title(one["code"]) for one in upload.survey.get("encodings", [])}
    encodings = [one | {"title": named[one["code"]]} for one in upload.survey.get("encodings", [])]
    chosen = upload.choices.get("encoding") or next(
        (one["code"] for one in encodings if one["is_guess"]), ""
    )
    return {
        "encodings": encodings,
        "encoding": chosen,
        "is_table": is_table(upload),
        "source_layers": upload.survey.get("layers") or [],
        **_grid_context(upload.survey.get("grid")),
    }


def _grid_context(grid: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a page says of a grid; its problem only where no choice on the page mends it."""
    if not grid:
        return {"grid": None, "grid_problem": ""}
    cell = grid.get("cell") or []
    is_in_metres = bool(grid.get("crs")) and not grid.get("refused")
    return {
        "grid": grid,
        "grid_problem": grid.get("refused") or grid.get("crs_problem") or "",
        "cell": max(cell) if cell and is_in_metres else None,
        "ground": [round(n * c) for n, c in zip((grid["width"], grid["height"]), cell, strict=True)]
        if is_in_metres and cell
        else None,
    }


def pictures_of(survey: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pictures of a grid by the EPSG code of the system it is read in."""
    grid = survey.get("grid") or {}
    pictures = dict(grid.get("pictures") or {})
    if stated := (grid.get("crs") or {}).get("srid"):
        pictures[str(stated)] = pictures.get("")
    return pictures


def told_notes(told: Mapping[str, Any]) -> list[str]:
    """Return the notes of a look, a trial or an import, in the reader's language."""
    shown = []
    for note in told.get("notes") or []:
        with suppress(ValueError):  # of a reading that was not believed to the end
            shown.append(str(Sentence.of(note)))
    return shown


def kind_label(kind: str) -> str:
    """Return what a kind of shape is called."""
    return str(GeometryKind(kind).label) if kind in GeometryKind.values else ""


def is_table(upload: Upload) -> bool:
    """Tell whether a file is a table as text, of which columns may have to be named."""
    return upload.name.lower().endswith(SourceFormat.CSV.endings)


def trial_context(upload: Upload) -> dict[str, Any]:
    """Return what the page says about the trial."""
    trial = upload.trial
    counts = trial.get("issue_counts") or {}
    moved = trial.get("moved")
    return {
        "rows": trial.get("rows") or {},
        "changes": trial.get("changes"),
        "groups": issue_groups(upload.trial_run, counts),
        "unmatched": unmatched_values(upload.trial_run),
        "notes": told_notes(trial),
        "grid": trial.get("grid"),
        "is_refused": any(f"{kind} {_REFUSED}" in counts for kind in _REFUSING),
        "units": upload.choices.get("units") or "",
        "shift": shift_sentence(moved) if moved else "",
        "is_indian_1960": bool(moved) and looks_like_indian_1960(moved),
        "open_drafts": _open_drafts(chosen_layer(upload.choices)),
    }


def _open_drafts(slug: str) -> int:
    return Draft.objects.filter(layer__slug=slug, state=DraftState.OPEN).count()


def preview_content(user: User, address: str, colours: bool) -> dict[str, Any]:  # noqa: FBT001 - for the template
    """Return what the preview map needs: the city's own layers, and where the file's shapes are."""
    return map_content(user) | {
        "address": address,
        "colours": _class_colours() if colours else {},
        "texts": {
            "failed": _("The map could not be drawn. The words beside it hold all the same."),
            "drawn": _("%(count)s shapes of the file are drawn in orange."),
            "pictured": _("The grid is drawn in grey: dark is low, bright is high."),
        },
    }


def _class_colours() -> dict[str, list[str]]:
    return {row.code: [row.colour, row.name] for row in LandUseClass.objects.all()}

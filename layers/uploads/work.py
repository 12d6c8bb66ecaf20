"""The steps themselves, as the worker carries them out."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from layers.errors import UserFacingError
from layers.ingest import dry_run, import_file, look_into
from layers.ingest.confined import limits
from layers.ingest.job import Errand
from layers.ingest.look import FileSurvey
from layers.ingest.service import stop_if_asked
from layers.models import Layer, LayerVersion, Run
from layers.quality.requests import ask_for_report
from layers.runs import executing, keep_reason
from layers.uploads.choices import chosen_layer, import_options, reading_options
from layers.uploads.comparison import compare
from layers.uploads.encodings import readings
from layers.uploads.files import path_of
from layers.uploads.models import Upload
from layers.uploads.permissions import check_right
from layers.uploads.proposals import remember
from layers.uploads.vocab import Step, UploadState
from layers.vocab import RunState

_SHOWN_ISSUES = 200


def carry_out(upload: Upload, step: str, language: str) -> None:
    """Carry out one step in the language of whoever asked for it.

    Raises
    ------
    UserFacingError
        What the step was refused with; the run holds it too.
    """
    work, run = _STEPS[step](upload)
    if run is None or run.state != RunState.QUEUED:
        return  # cancelled while it waited
    try:
        with translation.override(language):
            work(upload, run)
    except UserFacingError as error:
        keep_reason(run, error)
        _fail_unbegun(run, str(error))
        raise
    finally:
        _fail_unbegun(run, "")


def _fail_unbegun(run: Run, why: str) -> None:
    """Mark a step that was refused before it began: it must not seem to wait for ever."""
    begun = Run.objects.filter(pk=run.pk, state=RunState.QUEUED)
    begun.update(state=RunState.FAILED, message=why[:300], finished_at=timezone.now())


def _look(upload: Upload, run: Run) -> None:
    path, options = path_of(upload), reading_options(upload.choices)
    with executing(run) as reporter:
        wait = partial(stop_if_asked, reporter)
        reporter(0.1, _("Reading the file"))
        survey = look_into(path, options, wait=wait)
        reporter(0.6, _("Reading its texts in several encodings"))
        found = _survey_fields(survey) | {"encodings": readings(path, survey, options, wait)}
        Upload.objects.filter(pk=upload.pk).update(survey=found)


def _survey_fields(survey: FileSurvey) -> dict[str, Any]:
    fields = asdict(survey)
    fields["layers"] = list(fields["layers"])
    return fields


def _try(upload: Upload, run: Run) -> None:
    path, slug = path_of(upload), chosen_layer(upload.choices)
    options = import_options(upload.choices, upload.survey)
    with executing(run) as reporter:
        reporter(0.05, _("Checking every row"))
        layer = Layer.objects.filter(slug=slug).first()
        seen = layer.published_number if layer else None
        outcome = dry_run(
            path,
            options,
            layer=slug,
            wait=partial(stop_if_asked, reporter),
            allowed=limits.IMPORTING,
        )
        told = asdict(outcome)
        told["issues"] = [list(issue) for issue in outcome.issues[:_SHOWN_ISSUES]]
        reporter(0.5, _("Comparing with what is published"))
        found = compare(path=path, slug=slug, options=options, run=run, report=reporter)
        told |= found.as_fields()
        told["issue_counts"] |= told.pop("contested", {})
        Upload.objects.filter(pk=upload.pk).update(trial=told | {"seen_number": seen})


def _import(upload: Upload, run: Run) -> None:
    check_right(upload)
    errand = Errand(run=run, by=upload.uploaded_by, seen_number=upload.trial.get("seen_number"))
    report = import_file(
        path=path_of(upload),
        layer=chosen_layer(upload.choices),
        options=import_options(upload.choices, upload.survey),
        errand=errand,
    )
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.IMPORTED)
    remember(upload)
    ask_for_report(LayerVersion.objects.get(layer__slug=report.layer, number=report.version))


_Work = Callable[[Upload, Run], None]
_STEPS: dict[str, Callable[[Upload], tuple[_Work, Run | None]]] = {
    Step.LOOK: lambda upload: (_look, upload.look_run),
    Step.TRIAL: lambda upload: (_try, upload.trial_run),
    Step.IMPORT: lambda upload: (_import, upload.import_run),
}

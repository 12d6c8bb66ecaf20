"""The import itself: one file, one layer, one transaction, one run that tells how it went."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from layers.errors import RunCancelledError, UserFacingError
from layers.ingest.class_list import class_list_digest_input
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.grids import publish_grid
from layers.ingest.job import Job
from layers.ingest.option_checks import check_options
from layers.ingest.options import (
    ImportOptions,
    file_digest,
    import_digest,
    is_given,
)
from layers.ingest.report import ImportReport, RowCounts
from layers.ingest.rows import publish_rows
from layers.models import Layer, Run
from layers.runs import Progress, Reporter, executing, queue_run
from layers.vocab import RunState

KIND = "import"
_MAX_SLUG_LENGTH = 60


def import_file(
    *, path: Path, layer: str, options: ImportOptions | None = None, echo: Progress | None = None
) -> ImportReport:
    """Import a vector file or a GeoTIFF as the new version of a layer, made if it is new.

    Every row is stored, repaired, refused or (OpenStreetMap) left out for want of a class, and the
    counts close. The layer holds exactly the file afterwards; on any error it is as it was before.
    The same file with the same options again changes nothing.

    Raises
    ------
    UserFacingError
        With a sentence on what is wrong with the file or the options and what to do.
    """
    options = options or ImportOptions()
    path = Path(path)
    source_format = identify(path)
    _check_slug(layer)
    check_options(options, source_format)
    digest = file_digest(path)
    fingerprint = import_digest(
        source=digest, layer=layer, options=options, classes=class_list_digest_input()
    )
    if known := _as_before(layer, fingerprint):
        return known
    run = queue_run(
        kind=KIND,
        title=f"Import {path.name} into {layer}",
        parameters={"file": path.name, "layer": layer, "options": _plain(asdict(options))},
        input_digest=fingerprint,
    )
    with executing(run, echo=echo) as reporter, transaction.atomic():
        job = Job(
            name=path.name,
            layer=layer,
            options=options,
            digest=digest,
            run=run,
            report=reporter,
            wait=partial(_stop_if_asked, reporter),
        )
        report = _published(job, path, source_format)
    run.parameters["outcome"] = asdict(report)
    run.save(update_fields=["parameters"])
    return report


def _stop_if_asked(reporter: Reporter) -> None:
    """Hear whether the job is to stop while the file is being read."""
    if reporter.is_cancelled():
        raise RunCancelledError(reporter.run.title)


def _published(job: Job, path: Path, source_format: SourceFormat) -> ImportReport:
    if source_format is SourceFormat.GEOTIFF:
        return publish_grid(job, path)
    return publish_rows(job, path, source_format)


def _check_slug(layer: str) -> None:
    try:
        validate_slug(layer)
    except ValidationError:
        is_slug = False
    else:
        is_slug = len(layer) <= _MAX_SLUG_LENGTH
    if not is_slug:
        raise UserFacingError(
            f"'{layer}' cannot be the name of a layer.",
            remedy=f"Use at most {_MAX_SLUG_LENGTH} small letters, digits and hyphens.",
        )


def _as_before(slug: str, fingerprint: str) -> ImportReport | None:
    """Return the report of the same import when the layer still holds what it stored."""
    layer = Layer.objects.filter(slug=slug, published_number__isnull=False).first()
    runs = Run.objects.filter(kind=KIND, state=RunState.SUCCEEDED, parameters__layer=slug)
    last = runs.order_by("-pk").first()
    if layer is None or last is None or last.input_digest != fingerprint:
        return None
    outcome = last.parameters.get("outcome")
    if not outcome or outcome["version"] != layer.published_number:
        return None
    return _unchanged(outcome)


def _unchanged(outcome: Mapping[str, Any]) -> ImportReport:
    fields = dict(outcome) | {"rows": RowCounts(**outcome["rows"]), "is_new": False}
    fields |= {"added": 0, "changed": 0, "removed": 0, "unchanged": outcome["rows"]["stored"]}
    return ImportReport(**fields | {"notes": tuple(outcome["notes"])})


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices made, as JSON can hold them: no dates, no NaN and no infinity."""
    return {
        name: value if isinstance(value, (str, int, dict)) or _is_finite(value) else str(value)
        for name, value in fields.items()
        if is_given(value)
    }


def _is_finite(value: Any) -> bool:  # noqa: ANN401 - whatever an option holds
    return isinstance(value, float) and math.isfinite(value)

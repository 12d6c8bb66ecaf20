"""The import itself: one file, one layer, one transaction, one run that tells how it went."""

import math
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import connection, transaction

from layers.errors import RunCancelledError, UserFacingError
from layers.ingest.class_list import class_list_digest_input
from layers.ingest.confined.reader import prepare
from layers.ingest.formats import SourceFormat, identify
from layers.ingest.grids import publish_grid
from layers.ingest.job import Errand, Job
from layers.ingest.option_checks import check_options
from layers.ingest.options import (
    ImportOptions,
    file_digest,
    import_digest,
    is_given,
)
from layers.ingest.report import ImportReport, RowCounts
from layers.ingest.rows import publish_rows
from layers.ingest.vocab import Sentence
from layers.models import Layer, Run
from layers.own_tables import sweep_left_over
from layers.retold import gettext as _
from layers.runs import LOCK_FAMILY, Progress, Reporter, executing, queue_run
from layers.vocab import RunState

KIND = "import"
_TURN_S = 1.0
_MAX_SLUG_LENGTH = 60


def import_file(
    *,
    path: Path,
    layer: str,
    options: ImportOptions | None = None,
    echo: Progress | None = None,
    errand: Errand | None = None,
) -> ImportReport:
    """Import a vector file or a GeoTIFF as the new version of a layer, made if it is new.

    Every row is stored, repaired, refused or (OpenStreetMap) left out for want of a class, and the
    counts close. The layer holds exactly the file afterwards; on any error it is as it was before.
    The same file with the same options again changes nothing. One import of a layer waits for the
    other; one ordered on a page is refused when the layer is no longer what its orderer saw.

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
    prepare()
    digest = file_digest(path)
    fingerprint = import_digest(
        source=digest, layer=layer, options=options, classes=class_list_digest_input()
    )
    if errand is None and (known := _as_before(layer, fingerprint)):
        return known
    sweep_left_over()
    run = errand.run if errand else queue_run(kind=KIND, title="", parameters={})
    _describe(run, path.name, layer, options, fingerprint)
    with executing(run, echo=echo) as reporter, transaction.atomic():
        wait_for_turn(layer, reporter)
        if errand:
            refuse_if_changed(layer, errand.seen_number)
        job = Job(
            name=path.name,
            layer=layer,
            options=options,
            digest=digest,
            run=run,
            report=reporter,
            wait=partial(stop_if_asked, reporter),
            by=errand.by if errand else None,
        )
        report = _published(job, path, source_format)
        # within the transaction: whoever finds an outcome knows that the layer holds it
        run.parameters["outcome"] = asdict(report)
        run.save(update_fields=["parameters"])
    return report


def _describe(run: Run, file: str, layer: str, options: ImportOptions, fingerprint: str) -> None:
    run.title = f"Import {file} into {layer}"[:200]
    run.parameters |= {"file": file, "layer": layer, "options": _plain(asdict(options))}
    run.input_digest = fingerprint
    run.save(update_fields=["title", "parameters", "input_digest"])


def wait_for_turn(layer: str, reporter: Reporter) -> None:
    """Wait until no other import works on the layer; the turn ends with the transaction."""
    while not _takes_turn(layer):
        stop_if_asked(reporter)
        time.sleep(_TURN_S)


def _takes_turn(layer: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK_FAMILY + 1, layer]
        )
        return bool(cursor.fetchone()[0])


def refuse_if_changed(slug: str, seen_number: int | None) -> None:
    """Refuse to work on a layer of which a newer version stands than the one that was seen.

    Raises
    ------
    UserFacingError
        Names the version that stands.
    """
    layer = Layer.objects.select_for_update().filter(slug=slug).first()
    number = layer.published_number if layer else None
    if number != seen_number:
        raise UserFacingError(
            _("Meanwhile someone published version %(number)s of layer '%(slug)s'.")
            % {"number": number, "slug": slug},
            remedy=_("Nothing was stored. Try the import again and look at what it would change."),
        )


def stop_if_asked(reporter: Reporter) -> None:
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
            _("'%(layer)s' cannot be the name of a layer.") % {"layer": layer},
            remedy=_("Use at most %(max_slug_length)s small letters, digits and hyphens.")
            % {"max_slug_length": _MAX_SLUG_LENGTH},
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
    return ImportReport(**fields | {"notes": tuple(map(Sentence.of, outcome["notes"]))})


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices made, as JSON can hold them: no dates, no NaN and no infinity."""
    return {
        name: value if isinstance(value, (str, int, dict)) or _is_finite(value) else str(value)
        for name, value in fields.items()
        if is_given(value)
    }


def _is_finite(value: Any) -> bool:  # noqa: ANN401 - whatever an option holds
    return isinstance(value, float) and math.isfinite(value)

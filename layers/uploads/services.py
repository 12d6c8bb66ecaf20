"""What may happen to a file that was brought in: looked into, tried, imported, removed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from layers.errors import UserFacingError
from layers.ingest.formats import identify
from layers.models import Run
from layers.retold import gettext as _
from layers.runs import fail_stale_runs, queue_run, request_cancel
from layers.uploads.errors import BusyError, CutError, ExpiredError, NoUploadError
from layers.uploads.files import KeptFile, orphaned_folders, path_of, remove_folder
from layers.uploads.models import LIVE, Upload
from layers.uploads.tasks import carry_out_step
from layers.uploads.vocab import Step, UploadState
from layers.visibility import Reader
from layers.vocab import RunState

_RUN_FIELDS = {Step.LOOK: "look_run", Step.TRIAL: "trial_run", Step.IMPORT: "import_run"}
_TITLES = {Step.LOOK: "Look into", Step.TRIAL: "Try to import", Step.IMPORT: "Import"}
# A folder without a record this old is no upload that is just arriving.
_ORPHAN_AGE = timedelta(hours=6)


def keep_upload(*, file: KeptFile | None, is_whole: bool, user: User) -> Upload:
    """Record a file that has arrived and have it looked into; keep nothing of a broken one.

    Raises
    ------
    UserFacingError
        No file, an empty or a cut one, or a kind Krong does not import.
    """
    sweep_uploads()
    try:
        path = _checked(file, is_whole=is_whole)
        upload = Upload.objects.create(
            token=path.token,
            name=path.path.name,
            size_bytes=path.size_bytes,
            digest=path.digest,
            uploaded_by=user,
            expires_at=timezone.now() + timedelta(days=settings.KRONG_UPLOAD_KEEP_DAYS),
        )
    except UserFacingError:
        if file is not None:
            remove_folder(file.token)
        raise
    start(upload, Step.LOOK)
    return upload


def _checked(file: KeptFile | None, *, is_whole: bool) -> KeptFile:
    if not is_whole:
        raise CutError
    if file is None:
        raise UserFacingError(
            _("No file was chosen."), remedy=_("Choose one, then press the button again.")
        )
    identify(file.path)
    return file


def upload_of(user: Reader, token: UUID) -> Upload:
    """Return an upload of this person; somebody else's does not exist for them.

    Raises
    ------
    NoUploadError
    """
    fail_stale_runs()
    found = Upload.objects.select_related("look_run", "trial_run", "import_run")
    upload = found.filter(token=token, uploaded_by=user.pk).first()
    if upload is None:
        raise NoUploadError
    return upload


@transaction.atomic
def start(upload: Upload, step: Step, choices: Mapping[str, Any] | None = None) -> Run:
    """Queue one step; a file is worked on once at a time, and not after its time is over.

    Raises
    ------
    UserFacingError
        Another step is under way, or the file is gone.
    """
    held = Upload.objects.select_for_update(of=["self"]).get(pk=upload.pk)
    if held.is_expired or not path_of(held).is_file():
        raise ExpiredError(held.name)
    if held.live_run is not None:
        raise BusyError
    run = queue_run(
        kind=f"import-{step}" if step != Step.IMPORT else "import",
        title=f"{_TITLES[step]} {held.name}",
        parameters={"file": held.name, "upload": held.pk},
    )
    setattr(held, _RUN_FIELDS[step], run)
    if choices is not None:
        held.choices = dict(choices)
    _forget_what_follows(held, step)
    held.save()
    upload.refresh_from_db()
    language = get_language() or settings.LANGUAGE_CODE
    transaction.on_commit(lambda: carry_out_step.enqueue(held.pk, str(step), language))
    return run


def _forget_what_follows(upload: Upload, step: Step) -> None:
    """Drop what was found with earlier choices: it says nothing about these."""
    if step == Step.LOOK:
        upload.survey = {}
    if step != Step.IMPORT:
        upload.trial = {}
        upload.import_run = None
    if step == Step.LOOK:
        upload.trial_run = None


def cancel_upload(upload: Upload) -> bool:
    """Ask the step under way to stop; one that still waits ends here. False: nothing to stop."""
    run = upload.live_run
    if run is None:
        return False
    waiting = Run.objects.filter(pk=run.pk, state=RunState.QUEUED)
    stopped = waiting.update(
        state=RunState.CANCELLED, finished_at=timezone.now(), cancel_requested_at=timezone.now()
    )
    return bool(stopped) or request_cancel(run)


def remove_upload(upload: Upload) -> None:
    """Remove the file; the record of who brought it in stays.

    Raises
    ------
    BusyError
    """
    with transaction.atomic():
        held = Upload.objects.select_for_update(of=["self"]).get(pk=upload.pk)
        if held.live_run is not None:
            raise BusyError
        if held.state == UploadState.KEPT:
            held.state = UploadState.REMOVED
        held.expires_at = min(held.expires_at, timezone.now())
        held.save(update_fields=["state", "expires_at"])
    remove_folder(upload.token)


def sweep_uploads() -> int:
    """Remove files whose time is over, and folders no record knows; say how many files it were."""
    over = Upload.objects.exclude(state=UploadState.REMOVED).filter(expires_at__lte=timezone.now())
    busy = [f"{name}__state__in" for name in _RUN_FIELDS.values()]
    for name in busy:
        over = over.exclude(**{name: LIVE})
    gone = list(over)
    for upload in gone:
        remove_folder(upload.token)
        if upload.state == UploadState.KEPT:
            upload.state = UploadState.REMOVED
            upload.save(update_fields=["state"])
    _sweep_orphans()
    return len(gone)


def _sweep_orphans() -> None:
    known = {token.hex for token in Upload.objects.values_list("token", flat=True)}
    oldest = (timezone.now() - _ORPHAN_AGE).timestamp()
    for folder in orphaned_folders(known):
        if folder.stat().st_mtime < oldest:
            remove_folder(UUID(hex=folder.name))

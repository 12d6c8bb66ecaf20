"""Files brought in to be imported, and what was chosen for files of the same structure before."""

from uuid import uuid4

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from layers.models import Layer, Run
from layers.uploads.vocab import Step, UploadState
from layers.vocab import RunState


def _run_of(step: str) -> "models.ForeignKey[Run | None, Run | None]":
    return models.ForeignKey(
        Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=step
    )


class Upload(models.Model):
    """One file that someone brought in, what is known of it, and what was chosen."""

    token = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(_("file"), max_length=100)
    size_bytes = models.BigIntegerField(_("size [bytes]"))
    digest = models.CharField(_("SHA-256"), max_length=64)
    state = models.CharField(
        _("state"), max_length=10, choices=UploadState, default=UploadState.KEPT
    )
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("brought in at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("kept until"))
    survey = models.JSONField(_("what is in it"), default=dict, blank=True)
    choices = models.JSONField(_("what was chosen"), default=dict, blank=True)
    trial = models.JSONField(_("what the import would do"), default=dict, blank=True)
    look_run = _run_of(Step.LOOK.value)
    trial_run = _run_of(Step.TRIAL.value)
    import_run = _run_of(Step.IMPORT.value)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(size_bytes__gt=0),
                name="upload_holds_something",
                violation_error_message=_("The file is empty. Choose another one."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        """True when its file is no longer there, or may be removed at any moment."""
        return self.state == UploadState.REMOVED or self.expires_at <= timezone.now()

    @property
    def live_run(self) -> Run | None:
        """The job that waits or works on it now."""
        runs = (self.import_run, self.trial_run, self.look_run)
        return next((run for run in runs if run and run.state in LIVE), None)


LIVE = (RunState.QUEUED.value, RunState.RUNNING.value)


class SavedMapping(models.Model):
    """What was chosen when a file of this structure was last imported into a layer."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="saved_mappings")
    structure = models.CharField(_("structure of the file"), max_length=64)
    choices = models.JSONField(_("what was chosen"), default=dict)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField(_("saved at"), auto_now=True)

    class Meta:
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["layer", "structure"], name="saved_mapping_once_per_structure"
            )
        ]

    def __str__(self) -> str:
        return f"{self.layer} {self.structure[:8]}"

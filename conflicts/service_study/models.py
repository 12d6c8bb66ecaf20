"""What service studies keep: each question with its answer and the data it was answered from."""

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _


class ServiceStudy(models.Model):
    """Who reaches which service: the question, and what the data of that moment said."""

    run = models.OneToOneField("layers.Run", on_delete=models.PROTECT, related_name="+")
    question = models.JSONField(_("question"))
    result = models.JSONField(_("answer"), null=True, blank=True)
    data_versions = models.JSONField(_("versions of the layers"), default=dict)
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(_("asked at"), auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        permissions = (("study_services", "Can study who reaches which service"),)

    def __str__(self) -> str:
        return f"#{self.pk}"

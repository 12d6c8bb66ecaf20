"""What siting keeps: each question with its answer and the data it was answered from."""

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _


class SitingStudy(models.Model):
    """Where a use may go: the question, and what the rules said of the data of that moment."""

    run = models.OneToOneField("layers.Run", on_delete=models.PROTECT, related_name="+")
    rulebook = models.ForeignKey("conflicts.RuleBook", on_delete=models.PROTECT, related_name="+")
    use = models.ForeignKey("layers.LandUseClass", on_delete=models.PROTECT, related_name="+")
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
        permissions = (("study_siting", "Can ask where a use may go"),)

    def __str__(self) -> str:
        return f"#{self.pk} {self.use}"

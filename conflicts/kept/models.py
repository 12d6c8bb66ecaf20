"""What a detection keeps for the re-check that goes on from it; findings are read without it."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ExemptedPair(models.Model):
    """A pair that a rule would bite were it not exempted, as the last detection saw it."""

    rulebook_code = models.CharField(_("rule book"), max_length=40)
    rule_code = models.CharField(_("rule"), max_length=40)
    subject_layer = models.CharField(_("layer of the subject"), max_length=60)
    subject_id = models.CharField(_("subject"), max_length=80)
    object_layer = models.CharField(_("layer of the object"), max_length=60)
    object_id = models.CharField(_("object"), max_length=80)

    class Meta:
        indexes = [
            models.Index(fields=["subject_layer", "subject_id"], name="exempted_subject"),
            models.Index(fields=["object_layer", "object_id"], name="exempted_object"),
            models.Index(fields=["rulebook_code", "rule_code"], name="exempted_rule"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_code} {self.subject_id} / {self.object_id}"


class Remembered(models.Model):
    """What the last detection of a rule book counted: a re-check adds what changed since."""

    rulebook_code = models.CharField(_("rule book"), max_length=40)
    topic = models.CharField(_("about"), max_length=10)  # conflicts.memory.Topic
    name = models.CharField(_("which"), max_length=64)
    answer = models.JSONField(_("answer"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rulebook_code", "topic", "name"], name="remembered_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rulebook_code} {self.topic} {self.name}"

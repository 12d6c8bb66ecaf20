"""Rule books in versions, their rules, and what was changed in a draft."""

from django.conf import settings
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from conflicts.vocab import RULEBOOK_PERMISSIONS, RuleAction, RuleBookStatus, Severity
from layers.models import in_reader_language
from layers.vocab import Basis


class RuleBook(models.Model):
    """One version of a rule book: a draft until it is ratified, unchanged for good afterwards.

    The database refuses to change a version that was ratified or that findings rest on
    (``rulebooks.immutable``).
    """

    code = models.CharField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(
        _("status"), max_length=10, choices=RuleBookStatus, default=RuleBookStatus.DRAFT
    )
    title_km = models.CharField(_("title in Khmer"), max_length=200, blank=True)
    title_en = models.CharField(_("title in English"), max_length=200)
    digest = models.CharField(_("SHA-256 of the content"), max_length=64)
    source_name = models.CharField(_("source file"), max_length=255, blank=True)
    loaded_at = models.DateTimeField(_("loaded at"), auto_now_add=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    based_on = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    revision = models.PositiveIntegerField(
        _("revision"), default=0, help_text=_("Counts the changes of a draft.")
    )
    ratified_at = models.DateTimeField(_("ratified at"), null=True, blank=True)
    ratified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ratified_because = models.TextField(_("why it was ratified"), blank=True)
    superseded_at = models.DateTimeField(_("superseded at"), null=True, blank=True)

    class Meta:
        ordering = ["code", "-version"]
        permissions = RULEBOOK_PERMISSIONS
        constraints = [
            models.UniqueConstraint(
                fields=["code", "version"],
                name="rule_book_version_unique",
                violation_error_message=_("This rule book already has that version."),
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(status=RuleBookStatus.RATIFIED),
                name="rule_book_ratified_once",
                violation_error_message=_("Only one version of a rule book is in force."),
            ),
            models.CheckConstraint(
                condition=Q(status=RuleBookStatus.DRAFT) | Q(ratified_at__isnull=False),
                name="rule_book_ratified_has_time",
                violation_error_message=_("A ratified rule book states when it was ratified."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return in_reader_language(self.title_km, self.title_en)


class Rule(models.Model):
    """One rule of one version of a rule book: the dataclass of its kind, kept as data."""

    rulebook = models.ForeignKey(RuleBook, on_delete=models.CASCADE, related_name="rules")
    code = models.CharField(_("code"), max_length=40)
    kind = models.CharField(_("kind"), max_length=30)
    severity = models.CharField(_("severity"), max_length=10, choices=Severity)
    basis = models.CharField(_("basis"), max_length=20, choices=Basis)
    title_km = models.CharField(_("title in Khmer"), max_length=300, blank=True)
    title_en = models.CharField(_("title in English"), max_length=300)
    definition = models.JSONField(_("definition"))

    class Meta:
        ordering = ["rulebook_id", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["rulebook", "code"],
                name="rule_code_unique_in_book",
                violation_error_message=_("This rule book already has a rule with that code."),
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return in_reader_language(self.title_km, self.title_en)


class RuleChange(models.Model):
    """One change of one rule in a draft: what it said before and after, who, when and why."""

    rulebook = models.ForeignKey(RuleBook, on_delete=models.CASCADE, related_name="changes")
    revision = models.PositiveIntegerField(_("revision"))
    rule_code = models.CharField(_("code"), max_length=40)
    action = models.CharField(_("action"), max_length=10, choices=RuleAction)
    before = models.JSONField(_("before"), null=True, blank=True)
    after = models.JSONField(_("after"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now_add=True)

    class Meta:
        ordering = ["rulebook_id", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["rulebook", "revision"], name="rule_change_once_per_revision"
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="rule_change_has_reason",
                violation_error_message=_("Say why: the next planner will ask."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rulebook} r{self.revision}: {self.rule_code}"

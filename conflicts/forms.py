"""What a planner fills in about a finding, and what the list is filtered by."""

from functools import partial

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conflicts.vocab import DECISIONS, FindingState, Severity
from layers.vocab import Basis


def _or_all(choices: type[TextChoices]) -> list[tuple[str, str]]:
    return [("", gettext("all")), *((choice.value, str(choice.label)) for choice in choices)]


class DecisionForm(forms.Form):
    """A decision about one finding: what, why, and until when it is accepted."""

    state = forms.ChoiceField(
        label=_("decision"), choices=[(state.value, state.label) for state in DECISIONS]
    )
    reason = forms.CharField(
        label=_("reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown with the finding; the next planner will ask."),
    )
    valid_to = forms.DateField(
        label=_("accepted until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("Only for 'accepted'; afterwards the finding is open again."),
    )


class FindingFilterForm(forms.Form):
    """The filters of the list of findings; which side of a group is shown is kept unseen."""

    view = forms.ChoiceField(
        label=_("list"),
        required=False,
        choices=[("", _("by rule and place")), ("each", _("every conflict"))],
    )
    rule = forms.CharField(label=_("rule"), required=False, max_length=40)
    severity = forms.ChoiceField(
        label=_("severity (this or graver)"), required=False, choices=partial(_or_all, Severity)
    )
    state = forms.ChoiceField(
        label=_("state"), required=False, choices=partial(_or_all, FindingState)
    )
    basis = forms.ChoiceField(label=_("basis"), required=False, choices=partial(_or_all, Basis))
    subject_layer = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    subject = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    object_layer = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    object = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

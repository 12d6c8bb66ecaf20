"""What a person fills in for each step; one small form per step."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conflicts.life.acceptance import plan_layers
from conflicts.life.queries import who_may_decide
from conflicts.life.vocab import Step
from conflicts.models import Finding
from conflicts.vocab import Severity


def _words(label: Any, *, help_text: Any = "") -> forms.CharField:  # noqa: ANN401 - a lazy text
    return forms.CharField(
        label=label,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=help_text,
    )


def _day(label: Any, *, required: bool, help_text: Any = "") -> forms.DateField:  # noqa: ANN401
    shown = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=shown, help_text=help_text)


def _plans() -> list[tuple[str, str]]:
    return [("", gettext("a day, as above")), *((p.slug, p.title) for p in plan_layers())]


def _grades() -> list[tuple[str, str]]:
    named = [(grade.value, str(grade.label)) for grade in reversed(Severity)]
    return [("", gettext("as the rule says")), *named]


class StepForm(forms.Form):
    """What every step carries: which it is, and which state of the finding was looked at."""

    step: Step
    if_match = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **{"auto_id": f"id_{self.step}_%s", **kwargs})

    @property
    def title(self) -> str:
        """What the step is called on its button."""
        return str(TITLES[self.step])


class TriageForm(StepForm):
    """How grave a planner finds it."""

    step = Step.TRIAGE
    severity = forms.ChoiceField(label=_("severity"), required=False, choices=_grades)
    reason = _words(_("reason"), help_text=_("Shown with the finding; the next planner will ask."))


class AssignForm(StepForm):
    """Who is to see to it, and by when."""

    step = Step.ASSIGN
    assignee = forms.ModelChoiceField(
        label=_("account"), queryset=User.objects.none(), required=False, to_field_name="username"
    )
    office = forms.CharField(label=_("office"), required=False, max_length=120)
    due_on = _day(_("due on"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        accounts: Any = self.fields["assignee"]
        accounts.queryset = who_may_decide()
        accounts.empty_label = gettext("nobody")


class ProposeForm(StepForm):
    """Why a conflict is to be lived with, by which document, and until when."""

    step = Step.PROPOSE
    reason = _words(_("reason"))
    document = forms.CharField(
        label=_("document"),
        max_length=200,
        help_text=_("Number and date of the decision or minutes."),
    )
    exemption = forms.CharField(
        label=_("exemption by the law"),
        max_length=400,
        required=False,
        help_text=_(
            "Only where the rule rests on law or on the plan: the provision that allows an"
            " exemption, as the law itself says. Krong knows of none."
        ),
    )
    valid_to = _day(
        _("accepted until"), required=False, help_text=_("Afterwards the finding is open.")
    )
    plan_layer = forms.ChoiceField(
        label=_("or until the next version of the plan"), required=False, choices=_plans
    )

    def __init__(self, *args: Any, finding: Finding | None = None, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        if finding is not None:
            self.fields["exemption"].required = finding.may_block


class ReasonForm(StepForm):
    """A step that asks for nothing but a reason."""

    reason = _words(_("reason"))


class ApproveForm(ReasonForm):
    """Why another's proposal is put in force."""

    step = Step.APPROVE


class RefuseForm(ReasonForm):
    """Why another's proposal is refused."""

    step = Step.REFUSE


class WithdrawForm(ReasonForm):
    """Why one's own proposal is taken back."""

    step = Step.WITHDRAW


class DismissForm(ReasonForm):
    """Why it is no conflict."""

    step = Step.DISMISS
    reason = _words(
        _("reason"),
        help_text=_(
            "Wrong data, or no conflict: say which. It opens again when shape, class or lifecycle"
            " of either side change."
        ),
    )


class ReopenForm(ReasonForm):
    """Why what was decided is taken back."""

    step = Step.REOPEN


class MitigationForm(StepForm):
    """What is done, by which office and by when."""

    step = Step.PLAN_MITIGATION
    measure = _words(_("measure"))
    office = forms.CharField(label=_("responsible office"), max_length=120)
    due_on = _day(_("done by"), required=True)
    document = forms.CharField(label=_("document"), max_length=200, required=False)


class DoneForm(StepForm):
    """What shows that the measure is done."""

    step = Step.REPORT_MITIGATION
    evidence = _words(
        _("evidence"),
        help_text=_(
            "Number of the report, photo, handover. Only a detection shows that it helped."
        ),
    )


class ExistingUseForm(StepForm):
    """Whether the use existed before the plan or rule."""

    step = Step.RECORD_USE
    existed = forms.TypedChoiceField(
        label=_("the use existed before the plan or rule"),
        choices=[("yes", _("yes")), ("no", _("no"))],
        coerce=lambda said: said == "yes",
    )
    evidence = _words(
        _("evidence"), help_text=_("Say what shows it: a title, a photo, a map, a year.")
    )


TITLES = {
    Step.TRIAGE: _("Looked at: confirm or change the severity"),
    Step.ASSIGN: _("Give it to someone"),
    Step.PROPOSE: _("Propose to accept it for a time"),
    Step.APPROVE: _("Approve the acceptance"),
    Step.REFUSE: _("Refuse the acceptance"),
    Step.WITHDRAW: _("Withdraw the proposal"),
    Step.PLAN_MITIGATION: _("Plan a measure"),
    Step.REPORT_MITIGATION: _("Report the measure as done"),
    Step.DISMISS: _("Dismiss it: wrong data, or no conflict"),
    Step.REOPEN: _("Open it again"),
    Step.RECORD_USE: _("State whether the use existed before"),
}
FORMS: dict[str, type[StepForm]] = {
    form.step.value: form
    for form in (
        ApproveForm,
        RefuseForm,
        TriageForm,
        AssignForm,
        ProposeForm,
        WithdrawForm,
        MitigationForm,
        DoneForm,
        DismissForm,
        ReopenForm,
        ExistingUseForm,
    )
}

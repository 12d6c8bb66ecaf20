"""The form that releases reserved land: by which decision, from which day, why."""

from django import forms
from django.utils.translation import gettext_lazy as _

from layers.errors import UserFacingError
from planning.errors import ReleaseError
from planning.release_record import LONGEST_INSTRUMENT, LONGEST_REASON

ISO_DAY = "%Y-%m-%d"


class ReleaseForm(forms.Form):
    """What a release states; everything is asked for, nothing is filled in."""

    instrument = forms.CharField(
        label=_("Decision that releases the land"),
        max_length=LONGEST_INSTRUMENT,
        help_text=_("As written, with number and date; or its key in the list of laws."),
        error_messages={
            "required": _("Name the decision that releases the land, with number and date."),
            "max_length": _("This is too long. Shorten it."),
        },
    )
    released_on = forms.DateField(
        label=_("Released on"),
        input_formats=[ISO_DAY],
        widget=forms.DateInput(format=ISO_DAY, attrs={"type": "date"}),
        error_messages={
            "required": _("Give the day the release takes effect."),
            "invalid": _("This is no day. Write year-month-day, like 2026-01-31."),
        },
    )
    reason = forms.CharField(
        label=_("Reason of the release"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Shown to everyone, on the page and on the sheet: name no private person."),
        error_messages={
            "required": _("Say why the land is released; it stays on record."),
            "max_length": _("This is too long. Shorten it."),
        },
    )

    def show(self, error: UserFacingError) -> None:
        """Put a refusal beside the field it names, else above the form."""
        if not self.is_valid():
            return  # the fields say it themselves
        if isinstance(error, ReleaseError):
            self.add_error(error.field, error.problem)
        else:
            self.add_error(None, f"{error.what} {error.remedy}")

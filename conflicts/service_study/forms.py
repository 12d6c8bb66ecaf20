"""The form of a study of services."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from conflicts.service_study.question import (
    ACCESS_M,
    GREATEST_ACCESS_M,
    GREATEST_GROWTH,
    GREATEST_TOLERANCE_M,
    MOST_PEOPLE,
    MOST_YEARS,
    ServiceQuestion,
)
from conflicts.service_study.standards import ServiceQuestionError, standards
from conflicts.service_study.streets import TOLERANCE_M
from conflicts.service_study.vocab import PeopleFrom


def _services() -> list[tuple[str, str]]:
    return [(code, each.title) for code, each in standards().items()]


class ServiceForm(forms.Form):
    """Which services; what is known of the people; how far doors may lie from streets."""

    services = forms.MultipleChoiceField(
        label=_("Services"),
        choices=_services,
        required=False,
        help_text=_("None chosen: all of the table of standards."),
    )
    people_from = forms.ChoiceField(
        label=_("Where the number of people comes from"),
        choices=[(each.value, each.label) for each in PeopleFrom if each != PeopleFrom.BUILDINGS],
        initial=PeopleFrom.BEST,
    )
    people = forms.FloatField(
        label=_("People of the city, if a number is stated"),
        required=False,
        min_value=1,
        max_value=MOST_PEOPLE,
    )
    people_source = forms.CharField(
        label=_("Source of that number"), required=False, max_length=200
    )
    growth = forms.FloatField(
        label=_("Growth [percent a year]"),
        required=False,
        min_value=-100 * GREATEST_GROWTH,
        max_value=100 * GREATEST_GROWTH,
    )
    years = forms.FloatField(
        label=_("Years to the plan's horizon"), required=False, min_value=0, max_value=MOST_YEARS
    )
    growth_source = forms.CharField(label=_("Source of the growth"), required=False, max_length=200)
    horizon_year = forms.IntegerField(
        label=_("Year of the plan's horizon"),
        required=False,
        min_value=1900,
        max_value=2200,
        help_text=_("What is planned for later is left out."),
    )
    access_m = forms.FloatField(
        label=_("A door farther from every street cannot be told [m]"),
        initial=ACCESS_M,
        min_value=1,
        max_value=GREATEST_ACCESS_M,
    )
    tolerance_m = forms.FloatField(
        label=_("Ends of streets this near are one junction [m]"),
        initial=TOLERANCE_M,
        min_value=0,
        max_value=GREATEST_TOLERANCE_M,
    )

    def clean(self) -> dict[str, Any]:
        """Refuse numbers that do not go together, in the words of the question itself."""
        given = super().clean() or {}
        if not self.errors:
            try:
                self._asked(given)
            except ServiceQuestionError as error:
                raise forms.ValidationError(str(error)) from error
        return given

    def question(self) -> ServiceQuestion:
        """Return the question that was filled in; only of a valid form."""
        return self._asked(self.cleaned_data)

    def _asked(self, given: dict[str, Any]) -> ServiceQuestion:
        growth = given["growth"]
        return ServiceQuestion(
            services=tuple(given["services"]),
            people_from=PeopleFrom(given["people_from"]),
            people=given["people"],
            people_source=given["people_source"],
            growth=None if growth is None else growth / 100.0,
            growth_source=given["growth_source"],
            years=given["years"],
            horizon_year=given["horizon_year"],
            access_m=given["access_m"],
            tolerance_m=given["tolerance_m"],
        )

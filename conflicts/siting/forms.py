"""The form of a siting question."""

from functools import partial
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from conflicts.models import RuleBook
from conflicts.siting.question import LARGEST_M2, SMALLEST_M2, SitingQuestion
from conflicts.siting.uses import placeable_uses
from conflicts.siting.vocab import Criterion
from conflicts.vocab import RuleBookStatus

HECTARE_M2 = 10_000.0
# The fields in which limits are typed, and by what they are multiplied to be kept.
LIMITS = {
    Criterion.SLOPE: ("max_slope", 1.0),
    Criterion.ROAD: ("max_road", 1.0),
    Criterion.HAZARD: ("max_hazard", 0.01),
    Criterion.PUBLIC_LAND: ("min_public_land", 0.01),
    Criterion.BUILT: ("max_built", 0.01),
}


def rulebooks() -> list[RuleBook]:
    """Return the rule books in force; where none is, the newest versions."""
    books = RuleBook.objects.order_by("code", "-version")
    in_force = list(books.filter(status=RuleBookStatus.RATIFIED))
    return in_force or list(books)


def _books() -> list[tuple[str, str]]:
    return [(str(book.pk), str(book)) for book in rulebooks()]


def _share(label: Any, initial: float | None = None) -> forms.FloatField:  # noqa: ANN401 - a text or a promise of one
    return forms.FloatField(
        label=label, required=False, min_value=0, max_value=100, initial=initial
    )


def _weight(criterion: Criterion) -> forms.FloatField:
    return forms.FloatField(label=criterion.label, initial=1, min_value=0, max_value=100)


class SitingForm(forms.Form):
    """Which use, how large, by which rules; what makes a site better, and what is too bad."""

    use = forms.ChoiceField(label=_("What is to be placed"), choices=partial(placeable_uses))
    area_ha = forms.FloatField(
        label=_("At least so large [ha]"),
        initial=1,
        min_value=SMALLEST_M2 / HECTARE_M2,
        max_value=LARGEST_M2 / HECTARE_M2,
    )
    rulebook = forms.ChoiceField(label=_("Rule book"), choices=partial(_books))
    sets_aside = forms.BooleanField(
        label=_("Leave out rules that cannot tell of any place"),
        required=False,
        help_text=_("They are named with the answer: each must be checked in another way."),
    )
    max_slope = forms.FloatField(label=_("Slope at most [percent]"), required=False, min_value=0)
    max_road = forms.FloatField(
        label=_("To the nearest road at most [m]"), required=False, min_value=0
    )
    max_hazard = _share(_("In hazard areas at most [percent of the site]"))
    max_built = _share(_("Built on at most [percent of the site]"), initial=0)
    min_public_land = _share(_("On state land at least [percent of the site]"))
    weight_road = _weight(Criterion.ROAD)
    weight_slope = _weight(Criterion.SLOPE)
    weight_public_land = _weight(Criterion.PUBLIC_LAND)
    weight_hazard = _weight(Criterion.HAZARD)
    weight_built = _weight(Criterion.BUILT)

    def question(self) -> SitingQuestion:
        """Return the question that was filled in; only of a valid form."""
        given = self.cleaned_data
        return SitingQuestion(
            use=given["use"],
            area_m2=given["area_ha"] * HECTARE_M2,
            sets_aside=given["sets_aside"],
            weights={each: given[f"weight_{each}"] for each in Criterion},
            limits={
                criterion: given[name] * factor
                for criterion, (name, factor) in LIMITS.items()
                if given[name] is not None
            },
        )

    def book(self) -> RuleBook:
        """Return the rule book that was chosen; only of a valid form."""
        return RuleBook.objects.get(pk=self.cleaned_data["rulebook"])

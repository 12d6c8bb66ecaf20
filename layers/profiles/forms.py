"""The form of a profile: one row for each layer and class, mistakes told beside their fields."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from layers.models import LandUseClass, Layer
from layers.numbers import typed_number
from layers.profiles.decisions import AS_IT_COMES, ClassDecision, Decisions, LayerDecision, merged
from layers.profiles.reading import Standing
from layers.profiles.text import check_name
from layers.profiles.vocab import LONGEST_CODE, LONGEST_NAME

Posted = Mapping[str, Any] | None
ON = {"": None, "on": True, "off": False}
LAST_PLACE = 99_999


class NameField(forms.CharField):
    """A name as the map shows it: one line without signs that cannot be seen."""

    def __init__(self, label: Any, **how: Any) -> None:  # noqa: ANN401 - as Django calls it
        super().__init__(label=label, required=False, max_length=LONGEST_NAME, **how)

    def clean(self, value: Any) -> str:  # noqa: ANN401 - as Django calls it
        """Return the name; refuse what would confuse a reader."""
        name = str(super().clean(value))
        if problem := check_name(name):
            raise forms.ValidationError(problem)
        return name


def _shown_within(label: Any) -> forms.TextInput:  # noqa: ANN401 - text that waits for its language
    """Return a field that shows its label until something is typed: a hundred stand in a column."""
    return forms.TextInput(attrs={"placeholder": label})


class PlaceField(forms.CharField):
    """An order number in Khmer or Arabic digits; empty is last."""

    widget = forms.TextInput(attrs={"inputmode": "numeric", "size": 4, "class": "place"})

    def __init__(self) -> None:
        super().__init__(label=_("Order"), required=False, max_length=8)

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - as Django calls it
        """Return the number, for an empty field one behind all others."""
        typed = str(super().clean(value))
        try:
            place = typed_number(typed) if typed else LAST_PLACE
        except ValueError:
            place = 0
        if place != int(place) or not 1 <= place <= LAST_PLACE:
            raise forms.ValidationError(_("Give a whole number from 1."))
        return int(place)


class ProfileForm(forms.Form):
    """What the profile is called, and whether it is in use."""

    name_km = NameField(_("Name in Khmer"))
    name_en = NameField(_("Name in English"))
    code = forms.SlugField(
        label=_("Code"),
        max_length=LONGEST_CODE,
        help_text=_("Small letters, digits and hyphens; it stays."),
    )
    in_use = forms.BooleanField(
        label=_("The city uses this profile"),
        required=False,
        help_text=_("Without it every layer and class is shown as it comes."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a name in at least one language."""
        typed = super().clean() or self.cleaned_data
        if not self.errors and not (typed["name_km"] or typed["name_en"]):
            self.add_error("name_km", _("Give the profile a name."))
        return dict(typed)


class LayerRow(forms.Form):
    """What is decided about one layer."""

    use = forms.BooleanField(label=_("Used"), required=False)
    place = PlaceField()
    on = forms.ChoiceField(
        label=_("When the map opens"),
        choices=[("", _("as usual")), ("on", _("drawn")), ("off", _("not drawn"))],
        required=False,
    )
    group_km = NameField(_("Own heading in Khmer"))
    group_en = NameField(_("Own heading in English"))

    @property
    def decision(self) -> LayerDecision:
        """What was typed."""
        typed = self.cleaned_data
        return LayerDecision(
            use=typed["use"],
            on=ON[typed["on"]],
            group_km=typed["group_km"],
            group_en=typed["group_en"],
        )


class ClassRow(forms.Form):
    """What is decided about one class."""

    use = forms.BooleanField(label=_("Used"), required=False)
    name_km = NameField(_("Local name in Khmer"), widget=_shown_within(_("Local name in Khmer")))
    name_en = NameField(
        _("Local name in English"), widget=_shown_within(_("Local name in English"))
    )

    @property
    def decision(self) -> ClassDecision:
        """What was typed."""
        return ClassDecision(**{name: self.cleaned_data[name] for name in self.fields})


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """One class on the form, with how deep it lies below the first of its branch."""

    row: LandUseClass
    form: ClassRow
    depth: int


class FormSet:
    """All rows of the page together."""

    def __init__(self, standing: Standing, layers: Iterable[Layer], posted: Posted = None) -> None:
        self.standing = standing
        self.profile = ProfileForm(posted, initial=_profile_initial(standing))
        self.profile.fields["code"].disabled = bool(standing.revision)
        self.layers = [
            (layer, _layer_row(layer, place, standing.decisions, posted))
            for place, layer in enumerate(layers, start=1)
        ]
        self.before = _as_shown(standing.decisions, [layer.slug for layer, _form in self.layers])
        self.classes = [
            ClassEntry(row, _class_row(row, standing.decisions, posted), depth)
            for row, depth in class_tree()
        ]

    def is_valid(self) -> bool:
        """Tell whether every field can be read; each mistake stands at its field."""
        rows = [form for _layer, form in self.layers]
        checked = [self.profile, *rows, *(entry.form for entry in self.classes)]
        answers = [form.is_valid() for form in checked]  # each is asked: all mistakes at once
        return all(answers)

    def decisions(self) -> Decisions:
        """Return the whole profile: what was typed over what the form did not ask about."""
        typed = self.profile.cleaned_data
        ordered = sorted(self.layers, key=lambda pair: pair[1].cleaned_data["place"])
        asked = {layer.slug: form.decision for layer, form in ordered}
        return replace(
            self.standing.decisions,
            name_km=typed["name_km"],
            name_en=typed["name_en"],
            in_use=typed["in_use"],
            layers=merged(self.standing.decisions.layers, asked),
            classes={entry.row.code: entry.form.decision for entry in self.classes},
        )


def class_tree() -> list[tuple[LandUseClass, int]]:
    """Return all classes, each after the one it belongs to, with how deep it lies."""
    below: dict[int | None, list[LandUseClass]] = {}
    for row in LandUseClass.objects.order_by("-scheme", "code"):
        below.setdefault(row.parent_id, []).append(row)
    listed: list[tuple[LandUseClass, int]] = []
    waiting = [(row, 0) for row in reversed(below.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        listed.append((row, depth))
        waiting += [(child, depth + 1) for child in reversed(below.get(row.pk, []))]
    return listed


def _as_shown(standing: Decisions, slugs: Iterable[str]) -> Decisions:
    """Return decisions with the layers nobody ordered where they stand now: behind the others."""
    unordered = {slug: LayerDecision() for slug in slugs if slug not in standing.layers}
    return replace(standing, layers={**standing.layers, **unordered})


def _profile_initial(standing: Standing) -> dict[str, Any]:
    said = standing.decisions
    return {
        "code": standing.code or "city",
        "name_km": said.name_km,
        "name_en": said.name_en,
        "in_use": said.in_use or not standing.revision,
    }


def _layer_row(layer: Layer, place: int, standing: Decisions, posted: Posted) -> LayerRow:
    decided = standing.layers.get(layer.slug, LayerDecision())
    on = next(word for word, meaning in ON.items() if meaning is decided.on)
    initial = {"place": place, "on": on}
    initial |= {name: getattr(decided, name) for name in ("use", "group_km", "group_en")}
    return LayerRow(posted, prefix=f"layer-{layer.slug}", initial=initial)


def _class_row(row: LandUseClass, standing: Decisions, posted: Posted) -> ClassRow:
    decided = standing.classes.get(row.code, AS_IT_COMES)
    initial = {name: getattr(decided, name) for name in ClassRow.base_fields}
    return ClassRow(posted, prefix=f"class-{row.code}", initial=initial)

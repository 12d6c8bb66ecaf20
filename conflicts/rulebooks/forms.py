"""What a planner fills in about a rule; made from the rule's own dataclass, kind by kind."""

from collections.abc import Iterator, Mapping
from typing import Any, cast, get_type_hints

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from conflicts.kinds import KINDS, Rule, selectors
from conflicts.predicates import Operator
from conflicts.rule_schema import rule_to_data
from conflicts.vocab import Severity
from conflicts.wording import reader_language
from layers.models import LandUseClass
from layers.uploads.forms import TypedNumber
from layers.vocab import Basis

NUMBERS: Mapping[str, Any] = {  # lazily translated
    "min_distance_m": _("least distance [m]"),
    "min_overlap_m2": _("shared ground from which on it counts [m²]"),
    "max_border_m": _("longest shared border [m]"),
    "tolerance_m": _("tolerance of the drawing [m]"),
    "between_within_m": _("how near the border lies what is between [m]"),
    "return_period_years": _("return period [years]"),
    "min_share": _("least share (0 to 1)"),
}
OPERATORS = {
    Operator.EQ: "=",
    Operator.NE: "≠",
    Operator.LT: "<",
    Operator.LE: "≤",
    Operator.GT: ">",
    Operator.GE: "≥",
}
# A new rule of these kinds needs no more than the form asks; others are loaded from a file.
NEW_KINDS = ("separation", "overlap", "adjacency")
PROVISION = ("law", "article", "citation", "jurisdiction", "source")
LONGEST_REASON = 2_000


def number_fields(kind: str) -> tuple[str, ...]:
    """Return the numbers that a rule of this kind states."""
    hints = get_type_hints(KINDS[kind].rule)
    return tuple(name for name, hint in hints.items() if hint in {float, float | None})


def _class_choices() -> list[tuple[str, str]]:
    field = "name_km" if reader_language() == "km" else "name_en"
    rows = LandUseClass.objects.order_by("scheme", "code").values_list("code", field)
    return [(code, f"{name or code} ({code})") for code, name in rows]


class RuleForm(forms.Form):
    """One rule of a draft: its words, weight, source, sides and numbers, and why it changes."""

    title_km = forms.CharField(label=_("title in Khmer"), max_length=300, required=False)
    title_en = forms.CharField(label=_("title in English"), max_length=300)
    severity = forms.ChoiceField(label=_("severity"), choices=Severity.choices)
    basis = forms.ChoiceField(
        label=_("basis"),
        choices=Basis.choices,
        help_text=_(
            "Only a binding law, the plan and press reports of a Cambodian rule may hold up a"
            " permit; all else warns."
        ),
    )
    law = forms.CharField(label=_("law"), max_length=300, required=False)
    article = forms.CharField(label=_("article"), max_length=100, required=False)
    citation = forms.CharField(
        label=_("where the number comes from"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    jurisdiction = forms.CharField(
        label=_("country of the text (KH, VN, ...)"), max_length=2, required=False
    )
    source = forms.CharField(
        label=_("number in the list of sources"), max_length=40, required=False
    )
    message_km = forms.CharField(label=_("advice in Khmer"), max_length=1_000, required=False)
    message_en = forms.CharField(label=_("advice in English"), max_length=1_000, required=False)
    note = forms.CharField(label=_("remark"), max_length=1_000, required=False)
    exempt_side = forms.ChoiceField(
        label=_("exempt when of the"),
        required=False,
        choices=[("", "–"), ("subject", _("subject")), ("object", _("object"))],
    )
    exempt_attr = forms.CharField(label=_("attribute"), max_length=60, required=False)
    exempt_op = forms.ChoiceField(
        label=_("condition"),
        required=False,
        choices=[(op.value, sign) for op, sign in OPERATORS.items()],
    )
    exempt_value = forms.CharField(label=_("value"), max_length=200, required=False)
    exempt_reason_km = forms.CharField(
        label=_("why it is exempt, in Khmer"), max_length=300, required=False
    )
    exempt_reason_en = forms.CharField(
        label=_("why it is exempt, in English"), max_length=300, required=False
    )
    if_match = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = forms.CharField(
        label=_("why this change"),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the change; the next planner will ask."),
    )

    def __init__(self, data: Any, *, kind: str, stated: Mapping[str, Any], is_new: bool) -> None:  # noqa: ANN401 - a request's fields
        """Make the form of a kind; ``stated`` is the rule as data (empty: a new one)."""
        self.kind, self.stated = kind, stated
        super().__init__(data, initial=_initial(stated))
        choices = _class_choices()
        for side in ("subject", "object"):
            if side == "subject" or "object" in get_type_hints(KINDS[kind].rule):
                self.fields[f"{side}_classes"] = forms.MultipleChoiceField(
                    label=SIDES[side],
                    choices=choices,
                    required=False,
                    widget=forms.SelectMultiple(attrs={"size": 7}),
                )
        for name in number_fields(kind):
            self.fields[name] = TypedNumber(label=NUMBERS.get(name, name), required=False)
        for number, exemption in enumerate(stated.get("exemptions", ())):
            self.fields[f"drop_{number}"] = forms.BooleanField(
                label=_("take out this exemption: %(reason)s")
                % {"reason": _in_reader_language(exemption["reason"])},
                required=False,
            )
        if is_new:
            self.fields["code"] = forms.CharField(label=_("code"), max_length=40)
        drops = [name for name in self.fields if name.startswith("drop_")]
        self.order_fields(
            ["code", "title_km", "title_en", *number_fields(kind), "severity", "subject_classes",
             "object_classes", "basis", *PROVISION, "note", "message_km", "message_en", *drops]
        )  # fmt: skip
        self.fields["reason"] = self.fields.pop("reason")  # last, before the buttons

    def now_read(self, validator: str) -> None:
        """Keep what was typed over the state that is shown beside it; saving again is knowing."""
        data = cast("QueryDict", self.data).copy()
        data["if_match"] = validator
        self.data = data

    def rule_data(self) -> dict[str, Any]:
        """Return the rule as data, with what the form does not show kept as it was."""
        said = self.cleaned_data
        data: dict[str, Any] = dict(self.stated) | {"kind": self.kind}
        data |= {name: said[name] for name in ("severity", "basis")}
        data["code"] = said.get("code") or self.stated.get("code", "")
        data["title"] = self._title()
        data["provision"] = {name: said[name] for name in PROVISION if said[name]}
        _put(data, "note", said["note"])
        texts = {"km": said["message_km"], "en": said["message_en"]}
        _put(data, "message", texts if said["message_en"] else None)
        for side in ("subject", "object"):
            if f"{side}_classes" in said:
                data[side] = dict(self.stated.get(side, {})) | {"classes": said[f"{side}_classes"]}
        for name in number_fields(self.kind):
            _put(data, name, said[name])
        _put(data, "exemptions", list(self._exemptions()))
        return data

    def _title(self) -> dict[str, str]:
        """Return the title; one that was left as it was keeps naming the distance asked for."""
        said = self.cleaned_data
        title = {"km": said["title_km"], "en": said["title_en"]}
        before, after = self.stated.get("min_distance_m"), said.get("min_distance_m")
        if before and after and title == dict(self.stated.get("title", {})):
            title["en"] = title["en"].replace(f"{before:,.0f} m", f"{after:,.0f} m")
            title["km"] = title["km"].replace(f"{before:.0f} ម", f"{after:.0f} ម")
        return title

    def _exemptions(self) -> Iterator[dict[str, Any]]:
        said = self.cleaned_data
        for number, exemption in enumerate(self.stated.get("exemptions", ())):
            if not said[f"drop_{number}"]:
                yield exemption
        if said["exempt_side"]:
            yield {
                "reason": {"km": said["exempt_reason_km"], "en": said["exempt_reason_en"]},
                said["exempt_side"]: {
                    "attr": said["exempt_attr"],
                    "op": said["exempt_op"],
                    "value": _typed(said["exempt_value"]),
                },
            }

    def clean(self) -> dict[str, Any]:
        """Refuse an exemption that names no attribute, value or reason."""
        said = super().clean() or {}
        if said.get("exempt_side"):
            for name in ("exempt_attr", "exempt_value", "exempt_reason_en"):
                if not said.get(name):
                    self.add_error(
                        name, _("An exemption needs an attribute, a value and a reason.")
                    )
        return said


SIDES = {"subject": _("classes of the subject"), "object": _("classes of the object")}


def _initial(stated: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {**stated, **stated.get("provision", {})}
    for name in ("title", "message"):
        for language in ("km", "en"):
            flat[f"{name}_{language}"] = stated.get(name, {}).get(language, "")
    for side in ("subject", "object"):
        flat[f"{side}_classes"] = stated.get(side, {}).get("classes", [])
    return flat


def full_data(rule: Rule) -> dict[str, Any]:
    """Return a rule as data with its numbers written out, defaults too."""
    values = {name: getattr(rule, name) for name in number_fields(rule.kind)}
    whole = {name: int(v) for name, v in values.items() if v is not None and v.is_integer()}
    return rule_to_data(rule) | values | whole


def _put(data: dict[str, Any], name: str, value: Any) -> None:  # noqa: ANN401 - any field
    """Set a field, or leave it out where nothing is stated: its default holds then."""
    if value in (None, "", []):
        data.pop(name, None)
    else:
        data[name] = value


def _typed(text: str) -> str | float | bool:
    """Return a typed value as what it is: yes or no, a number, or a text."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _in_reader_language(text: Mapping[str, str]) -> str:
    return text.get(reader_language()) or text["en"]


def sides_of(rule: Rule) -> dict[str, list[str]]:
    """Return the classes of each side by its name."""
    return {side: list(selector.classes) for side, selector in selectors(rule).items()}

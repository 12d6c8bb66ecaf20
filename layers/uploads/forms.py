"""The choices page: everything about one import on one page; what was typed is never lost."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.validators import validate_slug
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from layers.legend import OTHER, THEMES
from layers.models import LandUseClass, Layer
from layers.numbers import AmbiguousNumberError, typed_number
from layers.profiles.choice import current_choice, unused_classes
from layers.uploads.choices import NAME_FIELDS
from layers.uploads.permissions import may_make_layers, target_layers
from layers.uploads.places import offered
from layers.uploads.vocab import ClassSource, Mode
from layers.vocab import Completeness, GeometryKind, Visibility

NO_CLASS = "-"
GRID_FIELDS = ("band", "quantity", "units", "vertical_datum", "nodata", "srid")
KINDS = [(kind, label) for kind, label in GeometryKind.choices if kind != GeometryKind.RASTER]
_FILE_COLUMNS = ("id_field", "lifecycle_field", "class_field", *NAME_FIELDS)
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ChoicesForm(forms.Form):
    """What an import needs to know; the fields for columns and values come from the file."""

    target = forms.ChoiceField(label=_("Into which layer"), required=False)
    slug = forms.CharField(
        label=_("Short name"),
        required=False,
        max_length=60,
        help_text=_(
            "Small Latin letters, digits and hyphens; it stands in addresses: parcels-2026"
        ),
    )
    title_km = forms.CharField(label=_("Title in Khmer"), required=False, max_length=200)
    title_en = forms.CharField(label=_("Title in English"), required=False, max_length=200)
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    visibility = forms.ChoiceField(
        label=_("Who may see it"), required=False, choices=Visibility.choices
    )
    source = forms.CharField(
        label=_("Source"), required=False, help_text=_("Who made the data, and from what.")
    )
    licence = forms.CharField(label=_("Licence"), required=False, max_length=200)
    steward = forms.CharField(
        label=_("Who looks after it"), required=False, max_length=200,
        help_text=_("An office or a person, asked when something is wrong."),
    )  # fmt: skip
    captured_on = forms.DateField(
        label=_("Day of the survey"), required=False, widget=_DAY,
        help_text=_("When the ground looked like this."),
    )  # fmt: skip
    mode = forms.ChoiceField(
        label=_("What becomes of what is there"), required=False, choices=Mode.choices,
        widget=forms.RadioSelect,
    )  # fmt: skip
    surveyed = forms.ChoiceField(
        label=_("Is everything in the file's area in the file?"), required=False
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - as Django calls it
        user: User,
        survey: Mapping[str, Any],
        layer: Mapping[str, Any],
        **kw: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(*args, **kw)
        self.survey, self.layer, self.is_grid = survey, layer, bool(survey.get("grid"))
        self._offer_layers(user)
        _choices(self, "theme", [(t.code, t.title) for t in (*THEMES, OTHER)])
        stated = [(Completeness.COMPLETE.value, _("Yes: what is not in it is not on the ground")),
                  (Completeness.PARTIAL.value, _("Only partly"))]  # fmt: skip
        _choices(self, "surveyed", [("", _("Not stated")), *stated])
        if not (survey.get("grid") or layer).get("crs"):
            self._offer_systems()
        if self.is_grid:
            self._ask_about_grid()
        else:
            self._ask_about_rows()

    def _offer_layers(self, user: User) -> None:
        layers = target_layers(user, is_grid=self.is_grid)
        self.may_make_layers = may_make_layers(user)
        new = [("", _("A new layer"))] if self.may_make_layers else []
        _choices(
            self, "target", [*new, *((row.slug, f"{row.title} ({row.slug})") for row in layers)]
        )

    def _offer_systems(self) -> None:
        systems = [(str(srid), f"EPSG:{srid}") for srid in offered()]
        self.fields["srid"] = forms.ChoiceField(
            label=_("Coordinate system"),
            choices=systems,
            error_messages={"required": _("Choose where the file lies; the map shows each.")},
        )

    def _ask_about_grid(self) -> None:
        grid = self.survey["grid"]
        if grid["bands"] > 1:
            self.fields["band"] = forms.ChoiceField(
                label=_("Band"), choices=_bands(grid), required=True,
                error_messages={"required": _("Choose the band that holds the values.")},
            )  # fmt: skip
        self.fields["quantity"] = forms.CharField(
            label=_("What the values are"), max_length=40, initial="elevation",
            help_text=_("elevation, depth, ..."),
        )  # fmt: skip
        self.fields["units"] = forms.CharField(label=_("Unit of the values"), max_length=20)
        self.fields["vertical_datum"] = forms.CharField(
            label=_("Heights are counted from"), required=False, max_length=120,
            help_text=_("The vertical datum, e.g. Hà Tiên 1960. Empty: not stated."),
        )  # fmt: skip
        if grid["nodata"] is None:
            self.fields["nodata"] = TypedNumber(
                label=_("Value that means 'no data'"),
                help_text=_("The file does not say it. Even if every cell is filled, e.g. -9999."),
                error_messages={"required": _("Say it: else holes and sea would count as ground.")},
            )  # fmt: skip

    def _ask_about_rows(self) -> None:
        columns = [field["name"] for field in self.layer.get("fields", [])]
        listed = [("", "–"), *((name, name) for name in columns)]
        titles = (
            _("Column with the number of each thing"), _("Column with its state"),
            _("Column with the class"), _("Column with the Khmer name"),
            _("Column with the English name"),
        )  # fmt: skip
        for name, title in zip(_FILE_COLUMNS, titles, strict=True):
            self.fields[name] = forms.ChoiceField(label=title, choices=listed, required=False)
        self.fields["geometry_kind"] = forms.ChoiceField(
            label=_("What it holds"), choices=KINDS, required=False
        )
        for index, name in enumerate(columns):
            self.fields[f"keep_{index}"] = forms.BooleanField(
                label=name, required=False, initial=True
            )
            self.fields[f"name_{index}"] = forms.CharField(
                label=name, required=False, max_length=60
            )
        self._ask_about_classes()

    def _ask_about_classes(self) -> None:
        sources = [c for c in ClassSource.choices if c[0] != ClassSource.OSM or self._is_osm]
        self.fields["class_from"] = forms.ChoiceField(
            label=_("Land-use class"), choices=sources, widget=forms.RadioSelect, required=False
        )
        classes = class_choices()
        self.fields["land_use"] = forms.ChoiceField(
            label=_("The class of all"), choices=[("", "–"), *classes], required=False
        )
        self.fields["surveyed_classes"] = forms.MultipleChoiceField(
            label=_("What was looked for"), choices=classes, required=False,
            help_text=_("None chosen: the classes that the layer holds."),
        )  # fmt: skip
        offered_classes = [("", _("not decided")), (NO_CLASS, _("without a class")), *classes]
        for index, (value, _count) in enumerate(self.values()):
            self.fields[f"class_{index}"] = forms.ChoiceField(
                label=value, choices=offered_classes, required=False
            )

    @property
    def _is_osm(self) -> bool:
        return self.survey.get("format") == "OSM_PBF"

    def values(self) -> list[tuple[str, int]]:
        """Return the values of the column chosen for the class, with their counts."""
        chosen = self.data.get("class_field") if self.is_bound else self.initial.get("class_field")
        for field in self.layer.get("fields", []):
            if field["name"] == chosen:
                return [(value, count) for value, count in field["values"]]
        return []

    def clean(self) -> dict[str, Any]:
        """Ask for what a new layer and a class need."""
        typed = super().clean() or self.cleaned_data
        if not typed.get("target") and "target" not in self.errors:
            if not self.may_make_layers:
                self.add_error("target", _("Choose the layer. You may not make new ones."))
            self._check_new_layer(typed)
        if typed.get("class_from") == ClassSource.ONE and not typed.get("land_use"):
            self.add_error("land_use", _("Choose the class."))
        if typed.get("class_from") == ClassSource.FIELD and not typed.get("class_field"):
            self.add_error("class_field", _("Choose the column."))
        self._check_names(typed)
        return dict(typed)

    def _check_new_layer(self, typed: Mapping[str, Any]) -> None:
        slug = str(typed.get("slug") or "")
        try:
            validate_slug(slug)
        except forms.ValidationError:
            self.add_error("slug", _("Write a short name in small Latin letters: parcels-2026"))
        if slug and Layer.objects.filter(slug=slug).exists():
            self.add_error("slug", _("There is a layer of that name. Choose it above, or another."))
        if not (typed.get("title_km") or typed.get("title_en")):
            self.add_error("title_km", _("Write a title, in Khmer or in English."))

    def _check_names(self, typed: Mapping[str, Any]) -> None:
        seen: dict[str, str] = {}
        for index, field in enumerate(self.layer.get("fields", [])):
            if self.is_grid or not typed.get(f"keep_{index}"):
                continue
            name = typed.get(f"name_{index}") or field["name"]
            if name in seen:
                self.add_error(f"name_{index}", _("Another column has that name already."))
            seen[name] = field["name"]

    def choices(self) -> dict[str, Any]:
        """Return what was chosen as JSON can hold it."""
        typed = self.cleaned_data
        plain = {n: v for n, v in typed.items() if not n.startswith(("keep_", "name_", "class_"))}
        plain |= {n: typed[n] for n in (*NAME_FIELDS, "class_from", "class_field") if n in typed}
        plain |= {"band": int(typed["band"])} if typed.get("band") else {}
        day = typed.get("captured_on")
        plain["captured_on"] = day.isoformat() if day else ""
        plain["srid"] = int(typed["srid"]) if typed.get("srid") else None
        plain["source_layer"] = self.layer.get("name", "")
        return plain | {"fields": self._fields(typed), "classes": self._classes(typed)}

    def _fields(self, typed: Mapping[str, Any]) -> dict[str, str | None]:
        named: dict[str, str | None] = {}
        for index, field in enumerate(self.layer.get("fields", [])):
            if self.is_grid:
                break
            if not typed[f"keep_{index}"]:
                named[field["name"]] = None
            elif typed[f"name_{index}"] not in ("", field["name"]):
                named[field["name"]] = typed[f"name_{index}"]
        return named

    def _classes(self, typed: Mapping[str, Any]) -> dict[str, str | None]:
        chosen = {v: typed.get(f"class_{i}") for i, (v, _count) in enumerate(self.values())}
        return {v: None if code == NO_CLASS else code for v, code in chosen.items() if code}


class TypedNumber(forms.FloatField):
    """A number in Khmer or Arabic digits; empty is not stated."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 - Django types it as whole numbers
        """Return the number."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return typed_number(text)
        except AmbiguousNumberError as error:
            raise forms.ValidationError(
                _("Does the mark stand for decimals or thousands? Write 1000 or 1.0.")
            ) from error
        except ValueError as error:
            raise forms.ValidationError(_("This is no number. Write it in digits.")) from error


def _bands(grid: Mapping[str, Any]) -> list[tuple[str, str]]:
    names = grid.get("band_names") or [""] * grid["bands"]
    listed = [(str(n), f"{n} {name}".strip()) for n, name in enumerate(names, start=1)]
    return [("", "–"), *listed]


def class_choices() -> list[tuple[Any, list[tuple[str, str]]]]:
    """Return the land-use classes under the headings of the two schemes, those not used last."""
    choice = current_choice()
    groups: dict[str, list[tuple[str, str]]] = {"zone": [], "use": []}
    others: list[tuple[str, str]] = []
    for row in LandUseClass.objects.order_by("code"):
        listed = groups[row.scheme] if choice.uses_class(row.code) else others
        listed.append((row.code, f"{choice.class_name(row.code, row.name)} ({row.code})"))
    titles = {"zone": _("Zones of the plan"), "use": _("Uses on the ground")}
    headed = [(titles[scheme], listed) for scheme, listed in groups.items()]
    return [(title, rows) for title, rows in [*headed, (unused_classes(), others)] if rows]


def initial_of(choices: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of the form that show what was chosen."""
    initial = {k: v for k, v in choices.items() if k not in {"fields", "classes"}}
    names = dict(choices.get("fields") or {})
    for index, field in enumerate(layer.get("fields", [])):
        initial[f"keep_{index}"] = names.get(field["name"], "") is not None
        initial[f"name_{index}"] = names.get(field["name"]) or ""
        if field["name"] == choices.get("class_field"):
            mapped = dict(choices.get("classes") or {})
            for place, (value, _count) in enumerate(field["values"]):
                code = mapped.get(value, "")
                initial[f"class_{place}"] = NO_CLASS if code is None else code
    return initial


def typed_so_far(
    data: "MultiValueDict[str, str]", form: ChoicesForm, column_before: str
) -> dict[str, Any]:
    """Return what stands in the form, unchecked, to be shown again."""
    shown: dict[str, Any] = {}
    for name, field in form.fields.items():
        if isinstance(field, forms.BooleanField):
            shown[name] = name in data
        elif isinstance(field, forms.MultipleChoiceField):
            shown[name] = data.getlist(name)
        else:
            shown[name] = data.get(name, "")
    if column_before != data.get("class_field"):  # the values shown were another column's
        shown = {n: v for n, v in shown.items() if not _is_value(n)}
    return shown


def _is_value(name: str) -> bool:
    return name.startswith("class_") and name.removeprefix("class_").isdigit()


def _choices(form: forms.Form, name: str, choices: Iterable[Any]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
    field.choices = list(choices)

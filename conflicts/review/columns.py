"""The columns of a finding in tables: their names in both languages, their types and units."""

from dataclasses import dataclass

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the name programs know, what people call it, text|integer|real|boolean."""

    name: str
    called: str | Promise
    kind: str = "text"
    unit: str = ""  # "" for texts; "unit": as the column ``unit`` says in each row

    def title(self, language: str) -> str:
        """Return the name in one language."""
        with translation.override(language):
            return str(self.called)


COLUMNS = (
    Column("number", _("number"), "integer"),
    Column("rulebook", _("rule book")),
    Column("rule", _("rule")),
    Column("kind", _("kind of conflict")),
    Column("title_km", _("title in Khmer")),
    Column("title_en", _("title in English")),
    Column("severity", _("severity (code)")),
    Column("severity_km", _("severity")),
    Column("state", _("state (code)")),
    Column("state_km", _("state")),
    Column("note", _("note")),
    Column("present", _("seen by the last detection"), "boolean"),
    Column("basis", _("basis (code)")),
    Column("basis_km", _("basis")),
    Column("may_block", _("may hold up a permit"), "boolean"),
    Column("subject_layer", _("layer of the subject")),
    Column("subject", _("subject")),
    Column("subject_name", _("name of the subject")),
    Column("object_layer", _("layer of the object")),
    Column("object", _("object")),
    Column("object_name", _("name of the object")),
    Column("sangkats", _("sangkats")),
    Column("first_seen_on", _("first seen on")),
    Column("first_seen_run", _("first seen by detection"), "integer"),
    Column("last_seen_run", _("last seen by detection"), "integer"),
    Column("change", _("change")),
    Column("measured", _("measured"), "real", "unit"),
    Column("required", _("required"), "real", "unit"),
    Column("margin", _("margin"), "real", "unit"),
    Column("unit", _("unit")),
    Column("subject_share", _("share of the subject (0 to 1)"), "real", "1"),
    Column("existing_nonconforming", _("stood there before the plan"), "boolean"),
    Column("law", _("law")),
    Column("article", _("article")),
    Column("citation", _("citation")),
    Column("source", _("source")),
    Column("explanation_km", _("explanation in Khmer")),
    Column("explanation_en", _("explanation in English")),
)

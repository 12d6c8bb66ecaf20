"""What the page of what-if shows and tells its script."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from conflicts.alternatives.answers import Answer, Listed
from conflicts.alternatives.page_texts import page_texts
from conflicts.alternatives.presentation import STANDS, compared, counts, severity_rows
from conflicts.alternatives.reading import MOST_ALTERNATIVES, MOST_CHANGES
from conflicts.alternatives.vocab import Effect
from conflicts.asked_rules import AskedRule
from conflicts.explanations import explain
from conflicts.vocab import Severity
from conflicts.whatif import PROPOSALS
from conflicts.wording import reader_language
from layers import numbers
from layers.editing.editor_page import listed_classes
from layers.editing.permissions import EDIT
from layers.map_content import map_content
from layers.visibility import Reader
from layers.vocab import GeometryKind, Lifecycle


def page_content(reader: Reader) -> dict[str, Any]:
    """Return everything the script of the page needs, in the reader's language."""
    beneath = map_content(reader)
    layers = [layer for theme in beneath["themes"] for layer in theme["layers"]]
    titles = [
        (each["slug"], each["title"])
        for each in layers
        if each["kind"] != GeometryKind.RASTER and each["slug"] != PROPOSALS
    ]
    address = reverse("ogc-item", args=["LAYER", "FEATURE"])
    return beneath | {
        "texts": page_texts(),
        "marks": dict(zip(("decimal", "group"), numbers.marks(), strict=True)),
        "classes": listed_classes(),
        "lifecycles": Lifecycle.choices,
        "editable": [[PROPOSALS, _("Proposals")], *titles],
        "newLifecycle": str(Lifecycle.PLANNED),
        "mostAlternatives": MOST_ALTERNATIVES,
        "mostChanges": MOST_CHANGES,
        "mayEdit": isinstance(reader, User) and reader.has_perm(EDIT),
        "ask": reverse("what-if"),
        "item": address,
        "drafts": reverse("layer-drafts", args=["LAYER"]),
        "edit": reverse("layer-edit", args=["LAYER"]),
    }


def tables(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return what the page shows of the answers, in the reader's language."""
    return {
        "answers": [_table(place, answer) for place, answer in enumerate(answers)],
        "names": [answer.alternative.name for answer in answers],
        "severities": [
            {"label": row["severity"].label, "severity": row["severity"], "numbers": row["numbers"]}
            for row in severity_rows(answers)
            if any(any(pair) for pair in row["numbers"])
        ],
        "untold_counts": [len(answer.untold) for answer in answers],
        "differ_by": [_named(row["asked"]) | row for row in compared(answers)],
    }


def _table(place: int, answer: Answer) -> dict[str, Any]:
    told = counts(answer)
    return {
        "place": place,
        "name": answer.alternative.name,
        "effects": [
            {"effect": str(effect), "label": effect.label, "count": told[effect]["all"]}
            for effect in Effect
            if told[effect]["all"]
        ],
        "findings": [_row(number, each) for number, each in enumerate(answer.listed)],
        "more": len(answer.differences) - len(answer.listed),
        "stands": sum(told[effect]["all"] for effect in STANDS),
        "untold": [
            _named(each.asked)
            | {"missing": [text[reader_language()] or text["en"] for text in each.missing]}
            for each in answer.untold
        ],
        "complies": [_named(asked) for asked in answer.complies],
        "left_out": [_named(asked) for asked in answer.left_out],
        "rules": answer.rules,
        "concerned": answer.concerned,
    }


def _row(number: int, listed: Listed) -> dict[str, Any]:
    each = listed.difference
    severity = Severity(each.hit["severity"])
    return _named(each.asked) | {
        "number": number,
        "effect": str(each.effect),
        "effect_label": each.effect.label,
        "severity": str(severity),
        "severity_label": severity.label,
        "basis_label": each.asked.rule.basis.label,
        "explanation": explain(listed.finding),
        "known": listed.known,
    }


def _named(asked: AskedRule) -> dict[str, Any]:
    return {"code": asked.code, "title": asked.row.title}

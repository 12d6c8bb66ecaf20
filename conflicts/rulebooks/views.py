"""The pages of rule books: all versions, one with its rules and matrix, ratifying, comparing."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from conflicts.errors import RuleFieldError
from conflicts.kinds import Rule
from conflicts.models import RuleBook
from conflicts.queries import rulebook_named
from conflicts.rulebook_file import write_rulebook
from conflicts.rulebooks import builder
from conflicts.rulebooks.comparison import Comparison, compare_rules
from conflicts.rulebooks.effects import answer_name, rule_sentence, sentence, severity_name
from conflicts.rulebooks.forms import LONGEST_REASON, NEW_KINDS
from conflicts.rulebooks.matrix import matrix_of
from conflicts.rulebooks.versions import (
    discard_draft,
    draft_version,
    ratify_rulebook,
    rules_of,
    stored_book,
)
from conflicts.vocab import EDIT_RULEBOOK, RATIFY_RULEBOOK, RuleBookStatus
from conflicts.wording import reader_language
from layers.classes import read_table
from layers.editing.permissions import require
from layers.visibility import hidden_layers

# A comparison on a page is given so long; what is not told by then is "cannot tell".
COMPARED_WITHIN_S = 20.0
MOST_CHANGES = 100


@require_GET
def rulebook_list(request: HttpRequest) -> HttpResponse:
    """Show every version of every rule book."""
    books = RuleBook.objects.select_related("loaded_by", "ratified_by", "based_on")
    return render(request, "conflicts/rulebooks/list.html", {"books": books})


@require_GET
def rulebook_page(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Show one version: its rules, its matrix, what it does not ask yet, how it came about."""
    book = rulebook_named(code, version)
    rules = rules_of(book)
    asked = request.GET.get("q", "").strip()[:100]
    in_force = RuleBook.objects.filter(code=code, status=RuleBookStatus.RATIFIED).first()
    context = {
        "book": book,
        "rules": [row for row in book.rules.order_by("code") if _is_asked(row, asked)],
        "rule_count": len(rules),
        "asked": asked,
        "matrix": matrix_of(rules),
        "not_yet": _not_yet(book),
        "changes": book.changes.select_related("changed_by")[:MOST_CHANGES],
        "in_force": in_force,
        "kinds": NEW_KINDS,
        **rights(request, book),
    }
    return render(request, "conflicts/rulebooks/book.html", context)


def rights(request: HttpRequest, book: RuleBook) -> dict[str, Any]:
    """Return what the reader may do with a version."""
    user = request.user
    is_open = book.status == RuleBookStatus.DRAFT and not book.detections.exists()
    may_edit = isinstance(user, User) and user.has_perm(EDIT_RULEBOOK)
    is_draft = book.status == RuleBookStatus.DRAFT
    return {
        "is_open": is_open,
        "may_draft": may_edit,
        "may_edit": may_edit and is_open,
        "may_ratify": is_draft and isinstance(user, User) and user.has_perm(RATIFY_RULEBOOK),
    }


def _is_asked(row: Any, asked: str) -> bool:  # noqa: ANN401 - a row of a rule
    said = f"{row.code} {row.title_km} {row.title_en} {row.kind}".lower()
    return asked.lower() in said


def _not_yet(book: RuleBook) -> list[dict[str, str]]:
    """Return what the standard book cannot ask yet, and why; other books have no tables."""
    if book.code != builder.CODE:
        return []
    reasons = {row["reason"]: row for row in read_table("not_yet_reasons")}
    text = "text_km_draft" if reader_language() == "km" else "text_en"
    return [
        {
            "table": cell.table,
            "row": cell.row,
            "column": "" if cell.column == "value" else cell.column,
            "value": cell.value,
            "because": reasons[cell.reason][text],
        }
        for cell in builder.cells()
        if cell.answer == "not_yet"
    ]


@require_GET
def rulebook_file(request: HttpRequest, code: str, version: int) -> HttpResponse:  # noqa: ARG001
    """Return one version as YAML, ready to be loaded elsewhere."""
    book = rulebook_named(code, version)
    response = HttpResponse(write_rulebook(stored_book(book)), content_type="application/yaml")
    response["Content-Disposition"] = f'attachment; filename="{book.code}-v{book.version}.yaml"'
    return response


@require_POST
@login_required
def rulebook_draft(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Open a draft that says what this version says."""
    by = require(request.user, EDIT_RULEBOOK)
    draft = draft_version(based_on=rulebook_named(code, version), by=by)
    return redirect("rulebook", code=draft.code, version=draft.version)


@require_POST
@login_required
def rulebook_ratify(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Put a draft in force, with who and why."""
    by = require(request.user, RATIFY_RULEBOOK)
    because = request.POST.get("because", "").strip()[:LONGEST_REASON]
    if not because:
        raise RuleFieldError(
            "because", _("is missing."), remedy=_("Say why: the next planner will ask.")
        )
    ratify_rulebook(rulebook_named(code, version), by=by, because=because)
    return redirect("rulebook", code=code, version=version)


@require_POST
@login_required
def rulebook_discard(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Give a draft up."""
    require(request.user, EDIT_RULEBOOK)
    discard_draft(rulebook_named(code, version))
    return redirect("rulebooks")


@require_GET
@login_required
def rulebook_compare(request: HttpRequest, code: str) -> HttpResponse:
    """Show which findings another version would add, remove and grade otherwise."""
    require(request.user, EDIT_RULEBOOK, RATIFY_RULEBOOK)
    books = [rulebook_named(code, _version(request, name)) for name in ("before", "after")]
    before, after = ([*rules_of(book)] for book in books)
    hidden = hidden_layers(request.user).values_list("slug", flat=True)
    told = compare_rules(before, after, hidden=list(hidden), limit_s=COMPARED_WITHIN_S)
    context = {
        "before": books[0],
        "after": books[1],
        "told": told,
        "sentence": sentence(told),
        "kinds": told.by_kind(),
        "effects": described(told),
    }
    return render(request, "conflicts/rulebooks/compare.html", context)


def _version(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 - an integer column
        raise RuleFieldError(
            name,
            _("'%(text)s' is no version.") % {"text": text[:40]},
            remedy=_("Choose one from the list of versions."),
        )
    return int(text)


def described(told: Comparison) -> list[dict[str, Any]]:
    """Return the effects as a page shows them."""
    return [
        {
            "effect": effect,
            "title": _title(effect.rule),
            "sentence": rule_sentence(effect),
            "answers": (answer_name(effect.answer_before), answer_name(effect.answer_after)),
            "findings": [
                {
                    "subject": change.pair[:2],
                    "object": change.pair[2:],
                    "before": severity_name(change.before),
                    "after": severity_name(change.after),
                }
                for change in effect.listed
            ],
        }
        for effect in told.effects
    ]


def _title(rule: Rule) -> str:
    return (rule.title.km if reader_language() == "km" else "") or rule.title.en

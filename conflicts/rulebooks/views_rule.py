"""One rule of one version: read by all, changed in a draft, its effect told before it is saved."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from conflicts.errors import RuleFieldError, StaleRuleBookError
from conflicts.kinds import Rule, selectors
from conflicts.models import RuleBook
from conflicts.queries import rulebook_named
from conflicts.rule_schema import rule_from_data
from conflicts.rulebooks.comparison import Comparison, compare_rules
from conflicts.rulebooks.editing import (
    refuse_unsound,
    remove_rule,
    rule_in,
    rules_with,
    save_rule,
    validator,
)
from conflicts.rulebooks.effects import as_data, rule_sentence, sentence
from conflicts.rulebooks.forms import NEW_KINDS, RuleForm, full_data, number_fields
from conflicts.rulebooks.printing import asked_of
from conflicts.rulebooks.versions import require_open, rules_of
from conflicts.rulebooks.views import described, rights
from conflicts.rulebooks.zoning import group_zones
from conflicts.vocab import EDIT_RULEBOOK
from conflicts.wording import class_names
from layers.editing.permissions import require
from layers.editing.web import error_response
from layers.errors import NotFoundError, UserFacingError
from layers.models import Run
from layers.runs import executing, queue_run, request_cancel
from layers.visibility import hidden_layers
from layers.vocab import RunState

NEW_RULE = "new"
# Beside a form nobody waits long; what is not told by then is "cannot tell".
TOLD_WITHIN_S = 8.0
EFFECTS = "rulebook-effects"


@require_http_methods(["GET", "POST"])
def rule_page(request: HttpRequest, code: str, version: int, rule_code: str) -> HttpResponse:
    """Show one rule; in a draft, who holds the right changes it or takes it out."""
    book = rulebook_named(code, version)
    rule = _rule(book, rule_code)
    if request.method == "POST":
        return _post(request, book, rule)
    return _page(request, book, rule, _form(request, rule))


def _rule(book: RuleBook, rule_code: str) -> Rule | None:
    if rule_code == NEW_RULE:
        return None
    rule = rule_in(book, rule_code)
    if rule is None:
        raise NotFoundError(
            _("%(book)s has no rule '%(rule)s'.") % {"book": book, "rule": rule_code[:40]},
            remedy=_("Choose one from its list."),
        )
    return rule


def _form(request: HttpRequest, rule: Rule | None) -> RuleForm:
    """Return the form of a rule; of a new one with the sides that the address names."""
    if rule is not None:
        stated = full_data(rule) | {"if_match": validator(rule)}
        return RuleForm(request.POST or None, kind=rule.kind, stated=stated, is_new=False)
    kind = request.GET.get("kind", "separation")
    if kind not in NEW_KINDS:
        raise RuleFieldError(
            "kind",
            _("'%(name)s' is unknown.") % {"name": kind[:40]},
            remedy=_("Use one of: %(known)s.") % {"known": ", ".join(NEW_KINDS)},
        )
    stated = {"if_match": validator(None)}
    for side in ("subject", "object"):
        if zones := group_zones().get(request.GET.get(side, "")):
            stated |= {side: {"classes": list(zones), "layers": ["zones"]}}
    return RuleForm(request.POST or None, kind=kind, stated=stated, is_new=True)


def _page(
    request: HttpRequest,
    book: RuleBook,
    rule: Rule | None,
    form: RuleForm,
    *,
    told: Comparison | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "book": book,
        "rule": rule,
        "form": form,
        "numbers": _numbers(rule),
        "sides": _sides(rule),
        "asked": "" if rule is None else asked_of(rule),
        "changes": [] if rule is None else book.changes.filter(rule_code=rule.code),
        "told": told,
        "sentence": "" if told is None else sentence(told),
        "effects": [] if told is None else described(told),
        **rights(request, book),
    }
    return render(request, "conflicts/rulebooks/rule.html", context, status=status)


def _numbers(rule: Rule | None) -> list[tuple[Any, float]]:
    if rule is None:
        return []
    form = RuleForm(None, kind=rule.kind, stated={}, is_new=False)
    named = ((form.fields[name].label, getattr(rule, name)) for name in number_fields(rule.kind))
    return [(label, value) for label, value in named if value is not None]


def _sides(rule: Rule | None) -> dict[str, str]:
    if rule is None:
        return {}
    return {
        side: class_names(chosen.classes) or ", ".join(chosen.layers) or chosen.theme
        for side, chosen in selectors(rule).items()
    }


@login_required
def _post(request: HttpRequest, book: RuleBook, rule: Rule | None) -> HttpResponse:
    by = require(request.user, EDIT_RULEBOOK)
    require_open(book)
    if rule is not None and request.POST.get("action") == "remove":
        return _remove(request, book, rule, by)
    form = _form(request, rule)
    try:
        changed = _changed(book, form, rule)
        if request.POST.get("action") != "save":
            return _page(request, book, rule, form, told=_effect(request, book, changed))
        _save(book, changed, form, by)
    except StaleRuleBookError as error:
        form.now_read(validator(rule))
        form.add_error(None, f"{error.what} {error.remedy}")
        return _page(request, book, rule, form, status=error.status)
    except RuleFieldError as error:
        form.add_error(None, f"{error.what} {error.remedy}")
        return _page(request, book, rule, form, status=400)
    return redirect("rulebook-rule", code=book.code, version=book.version, rule_code=changed.code)


def _remove(request: HttpRequest, book: RuleBook, rule: Rule, by: User) -> HttpResponse:
    remove_rule(
        draft=book,
        code=rule.code,
        if_match=request.POST.get("if_match", ""),
        by=by,
        reason=request.POST.get("reason", ""),
    )
    return redirect("rulebook", code=book.code, version=book.version)


def _changed(book: RuleBook, form: RuleForm, before: Rule | None) -> Rule:
    """Return the rule as the form says it.

    Raises
    ------
    RuleFieldError
    """
    if not form.is_valid():
        raise RuleFieldError(
            "", _("The form is not complete."), remedy=_("Put right the marked fields.")
        )
    data = form.rule_data()
    data.pop("if_match", None)
    rule = rule_from_data(data)
    refuse_unsound(book, rule, before)
    return rule


def _save(book: RuleBook, rule: Rule, form: RuleForm, by: User) -> None:
    save_rule(
        draft=book,
        rule=rule,
        if_match=form.cleaned_data["if_match"],
        by=by,
        reason=form.cleaned_data["reason"],
    )


def _effect(request: HttpRequest, book: RuleBook, changed: Rule, **told: Any) -> Comparison:  # noqa: ANN401
    """Return what saving this rule would change in what the draft finds now."""
    hidden = hidden_layers(request.user).values_list("slug", flat=True)
    return compare_rules(
        rules_of(book),
        rules_with(book, {changed.code: changed}),
        hidden=list(hidden),
        limit_s=TOLD_WITHIN_S,
        **told,
    )


@require_POST
@login_required
def rule_effects(request: HttpRequest, code: str, version: int, rule_code: str) -> HttpResponse:
    """Tell what saving the form would change; nothing is stored, and it can be cancelled."""
    try:
        require(request.user, EDIT_RULEBOOK)
        book = rulebook_named(code, version)
        rule = _rule(book, rule_code)
        form = _form(request, rule)
        told = _cancellable_effect(request, book, _changed(book, form, rule))
    except UserFacingError as error:
        return error_response(error)
    effects = [f"{effect.code}: {rule_sentence(effect)}" for effect in told.effects]
    said = {"sentence": sentence(told), "rules": effects, "comparison": as_data(told)}
    return JsonResponse(said, json_dumps_params={"ensure_ascii": False})


def _cancellable_effect(request: HttpRequest, book: RuleBook, changed: Rule) -> Comparison:
    """Compare as a run that ``effects_cancel`` finds by its token; the run is not kept."""
    run = queue_run(
        kind=EFFECTS,
        title=f"Effect of {changed.code} in {book}",
        parameters={"token": _token(request), "account": request.user.pk},
    )
    try:
        with executing(run) as report:
            return _effect(request, book, changed, report=report)
    finally:
        Run.objects.filter(pk=run.pk).delete()


def _token(request: HttpRequest) -> str:
    try:
        return str(UUID(request.POST.get("token", "")))
    except ValueError:
        raise RuleFieldError(
            "token", _("is missing."), remedy=_("Send a new UUID with each question.")
        ) from None


@require_POST
@login_required
def effects_cancel(request: HttpRequest, token: UUID) -> HttpResponse:
    """Stop a comparison of one's own that nobody waits for any more."""
    asked = {"token": str(token), "account": request.user.pk}
    own = {"kind": EFFECTS, **{f"parameters__{name}": value for name, value in asked.items()}}
    waiting = Run.objects.filter(**own, state__in=[RunState.QUEUED, RunState.RUNNING])
    return JsonResponse({"cancelled": sum(request_cancel(run) for run in waiting)})

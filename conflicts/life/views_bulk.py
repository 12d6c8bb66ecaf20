"""One decision on many findings, from the list: the ticked ones, or all that a filter shows."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from conflicts.errors import DecidingNotAllowedError, RuleFieldError
from conflicts.filters import refuse_unknown_words
from conflicts.life.bulk import MOST_AT_ONCE, STEPS, Chosen, take_together
from conflicts.life.errors import StaleListError
from conflicts.life.etags import etags
from conflicts.life.forms import FORMS, StepForm
from conflicts.life.steps import may
from conflicts.life.taking import take
from conflicts.life.views import asked_step
from conflicts.models import Finding
from conflicts.queries import FindingFilter, findings
from conflicts.rows import finding_row
from layers.errors import NotFoundError
from layers.visibility import Reader

SIGN = ":"
# What was chosen in the list, carried on to the form of the step.
KEPT = ("finding", "mode", "which", "filter", "digest")


def bulk_context(
    request: HttpRequest, shown: Iterable[Finding], found: QuerySet[Finding]
) -> dict[str, Any]:
    """Return the boxes and forms under a list, for who may decide; nothing for all others.

    ``found`` is all that the filter shows, ``shown`` what the page lists one by one.
    """
    user = request.user
    steps = [step for step in STEPS if may(user, step)]
    if not steps:
        return {"may_bulk": False}
    tags = etags(list(shown))
    return {
        "may_bulk": True,
        "boxes": {number: f"{number}{SIGN}{tag}" for number, tag in tags.items()},
        "bulk_forms": [FORMS[step]() for step in steps],
        "digest": digest_of(etags(at_most(found))),
    }


def at_most(found: QuerySet[Finding]) -> list[Finding]:
    """Return findings with what their validators tell; one more than can be decided at once."""
    joined = found.select_related("current__outcome").defer("current__witness", "current__facts")
    return list(joined.order_by("pk")[: MOST_AT_ONCE + 1])


def digest_of(tags: Mapping[int, str]) -> str:
    """Return one validator for many findings: which they are, and the state of each.

    What waits for approval is in it: proposing, withdrawing and refusing are events, and the
    validator of a finding changes with each.
    """
    said = "\n".join(f"{number}{SIGN}{tag}" for number, tag in sorted(tags.items()))
    return hashlib.sha256(said.encode()).hexdigest()


@require_POST
@login_required
def bulk(request: HttpRequest) -> HttpResponse:
    """Take one step on many findings and tell of each what became of it."""
    user = request.user
    if not isinstance(user, User):
        raise DecidingNotAllowedError
    step = asked_step(request, user)
    chosen = _chosen(request, user)
    if request.POST.get("ask"):  # the list asks first what the step needs
        return _ask(request, FORMS[step](), chosen)
    form = FORMS[step](request.POST)
    if not form.is_valid():
        return _ask(request, form, chosen, status=400)
    results = take_together(
        chosen,
        lambda finding, if_match: take(
            step, form.cleaned_data, finding=finding, by=user, if_match=if_match
        ),
        all_or_none=request.POST.get("mode") == "all",
    )
    rows = [{**finding_row(result.finding), "result": result} for result in results]
    context = {
        "rows": rows,
        "form": form,
        "stored": sum(result.is_stored for result in results),
        "refused": sum(bool(result.error) for result in results),
        "back": request.POST.get("filter", ""),
    }
    return render(request, "conflicts/bulk_result.html", context)


def _ask(
    request: HttpRequest, form: StepForm, chosen: list[Chosen], *, status: int = 200
) -> HttpResponse:
    """Ask what the step needs, or tell what is wrong with it; what was chosen is kept."""
    context = {
        "form": form,
        "kept": [
            (name, value)
            for name, values in request.POST.lists()
            if name in KEPT
            for value in values
        ],
        "chosen": len(chosen),
    }
    return render(request, "conflicts/bulk_form.html", context, status=status)


def _chosen(request: HttpRequest, reader: Reader) -> list[Chosen]:
    """Return the findings that were chosen, of those the reader may see.

    Raises
    ------
    RuleFieldError
        None, too many, or one that cannot be read.
    StaleListError
        The filter shows other findings, or others of their states, than the person saw.
    """
    if request.POST.get("which") == "filter":
        return _of_filter(request, reader)
    ticked = dict(_ticked(text) for text in request.POST.getlist("finding"))
    _require_number(len(ticked))
    found = list(findings(FindingFilter(), reader=reader).filter(pk__in=ticked))
    if len(found) < len(ticked):
        raise NotFoundError(
            _("%(count)s of the ticked conflicts do not exist.")
            % {"count": len(ticked) - len(found)},
            remedy=_("The list of findings is at /findings/."),
        )
    return [Chosen(finding=finding, if_match=ticked[finding.pk]) for finding in found]


def _ticked(text: str) -> tuple[int, str]:
    number, _sign, tag = text.partition(SIGN)
    if not (number.isascii() and number.isdigit() and len(number) <= 18 and tag):  # noqa: PLR2004 - fits the database
        raise RuleFieldError(
            "finding",
            _("'%(text)s' cannot be used.") % {"text": text[:40]},
            remedy=_("Tick findings in the list."),
        )
    return int(number), tag


def _of_filter(request: HttpRequest, reader: Reader) -> list[Chosen]:
    names = FindingFilter.__dataclass_fields__
    asked = QueryDict(request.POST.get("filter", ""))
    refuse_unknown_words(asked, "view", "page")
    wanted = FindingFilter(**{name: asked.get(name, "").strip() for name in names})
    found = findings(wanted, reader=reader)
    _require_number(found.count())
    listed = list(found)
    tags = etags(listed)
    if request.POST.get("digest", "") != digest_of(tags):
        raise StaleListError(count=len(listed), digest=digest_of(tags))
    return [Chosen(finding=finding, if_match=tags[finding.pk]) for finding in listed]


def _require_number(count: int) -> None:
    if 0 < count <= MOST_AT_ONCE:
        return
    raise RuleFieldError(
        "finding",
        _("%(count)s conflicts were chosen.") % {"count": count},
        remedy=_("Choose 1 to %(most)s at once.") % {"most": MOST_AT_ONCE},
    )

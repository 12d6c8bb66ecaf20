"""The versions of a rule book: drafted or loaded from a file, ratified, superseded, given up."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from conflicts.errors import ClosedRuleBookError, RuleBookFileError
from conflicts.kinds import Rule, selectors
from conflicts.models import Rule as RuleRow
from conflicts.models import RuleBook
from conflicts.recheck_requests import request_recheck
from conflicts.rule_parts import Text
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.rulebook_file import RuleBookFile, read_rulebook
from conflicts.rulebooks.precedence import with_precedence
from conflicts.vocab import RuleBookStatus
from layers.models import LandUseClass
from layers.queries import all_branches


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadedRuleBook:
    """A rule book after loading; ``is_new`` is false when its content was known already."""

    rulebook: RuleBook
    is_new: bool


@transaction.atomic
def load_rulebook(path: Path) -> LoadedRuleBook:
    """Store the rule book of a YAML file as a new draft version; known content changes nothing.

    Which pairs each rule leaves to a more specific one follows from the city's classes. Content
    that was in force once and is superseded becomes a new version: going back is a decision too.

    Raises
    ------
    RuleBookFileError
        Names file, rule, field and remedy; nothing is stored.
    """
    book = read_rulebook(path)
    refuse_unknown_classes(path.name, book.rules)
    book = replace(book, rules=with_precedence(book.rules, all_branches()))
    known = _versions(book.code).exclude(status=RuleBookStatus.SUPERSEDED)
    if found := known.filter(digest=book.digest).order_by("-version").first():
        return LoadedRuleBook(rulebook=found, is_new=False)
    row = _new_version(book, source_name=path.name[:255])
    return LoadedRuleBook(rulebook=row, is_new=True)


@transaction.atomic
def draft_version(*, based_on: RuleBook, by: AbstractBaseUser) -> RuleBook:
    """Open a draft that says what another version says; that version stays as it is."""
    return _new_version(
        stored_book(based_on),
        source_name=based_on.source_name,
        loaded_by_id=by.pk,
        based_on=based_on,
    )


def stored_book(rulebook: RuleBook) -> RuleBookFile:
    """Return one version as a file would say it: the same rules give the same digest."""
    return RuleBookFile(
        code=rulebook.code,
        title=Text(km=rulebook.title_km, en=rulebook.title_en),
        rules=tuple(rules_of(rulebook)),
    )


def rules_of(rulebook: RuleBook) -> list[Rule]:
    """Return the rules of a version, by code."""
    return [rule_from_data(row.definition) for row in rulebook.rules.order_by("code")]


@transaction.atomic
def ratify_rulebook(
    rulebook: RuleBook, *, by: AbstractBaseUser | None = None, because: str = ""
) -> RuleBook:
    """Put one draft in force; the version in force until now is superseded.

    Ratifying what is in force already changes nothing.

    Raises
    ------
    ClosedRuleBookError
        The version is superseded: it is history.
    """
    versions = _versions(rulebook.code)
    rulebook = versions.get(pk=rulebook.pk)
    if rulebook.status == RuleBookStatus.RATIFIED:
        return rulebook
    if rulebook.status == RuleBookStatus.SUPERSEDED:
        raise ClosedRuleBookError(rulebook)
    now = timezone.now()
    versions.filter(status=RuleBookStatus.RATIFIED).update(
        status=RuleBookStatus.SUPERSEDED, superseded_at=now
    )
    rulebook.status = RuleBookStatus.RATIFIED
    rulebook.ratified_at = now
    rulebook.ratified_by_id = None if by is None else by.pk
    rulebook.ratified_because = because.strip()
    rulebook.save(update_fields=["status", "ratified_at", "ratified_by", "ratified_because"])
    transaction.on_commit(request_recheck, robust=True)
    return rulebook


@transaction.atomic
def discard_draft(draft: RuleBook) -> None:
    """Give a draft up, with its changes; what is in force or in use is kept.

    Raises
    ------
    ClosedRuleBookError
    """
    draft = _versions(draft.code).get(pk=draft.pk)
    require_open(draft)
    draft.delete()


def require_open(rulebook: RuleBook) -> None:
    """Refuse a version that is no draft any more, or that findings rest on.

    Raises
    ------
    ClosedRuleBookError
    """
    if rulebook.status != RuleBookStatus.DRAFT or rulebook.detections.exists():
        raise ClosedRuleBookError(rulebook)


def store_rules(rulebook: RuleBook, rules: Iterable[Rule]) -> None:
    """Write rules into a version that holds none of their codes yet."""
    RuleRow.objects.bulk_create(
        RuleRow(
            rulebook=rulebook,
            code=rule.code,
            kind=rule.kind,
            severity=rule.severity,
            basis=rule.basis,
            title_km=rule.title.km,
            title_en=rule.title.en,
            definition=rule_to_data(rule),
        )
        for rule in rules
    )


def refuse_unknown_classes(name: str, rules: Iterable[Rule]) -> None:
    """Refuse rules that name a land-use class which the city does not have."""
    known = set(LandUseClass.objects.values_list("code", flat=True))
    for rule in rules:
        for side, selector in selectors(rule).items():
            for code in selector.classes:
                if code not in known:
                    raise _unknown_class(f"{name}: rule {rule.code}: {side}.classes", code, known)


def _unknown_class(place: str, code: str, known: Iterable[str]) -> RuleBookFileError:
    near = difflib.get_close_matches(code, known, n=1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    return RuleBookFileError(
        _("%(place)s: there is no land-use class '%(code)s'.") % {"place": place, "code": code},
        remedy=_(
            "%(hint)s'./krong classes' lists them; './krong load_classes' loads the standard ones."
        )
        % {"hint": hint},
    )


def _versions(code: str) -> QuerySet[RuleBook]:
    """Return the versions of a book; whoever asks for one holds them all until the end."""
    return RuleBook.objects.select_for_update(of=("self",)).filter(code=code).order_by("version")


def _new_version(book: RuleBookFile, **stated: Any) -> RuleBook:  # noqa: ANN401 - its columns
    newest = _versions(book.code).last()
    row = RuleBook.objects.create(
        code=book.code,
        version=(0 if newest is None else newest.version) + 1,
        title_km=book.title.km,
        title_en=book.title.en,
        digest=book.digest,
        **stated,
    )
    store_rules(row, book.rules)
    return row

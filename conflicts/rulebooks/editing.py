"""Changes of a draft of the rule book: one rule at a time, each with who, why and what it was.

Every change names the state it was made on; what someone else changed meanwhile is never
overwritten. After each change it is worked out anew which pairs each rule leaves to another.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError, StaleRuleBookError
from conflicts.kinds import Rule
from conflicts.models import Rule as RuleRow
from conflicts.models import RuleBook, RuleChange
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.rulebook_file import MOST_RULES
from conflicts.rulebooks.precedence import with_precedence
from conflicts.rulebooks.versions import (
    refuse_unknown_classes,
    require_open,
    rules_of,
    store_rules,
    stored_book,
)
from conflicts.vocab import RuleAction
from layers.queries import all_branches

NEW = "new"  # the validator of a rule that is not there yet


def validator(rule: Rule | None) -> str:
    """Return what names the state of a rule; which pairs are left to others does not count."""
    if rule is None:
        return NEW
    said = json.dumps(rule_to_data(replace(rule, left_to=())), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:24]


@transaction.atomic
def save_rule(*, draft: RuleBook, rule: Rule, if_match: str, by: User, reason: str) -> RuleChange:
    """Add a rule to a draft or change it, and keep what it was, who changed it and why.

    Raises
    ------
    ClosedRuleBookError
        The version is no draft any more, or findings rest on it.
    StaleRuleBookError
        Someone changed this rule after it was read.
    RuleFieldError
        The rule names no source, an unknown class or a code that means something else.
    """
    draft, rules = _held(draft)
    before = rules.get(rule.code)
    _require_same(draft, rule.code, before, if_match)
    refuse_unsound(draft, rule, before)
    rules[rule.code] = rule
    action = RuleAction.ADD if before is None else RuleAction.CHANGE
    return _store(draft, rules, rule.code, before, action=action, by=by, reason=reason)


@transaction.atomic
def remove_rule(*, draft: RuleBook, code: str, if_match: str, by: User, reason: str) -> RuleChange:
    """Take a rule out of a draft; its code stays known and is never used for another rule.

    Raises
    ------
    ClosedRuleBookError, StaleRuleBookError
    """
    draft, rules = _held(draft)
    before = rules.pop(code, None)
    _require_same(draft, code, before, if_match)
    if not rules:
        raise RuleFieldError(
            "code",
            _("is the last rule of the book."),
            remedy=_("Give the draft up instead, or add another rule first."),
        )
    return _store(draft, rules, code, before, action=RuleAction.REMOVE, by=by, reason=reason)


def refuse_unsound(draft: RuleBook, rule: Rule, before: Rule | None) -> None:
    """Refuse a rule without source, with unknown classes, or under a code that is taken.

    Raises
    ------
    RuleFieldError, RuleBookFileError
    """
    if not (rule.provision.citation or (rule.provision.law and rule.provision.article)):
        raise RuleFieldError(
            "provision",
            _("does not say where the number comes from."),
            remedy=_("Name the source: the law and article, or what it was taken from."),
        )
    refuse_unknown_classes(str(draft), [rule])
    others = RuleRow.objects.filter(rulebook__code=draft.code, code=rule.code)
    kinds = {before.kind} if before is not None else set(others.values_list("kind", flat=True))
    if kinds - {rule.kind}:
        raise RuleFieldError(
            "code",
            _("'%(code)s' already stands for another rule.") % {"code": rule.code},
            remedy=_("Codes are public and permanent: give the rule its own."),
        )


def rules_with(draft: RuleBook, changed: Mapping[str, Rule | None]) -> Sequence[Rule]:
    """Return the rules of a draft as they would be with these changed; None takes a rule out."""
    rules = {rule.code: rule for rule in rules_of(draft)} | dict(changed)
    kept = [rule for _code, rule in sorted(rules.items()) if rule is not None]
    return with_precedence(kept, all_branches())


def _held(draft: RuleBook) -> tuple[RuleBook, dict[str, Rule]]:
    """Return the draft and its rules; nobody else changes it until the end."""
    held = RuleBook.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    require_open(held)
    return held, {rule.code: rule for rule in rules_of(held)}


def _require_same(draft: RuleBook, code: str, before: Rule | None, if_match: str) -> None:
    if validator(before) == if_match:
        return
    newest = draft.changes.filter(rule_code=code).select_related("changed_by").first()
    raise StaleRuleBookError("" if newest is None else newest.changed_by.get_username(), code)


def _store(
    draft: RuleBook,
    rules: Mapping[str, Rule],
    code: str,
    before: Rule | None,
    **said: Any,  # noqa: ANN401
) -> RuleChange:
    if len(rules) > MOST_RULES:
        raise RuleFieldError(
            "code", _("is one rule too many."), remedy=_("Take another rule out first.")
        )
    if not said["reason"].strip():
        raise RuleFieldError(
            "reason", _("is missing."), remedy=_("Say why: the next planner will ask.")
        )
    after = {rule.code: rule for rule in with_precedence([*rules.values()], all_branches())}
    _write(draft, after)
    draft.revision += 1
    draft.digest = stored_book(draft).digest
    draft.save(update_fields=["revision", "digest"])
    return RuleChange.objects.create(
        rulebook=draft,
        revision=draft.revision,
        rule_code=code,
        action=said["action"],
        before=None if before is None else rule_to_data(before),
        after=rule_to_data(after[code]) if code in after else None,
        reason=said["reason"].strip(),
        changed_by=said["by"],
    )


def _write(draft: RuleBook, rules: Mapping[str, Rule]) -> None:
    """Write what differs from what is stored."""
    stored = {row.code: row.definition for row in draft.rules.all()}
    differing = [rule for rule in rules.values() if stored.get(rule.code) != rule_to_data(rule)]
    gone = [*(set(stored) - set(rules)), *(rule.code for rule in differing)]
    draft.rules.filter(code__in=gone).delete()
    store_rules(draft, differing)


def rule_in(rulebook: RuleBook, code: str) -> Rule | None:
    """Return one rule of a version, or None."""
    row = rulebook.rules.filter(code=code).first()
    return None if row is None else rule_from_data(row.definition)

"""Versions of a rule book: draft, ratified, superseded; and never changed afterwards."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from conflicts.errors import ClosedRuleBookError
from conflicts.models import Finding, Rule, RuleBook, RuleChange
from conflicts.rulebook_file import read_rulebook, write_rulebook
from conflicts.rulebooks.versions import (
    discard_draft,
    draft_version,
    load_rulebook,
    ratify_rulebook,
    require_open,
    stored_book,
)
from conflicts.services import detect_conflicts
from tests.conflicts.ground import rule_data, rulebook, surveyed_layer
from tests.factories import feature, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner():
    return User.objects.create_user("dara")


def statuses():
    return [(b.version, b.status) for b in RuleBook.objects.order_by("version")]


def refused(write):
    with (
        pytest.raises(IntegrityError, match="in use never changes"),
        transaction.atomic(),
    ):
        write()


def test_ratifying_says_who_when_and_why_and_supersedes_the_version_before(planner):
    first = ratify_rulebook(rulebook(rule_data()), by=planner, because="  Council, 3 May  ")

    second = ratify_rulebook(draft_version(based_on=first, by=planner), by=planner, because="Fix")

    first.refresh_from_db()
    assert statuses() == [(1, "superseded"), (2, "ratified")]
    assert (first.ratified_by, first.ratified_because) == (planner, "Council, 3 May")
    assert first.superseded_at == second.ratified_at
    assert (second.based_on, second.loaded_by) == (first, planner)


def test_ratifying_what_is_in_force_changes_nothing(planner):
    book = ratify_rulebook(rulebook(rule_data()), because="first")

    again = ratify_rulebook(book, by=planner, because="second")

    assert (again.ratified_by, again.ratified_because) == (None, "first")


def test_a_superseded_version_comes_back_only_as_a_new_one(planner, tmp_path):
    first = ratify_rulebook(rulebook(rule_data()))
    ratify_rulebook(rulebook(rule_data(min_distance_m=300)))
    copy = tmp_path / "back.yaml"
    copy.write_text(write_rulebook(stored_book(first)), encoding="utf-8")

    first.refresh_from_db()
    with pytest.raises(ClosedRuleBookError, match="Draft a new version"):
        ratify_rulebook(first)
    third = load_rulebook(copy).rulebook
    again = load_rulebook(copy).rulebook

    assert third == again
    assert statuses() == [(1, "superseded"), (2, "ratified"), (3, "draft")]
    assert third.rules.get().definition["min_distance_m"] == 200


WRITES = {
    "title": lambda book: RuleBook.objects.filter(pk=book.pk).update(title_en="Other"),
    "digest": lambda book: RuleBook.objects.filter(pk=book.pk).update(digest="0"),
    "reason": lambda book: RuleBook.objects.filter(pk=book.pk).update(ratified_because="no"),
    "back to draft": lambda book: RuleBook.objects.filter(pk=book.pk).update(status="draft"),
    "who": lambda book: RuleBook.objects.filter(pk=book.pk).update(ratified_by=User.objects.get()),
    "a rule": lambda book: book.rules.update(definition={"code": "T-01"}),
    "severity": lambda book: book.rules.update(severity="info"),
    "one rule less": lambda book: Rule.objects.filter(rulebook=book).delete(),
    "one rule more": lambda book: Rule.objects.create(rulebook=book, code="X-1", title_en="X",
                                                      kind="overlap", severity="low",
                                                      basis="demo_value", definition={}),
    "the book": lambda book: RuleBook.objects.filter(pk=book.pk).delete(),
}  # fmt: skip


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("is_superseded", [False, True], ids=["in force", "superseded"])
def test_the_database_refuses_to_change_a_version_that_was_ratified(planner, what, is_superseded):
    book = ratify_rulebook(rulebook(rule_data()))
    if is_superseded:
        ratify_rulebook(rulebook(rule_data(min_distance_m=300)))

    refused(lambda: WRITES[what](book))

    book.refresh_from_db()
    assert (book.status == "superseded") == is_superseded
    assert book.rules.get().definition["min_distance_m"] == 200


def test_a_superseded_version_never_comes_into_force_again_even_by_hand():
    book = ratify_rulebook(rulebook(rule_data()))
    ratify_rulebook(rulebook(rule_data(min_distance_m=300)))

    refused(lambda: RuleBook.objects.filter(pk=book.pk).update(status="ratified"))


def test_a_rule_is_not_moved_out_of_or_into_a_version_in_use():
    used, draft = ratify_rulebook(rulebook(rule_data())), rulebook(rule_data("T-02"))

    refused(lambda: Rule.objects.filter(rulebook=used).update(rulebook=draft))
    refused(lambda: Rule.objects.filter(rulebook=draft).update(rulebook=used))


def test_a_draft_that_findings_rest_on_is_closed_so_each_finding_keeps_its_rule(planner):
    surveyed_layer("facilities", feature("DUMP", square(0, 0, 10), "landfill"),
                   feature("SCHOOL", square(100, 0, 10), "school"))  # fmt: skip
    draft = rulebook(rule_data())
    detect_conflicts(rulebook=draft)

    refused(lambda: draft.rules.update(severity="info"))
    with pytest.raises(ClosedRuleBookError, match="findings rest on it"):
        discard_draft(draft)
    with pytest.raises(ClosedRuleBookError):
        require_open(draft)

    newer = draft_version(based_on=draft, by=planner)
    newer.rules.update(severity="info")
    assert Finding.objects.get().current.outcome.rule.rulebook == draft
    assert Finding.objects.get().severity == "high"


def test_a_finding_names_the_version_that_made_it_after_the_next_is_ratified(planner):
    surveyed_layer("facilities", feature("DUMP", square(0, 0, 10), "landfill"),
                   feature("SCHOOL", square(100, 0, 10), "school"))  # fmt: skip
    first = ratify_rulebook(rulebook(rule_data()))
    detect_conflicts(rulebook=first)
    ratify_rulebook(rulebook(rule_data(min_distance_m=300)))

    made_by = Finding.objects.get().current.outcome.rule
    assert (made_by.rulebook, made_by.definition["min_distance_m"]) == (first, 200)


def test_a_draft_is_given_up_with_its_changes_and_the_version_it_came_from_stays(planner):
    book = ratify_rulebook(rulebook(rule_data()))
    draft = draft_version(based_on=book, by=planner)
    RuleChange.objects.create(rulebook=draft, revision=1, rule_code="T-01", action="remove",
                              reason="trial", changed_by=planner)  # fmt: skip

    discard_draft(draft)

    assert statuses() == [(1, "ratified")]
    assert not RuleChange.objects.exists()
    with pytest.raises(ClosedRuleBookError):
        discard_draft(book)


def test_a_record_of_a_change_is_never_rewritten_and_needs_a_reason(planner):
    draft = rulebook(rule_data())
    said = {"rule_code": "T-01", "action": "remove", "reason": "trial", "changed_by": planner}
    change = RuleChange.objects.create(rulebook=draft, revision=1, **said)

    refused(lambda: RuleChange.objects.filter(pk=change.pk).update(reason="other"))
    with pytest.raises(IntegrityError, match="rule_change_has_reason"), transaction.atomic():
        RuleChange.objects.create(rulebook=draft, revision=2, rule_code="T-01", action="remove",
                                  reason="", changed_by=planner)  # fmt: skip


def test_the_version_a_draft_came_from_cannot_vanish(planner):
    first = rulebook(rule_data())
    draft_version(based_on=first, by=planner)

    with pytest.raises(ProtectedError):
        first.delete()


def test_a_stored_version_written_out_and_read_again_says_the_same(tmp_path):
    book = rulebook(rule_data("B-01"), rule_data("A-01", "overlap"))
    copy = tmp_path / "copy.yaml"
    copy.write_text(write_rulebook(stored_book(book)), encoding="utf-8")

    assert read_rulebook(copy) == stored_book(book)
    assert [rule.code for rule in stored_book(book).rules] == ["A-01", "B-01"]

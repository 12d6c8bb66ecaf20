"""Planners change a draft: one rule at a time, with source and reason, nobody another's."""

import pytest
from django.contrib.auth.models import User

from conflicts.errors import (
    ClosedRuleBookError,
    RuleBookFileError,
    RuleFieldError,
    StaleRuleBookError,
)
from conflicts.models import RuleChange
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.rulebooks.editing import (
    NEW,
    remove_rule,
    rule_in,
    rules_with,
    save_rule,
    validator,
)
from conflicts.rulebooks.versions import ratify_rulebook, stored_book
from layers.models import LandUseClass
from tests.conflicts.ground import rule_data, rulebook
from tests.factories import land_use

pytestmark = pytest.mark.django_db


@pytest.fixture
def dara():
    return User.objects.create_user("dara")


@pytest.fixture
def sophea():
    return User.objects.create_user("sophea")


def changed(draft, code="T-01", **fields):
    return rule_from_data(rule_to_data(rule_in(draft, code)) | fields)


def save(draft, rule, by, *, if_match=None, reason="The council said so"):
    before = validator(rule_in(draft, rule.code)) if if_match is None else if_match
    return save_rule(draft=draft, rule=rule, if_match=before, by=by, reason=reason)


def test_a_change_keeps_who_why_and_what_it_was(dara):
    draft = rulebook(rule_data())

    change = save(draft, changed(draft, min_distance_m=300), dara, reason="  Minutes of 3 May ")

    draft.refresh_from_db()
    assert (change.changed_by, change.reason, change.action) == (dara, "Minutes of 3 May", "change")
    assert (change.before["min_distance_m"], change.after["min_distance_m"]) == (200, 300)
    assert rule_in(draft, "T-01").min_distance_m == 300
    assert draft.revision == change.revision == 1
    assert draft.digest == stored_book(draft).digest


def test_what_someone_else_changed_meanwhile_is_not_overwritten_and_says_who(dara, sophea):
    draft = rulebook(rule_data())
    read = validator(rule_in(draft, "T-01"))
    save(draft, changed(draft, min_distance_m=300), sophea)

    with pytest.raises(StaleRuleBookError, match="sophea changed rule T-01"):
        save(draft, changed(draft, min_distance_m=400), dara, if_match=read)

    assert rule_in(draft, "T-01").min_distance_m == 300
    assert RuleChange.objects.count() == 1


def test_two_planners_change_two_rules_of_one_draft_without_waiting(dara, sophea):
    draft = rulebook(rule_data("A-01"), rule_data("B-01"))
    read = {code: validator(rule_in(draft, code)) for code in ("A-01", "B-01")}

    save(draft, changed(draft, "A-01", severity="low"), dara, if_match=read["A-01"])
    save(draft, changed(draft, "B-01", severity="info"), sophea, if_match=read["B-01"])

    assert [r.severity for r in stored_book(draft).rules] == ["low", "info"]
    assert [c.revision for c in RuleChange.objects.order_by("revision")] == [1, 2]


def test_a_rule_that_leaves_pairs_to_a_new_one_is_no_stale_rule_for_its_reader(dara):
    for code in ("works", "works_light"):
        land_use(code)
    LandUseClass.objects.filter(code="works_light").update(parent=land_use("works"))
    draft = rulebook(rule_data("G-01", subject={"classes": ["works"]}))
    read = validator(rule_in(draft, "G-01"))
    narrow = rule_from_data(rule_data("S-01", subject={"classes": ["works_light"]}))

    save(draft, narrow, dara, if_match=NEW)

    assert [left.rule for left in rule_in(draft, "G-01").left_to] == ["S-01"]
    save(draft, changed(draft, "G-01", severity="low"), dara, if_match=read)
    remove_rule(draft=draft, code="S-01", if_match=validator(rule_in(draft, "S-01")), by=dara,
                reason="no longer")  # fmt: skip
    assert rule_in(draft, "G-01").left_to == ()


def test_a_new_rule_does_not_replace_one_that_came_in_between(dara, sophea):
    draft = rulebook(rule_data("A-01"))
    save(draft, rule_from_data(rule_data("N-01")), sophea, if_match=NEW)

    with pytest.raises(StaleRuleBookError, match="sophea"):
        save(draft, rule_from_data(rule_data("N-01", min_distance_m=9)), dara, if_match=NEW)

    assert rule_in(draft, "N-01").min_distance_m == 200


def test_a_rule_taken_out_is_gone_and_kept_in_the_history(dara):
    draft = rulebook(rule_data("A-01"), rule_data("B-01"))
    read = validator(rule_in(draft, "A-01"))

    change = remove_rule(draft=draft, code="A-01", if_match=read, by=dara, reason="Repealed")

    assert [r.code for r in stored_book(draft).rules] == ["B-01"]
    assert (change.action, change.before["code"], change.after) == ("remove", "A-01", None)
    with pytest.raises(StaleRuleBookError):
        remove_rule(draft=draft, code="A-01", if_match=read, by=dara, reason="again")


def test_the_last_rule_of_a_book_stays(dara):
    draft = rulebook(rule_data())

    with pytest.raises(RuleFieldError, match="last rule"):
        remove_rule(draft=draft, code="T-01", if_match=validator(rule_in(draft, "T-01")), by=dara,
                    reason="all")  # fmt: skip


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_change_without_a_reason_is_refused_and_nothing_is_stored(dara, reason):
    draft = rulebook(rule_data())

    with pytest.raises(RuleFieldError, match="reason: is missing"):
        save(draft, changed(draft, severity="low"), dara, reason=reason)

    assert rule_in(draft, "T-01").severity == "high"


@pytest.mark.parametrize("provision", [{}, {"source": "S23"}, {"law": "Law on Land"}])
def test_a_rule_that_does_not_say_where_its_number_comes_from_is_refused(dara, provision):
    draft = rulebook(rule_data())

    with pytest.raises(RuleFieldError, match="where the number comes from"):
        save(draft, changed(draft, provision=provision), dara)


def test_a_rule_of_law_is_accepted_with_its_article_alone(dara):
    draft = rulebook(rule_data())
    law = {"law": "Law on Land", "article": "12"}

    save(draft, changed(draft, provision=law, basis="binding_law"), dara)

    assert rule_in(draft, "T-01").provision.citation == ""


def test_a_class_the_city_does_not_have_is_refused_with_the_nearest_name(dara):
    draft = rulebook(rule_data())

    with pytest.raises(
        RuleBookFileError, match=r"no land-use class 'scool'\. Did you mean 'school'"
    ):
        save(draft, changed(draft, object={"classes": ["scool"]}), dara)


def test_a_code_never_stands_for_another_kind_of_rule_in_any_version(dara):
    ratify_rulebook(rulebook(rule_data("OLD-1", "overlap")))
    draft = rulebook(rule_data("A-01"))

    with pytest.raises(RuleFieldError, match="'OLD-1' already stands for another rule"):
        save(draft, rule_from_data(rule_data("OLD-1")), dara, if_match=NEW)
    save(draft, rule_from_data(rule_data("OLD-1", "overlap")), dara, if_match=NEW)

    assert rule_in(draft, "OLD-1").kind == "overlap"


def test_what_is_in_force_is_not_changed(dara):
    book = ratify_rulebook(rulebook(rule_data()))

    with pytest.raises(ClosedRuleBookError):
        save(book, changed(book, severity="low"), dara)
    with pytest.raises(ClosedRuleBookError):
        remove_rule(draft=book, code="T-01", if_match="x", by=dara, reason="no")


def test_the_rules_with_a_change_are_worked_out_without_storing_it(dara):
    draft = rulebook(rule_data("A-01"), rule_data("B-01"))
    new = changed(draft, "A-01", min_distance_m=999)

    with_change = rules_with(draft, {"A-01": new})
    without = rules_with(draft, {"B-01": None})

    assert [r.min_distance_m for r in with_change] == [999, 200]
    assert [r.code for r in without] == ["A-01"]
    assert rule_in(draft, "A-01").min_distance_m == 200

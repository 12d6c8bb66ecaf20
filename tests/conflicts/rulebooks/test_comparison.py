"""Two versions asked of the same data: what ratifying adds and removes, and what cannot be told."""

import json

import pytest
from django.core.management import call_command
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from conflicts.models import DetectionRun, Finding
from conflicts.rule_schema import rule_from_data
from conflicts.rulebooks.comparison import LISTED, asks_the_same, compare_rules
from conflicts.rulebooks.effects import as_data, said_of, sentence
from layers.errors import RunCancelledError
from layers.models import Run
from layers.vocab import Answer
from tests.conflicts.ground import find, pairs, rule_data, rulebook, surveyed_layer
from tests.conflicts.test_against_shapely import build, cities, few, shapes, taken_back
from tests.factories import feature, land_use, square

pytestmark = pytest.mark.django_db


def rules(*data):
    return [rule_from_data(rule) for rule in data]


@pytest.fixture
def row_of_schools():
    """A landfill and schools 100, 200, ... 900 m away from it."""
    schools = [feature(f"S{n}", square(10 + 100 * n, 0, 5), "school") for n in range(1, 10)]
    surveyed_layer("facilities", feature("DUMP", square(0, 0, 10), "landfill"), *schools)


def test_a_wider_distance_adds_exactly_the_schools_between(row_of_schools):
    told = compare_rules(rules(rule_data(min_distance_m=250)), rules(rule_data(min_distance_m=550)))

    [effect] = told.effects
    assert (effect.found_before, effect.found_after) == (2, 5)
    assert (effect.added, effect.removed, effect.regraded) == (3, 0, 0)
    assert [change.pair[3] for change in effect.listed] == ["S3", "S4", "S5"]
    assert told.by_kind() == {"separation": (3, 0, 0)}
    assert told.is_told


def test_a_narrower_distance_removes_them_and_a_new_severity_grades_the_rest(row_of_schools):
    before = rules(rule_data(min_distance_m=550))
    after = rules(rule_data(min_distance_m=250, severity="critical"))

    told = compare_rules(before, after)

    assert [told.total(name) for name in ("added", "removed", "regraded")] == [0, 3, 2]
    assert {change.is_graver for change in told.effects[0].listed if change.after} == {True}


def test_a_rule_taken_out_removes_its_findings_and_a_new_one_adds_its_own(row_of_schools):
    old = rule_data("OLD-1", min_distance_m=250)
    new = rule_data("NEW-1", "overlap")

    told = compare_rules(rules(old), rules(new))

    new_effect, old_effect = told.effects
    assert (new_effect.code, new_effect.added, new_effect.answer_after) == (
        "NEW-1", 0, Answer.COMPLIES)  # fmt: skip
    assert (old_effect.code, old_effect.removed, old_effect.answer_after) == ("OLD-1", 2, None)


def test_rules_that_say_the_same_are_not_asked_and_words_alone_change_no_finding(row_of_schools):
    before = rules(rule_data("A-01"), rule_data("B-01"))
    after = rules(rule_data("A-01"), rule_data("B-01", title={"en": "Other words"}, note="seen"))

    told = compare_rules(before, after, limit_s=0)

    assert [effect.code for effect in told.effects] == ["B-01"]
    assert asks_the_same(before[1], after[1])
    assert told.is_told


def test_nothing_is_stored_by_a_comparison(row_of_schools):
    land_use("market")

    compare_rules(rules(rule_data()), rules(rule_data(min_distance_m=900)))

    assert not Finding.objects.exists()
    assert not DetectionRun.objects.exists()
    assert not Run.objects.exists()


def test_a_comparison_whose_time_is_over_says_cannot_tell_and_never_no_effect(row_of_schools):
    told = compare_rules(rules(rule_data("A-01")), rules(rule_data("A-01", min_distance_m=900)),
                         limit_s=0)  # fmt: skip

    assert told.untold == ("A-01",)
    assert not told.is_told
    assert as_data(told)["rules"][0]["found_after"] is None
    with translation.override("en"):
        assert sentence(told).startswith("Cannot tell all: 1 rules were not asked to the end.")


def test_a_statement_that_runs_too_long_is_ended_by_the_database(row_of_schools, monkeypatch):
    def slow(_file, _name):
        return "SELECT pg_sleep(20) WHERE %(rule_code)s <> ''"

    monkeypatch.setattr("conflicts.detection.load_sql", _slow_hits(slow))

    told = compare_rules([], rules(rule_data("A-01"), rule_data("B-01")), limit_s=0.5)

    assert told.untold == ("A-01", "B-01")


def _slow_hits(slow):
    from layers.sql_files import load_sql

    return lambda file, name: slow(file, name) if name == "separation.sql" else load_sql(file, name)


def test_a_cancelled_comparison_stops_at_the_next_rule(row_of_schools):
    asked = []

    def report(_share, message):
        asked.append(message)
        if len(asked) == 2:
            raise RunCancelledError("comparison")

    with pytest.raises(RunCancelledError):
        compare_rules([], rules(*(rule_data(f"R-{n}") for n in range(5))), report=report)
    assert asked == ["R-0", "R-1"]


def test_what_touches_a_hidden_layer_is_not_counted_for_who_may_not_see_it(row_of_schools):
    surveyed_layer("secret", feature("X", square(60, 0, 5), "school"))
    after = rules(rule_data(min_distance_m=150))

    assert compare_rules([], after).total("added") == 2
    assert compare_rules([], after, hidden=["secret"]).total("added") == 1


def test_a_long_list_is_cut_and_the_count_is_of_all():
    schools = [feature(f"S{n:03}", square(20 + n, 20 * n, 5), "school") for n in range(130)]
    surveyed_layer("facilities", feature("DUMP", square(0, 0, 10), "landfill"), *schools)

    [effect] = compare_rules([], rules(rule_data(min_distance_m=9_000))).effects

    assert (effect.added, len(effect.listed)) == (130, LISTED)


def test_an_all_clear_that_becomes_cannot_tell_is_seen_in_the_answers(row_of_schools):
    asked = rule_data(min_distance_m=50)
    of_markets = asked | {"object": {"classes": ["market"]}}
    land_use("market")

    [effect] = compare_rules(rules(asked), rules(of_markets)).effects

    assert (effect.answer_before, effect.answer_after) == (Answer.COMPLIES, Answer.CANNOT_TELL)
    assert (effect.added, effect.removed) == (0, 0)


def test_a_rule_without_objects_may_be_compared_with_itself(row_of_schools):
    inside = rule_data("C-01", "containment", subject={"classes": ["school"]},
                       object={"classes": ["landfill"]}, min_share=0.5)  # fmt: skip

    told = compare_rules(rules(inside), rules(inside | {"min_share": 0.6}))

    assert told.is_told
    assert told.total("removed") == 0


def test_the_command_tells_counts_per_rule_and_kind_and_the_list(row_of_schools, capsys):
    rulebook(rule_data("A-01", min_distance_m=250), rule_data("B-01", min_distance_m=250))
    rulebook(rule_data("A-01", min_distance_m=550), rule_data("B-01", min_distance_m=150))

    call_command("rulebook", "compare", "test-book", "1", "2", "--json")
    said = json.loads(capsys.readouterr().out)
    with translation.override("en"):
        call_command("rulebook", "compare", "test-book", "1", "2")
    text = capsys.readouterr().out

    assert (said["before"], said["after"]) == ("test-book v1", "test-book v2")
    assert (said["added"], said["removed"]) == (3, 1)
    assert said["by_kind"]["separation"] == {"added": 3, "removed": 1, "regraded": 0}
    assert [rule["findings"][0]["object"] for rule in said["rules"]] == ["S3", "S2"]
    assert "Adds 3 findings, removes 1, grades 0 otherwise." in text
    assert "separation: +3 -1 ~0" in text


def test_every_line_of_a_comparison_has_its_rule(row_of_schools):
    told = compare_rules(rules(rule_data("A-01")), rules(rule_data("B-01")), limit_s=30)

    lines = list(said_of(told))

    assert len(lines) == 1 + 1 + 2  # the sentence, one kind, two rules


@few
@given(cities(shapes()), st.sampled_from([50.0, 200.0]), st.sampled_from([120.0, 333.0]))
@taken_back
def test_a_comparison_adds_and_removes_what_two_detections_find_differently(city, old_m, new_m):
    build(city)
    for code in ("landfill", "school"):
        land_use(code)
    old, new = rule_data(min_distance_m=old_m), rule_data(min_distance_m=new_m)
    told = compare_rules(rules(old), rules(new))

    before = pairs(find(old))
    after = pairs(f for f in find(new) if f.state != "resolved" and f.is_present)

    assert told.total("added") == len(after - before)
    assert told.total("removed") == len(before - after)

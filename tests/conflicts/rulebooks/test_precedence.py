"""The more specific pair of classes wins, ties go stricter: by hand and against brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflicts.rule_parts import LeftTo
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.rulebooks.precedence import with_precedence
from conflicts.services import detect_conflicts
from layers.models import LandUseClass
from layers.queries import all_branches
from layers.vocab import BLOCKING_BASES
from tests.conflicts.ground import find, pairs, rule_data, rulebook, surveyed_layer
from tests.conflicts.test_against_shapely import few, taken_back
from tests.factories import feature, filled_layer, land_use, square

# Two branches: works (light works, heavy works > smelter) and school (primary).
PARENTS = {
    "works": "", "works_light": "works", "works_heavy": "works", "smelter": "works_heavy",
    "school": "", "school_primary": "school",
}  # fmt: skip


def ancestors(code):
    while code:
        yield code
        code = PARENTS[code]


BRANCHES = {code: [c for c in PARENTS if code in ancestors(c)] for code in PARENTS}


def rule(code, one, other, distance_m=100, **fields):
    sides = {"subject": {"classes": [one]}, "object": {"classes": [other]}}
    return rule_from_data(rule_data(code, min_distance_m=distance_m, **sides | fields))


def left(rules):
    return {r.code: [(x.rule, x.subject, x.object) for x in r.left_to]
            for r in with_precedence(rules, BRANCHES) if r.left_to}  # fmt: skip


def plant_classes():
    for code, parent in PARENTS.items():
        row = land_use(code)
        if parent:
            LandUseClass.objects.filter(pk=row.pk).update(parent=land_use(parent))


def test_the_rule_of_the_wider_class_is_left_to_that_of_the_narrower_one():
    rules = [rule("G-01", "works", "school"), rule("S-01", "works_light", "school", 50)]

    assert left(rules) == {"G-01": [("S-01", ("works_light",), ("school",))]}


def test_two_rules_of_one_pair_both_stay_so_the_stricter_stands():
    assert left([rule("A-01", "works", "school"), rule("A-02", "works", "school", 50)]) == {}


def test_a_rule_narrower_on_one_side_and_wider_on_the_other_is_not_more_specific():
    rules = [rule("A-01", "works_light", "school"), rule("A-02", "works", "school_primary")]

    assert left(rules) == {}


def test_a_pair_of_both_narrower_rules_is_left_to_whoever_names_it():
    rules = [
        rule("A-01", "works_light", "school"),
        rule("A-02", "works", "school_primary"),
        rule("A-03", "works_light", "school_primary"),
    ]

    assert left(rules) == {
        "A-01": [("A-03", ("works_light",), ("school_primary",))],
        "A-02": [("A-03", ("works_light",), ("school_primary",))],
    }


def test_the_sides_may_be_the_other_way_round_where_distance_has_no_direction():
    rules = [rule("G-01", "works", "school"), rule("S-01", "school_primary", "works", 50)]

    assert left(rules) == {"G-01": [("S-01", ("works",), ("school_primary",))]}


def test_a_rule_of_a_class_against_itself_is_left_both_ways_round():
    rules = [rule("G-01", "works", "works"), rule("S-01", "smelter", "works", 50)]

    [(code, subjects, objects), (_code, others, smelter)] = left(rules)["G-01"]

    assert (code, {*subjects, *others}, {*objects, *smelter}) == (
        "S-01", {"smelter", "works"}, {"smelter", "works"})  # fmt: skip


def test_what_has_no_force_never_takes_the_place_of_what_may_block():
    by_press = rule("G-01", "works", "school", basis="press_report")
    benchmark = rule("S-01", "works_light", "school", 50, basis="benchmark")
    by_plan = rule("S-02", "works_heavy", "school", 50, basis="plan_provision")

    assert left([by_press, benchmark, by_plan]) == {
        "G-01": [("S-02", ("works_heavy",), ("school",))]
    }


NARROWER = [
    {"lifecycles": ["existing"]},
    {"layers": ["facilities"]},
    {"where": {"attr": "chimney", "op": "eq", "value": True}},
    {"except_layers": ["land-cover"]},
    {"theme": "facilities"},
]


@pytest.mark.parametrize("narrowing", NARROWER, ids=lambda value: next(iter(value)))
def test_a_narrower_rule_that_could_be_silent_where_the_wider_speaks_takes_nothing_over(narrowing):
    narrow = rule("S-01", "works_light", "school", 50,
                  subject={"classes": ["works_light"], **narrowing})  # fmt: skip

    assert left([rule("G-01", "works", "school"), narrow]) == {}


def test_rules_of_different_kinds_never_stand_in_for_each_other():
    shares = rule_from_data(
        rule_data("O-01", "overlap", subject={"classes": ["works_light"]},
                  object={"classes": ["school"]}))  # fmt: skip

    assert left([rule("G-01", "works", "school"), shares]) == {}


def test_flood_rules_of_different_return_periods_never_stand_in_for_each_other():
    def flood(code, subject, years):
        return rule_from_data(rule_data(code, "hazard_exposure", subject={"classes": [subject]},
                                        return_period_years=years))  # fmt: skip

    rules = [flood("F-01", "school", 100), flood("F-02", "school_primary", 50)]

    assert left(rules) == {}
    assert left([*rules, flood("F-03", "school_primary", 100)]) == {
        "F-01": [("F-03", ("school_primary",), ())]
    }


def test_a_use_with_its_own_row_of_the_use_table_is_judged_by_that_row_alone():
    def row(code, use, zone):
        return rule_from_data(rule_data(
            code, "plan_vs_existing", subject={"classes": [use], "lifecycles": ["existing"]},
            object={"classes": [zone], "layers": ["zones"]}))  # fmt: skip

    rules = [row("U-01", "school", "works_heavy"), row("U-02", "school_primary", "smelter")]

    assert left(rules) == {"U-01": [("U-02", ("school_primary",), ())]}


def test_an_unrated_pair_never_takes_the_place_of_a_rated_one_but_is_left_to_it():
    rated = rule_from_data(rule_data("A-01", "adjacency", subject={"classes": ["works"]},
                                     object={"classes": ["school"]}))  # fmt: skip
    light = {"classes": ["works_light"]}
    unrated = rule_from_data(rule_data("A-02", "adjacency", subject=light, verdict="unrated"))
    narrower = rule_from_data(rule_data("A-03", "adjacency", subject={"classes": ["works_light"]},
                                        object={"classes": ["school_primary"]}))  # fmt: skip

    assert left([rated, unrated]) == {}
    assert left([unrated, narrower]) == {"A-02": [("A-03", ("works_light",), ("school_primary",))]}


def test_working_it_out_twice_changes_nothing():
    rules = [rule("G-01", "works", "school"), rule("S-01", "smelter", "school_primary", 50)]
    once = with_precedence(rules, BRANCHES)

    assert with_precedence(once, BRANCHES) == once
    assert [rule_from_data(rule_to_data(r)) for r in once] == list(once)


def test_a_pair_left_to_nobody_is_refused_when_read():
    with pytest.raises(Exception, match=r"left_to\[1\].*names no class"):
        rule_from_data(rule_data(left_to=[{"rule": "S-01"}]))


def test_light_works_80_m_from_a_school_are_left_to_their_own_rule_of_50_m(db):
    plant_classes()
    surveyed_layer(
        "facilities",
        feature("LIGHT", square(0, 0, 10), "works_light"),
        feature("HEAVY", square(0, 500, 10), "works_heavy"),
        feature("A", square(90, 0, 10), "school_primary"),
        feature("B", square(90, 500, 10), "school"),
        looked_for=[],
    )
    rules = [rule("G-01", "works", "school"), rule("S-01", "works_light", "school", 50)]

    book = rulebook(*(rule_to_data(r) for r in with_precedence(rules, BRANCHES)))
    detection = detect_conflicts(rulebook=book)

    outcomes = {o.rule.code: o for o in detection.outcomes.select_related("rule")}
    seen = [x.finding for o in outcomes.values() for x in o.observations.all()]
    found = {(f.rule_code, f.subject_id, f.object_id) for f in seen}
    assert found == {("G-01", "HEAVY", "B")}
    assert (outcomes["G-01"].pairs_found, outcomes["G-01"].pairs_exempted) == (1, 1)


def test_a_finding_of_the_wider_rule_is_resolved_when_a_narrower_rule_takes_the_pair(db):
    plant_classes()
    surveyed_layer("facilities", feature("LIGHT", square(0, 0, 10), "works_light"),
                   feature("A", square(90, 0, 10), "school"), looked_for=[])  # fmt: skip
    general, specific = rule("G-01", "works", "school"), rule("S-01", "works_light", "school", 50)

    [before] = find(rule_to_data(general))
    both = with_precedence([general, specific], BRANCHES)
    after = {f.rule_code: f.state for f in find(*(rule_to_data(r) for r in both))}

    assert before.state == "open"
    assert after == {"G-01": "resolved"}


# --- against brute force ------------------------------------------------------------------------

FORCES = ["demo_value", "press_report"]
books = st.lists(
    st.tuples(
        st.sampled_from(["works", "works_light", "works_heavy", "smelter"]),
        st.sampled_from(["school", "school_primary"]),
        st.sampled_from([40.0, 90.0, 150.0]),
        st.sampled_from(FORCES),
    ),
    min_size=1,
    max_size=6,
)
grounds = st.lists(
    st.tuples(st.sampled_from(sorted(PARENTS)), st.integers(0, 400), st.integers(0, 60)),
    min_size=2,
    max_size=9,
)


def is_conflict(book, subject, of_object, distance_m):
    """The definition in plain words: of the rules that mean the pair, drop each for which another
    names both classes at least as exactly, one of them more so, and has no less force; the pair is
    in conflict when the strictest of the rest is broken."""
    meant = [row for row in book
             if row[0] in ancestors(subject) and row[1] in ancestors(of_object)]  # fmt: skip

    def takes_over(specific, general):
        exact = general[0] in ancestors(specific[0]) and general[1] in ancestors(specific[1])
        forces = (specific[3] in BLOCKING_BASES) >= (general[3] in BLOCKING_BASES)
        return exact and specific[:2] != general[:2] and forces

    rest = [row for row in meant if not any(takes_over(other, row) for other in meant)]
    return bool(rest) and distance_m < max(row[2] for row in rest)


@few
@given(books, grounds)
@pytest.mark.django_db
@taken_back
def test_exactly_the_pairs_are_in_conflict_that_the_strictest_most_specific_rule_forbids(
    book, ground
):
    plant_classes()
    places = [feature(f"F{n}", square(x, y, 10), use) for n, (use, x, y) in enumerate(ground)]
    filled_layer("facilities", *places)
    rules = [rule(f"R-{n}", subject, of_object, distance_m, basis=basis)
             for n, (subject, of_object, distance_m, basis) in enumerate(book)]  # fmt: skip
    expected = {
        (one.stable_id, other.stable_id)
        for one in places
        for other in places
        if is_conflict(book, one.land_use, other.land_use, one.geometry.distance(other.geometry))
    }

    found = find(*(rule_to_data(r) for r in with_precedence(rules, all_branches())))

    assert pairs(found) == expected


def test_what_a_rule_leaves_is_data_that_survives_the_file():
    general, _specific = with_precedence(
        [rule("G-01", "works", "school"), rule("S-01", "smelter", "school", 50)], BRANCHES
    )

    said = rule_to_data(general)

    assert said["left_to"] == [{"rule": "S-01", "subject": ["smelter"], "object": ["school"]}]
    assert rule_from_data(said).left_to == (
        LeftTo(rule="S-01", subject=("smelter",), object=("school",)),
    )

"""A re-check asks of what changed and of what lies near it, and stores no more than is new."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conflicts.models import Finding, RuleOutcome
from conflicts.queries import latest_detection
from conflicts.recheck import recheck_conflicts
from conflicts.services import detect_conflicts
from layers.services import publish_changes, set_surveyed_area
from tests.conflicts.ground import CITY, rule_data, rulebook
from tests.factories import feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db
FAR = 5_000


@pytest.fixture
def buildings():
    """A landfill, a school 50 m beside it and a school 5 km away, all of it surveyed."""
    for use in ("landfill", "school", "market", "factory", "I1"):
        land_use(use)
    layer = filled_layer(
        "buildings",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(150, 0, 10), "school"),
        feature("F", square(FAR, 0, 10), "school"),
    )
    set_surveyed_area(layer=layer, geometry=CITY, classes=["landfill", "school", "market"])
    return layer


def from_landfill(code="T-01", metres=200):
    return rule_data(
        code=code,
        kind="separation",
        min_distance_m=metres,
        subject={"classes": ["landfill"]},
        object={"classes": ["school"]},
    )


def asked(*rules):
    book = rulebook(*rules)
    detect_conflicts(rulebook=book)
    return book


def moved(layer, name, x, use="school"):
    publish_changes(layer, [feature(name, square(x, 0, 10), use)], [])


def statements(book):
    with CaptureQueriesContext(
        connection,
    ) as seen:
        recheck = recheck_conflicts(rulebook=book)
    assert recheck.why_full is None
    return [query["sql"] for query in seen.captured_queries]


class TestStored:
    def test_a_school_that_moves_far_from_any_landfill_changes_no_answer(self, buildings):
        book = asked(from_landfill())

        moved(buildings, "F", FAR + 10)
        detection = recheck_conflicts(rulebook=book).detection

        assert not detection.outcomes.exists()
        assert not detection.observations.exists()
        assert detection.standing_outcomes.get().pairs_found == 1
        assert latest_detection(book.code) == detection

    def test_a_school_that_moves_beside_the_landfill_is_measured_and_answered_for(self, buildings):
        book = asked(from_landfill())

        moved(buildings, "S", 160)  # was 50 m from it, is 60 m
        detection = recheck_conflicts(rulebook=book).detection

        assert detection.outcomes.get().pairs_found == 1
        assert detection.observations.get().measured_value == pytest.approx(60)

    def test_a_school_that_moves_away_leaves_a_rule_that_is_kept_to(self, buildings):
        book = asked(from_landfill())

        moved(buildings, "S", 400)
        detection = recheck_conflicts(rulebook=book).detection

        outcome = detection.outcomes.get()
        assert (outcome.answer, outcome.pairs_found) == ("complies", 0)
        assert Finding.objects.get().state == "resolved"

    def test_a_second_school_is_one_more_to_answer_for(self, buildings):
        book = asked(from_landfill() | {"object": {"classes": ["landfill"]},
                                        "subject": {"classes": ["school"]}})  # fmt: skip

        moved(buildings, "G", FAR + 100)
        detection = recheck_conflicts(rulebook=book).detection

        assert detection.outcomes.get().subjects_checked == 3

    def test_where_nobody_surveyed_a_moved_school_is_told_of_no_more(self, buildings):
        set_surveyed_area(
            layer=buildings,
            geometry=rectangle(-1_000, -1_000, FAR + 2_000, 2_000),  # ends 1 km east of F
            classes=["landfill", "school", "market"],
        )
        rule = rule_data(
            kind="separation", min_distance_m=200,
            subject={"classes": ["school"]}, object={"classes": ["landfill"]},
        )  # fmt: skip
        book = asked(rule)
        assert RuleOutcome.objects.latest("pk").subjects_untold == 0

        moved(buildings, "F", FAR + 900)  # 90 m from where the survey ends, less than 200 m
        detection = recheck_conflicts(rulebook=book).detection
        [gap] = [g for g in detection.outcomes.get().missing if g["gap"] == "not_surveyed"]
        assert (gap["count"], gap["examples"]) == (1, ["F"])

        moved(buildings, "F", FAR)
        detection = recheck_conflicts(rulebook=book).detection
        assert not [g for g in detection.outcomes.get().missing if g["gap"] == "not_surveyed"]


class TestAsked:
    def test_ten_times_the_rules_ask_no_more_of_a_school_that_stands_near_nothing(self, buildings):
        """Nothing of what the other nine are about stands in the city."""
        land_use("quarry")
        others = [
            rule_data(code=f"T-{n:02}", kind="separation", min_distance_m=100 + n,
                      subject={"classes": ["quarry"]}, object={"classes": ["school"]})
            for n in range(2, 11)
        ]  # fmt: skip
        few, many = asked(from_landfill()), None
        moved(buildings, "F", FAR + 10)
        recheck_conflicts(rulebook=few)
        moved(buildings, "F", FAR + 20)
        asked_of_few = len(statements(few))

        many = rulebook(from_landfill(), *others, code="many")
        detect_conflicts(rulebook=many)
        moved(buildings, "F", FAR + 30)
        recheck_conflicts(rulebook=many)
        moved(buildings, "F", FAR + 40)

        assert len(statements(many)) <= asked_of_few

    def test_the_next_re_check_makes_no_tables(self, buildings):
        book = asked(from_landfill())
        moved(buildings, "F", FAR + 10)
        first = statements(book)
        moved(buildings, "F", FAR + 20)

        assert any("CREATE TEMPORARY TABLE" in sql for sql in first)
        assert not any("CREATE TEMPORARY" in sql for sql in statements(book))

    def test_what_the_one_before_left_in_them_is_not_found_again(self, buildings):
        book = asked(from_landfill())
        moved(buildings, "S", 160)
        recheck_conflicts(rulebook=book)
        moved(buildings, "F", FAR + 20)

        assert not recheck_conflicts(rulebook=book).detection.observations.exists()

    def test_after_a_full_detection_the_tables_are_made_anew(self, buildings):
        book = asked(from_landfill())
        moved(buildings, "F", FAR + 10)
        recheck_conflicts(rulebook=book)
        detect_conflicts(rulebook=book)
        moved(buildings, "S", 160)

        assert recheck_conflicts(rulebook=book).detection.observations.count() == 1


class TestAbsences:
    """Factories must lie in zone I1, and what is nowhere there is asked nearby only."""

    @pytest.fixture
    def book(self, buildings):
        publish_changes(
            buildings,
            [feature("P", square(1_000, 0, 100), "factory"),
             feature("Q", square(3_000, 0, 100), "factory")],
            [],
        )  # fmt: skip
        zones = filled_layer("zones", feature("Z", square(900, -100, 300), "I1"))
        set_surveyed_area(layer=zones, geometry=rectangle(0, -500, 2_000, 1_000), classes=["I1"])
        return asked(rule_data(kind="containment"))

    def test_the_whole_city_is_not_asked(self, book, buildings):
        moved(buildings, "P", 1_010, "factory")

        assert not any("TEMPORARY VIEW conflict_ground" in sql for sql in statements(book))

    def test_a_factory_that_leaves_its_zone_is_found_and_one_untold_stays_untold(
        self, book, buildings
    ):
        moved(buildings, "P", 1_500, "factory")

        outcome = recheck_conflicts(rulebook=book).detection.outcomes.get()

        assert (outcome.answer, outcome.pairs_found) == ("fails", 1)
        [gap] = [g for g in outcome.missing if g["gap"] == "absence_not_sure"]
        assert (gap["count"], gap["examples"]) == (1, ["Q"])

    def test_a_zone_that_moves_takes_the_ground_from_a_factory_that_stayed(self, book):
        zones = filled_layer("zones")
        publish_changes(zones, [feature("Z", square(1_400, -100, 300), "I1")], [])

        recheck_conflicts(rulebook=book)

        assert Finding.objects.get().subject_id == "P"

    def test_a_factory_that_comes_where_no_zone_was_surveyed_is_one_more_untold(
        self, book, buildings
    ):
        moved(buildings, "R", 4_000, "factory")

        outcome = recheck_conflicts(rulebook=book).detection.outcomes.get()

        [gap] = [g for g in outcome.missing if g["gap"] == "absence_not_sure"]
        assert (gap["count"], gap["examples"]) == (2, ["Q", "R"])

"""Acceptance scenario 7 as far as the rule book decides it: a landfill site of 15 ha, tried out."""

import pytest

from conflicts.rulebooks.builder import BOOK_FILE
from conflicts.rulebooks.versions import load_rulebook
from conflicts.whatif import findings_for
from layers.classes import load_classes
from layers.vocab import Answer
from tests.conflicts.ground import surveyed_layer
from tests.factories import feature, rectangle, square

SIDE_M = 400.0  # 16 ha
LOOKED_FOR = ["residential", "school", "hospital", "health_centre", "market", "hotel", "airport",
              "water_intake", "beach", "pagoda"]  # fmt: skip


@pytest.fixture
def book(db):
    """A city south of the origin: homes, a runway, a nature zone, a flood map, water, coast."""
    load_classes()
    surveyed_layer("buildings", feature("HOME", square(0, -1_100, 100), "residential"),
                   looked_for=LOOKED_FOR)  # fmt: skip
    surveyed_layer("facilities", feature("RUNWAY", rectangle(0, -9_000, 2_500, 45), "airport"),
                   looked_for=LOOKED_FOR)  # fmt: skip
    surveyed_layer("zones", feature("NATURE", square(6_000, 0, 300), "CN"),
                   looked_for=["CN", "protected", "river", "coast"])  # fmt: skip
    flood = {"hazard_class": "H2", "depth_min_m": 0.3, "depth_max_m": 0.6}
    surveyed_layer("flood-demo", feature("F", square(0, 8_000, 600), return_period_years=100,
                                         **flood), theme="hazard-flood", looked_for=[])  # fmt: skip
    return load_rulebook(BOOK_FILE).rulebook


def broken(book, x, y):
    site = feature("SITE", square(x, y, SIDE_M), "landfill", lifecycle="proposed")
    judged = findings_for([site], [book])
    fails = [judgement for judgement in judged if judgement.answer == Answer.FAILS]
    return {one.rule.code: one for one in fails if one.rule.code.startswith("LF")}


def test_a_site_far_enough_from_homes_runway_nature_and_water_breaks_no_rule(book):
    assert broken(book, 0, 20) == {}  # homes 1,020 m, runway 8,975 m, nature 5,600 m away


@pytest.mark.parametrize(
    ("x", "y", "codes", "measured"),
    [
        (0, -10, {"LF-01": 990.0}, "homes at 990 m"),
        (5_200, 0, {"LF-13": 400.0}, "nature at 400 m"),
        (0, -6_000, {"LF-07": 2_955.0, "LF-08": 2_955.0}, "runway at 2,955 m"),
        (0, -5_800, {"LF-08": 3_155.0}, "runway beyond 3,048 m: the authority is told"),
        (100, 8_100, {"LF-17": None}, "in the water"),
    ],
    ids=["homes", "nature", "runway", "notice", "flood"],
)
def test_a_site_too_near_breaks_exactly_the_rule_that_names_it(book, x, y, codes, measured):
    found = broken(book, x, y)

    assert set(found) == set(codes), measured
    for code, distance_m in codes.items():
        if distance_m is not None:
            assert found[code].measured == pytest.approx(distance_m), measured
        assert not found[code].may_block  # foreign references and demo values only warn


def test_a_site_where_nobody_has_looked_for_homes_cannot_be_cleared(book):
    site = feature("SITE", square(0, 30_000, SIDE_M), "landfill", lifecycle="proposed")

    answers = {j.rule.code: j.answer for j in findings_for([site], [book])}

    assert answers["LF-01"] == Answer.CANNOT_TELL
    assert answers["LF-17"] == Answer.CANNOT_TELL
    assert Answer.COMPLIES not in {answers[code] for code in answers if code.startswith("LF")}

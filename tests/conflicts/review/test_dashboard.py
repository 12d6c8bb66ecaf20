"""Every number of the dashboard leads to a list of exactly so many findings."""

import html
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from conflicts.filters import FindingFilter
from conflicts.models import DetectionRun
from conflicts.queries import narrowed
from conflicts.review.counts import Number
from conflicts.review.dashboard import dashboard
from layers.models import Layer, Run
from layers.services import set_surveyed_area
from tests.conflicts.ground import find, put, rule_data
from tests.conflicts.people import decide
from tests.conflicts.review.ground import (
    EAST_SIDE,
    NEAR_LANDFILL,
    ON_LANDFILL,
    WEST,
    detected,
    facilities,
    numbers_of,
    sangkats,
)
from tests.conflicts.test_against_shapely import build, cities, few, shapes, taken_back
from tests.factories import feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db

LINK = re.compile(r'href="(/findings/\?[^"]+)"[^>]*>(?:<[^>]+>)*([^<]*)<')
HEADING = re.compile(r"<h2>([\d,]+) conflicts?</h2>")


def reader():
    return AnonymousUser()


def shown(**asked):
    return dashboard(reader(), **asked)


def all_numbers(told):
    """Yield every number of a dashboard."""
    for value in told.values():
        yield from _numbers_in(value)


def _numbers_in(value):
    if isinstance(value, Number):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _numbers_in(each)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _numbers_in(getattr(value, name))


def test_two_high_and_one_critical_conflict_are_counted_by_kind_and_severity():
    sangkats()
    detected()

    told = shown()

    assert [(key, number.count) for key, _label, number in told["by_severity"]] == [
        ("critical", 1), ("high", 2), ("medium", 0), ("low", 0), ("info", 0),
    ]  # fmt: skip
    assert numbers_of(row for row, _untold in told["kinds"]) == {"overlap": 1, "separation": 2}
    assert told["total"].count == 3


def test_one_conflict_across_two_sangkats_counts_in_each_and_the_total_is_said():
    sangkats()
    detected()

    told = shown()

    assert numbers_of(row for row, _blind in told["sangkats"]) == {EAST_SIDE: 1, WEST: 3}
    assert told["crossing"] == 1
    assert told["total"].count == 3


def test_beside_no_conflict_stands_how_many_rules_cannot_tell(client):
    """Nobody surveyed schools: nothing found, and nothing known."""
    filled_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    filled_layer("schools", feature("S", square(5_000, 0, 50), "school"))
    find(rule_data())

    told = shown()
    [(row, answered)] = told["kinds"]
    page = client.get("/findings/dashboard/?lang=en").content.decode()

    assert (row.key, row.total.count) == ("separation", 0)
    assert (answered.untold, answered.rules) == (1, 1)
    assert "1 of 1 rules" in page
    assert "Few conflicts are no all-clear" in page


def test_before_any_detection_it_says_that_nothing_can_be_told(client):
    page = client.get("/findings/dashboard/?lang=en").content.decode()

    assert "Nothing was detected yet, so nothing can be told." in page
    assert "By kind" not in page


def test_ground_nobody_looked_at_is_counted_for_its_sangkat():
    """The east was never surveyed: the rule misses ground there and not in the west."""
    sangkats()
    layer = filled_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    land_use("school")
    set_surveyed_area(
        layer=layer,
        geometry=rectangle(-1_000, -1_000, 1_200, 2_000),
        classes=["landfill", "school"],
    )
    find(rule_data())

    told = shown()

    assert {row.key: blind for row, blind in told["sangkats"]} == {WEST: 0, EAST_SIDE: 1}


def test_without_a_layer_of_sangkats_the_page_says_so(client):
    detected()

    page = client.get("/findings/dashboard/?lang=en").content.decode()

    assert "No layer of sangkats that you may see is published" in page


def test_a_hidden_layer_of_sangkats_shows_no_sangkat(client):
    sangkats(visibility="restricted")
    detected()

    page = client.get("/findings/dashboard/?lang=en").content.decode()

    assert "No layer of sangkats that you may see is published" in page
    assert client.get(f"/findings/?sangkat={WEST}").status_code == 400


def first_seen_days_ago(days):
    """Move the first detection into the past."""
    run = DetectionRun.objects.earliest("pk").run
    moment = timezone.now() - timedelta(days=days)
    Run.objects.filter(pk=run.pk).update(finished_at=moment, started_at=moment)


@pytest.mark.parametrize(
    ("days", "group"), [(0, 4), (6, 4), (7, 3), (29, 3), (30, 2), (89, 2), (90, 1), (364, 1),
                        (365, 0), (4_000, 0)],
)  # fmt: skip
def test_a_conflict_known_for_some_days_stands_in_the_group_of_that_age(days, group):
    detected()
    first_seen_days_ago(days)

    ages = shown()["ages"]

    assert [row.total.count for row in ages] == [3 if n == group else 0 for n in range(5)]
    assert narrowed(FindingFilter(**ages[group].total.filters), reader=None).count() == 3


def test_settled_conflicts_count_by_state_only():
    found = detected()
    decide(found["M"], "dismissed")
    decide(found["S-EAST"], "accepted")

    told = shown()

    assert told["total"].count == 2
    assert {k: n for k, n in numbers_of(told["states"]).items() if n} == {
        "open": 1, "accepted": 1, "dismissed": 1,
    }  # fmt: skip


def test_a_second_look_shows_what_happened_since_the_first():
    """What was counted is kept until something happens: a decision, a detection, other borders."""
    found = detected()
    assert shown()["total"].count == 3

    decide(found["M"], "dismissed")
    assert shown()["total"].count == 2
    layer = facilities()
    put(layer, feature("L", square(0, 0, 100), "landfill"))
    find(NEAR_LANDFILL, ON_LANDFILL)
    assert shown()["total"].count == 0
    facilities()
    find(NEAR_LANDFILL, ON_LANDFILL)
    sangkats()
    again = shown()
    assert again["total"].count == 2
    assert numbers_of(row for row, _blind in again["sangkats"]) == {EAST_SIDE: 1, WEST: 2}


def test_a_second_look_does_not_count_again():
    sangkats()
    detected()
    shown()

    with CaptureQueriesContext(connection) as asked:
        assert shown()["total"].count == 3
    assert not [q for q in asked if "width_bucket" in q["sql"]]


def test_the_trend_tells_what_was_new_what_went_and_what_came_back():
    detected()
    layer = facilities()
    put(layer, feature("L", square(0, 0, 100), "landfill"),
        feature("S-EAST", square(280, 0, 50), "school"))  # fmt: skip
    find(NEAR_LANDFILL, ON_LANDFILL)
    facilities()
    find(NEAR_LANDFILL, ON_LANDFILL)

    trend = shown()["trend"]

    # newest first: new, worse, came back, better, gone
    assert [[number.count for number in row.changes] for row in trend] == [
        [0, 0, 1, 0, 0], [0, 0, 0, 0, 2], [3, 0, 0, 0, 0],
    ]  # fmt: skip


def test_the_worst_of_each_gravest_rule_is_shown_and_the_newest():
    land_use("market")
    detected(feature("M-2", square(90, 90, 100), "market"))

    told = shown()

    # M shares 2,500 m2 with the landfill, M-2 100 m2
    assert [finding.object_id for finding in told["worst"]] == ["M"]
    assert len(told["newest"]) == 4


def test_what_a_reader_may_not_see_is_in_no_number():
    detected()
    Layer.objects.filter(slug="facilities").update(visibility="restricted")

    told = shown()

    assert {number.count for number in all_numbers(told)} == {0}
    assert told["worst"] == told["newest"] == []


def test_every_link_of_the_page_opens_a_list_of_as_many_findings(client):
    sangkats()
    detected()
    page = client.get("/findings/dashboard/?lang=en").content.decode()

    links = [(html.unescape(a), n) for a, n in LINK.findall(page)
             if n.strip().isdigit() and not a.endswith("#untold")]  # fmt: skip
    assert len(links) > 15
    for address, number in links:
        listed = client.get(f"{address}&lang=en")
        assert listed.status_code == 200, address
        [count] = HEADING.findall(listed.content.decode())
        assert count == number.strip(), address


@pytest.mark.parametrize("asked", ["rulebook=none", "rulbook=x", "rulebook=%00", "kind=separation"])
def test_a_word_that_means_nothing_is_refused(client, asked):
    detected()

    assert client.get(f"/findings/dashboard/?{asked}").status_code == 400


def test_one_rule_book_is_counted_alone(client):
    detected()
    find(NEAR_LANDFILL, code="other")

    assert shown()["total"].count == 5
    assert shown(rulebook="other")["total"].count == 2
    page = client.get("/findings/dashboard/?lang=en&rulebook=other").content.decode()
    assert "rulebook=other" in page


def test_the_counts_take_as_many_questions_for_many_findings_as_for_few(
    django_assert_max_num_queries,
):
    sangkats()
    detected(*(feature(f"S-{n}", square(120 + 3 * n, 0, 2), "school") for n in range(20)))
    shown()

    with django_assert_max_num_queries(40):
        assert shown()["total"].count == 23


@few
@given(
    cities(shapes()),
    st.lists(st.sampled_from(["open", "triaged", "accepted", "dismissed", "resolved"]), max_size=6),
    st.integers(50, 500).map(float),
)
@taken_back
def test_each_number_equals_the_length_of_its_list(city, states, border_m):
    filled_layer(
        "sangkat",
        feature("A", rectangle(-2_000, -2_000, 2_000 + border_m, 4_000), name_en="A"),
        feature("B", rectangle(border_m, -2_000, 4_000, 4_000), name_en="B"),
    )
    for use in ("landfill", "school", "market"):
        land_use(use)
    build(city)
    found = find(rule_data(), ON_LANDFILL)
    for finding, state in zip(found, states, strict=False):
        decide(finding, state)

    for number in all_numbers(shown()):
        listed = narrowed(FindingFilter(**number.filters), reader=reader())
        assert number.count == listed.count(), number.filters

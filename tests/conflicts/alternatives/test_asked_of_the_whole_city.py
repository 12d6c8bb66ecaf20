"""Rules that only the whole city can answer: each differs, stays, is kept or cannot tell."""

import pytest

from conflicts.alternatives.changes import Alternative, Change
from conflicts.alternatives.services import ask_alternatives
from conflicts.alternatives.vocab import Effect
from conflicts.services import detect_conflicts
from layers.services import publish_changes
from tests.conflicts.ground import only_outcome, rule_data, rulebook, surveyed_layer
from tests.factories import at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

SCHOOL = feature("S", at(0, 0), "school")
NEAR = feature("M", at(100, 0), "market")  # within the 150 m that the rule asks for
FAR = feature("M9", at(900, 0), "market")
LOOKED_FOR = ("school", "market")


@pytest.fixture
def book():
    """Every school of a zone has a market within 150 m."""
    surveyed_layer("zones", feature("Z", square(-1000, -1000, 2000), "R1"), looked_for=["R1"])
    served = {"classes": ["school"], "layers": ["facilities"]}
    return rulebook(rule_data(kind="service_coverage", served=served))


def ask(layer, name, after, book, **asked):
    change = Change(layer=layer, stable_id=name, after=after)
    alternative = Alternative(name="A", changes=(change,))
    [answer] = ask_alternatives([alternative], books=[book], whole=True, **asked)
    assert not answer.left_out
    return answer


def said(answer):
    """What is said of the one rule of the book."""
    return (
        [(d.effect, d.identity[2]) for d in answer.differences],
        len(answer.complies),
        len(answer.untold),
    )


def test_where_nobody_surveyed_markets_no_one_tells_that_the_last_can_go(book):
    land_use("market")
    layer = filled_layer("facilities", SCHOOL, NEAR)

    answer = ask(layer, "M", None, book)

    assert said(answer) == ([], 0, 1)
    assert answer.untold[0].asked.code == "T-01"
    publish_changes(layer, [], ["M"])
    assert only_outcome(detect_conflicts(rulebook=book)).answer == "cannot_tell"


def test_where_another_market_is_as_near_the_rule_is_kept_without_the_first(book):
    other = feature("M2", at(-100, 0), "market")
    layer = surveyed_layer("facilities", SCHOOL, NEAR, other, looked_for=LOOKED_FOR)

    assert said(ask(layer, "M", None, book)) == ([], 1, 0)


def test_where_the_last_near_market_goes_the_school_is_without(book):
    layer = surveyed_layer("facilities", SCHOOL, NEAR, FAR, looked_for=LOOKED_FOR)

    assert said(ask(layer, "M", None, book)) == ([(Effect.APPEARS, "Z")], 0, 0)


def test_a_school_that_had_no_market_and_gets_none_is_no_rule_kept(book):
    """The nearest stays 900 m away; the one 3 km away never served it."""
    layer = surveyed_layer(
        "facilities", SCHOOL, FAR, feature("M30", at(3000, 0), "market"), looked_for=LOOKED_FOR
    )

    assert said(ask(layer, "M30", None, book)) == ([(Effect.STAYS, "Z")], 0, 0)


def test_markets_of_a_hidden_layer_may_serve_so_the_reader_is_told_of_no_lack(book):
    surveyed_layer("secret", feature("X", at(50, 0), "market"), looked_for=LOOKED_FOR,
                   visibility="restricted")  # fmt: skip
    layer = surveyed_layer("facilities", SCHOOL, NEAR, looked_for=LOOKED_FOR)

    answer = ask(layer, "M", None, book, seen=("public",))

    assert said(answer) == ([], 0, 1)
    assert "not public" in answer.untold[0].missing[0]["en"]


def test_a_market_drawn_where_the_proposals_are_hidden_still_counts(book):
    """The nearest market stood 900 m away; one is drawn 100 m away."""
    surveyed_layer("facilities", SCHOOL, FAR, looked_for=LOOKED_FOR)
    hidden = surveyed_layer("proposals", feature("X", at(50, 0), "home"), looked_for=LOOKED_FOR,
                            visibility="restricted")  # fmt: skip

    answer = ask(hidden, "M", NEAR, book, seen=("public",))

    assert said(answer) == ([(Effect.GOES, "Z")], 1, 0)

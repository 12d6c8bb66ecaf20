"""Findings without an object tell of what was looked for: hidden, they are shown to no one else."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from conflicts.filters import FindingFilter
from conflicts.queries import narrowed
from conflicts.review.dashboard import dashboard
from conflicts.review.digest import make_digest, monday_of, shown_sections
from conflicts.review.models import Stocktaking, WeeklyDigest
from conflicts.review.resting import hidden_with
from layers.models import Layer
from tests.conflicts.ground import find, put
from tests.conflicts.test_network_coordination import ROAD, road, roads, zones
from tests.conflicts.test_service_coverage import (
    MARKET_WITHIN_500_M,
    home,
    homes,
    market,
    markets,
    sangkats,
)
from tests.factories import feature, filled_layer, square
from tests.standards.ground import Reader

pytestmark = pytest.mark.django_db


def hide(slug):
    Layer.objects.filter(slug=slug).update(visibility="restricted")


def far_road():
    """A planned zone whose nearest road lies 340 m north: the evidence ends on that road."""
    zones()
    roads(road(440))
    return find(ROAD)


def unserved_homes():
    """Of two homes one lies 600 m from the market: the evidence is that home."""
    sangkats()
    markets(market(square(0, 0, 100)))
    homes(home(square(150, 0, 10), "A"), home(square(700, 0, 10), "FAR"))
    return find(MARKET_WITHIN_500_M)


def numbers_shown(client):
    """Return how many findings a reader without an account is told of, place by place."""
    told = dashboard(AnonymousUser())
    digest = make_digest(monday_of(timezone.localdate()))
    closed = frozenset(Layer.objects.exclude(visibility="public").values_list("slug", flat=True))
    [new] = [s for s in shown_sections(digest, hidden=closed, names={}) if s.name == "new"]
    return {
        "list": client.get("/findings/?view=each").context["count"],
        "map": client.get("/findings.geojson").json()["total"],
        "file": len(client.get("/findings/file.geojson").json()["features"]),
        "counts": told["total"].count,
        "trend": sum(n.count for n in told["trend"][0].changes),
        "ogc": len(Reader().told("collections/findings/items")["features"]),
        "digest": new.count,
        "digest's rows": len(new.rows),
    }


@pytest.mark.parametrize(
    ("city", "hidden"),
    [(far_road, "roads"), (unserved_homes, "buildings"), (unserved_homes, "facilities")],
)
def test_what_is_too_far_or_served_by_nothing_is_shown_only_with_what_was_looked_for(
    client, city, hidden
):
    assert len(city()) == 1
    assert set(numbers_shown(client).values()) == {1}

    hide(hidden)

    assert set(numbers_shown(client).values()) == {0}


def test_another_hidden_layer_takes_no_finding_away(client):
    far_road()
    filled_layer("cadastre", feature("P", square(0, 0, 10), "school"), visibility="restricted")

    assert set(numbers_shown(client).values()) == {1}


def test_a_hidden_layer_that_once_held_a_road_may_have_been_read(client):
    """The rule asks for roads wherever they are; the private ones are gone, the finding stands."""
    far_road()
    private = filled_layer("private", road(600, "PR"), visibility="restricted")
    put(private, feature("PR-2", square(0, 600, 10), "R1"))

    assert hidden_with({"private"}).rules == {("test-book", "T-01")}
    assert not narrowed(FindingFilter(), reader=AnonymousUser()).exists()


def test_nothing_hidden_closes_no_rule():
    far_road()

    assert hidden_with(()).rules == frozenset()
    assert hidden_with({"zones"}).rules == frozenset()  # its side: stored with each finding


def test_tallies_kept_without_their_rule_are_not_shown_where_a_rule_is_closed(client):
    """Digests and trends made before rules were kept in them: no object, so it may be the road."""
    far_road()
    numbers_shown(client)
    taken, digest = Stocktaking.objects.get(), WeeklyDigest.objects.get()
    for tally in (taken.tally, digest.content["sections"]["new"]["tally"]):
        del tally[0]["rule"]
    taken.save()
    digest.save()
    assert numbers_shown(client)["trend"] == numbers_shown(client)["digest"] == 1

    hide("roads")

    assert numbers_shown(client)["trend"] == numbers_shown(client)["digest"] == 0

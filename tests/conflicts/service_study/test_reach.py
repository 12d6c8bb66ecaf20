"""Who is served, who is not, and of whom nobody can tell: by hand, and against hidden things."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, box

from conflicts.service_study.reach import (
    Entrances,
    Places,
    Ways,
    deep_within,
    reached,
    reached_straight,
)
from conflicts.service_study.streets import StreetNetwork, Streets
from conflicts.service_study.vocab import Doubt, Reach

EVERYWHERE = box(-50_000, -50_000, 50_000, 50_000)
ACCESS_M = 50.0
ROAD = [[(0, 0), (2_000, 0)]]


def judge(
    homes, sites, *, streets=ROAD, limit_m=500.0, known=EVERYWHERE, street_known=EVERYWHERE,
    unsure=(), head_start_m=None, access_m=ACCESS_M, restricted=None,
):  # fmt: skip
    """What is said of homes (x, y) and sites (x, y), with one door each at the nearest street."""
    lines = np.array([LineString(line) for line in streets], np.object_)
    net = Streets(lines, np.zeros(len(lines), np.int64), restricted)
    shapes = shapely.points(np.array(sites, float).reshape(-1, 2))
    places = Places(
        sites=shapes,
        is_sure=np.array([number not in unsure for number in range(len(shapes))], np.bool_),
        head_start_m=np.array(head_start_m or [0.0] * len(shapes)),
        known=known,
    )
    doors = net.nearest(shapes)
    kept = doors.off_m <= access_m
    network = StreetNetwork(net, doors.some(kept))
    at = np.array(homes, float)
    ways = Ways(
        network=network,
        homes=net.nearest(shapely.points(at)),
        known=street_known,
        access_m=access_m,
    )
    entrances = Entrances(
        nodes=network.stop_nodes, off_m=doors.off_m[kept], of_site=np.flatnonzero(kept)
    )
    return reached(at, places, entrances, ways, limit_m)


def said(found):
    return [list(Reach)[number] for number in found.reach]


def doubted(found):
    return [list(Doubt)[number] if number >= 0 else None for number in found.doubt]


def test_500_m_along_the_street_is_served_and_501_m_is_not():
    found = judge([(600, 0), (601, 0)], [(100, 0)])
    assert said(found) == [Reach.SERVED, Reach.NOT_SERVED]
    assert found.distance_m[0] == pytest.approx(500)


def test_the_way_to_the_street_counts_at_both_ends():
    # 30 m + 450 m + 20 m is 500 m; one metre more is too far
    found = judge([(550, 30), (551, 30)], [(100, -20)])
    assert said(found) == [Reach.SERVED, Reach.NOT_SERVED]


def test_across_a_canal_a_straight_line_would_flatter():
    banks = [[(0, 0), (0, 900), (60, 900), (60, 0)]]
    # 60 m apart, 1,860 m to walk
    found = judge([(60, 0)], [(0, 0)], streets=banks)
    assert said(found) == [Reach.NOT_SERVED]


def test_a_home_far_from_any_street_is_neither_served_nor_not():
    found = judge([(300, 51)], [(100, 0)])
    assert (said(found), doubted(found)) == ([Reach.CANNOT_TELL], [Doubt.OFF_STREET])


def test_a_home_far_from_any_street_and_from_any_service_is_not_served():
    assert said(judge([(1_500, 400)], [(100, 0)])) == [Reach.NOT_SERVED]


def test_a_service_no_street_leads_to_leaves_open_who_reaches_it():
    found = judge([(300, 0), (900, 0)], [(100, 200)])
    assert said(found) == [Reach.CANNOT_TELL, Reach.NOT_SERVED]


def test_where_nobody_looked_for_the_service_one_may_stand():
    known = box(-1_000, -1_000, 1_000, 1_000)
    # the ground that was surveyed ends 400 m and 600 m farther along the street
    found = judge([(600, 0), (340, 0)], [(-400, 0)], known=known, streets=[[(-900, 0), (2_000, 0)]])
    assert said(found) == [Reach.CANNOT_TELL, Reach.NOT_SERVED]
    assert doubted(found)[0] == Doubt.SERVICE_NOT_SURVEYED


def test_the_sea_was_not_surveyed_but_no_street_leads_there():
    land = box(-5_000, -100, 5_000, 5_000)
    found = judge([(1_200, 40)], [(100, 40)], known=land, streets=[[(0, 50), (2_000, 50)]])
    # the shore is 140 m off, far within 500 m; the street keeps 150 m away from it
    assert said(found) == [Reach.NOT_SERVED]


def test_where_streets_were_not_surveyed_a_short_cut_may_lead_there():
    banks = [[(0, 0), (0, 900), (60, 900), (60, 0)]]
    found = judge([(60, 0)], [(0, 0)], streets=banks, street_known=box(-500, 450, 500, 2_000))
    assert (said(found), doubted(found)) == ([Reach.CANNOT_TELL], [Doubt.STREETS_NOT_SURVEYED])


def test_without_any_survey_of_streets_a_straight_line_can_still_show_it_is_too_far():
    found = judge([(700, 0), (500, 0)], [(100, 0)], street_known=shapely.Polygon())
    assert said(found) == [Reach.NOT_SERVED, Reach.SERVED]


def test_a_place_that_may_be_one_leaves_open_who_is_served():
    found = judge([(300, 0), (900, 0)], [(100, 0)], unsure=(0,))
    assert said(found) == [Reach.CANNOT_TELL, Reach.NOT_SERVED]
    assert doubted(found)[0] == Doubt.SERVICE_UNSURE


def test_without_any_site_nobody_is_served_where_all_was_surveyed():
    assert said(judge([(300, 0)], [])) == [Reach.NOT_SERVED]


def test_a_stop_of_low_capacity_serves_500_m_and_one_of_high_capacity_1_km():
    # SDG 11.2.1: the bus stop at 0 m, the railway station at 2,000 m
    homes = [(500, 0), (501, 0), (999, 0), (1_000, 0)]
    found = judge(homes, [(0, 0), (2_000, 0)], limit_m=1_000, head_start_m=[500.0, 0.0])
    assert said(found) == [Reach.SERVED, Reach.NOT_SERVED, Reach.NOT_SERVED, Reach.SERVED]


def straight(homes, sites, limit_m=500.0, known=EVERYWHERE, unsure=()):
    shapes = np.array([box(x, y, x + 100, y + 100) for x, y in sites], np.object_)
    places = Places(
        sites=shapes,
        is_sure=np.array([number not in unsure for number in range(len(shapes))], np.bool_),
        head_start_m=np.zeros(len(shapes)),
        known=known,
    )
    return reached_straight(np.array(homes, float), places, limit_m)


def test_without_streets_the_straight_way_to_the_edge_of_the_site_counts():
    # the site ends at 100 m
    assert said(straight([(600, 50), (601, 50)], [(0, 0)])) == [Reach.SERVED, Reach.NOT_SERVED]


def test_without_streets_and_survey_nobody_can_tell():
    found = straight([(800, 0)], [(0, 0)], known=box(-2_000, -2_000, 1_200, 2_000))
    assert (said(found), doubted(found)) == ([Reach.CANNOT_TELL], [Doubt.SERVICE_NOT_SURVEYED])


def test_without_streets_a_place_that_may_be_one_leaves_it_open():
    found = straight([(300, 0)], [(0, 0)], unsure=(0,))
    assert (said(found), doubted(found)) == ([Reach.CANNOT_TELL], [Doubt.SERVICE_UNSURE])


def test_ground_deep_within_a_survey_never_reaches_nearer_to_its_edge_than_asked():
    ground = shapely.Point(0, 0).buffer(3_000).difference(shapely.Point(500, 0).buffer(700))
    inner = deep_within(ground, 400)
    assert inner.distance(ground.boundary) >= 400 - 1e-6
    assert inner.area > 0


# Whatever was hidden from the study, what it says must hold

CORNERS = st.tuples(st.integers(-8, 8), st.integers(-8, 8)).map(
    lambda c: (c[0] * 100.0, c[1] * 100.0)
)
LINES = st.lists(st.lists(CORNERS, min_size=2, max_size=4, unique=True), min_size=1, max_size=8)
PLACES = st.lists(st.tuples(st.integers(-900, 900), st.integers(-900, 900)), min_size=1, max_size=5)
SEEN = st.tuples(
    st.integers(-900, -100), st.integers(-900, -100), st.integers(100, 900), st.integers(100, 900)
).map(lambda c: box(*c))


@settings(max_examples=150, deadline=None)
@given(lines=LINES, sites=PLACES, homes=PLACES, known=SEEN, street_known=SEEN)
def test_what_is_hidden_never_makes_the_study_wrong(lines, sites, homes, known, street_known):
    recorded = clipped(lines, street_known)
    assume(recorded)
    seen = [site for site in sites if known.covers(shapely.Point(site))]
    found = judge(homes, seen, streets=recorded, known=known, street_known=street_known)
    # all there is, with a door of every site and home at the nearest street of either record
    ways = np.minimum(
        true_ways(homes, sites, [*lines, *recorded], lines),
        true_ways(homes, sites, [*lines, *recorded], recorded),
    )
    for verdict, way in zip(said(found), ways, strict=True):
        if verdict == Reach.SERVED:
            assert way <= 500 + 1e-3
        if verdict == Reach.NOT_SERVED:
            assert way > 500 - 1e-3


def clipped(lines, ground):
    pieces = [LineString(line).intersection(ground) for line in lines]
    parts = [part for piece in pieces for part in shapely.get_parts(piece)]
    return [
        list(part.coords) for part in parts if part.length > 1 and part.geom_type == "LineString"
    ]


def true_ways(homes, sites, streets, doors_on):
    """The true ways with all streets, doors taken at the nearest of some of them."""
    whole = Streets(np.array([LineString(line) for line in streets], np.object_),
                    np.zeros(len(streets), np.int64))  # fmt: skip
    some = Streets(np.array([LineString(line) for line in doors_on], np.object_),
                   np.zeros(len(doors_on), np.int64))  # fmt: skip
    at, doors = on(whole, some, homes), on(whole, some, sites)
    near = np.array([door <= ACCESS_M for door in doors.off_m])
    if not near.any():
        return np.full(len(homes), math.inf)
    network = StreetNetwork(whole, doors.some(near))
    distances = network.distances_m(network.stop_nodes, doors.off_m[near], 1e6)
    ways = network.at(at, distances)
    return np.where(at.off_m <= ACCESS_M, ways, math.inf)


def on(whole, some, places):
    """Where places meet the nearest of some streets, told on the whole of the streets."""
    points = shapely.points(np.array(places, float))
    near = some.nearest(points)
    met = shapely.line_interpolate_point(some.lines[near.street], near.along_m)
    again = whole.nearest(met)
    return type(near)(street=again.street, along_m=again.along_m, off_m=near.off_m)


# Streets along which one may not go both ways

RING = [[(0, 0), (400, 0)], [(0, 0), (0, 100), (400, 100), (400, 0)], [(400, 0), (450, 0)]]
ONE_WAY = np.array([True, False, False])


def test_a_way_that_needs_a_one_way_street_cannot_be_told():
    # 410 m along the one-way street, 610 m round it
    found = judge([(450, 0)], [(0, 40)], streets=RING, limit_m=495.0, restricted=ONE_WAY)
    assert doubted(found) == [Doubt.STREET_RESTRICTED]


def test_a_free_way_round_a_one_way_street_serves_with_its_own_length():
    found = judge([(450, 0)], [(0, 40)], streets=RING, limit_m=660.0, restricted=ONE_WAY)
    assert said(found) == [Reach.SERVED]
    # 50 m, 100 m up, 400 m, 60 m down
    assert found.distance_m[0] == pytest.approx(610)


def test_a_home_or_a_service_on_a_one_way_street_cannot_be_told():
    asked = {"streets": RING, "limit_m": 495.0, "restricted": ONE_WAY}
    assert doubted(judge([(300, 0)], [(0, 40)], **asked)) == [Doubt.STREET_RESTRICTED]
    assert doubted(judge([(0, 40)], [(300, 0)], **asked)) == [Doubt.STREET_RESTRICTED]


def test_what_is_too_far_also_along_one_way_streets_is_not_served():
    found = judge([(450, 0)], [(0, 40)], streets=RING, limit_m=489.0, restricted=ONE_WAY)
    assert said(found) == [Reach.NOT_SERVED]

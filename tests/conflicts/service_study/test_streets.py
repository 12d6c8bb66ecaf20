"""How far it is along the streets, against numbers by hand and against networkx."""

import math
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from conflicts.service_study.streets import Spots, StreetNetwork, Streets

FAR = 100_000.0


def streets(*lines, levels=None):
    """Streets through these points, all on the ground unless told."""
    shapes = np.array([LineString(points) for points in lines], np.object_)
    return Streets(shapes, np.array(levels or [0] * len(lines)))


def spots(net, *places):
    return net.nearest(shapely.points(np.array(places, float)))


def way_m(net, start, to, limit_m=FAR, tolerance_m=1.0):
    """The way from one place to another along the streets, the ways to the street included."""
    stop = spots(net, to)
    network = StreetNetwork(net, stop, tolerance_m)
    distances = network.distances_m(network.stop_nodes, stop.off_m, limit_m)
    return float(network.at(spots(net, start), distances)[0])


def grid(size=5, step=100.0):
    """Streets every 100 m, west to east and south to north, each drawn in one stroke."""
    reach = (size - 1) * step
    across = [[(0, i * step), (reach, i * step)] for i in range(size)]
    up = [[(i * step, 0), (i * step, reach)] for i in range(size)]
    return streets(*across, *up)


def test_on_a_grid_of_streets_one_walks_east_and_then_north():
    # 300 m east and 200 m north: 500 m, though 361 m in a straight line
    assert way_m(grid(), (0, 0), (300, 200)) == pytest.approx(500)


def test_the_way_from_the_door_to_the_street_counts_at_both_ends():
    # 10 m to the street, 50 + 100 m along it, 20 m to the other door
    assert way_m(grid(), (150, 110), (300, 120)) == pytest.approx(10 + 150 + 20)


def test_two_doors_on_one_stretch_need_not_walk_to_a_corner():
    assert way_m(grid(), (20, 0), (70, 0)) == pytest.approx(50)


def test_a_place_is_at_no_distance_from_itself_but_the_way_to_the_street():
    assert way_m(grid(), (50, 8), (50, 8)) == pytest.approx(16)


def test_a_canal_without_a_bridge_makes_the_way_long():
    net = streets([(0, 0), (0, 500), (40, 500), (40, 0)])
    # 40 m apart, but round by the bridge 500 m north
    assert way_m(net, (0, 0), (40, 0)) == pytest.approx(1_040)


def test_streets_that_are_drawn_across_each_other_meet_where_they_cross():
    net = streets([(0, 50), (100, 50)], [(50, 0), (50, 100)])
    assert way_m(net, (0, 50), (50, 100)) == pytest.approx(100)


def test_a_bridge_does_not_meet_the_street_below_it():
    net = streets([(0, 50), (100, 50)], [(50, 0), (50, 100)], levels=[1, 0])
    assert math.isinf(way_m(net, (0, 50), (50, 100)))


def test_a_bridge_comes_down_to_the_streets_at_its_ends():
    net = streets(
        [(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, -50), (200, 50)], levels=[0, 1, 0]
    )
    # its second end lies in the middle of a street of the ground
    assert way_m(net, (0, 0), (200, 50)) == pytest.approx(250)


def test_a_street_that_ends_below_a_bridge_does_not_lead_onto_it():
    net = streets([(0, 0), (200, 0)], [(100, 0), (100, 80)], levels=[1, 0])
    assert math.isinf(way_m(net, (0, 0), (100, 80)))


# The street of the ground runs from (0, -80) to (0, 80), a bridge over it from (-50, 0) to (50, 0)
BELOW = [(0, -80), (0, 80)]


@pytest.mark.parametrize("level", [1, -1])
@pytest.mark.parametrize("pieces", [[[(-50, 0), (50, 0)]], [[(-50, 0), (0, 0)], [(0, 0), (50, 0)]]])
def test_a_bridge_or_tunnel_drawn_in_two_pieces_meets_no_street_it_crosses(pieces, level):
    net = streets(BELOW, *pieces, levels=[0] + [level] * len(pieces))
    assert math.isinf(way_m(net, (50, 0), (0, 80)))
    assert way_m(net, (50, 0), (-50, 0)) == pytest.approx(100)


def test_where_both_are_drawn_in_pieces_each_goes_on_at_its_level():
    below = [[(0, -80), (0, 0)], [(0, 0), (0, 80)]]
    net = streets(*below, [(-50, 0), (0, 0)], [(0, 0), (50, 0)], levels=[0, 0, 1, 1])
    assert math.isinf(way_m(net, (50, 0), (0, 80)))
    assert way_m(net, (0, -80), (0, 80)) == pytest.approx(160)


def test_a_ramp_that_ends_on_a_bridge_does_not_reach_the_street_below_it():
    net = streets(BELOW, [(-50, 0), (50, 0)], [(0, 0), (30, 60)], levels=[0, 1, 1])
    assert math.isinf(way_m(net, (30, 60), (0, 80)))
    assert way_m(net, (50, 0), (-10, 0)) == pytest.approx(60)


def test_a_bridge_in_two_pieces_still_comes_down_at_its_two_ends():
    pieces = [[(-50, 0), (0, 0)], [(0, 0), (50, 0)]]
    net = streets([(-90, 0), (-50, 0)], *pieces, [(50, -9), (50, 9)], levels=[0, 1, 1, 0])
    # 40 m of street, 100 m of bridge, 9 m of street
    assert way_m(net, (-90, 0), (50, 9)) == pytest.approx(149)


def test_two_bridges_on_one_level_meet_where_they_cross():
    net = streets([(0, 50), (100, 50)], [(50, 0), (50, 100)], levels=[1, 1])
    assert way_m(net, (0, 50), (50, 100)) == pytest.approx(100)


@pytest.mark.parametrize(("gap", "joins"), [(0.9, True), (1.1, False)])
def test_ends_within_the_tolerance_are_one_junction(gap, joins):
    net = streets([(0, 0), (100, 0)], [(100 + gap, 0), (200, 0)])
    assert math.isfinite(way_m(net, (0, 0), (200, 0))) == joins


@pytest.mark.parametrize(("gap", "joins"), [(0.9, True), (1.1, False)])
def test_a_street_that_stops_just_short_of_another_joins_it_within_the_tolerance(gap, joins):
    net = streets([(0, 0), (100, 0)], [(50, gap), (50, 80)])
    assert math.isfinite(way_m(net, (0, 0), (50, 80))) == joins


def test_the_tolerance_can_be_stated():
    net = streets([(0, 0), (100, 0)], [(104, 0), (200, 0)])
    assert way_m(net, (0, 0), (200, 0), tolerance_m=5.0) == pytest.approx(196)


def test_streets_drawn_twice_are_no_shorter_and_no_longer():
    net = streets([(0, 0), (200, 0)], [(0, 0), (100, 0), (200, 0)], [(50, 0), (150, 0)])
    assert way_m(net, (0, 0), (200, 0)) == pytest.approx(200)


def test_of_two_ways_round_a_ring_the_shorter_counts():
    net = streets([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    assert way_m(net, (0, 0), (0, 70)) == pytest.approx(70)
    assert way_m(net, (10, 0), (0, 70)) == pytest.approx(80)


def test_a_street_that_crosses_itself_can_be_left_at_the_crossing():
    # without the crossing one would walk on round the loop: 100 + 50 + 50 + 100 m
    net = streets([(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)])
    assert way_m(net, (0, 0), (50, -50)) == pytest.approx(100)


def test_a_street_that_ends_on_itself_can_be_left_there():
    net = streets([(0, 0), (100, 0), (100, 50), (50, 50), (50, 0)])
    assert way_m(net, (0, 0), (50, 50)) == pytest.approx(100)


def test_parts_that_no_street_joins_are_counted():
    net = streets([(0, 0), (100, 0)], [(0, 50), (100, 50)])
    assert StreetNetwork(net, spots(net, (0, 0))).component_count() == 2


def test_of_several_services_the_nearest_along_the_streets_counts():
    net = grid()
    stops = spots(net, (0, 0), (400, 400))
    network = StreetNetwork(net, stops)
    distances = network.distances_m(network.stop_nodes, np.zeros(2), FAR)
    # 300 + 200 m to the one, 100 + 200 m to the other
    assert network.at(spots(net, (300, 200)), distances)[0] == pytest.approx(300)


def test_what_lies_beyond_the_limit_is_out_of_reach_and_what_lies_at_it_is_not():
    net = streets([(0, 0), (1_000, 0)])
    assert way_m(net, (0, 0), (500, 0), limit_m=500) == pytest.approx(500)
    assert way_m(net, (0, 0), (501, 0), limit_m=500) > 500
    assert math.isinf(way_m(grid(), (0, 0), (300, 300), limit_m=500))


def test_without_streets_nothing_is_reached():
    net = Streets(np.zeros(0, np.object_), np.zeros(0, np.int64))
    nothing = Spots(street=np.zeros(0, np.int64), along_m=np.zeros(0), off_m=np.zeros(0))
    network = StreetNetwork(net, nothing)
    assert network.node_count == 0
    assert network.component_count() == 0


def test_a_park_is_entered_from_every_street_along_it():
    net = grid()
    park = np.array([shapely.box(110, 110, 190, 190)], np.object_)
    of_site, found = net.beside(park, within_m=30, every_m=20)
    doors = shapely.get_coordinates(
        shapely.line_interpolate_point(net.lines[found.street], found.along_m)
    )
    # the streets around it lie 10 m off; doors every 20 m on each side, none farther than 30 m
    assert set(of_site.tolist()) == {0}
    assert found.off_m.max() <= 30
    for side, axis in ((100, 0), (200, 0), (100, 1), (200, 1)):
        along = doors[np.abs(doors[:, axis] - side) < 1e-6][:, 1 - axis]
        assert {120, 140, 160, 180} <= set(np.round(along, 6).tolist())


def test_the_stretches_that_touch_an_area_are_named_by_their_ends():
    net = streets([(0, 0), (100, 0), (300, 0)], [(100, 0), (100, 100)])
    network = StreetNetwork(net, spots(net, (0, 0)))
    touched = network.stretches_on(np.array([shapely.box(200, -5, 210, 5)], np.object_))
    distances = network.distances_m(network.stop_nodes, np.zeros(1), FAR)
    assert sorted(np.round(distances[network.ends_of(touched)])) == [100, 300]


def test_a_door_in_the_middle_of_a_stretch_that_touches_an_area_lies_on_it():
    net = streets([(0, 0), (100, 0), (300, 0)], [(100, 0), (100, 100)])
    network = StreetNetwork(net, spots(net, (0, 0)))
    touched = network.stretches_on(np.array([shapely.box(290, -5, 310, 5)], np.object_))
    doors = spots(net, (50, 0), (200, 4), (100, 80))
    assert network.lie_on(doors, touched).tolist() == [False, True, False]


# The independent answer: networkx, one search for each service, on streets cut by shapely

CORNERS = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(lambda c: (c[0] * 50.0, c[1] * 50.0))
LINES = st.lists(st.lists(CORNERS, min_size=2, max_size=4, unique=True), min_size=1, max_size=9)
PLACES = st.lists(st.tuples(st.floats(0, 400), st.floats(0, 400)), min_size=1, max_size=4)


def by_networkx(lines, stops, homes):
    """The shortest way from each home to a stop, each street cut by shapely at every meeting."""
    whole = shapely.node(shapely.MultiLineString(lines))
    pieces = [piece for piece in shapely.get_parts(shapely.union_all([whole])) if piece.length]
    graph = nx.Graph()
    doors = {("stop", i): Point(xy) for i, xy in enumerate(stops)}
    doors |= {("home", i): Point(xy) for i, xy in enumerate(homes)}
    off = {door: whole.distance(point) for door, point in doors.items()}
    chosen = {
        door: min(range(len(pieces)), key=lambda k, p=point: pieces[k].distance(p))
        for door, point in doors.items()
    }
    for number, piece in enumerate(pieces):
        on = [(0.0, ends(piece)[0]), (piece.length, ends(piece)[1])]
        on += [(piece.project(doors[d]), d) for d, k in chosen.items() if k == number]
        for (at, a), (to, b) in combinations(on, 2):
            length = abs(to - at)
            if not graph.has_edge(a, b) or graph[a][b]["weight"] > length:
                graph.add_edge(a, b, weight=length)
    ways = [nx.single_source_dijkstra_path_length(graph, ("stop", i)) for i in range(len(stops))]
    return [
        min(
            ways[i].get(("home", j), math.inf) + off["stop", i] + off["home", j]
            for i in range(len(stops))
        )
        for j in range(len(homes))
    ]


def ends(piece):
    return tuple(np.round(piece.coords[0], 6)), tuple(np.round(piece.coords[-1], 6))


@settings(max_examples=100, deadline=None)
@given(lines=LINES, stops=PLACES, homes=PLACES)
def test_the_way_is_the_one_that_networkx_finds(lines, stops, homes):
    net = streets(*lines)
    stop, home = spots(net, *stops), spots(net, *homes)
    network = StreetNetwork(net, stop, 1e-4)
    found = network.at(home, network.distances_m(network.stop_nodes, stop.off_m, FAR))
    if any(is_a_tie(net, xy) for xy in stops):
        return
    for own, other, xy in zip(found, by_networkx(lines, stops, homes), homes, strict=True):
        if not is_a_tie(net, xy):
            assert own == pytest.approx(other, abs=1e-3)


def is_a_tie(net, place):
    """Tell whether two streets are as near: then either may be the one that is walked to."""
    gaps = np.sort(shapely.distance(net.segments.shapes, Point(place)))
    return bool(len(gaps) > 1 and gaps[1] - gaps[0] < 1e-6)

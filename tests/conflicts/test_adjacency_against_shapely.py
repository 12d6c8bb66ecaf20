"""Random blocks of a city: the borders PostGIS finds are those shapely finds by brute force."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.affinity import translate
from shapely.geometry import LineString, box

from tests.conflicts.ground import find, rule_data
from tests.conflicts.test_against_shapely import build, few, of, placed, taken_back
from tests.factories import EAST, NORTH

pytestmark = pytest.mark.django_db

# All corners lie on a grid of 10 m: what two boundaries have in common is nothing or at least 10 m.
GRID_M, LONGER_THAN_M = 10.0, 9.0
# Where slopes of the grid cross (4 degrees at the least) 2 cm across are met within 26 cm along:
# with the corners a block has, far less than 9 m.
TOLERANCE_M, CORNERS_M = 0.02, 5.0
cells = st.integers(0, 7)
sizes = st.integers(1, 4)
USES = st.sampled_from(["landfill", "school"])
centimetres = st.integers(-4, 4).map(lambda step: 0.02 * step)


@st.composite
def blocks(draw, kinds=("block", "yard", "slope")):
    """A block of the grid, one with a yard in it, or half a block; their borders often coincide."""
    x, y = EAST + GRID_M * draw(cells), NORTH + GRID_M * draw(cells)
    width, height = GRID_M * draw(sizes), GRID_M * draw(sizes)
    block = box(x, y, x + width, y + height)
    kind = draw(st.sampled_from(kinds))
    if kind == "slope":
        return shapely.Polygon([(x, y), (x + width, y), (x, y + height)])
    if kind == "yard" and min(width, height) > 2 * GRID_M:
        yard = box(x + GRID_M, y + GRID_M, x + 2 * GRID_M, y + 2 * GRID_M)
        return block.difference(yard)
    return block


@st.composite
def streets(draw):
    """A street on a line of the grid, 2 m or 4 m beside it."""
    x, y = GRID_M * draw(cells), GRID_M * draw(cells) + draw(st.sampled_from([0, 2, 4]))
    ends = [(x, y), (x + GRID_M * draw(sizes), y)]
    if draw(st.booleans()):
        ends = [(north, east) for east, north in ends]
    return LineString([(EAST + east, NORTH + north) for east, north in ends])


def cities(shapes):
    return st.lists(st.tuples(USES, shapes), min_size=2, max_size=10)


def side_by_side(**fields):
    rule = {"max_border_m": LONGER_THAN_M, "tolerance_m": TOLERANCE_M}
    return rule_data(kind="adjacency", **rule | fields)


def measured(found):
    return {(f.subject_id, f.object_id): f.current.measured_value for f in found}


def shared_borders(places):
    """The common part of the two boundaries of every pair that has one."""
    borders = {
        (a.stable_id, b.stable_id): a.geometry.boundary.intersection(b.geometry.boundary)
        for a in of(places, "landfill")
        for b in of(places, "school")
    }
    return {pair: border for pair, border in borders.items() if border.length > LONGER_THAN_M}


@few
@given(cities(blocks()))
@taken_back
def test_the_shared_border_is_what_the_two_boundaries_have_in_common(city):
    expected = {pair: border.length for pair, border in shared_borders(build(city)).items()}

    found = measured(find(side_by_side()))

    assert found.keys() == expected.keys()
    for pair, length_m in expected.items():
        assert length_m - 1e-6 <= found[pair] <= length_m + CORNERS_M


@few
@given(cities(blocks(("block",))), st.lists(streets(), max_size=5))
@taken_back
def test_streets_take_away_what_shapely_takes_away(city, roads):
    places = build([*city, *(("market", road) for road in roads)])
    covered = shapely.union_all([road.buffer(3, cap_style="flat") for road in roads])
    expected = {
        pair: border.difference(covered).length for pair, border in shared_borders(places).items()
    }
    rule = side_by_side(between={"classes": ["market"]}, between_within_m=3)

    found = measured(find(rule))

    still_too_long = {pair: m for pair, m in expected.items() if m > LONGER_THAN_M}
    assert found == pytest.approx(still_too_long, abs=1e-3)


@few
@given(cities(blocks(("block", "yard"))), st.data())
@taken_back
def test_slivers_and_overlaps_of_some_centimetres_change_a_border_by_no_more(city, data):
    expected = {pair: border.length for pair, border in shared_borders(placed(city)).items()}
    moved = [
        (use, translate(shape, data.draw(centimetres), data.draw(centimetres)))
        for use, shape in city
    ]
    build(moved)

    # two blocks move by at most 8 cm each, so their common border by 16 cm
    found = measured(find(side_by_side(tolerance_m=0.17)))

    assert found.keys() == expected.keys()
    for pair, length_m in expected.items():
        assert found[pair] == pytest.approx(length_m, abs=0.17 * 16)


@few
@given(cities(blocks()))
@taken_back
def test_from_the_other_side_the_same_pairs_share_a_border(city):
    places = build(city)
    turned = {"subject": {"classes": ["school"]}, "object": {"classes": ["landfill"]}}

    there = measured(find(side_by_side()))
    back = measured(find(side_by_side(**turned), code="turned"))

    assert {(b, a) for a, b in back} == set(there) == set(shared_borders(places))
    for (a, b), length_m in there.items():
        assert back[b, a] == pytest.approx(length_m, abs=CORNERS_M)


@few
@given(cities(blocks()))
@taken_back
def test_within_one_class_each_pair_is_found_once(city):
    places = build([("school", shape) for _use, shape in city])
    expected = {
        (a.stable_id, b.stable_id)
        for n, a in enumerate(places)
        for b in places[n + 1 :]
        if a.geometry.boundary.intersection(b.geometry.boundary).length > LONGER_THAN_M
    }
    side = {"classes": ["school"]}

    assert measured(find(side_by_side(subject=side, object=side))).keys() == expected

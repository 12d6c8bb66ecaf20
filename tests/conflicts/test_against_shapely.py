"""Small random cities: what PostGIS finds equals what shapely finds by brute force."""

import functools

import pytest
import shapely
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, box

from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY, find, rule_data
from tests.factories import EAST, NORTH, feature, filled_layer

pytestmark = pytest.mark.django_db(transaction=False)

few = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
metres = st.integers(0, 600).map(float)
sizes = st.integers(1, 120).map(float)


@st.composite
def shapes(draw, kinds=("point", "box", "diamond", "line")):
    x, y, kind = EAST + draw(metres), NORTH + draw(metres), draw(st.sampled_from(kinds))
    width, height = draw(sizes), draw(sizes)
    match kind:
        case "point":
            return Point(x, y)
        case "box":
            return box(x, y, x + width, y + height)
        case "line":
            return LineString([(x, y), (x + width, y + height), (x + 2 * width, y)])
    return shapely.Polygon([(x, y), (x + width, y + height), (x, y + 2 * height), (x - width, y)])


def cities(kinds_of_shape):
    place = st.tuples(st.sampled_from(["landfill", "school", "market"]), kinds_of_shape)
    return st.lists(place, min_size=2, max_size=14)


def taken_back(test):
    """Give back after each example what it stored, and the locks of its working tables."""

    @functools.wraps(test)
    def example(*given_, **named):
        with transaction.atomic():
            test(*given_, **named)
            transaction.set_rollback(True)

    return example


def placed(city):
    """Return the features of a city, stored nowhere."""
    return [feature(f"F{n:02}", shape, use) for n, (use, shape) in enumerate(city)]


def build(city):
    """Fill the ground and return what stands there."""
    places = placed(city)
    filled_layer("facilities", *places)
    return places


def of(places, use):
    return [place for place in places if place.land_use == use]


@few
@given(cities(shapes()), st.sampled_from([50.0, 200.0, 333.0]))
@taken_back
def test_separation_finds_exactly_the_pairs_nearer_than_asked(city, distance_m):
    places = build(city)
    expected = {
        (source.stable_id, receptor.stable_id): source.geometry.distance(receptor.geometry)
        for source in of(places, "landfill")
        for receptor in of(places, "school")
        if source.geometry.distance(receptor.geometry) < distance_m
    }

    found = find(rule_data(min_distance_m=distance_m))

    measured = {(f.subject_id, f.object_id): f.current.measured_value for f in found}
    assert measured == pytest.approx(expected, abs=1e-9)


@few
@given(cities(shapes()), st.sampled_from([80.0, 250.0]))
@taken_back
def test_separation_of_one_class_from_itself_finds_each_pair_once(city, distance_m):
    places = of(build(city), "school")
    expected = {
        (a.stable_id, b.stable_id)
        for n, a in enumerate(places)
        for b in places[n + 1 :]
        if a.geometry.distance(b.geometry) < distance_m
    }
    side = {"classes": ["school"]}

    found = find(rule_data(subject=side, object=side, min_distance_m=distance_m))

    assert {(f.subject_id, f.object_id) for f in found} == expected


@few
@given(cities(shapes(("box", "diamond"))))
@taken_back
def test_overlap_finds_exactly_the_areas_that_share_a_square_metre(city):
    places = build(city)
    expected = {}
    for source in of(places, "landfill"):
        for receptor in of(places, "school"):
            shared_m2 = source.geometry.intersection(receptor.geometry).area
            smaller_m2 = min(source.geometry.area, receptor.geometry.area)
            if shared_m2 >= min(1.0, smaller_m2 / 2):
                expected[source.stable_id, receptor.stable_id] = shared_m2

    found = find(rule_data(kind="overlap"))

    measured = {(f.subject_id, f.object_id): f.current.measured_value for f in found}
    assert measured == pytest.approx(expected, rel=1e-9)


def test_overlap_of_many_cornered_areas_equals_shapely():
    star = Point(EAST, NORTH).buffer(400, quad_segs=300)
    ring = star.difference(Point(EAST + 50, NORTH).buffer(200, quad_segs=300))
    houses = [box(EAST + x, NORTH + y, EAST + x + 23, NORTH + y + 17)
              for x in range(-450, 450, 60) for y in range(-450, 450, 60)]  # fmt: skip
    filled_layer("zones", feature("Z", ring, "landfill"))
    filled_layer("houses", *(feature(f"H{n:03}", h, "school") for n, h in enumerate(houses)))
    expected = {
        f"H{n:03}": house.intersection(ring).area
        for n, house in enumerate(houses)
        if house.intersection(ring).area >= 1
    }

    found = find(rule_data(kind="overlap"))

    measured = {f.object_id: f.current.measured_value for f in found}
    assert measured == pytest.approx(expected, rel=1e-9)
    assert len(measured) > 50


DEPTH_CLASSES = {"H1": (0.01, 0.3), "H2": (0.3, 0.6), "H3": (0.6, 1.2), "H4": (1.2, None)}
STEPS = [(0.3, "low"), (0.6, "high"), (1.2, "critical")]
water_cells = st.lists(st.sampled_from(["dry", "H0", *DEPTH_CLASSES]), min_size=16, max_size=16)


@few
@given(cities(shapes(("point", "box", "diamond"))), water_cells)
@taken_back
def test_hazard_exposure_grades_exactly_what_stands_in_water(city, cells):
    places = build(city)
    wet = []
    for n, hazard_class in enumerate(cells):
        x, y = EAST + 150 * (n % 4), NORTH + 150 * (n // 4)
        if hazard_class in DEPTH_CLASSES:
            wet.append((hazard_class, box(x, y, x + 150, y + 150)))
    flood = [
        feature(f"W{n}", shape, hazard_class=name, depth_min_m=DEPTH_CLASSES[name][0],
                depth_max_m=DEPTH_CLASSES[name][1], return_period_years=100)
        for n, (name, shape) in enumerate(wet)
    ]  # fmt: skip
    layer = filled_layer("flood-r100", *flood, theme="hazard-flood")
    set_surveyed_area(layer=layer, geometry=CITY)
    expected = {}
    for school in of(places, "school"):
        if reached := graded(school.geometry, wet):
            expected[school.stable_id] = reached

    found = find(
        rule_data(
            kind="hazard_exposure",
            subject={"classes": ["school"]},
            return_period_years=100,
            thresholds=[{"depth_ge_m": depth, "severity": name} for depth, name in STEPS],
        )
    )

    assert {f.subject_id: f.severity for f in found} == expected


def graded(shape, wet):
    """The gravest severity of the water a shape stands in, by depth class."""
    reached = None
    for name, (depth_m, _upper) in DEPTH_CLASSES.items():
        parts = [shape.intersection(area) for other, area in wet if other == name]
        touches = any(not part.is_empty for part in parts)
        shared_m2 = sum(part.area for part in parts)
        counts = touches if shape.area == 0 else shared_m2 >= min(1.0, shape.area / 2)
        steps = [severity for least_m, severity in STEPS if depth_m >= least_m]
        if counts and steps:
            reached = steps[-1]
    return reached

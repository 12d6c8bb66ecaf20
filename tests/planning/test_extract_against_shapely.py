"""Random zones, restrictions and surveys over one plot: the extract says what shapely measures."""

import pytest
import shapely
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from layers.services import set_surveyed_area
from planning.extract import extract_parcel
from planning.parcels import parcel_named
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import DAY, parcel, zoned

pytestmark = pytest.mark.django_db

PLOT = rectangle(40, 40, 20, 15)  # 300 m2
CLASSES = ("R1", "R2", "C1")
# Decimetres around the plot, so that slivers of every width come about.
edges_m = st.integers(350, 650).map(lambda tenths: tenths / 10)
few = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def boxes(draw):
    west, east = sorted(draw(st.tuples(edges_m, edges_m).filter(lambda e: e[0] != e[1])))
    south, north = sorted(draw(st.tuples(edges_m, edges_m).filter(lambda e: e[0] != e[1])))
    return rectangle(west, south, east - west, north - south)


zones = st.lists(st.tuples(st.sampled_from(CLASSES), boxes()), min_size=1, max_size=5)


def extract():
    return extract_parcel(parcel_named("P-1"), on=DAY)


def topic(told, slug):
    """In which of the three lists a layer stands, with its entry."""
    [found] = [
        (name, entry)
        for name in ("concerned", "not_concerned", "no_data")
        for entry in told[name]
        if entry["layer"] == slug
    ]
    return found


@few
@given(zones)
@example([("R1", rectangle(39.95, 40, 0.1, 15)), ("R2", square(0, 0, 100))])  # 0.75 m2: a sliver
@example([("R1", rectangle(39.9, 40, 0.2, 15)), ("R2", square(0, 0, 100))])  # exactly 0.5 %
@example([("C1", rectangle(40, 40, 10, 15)), ("R1", rectangle(50, 40, 10, 15))])
def test_zones_their_shares_and_the_rest_are_as_measured(city):
    with transaction.atomic():
        zoned(
            *((f"Z-{n}", code, shape) for n, (code, shape) in enumerate(city)),
            parcels=[parcel("P-1", PLOT, 300.0)],
        )
        told = extract()
        transaction.set_rollback(True)
    inside = {f"Z-{n}": shape.intersection(PLOT) for n, (_c, shape) in enumerate(city)}
    inside = {name: part for name, part in inside.items() if part.area > 0}
    by_class = {}
    for name, part in inside.items():
        code = city[int(name[2:])][0]
        by_class[code] = by_class.get(code, 0.0) + part.area

    shares = {row["stable_id"]: row["share"] for row in told["zones"]}
    assert shares == pytest.approx({name: p.area / 300 for name, p in inside.items()}, abs=1e-8)
    union_m2 = shapely.union_all(list(inside.values())).area if inside else 0.0
    assert told["unzoned_area_m2"] == pytest.approx(300 - union_m2, abs=0.006)
    twice_m2 = sum(part.area for part in inside.values()) - union_m2
    assert told["zoned_more_than_once_m2"] == pytest.approx(twice_m2, abs=0.006)
    for row in told["zones"]:
        class_m2 = by_class[row["zone"]]
        if abs(class_m2 - 1.5) > 1e-6:  # 0.5 % of 300 m2 is 1.5 m2, above 1 m2
            assert row["is_sliver"] is bool(class_m2 < 1.5), row
    ruling = {row["zone"] for row in told["zones"] if not row["is_sliver"]}
    assert {group["zone"] for group in told["rules"]} == ruling


@few
@given(st.lists(boxes(), min_size=1, max_size=3), st.lists(boxes(), max_size=3))
@example([square(0, 0, 10)], [PLOT])  # surveyed to the millimetre, nothing on it
@example([square(0, 0, 10)], [rectangle(40, 40, 20, 14.9)])  # a strip nobody surveyed
@example([rectangle(59, 54, 1, 1)], [])  # exactly 1 m2 of it on the plot
@example([rectangle(59, 54.1, 1, 0.9)], [PLOT])  # 0.9 m2: drawing
def test_a_restriction_is_on_the_plot_off_it_or_unknown_and_never_two_of_these(areas, surveys):
    with transaction.atomic():
        zoned(("Z-1", "R1", square(0, 0, 100)), parcels=[parcel("P-1", PLOT, 300.0)])
        layer = filled_layer(
            "ov-coast50",
            *(feature(f"O-{n}", shape) for n, shape in enumerate(areas)),
            theme="overlay",
        )
        for number, survey in enumerate(surveys):
            set_surveyed_area(layer=layer, geometry=survey, source=f"team {number}")
        told = extract()
        transaction.set_rollback(True)
    parts = [shape.intersection(PLOT).area for shape in areas]
    small_m2 = sum(area for area in parts if area < 1)
    matters = any(area >= 1 for area in parts) or small_m2 >= 1
    known = shapely.union_all(surveys).intersection(PLOT).area / 300 if surveys else 0.0

    name, entry = topic(told, "ov-coast50")

    assert entry["surveyed_share"] == pytest.approx(known, abs=1e-6)
    on_the_edge = any(abs(area - 1) < 1e-6 for area in parts) or abs(small_m2 - 1) < 1e-6
    if matters or not on_the_edge:
        expected = "not_concerned" if known > 1 - 1e-6 else "no_data"
        assert name == ("concerned" if matters else expected)
    if name == "concerned":
        shown = {hit["stable_id"]: hit["area_m2"] for hit in entry["hits"]}
        counted = [a for a in parts if a > 0] if small_m2 >= 1 else [a for a in parts if a >= 1]
        assert sorted(shown.values()) == pytest.approx(sorted(counted), abs=0.006)

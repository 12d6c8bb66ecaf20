"""Random plots, houses, surveys and networks: the detector's answers are shapely's."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from conflicts.models import Finding
from conflicts.services import detect_conflicts
from layers.services import set_surveyed_area
from tests.conflicts.ground import only_outcome, rule_data, rulebook
from tests.conflicts.standards import standard
from tests.conflicts.test_against_shapely import few, shapes, taken_back
from tests.factories import feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

AREAS = shapes(("box", "diamond"))
MANY = st.lists(AREAS, min_size=1, max_size=5)
HOUSES = st.lists(st.tuples(AREAS, st.sampled_from([None, 1, 2, 5])), max_size=8)
BOXES = st.lists(st.tuples(shapes(("box",)), st.none()), max_size=8)  # their middle is known
GROUND = square(-1000, -1000, 5000)
SURVEYS = st.sampled_from([None, GROUND, square(0, 0, 300)])


def told(rule):
    """What was found by subject and object, and who could not be told about."""
    outcome = only_outcome(detect_conflicts(rulebook=rulebook(rule, code="drawn")))
    found = Finding.objects.filter(rulebook_code="drawn").select_related("current")
    measured = {(f.subject_id, f.object_id): f.current.measured_value for f in found}
    untold = [g for g in outcome.missing if g["gap"] in {"counted_not_sure", "network_not_sure"}]
    untold += [g for g in outcome.missing if g["gap"] == "class_not_surveyed" and "count" in g]
    return measured, [gap["count"] for gap in untold]


def share_in(plot, zone):
    return plot.intersection(zone).area / plot.area


def lies_in(plot, zone):
    """In a zone with a tenth of its ground or more; cases on the edge are left to others."""
    return share_in(plot, zone) >= 0.1


@few
@given(MANY, MANY, HOUSES, SURVEYS, st.sampled_from(["coverage", "floor_area_ratio"]),
       st.sampled_from([0.05, 0.3]))  # fmt: skip
@taken_back
def test_cover_and_floors_of_random_plots_are_what_shapely_sums(
    plots, areas, houses, survey, measure, limit
):
    filled_layer("parcels", *(feature(f"P{n}", shape) for n, shape in enumerate(plots)))
    zones = filled_layer("zones", *(feature(f"Z{n}", a, "R1") for n, a in enumerate(areas)))
    set_surveyed_area(layer=zones, geometry=GROUND, classes=["R1"])
    buildings = filled_layer(
        "buildings",
        *(feature(f"B{n}", s, None, **({"storeys": f} if f else {}))
          for n, (s, f) in enumerate(houses)),
    )  # fmt: skip
    if survey is not None:
        set_surveyed_area(layer=buildings, geometry=survey)
    rule = standard(
        subject={"layers": ["parcels"]}, zone={"classes": ["R1"], "layers": ["zones"]},
        measure=measure, counted={"layers": ["buildings"]}, bound="max", unit="m2/m2",
        limits=[{"value": limit}],
        **({"attribute": "storeys"} if measure == "floor_area_ratio" else {}),
    )  # fmt: skip

    expected, untold = {}, set()
    for number, plot in enumerate(plots):
        cuts = [(plot.intersection(s), f) for s, f in houses if plot.intersects(s)]
        parts = [(cut, floors) for cut, floors in cuts if not cut.is_empty]
        if measure == "coverage":
            value = shapely.union_all([cut for cut, _ in parts]).area / plot.area
            is_whole = survey is not None and survey.covers(plot)
        else:
            value = sum(cut.area * (floors or 1) for cut, floors in parts) / plot.area
            is_whole = survey is not None and survey.covers(plot)
            is_whole &= all(floors is not None for _, floors in parts)
        for other, zone in enumerate(areas):
            if not lies_in(plot, zone):
                continue
            if value > limit * (1 + 1e-9):
                expected[f"P{number}", f"Z{other}"] = value
            elif not is_whole:
                untold.add(number)

    measured, counts = told(rule)

    assert measured == pytest.approx(expected, rel=1e-6)
    assert counts == [len(untold)] * bool(untold)


@few
@given(MANY, BOXES, st.sampled_from([5.0, 30.0]))
@taken_back
def test_the_setback_of_random_houses_is_the_distance_to_the_border_of_their_plot(
    plots, houses, limit
):
    filled_layer("parcels", *(feature(f"P{n}", shape) for n, shape in enumerate(plots)))
    layer = filled_layer("buildings", *(feature(f"B{n}", s) for n, (s, _f) in enumerate(houses)))
    set_surveyed_area(layer=layer, geometry=GROUND)
    rule = standard(
        subject={"layers": ["parcels"]}, measure="setback", counted={"layers": ["buildings"]},
        bound="min", unit="m", limits=[{"value": limit}],
    )  # fmt: skip

    expected = {}
    for number, plot in enumerate(plots):
        own = [s for s, _f in houses if plot.intersects(s.centroid)]
        edges = [s.distance(plot.boundary) if plot.covers(s) else 0.0 for s in own]
        if edges and min(edges) < limit * (1 - 1e-9):
            expected[f"P{number}", ""] = min(edges)

    measured, _counts = told(rule)

    assert measured == pytest.approx(expected, abs=1e-6)


@few
@given(MANY, st.lists(st.tuples(shapes(("line", "box", "point")), st.integers(2028, 2033)),
                      max_size=4), SURVEYS, st.sampled_from([0.0, 80.0]))  # fmt: skip
@taken_back
def test_a_random_zone_is_served_where_shapely_finds_a_network_near_enough_in_time(
    zones, networks, survey, reach
):
    land_use("road")
    planned = [feature(f"Z{n}", s, "R1", "planned", year=2030) for n, s in enumerate(zones)]
    filled_layer("zones", *planned)
    layer = filled_layer(
        "roads",
        *(feature(f"N{n}", s, "road", "planned", year=y) for n, (s, y) in enumerate(networks)),
    )
    if survey is not None:
        set_surveyed_area(layer=layer, geometry=survey, classes=["road"])
    rule = rule_data(
        kind="network_coordination", subject={"layers": ["zones"]}, max_distance_m=reach,
        object={"classes": ["road"], "surveyed_in": ["roads"]}, year_attribute="year",
    )  # fmt: skip

    expected, untold = {}, 0
    for number, zone in enumerate(zones):
        near = [(s, y) for s, y in networks if s.distance(zone) <= reach]
        if any(year <= 2030 for _s, year in near):
            continue
        if survey is None or not (survey.covers(zone) and survey.boundary.distance(zone) >= reach):
            untold += 1
        elif near:
            expected[f"Z{number}", ""] = min(year for _s, year in near) - 2030
        elif networks:
            expected[f"Z{number}", ""] = min(s.distance(zone) for s, _y in networks)
        else:
            expected[f"Z{number}", ""] = 1

    measured, counts = told(rule)

    assert measured == pytest.approx(expected, abs=1e-6)
    assert counts == [untold] * bool(untold)

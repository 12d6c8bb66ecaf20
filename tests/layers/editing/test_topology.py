"""Zones share the ground: overlaps and gaps, judged from both sides of the stated tolerance."""

import pytest
import shapely
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers.crs import to_project
from layers.editing.checks import check_draft
from layers.editing.errors import ProblemsError
from layers.editing.topology import PROJECT_DEFAULT, set_topology, topology_of
from layers.errors import UserFacingError
from layers.queries import current_features
from tests.factories import feature, filled_layer, outline, rectangle, square
from tests.layers.editing.ground import add, draft_of, publish, put, remove

pytestmark = pytest.mark.django_db

TOLERANCE_M = 0.10


def zoned(*features, **topology):
    layer = filled_layer("zones", *features, geometry_kind="polygon")
    topology = {"must_not_overlap": True, "tolerance_m": TOLERANCE_M} | topology
    set_topology(layer=layer, **topology)
    return layer


@pytest.fixture
def layer():
    """Two squares of 100 m side by side; a street of 12 m; a third one."""
    return zoned(
        feature("A", square(0, 0, 100)),
        feature("B", square(100, 0, 100)),
        feature("C", square(212, 0, 100)),
    )


@pytest.fixture
def draft(layer, dara):
    return draft_of(layer, dara)


def found(draft):
    return [(str(p.kind), str(p.severity), p.stable_id, p.other) for p in check_draft(draft)]


@pytest.mark.parametrize(
    ("reach_m", "expected"),
    [
        (0.09, []),
        (0.11, [("overlap", "refuses", "A", "B")]),
        (20, [("overlap", "refuses", "A", "B")]),
    ],
)
def test_a_zone_may_reach_into_its_neighbour_by_no_more_than_the_tolerance(
    draft, reach_m, expected
):
    put(draft, "A", rectangle(0, 0, 100 + reach_m, 100))
    assert found(draft) == expected


@pytest.mark.parametrize(("tolerance_m", "refuses"), [(0.49, True), (0.51, False)])
def test_a_wider_tolerance_lets_a_wider_overlap_pass(layer, dara, tolerance_m, refuses):
    set_topology(layer=layer, must_not_overlap=True, tolerance_m=tolerance_m)
    draft = draft_of(layer, dara)
    put(draft, "A", rectangle(0, 0, 100.5, 100))
    assert bool(found(draft)) is refuses


def test_an_overlap_tells_how_much_where_and_by_which_tolerance(draft):
    put(draft, "A", rectangle(0, 0, 120, 100))
    [problem] = check_draft(draft)
    assert problem.measured == pytest.approx(20 * 100)
    assert problem.tolerance_m == TOLERANCE_M
    assert problem.geometry.equals(rectangle(100, 0, 20, 100))
    assert problem.geometry.contains(problem.point)
    assert "2000.0 m² (tolerance 0.1 m)" in problem.message
    told = problem.as_json()
    assert to_project(shapely.Point(told["point"]), 4326).distance(problem.point) < 0.001


def test_a_new_zone_on_two_others_overlaps_both(draft):
    add(draft, "N", rectangle(90, 10, 20, 20))
    assert {row[3] for row in found(draft)} == {"A", "B"}


def test_two_new_zones_on_each_other_overlap_once(draft):
    add(draft, "N", square(500, 0, 50))
    add(draft, "M", square(540, 0, 50))
    assert found(draft) == [("overlap", "refuses", "M", "N")]


def test_zones_that_make_way_for_each_other_in_one_draft_do_not_overlap(draft):
    put(draft, "A", rectangle(0, 0, 150, 100))
    put(draft, "B", rectangle(150, 0, 50, 100))
    assert found(draft) == []


def test_a_zone_on_the_ground_of_one_that_goes_does_not_overlap_it(draft):
    remove(draft, "B")
    add(draft, "N", square(100, 0, 100))
    assert found(draft) == []


def test_zones_that_only_touch_do_not_overlap(draft):
    add(draft, "N", rectangle(200, 0, 12, 100))
    assert found(draft) == []


@pytest.mark.parametrize(
    ("width_m", "gap"), [(0.09, False), (0.11, True), (1.9, True), (2.1, False)]
)
def test_a_strip_between_neighbours_is_a_gap_from_one_to_twenty_tolerances(draft, width_m, gap):
    put(draft, "C", rectangle(200 + width_m, 0, 112 - width_m, 100))
    assert found(draft) == ([("gap", "warns", "C", "")] if gap else [])
    if gap:
        assert check_draft(draft)[0].measured == pytest.approx(100 * width_m, rel=1e-3)


def test_a_street_between_zones_is_no_gap(draft):
    put(draft, "C", rectangle(212, 0, 110, 100))
    assert found(draft) == []


@pytest.mark.parametrize(("pulled_m", "gap"), [(0.09, False), (0.11, True), (30, True)])
def test_ground_that_a_zone_gives_up_is_a_gap(draft, pulled_m, gap):
    put(draft, "A", rectangle(0, 0, 100 - pulled_m, 100))
    assert found(draft) == ([("gap", "warns", "A", "")] if gap else [])


def test_a_gap_tells_how_much_and_where(draft):
    put(draft, "A", rectangle(0, 0, 97, 100))
    [problem] = check_draft(draft)
    assert problem.measured == pytest.approx(3 * 100, rel=1e-6)
    assert problem.geometry.intersects(problem.point)


def test_the_corner_of_a_block_is_no_gap(dara):
    layer = zoned(feature("A", square(0, 0, 100)))
    draft = draft_of(layer, dara)
    put(draft, "A", outline((0, 0), (100, 0), (100, 50), (50, 50), (50, 100), (0, 100)))
    add(draft, "B", square(50, 50, 50))
    assert found(draft) == []
    add(draft, "L", outline((300, 0), (400, 0), (400, 50), (350, 50), (350, 100), (300, 100)))
    assert found(draft) == []


def test_a_hole_cut_into_a_zone_is_a_gap_until_it_is_filled(draft):
    hole = square(40, 40, 10)
    put(draft, "A", square(0, 0, 100).difference(hole))
    assert found(draft) == [("gap", "warns", "A", "")]
    add(draft, "N", hole)
    assert found(draft) == []


@pytest.mark.parametrize(("pulled_m", "refuses"), [(0.09, False), (0.11, True)])
def test_where_the_layer_must_cover_all_a_gap_refuses_publication(dara, pulled_m, refuses):
    layer = zoned(
        feature("A", square(0, 0, 100)),
        feature("B", square(100, 0, 100)),
        must_cover=rectangle(0, 0, 200, 100),
    )
    draft = draft_of(layer, dara)
    put(draft, "A", rectangle(0, 0, 100 - pulled_m, 100))
    assert found(draft) == ([("gap", "refuses", "A", "")] if refuses else [])
    if refuses:
        with pytest.raises(ProblemsError, match="must cover all"):
            publish(draft, accepts_warnings=True)


def test_outside_the_extent_to_cover_a_gap_only_warns(dara):
    layer = zoned(
        feature("A", square(0, 0, 100)),
        feature("B", square(100, 0, 100)),
        must_cover=square(0, 0, 100),
    )
    draft = draft_of(layer, dara)
    put(draft, "B", rectangle(100, 0, 60, 100))
    assert found(draft) == [("gap", "warns", "B", "")]


def test_an_overlap_that_stood_before_warns_and_a_larger_one_refuses(dara):
    layer = zoned(feature("A", rectangle(0, 0, 101, 100)), feature("B", square(100, 0, 100)))
    draft = draft_of(layer, dara)
    put(draft, "A", outline((0, 0), (101, 0), (101, 100), (0, 101)))
    assert found(draft) == [("overlap", "warns", "A", "B")]
    put(draft, "A", rectangle(0, 0, 102, 100))
    assert found(draft) == [("overlap", "refuses", "A", "B")]


def test_a_new_attribute_leaves_an_old_overlap_alone(dara):
    layer = zoned(feature("A", rectangle(0, 0, 101, 100)), feature("B", square(100, 0, 100)))
    draft = draft_of(layer, dara)
    put(draft, "A", rectangle(0, 0, 101, 100), properties={"name": "new"})
    assert found(draft) == []


def test_an_overlap_refuses_publication_and_nothing_is_published(layer, draft):
    put(draft, "A", rectangle(0, 0, 120, 100))
    with pytest.raises(ProblemsError, match="overlaps 'B'") as told:
        publish(draft, accepts_warnings=True)
    assert told.value.status == 422
    layer.refresh_from_db()
    assert layer.published_number == 1
    assert current_features("zones").get(stable_id="A").geometry.area == pytest.approx(10_000)


def test_a_gap_is_published_only_by_who_accepts_the_warning(layer, draft):
    put(draft, "A", rectangle(0, 0, 97, 100))
    with pytest.raises(ProblemsError, match="gap"):
        publish(draft)
    assert publish(draft, accepts_warnings=True).changed == 1


def test_layers_without_topology_may_overlap(dara):
    layer = filled_layer("sites", feature("A", square(0, 0, 100)), feature("B", square(50, 0, 100)))
    draft = draft_of(layer, dara)
    put(draft, "A", square(0, 0, 120))
    assert found(draft) == []
    set_topology(layer=layer, must_not_overlap=False)
    assert found(draft) == []


def test_zones_of_another_layer_do_not_count(draft):
    filled_layer("other", feature("X", square(0, 500, 100)))
    add(draft, "N", square(0, 500, 100))
    assert found(draft) == []


def test_the_projects_tolerance_is_taken_and_named_where_none_is_stated(settings):
    settings.KRONG_TOPOLOGY_TOLERANCE_M = 0.2
    layer = filled_layer("zones", feature("A", square(0, 0, 100)))
    set_topology(layer=layer, must_not_overlap=True)
    assert topology_of(layer).tolerance_m == 0.2
    assert topology_of(layer).tolerance_source == PROJECT_DEFAULT
    set_topology(
        layer=layer, must_not_overlap=True, tolerance_m=0.3, tolerance_source="Survey of 2025"
    )
    assert topology_of(layer).tolerance_source == "Survey of 2025"


@pytest.mark.parametrize("tolerance_m", [0, -1, float("nan")])
def test_a_tolerance_of_nothing_is_refused(layer, tolerance_m):
    with pytest.raises(UserFacingError, match="tells nothing apart"):
        set_topology(layer=layer, must_not_overlap=True, tolerance_m=tolerance_m)


def test_an_extent_to_cover_has_an_area(layer):
    with pytest.raises(UserFacingError, match="no area"):
        set_topology(
            layer=layer, must_not_overlap=True, must_cover=shapely.LineString([(0, 0), (1, 1)])
        )


def test_two_edits_far_apart_are_checked_beside_each_of_them_only(dara):
    rows = [feature(f"Z{i}", rectangle(i * 10, 0, 10, 10)) for i in range(200)]
    layer = zoned(*rows)
    draft = draft_of(layer, dara)
    put(draft, "Z0", rectangle(0, 0, 10.5, 10))
    put(draft, "Z199", rectangle(1989.5, 0, 10.5, 10))
    with CaptureQueriesContext(connection) as queries:
        problems = found(draft)
    assert problems == [
        ("overlap", "refuses", "Z0", "Z1"),
        ("overlap", "refuses", "Z199", "Z198"),
    ]
    assert len(queries) <= 5

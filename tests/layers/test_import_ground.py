"""An import into a layer of areas that share the ground: new overlaps and gaps are refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.editing import import_checks
from layers.editing.import_checks import contested_ground
from layers.editing.topology import set_topology
from layers.errors import UserFacingError
from layers.ingest import ImportOptions, import_file
from layers.models import ImportIssue, Layer
from layers.queries import current_features
from layers.services import publish_features
from tests.factories import EAST, NORTH, feature, filled_layer, rectangle, square
from tests.layers.sources import vector_file

pytestmark = pytest.mark.django_db


def parcels(*shapes, cover=None, tolerance_m=0.05):
    """A layer whose areas must not overlap, with these published."""
    rows = [feature(f"P{n}", shape) for n, shape in enumerate(shapes)]
    layer = filled_layer("parcels", *rows, geometry_kind="polygon")
    set_topology(layer=layer, must_not_overlap=True, tolerance_m=tolerance_m, must_cover=cover)
    return layer


def bring_in(folder, *shapes, **options):
    path = folder / "parcels.gpkg"
    path.unlink(missing_ok=True)
    vector_file(path, shapes, NO=[f"P{n}" for n in range(len(shapes))])
    chosen = ImportOptions(id_field="NO", **options)
    return import_file(path=path, layer="parcels", options=chosen)


def refused(folder, *shapes, **options):
    before = set(current_features("parcels").values_list("stable_id", flat=True))
    with pytest.raises(UserFacingError) as error:
        bring_in(folder, *shapes, **options)
    assert set(current_features("parcels").values_list("stable_id", flat=True)) == before
    return error.value.what


def test_two_new_parcels_that_share_100_m2_refuse_the_import_and_name_the_place(tmp_path):
    parcels(square(0, 0, 10))

    told = refused(tmp_path, square(0, 0, 10), square(20, 0, 20), rectangle(35, 0, 20, 20))

    # 20..40 and 35..55 east share 5 m x 20 m
    assert "'P1' lies over 'P2': 100 m²" in told
    assert "1 overlap(s)" in told
    assert f"at {EAST + 37:,.0f}" in told or f"at {EAST + 38:,.0f}" in told
    assert Layer.objects.get().published_number == 1


def test_parcels_that_only_touch_come_in(tmp_path):
    parcels(square(0, 0, 10))

    report = bring_in(tmp_path, square(0, 0, 10), square(10, 0, 10), square(0, 10, 10))

    assert report.added == 2
    assert not ImportIssue.objects.exists()


@pytest.mark.parametrize(("width_m", "is_refused"), [(0.04, False), (0.06, True)])
def test_a_strip_narrower_than_the_tolerance_is_the_same_border_drawn_twice(
    tmp_path, width_m, is_refused
):
    parcels(square(0, 0, 10), tolerance_m=0.05)
    neighbour = rectangle(10 - width_m, 0, 10, 10)

    if is_refused:
        assert "'P0'" in refused(tmp_path, square(0, 0, 10), neighbour)
    else:
        assert bring_in(tmp_path, square(0, 0, 10), neighbour).added == 1


def test_a_new_parcel_over_one_that_stays_is_refused_though_the_file_does_not_hold_it(tmp_path):
    layer = parcels(square(0, 0, 10))
    publish_features(layer=layer, features=[feature("OLD", square(30, 0, 10))], replaces_all=False)

    told = refused(tmp_path, square(0, 0, 10), square(35, 0, 10), keeps_others=True)

    assert "'P1' lies over 'OLD': 50 m²" in told


def test_an_overlap_that_stood_before_is_noted_and_does_not_hinder_the_rest(tmp_path):
    parcels(square(0, 0, 10), square(5, 0, 10))

    moved = rectangle(5, 0, 11, 10)  # a metre wider on the other side
    report = bring_in(tmp_path, square(0, 0, 10), moved, square(50, 0, 10))

    assert report.issues == {"overlap kept": 1}
    issue = ImportIssue.objects.get()
    assert (issue.kind, issue.action, issue.row) == ("overlap", "kept", 0)
    assert issue.details["area"] == pytest.approx(50)


def test_an_overlap_that_grows_is_new(tmp_path):
    parcels(square(0, 0, 10), square(5, 0, 10))

    assert "60 m²" in refused(tmp_path, square(0, 0, 10), rectangle(4, 0, 11, 10))


def test_a_layer_whose_areas_are_free_takes_overlaps(tmp_path):
    layer = parcels(square(0, 0, 10))
    set_topology(layer=layer, must_not_overlap=False)

    assert bring_in(tmp_path, square(0, 0, 10), square(5, 0, 10)).added == 1


def test_bare_ground_within_what_must_be_covered_is_refused_with_its_area(tmp_path):
    parcels(square(0, 0, 10), square(10, 0, 10), cover=rectangle(0, 0, 20, 10))

    told = refused(tmp_path, square(0, 0, 10), rectangle(12, 0, 8, 10))

    assert "Bare ground of 20 m²" in told


def test_bare_ground_that_was_bare_before_is_noted(tmp_path):
    parcels(square(0, 0, 10), cover=rectangle(0, 0, 30, 10))

    report = bring_in(tmp_path, square(0, 0, 10), square(10, 0, 10))

    assert report.issues == {"gap kept": 1}
    assert ImportIssue.objects.get().details["area"] == pytest.approx(100)


def test_a_street_beyond_what_must_be_covered_is_no_gap(tmp_path):
    parcels(square(0, 0, 10), cover=square(0, 0, 10))

    assert bring_in(tmp_path, square(0, 0, 10), square(20, 0, 10)).issues == {}


def test_a_file_that_stacks_all_its_areas_is_refused_without_listing_every_pair(
    tmp_path, monkeypatch
):
    """60 areas on one place are 1,770 pairs; the search ends at the most that is told."""
    monkeypatch.setattr(import_checks, "MOST_FOUND", 50)
    parcels(square(100, 0, 10))

    assert "50+ overlap(s)" in refused(tmp_path, *[square(0, 0, 10)] * 60)


def test_in_khmer_the_refusal_is_khmer(tmp_path):
    from django.utils import translation

    parcels(square(0, 0, 10))
    with translation.override("km"):
        told = refused(tmp_path, square(0, 0, 10), square(5, 0, 10))

    assert "ត្រួតលើ" in told
    assert "lies over" not in told


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    corners=st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 6)),
        min_size=2, max_size=6,
    )
)  # fmt: skip
def test_the_pairs_found_are_those_that_geometry_tells(db, corners):
    """Against shapely, pair by pair: whole metres, so no strip is near the tolerance."""
    from django.db import transaction

    shapes = {f"P{n}": square(x, y, side) for n, (x, y, side) in enumerate(corners)}
    pairs = {
        (a, b): shapes[a].intersection(shapes[b]).area
        for a in shapes
        for b in shapes
        if a < b and shapes[a].intersection(shapes[b]).area > 0
    }
    with transaction.atomic():
        layer = parcels(*shapes.values())
        found = {(o.stable_id, o.other): o.area_m2 for o in contested_ground(layer, 1)}
        transaction.set_rollback(True)

    assert found == pytest.approx(pairs)


def test_the_place_of_an_overlap_lies_within_it(tmp_path):
    layer = parcels(square(0, 0, 10), square(6, 6, 10))

    [one] = contested_ground(layer, 1)

    assert EAST + 6 < one.east_m < EAST + 10
    assert NORTH + 6 < one.north_m < NORTH + 10
    assert one.area_m2 == pytest.approx(16)

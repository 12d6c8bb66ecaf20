"""Random things, zones and surveys: what lies outside, and how sure, is as shapely has it."""

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from conflicts.models import Finding
from conflicts.services import detect_conflicts
from layers.services import set_surveyed_area
from tests.conflicts.ground import only_outcome, rule_data, rulebook
from tests.conflicts.test_against_shapely import few, shapes, taken_back
from tests.factories import feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db

SURVEYED = st.lists(shapes(("box",)), min_size=0, max_size=3)
SHARES = st.sampled_from([1.0, 0.8, 0.3])


def extent(shape, like):
    """Square metres, metres or points, whichever the whole shape has."""
    if like.area:
        return shape.area
    return shape.length if like.length else float(shapely.get_num_coordinates(shape))


def expected_of(shape, inside, known, share):
    """By brute force: how much surely lies outside; None: nobody can tell; 0: it lies within."""
    whole, outside = extent(shape, shape), shape.difference(inside)
    allowed, sliver = (1 - share) * whole, min(1.0, whole / 2) if shape.length else 1.0

    def bites(part):
        beyond = extent(part, shape)
        return beyond > allowed + 1e-9 * whole and beyond >= sliver

    if not bites(outside):
        return 0.0
    sure = outside.intersection(known)
    return extent(sure, shape) if bites(sure) else None


@few
@given(st.lists(shapes(), min_size=1, max_size=8), st.lists(shapes(("box", "diamond"))),
       SURVEYED, SHARES)  # fmt: skip
@example([square(0, 0, 20)], [square(0, 0, 20)], [], 1.0)
@taken_back
def test_it_finds_exactly_what_shapely_leaves_outside(things, areas, surveys, share):
    buildings = [feature(f"F{n}", shape, "factory") for n, shape in enumerate(things)]
    filled_layer("buildings", *buildings)
    plan = filled_layer("zones", *(feature(f"I{n}", area, "I1") for n, area in enumerate(areas)))
    land_use("I1")
    for number, area in enumerate(surveys):
        set_surveyed_area(layer=plan, geometry=area, classes=["I1"], source=f"team {number}")
    inside, known = shapely.union_all(areas), shapely.union_all(surveys)
    expected = {f"F{n}": expected_of(s, inside, known, share) for n, s in enumerate(things)}

    detection = detect_conflicts(
        rulebook=rulebook(rule_data(kind="containment", min_share=share), code="drawn")
    )

    found = Finding.objects.filter(rulebook_code="drawn").select_related("current")
    measured = {f.subject_id: f.current.measured_value for f in found}
    assert measured == pytest.approx({k: v for k, v in expected.items() if v}, rel=1e-9, abs=1e-6)
    untold = sorted(name for name, value in expected.items() if value is None)
    names = "absence_not_sure", "class_not_surveyed"
    gaps = [gap for gap in only_outcome(detection).missing if gap["side"] == "object"]
    assert [gap["count"] for gap in gaps if gap["gap"] in names] == [len(untold)] * bool(untold)

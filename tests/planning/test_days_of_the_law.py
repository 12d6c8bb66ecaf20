"""Which law holds on which day: a version rules from its first day up to, not on, its last."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from layers.services import publish_features
from planning.errors import PlanAdoptionError
from planning.extract import extract_parcel
from planning.models import Plan, PlanVersion
from planning.parcels import parcel_named
from planning.permits.run import check_application
from planning.plans import Adoption, adopt_plan, plan_versions_in_force
from planning.vocab import PlanStatus
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import application, check_of, parcel, zoned

FIRST, SECOND, THIRD = date(2024, 1, 1), date(2025, 7, 1), date(2026, 3, 15)
DAY = timedelta(days=1)
CITY = square(0, 0, 100)


def zones_become(zone_class):
    layer = filled_layer("zones") if not Plan.objects.exists() else None
    from layers.models import Layer

    layer = layer or Layer.objects.get(slug="zones")
    publish_features(layer=layer, features=[feature("Z-1", CITY, zone_class)])


@pytest.fixture(scope="module")
def three_versions(kept_db):
    """R1 from 2024, RM from July 2025, C1 from 15 March 2026: one plan, three versions."""
    zoned(
        ("Z-1", "R1", CITY),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 300.0)],
        adopt=False,
    )
    adopt_plan(Adoption(code="lup", in_force_from=FIRST))
    zones_become("RM")
    adopt_plan(Adoption(code="lup", in_force_from=SECOND))
    zones_become("C1")
    adopt_plan(Adoption(code="lup", in_force_from=THIRD))


SPANS = [
    (FIRST - DAY, None),
    (FIRST, "R1"),
    (SECOND - DAY, "R1"),
    (SECOND, "RM"),
    (THIRD - DAY, "RM"),
    (THIRD, "C1"),
    (date(2099, 12, 31), "C1"),
]


@pytest.mark.parametrize(("day", "zone"), SPANS)
def test_the_extract_shows_the_zone_of_the_day(three_versions, day, zone):
    found = extract_parcel(parcel_named("P-1"), on=day)
    assert [row["zone"] for row in found["zones"]] == ([zone] if zone else [])
    assert [group["zone"] for group in found["rules"]] == ([zone] if zone else [])
    assert len(found["plans"]) == (1 if zone else 0)


COVERAGE = {"R1": 50, "RM": 60, "C1": 70, None: None}


@pytest.mark.parametrize(("day", "zone"), SPANS)
def test_the_permit_is_checked_by_the_law_of_its_submission(three_versions, day, zone):
    results = check_application(application(submitted_on=day.isoformat())).results
    coverage = check_of(results, "coverage_share")
    assert coverage["required"] == COVERAGE[zone]
    expected = {"R1": "fails", "RM": "complies", "C1": "complies", None: "cannot_tell"}[zone]
    assert coverage["answer"] == expected
    assert results["as_of"] == day.isoformat()


def test_a_day_asked_for_overrides_that_of_submission(three_versions):
    given = application(submitted_on=THIRD.isoformat())
    results = check_application(given, on=FIRST).results
    assert check_of(results, "coverage_share")["required"] == 50


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_on_every_day_at_most_one_version_of_a_plan_rules(three_versions, day):
    ruling = list(plan_versions_in_force(day))
    assert len(ruling) == (0 if day < FIRST else 1)
    for version in ruling:
        assert version.in_force_from <= day
        assert version.in_force_to is None or day < version.in_force_to


def test_each_version_ends_on_the_first_day_of_the_next(three_versions):
    versions = PlanVersion.objects.order_by("number")
    assert [(v.in_force_from, v.in_force_to) for v in versions] == [
        (FIRST, SECOND), (SECOND, THIRD), (THIRD, None),
    ]  # fmt: skip
    assert [v.status for v in versions] == ["superseded", "superseded", "in_force"]


@pytest.mark.parametrize("day", [FIRST, SECOND, THIRD - DAY])
def test_no_version_begins_before_or_with_the_newest(three_versions, day):
    with pytest.raises(PlanAdoptionError, match="Give a later day"):
        adopt_plan(Adoption(code="lup", in_force_from=day))


@pytest.mark.parametrize(
    "status",
    [PlanStatus.DRAFT, PlanStatus.INTERNAL_REVIEW, PlanStatus.PUBLIC_DISPLAY, PlanStatus.REVISED,
     PlanStatus.SUBMITTED, PlanStatus.ADOPTED, PlanStatus.WITHDRAWN],
)  # fmt: skip
def test_a_version_that_never_came_into_force_rules_on_no_day(three_versions, status):
    plan = Plan.objects.create(code=f"other-{status}", level="LUP", title_en="Other")
    PlanVersion.objects.create(plan=plan, number=1, status=status, in_force_from=FIRST)
    assert [v.plan.code for v in plan_versions_in_force(THIRD)] == ["lup"]


def test_a_repealed_version_rules_up_to_its_end_and_not_after(three_versions):
    plan = Plan.objects.create(code="repealed", level="LUP", title_en="Repealed")
    PlanVersion.objects.create(
        plan=plan, number=1, status=PlanStatus.REPEALED, in_force_from=FIRST, in_force_to=SECOND
    )
    ruling = [[v.plan.code for v in plan_versions_in_force(d)] for d in (SECOND - DAY, SECOND)]
    assert ruling == [["lup", "repealed"], ["lup"]]


@pytest.mark.parametrize(("begins", "ends"), [(FIRST, FIRST), (SECOND, FIRST), (None, FIRST)])
def test_a_version_cannot_end_before_it_begins(three_versions, begins, ends):
    plan = Plan.objects.get(code="lup")
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanVersion.objects.create(plan=plan, number=9, in_force_from=begins, in_force_to=ends)


def test_another_plan_may_rule_on_the_same_day(three_versions):
    with transaction.atomic():
        adopt_plan(Adoption(code="special", in_force_from=THIRD))
        codes = [v.plan.code for v in plan_versions_in_force(THIRD)]
        transaction.set_rollback(True)
    assert codes == ["lup", "special"]


@pytest.mark.parametrize("text", ["2026-2-3", "03/02/2026", "2026-02-30", "", "tomorrow"])
def test_a_day_that_cannot_be_read_is_refused_and_never_taken_as_today(three_versions, text):
    with pytest.raises(Exception, match="is not a day"):
        check_application(application(submitted_on=text))

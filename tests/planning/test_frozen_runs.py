"""A compliance run is what an officer relied on: nobody rewrites it, and its digest covers all."""

from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from layers.models import LandUseClass
from planning.models import ComplianceRun, LandReservation, PlanVersion
from planning.permits.run import check_application, store_run
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import application, flooded, limits_of, r1_plot, surveyed, use_rules_of

pytestmark = pytest.mark.django_db
SENTENCE = "never changed or deleted"


@pytest.fixture
def run():
    r1_plot()
    return store_run(check_application(application()))


def refused(change):
    with pytest.raises(DatabaseError, match=SENTENCE), transaction.atomic():
        change()


def test_an_outcome_cannot_be_rewritten_by_saving_the_run(run):
    run.outcome = "compliant"
    refused(run.save)
    run.refresh_from_db()
    assert run.outcome == "not_compliant"


def test_an_outcome_cannot_be_rewritten_by_an_update(run):
    refused(lambda: ComplianceRun.objects.update(outcome="compliant"))
    assert ComplianceRun.objects.get().outcome == "not_compliant"


def test_not_even_sql_beside_the_product_rewrites_a_run(run):
    def change():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE planning_compliancerun SET results = '{}'::jsonb")

    refused(change)


def test_a_run_cannot_be_deleted(run):
    refused(run.delete)
    refused(ComplianceRun.objects.all().delete)
    assert ComplianceRun.objects.filter(pk=run.pk).exists()


def test_a_new_check_is_a_new_run(run):
    again = store_run(check_application(application()))
    assert again.pk != run.pk
    assert again.inputs_digest == run.inputs_digest


def test_the_user_who_checked_cannot_be_removed_from_under_a_run(django_user_model):
    r1_plot()
    officer = django_user_model.objects.create_user("officer")
    store_run(check_application(application()), user=officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        officer.delete()


def test_the_plan_version_behind_a_run_cannot_be_deleted(run):
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanVersion.objects.all().delete()


def digest(**changed):
    return check_application(application(**changed)).digest


def test_the_digest_is_64_hexadecimal_figures():
    r1_plot()
    assert len(digest()) == 64
    int(digest(), 16)


@pytest.mark.parametrize(
    "changed",
    [
        {"reference": "CP-2"},
        {"proposal": {"height_m": 8.6}},
        {"proposal": {"green_area_m2": None}},
        {"submitted_on": "2026-11-02"},
        {"applicant": "public_authority"},
        {"permit_type": "RP"},
    ],
)
def test_whatever_is_asked_otherwise_has_another_digest(changed):
    r1_plot()
    assert digest(**changed) != digest()


def test_an_edited_limit_has_another_digest():
    r1_plot()
    before = digest()
    row = limits_of("R1").get(parameter="coverage_share")
    row.value = "0.6"
    row.save()
    assert digest() != before
    row.value = "0.5"
    row.save()
    assert digest() == before


def test_an_edited_basis_has_another_digest():
    r1_plot()
    before = digest()
    limits_of("R1").update(basis="binding_law")
    assert digest() != before


def test_an_edited_use_rule_has_another_digest():
    r1_plot()
    before = digest()
    use_rules_of("R1", "dwelling_single").update(permission="prohibited")
    assert digest() != before


def test_a_rule_of_a_zone_elsewhere_leaves_the_digest():
    r1_plot()
    before = digest()
    limits_of("C1").update(basis="binding_law")
    assert digest() == before


def test_what_was_surveyed_and_how_far_a_reservation_has_come_are_in_the_digest():
    r1_plot()
    flooded(square(0, 0, 100), "H4", square(90, 90, 5), None)
    filled_layer("reservations", feature("R-1", rectangle(58, 0, 30, 100)))
    bare = digest()
    surveyed("reservations", square(0, 0, 100))
    known = digest()
    reservation = LandReservation.objects.create(
        reference="RES-1",
        purpose_en="School",
        purpose_class=LandUseClass.objects.get(code="school"),
        feature_stable_id="R-1",
    )
    proposed = digest()
    reservation.expires_on = date(2030, 1, 1)
    reservation.save()
    assert len({bare, known, proposed, digest()}) == 4


@pytest.mark.parametrize("status", ["superseded", "repealed"])
def test_a_version_that_has_ended_without_an_end_would_rule_for_ever_and_is_refused(status):
    r1_plot()
    with pytest.raises(IntegrityError, match="ended_has_its_end"), transaction.atomic():
        PlanVersion.objects.update(status=status)
    PlanVersion.objects.update(status=status, in_force_to=date(2026, 6, 1))

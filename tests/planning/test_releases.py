"""Reserved land is given free by a decision, for a reason, by a second person; once and for all."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from layers.errors import UserFacingError
from layers.models import Feature, Layer
from layers.queries import current_features
from planning.errors import NothingToReleaseError, ReleaseError, ReleasingNotAllowedError
from planning.instruments import load_instruments
from planning.models import AreaBalance, LandReservation, ReservationParcel
from planning.release_record import LandRelease
from planning.releases import land_held, release_reservation
from planning.reservation_spec import spec_from
from planning.reservations import outline_of, reservation_named, reserve_land
from tests.factories import rectangle
from tests.planning.reserved_land import block, request, reserve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
DECISION = "Deka 12 of 3 November 2026"
WHY = "The school stands elsewhere."


def account(name="vanna", *rights, **fields):
    user = User.objects.create_user(name, **fields)
    user.user_permissions.add(*Permission.objects.filter(codename__in=rights))
    return User.objects.get(pk=user.pk)


def releaser(name="vanna"):
    return account(name, "release_land")


def release(reservation, by, **changed):
    terms = {"instrument": DECISION, "reason": WHY, "on": timezone.localdate(), **changed}
    return release_reservation(reservation=reservation, by=by, **terms)


def standing():
    return sorted(current_features("reservations").values_list("stable_id", flat=True))


def register():
    rows = LandReservation.objects.values_list("reference", "status")
    return list(rows), LandRelease.objects.count(), standing()


def test_a_release_takes_the_outline_off_the_map_and_says_who_when_by_what_and_why():
    block()
    reserve(rectangle(0, 0, 50, 50), reference="RES-2")
    person = releaser()

    made = release(reserve(), person)

    assert standing() == ["RES-2"]
    assert LandReservation.objects.get(reference="RES-1").status == "released"
    assert (made.released_by, made.released_on) == (person, timezone.localdate())
    assert (made.instrument_text, made.reason, made.status_before) == (DECISION, WHY, "proposed")
    assert made.released_area_m2 == Decimal("10000.00")


def test_the_layers_history_keeps_the_outline_and_says_who_took_it_off():
    block()
    person = releaser()
    made = release(reserve(), person)
    version = Layer.objects.get(slug="reservations").versions.get(number=made.layer_version)
    assert (version.published_by, version.feature_count) == (person, 0)
    assert version.message == f"RES-1: {DECISION}. {WHY}"
    assert Feature.objects.get(stable_id="RES-1").retired_in == made.layer_version


def test_parcels_balance_and_outline_of_released_land_stay_readable():
    block()
    release(reserve(), releaser())
    found = reservation_named("RES-1")
    assert found.parcels.count() == 4
    assert found.balance.reserved_area_m2 == Decimal("10000.00")
    assert outline_of(found).geometry.area == pytest.approx(10_000)


def test_the_register_holds_less_after_a_release_and_as_much_again_when_reserved_anew():
    block()
    first = reserve(rectangle(0, 0, 50, 100))
    reserve(rectangle(50, 0, 50, 100), reference="RES-2")
    assert land_held() == {"reservations": 2, "held_m2": Decimal("10000.00")}
    release(first, releaser())
    assert land_held() == {"reservations": 1, "held_m2": Decimal("5000.00")}
    reserve(rectangle(0, 0, 50, 100), reference="RES-3")
    assert land_held() == {"reservations": 2, "held_m2": Decimal("10000.00")}


def test_the_same_land_is_refused_before_the_release_and_reserved_after_it():
    block()
    first = reserve()
    with pytest.raises(UserFacingError, match="have that reservation released first"):
        reserve(reference="RES-2")
    release(first, releaser())
    again = reserve(reference="RES-2")
    assert again.balance.reserved_area_m2 == Decimal("10000.00")
    assert standing() == ["RES-2"]


def test_the_reference_of_released_land_is_not_given_out_again():
    block()
    release(reserve(), releaser())
    with pytest.raises(UserFacingError, match="exists with another outline, purpose or status"):
        reserve()
    assert standing() == []


def test_land_whose_school_was_built_can_be_released_too():
    block()
    built = reserve(status="converted", instrument="Deka 3")
    assert release(built, releaser()).status_before == "converted"


def test_who_reserved_the_land_cannot_release_it():
    block()
    person = account("sokha", "reserve_land", "release_land")
    mine = reserve_land(spec=spec_from(request(), file="test.yaml"), created_by=person)
    before = register()
    with pytest.raises(ReleasingNotAllowedError, match="You reserved 'RES-1' yourself") as refused:
        release(mine, person)
    assert refused.value.status == 403
    assert "second person" in refused.value.remedy
    assert register() == before
    release(mine, releaser())


@pytest.mark.parametrize("rights", [(), ("reserve_land",)])
def test_to_be_staff_or_to_reserve_is_no_right_to_release(rights):
    block()
    held = reserve()
    before = register()
    with pytest.raises(ReleasingNotAllowedError, match="may not release reserved land"):
        release(held, account("narith", *rights, is_staff=True))
    assert register() == before


@pytest.mark.parametrize("kind", ["nobody", "closed"])
def test_neither_nobody_nor_a_closed_account_releases(kind):
    block()
    held = reserve()
    closed = releaser()
    closed.is_active = False
    with pytest.raises(ReleasingNotAllowedError):
        release(held, AnonymousUser() if kind == "nobody" else closed)
    assert standing() == ["RES-1"]


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [({"instrument": " "}, "instrument", "No decision is named"),
     ({"instrument": "-"}, "instrument", "No decision is named"),
     ({"reason": "\n"}, "reason", "No reason is given"),
     ({"reason": "x" * 501}, "reason", "longer than 500 letters")],
)  # fmt: skip
def test_without_a_decision_and_a_reason_nothing_is_released(changed, field, sentence):
    block()
    held = reserve()
    before = register()
    with pytest.raises(ReleaseError, match=sentence) as refused:
        release(held, releaser(), **changed)
    assert refused.value.field == field
    assert register() == before


def test_a_day_to_come_is_refused_and_a_day_gone_by_is_kept():
    block()
    held, person, today = reserve(), releaser(), timezone.localdate()
    with pytest.raises(ReleaseError, match="has not come yet"):
        release(held, person, on=today + timedelta(days=1))
    assert release(held, person, on=today - timedelta(days=9)).released_on < today


def test_a_decision_of_the_list_is_linked_and_releases_nothing_before_its_year():
    block()
    load_instruments()
    held, person = reserve(), releaser()
    with pytest.raises(ReleaseError, match="'SD42-2015' is of 2015"):
        release(held, person, instrument="SD42-2015", on=timezone.localdate().replace(2014, 5, 1))
    assert release(held, person, instrument="SD42-2015").instrument.key == "SD42-2015"


def test_land_is_released_once():
    block()
    held = reserve()
    release(held, releaser())
    before = register()
    with pytest.raises(NothingToReleaseError, match="holds no land any more: released"):
        release(held, releaser("dara"))
    assert register() == before


@pytest.mark.parametrize("status", ["released", "lapsed"])
def test_land_that_is_free_already_has_nothing_to_release(status):
    block()
    with pytest.raises(NothingToReleaseError, match=status):
        release(reserve(status=status), releaser())
    assert not LandRelease.objects.exists()


@pytest.mark.parametrize(
    ("model", "change"),
    [(LandRelease, {"reason": "another"}), (LandReservation, {"status": "adopted"}),
     (ReservationParcel, {"affected_area_m2": 1}), (AreaBalance, {"unparcelled_area_m2": 0})],
)  # fmt: skip
def test_what_was_released_is_never_changed_nor_deleted_not_even_in_the_shell(model, change):
    block()
    release(reserve(), releaser())
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        model.objects.update(**change)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        model.objects.all()._raw_delete("default")


def test_land_that_is_still_held_may_change_its_status():
    block()
    reserve()
    assert LandReservation.objects.update(status="lapsed") == 1


def together(*works):
    """Do all at once, each on a connection of its own; return results and refusals."""
    start = threading.Barrier(len(works))

    def one(work):
        try:
            connection.ensure_connection()
            start.wait(timeout=20)
            return work()
        except UserFacingError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_release_the_same_land_one_does_and_the_other_is_told():
    block()
    held, first, second = reserve(), releaser("vanna"), releaser("dara")
    done = together(lambda: release(held, first), lambda: release(held, second))
    assert sorted(type(each).__name__ for each in done) == ["LandRelease", "NothingToReleaseError"]
    assert LandRelease.objects.count() == 1
    assert standing() == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_reserve_the_same_land_one_does_and_the_other_is_told():
    block()
    reserve(rectangle(150, 0, 10, 10), reference="RES-0")
    wanted = ["RES-1", "RES-2"]
    done = together(*(lambda name=name: reserve(reference=name) for name in wanted))
    assert sorted(isinstance(each, UserFacingError) for each in done) == [False, True]
    assert land_held()["reservations"] == 2


@pytest.mark.django_db(transaction=True)
def test_who_reserves_while_it_is_released_never_holds_it_twice():
    block()
    held, person = reserve(), releaser()
    done = together(lambda: release(held, person), lambda: reserve(reference="RES-2"))
    assert isinstance(done[0], LandRelease)
    was_too_early = isinstance(done[1], UserFacingError)
    assert standing() == ([] if was_too_early else ["RES-2"])

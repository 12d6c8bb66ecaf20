"""Reserved land that was drawn or imported but never registered: it is reserved all the same."""

from decimal import Decimal

import pytest

from layers.errors import UserFacingError
from layers.models import Feature
from layers.queries import feature_named
from layers.services import publish_features
from planning.models import LandReservation
from planning.releases import land_held
from tests.factories import feature, filled_layer, rectangle
from tests.planning.reserved_land import block, reserve

pytestmark = pytest.mark.django_db

MIDDLE = rectangle(50, 0, 100, 100)


def drawn(shape, stable_id="OLD-7", lifecycle="reserved"):
    """The outline of a reservation of before the register, 100 m x 100 m unless told."""
    block()
    return filled_layer("reservations", feature(stable_id, shape, lifecycle=lifecycle))


@pytest.mark.parametrize("lifecycle", ["reserved", "planned", "proposed", "existing"])
def test_land_on_the_map_of_reservations_is_not_reserved_twice(lifecycle):
    drawn(rectangle(100, 0, 100, 100), lifecycle=lifecycle)

    with pytest.raises(UserFacingError, match=r"5,000 m2 .* 'OLD-7' \(not in the register\)"):
        reserve(MIDDLE)

    assert not LandReservation.objects.exists()
    assert Feature.objects.filter(layer__slug="reservations").count() == 1


def test_land_beside_an_unregistered_outline_may_be_reserved():
    drawn(rectangle(150, 0, 50, 100))

    assert reserve(MIDDLE).balance.reserved_area_m2 == Decimal("10000.00")


@pytest.mark.parametrize(("sliver_m", "is_refused"), [(0.009, False), (0.011, True)])
def test_a_sliver_up_to_one_square_metre_is_drawing_and_more_is_land(sliver_m, is_refused):
    """Along a common border of 100 m, 9 mm share 0.9 m2 and 11 mm share 1.1 m2."""
    drawn(rectangle(150 - sliver_m, 0, 50, 100))

    if is_refused:
        with pytest.raises(UserFacingError, match="1 m2 of this land"):
            reserve(MIDDLE)
    else:
        assert reserve(MIDDLE).reference == "RES-1"


@pytest.mark.parametrize(("sliver_m", "is_refused"), [(0.009, False), (0.011, True)])
def test_the_same_sliver_counts_the_same_between_two_registered_reservations(sliver_m, is_refused):
    block()
    reserve(MIDDLE)
    beside = rectangle(150 - sliver_m, 0, 50, 100)

    if is_refused:
        with pytest.raises(UserFacingError, match="'RES-1'"):
            reserve(beside, reference="RES-2")
    else:
        assert reserve(beside, reference="RES-2").reference == "RES-2"


def test_an_outline_marked_closed_holds_no_land():
    drawn(MIDDLE, lifecycle="closed")

    assert reserve(MIDDLE).reference == "RES-1"


def test_an_outline_taken_off_the_map_holds_no_land():
    layer = drawn(MIDDLE)
    publish_features(layer=layer, features=[feature("FAR", rectangle(900, 900, 10, 10))])

    assert reserve(MIDDLE).reference == "RES-1"


def test_a_reservation_never_replaces_an_outline_that_bears_its_reference():
    """The old outline lies elsewhere; writing the new one over it would free that land unseen."""
    drawn(rectangle(0, 0, 40, 40), stable_id="RES-1")

    with pytest.raises(UserFacingError, match="Reservation 'RES-1' exists with another outline"):
        reserve(MIDDLE)

    assert feature_named("reservations", "RES-1").geometry.area == pytest.approx(1_600)


def test_what_is_registered_later_counts_once_and_the_unregistered_never_in_the_register():
    drawn(rectangle(150, 0, 50, 100))
    reserve(MIDDLE)

    assert land_held() == {"reservations": 1, "held_m2": Decimal("10000.00")}

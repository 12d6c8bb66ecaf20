from decimal import Decimal

import pytest
import shapely

from layers.crs import to_wgs84
from layers.errors import NotFoundError, UnknownLandUseError, UserFacingError
from layers.models import Feature
from layers.queries import feature_named
from layers.services import publish_features
from planning.models import AreaBalance, LandReservation, ReservationParcel
from planning.reservation_spec import spec_from
from planning.reservations import outline_of, reservation_named, reserve_land, summary
from planning.sheet.facts import facts_of
from tests.factories import feature, outline, rectangle
from tests.planning.reserved_land import block, plot, request, reserve

pytestmark = pytest.mark.django_db


def areas(reservation):
    return {p.parcel_stable_id: p.affected_area_m2 for p in reservation.parcels.all()}


def balance_of(reservation):
    row = reservation.balance
    return tuple(
        float(area)
        for area in (
            row.reserved_area_m2,
            row.parcelled_area_m2,
            row.overlapping_area_m2,
            row.unparcelled_area_m2,
        )
    )


def stored():
    return [
        model.objects.count()
        for model in (LandReservation, ReservationParcel, AreaBalance, Feature)
    ]


def test_the_middle_of_four_plots_takes_half_of_each():
    block()
    reservation = reserve()
    assert areas(reservation) == dict.fromkeys("ABCD", Decimal("2500.00"))
    assert set(reservation.parcels.values_list("share", flat=True)) == {Decimal("0.5")}
    assert balance_of(reservation) == (10_000, 10_000, 0, 0)


def test_legal_and_mapped_area_are_kept_apart_and_an_unknown_one_stays_unknown():
    block()
    rows = {p.parcel_stable_id: p for p in reserve().parcels.all()}
    assert (rows["A"].legal_area_m2, rows["A"].mapped_area_m2) == (4990, 5000)
    assert rows["B"].legal_area_m2 is None
    assert (rows["B"].tenure, rows["C"].tenure) == ("private", "unknown")


def test_a_strip_beside_the_plots_lies_outside_every_parcel():
    block()
    reservation = reserve(rectangle(150, 0, 100, 50))
    assert areas(reservation) == {"C": Decimal("2500.00")}
    assert balance_of(reservation) == (5_000, 2_500, 0, 2_500)


def test_ground_two_parcels_claim_is_counted_twice_and_said_to_be():
    block(plot("E", rectangle(60, 0, 40, 50)))
    reservation = reserve(rectangle(0, 0, 100, 50))
    assert areas(reservation) == {"A": Decimal(5000), "E": Decimal(2000)}
    assert balance_of(reservation) == (5_000, 7_000, 2_000, 0)


def test_parcels_that_only_touch_the_land_are_not_listed():
    block()
    assert set(areas(reserve(rectangle(0, 0, 100, 50)))) == {"A"}


def test_a_triangle_takes_half_of_its_plot():
    block()
    assert areas(reserve(outline((0, 0), (100, 0), (0, 50)))) == {"A": Decimal("2500.00")}


def test_land_named_by_its_parcels_takes_them_whole():
    block()
    reservation = reserve(srid=None, geometry=None, parcels=["A", "C"])
    assert areas(reservation) == {"A": Decimal(5000), "C": Decimal(5000)}
    assert balance_of(reservation) == (10_000, 10_000, 0, 0)


def test_an_outline_in_degrees_takes_the_same_land():
    block()
    reservation = reserve(to_wgs84(rectangle(50, 0, 100, 100)), srid=4326)
    assert areas(reservation) == dict.fromkeys("ABCD", Decimal("2500.00"))


def test_the_outline_is_a_feature_on_the_map():
    block()
    reserve(beneficiary="Office of education")
    shown = feature_named("reservations", "RES-1")
    assert shown.lifecycle == "proposed"
    assert shown.land_use.code == "school"
    assert shown.properties["beneficiary"] == "Office of education"
    assert shown.geometry.area == pytest.approx(10_000)


def test_an_adopted_reservation_reserves_and_names_its_decision():
    block()
    reservation = reserve(status="adopted", instrument="Decision 12 of 3 May 2026")
    assert outline_of(reservation).lifecycle == "reserved"
    assert reservation.instrument_text == "Decision 12 of 3 May 2026"


def test_the_same_request_again_changes_nothing():
    block()
    first = reserve()
    before = stored()
    assert reserve().pk == first.pk
    assert stored() == before


def test_a_reference_is_not_given_to_other_land_or_another_purpose():
    block()
    reserve()
    before = stored()
    with pytest.raises(UserFacingError, match="another outline"):
        reserve(rectangle(50, 0, 100, 99))
    with pytest.raises(UserFacingError, match="another outline, purpose or status"):
        reserve(purpose={"km": "", "en": "Fire station"})
    assert stored() == before


def test_land_reserved_already_is_refused_with_the_area_and_who_has_it():
    block()
    reserve()
    before = stored()
    with pytest.raises(UserFacingError, match=r"5,000 m2 .* 'RES-1' \(Primary school\)"):
        reserve(rectangle(0, 0, 100, 100), reference="RES-2")
    assert stored() == before


def test_land_beside_a_reservation_may_be_reserved():
    block()
    reserve()
    assert areas(reserve(rectangle(0, 0, 50, 100), reference="RES-2")) == {
        "A": Decimal("2500.00"),
        "B": Decimal("2500.00"),
    }


def test_released_land_may_be_reserved_again():
    block()
    reserve(status="released")
    assert reserve(reference="RES-2").reference == "RES-2"


def test_an_unknown_purpose_class_leaves_the_register_as_it_was():
    block()
    before = stored()
    with pytest.raises(UnknownLandUseError, match="no-such-class"):
        reserve(purpose_class="no-such-class")
    assert stored() == before


def test_a_missing_parcel_layer_reserves_nothing():
    block()
    before = stored()
    spec = spec_from(request(), file="test.yaml")
    with pytest.raises(NotFoundError, match="cadastre-2"):
        reserve_land(spec=spec, parcel_layer="cadastre-2")
    assert stored() == before


def test_a_reservation_keeps_its_areas_when_the_cadastre_moves_on():
    layer = block()
    reservation = reserve()
    smaller = feature("A", rectangle(0, 0, 60, 50), tenure="private", parcel_no="No A2")
    publish_features(layer=layer, features=[smaller], replaces_all=False)

    facts = facts_of(reservation_named("RES-1"))

    taken = {parcel.stable_id: parcel for parcel in facts.parcels}
    assert taken["A"].number == "No A"
    assert taken["A"].affected.area == pytest.approx(2500)
    assert areas(reservation)["A"] == Decimal("2500.00")


def test_the_summary_states_the_balance_in_square_metres():
    block()
    facts = summary(reserve(claimed_area_m2=9990))
    assert facts["claimed_area_m2"] == 9990
    assert [row["parcel"] for row in facts["parcels"]] == list("ABCD")
    assert facts["balance"] == {
        "reserved_m2": Decimal("10000.00"),
        "on_parcels_m2": Decimal("10000.00"),
        "counted_twice_m2": Decimal("0.00"),
        "outside_parcels_m2": Decimal("0.00"),
    }


def test_who_asks_for_an_unknown_reservation_is_told_the_known_ones():
    block()
    with pytest.raises(NotFoundError, match=r"\./krong reserve"):
        reservation_named("RES-9")
    reserve()
    with pytest.raises(NotFoundError, match="Known: RES-1"):
        reservation_named("RES-9")


def test_land_in_two_pieces_is_one_reservation():
    block()
    pieces = shapely.MultiPolygon([rectangle(0, 0, 10, 10), rectangle(190, 90, 10, 10)])
    assert areas(reserve(pieces)) == {"A": Decimal("100.00"), "D": Decimal("100.00")}

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from planning.area_balance import close_balance

areas = st.floats(min_value=0, max_value=1e7, allow_nan=False)


def test_three_thirds_of_a_square_metre_make_one_square_metre():
    balance = close_balance(reserved=1.0, covered=1.0, affected=[1 / 3, 1 / 3, 1 / 3])
    assert sorted(balance.affected) == [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]
    assert balance.parcelled == Decimal("1.00")
    assert balance.unparcelled == 0
    assert balance.closes()


def test_the_cent_goes_to_the_part_rounding_took_most_from():
    balance = close_balance(reserved=10.0, covered=10.0, affected=[3.331, 3.339, 3.330])
    assert balance.affected == (Decimal("3.33"), Decimal("3.34"), Decimal("3.33"))


def test_land_counted_in_two_overlapping_parcels_is_taken_off_once():
    balance = close_balance(reserved=100.0, covered=90.0, affected=[60.0, 50.0])
    assert balance.overlapping == Decimal("20.00")
    assert balance.unparcelled == Decimal("10.00")
    assert balance.reserved == Decimal("100.00") == 110 - Decimal(20) + Decimal(10)


def test_land_on_no_parcel_lies_outside_every_parcel():
    balance = close_balance(reserved=123.456, covered=0.0, affected=[])
    assert (balance.reserved, balance.unparcelled) == (Decimal("123.46"), Decimal("123.46"))
    assert balance.closes()


def test_noise_that_covers_more_than_there_is_gives_no_negative_part():
    balance = close_balance(reserved=100.0, covered=100.004, affected=[100.004])
    assert balance.affected == (Decimal("100.00"),)
    assert balance.unparcelled == 0
    assert balance.overlapping == 0


@given(st.lists(areas, max_size=12), areas, st.floats(min_value=0, max_value=1))
@settings(max_examples=400, deadline=None)
def test_every_balance_closes_and_no_part_is_negative(affected, outside, overlap_share):
    """Any parcels, of which any share overlaps, and any land outside them."""
    largest = max(affected, default=0.0)
    covered = largest + (sum(affected) - largest) * (1 - overlap_share)
    reserved = covered + outside

    balance = close_balance(reserved=reserved, covered=covered, affected=affected)

    assert balance.closes()
    assert min([*balance.affected, balance.overlapping, balance.unparcelled]) >= 0
    assert abs(float(balance.reserved) - reserved) <= 0.006
    for stated, measured in zip(balance.affected, affected, strict=True):
        assert abs(float(stated) - measured) <= 0.021


@given(st.lists(areas, min_size=1, max_size=6), st.floats(min_value=-0.02, max_value=0.02))
@settings(max_examples=200, deadline=None)
def test_noise_of_two_square_decimetres_between_areas_breaks_no_balance(affected, noise):
    whole = sum(affected)
    balance = close_balance(reserved=whole, covered=max(0.0, whole + noise), affected=affected)
    assert balance.closes()
    assert min([*balance.affected, balance.overlapping, balance.unparcelled]) >= 0

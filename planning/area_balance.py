"""Areas of a reservation to the last 0.01 m², so that the parts add up to the whole.

Rounded one by one, parts of a whole do not add up. Sub-decrees on land state areas that close
exactly, so the rest of a cent goes where rounding took most (largest remainder).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """reserved = sum(affected) - overlapping + unparcelled, exactly [m2]."""

    reserved: Decimal
    affected: tuple[Decimal, ...]
    overlapping: Decimal
    unparcelled: Decimal

    @property
    def parcelled(self) -> Decimal:
        """Sum of what is affected of each parcel [m2]."""
        return sum(self.affected, start=Decimal(0))

    def closes(self) -> bool:
        """Tell whether the parts equal the whole."""
        return self.reserved == self.parcelled - self.overlapping + self.unparcelled


def close_balance(*, reserved: float, covered: float, affected: Sequence[float]) -> Balance:
    """Round measured areas [m2] to 0.01 m2 so that they close.

    Parameters
    ----------
    reserved
        Area of the reservation.
    covered
        Area of the reservation lying on any parcel, counted once.
    affected
        For each parcel the area shared with the reservation; overlapping parcels count twice.
    """
    reserved_cents = round(reserved * 100)
    overlapping_cents = max(0, round((sum(affected) - covered) * 100))
    parts = [*affected, max(0.0, reserved - covered)]
    cents = _apportion(parts, reserved_cents + overlapping_cents)
    return Balance(
        reserved=reserved_cents * CENT,
        affected=tuple(part * CENT for part in cents[:-1]),
        overlapping=overlapping_cents * CENT,
        unparcelled=cents[-1] * CENT,
    )


def _apportion(parts: Sequence[float], total_cents: int) -> list[int]:
    """Split a total into whole cents near the parts, never below zero."""
    cents = [int(part * 100) for part in parts]
    left = total_cents - sum(cents)
    step = 1 if left > 0 else -1
    by_remainder = sorted(
        range(len(parts)), key=lambda i: (parts[i] * 100 - cents[i], parts[i]), reverse=left > 0
    )
    turn = 0
    while left:
        place = by_remainder[turn % len(parts)]
        turn += 1
        if cents[place] + step >= 0:
            cents[place] += step
            left -= step
    return cents

"""The message formats of a simulated sender, and its bookings in them.

AlpineBits has no states of a stay: a guest checked in is still reserved, and so is a no-show. SMX
has them, for the reservation and (RoomStayStatus) for each room. Neither has deletions: a booking
that the hotel deletes is reported as canceled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    SimulatedBooking,
    SimulatedRoomStay,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.scenario import STATUSES, ExpectedBooking
from domain.status import BookingStatus, derive_header_status
from domain.values import Money

_P, _C, _I, _O, _X, _N = BookingStatus


class Dialect(StrEnum):
    SMX = "smx"
    ALPINEBITS = "alpinebits"


SMX_STATUSES: Final = {
    _P: "Waitlisted",
    _C: "Reserved",
    _I: "In-house",
    _O: "Checked-Out",
    _X: "Cancelled",
    _N: "No-show",
}
_ALPINEBITS: Final[Mapping[BookingStatus, BookingStatus]] = {_P: _C, _I: _C, _O: _C, _N: _C}
_INACTIVE: Final = frozenset({_X, _N})


@dataclass(frozen=True, slots=True)
class BookingView:
    """One booking as the sender reports it. `listed`: its rooms; `counted`: those that determine
    its days and total. `is_first`: unchanged since its creation."""

    booking: SimulatedBooking
    status: BookingStatus
    listed: Sequence[SimulatedRoomStay]
    counted: Sequence[SimulatedRoomStay]
    changed: int
    is_first: bool

    @property
    def total(self) -> int:
        return sum(stay.total for stay in self.counted)


@dataclass(frozen=True, slots=True)
class BookingViews:
    hotel: SeededHotel
    dialect: Dialect

    def of(self, booking: SimulatedBooking) -> BookingView:
        stays = booking.remaining_stays
        status = derive_header_status([self.status_of(stay) for stay in stays]) or _X
        active_stays = [stay for stay in stays if self.status_of(stay) not in _INACTIVE]
        counted = active_stays or stays
        changed = self._last_changed(booking)
        return BookingView(
            booking=booking,
            status=status,
            listed=stays if self.dialect is Dialect.SMX else counted,
            counted=counted,
            changed=changed,
            # A new booking stamps its rooms one tick apart.
            is_first=changed - booking.created <= len(booking.stays)
            and len(active_stays) == len(stays),
        )

    def status_of(self, stay: SimulatedRoomStay) -> BookingStatus:
        if stay.deleted is not None:
            return _X
        status = STATUSES[stay.state]
        if self.dialect is Dialect.ALPINEBITS:
            return _ALPINEBITS.get(status, status)
        return status

    def expected_bookings(self) -> list[ExpectedBooking]:
        found = []
        for _, booking in sorted(self.hotel.bookings.items()):
            view = self.of(booking)
            found.append(
                ExpectedBooking(
                    external_id=booking.id,
                    status=view.status,
                    arrival=min(stay.arrival for stay in view.counted),
                    departure=max(stay.departure for stay in view.counted),
                    total=Money(view.total, self.hotel.currency),
                )
            )
        return found

    def bookings_of_guest(self, guest_id: str) -> list[SimulatedBooking]:
        return [
            booking
            for booking in self.hotel.bookings.values()
            if guest_id in _guest_ids_of(booking)
        ]

    def _last_changed(self, booking: SimulatedBooking) -> int:
        """Of the booking, its rooms and its guests."""
        stamps = [booking.updated, *(stay.updated for stay in booking.stays)]
        stamps += [stay.deleted for stay in booking.stays if stay.deleted is not None]
        for guest_id in _guest_ids_of(booking):
            guest, *merged_into = self.hotel.merge_chain(guest_id)
            if guest.updated > guest.created:
                stamps.append(guest.updated)
            stamps += [each.updated for each in merged_into]
        return max(stamps)


def _guest_ids_of(booking: SimulatedBooking) -> set[str]:
    return {booking.booker_id}.union(*(stay.guest_ids for stay in booking.stays))


def instant_text(ticks: int) -> str:
    """UTC, to the tick of 100 ns."""
    seconds = datetime.fromtimestamp(ticks // TICKS, UTC)
    return f"{seconds:%Y-%m-%dT%H:%M:%S}.{ticks % TICKS:07}Z"

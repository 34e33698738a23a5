"""What a conformance suite has this hotel do, and the truth about it."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.stage import Act, TrueBooking
from domain.status import BookingStatus
from domain.values import Money

from .simulated_days import HotelLife
from .simulated_records import Reservation

_NIGHT: Final = timedelta(days=1)
_FARTHEST_DAYS: Final = 300
_STATUSES: Final = {
    "Inquired": BookingStatus.PENDING,
    "Requested": BookingStatus.PENDING,
    "Optional": BookingStatus.PENDING,
    "Confirmed": BookingStatus.CONFIRMED,
    "Started": BookingStatus.CHECKED_IN,
    "Processed": BookingStatus.CHECKED_OUT,
    "Canceled": BookingStatus.CANCELED,
}
_BEFORE: Final = {
    Act.AMEND: "Confirmed",
    Act.CHECK_IN: "Confirmed",
    Act.REVERT_CHECK_IN: "Started",
    Act.CHECK_OUT: "Started",
    Act.CANCEL: "Confirmed",
    Act.REINSTATE: "Canceled",
    Act.NO_SHOW: "Confirmed",
}
"""Nothing is deleted: at this vendor a reservation that was made stays."""


class Stage:
    def __init__(self, life: HotelLife) -> None:
        self._life = life
        self._hotel = life.hotel
        self._free_from = date.min

    def truth(self) -> Sequence[TrueBooking]:
        with self._life.lock:
            return [self._true(item) for item in self._hotel.stays()]

    def _true(self, item: Reservation) -> TrueBooking:
        charges = self._hotel.order_items.linked("reservation", item.id)
        minor = sum(charge.gross for charge in charges if charge.canceled is None)
        is_no_show = item.state == "Canceled" and item.cancellation_reason == "NoShow"
        return TrueBooking(
            external_id=item.id,
            status=BookingStatus.NO_SHOW if is_no_show else _STATUSES[item.state],
            arrival=item.arrival,
            departure=item.departure,
            total=Money(minor, self._hotel.catalog.profile.currency),
        )

    def act(self, act: Act) -> str | None:
        with self._life.lock:
            self._life.wait(1)
            if act is Act.BOOK:
                booked = self.book()
                return None if booked is None else booked.id
            for item in self._candidates(act):
                if self._done(act, item):
                    return item.id
            return None

    def book(self) -> Reservation | None:
        """A night, on the first of the next days on which a room is free."""
        first = max(self._free_from, self._hotel.today + 3 * _NIGHT)
        for ahead in range(_FARTHEST_DAYS):
            arrival = first + ahead * _NIGHT
            booked = self._life.desk.book(arrival, arrival + _NIGHT)
            if booked is not None:
                self._free_from = arrival
                return booked
        return None

    def _candidates(self, act: Act) -> Iterator[Reservation]:
        """Those of these days first."""
        today = self._hotel.today
        found = [item for item in self._hotel.stays() if item.state == _BEFORE.get(act)]
        found.sort(key=lambda item: (item.departure < today, abs((item.arrival - today).days)))
        yield from found

    def _done(self, act: Act, item: Reservation) -> bool:
        desk = self._life.desk
        match act:
            case Act.AMEND:
                later, sooner = item.departure + _NIGHT, item.departure - _NIGHT
                return desk.amend_dates(item, item.arrival, later) or (
                    sooner > item.arrival and desk.amend_dates(item, item.arrival, sooner)
                )
            case Act.REINSTATE:
                return item.cancellation_reason != "NoShow" and desk.reinstate(item)
            case Act.CHECK_IN:
                if item.room_id is None and not desk.move_room(item):
                    return False
                desk.check_in(item)
            case Act.REVERT_CHECK_IN:
                desk.revert_check_in(item)
            case Act.CHECK_OUT:
                desk.check_out(item)
            case Act.CANCEL:
                desk.cancel(item, "RequestedByGuest")
            case _:
                desk.cancel(item, "NoShow")
        return True

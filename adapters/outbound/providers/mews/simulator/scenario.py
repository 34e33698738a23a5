"""What a conformance suite has this hotel do, and the truth about it."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from adapters.outbound.provider_kit.simulation.scenario import ExpectedBooking, ScenarioAction
from adapters.outbound.providers.mews.simulator.days import MewsActivityGenerator
from adapters.outbound.providers.mews.simulator.records import Reservation
from domain.status import BookingStatus
from domain.values import Money

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
    ScenarioAction.AMEND: "Confirmed",
    ScenarioAction.CHECK_IN: "Confirmed",
    ScenarioAction.REVERT_CHECK_IN: "Started",
    ScenarioAction.CHECK_OUT: "Started",
    ScenarioAction.CANCEL: "Confirmed",
    ScenarioAction.REINSTATE: "Canceled",
    ScenarioAction.NO_SHOW: "Confirmed",
}
"""Nothing is deleted: at this vendor a reservation that was made stays."""


class Stage:
    def __init__(self, activity: MewsActivityGenerator) -> None:
        self._activity = activity
        self._hotel = activity.hotel
        self._free_from = date.min

    def expected_bookings(self) -> Sequence[ExpectedBooking]:
        with self._activity.lock:
            return [self._true(item) for item in self._hotel.stays()]

    def _true(self, item: Reservation) -> ExpectedBooking:
        charges = self._hotel.order_items.linked("reservation", item.id)
        minor = sum(charge.gross for charge in charges if charge.canceled is None)
        is_no_show = item.state == "Canceled" and item.cancellation_reason == "NoShow"
        return ExpectedBooking(
            external_id=item.id,
            status=BookingStatus.NO_SHOW if is_no_show else _STATUSES[item.state],
            arrival=item.arrival,
            departure=item.departure,
            total=Money(minor, self._hotel.catalog.profile.currency),
        )

    def act(self, act: ScenarioAction) -> str | None:
        with self._activity.lock:
            self._activity.wait(1)
            if act is ScenarioAction.BOOK:
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
            booked = self._activity.commands.book(arrival, arrival + _NIGHT)
            if booked is not None:
                self._free_from = arrival
                return booked
        return None

    def _candidates(self, act: ScenarioAction) -> Iterator[Reservation]:
        """Those of these days first."""
        today = self._hotel.today
        found = [item for item in self._hotel.stays() if item.state == _BEFORE.get(act)]
        found.sort(key=lambda item: (item.departure < today, abs((item.arrival - today).days)))
        yield from found

    def _done(self, act: ScenarioAction, item: Reservation) -> bool:
        commands = self._activity.commands
        match act:
            case ScenarioAction.AMEND:
                later, sooner = item.departure + _NIGHT, item.departure - _NIGHT
                return commands.amend_dates(item, item.arrival, later) or (
                    sooner > item.arrival and commands.amend_dates(item, item.arrival, sooner)
                )
            case ScenarioAction.REINSTATE:
                return item.cancellation_reason != "NoShow" and commands.reinstate(item)
            case ScenarioAction.CHECK_IN:
                if item.room_id is None and not commands.move_room(item):
                    return False
                commands.check_in(item)
            case ScenarioAction.REVERT_CHECK_IN:
                commands.revert_check_in(item)
            case ScenarioAction.CHECK_OUT:
                commands.check_out(item)
            case ScenarioAction.CANCEL:
                commands.cancel(item, "RequestedByGuest")
            case _:
                commands.cancel(item, "NoShow")
        return True

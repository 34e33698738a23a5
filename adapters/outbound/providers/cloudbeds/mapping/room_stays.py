"""The rooms of a reservation, each with its own stay and status."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from adapters.outbound.provider_kit.parsing import field_values as values
from adapters.outbound.provider_kit.parsing.errors import UnreadableField
from adapters.outbound.provider_kit.parsing.field_values import as_id, as_person_count, as_text
from adapters.outbound.provider_kit.parsing.reader import Reader, as_rounded_money
from adapters.outbound.providers.cloudbeds.mapping.parsing import (
    ExtraFields,
    amounts_by_day,
    as_day,
    children,
    keep_rounded_amount,
    read_day,
)
from domain.snapshots import RoomStay
from domain.status import BookingStatus
from domain.values import AgeClass, AgeCount, NightlyPrice, Stay

_LISTS: Final = ("rooms", "assigned", "unassigned")
_STATES: Final[Mapping[str, BookingStatus | None]] = {
    "cancelled": BookingStatus.CANCELED,
    "in_house": BookingStatus.CHECKED_IN,
    "checked_out": BookingStatus.CHECKED_OUT,
    "not_checked_in": None,
}
_PAST_CHECK_IN: Final = frozenset({BookingStatus.CHECKED_IN, BookingStatus.CHECKED_OUT})


def map_rooms(
    r: Reader, header: BookingStatus, currency: str, kept: ExtraFields
) -> tuple[RoomStay, ...]:
    """Sorted by line id, so that assigning a room number does not change the order."""
    listed = [room for key in _LISTS for room in children(r, key, "rooms", is_decisive=True) or ()]
    found = [
        _RoomReader(room, f"rooms[{n}]", currency, kept).stay(header)
        for n, room in enumerate(listed)
    ]
    return tuple(sorted(found, key=lambda room: (len(room.line_id or ""), room.line_id or "")))


@dataclass(frozen=True, slots=True)
class _RoomReader:
    r: Reader
    target: str
    currency: str
    kept: ExtraFields

    def stay(self, header: BookingStatus) -> RoomStay:
        r, target = self.r, self.target
        return RoomStay(
            line_id=r.optional("subReservationID", as_id, f"{target}.line_id"),
            room_type_id=r.optional("roomTypeID", as_id, f"{target}.room_type_id"),
            room_id=r.optional("roomID", as_id, f"{target}.room_id"),
            rate_plan_id=r.optional("rateID", as_id, f"{target}.rate_plan_id"),
            stay=self._days(),
            status=self._status(header),
            occupancy=tuple(self._occupancy()),
            nightly_prices=tuple(sorted(self._nightly_prices(), key=lambda price: price.night)),
        )

    def _days(self) -> Stay | None:
        """None if the room has neither day: it follows the reservation."""
        target = f"{self.target}.stay"
        own = any(key in self.r for key in _LISTED_DAYS)
        keys = _LISTED_DAYS if own else _ASSIGNED_DAYS
        if not any([self.r.decisive(key, as_day, target) for key in keys]):
            return None
        first, last = (read_day(self.r, key, target) for key in keys)
        return Stay(first, last)

    def _status(self, header: BookingStatus) -> BookingStatus:
        """A room that is not checked in has the reservation's status (canceled, no-show, pending),
        or is CONFIRMED if other rooms of the reservation are checked in or out."""
        target = f"{self.target}.status"
        if not self.r.decisive("roomStatus", as_text, target):
            return header
        own = self.r.choice("roomStatus", _STATES, target)
        if own is not None:
            return own
        return BookingStatus.CONFIRMED if header in _PAST_CHECK_IN else header

    def _occupancy(self) -> Iterator[AgeCount]:
        for key, age_class in (("adults", AgeClass.ADULT), ("children", AgeClass.CHILD)):
            count = self.r.optional(key, as_person_count, f"{self.target}.occupancy")
            if count:
                yield AgeCount(age_class, count)

    def _nightly_prices(self) -> Iterator[NightlyPrice]:
        target = f"{self.target}.nightly_prices"
        parse = as_rounded_money(self.currency)
        by_day = amounts_by_day(self.r, "detailedRoomRates", target)
        if by_day:
            rates = self.r.object("detailedRoomRates")
            for key in by_day:
                night = _parse_night(key)
                price = rates.optional(key, parse, target) if night else None
                if night and price:
                    keep_rounded_amount(rates, key, price, self.kept, target)
                    yield NightlyPrice(night, price)
        for each in children(self.r, "dailyRates", target) or ():
            night, price = (
                each.optional_local_date("date", target),
                each.optional("rate", parse, target),
            )
            if night and price:
                keep_rounded_amount(each, "rate", price, self.kept, target)
                yield NightlyPrice(night, price)


def _parse_night(key: str) -> date | None:
    try:
        return values.as_local_date(key, key)
    except UnreadableField:
        return None


_LISTED_DAYS: Final = ("roomCheckIn", "roomCheckOut")
_ASSIGNED_DAYS: Final = ("startDate", "endDate")

"""Finds the ids under which a person is stored, for an export or an erasure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeVar

from domain.booking import Booking
from domain.erasure import parties_of
from domain.guest import Guest
from domain.snapshots import Party
from domain.values import HotelId
from ports.queries import BookingFilter, BookingOrder, GuestFilter, Keyset, Queries, Slice

R = TypeVar("R")

_PAGE: Final = 200
MAX_FOUND: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGuest:
    """`guest_id` is None for a person whom only the booking names."""

    provider: str
    guest_id: str | None
    booking_id: str | None
    first_name: str | None
    last_name: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class FindGuest:
    """Reads all guests and bookings of the hotel: for an operator, not for requests."""

    queries: Queries

    def __call__(self, hotel_id: HotelId, text: str) -> Sequence[FoundGuest]:
        """Up to 200 whose e-mail is the text, or whose name contains it, whatever the case."""
        wanted = text.casefold()
        everyone = self._everyone(hotel_id)
        return list(islice((each for each in everyone if _matches(each, wanted)), MAX_FOUND))

    def _everyone(self, hotel_id: HotelId) -> Iterator[FoundGuest]:
        guests = GuestFilter(hotel_id=hotel_id)
        for guest in _all(lambda at: self.queries.guests(guests, limit=_PAGE, after=at)):
            yield _found_guest(guest)
        bookings = BookingFilter(hotel_id=hotel_id, include_deleted=True)
        order = BookingOrder.ARRIVAL_ASC
        for booking in _all(
            lambda at: self.queries.bookings(bookings, order=order, limit=_PAGE, after=at)
        ):
            yield from (_found_party(booking, party) for party in parties_of(booking.details))


def _all(query: Callable[[Keyset | None], Slice[R]]) -> Iterator[R]:
    position: Keyset | None = None
    while True:
        found = query(position)
        yield from found.rows
        if not found.more:
            return
        position = found.positions[-1]


def _matches(found: FoundGuest, wanted: str) -> bool:
    """`wanted`: case-folded."""
    exact = (text.casefold() for text in (found.email, found.guest_id) if text)
    name = " ".join(filter(None, (found.first_name, found.last_name)))
    return wanted in exact or wanted in name.casefold()


def _found_guest(guest: Guest) -> FoundGuest:
    return FoundGuest(
        provider=guest.provider,
        guest_id=guest.external_id,
        booking_id=None,
        first_name=guest.details.first_name,
        last_name=guest.details.last_name,
        email=guest.details.email,
    )


def _found_party(booking: Booking, party: Party) -> FoundGuest:
    return FoundGuest(
        provider=booking.provider,
        guest_id=party.guest_id,
        booking_id=booking.external_id,
        first_name=party.first_name,
        last_name=party.last_name,
        email=party.email,
    )

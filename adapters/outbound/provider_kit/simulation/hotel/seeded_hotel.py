"""The vendor-neutral hotel, which each vendor's simulator renders in its own format.

The same arguments give the same hotel on any machine, and the same calls the same activity. Its
clock moves only when it is advanced.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    Company,
    RatePlan,
    RoomBlock,
    SimulatedBooking,
    SimulatedGuest,
    SimulatedRoom,
    SimulatedRoomStay,
    SimulatedRoomType,
    StayState,
)
from domain.currencies import EXPONENTS
from ports.renamed import renamed_method

START_DATE: Final = date(2026, 6, 1)
DAYS_PAST, DAYS_AHEAD = 90, 180
LONGEST_STAY = 14
_ROOM_TYPES: Final = (
    ("SGL", "Single", 1, 79),
    ("DBL", "Double", 2, 119),
    ("DBL", "Double", 2, 119),
    ("FAM", "Family", 4, 189),
    ("STE", "Suite", 3, 289),
)
_RATE_PLANS: Final = (("FLEX", "Flexible", 100), ("NONREF", "Not refundable", 88))
_COMPANIES: Final = (("ACME", "Acme Trading"), ("NORD", "Nordwind Logistics"))


class SeededHotel:
    """Hold `lock` while reading it. `bookings`: how many it will be seeded with; the number of
    rooms follows."""

    def __init__(
        self,
        *,
        seed: int = 1,
        bookings: int = 2_000,
        currency: str = "EUR",
        time_zone: str = "Europe/Berlin",
        start_date: date = START_DATE,
    ) -> None:
        self.seed = seed
        self.lock = threading.RLock()
        self.currency = currency
        self.time_zone = time_zone
        self.zone = ZoneInfo(time_zone)
        self.now = self.instant(start_date, 6 * 60)
        self.minor: int = 10 ** EXPONENTS[currency]
        self.room_types = {
            row[0]: SimulatedRoomType(*row[:3], row[3] * self.minor) for row in _ROOM_TYPES
        }
        self.rate_plans = {row[0]: RatePlan(*row) for row in _RATE_PLANS}
        self.companies = {row[0]: Company(*row) for row in _COMPANIES}
        self.rooms = {room.id: room for room in _rooms(max(10, bookings // 40))}
        self.guests: dict[str, SimulatedGuest] = {}
        self.bookings: dict[str, SimulatedBooking] = {}
        self.blocks: dict[str, RoomBlock] = {}
        self.revision = 0
        """Grows with each change, to invalidate caches."""

    @property
    def id(self) -> str:
        """The property id."""
        return f"SIM{self.seed}"

    @property
    def name(self) -> str:
        return f"Simulated Hotel {self.seed}"

    @property
    def today(self) -> date:
        return self.local(self.now).date()

    def instant(self, day: date, minute: int = 0) -> int:
        """Ticks at a wall time of a local day."""
        return _instant(self.zone, day, minute)

    def local(self, instant: int) -> datetime:
        return datetime.fromtimestamp(instant // TICKS, UTC).astimezone(self.zone)

    def major(self, minor: int) -> float:
        return minor / self.minor

    def stamp(self) -> int:
        """A new instant, later than all before."""
        self.now += 1
        self.revision += 1
        return self.now

    def stays(self) -> Iterator[SimulatedRoomStay]:
        """All that are not deleted."""
        for booking in self.bookings.values():
            for stay in booking.stays:
                if stay.deleted is None:
                    yield stay

    def expected_bookings(self) -> list[SimulatedBooking]:
        """The bookings that are not deleted, by id."""
        return [b for _, b in sorted(self.bookings.items()) if not b.is_deleted]

    def merge_chain(self, guest_id: str) -> list[SimulatedGuest]:
        """The guest, then each guest that it was merged into."""
        chain = [self.guests[guest_id]]
        while chain[-1].merged_into is not None:
            chain.append(self.guests[chain[-1].merged_into])
        return chain

    def surviving_guest(self, guest_id: str) -> SimulatedGuest:
        return self.merge_chain(guest_id)[-1]

    def assigned_room(self, stay: SimulatedRoomStay) -> SimulatedRoom | None:
        """The room kept for the stay, where it is visible."""
        return self.rooms[stay.room_id] if stay.room_id and stay.is_assigned else None

    def stay(self, booking_id: str, line: int) -> SimulatedRoomStay:
        return self.bookings[booking_id].stays[line - 1]

    def find_stay(self, stay_id: str) -> SimulatedRoomStay | None:
        """None where it is deleted, too."""
        booking = self.bookings.get(stay_id.rpartition("-")[0])
        stays = booking.stays if booking else ()
        return next((stay for stay in stays if stay.id == stay_id and stay.deleted is None), None)

    def last_change(self, stay: SimulatedRoomStay) -> int:
        """Of the stay or one of its guests, for vendors whose reservations contain their guests."""
        chains = map(self.merge_chain, stay.guest_ids)
        return max(stay.updated, *(guest.updated for chain in chains for guest in chain))

    def last_change_or_payment(self, stay: SimulatedRoomStay) -> int:
        """For vendors whose reservations get a new time stamp with each payment."""
        return max(self.last_change(stay), stay.last_paid)

    def sold(self, first: date, end: date) -> Counter[tuple[str, date]]:
        """Rooms sold per (room type, night) from `first` up to, not including, `end`. Day use holds
        no night."""
        counts: Counter[tuple[str, date]] = Counter()
        for stay in self.stays():
            if stay.holds_inventory and stay.arrival < end and first < stay.departure:
                day = max(stay.arrival, first)
                while day < min(stay.departure, end):
                    counts[stay.room_type_id, day] += 1
                    day += timedelta(days=1)
        return counts

    def rooms_of(self, room_type_id: str) -> list[SimulatedRoom]:
        return [room for room in self.rooms.values() if room.room_type_id == room_type_id]

    def assign_free_room(self, stay: SimulatedRoomStay) -> bool:
        """Keeps a free room of its type for the stay; False where none is free."""
        nights = {night.toordinal() for night in stay.nights}
        for room in self.rooms_of(stay.room_type_id):
            if room.taken.isdisjoint(nights):
                room.taken |= nights
                stay.room_id = room.id
                return True
        return False

    def release_room(self, stay: SimulatedRoomStay) -> None:
        if stay.room_id is not None:
            self.rooms[stay.room_id].taken -= {night.toordinal() for night in stay.nights}
        stay.room_id, stay.is_assigned = None, False

    if not TYPE_CHECKING:
        truth = renamed_method("truth", "expected_bookings")
        take_room = renamed_method("take_room", "assign_free_room")
        give_room_back = renamed_method("give_room_back", "release_room")

    def states(self) -> dict[str, int]:
        counts = Counter(stay.state for stay in self.stays())
        return {state.value: counts[state] for state in StayState}


@lru_cache(maxsize=10_000)
def _instant(zone: ZoneInfo, day: date, minute: int) -> int:
    """Rendering needs the same few instants of each day again and again."""
    local = datetime(day.year, day.month, day.day, *divmod(minute, 60), tzinfo=zone)
    return int(local.timestamp()) * TICKS


def _rooms(count: int) -> Iterator[SimulatedRoom]:
    for number in range(count):
        floor = str(number // 20 + 1)
        name = f"{floor}{number % 20 + 1:02}"
        yield SimulatedRoom(f"R{name}", name, floor, _ROOM_TYPES[number % len(_ROOM_TYPES)][0])

"""Generates activity in a seeded hotel: whole days, or a number of single events."""

import random
import threading
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from adapters.outbound.provider_kit.simulation.hotel.commands import HotelCommands
from adapters.outbound.provider_kit.simulation.hotel.records import (
    TICKS,
    HotelEvent,
    SimulatedRoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import START_DATE, SeededHotel
from adapters.outbound.provider_kit.simulation.hotel.seeding import BookingFactory, HotelSeeder

_PAYING_EVERY = 5
"""Of the guests in house; without randomness."""

OPTION, CONFIRMED, CHECKED_IN = StayState.OPTION, StayState.CONFIRMED, StayState.CHECKED_IN


def create_activity_generator(
    *,
    seed: int = 1,
    bookings: int = 2_000,
    currency: str = "EUR",
    time_zone: str = "Europe/Berlin",
    start_date: date = START_DATE,
) -> "ActivityGenerator":
    """A seeded hotel with so many bookings."""
    hotel = SeededHotel(
        seed=seed,
        bookings=bookings,
        currency=currency,
        time_zone=time_zone,
        start_date=start_date,
    )
    HotelSeeder(hotel).fill(bookings)
    return ActivityGenerator(hotel)


class ActivityGenerator:
    """Implements `running_simulator.ActivitySource` for the neutral hotel."""

    def __init__(self, hotel: SeededHotel) -> None:
        self.hotel = hotel
        self._source = random.Random(f"life:{hotel.seed}")
        self._factory = BookingFactory(hotel, self._source)
        self.commands = HotelCommands(hotel, self._factory)
        self.max_rooms_on_request = 4
        run, commands = self._on_random_stay, self.commands
        actions: tuple[tuple[int, Callable[[], object]], ...] = (
            (20, self._new_booking),
            (10, self._extension),
            (10, lambda: run(commands.cancel, CONFIRMED, OPTION)),
            (8, lambda: run(commands.reprice, CONFIRMED)),
            (8, lambda: run(commands.toggle_assigned, CONFIRMED)),
            (6, self._email_change),
            (6, self._arrival),
            (5, lambda: run(commands.check_out, CHECKED_IN)),
            (4, lambda: run(commands.add_companion, CONFIRMED, CHECKED_IN)),
            (3, lambda: run(commands.confirm, OPTION)),
            (3, lambda: run(commands.revert_check_in, CHECKED_IN, within=1)),
            (3, lambda: run(commands.reinstate, StayState.CANCELED, StayState.NO_SHOW)),
            (2, lambda: run(commands.delete, CONFIRMED, OPTION, StayState.CANCELED)),
            (2, self._merge),
            (2, self._housekeeping),
            (1, self._no_show),
        )
        self._actions = [action for _, action in actions]
        self._weights = [weight for weight, _ in actions]

    @property
    def lock(self) -> threading.RLock:
        return self.hotel.lock

    def advance_clock(self, seconds: int) -> None:
        self.hotel.now += seconds * TICKS

    def summary(self) -> dict[str, object]:
        hotel = self.hotel
        return {
            "now": hotel.local(hotel.now).isoformat(),
            "today": hotel.today.isoformat(),
            "states": hotel.states(),
            "bookings": len(hotel.expected_bookings()),
            "guests": len(hotel.guests),
            "rooms": len(hotel.rooms),
        }

    def generate_events(self, events: int) -> Sequence[HotelEvent]:
        """Tries so many random actions, seconds apart; an impossible one does nothing."""
        with self.lock:
            for action in self._source.choices(self._actions, self._weights, k=events):
                self.advance_clock(self._source.randrange(0, 90))
                action()
            return self.commands.take_events()

    def generate_day(self) -> Sequence[HotelEvent]:
        """One day until 6:00 of the next: departures, random actions, arrivals, payments, the night
        audit."""
        hotel = self.hotel
        with self.lock:
            today = hotel.today
            self._at(today, 10 * 60)
            for stay in self._stays(CHECKED_IN):
                if stay.departure <= today:
                    self.commands.check_out(stay)
            for _ in range(max(3, len(hotel.rooms) // 4)):
                self.advance_clock(self._source.randrange(600))
                self._source.choices(self._actions, self._weights)[0]()
            self._at(today, 16 * 60)
            for stay in self._stays(CONFIRMED, StayState.OPTION):
                if stay.arrival <= today:
                    self._handle_arrival(stay, today)
            for stay in self._stays(CHECKED_IN)[::_PAYING_EVERY]:
                self.commands.pay(stay)
            self._at(today + timedelta(days=1), 6 * 60)
            self._lift_block()
            return self.commands.take_events()

    def _handle_arrival(self, stay: SimulatedRoomStay, today: date) -> None:
        self.advance_clock(self._source.randrange(120))
        if stay.departure < today or self._source.random() < 0.03:
            self.commands.no_show(stay)
        elif stay.state is StayState.OPTION:
            self.commands.cancel(stay)
        else:
            self.commands.check_in(stay)

    def _at(self, day: date, minute: int) -> None:
        self.hotel.now = max(self.hotel.now, self.hotel.instant(day, minute))

    def _stays(self, *states: StayState) -> list[SimulatedRoomStay]:
        return [stay for stay in self.hotel.stays() if stay.state in states]

    def _pick_stay(self, *states: StayState, within: int = 400) -> SimulatedRoomStay | None:
        """A random stay that arrives within so many days of today and has not ended."""
        today = self.hotel.today
        found = [
            stay
            for stay in self._stays(*states)
            if stay.departure >= today and abs((stay.arrival - today).days) <= within
        ]
        return self._source.choice(found) if found else None

    def book(self) -> SimulatedRoomStay:
        """A confirmed booking on request, for three days from now."""
        arrival = self.hotel.today + timedelta(days=3)
        booking = self._factory.booking(
            arrival, self.hotel.stamp(), max_rooms=self.max_rooms_on_request
        )
        self.commands.record_created(booking)
        return booking.stays[0]

    def _new_booking(self) -> None:
        hotel, walks_in = self.hotel, self._source.random() < 0.1
        ahead = 0 if walks_in else int(self._source.random() ** 2 * 120)
        arrival = hotel.today + timedelta(days=ahead)
        channel = "walk-in" if walks_in else None
        booking = self._factory.booking(arrival, hotel.stamp(), channel=channel)
        if self._source.random() < 0.1 and booking.stays[0].state is CONFIRMED:
            booking.stays[0].state = StayState.OPTION
        self.commands.record_created(booking)

    def _on_random_stay(
        self,
        command: Callable[[SimulatedRoomStay], object],
        *states: StayState,
        within: int = 400,
    ) -> None:
        stay = self._pick_stay(*states, within=within)
        if stay is not None:
            command(stay)

    def _extension(self) -> None:
        nights = self._source.choice((-1, 1, 2))
        self._on_random_stay(lambda stay: self.commands.extend(stay, nights), CONFIRMED, CHECKED_IN)

    def _email_change(self) -> None:
        stay = self._pick_stay(CONFIRMED, CHECKED_IN)
        if stay is not None:
            guest = self.hotel.guests[stay.guest_id]
            self.commands.change_guest(guest, f"new{self._source.randrange(10**6)}@example.com")

    def _arrival(self) -> None:
        stay = self._pick_stay(CONFIRMED, within=0)
        if stay is not None and stay.arrival == self.hotel.today:
            self.commands.check_in(stay)

    def _merge(self) -> None:
        one, other = self._pick_stay(CONFIRMED), self._pick_stay(CONFIRMED)
        if one is None or other is None or one.guest_id == other.guest_id:
            return
        guests = self.hotel.guests
        if guests[one.guest_id].merged_into is None and guests[other.guest_id].merged_into is None:
            self.commands.merge(guests[one.guest_id], guests[other.guest_id])

    def _housekeeping(self) -> None:
        self.commands.toggle_clean(self._source.choice(list(self.hotel.rooms.values())))

    def _lift_block(self) -> None:
        """Every fifth day a blocked room is ready early."""
        blocks = [block for block in self.hotel.blocks.values() if not block.is_lifted]
        if blocks and self.hotel.today.toordinal() % 5 == 0:
            self.commands.lift_block(blocks[0])

    def _no_show(self) -> None:
        stay = self._pick_stay(CONFIRMED, within=1)
        if stay is not None and stay.arrival < self.hotel.today:
            self.commands.no_show(stay)

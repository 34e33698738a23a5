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

CONFIRMED, CHECKED_IN = StayState.CONFIRMED, StayState.CHECKED_IN


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
        actions: tuple[tuple[int, Callable[[], object]], ...] = (
            (20, self._new_booking),
            (10, self._extension),
            (10, self._cancellation),
            (8, self._price_change),
            (8, self._room_assignment),
            (6, self._email_change),
            (6, self._arrival),
            (5, self._departure),
            (4, self._companion),
            (3, self._confirmation),
            (3, self._check_in_reverted),
            (3, self._reinstatement),
            (2, self._deletion),
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
        """One day until 6:00 of the next: departures, random actions, arrivals, the night audit."""
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

    def _apply_to(
        self, action: Callable[[SimulatedRoomStay], object], stay: SimulatedRoomStay | None
    ) -> None:
        if stay is not None:
            action(stay)

    def _extension(self) -> None:
        nights = self._source.choice((-1, 1, 2))
        self._apply_to(
            lambda stay: self.commands.extend(stay, nights),
            self._pick_stay(CONFIRMED, CHECKED_IN),
        )

    def _cancellation(self) -> None:
        self._apply_to(self.commands.cancel, self._pick_stay(CONFIRMED, StayState.OPTION))

    def _price_change(self) -> None:
        self._apply_to(self.commands.reprice, self._pick_stay(CONFIRMED))

    def _room_assignment(self) -> None:
        self._apply_to(
            lambda stay: self.commands.assign(stay, assigned=not stay.is_assigned),
            self._pick_stay(CONFIRMED),
        )

    def _email_change(self) -> None:
        stay = self._pick_stay(CONFIRMED, CHECKED_IN)
        if stay is not None:
            guest = self.hotel.guests[stay.guest_id]
            self.commands.change_guest(guest, f"new{self._source.randrange(10**6)}@example.com")

    def _arrival(self) -> None:
        stay = self._pick_stay(CONFIRMED, within=0)
        if stay is not None and stay.arrival == self.hotel.today:
            self.commands.check_in(stay)

    def _departure(self) -> None:
        self._apply_to(self.commands.check_out, self._pick_stay(CHECKED_IN))

    def _companion(self) -> None:
        self._apply_to(self.commands.add_companion, self._pick_stay(CONFIRMED, CHECKED_IN))

    def _confirmation(self) -> None:
        self._apply_to(self.commands.confirm, self._pick_stay(StayState.OPTION))

    def _check_in_reverted(self) -> None:
        self._apply_to(self.commands.revert_check_in, self._pick_stay(CHECKED_IN, within=1))

    def _reinstatement(self) -> None:
        self._apply_to(
            self.commands.reinstate, self._pick_stay(StayState.CANCELED, StayState.NO_SHOW)
        )

    def _deletion(self) -> None:
        self._apply_to(
            self.commands.delete, self._pick_stay(CONFIRMED, StayState.OPTION, StayState.CANCELED)
        )

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

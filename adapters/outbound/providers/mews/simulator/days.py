"""How the simulated hotel lives: ordinary days, or a given number of single happenings."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from adapters.outbound.providers.mews.simulator.bookings import CANCEL_REASONS, NIGHTS
from adapters.outbound.providers.mews.simulator.hotel import MewsEvent, SimulatedHotel
from adapters.outbound.providers.mews.simulator.hotel_commands import MewsHotelCommands
from adapters.outbound.providers.mews.simulator.hotel_time import DAY_SECONDS, utc_text
from adapters.outbound.providers.mews.simulator.records import Customer, Reservation
from adapters.outbound.providers.mews.simulator.rendering import Json

ScenarioAction = Callable[[], object]
HAPPENINGS_PER_ROOM = 0.4
ARRIVING_SHARE = 0.97
DAY_ENDS_MINUTE = 5 * 60
NIGHT_AUDIT_MINUTE = 3 * 60
_TRIES = 30


class MewsActivityGenerator:
    """Moves one hotel's clock and lets things happen. Returns the webhook events to send."""

    def __init__(self, hotel: SimulatedHotel) -> None:
        self.hotel = self._hotel = hotel
        self.commands = MewsHotelCommands(hotel)
        self._source = random.Random(f"life:{hotel.seed}")
        self._happenings: tuple[tuple[int, Callable[[], object]], ...] = (
            (22, self._new_booking),
            (12, self._amendment),
            (10, self._cancellation),
            (9, self._room_move),
            (8, self._price_change),
            (8, self._arrival),
            (8, self._departure),
            (6, self._email_change),
            (5, self._companion),
            (4, self._occupancy_change),
            (4, self._reinstatement),
            (3, self._confirmation),
            (3, self._housekeeping),
            (2, self._merge),
            (2, self._check_in_reverted),
            (1, self._no_show),
            (1, self._block_lifted),
        )

    @property
    def lock(self) -> threading.RLock:
        return self._hotel.lock

    def wait(self, seconds: int) -> None:
        self._hotel.clock.advance(seconds)

    def summary(self) -> Json:
        hotel = self._hotel
        return {
            "now": utc_text(hotel.clock.now),
            "today": hotel.today.isoformat(),
            "states": hotel.states(),
            "customers": len(hotel.customers),
            "rooms": len(hotel.rooms),
            "order_items": len(hotel.order_items),
        }

    def generate_events(self, events: int) -> list[MewsEvent]:
        """So many happenings now. Seconds pass between them, or none: ties are ordinary."""
        with self._hotel.lock:
            for _ in range(events):
                self._happen()
            return self._hotel.take_events()

    def generate_day(self) -> list[MewsEvent]:
        """From now until 05:00 of the next hotel-local day, night audit included."""
        with self._hotel.lock:
            clock = self._hotel.clock
            for instant, act in self._agenda():
                clock.move_to(max(clock.now, instant))
                act()
            self._night_audit()
            return self._hotel.take_events()

    def _happen(self) -> None:
        for _ in range(_TRIES):
            self._hotel.clock.advance(self._source.choice((0, 0, 1, 5, 40)))
            weights = [weight for weight, _ in self._happenings]
            act = self._source.choices(self._happenings, weights)[0][1]
            if act() is not False:
                return

    def _agenda(self) -> list[tuple[int, ScenarioAction]]:
        hotel, today = self._hotel, self._hotel.today
        end = hotel.calendar.instant(today + timedelta(days=1))
        arriving = hotel.reservations.between("start", hotel.calendar.instant(today), end - 1)
        agenda: list[tuple[int, ScenarioAction]] = [
            (self._around(8 * 60, 12 * 60), partial(self._leave, item))
            for item in self._in_house()
            if item.departure <= today
        ]
        agenda += [
            (self._around(14 * 60, 23 * 60), partial(self._arrive, item))
            for item in arriving
            if item.state == "Confirmed" and self._source.random() < ARRIVING_SHARE
        ]
        agenda += [
            (self._around(6 * 60, 24 * 60 - 1), self._happen_once)
            for _ in range(int(len(hotel.rooms) * HAPPENINGS_PER_ROOM) + 3)
        ]
        agenda.sort(key=lambda entry: entry[0])
        return agenda

    def _around(self, first_minute: int, last_minute: int) -> int:
        minute = self._source.randint(first_minute, last_minute)
        return self._hotel.calendar.instant(self._hotel.today, minute)

    def _happen_once(self) -> None:
        weights = [weight for weight, _ in self._happenings]
        self._source.choices(self._happenings, weights)[0][1]()

    def _leave(self, item: Reservation) -> None:
        if item.state == "Started":
            self.commands.check_out(item)

    def _arrive(self, item: Reservation) -> None:
        if item.state == "Confirmed" and item.arrival == self._hotel.today:
            self._check_in(item)

    def _check_in(self, item: Reservation) -> None:
        parking = item.service_id == self._hotel.catalog.parking_service_id
        if parking or item.room_id is not None or self.commands.move_room(item):
            self.commands.check_in(item)

    def _night_audit(self) -> None:
        """No-shows and lapsed options, all stamped with the same second."""
        hotel = self._hotel
        tomorrow = hotel.today + timedelta(days=1)
        midnight = hotel.calendar.instant(tomorrow)
        hotel.clock.move_to(hotel.calendar.instant(tomorrow, NIGHT_AUDIT_MINUTE))
        for item in hotel.reservations.between("start", midnight - 10 * DAY_SECONDS, midnight - 1):
            if item.state in {"Confirmed", "Inquired", "Requested"}:
                self.commands.cancel(item, "NoShow" if item.state == "Confirmed" else "Other")
        ahead = hotel.reservations.between("start", hotel.clock.now, midnight + 3 * DAY_SECONDS)
        for item in ahead:
            if item.state == "Optional" and (item.released or 0) < hotel.clock.now:
                self.commands.cancel(item, "ConfirmationMissed")
        hotel.clock.move_to(hotel.calendar.instant(tomorrow, DAY_ENDS_MINUTE))

    def _in_house(self) -> list[Reservation]:
        return self._hotel.reservations.linked("state", "Started")

    def _some(self, first_day: int, last_day: int, *states: str) -> Reservation | None:
        """A random accommodation booking that starts so many days from now, in such a state."""
        today, calendar = self._hotel.today, self._hotel.calendar
        span = self._hotel.reservations.span(
            "start",
            calendar.instant(today + timedelta(days=first_day)),
            calendar.instant(today + timedelta(days=last_day)) - 1,
        )
        for _ in range(_TRIES if span else 0):
            item = self._hotel.reservations.at("start", self._source.choice(span))
            if item.state in states and item.service_id == self._hotel.catalog.stay_service_id:
                return item
        return None

    def _some_customer(self) -> Customer | None:
        item = self._some(-30, 60, "Confirmed", "Started", "Processed")
        if item is None or item.account_type != "Customer":
            return None
        customer = self._hotel.customers[item.account_id]
        return customer if customer.is_active else None

    def _new_booking(self) -> bool:
        days_ahead = int(self._source.random() ** 2 * 120)
        arrival = self._hotel.today + timedelta(days=days_ahead)
        departure = arrival + timedelta(days=self._source.choice(NIGHTS))
        return self.commands.book(arrival, departure) is not None

    def _amendment(self) -> bool:
        item = self._some(1, 120, "Confirmed", "Optional")
        if item is None:
            return False
        shift = timedelta(days=self._source.choice((0, 0, 1, 2, 7)))
        arrival = item.arrival + shift
        nights = max(1, item.nights + self._source.choice((-1, 1, 2)))
        return self.commands.amend_dates(item, arrival, arrival + timedelta(days=nights))

    def _cancellation(self) -> bool:
        item = self._some(0, 120, "Confirmed", "Optional", "Inquired", "Requested")
        if item is not None:
            self.commands.cancel(item, self._source.choice(CANCEL_REASONS))
        return item is not None

    def _reinstatement(self) -> bool:
        item = self._some(0, 60, "Canceled")
        return item is not None and self.commands.reinstate(item)

    def _room_move(self) -> bool:
        item = self._some(-5, 30, "Confirmed", "Started")
        return item is not None and self.commands.move_room(item)

    def _price_change(self) -> bool:
        item = self._some(0, 120, "Confirmed", "Optional")
        if item is not None:
            self.commands.change_price(item, self._source.choice((85, 90, 110, 125)))
        return item is not None

    def _arrival(self) -> bool:
        item = self._some(0, 1, "Confirmed")
        if item is not None:
            self._check_in(item)
        return item is not None

    def _departure(self) -> bool:
        due = [item for item in self._in_house() if item.departure <= self._hotel.today]
        if due:
            self.commands.check_out(self._source.choice(due))
        return bool(due)

    def _check_in_reverted(self) -> bool:
        item = self._some(0, 1, "Started")
        if item is not None:
            self.commands.revert_check_in(item)
        return item is not None

    def _no_show(self) -> bool:
        item = self._some(-2, 0, "Confirmed")
        if item is not None:
            self.commands.cancel(item, "NoShow")
        return item is not None

    def _confirmation(self) -> bool:
        item = self._some(0, 120, "Optional")
        if item is not None:
            self.commands.confirm(item)
        return item is not None

    def _companion(self) -> bool:
        item = self._some(0, 60, "Confirmed")
        if item is not None:
            self.commands.add_companion(item)
        return item is not None

    def _occupancy_change(self) -> bool:
        item = self._some(0, 60, "Confirmed", "Optional")
        if item is not None:
            self.commands.change_occupancy(item, item.adults % 4 + 1)
        return item is not None

    def _email_change(self) -> bool:
        customer = self._some_customer()
        if customer is not None:
            self.commands.change_email(customer)
        return customer is not None

    def _merge(self) -> bool:
        source, target = self._some_customer(), self._some_customer()
        if source is None or target is None or source is target:
            return False
        self.commands.merge(source, target)
        return True

    def _housekeeping(self) -> bool:
        rooms = list(self._hotel.rooms)
        self.commands.clean(self._source.choice(rooms))
        return True

    def _block_lifted(self) -> bool:
        blocks = [block for block in self._hotel.blocks if block.deleted is None]
        if blocks:
            self.commands.lift_block(self._source.choice(blocks).id)
        return bool(blocks)

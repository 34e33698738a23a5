"""A seeded hotel that can be asked, changed and audited. Not thread-safe by itself: hold `lock`."""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from adapters.outbound.providers.mews.simulator.availability import NightCounts, count_nights
from adapters.outbound.providers.mews.simulator.bookings import MewsBookingFactory, MewsHotelSeeder
from adapters.outbound.providers.mews.simulator.catalog import Catalog, Profile
from adapters.outbound.providers.mews.simulator.hotel_time import (
    DAY_SECONDS,
    HotelCalendar,
    SimulatedClock,
)
from adapters.outbound.providers.mews.simulator.records import (
    Block,
    Companionship,
    Customer,
    Group,
    OrderItem,
    Reservation,
    Room,
    SeededIds,
    SimulatedEntry,
)
from adapters.outbound.providers.mews.simulator.rendering import Json, VendorJson
from adapters.outbound.providers.mews.simulator.store import Collection

START_DATE = date(2026, 3, 16)
START_MINUTE = 6 * 60
LONGEST_STAY_DAYS = 120


@dataclass(frozen=True, slots=True)
class MewsEvent:
    """One entry of a general webhook: something with this id changed."""

    discriminator: str
    id: str


class SimulatedHotel:
    """The same arguments make the same hotel, on any machine.

    `bookings` counts accommodation reservations of all states; a few parking orders come on top.
    `start_date` is the hotel-local day on which the simulation begins, at 06:00.
    """

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
        self.calendar = HotelCalendar(time_zone)
        self.clock = SimulatedClock(self.calendar.instant(start_date, START_MINUTE))
        source = random.Random(f"hotel:{seed}")
        ids = SeededIds(source)
        opened = self.clock.now - 400 * DAY_SECONDS
        profile = Profile(f"Simulated Hotel {seed}", currency, time_zone)
        self.catalog = Catalog(profile, ids, opened)
        self.maker = MewsBookingFactory(self.catalog, self.calendar, source, ids)
        self.json = VendorJson(self.catalog, self.calendar)
        self.events: list[MewsEvent] = []
        self._open_collections()
        self._seed(bookings, start_date)

    def _open_collections(self) -> None:
        self.reservations: Collection[Reservation] = Collection(
            links={
                "account": lambda item: item.account_id,
                "group": lambda item: item.group_id,
                "number": lambda item: item.number,
                "state": lambda item: item.state if item.state == "Started" else None,
                "room": lambda item: item.room_id if item.holds_inventory else None,
            },
            times=("created", "start"),
        )
        self.customers: Collection[Customer] = Collection(links={"email": lambda item: item.email})
        self.companionships: Collection[Companionship] = Collection(
            links={
                "reservation": lambda item: item.reservation_id,
                "customer": lambda item: item.customer_id,
                "group": lambda item: item.group_id,
            }
        )
        self.order_items: Collection[OrderItem] = Collection(
            links={"reservation": lambda item: item.reservation.id}
        )
        self.groups: Collection[Group] = Collection()
        self.rooms: Collection[Room] = Collection(links={"category": lambda item: item.category_id})
        self.blocks: Collection[Block] = Collection(links={"room": lambda item: item.room_id})
        self.services: Collection[SimulatedEntry] = Collection()
        self.categories: Collection[SimulatedEntry] = Collection()
        self.assignments: Collection[SimulatedEntry] = Collection(
            links={"category": lambda e: e.parent_id}
        )
        self.rates: Collection[SimulatedEntry] = Collection()
        self.ages: Collection[SimulatedEntry] = Collection()
        self.companies: Collection[SimulatedEntry] = Collection()

    def _seed(self, bookings: int, today: date) -> None:
        world = MewsHotelSeeder(self.maker, today, self.clock.now).build(bookings)
        self.reservations.load(world.reservations)
        self.customers.load(world.customers)
        self.companionships.load(world.companionships)
        self.order_items.load(world.order_items)
        self.groups.load(world.groups)
        self.rooms.load(world.rooms)
        self.blocks.load(world.blocks)
        self.services.load(self.catalog.services)
        self.categories.load(self.catalog.category_entries)
        self.assignments.load(map(self._assignment, world.rooms))
        self.rates.load(self.catalog.rates)
        self.ages.load(self.catalog.ages)
        self.companies.load(self.catalog.companies)

    def _assignment(self, room: Room) -> SimulatedEntry:
        return SimulatedEntry(
            id=room.assignment_id,
            created=room.created,
            updated=room.created,
            body=self.json.assignment(room),
            parent_id=room.category_id,
        )

    @property
    def today(self) -> date:
        return self.calendar.day_of(self.clock.now)

    def record_event(self, discriminator: str, item_id: str) -> None:
        self.events.append(MewsEvent(discriminator, item_id))

    def take_events(self) -> list[MewsEvent]:
        """What happened since the last call, in order."""
        taken, self.events = self.events, []
        return taken

    def stays(self) -> list[Reservation]:
        """Every accommodation reservation, whatever its state: the truth to compare with."""
        service_id = self.catalog.stay_service_id
        return [item for item in self.reservations if item.service_id == service_id]

    def true_reservations(self) -> dict[str, Json]:
        """The vendor's JSON of every accommodation reservation, by id."""
        return {item.id: self.json.reservation(item) for item in self.stays()}

    def true_customers(self) -> dict[str, Json]:
        return {item.id: self.json.customer(item) for item in self.customers}

    def states(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for item in self.stays():
            counts[item.state] = counts.get(item.state, 0) + 1
        return dict(sorted(counts.items()))

    def category_of(self, room_id: str) -> str:
        return self.rooms[room_id].category_id

    def is_free(self, room_id: str, first: date, end: date, besides: str | None = None) -> bool:
        """Nobody sleeps there and nothing blocks it in the nights [first, end)."""
        for stay in self.reservations.linked("room", room_id):
            if stay.id != besides and stay.arrival < end and stay.departure > first:
                return False
        return not any(
            block.deleted is None and block.first_night < end and block.end_day > first
            for block in self.blocks.linked("room", room_id)
        )

    def availability(self, first: date, last: date) -> dict[str, NightCounts]:
        """Metrics of every room category for the nights first to last, both included."""
        low = self.calendar.instant(first - timedelta(days=LONGEST_STAY_DAYS))
        high = self.calendar.instant(last + timedelta(days=1))
        by_category = {
            category.id: self.rooms.linked("category", category.id)
            for category in self.catalog.room_categories
        }
        return count_nights(
            self.calendar.days(first, last),
            by_category,
            self._overlapping(self.reservations.between("start", low, high), first, last),
            self.blocks,
            self.category_of,
        )

    @staticmethod
    def _overlapping(stays: Iterable[Reservation], first: date, last: date) -> list[Reservation]:
        return [stay for stay in stays if stay.arrival <= last and stay.departure > first]

"""The seeded past, present and future of a simulated hotel.

Stays that hold inventory are laid out room by room, so that no room is ever let twice; the others
(canceled, no-shows, inquiries, waitlist) lie beside them.
"""

import random
from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import accumulate

from adapters.outbound.providers.mews.simulator.catalog import (
    ARRIVAL_MINUTE,
    CATEGORIES,
    DEPARTURE_MINUTE,
    RATES,
    Catalog,
    Category,
)
from adapters.outbound.providers.mews.simulator.guests import GuestBook
from adapters.outbound.providers.mews.simulator.hotel_time import DAY_SECONDS, HotelCalendar
from adapters.outbound.providers.mews.simulator.records import (
    Block,
    Companionship,
    Customer,
    Group,
    OrderItem,
    Reservation,
    Room,
    SeededIds,
    stay_instants,
)

DAYS_PAST, DAYS_AHEAD = 90, 180
HOLDING_SHARE = 0.86
PARKING_SHARE = 0.02
NIGHTS = (1, 1, 2, 2, 2, 3, 3, 4, 5, 7, 10, 14)
GAPS = (0, 0, 0, 1, 1, 2, 3)
CANCEL_REASONS = ("RequestedByGuest", "BookedElsewhere", "InvalidPayment", "Other", "PriceTooHigh")
ORIGINS = ("ChannelManager", "Distributor", "Commander", "Connector", "Import")
_ORIGIN_WEIGHTS = tuple(accumulate((55, 20, 19, 3, 3)))
_TIMES = ((ARRIVAL_MINUTE, DEPARTURE_MINUTE), (18 * 60, 11 * 60), (23 * 60 + 30, 10 * 60))
MIN_ROOMS = 8


@dataclass(slots=True)
class World:
    """All records of a hotel, before they are put into indexed collections."""

    rooms: list[Room] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    customers: list[Customer] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    reservations: list[Reservation] = field(default_factory=list)
    companionships: list[Companionship] = field(default_factory=list)
    order_items: list[OrderItem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stay:
    category: Category
    arrival: date
    departure: date
    room_id: str | None


@dataclass(slots=True)
class _OpenGroup:
    group: Group
    booker_id: str
    account_id: str | None
    origin: str
    channel_number: str | None
    created: int
    left: int


class MewsBookingFactory:
    """Makes single bookings with everything around them; used to seed and by the living days."""

    def __init__(
        self, catalog: Catalog, calendar: HotelCalendar, source: random.Random, ids: SeededIds
    ) -> None:
        self.catalog = catalog
        self.calendar = calendar
        self.source = source
        self.ids = ids
        self.guests = GuestBook(source, ids)
        self._number = 0
        self._rate_ids = [entry.id for entry in catalog.rates]

    def group(self, origin: str, created: int) -> Group:
        managed = origin == "ChannelManager"
        return Group(
            id=self.ids(),
            name=None if managed else f"Party {self._number + 1}",
            channel_manager="SimuChannel" if managed else None,
            channel_manager_number=f"CMG{self._number + 1}" if managed else None,
            created=created,
            updated=created,
        )

    def origin(self) -> str:
        return ORIGINS[bisect(_ORIGIN_WEIGHTS, self.source.random() * _ORIGIN_WEIGHTS[-1])]

    def reservation(
        self, stay: Stay, group: Group, account: tuple[str, str], origin: str, created: int
    ) -> Reservation:
        """A confirmed reservation; `account` is (id, type)."""
        source = self.source
        self._number += 1
        managed = origin == "ChannelManager"
        roll = source.random()
        minutes = _TIMES[0] if roll < 0.9 else source.choice(_TIMES)
        start, end = stay_instants(self.calendar, stay.arrival, stay.departure, minutes)
        adults = 1 + source.randrange(stay.category.capacity)
        spare = stay.category.capacity - adults
        return Reservation(
            id=self.ids(),
            service_id=stay.category.service_id,
            group_id=group.id,
            account_id=account[0],
            account_type=account[1],
            number=str(10_000 + self._number),
            state="Confirmed",
            origin=origin,
            commander_origin=source.choice(("Phone", "Email", "InPerson"))
            if origin == "Commander"
            else None,
            origin_details="SimuChannel" if managed else None,
            rate_id=self._rate_ids[min(int(roll * 4.5), 3)],
            category_id=stay.category.id,
            arrival=stay.arrival,
            departure=stay.departure,
            start=start,
            end=end,
            created=created,
            updated=created,
            adults=adults,
            children=source.randrange(spare + 1) if spare and roll < 0.3 else 0,
            room_id=stay.room_id,
            assigned=stay.room_id is not None and roll < 0.7,
            company_id=source.choice(self.catalog.employer_ids) if roll > 0.96 else None,
            agency_id=self.catalog.agency_ids[0] if managed and roll < 0.6 else None,
            channel_manager_number=f"CM{self._number}" if managed else "",
            purpose=("Leisure", "Business", None)[self._number % 3],
        )

    def order_items(self, item: Reservation, created: int) -> Iterator[OrderItem]:
        """One SpaceOrder a night and the city tax of the stay."""
        category = next(c for c in self.catalog.categories if c.id == item.category_id)
        percent = RATES[self._rate_ids.index(item.rate_id)][2]
        for offset in range(item.nights):
            yield self.night(
                item, item.arrival + timedelta(days=offset), created, category, percent
            )
        if item.service_id == self.catalog.stay_service_id:
            tax = self.catalog.minor(3) * item.adults * item.nights
            yield OrderItem(
                id=self.ids(),
                reservation=item,
                kind="CityTax",
                night=item.arrival,
                gross=tax,
                created=created,
                updated=created,
            )

    def night(
        self, item: Reservation, night: date, created: int, category: Category, percent: int
    ) -> OrderItem:
        weekend = 120 if night.weekday() in {4, 5} else 100
        gross = category.price * percent * weekend // 10_000 + self.source.randrange(100)
        return OrderItem(
            id=self.ids(),
            reservation=item,
            kind="SpaceOrder",
            night=night,
            gross=gross,
            created=created,
            updated=created,
        )

    def companions(self, item: Reservation, customers: list[str]) -> Iterator[Companionship]:
        for customer_id in customers:
            yield Companionship(
                id=self.ids(),
                customer_id=customer_id,
                group_id=item.group_id,
                reservation_id=item.id,
                created=item.created,
                updated=item.updated,
            )


class MewsHotelSeeder:
    """Fills a World with `wanted` accommodation bookings (and a few of other services)."""

    def __init__(self, maker: MewsBookingFactory, today: date, now: int) -> None:
        self._maker = maker
        self._source = maker.source
        self._ids = maker.ids
        self._catalog = maker.catalog
        self._calendar = maker.calendar
        self._today = today
        self._now = now
        self._first_day = today - timedelta(days=DAYS_PAST)
        self._last_day = today + timedelta(days=DAYS_AHEAD)
        self._import_instant = now - 40 * DAY_SECONDS
        self._open_groups: dict[date, _OpenGroup] = {}
        self.world = World()

    def build(self, wanted: int) -> World:
        holding = round(wanted * HOLDING_SHARE)
        for stay in self._stays(holding):
            self._book(stay, self._settle)
        for _ in range(wanted - holding):
            self._book(self._loose_stay(), self._let_go)
        for _ in range(round(wanted * PARKING_SHARE)):
            self._book(
                replace(self._loose_stay(), category=self._catalog.parking_category), self._settle
            )
        self._merge_some()
        self._block_some()
        return self.world

    def _stays(self, wanted: int) -> Iterator[Stay]:
        made = 0
        while made < wanted or len(self.world.rooms) < MIN_ROOMS:
            category, room = self._new_room()
            day = self._first_day - timedelta(days=self._source.randrange(10))
            while made < wanted and day < self._last_day:
                departure = day + timedelta(days=self._source.choice(NIGHTS))
                made += 1
                yield Stay(category, day, departure, room.id)
                ahead = max(0, (departure - self._today).days)
                day = departure + timedelta(days=self._source.choice(GAPS) * (1 + ahead // 45))

    def _new_room(self) -> tuple[Category, Room]:
        number = len(self.world.rooms)
        pattern = [position for position, row in enumerate(CATEGORIES) for _ in range(row[4])]
        category = self._catalog.room_categories[pattern[number % len(pattern)]]
        floor = number // 20 + 1
        room = Room(
            id=self._ids(),
            assignment_id=self._ids(),
            category_id=category.id,
            service_id=category.service_id,
            name=f"{floor}{number % 20 + 1:02}",
            floor=str(floor),
            created=self._catalog.opened,
            updated=self._catalog.opened,
        )
        self.world.rooms.append(room)
        return category, room

    def _loose_stay(self) -> Stay:
        offset = self._source.randrange(-DAYS_PAST, DAYS_AHEAD)
        arrival = self._today + timedelta(days=offset)
        departure = arrival + timedelta(days=self._source.choice(NIGHTS))
        category = self._source.choice(self._catalog.room_categories)
        return Stay(category, arrival, departure, None)

    def _book(self, stay: Stay, finish: Callable[[Reservation, list[OrderItem]], None]) -> None:
        party = self._party(stay.arrival)
        account = self._account(party)
        item = self._maker.reservation(
            stay, party.group, account, party.origin, max(party.created, self._catalog.opened)
        )
        item.booker_id = party.booker_id if party.booker_id != account[0] else None
        item.channel_number = party.channel_number
        items = list(self._maker.order_items(item, item.created))
        finish(item, items)
        self._accompany(item)
        self.world.reservations.append(item)
        self.world.order_items.extend(items)

    def _party(self, arrival: date) -> _OpenGroup:
        open_group = self._open_groups.get(arrival)
        if open_group is not None and open_group.left > 0:
            open_group.left -= 1
            return open_group
        source = self._source
        origin = self._maker.origin()
        created = self._created(arrival, origin)
        group = self._maker.group(origin, created)
        self.world.groups.append(group)
        booker = self._guest(created, ota=origin == "ChannelManager")
        party = _OpenGroup(
            group=group,
            booker_id=booker.id,
            account_id=booker.id if source.random() < 0.5 else None,
            origin=origin,
            channel_number=f"OTA{source.getrandbits(36):X}" if origin == "ChannelManager" else None,
            created=created,
            left=source.randrange(1, 5) if source.random() < 0.07 else 0,
        )
        if party.left == 0:
            party.account_id = booker.id
        self._open_groups[arrival] = party
        return party

    def _created(self, arrival: date, origin: str) -> int:
        if origin == "Import":
            return self._import_instant
        lead = int(self._source.random() ** 2 * 150) * DAY_SECONDS
        instant = self._calendar.instant(arrival, ARRIVAL_MINUTE) - lead
        return min(instant, self._now) - self._source.randrange(600, 40_000)

    def _account(self, party: _OpenGroup) -> tuple[str, str]:
        if self._source.random() < 0.04:
            return self._source.choice(self._catalog.employer_ids), "Company"
        if party.account_id is not None:
            return party.account_id, "Customer"
        return self._guest(party.created, ota=False).id, "Customer"

    def _guest(self, created: int, *, ota: bool) -> Customer:
        if len(self.world.customers) > 20 and self._source.random() < 0.12:
            return self._maker.guests.pick(self.world.customers)
        customer = self._maker.guests.customer(created, ota=ota)
        self.world.customers.append(customer)
        return customer

    def _accompany(self, item: Reservation) -> None:
        others = self._source.random()
        companions = []
        if item.account_type == "Company" or (item.adults > 1 and others < 0.4):
            companions.append(self._guest(item.created, ota=False).id)
        # The vendor may list the owner among the companions too.
        if companions and others < 0.15 and item.account_type == "Customer":
            companions.append(item.account_id)
        self.world.companionships.extend(self._maker.companions(item, companions))

    def _settle(self, item: Reservation, items: list[OrderItem]) -> None:
        """Give a stay that holds inventory the state that its dates ask for."""
        source = self._source
        if item.arrival >= self._today:
            if source.random() < 0.08:
                item.state = "Optional"
                item.released = item.start - 2 * DAY_SECONDS
            item.updated = min(self._now - 1, item.created + source.randrange(5_000))
            return
        item.assigned = True
        item.actual_start = item.start + source.randrange(-60, 300) * 60
        item.state = "Started"
        item.updated = max(item.actual_start, item.created)
        if item.departure < self._today:
            self._leave(item, items)

    def _leave(self, item: Reservation, items: list[OrderItem]) -> None:
        item.state = "Processed"
        item.actual_end = item.end - self._source.randrange(0, 180) * 60
        item.updated = max(item.updated, item.actual_end)
        for charge in items:
            charge.closed = charge.updated = item.actual_end

    def _let_go(self, item: Reservation, items: list[OrderItem]) -> None:
        """A booking that holds nothing: canceled, no-show, inquiry or waitlist."""
        source = self._source
        if item.arrival >= self._today and source.random() < 0.3:
            item.state = source.choice(("Inquired", "Requested"))
            return
        no_show = item.arrival < self._today and source.random() < 0.25
        night_audit = self._calendar.instant(item.arrival + timedelta(days=1), 3 * 60)
        item.state = "Canceled"
        item.state_before_cancel = "Confirmed"
        item.cancellation_reason = "NoShow" if no_show else source.choice(CANCEL_REASONS)
        latest = night_audit if no_show else min(item.start, self._now - 1)
        latest = max(item.created, latest)
        item.canceled = latest if no_show else source.randint(item.created, latest)
        item.updated = item.canceled
        for charge in items:
            charge.canceled = charge.updated = item.canceled
            charge.with_reservation = True

    def _merge_some(self) -> None:
        for _ in range(len(self.world.customers) // 60):
            target = self._maker.guests.pick(self.world.customers)
            if target.merge_target_id is None:
                merged = self._maker.guests.duplicate_of(target, target.created)
                merged.updated = min(self._now - 1, target.created + 10 * DAY_SECONDS)
                self.world.customers.append(merged)

    def _block_some(self) -> None:
        """Out of order or house use, only where nobody sleeps."""
        taken: dict[str, list[tuple[date, date]]] = {}
        for item in self.world.reservations:
            if item.room_id is not None:
                taken.setdefault(item.room_id, []).append((item.arrival, item.departure))
        every = max(1, len(self.world.rooms) // 12)
        for position, room in enumerate(self.world.rooms[::every]):
            nights = 1 + position % 3
            days = (self._today + timedelta(days=offset) for offset in range(-20 + position, 90))
            first = next((day for day in days if _is_empty(taken, room.id, day, nights)), None)
            if first is not None:
                kind = "InternalUse" if position % 3 == 0 else "OutOfOrder"
                end = first + timedelta(days=nights)
                self.world.blocks.append(self._block(room, kind, first, end))

    def _block(self, room: Room, kind: str, first: date, end: date) -> Block:
        start, stop = stay_instants(self._calendar, first, end, (ARRIVAL_MINUTE, DEPARTURE_MINUTE))
        created = min(start, self._now) - 5 * DAY_SECONDS
        return Block(
            id=self._ids(),
            room_id=room.id,
            kind=kind,
            first_night=first,
            end_day=end,
            start=start,
            end=stop,
            created=created,
            updated=created,
        )


def _is_empty(
    taken: dict[str, list[tuple[date, date]]], room_id: str, first: date, nights: int
) -> bool:
    end = first + timedelta(days=nights)
    stays = taken.get(room_id, [])
    return all(departure <= first or arrival >= end for arrival, departure in stays)

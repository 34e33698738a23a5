"""The neutral hotel in the vendor's terms: reservations (service orders), customers, order items.

Every record is a view: it computes its fields from the neutral hotel when they are read. Instants
are whole epoch seconds, amounts minor units of the hotel's currency.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from adapters.outbound.provider_kit.simulation.hotel.records import (
    Booking,
    Guest,
    Room,
    RoomBlock,
    RoomStay,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.hotel.seeding import RELAY_DOMAIN
from adapters.outbound.providers.mews.simulator.hotel_time import to_optional_seconds, to_seconds

HOLDING_STATES: Final = frozenset({"Optional", "Confirmed", "Started", "Processed"})
ARRIVAL_MINUTE: Final = 15 * 60
DEPARTURE_MINUTE: Final = 12 * 60
DAY_USE_MINUTES: Final = (9 * 60, 17 * 60)
CITY_TAX: Final = 3
PARKING_PRICE: Final = 15
AGENCIES: Final = ("WANDERLUST", "GLOBAL")
_PARKING_EVERY: Final = 50
_OPTION_STATES: Final = ("Optional", "Optional", "Inquired", "Requested")
_STATES: Final = {
    StayState.CONFIRMED: "Confirmed",
    StayState.CHECKED_IN: "Started",
    StayState.CHECKED_OUT: "Processed",
    StayState.CANCELED: "Canceled",
    StayState.NO_SHOW: "Canceled",
}
_CANCEL_REASONS: Final = ("RequestedByGuest", "BookedElsewhere", "InvalidPayment", "Other")


class MewsIds:
    """UUIDs, the same for the same hotel, kind and key."""

    def __init__(self, seed: int) -> None:
        self._namespace = uuid5(NAMESPACE_URL, f"simulated-mews:{seed}")

    def __call__(self, kind: str, *key: object) -> str:
        return str(uuid5(self._namespace, ":".join((kind, *map(str, key)))))


class MewsReservation:
    """One room of a booking or, with `is_parking`, a parking space for the same days."""

    def __init__(
        self,
        records: "MewsRecords",
        booking: Booking,
        stay: RoomStay,
        number: int,
        *,
        is_parking: bool = False,
    ) -> None:
        ids = records.ids
        service = "parking" if is_parking else "stay"
        self._records = records
        self.booking = booking
        self.stay = stay
        self.is_parking = is_parking
        self.index = number
        self.number = f"P{number}" if is_parking else str(10_000 + number)
        self.id = ids(service, stay.booking_id, stay.line)
        self.service_id = ids("service", service)
        self.category_id = ids("category", "PARKING" if is_parking else stay.room_type_id)
        self.rate_id = ids("rate", stay.rate_plan_id)
        self.group_id = ids("group", booking.group_id or booking.id)
        self.company_id = ids("company", booking.company_id) if booking.company_id else None

    @property
    def state(self) -> str:
        """An option may be an inquiry or a request of the waitlist, which hold no room."""
        if self.stay.deleted is not None:
            return "Canceled"
        return _STATES.get(self.stay.state) or _OPTION_STATES[self.index % 4]

    @property
    def holds_inventory(self) -> bool:
        return self.state in HOLDING_STATES

    @property
    def created(self) -> int:
        return to_seconds(self.stay.created)

    @property
    def updated(self) -> int:
        """A merge of its guest into another moves the account, and so the time stamp."""
        *merged, _ = self._records.hotel.merge_chain(self.stay.guest_id)
        return to_seconds(max([self.stay.updated, *(guest.updated for guest in merged)]))

    @property
    def start(self) -> int:
        day_use = self.stay.arrival == self.stay.departure
        minute = DAY_USE_MINUTES[0] if day_use else ARRIVAL_MINUTE
        return to_seconds(self._records.hotel.instant(self.stay.arrival, minute))

    @property
    def end(self) -> int:
        day_use = self.stay.arrival == self.stay.departure
        minute = DAY_USE_MINUTES[1] if day_use else DEPARTURE_MINUTE
        return to_seconds(self._records.hotel.instant(self.stay.departure, minute))

    @property
    def actual_start(self) -> int | None:
        return to_optional_seconds(self.stay.arrived)

    @property
    def actual_end(self) -> int | None:
        is_over = self.stay.state is StayState.CHECKED_OUT
        return to_optional_seconds(self.stay.left) if is_over else None

    @property
    def canceled(self) -> int | None:
        stay = self.stay
        if self.state != "Canceled":
            return None
        return to_optional_seconds(stay.deleted or stay.no_show or stay.canceled)

    @property
    def cancellation_reason(self) -> str | None:
        if self.state != "Canceled":
            return None
        is_no_show = self.stay.state is StayState.NO_SHOW
        return "NoShow" if is_no_show else _CANCEL_REASONS[self.index % len(_CANCEL_REASONS)]

    @property
    def owner(self) -> Guest:
        return self._records.hotel.surviving_guest(self.stay.guest_id)

    @property
    def account_id(self) -> str:
        return self.company_id or self._records.ids("customer", self.owner.id)

    @property
    def account_type(self) -> str:
        return "Company" if self.company_id else "Customer"

    @property
    def booker_id(self) -> str | None:
        booker_id = self._records.ids("customer", self.booking.booker_id)
        return None if booker_id == self.account_id else booker_id

    @property
    def agency_id(self) -> str | None:
        names = {"ota": AGENCIES[0], "agent": AGENCIES[1]}
        name = names.get(self.booking.channel)
        return self._records.ids("company", name) if name else None

    @property
    def channel_number(self) -> str | None:
        return self.booking.external_code

    @property
    def shown_room_id(self) -> str | None:
        room = None if self.is_parking else self._records.hotel.assigned_room(self.stay)
        return self._records.ids("room", room.id) if room else None


@dataclass(frozen=True, slots=True)
class OrderItem:
    """`canceled_at` None: it is canceled where its reservation is."""

    id: str
    reservation: MewsReservation
    kind: str
    night: date
    gross: int
    canceled_at: int | None = None

    @property
    def created(self) -> int:
        return self.reservation.created

    @property
    def updated(self) -> int:
        prices_updated = to_seconds(self.reservation.stay.prices_updated)
        return max(self.reservation.updated, prices_updated)

    @property
    def reservation_id(self) -> str:
        return self.reservation.id

    @property
    def service_id(self) -> str:
        return self.reservation.service_id

    @property
    def account_id(self) -> str:
        return self.reservation.account_id

    @property
    def canceled(self) -> int | None:
        return self.canceled_at or self.reservation.canceled

    @property
    def is_canceled_with_reservation(self) -> bool:
        return self.canceled_at is None and self.canceled is not None

    @property
    def closed(self) -> int | None:
        return self.reservation.actual_end


class MewsCustomer:
    def __init__(self, records: "MewsRecords", guest: Guest) -> None:
        self._records = records
        self.guest = guest
        self.id = records.ids("customer", guest.id)
        self.number = int(guest.id[1:])

    @property
    def created(self) -> int:
        return to_seconds(self.guest.created)

    @property
    def updated(self) -> int:
        return to_seconds(self.guest.updated)

    @property
    def email(self) -> str | None:
        return self.guest.email

    @property
    def has_ota_email(self) -> bool:
        return (self.email or "").endswith(f"@{RELAY_DOMAIN}")

    @property
    def first_name(self) -> str | None:
        return self.guest.first_name

    @property
    def last_name(self) -> str:
        return self.guest.last_name

    @property
    def merge_target_id(self) -> str | None:
        merged_into = self.guest.merged_into
        return self._records.ids("customer", merged_into) if merged_into else None

    @property
    def activity_state(self) -> str:
        return "Deleted" if self.guest.merged_into else "Active"


@dataclass(frozen=True, slots=True)
class Companionship:
    id: str
    customer_id: str
    reservation: MewsReservation

    @property
    def created(self) -> int:
        return self.reservation.created

    @property
    def updated(self) -> int:
        return self.reservation.updated

    @property
    def reservation_id(self) -> str:
        return self.reservation.id

    @property
    def group_id(self) -> str:
        return self.reservation.group_id


@dataclass(frozen=True, slots=True)
class ReservationGroup:
    id: str
    name: str | None
    channel_manager: str | None
    channel_manager_number: str | None
    created: int
    updated: int


@dataclass(frozen=True, slots=True)
class Resource:
    id: str
    room: Room
    created: int

    @property
    def updated(self) -> int:
        return max(self.created, to_seconds(self.room.updated))

    @property
    def name(self) -> str:
        return self.room.number


@dataclass(frozen=True, slots=True)
class ResourceBlock:
    id: str
    block: RoomBlock
    room_id: str
    start: int
    end: int

    @property
    def created(self) -> int:
        return to_seconds(self.block.created)

    @property
    def updated(self) -> int:
        return to_seconds(self.block.updated)

    @property
    def deleted(self) -> int | None:
        return self.updated if self.block.is_lifted else None


class MewsRecords:
    """Finds the records of one neutral hotel. Hold the hotel's lock."""

    def __init__(self, hotel: SeededHotel) -> None:
        self.hotel = hotel
        self.ids = MewsIds(hotel.seed)
        self.opened = to_seconds(hotel.instant(hotel.today)) - 400 * 86_400
        self._reservations: dict[str, MewsReservation] = {}
        self._by_stay: dict[tuple[str, int], MewsReservation] = {}
        self._customers: dict[str, MewsCustomer] = {}
        self._indexed_bookings = 0

    @property
    def now(self) -> int:
        return to_seconds(self.hotel.now)

    @property
    def reservations(self) -> dict[str, MewsReservation]:
        """By id, parking included."""
        self._index_new_bookings()
        return self._reservations

    def _index_new_bookings(self) -> None:
        """Bookings are never removed, so new ones are at the end."""
        for booking in islice(self.hotel.bookings.values(), self._indexed_bookings, None):
            self._indexed_bookings += 1
            for stay in booking.stays:
                self._add(booking, stay)
            if self._indexed_bookings % _PARKING_EVERY == 1:
                self._add(booking, booking.stays[0], is_parking=True)

    def _add(self, booking: Booking, stay: RoomStay, *, is_parking: bool = False) -> None:
        number = len(self._reservations) + 1
        item = MewsReservation(self, booking, stay, number, is_parking=is_parking)
        self._reservations[item.id] = item
        if not is_parking:
            self._by_stay[stay.booking_id, stay.line] = item

    def stays(self) -> list[MewsReservation]:
        """Every accommodation reservation, whatever its state."""
        return [item for item in self.reservations.values() if not item.is_parking]

    def reservation_of(self, booking_id: str, line: int) -> MewsReservation:
        self._index_new_bookings()
        return self._by_stay[booking_id, line]

    @property
    def customers(self) -> dict[str, MewsCustomer]:
        for guest in islice(self.hotel.guests.values(), len(self._customers), None):
            customer = MewsCustomer(self, guest)
            self._customers[customer.id] = customer
        return self._customers

    def order_items(self) -> Iterator[OrderItem]:
        for item in self.reservations.values():
            yield from self.order_items_of(item)

    def order_items_of(self, item: MewsReservation) -> Iterator[OrderItem]:
        """One item per night, those of nights that were canceled, and the city tax of the stay."""
        stay, ids = item.stay, self.ids
        if item.is_parking:
            for night in stay.nights:
                gross = PARKING_PRICE * self.hotel.minor
                yield OrderItem(ids("night", item.id, night), item, "SpaceOrder", night, gross)
            return
        for night, gross in stay.priced_nights:
            yield OrderItem(ids("night", item.id, night), item, "SpaceOrder", night, gross)
        for old in stay.canceled_nights:
            item_id = ids("canceled-night", item.id, old.night, old.at)
            at = to_seconds(old.at)
            yield OrderItem(item_id, item, "SpaceOrder", old.night, old.price, at)
        tax = CITY_TAX * self.hotel.minor * stay.adults * len(stay.nights)
        yield OrderItem(ids("tax", item.id), item, "CityTax", stay.arrival, tax)

    def total(self, item: MewsReservation) -> int:
        items = self.order_items_of(item)
        return sum(charge.gross for charge in items if charge.canceled is None)

    def companionships(self) -> Iterator[Companionship]:
        for item in self.reservations.values():
            if not item.is_parking:
                yield from self.companionships_of(item)

    def companionships_of(self, item: MewsReservation) -> Iterator[Companionship]:
        """The vendor may list the owner among the companions too; a company's guest is one."""
        guest_ids = item.stay.companion_ids
        if item.company_id or (guest_ids and item.index % 3 == 0):
            guest_ids = (*guest_ids, item.stay.guest_id)
        for guest_id in dict.fromkeys(guest_ids):
            link_id = self.ids("companionship", item.id, guest_id)
            yield Companionship(link_id, self.ids("customer", guest_id), item)

    def groups(self) -> list[ReservationGroup]:
        groups: dict[str, ReservationGroup] = {}
        for number, booking in enumerate(self.hotel.bookings.values(), 1):
            group_id = self.ids("group", booking.group_id or booking.id)
            is_managed = booking.channel == "ota"
            created = to_seconds(booking.created)
            group = ReservationGroup(
                id=group_id,
                name=None if is_managed else f"Party {number}",
                channel_manager="SimuChannel" if is_managed else None,
                channel_manager_number=f"CMG{number}" if is_managed else None,
                created=created,
                updated=created,
            )
            groups.setdefault(group_id, group)
        return list(groups.values())

    def resources(self) -> list[Resource]:
        rooms = self.hotel.rooms.values()
        return [Resource(self.ids("room", room.id), room, self.opened) for room in rooms]

    def blocks(self) -> list[ResourceBlock]:
        instant = self.hotel.instant
        return [
            ResourceBlock(
                id=self.ids("block", block.id),
                block=block,
                room_id=self.ids("room", block.room_id),
                start=to_seconds(instant(block.first_night, ARRIVAL_MINUTE)),
                end=to_seconds(instant(block.end_day, DEPARTURE_MINUTE)),
            )
            for block in self.hotel.blocks.values()
        ]

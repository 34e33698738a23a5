"""Finds the records of one neutral hotel."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from adapters.outbound.provider_kit.simulation.hotel.records import SimulatedRoomStay
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.providers.mews.simulator.hotel_time import to_seconds
from adapters.outbound.providers.mews.simulator.records import (
    ARRIVAL_MINUTE,
    DEPARTURE_MINUTE,
    Companionship,
    MewsCustomer,
    MewsIds,
    MewsPayment,
    MewsReservation,
    OrderItem,
    ReservationGroup,
    Resource,
    ResourceBlock,
)

CITY_TAX: Final = 3
PARKING_PRICE: Final = 15
_PARKING_EVERY: Final = 50


class MewsRecords:
    """Hold the hotel's lock."""

    def __init__(self, hotel: SeededHotel) -> None:
        self.hotel = hotel
        self.ids = MewsIds(hotel.seed)
        self.opened = to_seconds(hotel.instant(hotel.today)) - 400 * 86_400
        self._reservations: dict[str, MewsReservation] = {}
        self._by_stay: dict[tuple[str, int], MewsReservation] = {}
        self._customers: dict[str, MewsCustomer] = {}
        self._groups: dict[str, ReservationGroup] = {}
        self._indexed_bookings = self._grouped_bookings = 0

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
                self._add(stay)
            if self._indexed_bookings % _PARKING_EVERY == 1:
                self._add(booking.stays[0], is_parking=True)

    def _add(self, stay: SimulatedRoomStay, *, is_parking: bool = False) -> None:
        number = len(self._reservations) + 1
        item = MewsReservation(self.hotel, self.ids, stay, number, is_parking=is_parking)
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
            customer = MewsCustomer(self.ids, guest)
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

    def payments_of(self, item: MewsReservation) -> Iterator[MewsPayment]:
        """Before the first of every third reservation there is a failed attempt."""
        if item.is_parking:
            return
        for number, payment in enumerate(item.stay.payments):
            paid_at = to_seconds(payment.at)
            if number == 0 and item.index % 3 == 0:
                failed_id = self.ids("failed-payment", item.id)
                yield MewsPayment(failed_id, item, -payment.amount, paid_at, "Failed")
            payment_id = self.ids("payment", item.id, number)
            yield MewsPayment(payment_id, item, -payment.amount, paid_at)

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
            yield Companionship(link_id, item, self.ids("customer", guest_id))

    @property
    def groups(self) -> dict[str, ReservationGroup]:
        """By id; a group is created with its first booking."""
        for booking in islice(self.hotel.bookings.values(), self._grouped_bookings, None):
            self._grouped_bookings += 1
            number = self._grouped_bookings
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
            self._groups.setdefault(group_id, group)
        return self._groups

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

"""What the hotel's staff and guests do. Each act stamps UpdatedUtc with the hotel's clock."""

from datetime import date, timedelta

from adapters.outbound.providers.mews.simulator.bookings import Stay
from adapters.outbound.providers.mews.simulator.catalog import (
    ARRIVAL_MINUTE,
    DEPARTURE_MINUTE,
    RATES,
)
from adapters.outbound.providers.mews.simulator.hotel import SimulatedHotel
from adapters.outbound.providers.mews.simulator.records import (
    Customer,
    OrderItem,
    Reservation,
    Room,
    stay_instants,
)

_ROOM_TRIES = 400


class MewsHotelCommands:
    """Acts on one hotel. An act that is not possible (no free room) does nothing and says False."""

    def __init__(self, hotel: SimulatedHotel) -> None:
        self._hotel = hotel
        self._maker = hotel.maker

    def check_in(self, item: Reservation) -> None:
        self._change(item, state="Started", assigned=True, actual_start=self._hotel.clock.now)

    def revert_check_in(self, item: Reservation) -> None:
        self._change(item, state="Confirmed", actual_start=None)

    def check_out(self, item: Reservation) -> None:
        now = self._hotel.clock.now
        for charge in self._charges(item):
            self._hotel.order_items.change(charge, closed=now, updated=now)
        self._change(item, state="Processed", actual_end=now)

    def confirm(self, item: Reservation) -> None:
        self._change(item, state="Confirmed", released=None)

    def cancel(self, item: Reservation, reason: str) -> None:
        now = self._hotel.clock.now
        for charge in self._charges(item):
            self._hotel.order_items.change(charge, canceled=now, updated=now, with_reservation=True)
        self._change(
            item,
            state="Canceled",
            state_before_cancel=item.state,
            canceled=now,
            cancellation_reason=reason,
        )

    def reinstate(self, item: Reservation) -> bool:
        room_id = self._room_for(item, item.arrival, item.departure)
        if room_id is None:
            return False
        for charge in self._hotel.order_items.linked("reservation", item.id)[:]:
            if charge.canceled == item.canceled:
                self._hotel.order_items.change(
                    charge, canceled=None, with_reservation=False, updated=self._hotel.clock.now
                )
        self._change(
            item,
            state=item.state_before_cancel or "Confirmed",
            canceled=None,
            cancellation_reason=None,
            room_id=room_id,
        )
        return True

    def move_room(self, item: Reservation) -> bool:
        """To another free room, of a better category where its own is full."""
        room_id = self._another_room(item, item.arrival, item.departure)
        if room_id is None:
            return False
        self._change(item, room_id=room_id, assigned=True)
        return True

    def amend_dates(self, item: Reservation, arrival: date, departure: date) -> bool:
        room_id = item.room_id
        if room_id and not self._hotel.is_free(room_id, arrival, departure, item.id):
            room_id = self._another_room(item, arrival, departure)
            if room_id is None:
                return False
        start, end = stay_instants(
            self._hotel.calendar, arrival, departure, (ARRIVAL_MINUTE, DEPARTURE_MINUTE)
        )
        self._change(
            item, arrival=arrival, departure=departure, start=start, end=end, room_id=room_id
        )
        self._reprice_nights(item)
        return True

    def change_price(self, item: Reservation, percent: int) -> None:
        """One night's price; the reservation's own UpdatedUtc moves with it."""
        nights = [charge for charge in self._charges(item) if charge.kind == "SpaceOrder"]
        for charge in nights[:1]:
            gross = charge.gross * percent // 100
            self._hotel.order_items.change(charge, gross=gross, updated=self._hotel.clock.now)
            self._change(item)

    def change_occupancy(self, item: Reservation, adults: int) -> None:
        self._change(item, adults=adults)

    def touch(self, item: Reservation) -> None:
        """A real but small change."""
        self._change(item, locked=not item.locked)

    def change_without_timestamp(self, item: Reservation) -> None:
        """A change that the vendor's delta does not show: no new UpdatedUtc, no webhook."""
        self._hotel.reservations.change(item, adults=item.adults % 4 + 1)

    def book(self, arrival: date, departure: date) -> Reservation | None:
        """A new booking of a random guest in some free room; None when the hotel is full."""
        room = self._any_free_room(arrival, departure)
        if room is None:
            return None
        now = self._hotel.clock.now
        origin = self._maker.origin()
        guest = self._new_customer(ota=origin == "ChannelManager")
        group = self._maker.group(origin, now)
        self._hotel.groups.add(group)
        category = next(c for c in self._hotel.catalog.categories if c.id == room.category_id)
        stay = Stay(category, arrival, departure, room.id)
        item = self._maker.reservation(stay, group, (guest.id, "Customer"), origin, now)
        for charge in self._maker.order_items(item, now):
            self._hotel.order_items.add(charge)
        self._hotel.reservations.add(item)
        self._hotel.record_event("ServiceOrderUpdated", item.id)
        return item

    def add_companion(self, item: Reservation) -> None:
        guest = self._new_customer(ota=False)
        for link in self._maker.companions(item, [guest.id]):
            link.created = link.updated = self._hotel.clock.now
            self._hotel.companionships.add(link)
        self._change(item)

    def change_email(self, customer: Customer) -> None:
        email = self._maker.guests.new_email()
        self._change_customer(customer, email=email, has_ota_email=False)

    def merge(self, source: Customer, target: Customer) -> None:
        """`source` becomes inactive and points to `target`, which takes over its bookings."""
        self._change_customer(source, merge_target_id=target.id, is_active=False)
        self._change_customer(target)
        for item in self._hotel.reservations.linked("account", source.id)[:]:
            self._change(item, account_id=target.id)

    def clean(self, room: Room) -> None:
        state = "Clean" if room.state == "Dirty" else "Dirty"
        self._hotel.rooms.change(room, state=state, updated=self._hotel.clock.now)
        self._hotel.record_event("ResourceUpdated", room.id)

    def lift_block(self, block_id: str) -> None:
        now = self._hotel.clock.now
        block = self._hotel.blocks[block_id]
        self._hotel.blocks.change(block, deleted=now, updated=now)
        self._hotel.record_event("ResourceBlockUpdated", block_id)

    def _change(self, item: Reservation, **values: object) -> None:
        self._hotel.reservations.change(item, updated=self._hotel.clock.now, **values)
        self._hotel.record_event("ServiceOrderUpdated", item.id)

    def _change_customer(self, customer: Customer, **values: object) -> None:
        self._hotel.customers.change(customer, updated=self._hotel.clock.now, **values)
        self._hotel.record_event("CustomerUpdated", customer.id)

    def _new_customer(self, *, ota: bool) -> Customer:
        guest = self._maker.guests.customer(self._hotel.clock.now, ota=ota)
        self._hotel.customers.add(guest)
        self._hotel.record_event("CustomerAdded", guest.id)
        self._hotel.record_event("CustomerUpdated", guest.id)
        return guest

    def _charges(self, item: Reservation) -> list[OrderItem]:
        charges = self._hotel.order_items.linked("reservation", item.id)
        return [charge for charge in charges if charge.canceled is None]

    def _reprice_nights(self, item: Reservation) -> None:
        """Cancel the nights that fell away, add those that came; the vendor keeps both."""
        now = self._hotel.clock.now
        days = [item.arrival + timedelta(days=offset) for offset in range(item.nights)]
        missing = dict.fromkeys(days)
        for charge in self._charges(item):
            if charge.kind != "SpaceOrder":
                continue
            if charge.night in missing:
                del missing[charge.night]
            else:
                self._hotel.order_items.change(charge, canceled=now, updated=now)
        catalog = self._hotel.catalog
        category = next(c for c in catalog.categories if c.id == item.category_id)
        percent = RATES[[entry.id for entry in catalog.rates].index(item.rate_id)][2]
        for night in missing:
            self._hotel.order_items.add(self._maker.night(item, night, now, category, percent))

    def _room_for(self, item: Reservation, arrival: date, departure: date) -> str | None:
        if item.room_id and self._hotel.is_free(item.room_id, arrival, departure, item.id):
            return item.room_id
        return self._another_room(item, arrival, departure)

    def _another_room(self, item: Reservation, arrival: date, departure: date) -> str | None:
        """Unassigned stays keep to the category they asked for, as the API counts them there."""
        for room in self._rooms_in_random_order():
            fits = item.assigned or room.category_id == item.category_id
            if (
                fits
                and room.id != item.room_id
                and self._hotel.is_free(room.id, arrival, departure)
            ):
                return room.id
        return None

    def _any_free_room(self, arrival: date, departure: date) -> Room | None:
        rooms = self._rooms_in_random_order()
        return next((r for r in rooms if self._hotel.is_free(r.id, arrival, departure)), None)

    def _rooms_in_random_order(self) -> list[Room]:
        rooms = list(self._hotel.rooms)
        return self._maker.source.sample(rooms, min(len(rooms), _ROOM_TRIES))

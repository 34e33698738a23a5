"""Commands on a simulated hotel. Each stamps what it changes and records an event."""

from collections.abc import Sequence
from datetime import timedelta

from adapters.outbound.provider_kit.simulation.hotel.records import (
    CanceledNight,
    HotelEvent,
    HotelEventType,
    RoomBlock,
    SimulatedBooking,
    SimulatedGuest,
    SimulatedRoom,
    SimulatedRoomStay,
    StayPayment,
    StayState,
)
from adapters.outbound.provider_kit.simulation.hotel.seeded_hotel import SeededHotel
from adapters.outbound.provider_kit.simulation.hotel.seeding import BookingFactory


class HotelCommands:
    """`take_events` returns the events since its last call."""

    def __init__(self, hotel: SeededHotel, factory: BookingFactory) -> None:
        self._hotel = hotel
        self._factory = factory
        self._events: list[HotelEvent] = []

    def take_events(self) -> Sequence[HotelEvent]:
        taken, self._events = self._events, []
        return taken

    def record_created(self, booking: SimulatedBooking) -> None:
        for stay in booking.stays:
            self._record_event(stay, HotelEventType.CREATED)

    def confirm(self, stay: SimulatedRoomStay) -> None:
        stay.state = StayState.CONFIRMED
        self._record_event(stay, HotelEventType.CHANGED)

    def check_in(self, stay: SimulatedRoomStay) -> None:
        stay.state, stay.is_assigned = StayState.CHECKED_IN, True
        self._record_event(stay, HotelEventType.CHECKED_IN)
        stay.arrived = stay.updated

    def revert_check_in(self, stay: SimulatedRoomStay) -> None:
        stay.state, stay.arrived = StayState.CONFIRMED, None
        self._record_event(stay, HotelEventType.CHECK_IN_REVERTED)

    def check_out(self, stay: SimulatedRoomStay) -> None:
        stay.state = StayState.CHECKED_OUT
        self._record_event(stay, HotelEventType.CHECKED_OUT)
        stay.left = stay.updated
        stay.settle(stay.left)

    def cancel(self, stay: SimulatedRoomStay) -> None:
        self._end(stay, StayState.CANCELED, HotelEventType.CANCELED)
        stay.canceled = stay.updated

    def reinstate(self, stay: SimulatedRoomStay) -> bool:
        """Confirms a canceled stay or a no-show again; False where no room is free."""
        if not self._hotel.assign_free_room(stay):
            return False
        stay.state, stay.canceled, stay.no_show = StayState.CONFIRMED, None, None
        self._record_event(stay, HotelEventType.REINSTATED)
        return True

    def no_show(self, stay: SimulatedRoomStay) -> None:
        self._end(stay, StayState.NO_SHOW, HotelEventType.NO_SHOW)
        stay.no_show = stay.updated

    def _end(self, stay: SimulatedRoomStay, state: StayState, event: HotelEventType) -> None:
        self._hotel.release_room(stay)
        stay.state = state
        self._record_event(stay, event)

    def delete(self, stay: SimulatedRoomStay) -> None:
        self._hotel.release_room(stay)
        self._record_event(stay, HotelEventType.DELETED)
        stay.deleted = stay.updated

    def extend(self, stay: SimulatedRoomStay, nights: int) -> bool:
        """Moves the departure by `nights`, which may be negative; False where no room is free."""
        if stay.departure + timedelta(days=nights) <= stay.arrival:
            return False
        assigned, prices = stay.is_assigned, dict(zip(stay.nights, stay.night_prices, strict=True))
        self._hotel.release_room(stay)
        stay.departure += timedelta(days=nights)
        moved = self._hotel.assign_free_room(stay)
        if not moved:
            stay.departure -= timedelta(days=nights)
            self._hotel.assign_free_room(stay)
        else:
            self._factory.reprice(stay)
        stay.is_assigned = assigned
        if moved:
            self._record_event(stay, HotelEventType.AMENDED)
            stay.canceled_nights += [
                CanceledNight(night, price, stay.updated)
                for night, price in prices.items()
                if night not in stay.nights
            ]
        return moved

    def reprice(self, stay: SimulatedRoomStay) -> None:
        self._factory.reprice(stay)
        self._record_event(stay, HotelEventType.AMENDED)

    def reprice_without_stay_update(self, stay: SimulatedRoomStay) -> None:
        """New prices under their own time stamp: the stay's is unchanged, and there is no event."""
        self._factory.reprice(stay)
        stay.prices_updated = self._hotel.stamp()

    def pay(self, stay: SimulatedRoomStay) -> bool:
        """Pays half of what is owed, without a new stamp of the stay; False where nothing is."""
        owed = stay.total - stay.paid
        if owed <= 0:
            return False
        paid_at = self._hotel.stamp()
        stay.payments.append(StayPayment((owed + 1) // 2, paid_at))
        self._events.append(HotelEvent(HotelEventType.PAID, stay.booking_id, paid_at, stay.line))
        return True

    def assign(self, stay: SimulatedRoomStay, *, assigned: bool) -> None:
        stay.is_assigned = assigned
        self._record_event(
            stay, HotelEventType.ROOM_ASSIGNED if assigned else HotelEventType.ROOM_UNASSIGNED
        )

    def toggle_assigned(self, stay: SimulatedRoomStay) -> None:
        self.assign(stay, assigned=not stay.is_assigned)

    def add_companion(self, stay: SimulatedRoomStay) -> None:
        companion = self._factory.guest(self._hotel.now)
        stay.companion_ids = tuple(dict.fromkeys((*stay.companion_ids, companion.id)))
        self._record_event(stay, HotelEventType.CHANGED)

    def touch(self, stay: SimulatedRoomStay) -> None:
        """Only the time stamp changes; there is no event."""
        stay.updated = self._hotel.stamp()

    def change_without_timestamp(self, stay: SimulatedRoomStay) -> None:
        """New prices under the old time stamp, without an event."""
        self._factory.reprice(stay)
        self._hotel.revision += 1

    def change_guest(self, guest: SimulatedGuest, email: str) -> None:
        guest.email = email
        self._stamp_and_record(guest, HotelEventType.GUEST_CHANGED)

    def merge(self, guest: SimulatedGuest, into: SimulatedGuest) -> None:
        """Bookings keep the id of the merged guest; renderers resolve it."""
        guest.merged_into = into.id
        self._stamp_and_record(guest, HotelEventType.GUEST_MERGED)

    def toggle_clean(self, room: SimulatedRoom) -> None:
        room.is_clean = not room.is_clean
        self._stamp_and_record(room, HotelEventType.ROOM_CLEANED)

    def lift_block(self, block: RoomBlock) -> None:
        """The room is for sale again."""
        block.is_lifted = True
        taken = self._hotel.rooms[block.room_id].taken
        taken -= {night.toordinal() for night in block.nights}
        self._stamp_and_record(block, HotelEventType.BLOCK_LIFTED)

    def _record_event(self, stay: SimulatedRoomStay, what: HotelEventType) -> None:
        stay.updated = self._hotel.stamp()
        self._hotel.bookings[stay.booking_id].updated = stay.updated
        self._events.append(HotelEvent(what, stay.booking_id, stay.updated, stay.line))

    def _stamp_and_record(
        self, subject: SimulatedGuest | SimulatedRoom | RoomBlock, what: HotelEventType
    ) -> None:
        subject.updated = self._hotel.stamp()
        self._events.append(HotelEvent(what, subject.id, subject.updated))

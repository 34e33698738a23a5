"""What can be done to a booking; each act is stamped and tells its event."""

from collections.abc import Sequence
from datetime import timedelta

from .hotel_making import BookingMaker
from .hotel_records import Booking, Guest, Happened, HotelEvent, Room, RoomStay, StayState
from .seeded_hotel import SeededHotel


class FrontDesk:
    """`events`: since they were last taken."""

    def __init__(self, hotel: SeededHotel, maker: BookingMaker) -> None:
        self._hotel = hotel
        self._maker = maker
        self._events: list[HotelEvent] = []

    def take_events(self) -> Sequence[HotelEvent]:
        taken, self._events = self._events, []
        return taken

    def created(self, booking: Booking) -> None:
        for stay in booking.stays:
            self._tell(stay, Happened.CREATED)

    def confirm(self, stay: RoomStay) -> None:
        stay.state = StayState.CONFIRMED
        self._tell(stay, Happened.CHANGED)

    def check_in(self, stay: RoomStay) -> None:
        stay.state, stay.is_assigned = StayState.CHECKED_IN, True
        self._tell(stay, Happened.CHECKED_IN)
        stay.arrived = stay.updated

    def revert_check_in(self, stay: RoomStay) -> None:
        stay.state, stay.arrived = StayState.CONFIRMED, None
        self._tell(stay, Happened.CHECK_IN_REVERTED)

    def check_out(self, stay: RoomStay) -> None:
        stay.state, stay.paid = StayState.CHECKED_OUT, stay.total
        self._tell(stay, Happened.CHECKED_OUT)
        stay.left = stay.updated

    def cancel(self, stay: RoomStay) -> None:
        self._hotel.give_room_back(stay)
        stay.state = StayState.CANCELED
        self._tell(stay, Happened.CANCELED)
        stay.canceled = stay.updated

    def reinstate(self, stay: RoomStay) -> bool:
        """A canceled stay or a no-show is on again; False where no room is free."""
        if not self._hotel.take_room(stay):
            return False
        stay.state, stay.canceled, stay.no_show = StayState.CONFIRMED, None, None
        self._tell(stay, Happened.REINSTATED)
        return True

    def no_show(self, stay: RoomStay) -> None:
        self._hotel.give_room_back(stay)
        stay.state = StayState.NO_SHOW
        self._tell(stay, Happened.NO_SHOW)
        stay.no_show = stay.updated

    def delete(self, stay: RoomStay) -> None:
        self._hotel.give_room_back(stay)
        self._tell(stay, Happened.DELETED)
        stay.deleted = stay.updated

    def extend(self, stay: RoomStay, nights: int) -> bool:
        """Later (or, below 0, earlier) departure; False where no room is free then."""
        if stay.departure + timedelta(days=nights) <= stay.arrival:
            return False
        assigned = stay.is_assigned
        self._hotel.give_room_back(stay)
        stay.departure += timedelta(days=nights)
        moved = self._hotel.take_room(stay)
        if not moved:
            stay.departure -= timedelta(days=nights)
            self._hotel.take_room(stay)
        else:
            self._maker.reprice(stay)
        stay.is_assigned = assigned
        if moved:
            self._tell(stay, Happened.AMENDED)
        return moved

    def reprice(self, stay: RoomStay) -> None:
        self._maker.reprice(stay)
        self._tell(stay, Happened.AMENDED)

    def assign(self, stay: RoomStay, *, assigned: bool) -> None:
        stay.is_assigned = assigned
        self._tell(stay, Happened.ROOM_ASSIGNED if assigned else Happened.ROOM_UNASSIGNED)

    def accompany(self, stay: RoomStay) -> None:
        newcomer = self._maker.guest(self._hotel.now)
        stay.companion_ids = tuple(dict.fromkeys((*stay.companion_ids, newcomer.id)))
        self._tell(stay, Happened.CHANGED)

    def touch(self, stay: RoomStay) -> None:
        """A new time stamp; nothing else changes and nobody is told."""
        stay.updated = self._hotel.stamp()

    def change_silently(self, stay: RoomStay) -> None:
        """Other prices under the old time stamp; nobody is told."""
        self._maker.reprice(stay)
        self._hotel.revision += 1

    def change_guest(self, guest: Guest, email: str) -> None:
        guest.email = email
        guest.updated = self._hotel.stamp()
        self._events.append(HotelEvent(Happened.GUEST_CHANGED, guest.id, guest.updated))

    def merge(self, guest: Guest, into: Guest) -> None:
        """Bookings keep naming the merged guest; the vendor's renderer follows."""
        guest.merged_into = into.id
        guest.updated = self._hotel.stamp()
        self._events.append(HotelEvent(Happened.GUEST_MERGED, guest.id, guest.updated))

    def clean(self, room: Room) -> None:
        room.is_clean = not room.is_clean
        self._events.append(HotelEvent(Happened.ROOM_CLEANED, room.id, self._hotel.stamp()))

    def _tell(self, stay: RoomStay, what: Happened) -> None:
        stay.updated = self._hotel.stamp()
        self._hotel.bookings[stay.booking_id].updated = stay.updated
        self._events.append(HotelEvent(what, stay.booking_id, stay.updated, stay.line))
